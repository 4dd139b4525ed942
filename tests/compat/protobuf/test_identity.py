"""When two schemas are one: the same descriptors, however they were spelled and sent."""

import base64

import pytest

from compat.protobuf import ProtobufSchema
from compat.protobuf.known import known
from tests.compat.protobuf.texts import PROTO2, PROTO3, new

ADDRESS = ("address.proto", PROTO3 + "package shop; message Address { string street = 1; }")


def identity(schema: ProtobufSchema) -> str:
    return schema.describe().identity


def sent(schema: ProtobufSchema) -> str:
    return base64.b64encode(schema.file.SerializeToString()).decode()


SAME = {
    "layout and comments": ("message A{int32 x=1;}", "// A\nmessage A {\n\tint32 x = 0x1; /* x */;\n}"),
    "names with and without dots": (
        "package p.q; message A { B b = 1; q.B c = 2; p.q.A.D d = 3; message D {} } message B {}",
        "package p.q; message A { .p.q.B b = 1; .p.q.B c = 2; D d = 3; message D {} } message B {}",
    ),
    "a map and what Java's clients make of it": (
        "package p; message A { map<string, B> m = 1; message B {} }",
        """package p; message A { repeated .p.A.MEntry m = 1;
        message MEntry { option map_entry = true; string key = 1; .p.A.B value = 2; } message B {} }""",
    ),
    "a JSON name that is the default": (
        "message A { int32 a_b = 1; }",
        'message A { int32 a_b = 1 [json_name = "aB"]; }',
    ),
    "where a oneof stands": (
        "message A { oneof o { int32 x = 1; } int32 y = 2; }",
        "message A { int32 y = 2; oneof o { int32 x = 1; } }",
    ),
    "custom options in parts and whole": (
        """import "confluent/meta.proto";
        message A { int32 x = 1 [(confluent.field_meta) = {doc: "d", tags: ["T", "U"]}]; }""",
        """import "confluent/meta.proto"; message A { int32 x = 1 [
        (confluent.field_meta).tags = "T", (confluent.field_meta).tags = "U", (confluent.field_meta).doc = "d"]; }""",
    ),
    "a method with braces around nothing": (
        "message A {} service S { rpc M (A) returns (A); }",
        "message A {} service S { rpc M (A) returns (A) {} }",
    ),
    "where public imports stand": (
        'import public "google/protobuf/any.proto"; import "google/protobuf/empty.proto";',
        'import "google/protobuf/empty.proto"; import public "google/protobuf/any.proto";',
    ),
}  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_spellings_of_one_schema_have_one_identity_and_one_text(one: str, other: str) -> None:
    """Text, text in other words, and base64 of the descriptor are one schema."""
    schemas = [new(PROTO3 + one), new(PROTO3 + other)]
    schemas += [new(sent(schema)) for schema in schemas]
    assert len({schema.describe() for schema in schemas}) == 1


def test_a_proto2_line_says_nothing() -> None:
    """It is what no line says."""
    assert new(PROTO2 + "message A {}").describe() == new("message A {}").describe()


DIFFERENT = {
    "the order of messages": ("message A {} message B {}", "message B {} message A {}"),
    "the order of nested messages": (
        "message A { message B {} message C {} }",
        "message A { message C {} message B {} }",
    ),
    "a message before or after a map": (
        "message A { message B {} map<string, B> m = 1; }",
        "message A { map<string, B> m = 1; message B {} }",
    ),
    "a name": ("message A { int32 x = 1; }", "message A { int32 y = 1; }"),
    "presence": ("message A { int32 x = 1; }", "message A { optional int32 x = 1; }"),
    "an option": ("message A { int32 x = 1; }", "message A { int32 x = 1 [deprecated = true]; }"),
    "a reserved number": ("message A {}", "message A { reserved 1; }"),
    "the order of an option that is repeated": (
        'import "confluent/meta.proto"; option (confluent.file_meta) = {tags: ["T", "U"]}; message A {}',
        'import "confluent/meta.proto"; option (confluent.file_meta) = {tags: ["U", "T"]}; message A {}',
    ),
    "a package": ("message A {}", "package p; message A {}"),
}  # fmt: skip


@pytest.mark.parametrize(("one", "other"), DIFFERENT.values(), ids=DIFFERENT)
def test_what_says_something_else_has_another_identity(one: str, other: str) -> None:
    """And another text."""
    first, second = new(PROTO3 + one).describe(), new(PROTO3 + other).describe()
    assert first.identity != second.identity
    assert first.text != second.text


def test_what_is_imported_counts_by_its_content() -> None:
    """Not by how it is spelled, nor by where it stands among the references; what is not imported does not count."""
    text = PROTO3 + 'import "address.proto"; import "b.proto"; message A { shop.Address a = 1; B b = 2; }'
    spelled = ("address.proto", f"// A.\n{ADDRESS[1]}")
    changed = ("address.proto", ADDRESS[1].replace("street", "road"))
    unused = ("other.proto", PROTO3 + "message Other {}")
    b = ("b.proto", PROTO3 + "message B {}")
    assert identity(new(text, ADDRESS, b)) == identity(new(text, b, unused, spelled))
    assert identity(new(text, ADDRESS, b)) != identity(new(text, changed, b))


def test_a_known_file_that_is_sent_is_the_known_file() -> None:
    """Some clients register what others take as given; the schemas that import it are the same."""
    name = "google/protobuf/timestamp.proto"
    text = PROTO3 + f'import "{name}"; message A {{ google.protobuf.Timestamp at = 1; }}'
    file = known(name)
    assert file is not None
    referent = (name, base64.b64encode(file.SerializeToString()).decode())
    assert identity(new(text, referent)) == identity(new(text))


def test_fields_are_those_of_the_first_message() -> None:
    """A message without an index is of it; the check of reserved fields asks for them."""
    assert new(
        PROTO3 + "message A { int32 x = 1; oneof o { int32 y = 2; } } message B { int32 z = 1; }"
    ).describe().fields == ("x", "y")
