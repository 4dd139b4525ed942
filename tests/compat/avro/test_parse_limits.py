"""Texts that are too deep, too large or made to hurt: each gets an answer, and in time that grows with the text.

Nothing is timed. A quadratic or exponential way would not end within anybody's patience.
"""

import json
from typing import Any

import pytest

from compat.avro import AvroSchema, parse
from compat.avro.fingerprint import rabin
from compat.json_text import DEPTH
from compat.schema import InvalidSchema, Referent, Source


def parsed(tree: Any, *referents: Any, strict: bool = True) -> AvroSchema:
    text = tree if isinstance(tree, str) else json.dumps(tree)
    labelled = tuple(Referent(str(number), json.dumps(referent)) for number, referent in enumerate(referents))
    return parse(Source("AVRO", text, labelled), strict=strict)


def everything(schema: AvroSchema) -> None:
    """All that can be asked of a schema."""
    schema.describe()
    schema.describe(normalize=True)
    schema.rendered("resolved")
    schema.with_tags()
    rabin(schema.root)


def record(name: str, *fields: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": [{"name": f"f{n}", "type": t} for n, t in enumerate(fields)]}


def arrays(depth: int) -> str:
    return '{"type":"array","items":' * depth + '"int"' + "}" * depth


def unions_of_arrays(depth: int) -> str:
    return '[{"type":"array","items":' * depth + '"int"' + "}]" * depth


def nested_records(depth: int) -> str:
    before = "".join(f'{{"type":"record","name":"R{n}","fields":[{{"name":"f","type":' for n in range(depth))
    return before + '"int"' + "}]}" * depth


@pytest.mark.parametrize(
    "text",
    [arrays(DEPTH), unions_of_arrays(120), nested_records(200), '{"type":"int","p":' + "[" * 500 + "]" * 500 + "}"],
    ids=["arrays", "unions", "records", "attribute"],
)
def test_deep_schemas_work_to_the_limit(text: str) -> None:
    """What is within the limit can be parsed, and then everything can be asked of it."""
    everything(parsed(text))


@pytest.mark.parametrize(
    "text",
    [
        arrays(DEPTH + 1),
        arrays(10_000),
        unions_of_arrays(10_000),
        nested_records(10_000),
        "[" * 100_000,
        "[" * 100_000 + "]" * 100_000,
        '{"a":' * 10_000,
        '{"type":"int","doc":' + "[" * 10_000 + "]" * 10_000 + "}",
        '["\\"[[[", ' + "[" * 10_000 + "]" * 10_000 + "]",
    ],
    ids=lambda text: text[:12],
)
@pytest.mark.parametrize("strict", [True, False])
def test_deeper_texts_are_refused(text: str, *, strict: bool) -> None:
    """Ten thousand levels are a refusal that says so, for stored schemas too, and no crash."""
    with pytest.raises(InvalidSchema, match="nested"):
        parsed(text, strict=strict)


def test_brackets_within_strings_are_not_nesting() -> None:
    """A doc may be full of brackets, quotes and backslashes."""
    doc = '[{"\\' * 2000
    assert parsed({"type": "record", "name": "R", "fields": [], "doc": doc}).describe().text.count("[{") == 2000


def test_a_deep_default_is_refused_in_a_new_schema_and_read_in_a_stored_one() -> None:
    """A default is data, and nobody's data is a hundred levels deep; what is stored can be asked everything."""
    deep = "[" * 600 + "]" * 600
    text = f'{{"type":"record","name":"R","fields":[{{"name":"f","type":{arrays(3)},"default":{deep}}}]}}'
    with pytest.raises(InvalidSchema, match="more than 100 levels"):
        parsed(text)
    everything(parsed(text, strict=False))


def test_a_schema_whose_stored_form_would_be_too_deep_is_refused() -> None:
    """A chain of types, each named before it is defined, is flat as a text and nested once it is stored."""
    chain = [record(f"R{n}", f"R{n + 1}") for n in range(1000)]
    with pytest.raises(InvalidSchema, match="stored form"):
        parsed([*chain, record("R1000")])
    everything(parsed([record("R1000"), *reversed(chain)]))


def test_a_long_chain_of_references_can_be_resolved() -> None:
    """References may stand on references a thousand deep; only the stored form must be shallow."""
    schema = parsed(record("Top", "R999"), record("R0"), *(record(f"R{n}", f"R{n - 1}") for n in range(1, 1000)))
    assert schema.describe().text.count('"type"') == 2
    assert schema.rendered("resolved").count('"record"') == 1001
    assert rabin(schema.root)


def test_shared_types_are_written_once() -> None:
    """Sixty levels, each using the one below twice, are sixty definitions and not two to the sixtieth."""
    tree = record("R0", "int")
    for level in range(1, 60):
        tree = record(f"R{level}", tree, f"R{level - 1}")
    schema = parsed(tree)
    everything(schema)
    assert schema.describe().text.count('"record"') == 60


def test_a_record_may_have_a_hundred_thousand_fields() -> None:
    """Size alone is no reason to refuse."""
    schema = parsed(record("R", *["int"] * 100_000))
    assert len(schema.describe().fields) == 100_000


def test_defaults_in_unions_of_records_do_not_multiply() -> None:
    """Each level of the default fits both branches up to its last field; the answer still comes."""
    records = [record("A", ["A", "B", "null"], "int"), record("B", ["A", "B", "null"], "long")]
    default: Any = None
    for _ in range(90):
        default = {"f0": default, "f1": "neither"}
    field = {"name": "f", "type": ["A", "B"], "default": default}
    with pytest.raises(InvalidSchema, match="fits no branch"):
        parsed([*records, {"type": "record", "name": "C", "fields": [field]}])


def test_large_defaults_are_not_told_of_again_on_every_level() -> None:
    """What fits the last branch alone, on each of ninety levels, is not written out for those before it."""
    tree: Any = "double"
    default: Any = [1.5] * 50_000
    for _ in range(90):
        tree = ["null", "boolean", "int", "long", "float", "double", "bytes", {"type": "array", "items": tree}]
        default = [default]
    field = {"name": "f", "type": {"type": "array", "items": tree}, "default": default}
    parsed({"type": "record", "name": "R", "fields": [field]})


def test_defaults_that_take_too_long_to_check_are_refused() -> None:
    """Thousands of values, each to be tried with thousands of branches, are a refusal that says so."""
    branches = [*(record(f"R{n}", "int") for n in range(500)), record("Fits")]
    field = {"name": "f", "type": {"type": "array", "items": branches}, "default": [{}] * 1000}
    with pytest.raises(InvalidSchema, match="too long"):
        parsed({"type": "record", "name": "R", "fields": [field]})


def test_defaults_of_fields_within_defaults_do_not_multiply() -> None:
    """Records that share records, all with the default {}, are checked one by one."""
    tree: Any = {"type": "record", "name": "R0", "fields": []}
    for level in range(1, 60):
        fields = [{"name": "a", "type": tree, "default": {}}, {"name": "b", "type": f"R{level - 1}", "default": {}}]
        tree = {"type": "record", "name": f"R{level}", "fields": fields}
    everything(parsed(tree))


def test_many_small_definitions_are_not_each_compared_with_a_large_one() -> None:
    """A second definition of another size is seen to differ before its parts are looked at."""
    large = record("R", *["int"] * 20_000)
    with pytest.raises(InvalidSchema, match="already defined"):
        parsed(record("Top", large, *[record("R")] * 2_000))


def test_a_name_has_at_most_a_thousand_characters() -> None:
    """A long namespace is part of the full name of every type within."""
    within = [{"type": "enum", "name": f"E{n}", "symbols": []} for n in range(1000)]
    with pytest.raises(InvalidSchema, match="at most 1000 characters"):
        parsed({**record("R", *within), "namespace": "n" * 1_000_000}, strict=False)
    parsed({**record("R"), "namespace": "n" * 998})


def test_a_message_is_short_whatever_it_is_about() -> None:
    """Names and values in a sentence are cut."""
    for tree in (
        "x" * 1_000_000,
        {"type": "record", "name": "R", "fields": [{"name": "-" * 1_000_000, "type": "int"}]},
    ):
        with pytest.raises(InvalidSchema) as refused:
            parsed(json.dumps(tree))
        assert len(str(refused.value)) < 600


@pytest.mark.parametrize(
    "text",
    [
        '"' + '\\"' * 200_000,
        "/*" * 200_000,
        '{"p":[' + "1" * 999 + ("," + "1" * 999) * 300 + ",NaN]}",
        "{" + '"a":1,' * 100_000 + '"a"}',
        '["int",' + '{"type":"array","items":"' * 400,
    ],
    ids=["quotes", "comments", "digits", "keys", "open"],
)
def test_broken_texts_are_refused_in_time(text: str) -> None:
    """No pattern that looks for what is wrong goes over the text again and again."""
    with pytest.raises(InvalidSchema):
        parsed(text)
