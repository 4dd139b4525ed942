"""Avro's messages as JSON values: `messages` of `compat/messages.py`, which says what the values look like.

One walk reads a value by a type and notes whatever does not fit, another writes a datum; bytes are `codec.py`'s, and
`reader.py`'s where there is a reader. Nothing is guessed: where a plain value may be of two branches, it is refused.
"""

import math
import struct
from collections.abc import Collection, Sequence
from typing import Any, Final, TypeAlias

from compat.avro.codec import TRIALS, Branch, Datum, decode, encode
from compat.avro.defaulting import from_default
from compat.avro.logical import Logical, logical_of
from compat.avro.places import Place, steps_of
from compat.avro.readable import read, shown
from compat.avro.reader import Reader, Unreadable
from compat.avro.resolve import Resolution
from compat.avro.schema import AvroSchema
from compat.avro.types import (
    ABSENT,
    INTEGERS,
    Array,
    Enum,
    Field,
    Fixed,
    Map,
    Primitive,
    Record,
    Type,
    Union,
    branch_name,
)
from compat.faults import CodecError, a, number_shown
from compat.framing import Path
from compat.messages import MOST_FAULTS, TOO_DEEP, Fault, fault_of, is_too_deep, json_kind
from compat.schema import Schema
from compat.stack import Walk, finish

MOST_VALUES: Final = 1_000_000  # of a message
FREE_VALUES: Final = 1000  # of it that take no bytes: a block of nulls claims any number of them
VALUES_IN_BYTE: Final = 16  # a record of nothing but a null of a union has three

Found: TypeAlias = "list[tuple[Place, str]]"

_NO_NUMBERS: Final = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_ALL_KINDS: Final = ("null", "boolean", "number", "text", "array", "object")


def messages(
    schema: Schema, *, reader: Schema | None, logical: bool, message: str, ignore_unknown: bool
) -> "AvroMessages":
    del message  # Protobuf's
    assert isinstance(schema, AvroSchema)
    if reader is not None and not isinstance(reader, AvroSchema):
        raise CodecError(f"an Avro message cannot be read by a schema of type {reader.source.kind}")
    return AvroMessages(schema.root, reader.root if reader else None, is_logical=logical, ignore_unknown=ignore_unknown)


class AvroMessages:
    path = None
    tail = b""

    def __init__(self, root: Type, reader: Type | None = None, *, is_logical: bool, ignore_unknown: bool) -> None:
        self._root = root
        self._shown = reader or root
        self._reader = Reader(Resolution(reader, root)) if reader else None
        self._unions = _Unions(is_logical=is_logical)
        self._ignore_unknown = ignore_unknown
        # A schema that is nothing but bytes, as a decimal alone, has messages without a length, for all of Confluent's
        # clients and Connect's converters.
        self._is_raw = isinstance(root, Primitive) and root.kind == "bytes"

    @property
    def name(self) -> str:
        return self._root.name.full if isinstance(self._root, Record | Enum | Fixed) else ""

    def encode(self, value: Any) -> bytes:
        datum, found = self._read(value)
        if found:
            place, message = found[0]
            raise CodecError(message, steps_of(place))
        return bytes(datum) if self._is_raw else encode(self._root, datum)

    def decode(self, payload: bytes, path: Path | None = None) -> Any:
        if path is not None:
            raise CodecError("an Avro message has no indexes")
        data = encode(self._root, payload) if self._is_raw else payload
        value = finish(_Showing(self._unions).value(self._shown, self._datum(data)))
        if is_too_deep(value):
            raise CodecError(TOO_DEEP)
        return value

    def faults(self, value: Any) -> tuple[Fault, ...]:
        _, found = self._read(value)
        return tuple(fault_of(message, steps_of(place)) for place, message in found[:MOST_FAULTS])

    def faults_in(self, payload: bytes, path: Path | None = None) -> tuple[Fault, ...]:
        try:
            value = self.decode(payload, path)
        except CodecError as fault:
            return (fault_of(fault.message, fault.steps),)
        return self.faults(value) if self._reader is None else ()  # text that is no UUID can be read, and is a fault

    def _datum(self, data: bytes) -> Datum:
        values = min(MOST_VALUES, FREE_VALUES + VALUES_IN_BYTE * len(data))
        if self._reader is None:
            return decode(self._root, data, values=values)
        try:
            return _bounded(self._reader.read(data, values=values))
        except Unreadable as unreadable:
            problem = unreadable.problems[0]
            raise CodecError(problem.sentence, problem.steps) from None

    def _read(self, value: Any) -> tuple[Datum, Found]:
        if is_too_deep(value):
            return None, [(None, TOO_DEEP)]
        reading = _Reading(self._unions, ignore_unknown=self._ignore_unknown)
        try:
            datum = finish(reading.datum(self._root, value, None))
            if reading.has_defaults:
                _bounded(datum)
        except CodecError as fault:  # of the value as a whole: it is too deep, or too much
            return None, [(None, fault.message)]
        return datum, reading.found


def _bounded(datum: Datum) -> Datum:
    """Refuses a datum of too many values. Defaults share their parts, and what is shared counts wherever it is."""
    counts: dict[int, int] = {}
    waiting = [datum]
    while waiting:
        outer = waiting[-1]
        inner = _within(outer)
        unknown = [part for part in inner if isinstance(part, dict | list | Branch) and id(part) not in counts]
        if unknown:
            waiting += unknown
        else:
            counts[id(outer)] = 1 + sum(counts.get(id(part), 1) for part in inner)
            waiting.pop()
    if counts[id(datum)] > MOST_VALUES:
        raise CodecError("the message has too many values")
    return datum


def _within(datum: Datum) -> Collection[Datum]:
    match datum:
        case dict():
            return datum.values()
        case list():
            return datum
        case Branch():
            return (datum.value,)
        case _:
            return ()


# ---------------------------------------------------------------- unions


class _Unions:
    """Which branches may have a plain value, by the kind of value that JSON knows."""

    def __init__(self, *, is_logical: bool) -> None:
        self.is_logical = is_logical
        self._known: dict[int, tuple[Union, dict[str, list[int]]]] = {}

    def takers(self, union: Union, kind: str) -> Sequence[int]:
        if id(union) not in self._known:
            self._known[id(union)] = union, self._kinds(union)
        return self._known[id(union)][1].get(kind, ())

    def logical(self, type_: Type) -> Logical | None:
        return logical_of(type_) if self.is_logical else None

    def _kinds(self, union: Union) -> dict[str, list[int]]:
        takers: dict[str, list[int]] = {}
        for index, branch in enumerate(union.branches):
            for kind in self._kinds_of(branch):
                takers.setdefault(kind, []).append(index)
        if "text" not in takers:  # then it can only be one of the three numbers that JSON has no words for
            takers["text"] = [at for at, branch in enumerate(union.branches) if _is_real(branch)]
        return takers

    def _kinds_of(self, branch: Type) -> tuple[str, ...]:
        match branch:
            case Primitive("null" | "boolean"):
                return (branch.kind,)
            case Primitive("int" | "long"):
                return ("number", "text") if self.logical(branch) else ("number",)
            case Primitive("float" | "double"):
                return ("number",)
            case Primitive() | Fixed() | Enum():
                return ("text",)
            case Array():
                return ("array",)
            case Map() | Record():
                return ("object",)
            case Union():
                return _ALL_KINDS


def _is_real(type_: Type) -> bool:
    return isinstance(type_, Primitive) and type_.kind in ("float", "double")


def _tagged(union: Union, value: Any) -> int | None:
    """The branch that a value names, as `{"string": "x"}` does."""
    if not isinstance(value, dict) or len(value) != 1:
        return None
    name = next(iter(value))
    return next((at for at, branch in enumerate(union.branches) if branch_name(branch) == name), None)


def _null_of(union: Union) -> int | None:
    return next((at for at, branch in enumerate(union.branches) if branch_name(branch) == "null"), None)


# ---------------------------------------------------------------- from values to data


class _Reading:
    """Reads on after a fault, with None in its place; `found` has them all."""

    def __init__(self, unions: _Unions, *, ignore_unknown: bool) -> None:
        self.found: Found = []
        self.has_defaults = False
        self._unions = unions
        self._ignore_unknown = ignore_unknown
        self._trials = TRIALS
        self._tried: dict[tuple[int, int], tuple[Datum, Found]] = {}  # by type and value, which is an object or array

    def datum(self, type_: Type, value: Any, place: Place) -> Walk[Datum]:
        match type_:
            case Array() if isinstance(value, list):
                array: list[Datum] = []
                for at, item in enumerate(value):
                    array += [(yield self.datum(type_.items, item, (place, at)))]
                return array
            case Map() if isinstance(value, dict):
                entries = {}
                for key, item in value.items():
                    entries[key] = yield self.datum(type_.values, item, (place, key))
                return entries
            case Union():
                return (yield self._union(type_, value, place))
            case Record() if isinstance(value, dict):
                return (yield self._record(type_, value, place))
            case Primitive() | Fixed() | Enum():
                try:
                    return self._leaf(type_, value)
                except CodecError as fault:
                    return self._say(fault.message, place)
            case _:
                return self._say(_unlike(value, type_).message, place)

    def _say(self, message: str, place: Place) -> None:
        if len(self.found) < MOST_FAULTS:
            self.found.append((place, message))

    def _leaf(self, type_: Primitive | Fixed | Enum, value: Any) -> Datum:
        logical = self._unions.logical(type_)
        if logical is not None:
            assert not isinstance(type_, Enum)
            value = read(type_, logical, value)
            if isinstance(value, bytes):
                return value
        match type_:
            case Enum():
                if isinstance(value, str) and value not in type_.symbols:
                    raise CodecError(f"{value[:60]!r} is no symbol of enum {type_.name.full}")
                return _of(str, value, type_)
            case Fixed():
                data = _latin(_of(str, value, type_))
                if len(data) != type_.size:
                    raise CodecError(f"{len(data)} bytes where fixed {type_.name.full} has {type_.size}")
                return data
            case Primitive():
                return _primitive(type_, value)

    def _record(self, type_: Record, value: dict[str, Any], place: Place) -> Walk[Datum]:
        record = {}
        for field in type_.fields:
            if field.name in value:
                record[field.name] = yield self.datum(field.type, value[field.name], (place, field.name))
            else:
                record[field.name] = self._left_out(field, type_, place)
        if not self._ignore_unknown and not value.keys() <= record.keys():
            for name in value.keys() - record.keys():
                self._say(f"{type_.name.full} has no such field", (place, name))
        return record

    def _left_out(self, field: Field, record: Record, place: Place) -> Datum:
        if self._unions.is_logical and field.default is not ABSENT:
            self.has_defaults = True
            try:
                return from_default(field)
            except CodecError as flaw:
                return self._say(f"it is missing, and its default is of no use: {flaw}", (place, field.name))
        null = _null_of(field.type) if isinstance(field.type, Union) else None
        if self._unions.is_logical and null is not None:
            return Branch(null, None)
        why = f", and {record.name.full} has no default for it" if self._unions.is_logical else ""
        return self._say(f"it is missing{why}", (place, field.name))

    def _union(self, type_: Union, value: Any, place: Place) -> Walk[Datum]:
        index = _null_of(type_) if value is None else _tagged(type_, value)
        if index is not None:
            inner, at = (None, place) if value is None else (next(iter(value.values())), (place, next(iter(value))))
            return Branch(index, (yield self.datum(type_.branches[index], inner, at)))
        if not self._unions.is_logical:
            names = " or ".join(branch_name(branch) for branch in type_.branches)
            return self._say(f"a value of a union is null, or an object with one member, named {names}", place)
        takers = self._unions.takers(type_, json_kind(value))
        if not takers:
            names = " or ".join(branch_name(branch) for branch in type_.branches)
            return self._say(f"{json_kind(value)} where {names} are expected", place)
        if len(takers) == 1:
            return Branch(takers[0], (yield self.datum(type_.branches[takers[0]], value, place)))
        key = (id(type_), id(value))
        is_kept = isinstance(value, dict | list)
        if not is_kept or key not in self._tried:
            tried = yield self._trial(type_, takers, value, place)
            if is_kept:
                self._tried[key] = tried
        else:
            tried = self._tried[key]
        datum, found = tried
        self.found += found
        return datum

    def _trial(self, type_: Union, takers: Sequence[int], value: Any, place: Place) -> Walk[tuple[Datum, Found]]:
        """The one branch that the value fits; else one fault that says why there is none."""
        fitting: list[Branch] = []
        unfit: list[str] = []
        for index in takers:
            self._trials -= 1
            if self._trials < 0:
                raise CodecError(f"more than {TRIALS} branches of unions would have to be tried: name them")
            outer, self.found = self.found, []
            datum = yield self.datum(type_.branches[index], value, place)
            found, self.found = self.found, outer
            name = branch_name(type_.branches[index])
            if found:
                fault = fault_of(found[0][1], steps_of(found[0][0]))
                unfit.append(f"{name} ({fault})"[:300])
            else:
                fitting.append(Branch(index, datum))
        if len(fitting) == 1:
            return fitting[0], []
        if not fitting:
            return None, [(place, f"it fits no branch of the union: {'; '.join(unfit[:5])}")]
        names = [branch_name(type_.branches[branch.index]) for branch in fitting]
        return None, [
            (place, f'it may be {" or ".join(names)}: name the branch, as {{"{names[0]}": ...}}'),
        ]


def _primitive(type_: Primitive, value: Any) -> Datum:
    match type_.kind:
        case "null":
            return _of(type(None), value, type_)
        case "boolean":
            return _of(bool, value, type_)
        case "int" | "long":
            if _of(int, value, type_) not in INTEGERS[type_.kind]:
                raise CodecError(f"{number_shown(value)} is too large for {a(type_.kind)}")
            return value
        case "bytes":
            return _latin(_of(str, value, type_))
        case "string":
            try:
                _of(str, value, type_).encode()
            except UnicodeEncodeError:
                raise CodecError("a string has half of a surrogate pair") from None
            return value
        case _:
            return _real(type_, value)


def _real(type_: Primitive, value: Any) -> float:
    number = _NO_NUMBERS[value] if isinstance(value, str) and value in _NO_NUMBERS else value
    if number.__class__ is not float and number.__class__ is not int:
        raise _unlike(value, type_)
    try:
        number = float(number)
        return float(struct.unpack("<f", struct.pack("<f", number))[0]) if type_.kind == "float" else number
    except OverflowError:
        raise CodecError(f"{number_shown(value)} is too large for a {type_.kind}") from None


def _of(class_: type, value: Any, type_: Type) -> Any:
    if value.__class__ is not class_:
        raise _unlike(value, type_)
    return value


def _latin(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError as error:
        raise CodecError(f"bytes are written as characters up to U+00FF, and {text[error.start]!r} is beyond") from None


def _unlike(value: Any, type_: Type) -> CodecError:
    kind = branch_name(type_)
    if isinstance(type_, Record | Enum | Fixed):
        kind = f"{type_.__class__.__name__.lower()} {kind}"
    wanted = kind if kind == "bytes" else a(kind)
    got = repr(value) if isinstance(value, float) else json_kind(value)
    return CodecError(f"{got} where {wanted} {'are' if kind == 'bytes' else 'is'} expected")


# ---------------------------------------------------------------- from data to values


class _Showing:
    def __init__(self, unions: _Unions) -> None:
        self._unions = unions

    def value(self, type_: Type, datum: Datum) -> Walk[Any]:
        match type_:
            case Array():
                array: list[Any] = []
                for item in datum:
                    array += [(yield self.value(type_.items, item))]
                return array
            case Map():
                entries = {}
                for name, item in datum.items():
                    entries[name] = yield self.value(type_.values, item)
                return entries
            case Record():
                record = {}
                for field in type_.fields:
                    record[field.name] = yield self.value(field.type, datum[field.name])
                return record
            case Union():
                branch = type_.branches[datum.index]
                return self._branch(type_, datum.index, (yield self.value(branch, datum.value)))
            case Enum():
                return datum
            case _:
                return self._leaf(type_, datum)

    def _branch(self, union: Union, index: int, value: Any) -> Any:
        branch = union.branches[index]
        if branch_name(branch) == "null":
            return None
        is_plain = self._unions.is_logical and list(self._unions.takers(union, json_kind(value))) == [index]
        return value if is_plain and _tagged(union, value) is None else {branch_name(branch): value}

    def _leaf(self, type_: Primitive | Fixed, datum: Datum) -> Any:
        logical = self._unions.logical(type_)
        if logical is not None:
            return shown(type_, logical, datum)
        if isinstance(datum, bytes):
            return datum.decode("latin-1")
        if isinstance(datum, float):
            return _shown_real(type_, datum)
        return datum


def _shown_real(type_: Type, number: float) -> Any:
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
    if isinstance(type_, Primitive) and type_.kind == "float":  # 0.1 rather than 0.10000000149011612
        return next(short for digits in range(6, 10) if _as_float(short := float(f"{number:.{digits}g}")) == number)
    return number


def _as_float(number: float) -> float:
    try:
        return float(struct.unpack("<f", struct.pack("<f", number))[0])
    except OverflowError:  # rounded up, the largest has no place
        return math.inf
