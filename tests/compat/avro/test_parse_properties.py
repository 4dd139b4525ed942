"""What must hold for every text and every schema, on random ones."""

import json
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from compat.avro import AvroSchema, parse
from compat.avro.fingerprint import md5, parsing_form, rabin, sha256
from compat.schema import InvalidSchema, Source
from tests.compat.avro.texts import shuffled, text, tree

seeds = st.integers(0, 2**63)
texts = seeds.map(Random).map(text)


def parsed(text: str, *, strict: bool = True) -> AvroSchema | None:
    try:
        return parse(Source("AVRO", text), strict=strict)
    except InvalidSchema:
        return None


def asked(schema: AvroSchema) -> list[str]:
    """The answers to all that can be asked."""
    described, normalized = schema.describe(), schema.describe(normalize=True)
    schema.tags()
    return [
        described.text, described.identity, normalized.text, normalized.identity, schema.rendered("resolved"),
        schema.with_tags(), parsing_form(schema.root), rabin(schema.root), md5(schema.root), sha256(schema.root),
    ]  # fmt: skip


def refusal(text: str, *, strict: bool) -> InvalidSchema | None:
    try:
        parse(Source("AVRO", text), strict=strict)
    except InvalidSchema as refused:
        return refused
    return None


@settings(max_examples=200)
@given(text=texts, strict=st.booleans())
def test_any_json_is_a_schema_or_refused(text: str, *, strict: bool) -> None:
    """There is no third outcome, and what is a schema answers all that can be asked of it."""
    schema = parsed(text, strict=strict)
    if schema is not None:
        asked(schema)


@settings(max_examples=150)
@given(text=st.text(st.sampled_from('{}[]",:/*\\ \n0123eE+-.NaInfity') | st.characters()))
def test_any_text_is_a_schema_or_refused(text: str) -> None:
    """Broken JSON, odd characters, half surrogates: a refusal with a place in the text, and no other exception."""
    refused = refusal(text, strict=False)
    assert refused is None or in_text(refused, text)


@settings(max_examples=150)
@given(
    text=texts, cut=st.integers(0, 400), patch=st.sampled_from(["", "{", '"', ",", "\\", "/*", "NaN", "\ud800", "]"])
)
def test_a_damaged_schema_is_a_schema_or_refused(text: str, cut: int, patch: str) -> None:
    """A text that lacks something, or has something in the wrong place, gives a refusal with a place in it."""
    damaged = text[:cut] + patch + text[cut + 1 :]
    refused = refusal(damaged, strict=True)
    assert refused is None or in_text(refused, damaged)


def in_text(refused: InvalidSchema, text: str) -> bool:
    """Whether the place of a refusal is one of the text; only a refusal of the whole may have none."""
    if not refused.line:
        return refused.message.startswith(("the text is", "the stored form", "a name in"))
    line = text.split("\n")[refused.line - 1]
    return 1 <= refused.column <= len(line) + 1


@settings(max_examples=200)
@given(text=texts)
def test_the_stored_form_is_its_own_stored_form(text: str) -> None:
    """Read again, in either mode, it is the same schema, written the same, and so is its normalized form."""
    schema = parsed(text)
    if schema is None:
        return
    for strict in (True, False):
        again = parsed(schema.describe().text, strict=strict)
        assert again is not None
        assert asked(again) == asked(schema)
    normalized = schema.describe(normalize=True)
    twice = parsed(normalized.text, strict=False)
    assert twice is not None
    assert twice.describe() == twice.describe(normalize=True) == normalized
    assert parsing_form(twice.root) == parsing_form(schema.root)


@settings(max_examples=150)
@given(seed=seeds, indent=st.sampled_from([None, 0, 3]))
def test_layout_is_not_part_of_the_identity(seed: int, indent: int | None) -> None:
    """Order of keys, white space and escapes change nothing that a look-up compares."""
    node = tree(Random(seed))
    schema = parsed(json.dumps(node))
    other = parsed(json.dumps(shuffled(Random(seed), node), indent=indent, ensure_ascii=False))
    assert (schema is None) == (other is None)
    if schema and other:
        assert schema.describe().identity == other.describe().identity
        assert schema.describe(normalize=True) == other.describe(normalize=True)


@settings(max_examples=150)
@given(text=texts)
def test_a_new_schema_can_be_read_once_it_is_stored(text: str) -> None:
    """What the strict rules take, the lenient ones take, and see the same."""
    schema = parsed(text)
    if schema is not None:
        lenient = parsed(text, strict=False)
        assert lenient is not None
        assert asked(lenient) == asked(schema)


def test_most_random_schemas_are_valid_and_some_are_not() -> None:
    """The properties above are about both."""
    valid = sum(parsed(text(Random(seed))) is not None for seed in range(300))
    assert 100 < valid < 280
