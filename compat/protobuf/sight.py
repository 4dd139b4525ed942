"""What a reader's class sees of the bytes that a writer's class made: field by field, by number."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf import json_format, text_format
from google.protobuf.message import DecodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet

from compat.protobuf.dynamic import AField, AType, Side, elements, is_map, is_message, is_set, items_of, value_of
from compat.protobuf.rules import Effect

SHOWN: Final = 400  # characters of a value in an answer


@dataclass(frozen=True, slots=True)
class Seen:
    """What a reader made of one field: where (the writer's numbers from the root), and what each side has there."""

    effect: Effect
    place: tuple[int, ...]
    written: str = ""
    read: str = ""


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
        if field.is_required and not is_set(message, field):
            yield field.name
    for field, value in message.ListFields():
        if is_message(field):
            inside = elements(field, value)
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
        yield Seen(Effect.JSON, (), written=cut(text), read=cut(again))
    elif {field.number for field, _ in message.ListFields()} != {field.number for field, _ in empty.ListFields()}:
        yield Seen(Effect.JSON, (), written=cut(text), read="the same names under other numbers")
    elif sorted(_texts(message)) != sorted(_texts(empty)):
        yield Seen(Effect.JSON, (), written=cut(text), read="text for what was base64, or the other way round")


def _texts(message: Message) -> Iterator[bytes]:
    """All strings and bytes in a message, as bytes."""
    for field, value in message.ListFields():
        for one in elements(field, value):
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
            if other is not None and not is_set(written, field):
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
        ours, theirs = items_of(read, other), elements(field, value)
        if not ours or (not is_set(read, other) and not other.is_repeated):
            yield from self.absent(field, value, other, read, here, is_unknown=is_unknown)
        elif is_map(field) and is_map(other):
            yield from self.maps(value, value_of(read, other), here, is_unknown=is_unknown)
        elif len(ours) != len(theirs):
            effect = Effect.LOST if is_unknown else Effect.MISREAD
            yield Seen(effect, here, _spelled(value), _spelled(value_of(read, other)))
        else:
            if is_map(field):  # its entries are written in any order
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
        elif not field.is_repeated and not other.is_repeated and _is_alike(value, value_of(read, other)):
            if not (field.is_required or field.containing_type.GetOptions().map_entry):  # these are known to be set
                yield Seen(Effect.FORGOTTEN, here, _spelled(value), "nothing is set")
        else:
            yield Seen(Effect.MISREAD, here, _spelled(value), f"{_spelled(value_of(read, other))}")

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
    if field.is_repeated or other.is_repeated or is_message(field) or is_message(other):
        return
    old, new = value_of(written, field), value_of(read, other)
    if not is_set(read, other) and _plain(old) != _plain(new):
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


def _key(entry: Any) -> str:
    """What entries of a map are put in order by, whatever the reader makes of them."""
    if not isinstance(entry, Message):
        return ""
    field = entry.DESCRIPTOR.fields_by_number.get(1)
    return "" if field is None else str(_plain(value_of(entry, field)))


def _spelled(value: Any) -> str:
    if isinstance(value, Message):
        return cut(f"{{{text_format.MessageToString(value, as_one_line=True)}}}")
    if isinstance(value, str | bytes | int | float):
        return cut(repr(value))
    if hasattr(value, "items"):
        return cut("{" + ", ".join(f"{key!r}: {_spelled(value[key])}" for key in sorted(value)) + "}")
    return cut("[" + ", ".join(map(_spelled, value)) + "]")


def cut(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
