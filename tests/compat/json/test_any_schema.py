"""Whatever stands under whatever keyword: read or refused, and once read also stored, described and compared."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from compat.json import JsonSchema
from compat.json.bundle import Opaque
from compat.json.drafts import DRAFTS_OF, Draft
from compat.json.walk import differences
from compat.schema import InvalidSchema
from tests.compat.json.schemas import schema_of

_WORDS = st.sampled_from(
    [*DRAFTS_OF, "$id", "$anchor", "$dynamicAnchor", "$defs", "definitions", "title", "default", "confluent:tags", "x"]
)
_NAMES = st.sampled_from(["a", "b", "c", "$ref", "(", "^a", "%/~"])
_REFERENCES = st.sampled_from(
    ["#", "#/definitions/a", "#/$defs/b", "#/properties/a", "a.json", "#a", "b.json#/items", ":", "[", "//["]
)
_ODD = (
    st.none()
    | st.booleans()
    | st.integers(-2, 3)
    | st.sampled_from([0.5, 1.0, "", "a", "object", "integer", "(", [], {}])
)


def _schemas(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    word = _WORDS.flatmap(lambda word: st.tuples(st.just(word), _value(word, inner)))
    return st.lists(word, max_size=4).map(dict) | st.booleans()


def _value(word: str, inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    named, listed = st.dictionaries(_NAMES, inner, max_size=3), st.lists(inner, max_size=3)
    names = st.lists(_NAMES, max_size=3)
    if word in {"$ref", "$dynamicRef", "$recursiveRef", "$id", "id"}:
        return _REFERENCES | _ODD
    return _ODD | inner | named | listed | names | st.dictionaries(_NAMES, names, max_size=2)


_TREES = st.recursive(_schemas(st.booleans()), _schemas, max_leaves=8)
_DRAFTED = st.tuples(st.sampled_from(list(Draft)), _TREES).map(
    lambda made: {"$schema": made[0].uri, **made[1]} if isinstance(made[1], dict) else made[1]
)


def read(tree: Any, *, strict: bool) -> JsonSchema | None:
    try:
        return schema_of(json.dumps(tree), ("a.json", {"$ref": "b.json"}), ("b.json", {"items": True}), strict=strict)
    except InvalidSchema:
        return None


@given(_DRAFTED, _DRAFTED)
@settings(max_examples=150)
def test_any_schema_is_read_or_refused_and_compared(first: Any, second: Any) -> None:
    """Nothing else is raised; what is registered reads the same when it is stored, and is compatible with itself."""
    for tree in (first, second):
        schema = read(tree, strict=True)
        if schema is not None:
            described = schema.describe()
            again = read(json.loads(described.text), strict=True)
            assert again is not None
            assert again.describe() == described
            assert not schema.document.missing
    sides = [read(tree, strict=False) for tree in (first, second)]
    for schema in filter(None, sides):
        assert schema.with_tags() == schema.describe().text
        assert isinstance(schema.tags(), tuple)
        assert not differences(schema.document, schema.document)
        try:
            assert "$id" not in schema.document.bundled.text or "$id" in schema.source.text
        except Opaque:
            assert schema.document.opaque
    if sides[0] and sides[1]:
        assert isinstance(differences(sides[0].document, sides[1].document), list)
