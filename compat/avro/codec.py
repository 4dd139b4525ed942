"""Avro's binary encoding of a datum, by the schema it was written with.

Here are bytes in, data out, and back: no resolution between two schemas (`reader.py`), no logical types.
Nothing is guessed, so nothing is lost: a union's datum is a `Branch` that names its branch. The other data are plain:
None, bool, int, float, bytes (also fixed), str (also enum), list, dict (also record).

Input may be hostile. Whatever it is, the answer is a datum or a CodecError, in memory bounded by the limit on values.
Types and data may be nested deeper than Python's stack, so whatever recurses is a generator that `finish` runs.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from types import GeneratorType
from typing import Any, Final, TypeAlias

from compat.avro.types import INTEGERS, Array, Enum, Fixed, Map, Primitive, Record, Type, Union
from compat.faults import CodecError, number_shown
from compat.stack import Walk, finish
from compat.varint import varint, zigzag

__all__ = ["Branch", "CodecError", "Datum", "decode", "encode"]

Datum: TypeAlias = Any

VALUES: Final = 1_000_000  # how many values a datum may have: a block of nulls takes no bytes, and claims any number
TRIALS: Final = 10_000  # how many branches of unions are tried for one value that does not name its own
DEPTH: Final = 10_000  # how deep a datum may be nested: a record that holds itself needs no bytes either


@dataclass(frozen=True, slots=True)
class Branch:
    """A datum of a union: which branch, and the datum of that branch."""

    index: int
    value: Datum


def encode(type_: Type, datum: Datum) -> bytes:
    """The datum's binary encoding. Arrays and maps are written as one block."""
    out = bytearray()
    todo: list[tuple[Type | None, Datum]] = [(type_, datum)]
    while todo:
        kind, value = todo.pop()
        if kind is None:
            out += value
        else:
            todo += reversed(_ENCODE[kind.__class__](kind, value, out))
    return bytes(out)


def decode(type_: Type, data: bytes, *, values: int = VALUES) -> Datum:
    """The datum that `data` is, all of it. One of more than `values` values is refused."""
    source = _Source(data, values)
    try:
        datum = finish(_decode(type_, source), depth=DEPTH)
    except CodecError as fault:
        raise CodecError(fault.message, fault.steps, at=source.at) from None
    if source.at != len(data):
        raise CodecError(f"{len(data) - source.at} bytes are left over after the datum", at=source.at)
    return datum


# ---------------------------------------------------------------- out

Parts: TypeAlias = "list[tuple[Type | None, Datum]]"  # what is still to write, in order; None: written already
_NOTHING: Final[Parts] = []
_INT: Final = INTEGERS["int"]
_LONG: Final = INTEGERS["long"]
_STRING: Final = Primitive("string")


def _varint(number: int) -> bytes:
    return varint(zigzag(number))


def _integer(value: Datum, allowed: range, kind: str) -> int:
    if value.__class__ is not int or value not in allowed:
        raise CodecError(f"{_shown(value)} is no {kind}")
    return int(value)


def _number(value: Datum, kind: str) -> float:
    if value.__class__ is not float and value.__class__ is not int:
        raise CodecError(f"{_shown(value)} is no {kind}")
    try:
        return float(value)
    except OverflowError:
        raise CodecError(f"{_shown(value)} is no {kind}") from None


def _single(value: Datum) -> bytes:
    number = _number(value, "float")
    try:
        return struct.pack("<f", number)
    except OverflowError:
        raise CodecError(f"{_shown(value)} is no float") from None


def _utf8(value: Datum) -> bytes:
    if not isinstance(value, str):
        raise CodecError(f"{_shown(value)} is no string")
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise CodecError(f"{_shown(value)} is no string: it has half of a surrogate pair") from None


def _of(class_: type, value: Datum, kind: str) -> Datum:
    if not isinstance(value, class_):
        raise CodecError(f"{_shown(value)} is no {kind}")
    return value


def _sized(value: bytes) -> bytes:
    return _varint(len(value)) + value


_PRIMITIVE_BYTES: Final[dict[str, Callable[[Datum], bytes]]] = {
    "null": lambda value: b"" if value is None else _of(type(None), value, "null"),
    "boolean": lambda value: b"\x01" if _of(bool, value, "boolean") else b"\x00",
    "int": lambda value: _varint(_integer(value, _INT, "int")),
    "long": lambda value: _varint(_integer(value, _LONG, "long")),
    "float": _single,
    "double": lambda value: struct.pack("<d", _number(value, "double")),
    "bytes": lambda value: _sized(_of(bytes, value, "bytes")),
    "string": lambda value: _sized(_utf8(value)),
}


def _encode_primitive(type_: Primitive, value: Datum, out: bytearray) -> Parts:
    out += _PRIMITIVE_BYTES[type_.kind](value)
    return _NOTHING


def _encode_fixed(type_: Fixed, value: Datum, out: bytearray) -> Parts:
    out += _fixed(type_, value)
    return _NOTHING


def _encode_enum(type_: Enum, value: Datum, out: bytearray) -> Parts:
    out += _varint(type_.symbols.index(_symbol(type_, value)))
    return _NOTHING


def _encode_array(type_: Array, value: Datum, out: bytearray) -> Parts:
    if _of(list, value, "array"):
        out += _varint(len(value))
        return [*((type_.items, item) for item in value), (None, b"\x00")]
    out += b"\x00"
    return _NOTHING


def _encode_map(type_: Map, value: Datum, out: bytearray) -> Parts:
    if _of(dict, value, "map"):
        out += _varint(len(value))
        parts = [part for key, item in value.items() for part in ((_STRING, key), (type_.values, item))]
        return [*parts, (None, b"\x00")]
    out += b"\x00"
    return _NOTHING


def _encode_union(type_: Union, value: Datum, out: bytearray) -> Parts:
    branch = _branch(type_, value)
    out += _varint(branch.index)
    return [(type_.branches[branch.index], branch.value)]


def _encode_record(type_: Record, value: Datum, out: bytearray) -> Parts:
    _fits(type_, value)
    fields = type_.fields
    for position, field_ in enumerate(fields):
        if field_.type.__class__ is not Primitive:
            return [(rest.type, value[rest.name]) for rest in fields[position:]]
        out += _PRIMITIVE_BYTES[field_.type.kind](value[field_.name])
    return _NOTHING


_ENCODE: Final[dict[type, Callable[[Any, Datum, bytearray], Parts]]] = {
    Primitive: _encode_primitive,
    Fixed: _encode_fixed,
    Enum: _encode_enum,
    Array: _encode_array,
    Map: _encode_map,
    Union: _encode_union,
    Record: _encode_record,
}


def _fixed(type_: Fixed, value: Datum) -> bytes:
    if not isinstance(value, bytes) or len(value) != type_.size:
        raise CodecError(f"{_shown(value)} is no {type_.name.full}: it takes {type_.size} bytes")
    return value


def _symbol(type_: Enum, value: Datum) -> str:
    if not isinstance(value, str) or value not in type_.symbols:
        raise CodecError(f"{_shown(value)} is no symbol of {type_.name.full}")
    return value


def _branch(type_: Union, value: Datum) -> Branch:
    if not isinstance(value, Branch) or not 0 <= value.index < len(type_.branches):
        raise CodecError(f"{_shown(value)} names no branch of the union")
    return value


def _fits(type_: Record, value: Datum) -> None:
    """Refuses what has not exactly the fields of the record."""
    if not isinstance(value, dict):
        raise CodecError(f"{_shown(value)} is no {type_.name.full}")
    for field_ in type_.fields:
        if field_.name not in value:
            raise CodecError(f"field {field_.name!r} of {type_.name.full} is missing")
    if len(value) > len(type_.fields):
        unknown = next(name for name in value if all(name != field_.name for field_ in type_.fields))
        raise CodecError(f"{type_.name.full} has no field {unknown!r}")


def _shown(value: Datum) -> str:
    """A value in a sentence: short, whatever it is. Containers are only named, for their repr recurses."""
    if isinstance(value, list | dict | Branch):
        return f"a {value.__class__.__name__.lower()}"
    if isinstance(value, int):
        return number_shown(value)
    shown = repr(value if not isinstance(value, str | bytes) else value[:60])
    return shown[:80]


# ---------------------------------------------------------------- in


@dataclass(slots=True)
class _Source:
    """Bytes, the place in them, and how many values may still come."""

    data: bytes
    values: int
    at: int = 0

    def spend(self, count: int) -> None:
        self.values -= count
        if self.values < 0:
            raise CodecError("the datum has too many values")

    def take(self, size: int) -> bytes:
        if size < 0:
            raise CodecError(f"a length is negative: {size}")
        end = self.at + size
        if end > len(self.data):
            raise CodecError(f"the bytes end too early: {size} are wanted, {len(self.data) - self.at} are left")
        taken = self.data[self.at : end]
        self.at = end
        return taken

    def read_long(self) -> int:
        data, at, shift, raw = self.data, self.at, 0, 0
        while True:
            if at >= len(data):
                raise CodecError("the bytes end inside a number")
            byte = data[at]
            at += 1
            raw |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
            shift += 7
            if shift > 63:
                raise CodecError("a number is longer than ten bytes")
        if raw >= 1 << 64:
            raise CodecError("a number does not fit in 64 bits")
        self.at = at
        return (raw >> 1) ^ -(raw & 1)

    def read_int(self) -> int:
        number = self.read_long()
        if number not in _INT:
            raise CodecError(f"{number} is no int")
        return number

    def read_boolean(self) -> bool:
        byte = self.take(1)[0]
        if byte > 1:
            raise CodecError(f"byte {byte:#04x} is no boolean")
        return byte == 1

    def read_float(self) -> float:
        number: float = struct.unpack("<f", self.take(4))[0]
        return number

    def read_double(self) -> float:
        number: float = struct.unpack("<d", self.take(8))[0]
        return number

    def read_bytes(self) -> bytes:
        return self.take(self.read_long())

    def read_string(self) -> str:
        try:
            return self.read_bytes().decode()
        except UnicodeDecodeError as error:
            raise CodecError(f"a string is not UTF-8: {error.reason}") from None

    def read_null(self) -> None:
        return None

    def block(self) -> int:
        """How many items the next block has. A negative count is followed by the block's size, which nobody needs."""
        count = self.read_long()
        if count < 0:
            count = -count
            if self.read_long() < 0:
                raise CodecError("the size of a block is negative")
        self.spend(count)
        return count


_PRIMITIVE: Final[dict[str, Callable[[_Source], Datum]]] = {
    "null": _Source.read_null,
    "boolean": _Source.read_boolean,
    "int": _Source.read_int,
    "long": _Source.read_long,
    "float": _Source.read_float,
    "double": _Source.read_double,
    "bytes": _Source.read_bytes,
    "string": _Source.read_string,
}


def _decode(type_: Type, source: _Source) -> Walk[Datum]:
    value = _DECODE[type_.__class__](type_, source)
    return (yield value) if value.__class__ is GeneratorType else value


def _decode_array(type_: Array, source: _Source) -> Walk[Datum]:
    decoder, items, array = _DECODE[type_.items.__class__], type_.items, []
    try:
        while count := source.block():
            for _ in range(count):
                value = decoder(items, source)
                array.append((yield value) if value.__class__ is GeneratorType else value)
    except CodecError as fault:
        raise fault.within(len(array)) from None
    return array


def _decode_map(type_: Map, source: _Source) -> Walk[Datum]:
    decoder, values, entries = _DECODE[type_.values.__class__], type_.values, {}
    while count := source.block():
        for _ in range(count):
            key = source.read_string()
            try:
                value = decoder(values, source)
                entries[key] = (yield value) if value.__class__ is GeneratorType else value
            except CodecError as fault:
                raise fault.within(key) from None
    return entries


def _decode_union(type_: Union, source: _Source) -> Datum:
    index = source.read_long()
    if not 0 <= index < len(type_.branches):
        raise CodecError(f"the union has no branch {index}")
    source.spend(1)
    branch = type_.branches[index]
    value = _DECODE[branch.__class__](branch, source)
    return _branch_of(index, value) if value.__class__ is GeneratorType else Branch(index, value)


def _branch_of(index: int, value: Walk[Datum]) -> Walk[Datum]:
    return Branch(index, (yield value))


def _decode_record(type_: Record, source: _Source) -> Walk[Datum]:
    source.spend(len(type_.fields) + 1)
    record = {}
    for field_ in type_.fields:
        inner = field_.type
        try:
            value = _DECODE[inner.__class__](inner, source)
            record[field_.name] = (yield value) if value.__class__ is GeneratorType else value
        except CodecError as fault:
            raise fault.within(field_.name) from None
    return record


def _decode_enum(type_: Enum, source: _Source) -> str:
    index = source.read_long()
    if not 0 <= index < len(type_.symbols):
        raise CodecError(f"{type_.name.full} has no symbol {index}")
    return type_.symbols[index]


_DECODE: Final[dict[type, Callable[[Any, _Source], Datum]]] = {
    Primitive: lambda type_, source: _PRIMITIVE[type_.kind](source),
    Fixed: lambda type_, source: source.take(type_.size),
    Enum: _decode_enum,
    Array: _decode_array,
    Map: _decode_map,
    Union: _decode_union,
    Record: _decode_record,
}
