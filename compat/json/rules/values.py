"""Given values: enum and const."""

from typing import Final

from compat.json.kinds import Kind
from compat.json.rules.rule import (
    FEWER_ELEMENTS,
    TYPE_DIFFERENT,
    Comparison,
    Found,
    Founds,
    compatible,
    refusing,
)
from compat.json.text import written

ENUM_ARRAY_EXTENDED: Final = compatible("ENUM_ARRAY_EXTENDED", "An enum may get more values.")
ENUM_ARRAY_NARROWED: Final = refusing("ENUM_ARRAY_NARROWED", "An enum loses no value.", FEWER_ELEMENTS)
ENUM_ARRAY_CHANGED: Final = refusing(
    "ENUM_ARRAY_CHANGED", "An enum keeps its values, and a const its value.", TYPE_DIFFERENT
)


def enums(_: Comparison, old: Kind, new: Kind) -> Founds:
    before, after = ({written(value, sort=True) for value in kind.word("enum")} for kind in (old, new))
    if before == after:
        return []
    rule = ENUM_ARRAY_EXTENDED if before < after else ENUM_ARRAY_NARROWED if after < before else ENUM_ARRAY_CHANGED
    return [Found(rule, ("enum",))]


def consts(_: Comparison, old: Kind, new: Kind) -> Founds:
    """By their spelling: 1 and 1.0 are two values to Confluent (enum-11)."""
    before, after = (written(kind.word("const"), sort=True) for kind in (old, new))
    return [] if before == after else [Found(ENUM_ARRAY_CHANGED, ("const",))]
