"""Schemas that are large, deep or meant to hurt: read, compared or refused, and nothing of it drawn out."""

from typing import Any

import pytest

from compat.json.expressions import is_expression, searcher
from compat.json.text import DEPTH
from compat.json.walk import differences
from compat.policy import Policy
from compat.schema import InvalidSchema
from tests.compat.json.schemas import compared, schema_of

OFF = Policy(json_unsound="off")
S, INT, N = {"type": "string"}, {"type": "integer"}, {"type": "number"}


def nested(levels: int, inner: Any, keyword: str = "properties") -> Any:
    for _ in range(levels):
        inner = {keyword: {"a": inner}} if keyword == "properties" else {keyword: inner}
    return inner


@pytest.mark.parametrize("keyword", ["properties", "not", "items"])
def test_the_deepest_schema_is_stored_bundled_and_compared(keyword: str) -> None:
    """As deep as a text may be: nothing of ours recurses with it."""
    levels = (DEPTH - 10) // (2 if keyword == "properties" else 1) // 2 * 2
    old, new = (schema_of(nested(levels, inner, keyword)) for inner in (INT, S))
    assert schema_of(old.describe().text).describe() == old.describe()
    assert old.document.bundled.text.count(keyword) == levels
    assert [found.rule.strict for found in differences(old.document, new.document)] == [True]


def test_deeper_ones_are_refused() -> None:
    """A thousand levels are a sentence."""
    with pytest.raises(InvalidSchema, match="levels deep"):
        schema_of('{"not":' * 1000 + "true" + "}" * 1000)


def test_a_chain_of_references_is_followed_to_its_end() -> None:
    """However long."""
    definitions = {f"d{n}": {"$ref": f"#/definitions/d{n + 1}"} for n in range(2000)} | {"d2000": INT}
    chain = {"$ref": "#/definitions/d0", "definitions": definitions}
    assert compared(INT, chain, OFF).is_compatible
    assert [found.rule for found in compared(S, chain, OFF).differences] == ["TYPE_CHANGED"]


def test_shared_schemas_are_compared_once() -> None:
    """Two references to each next one are as many ways as there are numbers, and forty pairs."""

    def doubling(last: Any) -> Any:
        definitions = {
            f"d{n}": {"properties": {name: {"$ref": f"#/definitions/d{n + 1}"} for name in "ab"}} for n in range(40)
        }
        return {"$ref": "#/definitions/d0", "definitions": definitions | {"d40": last}}

    old, new = schema_of(doubling(INT)).document, schema_of(doubling(N)).document
    assert differences(old, new, budget=50)
    assert differences(new, old, budget=50)
    assert compared(doubling(INT), doubling(N), OFF).is_compatible
    assert not compared(doubling(N), doubling(INT), OFF).is_compatible


def test_many_properties_and_values_are_compared() -> None:
    """A thousand and five thousand, each once."""
    wide = {"type": "object", "properties": {f"p{n}": INT for n in range(1000)}}
    wider = {"type": "object", "properties": {f"p{n}": N for n in range(1000)}}
    assert compared(wide, wider, OFF).is_compatible
    assert compared(wider, wide, OFF).unlisted > 0
    values = [f"v{n}" for n in range(5000)]
    assert compared({"enum": values[1:]}, {"enum": values}, OFF).is_compatible
    assert [found.rule for found in compared({"enum": values}, {"enum": values[1:]}, OFF).differences] == [
        "ENUM_ARRAY_NARROWED"
    ]


@pytest.mark.parametrize("expression", ["^(a+)+$", "^(a|a)*$", r"^(?=(a+)+b)a*$", "^([a-zA-Z]+)*$", "(.*a){20}"])
def test_an_expression_cannot_draw_out_a_search(expression: str) -> None:
    """A backtracking engine would not come back from these; where nothing is found is an answer too."""
    assert is_expression(expression)
    assert not searcher(expression)("a" * 19 + "!" * 40)
    pattern = {"patternProperties": {expression: INT}, "additionalProperties": False}
    long = {"properties": {"a" * 19 + "!" * 40: INT}, "additionalProperties": False}
    assert [found.rule for found in compared(long, pattern, OFF).differences] == [
        "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL"
    ]


@pytest.mark.parametrize(
    "expression", ["(", "[", "(?P<n>a)", "(?P=n)", "a{2,1}", "*", "{", "a{,2}", r"\Aa\Z", r"\k<n>"]
)
def test_what_is_no_expression_of_ecma_is_none(expression: str) -> None:
    """Neither are those that only Python or Rust know."""
    assert not is_expression(expression)


@pytest.mark.parametrize(
    "expression",
    ["", r"\(\?P<", r"\\Z", "^$", r"(?<n>a)\k<n>", "(?!a)b", r"[^\d\s]", "(?i)a", r"[\w-.]", "a++", r"\{a{1,}"],
)
def test_what_ecma_takes_is_taken(expression: str) -> None:
    """With groups by name, looking around, and what looks like something else; and what Java takes besides."""
    assert is_expression(expression)
