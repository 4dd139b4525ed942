"""Consent besides the approvals' file: commits, labels, schemas that are not stable, fields that were deprecated."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from compat import Source
from momus.gate.deprecation import fields_of
from tests.gate.repositories import ID, NOTE, Repository, field, record, repository, rules

ORDER = "schemas/order.avsc"
SCHEMAS = 'version: 1\nschemas: [{path: "schemas/*.avsc", subject: "{stem}-value"}]\n'
LABELS = SCHEMAS + "consent: {labels: [schema-break-approved, ok]}\n"


def broken(folder: Path, config: str, message: str = "break") -> Repository:
    """Two subjects, of which a branch breaks both."""
    files = {ORDER: record(ID), "schemas/other.avsc": record(ID, name="Other")}
    made = repository(folder, files, config)
    made.git("checkout", "--quiet", "-b", "feature")
    made.commit(message, {ORDER: record(ID, NOTE), "schemas/other.avsc": record(ID, NOTE, name="Other")})
    return made


def approved(answer: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """By whom and why, by subject."""
    found = {one["subject"]: one["approved"] for one in answer["findings"] if one["approved"]}
    return {subject: (one["by"], one["reason"]) for subject, one in found.items()}


def test_line_of_a_commit_approves_what_it_names(tmp_path: Path) -> None:
    """With its reason, its author and its commit; other subjects stay broken."""
    message = "Orders have notes\n\nNobody reads them.\n\nSchema-Break: order-value nobody reads it\n"
    made = broken(tmp_path, SCHEMAS + "consent: {commits: true}\n", message)
    commit = made.git("rev-parse", "HEAD")[:12]
    answer = made.check(code=1)
    assert approved(answer) == {"order-value": (f"t in commit {commit}", "nobody reads it")}
    assert [one["status"] for one in answer["subjects"]] == ["approved", "incompatible"]
    made.commit("and\n\nSchema-Break: oth* as above", {"README": "x"})
    assert set(approved(made.check())) == {"order-value", "other-value"}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (SCHEMAS, "Schema-Break: ** why not"),
        (SCHEMAS + "consent: {commits: true}\n", "Schema-Break: **"),
        (SCHEMAS + "consent: {commits: true}\n", "no Schema-Break: ** why not"),
    ],
)
def test_line_counts_only_where_it_may_and_with_a_reason(tmp_path: Path, config: str, message: str) -> None:
    """Consent is off unless the configuration has it on."""
    assert approved(broken(tmp_path, config, message).check(code=1)) == {}


def test_line_of_a_commit_before_the_base_is_no_consent(tmp_path: Path) -> None:
    """What was consented to was merged."""
    made = repository(tmp_path, {ORDER: record(ID)}, SCHEMAS + "consent: {commits: true}\n")
    made.commit("x\n\nSchema-Break: ** long ago", {"README": "x"})
    made.write({ORDER: record(ID, NOTE)})
    assert approved(made.check(code=1)) == {}


def test_label_of_a_pull_request_approves_all_of_it(tmp_path: Path) -> None:
    """As GitHub and GitLab tell it; another label does not."""
    made = broken(tmp_path / "r", LABELS)
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"labels": [{"name": "bug"}, {"name": "ok"}]}}))
    told = approved(made.check(GITHUB_EVENT_PATH=str(event)))
    assert told == dict.fromkeys(("order-value", "other-value"), ("label ok", "the request has this label"))
    assert len(approved(made.check(CI_MERGE_REQUEST_LABELS="bug,schema-break-approved"))) == 2
    made.check(code=1, CI_MERGE_REQUEST_LABELS="bug")
    for text in ('{"pull_request": {"labels": [{"name": "bug"}]}}', '{"pull_request": null}', "[]", "{"):
        event.write_text(text)
        made.check(code=1, GITHUB_EVENT_PATH=str(event))


def test_consent_is_not_for_what_cannot_be_read(tmp_path: Path) -> None:
    """A text that is no schema stays an error."""
    made = broken(tmp_path, LABELS)
    made.write({ORDER: "{"})
    assert set(approved(made.check(code=3, CI_MERGE_REQUEST_LABELS="ok"))) == {"other-value"}


MIXED = """version: 1
schemas:
  - {path: "schemas/*.avsc", subject: "{stem}"}
  - {path: "json/*.json", subject: "{stem}"}
  - {path: protos, subject: "{path}"}
"""


def marked(value: str, package: str) -> dict[str, str]:
    return {
        ORDER: record(ID, **{"x-stability": value}),
        "json/a.json": json.dumps({"type": "string", "x-stability": value}),
        "protos/a.proto": f'syntax = "proto3";\npackage {package};\nmessage A {{ int32 a = 1; }}\n',
    }


def test_schema_that_called_itself_unstable_may_break(tmp_path: Path) -> None:
    """As a warning, if the configuration reads it; what counts is what it said before the change."""
    was = marked("alpha", "shop.v1alpha1")
    made = repository(tmp_path, was, MIXED + "unstable: {marked: true}\n")
    stable = marked("stable", "shop.v1")
    changed = {
        path: text.replace('"int"', '"string"').replace('"string"', '"boolean"') for path, text in stable.items()
    }
    changed["protos/a.proto"] = was["protos/a.proto"].replace("int32", "string")
    made.write(changed)
    assert {one["severity"] for one in made.check()["findings"]} == {"warning"}
    made.commit("now stable", stable)
    made.write({path: text.replace("stable", "alpha").replace(".v1", ".v1beta1") for path, text in changed.items()})
    worst = {
        one["schemaType"]
        for one in made.check("--against", "git:HEAD", code=1)["findings"]
        if one["severity"] == "error"
    }
    assert worst == {"AVRO", "JSON", "PROTOBUF"}
    made.write({"momus.yaml": MIXED})
    made.git("checkout", "--quiet", "HEAD~1", "--", "schemas")
    made.commit("alpha again")
    made.write({ORDER: record(field("id", "string"))})
    assert "error" in {one["severity"] for one in made.check("--against", "git:HEAD", code=1)["findings"]}


def dated(made: Repository, days: int, files: dict[str, str]) -> None:
    """A commit of so many days ago."""
    made.write(files)
    made.git("add", "--all")
    day = (datetime.now(UTC) - timedelta(days=days)).isoformat()
    alias = f"alias.dated=!GIT_COMMITTER_DATE={day} git commit"
    made.git("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", alias, "dated", "--quiet", "--message", "x")


def versions(kind: str) -> tuple[str, str, str, str]:
    """The file, and three texts: with a field, with the field deprecated, without it."""
    match kind:
        case "AVRO":
            plain = field("note", "string")
            texts = [
                record(ID, field("in", json.loads(record(*notes, name="In"))))
                for notes in ([plain], [plain | {"deprecated": True}], [])
            ]
            return (ORDER, *texts)  # type: ignore[return-value]
        case "JSON":
            closed = {"type": "object", "additionalProperties": False}
            note = {"type": "string"}
            inner = [{"note": note}, {"note": note | {"deprecated": True}}, {}]
            shapes = (
                {**closed, "properties": {"in": {"$ref": "#/$defs/in"}}, "$defs": {"in": {**closed, "properties": one}}}
                for one in inner
            )
            return ("json/a.json", *map(json.dumps, shapes))  # type: ignore[return-value]
        case _:
            inside = ("string note = 1;", "string note = 1 [deprecated = true];", "")
            texts = [
                f'syntax = "proto3";\npackage shop;\nmessage A {{ message In {{ {one} int32 b = 2; }} In i = 1; }}\n'
                for one in inside
            ]
            return ("protos/a.proto", *texts)  # type: ignore[return-value]


LEVELS = {"AVRO": "FORWARD", "JSON": "BACKWARD", "PROTOBUF": "BACKWARD"}
WINDOWS = {  # what is asked, and whether the field was deprecated for so long
    "AVRO": [("versions: 2", True), ("versions: 3", False), ("days: 59", True), ("days: 61", False)],
    "JSON": [("versions: 2", True), ("versions: 3", False)],
    "PROTOBUF": [("versions: 2", True)],
}
POLICIES = {"AVRO": "STRICT", "JSON": "STRICT", "PROTOBUF": "SOURCE"}


@pytest.mark.parametrize("kind", LEVELS)
def test_field_that_was_deprecated_long_enough_may_go(tmp_path: Path, kind: str) -> None:
    """In so many versions, or for so many days; before that, or without being asked, it may not."""
    path, plain, deprecated, gone = versions(kind)
    config = MIXED.replace("}\n", f", policy: {POLICIES[kind]}}}\n")
    made = repository(tmp_path, {path: plain}, config)
    again = deprecated.replace("= 2", "=  2") if kind == "PROTOBUF" else deprecated + "\n"
    dated(made, 60, {path: deprecated})
    dated(made, 20, {path: again})
    made.write({path: gone})
    flags = ("--against", "git:HEAD", "--level", LEVELS[kind])
    assert rules(made.check(*flags, code=1)) != []
    for window, passes in WINDOWS[kind]:
        made.write({"momus.yaml": f"{config}deprecation: {{{window}}}\n"})
        answer = made.check(*flags, code=0 if passes else 1)
        assert all(by == "deprecation" and "deprecated" in why for by, why in approved(answer).values())
        assert bool(approved(answer)) is passes


def test_deprecation_that_was_taken_back_counts_anew(tmp_path: Path) -> None:
    """Only versions without a gap before the change are counted."""
    path, plain, deprecated, gone = versions("AVRO")
    made = repository(tmp_path, {path: deprecated}, MIXED + "deprecation: {versions: 2}\n")
    made.commit("back", {path: plain})
    made.commit("again", {path: deprecated + "\n"})
    made.write({path: gone})
    assert approved(made.check("--against", "git:HEAD", "--level", "FORWARD", code=1)) == {}


def test_fields_are_found_by_the_paths_of_the_comparison() -> None:
    """In Avro through names, in JSON Schema through references, in Protobuf by number."""
    line = record(field("a", "int", doc="Deprecated: no."), name="Line")
    avro = fields_of(Source("AVRO", record(field("x", json.loads(line)), field("y", ["null", "shop.Line"]))))
    assert avro.at(["fields", "1", "type", "1", "fields", "0", "type"]) == ("shop.Line", "a")
    assert avro.at(["fields", "1"]) == ("shop.Order", "y")
    assert (avro.at(["fields", "7"]), avro.marks["shop.Line", "a"], avro.marks["shop.Order", "x"]) == (
        None,
        True,
        False,
    )
    json_ = fields_of(Source("JSON", versions("JSON")[2]))
    assert json_.at(["properties", "in", "properties", "note", "type"]) == ("/$defs/in", "note")
    assert (json_.at(["properties", "none"]), json_.marks["/$defs/in", "note"]) == (None, True)
    protobuf = fields_of(Source("PROTOBUF", versions("PROTOBUF")[2]))
    assert (protobuf.at(["A", "In", "1"]), protobuf.marks["A/In", "1"]) == (("A/In", "1"), True)
