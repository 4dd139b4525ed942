"""The three answers: right on all pairs whose truth is known, never a guess, and a document with every no."""

import json
from itertools import permutations
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import jsonschema_rs
import pytest

from compat.json.contain import Containment, contains
from compat.json.document import Document, resolve
from compat.json.validators import VALIDATORS
from compat.json.witness import Judge
from compat.schema import Referent, Source
from tests.compat.json.schemas import vectors

D4 = "http://json-schema.org/draft-04/schema#"
D6 = "http://json-schema.org/draft-06/schema#"
D19 = "https://json-schema.org/draft/2019-09/schema"
D20 = "https://json-schema.org/draft/2020-12/schema"
NOTHING = False  # a schema
PATIENT = 30.0  # seconds, where a slow machine must not change the answer


def document(tree: Any) -> Document:
    return resolve(Source("JSON", tree if isinstance(tree, str) else json.dumps(tree)))


def asked(old: Any, new: Any, *, declared: bool = False, budget: float = PATIENT) -> Containment:
    return contains(document(new), document(old), declared=declared, budget=budget, covers=nobody_covers)


def nobody_covers(_new: object, _old: object) -> bool:
    """What is asked here is answered without jsonschema-rs' containment, whose yes would hide what we cannot prove."""
    return False


def is_counterexample(found: Containment, old: Any, new: Any) -> bool:
    """By Rust's validator, asked anew."""
    judges = [Judge(one.bundled.root, one.bundled.draft) for one in map(document, (old, new))]
    return judges[0].likely(found.witness) and not judges[1].likely(found.witness)


@pytest.mark.parametrize("row", vectors())
def test_known_pairs(row: dict[str, Any]) -> None:
    """Every answer on a pair is its truth, and every no has a document."""
    found = asked(row["old"], row["new"])
    assert found.answer == {"C": "yes", "I": "no"}[row["true"]]
    if found.answer == "no":
        assert is_counterexample(found, row["old"], row["new"])


def test_python_agrees_on_the_witnesses() -> None:
    """The documents that are shown are counterexamples for jsonschema as it comes, wherever it is to be trusted."""
    confirmed = 0
    for row in (parameter.values[0] for parameter in vectors()):
        if row["true"] == "I" and "pattern" not in json.dumps(row):
            witness = asked(row["old"], row["new"]).witness
            validators = [
                jsonschema.validators.validator_for(row[side], jsonschema.Draft7Validator) for side in ("old", "new")
            ]
            old, new = (validator(row[side]) for validator, side in zip(validators, ("old", "new"), strict=True))
            assert old.is_valid(witness)
            assert not new.is_valid(witness)
            confirmed += 1
    assert confirmed > 40


# ---------------------------------------------------------------- traps

OPEN = {"properties": {"a": {"type": "integer"}}}
LIST = {"type": "object", "properties": {"next": {"$ref": "#/definitions/n"}, "v": {"type": "integer"}}}
TRAPS: list[tuple[str, Any, Any]] = [
    # numbers
    ("yes", {"type": "integer", "exclusiveMinimum": 0.5, "exclusiveMaximum": 3.5}, {"enum": [1, 2, 3]}),
    ("yes", {"multipleOf": 0.01, "minimum": 0, "maximum": 0.03, "type": "number"}, {"enum": [0, 0.01, 0.02, 0.03]}),
    ("no", {"type": "number", "multipleOf": 0.1}, {"multipleOf": 0.3}),
    ("yes", {"type": "number", "multipleOf": 0.3}, {"multipleOf": 0.1}),
    ("yes", {"multipleOf": 4}, {"multipleOf": 2}),
    ("yes", {"allOf": [{"multipleOf": 4}, {"multipleOf": 6}]}, {"multipleOf": 12}),
    ("no", {"type": "integer", "minimum": 2, "maximum": 5}, {"anyOf": [{"multipleOf": 2}, {"multipleOf": 3}]}),
    ("yes", {"type": "integer", "minimum": 2, "maximum": 4}, {"anyOf": [{"multipleOf": 2}, {"multipleOf": 3}]}),
    ("no", {"type": "number", "minimum": 1, "maximum": 1}, {"not": {"const": 1.0}}),
    ("yes", {"type": "number", "exclusiveMinimum": 1, "maximum": 1}, False),
    ("no", {"minimum": 10**30}, {"minimum": 10**30 + 1}),
    ("yes", '{"type": "number", "maximum": 0.30000000000000000001}', '{"maximum": 0.30000000000000000002}'),
    ("no", '{"type": "number", "maximum": 0.30000000000000000002}', '{"maximum": 0.30000000000000000001}'),
    ("no", {"enum": [1, True]}, {"enum": [1]}),
    ("yes", {"const": [1.0, {"a": 2}]}, {"const": [1, {"a": 2.0}]}),
    *(
        ("yes", {"type": "number", "minimum": 5, "maximum": 5, bound: 5}, False)
        for bound in ("exclusiveMinimum", "exclusiveMaximum")
    ),
    # drafts
    ("yes", {"$schema": D4, "type": "integer"}, {"type": "integer"}),
    ("no", {"type": "integer"}, {"$schema": D4, "type": "integer"}),
    ("no", {"$schema": D4, "type": "number", "multipleOf": 1}, {"$schema": D4, "type": "integer"}),
    ("no", {"$schema": D4, "enum": [1]}, {"$schema": D4, "type": "integer"}),
    ("no", {"$schema": D4, "enum": [[[1]]]}, {"$schema": D4, "items": {"items": {"type": "integer"}}}),
    ("yes", {"$schema": D4, "minimum": 1, "exclusiveMinimum": True}, {"exclusiveMinimum": 1}),
    ("yes", {"$schema": D4, "const": 1}, {"$schema": D4}),
    ("no", {"$schema": D4, "const": 1}, {"const": 1}),
    ("no", {"$schema": D6, "if": True, "then": False}, {"if": True, "then": False}),
    ("no", {"dependentRequired": {"a": ["b"]}}, {"$schema": D20, "dependentRequired": {"a": ["b"]}}),
    ("yes", {"dependencies": {"a": ["b"]}}, {"$schema": D20, "dependentRequired": {"a": ["b"]}}),
    (
        "yes",
        {"items": [{"type": "null"}], "additionalItems": False},
        {"$schema": D20, "prefixItems": [True], "maxItems": 1},
    ),
    ("no", {"contains": True, "minContains": 0}, {"$schema": D20, "contains": True, "minContains": 0, "maxItems": 0}),
    ("yes", {"$schema": D20, "contains": {"const": 1}, "minContains": 0}, True),
    ("no", {"$schema": D20, "contains": {"const": 1}, "minContains": 0}, {"$schema": D20, "contains": {"const": 1}}),
    # strings
    ("yes", {"type": "string", "pattern": "^(a|b)*$"}, {"pattern": "^[a-c]*$"}),
    ("no", {"type": "string", "pattern": "^(a|b)*$"}, {"pattern": "^(a|b)+$"}),
    ("yes", {"type": "string", "pattern": "^.{2}$"}, {"minLength": 2, "maxLength": 2}),
    ("yes", {"type": "string", "minLength": 3, "maxLength": 3}, {"pattern": "^[^]{3}$".replace("[^]", "[\\s\\S]")}),
    ("no", {"type": "string", "minLength": 1}, {"pattern": "."}),
    ("yes", {"type": "string", "pattern": "^\\d{4}-(0[1-9]|1[0-2])$"}, {"pattern": "^[0-9-]{7}$"}),
    ("no", {"type": "string", "pattern": "\\w"}, {"pattern": "[a-z0-9_]"}),
    ("no", {"type": "string", "pattern": "^\\s$"}, {"pattern": "^[ \\t\\n\\v\\f\\r]$"}),
    ("yes", {"type": "string", "pattern": "^(?!x-)[a-z-]+$"}, {"not": {"pattern": "^x-"}}),
    ("yes", {"type": "string", "pattern": "^(?=.*[0-9])(?=.*[a-z])[a-z0-9]+$"}, {"minLength": 2}),
    ("yes", {"type": "string", "pattern": "a$|^b"}, {"pattern": "^b|a$"}),
    ("no", {"type": "string", "pattern": "^[ab]$"}, {"enum": ["a"]}),
    ("yes", {"type": "string", "pattern": "^[ab]?$"}, {"enum": ["", "a", "b"]}),
    ("yes", {"type": "string", "format": "date"}, {"type": "string", "format": "uuid"}),
    ("no", {"type": "string", "maxLength": 1}, {"pattern": "^[\\u0000-\\uffff]?$"}),
    # objects
    ("yes", {"patternProperties": {"^x": {"type": "integer"}}}, {"patternProperties": {"^xy": {"type": "number"}}}),
    ("no", {"patternProperties": {"^xy": {"type": "integer"}}}, {"patternProperties": {"^x": {"type": "number"}}}),
    (
        "yes",
        {"patternProperties": {"^a": {"minimum": 0}, "b$": {"maximum": 9}, "": {"type": "integer"}}},
        {"properties": {"ab": {"enum": list(range(10))}}},
    ),
    ("yes", {"type": "object", "propertyNames": {"enum": ["a", "b"]}}, {"maxProperties": 2}),
    ("no", {"type": "object", "propertyNames": {"enum": ["a", "b"]}}, {"maxProperties": 1}),
    ("yes", {"type": "object", "propertyNames": {"maxLength": 0}}, {"maxProperties": 1}),
    ("yes", {"minProperties": 1, "additionalProperties": False, **OPEN, "type": "object"}, {"required": ["a"]}),
    ("yes", {"type": "object", "required": ["a"], "propertyNames": {"pattern": "^b"}}, False),
    ("yes", {"type": "object", "required": ["a", "b", "c"]}, {"not": {"maxProperties": 2}}),
    ("no", {"type": "object", "required": ["a", "b", "c"]}, {"not": {"maxProperties": 3}}),
    (
        "yes",
        {"type": "object", "maxProperties": 1, "patternProperties": {"^a": False}},
        {"not": {"required": ["a", "b"]}},
    ),
    (
        "no",
        {"type": "object", "additionalProperties": {"enum": [1, 2]}},
        {"not": {"not": {"additionalProperties": {"const": 1}}}},
    ),
    (
        "yes",
        {"type": "object", "maxProperties": 1},
        {"anyOf": [{"additionalProperties": {"minimum": 5}}, {"additionalProperties": {"not": {"minimum": 5}}}]},
    ),
    (
        "no",
        {"type": "object", "maxProperties": 2},
        {"anyOf": [{"additionalProperties": {"minimum": 5}}, {"additionalProperties": {"not": {"minimum": 5}}}]},
    ),
    ("no", {"required": ["a"]}, {"type": "object"}),
    ("yes", {"dependencies": {"a": False}}, {"properties": {"a": False}}),
    ("no", {"dependencies": {"a": {"required": ["b"]}}}, {"dependencies": {"b": ["a"]}}),
    # arrays
    ("yes", {"type": "array", "items": {"type": "boolean"}, "uniqueItems": True}, {"maxItems": 2}),
    ("no", {"type": "array", "items": {"type": "boolean"}, "uniqueItems": True}, {"maxItems": 1}),
    ("yes", {"type": "array", "items": [{"const": 1}, {"const": 2}], "additionalItems": False}, {"uniqueItems": True}),
    (
        "no",
        {"type": "array", "items": [{"const": 1}, {"enum": [1, 2]}], "additionalItems": False},
        {"uniqueItems": True},
    ),
    ("yes", {"type": "array", "maxItems": 1}, {"uniqueItems": True}),
    ("yes", {"type": "array", "items": [False]}, {"maxItems": 0}),
    ("yes", {"type": "array", "minItems": 1, "items": {"type": "integer"}}, {"contains": {"type": "number"}}),
    ("yes", {"type": "array", "items": [True, {"const": 1}], "minItems": 2}, {"contains": {"const": 1}}),
    ("no", {"type": "array", "items": [True, {"const": 1}]}, {"contains": {"const": 1}}),
    (
        "yes",
        {"$schema": D20, "type": "array", "contains": {"type": "integer"}, "minContains": 3},
        {"$schema": D20, "contains": {"type": "number"}, "minContains": 2},
    ),
    (
        "no",
        {"$schema": D20, "contains": {"type": "integer"}, "maxContains": 2},
        {"$schema": D20, "contains": {"type": "number"}, "maxContains": 2},
    ),
    (
        "yes",
        {"$schema": D20, "type": "array", "maxItems": 3, "contains": {"type": "string"}, "minContains": 2},
        {"$schema": D20, "contains": {"type": "null"}, "minContains": 0, "maxContains": 1},
    ),
    (
        "yes",
        {"allOf": [{"contains": {"const": 1}}, {"contains": {"const": 2}}], "type": "array"},
        {"minItems": 2},
    ),
    (
        "no",
        {"allOf": [{"contains": {"minimum": 1}}, {"contains": {"maximum": 2}}], "type": "array"},
        {"minItems": 2},
    ),
    ("no", {"allOf": [{"contains": {"const": 1}}, {"contains": {"const": 2}}], "type": "array"}, {"maxItems": 1}),
    ("no", {"allOf": [{"contains": {"const": 1}}, {"contains": {"const": 2}}], "type": "array"}, False),
    (
        "no",
        {"items": [{"const": 1}, {"const": 2}], "minItems": 2, "type": "array"},
        {"items": [{"const": 1}, True], "maxItems": 1},
    ),
    # combined
    ("yes", {"oneOf": [{"minimum": 0}, {"maximum": 9}], "type": "number"}, {"not": {"minimum": 0, "maximum": 9}}),
    ("no", {"oneOf": [True, {"type": "string"}]}, {"not": {"type": "number"}}),
    ("yes", {"oneOf": [True, {"type": "string"}]}, {"not": {"type": "string"}}),
    ("yes", {"oneOf": [True, True]}, False),
    ("yes", {"if": {"minimum": 0}, "then": {"maximum": 5}, "else": False, "type": "number"}, {"minimum": 0}),
    ("yes", {"then": False}, True),
    ("yes", {"enum": [{"a": 1}, {"a": 2}]}, {"properties": {"a": {"type": "integer"}}, "required": ["a"]}),
    ("yes", {"type": "object", "not": {"required": ["a"]}}, {"properties": {"a": False}}),
    # references
    ("yes", {"definitions": {"n": LIST}, "$ref": "#/definitions/n"}, {"properties": {"next": {"type": "object"}}}),
    (
        "yes",
        {"definitions": {"n": {**LIST, "required": ["v"]}}, "$ref": "#/definitions/n"},
        {"definitions": {"n": LIST}, "properties": {"next": {"$ref": "#/definitions/n"}}},
    ),
    (
        "no",
        {"definitions": {"n": LIST}, "$ref": "#/definitions/n"},
        {"definitions": {"n": {**LIST, "required": ["v"]}}, "properties": {"next": {"$ref": "#/definitions/n"}}},
    ),
    (
        "yes",
        {
            "definitions": {
                "n": {"anyOf": [{"type": "null"}, {"items": {"$ref": "#/definitions/n"}, "type": "array"}]}
            },
            "$ref": "#/definitions/n",
        },
        {
            "definitions": {"m": {"type": ["array", "null"], "items": {"$ref": "#/definitions/m"}}},
            "$ref": "#/definitions/m",
        },
    ),
    (
        "no",
        {
            "definitions": {"n": {"type": ["array", "null"], "items": {"$ref": "#/definitions/n"}}},
            "$ref": "#/definitions/n",
        },
        {
            "definitions": {"m": {"type": "array", "items": {"$ref": "#/definitions/m"}}},
            "anyOf": [{"type": "null"}, {"$ref": "#/definitions/m"}],
        },
    ),
    (
        "yes",
        {
            "definitions": {"n": {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/n"}}},
            "$ref": "#/definitions/n",
        },
        False,
    ),
    ("yes", {"definitions": {"s": True}, "$ref": "#/definitions/s", "type": "null"}, True),
    ("no", {"definitions": {"s": True}, "$ref": "#/definitions/s", "type": "null"}, {"type": "null"}),
    ("yes", {"$schema": D19, "$defs": {"s": True}, "$ref": "#/$defs/s", "type": "null"}, {"type": "null"}),
    # what nothing else has looked at
    (
        "yes",
        {"$schema": D20, "allOf": [OPEN], "unevaluatedProperties": False},
        {"$schema": D20, **OPEN, "additionalProperties": False},
    ),
    (
        "no",
        {
            "$schema": D20,
            "anyOf": [OPEN, {"properties": {"b": True}, "required": ["b"]}],
            "unevaluatedProperties": False,
        },
        {"$schema": D20, **OPEN, "additionalProperties": False},
    ),
    (
        "yes",
        {
            "$schema": D20,
            "if": {"required": ["a"]},
            "then": {"properties": {"b": True}},
            "unevaluatedProperties": False,
        },
        {"$schema": D20, "propertyNames": {"const": "b"}},
    ),
    (
        "yes",
        {"$schema": D20, "not": {"not": OPEN}, "unevaluatedProperties": False},
        {"$schema": D20, "maxProperties": 0},
    ),
    (
        "yes",
        {"$schema": D20, "dependentSchemas": {"a": {"properties": {"a": True}}}, "unevaluatedProperties": False},
        {"$schema": D20, "maxProperties": 1},
    ),
    *(
        (
            "no",
            {**OPEN, "additionalProperties": False, "type": "object"},
            {"$schema": D20, **looks, "unevaluatedProperties": False},
        )
        for looks in (
            {"anyOf": [{"properties": {"a": True}, "required": ["b"]}, True]},
            {"oneOf": [{"properties": {"a": True}, "required": ["b"]}, {"not": {"required": ["b"]}}]},
            {"if": {"required": ["b"]}, "then": {"properties": {"a": True}}},
            {"if": {"required": ["b"], "properties": {"a": True}}},
            {"if": {"properties": {"b": True}}, "else": {"properties": {"a": True}}},
            {"dependentSchemas": {"b": {"properties": {"a": True}}}},
            {"not": {"not": {"properties": {"a": True}}}},
        )
    ),
    (
        "yes",
        {"$schema": D20, "contains": {"const": 1}, "unevaluatedItems": {"const": 2}},
        {"$schema": D20, "items": {"enum": [1, 2]}},
    ),
    (
        "no",
        {"$schema": D20, "prefixItems": [True], "unevaluatedItems": {"const": 2}},
        {"$schema": D20, "items": {"const": 2}},
    ),
]


@pytest.mark.parametrize(("answer", "old", "new"), TRAPS)
def test_traps(answer: str, old: Any, new: Any) -> None:
    """Where keywords work on each other, the answer is what validation says."""
    found = asked(old, new)
    assert found.answer == answer
    assert answer == "yes" or is_counterexample(found, old, new)


# ---------------------------------------------------------------- recursion


def list_of(*names: str) -> dict[str, Any]:
    """Arrays of at least one item, which are all one of these."""
    return {"type": "array", "minItems": 1, "anyOf": [{"items": {"$ref": f"#/definitions/{name}"}} for name in names]}


DEFINITIONS: dict[str, Any] = {
    "p": {"anyOf": [list_of("q"), list_of("r"), {"type": "object"}]},
    "q": list_of("x", "p"),
    "r": list_of("x"),
    "x": list_of("q"),
    "s": {"anyOf": [list_of("t"), {"type": "object"}]},
    "t": list_of("s"),
    "never": list_of("none"),
    "none": list_of("none", "never"),
}


@pytest.mark.parametrize("names", list(permutations("pqrxst", 2)), ids="".join)
def test_what_an_answer_leans_on_is_not_forgotten(names: tuple[str, str]) -> None:
    """Definitions that are empty only as long as another is taken for empty are not, whichever is looked at first."""
    members = {str(place): {"$ref": f"#/definitions/{name}"} for place, name in enumerate(names)}
    old = {"definitions": DEFINITIONS, "type": "object", "properties": members, "required": list(members)}
    assert asked(old, NOTHING).answer == "no"


@pytest.mark.parametrize("name", ["never", "none"])
def test_what_has_no_end_is_empty(name: str) -> None:
    """A definition that needs itself without end has no document, and so no document that breaks."""
    assert asked({"definitions": DEFINITIONS, "$ref": f"#/definitions/{name}"}, NOTHING).answer == "yes"


# ---------------------------------------------------------------- what is not understood

OPAQUE: list[tuple[Any, Any]] = [
    ({"pattern": "^(a)\\1$"}, {"pattern": "^aa$"}),
    ({"pattern": "^aa$"}, {"pattern": "^(a)\\1$"}),
    ({"pattern": "\\bword\\b"}, {"pattern": "word"}),
    ({"pattern": "(?<=a)b"}, {"pattern": "ab"}),
    ({"patternProperties": {"(?<=a)b": {"type": "integer"}}}, {"properties": {"ab": {"type": "string"}}}),
    ({"patternProperties": {"(?<=qqqqq)b": {"minimum": 1}}}, {"patternProperties": {"(?<=qqqqq)b": {"minimum": 2}}}),
    ({"type": "string", "allOf": [{"pattern": "(?<=qqqqq)b"}]}, {"pattern": "^b"}),
    ({"$schema": D19, "contains": True, "unevaluatedItems": False}, {"$schema": D19, "maxItems": 1}),
]


@pytest.mark.parametrize(("old", "new"), OPAQUE)
def test_what_is_not_understood_proves_nothing(old: Any, new: Any) -> None:
    """A pattern or a keyword that is not modelled never leads to a yes, and to a no only with a document."""
    found = asked(old, new, budget=0.3)
    assert found.answer != "yes"
    assert found.answer == "unknown" or is_counterexample(found, old, new)


@pytest.mark.parametrize("side", ["old", "new"])
def test_what_is_not_understood_implies_itself(side: str) -> None:
    """The same opaque pattern on both sides is the same, and the rest is proved around it."""
    opaque = {"pattern": "^(a)\\1$"}
    pair = {"old": {**opaque, "minLength": 2}, "new": {**opaque, "minLength": 1}}
    assert asked(pair["old"], pair["new"]).answer == "yes"
    assert asked(pair["old"], {**pair["new"], "title": side}).answer == "yes"


def test_the_dot_is_read_in_two_ways() -> None:
    """ECMA-262 and the validators differ on what a dot matches: a proof holds for both readings."""
    assert asked({"type": "string", "pattern": "^.$"}, {"pattern": "^[^\\n]$"}).answer == "yes"
    assert asked({"type": "string", "pattern": "^[^\\n]$"}, {"pattern": "^.$"}).answer == "unknown"
    assert asked({"type": "string", "pattern": "^[^\\n\\r\\u2028\\u2029]$"}, {"pattern": "^.$"}).answer == "yes"


def test_no_time_is_no_answer() -> None:
    """A budget that is spent before anything is known leaves the answer unknown."""
    assert asked({"type": "integer", "minimum": 0}, {"type": "number", "minimum": 0}, budget=-1).answer == "unknown"


def test_equal_texts_need_no_proof() -> None:
    """A schema contains itself, whatever is in it."""
    tree = {"pattern": "^(a)\\1$", "not": {"$ref": "#/definitions/x"}, "definitions": {"x": {"contains": {"const": 1}}}}
    assert asked(tree, dict(reversed(tree.items()))) == Containment("yes", "equal")


def test_the_same_question_has_the_same_answer() -> None:
    """Nothing is left to chance: the search has its seed from the pair."""
    old, new = {"pattern": "^(a)\\1$", "type": "string"}, {"pattern": "^ab$"}
    assert asked(old, new) == asked(old, new)


# ---------------------------------------------------------------- jsonschema-rs' containment

LOOK = ({"type": "string", "pattern": "\\b"}, {"type": ["string", "integer"]})


def test_the_peer_is_asked_last() -> None:
    """Where our own proof has an answer, jsonschema-rs' containment, which may crash, is not even asked."""

    def never(_new: object, _old: object) -> bool:
        raise AssertionError

    assert contains(document(LOOK[1]), document(LOOK[0]), covers=never).by == "proof"


def test_the_peer_decides_what_we_leave_open() -> None:
    """Its yes counts where ours is missing: here on a pattern that the dialects read differently."""
    old, new = {"type": "string", "pattern": "^(a)\\1$"}, {"type": "string", "pattern": "^[a-c]+$"}
    found = contains(document(new), document(old), covers=lambda _new, _old: True)
    assert found == Containment("yes", "jsonschema-rs")


@pytest.mark.parametrize(
    ("old", "new", "covered"),
    [
        ({"type": "integer"}, {"type": "number"}, True),
        ({"type": "number"}, {"type": "integer"}, False),
        ({"type": "integer"}, {"$schema": D20, "type": "number"}, False),
        ({"allOf": [{"anyOf": [{"required": [f"{a}{i}"]} for a in "ab"]} for i in range(40)]}, True, False),
        ({"type": "string", "pattern": "^\\p{L}$"}, {"type": "string", "pattern": "("}, False),
    ],
)
def test_the_peer(old: Any, new: Any, covered: bool) -> None:  # noqa: FBT001  (a column of the table)
    """It proves what it can, one draft at a time, and is not given what it would take long for."""
    from compat.json.contain.peer import covers

    assert covers(document(new).bundled, document(old).bundled) is covered


# ---------------------------------------------------------------- what old declares

DECLARED: list[tuple[str, Any, Any]] = [
    ("yes", OPEN, {**OPEN, "additionalProperties": False}),
    ("yes", OPEN, {"properties": {**OPEN["properties"], "b": {"type": "string"}}}),
    ("no", OPEN, {"properties": {**OPEN["properties"], "b": {"type": "string"}}, "required": ["b"]}),
    ("no", {"properties": {"a": True, "b": True}}, {"properties": {"a": True}, "additionalProperties": False}),
    ("no", {}, {"properties": {"b": {"type": "string"}}}),
    ("no", {"type": "object", "additionalProperties": {"type": "string"}}, {"properties": {"b": {"type": "integer"}}}),
    ("no", {**OPEN, "additionalProperties": {"type": "string"}}, {**OPEN, "additionalProperties": False}),
    ("yes", {**OPEN, "additionalProperties": True}, {**OPEN, "additionalProperties": False}),
    ("yes", {"properties": {"o": OPEN}}, {"properties": {"o": {**OPEN, "additionalProperties": False}}}),
    ("yes", {"items": OPEN}, {"items": {**OPEN, "additionalProperties": False}}),
    ("yes", {"allOf": [OPEN, {"properties": {"b": True}}]}, {"propertyNames": {"enum": ["a", "b"]}}),
    ("no", {"allOf": [OPEN, {"properties": {"b": True}}]}, {"propertyNames": {"enum": ["a"]}}),
    ("yes", {"definitions": {"o": OPEN}, "$ref": "#/definitions/o"}, {"propertyNames": {"enum": ["a"]}}),
    ("no", {**OPEN, "required": ["z"]}, {"propertyNames": {"enum": ["a"]}}),
    ("yes", {**OPEN, "required": ["z"]}, {"propertyNames": {"enum": ["a", "z"]}}),
    ("yes", {"patternProperties": {"^x": True}}, {"propertyNames": {"pattern": "^x"}}),
    (
        "yes",
        {"type": "object", "anyOf": [{"type": "string"}, {"type": "object", **OPEN}]},
        {"propertyNames": {"const": "a"}},
    ),
    (
        "yes",
        {"definitions": {"n": LIST}, "$ref": "#/definitions/n"},
        {"definitions": {"n": {**LIST, "additionalProperties": False}}, "$ref": "#/definitions/n"},
    ),
    ("no", {"not": {"properties": {"a": True, "b": {"type": "string"}}}}, {"properties": {"c": False}}),
    (
        "no",
        {"oneOf": [{**OPEN, "required": ["a"]}, {"properties": {"b": True}, "required": ["b"]}], "type": "object"},
        {"required": ["a"]},
    ),
]


@pytest.mark.parametrize(("answer", "old", "new"), DECLARED)
def test_what_old_declares(answer: str, old: Any, new: Any) -> None:
    """Members that old does not name count for nothing, at any depth and through what is combined."""
    found = asked(old, new, declared=True)
    assert found.answer == answer
    assert answer == "yes" or is_counterexample(found, old, new)


def test_what_is_declared_is_a_part() -> None:
    """What every document satisfies, the declared ones do too."""
    for row in (parameter.values[0] for parameter in vectors()):
        if row["true"] == "C":
            assert asked(row["old"], row["new"], declared=True).answer == "yes"


def test_drafts_that_lose_integers_are_not_mixed() -> None:
    """A draft-04 text among newer ones can be put in no other draft's words, so that nothing is said of it."""
    referent = Referent("x.json", json.dumps({"$schema": D4, "type": "integer"}))
    mixed = resolve(Source("JSON", json.dumps({"$schema": D20, "$ref": "x.json"}), (referent,)))
    number = document({"$schema": D20, "type": "number"})
    assert mixed.bundled.draft == number.bundled.draft
    assert (
        contains(number, mixed).answer
        == contains(mixed, document({"$schema": D20, "type": "integer"})).answer
        == "unknown"
    )


def test_every_draft_has_a_judge() -> None:
    """Both validators know all drafts that a document can be of."""
    for draft, validator in VALIDATORS.items():
        assert validator({"type": "string"}, validate_formats=False).is_valid("x")
        assert Judge({"type": "string"}, draft).confirms("x", valid=True)
    assert jsonschema_rs.Draft7Validator is VALIDATORS[7]
