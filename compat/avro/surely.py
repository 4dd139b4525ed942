"""A quick look at a value before fastavro writes it: surely of its type, or to be looked at closely.

fastavro writes a number that has no room in an int, half of a float as a long, any value as a boolean, text as a
double, and in a union bytes as an array of numbers, and a long as a double if that is named first. Here a function is
generated that asks for the types of just those places, since interpreting the schema for each message would cost more
than writing it. It answers False wherever it is in doubt.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from compat.avro.logical import Logical, logical_of
from compat.avro.natural import LARGEST_FLOAT
from compat.avro.types import ABSENT, Array, Enum, Field, Fixed, Map, Primitive, Record, Type, Union

Look = Callable[[Any], bool]


_BYTES: Final = (bytes, bytearray, memoryview)


def _is_free_of(value: Any, classes: tuple[type, ...]) -> bool:
    """Is nothing of these classes in a value? One that holds itself is in doubt by its depth, and not here."""
    todo, seen = [value], set()
    while todo:
        inner = todo.pop()
        if inner.__class__ is dict or inner.__class__ is list:
            if id(inner) not in seen:
                seen.add(id(inner))
                todo += inner.values() if inner.__class__ is dict else inner
        elif inner.__class__ in classes:
            return False
    return True


_NAMES: Final[dict[str, Any]] = {
    "date": date, "datetime": datetime, "time": time, "Decimal": Decimal, "UUID": UUID, "is_free_of": _is_free_of,
    "__builtins__": {
        "KeyError": KeyError, "bool": bool, "bytes": bytes, "dict": dict, "float": float, "int": int, "list": list,
        "str": str, "bytearray": bytearray, "memoryview": memoryview,
    },
}  # fmt: skip
_CLASSES: Final = {
    "date": "date",
    "time-millis": "time",
    "time-micros": "time",
    "timestamp-millis": "datetime",
    "timestamp-micros": "datetime",
    "local-timestamp-millis": "datetime",
    "local-timestamp-micros": "datetime",
    "uuid": "UUID",
}
_CONDITIONS: Final = {
    "null": "{0} is None",
    "boolean": "(x := {0}) is True or x is False",
    "int": "(x := {0}).__class__ is int and -2147483648 <= x <= 2147483647",
    "long": "{0}.__class__ is int",
    "float": f"((x := {{0}}).__class__ is float or x.__class__ is int) and -{LARGEST_FLOAT} < x < {LARGEST_FLOAT}",
    "double": "(x := {0}).__class__ is float or x.__class__ is int",
    "string": "{0}.__class__ is str",
}
_SAFE: Final = ("bytes", "string")  # fastavro refuses what is none


def looker(type_: Type) -> Look | None:
    """The function for a type; None when fastavro checks all of it."""
    writer = _Writer()
    condition = writer.condition(type_, "v")
    if condition is None:
        return None
    source = "\n".join([*writer.lines, "def look(v):", f"    return {condition}"])
    scope = dict(_NAMES)
    exec(compile(source, "<look>", "exec"), scope)  # noqa: S102  (only numbers, and names as their repr, get into it)
    look: Look = scope["look"]
    return look


class _Writer:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self._unions = 0
        self._functions: dict[int, str] = {}

    def condition(self, type_: Type, value: str) -> str | None:
        """An expression over `value`, itself an expression that is asked once; None when nothing need be asked."""
        match type_:
            case Primitive():
                return self._primitive(type_, value)
            case Fixed():
                if (logical := logical_of(type_)) is None:
                    return f"{value}.__class__ is bytes"
                return _decimal(logical, value) if logical.name == "decimal" else None
            case Enum():  # these fastavro validates before it writes
                return None
            case Union():  # these too, but for floats without room, and what it takes for something else
                parts = (self._nullable_float(type_, value), self._mistaken(type_, value))
                return " and ".join(part for part in parts if part is not None) or None
            case Array() | Map() | Record():
                return f"{self._function(type_)}({value})"

    def _primitive(self, type_: Primitive, value: str) -> str | None:
        logical = logical_of(type_)
        if logical is not None and logical.name == "decimal":
            return _decimal(logical, value)
        if logical is None or logical.name not in _CLASSES:
            return None if type_.kind in _SAFE else f"({_CONDITIONS[type_.kind].format(value)})"
        return f"((y := {value}).__class__ is {_CLASSES[logical.name]} or ({_CONDITIONS[type_.kind].format('y')}))"

    def _nullable_float(self, type_: Union, value: str) -> str | None:
        floats = any(isinstance(branch, Primitive) and branch.kind == "float" for branch in type_.branches)
        return f"((y := {value}).__class__ is not float or -{LARGEST_FLOAT} < y < {LARGEST_FLOAT})" if floats else None

    def _mistaken(self, type_: Union, value: str) -> str | None:
        classes = _mistaken(type_)
        if not classes:
            return None
        others = [branch for branch in type_.branches if not (isinstance(branch, Primitive) and branch.kind == "null")]
        if len(others) > 1:
            return f"is_free_of({value}, ({''.join(f'{one.__name__}, ' for one in classes)}))"
        self._unions += 1
        name, condition = f"u{self._unions}", self.condition(others[0], "v")
        self.lines += [f"def {name}(v):", f"    return v is None or {condition}"]
        return f"{name}({value})"

    def _function(self, type_: Array | Map | Record) -> str:
        if id(type_) not in self._functions:
            self._functions[id(type_)] = name = f"f{len(self._functions)}"
            body = list(self._record(type_) if isinstance(type_, Record) else self._all(type_))
            self.lines += [f"def {name}(v):", *(f"    {line}" for line in body)]
        return self._functions[id(type_)]

    def _record(self, record: Record) -> Iterator[str]:
        conditions = [condition for field in record.fields for condition in self._field(field)]
        yield "try:"
        yield f"    return {' and '.join(['v.__class__ is dict', *conditions])}"
        yield "except KeyError:"
        yield "    return False"

    def _field(self, field: Field) -> Iterator[str]:
        condition = self.condition(field.type, f"v[{field.name!r}]")
        if condition is not None:
            may_lack = field.default is not ABSENT or isinstance(field.type, Union)
            yield f"({field.name!r} not in v or {condition})" if may_lack else condition

    def _all(self, type_: Array | Map) -> Iterator[str]:
        inner, container = (type_.items, "list") if isinstance(type_, Array) else (type_.values, "dict")
        condition = self.condition(inner, "i")
        yield f"if v.__class__ is not {container}:"
        yield "    return False"
        if condition is not None:
            yield f"for i in {'v' if container == 'list' else 'v.values()'}:"
            yield f"    if not {condition}:"
            yield "        return False"
        yield "return True"


def _decimal(logical: Logical, value: str) -> str:
    """Of those that fit: fastavro counts no zeros of an exponent, and works on them for minutes if there are many."""
    return f"((x := {value}).__class__ is Decimal and x.adjusted() < {logical.precision - logical.scale})"


def _mistaken(type_: Type) -> tuple[type, ...]:
    """The classes of values that fastavro may take for something else, somewhere in a union."""
    found: set[type] = set()
    todo, seen = [type_], {id(type_)}
    while todo:
        inner = todo.pop()
        within: Iterable[Type] = ()
        match inner:
            case Array():
                found |= {*_BYTES}
                within = (inner.items,)
            case Map():
                within = (inner.values,)
            case Union():
                found |= {int} if _prefers_floats(inner) else set()
                within = inner.branches
            case Record():
                within = (field.type for field in inner.fields)
            case _:
                logical = logical_of(inner)
                found |= {Decimal} if logical is not None and logical.name == "decimal" else set()
        for one in within:
            if id(one) not in seen:
                seen.add(id(one))
                todo.append(one)
    return tuple(sorted(found, key=lambda one: one.__name__))


def _prefers_floats(union: Union) -> bool:
    """Is a float or a double named before an int or a long?"""
    kinds = [branch.kind for branch in union.branches if isinstance(branch, Primitive)]
    floats = [at for at, kind in enumerate(kinds) if kind in ("float", "double")]
    return any(kind in ("int", "long") for kind in kinds[min(floats) :]) if floats else False
