"""Confluent's comparison of two Protobuf schemas, rule by rule: the differences it refuses, in its words and order.

It is followed here for its answers, and judged elsewhere (`compare.py`). It pairs messages by their names, looks at no
group, extension, feature or default, at labels only where both are written, and into the type of a field only when that
is declared in another file.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from compat.protobuf.model import Declarations, Field, Message
from compat.stack import finish

TEMPLATES: Final = {
    "PACKAGE_CHANGED": (
        "The package at '{path}' in the {reader} schema does not match the package in the {writer} schema"
    ),
    "MESSAGE_REMOVED": "The {reader} schema is missing a MESSAGE type at path '{path}' in the {writer} schema",
    "FIELD_KIND_CHANGED": (
        "The type of a field at path '{path}' in the {reader} schema does not match the {writer} schema"
    ),
    "FIELD_SCALAR_KIND_CHANGED": (
        "The kind of a SCALAR field at path '{path}' in the {reader} schema"
        " does not match its kind in the {writer} schema"
    ),
    "FIELD_NAMED_TYPE_CHANGED": (
        "The type of a MESSAGE field at path '{path}' in the {reader} schema"
        " does not match its type in the {writer} schema"
    ),
    "FIELD_NUMERIC_LABEL_CHANGED": (
        "The label for a NUMERIC field at path '{path}' in the {reader} schema"
        " does not match its label in the {writer} schema"
    ),
    "REQUIRED_FIELD_ADDED": (
        "A required field  at path '{path}' in the {reader} schema is missing in the {writer} schema"
    ),
    "REQUIRED_FIELD_REMOVED": (
        "The {reader} schema is missing a required field at path: '{path}' in the {writer} schema"
    ),
    "ONEOF_FIELD_REMOVED": "The {reader} schema is missing a oneof field at path '{path}' in the {writer} schema",
    "MULTIPLE_FIELDS_MOVED_TO_ONEOF": (
        "Multiple fields in the oneof at path '{path}' in the {reader} schema"
        " are outside a oneof in the {writer} schema"
    ),
    "FIELD_MOVED_TO_EXISTING_ONEOF": (
        "A field in the oneof at path '{path}' in the {reader} schema"
        " is outside an existing oneof in the {writer} schema"
    ),
}

SCALAR_GROUPS: Final = {
    **dict.fromkeys(("int32", "int64", "uint32", "uint64", "bool", "enum"), "GENERAL_NUMBER"),
    **dict.fromkeys(("sint32", "sint64"), "SIGNED_NUMBER"),
    **dict.fromkeys(("string", "bytes"), "STRING_OR_BYTES"),
    **dict.fromkeys(("fixed32", "sfixed32"), "FIXED32"),
    **dict.fromkeys(("fixed64", "sfixed64"), "FIXED64"),
    "float": "FLOAT",
    "double": "DOUBLE",
}

Kind = Literal["SCALAR", "MAP", "MESSAGE"]


@dataclass(frozen=True, slots=True)
class Told:
    """A difference, and what it is about: two messages (None: there is none) and a number (0) or a oneof in them."""

    type: str
    path: str
    writer: Message | None = None
    reader: Message | None = None
    number: int = 0
    oneof: str = ""


Steps: TypeAlias = Generator["Steps", bool, bool]  # a comparison that asks for others; says whether it found anything


def differences(reader: Declarations, writer: Declarations) -> list[Told]:
    """What Confluent finds wrong with `reader` reading what `writer` wrote, in its order."""
    comparison = _Comparison(reader, writer)
    finish(comparison.files())
    return comparison.found


def is_visible(message: Message, one: Field) -> bool:
    """Extensions and groups are none of its business, except that those of editions are messages to it."""
    return not one.is_extension and not (one.kind == "group" and one.type.rpartition(".")[2] in message.group_names)


def visible(message: Message, fields: dict[int, Field]) -> dict[int, Field]:
    if not message.group_names and not message.extensions:
        return fields
    return {number: one for number, one in fields.items() if is_visible(message, one)}


@dataclass(slots=True)
class _Comparison:
    reader: Declarations
    writer: Declarations
    found: list[Told] = field(default_factory=list)
    compared: dict[tuple[Message, Message], bool] = field(default_factory=dict)  # imported ones, and what came of it

    def files(self) -> Steps:
        new, old = self.reader.root, self.writer.root
        if new.proto.package != old.proto.package:
            self.found.append(Told("PACKAGE_CHANGED", "#/"))
        yield self.types("#", new.messages, old.messages)
        return bool(self.found)

    def types(self, path: str, new: dict[str, Message], old: dict[str, Message]) -> Steps:
        """Messages of one level, by their simple names."""
        for name, message in old.items():
            here = f"{path}/{name}"
            if name in new:
                yield self.messages(here, new[name], message)
            else:
                self.found.append(Told("MESSAGE_REMOVED", here, message))
        return False

    def messages(self, path: str, new: Message, old: Message) -> Steps:
        before = len(self.found)
        same = new.is_as(old)
        self.found += [] if same else _oneofs(path, new, old)
        news, olds = (visible(one, one.links if same else one.fields) for one in (new, old))
        for number in sorted(olds.keys() | news.keys()):
            if number not in news:
                self.found += _removed(path, new, old, olds[number])
            elif number not in olds:
                if news[number].label == "required":
                    self.found.append(Told("REQUIRED_FIELD_ADDED", f"{path}/{number}", old, new, number))
            else:
                oneof = news[number].oneof
                here = f"{path}/{oneof}/{number}" if oneof else f"{path}/{number}"
                yield self.fields(Told("", here, old, new, number), news[number], olds[number])
        yield self.types(path, _declared(new), _declared(old))
        return len(self.found) > before

    def fields(self, here: Told, new: Field, old: Field) -> Steps:
        news, olds = self.reader.entry_of(new), self.writer.entry_of(old)
        kind = "MAP" if news else _kind(new, self.reader)
        if kind != ("MAP" if olds else _kind(old, self.writer)):
            self.tell("FIELD_KIND_CHANGED", here)
        elif news and olds:
            for number in news.fields.keys() & olds.fields.keys():
                yield self.fields(here, news.fields[number], olds.fields[number])
        elif kind == "MESSAGE":
            yield self.named(here, new, old)
        elif SCALAR_GROUPS[new.kind] != SCALAR_GROUPS[old.kind]:
            self.tell("FIELD_SCALAR_KIND_CHANGED", here)
        elif new.is_numeric and new.label and old.label and new.label != old.label:
            self.tell("FIELD_NUMERIC_LABEL_CHANGED", here)
        return False

    def named(self, here: Told, new: Field, old: Field) -> Steps:
        ours, theirs = self.reader.message_of(new), self.writer.message_of(old)
        if ours is None or theirs is None:
            return False
        if ours.local_name != theirs.local_name:
            self.tell("FIELD_NAMED_TYPE_CHANGED", here)
        elif ours.file is not self.reader.root or theirs.file is not self.writer.root:
            pair = ours, theirs
            if pair not in self.compared:
                self.compared[pair] = False  # one that is open already is taken for compatible
                self.compared[pair] = yield self.messages(here.path, ours, theirs)
            if self.compared[pair]:
                self.tell("FIELD_NAMED_TYPE_CHANGED", here)
        return False

    def tell(self, type_: str, here: Told) -> None:
        self.found.append(Told(type_, here.path, here.writer, here.reader, here.number))


def _kind(one: Field, declared: Declarations) -> Kind:
    return "MESSAGE" if one.is_composite or (one.kind == "enum" and one.type not in declared.enums) else "SCALAR"


def _declared(message: Message) -> dict[str, Message]:
    hidden = message.group_names
    return {name: one for name, one in message.nested.items() if not one.is_entry and name not in hidden}


def _oneofs(path: str, new: Message, old: Message) -> Iterator[Told]:
    """Where do the members of each oneof come from? From one oneof, or from one plain field, or it is told."""
    olds = visible(old, old.fields)
    for name, members in new.oneofs.items():
        origins = [olds[one.number] for one in members if one.number in olds]
        plain = sum(1 for one in origins if not one.oneof)
        if plain + len({one.oneof for one in origins if one.oneof}) > 1:
            type_ = "MULTIPLE_FIELDS_MOVED_TO_ONEOF" if plain > 1 else "FIELD_MOVED_TO_EXISTING_ONEOF"
            yield Told(type_, f"{path}/{name}", old, new, oneof=name)


def _removed(path: str, new: Message, old: Message, one: Field) -> Iterator[Told]:
    if one.oneof:
        if one.oneof in new.oneofs or any(member.number in new.fields for member in old.oneofs[one.oneof]):
            yield Told("ONEOF_FIELD_REMOVED", f"{path}/{one.oneof}/{one.number}", old, new, one.number)
    elif one.label == "required":
        yield Told("REQUIRED_FIELD_REMOVED", f"{path}/{one.number}", old, new, one.number)
