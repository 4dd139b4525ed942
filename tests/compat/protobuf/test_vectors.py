"""Pairs with known verdicts: what Confluent answers, and what the bytes do."""

import json
from pathlib import Path
from typing import Any

import pytest

from compat.policy import Policy
from compat.protobuf.compare import compare
from compat.protobuf.dynamic import Side
from compat.protobuf.rules import RULES
from compat.protobuf.schema import ProtobufSchema
from compat.protobuf.sight import seen_by
from compat.report import Report
from tests.compat.protobuf.pairs import of_files

HERE = Path(__file__).parent
POLICIES = ("STRICT", "WIRE", "WIRE_SAFE", "JSON", "SOURCE", "LOGICAL")
SILENT = {
    "proto-053": ("FIELD_NUMERIC_LABEL_CHANGED", "#/A/1"),
    "proto-068": ("REQUIRED_FIELD_ADDED", "#/A/1"),
    "proto-112": ("FIELD_KIND_CHANGED", "#/A/1"),
    "proto-113": ("REQUIRED_FIELD_ADDED", "#/A/2"),
    "proto-116": ("FIELD_KIND_CHANGED", "#/A/1"),
    "proto-117": ("FIELD_SCALAR_KIND_CHANGED", "#/A/G/1"),
    "proto-118": ("FIELD_SCALAR_KIND_CHANGED", "#/A/[ext]/100"),
}
"""Pairs that break ordinary messages and that Confluent accepts, or cannot parse: what STRICT says of them."""

with (HERE / "vectors.jsonl").open() as lines:
    ROWS = [pytest.param(row, id=row["id"]) for row in map(json.loads, lines)]


def sides(row: Any) -> tuple[ProtobufSchema, ProtobufSchema]:
    return of_files(row["new"]), of_files(row["old"])


def compared(row: Any, name: str = "STRICT", **switches: bool) -> Report:
    return compare(*sides(row), Policy(name, **switches))  # type: ignore[arg-type]


def theirs(row: Any) -> list[str]:
    """What Confluent finds; of editions it has no opinion, because it cannot read them."""
    return [] if row["confluent"] == "ok" or "edition" in row["confluent"] else row["confluent"].split(",")


@pytest.mark.parametrize("row", ROWS)
def test_bug_for_bug_the_verdict_is_confluent_s(row: Any) -> None:
    """With `protobuf_confluent_exact` the differences are Confluent's, each and in its order."""
    report = compared(row, protobuf_confluent_exact=True)
    assert [one.confluent_type for one in report.differences] == theirs(row)


@pytest.mark.parametrize("row", ROWS)
def test_strict_is_confluent_s_and_what_it_overlooks(row: Any) -> None:
    """STRICT says what Confluent says, and refuses besides what breaks ordinary messages, in words of the same kind."""
    found = [(one.confluent_type, one.path) for one in compared(row).differences]
    if row["id"] in SILENT:
        assert found == [SILENT[row["id"]]]
    else:
        assert [type_ for type_, _ in found] == theirs(row)
        assert found or row["wire"] != "BREAK"


@pytest.mark.parametrize("row", ROWS)
def test_wire_refuses_what_breaks_and_nothing_else(row: Any) -> None:
    """WIRE refuses what breaks ordinary messages, WIRE_SAFE also what breaks some; WIRE warns of the latter."""
    wire = compared(row, "WIRE")
    assert wire.is_compatible == (row["wire"] != "BREAK")
    assert bool(wire.warnings) == (row["wire"] == "VALUE") or not wire.is_compatible
    assert compared(row, "WIRE_SAFE").is_compatible == (row["wire"] not in ("BREAK", "VALUE"))


@pytest.mark.parametrize("row", ROWS)
def test_policies_are_a_ladder(row: Any) -> None:
    """What one policy refuses, the next one refuses too."""
    verdicts = [compared(row, name).is_compatible for name in ("WIRE", "WIRE_SAFE", "JSON", "SOURCE")]
    assert verdicts == sorted(verdicts, reverse=True)


@pytest.mark.parametrize("row", ROWS)
def test_names_are_enough_to_be_refused_for_json(row: Any) -> None:
    """JSON refuses whatever changes a name that is in JSON, or a meaning."""
    if row["wire"] in ("MEANING", "NAME") and row["id"] != "proto-102":
        assert not compared(row, "JSON").is_compatible


@pytest.mark.parametrize("row", ROWS)
def test_every_refusal_is_proved_or_about_names(row: Any) -> None:
    """A witness is a message of the writer, whose bytes real classes read as its rule says; names need none."""
    reader, writer = (Side(side.files) for side in sides(row))
    reports = [compared(row, policy) for policy in POLICIES]
    for one in {found for report in reports for found in (*report.differences, *report.warnings)}:
        rule = RULES[one.rule]
        assert (one.witness is None) == rule.is_about_names, one
        if one.witness is None:
            assert "no bytes are misread" in one.info
            continue
        name = one.witness.error.removeprefix("message ").partition(":")[0]
        message = writer.make(name)
        message.ParseFromString(bytes.fromhex(one.witness.hex))
        assert message.IsInitialized()
        if "JSON" not in {effect.name for effect in rule.effects}:
            effects = {seen.effect for seen in seen_by(message, reader.make(name), reader, writer)}
            assert effects & rule.effects


@pytest.mark.parametrize("row", ROWS)
def test_a_schema_reads_itself(row: Any) -> None:
    """Nothing is told of a schema that is compared with itself, made anew."""
    for side in (row["old"], row["new"]):
        again = {name: f"{text}\n// again" for name, text in side.items()}
        assert compare(of_files(again), of_files(side), Policy("SOURCE")) == Report()
