"""What is a Protobuf schema, and what is said of a text that is none."""

import base64
import json
import re
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto

from compat.schema import InvalidSchema
from tests.compat.protobuf.texts import PROTO2, PROTO3, REFUSED, new, stored

VECTORS = [json.loads(line) for line in (Path(__file__).parent / "vectors.jsonl").read_text().splitlines()]
VALID = {
    "hexadecimal and octal numbers": PROTO3
    + "message A { int32 x = 0x10; int32 y = 010; } enum E { Z = 0; N = -0x1; }",
    "strings in pieces": PROTO3 + "option java_package = \"a.\" 'b';",
    "statements that are empty": PROTO3 + ";; message A {;; int32 x = 1;;}",
    "words of the language as names": PROTO3
    + "message message { int32 import = 1; import option = 2; } message import {}",
    "an option that is called import": PROTO3 + "message import { int32 map_entry = 1; }",
    "a bracket in a string and in a comment": PROTO3 + "message A { string s = 1 [json_name = '{'] ; /* { */ } // {",
    "no syntax line": "message A { optional int32 x = 1; }",
    "a mark of the order of bytes": "\ufeff" + PROTO3 + "message A {}",
    "edition 2023": 'edition = "2023"; message A { int32 x = 1 [features.field_presence = LEGACY_REQUIRED]; }',
    "edition 2024": 'edition = "2024"; import option "google/protobuf/cpp_features.proto"; export message A {}',
}


@pytest.mark.parametrize(("text", "said"), REFUSED, ids=[text[-40:] for text, _ in REFUSED])
def test_what_is_no_schema_is_refused_in_words_for_people(text: str, said: str) -> None:
    """The sentence says what is wrong and, where that is known, the line and column and what was meant."""
    with pytest.raises(InvalidSchema) as refused:
        new(text)
    assert said in str(refused.value)


@pytest.mark.parametrize("text", VALID.values(), ids=VALID)
def test_what_protoc_takes_is_taken(text: str) -> None:
    """The look at the text before protoc's keeps none of these away from it."""
    assert new(text).file.name == "default"


def test_the_files_of_a_schema_are_in_the_order_in_which_they_are_needed() -> None:
    """Every file comes after its own imports, the schema's last: so they can be put into a pool."""
    extending = (
        'import "google/protobuf/descriptor.proto"; extend google.protobuf.FileOptions { C c = 5000; } message C {}'
    )
    schema = new(
        PROTO3 + 'import "b.proto"; import "google/protobuf/timestamp.proto"; message A { B b = 1; }',
        ("c.proto", PROTO3 + extending),
        ("b.proto", PROTO3 + 'import public "c.proto"; message B { C c = 1; }'),
    )
    names = [file.name for file in schema.files.file]
    assert names == [
        "google/protobuf/descriptor.proto",
        "c.proto",
        "b.proto",
        "google/protobuf/timestamp.proto",
        "default",
    ]
    assert schema.pool.FindMessageTypeByName("A").fields_by_name["b"].message_type is schema.pool.FindMessageTypeByName(
        "B"
    )


def test_an_import_that_nothing_needs_is_told_and_taken() -> None:
    """It is a warning, with its place."""
    schema = new(PROTO3 + 'import "google/protobuf/any.proto";\nmessage A {}')
    assert schema.warnings == ("Import google/protobuf/any.proto is unused. (line 2, column 1)",)


def test_an_import_that_is_missing_in_a_stored_schema_is_left_out() -> None:
    """Other registries take what imports nothing that it uses; it can still be read here."""
    text = PROTO3 + 'import "gone.proto"; message A { int32 x = 1; }'
    assert stored(text).describe().text == new(PROTO3 + "message A { int32 x = 1; }").describe().text


def test_a_reference_that_is_no_schema_is_named() -> None:
    """The refusal tells which of the texts is meant."""
    with pytest.raises(InvalidSchema, match=re.escape("in reference 'b.proto': \"C\" is not defined")):
        new(PROTO3 + 'import "b.proto";', ("b.proto", PROTO3 + "message B { C c = 1; }"))


def test_a_reference_wins_over_what_is_known() -> None:
    """A schema may bring its own file under the name of a known one."""
    schema = new(
        PROTO3 + 'import "google/type/money.proto"; message A { Mine mine = 1; }',
        ("google/type/money.proto", PROTO3 + "message Mine {}"),
    )
    assert [message.name for file in schema.files.file for message in file.message_type] == ["Mine", "A"]


def test_both_names_of_the_decimal_type_are_known_at_once() -> None:
    """Confluent's Python client spells the folder otherwise; the type is one."""
    schema = new(
        PROTO3 + 'import "confluent/types/decimal.proto"; import "confluent/type/decimal.proto";'
        "message A { confluent.type.Decimal x = 1; }"
    )
    decimal = schema.pool.FindMessageTypeByName("confluent.type.Decimal")
    assert schema.pool.FindMessageTypeByName("A").fields[0].message_type is decimal


def test_every_known_file_is_at_hand() -> None:
    """Protobuf's own, Google's common types and Confluent's compile and can be imported."""
    from compat.protobuf.known import known, names

    assert len(names()) >= 40
    assert all((file := known(name)) is not None and file.name == name for name in names())


@pytest.mark.parametrize("imported", ["", 'import "confluent/meta.proto"; '])
def test_two_fields_with_one_name_in_json_are_a_schema_in_proto2(imported: str) -> None:
    """It is only a warning; Protobuf's Python library, which we make messages with, would not have it."""
    schema = new(f"{PROTO2}{imported}message A {{ optional int32 a_b = 1; optional int32 aB = 2; }}")
    assert schema.warnings[0].startswith('The default JSON name of field "aB" ("aB") conflicts')
    assert schema.describe().fields == ("a_b", "aB")
    assert [field.number for field in schema.pool.FindMessageTypeByName("A").fields] == [1, 2]


def test_places_are_those_of_the_text() -> None:
    """Line and column of a field are known by its path in the descriptor."""
    assert new(PROTO3 + "message A {\n  int32 x = 1;\n}").places[4, 0, 2, 0] == (3, 3)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"number": 19000}, "belong to Protobuf itself"),
        ({"number": 7}, "reserved number 7"),
        ({"number": 0}, "positive integers"),
        ({"type_name": ".Gone", "type": FieldDescriptorProto.TYPE_MESSAGE}, "is not defined"),
        ({"default_value": "1"}, "default values are not allowed"),
        ({"label": FieldDescriptorProto.LABEL_REQUIRED}, "Required fields are not allowed"),
        ({"type": FieldDescriptorProto.TYPE_GROUP, "type_name": ".A"}, "Groups are not supported"),
        ({"oneof_index": 3}, "oneof"),
        ({"proto3_optional": True}, "proto3_optional"),
    ],
)  # fmt: skip
def test_a_descriptor_in_base64_is_held_to_the_rules_for_texts(change: dict[str, object], said: str) -> None:
    """What the Python library alone would let through is refused."""
    file = FileDescriptorProto(name="a.proto", syntax="proto3")
    message = file.message_type.add(name="A")
    message.reserved_range.add(start=7, end=8)
    field: dict[str, object] = {"name": "x", "number": 1, "label": 1, "type": FieldDescriptorProto.TYPE_INT32}
    message.field.append(FieldDescriptorProto(**{**field, **change}))  # type: ignore[arg-type]
    with pytest.raises(InvalidSchema, match=said):
        new(base64.b64encode(file.SerializeToString()).decode())


def test_a_descriptor_with_an_import_that_is_missing_is_refused() -> None:
    """As a text is."""
    file = FileDescriptorProto(name="a.proto", dependency=["gone.proto"])
    with pytest.raises(InvalidSchema, match=r"'gone.proto' is imported, but is not among the references"):
        new(base64.b64encode(file.SerializeToString()).decode())


MENDED = {
    "a label in a oneof": (
        "message A { oneof _x {\toptional int32 x = 1; } }",
        "message A { oneof _x { int32 x = 1; } }",
    ),
    "options that nobody defines, as statements": (
        'option (f) = {a: 1 b {c: ";"}}; message A { option (m).x = 1; int32 x = 1; }',
        "message A { int32 x = 1; }",
    ),
    "options that nobody defines, in brackets": (
        'message A { int32 x = 1 [(a) = 1, deprecated = true, (b) = {x: [1]}, (c) = "]"]; int32 y = 2 [(q) = 2]; }',
        "message A { int32 x = 1 [deprecated = true]; int32 y = 2; }",
    ),
    "an enum's zero behind negatives": (
        "enum E { option deprecated = true; N = -2; M = -1; Z = 0 [deprecated = true]; } enum F { FN = -1; FZ = 0; }",
        "enum E { option deprecated = true; Z = 0 [deprecated = true]; N = -2; M = -1; } enum F { FZ = 0; FN = -1; }",
    ),
}


@pytest.mark.parametrize(("text", "meant"), MENDED.values(), ids=MENDED)
def test_a_stored_text_that_protoc_refuses_is_mended(text: str, meant: str) -> None:
    """What other registries have let in can be read where no message means anything else; a new one is refused."""
    assert stored(PROTO3 + text).describe() == new(PROTO3 + meant).describe()
    with pytest.raises(InvalidSchema):
        new(PROTO3 + text)


def test_a_stored_text_that_cannot_be_mended_is_refused_as_it_was() -> None:
    """No guess is made about what breaks messages."""
    with pytest.raises(InvalidSchema, match="Field number 1 has already been used"):
        stored(PROTO3 + "message A { int32 x = 1; int32 y = 1; }")


@pytest.mark.parametrize("side", ["old", "new"])
def test_all_vectors_are_schemas_that_come_out_of_their_own_text(side: str) -> None:
    """Each file of each pair is parsed, and what is stored of it has the same identity."""
    for vector in VECTORS:
        texts = dict(vector[side])
        root = texts.pop("a.proto")
        described = new(root, *texts.items()).describe()
        assert new(described.text, *texts.items()).describe() == described
