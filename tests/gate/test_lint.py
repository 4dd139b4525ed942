"""`momus lint`: what each rule finds and lets pass, what the configuration and remarks change, and how it ends."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest

import compat.protobuf
from compat import Source
from momus.gate import advice
from momus.gate.configuration import FORMATS_OF_REPORTS, Entry, Lint
from momus.gate.facts import Facts
from momus.gate.lint.avro import RULES as AVRO
from momus.gate.lint.json import RULES as JSON
from momus.gate.lint.linting import document, rules_on
from momus.gate.lint.protobuf import RULES as PROTOBUF
from momus.gate.lint.rule import Fault, Rule, mixed, words
from momus.gate.project import Member
from tests.gate.repositories import ID, Repository, field, record, repository, rules

RULES = (*AVRO, *JSON, *PROTOBUF)
ORDER = "schemas/order.avsc"
NAMES = {  # of the files in which the examples stand, where it matters: the bad one, the good one
    "NAMESPACE_NOT_PATH": ("shop/Order.avsc", "shop/Order.avsc"),
    "PACKAGE_NOT_PATH": ("shop/v1/a.proto", "shop/v1/a.proto"),
    "FILE_NAME_NOT_SNAKE_CASE": ("shop/orderLine.proto", "shop/order_line.proto"),
}
NOTE = field("note", ["null", "string"])  # breaks NULLABLE_WITHOUT_DEFAULT
PRICE = field("price", "double")  # breaks MONEY_AS_FLOAT
PROTO = 'version: 1\nschemas:\n  - {path: protos, subject: "{path}"}\n'
TOP = 'syntax = "proto3";\npackage shop;\n'


FORBIDDEN = {"AVRO": "float", "JSON": "null", "PROTOBUF": "float"}


def faults(rule: Rule, text: str, name: str = "a", *forbidden: str) -> list[Fault]:
    member = Member(name, name, "s", rule.kind, Entry("*", (("**", "s"),)), Facts(text), "")
    return list(rule.find(document(member, Source(rule.kind, text), frozenset(forbidden))))


def ignoring(*names: str) -> dict[str, Any]:
    return {"momus:ignore": names}


def lint(made: Repository, *arguments: str, code: int = 0) -> dict[str, Any]:
    done = made.run("lint", "--output", "json", *arguments)
    assert done.exit_code == code, done.output
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.kind}-{rule.name}")
def test_rule_finds_its_bad_example_and_not_its_good_one(rule: Rule) -> None:
    """Each row of the tables shows what breaks it, and how to mend that."""
    bad, good = NAMES.get(rule.name, ("a", "a"))
    assert len(faults(rule, rule.bad, bad, FORBIDDEN[rule.kind])) == 1
    assert faults(rule, rule.good, good, FORBIDDEN[rule.kind]) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.kind}-{rule.name}")
def test_good_example_breaks_no_other_recommended_rule(rule: Rule) -> None:
    """Advice that is followed leads to no other complaint: but for what the example leaves out."""
    left_out = ("DIALECT_MISSING",)
    others = [one for one, _ in rules_on(Lint(), rule.kind) if one.name not in left_out]
    assert [one.name for one in others if faults(one, rule.good)] == []


def test_rules_are_named_as_those_of_the_comparison() -> None:
    """In the same spelling, and no name means two things in one format; what they say are sentences."""
    named = [(rule.kind, rule.name) for rule in advice.rules()]
    assert len(named) == len(set(named))
    assert [name for _, name in named if not re.fullmatch(r"[A-Z]+(_[A-Z0-9]+)*", name)] == []
    texts = [text for rule in RULES for text in (rule.sentence, rule.advice)]
    assert [text for text in texts if not text.endswith(".")] == []


def real_schemas() -> Iterator[tuple[str, Path]]:
    """Google's own types, and those of Kubernetes that stand alone."""
    known = Path(compat.protobuf.__file__).parent / "known"
    yield from (("PROTOBUF", path) for path in sorted(known.glob("google/type/*.proto")))
    folders = sorted((Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema").iterdir())
    alone = [path for path in sorted(folders[-1].glob("*.json")) if "_definitions.json" not in path.read_text()]
    yield from (("JSON", path) for path in alone[:60])


def test_good_schemas_pass_the_recommended_rules_in_silence() -> None:
    """Real schemas of people who know what they do: no finding at all."""
    found = []
    for kind, path in real_schemas():
        text = path.read_text(encoding="utf-8")
        for rule, _ in rules_on(Lint(), kind):
            found += [(path.name, rule.name, fault.message) for fault in faults(rule, text, path.name)]
    assert found == []


@pytest.mark.parametrize(
    ("name", "said"),
    [("orderId", ["order", "id"]), ("HTTPCode2", ["http", "code", "2"]), ("unit_PRICE", ["unit", "price"])],
)
def test_names_are_taken_apart_into_words(name: str, said: list[str]) -> None:
    """Whatever the way in which they are spelled."""
    assert words(name) == said


def test_names_that_tell_no_style_are_not_mixed() -> None:
    """One word is spelled alike in all styles; where two meet, the rarer one is told."""
    assert mixed(["id", "orderId", "X", "userName"]) is None
    assert mixed(["order_id", "orderId", "userName"]) == ("order_id", "orderId")


def test_finding_has_its_place_and_is_not_to_be_approved(tmp_path: Path) -> None:
    """File, line and column of the very thing; no approval is offered, and the gate ends as `--fail-on` says."""
    shop = repository(tmp_path, {ORDER: record(ID, NOTE)})
    (finding,) = lint(shop)["findings"]
    assert (finding["rule"], finding["path"], finding["severity"]) == (
        "NULLABLE_WITHOUT_DEFAULT",
        "/fields/1",
        "warning",
    )
    line = (shop.root / ORDER).read_text().splitlines().index('   "name": "note",')
    assert finding["location"] == {"file": ORDER, "line": line, "column": 3, "endLine": line + 6}
    assert [one["status"] for one in lint(shop, "--fail-on", "warning", code=1)["subjects"]] == ["faulty"]
    assert "approve" not in shop.run("lint").stdout


def test_every_output_can_tell_what_lint_found(tmp_path: Path) -> None:
    """The formats are those of the check, and none speaks of a comparison."""
    shop = repository(tmp_path, {ORDER: record(ID, NOTE), "schemas/good.avsc": record(ID, name="Good")})
    for each in FORMATS_OF_REPORTS:
        told = shop.run("lint", "--output", each)
        assert told.exit_code == 0
        assert "NULLABLE_WITHOUT_DEFAULT" in told.stdout
        assert "break" not in told.stdout.replace('"breaking": 0', ""), each


def test_configuration_says_which_rules_count_and_what_for(tmp_path: Path) -> None:
    """Rules of another set, one rule up, one off, and a severity for some subjects only."""
    config = (
        'version: 1\nschemas: [{path: "schemas/*.avsc", subject: "{stem}"}]\n'
        "lint: {extends: none, rules: {DOC_MISSING: info, MONEY_AS_FLOAT: error, NULLABLE_WITHOUT_DEFAULT: off}}\n"
        'severity: {MONEY_AS_FLOAT: {"sandbox*": info}}\n'
    )
    shop = repository(tmp_path, {ORDER: record(NOTE, PRICE), "schemas/sandbox.avsc": record(PRICE, name="S")}, config)
    found = lint(shop, code=1)["findings"]
    worth = {(one["subject"], one["rule"], one["severity"]) for one in found}
    assert ("order", "MONEY_AS_FLOAT", "error") in worth
    assert ("sandbox", "MONEY_AS_FLOAT", "info") in worth
    assert {rule for _, rule, _ in worth} == {"MONEY_AS_FLOAT", "DOC_MISSING"}


@pytest.mark.parametrize(
    ("lint_", "said"),
    [
        ("{extends: most}", "lint.extends"),
        ("{rules: {MONEY_AS_FLOTA: off}}", "did you mean 'MONEY_AS_FLOAT'"),
        ("{rules: {MONEY_AS_FLOAT: loud}}", "lint.rules.MONEY_AS_FLOAT"),
        ("{rule: {}}", "did you mean 'rules'"),
    ],
)
def test_configuration_that_cannot_be_meant_is_refused(tmp_path: Path, lint_: str, said: str) -> None:
    """Exit 2, with the key."""
    config = f'version: 1\nschemas: [{{path: "schemas/*.avsc", subject: "{{stem}}"}}]\nlint: {lint_}\n'
    done = repository(tmp_path, {ORDER: record(ID)}, config).run("lint")
    assert done.exit_code == 2
    assert said in done.stderr


def test_remark_in_a_schema_ignores_a_rule_from_there_on(tmp_path: Path) -> None:
    """At a field for the field, at a record for all in it; one that is idle or of no rule is told."""
    at_field = record({**PRICE, "momus:ignore": {"MONEY_AS_FLOAT": "so it is sent"}}, field("cost", "float"))
    shop = repository(tmp_path, {ORDER: at_field})
    assert [(one["rule"], one["path"]) for one in lint(shop)["findings"]] == [("MONEY_AS_FLOAT", "/fields/1/type")]
    shop.write({ORDER: record(PRICE, field("cost", "float"), **ignoring("MONEY_AS_FLOAT"))})
    assert lint(shop)["findings"] == []
    shop.write({ORDER: record(ID, **ignoring("MONEY_AS_FLOAT", "MONEY_AS_FLAOT"))})
    assert sorted(rules(lint(shop))) == ["IGNORE_UNKNOWN", "IGNORE_UNUSED"]


def test_comment_in_protobuf_ignores_a_rule_from_there_on(tmp_path: Path) -> None:
    """At a field, at a message, or at the syntax for the whole file."""
    message = "message Order {\n  double price = 1;%s\n}\n"
    remark = " // momus:ignore MONEY_AS_FLOAT so it is sent"
    shop = repository(tmp_path, {"protos/a.proto": TOP + message % ""}, PROTO)
    assert rules(lint(shop)) == ["MONEY_AS_FLOAT"]
    for text in (TOP + message % remark, f"{TOP}\n{remark}\n{message % ''}", f"{remark}\n{TOP}\n{message % ''}"):
        shop.write({"protos/a.proto": text})
        assert rules(lint(shop)) == []
    shop.write({"protos/a.proto": f"{TOP}{remark}\nmessage Other {{}}\n{message % ''}"})
    assert sorted(rules(lint(shop))) == ["IGNORE_UNUSED", "MONEY_AS_FLOAT"]


def test_what_cannot_be_read_ends_with_3_and_the_rest_is_looked_at(tmp_path: Path) -> None:
    """A syntax error, a name that nobody has, references that go round: each with its place."""
    files = {
        "schemas/bad.avsc": '{"type": "record",\n  "nam": "X"}',
        "schemas/lost.avsc": record(field("x", "shop.Nowhere"), name="Lost"),
        "schemas/a.avsc": record(field("b", "shop.B"), name="A"),
        "schemas/b.avsc": record(field("a", "shop.A"), name="B"),
        ORDER: record(PRICE),
    }
    answer = lint(repository(tmp_path, files), code=3)
    expected = ["MONEY_AS_FLOAT", "REFERENCE_CYCLE", "REFERENCE_CYCLE", "REFERENCE_MISSING", "SCHEMA_INVALID"]
    assert sorted(rules(answer)) == expected
    lost = next(one for one in answer["findings"] if one["rule"] == "REFERENCE_MISSING")
    text = files["schemas/lost.avsc"].splitlines()[lost["location"]["line"] - 1]
    assert text[lost["location"]["column"] - 1 :].startswith('"shop.Nowhere"')
    assert answer["summary"]["invalid"] == 4


def test_references_are_followed_and_a_name_is_defined_alike(tmp_path: Path) -> None:
    """A type of another file is known; one that two files define differently is told, and alike is not."""
    line = {"type": "record", "name": "Line", "namespace": "shop", "fields": [ID]}
    files = {
        "schemas/line.avsc": json.dumps(line),
        ORDER: record(field("line", "shop.Line")),
        "schemas/copy.avsc": record(field("line", {**line, "doc": "A copy."}), name="Copy"),
    }
    shop = repository(tmp_path, files)
    assert lint(shop)["findings"] == []
    shop.write({"schemas/copy.avsc": record(field("line", {**line, "fields": []}), name="Copy")})
    (finding,) = lint(shop)["findings"]
    assert (finding["rule"], finding["location"]["file"]) == ("NAME_DEFINED_TWICE", "schemas/line.avsc")


def test_files_can_be_named(tmp_path: Path) -> None:
    """Only they are looked at; one that is no schema of the configuration is a mistake."""
    shop = repository(tmp_path, {ORDER: record(PRICE), "schemas/other.avsc": record(PRICE, name="Other")})
    assert [one["subject"] for one in lint(shop, "schemas/other.avsc")["subjects"]] == ["other-value"]
    assert shop.run("lint", "momus.yaml").exit_code == 2


def test_check_knows_the_names_of_lint_in_its_configuration(tmp_path: Path) -> None:
    """One file configures both verbs."""
    config = (
        'version: 1\nschemas: [{path: "schemas/*.avsc", subject: "{stem}"}]\nseverity: {MONEY_AS_FLOAT: info}\n'
        "lint: {rules: {DOC_MISSING: warning}}\n"
    )
    assert repository(tmp_path, {ORDER: record(ID)}, config).run("check").exit_code == 0


def test_explain_shows_what_breaks_a_rule() -> None:
    """Of lint and of the comparison: the sentence, an example, and what to do instead."""
    from click.testing import CliRunner

    from momus.__main__ import main

    for name, shown in (("money_as_float", "unit_price"), ("FIELD_WITHOUT_DEFAULT", '"note"'), ("IGNORE_UNUSED", "")):
        done = CliRunner().invoke(main, ["explain", name])
        assert done.exit_code == 0
        assert shown in done.stdout
        assert "Instead:" in done.stdout
    assert CliRunner().invoke(main, ["explain", "MONEY"]).exit_code == 2


def test_schemas_of_other_files_and_of_types_have_their_places(tmp_path: Path) -> None:
    """Avro IDL and YAML are told at their lines, a class at its own; what nobody can write there is not asked."""
    config = """version: 1
schemas:
  - {path: "idl/*.avdl", subject: "{record}"}
  - {path: "yaml/*.yaml", subject: "{stem}", type: JSON}
  - {path: "python:shop.models:Order", subject: "order"}
"""
    files = {
        "idl/a.avdl": '@namespace("shop")\nprotocol P {\n  record Line {\n    double price;\n  }\n}\n',
        "yaml/a.yaml": "$schema: http://json-schema.org/draft-07/schema#\ntype: string\nminimum: 3\n",
        "shop/models.py": "from dataclasses import dataclass\n\n@dataclass\nclass Order:\n    price: float\n",
    }
    found = lint(repository(tmp_path, files, config))["findings"]
    assert {(one["rule"], one["location"]["file"], one["location"]["line"]) for one in found} == {
        ("MONEY_AS_FLOAT", "idl/a.avdl", 4),
        ("KEYWORD_WITHOUT_EFFECT", "yaml/a.yaml", 3),
        ("MONEY_AS_FLOAT", "shop/models.py", 5),
    }
