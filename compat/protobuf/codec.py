"""Protobuf by a schema: upb's encoding, messages found by name or by path, and plain values in and out of messages.

A path counts messages, and clients differ in whether the entries of maps, which a descriptor has as nested messages,
are counted too. So a path is read both ways, and the way that names no entry is taken.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import DecodeError, EncodeError, Message
from google.protobuf.message_factory import GetMessageClass

from compat.faults import CodecError, a, number_shown, shown
from compat.framing import FIRST, Indexes, Path, path_at
from compat.protobuf.protoc import ROOT
from compat.protobuf.schema import ProtobufSchema

Encode = Callable[[Any], bytes]
Decode = Callable[[bytes], Any]
MessageType = type[Message]

DEEPEST: Final = 100  # levels of a message: readers refuse more

_KINDS: Final = {
    FieldDescriptor.CPPTYPE_BOOL: "bool",
    FieldDescriptor.CPPTYPE_DOUBLE: "double",
    FieldDescriptor.CPPTYPE_ENUM: "enum",
    FieldDescriptor.CPPTYPE_FLOAT: "float",
    FieldDescriptor.CPPTYPE_INT32: "int32",
    FieldDescriptor.CPPTYPE_INT64: "int64",
    FieldDescriptor.CPPTYPE_UINT32: "uint32",
    FieldDescriptor.CPPTYPE_UINT64: "uint64",
}


class ProtobufCodec:
    """What encodes and decodes the messages of one schema."""

    def __init__(self, schema: ProtobufSchema) -> None:
        file: Any = schema.pool.FindFileByName(ROOT)
        self._top: list[Descriptor] = list(file.message_types_by_name.values())
        self._names = {message.full_name for message in self._all(self._top)}
        self._at: dict[Path, Descriptor] = {}

    def named(self, full_name: str = "") -> Descriptor:
        """A message of the schema's own file; the first one without a name. Raises CodecError.

        Entries of maps are none: no two clients agree on their paths.
        """
        for message in self._all(self._top):
            if (not full_name or message.full_name == full_name) and not message.GetOptions().map_entry:
                return message
        raise CodecError(f"the schema has no message {full_name}" if full_name else "the schema has no messages")

    def path(self, message: Descriptor) -> Path:
        """Where a message is in its file, as descriptors count."""
        around = message.containing_type
        beside = self._top if around is None else list(around.nested_types)
        index = next(at for at, found in enumerate(beside) if found.full_name == message.full_name)
        return (index,) if around is None else (*self.path(around), index)

    def at(self, path: Path) -> Descriptor:
        """The message that a path leads to, with map entries counted or without. Raises CodecError."""
        if path not in self._at:
            found = self._found(path, entries=True) or self._found(path, entries=False)
            if found is None:
                raise CodecError(f"the schema has no message at {list(path)}")
            self._at[path] = found
        return self._at[path]

    def _found(self, path: Path, *, entries: bool) -> Descriptor | None:
        beside, found = self._top, None
        for index in path:
            if entries is False:
                beside = [message for message in beside if not message.GetOptions().map_entry]
            if index >= len(beside):
                return None
            found = beside[index]
            beside = list(found.nested_types)
        return None if found is None or found.GetOptions().map_entry else found

    def _all(self, messages: Sequence[Descriptor]) -> Iterator[Descriptor]:
        for message in messages:
            yield message
            yield from self._all(list(message.nested_types))

    def decoder(
        self,
        start: int,
        path: Path | None,
        *,
        into: MessageType | None = None,
        name: str = "",
        form: Indexes = Indexes.ZIGZAG,
    ) -> Decode:
        """A function from bytes to a message: of `into`, or of the schema's own; of this name, if one is given.

        `start` bytes are not the message's; then its path follows, unless it is given. A path to another message of the
        file than `into` is refused, or its bytes would be misread; a class that the file does not know reads any.
        """
        named_here = into is not None and into.DESCRIPTOR.full_name in self._names

        def class_at(path: Path) -> MessageType:
            if into is None:
                found = self.named(name) if form is Indexes.NONE else self.at(path)
                if name and found.full_name != name:
                    raise CodecError(f"{found.full_name} where {name} is expected")
                return class_of(found)
            if form is Indexes.NONE:  # nobody says which it is
                return into
            named = self.at(path).full_name
            if named_here and named != into.DESCRIPTOR.full_name:
                raise CodecError(f"{named} where {into.DESCRIPTOR.full_name} is expected")
            return into

        if path is not None:
            return _parser(class_at(path), start)
        parsers: dict[Path, Decode] = {}
        near: dict[bytes, Decode] = {}  # by paths of two bytes: those of a file's second to 64th message
        second = start + 2

        def decode(data: bytes) -> Any:
            parser = near.get(data[start:second])
            if parser is not None:
                return parser(data)
            named, end = path_at(data, start, form)
            if end == second:
                parser = near[data[start:second]] = _parser(class_at(named), second)
                return parser(data)
            if named not in parsers:
                parsers[named] = _parser(class_at(named), 0)
            return parsers[named](data[end:])

        try:
            return _of_first(class_at(FIRST), start, decode) if form is Indexes.ZIGZAG and self._top else decode
        except CodecError:
            return decode


def _of_first(message: MessageType, start: int, others: Decode) -> Decode:
    """Most messages are their file's first, and are read without a look for their path."""
    parse, after = message.FromString, start + 1

    def decode(data: bytes) -> Any:
        try:
            if data[start:after] == b"\x00":
                return parse(data[after:])
        except DecodeError as error:
            raise _garbled(message, error) from None
        return others(data)

    return decode


def class_of(message: Descriptor) -> MessageType:
    found: MessageType = GetMessageClass(message)
    return found


def encoder(message: MessageType, frame: bytes = b"") -> Encode:
    """A function from a message, or its plain values, to the frame and its bytes."""
    serialize = message.SerializeToString

    def encode(value: Any) -> bytes:
        if value.__class__ is not message:
            value = _made(message, value)
        try:
            return frame + serialize(value)
        except EncodeError:
            missing = value.FindInitializationErrors()
            raise CodecError("it is missing, and is required", missing[0].split(".") if missing else ()) from None

    return encode


def _parser(message: MessageType, start: int) -> Decode:
    parse = message.FromString

    def decode(data: bytes) -> Any:
        try:
            return parse(data[start:])
        except DecodeError as error:
            raise _garbled(message, error) from None

    return decode


def _garbled(message: MessageType, error: DecodeError) -> CodecError:
    return CodecError(f"the bytes are no {message.DESCRIPTOR.full_name}: {error}")


# ------------------------------------------------------------------------------------------------ plain values


def _made(message: MessageType, value: Any) -> Message:
    try:
        return message_of(message, value)
    except CodecError:
        raise
    except Exception as error:  # noqa: BLE001  (upb's own, as for dates out of range; users' classes raise what they like)
        name = message.DESCRIPTOR.full_name
        raise CodecError(f"{shown(value)} cannot be made a {name}: {error!r}"[:300]) from None


def message_of(message: MessageType, value: Any) -> Message:
    """A message of plain values, or of another class for the same message. Raises CodecError with the path."""
    if isinstance(value, Message):
        if value.DESCRIPTOR.full_name != message.DESCRIPTOR.full_name:
            raise CodecError(f"{value.DESCRIPTOR.full_name} where {message.DESCRIPTOR.full_name} is expected")
        made: Message = message.FromString(value.SerializePartialToString())
        return made
    made = message()
    _fill(made, value, ())
    return made


def value_of(message: Message) -> dict[str, Any]:
    """A message as plain values by the names of its fields; only what is set."""
    return {field.name: _plain(field, value) for field, value in message.ListFields()}


def _plain(field: FieldDescriptor, value: Any) -> Any:
    inner = field.message_type
    if inner is not None and inner.GetOptions().map_entry:
        of = inner.fields_by_name["value"]
        return {key: _plain(of, item) for key, item in value.items()}
    if field.is_repeated:
        return [_one(field, item) for item in value]
    return _one(field, value)


def _one(field: FieldDescriptor, value: Any) -> Any:
    if field.message_type is not None:
        return value_of(value)
    if field.enum_type is not None:
        found = field.enum_type.values_by_number.get(value)
        return found.name if found else value
    return value


Steps = tuple[str | int, ...]


def _fill(message: Message, value: Any, steps: Steps, level: int = 0) -> None:
    if level > DEEPEST:
        raise CodecError(f"the message is nested deeper than {DEEPEST} levels", steps[:4])
    if isinstance(value, datetime | timedelta) and hasattr(
        message, "FromDatetime" if isinstance(value, datetime) else "FromTimedelta"
    ):
        (message.FromDatetime if isinstance(value, datetime) else message.FromTimedelta)(value)  # type: ignore[attr-defined]
        return
    if isinstance(value, Message):
        if value.DESCRIPTOR.full_name != message.DESCRIPTOR.full_name:
            raise _unlike(value, message.DESCRIPTOR.full_name, steps)
        message.MergeFromString(value.SerializePartialToString())
        return
    if not isinstance(value, Mapping):
        raise _unlike(value, message.DESCRIPTOR.full_name, steps)
    fields: Mapping[str, Any] = message.DESCRIPTOR.fields_by_name
    for name, member in value.items():
        if not isinstance(name, str):
            raise CodecError(f"{shown(name)} where a field's name is expected", steps)
        field: Any = None
        if name.isascii():  # upb fails on what has no bytes
            field = fields.get(name) or message.DESCRIPTOR.fields_by_camelcase_name.get(name)
        if field is None:
            raise CodecError(f"{message.DESCRIPTOR.full_name} has no such field", (*steps, str(name)))
        if member is not None:
            _hold_to_one(message, field, (*steps, field.name))
            _set(message, field, member, (*steps, field.name), level)


def _hold_to_one(message: Message, field: FieldDescriptor, steps: Steps) -> None:
    """Of a oneof upb keeps what is set last, and says nothing."""
    of = field.containing_oneof
    other = None if of is None else message.WhichOneof(of.name)
    if of is not None and other not in (None, field.name):
        raise CodecError(f"only one of oneof {of.name} can be set, and {other} is", steps)


def _set(message: Message, field: FieldDescriptor, value: Any, steps: Steps, level: int) -> None:
    inner = field.message_type
    if inner is not None and inner.GetOptions().map_entry:
        _set_map(getattr(message, field.name), inner, value, steps, level)
    elif field.is_repeated:
        if not isinstance(value, Sequence) or isinstance(value, str | bytes):
            raise _unlike(value, "list", steps)
        repeated = getattr(message, field.name)
        for at, item in enumerate(value):
            if inner is not None:
                _fill(repeated.add(), item, (*steps, at), level + 1)
            else:
                with _named(field, item, (*steps, at)):
                    repeated.append(_scalar(field, item))
    elif inner is not None:
        part = getattr(message, field.name)
        part.SetInParent()
        _fill(part, value, steps, level + 1)
    else:
        with _named(field, value, steps):
            setattr(message, field.name, _scalar(field, value))


def _set_map(entries: Any, entry: Descriptor, value: Any, steps: Steps, level: int) -> None:
    if not isinstance(value, Mapping):
        raise _unlike(value, "map", steps)
    key_field, of = entry.fields_by_name["key"], entry.fields_by_name["value"]
    for key, item in value.items():
        where = (*steps, key if isinstance(key, str | int) else str(key))
        if of.message_type is not None:
            with _named(key_field, key, where):
                part = entries[key]
            _fill(part, item, where, level + 2)  # a pair is a message, too
        else:
            with _named(of, item, where):
                entries[key] = _scalar(of, item)


def _scalar(field: FieldDescriptor, value: Any) -> Any:
    """A bool is no number here, nor the other way round, though upb takes either."""
    if isinstance(value, bool) is not (field.cpp_type == FieldDescriptor.CPPTYPE_BOOL):
        raise TypeError
    if field.enum_type is not None and isinstance(value, str):
        found = field.enum_type.values_by_name.get(value) if value.isascii() else None
        if found is None:
            raise ValueError(value)
        return found.number
    return value


class _named:  # noqa: N801  (used as `with`)
    """Turns what upb says of a value into our error."""

    def __init__(self, field: FieldDescriptor, value: Any, steps: Steps) -> None:
        self._field, self._value, self._steps = field, value, steps

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, TypeError):
            raise _unlike(self._value, kind_of(self._field), self._steps) from None
        if isinstance(error, ValueError | OverflowError) and not isinstance(error, CodecError):
            said = number_shown(self._value) if isinstance(self._value, int) else repr(self._value)
            raise CodecError(f"{said[:60]} is no {kind_of(self._field)}", self._steps) from None


def kind_of(field: FieldDescriptor) -> str:
    if field.enum_type is not None:
        return f"value of enum {field.enum_type.full_name}"
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return "bytes" if field.type == FieldDescriptor.TYPE_BYTES else "string"
    return _KINDS.get(field.cpp_type, "message")


def _unlike(value: Any, wanted: str, steps: Steps) -> CodecError:
    return CodecError(f"{shown(value)} where {a(wanted)} is expected", steps)
