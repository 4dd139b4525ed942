"""Counterexamples: when a document counts, and how it is made small."""

from decimal import Decimal
from typing import Any

import pytest

from compat.json.drafts import Draft
from compat.json.values import frozen
from compat.json.witness import Judge, NoOpinion, Pair, simpler

D7 = Draft.DRAFT_7


def pair(old: Any, new: Any, draft: Draft = D7) -> Pair:
    return Pair(Judge(old, draft), Judge(new, draft))


@pytest.mark.parametrize(
    ("schema", "document", "valid"),
    [
        ({"multipleOf": Decimal("0.1")}, Decimal("0.3"), True),
        ({"multipleOf": Decimal("0.01")}, Decimal("19.99"), True),
        ({"multipleOf": Decimal("0.01")}, Decimal("19.995"), False),
        ({"pattern": "^\\d$"}, "\u0663", False),
        ({"pattern": "^\\w$"}, "é", False),
        ({"pattern": "^abc$"}, "abc\n", False),
        ({"pattern": "^\\p{L}$"}, "é", True),
        ({"pattern": "^\\cA$"}, "\x01", True),
        ({"pattern": "^(a+)+$"}, "a" * 40 + "!", False),
        ({"patternProperties": {"^\\d$": False}}, {"\u0663": 1}, True),
        ({"patternProperties": {"^(a+)+$": False}}, {"a" * 40 + "!": 1}, True),
        ({"patternProperties": {"^\\w$": {}}, "additionalProperties": False}, {"é": 1}, False),
        ({"patternProperties": {"^\\w$": {}}, "properties": {"é": {}}, "additionalProperties": False}, {"é": 1}, True),
        ({"format": "date-time"}, "no date", True),
        ({"type": "integer"}, Decimal("1.0"), True),
        ({"minimum": 2**53 + 1}, 2**53, False),
        ({"const": Decimal("0.1")}, Decimal("0.1"), True),
        ({"uniqueItems": True}, [1, Decimal("1.0")], False),
        ({"uniqueItems": True}, [1, True], True),
    ],
)
def test_both_validators_agree(schema: Any, document: Any, valid: bool) -> None:  # noqa: FBT001  (a column of the table)
    """Where jsonschema as it comes is wrong or slow, it is mended: both judge as JSON Schema does."""
    judge = Judge(schema, D7)
    assert judge.confirms(document, valid=valid)
    assert not judge.confirms(document, valid=not valid)


def test_an_integer_of_draft_04_is_written_as_one() -> None:
    """1.0 is no integer there."""
    judge = Judge({"type": "integer"}, Draft.DRAFT_4)
    assert judge.confirms(Decimal("1.0"), valid=False)
    assert judge.confirms(1, valid=True)


@pytest.mark.parametrize("schema", [{"type": "strin"}, {"pattern": "("}, {"$ref": "http://example.invalid/x.json"}])
def test_a_schema_that_a_validator_refuses_has_no_judge(schema: Any) -> None:
    """And nothing is fetched to make it one."""
    with pytest.raises(NoOpinion):
        Judge(schema, D7)


def test_what_cannot_be_decided_counts_for_neither() -> None:
    """A document too deep for a validator, or a name that would be matched by backtracking, confirms nothing."""
    deep: Any = 1
    for _ in range(3000):
        deep = [deep]
    judge = Judge({"items": {"$ref": "#"}}, D7)
    assert not judge.confirms(deep, valid=True)
    assert not judge.confirms(deep, valid=False)
    modern = Judge({"patternProperties": {"^(a+)+$": True}, "unevaluatedProperties": False}, Draft.DRAFT_2020)
    assert not modern.confirms({"a" * 40 + "!": 1}, valid=False)
    assert modern.confirms({"aa!": 1}, valid=False)


def test_a_document_must_break_the_one_and_not_the_other() -> None:
    """Old accepts it and new refuses it, and it keeps to what is declared, if that is asked."""
    both = pair({"type": "integer"}, {"minimum": 0})
    assert both.confirmed(-1)
    assert not both.confirmed(1)
    assert not both.confirmed("x")
    assert not Pair(both.old, both.new, lambda document: document != -1).confirmed(-1)


SHRUNK: list[tuple[Any, Any, Any, Any]] = [
    ({}, {"maxLength": 1}, "a long word", "aa"),
    ({}, {"required": ["a"]}, {"b": [1, 2], "c": {"d": 1}}, {}),
    ({"required": ["x"]}, {"maxProperties": 1}, {"a": 1, "b": {"c": 2}, "x": "y", "z": [1]}, {"x": None, "z": None}),
    ({}, {"items": {"type": "string"}}, ["a", {"b": 1}, "c", [2]], [None]),
    ({}, {"maximum": 10}, 1234567, 11),
    ({}, {"multipleOf": 1}, Decimal("3.14159"), Decimal("0.1")),
    ({}, {"properties": {"a": {"properties": {"b": {"type": "null"}}}}}, {"a": {"b": [[1]], "c": 1}}, {"a": {"b": 0}}),
    ({"minimum": 5}, {"type": "string"}, 999, None),
]


@pytest.mark.parametrize(("old", "new", "document", "least"), SHRUNK)
def test_a_counterexample_is_made_small(old: Any, new: Any, document: Any, least: Any) -> None:
    """What is left breaks the same pair, and no simpler document of those that are tried does."""
    both = pair(old, new)
    shrunk = both.shrunk(document)
    assert both.confirmed(shrunk)
    assert not any(both.confirmed(one) for one in simpler(shrunk))
    assert len(repr(shrunk)) <= max(len(repr(least)), len("Decimal('0.1')") if isinstance(least, Decimal) else 0, 3)


def test_simpler_documents_are_never_the_same() -> None:
    """Shrinking ends: each candidate is another document than the one it was made of."""
    whole = {"a": [1, {"b": "cc"}, Decimal("0.25")], "d": None, "e": -3, "f": ""}
    candidates = list(simpler(whole))
    assert len(candidates) > 15
    assert frozen(whole) not in {frozen(one) for one in candidates}


def test_shrinking_stops_when_told() -> None:
    """And gives what it has by then."""
    assert pair({}, {"maxItems": 0}).shrunk([1] * 50, stop=lambda: True) == [1] * 50
