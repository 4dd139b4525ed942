"""A resolving reader: decodes bytes by the writer's schema, then projects the datum to the reader's. The reference.

It is made to be right and to explain itself, not to be fast: it reads on after a fault and tells all of them, each by
its rule, its place in the datum and a sentence. Which branch of the reader's union takes a writer's type is settled
for all data at once, as in Java's decoder, so it asks the resolution.
"""

import struct
from dataclasses import dataclass
from types import GeneratorType
from typing import Final

from compat.avro.codec import DEPTH, VALUES, Branch, Datum, decode
from compat.avro.defaulting import from_default
from compat.avro.logical import decimal_value, logical_of, time_change
from compat.avro.matching import PROMOTIONS, Clash, Shared, kind_of, same_name, supplies
from compat.avro.places import Place, steps_of
from compat.avro.resolve import Resolution, logical_change
from compat.avro.rules import (
    ALIAS_AMBIGUOUS,
    BYTES_READ_AS_STRING,
    DECIMAL_CHANGED,
    DEFAULT_INVALID,
    ENUM_SYMBOLS_REMOVED,
    FIELD_CLAIMED_TWICE,
    FIELD_FED_TWICE,
    FIELD_WITHOUT_DEFAULT,
    FIXED_SIZE_CHANGED,
    NAME_CHANGED,
    PROMOTION_LOSES_DIGITS,
    TIME_UNIT_CHANGED,
    TYPE_CHANGED,
    UNION_BRANCH_REMOVED,
    Rule,
)
from compat.avro.types import ABSENT, Array, Enum, Field, Fixed, Map, Named, Primitive, Record, Type, Union
from compat.stack import Walk, finish

_UNREAD: Final = object()


@dataclass(frozen=True, slots=True)
class Problem:
    """What the reader met at a place. `reads`: it has a datum all the same, which may not be what the writer meant."""

    rule: Rule
    place: Place
    sentence: str
    reads: bool = False

    @property
    def steps(self) -> tuple[str | int, ...]:
        return steps_of(self.place)

    def __str__(self) -> str:
        where = "".join(f"/{step}" for step in self.steps)
        return f"at {where}: {self.sentence}" if where else self.sentence


class Unreadable(Exception):
    """The reader cannot read these bytes of the writer."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(str(problems[0]))
        self.problems = problems


class Reader:
    """Reads what a writer wrote, as a resolution says. Many may read by one at the same time."""

    def __init__(self, resolution: Resolution) -> None:
        self._resolution = resolution

    def read(self, data: bytes, *, values: int = VALUES) -> Datum:
        """The datum, as the reader's schema has it. Raises Unreadable, and CodecError for bytes of no datum."""
        datum, problems = self.examine(data, values=values)
        refusing = tuple(problem for problem in problems if not problem.reads)
        if refusing:
            raise Unreadable(refusing)
        return datum

    def examine(self, data: bytes, *, values: int = VALUES) -> tuple[Datum, tuple[Problem, ...]]:
        """The datum, with holes where it cannot be read, and everything that there is to say about it."""
        written = decode(self._resolution.writer, data, values=values)
        reading = _Reading(self._resolution)
        walk = reading.project(self._resolution.reader, self._resolution.writer, written, None)
        return finish(walk, depth=2 * DEPTH), tuple(reading.problems)


def read(reader: Type, writer: Type, data: bytes) -> Datum:
    """What a reader makes of a writer's bytes. Raises Unreadable, and CodecError for bytes that are no datum."""
    return Reader(Resolution(reader, writer)).read(data)


class _Reading:
    """Of one message: what there is to say about it is kept here, where no other message's reading comes by."""

    def __init__(self, resolution: Resolution) -> None:
        self.problems: list[Problem] = []
        self._resolution = resolution

    def project(self, reader: Type, writer: Type, datum: Datum, place: Place) -> Walk[Datum]:
        value = self._step(reader, writer, datum, place)
        return (yield value) if value.__class__ is GeneratorType else value

    def _say(self, rule: Rule, place: Place, sentence: str, *, reads: bool = False) -> Datum:
        self.problems.append(Problem(rule, place, sentence, reads))
        return _UNREAD

    def _step(self, reader: Type, writer: Type, datum: Datum, place: Place) -> Datum:
        """The projected datum, or a generator that has it."""
        if isinstance(reader, Primitive) and isinstance(writer, Primitive):
            if reader.kind == writer.kind and not reader.props and not writer.props:
                return datum
            return self._primitive(reader, writer, datum, place)
        if isinstance(writer, Union):
            return self._step(reader, writer.branches[datum.index], datum.value, place)
        if isinstance(reader, Union):
            return self._branch(reader, writer, datum, place)
        if reader.__class__ is not writer.__class__:
            return self._say(TYPE_CHANGED, place, f"the writer wrote {_a(writer)}, the reader expects {_a(reader)}")
        match reader:
            case Record():
                assert isinstance(writer, Record)
                return self._record(reader, writer, datum, place)
            case Array():
                assert isinstance(writer, Array)
                return self._array(reader, writer, datum, place)
            case Map():
                assert isinstance(writer, Map)
                return self._map(reader, writer, datum, place)
            case Enum():
                assert isinstance(writer, Enum)
                return self._enum(reader, writer, datum, place)
            case Fixed():
                assert isinstance(writer, Fixed)
                return self._fixed(reader, writer, datum, place)
            case _:
                raise AssertionError(reader)

    def _branch(self, reader: Union, writer: Type, datum: Datum, place: Place) -> Datum:
        index = self._resolution.chosen(reader, writer)
        if index is None:
            sentence = f"the writer wrote {_a(writer)}, for which the union has no branch"
            return self._say(UNION_BRANCH_REMOVED, place, sentence)
        value = self._step(reader.branches[index], writer, datum, place)
        return _branch_of(index, value) if value.__class__ is GeneratorType else Branch(index, value)

    def _array(self, reader: Array, writer: Array, datum: list[Datum], place: Place) -> Walk[Datum]:
        array: list[Datum] = []
        for index, item in enumerate(datum):
            value = self._step(reader.items, writer.items, item, (place, index))
            array.append((yield value) if value.__class__ is GeneratorType else value)
        return array

    def _map(self, reader: Map, writer: Map, datum: dict[str, Datum], place: Place) -> Walk[Datum]:
        entries = {}
        for key, item in datum.items():
            value = self._step(reader.values, writer.values, item, (place, key))
            entries[key] = (yield value) if value.__class__ is GeneratorType else value
        return entries

    def _record(self, reader: Record, writer: Record, datum: dict[str, Datum], place: Place) -> Walk[Datum]:
        self._name(reader, writer, place)
        record = {}
        for field, supply in zip(reader.fields, supplies(reader, self._resolution.sources(writer)), strict=True):
            if supply is None:
                record[field.name] = self._default(reader, field, place)
            elif isinstance(supply, Clash):
                record[field.name] = self._clash(reader, field, supply, place)
            else:
                source = self._shared(reader, field, supply, place) if isinstance(supply, Shared) else supply
                value = self._step(field.type, source.type, datum[source.name], (place, source.name))
                record[field.name] = (yield value) if value.__class__ is GeneratorType else value
        return record

    def _shared(self, reader: Record, field: Field, shared: Shared, place: Place) -> Field:
        names = f"{shared.first.name!r} and {field.name!r}"
        sentence = f"fields {names} of {reader.name.full} are both the writer's field {shared.source.name!r}"
        self._say(FIELD_CLAIMED_TWICE, (place, field.name), sentence)
        return shared.source

    def _clash(self, reader: Record, field: Field, clash: Clash, place: Place) -> Datum:
        names = " and ".join(repr(source.name) for source in clash.sources)
        rule = ALIAS_AMBIGUOUS if clash.sources[0].name == field.name else FIELD_FED_TWICE
        sentence = f"the writer's fields {names} are both field {field.name!r} of {reader.name.full}"
        return self._say(rule, (place, field.name), sentence)

    def _default(self, reader: Record, field: Field, place: Place) -> Datum:
        here = f"field {field.name!r} of {reader.name.full} is not in the writer's schema"
        if field.default is ABSENT:
            return self._say(FIELD_WITHOUT_DEFAULT, (place, field.name), f"{here} and has no default")
        flaw = self._resolution.flaw(field)
        if flaw:
            return self._say(DEFAULT_INVALID, (place, field.name), f"{here} and its default is of no use: {flaw}")
        return from_default(field)

    def _enum(self, reader: Enum, writer: Enum, datum: str, place: Place) -> Datum:
        self._name(reader, writer, place)
        if datum in reader.symbols:
            return datum
        if reader.default is not None and reader.default in reader.symbols:
            return reader.default
        return self._say(ENUM_SYMBOLS_REMOVED, place, f"enum {reader.name.full} has no symbol {datum!r} and no default")

    def _fixed(self, reader: Fixed, writer: Fixed, datum: bytes, place: Place) -> Datum:
        self._name(reader, writer, place)
        if reader.size != writer.size:
            sentence = f"the writer wrote {writer.size} bytes, fixed {reader.name.full} has {reader.size}"
            return self._say(FIXED_SIZE_CHANGED, place, sentence)
        self._logical(reader, writer, datum, place)
        return datum

    def _name(self, reader: Named, writer: Named, place: Place) -> None:
        if not same_name(reader, writer):
            names = f"the writer wrote {writer.name.full}, the reader expects {reader.name.full}"
            self._say(NAME_CHANGED, place, f"{names}, which has no such alias")

    def _primitive(self, reader: Primitive, writer: Primitive, datum: Datum, place: Place) -> Datum:
        if reader.kind != writer.kind:
            if reader.kind not in PROMOTIONS.get(writer.kind, ()):
                wrote = f"{_a(writer)} ({datum!r})" if datum.__class__ in (int, float) else _a(writer)
                sentence = f"the writer wrote {wrote}, the reader expects {_a(reader)}"
                return self._say(TYPE_CHANGED, place, sentence)
            value = self._promoted(reader.kind, datum, place)
        else:
            value = datum
        self._logical(reader, writer, datum, place)
        return value

    def _promoted(self, kind: str, datum: Datum, place: Place) -> Datum:
        if kind == "bytes":
            return datum.encode()
        if kind == "string":
            try:
                return datum.decode()
            except UnicodeDecodeError:
                sentence = f"the bytes {datum[:20].hex(' ')} are no string: not UTF-8"
                return self._say(BYTES_READ_AS_STRING, place, sentence)
        if kind == "long":
            return datum
        value = struct.unpack("<f", struct.pack("<f", datum))[0] if kind == "float" else float(datum)
        if isinstance(datum, int) and value != datum:
            self._say(PROMOTION_LOSES_DIGITS, place, f"the writer's {datum} is read as {int(value)}", reads=True)
        return value

    def _logical(self, reader: Primitive | Fixed, writer: Primitive | Fixed, datum: Datum, place: Place) -> None:
        rule = logical_change(reader, writer)
        if rule is not None:
            self._say(rule, place, _two_meanings(rule, reader, writer, datum), reads=True)


def _branch_of(index: int, value: Walk[Datum]) -> Walk[Datum]:
    return Branch(index, (yield value))


def _a(type_: Type) -> str:
    kind = kind_of(type_)
    if isinstance(type_, Record | Enum | Fixed):
        kind = f"{kind} {type_.name.full}"
    if kind in ("null", "bytes"):
        return kind
    return f"an {kind}" if kind[0] in "aei" else f"a {kind}"


def _two_meanings(rule: Rule, reader: Primitive | Fixed, writer: Primitive | Fixed, datum: Datum) -> str:
    left, right = logical_of(reader), logical_of(writer)
    if rule is DECIMAL_CHANGED and left and right:
        reads, wrote = decimal_value(datum, left.scale), decimal_value(datum, right.scale)
        if reads != wrote:
            return f"the writer's {wrote} ({right}) is read as {reads} ({left})"
        if len(reads.as_tuple().digits) > left.precision:
            return f"the writer's {wrote} ({right}) has more digits than the reader's {left} may have"
        same = f"both sides read {wrote}, the writer as {right}, the reader as {left}"
        return f"{same}: by the specification they do not match"
    if rule is TIME_UNIT_CHANGED and left and right:
        digits = time_change(left, right)
        assert digits is not None
        reads_s, wrote_s = (_seconds(datum, unit) for unit in digits)
        return f"the writer's {datum} is {wrote_s} s ({right}), and read as {reads_s} s ({left})"
    return f"the writer wrote {right or kind_of(writer)}, the reader takes it for {left or kind_of(reader)}"


def _seconds(ticks: int, digits: int) -> str:
    whole, part = divmod(abs(ticks), 10**digits)
    fraction = f".{part:0{digits}}".rstrip("0").rstrip(".")
    return f"{'-' if ticks < 0 else ''}{whole}{fraction}"
