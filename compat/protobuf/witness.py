"""Proofs: a message of the writer for a rule that is broken, and what the reader's own classes make of its bytes.

Both sides get a pool of descriptors and the classes that real programs would have (upb). Messages are made along the
way from a root to the place, with values that tell kinds apart, and each is written, read, and compared field by
field; the first that shows what the rule says is the witness. What is not shown is not claimed.

A pool can be crashed by a descriptor that is made to do so: this is for worker processes only.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final, TypeAlias

from google.protobuf import json_format, text_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.unknown_fields import UnknownFieldSet

from compat.protobuf.model import KINDS
from compat.protobuf.rules import Effect, Fault
from compat.protobuf.walk import Pair
from compat.protobuf.wire import RANGES
from compat.report import Witness

AField: TypeAlias = Any  # a FieldDescriptor, whose stubs are written for generated classes
AType: TypeAlias = Any  # a Descriptor, likewise

RUNS: Final = 5_000  # messages that are tried for one answer
DEPTH: Final = 95  # messages inside one another: parsers take 100
SHOWN: Final = 400  # characters of a value in an answer
TEXT: Final = 100_000  # characters of one witness


@dataclass(frozen=True, slots=True)
class Seen:
    """What a reader made of one field: where (the writer's numbers from the root), and what each side has there."""

    effect: Effect
    place: tuple[int, ...]
    written: str = ""
    read: str = ""


class Side:
    """The classes of one schema."""

    def __init__(self, files: FileDescriptorSet) -> None:
        self.pool = DescriptorPool()
        for proto in files.file:
            self.pool.AddSerializedFile(proto.SerializeToString())

    def make(self, full_name: str) -> Message:
        return GetMessageClass(self.pool.FindMessageTypeByName(full_name))()

    def field(self, type_: AType, number: int) -> AField | None:
        """A field of a type, or an extension of it, by number."""
        found = type_.fields_by_number.get(number)
        if found is None and type_.is_extendable:
            try:
                found = self.pool.FindExtensionByNumber(type_, number)
            except KeyError:
                return None
        return found


class Prover:
    """Makes and runs the witnesses of one comparison. Pools are built when they are needed first."""

    def __init__(self, reader: FileDescriptorSet, writer: FileDescriptorSet) -> None:
        self._files = reader, writer
        self._sides: tuple[Side, Side] | None = None
        self._made: Maker | None = None
        self._failed = False
        self._runs = RUNS

    def witness(self, fault: Fault, pair: Pair) -> Witness | None:
        """The proof of a fault that was met by way of `pair`, if one was found."""
        sides = self._both()
        if sides is None:
            return None
        reader, writer = sides
        *_, root = pair.back()
        way = tuple(reversed([step.number for step in pair.back() if step.number]))
        for message in self._maker(writer).messages(fault, root.writer.full_name, way):
            if self._runs <= 0:
                return None
            self._runs -= 1
            empty = reader.make(root.reader.full_name)
            seen = _shown(fault, way, message, empty, sides)
            if seen is not None:
                return _witness(message, seen)
        return None

    def _maker(self, writer: Side) -> "Maker":
        if self._made is None:
            self._made = Maker(writer)
        return self._made

    def _both(self) -> tuple[Side, Side] | None:
        if self._sides is None and not self._failed:
            try:
                self._sides = Side(self._files[0]), Side(self._files[1])
            except (TypeError, DecodeError):  # stored schemas hold more than a pool takes
                self._failed = True
        return self._sides


def _witness(message: Message, seen: Seen) -> Witness | None:
    data = message.SerializeToString(deterministic=True)
    json = _json(message)
    name = message.DESCRIPTOR.full_name
    where = ".".join(map(str, seen.place))
    if not seen.place:
        said = f"the reader {seen.effect}: {seen.read}"
    else:
        said = f"field {where} is {seen.written}, and the reader {seen.effect}: {seen.read}"
    if len(json) + 2 * len(data) > TEXT:
        return None
    return Witness(json, data.hex(), f"message {name}: {said}")


def _json(message: Message) -> str:
    """ProtoJSON, under the names of the text; the text format where JSON has no form for it."""
    try:
        return json_format.MessageToJson(message, preserving_proto_field_name=True, indent=None)
    except Exception:  # noqa: BLE001  (values of well-known types that have no JSON raise what they like)
        return text_format.MessageToString(message, as_one_line=True)


# ---------------------------------------------------------------- what a reader sees


def _shown(
    fault: Fault, way: tuple[int, ...], message: Message, empty: Message, sides: tuple[Side, Side]
) -> Seen | None:
    """The effect that the rule speaks of, at its place or inside it."""
    effects = fault.rule.effects
    seen = (
        in_json(message, empty) if Effect.JSON in effects else seen_by(message, empty, *sides, unset=not fault.setting)
    )
    place = way if not fault.number else (*way, fault.number)
    for one in seen:
        if one.effect not in effects:
            continue
        if one.effect in (Effect.REFUSED, Effect.JSON, Effect.MISSING) or one.place[: len(place)] == place:
            return one
        if place[: len(one.place)] == one.place and one.effect in (Effect.LOST, Effect.MISREAD):
            return one  # a map is lost or changed with what is in it
    return None


def seen_by(message: Message, empty: Message, reader: Side, writer: Side, *, unset: bool = True) -> Iterator[Seen]:
    """All that `empty`, of the reader's class, sees otherwise in the bytes of the writer's `message`.

    `unset` asks also what is read where nothing was set, which takes a look at every field.
    """
    data = message.SerializePartialToString()
    try:
        empty.ParseFromString(data)
    except DecodeError as error:
        yield Seen(Effect.REFUSED, (), read=str(error))
        return
    if message.IsInitialized() and not empty.IsInitialized():
        yield Seen(Effect.MISSING, (), read=next(_missing(empty), ""))
    yield from _Eyes(reader, writer, unset=unset).compare(message, empty, ())


def _missing(message: Message) -> Iterator[str]:
    """The required fields that are not set. (upb has a function for this, which crashes in 7.36.2.)"""
    for field in message.DESCRIPTOR.fields:
        if field.is_required and not _is_set(message, field):
            yield field.name
    for field, value in message.ListFields():
        if _is_message(field):
            is_map = _is_map(field) and isinstance(next(iter(value.values())), Message)
            inside = value.values() if is_map else () if _is_map(field) else value if field.is_repeated else (value,)
            yield from (f"{field.name}.{name}" for one in inside for name in _missing(one))


def in_json(message: Message, empty: Message) -> Iterator[Seen]:
    """What becomes of the message's ProtoJSON. Numbers of enums are no matter here: JSON knows names."""
    try:
        text = json_format.MessageToJson(message)
    except Exception:  # noqa: BLE001  (as in `_json`)
        return
    try:
        json_format.Parse(text, empty)
    except json_format.ParseError as error:
        yield Seen(Effect.JSON, (), read=str(error))
        return
    if not empty.IsInitialized():
        return
    again = json_format.MessageToJson(empty)
    if again != text:
        yield Seen(Effect.JSON, (), written=_cut(text), read=_cut(again))
    elif {field.number for field, _ in message.ListFields()} != {field.number for field, _ in empty.ListFields()}:
        yield Seen(Effect.JSON, (), written=_cut(text), read="the same names under other numbers")
    elif sorted(_texts(message)) != sorted(_texts(empty)):
        yield Seen(Effect.JSON, (), written=_cut(text), read="text for what was base64, or the other way round")


def _texts(message: Message) -> Iterator[bytes]:
    """All strings and bytes in a message, as bytes."""
    for field, value in message.ListFields():
        for one in _values(field, value):
            if isinstance(one, Message):
                yield from _texts(one)
            elif isinstance(one, str | bytes):
                yield _plain(one)


class _Eyes:
    def __init__(self, reader: Side, writer: Side, *, unset: bool) -> None:
        self.reader = reader
        self.writer = writer
        self.unset = unset

    def compare(self, written: Message, read: Message, place: tuple[int, ...]) -> Iterator[Seen]:
        """By numbers: what the writer set, and what either side reads where nothing is set."""
        fields: Any = UnknownFieldSet(read)
        unknown = {one.field_number for one in fields}
        for field, value in written.ListFields():
            here = (*place, field.number)
            other = self.reader.field(read.DESCRIPTOR, field.number)
            if field.is_repeated and not len(value):
                continue  # an extension is listed once it was looked at
            if other is None:
                yield Seen(Effect.DROPPED, here, _spelled(value), f"unknown field {field.number}")
            else:
                yield from self.field(field, value, other, read, here, is_unknown=field.number in unknown)
        if not self.unset:
            return
        type_: AType = written.DESCRIPTOR
        for field in (*type_.fields, *self.writer.pool.FindAllExtensions(type_)):
            other = self.reader.field(read.DESCRIPTOR, field.number)
            if other is not None and not _is_set(written, field):
                yield from _unset(written, field, read, other, (*place, field.number))

    def field(
        self,
        field: AField,
        value: Any,
        other: AField,
        read: Message,
        here: tuple[int, ...],
        *,
        is_unknown: bool,
    ) -> Iterator[Seen]:
        ours, theirs = _items(read, other), _values(field, value)
        if not ours or (not _is_set(read, other) and not other.is_repeated):
            yield from self.absent(field, value, other, read, here, is_unknown=is_unknown)
        elif _is_map(field) and _is_map(other):
            yield from self.maps(value, _value(read, other), here, is_unknown=is_unknown)
        elif len(ours) != len(theirs):
            effect = Effect.LOST if is_unknown else Effect.MISREAD
            yield Seen(effect, here, _spelled(value), _spelled(_value(read, other)))
        else:
            if _is_map(field):  # its entries are written in any order
                ours, theirs = sorted(ours, key=_key), sorted(theirs, key=_key)
            for one, its in zip(ours, theirs, strict=True):
                yield from self.value(its, one, here)

    def absent(
        self,
        field: AField,
        value: Any,
        other: AField,
        read: Message,
        here: tuple[int, ...],
        *,
        is_unknown: bool,
    ) -> Iterator[Seen]:
        """The writer wrote something, and the reader knows the number, but has nothing there."""
        if is_unknown:
            yield Seen(Effect.LOST, here, _spelled(value), "nothing is set")
        elif other.containing_oneof is not None and read.WhichOneof(other.containing_oneof.name):
            chosen = read.WhichOneof(other.containing_oneof.name)
            yield Seen(Effect.REPLACED, here, _spelled(value), f"{chosen} is set")
        elif not field.is_repeated and not other.is_repeated and _is_alike(value, _value(read, other)):
            if not (field.is_required or field.containing_type.GetOptions().map_entry):  # these are known to be set
                yield Seen(Effect.FORGOTTEN, here, _spelled(value), "nothing is set")
        else:
            yield Seen(Effect.MISREAD, here, _spelled(value), f"{_spelled(_value(read, other))}")

    def maps(self, value: Any, read: Any, here: tuple[int, ...], *, is_unknown: bool) -> Iterator[Seen]:
        ours = {_plain(key): read[key] for key in read}
        if len(ours) != len(value) or any(_plain(key) not in ours for key in value):
            effect = Effect.LOST if is_unknown else Effect.MISREAD
            yield Seen(effect, here, _spelled(value), _spelled(read))
            return
        for key in value:
            yield from self.value(value[key], ours[_plain(key)], (*here, 2))

    def value(self, written: Any, read: Any, here: tuple[int, ...]) -> Iterator[Seen]:
        if isinstance(written, Message) and isinstance(read, Message):
            yield from self.compare(written, read, here)
        elif not _is_alike(written, read):
            yield Seen(Effect.MISREAD, here, _spelled(written), _spelled(read))


def _unset(written: Message, field: AField, read: Message, other: AField, here: tuple[int, ...]) -> Iterator[Seen]:
    if field.is_repeated or other.is_repeated or _is_message(field) or _is_message(other):
        return
    old, new = _value(written, field), _value(read, other)
    if not _is_set(read, other) and _plain(old) != _plain(new):
        if not field.has_presence:
            yield Seen(Effect.MISREAD, here, _spelled(old), _spelled(new))
        elif not (_is_empty(old) and _is_empty(new)):
            yield Seen(Effect.DEFAULTED, here, f"not set and read as {_spelled(old)} by the writer", _spelled(new))


def _is_alike(written: Any, read: Any) -> bool:
    """Is it the same value, though of another kind? Bytes are a message if they encode it."""
    if not isinstance(written, Message) and not isinstance(read, Message):
        return bool(_plain(written) == _plain(read))
    data, message = (read, written) if isinstance(written, Message) else (written, read)
    return isinstance(data, bytes) and _encodes(data, message)


def _encodes(data: bytes, message: Message) -> bool:
    try:
        return bool(type(message).FromString(data) == message)
    except DecodeError:
        return False


def _is_empty(value: Any) -> bool:
    return value in (0, "", b"")


def _plain(value: Any) -> Any:
    return value.encode() if isinstance(value, str) else value


def _is_message(field: AField) -> bool:
    return bool(field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE)


def _is_map(field: AField) -> bool:
    return _is_message(field) and field.is_repeated and field.message_type.GetOptions().map_entry


def _value(message: Message, field: AField) -> Any:
    return message.Extensions[field] if field.is_extension else getattr(message, field.name)


def _is_set(message: Message, field: AField) -> bool:
    if field.is_repeated:
        return len(_value(message, field)) > 0
    if not field.has_presence:
        return bool(_value(message, field) != field.default_value)
    return message.HasExtension(field) if field.is_extension else message.HasField(field.name)


def _items(message: Message, field: AField) -> list[Any]:
    return _values(field, _value(message, field))


def _values(field: AField, value: Any) -> list[Any]:
    """As a list. Entries of a map are messages, as they are on the wire."""
    if not field.is_repeated:
        return [value]
    if not _is_map(field):
        return list(value)
    entry = GetMessageClass(field.message_type)
    return [_entry(entry, key, value[key]) for key in value]


def _key(entry: Any) -> str:
    """What entries of a map are put in order by, whatever the reader makes of them."""
    if not isinstance(entry, Message):
        return ""
    field = entry.DESCRIPTOR.fields_by_number.get(1)
    return "" if field is None else str(_plain(_value(entry, field)))


def _entry(entry: type[Message], key: Any, value: Any) -> Message:
    message = entry()
    made: Any = message
    made.key = key
    if isinstance(value, Message):
        made.value.CopyFrom(value)
        made.value.SetInParent()  # an empty one is there all the same
    else:
        made.value = value
    return message


def _spelled(value: Any) -> str:
    if isinstance(value, Message):
        return _cut(f"{{{text_format.MessageToString(value, as_one_line=True)}}}")
    if isinstance(value, str | bytes | int | float):
        return _cut(repr(value))
    if hasattr(value, "items"):
        return _cut("{" + ", ".join(f"{key!r}: {_spelled(value[key])}" for key in sorted(value)) + "}")
    return _cut("[" + ", ".join(map(_spelled, value)) + "]")


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


# ---------------------------------------------------------------- messages to try


class Maker:
    """Makes messages of the writer to try: at the end of a way, in the fields of a setting, one value after another."""

    def __init__(self, writer: Side) -> None:
        self.writer = writer
        self._needed: dict[str, list[AField]] = {}

    def messages(self, fault: Fault, root: str, way: tuple[int, ...]) -> Iterator[Message]:
        """Messages of the root type, each valid for the writer."""
        types = self._types(self.writer.pool.FindMessageTypeByName(root), way)
        if types is None:
            return
        fields = [self.writer.field(types[-1], number) for number in fault.setting]
        values = [self.values(field, fault.telling) for field in fields if field is not None]
        for row in zip_longest(*values) if values else [()]:
            made = GetMessageClass(types[-1])()
            for field, its, value in zip(fields, values, row, strict=True):
                if field is not None:
                    _put(made, field, its[-1] if value is None else value)
            self._complete(made)
            message = self._around(made, types, way)
            if message is not None:
                yield message

    def _complete(self, made: Message) -> None:
        """An entry of a map has a key and a value."""
        type_: AType = made.DESCRIPTOR
        for field in type_.fields if type_.GetOptions().map_entry else ():
            if not _is_set(made, field):
                for value in self.values(field)[:1]:
                    _put(made, field, value)

    def _types(self, root: AType, way: tuple[int, ...]) -> list[AType] | None:
        types = [root]
        for number in way:
            field = self.writer.field(types[-1], number)
            if field is None or not _is_message(field) or len(types) == DEPTH:
                return None
            types.append(field.message_type)
        return types

    def _around(self, inner: Message, types: list[AType], way: tuple[int, ...]) -> Message | None:
        """From the inside out, as bytes: entries of maps cannot be made otherwise."""
        if not self.filled(inner):
            return None
        for type_, number in zip(reversed(types[:-1]), reversed(way), strict=True):
            field = self.writer.field(type_, number)
            assert field is not None
            outer = GetMessageClass(type_)()
            try:
                outer.MergeFromString(_embedded(field, inner.SerializePartialToString()))
            except DecodeError:
                return None
            if not self.filled(outer):
                return None
            inner = outer
        return inner

    def filled(self, message: Message, depth: int = 0) -> bool:
        """Sets what is required, as small as can be; False when that never ends."""
        if depth > DEPTH:
            return False
        for field in self._needs(message.DESCRIPTOR):
            if message.HasField(field.name):
                continue
            if not _is_message(field):
                setattr(message, field.name, field.default_value)
                continue
            inner = getattr(message, field.name)
            inner.SetInParent()
            if not self.filled(inner, depth + 1):
                return False
        return True

    def _needs(self, type_: AType) -> list[AField]:
        """What must be set: what is required, and the message that is the value of a map."""
        if type_.full_name not in self._needed:
            is_entry = type_.GetOptions().map_entry
            self._needed[type_.full_name] = [
                field
                for field in type_.fields
                if (field.is_required and not field.is_repeated) or (is_entry and _is_message(field))
            ]
        return self._needed[type_.full_name]

    def values(self, field: AField, telling: tuple[Any, ...] = (), depth: int = 2) -> list[Any]:
        """Values of a field that tell kinds apart, small ones first."""
        if _is_map(field):
            return self._maps(field, telling, depth)
        if _is_message(field):
            single = self._inner(field.message_type, depth)
        else:
            single = [*(one for one in telling if one in _range(field)), *_scalars(field)]
        if not field.is_repeated:
            return single
        if not single:
            return [[]]
        return [*([one] for one in single), (single * 3)[:3], single[:1] * 2, single]

    def _inner(self, type_: AType, depth: int) -> list[Message]:
        """The empty message, one with each of its fields, and one with them all."""
        fields = list(type_.fields)[:WIDTH] if depth else []
        settings = [[], *([field] for field in fields), fields]
        found = []
        for setting in settings:
            made = GetMessageClass(type_)()
            for field in setting:
                for value in self.values(field, depth=depth - 1)[:1]:
                    _put(made, field, value)
            if self.filled(made):
                found.append(made)
        return found

    def _maps(self, field: AField, telling: tuple[Any, ...], depth: int) -> list[dict[Any, Any]]:
        key, value = (field.message_type.fields_by_number[number] for number in (1, 2))
        keys = self.values(key)
        values = self.values(value, telling, depth - 1) if depth else self.values(value, telling, 0)[:2]
        if not values:
            return [{}]
        first = [{keys[0]: one} for one in values]
        return [*first, *({one: values[0]} for one in keys[1:]), dict.fromkeys(keys[:3], values[0])]


WIDTH: Final = 12  # fields of a message that are tried where it is only a value


def _put(message: Message, field: AField, value: Any) -> None:
    held: Any = _value(message, field)
    if _is_map(field):
        for key, one in value.items():
            if isinstance(one, Message):
                held[key].CopyFrom(one)
            else:
                held[key] = one
    elif field.is_repeated:
        held.extend(value)
    elif isinstance(value, Message):
        held.CopyFrom(value)
        held.SetInParent()
    elif field.is_extension:
        message.Extensions[field] = value
    else:
        setattr(message, field.name, value)


def _embedded(field: AField, data: bytes) -> bytes:
    """The bytes of a message in a field, with its tag, and with its end where it is a group."""
    if field.type == FieldDescriptor.TYPE_GROUP:
        return _varint(field.number << 3 | 3) + data + _varint(field.number << 3 | 4)
    return _varint(field.number << 3 | 2) + _varint(len(data)) + data


def _varint(number: int) -> bytes:
    parts = []
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*parts, number))


def _range(field: AField) -> range:
    """The numbers that the writer may put there."""
    if field.type == FieldDescriptor.TYPE_ENUM and not field.enum_type.is_closed:
        return range(-(2**31), 2**31)
    low, high = RANGES.get(KINDS[field.type], (0, -1))
    return range(low, high + 1)


INTEGERS: Final = (1, 2, 100, 3_000_000_000, -1, 2**32 + 5, 2**63 + 1)
SCALARS: Final[dict[Any, list[Any]]] = {
    FieldDescriptor.TYPE_BOOL: [True, False],
    FieldDescriptor.TYPE_FLOAT: [1.5, -0.25, 1e10, 0.0],
    FieldDescriptor.TYPE_DOUBLE: [1.5, -0.25, 1e10, 0.0],
    FieldDescriptor.TYPE_STRING: ["a", "é", "0123456789", ""],
    FieldDescriptor.TYPE_BYTES: [b"a", b"\xff\xfe", b"\x08\x01", b"\x0a\x05x", b""],
}
MOST_ENUM_VALUES: Final = 50


def _scalars(field: AField) -> list[Any]:
    if field.type == FieldDescriptor.TYPE_ENUM:
        declared = [one.number for one in field.enum_type.values[:MOST_ENUM_VALUES]]
        others = [] if field.enum_type.is_closed else [77, -1]
        return [*(one for one in declared if one), *others, *(one for one in declared if not one)]
    numbers = _range(field)
    if field.type in SCALARS:
        return SCALARS[field.type]
    return [*(one for one in INTEGERS if one in numbers), numbers[0], numbers[-1], 0]
