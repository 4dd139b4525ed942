"""Large and nasty schemas: an answer or unknown, and never a crash, a hang or a guess."""

import json
from functools import reduce
from typing import Any

import pytest

from compat.json.contain import contains
from compat.json.document import Document, resolve
from compat.schema import Source

WIDE = {f"p{number}": {"type": "integer"} for number in range(1000)}
WORDS = [f"v{number}" for number in range(5000)]
WIDER = {name: {"type": "number"} for name in WIDE}
CLOSED = {"type": "object", "properties": WIDE, "additionalProperties": False}
NEEDED = {"type": "object", "properties": WIDE, "required": list(WIDE)}


def document(tree: Any) -> Document:
    return resolve(Source("JSON", json.dumps(tree)))


def branch(number: int, **properties: Any) -> dict[str, Any]:
    own = {"kind": {"const": f"k{number}"}, "v": {"type": "integer"}, **properties}
    return {"type": "object", "properties": own, "required": ["kind"]}


def branches(word: str, number: int = 60, **properties: Any) -> dict[str, Any]:
    return {word: [branch(index, **properties) for index in range(number)]}


def nested(depth: int, inner: Any) -> Any:
    return reduce(lambda tree, _: {"type": "object", "properties": {"a": tree}}, range(depth), inner)


def choices(number: int, letters: str) -> dict[str, Any]:
    return {"allOf": [{"anyOf": [{"required": [f"{one}{index}"]} for one in letters]} for index in range(number)]}


ANSWERED: list[tuple[str, str, Any, Any]] = [
    ("60 branches, one more", "yes", branches("oneOf"), branches("oneOf", 61)),
    ("60 branches, one less", "no", branches("oneOf"), branches("oneOf", 59)),
    ("60 branches, oneOf for anyOf", "yes", branches("anyOf"), branches("oneOf")),
    (
        "60 branches, each wider",
        "yes",
        branches("oneOf", p={"type": "string", "pattern": "^[a-f]+$"}),
        branches("oneOf", p={"type": "string", "pattern": "^[a-z]+$"}),
    ),
    (
        "60 branches, one narrower",
        "no",
        branches("anyOf"),
        {"anyOf": [*branches("anyOf", 59)["anyOf"], branch(59, v={"type": "integer", "minimum": 0})]},
    ),
    ("5,000 values, one more", "yes", {"enum": WORDS}, {"enum": [*WORDS, "x"]}),
    ("5,000 values, one less", "no", {"enum": WORDS}, {"enum": WORDS[:-1]}),
    ("5,000 values in a pattern", "yes", {"enum": WORDS}, {"pattern": "^v[0-9]{1,4}$"}),
    ("a pattern in 1,000 values", "yes", {"type": "string", "pattern": "^v[0-9]{1,3}$"}, {
        "enum": [f"v{number:0{digits}}" for digits in (1, 2, 3) for number in range(10**digits)]
    }),
    ("5,000 integers", "yes", {"type": "integer", "minimum": 0, "maximum": 4999}, {"enum": list(range(5000))}),
    ("1,000 properties, one more, closed", "yes", CLOSED, {**CLOSED, "properties": {**WIDE, "x": {"type": "string"}}}),
    ("1,000 properties, one more, open", "no", {"properties": WIDE}, {"properties": {**WIDE, "x": {"type": "null"}}}),
    ("1,000 properties, all required", "yes", NEEDED, {"properties": WIDER, "required": list(WIDE)}),
    ("1,000 properties by a pattern", "yes", CLOSED, {"patternProperties": {"^p[0-9]+$": {"type": "number"}}}),
    ("40 levels", "yes", nested(40, {"type": "integer"}), nested(40, {"type": "number"})),
    ("40 levels, narrower", "no", nested(40, {"type": "number"}), nested(40, {"type": "integer"})),
    ("9,000 items", "yes", {"type": "array", "items": {"type": "integer"}, "minItems": 9000}, {"minItems": 8000}),
    ("300 items, each its own", "yes", {"items": [{"type": "integer"}] * 300}, {"items": [{"type": "number"}] * 300}),
    ("a pattern that others backtrack on", "yes", {"type": "string", "pattern": "^(a+)+$"}, {"pattern": "^(a|a)*$"}),
    ("another", "yes", {"type": "string", "pattern": "^(([a-z])+.)+[A-Z]([a-z])+$"}, {"pattern": "[A-Z]"}),
    ("a wide window", "yes", {"type": "string", "pattern": "^a{0,1000}$"}, {"pattern": "^a{0,1500}$"}),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "old", "new"), [pytest.param(*row[1:], id=row[0]) for row in ANSWERED])
def test_large_schemas_are_answered(answer: str, old: Any, new: Any) -> None:
    """What is only large is answered, by us, and within the steps of one question."""
    assert contains(document(new), document(old), budget=30, covers=lambda _new, _old: False).answer == answer


STRING: Any = {"type": "string"}
PATTERN = {"type": "string", "pattern": "^(a|b)*a(a|b){12}$"}
IN_PLACE = reduce(lambda tree, _: {"allOf": [tree]}, range(200), STRING)
TOO_MUCH: list[tuple[str, Any, Any]] = [
    ("states that double with each character", PATTERN, {"pattern": "^(a|b)*a(a|b){11}$"}),
    ("repetitions of repetitions", {"type": "string", "pattern": "^((a{0,100}){0,100}){0,100}$"}, {"pattern": "^a*$"}),
    ("cases that multiply", choices(16, "ab"), choices(16, "ba") | {"minProperties": 16}),
    ("200 in-place levels", IN_PLACE, True),
    ("150 levels", nested(150, {"type": "integer"}), nested(150, {"type": "number"})),
    ("contains, 2,000 times", {"items": [{"contains": {"const": index}} for index in range(2000)]}, {"minItems": 2}),
    ("names by many patterns", {"patternProperties": {f"^.{{{n}}}x": {"minimum": n} for n in range(12)}}, {
        "patternProperties": {f"^.{{{n}}}y": {"minimum": n} for n in range(12)}, "additionalProperties": {"maximum": 5}
    }),
    ("a match that backtracks, in a witness", {"type": "object", "patternProperties": {"^(a+)+$": True}}, {
        "patternProperties": {"^(a|a)*$": {"type": "string"}}, "maxProperties": 3
    }),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new"), [pytest.param(*row[1:], id=row[0]) for row in TOO_MUCH])
def test_schemas_that_are_too_much_end(old: Any, new: Any) -> None:
    """What would take too long is unknown, or has an answer by luck; it ends, and a no has its document."""
    found = contains(document(new), document(old), budget=0.4, covers=lambda _new, _old: False)
    assert found.answer in ("yes", "no", "unknown")
    assert found.answer != "yes" or found.by == "proof"
    assert contains(document(old), document(old), budget=0.4).answer == "yes"
