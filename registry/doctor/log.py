"""The log as it is known after one reading: its state, and what the last record of each key says."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from registry.state import queries
from registry.state.records import (
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
    canonical_key,
    epoch_of,
    read,
)
from registry.state.state import State


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


class Mark(NamedTuple):
    """What is known of a context's ids: the highest ever issued, the highest held, the highest that a record tells."""

    context: str
    issued: int
    held: int
    told: int


def is_void(raw: LogRecord) -> bool:
    """Did Redpanda write it in vain, if this log is Redpanda's own and never was copied?"""
    return isinstance(_read(raw, sequenced=True), Nothing) and not isinstance(_read(raw, sequenced=False), Nothing)


def _read(raw: LogRecord, *, sequenced: bool) -> Record:
    return read(raw.key, raw.value, raw.offset, raw.timestamp, sequenced=sequenced)


class Last(NamedTuple):
    """The last record of a key, by its bytes: all that a compaction leaves of it."""

    record: Record
    value: bytes | None


@dataclass(slots=True)
class Log:
    """The log as it is known after one reading: the state, and the last record of each key."""

    sequenced: bool
    state: State = field(default_factory=State)
    count: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    last: dict[bytes, Last] = field(default_factory=dict)
    canonical: dict[bytes, bytes] = field(default_factory=dict)  # of each key that could be read
    voids: dict[bytes, int] = field(default_factory=dict)  # the offset of what was written in vain under this key
    without_key: list[Unreadable] = field(default_factory=list)
    groups: "list[Group]" = field(default_factory=list)  # when all is read: the keys that mean the same, together

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
        self.last[record.key] = Last(record, raw.value)
        if not isinstance(record, Unreadable):
            self.canonical[record.key] = canonical_key(record)

    def group(self) -> None:
        keys: dict[bytes, dict[bytes, Last]] = {}
        for key, canonical in self.canonical.items():
            keys.setdefault(canonical, {})[key] = self.last[key]
        self.groups = [Group(canonical, same) for canonical, same in keys.items()]


@dataclass(frozen=True, slots=True)
class Group:
    canonical: bytes
    keys: dict[bytes, Last]

    @property
    def newest(self) -> Last:
        return max(self.keys.values(), key=lambda last: last.record.offset)

    @property
    def strays(self) -> list[Last]:
        """What still stands under another spelling."""
        return [last for key, last in self.keys.items() if key != self.canonical and last.value is not None]

    @property
    def empties(self) -> list[Last]:
        """What was deleted, but not by a null."""
        return [last for last in self.keys.values() if last.value is not None and is_deletion(last.record)]

    @property
    def leftovers(self) -> list[Last]:
        """What stands although it was deleted later, in another spelling."""
        newest = self.newest.record
        if not is_deletion(newest) or isinstance(newest, SubjectDeletedTombstone):  # deletes no deletion of a version
            return []
        return [last for last in self.keys.values() if not is_deletion(last.record)]

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
    return name if name.endswith("deleted") or not is_deletion(record) else f"{name} deleted"


def is_deletion(record: Record) -> bool:
    match record:
        case SchemaTombstone() | SubjectDeletedTombstone() | ClaimTombstone():
            return True
        case ConfigRecord(config=None) | ModeRecord(mode=None) | AssociationRecord(association=None):
            return True
        case ContextRecord(exists=False):
            return True
        case _:
            return False


def versions(state: State) -> Iterator[SchemaRecord]:
    for subject in sorted(state.subjects):
        yield from queries.versions(state, subject, deleted=True)


def forgotten(state: State) -> Iterator[tuple[str, int, int]]:
    """(context, highest id issued, what the log will know of it): where the two differ."""
    for mark in marks(state):
        known = max(mark.held, mark.told)
        if known < mark.issued:
            yield mark.context, mark.issued, known


def marks(state: State) -> Iterator[Mark]:
    held: dict[str, int] = {}
    for record in versions(state):
        held[record.subject.context] = max(record.id, held.get(record.subject.context, 0))
    for context, highest in sorted(state.highest.items()):
        yield Mark(context, highest, held.get(context, 0), state.remembered.get(context) or 0)
