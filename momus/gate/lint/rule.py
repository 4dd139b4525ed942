"""What a rule of lint is, what it finds, and the words that rules of several formats share."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Literal, Protocol

from compat.json_text import pointer
from compat.pieces import Piece
from momus.gate.configuration import Severity
from momus.gate.findings import Location
from momus.gate.places import Text, read

IGNORE: Final = "momus:ignore"

Steps = tuple[str | int, ...]
"""The way to a place: keys and indexes of a JSON text, numbers of a Protobuf descriptor."""


@dataclass(frozen=True, slots=True)
class Fault:
    at: Steps
    message: str


@dataclass(frozen=True, slots=True)
class Rule:
    """`sentence` is what holds, `advice` what to do; `bad` breaks the rule and `good` does not.

    severity  what it is worth where it is on
    set       the smallest set that has it; `recommended` has what is hardly ever meant
    """

    name: str
    kind: str
    severity: Severity
    set: Literal["recommended", "all"]
    find: Callable[[Any], Iterator[Fault]]
    sentence: str
    advice: str
    bad: str
    good: str


class Document(Protocol):
    """A schema as its author wrote it. `ignores` are the rules, with reasons, that do not count from a place on."""

    @property
    def ignores(self) -> Mapping[Steps, Mapping[str, str]]: ...
    def path(self, at: Steps) -> str: ...
    def location(self, at: Steps) -> Location: ...


@dataclass(frozen=True)
class JsonText:
    """A text of Avro or JSON Schema. `name` is its path below the entry's root."""

    kind: str
    text: Text
    name: str
    value: Any
    forbidden: frozenset[str] = field(default=frozenset())

    @property
    def is_derived(self) -> bool:
        """Of a type of a program, whose author wrote no schema."""
        return self.text.file.endswith(".py")

    @cached_property
    def ignores(self) -> dict[Steps, Mapping[str, str]]:
        return dict(_ignores(self.value, ()))

    def path(self, at: Steps) -> str:
        return pointer(list(at))

    def location(self, at: Steps) -> Location:
        """Of the place, or of the nearest around it that the file has."""
        piece = self._pieces
        if piece is None:
            return Location(self.text.file)
        for step in at:
            inside = _inside(piece, step)
            if inside is None:
                break
            piece = inside
        return Location(piece.file, piece.line, piece.column, piece.end_line)

    @cached_property
    def _pieces(self) -> Piece | None:
        return read(self.text)


def _inside(piece: Piece, step: str | int) -> Piece | None:
    """`Piece.parts` would count the whole list for each."""
    if isinstance(piece.value, list):
        return piece.value[step] if isinstance(step, int) and step < len(piece.value) else None
    return piece.value.get(step) if isinstance(piece.value, dict) else None


def _ignores(value: Any, at: Steps) -> Iterator[tuple[Steps, Mapping[str, str]]]:
    """A list of rules, or rules with reasons."""
    if isinstance(value, list):
        for index, part in enumerate(value):
            yield from _ignores(part, (*at, index))
    elif isinstance(value, dict):
        given = value.get(IGNORE)
        if isinstance(given, dict):
            yield at, {str(rule): str(reason) for rule, reason in given.items()}
        elif isinstance(given, str | list):
            yield at, dict.fromkeys(map(str, [given] if isinstance(given, str) else given), "")
        for key, part in value.items():
            if key != IGNORE:
                yield from _ignores(part, (*at, key))


# ------------------------------------------------------------------------------------------------ names

SNAKE: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
UPPER_SNAKE: Final = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
CAMEL: Final = re.compile(r"[A-Z][A-Za-z0-9]*")
_IS_SNAKE: Final = re.compile(r"_*[a-z0-9]+(_[a-z0-9]+)+_*")
_IS_CAMEL: Final = re.compile(r"[a-z]+[a-z0-9]*([A-Z][a-z0-9]+)+")
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_MONEY: Final = frozenset((
    "amount", "amounts", "balance", "cost", "costs", "fee", "fees", "price", "prices", "refund", "revenue", "salary",
    "subtotal", "tax", "taxes", "wage",
))  # fmt: skip
_SHARE: Final = frozenset((
    "count", "elasticity", "factor", "index", "multiplier", "pct", "percent", "percentage", "probability", "rate",
    "ratio", "score", "share", "weight",
))  # fmt: skip


def words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name)]


def snake(name: str) -> str:
    return "_".join(words(name))


def camel(name: str) -> str:
    return "".join(word.capitalize() for word in words(name))


def is_money(name: str) -> bool:
    """By its words: `unit_price`, but not `price_ratio`."""
    found = frozenset(words(name))
    return not found.isdisjoint(_MONEY) and found.isdisjoint(_SHARE)


def mixed(names: list[str]) -> tuple[str, str] | None:
    """Of names that stand together one that is spelled as few are, and one as most are; None where all are alike."""
    snakes = [name for name in names if _IS_SNAKE.fullmatch(name)]
    camels = [name for name in names if _IS_CAMEL.fullmatch(name)]
    if not snakes or not camels:
        return None
    return (snakes[0], camels[0]) if len(snakes) < len(camels) else (camels[0], snakes[0])
