"""The records that would mend a log, without losing or changing anything: pure, nothing is written here."""

from collections.abc import Iterator
from typing import NamedTuple

from registry.doctor.log import Group, Last, Log, forgotten, is_deletion
from registry.state import queries
from registry.state.records import (
    ClaimRecord,
    ClaimTombstone,
    HighestId,
    SchemaRecord,
    SubjectDeleted,
    SubjectDeletedTombstone,
    Unreadable,
    canonical_key,
    format_write,
    highest_id_write,
    read,
    schema_key,
    schema_write,
)
from registry.state.state import State


class Mend(NamedTuple):
    """A record that would mend something; with a timestamp where an old record is written again."""

    key: bytes
    value: bytes | None
    timestamp: int | None = None


def mends(log: Log) -> Iterator[Mend]:
    """First what is remembered, then all deletions, then what holds: a deletion by any spelling deletes the thing."""
    if log.state.is_of_newer_format:
        return
    marks = [highest_id_write(context, highest) for context, highest, _ in forgotten(log.state)]
    if marks and not log.state.format:
        yield Mend(*format_write())
    yield from (Mend(*mark) for mark in marks)
    moved = _moved_by_voids(log)
    broken = [
        group for group in log.groups if (group.is_broken or group.canonical in moved) and _may_be_mended(log, group)
    ]
    deletions = {mend.key: mend for group in broken for mend in _deletions(group)}
    deletions |= {key: Mend(key, None) for keys in moved.values() for key in keys}
    yield from deletions.values()
    for group in broken:
        yield from _held(log.state, group)


def _moved_by_voids(log: Log) -> dict[bytes, list[bytes]]:
    """The void keys to delete, by the canonical key of each group that says something else to who knows no voids.

    Deleting a void record deletes what it is about, so that is written again; and a void deletion of a subject has
    deleted all its versions. Where one of these groups may not be mended, the void record is left alone.
    """
    groups = {group.canonical: group for group in log.groups}
    moved: dict[bytes, list[bytes]] = {}
    for key in log.voids:
        record = read(key, None, 0, 0)
        about = [canonical_key(record)]
        if isinstance(record, SubjectDeletedTombstone):
            versions = queries.versions(log.state, record.subject, deleted=True)
            about += [schema_key(version.place) for version in versions]
        if all(each not in groups or _may_be_mended(log, groups[each]) for each in about):
            for each in about:
                moved.setdefault(each, []).append(key)
    return moved


def _may_be_mended(log: Log, group: Group) -> bool:
    """Not what cannot be read, and not what has an id in conflict: its meaning hangs on the order of the records.

    So does that of a claim.
    """
    lasts = [*group.keys.values(), *([log.last[group.canonical]] if group.canonical in log.last else ())]
    return not any(
        isinstance(last.record, Unreadable | ClaimRecord | ClaimTombstone)
        or any(_is_in_conflict(log.state, version) for version in _moved(log.state, last))
        for last in lasts
    )


def _moved(state: State, last: Last) -> list[SchemaRecord]:
    """The versions that are written again when this is mended."""
    match last.record:
        case SchemaRecord() as record:
            return [record]
        case SubjectDeleted(subject=subject) | SubjectDeletedTombstone(subject=subject):
            return queries.versions(state, subject, live=False, deleted=True)
        case _:
            return []


def _is_in_conflict(state: State, version: SchemaRecord) -> bool:
    holders = queries.holders(state, version.subject.context, version.id)
    return holders is not None and bool(holders.conflicts)


def _deletions(group: Group) -> Iterator[Mend]:
    """Every spelling goes but Confluent's, and that too where nothing holds any more."""
    holds = not is_deletion(group.newest.record) and not isinstance(group.newest.record, SubjectDeleted)
    for key, last in group.keys.items():
        if last.value is not None and not (holds and key == group.canonical):
            yield Mend(key, None)


def _held(state: State, group: Group) -> Iterator[Mend]:
    newest = group.newest
    match newest.record:
        case SchemaRecord() as record:
            yield _version(state, record, newest.value)
        case SubjectDeleted() | SubjectDeletedTombstone():
            # Written again it would delete what was registered after it. The versions themselves tell what it did.
            yield from (_version(state, version, None) for version in _moved(state, newest))
        case HighestId(context=context):
            yield Mend(*highest_id_write(context, queries.highest_id(state, context)))
        case record:
            if not is_deletion(record):
                yield Mend(group.canonical, newest.value, record.timestamp)


def _version(state: State, record: SchemaRecord, value: bytes | None) -> Mend:
    """The version as it is now, in its own bytes where they say so: a deletion of its subject is not in them."""
    now = queries.version(state, record.subject, record.version)
    assert now is not None, record.place
    if value is None or now.deleted != record.deleted:
        value = schema_write(now).value
    return Mend(schema_key(record.place), value, record.timestamp)
