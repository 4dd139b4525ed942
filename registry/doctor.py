"""What is wrong in a log, and the records that would mend it. Pure: records in, findings out; nothing is written here.

`diagnose` says what it found in sentences. What can be mended without losing or changing anything is mended by
`Diagnosis.mends`: one append of these records leaves every answer as it is, also when the log is compacted after it,
and only Confluent's own spelling of each key. What needs a decision of people is only told.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal, NamedTuple, Protocol

from registry.names import Place, subject_of
from registry.state import queries
from registry.state.records import (
    OUR_FORMAT,
    AssociationRecord,
    ClaimRecord,
    ClaimTombstone,
    ConfigRecord,
    ContextRecord,
    FormatRecord,
    HighestId,
    ModeRecord,
    Nothing,
    Record,
    SchemaRecord,
    SchemaTombstone,
    SubjectDeleted,
    SubjectDeletedTombstone,
    Unreadable,
    association_key_of,
    canonical_key,
    epoch_of,
    format_write,
    highest_id_write,
    read,
    schema_key,
    schema_write,
    subject_deleted_key,
)
from registry.state.state import State

Severity = Literal["error", "warning", "note"]

SHOWN_OFFSETS = 10


class LogRecord(Protocol):
    """What is looked at of a record of any log."""

    @property
    def offset(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]: ...


class Trouble(Enum):
    """All that the doctor knows to find: how bad it is, what it is, what to do about it."""

    NEWER_FORMAT = (
        "error",
        "The log was written by a newer Momus: its own records have format {found}, known here is {known}.",
        "Use a Momus that knows format {found}; this one serves the log, but does not write to it.",
    )
    UNREADABLE = (
        "error",
        "{count} cannot be read: {reason}.",
        (
            "Look at the records, and delete their keys when nobody needs them. Momus passes over them; Confluent's "
            "registry stops reading at a null key or an unknown keytype."
        ),
    )
    ID_CONFLICT = (
        "error",
        "Id {id} of context {context} was given to two schemas: it means that of {first}, {other} has another one.",
        (
            "Messages of {other} are decoded with the schema of {first}. Register the schema of {other} anew, let its "
            "producers write with the new id, then delete {other}."
        ),
    )
    LOST_REFERENCE = (
        "error",
        "{place} refers to version {version} of {subject}, which is not there.",
        "The schema can be fetched but not used. Import the missing version again, or delete {place}.",
    )
    LOST_REFERENCE_OF_DELETED = (
        "warning",
        "{place}, which is deleted, refers to version {version} of {subject}, which is not there.",
        "Delete {place} for good when no message is left that was written with it.",
    )
    COMES_BACK = (
        "error",
        "{count} deleted in another spelling only: after a compaction that drops the deletion, it is there again.",
        "Mending deletes every spelling.",
    )
    KEY_SPELLED_OTHERWISE = (
        "warning",
        "{count} in another spelling than Confluent's, as Karapace and Redpanda write them.",
        (
            "A registry that deletes by its own spelling leaves these behind, and what was deleted comes back. Mending "
            "writes what holds under Confluent's keys, and deletes the others."
        ),
    )
    EMPTY_VALUE = (
        "warning",
        "{count} by an empty value instead of none, as Karapace writes them.",
        "Confluent's registry takes such a value for damage and knows of no deletion. Mending deletes them.",
    )
    VALUE_OF_ANOTHER_KEY = (
        "warning",
        "The value at offset {offset} is about {told}, its key about {named}.",
        "Momus goes by the key, as compaction does. Look which of them is right, and write it again.",
    )
    VOID = (
        "warning",
        "{count} in vain: by a primary that others had deposed, or by Redpanda at an offset that another record has.",
        "Momus passes over them, other registries take them for good. Mending writes over them.",
    )
    TWO_IDS = (
        "warning",
        "One schema of context {context} has the ids {ids}.",
        "Nothing breaks by it. Registrations are given id {lowest}.",
    )
    FORGETFUL = (
        "warning",
        "Ids up to {highest} were issued in context {context}, but after a compaction the log knows of {known} only.",
        "A registry that is started then issues an id twice. Mending writes a record that remembers.",
    )
    DELETION_LEFT = (
        "note",
        "{count} of subjects that have no version any more.",
        "They cost room, nothing else. A hard delete by Momus takes them along.",
    )

    def __init__(self, severity: Severity, sentence: str, advice: str) -> None:
        self.severity = severity
        self.sentence = sentence
        self.advice = advice


@dataclass(frozen=True, slots=True)
class Finding:
    """`offsets` are the first few of the records that it is about."""

    trouble: Trouble
    sentence: str
    advice: str
    offsets: tuple[int, ...] = ()


class Mend(NamedTuple):
    """A record that would mend something; with a timestamp where an old record is written again."""

    key: bytes
    value: bytes | None
    timestamp: int | None = None


class Mark(NamedTuple):
    """What is known of a context's ids: the highest ever issued, the highest held, the highest that a record tells."""

    context: str
    issued: int
    held: int
    told: int


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`kinds` counts the records by what they are; `mends` are to be appended as one.

    `variants` counts what has had keys in more than one spelling, `marks` has a row for each context.
    """

    records: int
    kinds: dict[str, int]
    findings: tuple[Finding, ...]
    mends: tuple[Mend, ...]
    variants: int
    marks: tuple[Mark, ...]

    @property
    def is_sound(self) -> bool:
        return all(finding.trouble.severity != "error" for finding in self.findings)


def diagnose(records: Iterable[LogRecord], *, sequenced: bool = False) -> Diagnosis:
    """What is wrong in these records of a log, in their order.

    `sequenced` says that Redpanda itself wrote them at these offsets, as for `read`. What such a log says is kept by
    mending it: afterwards it says the same to those who read it without this knowledge.
    """
    log = _Log(sequenced)
    for record in records:
        log.add(record)
    log.group()
    found = [finding for look in LOOKS for finding in look(log)]
    variants = sum(len(group.keys) > 1 for group in log.groups)
    kinds = dict(sorted(log.kinds.items()))
    return Diagnosis(log.count, kinds, tuple(found), tuple(_mends(log)), variants, tuple(_marks(log.state)))


def is_void(raw: LogRecord) -> bool:
    """Did Redpanda write it in vain, if this log is Redpanda's own and never was copied?"""
    return isinstance(_read(raw, sequenced=True), Nothing) and not isinstance(_read(raw, sequenced=False), Nothing)


def _read(raw: LogRecord, *, sequenced: bool) -> Record:
    return read(raw.key, raw.value, raw.offset, raw.timestamp, sequenced=sequenced)


class _Last(NamedTuple):
    """The last record of a key, by its bytes: all that a compaction leaves of it."""

    record: Record
    value: bytes | None


@dataclass(slots=True)
class _Log:
    """The log as it is known after one reading: the state, and the last record of each key."""

    sequenced: bool
    state: State = field(default_factory=State)
    count: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    last: dict[bytes, _Last] = field(default_factory=dict)
    canonical: dict[bytes, bytes] = field(default_factory=dict)  # of each key that could be read
    voids: dict[bytes, int] = field(default_factory=dict)  # the offset of what was written in vain under this key
    without_key: list[Unreadable] = field(default_factory=list)
    groups: "list[_Group]" = field(default_factory=list)  # when all is read: the keys that mean the same, together

    def add(self, raw: LogRecord) -> None:
        record, epoch = _read(raw, sequenced=self.sequenced), epoch_of(raw.headers)
        in_vain = self.state.is_void(epoch) or (self.sequenced and is_void(raw))
        self.state.apply(record, epoch)
        self.count += 1
        if in_vain:
            self.kinds["void"] += 1
            self.voids[record.key] = record.offset
            return
        self.voids.pop(record.key, None)
        self.kinds[_kind(record)] += 1
        if isinstance(record, Unreadable) and raw.key is None:
            self.without_key.append(record)
            return
        self.last[record.key] = _Last(record, raw.value)
        if not isinstance(record, Unreadable):
            self.canonical[record.key] = canonical_key(record)

    def group(self) -> None:
        keys: dict[bytes, dict[bytes, _Last]] = {}
        for key, canonical in self.canonical.items():
            keys.setdefault(canonical, {})[key] = self.last[key]
        self.groups = [_Group(canonical, same) for canonical, same in keys.items()]


@dataclass(frozen=True, slots=True)
class _Group:
    canonical: bytes
    keys: dict[bytes, _Last]

    @property
    def newest(self) -> _Last:
        return max(self.keys.values(), key=lambda last: last.record.offset)

    @property
    def strays(self) -> list[_Last]:
        """What still stands under another spelling."""
        return [last for key, last in self.keys.items() if key != self.canonical and last.value is not None]

    @property
    def empties(self) -> list[_Last]:
        """What was deleted, but not by a null."""
        return [last for last in self.keys.values() if last.value is not None and _is_deletion(last.record)]

    @property
    def leftovers(self) -> list[_Last]:
        """What stands although it was deleted later, in another spelling."""
        newest = self.newest.record
        if not _is_deletion(newest) or isinstance(newest, SubjectDeletedTombstone):  # deletes no deletion of a version
            return []
        return [last for last in self.keys.values() if not _is_deletion(last.record)]

    @property
    def is_broken(self) -> bool:
        return bool(self.strays or self.empties or self.leftovers)


KINDS = {
    SchemaRecord: "SCHEMA",
    SchemaTombstone: "SCHEMA deleted",
    ConfigRecord: "CONFIG",
    ModeRecord: "MODE",
    SubjectDeleted: "DELETE_SUBJECT",
    SubjectDeletedTombstone: "DELETE_SUBJECT deleted",
    ContextRecord: "CONTEXT",
    AssociationRecord: "ASSOC",
    HighestId: "momus.highest-id",
    FormatRecord: "momus.format",
    ClaimRecord: "momus.primary",
    ClaimTombstone: "momus.primary deleted",
    Nothing: "NOOP",
    Unreadable: "unreadable",
}


def _kind(record: Record) -> str:
    name = KINDS[type(record)]
    return name if name.endswith("deleted") or not _is_deletion(record) else f"{name} deleted"


def _is_deletion(record: Record) -> bool:
    match record:
        case SchemaTombstone() | SubjectDeletedTombstone() | ClaimTombstone():
            return True
        case ConfigRecord(config=None) | ModeRecord(mode=None) | AssociationRecord(association=None):
            return True
        case ContextRecord(exists=False):
            return True
        case _:
            return False


# What to look at, in the order in which it is told


def _newer_format(log: _Log) -> Iterator[Finding]:
    if log.state.is_of_newer_format:
        yield _found(Trouble.NEWER_FORMAT, found=log.state.format, known=OUR_FORMAT)


def _unreadable(log: _Log) -> Iterator[Finding]:
    """Those that a later record of the same key has replaced are no trouble."""
    by_reason: dict[str, list[int]] = {}
    for record in (*log.without_key, *(last.record for last in log.last.values())):
        if isinstance(record, Unreadable):
            by_reason.setdefault(record.reason, []).append(record.offset)
    for reason, offsets in by_reason.items():
        yield _found(Trouble.UNREADABLE, offsets, count=_counted(offsets, "record"), reason=reason.rstrip("."))


def _conflicts(log: _Log) -> Iterator[Finding]:
    for place, number in sorted(log.state.conflicts.items()):
        context = place.subject.context
        first, other = queries.schema(log.state, context, number), queries.version(log.state, *place)
        if first is not None and other is not None:
            offsets = (first.offset, other.offset)
            named = {"first": _spelled(first.place), "other": _spelled(place)}
            yield _found(Trouble.ID_CONFLICT, offsets, id=number, context=context, **named)


def _lost_references(log: _Log) -> Iterator[Finding]:
    for record in _versions(log.state):
        trouble = Trouble.LOST_REFERENCE_OF_DELETED if record.deleted else Trouble.LOST_REFERENCE
        for reference in record.references:
            lost = queries.target(record.subject, reference)
            if queries.version(log.state, *lost) is None:
                blanks = {"version": lost.version, "subject": lost.subject}
                yield _found(trouble, [record.offset], place=_spelled(record.place), **blanks)


def _coming_back(log: _Log) -> Iterator[Finding]:
    offsets = [last.record.offset for group in log.groups for last in group.leftovers]
    if offsets:
        yield _found(Trouble.COMES_BACK, offsets, count=_counted(offsets, "record was", "records were"))


def _spellings(log: _Log) -> Iterator[Finding]:
    offsets = [last.record.offset for group in log.groups for last in group.strays if not _is_deletion(last.record)]
    if offsets:
        yield _found(Trouble.KEY_SPELLED_OTHERWISE, offsets, count=_counted(offsets, "key is", "keys are"))


def _empty_values(log: _Log) -> Iterator[Finding]:
    offsets = [last.record.offset for group in log.groups for last in group.empties]
    if offsets:
        yield _found(Trouble.EMPTY_VALUE, offsets, count=_counted(offsets, "key was deleted", "keys were deleted"))


def _values_of_other_keys(log: _Log) -> Iterator[Finding]:
    for last in log.last.values():
        told = _told(last)
        if told is not None:
            named = _about(last.record)
            yield _found(
                Trouble.VALUE_OF_ANOTHER_KEY, [last.record.offset], offset=last.record.offset, told=told, named=named
            )


def _voids(log: _Log) -> Iterator[Finding]:
    offsets = list(log.voids.values())
    if offsets:
        yield _found(Trouble.VOID, offsets, count=_counted(offsets, "record was written", "records were written"))


def _two_ids(log: _Log) -> Iterator[Finding]:
    for _, named in sorted(log.state.guids.items()):
        same: dict[tuple[str, str], list[int]] = {}
        for context, number in sorted(named):
            shown = queries.schema(log.state, context, number)
            same.setdefault((context, shown.kind if shown else ""), []).append(number)
        for (context, _), numbers in same.items():
            if len(numbers) > 1:
                ids = ", ".join(map(str, numbers))
                yield _found(Trouble.TWO_IDS, context=context, ids=ids, lowest=numbers[0])


def _forgetful(log: _Log) -> Iterator[Finding]:
    for context, highest, known in _forgotten(log.state):
        yield _found(Trouble.FORGETFUL, context=context, highest=highest, known=known)


def _deletions_left(log: _Log) -> Iterator[Finding]:
    left = [subject for subject in log.state.deletions if log.state.subjects.get(subject) is None]
    keys = {subject_deleted_key(subject) for subject in left}
    offsets = [group.newest.record.offset for group in log.groups if group.canonical in keys]
    if offsets:
        yield _found(Trouble.DELETION_LEFT, offsets, count=_counted(offsets, "deletion is left", "deletions are left"))


LOOKS: tuple[Callable[[_Log], Iterator[Finding]], ...] = (
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


def _found(trouble: Trouble, offsets: Sequence[int] = (), **blanks: object) -> Finding:
    shown = tuple(sorted(offsets)[:SHOWN_OFFSETS])
    return Finding(trouble, trouble.sentence.format(**blanks), trouble.advice.format(**blanks), shown)


def _counted(offsets: Sequence[int], one: str, many: str | None = None) -> str:
    return f"{len(offsets)} {one if len(offsets) == 1 else many or f'{one}s'}"


def _versions(state: State) -> Iterator[SchemaRecord]:
    for subject in sorted(state.subjects):
        yield from queries.versions(state, subject, deleted=True)


def _spelled(place: Place) -> str:
    return f"version {place.version} of {place.subject}"


def _forgotten(state: State) -> Iterator[tuple[str, int, int]]:
    """(context, highest id issued, what the log will know of it): where the two differ."""
    for mark in _marks(state):
        known = max(mark.held, mark.told)
        if known < mark.issued:
            yield mark.context, mark.issued, known


def _marks(state: State) -> Iterator[Mark]:
    held: dict[str, int] = {}
    for record in _versions(state):
        held[record.subject.context] = max(record.id, held.get(record.subject.context, 0))
    for context, highest in sorted(state.highest.items()):
        yield Mark(context, highest, held.get(context, 0), state.remembered.get(context) or 0)


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


def _told(last: _Last) -> str | None:
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


# Mending


def _mends(log: _Log) -> Iterator[Mend]:
    """First what is remembered, then all deletions, then what holds: a deletion by any spelling deletes the thing."""
    if log.state.is_of_newer_format:
        return
    marks = [highest_id_write(context, highest) for context, highest, _ in _forgotten(log.state)]
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


def _moved_by_voids(log: _Log) -> dict[bytes, list[bytes]]:
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


def _may_be_mended(log: _Log, group: _Group) -> bool:
    """Not what cannot be read, and not what has an id in conflict: its meaning hangs on the order of the records.

    So does that of a claim.
    """
    lasts = [*group.keys.values(), *([log.last[group.canonical]] if group.canonical in log.last else ())]
    return not any(
        isinstance(last.record, Unreadable | ClaimRecord | ClaimTombstone)
        or any(_is_in_conflict(log.state, version) for version in _moved(log.state, last))
        for last in lasts
    )


def _moved(state: State, last: _Last) -> list[SchemaRecord]:
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


def _deletions(group: _Group) -> Iterator[Mend]:
    """Every spelling goes but Confluent's, and that too where nothing holds any more."""
    holds = not _is_deletion(group.newest.record) and not isinstance(group.newest.record, SubjectDeleted)
    for key, last in group.keys.items():
        if last.value is not None and not (holds and key == group.canonical):
            yield Mend(key, None)


def _held(state: State, group: _Group) -> Iterator[Mend]:
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
            if not _is_deletion(record):
                yield Mend(group.canonical, newest.value, record.timestamp)


def _version(state: State, record: SchemaRecord, value: bytes | None) -> Mend:
    """The version as it is now, in its own bytes where they say so: a deletion of its subject is not in them."""
    now = queries.version(state, record.subject, record.version)
    assert now is not None, record.place
    if value is None or now.deleted != record.deleted:
        value = schema_write(now).value
    return Mend(schema_key(record.place), value, record.timestamp)
