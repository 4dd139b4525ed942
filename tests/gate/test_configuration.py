"""What the configuration may say, and the sentence for everything that it may not."""

from pathlib import Path

import pytest

from momus.gate.faults import WrongConfiguration
from momus.gate.globs import fits, fixed_part
from tests.gate.repositories import AVRO_CONFIG, ID, Repository, record, repository

ENTRY = 'version: 1\nschemas:\n  - {path: "schemas/*.avsc", subject: "{stem}-value"}\n'

WRONG = {
    "": "must be a mapping",
    "version: 2\n": "version must be 1",
    "version: 1\n": "schemas must be a list",
    ENTRY + "schemes: 1\n": "schemes is no key of the configuration: did you mean 'schemas'?",
    ENTRY + "severity: {FIELD_WITHOUT_DEFALT: info}\n": "did you mean 'FIELD_WITHOUT_DEFAULT'?",
    ENTRY + "severity: {TYPE_CHANGED: fatal}\n": "severity.TYPE_CHANGED is 'fatal'; there are error, info, warning",
    ENTRY + "fail_on: always\n": "fail_on is 'always'",
    ENTRY + "outputs: [xml]\n": "outputs is 'xml'",
    ENTRY + "registry: {auth: {type: basic, pasword: x}}\n": "did you mean 'password'?",
    ENTRY + "references: {mode: explicit}\n": "references.mode must be infer",
    ENTRY + "against: {pull: git:main}\n": "against.pull is no key",
    'version: 1\nschemas: [{path: "/etc/*.avsc", subject: x}]\n': "must stay within the folder",
    'version: 1\nschemas: [{path: "schemas/*.avsc"}]\n': "schemas[0].subject must be a template",
    'version: 1\nschemas: [{path: "schemas/*.avsc", subject: "{topic}"}]\n': "the subject '{topic}' is no template",
    'version: 1\nschemas: [{path: "schemas/*.avsc", subject: "{stem.a}"}]\n': "the subject '{stem.a}' is no template",
    'version: 1\nschemas: [{path: "schemas/*.avsc", subject: "{stem!r}"}]\n': "the subject '{stem!r}' is no template",
    'version: 1\nschemas: [{path: "schemas/*.avsc", subject: "{stem"}]\n': "the subject '{stem' is no template",
    'version: 1\nschemas: [{path: "schemas/*.avsc", subject: same}]\n': "are both the subject 'same'",
    'version: 1\nschemas: [{path: "schemas/*.avsc", subject: property}]\n': "nothing that 'property' could stand for",
    'version: 1\nschemas: [{path: "schemas/a*.avsc", subject: "{stem}"}]\n': "no entry of `schemas` has schemas/b.avsc",
    'version: 1\nschemas: [{path: "schemas/*.avsc", subject: x, level: BACKWARDS}]\n': "did you mean 'BACKWARD'?",
    "version: 1\nschemas: [\n": "no YAML",
}


@pytest.mark.parametrize("text", WRONG)
def test_wrong_configuration_is_exit_2_and_a_sentence(tmp_path: Path, text: str) -> None:
    """Nothing is checked by a configuration that may mean something else."""
    made = repository(tmp_path, {"schemas/a.avsc": record(ID, name="A"), "schemas/b.avsc": record(ID, name="B")}, text)
    done = made.run("check")
    assert (done.exit_code, done.stdout) == (2, "")
    assert WRONG[text] in done.stderr


def test_wrong_usage_is_exit_2(tmp_path: Path) -> None:
    """So are flags that mean nothing, and a folder without a configuration."""
    made = repository(tmp_path, {"schemas/a.avsc": record(ID)})
    for arguments in (
        ["--output", "xml"],
        ["--against", "svn:1"],
        ["--level", "SIDEWAYS"],
        ["--history", "0"],
        ["--environment", "prod"],
    ):
        assert made.run("check", *arguments).exit_code == (2 if arguments[0] != "--environment" else 0), arguments
    assert made.run("check", "--against", "registry", "-e", "prod").exit_code == 2
    (tmp_path / "momus.yaml").unlink()
    done = made.run("check")
    assert (done.exit_code, "momus init" in done.stderr) == (2, True)


SUBJECTS = {
    "{stem}-value": "order-value",
    "{dir}.{name}": "eu.order.avsc",
    "{path}": "eu/order.avsc",
    "record": "shop.Order",
    "topic-record": "eu-shop.Order",
    "property": "mine",
}


@pytest.mark.parametrize("template", SUBJECTS)
def test_subject_is_made_of_the_path_or_the_text(tmp_path: Path, template: str) -> None:
    """By a template, by the record's name, or by a property of the schema."""
    config = f'version: 1\nschemas: [{{path: "schemas/**/*.avsc", subject: "{template}"}}]\n'
    made = repository(tmp_path, {"readme.txt": ""}, config)
    made.write({"schemas/eu/order.avsc": record(ID, **{"momus:subject": "mine"})})
    assert [one["subject"] for one in made.check()["subjects"]] == [SUBJECTS[template]]


def test_pyproject_is_a_configuration(tmp_path: Path) -> None:
    """`[tool.momus]` has the same keys."""
    made = repository(tmp_path, {"schemas/a.avsc": record(ID)})
    (tmp_path / "momus.yaml").unlink()
    entry = '[tool.momus]\nversion = 1\nschemas = [{path = "schemas/*.avsc", subject = "{stem}"}]\n'
    made.write({"pyproject.toml": entry})
    assert made.check()["config"] == "pyproject.toml"


def test_file_is_ignored_only_by_name(tmp_path: Path) -> None:
    """What looks like a schema is one, unless somebody says that it is none."""
    made = repository(tmp_path, {"schemas/a.avsc": record(ID)})
    made.write({"elsewhere/b.avsc": "{}"})
    assert made.run("check").exit_code == 2
    made.write({"momus.yaml": AVRO_CONFIG + "ignore: [elsewhere/**]\n"})
    assert made.run("check").exit_code == 0


def test_init_writes_a_configuration_that_works(tmp_path: Path) -> None:
    """Five minutes: init, then check."""
    made = repository(tmp_path, {"avro/a.avsc": record(ID), "proto/x/b.proto": 'syntax = "proto3";\nmessage B {}\n'})
    (tmp_path / "momus.yaml").unlink()
    assert made.run("init").exit_code == 0
    assert made.check()["summary"]["checked"] == 2
    assert made.run("init").exit_code == 2


def test_init_maps_every_file_and_finds_the_import_root(tmp_path: Path) -> None:
    """Imports begin where they resolve, JSON that says it is a schema is one, and JSON beside it is ignored."""
    draft = '{"$schema": "http://json-schema.org/draft-07/schema#"}'
    money = 'syntax = "proto3";\npackage shop;\nmessage Money {}\n'
    order = 'syntax = "proto3";\npackage shop;\nimport "shop/money.proto";\nmessage Order { Money price = 1; }\n'
    mixed = {"a/y.avsc": record(ID), "a/data [1].json": "{}", "j/a/x.json": draft, "j/b/x.json": draft}
    made = repository(tmp_path, mixed | {"shop/money.proto": money, "shop/order.proto": order})
    made.write({f"src/proto/{name}": text for name, text in (("deep/m.proto", money), ("o.proto", ""))})
    assert made.run("init", "--force").exit_code == 0
    subjects = {one["subject"] for one in made.check("--all")["subjects"]}
    imported = {"shop/money.proto", "shop/order.proto", "proto/deep/m.proto", "proto/o.proto"}
    assert subjects == {"y-value", "j/a/x.json", "j/b/x.json"} | imported


@pytest.mark.parametrize("pattern", ["[z-a]/*.avsc", "[!].avsc"])
def test_set_that_has_nothing_is_refused(pattern: str) -> None:
    """Such a pattern could fit no path."""
    with pytest.raises(WrongConfiguration, match="is no pattern"):
        fits("a", pattern)


def test_init_tells_what_it_cannot_read(tmp_path: Path) -> None:
    """In one line, and with 3; where there is no schema it says so."""
    made = repository(tmp_path, {})
    assert "no schema here" in made.run("init", "--force").stdout
    (tmp_path / "a.avsc").symlink_to("nowhere")
    done = made.run("init", "--force")
    assert (done.exit_code, "a.avsc cannot be read" in done.stderr) == (3, True)


def test_key_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    """At its line: the first would be dropped in silence, with all that it says. An alias is no second key."""
    made = repository(tmp_path, {}, AVRO_CONFIG + "severity: &a {}\nseverity: {}\n")
    done = made.run("check")
    assert (done.exit_code, "momus.yaml:5:1: the key 'severity' is there twice" in done.stderr) == (2, True)
    made.write({"momus.yaml": AVRO_CONFIG + 'subjects: {a: &a {level: FULL}, b: *a, "c": *a}\n'})
    assert made.run("check").exit_code == 0


def test_configuration_of_a_folder_above_is_named(tmp_path: Path) -> None:
    """It is not read unasked, and not hidden either."""
    made = repository(tmp_path, {"inner/README": ""})
    done = Repository(made.root / "inner").run("check")
    assert (done.exit_code, f"{made.root / 'momus.yaml'}: go there" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("path", "pattern", "does"),
    [
        ("a/b/c.avsc", "a/**/*.avsc", True),
        ("a/c.avsc", "a/**/*.avsc", True),
        ("ab/c.avsc", "a/**/*.avsc", False),
        ("a/b/c.avsc", "a/*.avsc", False),
        ("a.b", "a?b", True),
        ("a/b", "a?b", False),
        ("a.json", "*.{avsc,json}", True),
        ("b1", "b[0-9]", True),
        ("bx", "b[!0-9]", True),
        ("a+b", "a+b", True),
        ("aab", "a+b", False),
    ],
)
def test_pattern_fits_what_it_says(path: str, pattern: str, *, does: bool) -> None:
    """One star stays within a part, two do not."""
    assert fits(path, pattern) is does


def test_fixed_part_is_the_folder_before_the_first_wildcard() -> None:
    """It is where an entry's names start."""
    assert [fixed_part(one) for one in ("a/b/**/*.x", "*.x", "a/b.x", "a*/b/c.x")] == ["a/b", "", "a", ""]
