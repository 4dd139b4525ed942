"""Inline tags: which there are, and what a schema is with others."""

import json
from typing import Any

import pytest

from compat.avro import AvroSchema, parse
from compat.schema import InvalidSchema, Referent, Source, Tagged

ADDRESS = {
    "type": "record", "name": "Address",
    "fields": [{"name": "street", "type": "string", "confluent:tags": ["PII", "PRIVATE"]}],
}  # fmt: skip
CUSTOMER: dict[str, Any] = {
    "type": "record", "name": "com.acme.Customer", "confluent:tags": ["GOLD"],
    "fields": [
        {"name": "id", "type": "long"},
        {"name": "home", "type": ["null", {"type": "array", "items": ADDRESS}]},
        {"name": "mail", "type": "string", "doc": "d", "confluent:tags": ["PII"]},
        {"name": "work", "type": ["null", "Address"]},
    ],
}  # fmt: skip


def parsed(tree: Any, *referents: Any) -> AvroSchema:
    labelled = tuple(Referent("label", json.dumps(referent)) for referent in referents)
    return parse(Source("AVRO", json.dumps(tree), labelled), strict=True)


def record(path: str, *tags: str) -> Tagged:
    return Tagged(path, "sr_record", tags)


def field(path: str, *tags: str) -> Tagged:
    return Tagged(path, "sr_field", tags)


def retagged(
    schema: AvroSchema, *, add: tuple[Tagged, ...] = (), remove: tuple[Tagged, ...] = ()
) -> tuple[Tagged, ...]:
    source = Source("AVRO", schema.with_tags(add=add, remove=remove), schema.source.referents)
    return parse(source, strict=True).tags()


def test_tags_are_those_of_records_and_fields() -> None:
    """An entity is a record by its full name, or a field by that of its record; records come before their fields."""
    assert parsed(CUSTOMER).tags() == (
        record("com.acme.Customer", "GOLD"),
        field("com.acme.Customer.mail", "PII"),
        field("com.acme.Address.street", "PII", "PRIVATE"),
    )


def test_a_schema_without_tags_has_none() -> None:
    """Neither has one whose tags are no list of words."""
    assert parsed("int").tags() == ()
    odd = {"type": "record", "name": "R", "confluent:tags": "PII", "fields": [{"name": "f", "type": "int"}]}
    assert parsed(odd).tags() == ()


def test_tags_are_added_after_those_that_are_there() -> None:
    """Each once, in the order in which they came; entities that had none get some."""
    add = (field("com.acme.Customer.mail", "SECRET", "PII"), record("com.acme.Address", "EU"))
    assert retagged(parsed(CUSTOMER), add=add) == (
        record("com.acme.Customer", "GOLD"),
        field("com.acme.Customer.mail", "PII", "SECRET"),
        record("com.acme.Address", "EU"),
        field("com.acme.Address.street", "PII", "PRIVATE"),
    )


def test_tags_are_removed() -> None:
    """What was added is removed as well when both are asked; a tag that is not there is removed already."""
    remove = (field("com.acme.Address.street", "PII", "NOT THERE"), field("com.acme.Customer.mail", "PII"))
    tags = retagged(parsed(CUSTOMER), add=(field("com.acme.Customer.mail", "PII"),), remove=remove)
    assert tags == (record("com.acme.Customer", "GOLD"), field("com.acme.Address.street", "PRIVATE"))


def test_an_entity_that_loses_its_last_tag_loses_the_property() -> None:
    """The text is that of a schema which never had the tag."""
    plain = json.loads(json.dumps(ADDRESS))
    del plain["fields"][0]["confluent:tags"]
    text = parsed(ADDRESS).with_tags(remove=(field("Address.street", "PII", "PRIVATE"),))
    assert text == parsed(plain).describe().text


def test_nothing_else_of_the_text_changes() -> None:
    """The stored form with no changes is the stored form, and the schema itself keeps its tags."""
    schema = parsed(CUSTOMER)
    assert schema.with_tags() == schema.describe().text
    schema.with_tags(remove=(record("com.acme.Customer", "GOLD"),))
    assert schema.tags()[0] == record("com.acme.Customer", "GOLD")


def test_the_namespace_may_be_left_out() -> None:
    """As with Confluent, `Customer.mail` is the field of `com.acme.Customer`; a path with half of it is nobody's."""
    add = (field("Customer.mail", "SECRET"), record("Address", "EU"), field("Address.street", "EU"))
    assert retagged(parsed(CUSTOMER), add=add) == (
        record("com.acme.Customer", "GOLD"),
        field("com.acme.Customer.mail", "PII", "SECRET"),
        record("com.acme.Address", "EU"),
        field("com.acme.Address.street", "PII", "PRIVATE", "EU"),
    )
    with pytest.raises(InvalidSchema, match=r"defines no record 'acme\.Customer'"):
        parsed(CUSTOMER).with_tags(add=(record("acme.Customer", "X"),))


def test_a_short_name_means_one_entity() -> None:
    """The type without a namespace if it is there; of two in namespaces it is not guessed which."""
    inner: list[Any] = [{"type": "record", "name": name, "fields": []} for name in ("a.R", "b.R")]
    with pytest.raises(InvalidSchema, match=r"'R' may be any of a\.R, b\.R: give the full name"):
        parsed(inner).with_tags(add=(record("R", "X"),))
    plain = {"type": "record", "name": "R", "fields": []}
    assert retagged(parsed([*inner, plain]), add=(record("R", "X"),)) == (record("R", "X"),)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (record("com.acme.Nobody", "X"), "defines no record 'com.acme.Nobody'"),
        (field("com.acme.Customer.nothing", "X"), "defines no field 'com.acme.Customer.nothing'"),
        (field("com.acme.Customer", "X"), "defines no field 'com.acme.Customer'"),
        (Tagged("com.acme.Customer", "sr_table", ("X",)), "no entity of type 'sr_table'"),
    ],
)
@pytest.mark.parametrize("verb", ["add", "remove"])
def test_an_entity_that_is_not_there_is_refused(change: Tagged, message: str, verb: str) -> None:
    """The refusal names it."""
    with pytest.raises(InvalidSchema, match=message):
        parsed(CUSTOMER).with_tags(**{verb: (change,)})


def test_what_a_reference_defines_cannot_be_tagged_here() -> None:
    """It is another schema's text: neither shown as a tag of this one nor changed."""
    home = {"type": "record", "name": "Home", "fields": [{"name": "address", "type": "Address"}]}
    schema = parsed(home, ADDRESS)
    assert schema.tags() == ()
    with pytest.raises(InvalidSchema, match=r"defines no field 'Address\.street'"):
        schema.with_tags(add=(field("Address.street", "X"),))
    assert retagged(schema, add=(field("Home.address", "X"),)) == (field("Home.address", "X"),)
