"""What is in a topic: which schemas its messages were written with, and which messages no schema explains.

Records go in one by one, and what is kept does not grow with them: counts, first and last, a few examples. No Kafka,
no registry and no wording here.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from glob import escape
from typing import Final, TypeAlias

from momus.client import SubjectVersion
from momus.gate.names import split
from momus.topics.explain import Explained, Reason, Trouble
from momus.topics.records import Record
from momus.topics.schemas import Known

MOST_GROUPS: Final = 1_000  # of messages that are alike; the others are counted
EXAMPLES: Final = 5  # of each
MOST_STEPS: Final = 30  # of a timeline
WIDTHS: Final = tuple(1000 * each for each in (60, 600, 3600, 21_600, 86_400, 604_800, 4 * 604_800, 52 * 604_800))

_STEP: Final = re.compile(r"\[[^\]]*\]")


# Where and when


@dataclass(slots=True)
class Seen:
    """Of one partition: how many, between which offsets and which times."""

    count: int = 0
    first: int = -1
    last: int = -1
    since: int | None = None  # milliseconds
    until: int | None = None

    def add(self, record: Record) -> None:
        if not self.count:
            self.first = record.offset
        self.count += 1
        self.last = record.offset
        if record.timestamp >= 0:
            self.since = record.timestamp if self.since is None else min(self.since, record.timestamp)
            self.until = record.timestamp if self.until is None else max(self.until, record.timestamp)


@dataclass(slots=True)
class Spread:
    partitions: dict[int, Seen] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        seen = self.partitions.get(record.partition)
        if seen is None:
            seen = self.partitions[record.partition] = Seen()
        seen.add(record)

    @property
    def count(self) -> int:
        return sum(seen.count for seen in self.partitions.values())

    @property
    def since(self) -> int | None:
        return min((each.since for each in self.partitions.values() if each.since is not None), default=None)

    @property
    def until(self) -> int | None:
        return max((each.until for each in self.partitions.values() if each.until is not None), default=None)


@dataclass(slots=True)
class Timeline:
    """Explained and unexplained messages in steps of time, which get wider as the time does."""

    width: int = WIDTHS[0]
    steps: dict[int, list[int]] = field(default_factory=dict)  # by their beginning

    def add(self, record: Record, *, explained: bool) -> None:
        if record.timestamp < 0:
            return
        self.steps.setdefault(record.timestamp // self.width * self.width, [0, 0])[not explained] += 1
        while len(self.steps) > MOST_STEPS and self.width < WIDTHS[-1]:
            self._widen()

    def _widen(self) -> None:
        self.width = WIDTHS[WIDTHS.index(self.width) + 1]
        old, self.steps = self.steps, {}
        for begin, (explained, unexplained) in old.items():
            step = self.steps.setdefault(begin // self.width * self.width, [0, 0])
            step[0] += explained
            step[1] += unexplained


# What was found


@dataclass(slots=True)
class Usage:
    """Messages by one schema, and of one type in it."""

    known: Known
    name: str
    spread: Spread = field(default_factory=Spread)
    named_by: Counter[str] = field(default_factory=Counter)  # id, guid, header


@dataclass(slots=True)
class Group:
    """Messages that no schema explains, for the same reason; `trouble` is the first one's."""

    trouble: Trouble
    like: str  # what messages without a frame look like
    id: int | None
    guid: str | None
    spread: Spread = field(default_factory=Spread)
    examples: list[tuple[int, int]] = field(default_factory=list)  # partition, offset

    def add(self, record: Record) -> None:
        self.spread.add(record)
        if len(self.examples) < EXAMPLES:
            self.examples.append((record.partition, record.offset))


Kind: TypeAlias = "tuple[Reason, object, str]"  # of messages that are alike


@dataclass(frozen=True, slots=True)
class Subjects:
    """Under which subjects the schemas of a topic belong: patterns with *, where {name} is the message's type."""

    patterns: tuple[str, ...]

    def own(self, known: Known, name: str) -> bool:
        """Of a schema whose subjects the registry does not tell, nothing is said."""
        return not known.versions or any(self.have(each.subject, name) for each in known.versions)

    def have(self, subject: str, name: str) -> bool:
        patterns = [each.replace("{name}", escape(name)) for each in self.patterns if name or "{name}" not in each]
        return any(fnmatchcase(each, pattern) for each in (subject, bare(subject)) for pattern in patterns)


def bare(subject: str) -> str:
    """Without its context."""
    return split(subject)[1]


class Side:
    """The keys or the values of a topic. Where they are not `held`, those that no schema explains are only counted."""

    def __init__(self, subjects: Subjects, *, held: bool = True) -> None:
        self.subjects = subjects
        self.held = held
        self.absent = 0  # tombstones, or messages without a key
        self.plain = 0  # that nobody asked to have a schema
        self.all = Spread()
        self.usages: dict[tuple[object, str], Usage] = {}
        self.groups: dict[Kind, Group] = {}
        self.others: Counter[Reason] = Counter()  # beyond the groups that are told apart
        self.timeline = Timeline()
        self.unused: tuple[SubjectVersion, ...] = ()  # of the topic's subjects; no message of what was read has them
        self._named: set[SubjectVersion] = set()  # by messages that it does not explain
        self._foreigners: dict[tuple[object, str], Trouble | None] = {}  # what was found of each schema and name

    def add_absent(self) -> None:
        self.absent += 1

    def add(self, record: Record, data: bytes, explained: Explained) -> None:
        """`data` is the key's or the value's."""
        self.all.add(record)
        trouble = explained.trouble or self._foreign(explained)
        if trouble and explained.known:
            self._named.update(explained.known.versions)
        if trouble and not self.held:
            self.plain += 1
            return
        self.timeline.add(record, explained=trouble is None)
        if trouble:
            self._add_group(record, data, explained, trouble)
        else:
            self._add_usage(record, explained)

    def subjects_known(self) -> set[str]:
        """Those of the topic that are named, by a pattern without a gap or by a schema that is in use."""
        named = {each for each in self.subjects.patterns if not set(each) & set("*?[{")}
        used = {(each.subject, usage.name) for usage in self.usages.values() for each in usage.known.versions}
        return named | {bare(subject) for subject, name in used if self.subjects.have(subject, name)}

    def leave(self, every: Iterable[SubjectVersion]) -> None:
        """Of these versions, those that no message has are not in use."""
        named = self._named.union(*(usage.known.versions for usage in self.usages.values()))
        used = {(bare(each.subject), each.version) for each in named}
        self.unused = tuple(each for each in every if (bare(each.subject), each.version) not in used)

    @property
    def unexplained(self) -> Counter[Reason]:
        """How many, by reason."""
        found = Counter(self.others)
        for group in self.groups.values():
            found[group.trouble.reason] += group.spread.count
        return found

    def _add_usage(self, record: Record, explained: Explained) -> None:
        known = explained.known
        assert known is not None
        name = explained.name
        usage = self.usages.get((_identity(known), name))
        if usage is None:
            usage = self.usages[_identity(known), name] = Usage(known, name)
        usage.spread.add(record)
        usage.named_by["header" if explained.in_header else "guid" if explained.guid else "id"] += 1

    def _add_group(self, record: Record, data: bytes, explained: Explained, trouble: Trouble) -> None:
        kind = _kind(explained, trouble, data)
        if kind not in self.groups:
            if len(self.groups) >= MOST_GROUPS:
                self.others[trouble.reason] += 1
                return
            guid = str(explained.guid) if explained.guid else None
            like = kind[2] if trouble.reason is Reason.NO_FRAME and not explained.in_header else ""
            self.groups[kind] = Group(trouble, like, explained.id, guid)
        self.groups[kind].add(record)

    def _foreign(self, explained: Explained) -> Trouble | None:
        known = explained.known
        if known is None:
            return None
        kind = _identity(known), explained.name
        if kind not in self._foreigners:
            own = self.subjects.own(known, explained.name)
            self._foreigners[kind] = None if own else self._trouble(known, explained.name)
        return self._foreigners[kind]

    def _trouble(self, known: Known, name: str) -> Trouble:
        where = ", ".join(sorted({each.subject for each in known.versions}))
        named = f"id {known.id}" if known.id is not None else f"GUID {known.guid}"
        patterns = [each.replace("{name}", name or "the name of a type") for each in self.subjects.patterns]
        wanted = " or ".join(patterns) or "any subject of this topic"
        return Trouble(Reason.FOREIGN_SUBJECT, f"schema {named} is registered under {where}, and not under {wanted}")


def _identity(known: Known) -> object:
    return known.guid or known.id


def _kind(explained: Explained, trouble: Trouble, data: bytes) -> Kind:
    """What it says of a value may be different for each; where it says it, and of which schema, is not."""
    if trouble.reason is Reason.UNDECODABLE and explained.known:
        return trouble.reason, _identity(explained.known), _STEP.sub("[*]", trouble.path)
    if trouble.reason is Reason.FOREIGN_SUBJECT and explained.known:
        return trouble.reason, _identity(explained.known), explained.name
    if trouble.reason is Reason.NO_FRAME:
        return trouble.reason, None, trouble.why if explained.in_header else shape_of(data)
    return trouble.reason, explained.id if explained.guid is None else explained.guid, trouble.why


def shape_of(data: bytes) -> str:
    """What bytes without a frame look like."""
    if not data:
        return "nothing at all"
    if data[:2] in {b"\x03\x00", b"\x03\x05"} and len(data) >= 18:
        return "a message framed by AWS Glue's serializers"
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return "bytes"
    if text.lstrip()[:1] in {"{", "["}:
        return "JSON"
    return "text" if text.isprintable() else "bytes"


@dataclass(slots=True)
class Audit:
    keys: Side
    values: Side
    all: Spread = field(default_factory=Spread)
    lost: int = 0  # offsets that were deleted before they could be read

    def unexplained(self) -> Counter[Reason]:
        return self.keys.unexplained + self.values.unexplained
