"""The rules of lint for Protobuf, on the descriptor that protoc makes, with the places that it gives."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any, Final

from google.protobuf.descriptor_pb2 import DescriptorProto, EnumDescriptorProto, FeatureSet, FieldDescriptorProto
from google.protobuf.descriptor_pb2 import FileDescriptorProto as File

from momus.gate.findings import Location
from momus.gate.lint.rule import CAMEL, IGNORE, SNAKE, UPPER_SNAKE, Fault, Rule, Steps, camel, is_money, snake

PACKAGE, IMPORT, MESSAGE, ENUM, SERVICE, SYNTAX, EDITION = 2, 3, 4, 5, 6, 12, 14  # fields of a FileDescriptorProto
FIELD, NESTED, ENUM_WITHIN = 2, 3, 4  # of a DescriptorProto
VALUE = 2  # of an EnumDescriptorProto

_IGNORE: Final = re.compile(rf"{IGNORE}[ \t]+([A-Z0-9_]+)[ \t]*(.*)")
_PACKAGE: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
_LABELS: Final = FieldDescriptorProto.Label
_TYPES: Final = {number: name.removeprefix("TYPE_").lower() for name, number in FieldDescriptorProto.Type.items()}


@dataclass(frozen=True)
class Message:
    at: Steps
    value: DescriptorProto
    names: tuple[str, ...]


@dataclass(frozen=True)
class ProtoText:
    """`file` has source locations; `name` is its path below the root of imports."""

    path_of_file: str
    name: str
    file: File
    warnings: tuple[str, ...] = ()
    forbidden: frozenset[str] = field(default=frozenset())

    @cached_property
    def messages(self) -> list[Message]:
        """Without those that stand for the entries of maps."""
        return [
            found for index, one in enumerate(self.file.message_type) for found in _messages(one, (MESSAGE, index), ())
        ]

    @cached_property
    def enums(self) -> list[tuple[Steps, EnumDescriptorProto]]:
        top = [((ENUM, index), one) for index, one in enumerate(self.file.enum_type)]
        return [*top, *(
            ((*message.at, ENUM_WITHIN, index), one)
            for message in self.messages for index, one in enumerate(message.value.enum_type)
        )]  # fmt: skip

    @cached_property
    def fields(self) -> list[tuple[Steps, FieldDescriptorProto]]:
        return [
            ((*message.at, FIELD, index), one)
            for message in self.messages
            for index, one in enumerate(message.value.field)
        ]

    @cached_property
    def definitions(self) -> list[tuple[str, Steps]]:
        """The full names of the messages and enums at the top."""
        top = [(one.names[0], one.at) for one in self.messages if len(one.names) == 1]
        top += [(one.name, at) for at, one in self.enums if len(at) == 2]
        return [(f"{self.file.package}.{name}".strip("."), at) for name, at in top]

    @cached_property
    def places(self) -> dict[Steps, Any]:
        return {tuple(found.path): found for found in self.file.source_code_info.location}

    @cached_property
    def ignores(self) -> dict[Steps, Mapping[str, str]]:
        """A comment at a declaration counts for all that is in it, one at the syntax for the whole file."""
        found: dict[Steps, Mapping[str, str]] = {}
        for at, place in self.places.items():
            comments = "\n".join((*place.leading_detached_comments, place.leading_comments, place.trailing_comments))
            rules = {match[1]: match[2].strip() for match in _IGNORE.finditer(comments)}
            if rules:
                found[() if at in ((SYNTAX,), (EDITION,)) else at] = rules
        return found

    def path(self, at: Steps) -> str:
        """As the comparison spells it: messages by their names, fields and values by their numbers."""
        names: list[str] = []
        scope: Any = self.file
        for kind, index in zip(at[::2], at[1::2], strict=False):
            fields = scope.DESCRIPTOR.fields_by_number
            scope = getattr(scope, fields[kind].name)[index]
            if isinstance(scope, str):
                return f"#/{scope}"
            names.append(str(getattr(scope, "number", scope.name)))
        return f"#/{'/'.join(names)}"

    def location(self, at: Steps) -> Location:
        place = self.places.get(at) or (self.places.get((SYNTAX,)) or self.places.get((EDITION,)) if not at else None)
        if place is None:
            return Location(self.path_of_file)
        start, last = place.span[0] + 1, (place.span[2] if len(place.span) > 3 else place.span[0]) + 1
        return Location(self.path_of_file, start, place.span[1] + 1, last)


def _messages(message: DescriptorProto, at: Steps, around: tuple[str, ...]) -> Iterator[Message]:
    if message.options.map_entry:
        return
    names = (*around, message.name)
    yield Message(at, message, names)
    for index, inner in enumerate(message.nested_type):
        yield from _messages(inner, (*at, NESTED, index), names)


# ------------------------------------------------------------------------------------------------ the rules


def syntax_missing(document: ProtoText) -> Iterator[Fault]:
    if (SYNTAX,) not in document.places and (EDITION,) not in document.places:
        yield Fault((), "The file says no syntax, so it is proto2")


def package_missing(document: ProtoText) -> Iterator[Fault]:
    if not document.file.package:
        yield Fault((), "The file has no package")


def package_not_lower_case(document: ProtoText) -> Iterator[Fault]:
    package = document.file.package
    if package and not _PACKAGE.fullmatch(package):
        yield Fault((PACKAGE,), f"The package '{package}' would be '{'.'.join(map(snake, package.split('.')))}'")


def package_not_path(document: ProtoText) -> Iterator[Fault]:
    folder = PurePosixPath(document.name).parent.as_posix()
    wanted = document.file.package.replace(".", "/") or "."
    if folder != wanted:
        yield Fault((PACKAGE,) if document.file.package else (), f"{document.name} would stand in the folder {wanted}")


def file_name_not_snake_case(document: ProtoText) -> Iterator[Fault]:
    stem = PurePosixPath(document.name).stem
    if not SNAKE.fullmatch(stem):
        yield Fault((), f"The file '{stem}.proto' would be '{snake(stem)}.proto'")


def type_name_not_camel_case(document: ProtoText) -> Iterator[Fault]:
    named = [(one.at, one.value.name) for one in document.messages] + [(at, one.name) for at, one in document.enums]
    named += [((SERVICE, index), one.name) for index, one in enumerate(document.file.service)]
    for at, name in named:
        if not CAMEL.fullmatch(name):
            yield Fault((*at, 1), f"The type '{name}' would be '{camel(name)}'")


def field_name_not_snake_case(document: ProtoText) -> Iterator[Fault]:
    for at, one in document.fields:
        if not SNAKE.fullmatch(one.name):
            yield Fault((*at, 1), f"The field '{one.name}' would be '{snake(one.name)}'")


def enum_value_not_upper_case(document: ProtoText) -> Iterator[Fault]:
    for at, enum in document.enums:
        for index, value in enumerate(enum.value):
            if not UPPER_SNAKE.fullmatch(value.name):
                yield Fault((*at, VALUE, index), f"The value '{value.name}' would be '{snake(value.name).upper()}'")


def enum_value_without_prefix(document: ProtoText) -> Iterator[Fault]:
    for at, enum in document.enums:
        prefix = f"{snake(enum.name).upper()}_"
        for index, value in enumerate(enum.value):
            if not value.name.startswith(prefix):
                yield Fault((*at, VALUE, index), f"The value '{value.name}' would be '{prefix}{value.name}'")


def enum_zero_not_unspecified(document: ProtoText) -> Iterator[Fault]:
    for at, enum in document.enums:
        for index, value in enumerate(enum.value):
            if not value.number and not value.name.endswith(("UNSPECIFIED", "UNKNOWN")):
                wanted = f"{snake(enum.name).upper()}_UNSPECIFIED"
                yield Fault((*at, VALUE, index), f"The value of 0 is '{value.name}', and would be '{wanted}'")


def message_after_map_field(document: ProtoText) -> Iterator[Fault]:
    for message in document.messages:
        entries = [index for index, one in enumerate(message.value.nested_type) if one.options.map_entry]
        for index, one in enumerate(message.value.nested_type):
            if entries and index > entries[0] and not one.options.map_entry:
                text = f"'{one.name}' stands after a map field, so that not all clients number it alike"
                yield Fault((*message.at, NESTED, index), text)


def field_required(document: ProtoText) -> Iterator[Fault]:
    for at, one in document.fields:
        is_legacy = one.options.features.field_presence == FeatureSet.FieldPresence.LEGACY_REQUIRED
        if one.label == _LABELS.Value("LABEL_REQUIRED") or is_legacy:
            yield Fault(at, f"The field '{one.name}' is required, now and for ever")


def import_unused(document: ProtoText) -> Iterator[Fault]:
    for index, name in enumerate(document.file.dependency):
        if any(f"Import {name} is unused" in warning for warning in document.warnings):
            yield Fault((IMPORT, index), f"Nothing of '{name}' is used")


def money_as_float(document: ProtoText) -> Iterator[Fault]:
    for at, one in document.fields:
        if _TYPES[one.type] in ("float", "double") and is_money(one.name):
            yield Fault(at, f"'{one.name}' looks like money, and {_TYPES[one.type]} has no exact cents")


def doc_missing(document: ProtoText) -> Iterator[Fault]:
    spots = [(one.at, one.value.name) for one in document.messages] + [(at, one.name) for at, one in document.enums]
    for at, name in sorted([*spots, *((at, one.name) for at, one in document.fields)]):
        place = document.places.get(at)
        if place is None or not (place.leading_comments + place.trailing_comments).strip():
            yield Fault(at, f"'{name}' has no comment")


def type_forbidden(document: ProtoText) -> Iterator[Fault]:
    for at, one in document.fields:
        name = one.type_name.removeprefix(".") or _TYPES[one.type]
        if name in document.forbidden:
            yield Fault(at, f"The type {name} is not to be used here")


_TOP: Final = 'syntax = "proto3";\npackage shop.v1;\n'

RULES: Final = (
    Rule(
        "SYNTAX_MISSING", "PROTOBUF", "warning", "recommended", syntax_missing,
        "A file says its syntax or its edition.",
        'Write `syntax = "proto2";` if that is what it is.',
        "package shop.v1;\nmessage Order {}\n",
        f"{_TOP}message Order {{}}\n",
    ),
    Rule(
        "PACKAGE_MISSING", "PROTOBUF", "warning", "recommended", package_missing,
        "A file has a package.",
        "Give it one: all that has none shares one space of names, in every program.",
        'syntax = "proto3";\nmessage Order {}\n',
        f"{_TOP}message Order {{}}\n",
    ),
    Rule(
        "PACKAGE_NOT_LOWER_CASE", "PROTOBUF", "warning", "recommended", package_not_lower_case,
        "Packages are in lower_snake_case, with dots between.",
        "Spell a new package so. One that is in use keeps its name.",
        'syntax = "proto3";\npackage shopOrders.v1;\n',
        'syntax = "proto3";\npackage shop_orders.v1;\n',
    ),
    Rule(
        "PACKAGE_NOT_PATH", "PROTOBUF", "warning", "all", package_not_path,
        "A file stands in the folder of its package: `shop/v1/order.proto` is in `shop.v1`.",
        "Move the file: whoever imports it then knows the package.",
        'syntax = "proto3";\npackage elsewhere;\n',
        _TOP,
    ),
    Rule(
        "FILE_NAME_NOT_SNAKE_CASE", "PROTOBUF", "warning", "all", file_name_not_snake_case,
        "Files are called in lower_snake_case.",
        "Rename the file, and what imports it.",
        f"// orderLine.proto\n{_TOP}",
        f"// order_line.proto\n{_TOP}",
    ),
    Rule(
        "TYPE_NAME_NOT_CAMEL_CASE", "PROTOBUF", "warning", "recommended", type_name_not_camel_case,
        "Messages, enums and services are called in UpperCamelCase.",
        "Spell a new type so. One that is in use keeps its name.",
        f"{_TOP}message order_line {{}}\n",
        f"{_TOP}message OrderLine {{}}\n",
    ),
    Rule(
        "FIELD_NAME_NOT_SNAKE_CASE", "PROTOBUF", "warning", "recommended", field_name_not_snake_case,
        "Fields are called in lower_snake_case.",
        "Spell a new field so: generated code makes of it what each language is used to.",
        f"{_TOP}message Order {{ int64 orderId = 1; }}\n",
        f"{_TOP}message Order {{ int64 order_id = 1; }}\n",
    ),
    Rule(
        "ENUM_VALUE_NOT_UPPER_CASE", "PROTOBUF", "warning", "recommended", enum_value_not_upper_case,
        "Values of enums are called in UPPER_SNAKE_CASE.",
        "Spell new values so.",
        f"{_TOP}enum State {{ state_unspecified = 0; }}\n",
        f"{_TOP}enum State {{ STATE_UNSPECIFIED = 0; }}\n",
    ),
    Rule(
        "ENUM_VALUE_WITHOUT_PREFIX", "PROTOBUF", "warning", "all", enum_value_without_prefix,
        "Values of an enum begin with its name.",
        "Give new values the prefix: values of all enums beside each other share one space of names.",
        f"{_TOP}enum State {{ UNSPECIFIED = 0; }}\n",
        f"{_TOP}enum State {{ STATE_UNSPECIFIED = 0; }}\n",
    ),
    Rule(
        "ENUM_ZERO_NOT_UNSPECIFIED", "PROTOBUF", "info", "all", enum_zero_not_unspecified,
        "The value of 0 of an enum means that none was given: _UNSPECIFIED, or _UNKNOWN.",
        "Begin a new enum with it: 0 is what a reader sees where a writer wrote nothing.",
        f"{_TOP}enum State {{ STATE_PAID = 0; }}\n",
        f"{_TOP}enum State {{ STATE_UNSPECIFIED = 0; STATE_PAID = 1; }}\n",
    ),
    Rule(
        "MESSAGE_AFTER_MAP_FIELD", "PROTOBUF", "warning", "recommended", message_after_map_field,
        "Nested messages stand before the map fields of their message.",
        "Move the nested message up. A map is a nested message too, which some serializers for Kafka count and others"
        " do not, when they write which message follows.",
        f"{_TOP}message Order {{\n  map<string, string> notes = 1;\n  message Line {{}}\n}}\n",
        f"{_TOP}message Order {{\n  message Line {{}}\n  map<string, string> notes = 1;\n}}\n",
    ),
    Rule(
        "FIELD_REQUIRED", "PROTOBUF", "warning", "recommended", field_required,
        "No field is required.",
        "Make it optional, and look for it in code: a required field can neither be taken away nor made optional.",
        'syntax = "proto2";\npackage shop.v1;\nmessage Order { required int64 id = 1; }\n',
        'syntax = "proto2";\npackage shop.v1;\nmessage Order { optional int64 id = 1; }\n',
    ),
    Rule(
        "IMPORT_UNUSED", "PROTOBUF", "warning", "recommended", import_unused,
        "What is imported is used.",
        "Take the import out: it becomes a reference that must be registered.",
        f'{_TOP}import "google/protobuf/any.proto";\nmessage Order {{}}\n',
        f'{_TOP}import "google/protobuf/any.proto";\nmessage Order {{ google.protobuf.Any payload = 1; }}\n',
    ),
    Rule(
        "MONEY_AS_FLOAT", "PROTOBUF", "warning", "recommended", money_as_float,
        "Money is a number of cents, or a message as `google.type.Money`: no float, no double.",
        "Use an int64 of cents, or a message of units and nanos.",
        f"{_TOP}message Order {{ double unit_price = 1; }}\n",
        f"{_TOP}message Order {{ int64 price_cents = 1; }}\n",
    ),
    Rule(
        "DOC_MISSING", "PROTOBUF", "warning", "all", doc_missing,
        "Messages, enums and fields have a comment.",
        "Write a sentence for whoever reads the data in five years.",
        f"{_TOP}message Order {{}}\n",
        f"{_TOP}// What was bought.\nmessage Order {{}}\n",
    ),
    Rule(
        "TYPE_FORBIDDEN", "PROTOBUF", "error", "recommended", type_forbidden,
        "Types that `lint.forbidden` in the configuration names are not used.",
        "Take another type, or ask those who wrote the configuration.",
        f"{_TOP}message Order {{ float rate = 1; }}\n",
        f"{_TOP}message Order {{ double rate = 1; }}\n",
    ),
)  # fmt: skip
