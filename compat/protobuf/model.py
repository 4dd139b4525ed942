"""What a set of files declares, with all that is inherited resolved: the values that a comparison looks at.

Made of descriptors alone, in Python: a pool can be crashed by a descriptor that is made to do so, and a comparison may
run in the process of the service. No message is looked into before somebody asks for it.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple, Protocol

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FeatureSet,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)

KINDS: Final = {number: name.removeprefix("TYPE_").lower() for name, number in FieldDescriptorProto.Type.items()}
NUMERIC: Final = frozenset(KINDS.values()) - {"string", "bytes", "message", "group"}
LABELS: Final = {number: name.removeprefix("LABEL_").lower() for name, number in FieldDescriptorProto.Label.items()}


class Descriptors(Protocol):
    """A schema as a comparison takes it: all files that it needs, each after its own imports, and its own one last."""

    @property
    def files(self) -> FileDescriptorSet: ...


class Features(NamedTuple):
    """The features that a comparison asks for, by their numbers in `FeatureSet`."""

    field_presence: int
    enum_type: int
    repeated_field_encoding: int
    utf8_validation: int
    message_encoding: int
    json_format: int

    def under(self, declared: FeatureSet) -> "Features":
        """What holds inside a declaration that says this much itself."""
        changes = {field.name: value for field, value in declared.ListFields() if field.name in self._fields}
        return self._replace(**changes) if changes else self


PROTO2: Final = Features(
    FeatureSet.EXPLICIT,
    FeatureSet.CLOSED,
    FeatureSet.EXPANDED,
    FeatureSet.NONE,
    FeatureSet.LENGTH_PREFIXED,
    FeatureSet.LEGACY_BEST_EFFORT,
)
PROTO3: Final = Features(
    FeatureSet.IMPLICIT,
    FeatureSet.OPEN,
    FeatureSet.PACKED,
    FeatureSet.VERIFY,
    FeatureSet.LENGTH_PREFIXED,
    FeatureSet.ALLOW,
)
EDITIONS: Final = PROTO3._replace(field_presence=FeatureSet.EXPLICIT)  # 2023, and no later one has changed these
SYNTAXES: Final = {"": PROTO2, "proto2": PROTO2, "proto3": PROTO3}


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A field or an extension.

    kind      the scalar's name, `enum`, `message` (length-prefixed) or `group` (delimited)
    type      the full name of its message or enum, "" for scalars
    explicit  it knows whether it was set
    checked   a string that is held to be UTF-8 when it is read
    oneof     the oneof that it is written in, "" for none: the one that stands behind `optional` is none
    label     the label as Confluent sees it written, "" for none
    default   as the descriptor spells it, None when there is none
    """

    number: int
    name: str
    json_name: str
    kind: str
    type: str
    repeated: bool
    required: bool
    explicit: bool
    packed: bool
    checked: bool
    oneof: str
    label: str
    default: str | None
    is_extension: bool = False

    @property
    def is_numeric(self) -> bool:
        return self.kind in NUMERIC

    @property
    def is_composite(self) -> bool:
        return self.kind in ("message", "group")


class Enum:
    """An enum; `values` are names by number, in the order of the declaration (of aliases the first)."""

    def __init__(self, proto: EnumDescriptorProto, full_name: str, file: "File", features: Features) -> None:
        self.proto = proto
        self.full_name = full_name
        self.file = file
        self.features = features.under(proto.options.features)

    @property
    def name(self) -> str:
        return self.proto.name

    @cached_property
    def local_name(self) -> str:
        """The full name without the package."""
        return local(self.full_name, self.file)

    @property
    def closed(self) -> bool:
        return self.features.enum_type == FeatureSet.CLOSED

    def is_as(self, other: "Enum") -> bool:
        return self.closed == other.closed and self.proto == other.proto

    @cached_property
    def values(self) -> dict[int, str]:
        return {value.number: value.name for value in reversed(self.proto.value)}

    @cached_property
    def names(self) -> dict[str, int]:
        return {value.name: value.number for value in self.proto.value}

    @property
    def first(self) -> int:
        return self.proto.value[0].number if self.proto.value else 0


class Message:
    """A message type. `fields` are its own by number, `slots` these and the extensions that are known."""

    def __init__(
        self, proto: DescriptorProto, full_name: str, file: "File", features: Features, parent: "Message | None"
    ) -> None:
        self.proto = proto
        self.full_name = full_name
        self.file = file
        self.features = features.under(proto.options.features)
        self.parent = parent
        self.nested: dict[str, Message] = {}
        self.enums: dict[str, Enum] = {}

    @property
    def name(self) -> str:
        return self.proto.name

    @property
    def is_entry(self) -> bool:
        return self.proto.options.map_entry

    @cached_property
    def local_name(self) -> str:
        """The full name without the package."""
        return local(self.full_name, self.file)

    @cached_property
    def fields(self) -> dict[int, Field]:
        return {one.number: self._field(one) for one in self.proto.field}

    @cached_property
    def links(self) -> dict[int, Field]:
        """The slots that have a message or an enum in them: all that is to be looked at in what has not changed."""
        linked = {one.number: self._field(one) for one in self.proto.field if one.type_name}
        extensions = self.extensions
        return {**linked, **{number: one for number, one in extensions.items() if one.type}} if extensions else linked

    def _field(self, proto: FieldDescriptorProto) -> Field:
        return _field(proto, self.features, self.file, self._oneof(proto), in_entry=self.is_entry)

    def _oneof(self, proto: FieldDescriptorProto) -> str:
        if not proto.HasField("oneof_index") or proto.proto3_optional:
            return ""
        return self.proto.oneof_decl[proto.oneof_index].name

    @property
    def extensions(self) -> dict[int, Field]:
        return self.file.schema.extensions.get(self.full_name, {})

    @cached_property
    def slots(self) -> dict[int, Field]:
        return {**self.fields, **self.extensions} if self.extensions else self.fields

    def is_as(self, other: "Message") -> bool:
        """Is it declared in the same words, which mean the same? Not what is in the types that it names."""
        return (
            self.features == other.features
            and self.file.proto.syntax == other.file.proto.syntax
            and not self.extensions
            and not other.extensions
            and self.proto == other.proto
        )

    @cached_property
    def oneofs(self) -> dict[str, tuple[Field, ...]]:
        """The members of each oneof that is one in the text, in the order of declaration."""
        found: dict[str, tuple[Field, ...]] = {}
        for one in self.fields.values():
            if one.oneof:
                found[one.oneof] = (*found.get(one.oneof, ()), one)
        return found

    @cached_property
    def group_names(self) -> frozenset[str]:
        """The nested types that the text declares as groups of this message."""
        groups = [one.type_name.rpartition(".")[2] for one in self.proto.field if one.type == one.TYPE_GROUP]
        return frozenset(groups) & self.nested.keys() if groups else frozenset()

    def reserves(self, number: int) -> bool:
        return any(one.start <= number < one.end for one in self.proto.reserved_range)


class File:
    """One file of a schema."""

    def __init__(self, proto: FileDescriptorProto, schema: "Declarations") -> None:
        self.proto = proto
        self.schema = schema
        self.features = SYNTAXES.get(proto.syntax, EDITIONS).under(proto.options.features)
        self.messages: dict[str, Message] = {}
        self.enums: dict[str, Enum] = {}

    def is_delimited(self, field: FieldDescriptorProto, features: Features, *, in_entry: bool) -> bool:
        """Maps are never, whatever the features around them say, and neither are the values in them."""
        if field.type == field.TYPE_GROUP:
            return True
        if in_entry or field.type != field.TYPE_MESSAGE or features.message_encoding != FeatureSet.DELIMITED:
            return False
        type_ = self.schema.messages.get(field.type_name.lstrip("."))
        return type_ is None or not type_.is_entry


class Declarations:
    """All that files declare, by full name without the leading dot. `root` is the schema's own file, the last one."""

    def __init__(self, files: FileDescriptorSet) -> None:
        self.messages: dict[str, Message] = {}
        self.enums: dict[str, Enum] = {}
        self._extensions: list[tuple[FieldDescriptorProto, Features, File]] = []
        for proto in files.file:
            self.root = self._file(proto)

    def _file(self, proto: FileDescriptorProto) -> File:
        file = File(proto, self)
        prefix = f"{proto.package}." if proto.package else ""
        for enum in proto.enum_type:
            file.enums[enum.name] = self._enum(enum, prefix, file, file.features)
        for message in proto.message_type:
            file.messages[message.name] = self._message(message, prefix, file, None)
        self._extensions += [(one, file.features, file) for one in proto.extension]
        return file

    def _message(self, proto: DescriptorProto, prefix: str, file: File, parent: Message | None) -> Message:
        above = parent.features if parent else file.features
        message = self.messages[prefix + proto.name] = Message(proto, prefix + proto.name, file, above, parent)
        inside = f"{message.full_name}."
        for enum in proto.enum_type:
            message.enums[enum.name] = self._enum(enum, inside, file, message.features)
        for nested in proto.nested_type:
            message.nested[nested.name] = self._message(nested, inside, file, message)
        self._extensions += [(one, message.features, file) for one in proto.extension]
        return message

    def _enum(self, proto: EnumDescriptorProto, prefix: str, file: File, features: Features) -> Enum:
        enum = self.enums[prefix + proto.name] = Enum(proto, prefix + proto.name, file, features)
        return enum

    @cached_property
    def extensions(self) -> dict[str, dict[int, Field]]:
        """By the message that they extend and their number."""
        found: dict[str, dict[int, Field]] = {}
        for proto, features, file in self._extensions:
            of_extendee = found.setdefault(proto.extendee.lstrip("."), {})
            of_extendee[proto.number] = _field(proto, features, file)
        return found

    @cached_property
    def _endless(self) -> frozenset[Message]:
        """The messages that require themselves, however many others are between."""
        endless = {
            message for message in self.messages.values() if message.is_entry or any(map(_needs, message.proto.field))
        }
        while True:
            ending = {message for message in endless if not any(inner in endless for inner in self._needed(message))}
            if not ending:
                return frozenset(endless)
            endless -= ending

    def _needed(self, message: Message) -> list[Message | None]:
        return [self.message_of(one) for one in message.fields.values() if one.required or message.is_entry]

    def exists(self, one: Message | Field | Enum | None) -> bool:
        """Can there be a message of this type, or one that has something in this field?"""
        message = self.message_of(one) if isinstance(one, Field) else one
        return message not in self._endless

    def message_of(self, field: Field) -> Message | None:
        return self.messages.get(field.type) if field.is_composite else None

    def enum_of(self, field: Field) -> Enum | None:
        return self.enums.get(field.type) if field.kind == "enum" else None

    def entry_of(self, field: Field) -> Message | None:
        """The type of a map's entries; None when the field is no map."""
        type_ = self.messages.get(field.type) if field.repeated and field.kind == "message" else None
        return type_ if type_ is not None and type_.is_entry else None


def _field(
    proto: FieldDescriptorProto, above: Features, file: File, oneof: str = "", *, in_entry: bool = False
) -> Field:
    features = above.under(proto.options.features) if proto.HasField("options") else above
    kind = "group" if file.is_delimited(proto, features, in_entry=in_entry) else KINDS.get(proto.type, "message")
    repeated = proto.label == proto.LABEL_REPEATED
    composite = kind in ("message", "group")
    presence = features.field_presence
    return Field(
        number=proto.number,
        name=proto.name,
        json_name=proto.json_name or json_name(proto.name),
        kind=kind,
        type=proto.type_name.lstrip("."),
        repeated=repeated,
        required=proto.label == proto.LABEL_REQUIRED or (presence == FeatureSet.LEGACY_REQUIRED and not repeated),
        explicit=not repeated
        and (
            composite or presence != FeatureSet.IMPLICIT or proto.HasField("oneof_index") or proto.HasField("extendee")
        ),
        packed=repeated and kind in NUMERIC and _is_packed(proto, features),
        checked=kind == "string" and features.utf8_validation == FeatureSet.VERIFY,
        oneof=oneof,
        label=_written_label(proto, file, oneof),
        default=proto.default_value if proto.HasField("default_value") else None,
        is_extension=proto.HasField("extendee"),
    )


def _needs(proto: FieldDescriptorProto) -> bool:
    return proto.label == proto.LABEL_REQUIRED or proto.options.features.field_presence == FeatureSet.LEGACY_REQUIRED


def _is_packed(proto: FieldDescriptorProto, features: Features) -> bool:
    if proto.options.HasField("packed"):
        return proto.options.packed
    return features.repeated_field_encoding == FeatureSet.PACKED


def _written_label(proto: FieldDescriptorProto, file: File, oneof: str) -> str:
    """As Confluent prints it from a descriptor: editions look to it like proto2."""
    implicit = file.proto.syntax == "proto3" and proto.label == proto.LABEL_OPTIONAL and not proto.proto3_optional
    type_ = file.schema.messages.get(proto.type_name.lstrip(".")) if proto.label == proto.LABEL_REPEATED else None
    is_map = type_ is not None and type_.is_entry
    return "" if oneof or implicit or is_map else LABELS[proto.label]


def json_name(name: str) -> str:
    """The name in JSON when none is declared, as protoc makes it."""
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def local(full_name: str, file: File) -> str:
    return full_name.removeprefix(f"{file.proto.package}.") if file.proto.package else full_name
