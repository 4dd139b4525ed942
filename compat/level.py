"""A compatibility level is two facts: which directions are asked, and of how many old versions.

It picks the pairs to compare and words the whole answer, for the server and the gate alike. It compares nothing
itself: the verdicts are handed in, so they may come from a cache or from another process.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, Literal, TypeVar

from compat.report import Decider, Difference, Report, Role

Key = TypeVar("Key")
Old = TypeVar("Old")

Direction = Literal["BACKWARD", "FORWARD"]

SHOWN_OLD_SCHEMA = 10240  # UTF-16 units of the old text in an answer, as Confluent counts and cuts it


class Level(Enum):
    """The seven levels of the API: (directions, does it ask all versions)."""

    NONE = ((), False)
    BACKWARD = (("BACKWARD",), False)
    BACKWARD_TRANSITIVE = (("BACKWARD",), True)
    FORWARD = (("FORWARD",), False)
    FORWARD_TRANSITIVE = (("FORWARD",), True)
    FULL = (("FORWARD", "BACKWARD"), False)  # in the order in which Confluent words the answer
    FULL_TRANSITIVE = (("FORWARD", "BACKWARD"), True)

    def __init__(self, directions: tuple[Direction, ...], transitive: bool) -> None:  # noqa: FBT001  (a member is a tuple)
        self.directions = directions
        self.transitive = transitive


@dataclass(frozen=True, slots=True)
class Candidate(Generic[Key]):
    """A schema that takes part in a check: a key to ask verdicts by, its kind, stored text and version (0: none)."""

    key: Key
    kind: str
    text: str
    version: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference in its setting: between which versions and in which direction."""

    difference: Difference
    direction: Direction
    version: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to "may `new` follow `olds` under this level?": Confluent's messages, and our findings."""

    messages: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
    unlisted: int = 0  # differences beyond those that are listed
    decided_by: Decider | None = None  # None: nothing was compared, or came to an end

    @property
    def is_compatible(self) -> bool:
        return not self.messages


def asked(level: Level, olds: Sequence[Old]) -> Sequence[Old]:
    """Which of the old versions, newest first, a level asks about."""
    if not level.directions:
        return ()
    return olds if level.transitive else olds[:1]


def pairs(level: Level, new: Candidate[Key], olds: Sequence[Candidate[Key]]) -> list[tuple[Key, Key]]:
    """The (reader, writer) pairs that `answer` will ask about, newest version first; `olds` are newest first."""
    return [
        _sides(direction, new, old)
        for old in asked(level, olds)
        if old.kind == new.kind
        for direction in level.directions
    ]


def answer(
    level: Level,
    new: Candidate[Key],
    olds: Sequence[Candidate[Key]],
    verdict: Callable[[Key, Key], Report],
    *,
    validate_fields: bool = False,
    reserved: Iterable[str] = (),
) -> Answer:
    """The whole answer. Stops at the first version that refuses, as Confluent does.

    `verdict(reader, writer)` must know every pair of `pairs`. `reserved` are messages of the check of reserved
    fields, made by the caller; they come first.
    """
    messages = list(reserved)
    parts: list[_Part] = []
    for old in [] if messages else asked(level, olds):
        parts.append(_of_version(level, new, old, verdict))
        messages += parts[-1].messages
        if messages:
            break
    if messages:
        validated = str(validate_fields).lower()
        messages.append(f"{{validateFields: '{validated}', compatibility: '{level.name}'}}")
    reports = [report for part in parts for report in part.reports]
    return Answer(
        tuple(messages),
        tuple(finding for part in parts for finding in part.findings),
        tuple(warning for part in parts for warning in part.warnings),
        sum(report.unlisted for report in reports),
        _decider(reports, messages),
    )


@dataclass(slots=True)
class _Part:
    """What there is to say of one old version."""

    messages: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)


def _of_version(level: Level, new: Candidate[Key], old: Candidate[Key], verdict: Callable[[Key, Key], Report]) -> _Part:
    if old.kind != new.kind:
        return _Part(["Incompatible because of different schema type", *_old(old)])
    part = _Part()
    for direction in level.directions:
        report = verdict(*_sides(direction, new, old))
        part.reports.append(report)
        part.warnings += [Finding(difference, direction, old.version) for difference in report.warnings]
        if not report.is_compatible:
            part.findings += [Finding(difference, direction, old.version) for difference in report.differences]
            part.messages += _refusals(report, direction)
            part.messages += _old(old) if direction == level.directions[-1] else []
    return part


def _refusals(report: Report, direction: Direction) -> list[str]:
    reader, writer = _roles(direction)
    messages = [difference.confluent(reader, writer) for difference in report.differences]
    return [*messages, report.failure] if report.failure else messages


def _decider(reports: Sequence[Report], messages: Sequence[str]) -> Decider | None:
    """What the whole answer rests on: to refuse, the best reason is enough; to accept, all must be proved."""
    if messages:
        refused = [report for report in reports if not report.is_compatible]
        if refused and all(report.failure for report in refused):
            return None
        return "counterexample" if "counterexample" in {report.decided_by for report in refused} else "rules"
    if not reports:
        return None
    return "proof" if all(report.decided_by == "proof" for report in reports) else "rules"


def _sides(direction: Direction, new: Candidate[Key], old: Candidate[Key]) -> tuple[Key, Key]:
    return (new.key, old.key) if direction == "BACKWARD" else (old.key, new.key)


def _roles(direction: Direction) -> tuple[Role, Role]:
    return ("new", "old") if direction == "BACKWARD" else ("old", "new")


def _old(old: Candidate[Key]) -> list[str]:
    version = [f"{{oldSchemaVersion: {old.version}}}"] if old.version else []
    units = old.text.encode("utf-16-le", "surrogatepass")
    if len(units) > 2 * SHOWN_OLD_SCHEMA:
        shown = units[: 2 * SHOWN_OLD_SCHEMA].decode("utf-16-le", "ignore")
        return [*version, f"{{oldSchema: <truncated> '{shown}...'}}"]
    return [*version, f"{{oldSchema: '{old.text}'}}"]
