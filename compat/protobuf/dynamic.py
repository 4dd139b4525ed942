"""Messages of which only a descriptor is known: their classes, and their fields by number. Nothing is judged here.

A pool can be crashed by a descriptor that is made to do so: this is for worker processes only.
"""

from typing import Any, TypeAlias

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

AField: TypeAlias = Any  # a FieldDescriptor, whose stubs are written for generated classes
AType: TypeAlias = Any  # a Descriptor, likewise


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


def is_message(field: AField) -> bool:
    return bool(field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE)


def is_map(field: AField) -> bool:
    return is_message(field) and field.is_repeated and field.message_type.GetOptions().map_entry


def value_of(message: Message, field: AField) -> Any:
    return message.Extensions[field] if field.is_extension else getattr(message, field.name)


def is_set(message: Message, field: AField) -> bool:
    if field.is_repeated:
        return len(value_of(message, field)) > 0
    if not field.has_presence:
        return bool(value_of(message, field) != field.default_value)
    return message.HasExtension(field) if field.is_extension else message.HasField(field.name)


def items_of(message: Message, field: AField) -> list[Any]:
    return elements(field, value_of(message, field))


def elements(field: AField, value: Any) -> list[Any]:
    """As a list. Entries of a map are messages, as they are on the wire."""
    if not field.is_repeated:
        return [value]
    if not is_map(field):
        return list(value)
    entry = GetMessageClass(field.message_type)
    return [_entry(entry, key, value[key]) for key in value]


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


def put(message: Message, field: AField, value: Any) -> None:
    held: Any = value_of(message, field)
    if is_map(field):
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
