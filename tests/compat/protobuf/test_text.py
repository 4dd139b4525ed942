"""Descriptors as text and back: Confluent's layout, and nothing lost on the way."""

import base64
from itertools import count
from random import Random
from typing import Any

import pytest
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    Edition,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from compat.protobuf import ProtobufSchema, known
from tests.compat.protobuf.texts import LAYOUT, PROTO2, PROTO3, new

F = FieldDescriptorProto
SCALARS = [number for name, number in F.Type.items() if name not in ("TYPE_GROUP", "TYPE_MESSAGE", "TYPE_ENUM")]
PACKABLE = [number for number in SCALARS if number not in (F.TYPE_STRING, F.TYPE_BYTES)]
DEFAULTS = {
    F.TYPE_STRING: st.text(st.characters(codec="utf-8"), max_size=8),
    F.TYPE_BYTES: st.sampled_from(["", "a", "\\000\\377", '\\"', "\\n\\\\"]),
    F.TYPE_BOOL: st.sampled_from(["true", "false"]),
    F.TYPE_DOUBLE: st.sampled_from(["0", "-1.5", "1e+300", "inf", "-inf", "nan"]),
    F.TYPE_FLOAT: st.sampled_from(["0", "0.1", "1e+10", "inf"]),
}


@pytest.mark.parametrize(("text", "expected"), LAYOUT, ids=["proto3", "proto2", "edition 2024", "custom options"])
def test_a_schema_is_stored_in_the_layout_of_confluent(text: str, expected: str) -> None:
    """Byte for byte; and the stored text is stored as it is."""
    assert new(text).describe().text == expected
    assert new(expected).describe() == new(text).describe()


def test_a_message_that_stands_before_a_map_keeps_its_index() -> None:
    """The index goes over the wire with every message, and a map brings a message of its own along."""
    schema = new(PROTO3 + "message A { message B {} map<string, B> m = 1; message C {} }")
    assert schema.describe().text == (
        'syntax = "proto3";\n\nmessage A {\n  message B {}\n\n  map<string, .A.B> m = 1;\n\n  message C {}\n}\n'
    )
    assert [inner.name for inner in again(schema).file.message_type[0].nested_type] == ["B", "MEntry", "C"]


def test_maps_that_no_order_of_fields_gives_are_written_as_messages() -> None:
    """As Confluent writes them, and Java's clients send them."""
    schema = new(PROTO3 + "message A { map<string, B> m = 1; message B {} map<string, B> n = 2; }")
    assert "  repeated .A.MEntry m = 1;\n  repeated .A.NEntry n = 2;\n" in schema.describe().text
    assert "  message NEntry {\n    option map_entry = true;\n\n    string key = 1;\n" in schema.describe().text
    assert [inner.name for inner in again(schema).file.message_type[0].nested_type] == ["MEntry", "B", "NEntry"]


@pytest.mark.parametrize(
    "text",
    [
        "message A { optional group G = 1 {} message B {} oneof o { group H = 2 {} } map<int32, B> m = 4; }",
        "message A { extensions 5 to 9; } extend A { optional group G = 5 {} optional group H = 6 {} } message B {}",
        "message A { extensions 5; message B {} extend A { optional group G = 5 {} } optional group H = 1 {} }",
    ],
)
def test_groups_keep_the_index_of_every_message(text: str) -> None:
    """A group brings a message along, wherever it is declared."""
    schema = new(PROTO2 + text)
    assert names(again(schema)) == names(schema)
    assert again(schema).describe() == schema.describe()


def test_normalized_is_sorted_where_the_order_says_nothing() -> None:
    """Confluent's list; but zero stays the first value, and no number of a default loses digits."""
    text = """syntax = "proto3"; import "google/protobuf/empty.proto"; import "google/protobuf/any.proto";
    option java_package = "x"; option cc_enable_arenas = true;
    message A {
      reserved 9, 7 to 8; reserved "b", "a";
      int32 y = 3; int32 x = 1; google.protobuf.Any any = 4; google.protobuf.Empty e = 5;
      oneof q { int32 q2 = 12; int32 q1 = 11; } oneof o { int32 o1 = 10; } message N {} message M {} }
    enum E { Z = 0; P = 2; N = -1; }"""
    assert new(text).describe(normalize=True).text == (
        """syntax = "proto3";

import "google/protobuf/any.proto";
import "google/protobuf/empty.proto";

option cc_enable_arenas = true;
option java_package = "x";

message A {
  reserved 7 to 8;
  reserved 9;
  reserved "a";
  reserved "b";

  int32 x = 1;
  int32 y = 3;
  .google.protobuf.Any any = 4;
  .google.protobuf.Empty e = 5;

  oneof o {
    int32 o1 = 10;
  }
  oneof q {
    int32 q1 = 11;
    int32 q2 = 12;
  }

  message N {}
  message M {}
}
enum E {
  Z = 0;
  N = -1;
  P = 2;
}
"""
    )


def test_normalized_keeps_the_order_of_an_option_that_is_repeated() -> None:
    """Options are sorted by name, not by value."""
    text = """syntax = "proto2"; package p; import "google/protobuf/descriptor.proto";
    extend google.protobuf.FileOptions { repeated string s = 50000; }
    option (s) = "b"; option (s) = "a"; message A {}"""
    assert 'option (p.s) = "b";\noption (p.s) = "a";\n' in new(text).describe(normalize=True).text


@pytest.mark.parametrize("name", known.names())
def test_known_files_come_out_of_their_own_text(name: str) -> None:
    """Real files, with extensions, defaults, features and comments; normalized and as base64, too."""
    schema = new(known.text_of(name))
    for normalize in (False, True):
        described = schema.describe(normalize=normalize)
        assert new(described.text).describe(normalize=normalize) == described
    assert new(schema.rendered("serialized")).describe() == schema.describe()


def test_extensions_can_be_left_out() -> None:
    """`ignore_extensions` drops custom options but Confluent's, extension ranges and extensions."""
    text = """syntax = "proto2"; import "google/protobuf/descriptor.proto"; import "confluent/meta.proto";
    extend google.protobuf.FieldOptions { optional int32 mine = 50000; }
    message A { extensions 5; optional int32 x = 1 [(mine) = 1, deprecated = true, (confluent.field_meta).doc = "d"]; }
    extend A { optional int32 more = 5; }"""
    assert (
        new(text)
        .rendered("ignore_extensions")
        .endswith("""
message A {
  optional int32 x = 1 [
    deprecated = true,
    (confluent.field_meta) = {
      doc: "d"
    }
  ];
}
""")
    )


def test_a_form_that_there_is_not_gives_the_text_as_it_was_sent() -> None:
    """As with every format."""
    text = PROTO3 + "message A {} // comment"
    assert new(text).rendered("resolved") == new(text).rendered("") == text


# ------------------------------------------------------------------------------------------------ any descriptor


@st.composite
def descriptors(draw: st.DrawFn) -> FileDescriptorProto:
    """Valid files of every syntax: nested messages, maps, groups, oneofs, enums, defaults, ranges, options."""
    return _Maker(draw).file()


class _Maker:
    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw
        self._numbers = count(1)
        self._syntax = draw(st.sampled_from(["", "proto3", "editions"]))
        self._package = draw(st.sampled_from(["", "p", "p.google"]))
        self._messages: list[tuple[str, DescriptorProto]] = []
        self._enums: list[tuple[str, EnumDescriptorProto]] = []

    def file(self) -> FileDescriptorProto:
        file = FileDescriptorProto(name="x.proto", package=self._package, syntax=self._syntax)
        if self._syntax == "editions":
            file.edition = Edition.EDITION_2023
        for _ in range(self._up_to(3)):
            self._message(file.message_type.add(), f".{self._package}" if self._package else "", depth=0)
        self._enum(file.enum_type.add(), f".{self._package}" if self._package else "")
        for name, message in list(self._messages):
            for _ in range(self._up_to(5)):
                self._field(name, message)
            self._reserve(message)
            _settle_optionals(message)
        return file

    def _message(self, message: DescriptorProto, scope: str, *, depth: int) -> None:
        message.name = f"M{next(self._numbers)}"
        name = f"{scope}.{message.name}"
        self._messages.append((name, message))
        for _ in range(self._up_to(2) if depth < 2 else 0):
            self._message(message.nested_type.add(), name, depth=depth + 1)
        if self._draw(st.booleans()):
            self._enum(message.enum_type.add(), name)
        if self._draw(st.booleans()):
            message.options.deprecated = self._draw(st.booleans())

    def _enum(self, enum: EnumDescriptorProto, scope: str) -> None:
        enum.name = f"E{next(self._numbers)}"
        self._enums.append((f"{scope}.{enum.name}", enum))
        for number in [0, *self._draw(st.lists(st.integers(-5, 1 << 30), unique=True, max_size=3))]:
            if number or not enum.value:
                enum.value.add(name=f"V{next(self._numbers)}", number=number)
        enum.reserved_range.add(start=(1 << 31) - 9, end=(1 << 31) - 1 - self._up_to(2))

    def _field(self, scope: str, message: DescriptorProto) -> None:
        number = next(self._numbers)
        field = message.field.add(name=f"f_{number}", number=number, label=self._label())
        match self._draw(st.sampled_from(["scalar", "message", "enum", "map", "group"])):
            case "map":
                self._map(scope, message, field)
            case "group" if self._syntax == "":
                field.type, field.name, field.type_name = F.TYPE_GROUP, f"g{number}", f"{scope}.G{number}"
                self._place(message, DescriptorProto(name=f"G{number}"))
            case "enum":
                field.type, field.type_name = F.TYPE_ENUM, self._draw(st.sampled_from(self._enums))[0]
            case "message":
                field.type, field.type_name = F.TYPE_MESSAGE, self._draw(st.sampled_from(self._messages))[0]
            case _:
                field.type = self._draw(st.sampled_from(SCALARS))
                self._decorate(field)
        if field.label == F.LABEL_OPTIONAL and field.type != F.TYPE_GROUP and self._draw(st.booleans()):
            self._join(message, field)

    def _label(self) -> Any:
        labels = [F.LABEL_OPTIONAL, F.LABEL_REPEATED] + ([F.LABEL_REQUIRED] if self._syntax == "" else [])
        return self._draw(st.sampled_from(labels))

    def _map(self, scope: str, message: DescriptorProto, field: FieldDescriptorProto) -> None:
        entry = DescriptorProto(name=f"F{field.number}Entry")
        entry.field.add(name="key", number=1, label=F.LABEL_OPTIONAL, type=F.TYPE_STRING)
        entry.field.add(name="value", number=2, label=F.LABEL_OPTIONAL, type=self._draw(st.sampled_from(SCALARS)))
        entry.options.map_entry = True
        field.label, field.type, field.type_name = F.LABEL_REPEATED, F.TYPE_MESSAGE, f"{scope}.{entry.name}"
        self._place(message, entry)

    def _place(self, message: DescriptorProto, brought: DescriptorProto) -> None:
        """Anywhere among the messages inside."""
        inner = list(message.nested_type)
        inner.insert(self._up_to(len(inner)), brought)
        copied = [DescriptorProto.FromString(one.SerializeToString()) for one in inner]
        places = {id(one): name for name, one in self._messages}
        kept = [places.get(id(one)) for one in inner]
        del message.nested_type[:]
        message.nested_type.extend(copied)
        moved = {name: one for name, one in zip(kept, message.nested_type, strict=True) if name}
        self._messages[:] = [(name, moved.get(name, one)) for name, one in self._messages]

    def _decorate(self, field: FieldDescriptorProto) -> None:
        if self._draw(st.booleans()):
            field.json_name = f"J{field.number}'"
        if field.label == F.LABEL_REPEATED and field.type in PACKABLE and self._syntax != "editions":
            field.options.packed = self._draw(st.booleans())
        if field.label == F.LABEL_OPTIONAL and self._syntax != "proto3" and self._draw(st.booleans()):
            field.default_value = self._draw(DEFAULTS.get(field.type, st.just("7")))

    def _join(self, message: DescriptorProto, field: FieldDescriptorProto) -> None:
        """The oneof of the field before, a new one, or in proto3 one of its own that only says `optional`."""
        if self._syntax == "proto3" and self._draw(st.booleans()):
            field.proto3_optional = True
            return
        before = message.field[-2] if len(message.field) > 1 else field
        if before.HasField("oneof_index") and self._draw(st.booleans()):
            field.oneof_index = before.oneof_index
        else:
            field.oneof_index = len(message.oneof_decl)
            message.oneof_decl.add(name=f"o{field.number}")

    def _reserve(self, message: DescriptorProto) -> None:
        ranges = [(1000, 1001), (1010, 1020), (1 << 28, 1 << 29)]
        for start, end in self._draw(st.permutations(ranges))[: self._up_to(3)]:
            message.reserved_range.add(start=start, end=end)
        message.reserved_name.extend(["gone"][: self._up_to(1)])
        if self._syntax != "proto3" and self._draw(st.booleans()):
            message.extension_range.add(start=2000, end=2001)

    def _up_to(self, most: int) -> int:
        return self._draw(st.integers(0, most))


def _settle_optionals(message: DescriptorProto) -> None:
    """The oneofs of `optional` come after all others."""
    for field in message.field:
        if field.proto3_optional:
            field.oneof_index = len(message.oneof_decl)
            message.oneof_decl.add(name=f"_{field.name}")


@settings(max_examples=60)
@given(descriptors())
def test_any_descriptor_comes_out_of_its_own_text(file: FileDescriptorProto) -> None:
    """Its text, normalized or not, is of the same schema and is written the same again; `serialized` is, too."""
    schema = new(base64.b64encode(file.SerializeToString()).decode())
    for normalize in (False, True):
        described = schema.describe(normalize=normalize)
        assert new(described.text).describe(normalize=normalize) == described
    assert new(schema.rendered("serialized")).describe() == schema.describe()
    assert names(again(schema)) == names(schema)


@settings(max_examples=30)
@given(descriptors(), st.randoms(use_true_random=False))
def test_normalized_does_not_depend_on_the_order_of_what_has_a_number(
    file: FileDescriptorProto, random: Random
) -> None:
    """Fields, values and ranges in any order give one normalized text."""
    mixed = FileDescriptorProto()
    mixed.CopyFrom(file)
    for message in _all(mixed.message_type):
        if message.options.map_entry or message.oneof_decl:  # key comes before value, and a oneof's members together
            continue
        for repeated in (message.field, message.reserved_range):
            _shuffle(repeated, random)
        for enum in message.enum_type:
            _shuffle(enum.value, random, first=1)
    one, other = (new(base64.b64encode(each.SerializeToString()).decode()) for each in (file, mixed))
    assert one.describe(normalize=True) == other.describe(normalize=True)


def _shuffle(repeated: Any, random: Random, first: int = 0) -> None:
    items = [type(item).FromString(item.SerializeToString()) for item in repeated]
    rest = items[first:]
    random.shuffle(rest)
    del repeated[:]
    repeated.extend([*items[:first], *rest])


def _all(messages: Any) -> list[DescriptorProto]:
    return [found for message in messages for found in (message, *_all(message.nested_type))]


def again(schema: ProtobufSchema) -> ProtobufSchema:
    return new(schema.describe().text)


def names(schema: ProtobufSchema) -> list[str]:
    """Every message in its place: this is what the indices of messages are made of. Entries of maps have none."""
    return ["" if message.options.map_entry else message.name for message in _all(schema.file.message_type)]
