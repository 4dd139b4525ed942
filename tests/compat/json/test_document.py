"""References: what each means, whatever text, draft and base it is read in; and one schema made of many."""

from typing import Any

import jsonschema_rs
import pytest

from compat.json.bundle import Opaque
from compat.json.drafts import Draft
from compat.schema import InvalidSchema
from tests.compat.json.schemas import NEW, schema_of

INTEGER = {"type": "integer"}
D2019 = "https://json-schema.org/draft/2019-09/schema"


def accepts(root: Any, value: Any) -> bool:
    return bool(jsonschema_rs.validator_for(root, offline=True).is_valid(value))


@pytest.mark.parametrize(
    ("root", "referents"),
    [
        ({"$ref": "a.json"}, [("a.json", INTEGER)]),
        ({"$ref": "./a.json"}, [("a.json", INTEGER)]),
        ({"$ref": "a.json"}, [("./a.json", INTEGER)]),
        ({"$ref": "a.json#"}, [("a.json", INTEGER)]),
        ({"$ref": "a.json"}, [("a.json#", INTEGER)]),
        ({"$ref": "a.json#/definitions/x"}, [("a.json", {"definitions": {"x": INTEGER}})]),
        ({"$ref": "a.json#/$defs/x"}, [("a.json", {"definitions": {"x": INTEGER}})]),
        ({"$id": "http://x.y/dir/root.json", "items": {"$ref": "a.json"}}, [("a.json", INTEGER)]),
        ({"$id": "http://x.y/dir/root.json", "items": {"$ref": "a.json"}}, [("http://x.y/dir/a.json", INTEGER)]),
        ({"$id": "http://x.y/dir/root.json", "items": {"$ref": "http://x.y/dir/a.json"}}, [("a.json", INTEGER)]),
        ({"$ref": "http://x.y/named.json"}, [("whatever", {"$id": "http://x.y/named.json", **INTEGER})]),
        ({"$ref": "dir/a.json"}, [("dir/b.json", INTEGER), ("dir/a.json", {"$ref": "b.json"})]),
        ({"$ref": "dir/a.json"}, [("b.json", INTEGER), ("dir/a.json", {"items": {"$ref": "../b.json"}})]),
        ({"$ref": "urn:x:a"}, [("urn:x:a", {"$ref": "#/definitions/i", "definitions": {"i": INTEGER}})]),
        ({"$ref": "my type"}, [("my type", INTEGER)]),
        ({"$ref": "a%20b.json#/definitions/c%25d"}, [("a%20b.json", {"definitions": {"c%d": INTEGER}})]),
        ({"$ref": "#/definitions/a~1b~0c", "definitions": {"a/b~c": INTEGER}}, []),
        ({"$schema": NEW, "$ref": "#here", "$defs": {"x": {"$anchor": "here", **INTEGER}}}, []),
        ({"$ref": "#here", "definitions": {"x": {"$id": "#here", **INTEGER}}}, []),
        ({"$ref": "in.json", "definitions": {"x": {"$id": "in.json", **INTEGER}}}, []),
        ({"$schema": NEW, "$ref": "in.json#a", "$defs": {"x": {"$id": "in.json", "$ref": "#a",
          "$defs": {"y": {"$anchor": "a", **INTEGER}}}}}, []),
        ({"$schema": "http://json-schema.org/draft-04/schema", "$ref": "x.json",
          "definitions": {"x": {"id": "x.json", **INTEGER}}}, []),
        ({"$ref": "#/words/0/deep", "words": [{"deep": INTEGER}]}, []),
        ({"$schema": NEW, "$dynamicRef": "#n", "$defs": {"x": {"$dynamicAnchor": "n", **INTEGER}}}, []),
    ],
)  # fmt: skip
def test_a_reference_leads_to_the_schema_that_it_names(root: Any, referents: list[tuple[str, Any]]) -> None:
    """The bundle, which needs no other text, accepts integers (or lists of them) and nothing else of what is tried."""
    bundle = schema_of(root, *referents).document.bundled
    assert {key for key in bundle.root if key.startswith(("$id", "$anchor"))} == set()
    assert accepts(bundle.root, [1] if accepts(bundle.root, []) else 1)
    assert not accepts(bundle.root, ["x"])
    assert all(reference.startswith("#/") for reference in _references(bundle.root))


def _references(tree: Any) -> list[str]:
    inner = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    own = [tree["$ref"]] if isinstance(tree, dict) and "$ref" in tree else []
    return own + [reference for value in inner for reference in _references(value)]


def test_siblings_of_a_reference_count_from_2019_on() -> None:
    """Before, they count for nothing, wherever they stand."""
    tree = {"items": {"$ref": "#/definitions/i", "maximum": 5}, "definitions": {"i": INTEGER}}
    assert accepts(schema_of(tree).document.bundled.root, [9])
    assert not accepts(schema_of({"$schema": D2019, **tree}).document.bundled.root, [9])
    assert not accepts(schema_of({"$schema": NEW, **tree}).document.bundled.root, [9])


def test_a_definition_of_its_own_wins_over_an_old_one_by_the_new_name() -> None:
    """`definitions` answer to `#/$defs/` only where `$defs` have nothing."""
    tree = {"$ref": "#/$defs/x", "$defs": {"x": INTEGER}, "definitions": {"x": {"type": "string"}}}
    assert accepts(schema_of(tree).document.bundled.root, 1)


def test_texts_of_several_drafts_are_bundled_in_the_newest() -> None:
    """Each is read in its own draft first; one without `$schema` in the draft of the schema that refers to it."""
    schema = schema_of(
        {"$schema": NEW, "properties": {"old": {"$ref": "old.json"}, "same": {"$ref": "same.json"}}},
        ("old.json", {"$schema": "http://json-schema.org/draft-04/schema#", "items": [INTEGER], "maximum": 5,
                      "additionalItems": False, "exclusiveMaximum": True, "dependencies": {"a": ["b"], "c": INTEGER}}),
        ("same.json", {"prefixItems": [INTEGER]}),
    )  # fmt: skip
    bundle = schema.document.bundled
    assert bundle.draft is Draft.DRAFT_2020
    old = next(found for found in bundle.definitions.values() if "exclusiveMaximum" in found)
    assert old == {
        "exclusiveMaximum": 5,
        "prefixItems": [INTEGER],
        "items": False,
        "dependentRequired": {"a": ["b"]},
        "dependentSchemas": {"c": INTEGER},
    }
    assert accepts(bundle.root, {"old": [1], "same": [1, "x"]})
    assert not accepts(bundle.root, {"old": [1, 2]})
    assert not accepts(bundle.root, {"same": ["x"]})


def test_the_modern_form_means_the_same() -> None:
    """Words that a draft does not have count for nothing in it, and so are left out."""
    tree = {"items": [INTEGER], "additionalItems": {"type": "string"}, "prefixItems": [False], "minContains": 7}
    document = schema_of(tree).document
    assert document.bundled.draft is Draft.DRAFT_7
    assert document.modern.root == {"$schema": NEW, "prefixItems": [INTEGER], "items": {"type": "string"}}


def test_a_recursive_schema_is_one_object_wherever_it_is_named() -> None:
    """So a walk that remembers where it was comes to an end, in the document and in the bundle."""
    document = schema_of({"properties": {"a": {"$ref": "#"}, "b": {"items": {"$ref": "#"}}}}).document
    properties = document.root["properties"]
    assert document.target(properties["a"]) is document.root is document.target(properties["b"]["items"])
    bundle = document.bundled
    assert list(bundle.definitions) == ["0"]
    within = bundle.target(bundle.root["properties"]["a"]["$ref"])
    assert bundle.target(within["properties"]["b"]["items"]["$ref"]) is within


@pytest.mark.parametrize(
    ("tree", "why"),
    [
        ({"items": {"$ref": "gone.json"}}, "refers to nothing"),
        ({"$ref": "#"}, "leads back"),
        ({"$schema": NEW, "$dynamicAnchor": "n", "properties": {"a": {"$ref": "b.json"}}}, "more than one meaning"),
    ],
)
def test_what_has_no_one_meaning_is_not_bundled(tree: Any, why: str) -> None:
    """It says why instead."""
    other = {"$schema": NEW, "$dynamicAnchor": "n", "items": {"$dynamicRef": "#n"}}
    document = schema_of(tree, ("b.json", other), strict=False).document
    assert why in document.opaque
    with pytest.raises(Opaque, match=why):
        _ = document.bundled


def test_what_is_wrong_in_a_referent_is_told_with_its_name() -> None:
    """Its text is not in the hands of the one who is told."""
    with pytest.raises(InvalidSchema, match=r"the reference 'a\.json' is no JSON schema: not JSON"):
        schema_of({"$ref": "a.json"}, ("a.json", "{"))
    with pytest.raises(InvalidSchema, match=r"in the reference 'a\.json': 'b\.json' refers to nothing") as refused:
        schema_of({"$ref": "a.json"}, ("a.json", {"items": {"$ref": "b.json"}}))
    assert (refused.value.path, refused.value.line) == ("/items/$ref", 0)


def test_the_meta_schemas_are_known_to_all() -> None:
    """Without a network: a schema may say that a member is a schema."""
    bundle = schema_of({"properties": {"s": {"$ref": "http://json-schema.org/draft-07/schema#"}}}).document.bundled
    assert accepts(bundle.root, {"s": {"type": "string"}})
    assert not accepts(bundle.root, {"s": {"type": "strin"}})
