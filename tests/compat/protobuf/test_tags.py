"""Inline tags of messages and fields."""

import pytest

from compat.schema import InvalidSchema, Tagged
from tests.compat.protobuf.texts import PROTO3, new

PLAIN = PROTO3 + "package p; message A { int32 x = 1; map<string, B> m = 2; message B { oneof o { int32 y = 1; } } }"


def message(path: str, *tags: str) -> Tagged:
    return Tagged(path, "sr_record", tags)


def field(path: str, *tags: str) -> Tagged:
    return Tagged(path, "sr_field", tags)


def test_tags_are_added_and_told() -> None:
    """In the order of the text; the import that they need comes with them."""
    tagged = new(new(PLAIN).with_tags(add=(field("p.A.B.y", "PII", "X"), message(".p.A", "GOLD"), field("p.A.m", "M"))))
    assert tagged.tags() == (message("p.A", "GOLD"), field("p.A.m", "M"), field("p.A.B.y", "PII", "X"))
    assert 'import "confluent/meta.proto";\n' in tagged.source.text


def test_tags_are_removed_and_the_rest_stays() -> None:
    """An entity without tags loses the option, unless the option says more."""
    text = new(PLAIN).with_tags(add=(field("p.A.x", "PII", "X"), message("p.A", "GOLD")))
    left = new(
        new(text).with_tags(add=(field("p.A.x", "NEW", "X"),), remove=(field("p.A.x", "X"), message("p.A", "GOLD")))
    )
    assert left.tags() == (field("p.A.x", "PII", "NEW"),)
    assert "message_meta" not in left.source.text
    documented = (
        PROTO3 + 'import "confluent/meta.proto"; message A { option (confluent.message_meta) = {doc: "d", tags: "T"}; }'
    )
    assert 'doc: "d"\n' in new(documented).with_tags(remove=(message("A", "T"),))


def test_all_tags_removed_leaves_the_schema_as_it_was_but_for_the_import() -> None:
    """Nothing else is touched."""
    changes = (field("p.A.x", "PII"), message("p.A.B", "GOLD"))
    text = new(new(PLAIN).with_tags(add=changes)).with_tags(remove=changes)
    assert text.replace('import "confluent/meta.proto";\n\n', "") == new(PLAIN).describe().text
    assert new(PLAIN).with_tags(remove=changes) == new(PLAIN).describe().text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (field("p.A.gone", "T"), "this schema defines no field 'p.A.gone'"),
        (message("p.Gone", "T"), "this schema defines no message 'p.Gone'"),
        (message("p.A.MEntry", "T"), "this schema defines no message 'p.A.MEntry'"),
        (Tagged("p.A", "sr_schema", ("T",)), "a Protobuf schema has no entity of type 'sr_schema'"),
    ],
)
def test_what_does_not_exist_cannot_be_tagged(change: Tagged, said: str) -> None:
    """The refusal names it."""
    with pytest.raises(InvalidSchema, match=said):
        new(PLAIN).with_tags(add=(change,))


def test_a_schema_without_the_import_has_no_tags() -> None:
    """Nothing is looked for."""
    assert new(PLAIN).tags() == ()
