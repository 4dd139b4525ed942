"""Defaults: what fits a type when a schema is new is what a reader has in the field's place, and nothing else is."""

import math
from typing import Any

import pytest

from compat.avro.codec import Branch, CodecError, encode
from compat.avro.defaulting import from_default
from compat.avro.types import Record
from compat.schema import InvalidSchema
from tests.compat.avro.pairs import schema_of


def record(*fields: dict[str, Any], name: str = "R") -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields)}


def root_of(tree: Any, *, strict: bool = True) -> Record:
    root = schema_of(tree, strict=strict).root
    assert isinstance(root, Record)
    return root


def default_of(field: dict[str, Any]) -> Any:
    return from_default(root_of(record({"name": "f", **field}), strict=False).fields[0])


INNER = record({"name": "x", "type": "int", "default": 7}, {"name": "y", "type": "string"}, name="S")


@pytest.mark.parametrize(
    ("field", "datum"),
    [
        ({"type": ["null", "int"], "default": None}, Branch(0, None)),
        ({"type": ["null", "int"], "default": 1}, Branch(1, 1)),
        ({"type": ["string", "bytes"], "default": "\u00ff"}, Branch(0, "\u00ff")),
        ({"type": "bytes", "default": "\u00ff"}, b"\xff"),
        ({"type": "float", "default": 1}, 1.0),
        ({"type": "double", "default": "2.5"}, 2.5),
        ({"type": INNER, "default": {"y": "s"}}, {"x": 7, "y": "s"}),
        (
            {"type": {"type": "array", "items": ["null", INNER]}, "default": [{"y": ""}, None]},
            [Branch(1, {"x": 7, "y": ""}), Branch(0, None)],
        ),
    ],
)
def test_a_default_is_a_datum(field: dict[str, Any], datum: Any) -> None:
    """A default is read by its type: the first branch that takes it, inner fields by their own defaults."""
    assert default_of(field) == datum


def test_a_default_that_contains_itself_is_refused() -> None:
    """A record whose default needs that very default has no datum."""
    looped = root_of(record({"name": "a", "type": ["null", "R"]}))
    looped.fields[0].type, looped.fields[0].default = looped, {}
    with pytest.raises(CodecError, match="contains itself"):
        from_default(looped.fields[0])


def test_shared_defaults_are_read_once() -> None:
    """Sixty records that hold the one before twice, each by default, are no work."""
    tree: Any = record(name="R0")
    for number in range(1, 60):
        first = {"name": "a", "type": tree, "default": {}}
        tree = record(first, {"name": "b", "type": f"R{number - 1}", "default": {}}, name=f"R{number}")
    root = root_of(tree)
    depth, datum = 0, from_default(root.fields[0])
    while datum:
        assert datum["a"] == {} or datum["a"].keys() == {"a", "b"}
        depth, datum = depth + 1, datum["a"]
    assert depth == 58


KINDS: list[Any] = [
    *("null", "boolean", "int", "long", "float", "double", "bytes", "string"),
    {"type": "enum", "name": "E", "symbols": ["A", "x"]},
    {"type": "fixed", "name": "F", "size": 1},
]
TYPES: list[Any] = [
    *KINDS,
    *(["null", kind] for kind in KINDS[1:]),
    ["float", "string"],
    ["long", "double"],
    *({"type": "array", "items": kind} for kind in KINDS),
    {"type": "map", "values": ["null", "float"]},
    record({"name": "x", "type": "float"}, {"name": "y", "type": "int", "default": 1}, name="S"),
]
WHOLE = (0, -1, 2**31 - 1, 2**31, -(2**63), 2**63, 10**39, 10**400)
REAL = (1.0, 0.1, -0.0, 3.4028235677973366e38, 1e300, -1e300)
TEXTS = ("", "A", "B", "x", "\u00ff", "\u0100", "NaN", "-Infinity", "1", "1.5", " 1e300 ")
LEAVES = (None, True, False, *WHOLE, *REAL, *TEXTS)
VALUES: list[Any] = [*LEAVES, *([leaf] for leaf in LEAVES), *({"x": leaf} for leaf in LEAVES)]


@pytest.mark.parametrize("type_", TYPES, ids=str)
def test_a_new_schema_has_just_those_defaults_that_a_reader_can_use(type_: Any) -> None:
    """What is taken as the default of a new schema has a datum that can be written; what is refused has none."""
    for value in VALUES:
        tree = record({"name": "f", "type": type_, "default": value})
        root = root_of(tree, strict=False)
        try:
            schema_of(tree)
        except InvalidSchema:
            with pytest.raises(CodecError):
                from_default(root.fields[0])
        else:
            assert encode(root, {"f": from_default(root.fields[0])}) is not None, value


@pytest.mark.parametrize(
    ("type_", "value", "datum"),
    [
        ("float", 1e300, math.inf),
        ("float", -1e300, -math.inf),
        ("float", 10**39, math.inf),
        ("float", "1e300", math.inf),
        ("float", 3.4028235677973362e38, 3.4028234663852886e38),
        ("float", 0.1, 0.10000000149011612),
        ("double", " 1e300 ", 1e300),
        (["null", "float"], 1e39, Branch(1, math.inf)),
        (["float", "string"], "NaN", Branch(1, "NaN")),
    ],
)
def test_numbers_are_read_as_java_reads_them(type_: Any, value: Any, datum: Any) -> None:
    """What is beyond the numbers of its type is infinite; text is a number only where the type is no union's."""
    assert default_of({"type": type_, "default": value}) == datum


@pytest.mark.parametrize("type_", [["null", "double"], {"type": "array", "items": "double"}], ids=str)
def test_a_number_in_quotes_is_none_within_another_type(type_: Any) -> None:
    """Java reads no such default, so nobody is told that it can be read."""
    default = "NaN" if isinstance(type_, list) else ["NaN"]
    with pytest.raises(CodecError):
        default_of({"type": type_, "default": default})
