"""Inline tags: which there are, and what a schema is with others."""

import json
from typing import Any

import pytest

from compat.json import JsonSchema
from compat.schema import InvalidSchema, Tagged
from tests.compat.json.schemas import NEW, schema_of

CUSTOMER: dict[str, Any] = {
    "type": "object", "confluent:tags": ["GOLD"],
    "properties": {
        "mail": {"type": "string", "description": "d", "confluent:tags": ["PII", "PRIVATE"]},
        "home": {"type": "object", "properties": {"street": {"type": "string", "confluent:tags": ["PII"]}}},
        "all": {"type": "array", "items": {"type": "object", "confluent:tags": ["EU"]}},
        "one": {"oneOf": [{"type": "null"}, {"properties": {"x": {"confluent:tags": ["X"]}}}]},
        "work": {"$ref": "#/definitions/place"},
    },
    "definitions": {"place": {"type": "object", "properties": {"city": {"confluent:tags": ["C"]}}}},
}  # fmt: skip


def record(path: str, *tags: str) -> Tagged:
    return Tagged(path, "sr_record", tags)


def field(path: str, *tags: str) -> Tagged:
    return Tagged(path, "sr_field", tags)


def retagged(schema: JsonSchema, **changes: tuple[Tagged, ...]) -> tuple[Tagged, ...]:
    return schema_of(schema.with_tags(**changes)).tags()


def test_tags_are_those_of_objects_and_properties() -> None:
    """Each by its way from the root: through lists, branches and references."""
    assert schema_of(CUSTOMER).tags() == (
        record("object", "GOLD"),
        field("object.mail", "PII", "PRIVATE"),
        field("object.home.object.street", "PII"),
        record("object.all.array.object", "EU"),
        field("object.one.oneof.1.object.x", "X"),
        field("object.work.object.city", "C"),
    )


@pytest.mark.parametrize("tree", [True, {"type": "string"}, {"properties": {"a": {"confluent:tags": "PII"}}}])
def test_a_schema_without_tags_has_none(tree: Any) -> None:
    """Neither has one whose tags are no list of words."""
    assert schema_of(tree).tags() == ()


@pytest.mark.parametrize("path", ["object.mail", "/properties/mail", "#/properties/mail"])
def test_tags_are_added_and_removed(path: str) -> None:
    """Each once, in the order in which they came; first all are added. A JSON pointer names an entity too."""
    tags = retagged(
        schema_of(CUSTOMER), add=(field(path, "NEW", "PII"),), remove=(field(path, "PRIVATE", "NOT THERE"),)
    )
    assert tags[1] == field("object.mail", "PII", "NEW")


def test_what_a_reference_of_ones_own_leads_to_can_be_tagged() -> None:
    """It is in the same text."""
    tags = retagged(schema_of(CUSTOMER), add=(record("object.work.object", "OFFICE"),))
    assert record("object.work.object", "OFFICE") in tags


def test_nothing_else_of_the_text_changes() -> None:
    """An entity that loses its last tag loses the property; the schema itself keeps its own."""
    schema = schema_of(CUSTOMER)
    assert schema.with_tags() == schema.describe().text
    plain = json.loads(json.dumps(CUSTOMER))
    del plain["properties"]["home"]["properties"]["street"]["confluent:tags"]
    text = schema.with_tags(remove=(field("object.home.object.street", "PII"),))
    assert text == schema_of(plain).describe().text
    assert len(schema.tags()) == 6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (record("object.nobody", "X"), "defines no object 'object.nobody'"),
        (field("object.nothing", "X"), "defines no property 'object.nothing'"),
        (field("object", "X"), "defines no property 'object'"),
        (Tagged("object", "sr_table", ("X",)), "no entity of type 'sr_table'"),
    ],
)
@pytest.mark.parametrize("verb", ["add", "remove"])
def test_an_entity_that_is_not_there_is_refused(change: Tagged, message: str, verb: str) -> None:
    """The refusal names it."""
    with pytest.raises(InvalidSchema, match=message):
        schema_of(CUSTOMER).with_tags(**{verb: (change,)})


def test_what_another_schema_defines_cannot_be_tagged_here() -> None:
    """It is neither shown as a tag of this one nor changed; nor does a recursive schema go on for ever."""
    tree = {"$schema": NEW, "properties": {"a": {"$ref": "a.json"}, "again": {"$ref": "#"}}}
    schema = schema_of(tree, ("a.json", {"properties": {"x": {"confluent:tags": ["X"]}}}))
    assert schema.tags() == ()
    with pytest.raises(InvalidSchema, match=r"defines no property 'object\.a\.object\.x'"):
        schema.with_tags(add=(field("object.a.object.x", "X"),))
