"""Records and writes in words, one line each, so that rows of tests read like a log."""

from collections.abc import Iterable

from registry.state import guid
from registry.state.records import (
    AssociationRecord,
    ClaimRecord,
    ClaimTombstone,
    ConfigRecord,
    ContextRecord,
    FormatRecord,
    HighestId,
    ModeRecord,
    Record,
    SchemaRecord,
    SchemaTombstone,
    SubjectDeleted,
    SubjectDeletedTombstone,
    Unreadable,
    Write,
    canonical_key,
    read,
)
from registry.state.values import Config


def lines(writes: Iterable[Write]) -> list[str]:
    """What the writes say; a key in another spelling than Confluent's is shown."""
    records = [read(write.key, write.value, 0, 0) for write in writes]
    return [
        line(record) + ("" if record.key == canonical_key(record) else f" by {record.key.decode()}")
        for record in records
    ]


def line(record: Record) -> str:
    """A record in a line, as the data files have it."""
    match record:
        case SchemaRecord():
            return f"SCHEMA {record.subject} {record.version}: {_schema(record)}"
        case SchemaTombstone():
            return f"SCHEMA {record.subject} {record.version}: gone"
        case ConfigRecord(subject=subject, config=config):
            set_here = [name for name in Config.__struct_fields__ if getattr(config, name, None) is not None]
            return f"CONFIG {subject}: {' '.join(set_here) if config else 'gone'}".rstrip(" ")
        case ModeRecord(subject=subject, mode=mode):
            return f"MODE {subject}: {mode or 'gone'}"
        case SubjectDeleted(subject=subject, version=version):
            return f"DELETE_SUBJECT {subject}: {'all' if version is None else f'up to {version}'}"
        case SubjectDeletedTombstone(subject=subject):
            return f"DELETE_SUBJECT {subject}: gone"
        case ContextRecord(context=context, exists=exists):
            return f"CONTEXT {context}{'' if exists else ': gone'}"
        case AssociationRecord(name=name, association=association):
            resource = f"{name.resource_name}@{name.resource_namespace} {name.resource_type}"
            lifecycle = association.lifecycle if association else "gone"
            return f"ASSOC {resource} {name.association_type} {name.subject}: {lifecycle}"
        case HighestId(context=context, highest=highest):
            return f"HIGHEST {context}: {highest}"
        case FormatRecord(format=number):
            return f"FORMAT {number}"
        case ClaimRecord(epoch=epoch, node=node, url=url, generation=generation, log=log):
            return f"CLAIM {epoch}: {node} at {url} in generation {generation} of {log}"
        case ClaimTombstone(epoch=epoch):
            return f"CLAIM {epoch}: gone"
        case Unreadable(reason=reason):
            return f"unreadable: {reason}"
        case _:
            return "nothing"


def _schema(record: SchemaRecord) -> str:
    parts = [f"id {record.id} {record.kind}", record.text]
    parts += ["deleted"] if record.deleted else []
    parts += ["->"] if record.references else []
    parts += [f"{each.name}={each.subject}/{each.version}" for each in record.references]
    if (metadata := record.metadata) is not None:
        parts += ["metadata", *(f"{path}:{','.join(tags)}" for path, tags in (metadata.tags or {}).items())]
        parts += [f"{name}={value}" for name, value in (metadata.properties or {}).items()]
        parts += [f"*{name}" for name in metadata.sensitive or ()]
    if (rules := record.rules) is not None:
        members = (*rules.migrationRules, *rules.domainRules, *rules.encodingRules)
        parts += ["rules", *(str(rule.name) for rule in members), *([f"@{rules.enableAt}"] if rules.enableAt else ())]
    if record.guid != guid.guid_of(record.text, record.references, record.metadata, record.rules):
        parts.append(f"guid {guid.spelled(record.guid)}")
    parts += ["+", *record.extra] if record.extra else []
    return " ".join(part for part in parts if part)
