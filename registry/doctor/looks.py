"""What is looked at in a log, in the order in which it is told: each look is a function that finds troubles."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from registry.doctor.log import Last, Log, forgotten, is_deletion, versions
from registry.doctor.troubles import Finding, Trouble, counted, found
from registry.names import Place, subject_of
from registry.state import queries
from registry.state.records import (
    OUR_FORMAT,
    AssociationRecord,
    ConfigRecord,
    ContextRecord,
    ModeRecord,
    Record,
    SchemaRecord,
    SubjectDeleted,
    Unreadable,
    association_key_of,
    subject_deleted_key,
)


def _newer_format(log: Log) -> Iterator[Finding]:
    if log.state.is_of_newer_format:
        yield found(Trouble.NEWER_FORMAT, found=log.state.format, known=OUR_FORMAT)


def _unreadable(log: Log) -> Iterator[Finding]:
    """Those that a later record of the same key has replaced are no trouble."""
    by_reason: dict[str, list[int]] = {}
    for record in (*log.without_key, *(last.record for last in log.last.values())):
        if isinstance(record, Unreadable):
            by_reason.setdefault(record.reason, []).append(record.offset)
    for reason, offsets in by_reason.items():
        yield found(Trouble.UNREADABLE, offsets, count=counted(offsets, "record"), reason=reason.rstrip("."))


def _conflicts(log: Log) -> Iterator[Finding]:
    for place, number in sorted(log.state.conflicts.items()):
        context = place.subject.context
        first, other = queries.schema(log.state, context, number), queries.version(log.state, *place)
        if first is not None and other is not None:
            offsets = (first.offset, other.offset)
            named = {"first": _spelled(first.place), "other": _spelled(place)}
            yield found(Trouble.ID_CONFLICT, offsets, id=number, context=context, **named)


def _lost_references(log: Log) -> Iterator[Finding]:
    for record in versions(log.state):
        trouble = Trouble.LOST_REFERENCE_OF_DELETED if record.deleted else Trouble.LOST_REFERENCE
        for reference in record.references:
            lost = queries.target(record.subject, reference)
            if queries.version(log.state, *lost) is None:
                blanks = {"version": lost.version, "subject": lost.subject}
                yield found(trouble, [record.offset], place=_spelled(record.place), **blanks)


def _coming_back(log: Log) -> Iterator[Finding]:
    offsets = [last.record.offset for group in log.groups for last in group.leftovers]
    if offsets:
        yield found(Trouble.COMES_BACK, offsets, count=counted(offsets, "record was", "records were"))


def _spellings(log: Log) -> Iterator[Finding]:
    offsets = [last.record.offset for group in log.groups for last in group.strays if not is_deletion(last.record)]
    if offsets:
        yield found(Trouble.KEY_SPELLED_OTHERWISE, offsets, count=counted(offsets, "key is", "keys are"))


def _empty_values(log: Log) -> Iterator[Finding]:
    offsets = [last.record.offset for group in log.groups for last in group.empties]
    if offsets:
        yield found(Trouble.EMPTY_VALUE, offsets, count=counted(offsets, "key was deleted", "keys were deleted"))


def _values_of_other_keys(log: Log) -> Iterator[Finding]:
    for last in log.last.values():
        told = _told(last)
        if told is not None:
            named = _about(last.record)
            yield found(
                Trouble.VALUE_OF_ANOTHER_KEY, [last.record.offset], offset=last.record.offset, told=told, named=named
            )


def _voids(log: Log) -> Iterator[Finding]:
    offsets = list(log.voids.values())
    if offsets:
        yield found(Trouble.VOID, offsets, count=counted(offsets, "record was written", "records were written"))


def _two_ids(log: Log) -> Iterator[Finding]:
    for _, named in sorted(log.state.guids.items()):
        same: dict[tuple[str, str], list[int]] = {}
        for context, number in sorted(named):
            shown = queries.schema(log.state, context, number)
            same.setdefault((context, shown.kind if shown else ""), []).append(number)
        for (context, _), numbers in same.items():
            if len(numbers) > 1:
                ids = ", ".join(map(str, numbers))
                yield found(Trouble.TWO_IDS, context=context, ids=ids, lowest=numbers[0])


def _forgetful(log: Log) -> Iterator[Finding]:
    for context, highest, known in forgotten(log.state):
        yield found(Trouble.FORGETFUL, context=context, highest=highest, known=known)


def _deletions_left(log: Log) -> Iterator[Finding]:
    left = [subject for subject in log.state.deletions if log.state.subjects.get(subject) is None]
    keys = {subject_deleted_key(subject) for subject in left}
    offsets = [group.newest.record.offset for group in log.groups if group.canonical in keys]
    if offsets:
        yield found(Trouble.DELETION_LEFT, offsets, count=counted(offsets, "deletion is left", "deletions are left"))


LOOKS: tuple[Callable[[Log], Iterator[Finding]], ...] = (
    _newer_format,
    _unreadable,
    _conflicts,
    _lost_references,
    _coming_back,
    _spellings,
    _empty_values,
    _values_of_other_keys,
    _voids,
    _two_ids,
    _forgetful,
    _deletions_left,
)


def _spelled(place: Place) -> str:
    return f"version {place.version} of {place.subject}"


def _about(record: Record) -> str:
    match record:
        case SchemaRecord():
            return _spelled(record.place)
        case ConfigRecord() | ModeRecord() | SubjectDeleted():
            return str(record.subject) or "all subjects"
        case AssociationRecord():
            return " ".join(record.name)
        case ContextRecord():
            return record.context
        case _:
            return ""


def _told(last: Last) -> str | None:
    """What the value says that it is about, where that is not what the key says."""
    record = last.record
    match record:
        case SchemaRecord():
            members = _members(last.value)
            subject, version = members.get("subject") or str(record.subject), members.get("version")
            told = Place(subject_of(subject), record.version if version is None else version)
            return None if told == record.place else _spelled(told)
        case ConfigRecord() | ModeRecord() | SubjectDeleted():
            subject = _members(last.value).get("subject")
            return str(subject) if isinstance(subject, str) and subject_of(subject) != record.subject else None
        case AssociationRecord(association=association) if association is not None:
            key = association_key_of(association)
            return None if key == record.name else " ".join(key)
        case _:
            return None


def _members(value: bytes | None) -> dict[str, Any]:
    """Of a value that is an object; some that the machine reads are too deep or too large for this reader."""
    try:
        members: dict[str, Any] = json.loads(value or b"{}")
    except (ValueError, RecursionError):
        return {}
    return members or {}
