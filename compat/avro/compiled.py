"""Avro's binary encoding at the speed of fastavro, with our own answers: one schema, compiled once.

fastavro does the work where it is right and safe. It is asked only for types of bounded depth; what it would write
although it does not fit is found before (`surely.py`); where its types may hold themselves, what is deep goes through
our own codec, for fastavro would run over the end of the stack; so does what may claim any number of items that take
no bytes. Whatever it refuses, our own codec is asked about, which may know better and else says where and why.
"""

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from decimal import MAX_PREC
from io import BytesIO
from typing import Any, Final, TypeAlias

import fastavro

from compat.avro import direct
from compat.avro.codec import VALUES, decode, encode
from compat.avro.logical import logical_of
from compat.avro.natural import datum_of, value_of
from compat.avro.projection import SAME, NotPlain, Step, projection
from compat.avro.reader import Reader, Unreadable
from compat.avro.resolve import Resolution
from compat.avro.surely import Look, looker
from compat.avro.types import ABSENT, Array, Enum, Field, Fixed, Json, Map, Primitive, Record, Type, Union
from compat.faults import CodecError, Steps, shown

Encode = Callable[[Any], bytes]
Decode = Callable[[bytes], Any]

DEEPEST: Final = 100  # types within types, of a schema that fastavro is given
SHORT: Final = 1000  # bytes of a message that cannot be nested too deeply, as each level takes one
LEVELS: Final = 500  # of a value that fastavro is given
VALUES_IN_BYTE: Final = 16  # of a message, beyond as many as any may have: a record of nothing but a null has three
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")


class AvroCodec:
    """What encodes and decodes by one schema. `strict` refuses fields that the schema does not have, `complete` values
    without a field that has a default.
    """

    def __init__(self, root: Type, *, strict: bool = False, complete: bool = False, named: bool = False) -> None:
        self._root = root
        self._strict = strict
        self._complete = complete
        self._named = named
        self._shape = _Shape(root)
        self._parsed = _for_fastavro(root) if self._shape.is_plain else None
        # A schema that is nothing but bytes, as a decimal alone, has messages without a length, for all of Confluent's
        # clients and Connect's converters.
        self._is_raw = isinstance(root, Primitive) and root.kind == "bytes"

    @property
    def root(self) -> Type:
        return self._root

    @property
    def name(self) -> str:
        """The full name of a named type, else nothing."""
        return self._root.name.full if isinstance(self._root, Record | Enum | Fixed) else ""

    def encoder(self, frame: bytes = b"") -> Encode:
        """A function from a value to the frame and its bytes."""
        if self._is_raw:
            return lambda value: frame + self._raw(value)
        if self._parsed is None:
            return lambda value: frame + self._exactly(value)
        return self._looking(frame, self._parsed, looker(self._root))

    def _looking(self, frame: bytes, parsed: Json, look: Look | None) -> Encode:
        write, exactly = direct.writer(parsed, frame), self._exactly
        may_be_deep, strict, complete = self._shape.is_recursive, self._strict, self._complete

        def plain(value: Any) -> bytes:
            try:
                if look is None or look(value):
                    return write(value)
            except Exception:  # noqa: BLE001, S110  (fastavro raises what it meets; who knows where and why is asked)
                pass
            return frame + exactly(value)

        def careful(value: Any) -> bytes:
            if may_be_deep and not _is_shallow(value):
                return frame + exactly(value)
            if strict or complete:
                _hold_to_fields(self._root, value, strict=strict, complete=complete)
            return plain(value)

        return careful if may_be_deep or strict or complete else plain

    def _exactly(self, value: Any) -> bytes:
        return encode(self._root, self._datum(value))

    def _raw(self, value: Any) -> bytes:
        return bytes(value) if isinstance(value, bytes | bytearray | memoryview) else bytes(self._datum(value))

    def _datum(self, value: Any) -> Any:
        try:
            return datum_of(self._root, value)
        except CodecError:
            raise
        except Exception as error:  # noqa: BLE001  (users' classes raise what they like)
            raise CodecError(f"{shown(value)} cannot be looked at: {error!r}"[:300]) from None

    def decoder(self, start: int = 0, *, reader: Type | None = None) -> Decode:
        """A function from bytes, of which the first `start` are not the message's, to a value; the reader's if any."""
        if self._is_raw and reader is None and logical_of(self._root) is None:
            return lambda data: bytes(data[start:])
        if self._is_raw:
            with_length = self._decoder(0, reader)
            return lambda data: with_length(encode(self._root, bytes(data[start:])))
        return self._decoder(start, reader)

    def _decoder(self, start: int, reader: Type | None) -> Decode:
        if reader is None:
            return self._plainly(start, SAME, self._read_exactly)
        resolution = Resolution(reader, self._root)
        projected = Reader(resolution)

        def exactly(data: bytes) -> Any:
            try:
                return value_of(reader, projected.read(data, values=_most(data)), named=self._named)
            except Unreadable as unreadable:
                problem = unreadable.problems[0]
                raise CodecError(problem.sentence, problem.steps) from None

        try:
            step = projection(resolution)
        except (NotPlain, RecursionError):
            return lambda data: exactly(data[start:])
        if self._named and step is not SAME:
            return lambda data: exactly(data[start:])
        return self._plainly(start, step, exactly)

    def _plainly(self, start: int, step: Step, exactly: Decode) -> Decode:
        if self._parsed is None or self._shape.has_free_items or (self._named and self._shape.has_named_leaves):
            return lambda data: exactly(data[start:])
        parsed = _with_all_digits(self._parsed) if self._shape.has_decimals else self._parsed
        read = direct.reader(parsed, named=self._named)
        longest = SHORT if self._shape.is_recursive else 1 << 62
        is_same = step is SAME

        def plain(data: bytes) -> Any:
            if len(data) <= longest:
                try:
                    source = BytesIO(data)
                    source.seek(start)
                    value = read(source)
                    if not source.read(1):
                        return value if is_same else step(value)
                except Exception:  # noqa: BLE001, S110  (as in encoding)
                    pass
            return exactly(data[start:])

        return plain

    def _read_exactly(self, data: bytes) -> Any:
        return value_of(self._root, decode(self._root, data, values=_most(data)), named=self._named)


def _most(data: bytes) -> int:
    """Values of a message: what is long has many."""
    return VALUES + VALUES_IN_BYTE * len(data)


def _is_shallow(value: Any) -> bool:
    level = [value]
    for _ in range(LEVELS):
        # each once, or what holds itself twice were twice as much on each level
        level = list({id(inner): inner for outer in level for inner in _within(outer)}.values())
        if not level:
            return True
    return False


def _within(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from (inner for inner in value.values() if isinstance(inner, dict | list | tuple))
    elif isinstance(value, list | tuple):
        yield from (inner for inner in value if isinstance(inner, dict | list | tuple))


_Part: TypeAlias = tuple[Type, Any, Steps]  # a type, what is there of it, and where


def _hold_to_fields(root: Type, value: Any, *, strict: bool, complete: bool) -> None:
    """Refuses members that no field has, and fields without a member, wherever only one type can be meant."""
    todo: list[_Part] = [(root, value, ())]
    while todo:
        type_, inner, steps = todo.pop()
        match type_:
            case Union() if inner is not None:
                others = [branch for branch in type_.branches if not _is_null(branch)]
                todo += [(others[0], inner, steps)] if len(others) == 1 else []
            case Record() if isinstance(inner, dict):
                todo += _members(type_, inner, steps, strict=strict, complete=complete)
            case Array() if isinstance(inner, list):
                todo += [(type_.items, item, (*steps, at)) for at, item in enumerate(inner)]
            case Map() if isinstance(inner, dict):
                todo += [(type_.values, item, (*steps, key)) for key, item in inner.items()]


def _members(type_: Record, value: dict[str, Any], steps: Steps, *, strict: bool, complete: bool) -> Iterator[_Part]:
    fields = {field.name: field for field in type_.fields}
    missing = next((name for name in fields if name not in value), None) if complete else None
    if missing is not None:
        raise CodecError("it is missing, and its default is not to be taken", (*steps, missing))
    for name, member in value.items():
        if name in fields:
            yield fields[name].type, member, (*steps, name)
        elif strict:
            raise CodecError(f"{type_.name.full} has no such field", (*steps, name))


def _is_null(type_: Type) -> bool:
    return isinstance(type_, Primitive) and type_.kind == "null"


# ---------------------------------------------------------------- what fastavro is given


class _Shape:
    """What must be known of a schema before fastavro is trusted with it."""

    def __init__(self, root: Type) -> None:
        self.is_recursive = False
        self.is_plain = True
        self.has_decimals = False
        self.has_named_leaves = False  # enums or fixed in unions, which fastavro tells the names of by whim
        items: list[Type] = []
        on_way: set[int] = set()
        done: set[int] = set()
        stack: list[tuple[Type, Iterator[Type]]] = []

        def enter(type_: Type) -> None:
            if id(type_) in on_way:
                self.is_recursive = True
            elif id(type_) not in done:
                self._look(type_, items)
                on_way.add(id(type_))
                stack.append((type_, _inner(type_)))
                self.is_plain = self.is_plain and len(stack) <= DEEPEST

        enter(root)
        while stack:
            type_, ahead = stack[-1]
            following = next(ahead, None)
            if following is not None:
                enter(following)
            else:
                stack.pop()
                on_way.discard(id(type_))
                done.add(id(type_))
        known: dict[int, bool] = {}
        self.has_free_items = self.is_plain and any(_is_free(item, known) for item in items)

    def _look(self, type_: Type, items: list[Type]) -> None:
        if isinstance(type_, Record | Enum | Fixed) and not _NAME.fullmatch(type_.name.full):
            self.is_plain = False  # stored, and served, but fastavro refuses it
        if isinstance(type_, Primitive | Fixed) and type_.props.get("logicalType") == "decimal":
            self.has_decimals = True
        if isinstance(type_, Array):
            items.append(type_.items)
        if isinstance(type_, Union) and any(isinstance(branch, Enum | Fixed) for branch in type_.branches):
            self.has_named_leaves = True


def _inner(type_: Type) -> Iterator[Type]:
    match type_:
        case Array():
            yield type_.items
        case Map():
            yield type_.values
        case Union():
            yield from type_.branches
        case Record():
            yield from (field.type for field in type_.fields)
        case _:
            return


def _is_free(type_: Type, known: dict[int, bool]) -> bool:
    """Does a datum take no bytes?"""
    if isinstance(type_, Record):
        if id(type_) not in known:
            known[id(type_)] = False  # while it is looked at: one that holds itself has no datum
            known[id(type_)] = all(_is_free(field.type, known) for field in type_.fields)
        return known[id(type_)]
    return _is_null(type_) or (isinstance(type_, Fixed) and type_.size == 0)


def _for_fastavro(root: Type) -> Json | None:
    """The schema in fastavro's form: nothing but shapes, defaults, and the logical types that are in force."""
    try:
        return fastavro.parse_schema(_Spelled().type(root))
    except Exception:  # noqa: BLE001  (what it does not take, our own codec does)
        return None


def _with_all_digits(parsed: Json) -> Json:
    """For reading: a decimal that has more digits than its type may have, fastavro would round."""
    copied = deepcopy(parsed)
    todo, seen = [copied], set()
    while todo:
        inner = todo.pop()
        if id(inner) not in seen and isinstance(inner, dict | list):
            seen.add(id(inner))
            if isinstance(inner, dict) and inner.get("logicalType") == "decimal":
                inner["precision"] = MAX_PREC
            todo += inner.values() if isinstance(inner, dict) else inner
    return copied


class _Spelled:
    def __init__(self) -> None:
        self._known: set[int] = set()

    def type(self, type_: Type) -> Json:
        match type_:
            case Primitive():
                return {"type": type_.kind, **type_.props} if logical_of(type_) else type_.kind
            case Array():
                return {"type": "array", "items": self.type(type_.items)}
            case Map():
                return {"type": "map", "values": self.type(type_.values)}
            case Union():
                return [self.type(branch) for branch in type_.branches]
            case _:
                return self._named(type_)

    def _named(self, type_: Fixed | Enum | Record) -> Json:
        if id(type_) in self._known:
            return type_.name.full
        self._known.add(id(type_))
        named: dict[str, Json] = {"name": type_.name.full}
        match type_:
            case Fixed():
                return {**named, "type": "fixed", "size": type_.size, **(type_.props if logical_of(type_) else {})}
            case Enum():
                return {**named, "type": "enum", "symbols": list(type_.symbols)}
            case Record():
                return {**named, "type": "record", "fields": [self._field(field) for field in type_.fields]}

    def _field(self, field: Field) -> Json:
        spelled = {"name": field.name, "type": self.type(field.type)}
        return spelled if field.default is ABSENT else {**spelled, "default": field.default}
