"""Avro's JSON encoding of a datum, as one line: what people are shown. How it is read, `messages.py` knows."""

import math
from collections.abc import Callable
from json.encoder import encode_basestring  # C where there is one
from typing import Any, Final, TypeAlias

from compat.avro.codec import Branch, Datum
from compat.avro.text import nearest_single
from compat.avro.types import Array, Enum, Fixed, Map, Primitive, Record, Type, Union, branch_name

Parts: TypeAlias = "list[tuple[Type | None, Datum]]"  # what is still to write, in order; of None it is the text itself
_STRING: Final = Primitive("string")


def to_json(type_: Type, datum: Datum) -> str:
    """The JSON encoding of a datum that `encode` takes."""
    out: list[str] = []
    todo: Parts = [(type_, datum)]
    while todo:
        kind, value = todo.pop()
        match kind:
            case None:
                out.append(value)
            case Primitive():
                out.append(_PRIMITIVE[kind.kind](value))
            case Fixed():
                out.append(_latin(value))
            case Enum():
                out.append(encode_basestring(value))
            case _:
                todo += reversed(_parts(kind, value))
    return "".join(out)


def _parts(type_: Array | Map | Record | Union, value: Datum) -> Parts:
    match type_:
        case Array():
            return _bracketed("[", [[(type_.items, item)] for item in value], "]")
        case Map():
            entries = value.items()
            return _bracketed("{", [[(_STRING, key), (None, ": "), (type_.values, item)] for key, item in entries], "}")
        case Record():
            fields = [[(_STRING, one.name), (None, ": "), (one.type, value[one.name])] for one in type_.fields]
            return _bracketed("{", fields, "}")
        case Union():
            return _branch(type_, value)


def _branch(union: Union, datum: Branch) -> Parts:
    branch = union.branches[datum.index]
    if isinstance(branch, Primitive) and branch.kind == "null":
        return [(None, "null")]
    return [(None, "{"), (_STRING, branch_name(branch)), (None, ": "), (branch, datum.value), (None, "}")]


def _bracketed(opening: str, entries: list[Parts], closing: str) -> Parts:
    parts: Parts = [(None, opening)]
    for at, entry in enumerate(entries):
        parts += [(None, ", "), *entry] if at else entry
    return [*parts, (None, closing)]


def _latin(data: bytes) -> str:
    return encode_basestring(data.decode("latin-1"))


def _number(value: float) -> str:
    """JSON has no words for these three; Java's encoder writes them as strings."""
    if math.isfinite(value):
        return repr(float(value))
    return '"NaN"' if math.isnan(value) else '"Infinity"' if value > 0 else '"-Infinity"'


_PRIMITIVE: Final[dict[str, Callable[[Any], str]]] = {
    "null": lambda _: "null",
    "boolean": lambda value: "true" if value else "false",
    "int": str,
    "long": str,
    "float": lambda value: _number(nearest_single(value)),
    "double": _number,
    "bytes": _latin,
    "string": encode_basestring,
}
