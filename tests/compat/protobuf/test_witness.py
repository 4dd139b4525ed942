"""Witnesses: messages with their bytes and what real classes make of them; and what may not be claimed."""

from dataclasses import dataclass

import pytest
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet

from compat.policy import Policy
from compat.protobuf.compare import compare
from compat.report import Report, Witness
from tests.compat.protobuf.pairs import schema

PROTO2 = 'syntax = "proto2"; '
ENTRY = "message E { string key = 1; int32 value = 2; }"
TIME = 'syntax = "proto3"; import "google/protobuf/timestamp.proto"; message A { google.protobuf.Timestamp t = 1; }'
TWO = "message B { int32 y = 1; } message C { string y = 1; }"

SHOWN: list[tuple[str, str, str, str, str, str]] = [
    (
        "high bits",
        "message A { int64 x = 1; }",
        "message A { int32 x = 1; }",
        '{"x": "3000000000"}',
        "0880bcc1960b",
        "-1294967296",
    ),
    (
        "sign",
        "message A { int32 x = 1; }",
        "message A { uint32 x = 1; }",
        '{"x": -1}',
        "08ffffffffffffffffff01",
        "4294967295",
    ),
    (
        "zigzag",
        "message A { int32 x = 1; }",
        "message A { sint32 x = 1; }",
        '{"x": 1}',
        "0801",
        "reads another value: -1",
    ),
    (
        "wire type",
        "message A { fixed32 x = 1; }",
        "message A { fixed64 x = 1; }",
        '{"x": 1}',
        "0d01000000",
        "unknown fields",
    ),
    (
        "float",
        "message A { fixed32 x = 1; }",
        "message A { float x = 1; }",
        '{"x": 1}',
        "0d01000000",
        "1.401298464324817e-45",
    ),
    ("no UTF-8", "message A { bytes x = 1; }", "message A { string x = 1; }", '{"x": "//4="}', "0a02fffe", "bad UTF-8"),
    (
        "no message",
        "message A { bytes x = 1; }" + TWO,
        "message A { B x = 1; }" + TWO,
        '{"x": "YQ=="}',
        "0a0161",
        "cannot parse",
    ),
    (
        "packed",
        "message A { repeated int32 x = 1; }",
        "message A { int32 x = 1; }",
        '{"x": [1]}',
        "0a0101",
        "nothing is set",
    ),
    (
        "packed as text",
        "message A { repeated int32 x = 1; }",
        "message A { string x = 1; }",
        '{"x": [1]}',
        "0a0101",
        "'\\x01'",
    ),
    (
        "last wins",
        PROTO2 + "message A { repeated int32 x = 1; }",
        PROTO2 + "message A { optional int32 x = 1; }",
        '{"x": [1, 2, 100]}',
        "080108020864",
        "another value: 100",
    ),
    ("zero", "message A { optional int32 x = 1; }", "message A { int32 x = 1; }", '{"x": 0}', "0800", "was set"),
    ("required", PROTO2 + "message A { }", PROTO2 + "message A { required A x = 1; }", "{}", "", "not there: x"),
    (
        "oneof",
        "message A { int32 x = 1; int32 y = 2; }",
        "message A { oneof o { int32 x = 1; int32 y = 2; } }",
        '{"x": 1, "y": 1}',
        "08011001",
        "y is set",
    ),
    (
        "same keys",
        "message A { repeated E m = 1; }" + ENTRY,
        "message A { map<string, int32> m = 1; }" + ENTRY,
        '{"m": [{}, {"key": "a"}, {"value": 1}]}',
        "0a000a030a01610a021001",
        "{'': 1, 'a': 0}",
    ),
    (
        "value of a map",
        "message A { map<string, int32> m = 1; }",
        "message A { map<string, string> m = 1; }",
        '{"m": {"a": 1}}',
        "0a050a01611001",
        "unknown fields",
    ),
    (
        "key of a map",
        "message A { map<int32, string> m = 1; }",
        "message A { map<sint32, string> m = 1; }",
        '{"m": {"1": "a"}}',
        "0a050801120161",
        "{-1: 'a'}",
    ),
    (
        "another message",
        "message A { repeated B b = 1; }" + TWO,
        "message A { repeated C b = 1; }" + TWO,
        '{"b": [{"y": 1}]}',
        "0a020801",
        "field 1.1 is 1",
    ),
    (
        "inside a map",
        "message A { map<int32, B> m = 3; }" + TWO,
        "message A { map<int32, C> m = 3; }" + TWO,
        '{"m": {"0": {"y": 1}}}',
        "1a06080012020801",
        "field 3.2.1 is 1",
    ),
    (
        "group",
        PROTO2 + "message A { optional group G = 1 { optional int32 y = 1; } }",
        PROTO2 + "message A { optional G g = 1; message G { optional int32 y = 1; } }",
        '{"g": {}}',
        "0b0c",
        "unknown fields",
    ),
    (
        "inside a group",
        PROTO2 + "message A { repeated group G = 20 { optional int32 y = 1; } }",
        PROTO2 + "message A { repeated group G = 20 { optional float y = 1; } }",
        '{"g": [{"y": 1}]}',
        "a3010801a401",
        "field 20.1 is 1",
    ),
    (
        "extension",
        PROTO2 + "message A { extensions 100; } extend A { optional int32 e = 100; }",
        PROTO2 + "message A { extensions 100; } extend A { optional string e = 100; }",
        '{"[e]": 1}',
        "a00601",
        "unknown fields",
    ),
    (
        "closed enum",
        PROTO2 + "message A { optional E e = 1; } enum E { Z = 0; Y = 1; X = 7; }",
        PROTO2 + "message A { optional E e = 1; } enum E { Z = 0; Y = 1; }",
        '{"e": "X"}',
        "0807",
        "unknown fields",
    ),
    (
        "default",
        PROTO2 + 'message A { optional string x = 1 [default = "a"]; }',
        PROTO2 + 'message A { optional string x = 1 [default = "b"]; }',
        "{}",
        "",
        "another default: 'b'",
    ),
    (
        "zero and default",
        "message A { int32 x = 1; }",
        PROTO2 + "message A { optional int32 x = 1 [default = 5]; }",
        "{}",
        "",
        "another value: 5",
    ),
    (
        "dropped",
        "message A { oneof o { A a = 1; int32 x = 2; } }",
        "message A { oneof o { int32 x = 2; } }",
        '{"a": {}}',
        "0a00",
        "unknown field 1",
    ),
    (
        "needed on the way",
        PROTO2 + "message B { required int32 y = 1; optional int32 x = 2; }",
        PROTO2 + "message B { required int32 y = 1; optional string x = 2; }",
        '{"y": 0, "x": 1}',
        "08001001",
        "field 2 is 1",
    ),
    ("well-known type", TIME, "message A { int64 t = 1; }", '{"t": "1970-01-01T00:00:00Z"}', "0a00", "unknown fields"),
    (
        "JSON",
        "message A { string first = 1; }",
        "message A { string last = 1; }",
        '{"first": "a"}',
        "0a0161",
        'no field named "first"',
    ),
]


def compared(new: str, old: str, policy: str = "SOURCE") -> Report:
    return compare(schema(new), schema(old), Policy(policy))


@pytest.mark.parametrize(
    ("old", "new", "json", "data", "said"), [row[1:] for row in SHOWN], ids=[row[0] for row in SHOWN]
)
def test_a_witness_shows_it(old: str, new: str, json: str, data: str, said: str) -> None:
    """The message as JSON, its bytes, and what the reader sees: small, and telling at a glance."""
    shown = [one.witness for one in compared(new, old).differences if one.witness]
    assert any(one.json == json and one.hex == data and said in one.error for one in shown), shown


@pytest.mark.parametrize("row", SHOWN, ids=[row[0] for row in SHOWN])
def test_a_message_is_named(row: tuple[str, ...]) -> None:
    """A witness says of which message it is."""
    for one in compared(row[2], row[1]).differences:
        assert one.witness is None or one.witness.error.startswith(("message A: ", "message B: "))


def test_a_proof_goes_by_the_names_of_each_side() -> None:
    """When the package changes the same message has two names: the writer's bytes are read by the reader's class."""
    report = compared("package q; message A { sint32 x = 1; }", "package p; message A { int32 x = 1; }", "STRICT")
    package, broken = report.differences
    assert package.witness is None
    said = "message p.A: field 1 is 1, and the reader reads another value: -1"
    assert broken.witness == Witness('{"x": 1}', "0801", said)


# ---------------------------------------------------------------- what may not be claimed


@dataclass(frozen=True)
class Stored:
    files: FileDescriptorSet


def stored(kind: "FieldDescriptorProto.Type.ValueType", *, fields: int, odd: bool = False) -> Stored:
    """A schema as it may be stored: no parser has looked at it."""
    file = FileDescriptorProto(name="a.proto", syntax="proto3")
    message = file.message_type.add(name="A")
    for number in range(1, fields + 1):
        message.field.add(name=f"f{number}", number=number, label=FieldDescriptorProto.LABEL_OPTIONAL, type=kind)
    if odd:
        message.field.add(name="odd", number=1, label=FieldDescriptorProto.LABEL_OPTIONAL, type=kind)
    return Stored(FileDescriptorSet(file=[file]))


INT32, INT64, STRING = (
    FieldDescriptorProto.TYPE_INT32,
    FieldDescriptorProto.TYPE_INT64,
    FieldDescriptorProto.TYPE_STRING,
)


def test_without_classes_there_is_no_proof() -> None:
    """A stored schema that no pool takes is compared all the same; what was not run is not claimed."""
    (one,) = compare(stored(STRING, fields=1), stored(INT32, fields=1, odd=True)).differences
    assert one.witness is None


def test_many_fields_are_proved() -> None:
    """Thousands of fields change: the first hundred are told, each with its proof."""
    report = compare(stored(STRING, fields=2_000), stored(INT32, fields=2_000))
    assert len(report.differences) == 100
    assert all(difference.witness for difference in report.differences)
    assert report.unlisted == 1_900


def test_warnings_are_proved_too() -> None:
    """What STRICT lets pass is told with a message that suffers."""
    report = compare(stored(INT32, fields=2), stored(INT64, fields=2))
    assert report.is_compatible
    assert [one.witness and one.witness.hex for one in report.warnings] == ["0880bcc1960b", "1080bcc1960b"]
