"""What many schemas refer to is read once; and what it means for each is what it would mean if nobody else had it."""

import json
import pickle
from typing import Any, cast

import pytest

from compat import InvalidSchema, Referent, Source, compare, parse, prepare
from compat.kept import Kept
from compat.told import Told


def avro(name: str, kind: str, *referents: Referent) -> Any:
    fields = [{"name": "of", "type": kind}]
    return parse(Source("AVRO", json.dumps({"type": "record", "name": name, "fields": fields}), referents))


def json_schema(schema: object, *referents: Referent) -> Any:
    return parse(Source("JSON", json.dumps(schema), referents), strict=False)


def proto(body: str, *referents: Referent, imports: str = "shared.proto") -> Source:
    return Source("PROTOBUF", f'syntax = "proto3";\nimport "{imports}";\n{body}\n', referents)


# ---------------------------------------------------------------- read once

INNER = Referent("Inner", '{"type": "record", "name": "Inner", "fields": [{"name": "a", "type": "Far"}]}')
FAR = Referent("Far", '{"type": "enum", "name": "Far", "symbols": ["A"]}')
OTHER_FAR = Referent("Far", '{"type": "enum", "name": "Far", "symbols": ["B"]}')


def test_an_avro_type_is_one_object_for_all_who_refer_to_it() -> None:
    """Its text is read for the first of them; where it means another thing, it is another type."""
    first, second = (avro(name, "Inner", FAR, INNER) for name in ("First", "Second"))
    assert first.root.fields[0].type is second.root.fields[0].type
    other = avro("Third", "Inner", OTHER_FAR, INNER)
    assert other.root.fields[0].type is not first.root.fields[0].type
    assert other.root.fields[0].type.fields[0].type.symbols == ("B",)
    assert avro("First", "Inner", FAR, INNER).describe() == first.describe()
    assert other.describe().identity != avro("Third", "Inner", FAR, INNER).describe().identity


def test_tags_of_one_schema_do_not_get_into_shared_types() -> None:
    """A graph that is to be changed is a copy of its own."""
    schema = avro("First", "Inner", FAR, INNER)
    before = schema.root.fields[0].type
    schema.with_tags()
    assert avro("First", "Inner", FAR, INNER).root.fields[0].type is before


def test_a_shared_avro_type_that_cannot_be_read_fails_for_each_who_has_it() -> None:
    """What reads itself is remembered of a type, and is said of no other pair."""
    plain, changed = (
        Referent("T", json.dumps({"type": "record", "name": "T", "fields": [{"name": "a", "type": kind}]}))
        for kind in ("int", "string")
    )
    assert compare(avro("A", "T", plain), avro("A", "T", plain)).is_compatible
    for name in ("A", "B"):
        assert not compare(avro(name, "T", changed), avro(name, "T", plain)).is_compatible
    assert compare(avro("B", "T", changed), avro("B", "T", changed)).is_compatible


def test_a_json_text_is_one_value_for_all_who_refer_to_it() -> None:
    """It is read and gone through once under one name, and its own references lead into it for everybody."""
    shared = Referent("s.json", '{"definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"type": "string"}}}')
    first, second = (
        json_schema({"title": title, "$ref": "s.json#/definitions/a"}, shared) for title in ("first", "second")
    )
    assert first.document.referred[0] is second.document.referred[0]
    for schema in (first, second):
        inner = schema.document.target(schema.document.root)
        assert schema.document.target(inner) == {"type": "string"}


def test_a_json_reference_leads_where_it_leads_for_this_schema() -> None:
    """Where a schema has the name of its referent, the text's references by that name lead into the schema."""
    shared = Referent("s.json", '{"definitions": {"a": {"$ref": "s.json#/definitions/b"}, "b": {"type": "string"}}}')
    plain = json_schema({"$ref": "s.json#/definitions/a"}, shared)
    own = json_schema({"$id": "s.json", "definitions": {"b": {"type": "null"}}, "not": {"$ref": "t.json"}}, shared)
    (inner,) = [plain.document.target(plain.document.root)]
    assert plain.document.target(inner) == {"type": "string"}
    assert own.document.target(own.document.referred[0].schema["definitions"]["a"]) == {"type": "null"}


SHARED = Referent("shared.proto", 'syntax = "proto3";\nimport "base.proto";\nmessage Shared { Base of = 1; }')
BASE = Referent("base.proto", 'syntax = "proto3";\nmessage Base { string a = 1; }')
OTHER_BASE = Referent("base.proto", 'syntax = "proto3";\nmessage Base { int64 a = 1; }')


def test_a_proto_file_is_one_descriptor_for_all_who_import_it() -> None:
    """It is compiled for the first of them; with another import it is another file."""
    first, second, third = (
        cast(Any, parse(proto(f"message {name} {{ Shared of = 1; }}", base, SHARED)))
        for name, base in (("A", BASE), ("B", BASE), ("A", OTHER_BASE))
    )
    assert first.origin.imports is second.origin.imports
    assert third.origin.imports.all[-1].key != first.origin.imports.all[-1].key
    assert third.describe().identity != first.describe().identity
    assert not compare(first, third).is_compatible


def test_schemas_that_were_prepared_together_are_described_as_each_by_itself() -> None:
    """Whatever is beside them: two of one name, one that is refused, one with a warning."""
    bodies = [
        "message P1 {Shared of = 1;}",
        "message P1 {}",
        "message P2 {Nobody of = 1;}",
        "message P3 {Shared of = 1;}",
    ]
    sources = [proto(body, BASE, SHARED) for body in bodies]
    alone = [said(proto(body, BASE, SHARED)) for body in bodies]
    prepare(sources, strict=True)
    assert [said(source) for source in sources] == alone
    renamed = [proto(body.replace("P", "Q"), BASE, SHARED) for body in bodies]
    prepare(renamed, strict=True)
    assert [said(source).replace("Q", "P") for source in renamed] == alone


def said(source: Source) -> str:
    try:
        schema = cast(Any, parse(source))
        return f"{schema.describe().text} {schema.warnings}"
    except InvalidSchema as refused:
        return str(refused)


# ---------------------------------------------------------------- kept, and told


def test_what_was_unused_for_longest_makes_room() -> None:
    """Room is counted in sizes; one value stays, however large it is."""
    kept: Kept[str, int] = Kept(10)
    for number, name in enumerate("abc"):
        kept.put(name, number, 4)
        assert kept.get("a" if number < 2 else name) is not None
    assert (kept.get("a"), kept.get("b"), kept.get("c")) == (0, None, 2)
    kept.put("d", 3, 100)
    assert (kept.get("a"), kept.get("d")) == (None, 3)
    kept.put("d", 4, 1)
    kept.put("a", 5, 9)
    assert (kept.get("a"), kept.get("d")) == (5, 4)


@pytest.mark.parametrize("room", [1 << 20, 3000, 0])
def test_a_referent_is_sent_once(room: int) -> None:
    """Questions come out as they went in; and where there is room, a text is in the first of them only."""
    texts = [Referent(f"r{number}", f"{number}" * 1000) for number in range(5)]
    told = Told(room)
    sizes = []
    for first in (0, 0, 1, 3, 0):
        question = "job", (Source("JSON", "{}", tuple(texts[first : first + 3])),), {"strict": True}
        packed = told.packed(question)
        assert pickle.loads(packed) == question
        sizes.append(len(packed))
    if room == 1 << 20:
        assert [size > 1000 for size in sizes] == [True, False, True, True, False]
