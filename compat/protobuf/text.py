"""A canonical file as `.proto` text, in Confluent's layout: `written`.

Order and blanks are Confluent's. Only where a text in that order would not be read as the same descriptors, messages
come earlier and maps are messages (`_Writer._arranged`): the index of a message goes over the wire.
"""

import re
import struct
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    Edition,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
    OneofDescriptorProto,
    ServiceDescriptorProto,
    SymbolVisibility,
)
from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

from compat.protobuf.canonical import enums_of, in_oneof, messages_of
from compat.protobuf.model import LABELS
from compat.schema import InvalidSchema

TYPES: Final = {
    number: name.removeprefix("TYPE_").lower()
    for name, number in FieldDescriptorProto.Type.items()
    if name not in ("TYPE_GROUP", "TYPE_MESSAGE", "TYPE_ENUM")
}

_GROUP = FieldDescriptorProto.TYPE_GROUP
_LAST_NUMBER = (1 << 29) - 1
_LAST_ENUM_NUMBER = (1 << 31) - 1
_VISIBILITY = {
    SymbolVisibility.Value("VISIBILITY_LOCAL"): "local ",
    SymbolVisibility.Value("VISIBILITY_EXPORT"): "export ",
}
_ESCAPES = {
    "\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v",
    "\\": "\\\\", "'": "\\'", '"': '\\"',
}  # fmt: skip
_ESCAPED = re.compile("[\x00-\x1f\x7f\\\\'\"]")

Lines = list[str]
Range = tuple[int, int]
"""The first and the last number."""

OneOf = tuple[OneofDescriptorProto, list[FieldDescriptorProto]]
Split = tuple[list[DescriptorProto], list[DescriptorProto]]


@dataclass(frozen=True, slots=True)
class Style:
    """How a text is written.

    is_normal   as under `normalize=true`: options sorted, a statement for each reserved number or name
    extensions  False leaves extensions and custom options out, as `format=ignore_extensions`
    """

    is_normal: bool = False
    extensions: bool = True


def written(file: FileDescriptorProto, needed: FileDescriptorSet, style: Style = Style()) -> str:
    """Raises InvalidSchema for a descriptor that no text can say."""
    return "\n".join([*_Writer(file, needed, style).file(), ""])


class _Writer:
    """Gives the lines of each element, not indented."""

    def __init__(self, file: FileDescriptorProto, needed: FileDescriptorSet, style: Style) -> None:
        self._file = file
        self._style = style
        self._is_proto3 = file.syntax == "proto3"
        self._has_editions = file.syntax == "editions"
        self._hiding = set(_inner_names(file, needed))

    def file(self) -> Lines:
        file = self._file
        head = [f'syntax = "{file.syntax}";'] if self._is_proto3 else []
        head += [f'edition = "{Edition.Name(file.edition).removeprefix("EDITION_")}";'] if self._has_editions else []
        head += [f"package {file.package};"] if file.package else []
        scope = f".{file.package}" if file.package else ""
        found = _split(file.message_type, _groups(file.extension))
        enums = self._each(self._enum, file.enum_type)
        if found is None or found[0]:
            types = [self._in_order(file.message_type, file.extension, [], scope) + enums]
        else:
            messages = self._each(lambda message: self._message(message, scope), found[1])
            types = [messages + enums, self._extends(file.extension, file.message_type, scope)]
        sections = [head, self._imports(), self._options(file.options), *types, self._each(self._service, file.service)]
        return _joined(sections) if head else ["", *_joined(sections)]  # as if there were one

    def _imports(self) -> Lines:
        file = self._file
        public, weak = set(file.public_dependency), set(file.weak_dependency)
        lines = []
        for index, name in enumerate(file.dependency):
            word = "public " if index in public else "weak " if index in weak else ""
            lines.append(f"import {word}{_quoted(name)};")
        return lines + [f"import option {_quoted(name)};" for name in file.option_dependency]

    # -------------------------------------------------------------------------------------------- messages

    def _message(self, message: DescriptorProto, scope: str) -> Lines:
        head = f"{_VISIBILITY.get(message.visibility, '')}message {message.name}"
        return _block(head, self._body(message, f"{scope}.{message.name}"))

    def _body(self, message: DescriptorProto, scope: str) -> list[Lines]:
        members: list[list[FieldDescriptorProto]] = [[] for _ in message.oneof_decl]
        fields: list[FieldDescriptorProto] = []
        groups: list[FieldDescriptorProto] = []
        for field in message.field:
            if in_oneof(field):
                members[field.oneof_index].append(field)
            else:
                (groups if field.type == _GROUP else fields).append(field)
        oneofs = [(oneof, found) for oneof, found in zip(message.oneof_decl, members, strict=True) if found]
        reserved = [(found.start, found.end - 1) for found in message.reserved_range]
        head = [
            self._reserved(reserved, message.reserved_name, _LAST_NUMBER),
            self._options(message.options),
        ]
        enums = self._each(self._enum, message.enum_type)
        maps, found = self._arranged(message, scope)
        plain = self._each(lambda field: self._field(field, maps.get(field.type_name)), fields)
        if found is None:
            order = self._in_order(message.nested_type, message.extension, oneofs, scope, groups)
            return [*head, plain, self._extension_ranges(message), order + enums]
        early, late = (self._each(lambda inner: self._message(inner, scope), side) for side in found)
        return [
            *head,
            early,
            plain,
            self._each(lambda oneof: self._oneof(oneof, message.nested_type, scope), oneofs),
            self._fields(groups, message.nested_type, scope),
            self._extension_ranges(message),
            self._extends(message.extension, message.nested_type, scope),
            late + enums,
        ]

    def _arranged(self, message: DescriptorProto, scope: str) -> tuple[dict[str, DescriptorProto], Split | None]:
        """Entries that are written as maps, by type name, and the messages before and after the fields.

        Reading a text, protoc puts the type of a map or group among the messages where it meets the field. So those
        must stand together, in the order of the sections; else maps are written as messages, or all `_in_order`.
        """
        groups = _groups(message.field) + _groups(message.extension)
        entries = {f"{scope}.{inner.name}": inner for inner in message.nested_type if inner.options.map_entry}
        used = [field.type_name for field in message.field if field.type_name in entries]
        if len(used) == len(entries):
            found = _split(message.nested_type, [entries[name].name for name in used] + groups)
            if found is not None:
                return entries, found
        return {}, _split(message.nested_type, groups)

    def _in_order(
        self,
        messages: Sequence[DescriptorProto],
        extensions: Sequence[FieldDescriptorProto],
        oneofs: Sequence[OneOf],
        scope: str,
        groups: Sequence[FieldDescriptorProto] = (),
    ) -> Lines:
        """Messages in their order, each group where its type is; with a group comes the oneof that it is in."""
        lines: Lines = []
        plain = {group.type_name: group for group in groups}
        owners = {name: oneof for oneof, fields in oneofs for name in _group_types(fields)}
        extending = {field.type_name for field in extensions if field.type == _GROUP}
        oneofs_left, extensions_left = deque(oneofs), deque(extensions)
        for message in messages:
            name = f"{scope}.{message.name}"
            if name in plain:
                lines += self._group(plain[name], messages, scope)
            elif name in owners:
                while any(oneof is owners[name] for oneof, _ in oneofs_left):
                    lines += self._oneof(oneofs_left.popleft(), messages, scope)
            elif name in extending:
                while any(field.type_name == name for field in extensions_left):
                    lines += self._extends([extensions_left.popleft()], messages, scope)
            else:
                lines += self._message(message, scope)
        lines += self._each(lambda oneof: self._oneof(oneof, messages, scope), oneofs_left)
        return lines + self._extends(extensions_left, messages, scope)

    def _field(self, field: FieldDescriptorProto, entry: DescriptorProto | None = None) -> Lines:
        if entry is None:
            kind = f"{self._label(field)}{TYPES.get(field.type) or field.type_name}"
        else:
            key, value = entry.field
            kind = f"map<{TYPES[key.type]}, {TYPES.get(value.type) or value.type_name}>"
        return self._bracketed(f"{kind} {field.name} = {field.number}", self._field_options(field), ";")

    def _label(self, field: FieldDescriptorProto) -> str:
        is_spelled = not (self._is_proto3 or self._has_editions or in_oneof(field))
        if is_spelled or field.proto3_optional or field.label == FieldDescriptorProto.LABEL_REPEATED:
            return f"{LABELS[field.label]} "
        return ""

    def _fields(self, fields: Iterable[FieldDescriptorProto], beside: Sequence[DescriptorProto], scope: str) -> Lines:
        """Fields and groups; the types of groups are messages `beside` them."""
        return self._each(
            lambda field: self._group(field, beside, scope) if field.type == _GROUP else self._field(field), fields
        )

    def _group(self, field: FieldDescriptorProto, beside: Sequence[DescriptorProto], scope: str) -> Lines:
        message = next((message for message in beside if f"{scope}.{message.name}" == field.type_name), None)
        if message is None or message.name.lower() != field.name:
            raise InvalidSchema(f"group '{field.name}' is declared apart from its type, so no text can say it")
        head = f"{self._label(field)}group {message.name} = {field.number}"
        *lines, last = self._bracketed(head, self._field_options(field), "")
        return lines + _block(last, self._body(message, f"{scope}.{message.name}"))

    def _oneof(self, found: OneOf, beside: Sequence[DescriptorProto], scope: str) -> Lines:
        oneof, fields = found
        groups = [field for field in fields if field.type == _GROUP]
        plain = [field for field in fields if field.type != _GROUP]
        members = [self._fields(members, beside, scope) for members in (plain, groups)]
        return _block(f"oneof {oneof.name}", [self._options(oneof.options), *members])

    def _extends(self, fields: Iterable[FieldDescriptorProto], beside: Sequence[DescriptorProto], scope: str) -> Lines:
        lines: Lines = []
        for extendee, found in groupby(fields if self._style.extensions else (), lambda field: field.extendee):
            lines += _block(f"extend {extendee}", [self._fields(found, beside, scope)])
        return lines

    def _extension_ranges(self, message: DescriptorProto) -> Lines:
        lines: Lines = []
        ranges = message.extension_range if self._style.extensions else ()
        for _, alike in groupby(ranges, lambda found: found.options.SerializeToString(deterministic=True)):
            found = list(alike)
            spelled = [_range((each.start, each.end - 1), _LAST_NUMBER) for each in found]
            for numbers in self._statements(spelled):
                lines += self._bracketed(f"extensions {numbers}", self._settings(found[0].options), ";")
        return lines

    def _reserved(self, ranges: Iterable[Range], names: Iterable[str], last: int) -> Lines:
        spelled = [_range(found, last) for found in ranges]
        quoted = [name if self._has_editions else _quoted(name) for name in names]
        return [f"reserved {found};" for found in (*self._statements(spelled), *self._statements(quoted))]

    def _statements(self, items: list[str]) -> list[str]:
        """What is declared one by one in the normal form, else all together."""
        return items if self._style.is_normal else [", ".join(items)] if items else []

    # -------------------------------------------------------------------------------------------- enums, services

    def _enum(self, enum: EnumDescriptorProto) -> Lines:
        reserved = [(found.start, found.end) for found in enum.reserved_range]
        lines = self._reserved(reserved, enum.reserved_name, _LAST_ENUM_NUMBER) + self._options(enum.options)
        for value in enum.value:
            lines += self._bracketed(f"{value.name} = {value.number}", self._settings(value.options), ";")
        return _block(f"{_VISIBILITY.get(enum.visibility, '')}enum {enum.name}", [lines])

    def _service(self, service: ServiceDescriptorProto) -> Lines:
        sections = [self._options(service.options), self._each(self._method, service.method)]
        return _block(f"service {service.name}", sections)

    def _method(self, method: MethodDescriptorProto) -> Lines:
        asks = f"{'stream ' if method.client_streaming else ''}{method.input_type}"
        answers = f"{'stream ' if method.server_streaming else ''}{method.output_type}"
        head = f"rpc {method.name} ({asks}) returns ({answers})"
        options = self._options(method.options)
        return [f"{head} {{", *_indented(options), "};"] if options else [f"{head};"]

    # -------------------------------------------------------------------------------------------- options

    def _options(self, options: Message) -> Lines:
        """A statement for each."""
        lines: Lines = []
        for setting in self._settings(options):
            lines += [f"option {setting[0]}", *setting[1:]]
            lines[-1] += ";"
        return lines

    def _field_options(self, field: FieldDescriptorProto) -> list[Lines]:
        settings = self._settings(field.options) if field.HasField("options") else []
        if field.HasField("default_value"):
            is_quoted = field.type in (FieldDescriptorProto.TYPE_STRING, FieldDescriptorProto.TYPE_BYTES)
            text = field.default_value
            if field.type == FieldDescriptorProto.TYPE_STRING:
                text = _escaped(text)  # that of bytes comes escaped
            settings.append([f'default = "{text}"' if is_quoted else f"default = {text}"])
        if field.HasField("json_name"):
            settings.append([f"json_name = {_quoted(field.json_name)}"])
        return settings

    def _bracketed(self, head: str, settings: list[Lines], end: str) -> Lines:
        if not settings:
            return [f"{head}{end}"]
        if len(settings) == 1:
            first, *others = settings[0]
            lines = [f"{head} [{first}", *others]
            lines[-1] += f"]{end}"
            return lines
        return [f"{head} [", *_indented(_listed(settings)), f"]{end}"]

    def _settings(self, options: Message) -> list[Lines]:
        """`name = value` for each option, without what goes around it."""
        if not options.ByteSize():
            return []
        if len(UnknownFieldSet(options)) and self._style.extensions:
            number = UnknownFieldSet(options)[0].field_number
            kind = options.DESCRIPTOR.name
            raise InvalidSchema(f"option number {number} of {kind} is defined by none of the imports")
        found = list(self._set(options, ""))
        return sorted(found, key=lambda lines: lines[0].partition(" = ")[0]) if self._style.is_normal else found

    def _set(self, options: Message, path: str) -> Iterator[Lines]:
        for field, value in options.ListFields():
            if field.is_extension and not self._style.extensions and not field.full_name.startswith("confluent."):
                continue
            name = f"{path}{self._option_name(field)}"
            if field.message_type is not None and (field.name == "features" or path):
                yield from self._set(value, f"{name}.")  # features of editions are set one by one
            else:
                for one in value if field.is_repeated else [value]:
                    first, *others = _value(field, one)
                    yield [f"{name} = {first}", *others]

    def _option_name(self, field: FieldDescriptor) -> str:
        if not field.is_extension:
            return str(field.name)
        is_hidden = field.full_name.partition(".")[0] in self._hiding
        return f"({'.' if is_hidden else ''}{field.full_name})"

    def _each(self, lines: Callable[[Any], Lines], elements: Iterable[Any]) -> Lines:
        return [line for element in elements for line in lines(element)]


# ------------------------------------------------------------------------------------------------ values


def _value(field: FieldDescriptor, value: Any) -> Lines:
    """One value of an option, or of a field in a message that is one."""
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_MESSAGE:
            return ["{", *_indented(_listed(list(_inside(value)))), "}"]
        case FieldDescriptor.CPPTYPE_BOOL:
            return ["true" if value else "false"]
        case FieldDescriptor.CPPTYPE_ENUM:
            named = field.enum_type and field.enum_type.values_by_number.get(value)
            return [named.name if named else str(value)]
        case FieldDescriptor.CPPTYPE_STRING:
            return [_quoted(value)]
        case FieldDescriptor.CPPTYPE_FLOAT:
            return [_single(value)]
        case FieldDescriptor.CPPTYPE_DOUBLE:
            return [repr(value)]
        case _:
            return [str(value)]


def _inside(message: Message) -> Iterator[Lines]:
    """`name: value` for each field of a message, in the text format of Protobuf."""
    for field, value in message.ListFields():
        name = f"[{field.full_name}]" if field.is_extension else field.name
        if field.message_type and field.type == FieldDescriptor.TYPE_GROUP and not field.is_extension:
            name = field.message_type.name if field.message_type.name.lower() == field.name else field.name
        if not field.is_repeated:
            first, *others = _value(field, value)
        else:
            entry = field.message_type
            values = (
                _entries(entry, value)
                if entry and entry.GetOptions().map_entry
                else [_value(field, one) for one in value]
            )
            first, others = "[", [*_indented(_listed(values)), "]"]
        yield [f"{name}: {first}", *others]


def _entries(entry: Descriptor, found: Any) -> list[Lines]:
    key_field, value_field = entry.fields
    lines = []
    for key in sorted(found):
        first, *others = _value(value_field, found[key])
        pair = [[f"key: {_value(key_field, key)[0]}"], [f"value: {first}", *others]]
        lines.append(["{", *_indented(_listed(pair)), "}"])
    return lines


def _single(value: float) -> str:
    """The shortest decimal that is this 32-bit number."""
    for digits in range(1, 10):
        text = f"{value:.{digits}g}"
        if struct.pack("f", float(text)) == struct.pack("f", value):
            return text
    return repr(value)


def _quoted(text: str | bytes) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str | bytes) -> str:
    """Bytes come from fields of bytes, and from those of strings that are no UTF-8, which proto2 lets pass."""
    if isinstance(text, bytes):
        return "".join(_escaped(chr(byte)) if byte < 0x80 else rf"\{byte:03o}" for byte in text)
    return _ESCAPED.sub(lambda found: _ESCAPES.get(found[0]) or rf"\{ord(found[0]):03o}", text)


def _range(found: Range, last: int) -> str:
    start, end = found
    if start == end:
        return str(start)
    return f"{start} to {'max' if end >= last else end}"


# ------------------------------------------------------------------------------------------------ layout


def _block(head: str, sections: list[Lines]) -> Lines:
    lines = _joined(sections)
    return [f"{head} {{", *_indented(lines), "}"] if lines else [f"{head} {{}}"]


def _joined(sections: list[Lines]) -> Lines:
    lines: Lines = []
    for section in sections:
        lines += ["", *section] if lines and section else section
    return lines


def _indented(lines: Lines) -> Lines:
    return [f"  {line}" if line else line for line in lines]


def _listed(items: list[Lines]) -> Lines:
    """Items one after the other, with commas between."""
    lines: Lines = []
    for item in items:
        if lines:
            lines[-1] += ","
        lines += item
    return lines


# ------------------------------------------------------------------------------------------------ order


def _groups(fields: Iterable[FieldDescriptorProto]) -> list[str]:
    """The names of the types that groups bring along."""
    return [name.rpartition(".")[2] for name in _group_types(fields)]


def _group_types(fields: Iterable[FieldDescriptorProto]) -> list[str]:
    return [field.type_name for field in fields if field.type == _GROUP]


def _split(messages: Sequence[DescriptorProto], brought: list[str]) -> Split | None:
    """The messages before and after those that are brought along; None where these do not stand together, in order."""
    if not brought:
        return [], list(messages)
    names = [message.name for message in messages]
    start = names.index(brought[0]) if brought[0] in names else 0
    end = start + len(brought)
    return (list(messages[:start]), list(messages[end:])) if names[start:end] == brought else None


def _inner_names(file: FileDescriptorProto, needed: FileDescriptorSet) -> Iterator[str]:
    """Names that may hide the first part of a full name somewhere in this file; rather too many than too few."""
    for one in (file, *needed.file):
        yield from one.package.split(".")[1:]
    for message in messages_of(file):
        yield message.name
        yield from (field.name for field in (*message.field, *message.extension))
        yield from (oneof.name for oneof in message.oneof_decl)
    for enum in enums_of(file):
        yield enum.name
        yield from (value.name for value in enum.value)
    yield from (field.name for field in file.extension)
    for service in file.service:
        yield service.name
        yield from (method.name for method in service.method)
