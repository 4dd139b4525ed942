"""Bytes ⇄ typed records, byte-exact with what Confluent writes and tolerant of what others have written.

`read` is total: what it cannot read is an `Unreadable` record, never an exception. The writing functions give the key
and value that Confluent would write. No record is judged here; schema text is carried, never parsed.
"""

import re
from base64 import b64decode
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from registry.names import DEFAULT_CONTEXT, MAX_INT, Place, SchemaId, Subject, Version, subject_of
from registry.state.guid import guid_of
from registry.state.jackson import jackson
from registry.state.values import (
    LEVELS,
    Association,
    Config,
    Metadata,
    Mode,
    ReferenceValue,
    RuleSet,
    without_empty,
)

OUR_FORMAT = 1  # of our own records; a log with a newer one is served read-only
FORMAT_NAME = "momus.format"
HIGHEST_ID_NAME = "momus.highest-id."  # followed by the context
CLAIM_NAME = "momus.primary."  # followed by the epoch
EPOCH_HEADER = "momus-epoch"  # of every record that a primary of a cluster writes
ENCRYPTED = "__enc__"  # the metadata property by which Confluent marks encrypted metadata


class Write(NamedTuple):
    """A record to be written: its key, and its value or None for a tombstone."""

    key: bytes
    value: bytes | None


class Record(msgspec.Struct, frozen=True):
    """What all records have: where they stand in the log, when they were written, and their key as it was spelled."""

    offset: int
    timestamp: int
    key: bytes


class SchemaRecord(Record, frozen=True):
    """A version of a subject. `extra` are members of the value that we do not know; a rewrite keeps their bytes."""

    subject: Subject
    version: Version
    id: SchemaId
    kind: str
    text: str
    guid: bytes
    references: tuple[ReferenceValue, ...] = ()
    metadata: Metadata | None = None
    rules: RuleSet | None = None
    deleted: bool = False
    extra: dict[str, Any] | None = None

    @property
    def place(self) -> Place:
        return Place(self.subject, self.version)

    @property
    def identity(self) -> tuple[str, bytes]:
        """What makes it one schema: Confluent's hash, and the kind that this hash leaves out."""
        return self.kind, self.guid


class SchemaTombstone(Record, frozen=True):
    subject: Subject
    version: Version


class ConfigRecord(Record, frozen=True):
    subject: Subject
    config: Config | None


class ModeRecord(Record, frozen=True):
    subject: Subject
    mode: Mode | None


class SubjectDeleted(Record, frozen=True):
    """Every version up to `version` is soft deleted; None (as Redpanda writes it): all known so far."""

    subject: Subject
    version: int | None


class SubjectDeletedTombstone(Record, frozen=True):
    subject: Subject


class ContextRecord(Record, frozen=True):
    context: str
    exists: bool


class AssociationRecord(Record, frozen=True):
    name: "AssociationKey"
    association: Association | None


class HighestId(Record, frozen=True):
    """Ours: no id up to this one may be issued again in this context."""

    context: str
    highest: int


class FormatRecord(Record, frozen=True):
    """Ours: the format of our own records in this log."""

    format: int


class ClaimRecord(Record, frozen=True):
    """Ours: a primary of a cluster says from here on who writes. `log` names the log, through copies and restarts."""

    epoch: int
    node: str
    url: str
    generation: int
    log: str


class ClaimTombstone(Record, frozen=True):
    epoch: int


class Nothing(Record, frozen=True):
    """A record that says nothing about schemas: NOOP, CLEAR_SUBJECT, a record that its writer made void."""


class Unreadable(Record, frozen=True):
    reason: str


class AssociationKey(NamedTuple):
    tenant: str
    resource_name: str
    resource_namespace: str
    resource_type: str
    association_type: str
    subject: str


class _Key(msgspec.Struct):
    keytype: str
    subject: str | None = None
    version: int | None = None
    magic: int | None = None
    tenant: str | None = None
    context: str | None = None
    resourceName: str | None = None
    resourceNamespace: str | None = None
    resourceType: str | None = None
    associationType: str | None = None
    seq: int | None = None


class _SchemaValue(msgspec.Struct, forbid_unknown_fields=True):
    """In Confluent's order. What is UNSET is not written."""

    subject: str | UnsetType | None = UNSET
    version: int | None = None
    id: int | None = None
    md5: str | UnsetType | None = UNSET
    schemaType: str | None = "AVRO"
    references: tuple[ReferenceValue, ...] | UnsetType | None = UNSET
    metadata: Metadata | UnsetType | None = UNSET
    ruleSet: RuleSet | UnsetType | None = UNSET
    schema: str | UnsetType = ""
    deleted: bool = False
    offset: int | UnsetType | None = UNSET
    ts: int | UnsetType | None = UNSET


class _ModeValue(msgspec.Struct):
    mode: Mode
    subject: str | None = None


class _UpTo(msgspec.Struct):
    version: int | None = None


class _Highest(msgspec.Struct):
    highest: int


class _Format(msgspec.Struct):
    format: int


class _Claim(msgspec.Struct):
    epoch: int
    node: str
    log: str
    url: str = ""
    generation: int = 0


_is_plain = re.compile(r"[ !#-\[\]-~]+").fullmatch  # ASCII that JSON writes as it is
_key = msgspec.json.Decoder(_Key).decode
_schema = msgspec.json.Decoder(_SchemaValue).decode
_schema_fields = frozenset(_SchemaValue.__struct_fields__)
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_config = msgspec.json.Decoder(Config).decode
_up_to = msgspec.json.Decoder(_UpTo).decode
_mode = msgspec.json.Decoder(_ModeValue).decode
_association = msgspec.json.Decoder(Association).decode


def read(key: bytes | None, value: bytes | None, offset: int, timestamp: int, *, sequenced: bool = False) -> Record:
    """The record of these bytes. Total.

    A null, empty (Karapace) or JSON null value deletes its key. `sequenced` says that Redpanda itself wrote this
    topic at these offsets: then a record whose key carries another `seq` than its offset is void.
    """
    if key is None:
        return Unreadable(offset, timestamp, b"", "the key is null")
    try:
        named = _key(key)
        if sequenced and value and named.seq is not None and named.seq != offset:
            return Nothing(offset, timestamp, key)
        reader = _READERS.get(named.keytype)
        if reader is None:
            return Unreadable(offset, timestamp, key, f"the keytype '{named.keytype}' is unknown")
        return reader(named, value if _says_something(value) else None, offset, timestamp, key)
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError) as error:
        return Unreadable(offset, timestamp, key, str(error))


def _says_something(value: bytes | None) -> bool:
    return value is not None and value != b"" and value.strip(b" \t\r\n") != b"null"


def _read_schema(named: _Key, value: bytes | None, offset: int, timestamp: int, key: bytes) -> Record:
    if named.subject is None and named.version is None:
        raise ValueError("a SCHEMA key needs subject and version")
    if named.magic not in (0, 1):
        raise ValueError(f"a SCHEMA key has magic 0 or 1, not {named.magic}")
    if named.version is None or not 0 <= named.version <= MAX_INT:
        raise ValueError(f"a SCHEMA key has a version between 0 and {MAX_INT}, not {named.version}")
    subject, version = subject_of(named.subject or ""), Version(named.version)
    if value is None:
        return SchemaTombstone(offset, timestamp, key, subject, version)
    told, extra = _told(value)
    if told.id is None or not 0 <= told.id <= MAX_INT:
        raise ValueError(f"an id is between 0 and {MAX_INT}, not {told.id}")
    references, metadata, rules = told.references or (), told.metadata or None, told.ruleSet or None
    text = told.schema or ""
    return SchemaRecord(
        offset,
        timestamp,
        key,
        subject,
        version,
        SchemaId(told.id),
        told.schemaType or "AVRO",
        text,
        _told_guid(told) or guid_of(text, references, metadata, rules),
        references,
        metadata,
        rules,
        told.deleted,
        extra,
    )


def _told(value: bytes) -> tuple[_SchemaValue, dict[str, Any] | None]:
    """What a SCHEMA value says, and its members that we do not know (or that only are carried on: md5)."""
    extra: dict[str, Any] = {}
    try:
        told = _schema(value)
    except msgspec.ValidationError:  # seldom: an unknown member, or null for "not there"
        members = _members(value)
        extra = {name: raw.copy() for name, raw in members.items() if name not in _schema_fields}
        known = {name: msgspec.json.decode(raw) for name, raw in members.items() if name in _schema_fields}
        told = msgspec.convert(_without_null(known), _SchemaValue)
    if told.md5:
        extra["md5"] = told.md5
    return told, extra or None


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_null(member) for name, member in value.items() if member is not None}
    return [_without_null(member) for member in value] if isinstance(value, list) else value


def _told_guid(told: _SchemaValue) -> bytes | None:
    """The hash that the writer took before it encrypted the metadata; it cannot be taken from what is stored."""
    is_encrypted = bool(told.md5 and told.metadata and ENCRYPTED in (told.metadata.properties or {}))
    guid = b64decode(told.md5 or "", validate=True) if is_encrypted else b""
    return guid if len(guid) == 16 else None


def _read_config(named: _Key, value: bytes | None, offset: int, timestamp: int, key: bytes) -> Record:
    config = _config(value) if value is not None else None
    if config is not None and config.compatibilityLevel not in (None, *LEVELS):
        raise ValueError(f"a compatibility level is one of {', '.join(LEVELS)}, not {config.compatibilityLevel}")
    return ConfigRecord(offset, timestamp, key, subject_of(named.subject or ""), config)


def _read_mode(named: _Key, value: bytes | None, offset: int, timestamp: int, key: bytes) -> Record:
    mode = _mode(value).mode if value is not None else None
    return ModeRecord(offset, timestamp, key, subject_of(named.subject or ""), mode)


def _read_subject_deleted(named: _Key, value: bytes | None, offset: int, timestamp: int, key: bytes) -> Record:
    subject = subject_of(named.subject or "")
    if value is None:
        return SubjectDeletedTombstone(offset, timestamp, key, subject)
    return SubjectDeleted(offset, timestamp, key, subject, _up_to(value).version)


def _read_context(named: _Key, value: bytes | None, offset: int, timestamp: int, key: bytes) -> Record:
    return ContextRecord(offset, timestamp, key, named.context or DEFAULT_CONTEXT, value is not None)


def _read_association(named: _Key, value: bytes | None, offset: int, timestamp: int, key: bytes) -> Record:
    name = AssociationKey(
        named.tenant or "default",
        named.resourceName or "",
        named.resourceNamespace or "",
        named.resourceType or "topic",
        named.associationType or "value",
        named.subject or "",
    )
    return AssociationRecord(offset, timestamp, key, name, _association(value) if value is not None else None)


def _read_noop(named: _Key, value: bytes | None, offset: int, timestamp: int, key: bytes) -> Record:
    name = named.subject or ""
    if value is not None and name == FORMAT_NAME:
        number = msgspec.json.decode(value, type=_Format).format
        if number < 1:
            raise ValueError(f"a format is 1 or more, not {number}")
        return FormatRecord(offset, timestamp, key, number)
    if value is not None and name.startswith(HIGHEST_ID_NAME):
        highest = msgspec.json.decode(value, type=_Highest).highest
        if not 0 <= highest <= MAX_INT:
            raise ValueError(f"the highest id is between 0 and {MAX_INT}, not {highest}")
        return HighestId(offset, timestamp, key, name.removeprefix(HIGHEST_ID_NAME), highest)
    if name.startswith(CLAIM_NAME):
        return _read_claim(int(name.removeprefix(CLAIM_NAME)), value, offset, timestamp, key)
    return Nothing(offset, timestamp, key)


def _read_claim(epoch: int, value: bytes | None, offset: int, timestamp: int, key: bytes) -> Record:
    if value is None:
        return ClaimTombstone(offset, timestamp, key, epoch)
    claim = msgspec.json.decode(value, type=_Claim)
    if epoch < 1 or claim.epoch != epoch:
        raise ValueError(f"a claim's epoch is 1 or more, and the one of its key, not {claim.epoch}")
    return ClaimRecord(offset, timestamp, key, epoch, claim.node, claim.url, claim.generation, claim.log)


def _read_nothing(_named: _Key, _value: bytes | None, offset: int, timestamp: int, key: bytes) -> Record:
    return Nothing(offset, timestamp, key)


_READERS: dict[str, Callable[[_Key, bytes | None, int, int, bytes], Record]] = {
    "SCHEMA": _read_schema,
    "CONFIG": _read_config,
    "MODE": _read_mode,
    "NOOP": _read_noop,
    "DELETE_SUBJECT": _read_subject_deleted,
    "CLEAR_SUBJECT": _read_nothing,
    "CONTEXT": _read_context,
    "ASSOC": _read_association,
}


# Keys, in Confluent's bytes. A null or empty member is left out, an integer 0 is kept.


def schema_key(place: Place) -> bytes:
    """A replay asks for one with every record; so what needs no escapes is not given to an encoder."""
    spelling = str(place.subject)
    if _is_plain(spelling):
        return b'{"keytype":"SCHEMA","subject":"%b","version":%d,"magic":1}' % (spelling.encode(), place.version)
    return _keyed("SCHEMA", place.subject, version=place.version, magic=1)


def config_key(subject: Subject) -> bytes:
    return _keyed("CONFIG", subject, magic=0)


def mode_key(subject: Subject) -> bytes:
    return _keyed("MODE", subject, magic=0)


def subject_deleted_key(subject: Subject) -> bytes:
    return _keyed("DELETE_SUBJECT", subject, magic=0)


def subject_cleared_key(subject: Subject) -> bytes:
    return _keyed("CLEAR_SUBJECT", subject, magic=0)


def context_key(context: str) -> bytes:
    return jackson({"keytype": "CONTEXT", "tenant": "default", "context": context, "magic": 0})


def association_key(name: AssociationKey) -> bytes:
    members = {
        "keytype": "ASSOC",
        "tenant": name.tenant,
        "resourceName": name.resource_name,
        "resourceNamespace": name.resource_namespace,
        "resourceType": name.resource_type,
        "associationType": name.association_type,
        "subject": name.subject,
    }
    return jackson({**without_empty(members), "magic": 0})


def our_key(name: str) -> bytes:
    """The key of a record of ours: a NOOP to every other reader, in a compaction slot of its own."""
    return jackson({"keytype": "NOOP", "subject": name, "magic": 0})


def canonical_key(record: Record) -> bytes:
    """The key that Confluent would write for what `record` is about; its own bytes when it is about nothing."""
    match record:
        case SchemaRecord() | SchemaTombstone():
            return schema_key(Place(record.subject, record.version))
        case ConfigRecord():
            return config_key(record.subject)
        case ModeRecord():
            return mode_key(record.subject)
        case SubjectDeleted() | SubjectDeletedTombstone():
            return subject_deleted_key(record.subject)
        case ContextRecord():
            return context_key(record.context)
        case AssociationRecord():
            return association_key(record.name)
        case HighestId():
            return our_key(HIGHEST_ID_NAME + record.context)
        case FormatRecord():
            return our_key(FORMAT_NAME)
        case ClaimRecord() | ClaimTombstone():
            return our_key(f"{CLAIM_NAME}{record.epoch}")
        case _:
            return record.key


def _keyed(keytype: str, subject: Subject, **members: int) -> bytes:
    spelling = str(subject)
    return jackson({"keytype": keytype, **({"subject": spelling} if spelling else {}), **members})


NOOP = _keyed("NOOP", Subject(DEFAULT_CONTEXT, ""), magic=0)  # Confluent's own


# Values, in Confluent's bytes.


def schema_write(record: SchemaRecord) -> Write:
    extra = dict(record.extra or {})
    told = _SchemaValue(
        subject=str(record.subject) or UNSET,
        version=record.version,
        id=record.id,
        md5=extra.pop("md5", UNSET),
        schemaType=record.kind,
        references=record.references or UNSET,
        metadata=record.metadata.ordered() if record.metadata is not None else UNSET,
        ruleSet=record.rules if record.rules is not None else UNSET,
        schema=record.text or UNSET,
        deleted=record.deleted,
    )
    members = msgspec.to_builtins(told)
    for name in ("references", "ruleSet"):
        if name in members:
            members[name] = without_empty(members[name])
    return Write(schema_key(record.place), jackson({**members, **extra}))


def config_write(subject: Subject, config: Config) -> Write:
    members = {"subject": str(subject), **msgspec.to_builtins(config)}
    return Write(config_key(subject), jackson(without_empty(members)))


def mode_write(subject: Subject, mode: Mode) -> Write:
    return Write(mode_key(subject), jackson(without_empty({"subject": str(subject), "mode": mode})))


def subject_deleted_write(subject: Subject, version: int) -> Write:
    return Write(subject_deleted_key(subject), jackson(without_empty({"subject": str(subject), "version": version})))


def subject_cleared_write(subject: Subject) -> Write:
    return Write(subject_cleared_key(subject), jackson(without_empty({"subject": str(subject)})))


def context_write(context: str) -> Write:
    return Write(context_key(context), jackson({"tenant": "default", "context": context}))


def association_write(association: Association) -> Write:
    name = association_key_of(association)
    return Write(association_key(name), jackson(without_empty(msgspec.to_builtins(association))))


def association_key_of(association: Association) -> AssociationKey:
    return AssociationKey(
        association.tenant,
        association.resourceName,
        association.resourceNamespace,
        association.resourceType,
        association.associationType,
        association.subject,
    )


def highest_id_write(context: str, highest: int) -> Write:
    return Write(our_key(HIGHEST_ID_NAME + context), jackson({"highest": highest}))


def format_write() -> Write:
    return Write(our_key(FORMAT_NAME), jackson({"format": OUR_FORMAT}))


def claim_write(epoch: int, node: str, url: str, generation: int, log: str) -> Write:
    """`generation` is the group's, for people to read."""
    members = {"epoch": epoch, "node": node, "url": url, "generation": generation, "log": log}
    return Write(our_key(f"{CLAIM_NAME}{epoch}"), jackson(members))


def epoch_of(headers: Sequence[tuple[str, bytes | None]]) -> int | None:
    """The epoch under which a record was written; None for one that no primary of ours has written."""
    for name, value in headers:
        if name == EPOCH_HEADER and value is not None and value.isdigit():
            return int(value[:18])
    return None


def tombstones(keys: Sequence[bytes]) -> list[Write]:
    return [Write(key, None) for key in keys]
