"""Protobuf's messages as JSON values, by its canonical JSON mapping: `messages` of `compat/messages.py`.

The mapping is that of `google.protobuf.json_format`. It stops at the first fault, names few places, and lets pass what
is no value (a list for a message, any text for bytes); so a value is looked over before, and it has the last word.
"""

import re
from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from typing import Any, Final

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError, Message

from compat.faults import CodecError, Steps, a
from compat.framing import Path, written_path
from compat.messages import MOST_FAULTS, Fault, fault_of, json_kind
from compat.protobuf.codec import ProtobufCodec, class_of, kind_of
from compat.protobuf.schema import ProtobufSchema
from compat.protobuf.wire import RANGES
from compat.schema import Schema

DEEPEST: Final = 100  # levels of a message, here as for all readers
_TOO_DEEP: Final = f"the message is nested deeper than {DEEPEST} levels"
MOST_CHARACTERS: Final = 400  # of a number that is written as text, and of a sentence of the library's
_OWN_FORMS: Final = {  # messages whose JSON is not an object of their fields
    f"google.protobuf.{name}"
    for name in (
        *("Any", "Duration", "Timestamp", "FieldMask", "Struct", "Value", "ListValue", "BoolValue", "BytesValue"),
        *("DoubleValue", "FloatValue", "Int32Value", "Int64Value", "StringValue", "UInt32Value", "UInt64Value"),
    )
}
_HEAD: Final = re.compile(r"^(?:Failed to parse \S+ field: )+")
_TAIL: Final = re.compile(r"(?:\.? at \"?[\w.\[\]]+\"?)?[.\s]*$")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]*={0,2}")
_WHOLE: Final = re.compile(r"-?[0-9]+")
_REAL: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_RANGES: Final = {
    FieldDescriptor.CPPTYPE_INT32: RANGES["int32"],
    FieldDescriptor.CPPTYPE_INT64: RANGES["int64"],
    FieldDescriptor.CPPTYPE_UINT32: RANGES["uint32"],
    FieldDescriptor.CPPTYPE_UINT64: RANGES["uint64"],
}
_LARGEST: Final = {
    FieldDescriptor.CPPTYPE_FLOAT: 3.4028235677973366e38,
    FieldDescriptor.CPPTYPE_DOUBLE: 1.7976931348623157e308,
}
_EXACT: Final = 2**53  # beyond it a float is any of several whole numbers
_HALF: Final = re.compile(r"[\ud800-\udfff]")  # of a surrogate pair
_STEP: Final = re.compile(r"\[([0-9]+)\]|([^.\[\]]+)")


def messages(
    schema: Schema, *, reader: Schema | None, logical: bool, message: str, ignore_unknown: bool
) -> "ProtobufMessages":
    del logical  # Avro's
    assert isinstance(schema, ProtobufSchema)
    if reader is not None and not isinstance(reader, ProtobufSchema):
        raise CodecError(f"a Protobuf message cannot be read by a schema of type {reader.source.kind}")
    return ProtobufMessages(schema, reader, message, ignore_unknown=ignore_unknown)


class ProtobufMessages:
    def __init__(
        self, schema: ProtobufSchema, reader: ProtobufSchema | None, message: str, *, ignore_unknown: bool
    ) -> None:
        self._pool = schema.pool
        self._codec = ProtobufCodec(schema)
        self._reader = ProtobufCodec(reader) if reader else None
        self._shown_pool = reader.pool if reader else schema.pool
        self._message = message
        self._ignore_unknown = ignore_unknown
        if message:
            self._codec.named(message)

    @cached_property
    def _named(self) -> Descriptor:
        return self._codec.named(self._message)

    @property
    def name(self) -> str:
        return str(self._named.full_name)

    @property
    def path(self) -> Path:
        return self._codec.path(self._named)

    @property
    def tail(self) -> bytes:
        return written_path(self.path)

    def encode(self, value: Any) -> bytes:
        made = self._made(value)
        if not isinstance(made, bytes):
            raise made[0]
        return made

    def decode(self, payload: bytes, path: Path | None = None) -> Any:
        written = self._named if path is None or self._message else self._codec.at(path)
        read = self._reader.named(written.full_name) if self._reader else written
        try:
            message = class_of(read).FromString(payload)
        except DecodeError as error:
            raise CodecError(f"the bytes are no {read.full_name}: {error}") from None
        try:
            return json_format.MessageToDict(message, descriptor_pool=self._shown_pool)
        except Exception as error:  # noqa: BLE001  (a Timestamp beyond the year 9999, an Any of a type that is not here)
            raise CodecError(f"the {read.full_name} has no JSON: {error}") from None

    def faults(self, value: Any) -> tuple[Fault, ...]:
        made = self._made(value)
        return () if isinstance(made, bytes) else tuple(fault_of(fault.message, fault.steps) for fault in made)

    def faults_in(self, payload: bytes, path: Path | None = None) -> tuple[Fault, ...]:
        try:
            self.decode(payload, path)
        except CodecError as fault:
            return (fault_of(fault.message, fault.steps),)
        return ()

    def _made(self, value: Any) -> bytes | list[CodecError]:
        """The message's bytes, which can be read again; or why there are none."""
        look = _Look(self._pool, ignore_unknown=self._ignore_unknown)
        found = list(islice(look.message(self._named, value, ()), MOST_FAULTS))
        if found:
            return found
        made = look.parsed(self._named, value, ())
        if isinstance(made, CodecError):
            return [made]
        complete: Any = made  # whose stub does not know of the next
        missing: list[str] = complete.FindInitializationErrors()
        if missing:
            return [CodecError("it is missing, and is required", _steps_to(at)) for at in missing]
        data = made.SerializeToString()
        try:
            type(made).FromString(data)
        except DecodeError:  # a map has two levels on the wire, a Struct three
            return [CodecError(f"{_TOO_DEEP} on the wire")]
        return data


class _Look:
    """Goes through a value by a message's fields. `message` yields what is wrong, in the order of the value."""

    def __init__(self, pool: DescriptorPool, *, ignore_unknown: bool) -> None:
        self._pool = pool
        self._ignore_unknown = ignore_unknown
        self._level = 0

    def parsed(self, of: Descriptor, value: Any, steps: Steps) -> Message | CodecError:
        try:
            return json_format.ParseDict(
                value,
                class_of(of)(),
                ignore_unknown_fields=self._ignore_unknown,
                descriptor_pool=self._pool,
                max_recursion_depth=DEEPEST,
            )
        except Exception as error:  # noqa: BLE001  (what it meets: ParseError, ValueError, TypeError)
            said, _, _ = _HEAD.sub("", str(error)).partition("\n")  # the head has a name of each level
            return CodecError(_TAIL.sub("", said[:MOST_CHARACTERS]), steps)

    def message(self, of: Descriptor, value: Any, steps: Steps) -> Iterator[CodecError]:
        if of.full_name in _OWN_FORMS:
            made = self.parsed(of, value, steps)
            if isinstance(made, CodecError):
                yield made
        elif not isinstance(value, dict):
            yield _unlike(value, of.full_name, steps)
        elif self._level == DEEPEST:
            yield CodecError(_TOO_DEEP, steps[:4])
        else:
            self._level += 1
            yield from self._fields(of, value, steps)
            self._level -= 1

    def _fields(self, of: Descriptor, value: dict[str, Any], steps: Steps) -> Iterator[CodecError]:
        fields = {**{field.json_name: field for field in of.fields}, **of.fields_by_name}
        seen: set[str] = set()
        for name, member in value.items():
            field, here = fields.get(name), (*steps, name)
            if field is None:
                yield from () if self._ignore_unknown or _is_extension(name) else _no_field(of, here)
                continue
            one_of = field.containing_oneof
            for taken in (field.name, one_of.full_name) if one_of and member is not None else (field.name,):
                if taken in seen:
                    told = "it is there twice" if taken == field.name else f"{taken} has a field already"
                    yield CodecError(told, here)
                seen.add(taken)
            if member is not None:
                yield from self._member(field, member, here)

    def _member(self, field: Any, value: Any, steps: Steps) -> Iterator[CodecError]:
        inner = field.message_type
        if inner is not None and inner.GetOptions().map_entry:
            yield from self._map(inner, value, steps)
        elif not field.is_repeated:
            yield from self._one(field, value, steps)
        elif not isinstance(value, list):
            yield _unlike(value, "array", steps)
        else:
            for at, item in enumerate(value):
                yield from self._one(field, item, (*steps, at))

    def _map(self, entry: Any, value: Any, steps: Steps) -> Iterator[CodecError]:
        if not isinstance(value, dict):
            yield _unlike(value, "map", steps)
            return
        keys, of = entry.fields_by_name["key"], entry.fields_by_name["value"]
        for key, item in value.items():
            read = {"true": True, "false": False}.get(key, key) if keys.cpp_type == keys.CPPTYPE_BOOL else key
            yield from self._one(keys, read, (*steps, key))
            yield from self._one(of, item, (*steps, key))

    def _one(self, field: Any, value: Any, steps: Steps) -> Iterator[CodecError]:
        if field.message_type is not None:
            yield from self.message(field.message_type, value, steps)
        elif not _is_scalar(field, value):
            yield CodecError(f"{_shown(value)} is no {kind_of(field)}", steps)


def _no_field(of: Descriptor, steps: Steps) -> Iterator[CodecError]:
    yield CodecError(f"{of.full_name} has no such field", steps)


def _is_extension(name: str) -> bool:
    return name.startswith("[") and name.endswith("]")


def _is_scalar(field: Any, value: Any) -> bool:
    """Is it a value of a field, in JSON? Numbers may be text; and text of bytes is of either of base64's alphabets."""
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_BOOL:
            return isinstance(value, bool)
        case FieldDescriptor.CPPTYPE_STRING if field.type == FieldDescriptor.TYPE_BYTES:
            return isinstance(value, str) and _BASE64.fullmatch(value) is not None and len(value.rstrip("=")) % 4 != 1
        case FieldDescriptor.CPPTYPE_STRING:
            return isinstance(value, str) and not _HALF.search(value)
        case FieldDescriptor.CPPTYPE_FLOAT | FieldDescriptor.CPPTYPE_DOUBLE:
            return _is_real(value, _LARGEST[field.cpp_type])
        case FieldDescriptor.CPPTYPE_ENUM:
            if value is None:
                return bool(field.enum_type.full_name == "google.protobuf.NullValue")
            if isinstance(value, str):  # upb's dictionaries fail on half of a surrogate pair
                return not _HALF.search(value) and value in field.enum_type.values_by_name
            return _is_whole(value, RANGES["enum"])
        case _:
            return _is_whole(value, _RANGES[field.cpp_type])


def _is_whole(value: Any, allowed: tuple[int, int]) -> bool:
    if isinstance(value, str) and len(value) <= 20 and _REAL.fullmatch(value):
        value = int(value) if _WHOLE.fullmatch(value) else float(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        value = int(value)
    return value.__class__ is int and allowed[0] <= value <= allowed[1]


def _is_real(value: Any, largest: float) -> bool:
    if isinstance(value, str):
        if value in ("NaN", "Infinity", "-Infinity"):
            return True
        if len(value) > MOST_CHARACTERS or not _REAL.fullmatch(value):
            return False
        value = float(value)
    return isinstance(value, int | float) and not isinstance(value, bool) and -largest <= value <= largest


def _shown(value: Any) -> str:
    if isinstance(value, dict | list) or value is None:
        return json_kind(value)
    return repr(value)[:60]


def _unlike(value: Any, wanted: str, steps: Steps) -> CodecError:
    return CodecError(f"{json_kind(value)} where {a(wanted)} is expected", steps)


def _steps_to(place: str) -> Steps:
    """The steps of a place as upb names it, `items[2].price`."""
    return tuple(int(index) if index else name for index, name in _STEP.findall(place))
