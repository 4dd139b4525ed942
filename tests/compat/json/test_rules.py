"""Confluent's table: its verdicts, its differences and its sentences, text for text."""

from typing import Any

import pytest

from compat.json.document import Document
from compat.json.rules import RULES, ours
from compat.json.rules.pairing import most_pairs
from compat.json.rules.rule import Rule
from compat.json.walk import differences
from compat.policy import Policy, TooMuch
from tests.compat.json.pairs import INT, ROWS, N, S
from tests.compat.json.schemas import compared, schema_of, vectors

OFF = Policy(json_unsound="off")
LENIENT = Policy("LENIENT", json_unsound="off")


def documents(old: Any, new: Any) -> tuple[Document, Document]:
    return schema_of(old, strict=False).document, schema_of(new, strict=False).document


def found(old: Any, new: Any, *, lenient: bool = False) -> list[tuple[str, str]]:
    """What refuses, and where."""
    founds = differences(*documents(old, new), lenient=lenient)
    return [(found.rule.name, "/".join(found.path)) for found in founds if found.rule.refuses(lenient=lenient)]


@pytest.mark.parametrize("row", vectors())
def test_the_verdict_is_confluents(row: Any) -> None:
    """Under STRICT with its own differences where they are known; its crash is the difference that was meant."""
    verdict, *names = row.get("confluent", row["true"]).replace(",", " ").split()
    report = compared(row["old"], row["new"], OFF)
    if verdict == "E":
        assert [difference.rule for difference in report.differences] == ["EXCLUSIVE_MAXIMUM_DECREASED"]
    else:
        assert report.is_compatible == (verdict == "C")
        assert not names or [difference.confluent_type for difference in report.differences] == names


@pytest.mark.parametrize("row", vectors())
def test_the_verdict_of_lenient_is_confluents(row: Any) -> None:
    """It lets pass what declares or closes an open object; where nothing is said of it, it is STRICT's."""
    verdict = row.get("lenient", row.get("confluent", row["true"]))[0]
    assert compared(row["old"], row["new"], LENIENT).is_compatible == (verdict == "C")


@pytest.mark.parametrize(("name", "old", "new", "path"), [pytest.param(*row, id=row[0]) for row in ROWS])
def test_each_rule_speaks_of_its_pair(name: str, old: Any, new: Any, path: str) -> None:
    """At its path; a schema without a change is silent."""
    founds = differences(*documents(old, new))
    assert (name, path) in {(found.rule.name, "/".join(found.path)) for found in founds}
    assert not differences(*documents(new, new))


def test_each_rule_has_its_pair() -> None:
    """None of the table is forgotten; those that are ours have tests of their own."""
    assert len({row[0] for row in ROWS}) == len(ROWS)
    own = {rule.name for rule in vars(ours).values() if isinstance(rule, Rule)}
    assert {row[0] for row in ROWS} == RULES.keys() - own


def test_what_lenient_refuses_strict_refuses() -> None:
    """LENIENT lets nine differences pass; every rule that refuses has words, but for the one that has none."""
    spared = {name for name, rule in RULES.items() if rule.strict and not rule.lenient}
    assert len(spared) == 9
    assert all("PROPERT" in name for name in spared)
    assert not [name for name, rule in RULES.items() if rule.lenient and not rule.strict]
    assert [name for name, rule in RULES.items() if rule.strict and not rule.template] == ["SCHEMA_ADDED"]
    assert all(rule.sentence.endswith(".") for rule in RULES.values())


@pytest.mark.parametrize(
    ("old", "new", "messages"),
    [
        (
            S,
            {**S, "maxLength": 3},
            [
                (
                    "MAX_LENGTH_ADDED",
                    "The keyword at path '#/maxLength' in the new schema is not present in the old schema",
                )
            ],
        ),
        (
            {"properties": {"a": {"maximum": 3}}},
            {"properties": {"a": {"maximum": 2}}},
            [
                (
                    "MAXIMUM_DECREASED",
                    (
                        "The value at path '#/properties/a/maximum' in the new schema is less than its value in the old"
                        " schema"
                    ),
                )
            ],
        ),
        (
            {"items": {"enum": [1, 2]}},
            {"items": {"enum": [1]}},
            [
                (
                    "ENUM_ARRAY_NARROWED",
                    (
                        "An array or combined type at path '#/items/enum' has fewer elements in the new schema"
                        " than the old schema"
                    ),
                )
            ],
        ),
        (
            {"type": "object", "additionalProperties": S},
            {"type": "object", "properties": {"b": INT}, "additionalProperties": S},
            [
                (
                    "TYPE_CHANGED",
                    "A type at path '#/properties/b' is different between the new schema and the old schema",
                ),
                (
                    "PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
                    (
                        "The new schema has a property or item at path '#/properties/b' which is missing"
                        " in the old schema and is not covered by its partially open content model"
                    ),
                ),
            ],
        ),
        (
            {"type": "object", "properties": {"%s {path} {reader} {type}": INT}, "additionalProperties": False},
            {"type": "object", "additionalProperties": False},
            [
                (
                    "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL",
                    (
                        "The new has a closed content model and is missing a property or item present at path"
                        " '#/properties/%s {path} {reader} {type}' in the old schema"
                    ),
                )
            ],
        ),
        ({"type": "array"}, {"items": S}, [("SCHEMA_ADDED", "")]),
    ],
)
def test_a_difference_is_worded_as_confluent_words_it(old: Any, new: Any, messages: list[tuple[str, str]]) -> None:
    """Whatever stands in the name of a property, where Confluent's own formatting fails."""
    expected = [f'{{errorType:"{name}", description:"{text}\'}}' for name, text in messages]
    report = compared(old, new, OFF)
    assert [difference.confluent("new", "old") for difference in report.differences] == expected


def test_a_difference_shows_what_both_sides_declare() -> None:
    """At its path, through references and whatever the keyword is called in the draft."""
    old = {"properties": {"a": {"$ref": "#/definitions/a"}}, "definitions": {"a": {"items": [{"maximum": 3}]}}}
    new = {"properties": {"a": {"items": [{"maximum": 2}]}}}
    (difference,) = compared(old, new, OFF).differences
    assert (difference.path, difference.reader, difference.writer) == ("#/properties/a/items/0/maximum", "2", "3")
    (removed,) = compared({"required": ["x"], "enum": [1, 2]}, {"required": ["x"], "enum": [1]}, OFF).differences
    assert (removed.path, removed.reader, removed.writer) == (
        "#/",
        '{"required":["x"],"enum":[1]}',
        '{"required":["x"],"enum":[1,2]}',
    )


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"properties": {"a": {"$ref": "#"}}}, {"properties": {"a": {"$ref": "#"}, "b": {}}}, []),
        (
            {"properties": {"a": {"$ref": "#"}, "v": S}},
            {"properties": {"a": {"$ref": "#"}, "v": INT}},
            [("TYPE_CHANGED", "properties/v")],
        ),
        (
            {"anyOf": [S, {"properties": {"a": {"$ref": "#"}}}]},
            {"anyOf": [INT, {"properties": {"a": {"$ref": "#"}}}]},
            [("COMBINED_TYPE_SUBSCHEMAS_CHANGED", "")],
        ),
        (
            {"properties": {"a": {"anyOf": [{"$ref": "#"}, S]}, "v": S}},
            {"properties": {"a": {"anyOf": [{"$ref": "#"}, S]}, "v": INT}},
            [("COMBINED_TYPE_SUBSCHEMAS_CHANGED", "properties/a"), ("TYPE_CHANGED", "properties/v")],
        ),
        ({"not": {"items": {"$ref": "#"}}}, {"not": {"items": {"$ref": "#"}}}, []),
        ({"$ref": "#"}, {"$ref": "#"}, []),
        ({"$ref": "#"}, {"items": {"$ref": "#"}}, [("TYPE_CHANGED", "")]),
    ],
)
def test_recursion_ends(old: Any, new: Any, expected: list[tuple[str, str]]) -> None:
    """A pair that is met again counts as compatible, unless it turns out that it is not."""
    assert found(old, new) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"type": "string", "enum": ["a"]}, {"enum": ["a"]}, []),
        ({"enum": ["a"]}, {"type": "string", "enum": ["a"]}, [("TYPE_CHANGED", "")]),
        ({"minimum": 1, "maxLength": 2}, {"maxLength": 2}, []),
        ({"maxLength": 2}, {"minimum": 1, "maxLength": 2}, [("TYPE_CHANGED", "")]),
        ({"const": 1, "$schema": "http://json-schema.org/draft-04/schema#"}, {"const": 2}, [("TYPE_CHANGED", "")]),
        ({"if": S, "then": S}, {"if": INT, "else": N}, []),
        ({"type": "boolean", "x": 1}, {"type": "boolean", "x": 2}, []),
        ({**S, "connect.type": "bytes"}, {**N, "connect.type": "bytes"}, []),
        ({**S, "connect.type": "bytes"}, {**N, "connect.type": "int8"}, [("TYPE_CHANGED", "")]),
        (S, {"$ref": "#/definitions/a", "definitions": {"a": {"$ref": "#/definitions/s"}, "s": S}}, []),
        ({"anyOf": [S, INT, N]}, {"anyOf": [N, S]}, [("SUM_TYPE_NARROWED", "")]),
        ({"anyOf": [INT, N]}, {"anyOf": [N, INT]}, []),
        ({"anyOf": [S, dict(S), S]}, {"anyOf": [S]}, []),
        ({"minimum": 10**400}, {"minimum": 10**401}, []),
        ({"multipleOf": 2}, {"multipleOf": 0}, [("MULTIPLE_OF_EXPANDED", "multipleOf")]),
        ({"type": "object", "patternProperties": {"(": S}}, {"properties": {"a": S}}, []),
    ],
)
def test_which_kinds_meet_decides_what_is_compared(old: Any, new: Any, expected: list[tuple[str, str]]) -> None:
    """As Confluent's library makes kinds of schemas: several groups of keywords make an allOf of them."""
    assert found(old, new) == expected


def test_the_work_is_bounded() -> None:
    """In pairs of schemas: whoever has to wait may ask for less, and is told when it was not enough."""
    sides = documents(*({"oneOf": [{"const": n} for n in range(size)]} for size in (30, 31)))
    assert differences(*sides, budget=1000)
    with pytest.raises(TooMuch):
        differences(*sides, budget=900)


def test_a_long_answer_says_how_much_of_it_is_missing() -> None:
    """A hundred differences are listed; the others are counted."""
    properties = {f"p{n}": S for n in range(150)}
    report = compared({"properties": properties}, {"properties": dict.fromkeys(properties, INT)}, OFF)
    assert (len(report.differences), report.unlisted) == (100, 50)


@pytest.mark.parametrize(
    ("edges", "left", "size"),
    [
        ([], 3, 0),
        ([(0, 0), (1, 0), (2, 0)], 3, 1),
        ([(0, 0), (0, 1), (1, 0)], 2, 2),
        ([(0, 0), (0, 1), (1, 0), (1, 2), (2, 0)], 3, 3),
        ([(a, b) for a in range(400) for b in range(a, 400)], 400, 400),
    ],
)
def test_branches_are_paired_as_far_as_they_can_be(edges: list[tuple[int, int]], left: int, size: int) -> None:
    """A branch gives way to another where it has a second choice."""
    matched = most_pairs(edges, left)
    assert len(matched) == size
    assert set(matched) <= set(edges)
    assert len({a for a, _ in matched}) == len({b for _, b in matched}) == size
