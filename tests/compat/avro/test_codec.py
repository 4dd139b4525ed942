"""Avro's encodings: what goes in comes out, fastavro agrees, and no input does harm."""

import io
import json
import math
from random import Random
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compat.avro.codec import (
    DEPTH,
    Branch,
    CodecError,
    decode,
    encode,
)
from compat.avro.json_encoding import to_json
from compat.avro.smallest import Smallest
from compat.avro.types import Type
from compat.schema import InvalidSchema
from tests.compat.avro.pairs import Maker, datum_of, examples, plain, random_datum, schema_of

SEEDS = st.integers(0, 2**32)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "int", "null", "n.R0"]), inner, max_size=2)
    ),
)


def root_of(tree: Any) -> Type:
    return schema_of(tree).root


def random_root(random: Random) -> tuple[Any, Type]:
    """A schema that has data, as JSON and as a graph."""
    while True:
        tree = Maker(random).schema(3)
        try:
            root = root_of(tree)
        except InvalidSchema:
            continue
        if Smallest(root).exists(root):
            return tree, root


def record(*fields: dict[str, Any], name: str = "R") -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields)}


# ---------------------------------------------------------------- both ways


@examples(400)
@given(SEEDS)
def test_what_is_encoded_comes_back(seed: int) -> None:
    """A datum of any schema survives both encodings."""
    random = Random(seed)
    _, root = random_root(random)
    datum = random_datum(random, Smallest(root), root)
    assert decode(root, encode(root, datum)) == datum
    assert datum_of(root, json.loads(to_json(root, datum))) == datum


@examples(300)
@given(SEEDS)
def test_fastavro_reads_our_bytes(seed: int) -> None:
    """What we wrote, fastavro reads; and it writes the same bytes, where it does not have to guess a branch."""
    random = Random(seed)
    tree, root = random_root(random)
    datum = random_datum(random, Smallest(root), root)
    data = encode(root, datum)
    parsed = fastavro.parse_schema(tree)
    read = fastavro.schemaless_reader(io.BytesIO(data), parsed, None)
    assert read == plain(root, datum)
    if "[" not in json.dumps(tree).replace('"fields": [', "").replace('"symbols": [', ""):
        written = io.BytesIO()
        fastavro.schemaless_writer(written, parsed, read)
        assert written.getvalue() == data


GOLDEN: list[tuple[Any, Any, str, str]] = [
    ("null", None, "", "null"),
    ("boolean", True, "01", "true"),
    ("int", 0, "00", "0"),
    ("int", -1, "01", "-1"),
    ("int", 63, "7e", "63"),
    ("int", 64, "8001", "64"),
    ("int", -(2**31), "ffffffff0f", "-2147483648"),
    ("long", 2**63 - 1, "feffffffffffffffff01", "9223372036854775807"),
    ("long", -(2**63), "ffffffffffffffffff01", "-9223372036854775808"),
    ("float", 1.5, "0000c03f", "1.5"),
    ("float", math.inf, "0000807f", '"Infinity"'),
    ("double", -2.0, "00000000000000c0", "-2.0"),
    ("double", -math.inf, "000000000000f0ff", '"-Infinity"'),
    ("bytes", b"\x00\xff", "0400ff", '"\\u0000ÿ"'),
    ("string", "ä\n", "06c3a40a", '"ä\\n"'),
    ({"type": "fixed", "name": "F", "size": 2}, b"ab", "6162", '"ab"'),
    ({"type": "enum", "name": "E", "symbols": ["A", "B"]}, "B", "02", '"B"'),
    ({"type": "array", "items": "int"}, [], "00", "[]"),
    ({"type": "array", "items": "int"}, [1, 2], "04020400", "[1, 2]"),
    ({"type": "map", "values": "int"}, {"k": 1}, "02026b0200", '{"k": 1}'),
    (["null", "int"], Branch(0, None), "00", "null"),
    (["null", "int"], Branch(1, 5), "020a", '{"int": 5}'),
    (["null", record(name="n.S")], Branch(1, {}), "02", '{"n.S": {}}'),
    (
        record({"name": "a", "type": "int"}, {"name": "b", "type": "string"}),
        {"a": 1, "b": "x"},
        "020278",
        '{"a": 1, "b": "x"}',
    ),
]


@pytest.mark.parametrize(("tree", "datum", "data", "text"), GOLDEN, ids=[row[3] for row in GOLDEN])
def test_the_encodings_are_the_specification_s(tree: Any, datum: Any, data: str, text: str) -> None:
    """Each kind of datum has the bytes and the JSON that the specification gives it."""
    root = root_of(tree)
    assert encode(root, datum).hex() == data
    assert to_json(root, datum) == text
    assert decode(root, bytes.fromhex(data)) == datum
    assert datum_of(root, json.loads(text)) == datum


def test_blocks_of_others_are_read() -> None:
    """Several blocks, and blocks that say their size, are one array or map."""
    assert decode(root_of({"type": "array", "items": "int"}), bytes.fromhex("0202 010204 00")) == [1, 2]
    assert decode(root_of({"type": "map", "values": "int"}), bytes.fromhex("02 026b 02 01 06 026b 04 00")) == {"k": 2}


def test_not_a_number_is_written_as_java_writes_it() -> None:
    """NaN is a string in JSON, for JSON has no word for it."""
    root = root_of("double")
    assert to_json(root, math.nan) == '"NaN"'
    assert math.isnan(datum_of(root, "NaN"))


# ---------------------------------------------------------------- what is refused

NO_DATA: list[tuple[Any, str]] = [
    ("boolean", "02"),
    ("boolean", ""),
    ("int", "80"),
    ("int", "8080808010"),
    ("long", "ffffffffffffffffffff01"),
    ("long", "ffffffffffffffffff02"),
    ("float", "0000"),
    ("bytes", "01"),
    ("bytes", "feffffffffffffffff01"),
    ("string", "02ff"),
    ("null", "00"),
    (["null"], "02"),
    (["null"], "01"),
    ([], "00"),
    ({"type": "enum", "name": "E", "symbols": ["A"]}, "02"),
    ({"type": "enum", "name": "E", "symbols": ["A"]}, "01"),
    ({"type": "fixed", "name": "F", "size": 4}, "616263"),
    ({"type": "array", "items": "int"}, "04"),
    ({"type": "array", "items": "int"}, "0101"),
    ({"type": "array", "items": "null"}, "feffffffffffffffff01"),
    ({"type": "array", "items": record()}, "ffffffffffffffffff0100"),
    ({"type": "map", "values": "null"}, "feffffffffffffffff01"),
    (record({"name": "a", "type": "R"}), ""),
]


@pytest.mark.parametrize(("tree", "data"), NO_DATA)
def test_bytes_that_are_no_datum_are_refused(tree: Any, data: str) -> None:
    """Lengths, counts and numbers that cannot be are refused, however much they promise."""
    with pytest.raises(CodecError):
        decode(root_of(tree), bytes.fromhex(data))


@examples(500)
@given(SEEDS, st.binary(max_size=60))
def test_no_bytes_do_harm(seed: int, data: bytes) -> None:
    """Any bytes are a datum or a CodecError; and a datum that came of them can be written."""
    _, root = random_root(Random(seed))
    try:
        datum = decode(root, data, values=5_000)
    except CodecError:
        return
    assert len(encode(root, datum)) <= len(data)


@examples(300)
@given(SEEDS, JSON)
def test_no_json_does_harm(seed: int, tree: Any) -> None:
    """Any JSON is a datum or a CodecError."""
    _, root = random_root(Random(seed))
    try:
        datum = datum_of(root, tree)
    except CodecError:
        return
    encode(root, datum)


NO_DATUM: list[tuple[Any, Any]] = [
    ("null", 0),
    ("boolean", 1),
    ("int", True),
    ("int", 2**31),
    ("int", 1.0),
    ("long", -(2**63) - 1),
    ("float", 1e39),
    ("float", "1"),
    ("double", 10**400),
    ("bytes", "x"),
    ("string", b"x"),
    ("string", "\ud800"),
    (["null"], None),
    (["null"], Branch(1, None)),
    (["null"], Branch(-1, None)),
    ({"type": "fixed", "name": "F", "size": 2}, b"x"),
    ({"type": "enum", "name": "E", "symbols": ["A"]}, "B"),
    ({"type": "array", "items": "int"}, {}),
    ({"type": "map", "values": "int"}, []),
    ({"type": "map", "values": "int"}, {1: 1}),
    (record({"name": "a", "type": "int"}), {}),
    (record({"name": "a", "type": "int"}), {"a": 1, "b": 2}),
    (record({"name": "a", "type": "int"}), [1]),
]


@pytest.mark.parametrize(("tree", "datum"), NO_DATUM)
def test_what_is_not_of_the_schema_is_refused(tree: Any, datum: Any) -> None:
    """Nothing is written that could not be read back."""
    with pytest.raises(CodecError):
        encode(root_of(tree), datum)


NO_JSON: list[tuple[Any, str]] = [
    ("int", "1.0"),
    ("bytes", '"\u0100"'),
    ("string", '"\\ud800"'),
    (["null", "int"], "5"),
    (["null", "int"], '{"long": 5}'),
    (["null", "int"], '{"int": 5, "null": null}'),
    (record({"name": "a", "type": "int"}), "{}"),
    (record({"name": "a", "type": "int"}), '{"a": 1, "b": 1}'),
]


@pytest.mark.parametrize(("tree", "text"), NO_JSON, ids=[text[:20] for _, text in NO_JSON])
def test_json_that_is_no_datum_is_refused(tree: Any, text: str) -> None:
    """The JSON encoding names the branches of unions, and every field is there."""
    with pytest.raises(CodecError):
        datum_of(root_of(tree), json.loads(text))


def test_bytes_that_are_left_over_are_refused() -> None:
    """A datum is all of its bytes."""
    with pytest.raises(CodecError, match="1 bytes are left over"):
        decode(root_of("int"), b"\x02\x02")


# ---------------------------------------------------------------- depth and size

LINKED = record({"name": "next", "type": ["null", "R"]})


def test_data_may_be_deeper_than_the_stack() -> None:
    """A list of thousands of links is written and read, where recursion would have ended."""
    root = root_of(LINKED)
    data = b"\x02" * 4_000 + b"\x00"
    datum = decode(root, data)
    assert encode(root, datum) == data
    assert to_json(root, datum).count("next") == 4_001


def test_depth_has_a_limit() -> None:
    """Nesting without end is refused, though it costs a byte a level, or none."""
    with pytest.raises(CodecError, match="deeper"):
        decode(root_of(LINKED), b"\x02" * (DEPTH + 1) + b"\x00")
    with pytest.raises(CodecError, match="deeper"):
        decode(root_of(record({"name": "a", "type": "R"})), b"")


def test_the_number_of_values_has_a_limit() -> None:
    """What takes no bytes may still not be there without end."""
    root = root_of({"type": "array", "items": "null"})
    data = encode(root, [None] * 1_000)
    assert decode(root, data, values=1_000) == [None] * 1_000
    with pytest.raises(CodecError, match="too many values"):
        decode(root, data, values=999)
