"""The Parsing Canonical Form and its fingerprints: two schemas that agree in them read the same bytes alike.

The form drops what does not change the bytes, logical types among them, so it must never serve as a schema's identity.
"""

import hashlib
from typing import Final

from compat.avro.canonical import Parts, assembled
from compat.avro.types import Array, Enum, Fixed, Map, Primitive, Record, Type, Union
from compat.json_text import quoted

_EMPTY: Final = 0xC15D213AA4D7A795


def parsing_form(root: Type) -> str:
    """The Parsing Canonical Form, with all references inlined."""
    return assembled((root, ""), _Form().parts)


def rabin(root: Type) -> str:
    """CRC-64-AVRO of the form, in hex as Java's `Long.toHexString` writes it: most significant digit first."""
    crc = _EMPTY
    for byte in parsing_form(root).encode():
        crc = (crc >> 8) ^ _TABLE[(crc ^ byte) & 0xFF]
    return f"{crc:x}"


def md5(root: Type) -> str:
    return hashlib.md5(parsing_form(root).encode(), usedforsecurity=False).hexdigest()


def sha256(root: Type) -> str:
    return hashlib.sha256(parsing_form(root).encode()).hexdigest()


class _Form:
    """Gives the parts of each type. A named type is defined where it is met first."""

    def __init__(self) -> None:
        self._defined: set[str] = set()

    def parts(self, kind: Type, space: str) -> Parts:
        match kind:
            case Primitive():
                yield f'"{kind.kind}"'
            case Array():
                yield '{"type":"array","items":'
                yield kind.items, space
                yield "}"
            case Map():
                yield '{"type":"map","values":'
                yield kind.values, space
                yield "}"
            case Union():
                yield "["
                for index, branch in enumerate(kind.branches):
                    yield "," if index else ""
                    yield branch, space
                yield "]"
            case _ if kind.name.full in self._defined:
                yield quoted(kind.name.full)
            case _:
                self._defined.add(kind.name.full)
                yield from self._definition(kind)

    def _definition(self, kind: Fixed | Enum | Record) -> Parts:
        head = f'{{"name":{quoted(kind.name.full)},"type":"{type(kind).__name__.lower()}"'
        match kind:
            case Enum():
                yield f'{head},"symbols":[{",".join([quoted(symbol) for symbol in kind.symbols])}]}}'
            case Fixed():
                yield f'{head},"size":{kind.size}}}'
            case Record():
                yield f'{head},"fields":['
                for index, field in enumerate(kind.fields):
                    yield f'{"," if index else ""}{{"name":{quoted(field.name)},"type":'
                    yield field.type, ""
                    yield "}"
                yield "]}"


def _table() -> tuple[int, ...]:
    entries = []
    for entry in range(256):
        for _ in range(8):
            entry = (entry >> 1) ^ (_EMPTY if entry & 1 else 0)  # noqa: PLW2901  (as the specification has it)
        entries.append(entry)
    return tuple(entries)


_TABLE: Final = _table()
