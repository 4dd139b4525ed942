"""A value together with where each part of it was written.

Texts that stand for a schema (Avro IDL, protocols, YAML) are read to pieces: the schema is made of the values, and what
is said about it leads back to the lines that people wrote. Nothing here knows a format of schemas.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]
from typing import Any, Final

Json = Any


@dataclass(frozen=True, slots=True)
class Piece:
    """`value` is a scalar, a list of pieces, or a dict of pieces; lines and columns count from 1.

    `file` is where it was written, "" for the text at hand.
    """

    value: Json
    line: int = 1
    column: int = 1
    end_line: int = 1
    file: str = ""

    @property
    def parts(self) -> "dict[str | int, Piece]":
        """What is inside an object or list, by key or index."""
        if isinstance(self.value, dict):
            return self.value
        return dict(enumerate(self.value)) if isinstance(self.value, list) else {}

    @property
    def text(self) -> str:
        """Of a string; "" for all else."""
        return self.value if isinstance(self.value, str) else ""

    def text_at(self, key: str) -> str:
        part = self.parts.get(key)
        return part.text if part else ""


def plain(piece: Piece) -> Json:
    """The value alone."""
    value = piece.value
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, list) else value


def lines_of(text: str) -> Callable[[int], tuple[int, int]]:
    """A function from an offset to its line and column."""
    starts = [0]
    at = text.find("\n")
    while at >= 0:
        starts.append(at + 1)
        at = text.find("\n", at + 1)

    def place(offset: int) -> tuple[int, int]:
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    return place


def lifted(value: Json) -> Piece:
    """A plain value as pieces of which nobody knows where they were written."""
    if isinstance(value, dict):
        return Piece({key: lifted(part) for key, part in value.items()})
    return Piece([lifted(part) for part in value] if isinstance(value, list) else value)


# ------------------------------------------------------------------------------------------------ JSON texts

_SPACE: Final = re.compile(r"(?:[\s\ufeff]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_PLAIN: Final = re.compile(r"[^\s,\]}/]+")


def read_json(text: str, file: str = "") -> Piece:
    """The pieces of a JSON text, which may have comments. Raises ValueError; RecursionError where it is too deep."""
    scanner = _Scanner(text, file)
    try:
        return scanner.value(0)[0]
    except IndexError:
        raise JSONDecodeError("the text ends too soon", text, len(text)) from None


class _Scanner:
    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file
        self._place = lines_of(text)

    def value(self, at: int) -> tuple[Piece, int]:
        """A piece, and where it ends."""
        start = self._skip(at)
        first = self._text[start]
        value: Json
        if first == '"':
            value, end = scanstring(self._text, start + 1, False)  # noqa: FBT003  (not strict)
        elif first == "{":
            value, end = self._object(start + 1)
        elif first == "[":
            value, end = self._list(start + 1)
        else:
            found = _PLAIN.match(self._text, start)
            if not found:
                raise JSONDecodeError("no value", self._text, start)
            value, end = json.loads(found[0]), found.end()
        line, column = self._place(start)
        return Piece(value, line, column, self._place(end - 1)[0], self._file), end

    def _object(self, at: int) -> tuple[dict[str, Piece], int]:
        parts: dict[str, Piece] = {}
        while self._text[at := self._skip(at)] != "}":
            key, at = scanstring(self._text, at + 1, False)  # noqa: FBT003
            parts[key], at = self.value(self._skip(at) + 1)
            at = self._skip(at)
            at += self._text[at] == ","
        return parts, at + 1

    def _list(self, at: int) -> tuple[list[Piece], int]:
        parts: list[Piece] = []
        while self._text[at := self._skip(at)] != "]":
            part, at = self.value(at)
            parts.append(part)
            at = self._skip(at)
            at += self._text[at] == ","
        return parts, at + 1

    def _skip(self, at: int) -> int:
        found = _SPACE.match(self._text, at)
        return found.end() if found else at
