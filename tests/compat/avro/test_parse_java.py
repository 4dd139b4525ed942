"""Our parser against real answers of Java's Avro 1.12.0, the parser that Confluent runs.

`cases.jsonl` has a row for each rule, `java.jsonl` random schemas. A row is a text (and the texts it refers to) with
what Java made of it: the stored text for a new schema and for a stored one (null: refused), its Parsing Canonical Form
and fingerprint, and what Confluent's steps of normalization give (null: they fail or change the meaning; absent: the
stored text). Where we differ from Java, `ours` has our answer and `why` the reason.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from compat.avro import AvroSchema, parse
from compat.avro.fingerprint import parsing_form, rabin
from compat.schema import InvalidSchema, Referent, Source

Row = dict[str, Any]


def rows(name: str) -> list[Row]:
    lines = (Path(__file__).parent / name).read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines if line]


CASES = rows("cases.jsonl")
RANDOM = rows("java.jsonl")


def source(row: Row) -> Source:
    referents = tuple(Referent(str(number), text) for number, text in enumerate(row.get("references", ())))
    return Source("AVRO", row["text"], referents)


def parsed(row: Row, *, strict: bool) -> AvroSchema | None:
    try:
        return parse(source(row), strict=strict)
    except InvalidSchema:
        return None


def refusal(row: Row) -> str | None:
    try:
        parse(source(row), strict=True)
    except InvalidSchema as refused:
        return str(refused)
    return None


def answers(row: Row) -> Row:
    """What we are held to: Java's answers, save where the row says that ours differ."""
    java = row["java"]
    return {"stored": java["new"], "normalized": java.get("stored", java["new"]), **java, **row.get("ours", {})}


@pytest.mark.parametrize("row", CASES, ids=[row["case"] for row in CASES])
def test_every_rule_has_the_answer_of_its_row(row: Row) -> None:
    """A new schema and a stored one are refused, or stored byte for byte, as the row of the rule says.

    A refusal says what is wrong, and where in the schema and in the text, in the words of the row.
    """
    check(row)
    assert refusal(row) == row.get("says")


def test_random_schemas_have_the_answers_of_java() -> None:
    """Whatever Java makes of a random schema, valid or broken, we make of it."""
    for row in RANDOM:
        check(row)


def check(row: Row) -> None:
    wanted = answers(row)
    new, stored = parsed(row, strict=True), parsed(row, strict=False)
    assert (new and new.describe().text) == wanted["new"], row
    assert (stored and stored.describe().text) == wanted["stored"], row
    schema = new or stored
    if schema is not None:
        assert parsing_form(schema.root) == wanted["form"], row
        assert rabin(schema.root) == wanted["rabin"], row
        if wanted["normalized"] is not None:
            assert schema.describe(normalize=True).text == wanted["normalized"], row


def test_each_refused_case_has_its_sentence_and_each_difference_its_reason() -> None:
    """No row refuses without a sentence, and none differs from Java without a reason."""
    for row in CASES:
        assert ("says" in row) == (answers(row)["new"] is None), row["case"]
        assert ("why" in row) == ("ours" in row), row["case"]
        assert all(row["ours"][key] != row["java"].get(key, "") for key in row.get("ours", ()) if key != "stored")
    assert not [row for row in RANDOM if "ours" in row]


def test_random_answers_cover_both_verdicts() -> None:
    """The recorded schemas hold us to refusals as well as to texts, in both modes."""
    verdicts = {(row["java"]["new"] is None, answers(row)["stored"] is None) for row in RANDOM}
    assert verdicts == {(False, False), (True, False), (True, True)}
