"""Logical types, as far as a comparison needs them: which one a type has, and what a change between two means.

One that is unknown, invalid or on the wrong type does not exist: the specification says to ignore it.
"""

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from compat.avro.matching import kind_of
from compat.avro.types import Fixed, Primitive, Type

STANDS_ON: Final[dict[str, tuple[str, ...]]] = {  # what each may stand on; elsewhere it does not exist
    "decimal": ("bytes", "fixed"),
    "big-decimal": ("bytes",),
    "uuid": ("string", "fixed"),
    "date": ("int",),
    "time-millis": ("int",),
    "time-micros": ("long",),
    "timestamp-millis": ("long",),
    "timestamp-micros": ("long",),
    "timestamp-nanos": ("long",),
    "local-timestamp-millis": ("long",),
    "local-timestamp-micros": ("long",),
    "local-timestamp-nanos": ("long",),
    "duration": ("fixed",),
}
_SIZES: Final = {"uuid": 16, "duration": 12}
DIGITS: Final = {"millis": 3, "micros": 6, "nanos": 9}  # of a second, that a unit of time counts


@dataclass(frozen=True, slots=True)
class Logical:
    """A logical type; `precision` and `scale` are a decimal's."""

    name: str
    precision: int = 0
    scale: int = 0

    def __str__(self) -> str:
        return f"decimal({self.precision}, {self.scale})" if self.precision else self.name


def logical_of(type_: Type) -> Logical | None:
    """The logical type that is in force."""
    if not isinstance(type_, Primitive | Fixed) or not type_.props:
        return None
    name = type_.props.get("logicalType")
    if not isinstance(name, str) or kind_of(type_) not in STANDS_ON.get(name, ()):
        return None
    if isinstance(type_, Fixed) and type_.size != _SIZES.get(name, type_.size):
        return None
    return _decimal(type_) if name == "decimal" else Logical(name)


def _decimal(type_: Primitive | Fixed) -> Logical | None:
    precision, scale = type_.props.get("precision"), type_.props.get("scale", 0)
    if precision.__class__ is not int or scale.__class__ is not int or not 0 <= scale <= precision or precision < 1:
        return None
    if isinstance(type_, Fixed) and precision > most_digits(type_.size):
        return None
    return Logical("decimal", precision, scale)


def most_digits(size: int) -> int:
    """How many decimal digits always fit in `size` bytes of two's complement."""
    return max(0, math.floor((8 * size - 1) * math.log10(2)))


def time_change(reader: Logical, writer: Logical) -> tuple[int, int] | None:
    """The digits of a second that each side counts, when both are the same kind of time in different units."""
    reader_kind, _, reader_unit = reader.name.rpartition("-")
    writer_kind, _, writer_unit = writer.name.rpartition("-")
    if reader_kind != writer_kind or reader_unit not in DIGITS or writer_unit not in DIGITS:
        return None
    return DIGITS[reader_unit], DIGITS[writer_unit]


def decimal_value(data: bytes, scale: int) -> Decimal:
    """What a decimal's bytes say at a scale."""
    sign, digits, _ = Decimal(int.from_bytes(data, "big", signed=True)).as_tuple()
    return Decimal((sign, digits, -scale))
