"""What clients were told, held against the log: each answer must have been true of a prefix of it, at a right moment.

Pure, and it knows the machine neither: the records are read here by other code than the registry's. The log is the
order in which all writes happened. An answer is true of some prefixes of it, and may be given when one of them is

* not newer than the answer: what is appended later cannot be known, nor acknowledged;
* not older than what the client could know: a write, and the sentence that something is not there, come after every
  write that was acknowledged before they were asked for; other reads may be old, but on one node they never go back.

What was answered by an error or not at all (`Outcome.UNKNOWN`) may have happened, then or later, or not.
"""

import json
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, NamedTuple, TypeVar

CLOCKS = 0.25  # seconds by which the clocks of clients and of records may differ
CLAIM = "momus.primary."
BEHIND_ALL = 1 << 62

T = TypeVar("T")


class Kind(Enum):
    REGISTER = "register"
    DELETE_VERSION = "delete version"
    PURGE_VERSION = "delete version for good"
    DELETE_SUBJECT = "delete subject"
    PURGE_SUBJECT = "delete subject for good"
    LOOK_UP = "look up"
    READ_ID = "read id"
    READ_VERSION = "read version"
    LIST = "list versions"
    LIST_ALL = "list versions, deleted ones too"

    @property
    def is_write(self) -> bool:
        return self in WRITES


WRITES = frozenset({Kind.REGISTER, Kind.DELETE_VERSION, Kind.PURGE_VERSION, Kind.DELETE_SUBJECT, Kind.PURGE_SUBJECT})


class Outcome(Enum):
    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Operation:
    """A request and its answer. `life` names one life of the node that was asked; "" when it had two meanwhile."""

    kind: Kind
    life: str
    began: float  # seconds since 1970
    ended: float
    outcome: Outcome
    subject: str = ""
    text: str = ""  # sent, or answered
    id: int = 0
    version: int = 0
    numbers: tuple[int, ...] = ()
    code: int = 0  # of a refusal
    is_marked_old: bool = False  # the node has said that the answer may be old


class Record(NamedTuple):
    offset: int
    time: float  # when its writer sent it, seconds since 1970
    key: bytes | None
    value: bytes | None
    epoch: int | None  # the one that it carries


class Rule(Enum):
    ID_NAMES_TWO_SCHEMAS = "an id names one schema for ever"
    ID_OUT_OF_ORDER = "a new id is one more than the highest that was ever issued"
    VERSION_OUT_OF_ORDER = "a new version is one more than the highest that the subject has"
    SCHEMA_TWICE = "a subject has a schema once, but for deleted versions"
    DELETED_CAME_BACK = "a deleted version stays deleted"
    DEPOSED_WROTE = "nothing is written under an epoch other than the latest claimed one"
    UNREADABLE = "every record says something"
    NOBODY_ASKED = "nothing is written that nobody has asked for"
    NEVER_TRUE = "an answer was true of some prefix of the log"
    TOO_OLD = "an answer is not older than what was known when it was asked for"
    TOO_EARLY = "what is acknowledged is in the log by then"


@dataclass(frozen=True, slots=True)
class Violation:
    rule: Rule
    details: str

    def __str__(self) -> str:
        return f"{self.rule.name} ({self.rule.value}): {self.details}"


class Version(NamedTuple):
    id: int
    text: str
    is_deleted: bool


Versions = Mapping[int, Version]


@dataclass(slots=True)
class Timeline(Generic[T]):
    """A value and its changes. `positions[i]` is the first prefix of the log with `values[i]`."""

    values: list[T]
    positions: list[int] = field(default_factory=lambda: [0])

    def change(self, offset: int, value: T) -> None:
        self.values.append(value)
        self.positions.append(offset + 1)

    def first(self, holds: Callable[[T], bool], lowest: int, highest: int) -> int | None:
        """The shortest prefix from `lowest` to `highest` whose value is such; None where there is none."""
        at = max(bisect_right(self.positions, lowest) - 1, 0)
        while at < len(self.values) and self.positions[at] <= highest:
            if holds(self.values[at]):
                return max(self.positions[at], lowest)
            at += 1
        return None


class World:
    """The log, read: what each of its prefixes makes true; and what no prefix of a good log does."""

    def __init__(self, records: Iterable[Record], *, is_fenced: bool = True) -> None:
        """Where the brokers do not shut out a deposed primary (`is_fenced`), what it writes counts for nothing."""
        self.violations: list[Violation] = []
        self.subjects: dict[str, Timeline[Versions]] = defaultdict(lambda: Timeline([{}]))
        self.ids: dict[int, Timeline[str | None]] = defaultdict(lambda: Timeline([None]))
        self.texts: dict[int, str] = {}  # of every id that was ever issued
        self.registered: set[tuple[str, str]] = set()  # by subject and text
        self.deleted: set[tuple[str, int]] = set()
        self.epoch = 0
        self.voids = 0
        self._is_fenced = is_fenced
        self._holders: Counter[int] = Counter()
        self._purged: dict[str, tuple[int, int, str]] = {}  # of each subject the last one: offset, version, text
        self._highest_id = 0
        self._offsets: list[int] = []
        self._times: list[float] = []  # the latest so far
        for record in records:
            self._offsets.append(record.offset)
            self._times.append(max(record.time, self._times[-1] if self._times else 0))
            if not is_fenced and record.epoch is not None and record.epoch < self.epoch:
                self.voids += 1
            else:
                self._read(record)

    @property
    def records(self) -> int:
        return len(self._offsets)

    def longest_at(self, time: float) -> int:
        """The prefix of all that can have been in the log by then."""
        at = bisect_right(self._times, time + CLOCKS)
        return self._offsets[at] if at < len(self._offsets) else BEHIND_ALL

    def versions(self, subject: str) -> Versions:
        return self.subjects[subject].values[-1] if subject in self.subjects else {}

    def _read(self, record: Record) -> None:
        try:
            key = json.loads(record.key or b"")
            value = json.loads(record.value) if record.value else None
            match key["keytype"]:
                case "SCHEMA":
                    self._schema(record, key["subject"], key["version"], value)
                case "DELETE_SUBJECT" if value is not None:
                    self._subject_deleted(record, value["subject"], value["version"])
                case "DELETE_SUBJECT":
                    self._of_epoch(record)
                case "NOOP" if key.get("subject", "").startswith(CLAIM) and value is not None:
                    self._claim(record, value["epoch"])
                case "NOOP":
                    pass
                case other:
                    self._tell(Rule.UNREADABLE, f"{record.offset} is a record of {other}, which nobody asked for")
        except (ValueError, KeyError, TypeError) as error:
            self._tell(Rule.UNREADABLE, f"{record.offset}: {error!r}: {record.key!r}")

    def _claim(self, record: Record, epoch: int) -> None:
        if epoch <= self.epoch and self._is_fenced:
            self._tell(Rule.DEPOSED_WROTE, f"{record.offset} claims the epoch {epoch} behind {self.epoch}")
        self.epoch = max(self.epoch, epoch)

    def _of_epoch(self, record: Record) -> None:
        if record.epoch != self.epoch:
            self._tell(
                Rule.DEPOSED_WROTE, f"{record.offset} carries the epoch {record.epoch} behind the claim of {self.epoch}"
            )

    def _schema(self, record: Record, subject: str, number: int, value: Any) -> None:
        self._of_epoch(record)
        versions = self.subjects[subject].values[-1]
        old = versions.get(number)
        if value is None:
            if old is not None:
                self._purged[subject] = record.offset, max(number, self._replaced(record, subject, old)), old.text
                self._put(record.offset, subject, {at: each for at, each in versions.items() if at != number})
            return
        new = Version(value["id"], value["schema"], value["deleted"])
        if old is None:
            self._is_next(record, subject, number, new)
        elif old[:2] != new[:2]:
            self._tell(
                Rule.VERSION_OUT_OF_ORDER, f"{record.offset} gives {subject} {number}, which is {old}, to {new} as well"
            )
        elif old.is_deleted and not new.is_deleted:
            self._tell(Rule.DELETED_CAME_BACK, f"{record.offset} restores {subject} {number}, {new}")
        if new.is_deleted:
            self.deleted.add((subject, number))
        self._put(record.offset, subject, dict(sorted({**versions, number: new}.items())))

    def _replaced(self, record: Record, subject: str, new: Version) -> int:
        """The highest version that a registration of the same schema has put away just before this record."""
        offset, number, text = self._purged.get(subject, (-1, 0, ""))
        return number if offset == record.offset - 1 and text == new.text else 0

    def _is_next(self, record: Record, subject: str, number: int, new: Version) -> None:
        offset = record.offset
        versions = self.subjects[subject].values[-1]
        highest = max(*versions, self._replaced(record, subject, new), 0)
        self.registered.add((subject, new.text))
        if number != highest + 1:
            self._tell(Rule.VERSION_OUT_OF_ORDER, f"{offset} makes {subject} {number}, whose highest is {highest}")
        if any(each.text == new.text and not each.is_deleted for each in versions.values()):
            self._tell(Rule.SCHEMA_TWICE, f"{offset} registers {new.text} in {subject} once more, as {number}")
        if new.id not in self.texts and new.id != self._highest_id + 1:
            self._tell(Rule.ID_OUT_OF_ORDER, f"{offset} issues {new.id}, and the highest was {self._highest_id}")
        self._highest_id = max(self._highest_id, new.id)
        self.texts.setdefault(new.id, new.text)
        if self.texts[new.id] != new.text:
            self._tell(
                Rule.ID_NAMES_TWO_SCHEMAS, f"{offset} gives the id {new.id} of {self.texts[new.id]} to {new.text}"
            )

    def _subject_deleted(self, record: Record, subject: str, highest: int) -> None:
        self._of_epoch(record)
        versions = self.subjects[subject].values[-1]
        self.deleted |= {(subject, number) for number in versions if number <= highest}
        deleted = {
            number: each._replace(is_deleted=each.is_deleted or number <= highest) for number, each in versions.items()
        }
        self._put(record.offset, subject, deleted)

    def _put(self, offset: int, subject: str, versions: Versions) -> None:
        before = Counter(each.id for each in self.subjects[subject].values[-1].values())
        after = Counter(each.id for each in versions.values())
        self.subjects[subject].change(offset, versions)
        for id_ in before.keys() | after.keys():
            was = self._holders[id_]
            self._holders[id_] += after[id_] - before[id_]
            if bool(was) != bool(self._holders[id_]):
                self.ids[id_].change(offset, self.texts[id_] if self._holders[id_] else None)

    def _tell(self, rule: Rule, details: str) -> None:
        self.violations.append(Violation(rule, details))


class Known:
    """How far somebody had seen, at least, by some moment. Moments are told in their order."""

    def __init__(self, start: int = 0) -> None:
        self._times: list[float] = [0.0]
        self._positions: list[int] = [start]

    def tell(self, time: float, position: int) -> None:
        if position > self._positions[-1]:
            self._times.append(time)
            self._positions.append(position)

    def before(self, time: float) -> int:
        return self._positions[bisect_left(self._times, time) - 1] if time > 0 else self._positions[0]


def violations(
    operations: Iterable[Operation], world: World, lives: Mapping[str, float] | None = None
) -> list[Violation]:
    """What is wrong. `lives` tells when each life of a node began: it shows at least what was acknowledged before."""
    ordered = sorted(operations, key=lambda operation: operation.ended)
    return [*world.violations, *_ids(ordered, world), *_unasked(ordered, world), *_untrue(ordered, world, lives or {})]


def _ids(operations: Iterable[Operation], world: World) -> Iterator[Violation]:
    """An id that was ever told to mean something means that, whoever was told, and in the log."""
    texts: dict[int, set[str]] = {id_: {text} for id_, text in world.texts.items()}
    for operation in operations:
        if operation.outcome is Outcome.DONE and operation.id and operation.text:
            texts.setdefault(operation.id, set()).add(operation.text)
    for id_, each in sorted(texts.items()):
        if len(each) > 1:
            yield Violation(Rule.ID_NAMES_TWO_SCHEMAS, f"the id {id_} was told to be {' and '.join(sorted(each))}")


def _unasked(operations: Iterable[Operation], world: World) -> Iterator[Violation]:
    """What nobody asked for; but not what was done too often.

    A node repeats a registration when the primary is gone before it has answered, as clients do. If somebody has
    deleted the schema meanwhile, that registers it twice.
    """
    asked: set[tuple[str, str]] = set()
    deletions: set[tuple[str, int]] = set()
    for operation in operations:
        if operation.outcome is not Outcome.REFUSED:
            match operation.kind:
                case Kind.REGISTER:
                    asked.add((operation.subject, operation.text))
                case Kind.DELETE_VERSION:
                    deletions.add((operation.subject, operation.version))
                case Kind.DELETE_SUBJECT:
                    deletions.add((operation.subject, 0))
                case _:
                    pass
    for subject, text in sorted(world.registered - asked):
        yield Violation(Rule.NOBODY_ASKED, f"{text} is in {subject}")
    for subject, number in sorted(world.deleted):
        if not deletions & {(subject, number), (subject, 0)}:
            yield Violation(Rule.NOBODY_ASKED, f"{subject} {number} is deleted")


def _untrue(operations: Iterable[Operation], world: World, lives: Mapping[str, float]) -> Iterator[Violation]:
    """Answers that no prefix makes true that could be meant. Those that ended first go first."""
    acknowledged = Known()
    shown: dict[str, Known] = {}
    for operation in operations:
        if operation.outcome is Outcome.UNKNOWN or operation.is_marked_old:
            continue
        if operation.life not in shown:
            shown[operation.life] = Known(acknowledged.before(lives.get(operation.life, 0)))
        lowest = shown[operation.life].before(operation.began) if operation.life else 0
        if operation.kind.is_write or operation.outcome is Outcome.REFUSED:
            lowest = max(lowest, acknowledged.before(operation.began))
        highest = world.longest_at(operation.ended)
        position = _position(operation, world, lowest, highest)
        if position is None:
            yield _untruth(operation, world, lowest, highest)
            continue
        if operation.life:
            shown[operation.life].tell(operation.ended, position)
        if operation.kind.is_write and operation.outcome is Outcome.DONE:
            acknowledged.tell(operation.ended, position)


def _untruth(operation: Operation, world: World, lowest: int, highest: int) -> Violation:
    if _position(operation, world, 0, highest) is not None:
        rule = Rule.TOO_OLD
    elif _position(operation, world, lowest, BEHIND_ALL) is not None:
        rule = Rule.TOO_EARLY
    else:
        rule = Rule.NEVER_TRUE
    return Violation(rule, f"between {lowest} and {highest}: {operation}")


def _position(operation: Operation, world: World, lowest: int, highest: int) -> int | None:
    """The shortest prefix of which the answer is true."""
    if operation.kind is Kind.READ_ID:
        text = operation.text if operation.outcome is Outcome.DONE else None
        return world.ids[operation.id].first(lambda told: told == text, lowest, highest)
    holds = _done(operation) if operation.outcome is Outcome.DONE else _refused(operation)
    return world.subjects[operation.subject].first(holds, lowest, highest)


def _done(operation: Operation) -> Callable[[Versions], bool]:
    """Is the answer true of these versions of its subject?"""
    number, told = operation.version, Version(operation.id, operation.text, is_deleted=False)
    numbers = set(operation.numbers)
    match operation.kind:
        case Kind.REGISTER | Kind.LOOK_UP | Kind.READ_VERSION:
            return lambda versions: versions.get(number) == told
        case Kind.DELETE_VERSION:
            return lambda versions: number in versions and versions[number].is_deleted
        case Kind.PURGE_VERSION:
            return lambda versions: number not in versions
        case Kind.DELETE_SUBJECT:
            return lambda versions: not live(versions) and numbers <= versions.keys()
        case Kind.PURGE_SUBJECT:
            return lambda versions: not versions
        case Kind.LIST:
            return lambda versions: live(versions) == list(operation.numbers)
        case _:
            return lambda versions: list(versions) == list(operation.numbers)


def _refused(operation: Operation) -> Callable[[Versions], bool]:
    """Is the reason true of these versions?"""
    number = operation.version
    is_for_all = operation.kind in (Kind.DELETE_VERSION, Kind.PURGE_VERSION, Kind.DELETE_SUBJECT, Kind.PURGE_SUBJECT)
    match operation.code:
        case 40401:  # the subject is not there
            return lambda versions: not (versions if is_for_all or operation.kind is Kind.LIST_ALL else live(versions))
        case 40402 if is_for_all:  # the version
            return lambda versions: number not in versions
        case 40402:
            return lambda versions: number not in live(versions)
        case 40403:  # the schema
            return lambda versions: all(each.is_deleted or each.text != operation.text for each in versions.values())
        case 40404:  # deleted already
            return lambda versions: bool(versions) and not live(versions)
        case 40405:  # not deleted yet
            return lambda versions: bool(live(versions))
        case 40406:
            return lambda versions: number in versions and versions[number].is_deleted
        case 40407:
            return lambda versions: number in versions and not versions[number].is_deleted
        case 42202:  # no number of a version at all
            return lambda _: number < 1
        case _:
            return lambda _: False


def live(versions: Versions) -> list[int]:
    return [number for number, each in versions.items() if not each.is_deleted]
