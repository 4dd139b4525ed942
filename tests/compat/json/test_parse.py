"""Registration: what is a schema and what is not, where it is wrong, and what is stored."""

from typing import Any

import pytest

from compat.json.drafts import Draft, draft_of
from compat.schema import InvalidSchema
from tests.compat.json.schemas import NEW, schema_of

OLD = "http://json-schema.org/draft-04/schema#"


@pytest.mark.parametrize(
    ("tree", "path", "message"),
    [
        ({"type": "strin"}, "/type", "'type' is array, boolean"),
        ({"minimum": "1"}, "/minimum", "'minimum' is a number"),
        ({"properties": []}, "/properties", "an object of schemas"),
        ({"properties": {"x": 5}}, "/properties/x", "5 is nothing that belongs there"),
        ({"additionalProperties": "x"}, "/additionalProperties", "'additionalProperties' is a schema"),
        ({"required": "a"}, "/required", "a list of names"),
        ({"required": ["a", "a"]}, "/required", "each once"),
        ({"properties": {"a/~": {"required": True}}}, "/properties/a~1~0/required", "a list of names"),
        ({"title": 5}, "/title", "a string"),
        ({"multipleOf": 0}, "/multipleOf", "above zero"),
        ({"maxLength": -1}, "/maxLength", "not negative"),
        ({"anyOf": []}, "/anyOf", "at least one"),
        ({"type": []}, "/type", "'type' is"),
        ({"exclusiveMinimum": True}, "/exclusiveMinimum", "draft-04"),
        ({"$schema": OLD, "exclusiveMinimum": 5, "minimum": 1}, "/exclusiveMinimum", "true or false"),
        ({"$schema": OLD, "additionalProperties": {"not": True}}, "/additionalProperties/not", "is a schema"),
        ({"$schema": NEW, "items": [{}]}, "/items", "'items' is a schema"),
        ({"items": [{}, {"type": "x"}]}, "/items/1/type", "'type' is"),
        ({"items": {"items": {"type": "x"}}}, "/items/items/type", "'type' is"),
        ({"dependencies": {"a": {"type": "x"}}}, "/dependencies/a/type", "'type' is"),
        ({"definitions": {"unused": {"type": "x"}}}, "/definitions/unused/type", "'type' is"),
        ({"pattern": "("}, "/pattern", "no regular expression"),
        ({"items": {"pattern": "(?P<n>a)"}}, "/items/pattern", "no regular expression"),
        ({"patternProperties": {"[": {}}}, "/patternProperties/[", "no regular expression"),
        ({"$ref": "#/definitions/x"}, "/$ref", "refers to nothing"),
        ({"$schema": NEW, "items": {"$ref": "#x"}}, "/items/$ref", "refers to nothing"),
        ({"$ref": "http://127.0.0.1:1/s.json"}, "/$ref", "nothing is fetched"),
        ({"items": {"$ref": "file:///etc/passwd"}}, "/items/$ref", "refers to nothing"),
        ({"$id": "http://x.y/", "items": {"$ref": "//[#a"}}, "/items/$ref", "refers to nothing"),
    ],
)
def test_what_is_no_schema_is_refused_with_its_pointer(tree: Any, path: str, message: str) -> None:
    """The pointer, the place in the text, and a sentence that says what would be right."""
    with pytest.raises(InvalidSchema) as refused:
        schema_of(tree)
    assert (refused.value.path, refused.value.line) == (path, 1)
    assert refused.value.column > 0
    assert message in refused.value.message


@pytest.mark.parametrize(("text", "found"), [('"x"', "string"), ("5", "number"), ("null", "null"), ("[]", "array")])
@pytest.mark.parametrize("strict", [True, False])
def test_a_root_that_is_neither_object_nor_boolean_is_refused(text: str, found: str, *, strict: bool) -> None:
    """In Confluent's words."""
    with pytest.raises(InvalidSchema) as refused:
        schema_of(text, strict=strict)
    assert refused.value.message == f"Invalid JSON schema: expected an object or boolean at the root, found {found}"


@pytest.mark.parametrize(
    "tree",
    [
        True,
        False,
        {},
        {"enum": []},
        {"enum": [1, 1]},
        {"required": []},
        '{"minLength":1.0}',
        {"pattern": r"^\p{L}+\cA$"},
        {"pattern": r"^(a+)+$"},
        {"definitions": {"unused": {"$ref": "#/nothing"}}},
        {"$schema": OLD, "minimum": 1, "exclusiveMinimum": True},
        {"$schema": "urn:nobody:knows", "exclusiveMinimum": 1},
        {"$ref": "#/definitions/a", "definitions": {"a": {"$ref": "#/definitions/b"}, "b": {}}},
        {"properties": {"a": {"$ref": "#"}}},
        {"$schema": NEW, "prefixItems": [{"$ref": "#"}], "unevaluatedItems": False},
        {"$ref": "http://json-schema.org/draft-07/schema#"},
        {"x": {"y": [{"type": "string"}]}, "items": {"$ref": "#/x/y/0"}},
        {"not": {"not": {"not": {"type": "string"}}}},
    ],
)
def test_what_is_a_schema_is_taken_and_stored_as_it_is(tree: Any) -> None:
    """Its stored form is its text without white space, and is taken again."""
    schema = schema_of(tree)
    assert schema.rendered("anything") == schema.source.text
    described = schema.describe()
    assert schema_of(described.text).describe() == described


@pytest.mark.parametrize(
    "tree",
    [
        {"$ref": "#"},
        {
            "definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}},
            "$ref": "#/definitions/a",
        },
        {"items": {"allOf": [{"anyOf": [{"$ref": "#/items"}]}]}},
        {"if": {"$ref": "#"}},
        {"not": {"oneOf": [{"then": {"$ref": "#"}, "if": True}]}},
        {"$schema": NEW, "type": "object", "dependentSchemas": {"a": {"$ref": "#"}}},
        {"$schema": NEW, "$dynamicAnchor": "x", "$dynamicRef": "#x"},
        {"$schema": "https://json-schema.org/draft/2019-09/schema", "$recursiveRef": "#"},
    ],
)
def test_a_reference_to_itself_with_nothing_between_is_refused(tree: Any) -> None:
    """Nothing says what it means, and validators end badly on it. What is stored is read all the same."""
    with pytest.raises(InvalidSchema, match="leads back to itself"):
        schema_of(tree)
    stored = schema_of(tree, strict=False)
    assert stored.describe().text
    assert stored.document.opaque


@pytest.mark.parametrize("tree", [{"type": "strin"}, {"pattern": "("}, {"$ref": "#/x"}, {"required": ["a", "a"]}])
def test_what_is_stored_is_read_whatever_is_wrong_with_it(tree: Any) -> None:
    """A registry that takes over another one's schemas must serve them."""
    assert schema_of(tree, strict=False).describe().text


@pytest.mark.parametrize(
    ("uri", "draft"),
    [
        ("http://json-schema.org/draft-04/schema#", Draft.DRAFT_4),
        ("https://json-schema.org/schema", Draft.DRAFT_4),
        ("https://json-schema.org/draft-06/schema", Draft.DRAFT_6),
        ("https://json-schema.org/draft-07/schema#", Draft.DRAFT_7),
        ("http://json-schema.org/draft-07/schema/", Draft.DRAFT_7),
        ("http://json-schema.org/draft/2019-09/schema#", Draft.DRAFT_2019),
        ("https://json-schema.org/draft/2020-12/schema", Draft.DRAFT_2020),
        ("https://example.com/mine", Draft.DRAFT_7),
        (5, Draft.DRAFT_7),
        (None, Draft.DRAFT_7),
    ],
)
def test_the_draft_is_the_one_that_confluent_takes(uri: Any, draft: Draft) -> None:
    """Both http and https, with and without an empty fragment; draft-07 for all that is not known."""
    assert draft_of({"$schema": uri}) is draft
    assert draft_of(True) is Draft.DRAFT_7  # noqa: FBT003  (a schema)


def test_a_schema_is_stored_in_its_own_order_and_normalized_in_the_alphabets() -> None:
    """Lists are left as they are, and nothing is taken away."""
    tree = '{"type":"object", "required":["b","a"], "properties":{"b":{"title":"","minimum":1.0},"a":{}}, "x":null}'
    schema = schema_of(tree)
    assert schema.describe().text == tree.replace(", ", ",")
    assert schema.describe(normalize=True).text == (
        '{"properties":{"a":{},"b":{"minimum":1.0,"title":""}},"required":["b","a"],"type":"object","x":null}'
    )


def test_schemas_are_the_same_when_their_stored_texts_and_references_are() -> None:
    """White space does not count; the order of keys does, unless normalized; so does what is referred to."""
    one, other = schema_of('{"type": "object", "title": "t"}'), schema_of('{"title":"t","type":"object"}')
    assert one.describe().identity == schema_of('{"type":"object","title":"t"}').describe().identity
    assert one.describe().identity != other.describe().identity
    assert one.describe(normalize=True) == other.describe(normalize=True)
    refers = {"$ref": "a.json"}
    texts = ('{"type":"string"}', '{ "type" : "string" }', '{"type":"integer"}')
    first, same, different = (schema_of(refers, ("a.json", text)).describe().identity for text in texts)
    assert first == same != different


@pytest.mark.parametrize(
    ("tree", "fields"),
    [
        ({"properties": {"b": {}, "a": {}}}, ("b", "a")),
        ({"$ref": "#/definitions/r", "definitions": {"r": {"properties": {"x": {}}}}}, ("x",)),
        ({"type": "string"}, ()),
        (True, ()),
    ],
)
def test_the_fields_are_the_properties_of_the_root(tree: Any, fields: tuple[str, ...]) -> None:
    """Also of what the root only refers to."""
    assert schema_of(tree).describe().fields == fields
