"""The schema of the configuration says what the configuration's reader says, wherever something is changed."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from momus.gate import reports
from momus.gate.editors import schema
from momus.gate.faults import WrongConfiguration
from momus.gate.reading import KEYS, configuration_of
from tests.gate.repositories import Repository
from tests.served import ROOT

SCHEMA = jsonschema_rs.validator_for(schema())
WHOLE = yaml.safe_load("""
version: 1
schemas:
  - {path: "a/*.avsc", subject: "{stem}", include: [a], exclude: [b], type: AVRO, level: FULL, policy: STRICT, root: r}
  - {path: proto, subject: {"**": "{path}"}}
ignore: [x]
references: {mode: infer, external: {com.Money: money-value, com.Other: {subject: other, version: 2}}}
against: {pull_request: git:merge-base, push: registry, default: snapshot}
severity: {TYPE_CHANGED: info, NAME_CHANGED: {"sandbox-*": warning}}
unstable: {subjects: [a], marked: true}
approvals: approvals.yaml
fail_on: warning
history: 20
snapshot: momus.lock
registry:
  url: http://localhost
  auth: {type: basic, user: u, password: p}
  ca: ca.pem
  certificate: c.pem
  key: k.pem
  prefix: p-
  context: c
  managed: [a]
  prune: false
  owner: me
  timeout: 3
  retries: 1
  proxy: http://proxy
  environments: {prod: {url: http://prod, auth: {type: oidc, audience: a, token: t}}}
outputs: [text, {sarif: build/momus.sarif}]
subjects:
  order: {level: FULL, policy: WIRE, compatibilityGroup: g, normalize: true, validateFields: null, mode: READONLY}
  other: {alias: order}
global: {level: FULL, policy: WIRE, compatibilityGroup: g, normalize: true, validateFields: null, mode: READWRITE}
lint: {extends: all, rules: {DOC_MISSING: off}, forbidden: [float]}
consent: {commits: true, labels: [approved]}
deprecation: {versions: 2, days: 30}
""")
VALUES: tuple[Any, ...] = (
    None,
    "",
    "x",
    "all",
    0,
    1,
    -1,
    2.5,
    True,
    False,
    [],
    ["x"],
    [1],
    {},
    {"x": "y"},
    {"x": 1},
    {"x": {}},
)
Way = tuple[Any, ...]


def paths(value: Any, way: Way = ()) -> Iterator[Way]:
    yield way
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from paths(inner, (*way, key))


def changed(way: Way, value: Any) -> Any:
    if not way:
        return value
    made = copy.deepcopy(WHOLE)
    inner = made
    for step in way[:-1]:
        inner = inner[step]
    inner[way[-1]] = value
    return made


def without(way: Way) -> Any:
    made = copy.deepcopy(WHOLE)
    inner = made
    for step in way[:-1]:
        inner = inner[step]
    del inner[way[-1]]
    return made


def is_read(value: Any) -> bool:
    try:
        configuration_of(value, Path("momus.yaml"))
    except WrongConfiguration:
        return False
    return True


def test_schema_and_reader_say_the_same() -> None:
    """Whatever one value is exchanged for, or which key is left out or unknown: both take it, or both refuse it."""
    assert SCHEMA.is_valid(WHOLE)
    assert is_read(WHOLE)
    assert WHOLE.keys() == set(KEYS)
    cases = [(way, value, changed(way, value)) for way in paths(WHOLE) for value in VALUES]
    cases += [(way, "left out", without(way)) for way in paths(WHOLE) if way]
    cases += [
        ((*way, "unkown"), "added", changed((*way, "unkown"), 1)) for way in paths(WHOLE) if isinstance(_at(way), dict)
    ]
    differ = [(way, value, is_read(case)) for way, value, case in cases if SCHEMA.is_valid(case) is not is_read(case)]
    assert differ == []
    assert {is_read(case) for *_, case in cases} == {True, False}


def _at(way: Way) -> Any:
    inner = WHOLE
    for step in way:
        inner = inner[step]
    return inner


CONFIGURATIONS = sorted(ROOT.glob("examples/**/momus.yaml"))


@pytest.mark.parametrize("path", [path for path in CONFIGURATIONS if "schemas" in path.read_text()], ids=str)
def test_configurations_of_ours_are_valid(path: Path) -> None:
    """Those of the examples."""
    assert SCHEMA.is_valid(yaml.safe_load(path.read_text(encoding="utf-8")))


def test_both_schemas_are_printed(tmp_path: Path) -> None:
    """`momus schema config` and `momus schema output`, each a JSON Schema."""
    here = Repository(tmp_path)
    assert json.loads(here.run("schema", "config").stdout) == schema()
    assert json.loads(here.run("schema", "output").stdout) == json.loads(reports.published())
    for what in ("config", "output"):
        jsonschema_rs.meta.validate(json.loads(here.run("schema", what).stdout))
    assert here.run("schema", "else").exit_code == 2
