"""Random pairs of Protobuf schemas, and random messages of one: what the properties of the comparison run on.

Everything is made of a `random.Random`, so a seed names a pair for ever. Schemas are made as descriptors; those that no
pool takes are thrown away. A pair is a schema and what some edits made of it: most real changes are small.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from google.protobuf.descriptor_pb2 import (
    EDITION_2023,
    DescriptorProto,
    FeatureSet,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)
from google.protobuf.descriptor_pool import DescriptorPool

from compat.protobuf.dynamic import Side, put
from compat.protobuf.samples import Maker
from tests.compat.protobuf.pairs import ROOT

F = FieldDescriptorProto
SCALARS = tuple(number for number in F.Type.values() if number not in (F.TYPE_GROUP, F.TYPE_MESSAGE, F.TYPE_ENUM))
KEYS = tuple(one for one in SCALARS if one not in (F.TYPE_DOUBLE, F.TYPE_FLOAT, F.TYPE_BYTES))
MESSAGES = ("A", "B", "C")
ENUMS = ("E", "G")


@dataclass(frozen=True)
class Compiled:
    """What a comparison needs of a schema."""

    files: FileDescriptorSet


def pair(random: Random) -> tuple[Compiled, Compiled]:
    """A reader and a writer that both are valid."""
    while True:
        first = schema(random)
        second = FileDescriptorProto.FromString(first.SerializeToString())
        for _ in range(random.choice((0, 1, 1, 1, 2, 2, 3, 5))):
            random.choice(EDITS)(random, second)
        sides = Compiled(FileDescriptorSet(file=[first])), Compiled(FileDescriptorSet(file=[tidied(second)]))
        if all(is_valid(side.files.file[0]) for side in sides):
            return sides if random.random() < 0.5 else (sides[1], sides[0])


def is_valid(file: FileDescriptorProto) -> bool:
    try:
        DescriptorPool().AddSerializedFile(file.SerializeToString())
    except TypeError:
        return False
    return True


def schema(random: Random) -> FileDescriptorProto:
    file = FileDescriptorProto(name=ROOT, package=random.choice(("", "p")))
    set_syntax(random, file)
    for name in ENUMS:
        enum = file.enum_type.add(name=name)
        for number in sorted({0, *random.sample((-1, 1, 2, 3, 7), random.choice((0, 1, 2)))}, key=lambda one: one != 0):
            enum.value.add(name=f"{name}{number}".replace("-", "_"), number=number)
    for name in MESSAGES:
        message = file.message_type.add(name=name)
        for number in random.sample(range(1, 7), random.choice((1, 2, 3, 4))):
            add_field(random, file, message, number)
    if file.syntax == "proto2" and random.random() < 0.3:
        file.message_type[0].extension_range.add(start=100, end=110)
        one = file.extension.add(name="x", number=100, extendee=f".{prefix(file)}A")
        one.label = random.choice((F.LABEL_OPTIONAL, F.LABEL_REPEATED))
        set_type(random, file, one)
    return tidied(file)


def set_syntax(random: Random, file: FileDescriptorProto) -> None:
    file.syntax = random.choice(("proto2", "proto3", "proto3", "editions"))
    file.ClearField("edition")
    file.ClearField("options")
    if file.syntax == "editions":
        file.edition = EDITION_2023
        features = file.options.features
        if random.random() < 0.3:
            features.field_presence = random.choice((FeatureSet.IMPLICIT, FeatureSet.EXPLICIT))
        if random.random() < 0.3:
            features.repeated_field_encoding = FeatureSet.EXPANDED
        if random.random() < 0.2:
            features.message_encoding = FeatureSet.DELIMITED
        if random.random() < 0.2:
            features.utf8_validation = FeatureSet.NONE


def prefix(file: FileDescriptorProto) -> str:
    return f"{file.package}." if file.package else ""


def add_field(random: Random, file: FileDescriptorProto, message: DescriptorProto, number: int) -> None:
    chance = random.random()
    if chance < 0.15:
        add_map(random, file, message, number)
        return
    one = message.field.add(name=f"f{number}", number=number)
    labels = [F.LABEL_OPTIONAL] * 5 + [F.LABEL_REPEATED] * 3 + [F.LABEL_REQUIRED] * (file.syntax == "proto2")
    one.label = random.choice(labels)
    set_type(random, file, one)
    if chance < 0.4:
        set_oneof(random, message, one)


def add_map(random: Random, file: FileDescriptorProto, message: DescriptorProto, number: int) -> None:
    name = f"F{number}Entry"
    if any(one.name == name for one in message.nested_type):
        return
    entry = message.nested_type.add(name=name)
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, type=random.choice(KEYS), label=F.LABEL_OPTIONAL)
    value = entry.field.add(name="value", number=2, label=F.LABEL_OPTIONAL)
    set_type(random, file, value)
    full_name = f".{prefix(file)}{message.name}.{name}"
    message.field.add(
        name=f"f{number}", number=number, label=F.LABEL_REPEATED, type=F.TYPE_MESSAGE, type_name=full_name
    )


def set_type(random: Random, file: FileDescriptorProto, one: FieldDescriptorProto) -> None:
    chance = random.random()
    one.ClearField("type_name")
    one.ClearField("default_value")
    if chance < 0.25:
        one.type = F.TYPE_MESSAGE
        one.type_name = f".{prefix(file)}{random.choice(MESSAGES)}"
    elif chance < 0.45:
        one.type = F.TYPE_ENUM
        one.type_name = f".{prefix(file)}{random.choice(ENUMS)}"
    else:
        one.type = random.choice(SCALARS)
        if one.label == F.LABEL_OPTIONAL and random.random() < 0.1:
            one.default_value = "true" if one.type == F.TYPE_BOOL else random.choice(("1", "2"))


def set_oneof(random: Random, message: DescriptorProto, one: FieldDescriptorProto) -> None:
    if one.label != F.LABEL_OPTIONAL:
        return
    names = [oneof.name for oneof in message.oneof_decl if not oneof.name.startswith("_")]
    name = random.choice([*names, "o", "q"])
    if name not in names:
        message.oneof_decl.add(name=name)
    one.oneof_index = [oneof.name for oneof in message.oneof_decl].index(name)


def tidied(file: FileDescriptorProto) -> FileDescriptorProto:
    """What follows from other things set right: synthetic oneofs, closed enums, packing, defaults."""
    for message in file.message_type:
        used = {one.oneof_index for one in message.field if one.HasField("oneof_index") and not one.proto3_optional}
        names = [message.oneof_decl[index].name for index in sorted(used)]
        chosen = {
            one.number: message.oneof_decl[one.oneof_index].name
            for one in message.field
            if one.HasField("oneof_index") and not one.proto3_optional and one.label == F.LABEL_OPTIONAL
        }
        names = [name for name in names if name in chosen.values()]
        del message.oneof_decl[:]
        for name in names:
            message.oneof_decl.add(name=name)
        for one in message.field:
            one.ClearField("oneof_index")
            if one.number in chosen:
                one.oneof_index = names.index(chosen[one.number])
                one.proto3_optional = False
        for one in message.field:
            tidy(file, one)
            if one.proto3_optional:
                one.oneof_index = len(message.oneof_decl)
                message.oneof_decl.add(name=f"_{one.name}")
        for nested in message.nested_type:
            for one in nested.field:
                tidy(file, one)
    for one in file.extension:
        tidy(file, one)
    return file


def tidy(file: FileDescriptorProto, one: FieldDescriptorProto) -> None:
    if one.label == F.LABEL_REQUIRED and file.syntax != "proto2":
        one.label = F.LABEL_OPTIONAL
    if file.syntax == "proto3" or one.label != F.LABEL_OPTIONAL or one.HasField("oneof_index"):
        one.ClearField("default_value")
    if file.syntax != "proto3" or one.label != F.LABEL_OPTIONAL or one.HasField("oneof_index"):
        one.ClearField("proto3_optional")
    unpackable = one.type in (F.TYPE_STRING, F.TYPE_BYTES, F.TYPE_MESSAGE, F.TYPE_GROUP)
    if file.syntax == "editions" or one.label != F.LABEL_REPEATED or unpackable:
        one.options.ClearField("packed")
    if file.syntax != "editions":
        one.options.ClearField("features")
    is_implicit = one.options.features.field_presence == FeatureSet.IMPLICIT
    if one.label == F.LABEL_REPEATED or one.HasField("oneof_index") or (is_implicit and one.type == F.TYPE_MESSAGE):
        one.options.features.ClearField("field_presence")


# ---------------------------------------------------------------- edits


def fields_of(file: FileDescriptorProto) -> list[tuple[DescriptorProto | None, FieldDescriptorProto]]:
    own = [(message, one) for message in file.message_type for one in message.field]
    entries = [(None, one) for message in file.message_type for nested in message.nested_type for one in nested.field]
    return [*own, *entries, *((None, one) for one in file.extension)]


def retype(random: Random, file: FileDescriptorProto) -> None:
    if found := fields_of(file):
        _, one = random.choice(found)
        if one.name == "key":
            one.type = random.choice(KEYS)
        elif not one.type_name.endswith("Entry"):
            set_type(random, file, one)


def rewrite(random: Random, file: FileDescriptorProto) -> None:
    """Another type that is written in the same way."""
    alike = [F.TYPE_STRING, F.TYPE_BYTES, F.TYPE_MESSAGE]
    found = [one for message, one in fields_of(file) if message is not None and not one.type_name.endswith("Entry")]
    if found := [one for one in found if one.type in alike]:
        one = random.choice(found)
        one.ClearField("type_name")
        one.ClearField("default_value")
        one.type = random.choice(alike)
        if one.type == F.TYPE_MESSAGE:
            one.type_name = f".{prefix(file)}{random.choice(MESSAGES)}"


def redefault(random: Random, file: FileDescriptorProto) -> None:
    found = [one for message, one in fields_of(file) if message is not None and one.type in SCALARS]
    if found and file.syntax != "proto3":
        one = random.choice(found)
        one.default_value = "true" if one.type == F.TYPE_BOOL else random.choice(("1", "2"))


def relabel(random: Random, file: FileDescriptorProto) -> None:
    found = [one for message, one in fields_of(file) if message is not None and not one.type_name.endswith("Entry")]
    if found:
        one = random.choice(found)
        one.label = random.choice((F.LABEL_OPTIONAL, F.LABEL_REPEATED, F.LABEL_REQUIRED))


def repack(random: Random, file: FileDescriptorProto) -> None:
    found = [one for _, one in fields_of(file) if one.label == F.LABEL_REPEATED]
    if found:
        random.choice(found).options.packed = random.random() < 0.5


def represent(random: Random, file: FileDescriptorProto) -> None:
    """Presence, or in editions any feature of a field."""
    found = [one for message, one in fields_of(file) if message is not None]
    if not found:
        return
    one = random.choice(found)
    features = one.options.features
    match file.syntax:
        case "proto3":
            one.proto3_optional = not one.proto3_optional
        case "editions" if one.type == F.TYPE_MESSAGE:
            features.message_encoding = random.choice((FeatureSet.DELIMITED, FeatureSet.LENGTH_PREFIXED))
        case "editions" if one.label == F.LABEL_OPTIONAL:
            features.field_presence = random.choice(
                (FeatureSet.IMPLICIT, FeatureSet.EXPLICIT, FeatureSet.LEGACY_REQUIRED)
            )
        case _:
            pass


def remove(random: Random, file: FileDescriptorProto) -> None:
    message = random.choice(file.message_type)
    if message.field:
        del message.field[random.randrange(len(message.field))]


def add(random: Random, file: FileDescriptorProto) -> None:
    message = random.choice(file.message_type)
    number = random.randrange(1, 8)
    if all(one.number != number for one in message.field):
        add_field(random, file, message, number)


def move(random: Random, file: FileDescriptorProto) -> None:
    """Into a oneof, or out of it."""
    message = random.choice(file.message_type)
    plain = [one for one in message.field if not one.proto3_optional]
    if plain:
        one = random.choice(plain)
        if one.HasField("oneof_index"):
            one.ClearField("oneof_index")
        else:
            set_oneof(random, message, one)


def revalue(random: Random, file: FileDescriptorProto) -> None:
    enum = random.choice(file.enum_type)
    if len(enum.value) > 1 and random.random() < 0.5:
        del enum.value[random.randrange(1, len(enum.value))]
        return
    number = random.choice((-1, 1, 2, 3, 7))
    if all(one.number != number for one in enum.value):
        enum.value.add(name=f"{enum.name}{number}".replace("-", "_"), number=number)
    if file.syntax == "proto2" and random.random() < 0.3:
        enum.value.reverse()


def close(random: Random, file: FileDescriptorProto) -> None:
    if file.syntax == "editions":
        enum = random.choice(file.enum_type)
        enum.options.features.enum_type = random.choice((FeatureSet.OPEN, FeatureSet.CLOSED))


def rename(random: Random, file: FileDescriptorProto) -> None:
    found = [one for message, one in fields_of(file) if message is not None]
    if found:
        random.choice(found).name = random.choice(("r", "s", "t"))


def resyntax(random: Random, file: FileDescriptorProto) -> None:
    for enum in file.enum_type:
        enum.ClearField("options")
    set_syntax(random, file)
    redefault(random, file)


def remap(random: Random, file: FileDescriptorProto) -> None:
    """A map becomes a list of messages with the same numbers, which may have more fields."""
    message = random.choice(file.message_type)
    for nested in message.nested_type:
        if nested.options.map_entry:
            nested.ClearField("options")
            if random.random() < 0.4:
                nested.field.add(name="more", number=3, type=F.TYPE_INT32, label=F.LABEL_OPTIONAL)
            return


Edit = Callable[[Random, FileDescriptorProto], None]
EDITS: tuple[Edit, ...] = (
    *(retype, retype, retype, rewrite, rewrite, redefault, relabel, relabel, repack, represent, represent),
    *(remove, add, move, move, revalue, revalue, close, rename, resyntax, remap),
)


# ---------------------------------------------------------------- messages


def random_message(random: Random, side: Side, full_name: str, depth: int = 3) -> Any:
    """A message with some of its fields and extensions set."""
    message = side.make(full_name)
    maker = Maker(side)
    type_: Any = message.DESCRIPTOR
    fields = [*type_.fields, *side.pool.FindAllExtensions(type_)]
    for field in random.sample(fields, random.randrange(len(fields) + 1)):
        is_plain = field.message_type is None or field.message_type.GetOptions().map_entry
        if is_plain or depth == 0:
            values = maker.values(field, depth=1)
            if values:
                put(message, field, random.choice(values))
            continue
        count = random.choice((0, 1, 2, 3)) if field.is_repeated else 1
        inner = [random_message(random, side, field.message_type.full_name, depth - 1) for _ in range(count)]
        if None in inner:
            continue
        put(message, field, inner if field.is_repeated else inner[0])
    return message if maker.filled(message) else None
