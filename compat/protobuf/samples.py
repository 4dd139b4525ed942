"""Messages of a writer to try: small ones, with values that tell kinds apart, at the end of any way from a root."""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from compat.protobuf.dynamic import AField, AType, Side, is_map, is_message, put
from compat.protobuf.model import KINDS
from compat.protobuf.rules import Fault
from compat.protobuf.wire import RANGES
from compat.varint import varint

DEPTH: Final = 95  # messages inside one another: parsers take 100
WIDTH: Final = 12  # fields of a message that are tried where it is only a value
MOST_ENUM_VALUES: Final = 50
INTEGERS: Final = (1, 2, 100, 3_000_000_000, -1, 2**32 + 5, 2**63 + 1)
SCALARS: Final[dict[Any, list[Any]]] = {
    FieldDescriptor.TYPE_BOOL: [True, False],
    FieldDescriptor.TYPE_FLOAT: [1.5, -0.25, 1e10, 0.0],
    FieldDescriptor.TYPE_DOUBLE: [1.5, -0.25, 1e10, 0.0],
    FieldDescriptor.TYPE_STRING: ["a", "é", "0123456789", ""],
    FieldDescriptor.TYPE_BYTES: [b"a", b"\xff\xfe", b"\x08\x01", b"\x0a\x05x", b""],
}


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
        rest = self._rest(types[-1], fault.setting)
        for other in (rest, {}) if rest else ({},):
            for setting in self._settings(types[-1], fault):
                made = GetMessageClass(types[-1])()
                for number, value in (other | setting).items():
                    put(made, self.writer.field(types[-1], number), value)
                message = self._around(made, types, way)
                if message is not None:
                    yield message

    def _settings(self, type_: AType, fault: Fault) -> Iterator[dict[int, Any]]:
        """One value after another for each number of a setting; the last one where there are no more."""
        fields = {number: self.writer.field(type_, number) for number in fault.setting}
        values = [[] if field is None else self.values(field, fault.telling) for field in fields.values()]
        if all(values):
            for row in zip_longest(*values) if values else [()]:
                filled = (its[-1] if one is None else one for its, one in zip(values, row, strict=True))
                yield dict(zip(fields, filled, strict=True))

    def _rest(self, type_: AType, numbers: tuple[int, ...]) -> dict[int, Any]:
        """An entry of a map has a key and a value, whichever of them is looked at."""
        others = type_.fields if type_.GetOptions().map_entry else ()
        return {
            field.number: value for field in others if field.number not in numbers for value in self.values(field)[:1]
        }

    def _types(self, root: AType, way: tuple[int, ...]) -> list[AType] | None:
        types = [root]
        for number in way:
            field = self.writer.field(types[-1], number)
            if field is None or not is_message(field) or len(types) == DEPTH:
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
            if not is_message(field):
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
                if (field.is_required and not field.is_repeated) or (is_entry and is_message(field))
            ]
        return self._needed[type_.full_name]

    def values(self, field: AField, telling: tuple[Any, ...] = (), depth: int = 2) -> list[Any]:
        """Values of a field that tell kinds apart, small ones first."""
        if is_map(field):
            return self._maps(field, telling, depth)
        if is_message(field):
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
                    put(made, field, value)
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


def _embedded(field: AField, data: bytes) -> bytes:
    """The bytes of a message in a field, with its tag, and with its end where it is a group."""
    if field.type == FieldDescriptor.TYPE_GROUP:
        return varint(field.number << 3 | 3) + data + varint(field.number << 3 | 4)
    return varint(field.number << 3 | 2) + varint(len(data)) + data


def _range(field: AField) -> range:
    """The numbers that the writer may put there."""
    if field.type == FieldDescriptor.TYPE_ENUM and not field.enum_type.is_closed:
        return range(-(2**31), 2**31)
    low, high = RANGES.get(KINDS[field.type], (0, -1))
    return range(low, high + 1)


def _scalars(field: AField) -> list[Any]:
    if field.type == FieldDescriptor.TYPE_ENUM:
        declared = [one.number for one in field.enum_type.values[:MOST_ENUM_VALUES]]
        others = [] if field.enum_type.is_closed else [77, -1]
        return [*(one for one in declared if one), *others, *(one for one in declared if not one)]
    numbers = _range(field)
    if field.type in SCALARS:
        return SCALARS[field.type]
    return [*(one for one in INTEGERS if one in numbers), numbers[0], numbers[-1], 0]
