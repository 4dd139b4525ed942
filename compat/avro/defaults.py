"""Does the default of a field fit its type? A registry must know: a wrong one makes "compatible" a lie.

What fits is the specification's rule, read as Java reads it: the default of a union may be one of any branch, a
record's may lack what has a default of its own. Stricter than Java where Java lets through what no reader can use:
symbols that the enum does not have, fixed values of another length, bytes that are no bytes.
"""

import math
import re
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final, assert_never

from compat.avro.text import nearest, nearest_single, written
from compat.avro.types import ABSENT, INTEGERS, Array, Enum, Field, Fixed, Json, Map, Primitive, Record, Type, Union
from compat.json_text import nesting, quoted

MOST_STEPS: Final = 500_000
STEPS_PER_CHARACTER: Final = 2
"""Bound the work on all defaults of one text: in unions of records each value may have to be tried with each branch."""

DEPTH: Final = 100
"""Lists and objects within each other, in a default."""

_SHOWN: Final = 60  # characters of a value in a message

UNFIT: Final = object()

# What Java's Double.parseDouble takes, blanks around it aside.
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[fFdD]?")
_HEX = re.compile(r"([+-]?0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?[0-9]+)[fFdD]?")
_NAMED = {"NaN": math.nan, "Infinity": math.inf}
_UNQUOTED = re.compile(r"true|false|-?[0-9]+(?:\.[0-9]+)?")
_JAVA_BLANKS = "".join(map(chr, range(33)))


class Later(Record):
    """Stands for a type that is named before it is defined. Java takes it for a record without fields."""

    __slots__ = ("full", "holder", "key")

    full: str
    holder: Json
    key: str | int


class Unfinished(Exception):
    """A default is asked of a record whose fields are not all known yet."""


class TooMuchWork(Exception):
    """The defaults would take too long to check."""


class Defaults:
    """Checks the defaults of one text, field by field as they are read.

    `size` is that of the text, `open` holds the ids of the records whose fields are being read.
    """

    def __init__(self, size: int) -> None:
        self.open: set[int] = set()
        self._steps = min(MOST_STEPS, 10_000 + STEPS_PER_CHARACTER * size)
        self._waiting: dict[int, Field] = {}
        self._known: dict[tuple[int, int], str] = {}
        self._met_later = False
        self._used: list[int] = []

    def mismatch(self, field: Field) -> str:
        """Why the default of `field` does not fit, or "". What depends on a later definition waits for `settle`."""
        if nesting(field.default) > DEPTH:
            return f"it is nested more than {DEPTH} levels deep"
        self._known.clear()
        self._met_later = False
        self._used = []
        reason = self._check(field.type, field.default)
        if (self._met_later or self._used) and not reason:
            self._waiting[id(field)] = field
        return reason

    def fits(self, kind: Type, value: Json) -> bool:
        """Whether a value fits a type, both complete and both kept alive by the caller."""
        try:
            return not self._check(kind, value)
        except TooMuchWork:
            return False

    def settle(self) -> tuple[Field, str] | None:
        """Checks those that waited, now that all types are known: the first that does not fit, and why."""
        waits_for: dict[int, list[int]] = {}
        for number, field in self._waiting.items():
            self._known.clear()
            self._used = []
            reason = self._check(field.type, field.default)
            if reason:
                return field, reason
            waits_for[number] = self._used
        endless = _in_a_circle(waits_for)
        return (self._waiting[endless], "it contains itself, without end") if endless else None

    def _check(self, kind: Type, value: Json) -> str:
        if not isinstance(kind, Union):
            return self._check_one(kind, value)
        for branch in kind.branches:
            if not self._check_one(branch, value):
                return ""
        if len(kind.branches) == 1:
            return self._check_one(kind.branches[0], value)
        return misfit(kind, value)

    def _check_one(self, kind: Type, value: Json) -> str:
        self._steps -= 1
        if self._steps < 0:
            raise TooMuchWork
        match kind:
            case Primitive() | Enum() | Fixed():
                if isinstance(kind, Enum):
                    self._steps -= len(kind.symbols) >> 4
                return misfit(kind, value) if leaf(kind, value) is UNFIT else ""
            case Union():
                return self._check(kind, value)
            case Array() | Map() | Record():
                pair = (id(kind), id(value))
                if pair not in self._known:
                    self._known[pair] = self._check_inside(kind, value)
                return self._known[pair]
            case _:
                assert_never(kind)

    def _check_inside(self, kind: Array | Map | Record, value: Json) -> str:
        if isinstance(kind, Record):
            return self._check_record(kind, value)
        if isinstance(kind, Array):
            if not isinstance(value, list):
                return misfit(kind, value)
            inner, items = kind.items, list(enumerate(value))
        else:
            if not isinstance(value, dict):
                return misfit(kind, value)
            inner, items = kind.values, list(value.items())
        for key, item in items:
            reason = self._check(inner, item)
            if reason:
                return f"at {key!r}: {reason}"
        return ""

    def _check_record(self, kind: Record, value: Json) -> str:
        if isinstance(kind, Later):
            self._met_later = True
            fits = isinstance(value, dict)
            return (
                ""
                if fits
                else f"it cannot be checked, because {kind.name.full} is defined only later; define it before"
            )
        if not isinstance(value, dict):
            return misfit(kind, value)
        self._steps -= len(kind.fields)
        if id(kind) in self.open:
            raise Unfinished(kind.name.full)
        for field in kind.fields:
            if field.name in value:
                reason = self._check(field.type, value[field.name])
                if reason:
                    return f"at '{field.name}': {reason}"
            elif field.default is ABSENT:
                return f"{shown(value)} lacks '{field.name}' of record {kind.name.full}, which has no default"
            elif id(field) in self._waiting:
                self._used.append(id(field))
        return ""


def _in_a_circle(waits_for: dict[int, list[int]]) -> int:
    """One of those that wait for each other in a circle, or 0."""
    waiting = {number: len(needed) for number, needed in waits_for.items()}
    needed_by: dict[int, list[int]] = {number: [] for number in waits_for}
    for number, needed in waits_for.items():
        for other in needed:
            needed_by[other].append(number)
    free = deque(number for number, count in waiting.items() if not count)
    while free:
        done = free.popleft()
        del waiting[done]
        for number in needed_by[done]:
            waiting[number] -= 1
            if not waiting[number]:
                free.append(number)
    return next(iter(waiting), 0)


# ---------------------------------------------------------------- what fits a type without parts


def leaf(type_: Primitive | Enum | Fixed, value: Json) -> Any:
    """The datum that a default stands for, or UNFIT."""
    match type_:
        case Primitive():
            return _LEAVES[type_.kind](value)
        case Enum():
            return value if value in type_.symbols else UNFIT
        case Fixed():
            data = _latin(value)
            return data if data is not UNFIT and len(data) == type_.size else UNFIT


def _real(value: Json, rounded: Callable[[float], float]) -> Any:
    """As Java: what is beyond the numbers of its type is infinite. But an integer beyond all doubles is a mistake."""
    if value.__class__ is float or (value.__class__ is int and math.isfinite(nearest(value))):
        return rounded(value)
    return UNFIT


def _latin(value: Json) -> Any:
    """A character stands for one byte."""
    try:
        return value.encode("latin-1") if isinstance(value, str) else UNFIT
    except UnicodeEncodeError:
        return UNFIT


def _text(value: Json) -> Any:
    try:
        return value if isinstance(value, str) and value.encode() is not None else UNFIT
    except UnicodeEncodeError:  # half of a surrogate pair
        return UNFIT


_LEAVES: Final[dict[str, Callable[[Json], Any]]] = {
    "null": lambda value: None if value is None else UNFIT,
    "boolean": lambda value: value if value.__class__ is bool else UNFIT,
    "int": lambda value: value if value.__class__ is int and value in INTEGERS["int"] else UNFIT,
    "long": lambda value: value if value.__class__ is int and value in INTEGERS["long"] else UNFIT,
    "float": lambda value: _real(value, nearest_single),
    "double": lambda value: _real(value, nearest),
    "bytes": _latin,
    "string": _text,
}


# ---------------------------------------------------------------- what is said of what does not fit


def misfit(type_: Type, value: Json) -> str:
    """That a value does not fit a type, by its outside."""
    match type_:
        case Primitive():
            return f"{shown(value)} is not valid for {type_.kind}{_hint(type_.kind, value)}"
        case Enum():
            return f"{shown(value)} is no symbol of enum {type_.name.full}"
        case Fixed():
            size = f"it has {len(value)} bytes, not {type_.size}" if _latin(value) is not UNFIT else ""
            why = size or "a string of code points up to 255 is"
            return f"{shown(value)} is not valid for fixed {type_.name.full}: {why}"
        case Array() | Map():
            return f"{shown(value)} is not valid for {'an array' if isinstance(type_, Array) else 'a map'}"
        case Record():
            return f"{shown(value)} is not valid for record {type_.name.full}"
        case Union():
            return f"{shown(value)} fits no branch of the union"


def _hint(kind: str, value: Json) -> str:
    if kind in INTEGERS and value.__class__ is int:
        return f": it is out of range, {INTEGERS[kind][0]} to {INTEGERS[kind][-1]}"
    if kind in INTEGERS and isinstance(value, float) and value.is_integer() and int(value) in INTEGERS[kind]:
        return f": write it as {int(value)}"
    if kind == "bytes" and isinstance(value, str):
        return ": a character stands for one byte and must not be beyond U+00FF"
    if kind == "null":
        return ": write null"
    if isinstance(value, str) and kind != "string" and _UNQUOTED.fullmatch(value):
        return f": write {value} without quotes"
    return ""


def shown(value: Json) -> str:
    """A value in a message, cut short. Of a large one only the beginning is written: it may be told of many times."""
    if isinstance(value, str):
        text = repr(value[:_SHOWN])
    else:
        text = ""
        for part in _parts(value):
            text += part
            if len(text) > _SHOWN:
                break
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def _parts(value: Json) -> Iterator[str]:
    """The text of a value, part by part; long strings in it are cut."""
    match value:
        case dict():
            for at, (key, member) in enumerate(value.items()):
                yield f"{',' if at else '{'}{quoted(key[:_SHOWN])}:"
                yield from _parts(member)
            yield "}" if value else "{}"
        case list():
            for at, item in enumerate(value):
                yield "," if at else "["
                yield from _parts(item)
            yield "]" if value else "[]"
        case str():
            yield quoted(value[:_SHOWN])
        case _:
            yield written(value)


def parsed_double(text: str) -> float | None:
    """What Java's Double.parseDouble reads, or None. Java takes such a string as the default of a float or double."""
    text = text.strip(_JAVA_BLANKS)
    named = _NAMED.get(text.lstrip("+-"))
    if named is not None and len(text) - len(text.lstrip("+-")) <= 1:
        return -named if text.startswith("-") else named
    if _DECIMAL.fullmatch(text):
        return float(text.rstrip("fFdD"))
    hexadecimal = _HEX.fullmatch(text)
    if hexadecimal:
        try:
            return float.fromhex(hexadecimal[1])
        except OverflowError:
            return -math.inf if text.startswith("-") else math.inf
    return None
