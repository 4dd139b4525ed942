"""What else may be a schema, and where: YAML, import roots, what only a registry has, files that were renamed."""

import re
from pathlib import Path

import pytest

from compat import InvalidSchema
from compat.pieces import plain
from momus.client import Reference, RegistryClient, Schema
from momus.gate.core_yaml import read
from momus.gate.reading import load
from momus.testing import Registry
from tests.gate.repositories import ID, NOTE_WITH_DEFAULT, field, record, repository, rules

# ------------------------------------------------------------------------------------------------ YAML

YAML_CONFIG = 'version: 1\nschemas:\n  - {path: "**/*.{yaml,json}", subject: "{stem}", type: JSON}\n'
ORDER = """\
# An order.
title: Order
type: object
properties:
  id: &id {type: integer}
  to:
    $ref: address.yaml
additionalProperties: false
"""
ADDRESS = "type: object\nproperties:\n  street:\n    type: string\nadditionalProperties: false\n"


def test_json_schema_may_be_yaml(tmp_path: Path) -> None:
    """Findings point at YAML's lines, through references to other files too; values are those of JSON."""
    made = repository(tmp_path, {"s/order.yaml": ORDER, "s/address.yaml": ADDRESS}, YAML_CONFIG)
    made.write({"s/address.yaml": ADDRESS.replace("string", "integer"), "s/order.contract.yaml": "{}"})
    found = made.check(code=1)["findings"]
    assert {one["subject"] for one in found} == {"address", "order"}
    for one in found:
        assert [one["location"][key] for key in ("file", "line", "column")] == ["s/address.yaml", 4, 5]


def test_yaml_of_json_is_json(tmp_path: Path) -> None:
    """A schema that moves from one to the other has not changed."""
    made = repository(
        tmp_path, {"s/a.json": '{"type": "object", "properties": {"a": {"const": "2020-01-01"}}}'}, YAML_CONFIG
    )
    (made.root / "s/a.json").unlink()
    made.write({"s/a.yaml": "type: object\nproperties:\n  a: {const: 2020-01-01}\n"})
    answer = made.check()
    assert (rules(answer), [one["status"] for one in answer["subjects"]]) == ([], ["compatible"])


VALUES = {
    "a: 2020-01-01": {"a": "2020-01-01"},
    "a: [null, ~, true, False, 1, -2, 0x1F, 0o17, 1.5, 1e3, .5]": {
        "a": [None, None, True, False, 1, -2, 31, 15, 1.5, 1000.0, 0.5]
    },
    "a: ['no', \"010\", !!str 1]": {"a": ["no", "010", "1"]},
    "200: x\nno: y\n1.5: z": {"200": "x", "no": "y", "1.5": "z"},
    "a: &x {b: 1}\nc: [*x, *x]": {"a": {"b": 1}, "c": [{"b": 1}, {"b": 1}]},
    '{"a": {"b": [1, "x"]}}': {"a": {"b": [1, "x"]}},
    "a: |\n  x\n  y\n": {"a": "x\ny\n"},
    "a:": {"a": None},
}


@pytest.mark.parametrize("text", VALUES)
def test_yaml_says_what_json_says(text: str) -> None:
    """Words are what YAML 1.2 calls them, and keys are texts."""
    assert plain(read(text)) == VALUES[text]


DOUBTFUL = {
    "a: 1\nb: no": (2, 4, 'true or false to some readers of YAML, and a text to others: write it as "no"'),
    "a: Off": (1, 4, "true or false"),
    "a: 010": (1, 4, "octal to some readers of YAML"),
    "a: 1_000": (1, 4, "a number to some readers"),
    "a: 12:30": (1, 4, "a number to some readers"),
    "a: .nan": (1, 4, "a number that JSON does not have"),
    "a: 1\nb: 2\na: 3": (3, 1, "the key 'a' is there already, on line 1"),
    "<<: {a: 1}": (1, 1, "refer to them with $ref"),
    "a: !!python/object/apply:os.system [x]": (1, 4, "none of JSON's"),
    "a: !x 1": (1, 4, "none of JSON's"),
    "? [a]\n: 1": (1, 3, "a key is a text"),
    "a: b: c": (1, 5, "no YAML"),
    "a: 1\n---\nb: 2": (2, 1, "no YAML"),
    "": (1, 1, "no value"),
    "a: *b": (1, 4, "no YAML"),
}


@pytest.mark.parametrize("text", DOUBTFUL)
def test_yaml_that_might_mean_two_things_is_refused(text: str) -> None:
    """By line and column, and with the way to say what is meant."""
    with pytest.raises(InvalidSchema) as refused:
        read(text)
    line, column, said = DOUBTFUL[text]
    assert (refused.value.line, refused.value.column) == (line, column)
    assert said in refused.value.message


LAUGHS = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
)


@pytest.mark.parametrize("text", [LAUGHS, "a: &a [*a]", "[" * 50_000, "a: &a {b: *a}", "- " * 5_000])
def test_hostile_yaml_is_refused(text: str) -> None:
    """Aliases that grow, or have no end, and depth."""
    with pytest.raises(InvalidSchema):
        read(text)


# ------------------------------------------------------------------------------------------------ import roots

ROOTS = """
version: 1
schemas:
  - {path: one, subject: "one/{path}"}
  - {path: two/proto, subject: "two/{path}"}
"""
PROTOS = {
    "one/shop/order.proto": 'syntax = "proto3";\nimport "money/money.proto";\nimport "shop/line.proto";\n'
    'import "google/protobuf/timestamp.proto";\n'
    "message Order { money.Money total = 1; Line line = 2; google.protobuf.Timestamp at = 3; }\n",
    "one/shop/line.proto": 'syntax = "proto3";\nmessage Line { int32 a = 1; }\n',
    "two/proto/shop/line.proto": 'syntax = "proto3";\nmessage Line { string other = 1; }\n',
    "two/proto/money/money.proto": 'syntax = "proto3";\npackage money;\nmessage Money { int64 units = 1; }\n',
}


def test_imports_are_found_across_roots(tmp_path: Path) -> None:
    """In the file's own root first, then in the others; what everybody has needs no file."""
    made = repository(tmp_path, PROTOS, ROOTS)
    made.write({"two/proto/money/money.proto": PROTOS["two/proto/money/money.proto"].replace("int64", "string")})
    answer = made.check(code=1)
    assert {one["subject"] for one in answer["subjects"]} == {"one/shop/order.proto", "two/money/money.proto"}
    order = next(one for one in answer["subjects"] if one["subject"] == "one/shop/order.proto")
    assert [one["subject"] for one in order["references"]] == ["two/money/money.proto", "one/shop/line.proto"]


def test_missing_import_is_told_at_its_line(tmp_path: Path) -> None:
    """With the root that would have it, if another one has."""
    made = repository(tmp_path, PROTOS, ROOTS.replace("two/proto", "two"))
    (finding,) = [one for one in made.check("--all", code=3)["findings"] if one["subject"] == "one/shop/order.proto"]
    assert (finding["rule"], finding["location"]["line"], finding["location"]["column"]) == ("REFERENCE_MISSING", 2, 1)
    assert "two/proto/money/money.proto is there as 'proto/money/money.proto'" in finding["message"]
    assert "`root: two/proto`" in finding["message"]


# ------------------------------------------------------------------------------------------------ only in a registry

USER = record(field("total", "pay.Money"), ID, name="Order")
MONEY = record(field("x", "Unit"), name="Money", namespace="pay")
UNIT = '{"type": "enum", "name": "Unit", "namespace": "pay", "symbols": ["A"]}'
ONE = 'version: 1\nschemas:\n  - {path: "s/*.avsc", subject: "{stem}-value"}\n'


def filled(registry: Registry, subject: str) -> None:
    """A registry with a type, and one that it needs."""
    with RegistryClient(registry.url) as client:
        client.register_schema("unit", Schema(UNIT))
        client.register_schema(subject, Schema(MONEY, references=(Reference("pay.Unit", "unit", 1),)))


def test_reference_may_be_to_what_only_a_registry_has(tmp_path: Path) -> None:
    """By a subject of that very name, or of the one that the configuration names; with all that it needs itself."""
    made = repository(tmp_path, {"s/order.avsc": USER}, ONE)
    with Registry() as registry:
        filled(registry, "pay.Money")
        (found,) = made.check("--registry", registry.url)["subjects"]
        assert (found["status"], found["references"]) == (
            "new", [{"name": "pay.Money", "subject": "pay.Money", "isNew": False, "version": 1}],
        )  # fmt: skip
    with Registry() as registry:
        filled(registry, "money-value")
        assert rules(made.check("--registry", registry.url, code=3)) == ["REFERENCE_MISSING"]
        made.write({"momus.yaml": ONE + "references: {external: {pay.Money: money-value}}\n"})
        assert made.check("--registry", registry.url)["subjects"][0]["references"][0]["subject"] == "money-value"
        made.write({"momus.yaml": ONE + "references: {external: {pay.Money: {subject: money-value, version: 7}}}\n"})
        refused = made.run("check", "--registry", registry.url)
        assert (refused.exit_code, "has no version 7 of 'money-value'" in refused.stderr) == (2, True)
        made.write({"momus.yaml": ONE + "references: {external: {pay.Money: money-value}}\n"})
        with RegistryClient(registry.url) as client:
            client.register_schema("order-value", Schema(USER, references=(Reference("pay.Money", "money-value", 1),)))
        assert made.run("snapshot", "--registry", registry.url).exit_code == 0
    made.commit("snapshot")
    assert made.run("lint").exit_code == 0
    snapshot = (made.root / "momus.lock").read_text()
    (made.root / "momus.lock").unlink()
    (unknown,) = made.check("--all", code=3)["findings"]
    assert "which only a registry has, as 'money-value'" in unknown["message"]
    made.write({"momus.lock": snapshot})
    made.write({"s/order.avsc": record(field("total", "pay.Money"), field("id", "string"))})
    assert rules(made.check("--against", "snapshot", code=1)) == ["TYPE_CHANGED"]
    assert rules(made.check(code=1)) == ["TYPE_CHANGED"]


EXTERNAL = {
    "JSON": (
        ("u.json", '{"properties": {"it": {"$ref": "https://x.org/m.json"}, "n": %s}}'),
        ("https://x.org/m.json", '{"type": "object"}'),
        ('{"type": "string"}', '{"type": "integer"}'),
    ),
    "PROTOBUF": (
        ("u.proto", 'syntax = "proto3";\nimport "x/m.proto";\nmessage U { M it = 1; %s n = 2; }\n'),
        ("x/m.proto", 'syntax = "proto3";\nmessage M {}\n'),
        ("string", "int32"),
    ),
}


@pytest.mark.parametrize("kind", EXTERNAL)
def test_every_format_may_refer_to_a_registry(tmp_path: Path, kind: str) -> None:
    """By `$ref` and by import, in the old versions too."""
    (file, text), (name, needed), (before, after) = EXTERNAL[kind]
    config = f'version: 1\nschemas:\n  - {{path: "s/{file}", subject: "{{stem}}"}}\n'
    made = repository(tmp_path, {f"s/{file}": text % before}, config + f'references: {{external: {{"{name}": m}}}}\n')
    made.write({f"s/{file}": text % after})
    with Registry() as registry:
        with RegistryClient(registry.url) as client:
            client.register_schema("m", Schema(needed, kind))
        answer = made.check("--against", "git:HEAD,registry", "--registry", registry.url, code=1)
    assert "BASES_DIFFER" in rules(answer)
    assert {one["status"] for one in answer["subjects"]} == {"new", "incompatible"}


def test_reference_to_nothing_is_told_where_it_stands(tmp_path: Path) -> None:
    """With what is like it, and with the way to name what a registry has."""
    made = repository(tmp_path, {"s/money.avsc": MONEY.replace("Unit", "int"), "s/order.avsc": USER}, ONE)
    made.write({"s/order.avsc": USER.replace("pay.Money", "pay.Mony")})
    (finding,) = made.check(code=3)["findings"]
    line = USER.splitlines().index('   "type": "pay.Money"') + 1
    assert (finding["rule"], finding["location"]["line"]) == ("REFERENCE_MISSING", line)
    assert "did you mean 'pay.Money'?" in finding["message"]
    assert "`references.external`" in finding["message"]


def test_what_changes_too_will_have_the_next_version(tmp_path: Path) -> None:
    """Where a registry numbers versions, references in a verdict have the number that they will be registered with."""
    shared = record(field("k", "int"), name="Shared")
    user = record(field("it", "Shared"), name="User")
    made = repository(tmp_path, {"s/shared.avsc": shared, "s/user.avsc": user}, ONE)
    with Registry() as registry:
        with RegistryClient(registry.url) as client:
            client.register_schema("shared-value", Schema(shared))
        made.write({"s/shared.avsc": record(field("k", "int"), NOTE_WITH_DEFAULT, name="Shared")})
        found = {one["subject"]: one["references"] for one in made.check("--registry", registry.url)["subjects"]}
    assert found["user-value"] == [{"name": "shop.Shared", "subject": "shared-value", "isNew": True, "version": 2}]


# ------------------------------------------------------------------------------------------------ files move


def test_renamed_file_keeps_its_history(tmp_path: Path) -> None:
    """Versions are a subject's, whatever the file that it was in: through several names, and changes meanwhile."""
    config = 'version: 1\nschemas:\n  - {path: "s/**/*.avsc", subject: "{record}", level: BACKWARD_TRANSITIVE}\n'
    made = repository(tmp_path, {"s/a.avsc": record(ID, field("x", "int"))}, config)
    made.commit("drop", {"s/a.avsc": record(ID)})
    made.git("mv", "s/a.avsc", "s/b.avsc")
    made.commit("rename", {"s/b.avsc": record(ID, NOTE_WITH_DEFAULT)})
    (made.root / "s/deep").mkdir()
    made.git("mv", "s/b.avsc", "s/deep/c.avsc")
    made.commit("move")
    made.write({"s/deep/c.avsc": record(ID, NOTE_WITH_DEFAULT, field("x", "string", default=""))})
    answer = made.check(code=1)
    (finding,) = answer["findings"]
    assert (finding["rule"], finding["against"]["version"], finding["oldLocation"]["file"]) == (
        "TYPE_CHANGED", 1, "s/a.avsc",
    )  # fmt: skip
    assert [one["version"] for one in answer["subjects"][0]["versions"]] == [3, 2, 1]
    assert rules(made.check("--history", "3")) == []


# ------------------------------------------------------------------------------------------------ the page


def test_configurations_of_the_page_are_some(tmp_path: Path) -> None:
    """Each that docs/gate-formats.md shows can be loaded as it stands."""
    page = Path(__file__).parent.parent.parent / "docs" / "gate-formats.md"
    shown = re.findall(r"^```yaml\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(shown) == 3
    for text in shown:
        (tmp_path / "momus.yaml").write_text(text)
        assert load(tmp_path).schemas
