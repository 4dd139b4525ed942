"""What bytes become when they are read as another kind: the encodings, and what a reader makes of each (pure tables).

Nothing here knows a message, and nothing here knows an enum: one is asked for as the numbers that it may hold.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

VARINT: Final = ("int32", "int64", "uint32", "uint64", "bool", "enum")
ZIGZAG: Final = ("sint32", "sint64")
WIRE_TYPES: Final = {
    **dict.fromkeys((*VARINT, *ZIGZAG), 0),
    **dict.fromkeys(("fixed64", "sfixed64", "double"), 1),
    **dict.fromkeys(("string", "bytes", "message"), 2),
    "group": 3,
    **dict.fromkeys(("fixed32", "sfixed32", "float"), 5),
}
LENGTH: Final = 2

RANGES: Final = {
    "bool": (0, 1),
    "enum": (-(2**31), 2**31 - 1),
    "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "uint32": (0, 2**32 - 1),
    "uint64": (0, 2**64 - 1),
    "sint32": (-(2**31), 2**31 - 1),
    "sint64": (-(2**63), 2**63 - 1),
    "fixed32": (0, 2**32 - 1),
    "sfixed32": (-(2**31), 2**31 - 1),
    "fixed64": (0, 2**64 - 1),
    "sfixed64": (-(2**63), 2**63 - 1),
}
FAMILIES: Final = (VARINT, ZIGZAG, ("fixed32", "sfixed32"), ("fixed64", "sfixed64"))


class Reading(StrEnum):
    """What becomes of the values of one kind that are read as another."""

    SAME = "the same"
    NARROWED = "values that do not fit lose their high bits"
    SIGN = "values of the upper half, or below zero, change their sign"
    RECODED = "the bits mean another number"
    MISMATCHED = "the wire type is another one, and the value goes to the unknown fields"
    UTF8 = "bytes that are no UTF-8 are refused"
    TEXT_OF_MESSAGE = "an encoded message is taken for text"
    PARSED = "bytes are taken for an encoded message"
    RAW = "an encoded message is kept as bytes"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value, with the numbers that it may hold where these are integers; `checked`: UTF-8 is asked for."""

    name: str
    low: int = 0
    high: int = 0
    checked: bool = False


def reading(writer: Kind, reader: Kind) -> Reading:
    """What becomes of one value (not a packed list) of the writer's kind."""
    if WIRE_TYPES[writer.name] != WIRE_TYPES[reader.name]:
        return Reading.MISMATCHED
    if WIRE_TYPES[writer.name] == LENGTH:
        return _lengths(writer, reader)
    if writer.name == reader.name:
        return Reading.SAME
    if WIRE_TYPES[writer.name] == 0 and writer.low == writer.high == 0:  # a closed enum of nothing but zero
        return Reading.SAME
    if not any(writer.name in family and reader.name in family for family in FAMILIES):
        return Reading.RECODED
    return _integers(writer, reader)


def _lengths(writer: Kind, reader: Kind) -> Reading:
    match writer.name, reader.name:
        case "message", "bytes":
            return Reading.RAW
        case "message", "string":
            return Reading.TEXT_OF_MESSAGE
        case (("string" | "bytes"), "message"):
            return Reading.PARSED
        case "bytes", "string" if reader.checked:
            return Reading.UTF8
        case _:
            return Reading.SAME


def _integers(writer: Kind, reader: Kind) -> Reading:
    low, high = RANGES[reader.name]
    if low <= writer.low and writer.high <= high:
        return Reading.SAME
    same_width = writer.high - writer.low <= high - low
    return Reading.SIGN if same_width else Reading.NARROWED
