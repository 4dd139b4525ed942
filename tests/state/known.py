"""A registry without a clock, a disk or a wait: the machine, a list as its log, and the real engine for its facts.

Nothing here asserts; the tests beside this file say what must hold.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from compat import Description, InvalidSchema, Report, Source, Tagged, compare, parse
from registry.log.log import LogRecord
from registry.refusals import Refusal
from registry.state.commands import Command, Inquiry
from registry.state.decisions import Decision, Defaults, decide
from registry.state.facts import Compare, Describe, Tagging, Tags
from registry.state.records import Write, read
from registry.state.state import State
from registry.state.values import Config

NOW = 1_767_225_600_000
DEFAULTS = Defaults(
    Config(compatibilityLevel="BACKWARD", validateFields=False, validateNewSchemas=True, normalize=False)
)


@lru_cache(2_000)
def described(question: Describe) -> Description:
    return parse(question.source, strict=question.strict).describe(normalize=question.normalize)


@lru_cache(2_000)
def compared(question: Compare) -> Report:
    try:
        sides = parse(question.reader, strict=False), parse(question.writer, strict=False)
    except InvalidSchema as error:
        return Report(failure=str(error))
    return compare(*sides, question.policy)


class Known:
    """Every fact, found on the spot by the engine: nothing is ever missing."""

    def plain(self, kind: str, text: str) -> Source:
        return Source(kind, text)

    def description(self, question: Describe) -> Description:
        return described(question)

    def report(self, question: Compare) -> Report:
        return compared(question)

    def retagged(self, question: Tagging) -> str:
        return parse(question.source, strict=False).with_tags(add=question.add, remove=question.remove)

    def tags(self, question: Tags) -> tuple[Tagged, ...]:
        return parse(question.source, strict=False).tags()


KNOWN = Known()


def folded(records: Iterable[LogRecord]) -> State:
    """The state that a node has after reading these records."""
    state = State()
    for record in records:
        state.apply(read(record.key, record.value, record.offset, record.timestamp))
    return state


def compacted(records: Sequence[LogRecord]) -> list[LogRecord]:
    """What compaction leaves: the last record of each key at its own offset, and nothing of deleted keys."""
    last = {record.key: record.offset for record in records}
    return [record for record in records if record.offset == last[record.key] and record.value is not None]


class Registry:
    """The state and the log of a registry that decides, appends and applies at once."""

    def __init__(self, defaults: Defaults = DEFAULTS) -> None:
        self.defaults = defaults
        self.state = State()
        self.log: list[LogRecord] = []
        self.end = 0

    def decide(self, command: Command | Inquiry) -> Decision:
        return decide(self.state, command, self.defaults, KNOWN)

    def do(self, command: Command) -> Any:
        decision = self.decide(command)
        self.write(decision.writes)
        return decision.answer

    def try_to(self, command: Command) -> Any:
        """The answer, or the refusal as a value."""
        try:
            return self.do(command)
        except Refusal as refusal:
            return refusal

    def ask(self, inquiry: Inquiry) -> Any:
        return self.decide(inquiry).answer

    def write(self, writes: Iterable[Write | tuple[bytes | None, bytes | None]]) -> None:
        for key, value in writes:
            record = LogRecord(self.end, key, value, self.timestamp(self.end))
            self.log.append(record)
            self.end += 1
            self.state.apply(read(key, value, record.offset, record.timestamp))

    @staticmethod
    def timestamp(offset: int) -> int:
        return NOW + offset

    def compact(self) -> None:
        self.log = compacted(self.log)

    def restart(self) -> None:
        self.state = folded(self.log)
