"""From what a writer wrote to what a reader expects, as Python's values: compiled where the types alone decide.

The rules are those of `reader.py`, which stays the judge: where a value has forgotten what a rule must know (which
branch of a union it was), or where anything goes wrong, there is no compiled way, and the reader is asked.
"""

import struct
from collections.abc import Callable
from copy import deepcopy
from typing import Any, Final

from compat.avro.codec import CodecError
from compat.avro.defaulting import from_default
from compat.avro.logical import logical_of
from compat.avro.matching import PROMOTIONS, Clash, Shared, same_name, supplies
from compat.avro.natural import value_of
from compat.avro.resolve import Resolution
from compat.avro.types import ABSENT, Array, Enum, Field, Fixed, Map, Primitive, Record, Type, Union

Step = Callable[[Any], Any]
SAME: Final[Step] = lambda value: value  # noqa: E731  (it is compared by identity)


class NotPlain(Exception):
    """The types alone do not decide."""


def projection(resolution: Resolution) -> Step:
    """From the writer's value to the reader's; SAME when they are alike. Raises NotPlain."""
    return _Compiler(resolution).step(resolution.reader, resolution.writer)


class _Compiler:
    def __init__(self, resolution: Resolution) -> None:
        self._resolution = resolution
        self._done: dict[tuple[int, int], Step] = {}

    def step(self, reader: Type, writer: Type) -> Step:
        if isinstance(writer, Union):
            return self._from_union(reader, writer)
        if isinstance(reader, Union):
            index = self._resolution.chosen(reader, writer)
            if index is None:
                raise NotPlain
            return self.step(reader.branches[index], writer)
        if isinstance(reader, Primitive) and isinstance(writer, Primitive):
            return _primitive(reader, writer)
        if reader.__class__ is not writer.__class__:
            raise NotPlain
        match reader, writer:
            case Array(), Array():
                return _each(self.step(reader.items, writer.items))
            case Map(), Map():
                return _each_value(self.step(reader.values, writer.values))
            case Enum(), Enum():
                return _enum(reader, writer)
            case Fixed(), Fixed():
                if reader.size != writer.size or not same_name(reader, writer) or _logical(reader) != _logical(writer):
                    raise NotPlain
                return SAME
            case Record(), Record():
                return self._record(reader, writer)
            case _:
                raise NotPlain

    def _from_union(self, reader: Type, writer: Union) -> Step:
        steps = [self.step(reader, branch) for branch in writer.branches]
        if all(step is SAME for step in steps):
            return SAME
        nulls = [isinstance(branch, Primitive) and branch.kind == "null" for branch in writer.branches]
        if len(steps) == 1:
            return steps[0]
        if len(steps) != 2 or nulls.count(True) != 1:
            raise NotPlain
        other = steps[nulls.index(False)]
        return lambda value: None if value is None else other(value)

    def _record(self, reader: Record, writer: Record) -> Step:
        key = (id(reader), id(writer))
        if key not in self._done:
            late: list[Step] = []
            self._done[key] = lambda value: late[0](value)  # noqa: PLW0108  (it is not there yet)
            late.append(self._fields(reader, writer))
            self._done[key] = late[0]
        return self._done[key]

    def _fields(self, reader: Record, writer: Record) -> Step:
        if not same_name(reader, writer):
            raise NotPlain
        moved: list[tuple[str, str, Step]] = []
        made: dict[str, Any] = {}
        for field, supply in zip(reader.fields, supplies(reader, self._resolution.sources(writer)), strict=True):
            if isinstance(supply, Clash | Shared):
                raise NotPlain
            if supply is None:
                made[field.name] = self._default(field)
            else:
                moved.append((field.name, supply.name, self.step(field.type, supply.type)))
        kept = [source.name for source in writer.fields]
        if [(name, name, SAME) for name in kept] == moved and not made:
            return SAME
        order = tuple(field.name for field in reader.fields)
        return _assembled(order, moved, made)

    def _default(self, field: Field) -> Any:
        if field.default is ABSENT or self._resolution.flaw(field):
            raise NotPlain
        try:
            return value_of(field.type, from_default(field))
        except CodecError:
            raise NotPlain from None


def _assembled(order: tuple[str, ...], moved: list[tuple[str, str, Step]], made: dict[str, Any]) -> Step:
    plain = [(name, source) for name, source, step in moved if step is SAME]
    changed = [(name, source, step) for name, source, step in moved if step is not SAME]
    fixed = {name: value for name, value in made.items() if not isinstance(value, dict | list)}
    fresh = [(name, value) for name, value in made.items() if name not in fixed]
    blank = dict.fromkeys(order) | fixed

    def project(value: Any) -> Any:
        record = blank.copy()
        for name, source in plain:
            record[name] = value[source]
        for name, source, step in changed:
            record[name] = step(value[source])
        for name, default in fresh:
            record[name] = deepcopy(default)
        return record

    return project


def _each(step: Step) -> Step:
    return SAME if step is SAME else lambda value: [step(item) for item in value]


def _each_value(step: Step) -> Step:
    return SAME if step is SAME else lambda value: {key: step(item) for key, item in value.items()}


def _enum(reader: Enum, writer: Enum) -> Step:
    if not same_name(reader, writer):
        raise NotPlain
    if set(writer.symbols) <= set(reader.symbols):
        return SAME
    default = reader.default if reader.default in reader.symbols else None
    read = {symbol: symbol if symbol in reader.symbols else default for symbol in writer.symbols}
    known = {symbol: name for symbol, name in read.items() if name is not None}
    return lambda value: known[value]


def _logical(type_: Primitive | Fixed) -> str:
    return str(logical_of(type_) or "")


def _primitive(reader: Primitive, writer: Primitive) -> Step:
    if _logical(reader) != _logical(writer):
        raise NotPlain
    if reader.kind == writer.kind:
        return SAME
    if _logical(reader) or reader.kind not in PROMOTIONS.get(writer.kind, ()):
        raise NotPlain
    return _PROMOTED[reader.kind]


_PROMOTED: Final[dict[str, Step]] = {
    "long": SAME,
    "float": lambda value: struct.unpack("<f", struct.pack("<f", value))[0],
    "double": float,
    "string": lambda value: value.decode(),
    "bytes": lambda value: value.encode(),
}
