"""What the rows of `cases.jsonl` cannot show: where Java would store a text that is not what it read."""

import json
from typing import Any

import pytest

from compat.avro import AvroSchema, parse
from compat.avro.types import Record
from compat.schema import InvalidSchema, Source


def parsed(text: str, *, strict: bool = True) -> AvroSchema:
    return parse(Source("AVRO", text), strict=strict)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ('{"type":"int","p":"\\ud800"}', 20),
        ('{"type":"int","p":"ab\\udc00"}', 22),
        ('{"type":"int","p":"\\ud83dx\\ude00"}', 20),
        ('{"type":"int","p":"\\ud83d\\ud83d\\ude00"}', 20),
        ('{"type":"int","p":"\\ud83d\\n"}', 20),
        ('{"type":"int","\\uDEAD":1}', 16),
        ('{"type":"int","p":"\ud800"}', 20),
    ],
)
@pytest.mark.parametrize("strict", [True, False])
def test_half_a_surrogate_pair_is_refused(text: str, column: int, *, strict: bool) -> None:
    """As an escape or as it is: no UTF-8 has it, so it could not be stored."""
    with pytest.raises(InvalidSchema, match="half of a surrogate pair") as refused:
        parsed(text, strict=strict)
    assert (refused.value.line, refused.value.column) == (1, column)


def test_surrogate_pairs_and_escaped_backslashes_are_no_halves() -> None:
    """A pair of escapes is one character; a backslash before a u may itself be escaped."""
    text = parsed('{"type":"int","p":"\\ud83d\\ude00\\uD83D\\uDE00\\\\ud800"}').describe().text
    assert text == '{"type":"int","p":"😀😀\\\\ud800"}'


def test_a_name_that_would_mean_another_type_once_stored_is_refused() -> None:
    """Stored, n.T stands where it is met first, and with it n.S comes before the name of the other S."""
    tree: list[Any] = [
        {"type": "enum", "name": "S", "symbols": ["A"]},
        {"type": "record", "name": "n.Q", "fields": [{"name": "t", "type": "T"}, {"name": "s", "type": "S"}]},
        {"type": "record", "name": "n.T", "fields": [{"name": "s", "type": {"type": "fixed", "name": "S", "size": 1}}]},
    ]
    with pytest.raises(InvalidSchema, match="would mean another type"):
        parsed(json.dumps(tree))
    in_order = parsed(json.dumps([tree[0], {**tree[1], "fields": tree[1]["fields"][1:]}, tree[2]]))
    assert parsed(in_order.describe().text).describe() == in_order.describe()


def test_a_place_is_counted_in_lines_and_columns() -> None:
    """Comments, blank lines and characters of several bytes count as they are seen."""
    text = '// é\n{"type": "record", "name": "R", /* two\n lines */ "fields": [\n\n  {"name": "é😀", "type": "int"}]}'
    with pytest.raises(InvalidSchema) as refused:
        parsed(text)
    assert (refused.value.path, refused.value.line, refused.value.column) == ("/fields/0/name", 5, 12)


def test_a_path_is_a_json_pointer() -> None:
    """Slashes and tildes in a key are escaped."""
    text = '{"type":"record","name":"R","fields":[{"name":"f","type":"x","a/~":1}]}'
    with pytest.raises(InvalidSchema) as refused:
        parsed(text)
    assert refused.value.path == "/fields/0/type"
    with pytest.raises(InvalidSchema, match="64 bits") as huge:
        parsed('{"type":"record","name":"R","fields":[],"a/~":99999999999999999999}')
    assert huge.value.path == "/a~1~0"


def test_of_a_key_that_is_given_twice_the_last_counts() -> None:
    """As for Jackson; the stored text has it once, where it came first."""
    schema = parsed('{"type":"record","p":1,"name":"Q","name":"R","fields":[{}],"fields":[],"p":2}')
    assert schema.describe().text == '{"type":"record","name":"R","fields":[],"p":2}'


def test_a_recursive_type_is_a_circle_of_objects() -> None:
    """A type that is named again is the very same object."""
    root = parsed('{"type":"record","name":"R","fields":[{"name":"f","type":["null","R"]}]}').root
    assert isinstance(root, Record)
    assert root.fields[0].type.branches[1] is root  # type: ignore[union-attr]
