"""What is written: each format held to its own schema or to a golden text, all made of one outcome."""

import json
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import jsonschema_rs
import pytest

from momus.gate import reports
from momus.gate.check import Request, run
from momus.gate.configuration import FORMATS_OF_REPORTS
from momus.gate.findings import Outcome
from momus.gate.reading import load
from tests.gate.repositories import ID, NOTE, Repository, field, record, repository
from tests.gate.xsd import Schema

DATA = Path(__file__).parent / "data"
JUNIT = Schema(DATA / "junit-4.xsd")
PUBLISHED = Path(reports.__file__).with_name("schema.json")
CONFIG = """
version: 1
schemas:
  - {path: "schemas/*.avsc", subject: "{stem}-value"}
severity: {SUBJECT_REMOVED: info}
"""
ODD = '<b> & "%", `@all`: \u2028'


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A break, an approved break, a schema that cannot be read, a new one, an unchanged one, and one that is gone."""
    files = {f"schemas/{name}.avsc": record(ID, name=name) for name in ("Break", "Meant", "Same", "Gone", "Bad")}
    made = repository(tmp_path_factory.mktemp("reports") / "shop", files, CONFIG)
    made.write(
        {
            "schemas/Break.avsc": record(ID, NOTE, name="Break"),
            "schemas/Meant.avsc": record(field("id", "string", doc=ODD), name="Meant"),
            "schemas/New.avsc": record(ID, name="New"),
            "schemas/Bad.avsc": '{"type": "recrod"}',
        }
    )
    (made.root / "schemas/Gone.avsc").unlink()
    meant = next(one for one in made.check(code=3)["findings"] if one["subject"] == "Meant-value")
    assert made.run("approve", meant["fingerprint"], "--reason", f"planned {ODD}", "--by", "ann").exit_code == 0
    return made


@pytest.fixture(scope="module")
def outcome(made: Repository) -> Outcome:
    from datetime import date

    request = Request(against=("git:HEAD",), today=date(2026, 1, 1), version="1.2.3")
    return run(load(made.root), request)


def told(outcome: Outcome, format_: str) -> str:
    return reports.told(outcome, format_)


def test_every_format_is_written_in_one_run(made: Repository) -> None:
    """Several outputs, each into a file or to standard output, and one exit code."""
    flags = [flag for one in FORMATS_OF_REPORTS for flag in ("--output", f"{one}={made.root}/out/{one}")]
    done = made.run("check", *flags)
    assert (done.exit_code, done.stdout) == (3, "")
    assert sorted(path.name for path in (made.root / "out").iterdir()) == sorted(FORMATS_OF_REPORTS)
    silent = [path.name for path in (made.root / "out").iterdir() if "FIELD_WITHOUT_DEFAULT" not in path.read_text()]
    assert silent == []


def test_json_is_as_its_published_schema_says(outcome: Outcome) -> None:
    """Of all findings: with a proof and without, approved and not; and the numbers are those of the subjects."""
    answer = json.loads(told(outcome, "json"))
    errors = jsonschema_rs.validator_for(json.loads(PUBLISHED.read_text())).iter_errors(answer)
    assert [error.message for error in errors] == []
    numbers = {"checked": 5, "compatible": 2, "breaking": 1, "invalid": 1, "approved": 1, "skipped": 1}
    assert {name: answer["summary"][name] for name in numbers} == numbers
    assert answer["version"] == "1.2.3"


def test_schema_of_json_refuses_what_is_missing(outcome: Outcome) -> None:
    """It is no schema that everything fits."""
    schema = jsonschema_rs.validator_for(json.loads(PUBLISHED.read_text()))
    for member in ("rule", "fingerprint", "witness", "location"):
        answer = json.loads(told(outcome, "json"))
        del answer["findings"][0][member]
        assert not schema.is_valid(answer)


def test_lines_are_the_findings_and_then_the_envelope(outcome: Outcome) -> None:
    """What reads line by line gets the same members."""
    whole = json.loads(told(outcome, "json"))
    *lines, envelope = map(json.loads, told(outcome, "jsonl").splitlines())
    assert lines == whole.pop("findings")
    assert envelope == whole


def test_sarif_is_valid_by_the_official_schema(outcome: Outcome) -> None:
    """2.1.0, as vendored; approved breaks are suppressed, and each result has the fingerprint and both locations."""
    answer = json.loads(told(outcome, "sarif"))
    schema = jsonschema_rs.validator_for(json.loads((DATA / "sarif-schema-2.1.0.json").read_text()))
    assert [error.message for error in schema.iter_errors(answer)] == []
    (one,) = answer["runs"]
    results = {result["properties"]["subject"]: result for result in one["results"]}
    assert [name for name, result in results.items() if "suppressions" in result] == ["Meant-value"]
    assert results["Meant-value"]["suppressions"][0]["justification"].startswith("planned")
    listed = [rule["id"] for rule in one["tool"]["driver"]["rules"]]
    assert all(listed[result["ruleIndex"]] == result["ruleId"] for result in one["results"])
    fingerprints = {result["partialFingerprints"]["momusFingerprint/v1"] for result in one["results"]}
    assert fingerprints == {finding.fingerprint for finding in outcome.findings}
    physical = results["Break-value"]["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"]["uri"] == "schemas/Break.avsc"
    assert physical["region"]["startLine"] > 1


def test_junit_is_valid_by_the_schema_of_jenkins(outcome: Outcome) -> None:
    """As vendored; and the counts are those of the cases, of which each subject has a suite."""
    root = fromstring(told(outcome, "junit"))
    assert list(JUNIT.errors(root)) == []
    cases = list(root.iter("testcase"))
    for element in root.iter():
        if element.tag.startswith("testsuite"):
            mine = list(element.iter("testcase"))
            assert int(element.get("tests", "")) == len(mine)
            assert int(element.get("failures", "")) == sum(case.find("failure") is not None for case in mine)
            assert int(element.get("errors", "")) == sum(case.find("error") is not None for case in mine)
    failed = {case.get("classname") for case in cases if case.find("failure") is not None}
    assert failed == {"schemas/Break.avsc"}
    assert [case.get("classname") for case in cases if case.find("error") is not None] == ["schemas/Bad.avsc"]
    assert [case.get("classname") for case in cases if case.find("skipped") is not None] == ["schemas/Same.avsc"]


@pytest.mark.parametrize(
    "document",
    [
        "<testsuites><testcase name='a'/></testsuites>",
        "<testsuite name='a'/>",
        "<testcase name='a' level='FULL'/>",
        "<testcase name='a'><failure/><skipped/></testcase>",
        "<testcase name='a'>text</testcase>",
        "<testcase name='a'><skipped/><skipped/></testcase>",
        "<skipped message='it did not change'/>",
        "<tests/>",
    ],
)
def test_schema_of_junit_refuses_what_is_wrong(document: str) -> None:
    """A misplaced element, a missing attribute, one too many, text where none may be."""
    assert list(JUNIT.errors(fromstring(document))) != []


def test_annotations_are_golden(outcome: Outcome) -> None:
    """One command a finding that counts, worst first, with what a command may not contain written as it must be."""
    golden = (DATA / "annotations.txt").read_text(encoding="utf-8")
    assert told(outcome, "github") == golden


def test_annotations_are_named_from_the_top_of_the_repository(tmp_path: Path) -> None:
    """The services know files from there, wherever the configuration is."""
    made = repository(tmp_path, {"service/momus.yaml": CONFIG, "service/schemas/a.avsc": record(ID)}, "")
    below = Repository(made.root / "service")
    below.write({"schemas/a.avsc": record(ID, NOTE)})
    for format_ in ("github", "sarif", "gitlab"):
        assert "service/schemas/a.avsc" in below.run("check", "--output", format_).stdout
    assert below.check(code=1)["findings"][0]["location"]["file"] == "schemas/a.avsc"


def test_gitlab_reads_a_list_of_code_quality(outcome: Outcome) -> None:
    """The members that GitLab asks for, of what counts."""
    rows: list[dict[str, Any]] = json.loads(told(outcome, "gitlab"))
    assert {row["check_name"] for row in rows} == {"FIELD_WITHOUT_DEFAULT", "SCHEMA_INVALID", "SUBJECT_REMOVED"}
    for row in rows:
        assert row.keys() == {"description", "check_name", "fingerprint", "severity", "location"}
        assert row["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert row["location"]["lines"]["begin"] >= 1


def test_markdown_fits_into_a_comment(outcome: Outcome) -> None:
    """With the marker by which the comment is found again, and never longer than GitHub takes."""
    from dataclasses import replace

    text = told(outcome, "markdown")
    assert text.startswith("<!-- momus check -->\n")
    assert "@all" not in text
    many = replace(outcome, findings=outcome.findings * 200)
    assert len(told(many, "markdown")) <= 65_000
    assert "more: see the output of the job" in told(many, "markdown")


def test_page_says_nothing_that_a_browser_would_run(outcome: Outcome) -> None:
    """What schemas and people wrote is text."""
    page = told(outcome, "html")
    assert "<b> &" not in page
    assert page.count("<article") == len(outcome.findings)


def test_title_says_what_is_the_case(outcome: Outcome) -> None:
    """A schema that cannot be read breaks nobody yet, and is nothing good either."""
    from dataclasses import replace

    by_rule = {one.rule: one for one in outcome.findings}
    for verb, names, title in (
        ("check", ["SCHEMA_INVALID", "FIELD_WITHOUT_DEFAULT"], "Schema changes break somebody"),
        ("check", ["SCHEMA_INVALID"], "Schemas cannot be read"),
        ("check", ["SUBJECT_REMOVED", "TYPE_CHANGED"], "Schema changes break nobody"),  # the second is approved
        ("lint", ["SCHEMA_INVALID"], "Schemas cannot be read"),
        ("lint", ["FIELD_WITHOUT_DEFAULT"], "Schemas have faults"),
        ("lint", [], "Schemas are well written"),
    ):
        some = replace(outcome, verb=verb, findings=tuple(by_rule[name] for name in names))  # type: ignore[arg-type]
        assert f"{title}\n" in told(some, "markdown")
        assert f"<h1>{title}</h1>" in told(some, "html")
