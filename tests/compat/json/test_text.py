"""JSON text, in and out: exact, and refused with a place."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compat.json.text import DEPTH, read, written
from compat.schema import InvalidSchema


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ('{ "b" : 1 , "a" : [ ] }', '{"b":1,"a":[]}'),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("1.0", "1.0"),
        ("1.10", "1.10"),
        ("0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"),
        ("1e2", "1E+2"),
        ("1.5e-10", "1.5E-10"),
        ("0.0000001", "1E-7"),
        ("-0.0", "0.0"),
        ("-0", "0"),
        ('"\\u00e9\\u0001\\/"', '"é\\u0001/"'),
        ('"\\ud83d\\ude00"', '"😀"'),
        ('"\\\\ud800"', '"\\\\ud800"'),
    ],
)
def test_a_value_is_written_as_jackson_writes_it(text: str, stored: str) -> None:
    """Keys keep their order, numbers their digits, decimals look as Java's BigDecimal; and again the same."""
    assert written(read(text)) == stored
    assert written(read(stored)) == stored


def test_sorted_keys_are_in_javas_order_at_any_depth() -> None:
    """By UTF-16 units, so that a character beyond the first plane comes before some within it."""
    assert written(read('{"\uff5e":1,"😀":{"b":1,"a":2},"A":[{"d":1,"c":2}]}'), sort=True) == (
        '{"A":[{"c":2,"d":1}],"😀":{"a":2,"b":1},"\uff5e":1}'
    )


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("", "the text is empty", 0, 0),
        (" \n", "the text is empty", 0, 0),
        ("\ufeff{}", "byte order mark", 1, 1),
        ('{"a":}', "not JSON: expecting value", 1, 6),
        ('{\n"a":1,}', "not JSON", 2, 0),
        ("{} {}", "not JSON: extra data", 1, 4),
        ("{'a':1}", "not JSON", 1, 2),
        ('// no\n{"a":1}', "not JSON: expecting value", 1, 1),
        ('{"a":1,\n "a":2}', 'the key "a" is given twice', 2, 2),
        ('{"b":{"a":1},"a":[{"a":1,"\\u0061":2}]}', "is given twice", 1, 26),
        ('{"a":NaN}', "JSON has no NaN", 1, 6),
        ('["NaN",-Infinity]', "JSON has no -Infinity", 1, 8),
        ("[1,1e400000000]", "beyond ten to the 1000th", 1, 4),
        (f"[{'1' * 1001}]", "more than 1000 digits", 1, 2),
        ('{"a":"\\ud800"}', "half of a surrogate pair", 0, 0),
        ('{"a":"\ud800"}', "half of a surrogate pair", 0, 0),
        ('{"a' + "\x00" + '":1}', "not JSON: invalid control character", 1, 4),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(text: str, message: str, line: int, column: int) -> None:
    """Also what Python's decoder takes: a key given twice, numbers that JSON does not have or nobody can calculate."""
    with pytest.raises(InvalidSchema) as refused:
        read(text)
    assert message in refused.value.message
    assert refused.value.line == line
    assert column in {0, refused.value.column}  # 0: Pythons differ in where they stop


@pytest.mark.parametrize("text", ['{"a":' * 100_000, "[" * 1_000_000, '{"a":' * (DEPTH + 1) + "1" + "}" * (DEPTH + 1)])
def test_what_is_nested_too_deeply_is_refused(text: str) -> None:
    """As a sentence, before anything recurses."""
    with pytest.raises(InvalidSchema, match="levels deep"):
        read(text)


def test_the_deepest_text_is_read_and_written() -> None:
    """Up to the limit both ways work."""
    text = '{"a":' * DEPTH + "1" + "}" * DEPTH
    assert written(read(text), sort=True) == text


_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(codec="utf-8"))
    | st.decimals(-1e9, 1e9, places=3),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(_VALUES)
@settings(max_examples=200)
def test_what_is_written_reads_as_what_it_was(value: Any) -> None:
    """And is written the same again; sorted as well."""
    text = written(value)
    assert read(text) == value
    assert written(read(text)) == text
    assert read(written(value, sort=True)) == value
    assert written(read(written(value, sort=True)), sort=True) == written(value, sort=True)


@given(st.text(st.sampled_from(list('{}[]":,.0123456789eE+-\\ntruefalsnu \n')), max_size=40))
@settings(max_examples=300)
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nothing else comes out of the reader."""
    try:
        value = read(text)
    except InvalidSchema:
        return
    assert read(written(value)) == value
