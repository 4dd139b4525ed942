"""One layout for schemas: `laid_out` gives the text of a schema as `momus fmt` writes it, and says the same.

Avro and JSON Schema are written anew from their values, Avro with its attributes in the usual order. Protobuf keeps
its lines, which get the indents of their brackets, and its comments. Nothing here touches a file but `write`.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from compat import InvalidSchema

WIDTH: Final = 100  # characters of a line that holds a list or an object
INDENT: Final = "  "


class Refused(Exception):
    """A text that is left as it is. `is_wrong`: it is no good text either."""

    def __init__(self, message: str, *, is_wrong: bool) -> None:
        super().__init__(message)
        self.is_wrong = is_wrong


def laid_out(kind: str, text: str) -> str:
    """Raises Refused."""
    return _protobuf(text) if kind == "PROTOBUF" else _json(text, is_avro=kind == "AVRO")


# ------------------------------------------------------------------------------------------------ JSON


class _Number(str):
    """A number as it is spelled."""

    __slots__ = ()


class _Twice(Exception):
    """A key that an object has twice."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _Twice(key)
        found[key] = value
    return found


def _constant(name: str) -> Any:
    raise ValueError(f"JSON has no {name}")


def _value(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_object, parse_int=_Number, parse_float=_Number, parse_constant=_constant)


def _json(text: str, *, is_avro: bool) -> str:
    try:
        value = _value(text)
        made = "\n".join(_lines(_ordered(value) if is_avro else value, "", "", is_top=True)) + "\n"
        made.encode()
    except _Twice as twice:
        raise Refused(
            f"the key '{twice}' stands twice in one object, and one of them would be lost", is_wrong=True
        ) from None
    except (ValueError, RecursionError) as error:
        raise _why(text, error, is_avro=is_avro) from None
    if _sorted(_value(made)) != _sorted(value):
        raise Refused("it would not say the same: tell us, this should not be", is_wrong=True)
    return made


def _why(text: str, error: Exception, *, is_avro: bool) -> Refused:
    from compat.avro.text import read

    if is_avro:
        with suppress(InvalidSchema):
            read(text)  # which knows comments
            return Refused("it has comments, which would be lost", is_wrong=False)
    told = "the text is nested too deeply" if isinstance(error, RecursionError) else str(error)
    return Refused(told, is_wrong=True)


def _sorted(value: Any) -> Any:
    """Equal for texts that say the same, whatever the order of keys; a number is not the text of its digits."""
    if isinstance(value, dict):
        return {key: _sorted(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_sorted(part) for part in value]
    return (isinstance(value, _Number), value)


def _lines(value: Any, head: str, indent: str, *, is_top: bool = False) -> Iterator[str]:
    """What follows `head` on its line, and the lines after it."""
    start = f"{indent}{head}"
    if not isinstance(value, dict | list) or not value:
        yield start + _one_line(value)
        return
    if not is_top and _is_plain(value) and len(start) + len(line := _one_line(value)) <= WIDTH:
        yield start + line
        return
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    yield start + opening
    parts = [(f"{_quoted(key)}: ", part) for key, part in value.items()] if isinstance(value, dict) else None
    for number, (key, part) in enumerate(parts or [("", part) for part in value], 1):
        *lines, last = _lines(part, key, indent + INDENT)
        yield from lines
        yield last + ("," if number < len(value) else "")
    yield indent + closing


def _is_plain(value: Any) -> bool:
    """Does it hold nothing but values, and lists of them?"""
    parts = value.values() if isinstance(value, dict) else value
    return not any(
        isinstance(part, dict) or (isinstance(part, list) and any(isinstance(one, dict | list) for one in part))
        for part in parts
    )


def _one_line(value: Any) -> str:
    match value:
        case _Number():
            return value
        case str():
            return _quoted(value)
        case dict():
            return "{" + ", ".join(f"{_quoted(key)}: {_one_line(part)}" for key, part in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_one_line, value)) + "]"
        case _:
            return json.dumps(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


# ------------------------------------------------------------------------------------------------ Avro

_FIRST: Final = (
    "type", "name", "namespace", "doc", "aliases", "logicalType", "precision", "scale", "size", "symbols", "default",
)  # fmt: skip
_LAST: Final = ("items", "values", "fields")
_OF_FIELDS: Final = ("name", "type", "doc", "default", "order", "aliases")


def _ordered(value: Any) -> Any:
    """A type with its attributes in order; what Avro does not know keeps its order, before what is inside."""
    if isinstance(value, list):
        return [_ordered(branch) for branch in value]
    if not isinstance(value, dict):
        return value
    found = {key: value[key] for key in _in_order(value, _FIRST, _LAST)}
    match value:  # elsewhere a key of such a name is somebody's own
        case {"type": "array", "items": inner}:
            return found | {"items": _ordered(inner)}
        case {"type": "map", "values": inner}:
            return found | {"values": _ordered(inner)}
        case {"type": "record" | "error", "fields": list(fields)}:
            return found | {"fields": [_field(one) for one in fields]}
        case {"type": dict() | list() as inner}:
            return found | {"type": _ordered(inner)}
        case _:
            return found


def _field(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    ordered = {key: value[key] for key in _in_order(value, _OF_FIELDS, ())}
    return ordered | ({"type": _ordered(value["type"])} if "type" in value else {})


def _in_order(value: dict[str, Any], first: tuple[str, ...], last: tuple[str, ...]) -> list[str]:
    others = [key for key in value if key not in first and key not in last]
    return [*(key for key in first if key in value), *others, *(key for key in last if key in value)]


# ------------------------------------------------------------------------------------------------ Protobuf

_PIECE: Final = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?(?:\*/|\Z))|(?P<string>"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?)"""
    r"|(?P<space>\s+)|(?P<word>[A-Za-z0-9_.]+)|(?P<sign>.)",
    re.DOTALL,
)
_OPENING, _CLOSING = frozenset("{[("), frozenset("}])")


def _protobuf(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = list(_without_spare(_indented(text)))
    made = "".join(f"{line}\n" for line in lines)
    if _said(made) != _said(text):
        raise Refused("it would not say the same: tell us, this should not be", is_wrong=True)
    return made


def _indented(text: str) -> Iterator[str]:
    """Each line with the indent of the brackets that are open, and more where it goes on with what was begun."""
    opened: list[_Bracket] = []
    last, offset, at = ";", 0, 0
    pieces = [match for match in _PIECE.finditer(text) if match.lastgroup != "space"]
    for number, line in enumerate(text.split("\n")):
        first, stripped = at, line.strip(" \t\f\v")
        while at < len(pieces) and pieces[at].start() < offset + len(line):
            at += 1
        mine = pieces[first:at]
        if first and pieces[first - 1].lastgroup == "comment" and pieces[first - 1].end() > offset:
            yield f"{_indent(opened)} {stripped}" if stripped.startswith("*") else line.rstrip(" \t\f\v")
        else:
            closing = next((place for place, piece in enumerate(mine) if piece[0] not in _CLOSING), len(mine))
            goes_on = bool(mine) and not closing and _goes_on(mine[0], last, opened)
            indent = _indent(opened[: max(len(opened) - closing, 0)]) + INDENT * 2 * goes_on
            yield indent + stripped if stripped else ""
        for piece in mine:
            if piece[0] in _OPENING:
                holds_statements = piece[0] == "{" and last not in "=:" and all(one.holds_statements for one in opened)
                opened.append(_Bracket(piece[0], number, holds_statements))
            elif piece[0] in _CLOSING and opened:
                opened.pop()
            last = last if piece.lastgroup == "comment" else piece[0][-1:]
        offset += len(line) + 1


@dataclass(frozen=True, slots=True)
class _Bracket:
    sign: str
    line: int
    holds_statements: bool


def _indent(opened: list[_Bracket]) -> str:
    """Brackets that were opened on one line count once; parentheses as what goes on."""
    steps: dict[int, int] = {}
    for one in opened:
        steps[one.line] = max(steps.get(one.line, 0), 2 if one.sign == "(" else 1)
    return INDENT * sum(steps.values())


def _goes_on(piece: re.Match[str], last: str, opened: list[_Bracket]) -> bool:
    """With the statement, or the text, of the line before."""
    if piece.lastgroup == "string" and last in "\"'":
        return True
    return piece.lastgroup != "comment" and all(one.holds_statements for one in opened) and last not in ";{}"


def _without_spare(lines: Iterator[str]) -> Iterator[str]:
    """No empty line at the top or the end, and no two together."""
    found = list(lines)
    while found and not found[-1]:
        found.pop()
    for before, line in pairwise(["", *found]):
        if line or before:
            yield line


def _said(text: str) -> list[str]:
    """All but the spaces."""
    return [" ".join(match[0].split()) for match in _PIECE.finditer(text) if match.lastgroup != "space"]
