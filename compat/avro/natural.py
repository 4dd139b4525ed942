"""Avro's data as Python's programs hold them: no branch is named, logical types are datetimes, decimals and UUIDs.

`datum_of` goes from there to the data of `codec.py` and says, by path and type, what does not fit; `value_of` goes
back. Both are exact and not fast: `compiled.py` has the fast way, and comes here for what that cannot do or say.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from operator import index
from typing import Any, Final
from uuid import UUID

from fastavro.read import LOGICAL_READERS
from fastavro.write import LOGICAL_WRITERS

from compat.avro.codec import DEPTH, TRIALS, Branch, Datum
from compat.avro.defaulting import from_default
from compat.avro.logical import Logical, decimal_value, logical_of
from compat.avro.places import Place, steps_of
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
from compat.faults import CodecError, a, number_shown, shown
from compat.stack import Walk, finish

LARGEST_FLOAT: Final = 3.4028235677973366e38  # what is beyond rounds to no float


def datum_of(type_: Type, value: Any) -> Datum:
    """The datum that a value stands for. Raises CodecError with the path of what does not fit."""
    return finish(_Reading().datum(type_, value, None), depth=4 * DEPTH)


def value_of(type_: Type, datum: Datum, *, named: bool = False) -> Any:
    """The value of a datum. Under `named` a record of a union is a pair: its name, and the record."""
    return finish(_value(type_, datum, named=named), depth=4 * DEPTH)


def logical_key(type_: Type) -> str | None:
    """The name under which fastavro converts a logical type that is in force, if it does."""
    logical = logical_of(type_)
    if logical is None:
        return None
    key = f"{type_.kind if isinstance(type_, Primitive) else 'fixed'}-{logical.name}"
    return key if key in LOGICAL_READERS else None


def props_of(type_: Type) -> dict[str, Any]:
    """A logical type as fastavro's converters are told of it."""
    if isinstance(type_, Fixed):
        return {"type": "fixed", "name": type_.name.full, "size": type_.size, **type_.props}
    return {"type": type_.kind, **type_.props} if isinstance(type_, Primitive) else {}


# ---------------------------------------------------------------- in


class _Reading:
    def __init__(self) -> None:
        self._trials = TRIALS

    def datum(self, type_: Type, value: Any, place: Place) -> Walk[Datum]:
        match type_:
            case Primitive() | Fixed():
                return _leaf(type_, value, place)
            case Enum():
                if not isinstance(value, str) or value not in type_.symbols:
                    raise _fault(f"{_quoted(value)} is no symbol of enum {type_.name.full}", place)
                return str.__str__(value)
            case Array():
                if not isinstance(value, Sequence | AbstractSet) or isinstance(value, str | bytes | bytearray):
                    raise _unlike(value, "array", place)
                array: list[Datum] = []
                for at, item in enumerate(value):
                    array += [(yield self.datum(type_.items, item, (place, at)))]
                return array
            case Map():
                if not isinstance(value, Mapping):
                    raise _unlike(value, "map", place)
                entries = {}
                for key, item in value.items():
                    if not isinstance(key, str):
                        raise _fault(f"a key is {a(shown(key))}, and keys of maps are strings", place)
                    _encodable(key, place)
                    entries[key] = yield self.datum(type_.values, item, (place, key))
                return entries
            case Union():
                return (yield self._union(type_, value, place))
            case Record():
                return (yield self._record(type_, value, place))

    def _record(self, type_: Record, value: Any, place: Place) -> Walk[Datum]:
        if not isinstance(value, Mapping):
            raise _unlike(value, f"record {type_.name.full}", place)
        record = {}
        for field in type_.fields:
            if field.name in value:
                record[field.name] = yield self.datum(field.type, value[field.name], (place, field.name))
            else:
                record[field.name] = _left_out(field, type_, place)
        return record

    def _union(self, type_: Union, value: Any, place: Place) -> Walk[Datum]:
        if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str):
            for at, branch in enumerate(type_.branches):
                if value[0] == branch_name(branch):
                    return Branch(at, (yield self.datum(branch, value[1], place)))
            raise _fault(f"the union has no branch {value[0]!r}", place)
        likely = _likely(type_, value)
        if not likely:
            raise _unlike(value, " or ".join(map(branch_name, type_.branches)), place, of_many=True)
        fault: CodecError | None = None
        for at in likely:
            self._trials -= 1
            try:
                return Branch(at, (yield self.datum(type_.branches[at], value, place)))
            except CodecError as error:
                fault = fault or error
                if self._trials < 0:
                    raise
        assert fault is not None
        raise fault


def _leaf(type_: Primitive | Fixed, value: Any, place: Place) -> Datum:
    key = logical_key(type_)
    if key is not None and key in LOGICAL_WRITERS:
        logical = logical_of(type_)
        if key == "string-uuid" and not isinstance(value, UUID | str):
            raise _unlike(value, "string (uuid)", place)
        if logical is not None and isinstance(value, Decimal) and logical.name == "decimal":
            _hold_to_digits(value, logical, place)
        try:
            value = LOGICAL_WRITERS[key](value, props_of(type_))
        except Exception as error:  # noqa: BLE001  (converters raise what they meet: ValueError, TypeError, OverflowError)
            kind = logical.name if logical else key
            raise _fault(f"{_quoted(value)} is no {kind}: {error}", place) from None
    if isinstance(type_, Fixed):
        if not isinstance(value, bytes | bytearray | memoryview):
            raise _unlike(value, f"fixed {type_.name.full}", place)
        if len(value) != type_.size:
            raise _fault(f"{len(value)} bytes where fixed {type_.name.full} has {type_.size}", place)
        return bytes(value)
    return _primitive(type_, value, place)


def _is_decimal(type_: Type) -> bool:
    logical = logical_of(type_)
    return logical is not None and logical.name == "decimal"


def _hold_to_digits(value: Decimal, logical: Logical, place: Place) -> None:
    if not value.is_finite():
        raise _fault(f"{_quoted(value)} is no {logical}", place)
    after, most = -int(value.as_tuple().exponent), logical.precision - logical.scale
    if after > logical.scale:
        raise _fault(f"{_quoted(value)} has {after} digits after the point, and {logical} has {logical.scale}", place)
    before = value.adjusted() + 1
    if before > most:
        raise _fault(f"{_quoted(value)} has {before} digits before the point, and {logical} has {most}", place)


def _primitive(type_: Primitive, value: Any, place: Place) -> Datum:
    wanted = type_.kind
    match wanted:
        case "null" if value is None:
            return None
        case "boolean" if isinstance(value, bool):
            return value
        case "int" | "long" if hasattr(value, "__index__") and not isinstance(value, bool):
            number = _index(value, wanted, place)
            if number not in INTEGERS[wanted]:
                raise _fault(f"{_quoted(number)} is too large for {a(wanted)}", place)
            return number
        case "float" | "double" if hasattr(value, "__float__") and not isinstance(value, bool | str):
            return _real(wanted, value, place)
        case "bytes" if isinstance(value, bytes | bytearray | memoryview):
            return bytes(value)
        case "string" if isinstance(value, str):
            return _encodable(value, place)
    logical = logical_of(type_)
    raise _unlike(value, f"{wanted} ({logical.name})" if logical else wanted, place)


def _index(value: Any, wanted: str, place: Place) -> int:
    try:
        return index(value)
    except Exception:  # noqa: BLE001  (a class of numbers is none; users' classes raise what they like)
        raise _unlike(value, wanted, place) from None


def _real(wanted: str, value: Any, place: Place) -> float:
    try:
        number = float(value)
    except OverflowError:
        raise _fault(f"{_quoted(value)} is too large for a {wanted}", place) from None
    except Exception:  # noqa: BLE001  (as in `_index`)
        raise _unlike(value, wanted, place) from None
    if wanted == "float" and LARGEST_FLOAT <= abs(number) < float("inf"):
        raise _fault(f"{_quoted(value)} is too large for a float", place)
    return number


def _encodable(value: str, place: Place) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _fault("a string has half of a surrogate pair", place) from None
    return str.__str__(value)  # of an enum of texts, its text and not its name


def _left_out(field: Field, record: Record, place: Place) -> Datum:
    if field.default is not ABSENT:
        return from_default(field)
    kinds = [branch_name(branch) for branch in field.type.branches] if isinstance(field.type, Union) else []
    if "null" in kinds:
        return Branch(kinds.index("null"), None)
    if isinstance(field.type, Primitive) and field.type.kind == "null":
        return None
    raise _fault(f"it is missing, and {record.name.full} has no default for it", (place, field.name))


def _likely(union: Union, value: Any) -> list[int]:
    """The branches that the value's Python type allows, the best first."""
    scored = ((_score(branch, value), -at) for at, branch in enumerate(union.branches))
    return [-at for score, at in sorted(scored, reverse=True) if score >= 0]


def _score(branch: Type, value: Any) -> int:
    """How well a value fits a branch, by its outside; less than 0: not at all."""
    fits = False
    match branch:
        case Record():
            if not isinstance(value, Mapping):
                return -1
            return 1 + sum(field.name in value for field in branch.fields)
        case Map():
            return 0 if isinstance(value, Mapping) else -1
        case Array():
            fits = isinstance(value, Sequence | AbstractSet) and not isinstance(value, str | bytes | bytearray)
        case Enum():
            fits = isinstance(value, str) and value in branch.symbols
        case Primitive("float" | "double"):  # a whole number is a long where the union has one; a fraction a double
            if isinstance(value, bool | str) or not hasattr(value, "__float__"):
                return -1
            return 2 if branch.kind == "double" and not isinstance(value, int) else 1
        case Fixed() | Primitive():
            try:
                _leaf(branch, value, None)
            except CodecError:
                return 0 if isinstance(value, Decimal) and _is_decimal(branch) else -1  # for its own fault to be told
            fits = True
        case Union():
            fits = False
    return 3 if fits else -1


def _fault(message: str, place: Place) -> CodecError:
    return CodecError(message, steps_of(place))


def _unlike(value: Any, wanted: str, place: Place, *, of_many: bool = False) -> CodecError:
    expected = wanted if of_many else "bytes" if wanted == "bytes" else a(wanted)
    return _fault(f"{shown(value)} where {expected} {'are' if expected == 'bytes' else 'is'} expected", place)


def _quoted(value: Any) -> str:
    if isinstance(value, int | float):
        return number_shown(value)[:60]
    return repr(value)[:60] if isinstance(value, str | Decimal) else a(shown(value))


# ---------------------------------------------------------------- out


def _value(type_: Type, datum: Datum, *, named: bool) -> Walk[Any]:
    match type_:
        case Primitive() | Fixed():
            key = logical_key(type_)
            return datum if key is None else _converted(key, type_, datum)
        case Enum():
            return datum
        case Array():
            array: list[Any] = []
            for item in datum:
                array += [(yield _value(type_.items, item, named=named))]
            return array
        case Map():
            entries = {}
            for name, item in datum.items():
                entries[name] = yield _value(type_.values, item, named=named)
            return entries
        case Union():
            branch = type_.branches[datum.index]
            value = yield _value(branch, datum.value, named=named)
            return (branch.name.full, value) if named and isinstance(branch, Record) else value
        case Record():
            record = {}
            for field in type_.fields:
                record[field.name] = yield _value(field.type, datum[field.name], named=named)
            return record


def _converted(key: str, type_: Type, datum: Datum) -> Any:
    logical = logical_of(type_)
    if logical is not None and logical.name == "decimal":
        return decimal_value(datum, logical.scale)  # fastavro rounds what has more digits than its type may have
    try:
        return LOGICAL_READERS[key](datum, props_of(type_), None)
    except Exception as error:  # noqa: BLE001  (converters raise what they meet: ValueError, OverflowError)
        raise CodecError(f"{_quoted(datum)} cannot be read as {key}: {error}") from None
