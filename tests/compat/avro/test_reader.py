"""The reference reader: what it makes of a writer's bytes, and what it says when it cannot."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from compat.avro.codec import Branch, CodecError, encode
from compat.avro.reader import Reader, Unreadable, read
from compat.avro.resolve import Resolution
from compat.avro.types import Field, Record
from tests.compat.avro.pairs import datum_of, schema_of


def record(*fields: dict[str, Any], name: str = "R", **attributes: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields), **attributes}


def field(name: str, type_: Any, **attributes: Any) -> dict[str, Any]:
    return {"name": name, "type": type_, **attributes}


def enum(*symbols: str, **attributes: Any) -> dict[str, Any]:
    return {"type": "enum", "name": "E", "symbols": list(symbols), **attributes}


def fixed(name: str, size: int) -> dict[str, Any]:
    return {"type": "fixed", "name": name, "size": size}


def reading(reader: Any, writer: Any, text: str) -> Any:
    """What the reader makes of a datum that the writer wrote, given in the JSON encoding."""
    wrote = schema_of(writer).root
    return read(schema_of(reader, strict=False).root, wrote, encode(wrote, datum_of(wrote, json.loads(text))))


READ: list[tuple[str, Any, Any, str, Any]] = [
    ("int to long", "long", "int", "5", 5),
    ("int to float", "float", "int", "16777217", 16777216.0),
    ("float to double", "double", "float", "1.5", 1.5),
    ("string to bytes", "bytes", "string", '"ä"', "ä".encode()),
    ("bytes to string", "string", "bytes", '"x"', "x"),
    ("another namespace", fixed("b.F", 1), fixed("a.F", 1), '"x"', b"x"),
    ("an alias", {**fixed("G", 1), "aliases": ["F"]}, fixed("F", 1), '"x"', b"x"),
    ("an alias in its namespace", {**fixed("n.G", 1), "aliases": ["F"]}, fixed("n.F", 1), '"x"', b"x"),
    ("a symbol", enum("B", "A"), enum("A", "B"), '"A"', "A"),
    ("a default symbol", enum("B", default="B"), enum("A"), '"A"', "B"),
    ("items", {"type": "array", "items": "long"}, {"type": "array", "items": "int"}, "[1, 2]", [1, 2]),
    ("values", {"type": "map", "values": "double"}, {"type": "map", "values": "int"}, '{"k": 1}', {"k": 1.0}),
    ("into a union", ["null", "long"], "int", "5", Branch(1, 5)),
    ("the exact type first", ["double", "int"], "int", "5", Branch(1, 5)),
    ("the first promotion", ["string", "double", "long"], "int", "5", Branch(1, 5.0)),
    ("out of a union", "long", ["int", "long"], '{"int": 5}', 5),
    ("union to union", ["string", "null"], ["null", "string"], "null", Branch(1, None)),
    ("the full name first", [fixed("x.F", 1), fixed("y.F", 1)], fixed("y.F", 1), '"x"', Branch(1, b"x")),
    (
        "an alias before the short name",
        [fixed("x.F", 1), {**fixed("G", 1), "aliases": ["y.F"]}],
        fixed("y.F", 1),
        '"x"',
        Branch(1, b"x"),
    ),
    (
        "the branch that works",
        [record(field("z", "int"), name="x.R"), record(name="y.R")],
        record(name="z.R"),
        "{}",
        Branch(1, {}),
    ),
    (
        "other order, other fields",
        record(field("b", "int"), field("a", "int")),
        record(field("a", "int"), field("c", "int"), field("b", "int")),
        '{"a": 1, "c": 2, "b": 3}',
        {"b": 3, "a": 1},
    ),
    ("a default", record(field("a", ["null", "int"], default=7)), record(), "{}", {"a": Branch(1, 7)}),
    (
        "a default of a record",
        record(field("a", record(field("x", "int", default=1), name="S"), default={})),
        record(),
        "{}",
        {"a": {"x": 1}},
    ),
    (
        "a field by its alias",
        record(field("b", "long", aliases=["a"])),
        record(field("a", "int")),
        '{"a": 1}',
        {"b": 1},
    ),
    (
        "an alias that is the name",
        record(field("a", "int", aliases=["a"])),
        record(field("a", "int")),
        '{"a": 1}',
        {"a": 1},
    ),
    (
        "recursion",
        record(field("n", ["R", "null"])),
        record(field("n", ["null", "R"])),
        '{"n": {"R": {"n": null}}}',
        {"n": Branch(0, {"n": Branch(1, None)})},
    ),
    (
        "nothing of a type that cannot be read",
        {"type": "array", "items": "int"},
        {"type": "array", "items": "string"},
        "[]",
        [],
    ),
]


@pytest.mark.parametrize(("reader", "writer", "text", "datum"), [row[1:] for row in READ], ids=[row[0] for row in READ])
def test_what_a_reader_makes_of_it(reader: Any, writer: Any, text: str, datum: Any) -> None:
    """The writer's datum arrives as the reader's schema has it."""
    assert reading(reader, writer, text) == datum


UNREADABLE: list[tuple[Any, Any, str, str, str]] = [
    ("int", "long", "5", "TYPE_CHANGED", "the writer wrote a long (5), the reader expects an int"),
    (fixed("F", 1), "null", "null", "TYPE_CHANGED", "the writer wrote null, the reader expects a fixed F"),
    ("int", ["null", "int"], "null", "TYPE_CHANGED", "the writer wrote null, the reader expects an int"),
    ("string", "bytes", '"\u00ff"', "BYTES_READ_AS_STRING", "the bytes ff are no string: not UTF-8"),
    (
        ["null"],
        ["null", "string"],
        '{"string": "x"}',
        "UNION_BRANCH_REMOVED",
        "the writer wrote a string, for which the union has no branch",
    ),
    (
        fixed("G", 1),
        fixed("F", 1),
        '"x"',
        "NAME_CHANGED",
        "the writer wrote F, the reader expects G, which has no such alias",
    ),
    (fixed("F", 2), fixed("F", 1), '"x"', "FIXED_SIZE_CHANGED", "the writer wrote 1 bytes, fixed F has 2"),
    (enum("B"), enum("A"), '"A"', "ENUM_SYMBOLS_REMOVED", "enum E has no symbol 'A' and no default"),
    (
        record(field("b", "int")),
        record(),
        "{}",
        "FIELD_WITHOUT_DEFAULT",
        "at /b: field 'b' of R is not in the writer's schema and has no default",
    ),
    (
        record(field("b", "int", default="x")),
        record(),
        "{}",
        "DEFAULT_INVALID",
        "at /b: field 'b' of R is not in the writer's schema and its default is of no use: 'x' is not valid for int",
    ),
    (
        record(field("c", "int", aliases=["a", "b"])),
        record(field("a", "int"), field("b", "int")),
        '{"a": 1, "b": 2}',
        "FIELD_FED_TWICE",
        "at /c: the writer's fields 'a' and 'b' are both field 'c' of R",
    ),
    (
        record(field("a", "int", aliases=["b"])),
        record(field("a", "int"), field("b", "int")),
        '{"a": 1, "b": 2}',
        "ALIAS_AMBIGUOUS",
        "at /a: the writer's fields 'a' and 'b' are both field 'a' of R",
    ),
    (
        record(field("a", "int"), field("b", "int", aliases=["a"])),
        record(field("a", "int")),
        '{"a": 1}',
        "FIELD_CLAIMED_TWICE",
        "at /b: fields 'a' and 'b' of R are both the writer's field 'a'",
    ),
    (
        {"type": "array", "items": {"type": "map", "values": "int"}},
        {"type": "array", "items": {"type": "map", "values": "string"}},
        '[{}, {"k": "x"}]',
        "TYPE_CHANGED",
        "at /1/k: the writer wrote a string, the reader expects an int",
    ),
]


@pytest.mark.parametrize(
    ("reader", "writer", "text", "rule", "sentence"), UNREADABLE, ids=[row[4] for row in UNREADABLE]
)
def test_what_a_reader_says(reader: Any, writer: Any, text: str, rule: str, sentence: str) -> None:
    """What cannot be read is named by its rule, its place, and what stood against what."""
    with pytest.raises(Unreadable) as refused:
        reading(reader, writer, text)
    assert str(refused.value) == sentence
    assert [problem.rule.name for problem in refused.value.problems] == [rule]


REMARKS: list[tuple[Any, Any, str, str]] = [
    ("float", "int", "16777217", "the writer's 16777217 is read as 16777216"),
    ("double", "long", "9007199254740993", "the writer's 9007199254740993 is read as 9007199254740992"),
    (
        {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 3},
        {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2},
        '"\\u0004Ò"',
        "the writer's 12.34 (decimal(9, 2)) is read as 1.234 (decimal(9, 3))",
    ),
    (
        {"type": "bytes", "logicalType": "decimal", "precision": 2},
        {"type": "bytes", "logicalType": "decimal", "precision": 4},
        '"\\u0004Ò"',
        "the writer's 1234 (decimal(4, 0)) has more digits than the reader's decimal(2, 0) may have",
    ),
    (
        {"type": "long", "logicalType": "timestamp-millis"},
        {"type": "long", "logicalType": "timestamp-micros"},
        "-1500000",
        "the writer's -1500000 is -1.5 s (timestamp-micros), and read as -1500 s (timestamp-millis)",
    ),
    (
        {"type": "int", "logicalType": "date"},
        {"type": "int", "logicalType": "time-millis"},
        "1",
        "the writer wrote time-millis, the reader takes it for date",
    ),
]


@pytest.mark.parametrize(("reader", "writer", "text", "sentence"), REMARKS, ids=[row[3] for row in REMARKS])
def test_what_a_reader_remarks(reader: Any, writer: Any, text: str, sentence: str) -> None:
    """What is read, but not as it was meant, is told beside the datum."""
    wrote = schema_of(writer).root
    data = encode(wrote, datum_of(wrote, json.loads(text)))
    _, problems = Reader(Resolution(schema_of(reader).root, wrote)).examine(data)
    assert [(str(problem), problem.reads) for problem in problems] == [(sentence, True)]


def test_a_reader_tells_all_its_problems() -> None:
    """It reads on after the first fault, so that each can be shown."""
    with pytest.raises(Unreadable) as refused:
        reading(
            record(field("a", "int"), field("b", "int"), field("c", "int"), name="S"),
            record(field("a", "string"), field("c", "string")),
            '{"a": "x", "c": "y"}',
        )
    assert [(problem.rule.name, problem.steps) for problem in refused.value.problems] == [
        ("NAME_CHANGED", ()),
        ("TYPE_CHANGED", ("a",)),
        ("FIELD_WITHOUT_DEFAULT", ("b",)),
        ("TYPE_CHANGED", ("c",)),
    ]


def test_bytes_of_no_datum_are_the_codec_s_business() -> None:
    """What the writer cannot have written is not called incompatible."""
    with pytest.raises(CodecError):
        read(schema_of("int").root, schema_of("string").root, b"\x08x")


class Interrupted(Resolution):
    """A resolution that lets something else happen whenever it is asked about a record of the writer."""

    interruption: Callable[[], object] = staticmethod(lambda: None)

    def sources(self, writer: Record) -> dict[str, Field]:
        self.interruption()
        return super().sources(writer)


def test_readings_at_the_same_time_know_nothing_of_each_other() -> None:
    """Whatever one reader reads while it is in the midst of a message, the message's problems are told all the same."""
    writer = schema_of(record(field("a", "string"), field("r", record(name="S")), field("c", "string"))).root
    reader = schema_of(record(field("a", "int"), field("r", record(name="S")), field("c", "string"))).root
    data = encode(writer, {"a": "x", "r": {}, "c": "y"})
    resolution = Interrupted(reader, writer)
    shared = Reader(resolution)

    def another() -> None:
        resolution.interruption = lambda: None  # one is enough
        shared.examine(data)

    told = []
    for interruption in (lambda: None, another):
        resolution.interruption = interruption
        told.append([(problem.rule.name, problem.steps) for problem in shared.examine(data)[1]])
    assert told == [[("TYPE_CHANGED", ("a",))]] * 2
