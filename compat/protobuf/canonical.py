"""The canonical descriptor: equal for two schemas that say the same, however they were spelled and sent.

A canonical file has no name and no locations, spells nothing that is the default, and has its imports and fields in
the order in which `text.py` writes them, so that it comes out of its own text again. Messages never change places: a
message's index among its siblings goes over the wire with every message.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from operator import attrgetter
from typing import Any, Final, cast

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from compat.protobuf.known import known
from compat.protobuf.pool import loaded

DESCRIPTOR: Final = "google/protobuf/descriptor.proto"
_GROUP = FieldDescriptorProto.TYPE_GROUP


def canonical(file: FileDescriptorProto, needed: FileDescriptorSet) -> FileDescriptorProto:
    """A canonical copy, in which custom options are known by their names (`interpreted`)."""
    made = interpreted(file, needed)
    made.ClearField("name")
    made.ClearField("source_code_info")
    if made.syntax == "proto2":
        made.ClearField("syntax")
    _order_imports(made)
    for message in messages_of(made):
        _order_fields(message, range(len(message.field)), range(len(message.oneof_decl)))
    for owner in _owners(made):
        if owner.HasField("options") and not owner.options.ByteSize():
            owner.ClearField("options")  # as `rpc M (A) returns (B) {}` has them
    for field in fields_of(made):
        if field.json_name == json_name(field.name):
            field.ClearField("json_name")
    return made


def normalized(file: FileDescriptorProto) -> FileDescriptorProto:
    """A canonical file, sorted wherever the order says nothing: Confluent's `normalize`, without its defects."""
    made = _copy(file)
    _order_imports(made, by_name=True)
    _replace(made.extension, _by_extendee(made.extension))
    for enum in made.enum_type:
        _order_enum(enum)
    for message in messages_of(made):
        _replace(message.extension, _by_extendee(message.extension))
        numbers = [field.number for field in message.field]
        oneofs = _oneofs_by_number(message)
        _order_fields(message, sorted(range(len(numbers)), key=numbers.__getitem__), oneofs)
        _replace(message.reserved_range, sorted(message.reserved_range, key=attrgetter("start")))
        _replace(message.extension_range, sorted(message.extension_range, key=attrgetter("start")))
        message.reserved_name[:] = sorted(message.reserved_name)
        for enum in message.enum_type:
            _order_enum(enum)
    return made


def identity(file: FileDescriptorProto, needed: Iterable[bytes]) -> str:
    """A hex digest, equal for equal schemas. `file` is canonical; of what it needs the contents count."""
    digest = blake2b(digest_size=16)
    for content in (*sorted(needed), file.SerializeToString(deterministic=True)):
        digest.update(len(content).to_bytes(8, "big"))
        digest.update(content)
    return digest.hexdigest()


def content_of(one: FileDescriptorProto, needed: FileDescriptorSet) -> bytes:
    """What a file says that others import, and needs `needed` itself; of one that everybody knows, its name."""
    bundled = known(one.name)
    if bundled is not None and bundled == one:
        return one.name.encode()
    return one.name.encode() + b"\0" + canonical(one, needed).SerializeToString(deterministic=True)


def interpreted(file: FileDescriptorProto, needed: FileDescriptorSet) -> FileDescriptorProto:
    """A copy whose custom options are extensions and no unknown fields, wherever their definitions are at hand.

    It is a descriptor to read, but of a class of its own: that of the `descriptor.proto` which its imports extend.
    """
    if all(one.name != DESCRIPTOR for one in needed.file):
        return _copy(file)
    pool = loaded([*needed.file, file])
    made = GetMessageClass(pool.FindMessageTypeByName("google.protobuf.FileDescriptorProto"))()
    made.ParseFromString(file.SerializeToString())
    return cast(FileDescriptorProto, made)


def messages_of(file: FileDescriptorProto) -> Iterator[DescriptorProto]:
    """Every message of a file, each before those inside it."""
    waiting = list(reversed(file.message_type))
    while waiting:
        message = waiting.pop()
        yield message
        waiting += reversed(message.nested_type)


def enums_of(file: FileDescriptorProto) -> Iterator[EnumDescriptorProto]:
    yield from file.enum_type
    for message in messages_of(file):
        yield from message.enum_type


def fields_of(file: FileDescriptorProto) -> Iterator[FieldDescriptorProto]:
    yield from file.extension
    for message in messages_of(file):
        yield from message.field
        yield from message.extension


def json_name(name: str) -> str:
    """What protoc makes of a field's name: letters after an underscore are capital."""
    if "_" not in name:
        return name
    parts = name.split("_")
    return parts[0] + "".join(part[:1].upper() + part[1:] for part in parts[1:])


def in_oneof(field: FieldDescriptorProto) -> bool:
    """Whether it is a member of a oneof that somebody wrote; `optional` in proto3 makes one that nobody did."""
    return field.HasField("oneof_index") and not field.proto3_optional


# ------------------------------------------------------------------------------------------------ parts


def _owners(file: FileDescriptorProto) -> Iterator[Any]:
    """Everything that has options."""
    yield file
    yield from fields_of(file)
    for message in messages_of(file):
        yield message
        yield from message.oneof_decl
        yield from message.extension_range
    for enum in enums_of(file):
        yield enum
        yield from enum.value
    for service in file.service:
        yield service
        yield from service.method


def _order_imports(file: FileDescriptorProto, *, by_name: bool = False) -> None:
    """Plain ones, public ones, weak ones, as they are written."""
    public, weak = set(file.public_dependency), set(file.weak_dependency)
    names = list(file.dependency)
    ranked = [(index in weak, index in public, name if by_name else "", index) for index, name in enumerate(names)]
    order = [index for *_, index in sorted(ranked)]
    file.dependency[:] = [names[index] for index in order]
    file.public_dependency[:] = [new for new, old in enumerate(order) if old in public]
    file.weak_dependency[:] = [new for new, old in enumerate(order) if old in weak]
    if by_name:
        file.option_dependency[:] = sorted(file.option_dependency)


def _order_fields(message: DescriptorProto, fields: Sequence[int], oneofs: Sequence[int]) -> None:
    """Plain fields, members of each oneof, groups; within these as `fields` and `oneofs` have their indices."""
    if list(oneofs) != list(range(len(message.oneof_decl))):
        declared = [message.oneof_decl[index] for index in oneofs]
        _replace(message.oneof_decl, declared)
        moved = {old: new for new, old in enumerate(oneofs)}
        for field in message.field:
            if field.HasField("oneof_index"):
                field.oneof_index = moved[field.oneof_index]

    groups = {inner.name: index for index, inner in enumerate(message.nested_type, 1)}

    def rank(index: int) -> tuple[int, int, int]:
        field = message.field[index]
        group = groups.get(field.type_name.rpartition(".")[2], 0) if field.type == _GROUP else 0
        return (1, field.oneof_index, group) if in_oneof(field) else (2 if group else 0, 0, group)

    order = sorted(fields, key=rank)
    if order != list(range(len(message.field))):
        _replace(message.field, [message.field[index] for index in order])
    _order_entries(message)


def _order_entries(message: DescriptorProto) -> None:
    """The types that maps bring along in the order of the maps; every other message stays where it is."""
    entries = [index for index, inner in enumerate(message.nested_type) if inner.options.map_entry]
    names = [field.type_name.rpartition(".")[2] for field in message.field if field.type_name]
    rank = {name: rank for rank, name in enumerate(names)}
    wanted = sorted(entries, key=lambda index: rank.get(message.nested_type[index].name, len(rank)))
    if wanted != entries:
        moved = dict(zip(entries, wanted, strict=True))
        order = [moved.get(index, index) for index in range(len(message.nested_type))]
        _replace(message.nested_type, [message.nested_type[index] for index in order])


def _order_enum(enum: EnumDescriptorProto) -> None:
    """By number, then name; but the first stays the first: it is the default, and zero where zero must be the first."""
    first, *others = enum.value
    _replace(enum.value, [first, *sorted(others, key=lambda value: (value.number, value.name))])
    _replace(enum.reserved_range, sorted(enum.reserved_range, key=attrgetter("start")))
    enum.reserved_name[:] = sorted(enum.reserved_name)


def _by_extendee(fields: Sequence[FieldDescriptorProto]) -> list[FieldDescriptorProto]:
    """Extensions of one message together, in the order in which the messages are met; by number within."""
    met: dict[str, int] = {}
    for field in fields:
        met.setdefault(field.extendee, len(met))
    return sorted(fields, key=lambda field: (met[field.extendee], field.number))


def _oneofs_by_number(message: DescriptorProto) -> list[int]:
    """Indices of the oneofs by the least number in each; after all others those that only make a field optional."""
    first: dict[int, tuple[bool, int]] = {}
    for field in message.field:
        if field.HasField("oneof_index"):
            found = (field.proto3_optional, field.number)
            first[field.oneof_index] = min(found, first.get(field.oneof_index, found))
    return sorted(range(len(message.oneof_decl)), key=first.__getitem__)


def _copy(file: FileDescriptorProto) -> FileDescriptorProto:
    made = type(file)()
    made.CopyFrom(file)
    return made


def _replace(repeated: Any, items: Sequence[Message]) -> None:
    """Puts these items, which may be its own, into a repeated field."""
    copies = []
    for item in items:
        copies.append(type(item)())
        copies[-1].CopyFrom(item)
    del repeated[:]
    repeated.extend(copies)
