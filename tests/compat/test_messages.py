"""Messages as JSON values, in all formats: there and back, what is said of what does not fit, and hostile bytes."""

import json
import math
import struct
from base64 import standard_b64encode
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

import msgspec
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from hypothesis import given
from hypothesis import strategies as st

from compat import InvalidSchema, Schema, Source, parse
from compat.avro.codec import decode, encode
from compat.avro.json_encoding import to_json
from compat.avro.reader import Unreadable, read
from compat.avro.smallest import Smallest
from compat.avro.types import Type
from compat.faults import CodecError
from compat.messages import MOST_FAULTS, Messages, messages
from compat.protobuf.dynamic import Side
from tests.compat.avro.pairs import examples, pair, random_datum
from tests.compat.protobuf import random_pairs

SEEDS = st.integers(0, 2**32)


def of(kind: str, text: object) -> Schema:
    return parse(Source(kind, text if isinstance(text, str) else json.dumps(text)), strict=False)


def avro(tree: object, **more: Any) -> Messages:
    return messages(of("AVRO", tree), **more)


def record(name: str = "R", **fields: object) -> dict[str, object]:
    return {"type": "record", "name": name, "fields": [{"name": each, "type": type_} for each, type_ in fields.items()]}


def logical(kind: object, name: str, **more: object) -> dict[str, object]:
    base = kind if isinstance(kind, dict) else {"type": kind}
    return {**base, "logicalType": name, **more}


def through_json(value: Any) -> Any:
    """As another program gets it."""
    return json.loads(msgspec.json.encode(value))


PROTO = of(
    "PROTOBUF",
    """syntax = "proto3"; package p;
    import "google/protobuf/timestamp.proto"; import "google/protobuf/struct.proto"; import "google/protobuf/any.proto";
    enum E { A = 0; B = 1; }
    message M { int32 i = 1; repeated int32 r = 2; map<int32, M> m = 3; M sub = 4; google.protobuf.Timestamp at = 5;
      E e = 6; oneof o { int32 x = 7; string y = 8; } bytes b = 9; google.protobuf.Any any = 10; float f = 11;
      bool k = 12; uint64 u = 13; google.protobuf.Struct st = 14; repeated M ms = 16; string snake_case = 18; }
    message N { message In { string s = 1; } In in = 1; }""",
)


# ---------------------------------------------------------------- there and back


@given(SEEDS)
@examples(150)
def test_any_avro_message_comes_back_from_its_value(seed: int) -> None:
    """In both forms, and through a JSON parser and writer."""
    random = Random(seed)
    schema, _ = pair(random)
    smallest = Smallest(schema.root)
    if not smallest.exists(schema.root):
        return
    for _ in range(3):
        data = written(schema.root, random_datum(random, smallest, schema.root))
        for form in (True, False):
            by = messages(schema, logical=form)
            value = through_json(by.decode(data))
            assert by.encode(value) == data
            assert by.faults(value) == ()
            assert by.faults_in(data) == ()


def written(root: Type, datum: Any) -> bytes:
    """A schema that is nothing but bytes has messages without a length."""
    return bytes(datum) if isinstance(datum, bytes) and is_bytes(root) else encode(root, datum)


def is_bytes(root: Any) -> bool:
    return getattr(root, "kind", "") == "bytes" and not root.props


@given(SEEDS)
@examples(150)
def test_without_logical_types_it_is_the_json_encoding_of_the_specification(seed: int) -> None:
    """What is written in it elsewhere is read, and so is what is written here."""
    random = Random(seed)
    schema, _ = pair(random)
    root, smallest = schema.root, Smallest(schema.root)
    if not smallest.exists(root) or is_bytes(root):
        return
    datum = random_datum(random, smallest, root)
    by = messages(schema, logical=False)
    assert by.encode(by.decode(encode(root, datum))) == encode(root, datum)
    assert by.encode(json.loads(to_json(root, datum))) == encode(root, datum)


LOGICAL = {
    "date": ("int", st.integers(-(2**31), 2**31 - 1)),
    "time-millis": ("int", st.integers(-(2**31), 2**31 - 1) | st.integers(0, 86_400_000)),
    **{
        name: ("long", st.integers(-(2**63), 2**63 - 1) | st.integers(-(2**54), 2**54) | st.integers(-10, 10**15))
        for name in (
            *("time-micros", "timestamp-millis", "timestamp-micros", "timestamp-nanos"),
            *("local-timestamp-millis", "local-timestamp-micros", "local-timestamp-nanos"),
        )
    },
}


@pytest.mark.parametrize("name", LOGICAL)
def test_any_number_of_a_logical_type_comes_back(name: str) -> None:
    """Also one that has no text, as a date beyond the year 9999; in the first millennium, and before 1970."""
    kind, numbers = LOGICAL[name]
    plain, by = avro(f'"{kind}"'), avro(logical(kind, name))

    @given(numbers)
    @examples(60)
    def comes_back(number: int) -> None:
        data = plain.encode(number)
        assert by.encode(by.decode(data)) == data

    comes_back()


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=1 - 10**9, max_value=10**9 - 1))
@examples(100)
def test_any_decimal_comes_back(number: Any) -> None:
    """As bytes, fixed, and with a scale of its own."""
    fixed = {"type": "fixed", "name": "F", "size": 8}
    for of_type in ("bytes", fixed):
        by = avro(logical(of_type, "decimal", precision=12, scale=3))
        assert by.decode(by.encode(str(number))) == format(number + 0, "f")
    by = avro(logical("bytes", "big-decimal"))
    assert by.decode(by.encode(str(number))) == format(number + 0, "f")


@given(st.tuples(*[st.integers(0, 2**32 - 1)] * 3), st.uuids())
@examples(50)
def test_any_duration_and_uuid_comes_back(parts: tuple[int, int, int], uuid: UUID) -> None:
    """A duration by its three numbers; a UUID as text and as 16 bytes."""
    duration = avro(logical({"type": "fixed", "name": "D", "size": 12}, "duration"))
    data = struct.pack("<III", *parts)
    assert duration.encode(duration.decode(data)) == data
    by = avro(logical({"type": "fixed", "name": "U", "size": 16}, "uuid"))
    assert by.decode(uuid.bytes) == str(uuid)
    assert by.encode(str(uuid).upper()) == uuid.bytes
    assert avro(logical("string", "uuid")).decode(avro('"string"').encode(str(uuid))) == str(uuid)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON_VALUES)
@examples(100)
def test_any_json_comes_back(value: Any) -> None:
    """As it is, whole numbers of any size."""
    by = messages(of("JSON", {}))
    assert by.decode(by.encode(value)) == value


@given(SEEDS)
@examples(25)
def test_any_protobuf_message_comes_back_from_its_value(seed: int) -> None:
    """Of random files, of all three syntaxes, with maps, groups of oneofs and extensions: whatever has a JSON form."""
    random = Random(seed)
    file = random_pairs.schema(random)
    if not random_pairs.is_valid(file):
        return
    side = Side(FileDescriptorSet(file=[file]))
    try:
        schema = parse(Source("PROTOBUF", standard_b64encode(file.SerializeToString()).decode()), strict=False)
    except InvalidSchema:  # protoc asks for more than a pool does
        return
    for name in random_pairs.MESSAGES:
        full_name = f"{random_pairs.prefix(file)}{name}"
        by = messages(schema, message=full_name)
        message = random_pairs.random_message(random, side, full_name)
        if message is not None:
            data = message.SerializeToString()
            again = side.make(full_name)
            again.ParseFromString(by.encode(through_json(by.decode(data))))
            assert str(again) == str(message)
            assert by.faults_in(data) == ()


# ---------------------------------------------------------------- what values look like


@dataclass(frozen=True)
class Shown:
    schema: object
    data: bytes
    value: object
    plain: object  # without logical types


UNION = ["null", "long", "double", "string"]
EVENTS = ["null", record("A", x="int"), record("B", x="string"), {"type": "map", "values": "int"}]
SHOWN = {
    "a date": Shown(logical("int", "date"), b"\x88\xc0\x02", "2026-01-31", 20484),
    "a time": Shown(logical("int", "time-millis"), b"\x80\x01", "00:00:00.064", 64),
    "a timestamp": Shown(logical("long", "timestamp-micros"), b"\x01", "1969-12-31T23:59:59.999999Z", -1),
    "a local timestamp": Shown(logical("long", "local-timestamp-millis"), b"\x02", "1970-01-01T00:00:00.001", 1),
    "a decimal": Shown(logical("bytes", "decimal", precision=4, scale=2), b"\xfb", "-0.05", "\xfb"),
    "text of bytes": Shown('{"type":"bytes","x":1}', b"\xff\x00", "\xff\x00", "\xff\x00"),
    "a float": Shown('"float"', struct.pack("<f", 0.1), 0.1, 0.1),
    "no number": Shown('"double"', struct.pack("<d", math.inf), "Infinity", "Infinity"),
    "null of a union": Shown(UNION, b"\x00", None, None),
    "a long that might be a double": Shown(UNION, b"\x02\x0a", {"long": 5}, {"long": 5}),
    "text of a union": Shown(UNION, b"\x06\x02x", "x", {"string": "x"}),
    "no number of a union": Shown(["null", "float"], b"\x02\0\0\x80\x7f", "Infinity", {"float": "Infinity"}),
    "a record of several": Shown(EVENTS, b"\x02\x0a", {"A": {"x": 5}}, {"A": {"x": 5}}),
    "a record alone": Shown(["null", record(x="int")], b"\x02\x0a", {"x": 5}, {"R": {"x": 5}}),
    "a map that looks like a branch": Shown(
        ["null", {"type": "map", "values": "int"}], b"\x02\x02\x06map\x02\x00", {"map": {"map": 1}}, {"map": {"map": 1}}
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", SHOWN)
def test_avro_values_look_like_this(what: str) -> None:
    """As people write them; without logical types as the specification says. Either is understood in its own form."""
    shown = SHOWN[what]
    for form, value in ((True, shown.value), (False, shown.plain)):
        by = avro(shown.schema, logical=form)
        assert by.decode(shown.data) == value
        assert by.encode(value) == shown.data


TAKEN = {
    "a value of the only branch that it fits": (EVENTS, {"x": "s"}, b"\x04\x02s"),
    "a branch by its name": (EVENTS, {"B": {"x": "s"}}, b"\x04\x02s"),
    "a timestamp with an offset": (logical("long", "timestamp-millis"), "1970-01-01 01:00+01:00", b"\x00"),
    "the number itself": (logical("int", "date"), 1, b"\x02"),
    "a field with a default": (
        {"type": "record", "name": "R", "fields": [{"name": "a", "type": "int", "default": 5}]}, {}, b"\x0a",
    ),
    "a field that may be null": (record(a=["int", "null"]), {}, b"\x02"),
    "a whole number for a double": ('"double"', 1, struct.pack("<d", 1)),
    "a duration in other units": (
        logical({"type": "fixed", "name": "D", "size": 12}, "duration"),
        "P1Y1WT1H",
        struct.pack("<III", 12, 7, 3_600_000),
    ),
    "an exponent": (logical("bytes", "decimal", precision=4, scale=2), "12e-1", b"\x78"),
}  # fmt: skip


@pytest.mark.parametrize("what", TAKEN)
def test_avro_values_may_look_like_this_too(what: str) -> None:
    """What people leave out or write otherwise is taken, where it can mean one thing only."""
    tree, value, data = TAKEN[what]
    assert avro(tree).encode(value) == data


# ---------------------------------------------------------------- what does not fit

LINES = record(
    id="long", lines={"type": "array", "items": record("Line", price=logical("bytes", "decimal", precision=4, scale=2))}
)
UNFIT: dict[str, tuple[Schema, object, list[str]]] = {
    "each fault has its place": (
        of("AVRO", LINES),
        {"id": 2**63, "lines": [{"price": "1"}, {"price": "0.001"}, {"price": "123"}, {}, 5], "more": 1},
        [
            "id: 9223372036854775808 is too large for a long",
            "lines[1].price: 0.001 has more than 2 digits after the point",
            "lines[2].price: 123 has more than 4 digits, of which 2 are decimals",
            "lines[3].price: it is missing, and Line has no default for it",
            "lines[4]: number where a record Line is expected",
            "more: R has no such field",
        ],
    ),
    "a plain value of several branches": (
        of("AVRO", UNION), 5, ['it may be long or double: name the branch, as {"long": ...}'],
    ),
    "a value of no branch": (of("AVRO", UNION), [], ["array where null or long or double or string are expected"]),
    "a value that fits none of those it could": (
        of("AVRO", EVENTS),
        {"x": [], "y": 1},
        [
            (
                "it fits no branch of the union: A (x: array where an int is expected); "
                "B (x: array where a string is expected); map (x: array where an int is expected)"
            )
        ],
    ),
    "inside of a branch that is named": (of("AVRO", EVENTS), {"A": {"x": "s"}}, ["A.x: text where an int is expected"]),
    "an enum's symbol": (
        of("AVRO", {"type": "enum", "name": "E", "symbols": ["A"]}), "B", ["'B' is no symbol of enum E"],
    ),
    "a fixed's size": (of("AVRO", {"type": "fixed", "name": "F", "size": 2}), "a", ["1 bytes where fixed F has 2"]),
    "text beyond bytes": (
        of("AVRO", '"bytes"'), "\u0100", ["bytes are written as characters up to U+00FF, and '\u0100' is beyond"],
    ),
    "a float that is too large": (of("AVRO", '"float"'), 1e39, ["1e+39 is too large for a float"]),
    "a boolean is no number": (of("AVRO", '"int"'), True, ["boolean where an int is expected"]),
    "a timestamp without its zone": (
        of("AVRO", logical("long", "timestamp-millis")),
        "2026-01-31T00:00:00",
        ["'2026-01-31T00:00:00' is no timestamp, as 2026-01-31T13:45:30.123Z"],
    ),
    "a timestamp that is too exact": (
        of("AVRO", logical("long", "timestamp-millis")), "2026-01-31T00:00:00.0001Z",
        ["it is finer than millis"],
    ),
    "json": (
        of("JSON", {"properties": {"a": {"type": "integer"}, "b": {"items": {"maximum": 3}}}, "required": ["c"]}),
        {"a": "x", "b": [1, 5]},
        [
            '"c" is a required property',
            "a: text where an integer is expected",
            "b[1]: 5 is greater than the maximum of 3",
        ],
    ),
    "protobuf": (
        PROTO,
        {"i": 2**31, "r": [1, None, "x", 1.5], "m": {"a": {"i": True}}, "sub": [], "at": "soon", "e": "C", "x": 1,
         "y": "", "b": "*", "f": 1e39, "k": 1, "u": "-1", "nope": 1, "snakeCase": "", "snake_case": ""},
        [
            "i: 2147483648 is no int32", "r[1]: null is no int32", "r[2]: 'x' is no int32", "r[3]: 1.5 is no int32",
            "m.a: 'a' is no int32", "m.a.i: True is no int32", "sub: array where a p.M is expected",
            "at: Failed to parse timestamp: missing valid timezone offset", "e: 'C' is no value of enum p.E",
            "y: p.M.o has a field already", "b: '*' is no bytes", "f: 1e+39 is no float", "k: 1 is no bool",
            "u: '-1' is no uint64", "nope: p.M has no such field", "snake_case: it is there twice",
        ],
    ),
    "protobuf's required fields": (
        of("PROTOBUF", 'syntax = "proto2"; message A { repeated B b = 1; } message B { required int32 c = 1; }'),
        {"b": [{"c": 1}, {}]},
        ["b[1].c: it is missing, and is required"],
    ),
    "protobuf's types in an Any": (
        PROTO, {"any": {"@type": "x/p.Nope"}}, ["any: Can not find message descriptor by type_url: x/p.Nope"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", UNFIT)
def test_all_that_does_not_fit_is_told(what: str) -> None:
    """With its place, in the order of the value or the schema; and the first of it when one encodes all the same."""
    schema, value, faults = UNFIT[what]
    by = messages(schema)
    assert [str(fault) for fault in by.faults(value)] == faults
    with pytest.raises(CodecError) as raised:
        by.encode(value)
    assert str(raised.value) == faults[0]


@given(SEEDS)
@examples(100)
def test_what_has_no_fault_can_be_encoded_and_nothing_else(seed: int) -> None:
    """Values of one schema are held to another that is a little different."""
    random = Random(seed)
    reader, writer = pair(random)
    smallest = Smallest(writer.root)
    if not smallest.exists(writer.root):
        return
    value = messages(writer).decode(written(writer.root, random_datum(random, smallest, writer.root)))
    by = messages(reader)
    if by.faults(value):
        with pytest.raises(CodecError):
            by.encode(value)
    else:
        decode(reader.root, by.encode(value)) if not is_bytes(reader.root) else by.encode(value)


@pytest.mark.parametrize("value", [{"i": "1e2"}, {"i": "100.0"}, {"i": 100.0}, {"i": "100"}, {"i": 100}])
def test_whole_numbers_of_protobuf_may_be_text_of_any_form(value: Any) -> None:
    """As its JSON mapping has it: with an exponent, too, while a float is exact."""
    assert messages(PROTO).encode(value) == b"\x08\x64"
    assert messages(PROTO).faults({"u": "9007199254740993.0"})
    assert messages(PROTO).faults({"i": "1.5"})


def test_half_of_a_surrogate_pair_is_a_fault() -> None:
    """Python's own parser lets it pass, and nothing can encode it."""
    for by, value in (
        (avro('"string"'), "\ud800"),
        (avro({"type": "enum", "name": "E", "symbols": ["A"]}), "\ud800"),
        (messages(PROTO), {"e": "\ud800"}),
        (messages(PROTO), {"y": "\ud800"}),
        (messages(PROTO), {"\ud800": 1}),
        (messages(of("JSON", {})), "\ud800"),
    ):
        assert by.faults(value)
        with pytest.raises(CodecError):
            by.encode(value)


def test_a_schema_that_nothing_is_validated_by_is_told_in_one_line() -> None:
    """Not with all of the schema below it."""
    with pytest.raises(CodecError) as told:
        messages(of("JSON", {"pattern": "("}))
    assert "\n" not in str(told.value)
    assert '"(" is not a "regex"' in str(told.value)


def test_unknown_members_may_be_ignored() -> None:
    """In Avro and Protobuf they are left out then."""
    by = avro(record(a="int"), ignore_unknown=True)
    assert (by.faults({"a": 1, "b": 2}), by.encode({"a": 1, "b": 2})) == ((), b"\x02")
    proto = messages(PROTO, ignore_unknown=True)
    assert (proto.faults({"i": 1, "b2": 2}), proto.encode({"i": 1, "b2": 2})) == ((), b"\x08\x01")


def test_faults_come_to_an_end() -> None:
    """Nobody reads more."""
    for by, value in (
        (avro({"type": "array", "items": "int"}), ["x"] * 5000),
        (messages(of("JSON", {"items": {"type": "integer"}})), ["x"] * 5000),
        (messages(PROTO), {"r": ["x"] * 5000}),
    ):
        assert len(by.faults(value)) == MOST_FAULTS
    told = avro({"type": "map", "values": {"type": "array", "items": "int"}}).faults({"x" * 500_000: ["x"] * 1000})
    assert max(len(fault.path) for fault in told) < 300


def test_a_message_of_json_tells_all_its_faults() -> None:
    """Its bytes can be read on after a fault; where they cannot, there is one."""
    by = messages(of("JSON", {"properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}}))
    assert [fault.path for fault in by.faults_in(b'{"a":"","b":""}')] == ["a", "b"]
    assert len(by.faults_in(b"{")) == 1
    assert [fault.path for fault in avro(logical("string", "uuid")).faults_in(b"\x02x")] == [""]
    assert len(messages(PROTO).faults_in(b"\xff")) == 1


# ---------------------------------------------------------------- readers and paths


@given(SEEDS)
@examples(100)
def test_avro_is_read_as_a_reader_reads_it(seed: int) -> None:
    """By the same rules of resolution: the same datum, or none."""
    random = Random(seed)
    reader, writer = pair(random)
    smallest = Smallest(writer.root)
    if not smallest.exists(writer.root) or is_bytes(writer.root):
        return
    data = encode(writer.root, random_datum(random, smallest, writer.root))
    by = messages(writer, reader=reader)
    try:
        expected = messages(reader).decode(written(reader.root, read(reader.root, writer.root, data)))
    except (Unreadable, CodecError):
        with pytest.raises(CodecError):
            by.decode(data)
    else:
        assert msgspec.json.encode(by.decode(data)) == msgspec.json.encode(expected)


def test_others_are_read_by_a_reader_too() -> None:
    """JSON is held to both schemas; Protobuf is shown by the reader's descriptor."""
    both = messages(of("JSON", {}), reader=of("JSON", {"type": "integer"}))
    assert both.decode(b"5") == 5
    with pytest.raises(CodecError, match="the reader refuses it: text where an integer is expected"):
        both.decode(b'"x"')
    reader = of(
        "PROTOBUF",
        'syntax = "proto3"; package p; message N { string before = 5; In in = 1; message In { bytes t = 1; } }',
    )
    assert messages(PROTO, reader=reader).decode(b"\x0a\x03\x0a\x01x", (1,)) == {"in": {"t": "eA=="}}
    with pytest.raises(CodecError, match=r"no message p\.M"):
        messages(PROTO, reader=reader).decode(b"")
    for writer in (of("AVRO", '"int"'), of("JSON", {}), PROTO):
        for other in (of("AVRO", '"int"'), of("JSON", {}), PROTO):
            if writer.source.kind != other.source.kind:
                with pytest.raises(CodecError, match="cannot be read by a schema of type"):
                    messages(writer, reader=other)


def test_a_protobuf_message_is_found_by_its_name_or_path() -> None:
    """The first, unless told otherwise; the tail says which, in front of the message."""
    first, inner = messages(PROTO), messages(PROTO, message="p.N.In")
    assert (first.name, first.path, first.tail) == ("p.M", (0,), b"\x00")
    assert (inner.name, inner.path, inner.tail) == ("p.N.In", (1, 0), b"\x04\x02\x00")
    assert first.decode(inner.encode({"s": "x"}), (1, 0)) == {"s": "x"}
    for none in ("p.Nope", "p.M.MEntry"):  # the latter is how descriptors call the pairs of a map
        with pytest.raises(CodecError, match=f"no message {none}"):
            messages(PROTO, message=none)
    with pytest.raises(CodecError, match=r"no message at \[7\]"):
        first.decode(b"", (7,))
    assert (avro('"int"').path, messages(of("JSON", {"title": "T"})).tail) == (None, b"")


# ---------------------------------------------------------------- hostile

LIST = record("L", next=["null", "L"])
FOREST = [record("A", a=["null", "A", record("B", a=["null", "A", "B"])]), "B"]


@given(st.binary(max_size=40), SEEDS)
@examples(150)
def test_any_bytes_are_a_value_or_a_fault(data: bytes, seed: int) -> None:
    """Whatever is sent to whatever schema, in all formats."""
    random = Random(seed)
    for schema in (*pair(random), of("JSON", {"type": "object"}), PROTO):
        by = messages(schema)
        try:
            value = by.decode(data)
        except CodecError:
            assert by.faults_in(data)
        else:
            msgspec.json.encode(value)


@given(JSON_VALUES, SEEDS)
@examples(60)
def test_any_value_is_a_message_or_has_faults(value: Any, seed: int) -> None:
    """Nothing else comes of it."""
    for schema in (*pair(Random(seed)), PROTO):
        by = messages(schema)
        try:
            by.encode(value)
        except CodecError:
            assert by.faults(value)
        else:
            assert not by.faults(value)


BOMBS = {
    "nulls without end": ({"type": "array", "items": "null"}, b"\x80\x80\x80\x80\x80\x80\x80\x80\x20\x00"),
    "empty records without end": ({"type": "array", "items": record("E")}, b"\xfe\xff\xff\xff\x0f\x00"),
    "a string without end": ('"string"', b"\xfe\xff\xff\xff\xff\xff\xff\xff\x7f"),
    "a record in itself, deep": (LIST, b"\x02" * 100_000 + b"\x00"),
    "a record in itself, without end": (record("S", s="S"), b""),
}


@pytest.mark.parametrize("what", BOMBS)
def test_a_bomb_is_refused(what: str) -> None:
    """It takes neither memory nor the stack, and is told in a sentence."""
    tree, data = BOMBS[what]
    with pytest.raises(CodecError):
        avro(tree).decode(data)


def nested(levels: int, outer: Any, inner: Any) -> Any:
    """`outer` around itself, so that `inner` is the last of so many levels."""
    for _ in range(levels - 1):
        inner = outer(inner)
    return inner


DEEP_PROTO = messages(
    of(
        "PROTOBUF",
        'syntax = "proto3"; import "google/protobuf/struct.proto"; '
        "message M { M m = 1; map<string, M> in = 2; google.protobuf.Struct s = 3; }",
    )
)
DEEP: dict[str, tuple[Messages, Any, int]] = {
    "Avro": (avro(LIST), lambda levels: nested(levels, lambda of: {"next": of}, {"next": None}), 500),
    "Avro to the letter": (
        avro(LIST, logical=False),
        lambda levels: nested(levels, lambda of: {"next": {"L": of}}, {"next": None}),
        250,
    ),
    "JSON": (messages(of("JSON", {})), lambda levels: nested(levels, lambda of: [of], []), 500),
    "Protobuf": (DEEP_PROTO, lambda levels: nested(levels, lambda of: {"m": of}, {}), 100),
    "maps of Protobuf": (DEEP_PROTO, lambda levels: nested(levels, lambda of: {"in": {"x": of}}, {}), 51),
    "a Struct": (DEEP_PROTO, lambda levels: {"s": nested(levels, lambda of: {"x": of}, {})}, 34),
}


@pytest.mark.parametrize("what", DEEP)
def test_what_is_written_can_be_read_however_deep(what: str) -> None:
    """It comes back up to so many levels; beyond them it is never written, and a sentence says why."""
    by, value_of, most = DEEP[what]
    data = by.encode(value_of(most))
    assert by.encode(by.decode(data)) == data
    assert by.faults_in(data) == ()
    for levels in (most + 1, 2 * most, 4 * most):
        assert "deep" in str(by.faults(value_of(levels))[0])
        with pytest.raises(CodecError, match="deep"):
            by.encode(value_of(levels))


def test_a_message_deeper_than_anybody_reads_is_refused() -> None:
    """In Avro and JSON at the level where values are; JSON beyond the stack says so, too."""
    for by, data in (
        (avro(LIST), b"\x02" * 500 + b"\x00"),
        (messages(of("JSON", {})), b"[" * 501 + b"]" * 501),
        (messages(of("JSON", {})), b"[" * 9000 + b"]" * 9000),
    ):
        with pytest.raises(CodecError, match="deep"):
            by.decode(data)
        assert "deep" in str(by.faults_in(data)[0])


def test_unions_that_could_be_tried_for_ever_are_not() -> None:
    """Each value is tried by each branch once, however the branches are nested."""
    value: Any = None
    for _ in range(60):
        value = {"a": value}
    assert avro(FOREST).faults({"a": value, "b": 1})
    wide = avro({"type": "array", "items": [record(f"R{n}", a="int") for n in range(200)]})
    assert "name them" in str(wide.faults([{"a": "x"} for _ in range(100)])[0])


def test_defaults_that_double_at_each_level_are_refused() -> None:
    """A schema of a few kilobytes may say 2 to the power of 30 values; what is left out is not written then."""
    inner: dict[str, object] = {**record("L0"), "fields": [{"name": "a", "type": "int", "default": 0}]}
    for level in range(1, 30):
        sides = [{"name": "x", "type": inner, "default": {}}, {"name": "y", "type": f"L{level - 1}", "default": {}}]
        inner = {"type": "record", "name": f"L{level}", "fields": sides}
    assert [fault.message for fault in avro(inner).faults({})] == ["the message has too many values"]
    with pytest.raises(CodecError, match="too many values"):
        avro(record("L29"), reader=of("AVRO", inner)).decode(b"")


def test_decimals_stay_within_reason() -> None:
    """Neither an exponent nor many bytes make a number of gigabytes."""
    huge = avro(logical("bytes", "decimal", precision=2**31 - 1, scale=2**31 - 1))
    for text in ("1e999999999", "9" * 10_000, "1e-999999999", "NaN", "0x1", "1_0", "\u0661"):
        assert huge.faults(text)
    assert huge.decode(b"\x01") == "1E-2147483647"
    with pytest.raises(CodecError, match="too many digits"):
        huge.decode(b"\x7f" * 5000)
    big = avro(logical("bytes", "big-decimal"))
    assert big.decode(big.encode("1e99999999")) == "1E+99999999"
