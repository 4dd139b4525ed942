"""The compiled Avro codec: fast where fastavro is right, our own answer where it is not, and never another error."""

import json
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum as Enumeration
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compat import Source, parse
from compat.avro import AvroSchema, compiled
from compat.avro.codec import decode, encode
from compat.avro.compiled import AvroCodec
from compat.avro.natural import datum_of, value_of
from compat.avro.reader import Unreadable, read
from compat.avro.smallest import Smallest
from compat.avro.types import Array, Enum, Field, Fixed, Map, Primitive, Record, Type, Union
from compat.faults import CodecError
from tests.state.explore import examples

VECTORS = Path(__file__).parent.parent / "compat" / "avro"


def schema(text: object) -> Type:
    found = parse(Source("AVRO", json.dumps(text)), strict=False)
    assert isinstance(found, AvroSchema)
    return found.root


def record(**fields: object) -> dict[str, object]:
    return {"type": "record", "name": "R", "fields": [{"name": name, "type": kind} for name, kind in fields.items()]}


ITEM = {"type": "record", "name": "Item", "fields": [{"name": "price", "type": "double"}]}
ORDER = record(items={"type": "array", "items": ITEM}, tags={"type": "map", "values": "int"})
DECIMAL = {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}
CHAIN = {
    "type": "record",
    "name": "Chain",
    "fields": [{"name": "next", "type": ["null", "Chain"]}, {"name": "n", "type": "int"}],
}

FAULTS = [
    (ORDER, {"items": [{"price": 1.0}, {"price": "x"}], "tags": {}}, "items[1].price: str where a double is expected"),
    (ORDER, {"items": [{"price": "1.5"}], "tags": {}}, "items[0].price: str where a double is expected"),
    (ORDER, {"items": "no", "tags": {}}, "items: str where an array is expected"),
    (ORDER, {"items": [], "tags": {"a b": 1.5}}, "tags['a b']: float where an int is expected"),
    (ORDER, {"items": [], "tags": {1: 1}}, "tags: a key is an int, and keys of maps are strings"),
    (ORDER, {"items": [{}], "tags": {}}, "items[0].price: it is missing, and Item has no default for it"),
    (ORDER, [], "list where a record R is expected"),
    ("int", 2**31, "2147483648 is too large for an int"),
    ("int", int, "type where an int is expected"),
    ("double", Decimal("sNaN"), "Decimal where a double is expected"),
    (DECIMAL, Decimal("NaN"), "Decimal('NaN') is no decimal(4, 2)"),
    (DECIMAL, Decimal("1.555"), "Decimal('1.555') has 3 digits after the point, and decimal(4, 2) has 2"),
    (DECIMAL, Decimal("1E+2"), "Decimal('1E+2') has 3 digits before the point, and decimal(4, 2) has 2"),
    (
        ["null", DECIMAL],
        Decimal("1E+999999"),
        "Decimal('1E+999999') has 1000000 digits before the point, and decimal(4, 2) has 2",
    ),
    (
        ["null", "string", record(a={"type": "fixed", "name": "D", "size": 4} | DECIMAL | {"type": "fixed"})],
        {"a": Decimal("1E+999999")},
        "a: Decimal('1E+999999') has 1000000 digits before the point, and decimal(4, 2) has 2",
    ),
    ("long", 2**63, "9223372036854775808 is too large for a long"),
    ("int", 1.5, "float where an int is expected"),
    ("int", True, "bool where an int is expected"),
    ("boolean", "x", "str where a boolean is expected"),
    ("boolean", 1, "int where a boolean is expected"),
    ("null", 1, "int where null is expected"),
    ("float", 1e300, "1e+300 is too large for a float"),
    (record(f=["null", "float"]), {"f": 1e300}, "f: 1e+300 is too large for a float"),
    ("string", 1, "int where a string is expected"),
    ("string", "\ud800", "a string has half of a surrogate pair"),
    ("bytes", "x", "str where bytes are expected"),
    (record(b="bytes"), {"b": "x"}, "b: str where bytes are expected"),
    ({"type": "fixed", "name": "F", "size": 2}, b"abc", "3 bytes where fixed F has 2"),
    ({"type": "enum", "name": "E", "symbols": ["A"]}, "B", "'B' is no symbol of enum E"),
    (
        record(u=["null", {"type": "array", "items": "long"}]),
        {"u": b"ab"},
        "u: bytes where null or array is expected",
    ),
    (record(u=["null", "double"]), {"u": "x"}, "u: str where null or double is expected"),
    (record(u=["null", ITEM]), {"u": {"price": "x"}}, "u.price: str where a double is expected"),
    (record(d={"type": "int", "logicalType": "date"}), {"d": 1.5}, "d: float where an int (date) is expected"),
    (record(d=DECIMAL), {"d": 5}, "d: int where a bytes (decimal) is expected"),
    (record(d={"type": "string", "logicalType": "uuid"}), {"d": 5}, "d: int where a string (uuid) is expected"),
]


@pytest.mark.parametrize(("kind", "value", "fault"), FAULTS, ids=[fault for *_, fault in FAULTS])
def test_what_does_not_fit_is_named_by_path_and_type(kind: object, value: object, fault: str) -> None:
    """A value that is not of its schema is refused, also where fastavro would write something."""
    with pytest.raises(CodecError) as refused:
        AvroCodec(schema(kind)).encoder()(value)
    assert str(refused.value) == fault


LOGICAL = record(
    id={"type": "string", "logicalType": "uuid"},
    at={"type": "long", "logicalType": "timestamp-millis"},
    at_micros={"type": "long", "logicalType": "timestamp-micros"},
    local={"type": "long", "logicalType": "local-timestamp-micros"},
    day={"type": "int", "logicalType": "date"},
    hour={"type": "int", "logicalType": "time-millis"},
    price=DECIMAL,
    fixed={"type": "fixed", "name": "Price", "size": 4, "logicalType": "decimal", "precision": 9, "scale": 2},
    odd={"type": "bytes", "logicalType": "decimal"},
)
LOGICAL_VALUE = {
    "id": UUID("00112233-4455-6677-8899-aabbccddeeff"),
    "at": datetime(2024, 2, 29, 12, 30, 1, 5000, tzinfo=UTC),
    "at_micros": datetime(1969, 2, 28, 12, 30, 1, 5, tzinfo=UTC),
    "local": datetime(2024, 2, 29, 12),  # noqa: DTZ001  (this type has no zone)
    "day": date(2024, 2, 29),
    "hour": time(12, 30, 1, 5000),
    "price": Decimal("12.34"),
    "fixed": Decimal("-1234567.89"),
    "odd": b"a decimal without precision is only bytes",
}


def test_logical_types_come_back() -> None:
    """Datetimes, decimals and UUIDs go through both ways, fast and exact, and give the same bytes."""
    root = schema(LOGICAL)
    codec = AvroCodec(root)
    data = codec.encoder()(LOGICAL_VALUE)
    assert codec.decoder()(data) == LOGICAL_VALUE
    assert encode(root, datum_of(root, LOGICAL_VALUE)) == data


def test_frame_stands_before_the_bytes() -> None:
    """The frame is written in one piece with the message, and passed over in reading."""
    codec = AvroCodec(schema("string"))
    assert codec.encoder(b"frame")("Ann") == b"frame\x06Ann"
    assert codec.decoder(5)(b"frame\x06Ann") == "Ann"


@pytest.mark.parametrize(
    ("reader", "read"),
    [
        (None, b"\x02a"),
        ("bytes", b"\x02a"),
        ("string", "\x02a"),
        (["null", "bytes"], b"\x02a"),
        (DECIMAL, Decimal("6.09")),
    ],
)
@pytest.mark.parametrize("writer", ["bytes", {"type": "bytes", "connect.name": "Blob"}])
def test_schema_of_bytes_alone_has_no_length(writer: object, reader: object, read: object) -> None:
    """As with Confluent's clients, whatever it is read as."""
    codec = AvroCodec(schema(writer))
    assert codec.encoder(b"12345")(b"\x02a") == b"12345\x02a"
    decode = codec.decoder(5, reader=None if reader is None else schema(reader))
    assert decode(b"12345\x02a") == read


FIXED = {"type": "fixed", "name": "F", "size": 4, "logicalType": "decimal", "precision": 9, "scale": 2}


@pytest.mark.parametrize(
    ("kind", "data", "read"),
    [
        (record(d=DECIMAL), b"\x06\x04ab", "2870.74"),
        (record(d=["null", DECIMAL], e=["null", DECIMAL]), b"\2\x06\x04ab\0", "2870.74"),
        (record(d=FIXED), b"\x7f\xff\xff\xff", "21474836.47"),
    ],
)
def test_decimals_are_read_with_all_their_digits(kind: object, data: bytes, read: str) -> None:
    """Also those with more than their type may have, which fastavro rounds: other writers do not look."""
    root = schema(kind)
    assert AvroCodec(root).decoder()(data)["d"] == value_of(root, decode(root, data))["d"] == Decimal(read)
    assert AvroCodec(root).decoder(reader=root)(data)["d"] == Decimal(read)
    with pytest.raises(CodecError, match="digits before the point"):
        AvroCodec(root).encoder()({"d": Decimal(read)})


def test_decimal_alone_has_no_length() -> None:
    """As Connect's converters write it; bytes are its unscaled number."""
    codec = AvroCodec(schema(DECIMAL))
    assert codec.encoder(b"12345")(Decimal("12.34")) == b"12345\x04\xd2" == codec.encoder(b"12345")(b"\x04\xd2")
    assert codec.decoder(5)(b"12345\x04\xd2") == Decimal("12.34")
    assert codec.decoder(5, reader=schema("bytes"))(b"12345\x04\xd2") == b"\x04\xd2"
    with pytest.raises(CodecError, match="str where"):
        codec.encoder()("12.34")


def test_left_out_fields_have_their_defaults() -> None:
    """Defaults of any type are written for fields that a value does not have."""
    kinds: list[tuple[object, object, object]] = [
        ("bytes", "\u00ff", b"\xff"), (["null", "int"], None, None), ("int", 5, 5),
        (ITEM, {"price": 1}, {"price": 1.0}),
        ({"type": "array", "items": "int"}, [1], [1]),
    ]  # fmt: skip
    for kind, default, expected in kinds:
        codec = AvroCodec(
            schema({"type": "record", "name": "R", "fields": [{"name": "f", "type": kind, "default": default}]})
        )
        assert codec.decoder()(codec.encoder()({})) == {"f": expected}


def test_bytes_that_are_left_over_are_refused() -> None:
    """They are a sign of the wrong schema."""
    with pytest.raises(CodecError, match="1 bytes are left over"):
        AvroCodec(schema("int")).decoder()(b"\x02\x02")


def test_long_messages_have_many_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of a type that may hold itself: what any message may have is not all that a long one may."""
    monkeypatch.setattr(compiled, "VALUES", 0)
    codec = AvroCodec(schema(record(a={"type": "array", "items": ["null", "R"]})))
    message = codec.encoder()({"a": [None] * 2000})  # two of each byte, the array's and the union's
    assert codec.decoder()(message) == codec.decoder(reader=codec.root)(message) == {"a": [None] * 2000}


def test_deep_values_do_not_end_the_process() -> None:
    """Neither in writing nor in reading: fastavro alone would run over its stack."""
    codec = AvroCodec(schema(CHAIN))
    value: dict[str, Any] = {"next": None, "n": 0}
    for n in range(4000):
        value = {"next": value, "n": n}
    read_back, depth = codec.decoder()(codec.encoder()(value)), 0
    while read_back["next"] is not None:
        read_back, depth = read_back["next"], depth + 1
    assert depth == 4000
    value["next"] = value
    with pytest.raises(CodecError, match="nested deeper"):
        codec.encoder()(value)
    with pytest.raises(CodecError):
        codec.decoder()(b"\x02" * 50_000)


@pytest.mark.parametrize("kind", [CHAIN, ["null", {"type": "map", "values": "int"}, {"type": "array", "items": "int"}]])
def test_values_that_hold_themselves_are_refused(kind: object) -> None:
    """However often they do, and wherever it is looked for: nobody walks in a circle."""
    chain: dict[str, Any] = {"n": 1}
    chain["next"] = chain
    twice: list[Any] = []
    twice += [twice, twice]
    write = AvroCodec(schema(kind)).encoder()
    for value in (chain, {"n": twice, "next": None}, {"n": twice, "next": chain}):
        with pytest.raises(CodecError):
            write(value)


class Colour(str, Enumeration):  # noqa: UP042 - the older spelling, of which `str` tells the name
    RED = "red"


def test_enums_of_texts_are_their_texts() -> None:
    """And not the names of their members, which `str` gives."""
    kind = record(text="string", symbol={"type": "enum", "name": "E", "symbols": ["red"]}, maybe=["null", "string"])
    codec = AvroCodec(schema(kind))
    written = codec.encoder()({"text": Colour.RED, "symbol": Colour.RED, "maybe": Colour.RED})
    assert codec.decoder()(written) == {"text": "red", "symbol": "red", "maybe": "red"}


class Unruly(dict[str, Any]):
    def __getitem__(self, name: str) -> Any:
        raise RuntimeError(name)


def test_what_values_raise_is_a_refusal() -> None:
    """A program's own class that fails in being looked at fails as any other value that does not fit."""
    with pytest.raises(CodecError, match="Unruly cannot be looked at: RuntimeError"):
        AvroCodec(schema(ORDER)).encoder()(Unruly(items=[], tags={}))


def test_items_without_bytes_do_not_fill_the_memory() -> None:
    """A message of ten bytes may claim any number of nulls."""
    with pytest.raises(CodecError, match="too many values"):
        AvroCodec(schema({"type": "array", "items": "null"})).decoder()(b"\xfe\xff\xff\xff\xff\xff\x7f\x00")


def test_schemas_that_are_large_in_no_time() -> None:
    """Types that share each other are looked at once each, and deep ones do not run over the stack."""
    kind: Any = "null"
    for level in range(60):
        kind = {
            "type": "record",
            "name": f"L{level}",
            "fields": [{"name": "a", "type": kind}, {"name": "b", "type": "null" if level == 0 else f"L{level - 1}"}],
        }
    many = AvroCodec(schema({"type": "array", "items": kind}))
    assert many.decoder()(many.encoder()([])) == []
    deep: Any = "int"
    for _ in range(400):
        deep = {"type": "array", "items": deep}
    codec = AvroCodec(schema(deep))
    assert codec.decoder(reader=schema(deep))(codec.encoder()([[[]]])) == [[[]]]


def test_bytes_are_no_list_of_numbers() -> None:
    """In a union fastavro writes them as an array, wherever one is to be found."""
    lists = {"type": "array", "items": "long"}
    for kind, value in (
        ([lists, "bytes"], b"ab"),
        ({"type": "array", "items": ["null", {"type": "map", "values": [lists, "bytes"]}]}, [{"k": b"ab"}, None]),
        (["null", record(a=lists, u=["null", "R"])], {"a": [1], "u": {"a": [], "u": None}}),
    ):
        codec = AvroCodec(schema(kind))
        assert codec.decoder()(codec.encoder()(value)) == value
    with pytest.raises(CodecError):
        AvroCodec(schema(["null", record(a=lists)])).encoder()({"a": b"ab"})


@pytest.mark.parametrize("kinds", [["double", "long"], ["null", "float", "int"], ["double", "int", "long"]])
def test_whole_numbers_stay_whole(kinds: list[str]) -> None:
    """In a union fastavro writes them as a float if that is named first, and what is beyond its digits is lost."""
    number = 2**62 + 1 if "long" in kinds else 2**30 + 1
    for kind, value in (
        (kinds, number),
        (record(u=kinds), {"u": number}),
        ({"type": "array", "items": ["null", record(u=kinds)]}, [None, {"u": number}]),
        (["null", "string", {"type": "map", "values": kinds}], {"a": number, "b": 0.5}),
    ):
        codec = AvroCodec(schema(kind))
        assert codec.decoder()(codec.encoder()(value)) == value
        assert repr(codec.decoder()(codec.encoder()(value))) == repr(value)


def test_names_of_records_alone_are_told() -> None:
    """A record of a union is a pair where that is asked for; enums and fixed are not, defined there or elsewhere."""
    enum = {"type": "enum", "name": "E", "symbols": ["A"]}
    codec = AvroCodec(schema(record(e=enum, u=["null", "E", ITEM], v=["null", "Item"])), named=True)
    value = {"e": "A", "u": "A", "v": ("Item", {"price": 1.0})}
    assert codec.decoder()(codec.encoder()(value)) == value


def test_strict_writing_refuses_unknown_fields() -> None:
    """Wherever they are, by their path."""
    with pytest.raises(CodecError, match=r"items\[0\]\.colour: Item has no such field"):
        AvroCodec(schema(ORDER), strict=True).encoder()({"items": [{"price": 1.0, "colour": 1}], "tags": {}})


# ---------------------------------------------------------------- any schema, any value, any bytes

NAMES = st.sampled_from(["a", "b", "c", "d"])
PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
LOGICAL_TYPES = (
    ("int", "date"), ("int", "time-millis"), ("long", "time-micros"), ("long", "timestamp-millis"),
    ("long", "timestamp-micros"), ("long", "local-timestamp-millis"), ("long", "local-timestamp-micros"),
    ("string", "uuid"), ("bytes", "decimal"),
)  # fmt: skip
LEAVES = st.sampled_from(
    [*PRIMITIVES, *({"type": kind, "logicalType": name, "precision": 9, "scale": 2} for kind, name in LOGICAL_TYPES)]
)


@st.composite
def kinds(draw: st.DrawFn, depth: int = 3, counter: list[int] | None = None) -> Any:
    counter = [0] if counter is None else counter
    choice = draw(st.sampled_from(["leaf", "leaf", "record", "array", "map", "enum", "fixed", "option", "chain"]))
    counter[0] += 1
    name = f"N{counter[0]}"
    if choice == "leaf" or depth == 0:
        return draw(LEAVES)
    if choice == "enum":
        return {"type": "enum", "name": name, "symbols": ["X", "Y", "Z"][: draw(st.integers(1, 3))]}
    if choice == "fixed":
        return {"type": "fixed", "name": name, "size": draw(st.integers(0, 5))}
    if choice == "array":
        return {"type": "array", "items": draw(kinds(depth - 1, counter))}
    if choice == "map":
        return {"type": "map", "values": draw(kinds(depth - 1, counter))}
    if choice == "option":
        inner = draw(kinds(depth - 1, counter).filter(lambda kind: kind != "null" and not isinstance(kind, list)))
        return draw(st.permutations(["null", inner]))
    if choice == "chain":
        link = {"name": "next", "type": ["null", name]}
        return {
            "type": "record",
            "name": name,
            "fields": [{"name": "v", "type": draw(kinds(depth - 1, counter))}, link],
        }
    fields = draw(st.lists(NAMES, unique=True, max_size=4))
    return {
        "type": "record",
        "name": name,
        "fields": [{"name": one, "type": draw(kinds(depth - 1, counter))} for one in fields],
    }


def values(type_: Type, links: int = 3) -> st.SearchStrategy[Any]:
    """Values of a type; of one that holds itself, some links of the chain."""
    match type_:
        case Primitive():
            return LOGICALLY.get(str(type_.props.get("logicalType")), PRIMITIVE[type_.kind])
        case Fixed():
            return st.binary(min_size=type_.size, max_size=type_.size)
        case Enum():
            return st.sampled_from(type_.symbols)
        case Array():
            return st.lists(values(type_.items, links), max_size=3)
        case Map():
            return st.dictionaries(st.text(max_size=3), values(type_.values, links), max_size=3)
        case Union():
            return st.one_of([values(branch, links) for branch in type_.branches])
        case Record():
            return st.fixed_dictionaries({field.name: _of_field(field, links) for field in type_.fields})


def _of_field(field: Field, links: int) -> st.SearchStrategy[Any]:
    if field.name != "next":
        return values(field.type, links)
    return values(field.type, links - 1) if links else st.none()


MOMENTS = st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1))  # noqa: DTZ001
LOGICALLY: dict[str, st.SearchStrategy[Any]] = {
    "date": st.dates(),
    "time-millis": st.times().map(lambda one: one.replace(microsecond=one.microsecond // 1000 * 1000)),
    "time-micros": st.times(),
    "timestamp-millis": MOMENTS.map(lambda one: one.replace(microsecond=one.microsecond // 1000 * 1000, tzinfo=UTC)),
    "timestamp-micros": MOMENTS.map(lambda one: one.replace(tzinfo=UTC)),
    "local-timestamp-millis": MOMENTS.map(lambda one: one.replace(microsecond=one.microsecond // 1000 * 1000)),
    "local-timestamp-micros": MOMENTS,
    "uuid": st.uuids(),
    "decimal": st.decimals(-9_999_999, 9_999_999, places=2),
}
PRIMITIVE: dict[str, st.SearchStrategy[Any]] = {
    "null": st.none(),
    "boolean": st.booleans(),
    "int": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**63), 2**63 - 1),
    "float": st.floats(width=32, allow_nan=False),
    "double": st.floats(allow_nan=False),
    "bytes": st.binary(max_size=5),
    "string": st.text(max_size=5),
}


@given(st.data())
@examples(60)
def test_what_is_encoded_comes_back(data: st.DataObject) -> None:
    """decode(encode(x)) == x, the bytes are fastavro's, and our own codec reads the same from them."""
    kind = data.draw(kinds())
    root = schema(kind)
    value = data.draw(values(root))
    codec = AvroCodec(root)
    written = codec.encoder(b"12345")(value)
    assert codec.decoder(5)(written) == value
    if kind != "bytes":
        assert value_of(root, read(root, root, written[5:])) == value
        assert encode(root, datum_of(root, value)) == written[5:]
        out = BytesIO()
        fastavro.schemaless_writer(out, fastavro.parse_schema(kind), value)
        assert out.getvalue() == written[5:]


@given(kinds(), st.binary(max_size=60))
@examples(80)
def test_any_bytes_are_a_value_or_a_refusal(kind: Any, data: bytes) -> None:
    """Hostile bytes raise CodecError and nothing else; nor does writing what was read, as an int beyond its range."""
    codec = AvroCodec(schema(kind))
    try:
        codec.encoder()(codec.decoder()(data))
    except CodecError:
        return


@given(kinds(), st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=3), st.lists, max_leaves=4))
@examples(50)
def test_any_value_is_written_or_refused(kind: Any, value: Any) -> None:
    """A value of any shape raises CodecError and nothing else; what was written stays, but for times beyond a day."""
    codec = AvroCodec(schema(kind))
    try:
        data = codec.encoder()(value)
    except CodecError:
        return
    assert "logicalType" in str(kind) or codec.encoder()(codec.decoder()(data)) == data


# ---------------------------------------------------------------- a reader's schema


@given(st.data())
@examples(60)
def test_compiled_projection_is_the_reference_reader_s(data: st.DataObject) -> None:
    """For any two schemas the compiled way reads what the reference reads, and refuses what that refuses."""
    writer = schema(data.draw(kinds()))
    reader = schema(data.draw(kinds()))
    value = data.draw(values(writer))
    encoded = encode(writer, datum_of(writer, value))
    message, project = AvroCodec(writer).encoder()(value), AvroCodec(writer).decoder(reader=reader)
    try:
        expected = value_of(reader, read(reader, writer, encoded))
    except (Unreadable, CodecError):  # of types, or of a logical type's values
        with pytest.raises(CodecError):
            project(message)
        return
    assert project(message) == expected


def test_reader_s_schema_decides() -> None:
    """Fields are added, dropped, renamed and promoted as the specification says; each message has its own defaults."""
    writer = schema(record(id="int", old="string", maybe=["null", "int"], gone="int", kind=["int", "string"]))
    reader = schema(
        {
            "type": "record",
            "name": "R",
            "fields": [
                {"name": "id", "type": "double"},
                {"name": "new", "aliases": ["old"], "type": "string"},
                {"name": "maybe", "type": ["null", "long"]},
                {"name": "list", "type": {"type": "array", "items": "int"}, "default": []},
                {"name": "kind", "type": ["string", "long"]},
            ],
        }
    )
    value = {"id": 1, "old": "x", "maybe": 2, "gone": 3, "kind": 7}
    data = AvroCodec(writer).encoder()(value)
    project = AvroCodec(writer).decoder(reader=reader)
    expected = {"id": 1.0, "new": "x", "maybe": 2, "list": [], "kind": 7}
    assert project(data) == expected
    project(data)["list"].append(1)
    assert project(data) == expected


def test_unreadable_field_is_named() -> None:
    """A message that the reader's schema does not take says where and why."""
    writer, reader = schema(record(a="int")), schema(record(a="int", b="string"))
    with pytest.raises(CodecError, match="b: field 'b' of R is not in the writer's schema and has no default"):
        AvroCodec(writer).decoder(reader=reader)(b"\x02")


def compatible() -> list[Any]:
    rows = map(json.loads, (VECTORS / "vectors.jsonl").read_text(encoding="utf-8").splitlines())
    return [pytest.param(row["r"], row["w"], id=row["id"]) for row in rows if row.get("spec") == "C"]


@pytest.mark.parametrize(("reader", "writer"), compatible())
def test_compatible_readers_read(reader: object, writer: object) -> None:
    """For every pair of the vectors that the specification calls compatible, the smallest datum can be read."""
    old, new = schema(writer), schema(reader)
    smallest = Smallest(old)
    if not smallest.exists(old):
        pytest.skip("nothing can be written")
    data = encode(old, smallest.datum(old))
    datum = read(new, old, data)
    message = data[1:] if getattr(old, "kind", "") == "bytes" else data  # which alone has no length
    try:
        expected = value_of(new, datum)
    except CodecError:  # the smallest string is no UUID: Avro's types are compatible, this value is not
        assert new.props == {"logicalType": "uuid"}  # type: ignore[union-attr]
        return
    assert AvroCodec(old).decoder(5, reader=new)(b"12345" + message) == expected
