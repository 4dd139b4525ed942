"""The six cases that no other tool passes, from end to end: git, the gate as a user runs it, and a running registry.

(f), that verdict and messages are the server's for every fixture, is `test_vectors.py` and `test_scenarios.py`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from momus.client import ConfigUpdate, Incompatible, Schema
from momus.testing import Registry
from tests.gate.planning import apply, client, is_empty, plan, steps
from tests.gate.repositories import ID, NOTE, NOTE_WITH_DEFAULT, Repository, field, record, repository, rules
from tests.served import PATIENCE, ROOT

CONFIG = """
version: 1
schemas:
  - {path: "avro/*.avsc", subject: "{stem}-value"}
  - {path: "json/*.json", subject: "{stem}-value"}
  - {path: proto, subject: {"order.proto": order-value, "**": "{path}"}}
"""
NEW_TYPE = {
    "AVRO": (
        {"avro/order.avsc": record(ID)},
        {
            "avro/order.avsc": record(ID, field("to", ["null", "Address"], default=None)),
            "avro/address.avsc": record(field("street", "string"), name="Address"),
        },
        ("shop.Address", "address-value"),
    ),
    "JSON": (
        {"json/order.json": '{"type": "object", "properties": {"id": {"type": "integer"}, "to": {"type": "object"}}}'},
        {
            "json/order.json": '{"type": "object", "properties": {"id": {"type": "integer"}, '
            '"to": {"$ref": "address.json"}}}',
            "json/address.json": '{"type": "object"}',
        },
        ("address.json", "address-value"),
    ),
    "PROTOBUF": (
        {"proto/order.proto": 'syntax = "proto3";\nmessage Order { int32 id = 1; }\n'},
        {
            "proto/order.proto": 'syntax = "proto3";\nimport "of/address.proto";\n'
            "message Order { int32 id = 1; of.Address to = 2; }\n",
            "proto/of/address.proto": 'syntax = "proto3";\npackage of;\nmessage Address { string street = 1; }\n',
        },
        ("of/address.proto", "of/address.proto"),
    ),
}


@pytest.mark.parametrize("kind", NEW_TYPE)
def test_a_new_type_and_its_first_user_are_checked_offline_and_applied_in_order(tmp_path: Path, kind: str) -> None:
    """(a) A change that adds a type and a user of it passes with no registry in reach, and goes in, the type first."""
    before, after, (name, subject) = NEW_TYPE[kind]
    shop = repository(tmp_path, before, CONFIG)
    shop.git("checkout", "--quiet", "-b", "feature")
    with Registry() as registry:
        apply(shop, registry)
        shop.commit("an address", after)
        answer = shop.check(GITHUB_BASE_REF="main")
        statuses = {one["subject"]: (one["status"], one["references"]) for one in answer["subjects"]}
        assert statuses == {
            subject: ("new", []),
            "order-value": ("compatible", [{"name": name, "subject": subject, "isNew": True}]),
        }
        assert [one for _, one in steps(plan(shop, registry))] == [subject, "order-value"]
        apply(shop, registry)
        with client(registry) as asked:
            latest = asked.get_version("order-value")
        assert latest.version == 2
        assert [(one.name, one.subject, one.version) for one in latest.references] == [(name, subject, 1)]


def test_b_break_of_the_version_before_the_last_is_found_offline(tmp_path: Path) -> None:
    """(b) Under BACKWARD_TRANSITIVE what only version n-2 forbids fails, from git alone, in the server's very words."""
    config = 'version: 1\nschemas:\n  - {path: "*.avsc", subject: "{stem}", level: BACKWARD_TRANSITIVE}\n'
    versions = [record(ID, field("x", "int")), record(ID), record(ID, NOTE_WITH_DEFAULT)]
    shop = repository(tmp_path, {"order.avsc": versions[0]}, config)
    for text in versions[1:]:
        shop.commit("another version", {"order.avsc": text})
    bad = record(ID, NOTE_WITH_DEFAULT, field("x", "string", default=""))
    shop.write({"order.avsc": bad})
    assert rules(shop.check("--level", "BACKWARD", "--against", "git:main")) == []
    answer = shop.check("--against", "git:main", code=1)
    assert [(one["rule"], one["against"]["version"]) for one in answer["findings"]] == [("TYPE_CHANGED", 1)]
    with Registry() as registry, client(registry) as asked:
        asked.set_config(ConfigUpdate(compatibility="BACKWARD_TRANSITIVE"), "order")
        for text in versions:
            asked.register_schema("order", Schema(text))
        with pytest.raises(Incompatible):
            asked.register_schema("order", Schema(bad))
        said = asked.check_compatibility("order", Schema(bad), verbose=True)
    assert answer["subjects"][0]["messages"] == list(said.messages)


BROKEN = {
    "AVRO": ("a.avsc", record(ID), record(ID, NOTE)),
    "JSON": ("a.json", '{"type": "string"}', '{"type": "integer"}'),
    "PROTOBUF": (
        "a.proto",
        'syntax = "proto3";\nmessage A { int32 a = 1; }\n',
        'syntax = "proto3";\nmessage A { string a = 1; }\n',
    ),
}


def ended(folder: Path, *arguments: str) -> int:
    """The exit code of `momus …`, in a process of its own."""
    command = [sys.executable, "-P", "-m", "momus", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert done.stderr == ""
    return done.returncode


@pytest.mark.parametrize("kind", BROKEN)
def test_c_incompatible_file_ends_with_1(tmp_path: Path, kind: str) -> None:
    """(c) One schema against a registry: 1 for what would be refused, where rpk and Confluent's command end with 0."""
    name, old, new = BROKEN[kind]
    (tmp_path / name).write_text(new)
    with Registry() as registry:
        with client(registry) as asked:
            asked.register_schema("s", Schema(old, kind))
            with pytest.raises(Incompatible):
                asked.register_schema("s", Schema(new, kind))
        asked_for = ("compat", "s", name, "--registry", registry.url)
        assert Repository(tmp_path).run(*asked_for).exit_code == 1
        assert kind != "AVRO" or ended(tmp_path, *asked_for) == 1
        (tmp_path / name).write_text(old)
        assert Repository(tmp_path).run(*asked_for).exit_code == 0


def test_d_approved_break_passes_after_a_rebase_and_fails_when_it_changes(tmp_path: Path) -> None:
    """(d) The approval is of what breaks: not of a commit, a line or a base. Another break needs another one."""
    shop = repository(tmp_path, {"avro/order.avsc": record(ID)}, CONFIG)
    with Registry() as registry:
        apply(shop, registry)
        shop.git("checkout", "--quiet", "-b", "feature")
        shop.commit("break", {"avro/order.avsc": record(ID, NOTE)})
        (finding,) = shop.check(code=1)["findings"]
        assert shop.run("approve", finding["fingerprint"], "--reason", "nobody reads it").exit_code == 0
        shop.commit("approve")
        _rebase_onto_a_main_that_moved(shop)
        for flags in (["--against", "git:main"], ["--registry", registry.url]):
            assert [one["approved"]["reason"] for one in shop.check(*flags)["findings"]] == ["nobody reads it"]
        shop.write({"avro/order.avsc": record(ID, field("note", "int"))})
        for flags in (["--against", "git:main"], ["--registry", registry.url]):
            assert "FIELD_WITHOUT_DEFAULT" in rules(shop.check(*flags, code=1))


def _rebase_onto_a_main_that_moved(shop: Repository) -> None:
    """Another file came, and the lines of this one moved."""
    shop.git("checkout", "--quiet", "main")
    shop.commit("theirs", {"avro/other.avsc": record(ID, name="Other"), "avro/order.avsc": "\n\n" + record(ID)})
    shop.git("checkout", "--quiet", "feature")
    shop.git("-c", "user.name=t", "-c", "user.email=t@example.org", "rebase", "--quiet", "-X", "theirs", "main")


ODD_LAYOUT: dict[str, Any] = {
    "avro/order.avsc": json.dumps(
        {"fields": [field("id", {"type": "int"}), NOTE_WITH_DEFAULT], "name": "shop.Order", "type": "record"}, indent=7
    ),
    "json/customer.json": '{ "title":"Customer",\n\n "type":"object","properties":{"b":{"type":"string"},"a":{}} }\n\n',
    "proto/order.proto": (
        '// kept apart\nsyntax="proto3";package shop;\n\nmessage   Order{ /* which */ int32 id=1;\n\n\n'
        "repeated Line l=2;\n"
        "message Inner { } } message Line { Order.Inner of = 1; map<string,int32> m = 2; }"
    ),
}


@pytest.mark.parametrize("normalize", [False, True])
def test_e_plan_after_apply_is_empty(tmp_path: Path, *, normalize: bool) -> None:
    """(e) What the server writes in its own way is the same schema: nothing is left to do, and nothing has drifted."""
    shop = repository(tmp_path, ODD_LAYOUT, CONFIG.replace('order.proto": order-value', 'order.proto": placed-value'))
    with Registry() as registry:
        with client(registry) as asked:
            asked.set_config(ConfigUpdate(normalize=normalize))
        apply(shop, registry)
        with client(registry) as asked:
            written = asked.get_version("placed-value").schema
        assert written != ODD_LAYOUT["proto/order.proto"]
        assert is_empty(plan(shop, registry, "--detailed-exitcode"))
