"""The comparison: verdicts, rules, words and proofs, on pairs with known answers."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from compat.avro import compare
from compat.avro.codec import encode
from compat.avro.compare import LISTED
from compat.avro.reader import Unreadable, read
from compat.avro.rules import RULES
from compat.policy import Policy, TooMuch
from compat.report import Difference, Report
from tests.compat.avro.pairs import datum_of, schema_of

HERE = Path(__file__).parent
CONFLUENT = {
    "FIXED_SIZE_MISMATCH",
    "MISSING_ENUM_SYMBOLS",
    "MISSING_UNION_BRANCH",
    "NAME_MISMATCH",
    "READER_FIELD_MISSING_DEFAULT_VALUE",
    "TYPE_MISMATCH",
}


def rows(name: str) -> list[Any]:
    """The rows of a file of vectors, by their ids."""
    with (HERE / name).open() as lines:
        return [pytest.param(row, id=row["id"]) for row in map(json.loads, lines)]


def compared(reader: Any, writer: Any, policy: Policy = Policy(), **budget: int) -> Report:
    report: Report = compare(schema_of(reader, strict=False), schema_of(writer, strict=False), policy, **budget)
    return report


def record(*fields: dict[str, Any], name: str = "R", **attributes: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields), **attributes}


def field(name: str, type_: Any, **attributes: Any) -> dict[str, Any]:
    return {"name": name, "type": type_, **attributes}


def enum(*symbols: str, **attributes: Any) -> dict[str, Any]:
    return {"type": "enum", "name": "E", "symbols": list(symbols), **attributes}


def fixed(name: str, size: int, **attributes: Any) -> dict[str, Any]:
    return {"type": "fixed", "name": name, "size": size, **attributes}


def decimal(precision: int, scale: int) -> dict[str, Any]:
    return {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale}


def said(difference: Difference) -> tuple[str, str, str]:
    """What Java says of a difference: type, path, message. The path is the one in the description."""
    path = re.search(r"path '([^']*)'", difference.template)
    assert path
    return difference.confluent_type, path[1], difference.info


# ---------------------------------------------------------------- vectors


@pytest.mark.parametrize("row", rows("vectors.jsonl"))
def test_the_verdict_is_the_specification_s(row: Any) -> None:
    """Compatible is what the specification lets be read; what it leaves open is refused under a rule of its own."""
    report = compared(row["r"], row["w"])
    assert report.is_compatible == (row["spec"] == "C")
    rules = {difference.rule for difference in report.differences}
    assert (rules == {"ALIAS_AMBIGUOUS"}) == (row["spec"] == "A")


@pytest.mark.parametrize("row", [row for row in rows("vectors.jsonl") if "java_says" in row.values[0]])
def test_what_java_refuses_is_told_in_its_words(row: Any) -> None:
    """Type, path and detail of a difference are those of the checker that Confluent calls."""
    kind, path, info = row["java_says"].split(" ", 2)
    assert [said(one) for one in compared(row["r"], row["w"]).differences] == [(kind, path, info[1:-1])]


@pytest.mark.parametrize("row", rows("java_compare.jsonl"))
def test_lists_are_those_of_java(row: Any) -> None:
    """Of many differences the list is Java's (avro 1.12.0), in its order, each once."""
    told = [said(one) for one in compared(row["r"], row["w"]).differences]
    assert list(dict.fromkeys(told)) == [tuple(entry) for entry in row["java"]]


@pytest.mark.parametrize("row", [*rows("vectors.jsonl"), *rows("java_compare.jsonl")])
def test_every_difference_has_a_proof(row: Any) -> None:
    """A witness is a datum of the writer, in JSON and in bytes, on which the reader says what the witness says."""
    reader, writer = schema_of(row["r"], strict=False).root, schema_of(row["w"], strict=False).root
    for difference in compared(row["r"], row["w"]).differences:
        witness = difference.witness
        assert witness is not None
        data = bytes.fromhex(witness.hex)
        assert encode(writer, datum_of(writer, json.loads(witness.json))) == data
        if difference.rule == "DECIMAL_CHANGED":
            read(reader, writer, data)
            continue
        with pytest.raises(Unreadable) as refused:
            read(reader, writer, data)
        assert witness.error in map(str, refused.value.problems)


# ---------------------------------------------------------------- rules

LONG_DATE = {"type": "long", "logicalType": "timestamp-millis"}
SHOWN: dict[str, tuple[Any, Any, str]] = {
    "TYPE_CHANGED": ("int", "long", "1099511627776"),
    "NAME_CHANGED": (fixed("G", 1), fixed("F", 1), '"1"'),
    "FIXED_SIZE_CHANGED": (fixed("F", 2), fixed("F", 1), '"1"'),
    "ENUM_SYMBOLS_REMOVED": (enum("A"), enum("A", "C", "B"), '"C"'),
    "FIELD_WITHOUT_DEFAULT": (record(field("b", "int")), record(field("a", "int")), '{"a": 1}'),
    "UNION_BRANCH_REMOVED": (["null", "int"], ["null", "int", "long"], '{"long": 1099511627776}'),
    "UNION_BRANCH_CHANGED": (
        ["null", record(field("b", "int"))],
        ["null", record(field("b", "long"))],
        '{"R": {"b": 1099511627776}}',
    ),
    "DEFAULT_INVALID": (record(field("b", "int", default="x")), record(), "{}"),
    "FIELD_FED_TWICE": (
        record(field("c", "int", aliases=["a", "b"])),
        record(field("a", "int"), field("b", "int")),
        '{"a": 1, "b": 1}',
    ),
    "ALIAS_AMBIGUOUS": (
        record(field("a", "int", aliases=["b"])),
        record(field("a", "int"), field("b", "int")),
        '{"a": 1, "b": 1}',
    ),
    "FIELD_CLAIMED_TWICE": (
        record(field("a", "int"), field("b", "int", aliases=["a"])),
        record(field("a", "int")),
        '{"a": 1}',
    ),
    "DECIMAL_CHANGED": (decimal(10, 3), decimal(10, 2), '"\\u0004Ò"'),
}
WARNED: dict[str, tuple[Any, Any, str | None]] = {
    "BYTES_READ_AS_STRING": ("string", "bytes", '"ÿ"'),
    "PROMOTION_LOSES_DIGITS": ("double", "long", "9007199254740993"),
    "TIME_UNIT_CHANGED": ({"type": "long", "logicalType": "timestamp-micros"}, LONG_DATE, "1000"),
    "LOGICAL_TYPE_CHANGED": ("bytes", decimal(4, 2), '"x"'),
    "NAMESPACE_CHANGED": (fixed("b.F", 1), fixed("a.F", 1), None),
    "UNION_CHOICE_AMBIGUOUS": ([record(field("a", "int"), name="x.R"), record(name="y.R")], record(name="y.R"), None),
}


@pytest.mark.parametrize("rule", SHOWN)
def test_a_rule_refuses_with_its_smallest_proof(rule: str) -> None:
    """Each refusing rule has a pair that breaks it alone, and a proof that shows it at a glance."""
    reader, writer, text = SHOWN[rule]
    (difference,) = compared(reader, writer).differences
    assert difference.rule == rule
    assert difference.witness is not None
    assert difference.witness.json == text


@pytest.mark.parametrize("rule", WARNED)
def test_a_rule_that_warns_does_not_refuse(rule: str) -> None:
    """What can be read but may mean something else is a warning, with a proof where there is a simple one."""
    reader, writer, text = WARNED[rule]
    report = compared(reader, writer)
    assert report.is_compatible
    (warning,) = report.warnings
    assert warning.rule == rule
    assert (warning.witness and warning.witness.json) == text


def test_each_rule_is_shown() -> None:
    """The tables here and the table of rules are of one mind on what there is and what refuses."""
    assert {name for name, rule in RULES.items() if rule.refuses} == SHOWN.keys()
    assert {name for name, rule in RULES.items() if not rule.refuses} == WARNED.keys()
    ours = {rule.wire.type for rule in RULES.values()} - CONFLUENT
    assert ours <= RULES.keys()


@pytest.mark.parametrize("rule", SHOWN)
def test_messages_have_the_shape_of_confluent_s(rule: str) -> None:
    """A message is `{errorType:'…', description:'…', additionalInfo:'…'}`, and names both roles the right way round."""
    reader, writer, _ = SHOWN[rule]
    (difference,) = compared(reader, writer).differences
    message = difference.confluent("old", "new")
    shape = re.fullmatch(r"\{errorType:'([A-Z_]+)', description:'(.+)', additionalInfo:'(.+)'\}", message)
    assert shape
    assert shape[1] == difference.confluent_type
    assert "{" not in shape[2]
    assert "%" not in shape[2]


GOLDEN = {
    "TYPE_CHANGED": "{errorType:'TYPE_MISMATCH', description:'The type (path '/') of a field in the new schema does not match with the old schema', additionalInfo:'reader type: INT not compatible with writer type: LONG'}",  # noqa: E501
    "NAME_CHANGED": "{errorType:'NAME_MISMATCH', description:'The name of the schema has changed (path '/name')', additionalInfo:'expected: F'}",  # noqa: E501
    "FIXED_SIZE_CHANGED": "{errorType:'FIXED_SIZE_MISMATCH', description:'The size of FIXED type field at path '/size' in the new schema does not match with the old schema', additionalInfo:'expected: 1, found: 2'}",  # noqa: E501
    "ENUM_SYMBOLS_REMOVED": "{errorType:'MISSING_ENUM_SYMBOLS', description:'The new schema is missing enum symbols '[B, C]' at path '/symbols' in the old schema', additionalInfo:'[B, C]'}",  # noqa: E501
    "FIELD_WITHOUT_DEFAULT": "{errorType:'READER_FIELD_MISSING_DEFAULT_VALUE', description:'The field 'b' at path '/fields/0' in the new schema has no default value and is missing in the old schema', additionalInfo:'b'}",  # noqa: E501
    "UNION_BRANCH_REMOVED": "{errorType:'MISSING_UNION_BRANCH', description:'The new schema is missing a type inside a union field at path '/2' in the old schema', additionalInfo:'reader union lacking writer type: LONG'}",  # noqa: E501
}


@pytest.mark.parametrize("rule", GOLDEN)
def test_confluent_s_six_messages(rule: str) -> None:
    """The six messages of Confluent's API, letter for letter, as the new reads the old."""
    reader, writer, _ = SHOWN[rule]
    assert [one.confluent("new", "old") for one in compared(reader, writer).differences] == [GOLDEN[rule]]


def test_a_difference_shows_both_declarations() -> None:
    """What each side declares at the place is schema text: a field, a type, or nothing."""
    (missing,) = compared(record(field("b", enum("A"), aliases=["c"])), record()).differences
    assert json.loads(missing.reader) == field("b", enum("A"), aliases=["c"])
    assert missing.writer == ""
    (changed,) = compared(record(field("a", ["null", "int"])), record(field("a", ["null", decimal(4, 2)]))).differences
    assert json.loads(changed.reader) == ["null", "int"]
    assert json.loads(changed.writer) == decimal(4, 2)


# ---------------------------------------------------------------- corners

VERDICTS: list[tuple[str, Any, Any, list[str]]] = [
    (
        "R18 with defaults is no better",
        record(field("a", "int", default=0), field("b", "int", aliases=["a"], default=0)),
        record(field("a", "int")),
        ["FIELD_CLAIMED_TWICE"],
    ),
    ("an alias that is the name", record(field("a", "int", aliases=["a"])), record(field("a", "int")), []),
    ("R17", record(field("e", enum("A", default="A"))), record(), ["FIELD_WITHOUT_DEFAULT"]),
    (
        "a bad default is harmless while it is not needed",
        record(field("a", "int", default="x")),
        record(field("a", "int")),
        [],
    ),
    (
        "a bad default of an inner field",
        record(field("a", record(field("x", "int"), name="S"), default={})),
        record(),
        ["DEFAULT_INVALID"],
    ),
    ("a number in quotes", record(field("a", "double", default="1.5")), record(), []),
    ("an enum's default that is no symbol", enum("A", default="Z"), enum("B"), ["ENUM_SYMBOLS_REMOVED"]),
    ("an enum without symbols has no datum", "int", enum(), []),
    ("a record that needs itself has no datum", "int", record(field("a", "R")), []),
    ("an array of nothing is still an array", "int", {"type": "array", "items": []}, ["TYPE_CHANGED"]),
    ("items of nothing cannot be wrong", {"type": "array", "items": "int"}, {"type": "array", "items": enum()}, []),
    ("an error is a record", {**record(field("a", "int")), "type": "error"}, record(field("a", "int")), []),
    ("an invalid decimal is none", {**decimal(4, 2), "scale": 5}, decimal(4, 2), []),
    (
        "decimals of fixed",
        fixed("F", 4, logicalType="decimal", precision=6),
        fixed("F", 4, logicalType="decimal", precision=5),
        ["DECIMAL_CHANGED"],
    ),
    ("a decimal in a union", ["null", decimal(4, 1)], ["null", decimal(4, 2)], ["DECIMAL_CHANGED"]),
    (
        "a candidate that fails and one that works",
        [record(field("z", "int"), name="x.R"), record(name="y.R")],
        record(name="z.R"),
        [],
    ),
    (
        "candidates that all fail",
        [record(field("z", "int"), name="x.R"), record(field("z", "int"), name="y.R")],
        record(name="z.R"),
        ["UNION_BRANCH_CHANGED"],
    ),
]


@pytest.mark.parametrize(("reader", "writer", "rules"), [row[1:] for row in VERDICTS], ids=[row[0] for row in VERDICTS])
def test_corners(reader: Any, writer: Any, rules: list[str]) -> None:
    """Pairs on which implementations slip."""
    report = compared(reader, writer)
    assert [difference.rule for difference in report.differences] == rules
    assert all(difference.witness for difference in report.differences)


def test_a_place_is_told_from_the_root() -> None:
    """Confluent's message knows a shared type by the union in which it met it; our path is the real one."""
    inner = record(field("v", "int"), name="A")
    older = record(field("v", "long"), name="A")
    report = compared(
        record(field("u", ["null", inner]), field("f", "A")), record(field("u", ["null", older]), field("f", "A"))
    )
    assert [(one.path, said(one)[1]) for one in report.differences] == [
        ("/fields/0/type/1", "/fields/0/type/1"),
        ("/fields/1/type/fields/0/type", "/fields/0/type"),
    ]


def test_what_recursion_hides_is_told() -> None:
    """Where Confluent's checker trusts a guess of its own and says yes, we name the place and prove it (C05)."""
    row = next(row.values[0] for row in rows("vectors.jsonl") if row.id == "C05")
    (difference,) = compared(row["r"], row["w"]).differences
    assert (difference.rule, difference.path) == ("UNION_BRANCH_CHANGED", "/fields/1/type/fields/0/type/1")
    assert said(difference)[1] == difference.path


# ---------------------------------------------------------------- policy


@pytest.mark.parametrize(
    ("setting", "differences", "warnings"),
    [
        ("reject", ["DECIMAL_CHANGED"], ["TIME_UNIT_CHANGED"]),
        ("warn", [], ["DECIMAL_CHANGED", "TIME_UNIT_CHANGED"]),
        ("off", [], []),
    ],
)
def test_logical_types_by_policy(setting: str, differences: list[str], warnings: list[str]) -> None:
    """A changed decimal refuses, warns, or is nobody's business; other logical types never refuse."""
    reader = record(field("d", decimal(10, 3)), field("t", {"type": "long", "logicalType": "timestamp-micros"}))
    writer = record(field("d", decimal(10, 2)), field("t", LONG_DATE))
    report = compared(reader, writer, Policy(avro_logical_types=setting))
    assert [one.rule for one in report.differences] == differences
    assert [one.rule for one in report.warnings] == warnings


def test_a_decimal_s_proof_is_what_each_side_reads() -> None:
    """The same bytes are 12.34 to the writer and 1.234 to the reader."""
    (difference,) = compared(decimal(10, 3), decimal(10, 2)).differences
    assert difference.witness is not None
    assert difference.witness.hex == "0404d2"
    assert difference.witness.error == "the writer's 12.34 (decimal(10, 2)) is read as 1.234 (decimal(10, 3))"


# ---------------------------------------------------------------- size


def chain(leaf: str, length: int) -> Any:
    """Records that each hold the one before twice."""
    tree: Any = record(field("x", leaf), name="R0")
    for number in range(1, length):
        tree = record(field("a", tree), field("b", f"R{number - 1}"), name=f"R{number}")
    return tree


def deep(leaf: str, length: int) -> Any:
    """Records that each hold the one before, defined side by side: nesting without brackets."""
    rest = [record(field("a", f"R{number - 1}"), name=f"R{number}") for number in range(1, length)]
    return record(field("last", [record(field("x", leaf), name="R0"), *rest]))


def buried(leaf: str, holder: str) -> Any:
    """A record of 150 fields beneath 3000 others; `holder` is only there to define them."""
    bottom = flat(leaf, 150) | {"name": "R0"}
    rest = [record(field("a", f"R{number - 1}"), name=f"R{number}") for number in range(1, 3000)]
    return record(
        field(holder, {"type": "array", "items": [bottom, *rest]}, default=[]), field("z", "R2999"), name="Top"
    )


def wide(leaf: str, width: int) -> Any:
    return [record(field("x", leaf), name=f"R{number}") for number in range(width)]


def flat(leaf: str, width: int) -> Any:
    return record(*(field(f"f{number}", leaf) for number in range(width)))


SIZES = [
    pytest.param(chain("int", 61), chain("long", 61), 61 * 4, id="61 records that hold the one before twice"),
    pytest.param(deep("int", 3000), deep("long", 3000), 3000 * 6, id="3000 levels of records"),
    pytest.param(wide("int", 300), list(reversed(wide("int", 300))), 300 * 4, id="unions of 300 records"),
    pytest.param(flat("int", 3000), flat("long", 3000), 3000 * 2, id="3000 fields"),
]


@pytest.mark.parametrize(("reader", "writer", "steps"), SIZES)
def test_the_work_is_linear(reader: Any, writer: Any, steps: int) -> None:
    """However types are shared, nested or gathered, a pair is visited once: a few steps for each type of the text."""
    proofs = 1_000_000  # of a hundred differences at most; a second opinion costs as much as the union is wide
    assert compared(reader, reader, budget=steps).is_compatible
    compared(reader, writer, budget=steps + proofs)


def test_a_budget_ends_the_work() -> None:
    """More work than was allowed is TooMuch, and so are proofs."""
    with pytest.raises(TooMuch):
        compared(flat("int", 100), flat("int", 100), budget=50)
    with pytest.raises(TooMuch):
        compared(flat("int", 100), flat("long", 100), budget=150)


def test_a_chain_of_shared_types_is_told_once_and_without_a_proof() -> None:
    """A datum of the last of 61 records has 2^60 values: nobody wrote one, and none is made."""
    (difference,) = compared(chain("int", 61), chain("long", 61)).differences
    assert difference.rule == "TYPE_CHANGED"
    assert difference.witness is None


def test_an_answer_has_a_size() -> None:
    """Where every proof is long, the first ones must do; and so must the first of paths without end."""
    report = compared(flat("boolean", 3000), flat("int", 3000))
    assert len(report.differences) == LISTED
    assert 10 < sum(difference.witness is not None for difference in report.differences) < LISTED
    nested = compared(buried("int", "new"), buried("long", "old"))
    assert 1 < len(nested.differences) < LISTED
    assert len(nested.differences) + nested.unlisted == 150


def test_long_lists_are_cut() -> None:
    """A hundred differences are listed, with their proofs; the others are counted."""
    report = compared(flat("boolean", 250), flat("int", 250))
    assert len(report.differences) == LISTED == 100
    assert report.unlisted == 150
    assert all(difference.witness for difference in report.differences)
    assert not report.is_compatible
