"""The whole answer: which of rules, proof and counterexample decides, by policy, and with which evidence."""

import json
from typing import Any

import jsonschema_rs
import pytest

from compat import compare
from compat.json import judge
from compat.policy import Policy, TooMuch
from compat.report import Report
from tests.compat.json.schemas import NEW, compared, schema_of, vectors

S, INT = {"type": "string"}, {"type": "integer"}
SEMANTIC, DECLARED = Policy("SEMANTIC"), Policy("DECLARED")


def told(report: Report) -> list[str]:
    return [difference.rule for difference in report.differences]


def warned(report: Report) -> list[str]:
    return [difference.rule for difference in report.warnings]


def is_shown(report: Report, old: Any, new: Any) -> bool:
    """Is there a document among the differences, or warnings, that old accepts and new refuses?"""
    documents = [found.witness for found in (*report.differences, *report.warnings) if found.witness]
    return bool(documents) and all(
        bytes.fromhex(witness.hex).decode() == witness.json
        and witness.error
        and accepts(old, json.loads(witness.json))
        and not accepts(new, json.loads(witness.json))
        for witness in documents
    )


def accepts(tree: Any, value: Any) -> bool:
    draft = jsonschema_rs.Draft202012Validator if "$schema" in str(tree) and NEW in str(tree) else None
    validator = (draft or jsonschema_rs.Draft7Validator)(tree, validate_formats=False, offline=True)
    return bool(validator.is_valid(value))


@pytest.mark.parametrize("row", vectors())
def test_semantic_is_the_truth(row: Any) -> None:
    """On every pair: a proof, or a document that the old schema accepts and the new one does not."""
    report = compared(row["old"], row["new"], SEMANTIC)
    assert report.is_compatible == (row["true"] == "C")
    assert report.decided_by == ("proof" if report.is_compatible else "counterexample")
    assert report.is_compatible or is_shown(report, row["old"], row["new"])


@pytest.mark.parametrize("row", vectors())
def test_no_change_that_breaks_a_reader_is_accepted_by_default(row: Any) -> None:
    """STRICT refuses what Confluent refuses, and what a document shows to break besides; always with the document."""
    report = compared(row["old"], row["new"])
    by_confluent = row.get("confluent", row["true"])[0] == "C"
    assert report.is_compatible == (by_confluent and row["true"] == "C")
    if row["true"] == "I":
        assert is_shown(report, row["old"], row["new"])
        assert report.decided_by == ("counterexample" if by_confluent else "rules")
    else:
        assert report.decided_by == ("proof" if by_confluent else "rules")


@pytest.mark.parametrize("row", vectors())
def test_with_proof_accepted_and_documents_heeded_strict_is_the_truth_too(row: Any) -> None:
    """`accept-proven` takes back what the rules refuse for nothing; they are told as warnings."""
    report = compared(row["old"], row["new"], Policy(json_too_strict="accept-proven"))
    assert report.is_compatible == (row["true"] == "C")


OPEN, DEFAULTED = {"type": "object"}, {"type": "object", "required": ["a"]}


@pytest.mark.parametrize(
    ("policy", "compatible", "decided", "rules", "warnings"),
    [
        (Policy(), False, "counterexample", ["DOCUMENT_REFUSED"], []),
        (Policy(json_unsound="warn"), True, "rules", [], ["DOCUMENT_REFUSED"]),
        (Policy(json_unsound="off"), True, "rules", [], []),
        (Policy("LENIENT"), True, "rules", [], ["DECLARED_DOCUMENT_REFUSED"]),
        (Policy("LENIENT", json_unsound="off"), True, "rules", [], []),
        (SEMANTIC, False, "counterexample", ["DOCUMENT_REFUSED"], []),
        (DECLARED, False, "counterexample", ["DECLARED_DOCUMENT_REFUSED"], []),
        (Policy("WIRE"), False, "counterexample", ["DOCUMENT_REFUSED"], []),
    ],
)
def test_what_the_rules_overlook_is_dealt_with_by_policy(
    policy: Policy, *, compatible: bool, decided: str, rules: list[str], warnings: list[str]
) -> None:
    """A name that is required but declared nowhere (object-13). A policy of another format is STRICT."""
    report = compared(OPEN, DEFAULTED, policy)
    assert (report.is_compatible, report.decided_by) == (compatible, decided)
    assert (told(report), warned(report)) == (rules, warnings)


@pytest.mark.parametrize(
    ("policy", "compatible", "decided", "rules", "warnings"),
    [
        (Policy(), False, "rules", ["PATTERN_CHANGED"], ["NOTHING_REFUSED"]),
        (Policy(json_too_strict="accept-proven"), True, "proof", [], ["PATTERN_CHANGED"]),
        (SEMANTIC, True, "proof", [], []),
        (DECLARED, True, "proof", [], []),
    ],
)
def test_what_the_rules_refuse_for_nothing_is_dealt_with_by_policy(
    policy: Policy, *, compatible: bool, decided: str, rules: list[str], warnings: list[str]
) -> None:
    """A pattern that takes more than before (string-03)."""
    report = compared({**S, "pattern": "^[a-f]+$"}, {**S, "pattern": "^[a-z]+$"}, policy)
    assert (report.is_compatible, report.decided_by) == (compatible, decided)
    assert (told(report), warned(report)) == (rules, warnings)


@pytest.mark.parametrize(
    ("old", "new", "compatible"),
    [
        ({"properties": {"a": INT}}, {"properties": {"a": INT, "b": INT}}, True),
        ({"properties": {"a": INT}}, {"properties": {"a": INT, "b": INT}, "required": ["b"]}, False),
        ({"properties": {"a": INT}}, {"properties": {"a": INT}, "additionalProperties": False}, True),
        ({"properties": {"a": INT, "b": INT}}, {"properties": {"a": INT}, "additionalProperties": False}, False),
        ({"items": {"properties": {"a": S}}}, {"items": {"properties": {"a": S, "b": S}}}, True),
        ({"properties": {"a": INT}}, {"properties": {"a": S}}, False),
    ],
)
def test_declared_asks_only_for_what_old_declares(old: Any, new: Any, *, compatible: bool) -> None:
    """An open object may grow optional properties; it may lose none, nor require a new one."""
    report = compared({"type": ["object", "array"], **old}, {"type": ["object", "array"], **new}, DECLARED)
    assert report.is_compatible == compatible
    assert report.decided_by == ("proof" if compatible else "counterexample")


def test_a_document_stands_with_the_difference_that_it_shows() -> None:
    """Of several, the one that is nearest to where the new schema refuses it; the reader is told in its words."""
    old = {"properties": {"a": {"maximum": 9}, "b": {"properties": {"c": {**S, "maxLength": 9}}}}}
    new = {"properties": {"a": {"maximum": 9, "title": "t"}, "b": {"properties": {"c": {**S, "maxLength": 3}}}}}
    (difference,) = compared(old, new).differences
    assert difference.witness
    assert difference.path == "#/properties/b/properties/c/maxLength"
    assert "/b/c" in difference.witness.error
    two = compared({"properties": {"a": INT, "b": INT}}, {"properties": {"a": S, "b": S}, "required": ["a"]})
    shown = {found.path: found.witness.json for found in two.differences if found.witness}
    assert len(shown) == 1
    assert {found.path for found in two.differences} == {"#/required/a", "#/properties/a", "#/properties/b"}


def test_a_document_is_worded_and_its_place_told() -> None:
    """The document is in the sentence and in the evidence, whatever stands in it."""
    old = {"enum": ["{reader}", "{path}"]}
    report = compared(old, {"enum": ["{path}"]}, SEMANTIC)
    (difference,) = report.differences
    assert difference.path == "#/enum"
    assert (difference.reader, difference.writer) == ('["{path}"]', '["{reader}","{path}"]')
    assert difference.confluent("new", "old") == (
        '{errorType:"DOCUMENT_REFUSED", description:"The new schema refuses a document that the old schema accepts:'
        ' "{reader}"\'}'
    )


@pytest.mark.parametrize("policy", [Policy(), SEMANTIC, DECLARED, Policy("LENIENT")])
@pytest.mark.parametrize("tree", [True, {"$ref": "#"}, {"type": "x"}, {"if": {"$ref": "#"}}, {"pattern": "("}])
def test_the_same_schema_is_compatible_with_itself(tree: Any, policy: Policy) -> None:
    """Also one that would not be registered today."""
    assert compared(tree, tree, policy).decided_by == "proof"
    assert compared(tree, tree, policy).is_compatible


@pytest.mark.parametrize("policy", [Policy(), SEMANTIC])
def test_where_nothing_is_proved_the_rules_decide(policy: Policy) -> None:
    """Of a dynamic reference with two meanings nobody says more than the table."""
    other = {"$schema": NEW, "$dynamicAnchor": "n", "items": {"$dynamicRef": "#n"}}
    old, new = (
        schema_of({"$schema": NEW, "$dynamicAnchor": "n", "properties": {"a": {"$ref": "b"}, "c": tree}}, ("b", other))
        for tree in (INT, S)
    )
    report = compare(new, old, policy)
    assert (told(report), report.decided_by) == (["TYPE_CHANGED"], "rules")
    same = schema_of({**json.loads(old.source.text), "title": "t"}, ("b", other))
    assert compare(same, old, policy).is_compatible
    assert compare(same, old, policy).decided_by == "rules"


def test_a_stored_schema_with_a_lost_reference_is_not_judged() -> None:
    """Nothing is known then, and so nothing accepted."""
    report = compared({"$ref": "http://localhost:1/gone.json"}, S)
    assert "'http://localhost:1/gone.json' refers to nothing" in report.failure
    assert not report.is_compatible


@pytest.mark.parametrize("policy", [Policy(), SEMANTIC, Policy("LENIENT")])
def test_a_stored_schema_that_is_none_is_judged_by_rules(policy: Policy) -> None:
    """Validators would choke on it; the rules go by the keywords that they can read."""
    report = compared({"type": "object", "required": [{}], "minimum": "x", "allOf": 5}, {"type": "array"}, policy)
    assert (told(report), report.decided_by) == (["TYPE_CHANGED"], "rules")


def test_the_rules_can_be_asked_alone() -> None:
    """Where a comparison comes to no end: without a search, so that it costs little and cannot end badly."""
    old, new = schema_of(OPEN), schema_of(DEFAULTED)
    assert judge(new, old, SEMANTIC) == Report()
    report = judge(schema_of({**S, "maxLength": 1}), schema_of(S), SEMANTIC)
    assert (told(report), report.decided_by) == (["MAX_LENGTH_ADDED"], "rules")
    assert judge(schema_of({"properties": {"a": S}}), schema_of({"properties": {}}), DECLARED).is_compatible


def test_references_are_followed_on_both_sides() -> None:
    """What counts is the text of the reference, not that it is one."""
    old = schema_of({"items": {"$ref": "a.json"}}, ("a.json", {**S, "maxLength": 5}))
    new = schema_of({"items": {"$ref": "a.json"}}, ("a.json", {**S, "maxLength": 4}))
    report = compare(new, old)
    assert [(found.rule, found.path) for found in report.differences] == [("MAX_LENGTH_DECREASED", "#/items/maxLength")]
    assert report.differences[0].reader == "4"
    assert is_shown(report, {"items": {**S, "maxLength": 5}}, {"items": {**S, "maxLength": 4}})


def test_whoever_cannot_wait_is_told_to_ask_again() -> None:
    """Small pairs are answered at once; large ones raise TooMuch, and are answered without a budget."""
    small = {"properties": {"a": INT}}
    many = {"oneOf": [{"properties": {"k": {"const": n}}, "required": ["k"]} for n in range(60)]}
    more = {"oneOf": [*many["oneOf"], {"properties": {"k": {"const": 60}}, "required": ["k"]}]}
    assert not compared(small, {"properties": {"a": S}}, budget=100).is_compatible
    with pytest.raises(TooMuch):
        compared(many, more, budget=2000)
