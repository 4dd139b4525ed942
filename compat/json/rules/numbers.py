"""Numbers: bounds, steps, and whether they are integers."""

from decimal import Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext
from typing import Final

from compat.json.drafts import Json
from compat.json.kinds import Kind
from compat.json.rules.rule import (
    DIFFERENT,
    MORE,
    NOT_PRESENT,
    TYPE_DIFFERENT,
    Comparison,
    Found,
    Founds,
    compatible,
    lower_bound,
    number,
    refusing,
    upper_bound,
)

MAXIMUM: Final = upper_bound("MAXIMUM", "maximum", "A number")
MINIMUM: Final = lower_bound("MINIMUM", "minimum", "A number")
EXCLUSIVE_MAXIMUM: Final = upper_bound("EXCLUSIVE_MAXIMUM", "exclusiveMaximum", "A number")
EXCLUSIVE_MINIMUM: Final = lower_bound("EXCLUSIVE_MINIMUM", "exclusiveMinimum", "A number")

MULTIPLE_OF_ADDED: Final = refusing("MULTIPLE_OF_ADDED", "A number gets no steps where it had none.", NOT_PRESENT)
MULTIPLE_OF_REMOVED: Final = compatible("MULTIPLE_OF_REMOVED", "A number may lose its steps.")
MULTIPLE_OF_REDUCED: Final = compatible("MULTIPLE_OF_REDUCED", "A step may be divided.")
MULTIPLE_OF_EXPANDED: Final = refusing("MULTIPLE_OF_EXPANDED", "A step is not multiplied.", MORE)
MULTIPLE_OF_CHANGED: Final = refusing("MULTIPLE_OF_CHANGED", "A step divides the one that was before.", DIFFERENT)

TYPE_EXTENDED: Final = compatible("TYPE_EXTENDED", "An integer may become any number.")
TYPE_NARROWED: Final = refusing("TYPE_NARROWED", "A number does not become an integer.", TYPE_DIFFERENT)


def numbers(_: Comparison, old: Kind, new: Kind) -> Founds:
    return [
        *MAXIMUM.changes(old, new),
        *MINIMUM.changes(old, new),
        *_exclusive_maximum(old, new),
        *EXCLUSIVE_MINIMUM.changes(old, new),
        *_multiple_of(old.word("multipleOf"), new.word("multipleOf")),
        *_integer(old, new),
    ]


def _exclusive_maximum(old: Kind, new: Kind) -> Founds:
    """A fall is measured against the new `maximum`, as Confluent does (number-08); where there is none, it crashes
    (number-07), and we take what was meant.
    """
    founds = EXCLUSIVE_MAXIMUM.changes(old, new)
    if not founds or founds[0].rule is not EXCLUSIVE_MAXIMUM.decreased:
        return founds
    before, limit = number(old.word("exclusiveMaximum")), number(new.word("maximum"))
    return founds if limit is None or before is None or before > limit else []


def _multiple_of(before: Json, after: Json) -> Founds:
    if before == after:
        return []
    if before is None or after is None:
        return [Found(MULTIPLE_OF_ADDED if before is None else MULTIPLE_OF_REMOVED, ("multipleOf",))]
    if _divides(after, before):
        return [Found(MULTIPLE_OF_REDUCED, ("multipleOf",))]
    return [Found(MULTIPLE_OF_EXPANDED if _divides(before, after) else MULTIPLE_OF_CHANGED, ("multipleOf",))]


def _divides(divisor: Json, value: Json) -> bool:
    with localcontext() as context:
        context.prec = 5000  # no number that is read has more digits, nor any remainder of two of them
        try:
            return Decimal(value) % Decimal(divisor) == 0
        except (DivisionByZero, InvalidOperation, Overflow, TypeError, ValueError):
            return False


def _integer(old: Kind, new: Kind) -> Founds:
    if old.is_integer == new.is_integer:
        return []
    return [Found(TYPE_EXTENDED if old.is_integer else TYPE_NARROWED)]
