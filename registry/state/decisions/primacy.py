"""What a new primary of a cluster writes first, and what it writes again because a deposed one came in between.

Where the broker shuts out a deposed primary, nothing is ever void. Where it does not, the order of claims decides:
a record of an epoch before the latest claim counts for nothing. But it has a key, and compaction would let it win
over the record that counts; so the primary writes that one again.
"""

from collections.abc import Iterator

from registry.state import queries
from registry.state.records import (
    AssociationRecord,
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
    Write,
    association_write,
    canonical_key,
    claim_write,
    config_write,
    context_write,
    format_write,
    highest_id_write,
    mode_write,
    schema_write,
    subject_deleted_write,
    tombstones,
)
from registry.state.state import State


def claimed(state: State, *, node: str, url: str, generation: int, new_log: str) -> tuple[Write, ...]:
    """The records by which `node` becomes primary, under the next epoch. `new_log` names a log that has no name yet.

    Earlier claims go, but only when no void record is left: it is void by the claims before and after it.
    """
    epoch = next_epoch(state)
    ours = () if state.format else (format_write(),)
    claim = claim_write(epoch, node, url, generation, state.log or new_log)
    earlier = [] if len(state.voids) else tombstones([key for _, key in sorted(state.claims.items())])
    return (*ours, claim, *earlier)


def next_epoch(state: State) -> int:
    return state.claim.epoch + 1 if state.claim is not None else 1


def repairs(state: State) -> tuple[Write, ...]:
    """What counts, written again under each key that a void record has."""
    return tuple(write for _, void in list(state.voids.items()) for write in _repair(state, void))


def _repair(state: State, void: Record) -> Iterator[Write]:
    counts = _counting(state, void)
    key = canonical_key(void)
    if counts is not None:
        if void.key != key:
            yield Write(void.key, None)
        yield counts
    else:
        yield from tombstones(sorted({void.key, key}))


def _counting(state: State, void: Record) -> Write | None:
    """What is true of the thing that the record is about; None: there is no such thing."""
    match void:
        case SchemaRecord() | SchemaTombstone():
            record = queries.version(state, void.subject, void.version)
            return schema_write(record) if record is not None else None
        case ConfigRecord():
            config = state.configs.get(void.subject)
            return config_write(void.subject, config) if config is not None else None
        case ModeRecord():
            mode = state.modes.get(void.subject)
            return mode_write(void.subject, mode) if mode is not None else None
        case SubjectDeleted() | SubjectDeletedTombstone():
            return _deletion(state, void)
        case ContextRecord():
            return context_write(void.context) if state.contexts.get(void.context) else None
        case AssociationRecord():
            association = state.associations.get(void.name)
            return association_write(association) if association is not None else None
        case HighestId():
            return highest_id_write(void.context, state.highest.get(void.context) or 0)
        case FormatRecord():
            return format_write()
        case _:
            return None


def _deletion(state: State, void: SubjectDeleted | SubjectDeletedTombstone) -> Write | None:
    """A deletion of the subject up to its highest version that is deleted with all before it."""
    versions = state.subjects.get(void.subject)
    if not state.deletions.get(void.subject) or versions is None:
        return None
    highest = 0
    for number in versions.numbers:
        if not versions.records[number].deleted:
            break
        highest = number
    return subject_deleted_write(void.subject, highest) if highest else None
