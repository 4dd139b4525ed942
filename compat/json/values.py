"""JSON values as JSON Schema sees them: exact numbers, 1 and 1.0 one value, true and 1 two. No schema is known here."""

from collections.abc import Hashable
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final, Literal, TypeAlias

Json: TypeAlias = Any
Kind: TypeAlias = Literal["null", "boolean", "integer", "float", "string", "array", "object"]
"""The types that keywords tell apart. A number is an `integer` or a `float` by its spelling: draft-04 minds it."""

KINDS: Final[tuple[Kind, ...]] = ("null", "boolean", "integer", "float", "string", "array", "object")
LARGEST_EXPONENT: Final = 2000  # of a number that is calculated with


class Incalculable(Exception):
    """A number whose digits would fill the memory."""


def is_number(value: Json) -> bool:
    return isinstance(value, int | float | Decimal | Fraction) and not isinstance(value, bool)


@lru_cache(maxsize=4096)
def _exact(text: str) -> Fraction:
    number = Decimal(text)
    if not number.is_finite() or abs(number.adjusted()) > LARGEST_EXPONENT:
        raise Incalculable(text)
    return Fraction(number)


def exact(value: float | Decimal | Fraction) -> Fraction:
    """The number that was written: a float stands for its shortest decimal."""
    if isinstance(value, int | Fraction):
        return Fraction(value)
    return _exact(repr(value) if isinstance(value, float) else str(value))


def spelled(number: Fraction) -> int | Decimal:
    """A number as a document holds it. Only for numbers with finitely many digits."""
    if number.denominator == 1:
        return number.numerator
    digits = 0
    scaled = number
    while scaled.denominator != 1:
        scaled *= 10
        digits += 1
        if digits > LARGEST_EXPONENT:
            raise Incalculable(str(number))
    return Decimal(scaled.numerator).scaleb(-digits) if len(str(scaled.numerator)) < 28 else _long(scaled, digits)


def with_point(number: int) -> Decimal:
    """An integer, written as a float: 1.0."""
    return Decimal(f"{number}.0")


def _long(scaled: Fraction, digits: int) -> Decimal:
    sign, figures = scaled.numerator < 0, str(abs(scaled.numerator))
    return Decimal((int(sign), tuple(int(figure) for figure in figures), -digits))


def frozen(value: Json) -> Hashable:
    """Equal for two values exactly if JSON Schema calls them equal."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return (value,)
    if is_number(value):
        return exact(value)
    if isinstance(value, dict):
        return ("{}", frozenset((name, frozen(member)) for name, member in value.items()))
    return ("[]", tuple(frozen(item) for item in value))


def kind_of(value: Json) -> Kind:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, dict):
        return "object"
    if isinstance(value, list):
        return "array"
    return "integer" if isinstance(value, int) else "float"
