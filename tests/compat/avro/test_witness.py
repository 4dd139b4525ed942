"""Witnesses: the smallest data there are, and what is claimed of them."""

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compat.avro import compare
from compat.avro.codec import encode
from compat.avro.json_encoding import to_json
from compat.avro.resolve import Edge, Fault, Pair, Resolution
from compat.avro.rules import TYPE_CHANGED, mismatch
from compat.avro.smallest import SIZE, Smallest
from compat.avro.types import Enum, Record, Type, Union
from compat.avro.witness import DEEPEST, Prover, SecondOpinion, Trail
from compat.schema import InvalidSchema
from tests.compat.avro.pairs import Maker, everything_in, examples, schema_of


def record(*fields: dict[str, Any], name: str = "R", **attributes: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields), **attributes}


def field(name: str, type_: Any, **attributes: Any) -> dict[str, Any]:
    return {"name": name, "type": type_, **attributes}


# ---------------------------------------------------------------- the smallest datum

LIST = record(field("v", "string"), field("n", ["R", "null"]))
SMALLEST: list[tuple[Any, str]] = [
    (["string", "null"], "null"),
    (["string", "int"], '{"string": "x"}'),
    ([record(field("a", "int"), field("b", "int")), "long"], '{"long": 1}'),
    ({"type": "array", "items": "int"}, "[]"),
    ({"type": "map", "values": LIST}, "{}"),
    ({"type": "enum", "name": "E", "symbols": ["B", "A"]}, '"B"'),
    ({"type": "fixed", "name": "F", "size": 12}, '"123456789012"'),
    (LIST, '{"v": "x", "n": null}'),
    (
        record(field("a", LIST | {"name": "L"}), field("b", "L")),
        '{"a": {"v": "x", "n": null}, "b": {"v": "x", "n": null}}',
    ),
]


@pytest.mark.parametrize(("tree", "text"), SMALLEST)
def test_the_smallest_datum(tree: Any, text: str) -> None:
    """Nulls before values, empty before full, the way out of a recursion before the way in."""
    root = schema_of(tree, strict=False).root
    small = Smallest(root)
    assert to_json(root, small.datum(root)) == text


def inhabited(root: Type) -> dict[Type, bool]:
    """The slow and obvious way: nothing has data, until nothing changes any more."""
    types = everything_in(root)
    has = dict.fromkeys(types, False)
    while True:
        now = {one: _has_data(one, has) for one in types}
        if now == has:
            return has
        has = now


def _has_data(type_: Type, has: dict[Type, bool]) -> bool:
    match type_:
        case Record():
            return all(has[one.type] for one in type_.fields)
        case Union():
            return any(has[branch] for branch in type_.branches)
        case Enum():
            return bool(type_.symbols)
        case _:
            return True


@examples(400)
@given(st.integers(0, 2**32))
def test_what_has_data_is_found(seed: int) -> None:
    """The quick fixpoint and the obvious one agree on which types of a schema have data, and those data are of them."""
    try:
        root = schema_of(Maker(Random(seed), endless=0.5).schema(3)).root
    except InvalidSchema:
        return
    small = Smallest(root)
    for type_, has in inhabited(root).items():
        assert small.exists(type_) == has
        if has:
            encode(type_, small.datum(type_))


# ---------------------------------------------------------------- what is claimed


def prove(reader: Any, writer: Any) -> tuple[Prover, Pair]:
    resolution = Resolution(schema_of(reader).root, schema_of(writer).root)
    assert resolution.root
    return Prover(resolution), resolution.root


def test_what_does_not_happen_is_not_claimed() -> None:
    """A difference that the readers do not confirm has no witness."""
    prover, root = prove(record(field("a", "int"), field("b", "int")), record(field("a", "int")))
    true = next(part for part in root.parts if isinstance(part, Fault))
    assert prover.witness(true, Trail(root))
    false = Fault(TYPE_CHANGED, mismatch(root.reader, root.writer), root.reader, root.writer)
    assert prover.witness(false, Trail(root)) is None


def test_fastavro_has_a_say() -> None:
    """The second opinion refuses what is refused, and reads what is read, whatever logical types say."""
    reader, writer = schema_of({"type": "int", "logicalType": "date"}).root, schema_of(["int", "string"]).root
    opinion = SecondOpinion(reader, writer)
    assert opinion.refuses(bytes.fromhex("020278"))
    assert not opinion.refuses(bytes.fromhex("000a"))


def test_fastavro_is_not_given_what_it_cannot_take() -> None:
    """What fastavro does not parse, it does not object to: stored schemas may hold such names."""
    tree = {"type": "enum", "name": "E", "symbols": ["a-b"]}
    root = schema_of(tree, strict=False).root
    assert SecondOpinion(root, root).refuses(b"\x00")


def test_names_without_a_namespace_reach_fastavro() -> None:
    """A type of the null namespace inside one of another is the same type to fastavro as to us."""
    inner = record(field("x", ["null", "int"]), name="S", namespace="")
    root = schema_of(record(field("a", inner), field("b", {"type": "array", "items": "n.T"}), name="T", namespace="n"))
    assert not SecondOpinion(root.root, root.root).refuses(bytes.fromhex("0000"))


def test_a_deep_witness_is_proven_by_our_reader_alone() -> None:
    """Fastavro would crash the process on data that are nested thousands of levels deep, so it never sees them."""
    length = 3_000
    assert length > DEEPEST

    def top(leaf: str, holder: str) -> Any:
        """The last of many records that each hold the one before; `holder` is only there to define them."""
        rest = [record(field("a", f"R{number - 1}"), name=f"R{number}") for number in range(1, length)]
        defined = {"type": "array", "items": [record(field("x", leaf), name="R0"), *rest]}
        return schema_of(record(field(holder, defined, default=[]), field("z", f"R{length - 1}"), name="Top"))

    (difference,) = compare(top("int", "new"), top("string", "old")).differences
    assert difference.witness
    assert difference.witness.error.endswith("the writer wrote a string, the reader expects an int")
    assert difference.witness.error.count("/a") == length - 1


def test_a_witness_beyond_all_sense_is_not_made() -> None:
    """When the smallest datum is enormous there is a difference, and no proof."""
    report = compare(
        schema_of(record(field("f", {"type": "fixed", "name": "F", "size": SIZE}), field("a", "int"))),
        schema_of(record(field("f", {"type": "fixed", "name": "F", "size": SIZE}), field("a", "long"))),
    )
    (difference,) = report.differences
    assert difference.witness is None


def test_the_rest_of_a_witness_is_small() -> None:
    """Only what matters is told: other fields have their smallest values, other containers are empty."""
    shape = [
        field("id", "long"),
        field("tags", {"type": "array", "items": "string"}),
        field("next", ["null", "R"]),
        field(
            "items",
            {"type": "array", "items": record(field("n", "long"), field("u", ["null", "long", "string"]), name="I")},
        ),
    ]
    older = json.loads(json.dumps(shape))
    shape[3]["type"]["items"]["fields"][1]["type"] = ["null", "long"]
    (difference,) = compare(schema_of(record(*shape)), schema_of(record(*older))).differences
    assert difference.witness
    assert json.loads(difference.witness.json) == {
        "id": 1,
        "tags": [],
        "next": None,
        "items": [{"n": 1, "u": {"string": "x"}}],
    }
    assert difference.witness.error == "at /items/0/u: the writer wrote a string, for which the union has no branch"


def test_the_way_of_a_trail_is_its_place() -> None:
    """A trail tells the steps into the datum: the writer's fields, and what the witness puts into containers."""
    reader = record(field("b", {"type": "map", "values": {"type": "array", "items": ["null", "int"]}}, aliases=["a"]))
    writer = record(field("a", {"type": "map", "values": {"type": "array", "items": ["null", "long"]}}))
    _, pair = prove(reader, writer)
    trail = Trail(pair)
    while edge := next((part for part in trail.pair.parts if isinstance(part, Edge) and part.child), None):
        trail = trail.to(edge)
    assert trail.steps == ("a", "k", 0)
