"""Strings: their length and their pattern."""

from typing import Final

from compat.json.kinds import Kind
from compat.json.rules.rule import (
    DIFFERENT,
    NOT_PRESENT,
    Comparison,
    Found,
    Founds,
    compatible,
    lower_bound,
    refusing,
    upper_bound,
)

MAX_LENGTH: Final = upper_bound("MAX_LENGTH", "maxLength", "The length of a string")
MIN_LENGTH: Final = lower_bound("MIN_LENGTH", "minLength", "The length of a string")
PATTERN_ADDED: Final = refusing("PATTERN_ADDED", "A string gets no pattern where it had none.", NOT_PRESENT)
PATTERN_REMOVED: Final = compatible("PATTERN_REMOVED", "A string may lose its pattern.")
PATTERN_CHANGED: Final = refusing("PATTERN_CHANGED", "A pattern stays as it is.", DIFFERENT)


def strings(_: Comparison, old: Kind, new: Kind) -> Founds:
    return [*MAX_LENGTH.changes(old, new), *MIN_LENGTH.changes(old, new), *_pattern(old, new)]


def _pattern(old: Kind, new: Kind) -> Founds:
    before, after = old.word("pattern"), new.word("pattern")
    if before == after:
        return []
    rule = PATTERN_ADDED if before is None else PATTERN_REMOVED if after is None else PATTERN_CHANGED
    return [Found(rule, ("pattern",))]
