"""`momus plan` against real registries: what it would do, in which order, and why; and that it is empty afterwards."""

import json
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from momus.client import ConfigUpdate, Metadata, Schema
from momus.gate.plan.values import Configure, Delete, Plan, Register, Seen, SetMode, Subject
from momus.testing import Registry
from tests.client.rogue import Answer
from tests.gate.planning import apply, client, front, is_empty, plan, states, steps
from tests.gate.repositories import ID, NOTE, NOTE_WITH_DEFAULT, Repository, field, record, repository
from tests.gate.test_check import SHARED

ORDER = "schemas/order.avsc"
CONFIG = 'version: 1\nschemas:\n  - {path: "schemas/*.avsc", subject: "{stem}-value"}\n'


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    return repository(tmp_path / "shop", {ORDER: record(ID)}, CONFIG)


def configured(shop: Repository, more: str) -> None:
    shop.write({"momus.yaml": CONFIG + more})


# ------------------------------------------------------------------------------------------------ schemas


@pytest.mark.parametrize("kind", SHARED)
def test_shared_type_and_its_users_are_planned_in_order(tmp_path: Path, kind: str) -> None:
    """(a) What is referred to comes first, references have the versions to come, and afterwards nothing is to be done,
    also when the shared type changes and only the users' references do.
    """
    entry, files, (before, after) = SHARED[kind]
    config = f"version: 1\nschemas:\n  - {entry}\n"
    made = repository(tmp_path, {name: text.replace("{0}", before) for name, text in files.items()}, config)
    with Registry() as registry:
        done = apply(made, registry, "--output", "json")
        order = [one["subject"] for one in json.loads(done.stdout)["results"]]
        assert order.index("shared") < order.index("user") < order.index("far")
        assert is_empty(plan(made, registry, "--detailed-exitcode"))
        with client(registry) as asked:
            assert [(one.subject, one.version) for one in asked.get_version("user").references] == [("shared", 1)]
            asked.set_config(ConfigUpdate(compatibility="NONE"))
        made.write({name: text.replace("{0}", after) for name, text in files.items()})
        second = plan(made, registry, "--detailed-exitcode", code=5)
        assert {one["subject"]: one["why"] for one in second["actions"]} == {
            "shared": ["schema"],
            "user": ["references"],
            "far": ["references"],
        }
        assert second["actions"][1]["references"][0] | {"name": ""} == {"name": "", "subject": "shared", "version": 2}
        apply(made, registry)
        assert is_empty(plan(made, registry, "--detailed-exitcode"))


CANONICAL = {
    "AVRO": (
        "s/a.avsc",
        '{"namespace": "n", "name": "n.A", "type": "record", "fields": [\n {"type": {"type": "string"}, "name": "a"}]}',
    ),
    "JSON": (
        "s/a.json",
        '{\n "type": "object",\n "properties": {"b": {"type": "string"}, "a": {"type": "integer"}}}',
    ),
    "PROTOBUF": (
        "s/a.proto",
        'syntax = "proto3";\n\n// B\nmessage B { string s = 1; }\nmessage A {\n  B b = 2;  string a = 1;\n}\n',
    ),
}


@pytest.mark.parametrize(
    ("kind", "normalize"), [("AVRO", True), ("AVRO", False), ("JSON", True), ("JSON", False), ("PROTOBUF", True)]
)
def test_plan_is_empty_for_what_the_registry_wrote_in_its_own_way(
    tmp_path: Path, kind: str, *, normalize: bool
) -> None:
    """(e) Layout, spelling of names and, under `normalize`, order are the registry's affair."""
    file, text = CANONICAL[kind]
    made = repository(tmp_path, {file: text}, 'version: 1\nschemas: [{path: s, subject: "{stem}"}]\n')
    with Registry() as registry, client(registry) as asked:
        asked.set_config(ConfigUpdate(normalize=normalize))
        apply(made, registry)
        stored = asked.get_version("a")
        assert stored.schema != text
        assert is_empty(plan(made, registry, "--detailed-exitcode"))
        if kind == "JSON":  # in the text that a registry keeps, order counts: it is looked up as the registry does
            reordered = json.dumps(dict(reversed(json.loads(text).items())))
            made.write({file: reordered})
            assert bool(plan(made, registry)["actions"]) is not normalize


def test_registry_that_knows_better_is_believed(shop: Repository) -> None:
    """Where our reading finds no version that is equal, the registry is asked whether it does."""
    with Registry() as registry, client(registry) as asked:
        asked.register_schema("order-value", Schema(record(ID, doc="said otherwise")))
        assert steps(plan(shop, registry)) == [("register", "order-value")]
        found = asked.get_version("order-value")
        body = json.dumps({"subject": "order-value", "version": 1, "id": found.id, "schema": found.schema}).encode()
        looked_up = lambda seen, behind: (  # noqa: E731
            Answer(200, body) if seen.method == "POST" and seen.target.endswith("/order-value") else behind()
        )
        with front(registry, looked_up) as wise:
            assert is_empty(plan(shop, wise, "--detailed-exitcode"))


def test_break_is_refused_with_its_proof_before_anything_is_done(shop: Repository) -> None:
    """A registration that the registry would refuse is told by the plan: finding, witness, exit code 1."""
    with Registry() as registry:
        apply(shop, registry)
        shop.write({ORDER: record(ID, NOTE)})
        made = plan(shop, registry, code=1)
        (action,) = made["actions"]
        assert (action["verdict"], action["comparedWith"], action["level"]) == ("incompatible", [1], "BACKWARD")
        (finding,) = action["findings"]
        assert finding["rule"] == "FIELD_WITHOUT_DEFAULT"
        assert json.loads(finding["witness"]["json"]) == {"id": 1}
        assert action["refused"][0].startswith("BACKWARD forbids it")
        shown = shop.run("plan", "--registry", registry.url).stdout
        assert "schemas/order.avsc:" in shown
        assert "refused: BACKWARD forbids it" in shown
        apply(shop, registry, code=1)
        with client(registry) as asked:
            assert asked.list_versions("order-value") == [1]


def test_level_that_will_hold_is_the_one_that_judges(tmp_path: Path) -> None:
    """A level that the same plan sets is set before, so it decides."""
    entry = '  - {path: "schemas/*.avsc", subject: "{stem}-value", level: %s}\n'
    shop = repository(tmp_path, {ORDER: record(ID)}, "version: 1\nschemas:\n" + entry % "BACKWARD")
    with Registry() as registry:
        apply(shop, registry)
        shop.write({ORDER: record(ID, NOTE), "momus.yaml": "version: 1\nschemas:\n" + entry % "FORWARD"})
        made = plan(shop, registry)
        assert steps(made) == [("configure", "order-value"), ("register", "order-value")]
        assert made["actions"][1]["verdict"] == "compatible"
        apply(shop, registry)
        shop.write({ORDER: record(NOTE), "momus.yaml": "version: 1\nschemas:\n" + entry % "FULL"})
        assert plan(shop, registry, code=1)["actions"][1]["level"] == "FULL"


def test_approved_break_is_registered_by_force(shop: Repository) -> None:
    """What somebody approved for the gate the plan forces through; with another break besides, it does not."""
    with Registry() as registry:
        apply(shop, registry)
        shop.write({ORDER: record(ID, NOTE)})
        (finding,) = plan(shop, registry, code=1)["actions"][0]["findings"]
        approved = shop.run("approve", finding["fingerprint"], "--reason", "nobody reads it", "--by", "t")
        assert approved.exit_code == 0, approved.output
        (action,) = plan(shop, registry)["actions"]
        assert (action["verdict"], action["force"]) == ("approved", True)
        shop.write({ORDER: record(ID, NOTE, field("more", "string"))})
        assert plan(shop, registry, code=1)["actions"][0]["verdict"] == "incompatible"
        shop.write({ORDER: record(ID, NOTE)})
        apply(shop, registry)
        assert is_empty(plan(shop, registry, "--detailed-exitcode"))


def test_id_of_equal_content_is_told(shop: Repository) -> None:
    """A schema that another subject has already gets its id, and no new one."""
    with Registry() as registry, client(registry) as asked:
        known = asked.register_schema("elsewhere", Schema(record(ID)))
        (action,) = plan(shop, registry)["actions"]
        assert (action["id"], action["idOf"]) == (known.id, "elsewhere version 1")
        apply(shop, registry)
        assert asked.get_version("order-value").id == known.id
        shop.write({"schemas/same.avsc": record(ID), "schemas/same.contract.yaml": "metadata: {sensitive: [id]}\n"})
        (action,) = plan(shop, registry)["actions"]
        assert action["id"] is None  # metadata are content too


def test_what_cannot_be_read_is_exit_3_and_all_else_is_planned(shop: Repository) -> None:
    """Schemas that go round are told, and so is a text that is none; nothing is applied."""
    shop.write({"schemas/broken.avsc": record(field("next", "shop.User"), name="Broken")})
    shop.write({"schemas/user.avsc": record(field("it", "shop.Broken"), field("it", "int"), name="User")})
    with Registry() as registry:
        made = plan(shop, registry, code=3)
        assert {one["rule"] for one in made["problems"]} == {"REFERENCE_CYCLE"}
        assert steps(made) == [("register", "order-value")]
        apply(shop, registry, code=3)
        shop.write({"schemas/broken.avsc": '{"type": "record",'})
        rules = {one["subject"]: one["rule"] for one in plan(shop, registry, code=3)["problems"]}
        assert rules["broken-value"] == "SCHEMA_INVALID"
        with client(registry) as asked:
            assert asked.list_subjects() == []


def test_file_that_defines_two_types_is_referred_to_once(shop: Repository) -> None:
    """Whoever uses both refers to it by one name: a type is defined once."""
    street = {"type": "record", "name": "Street", "fields": [field("name", "string")]}
    shop.write({"schemas/address.avsc": record(field("street", street), name="Address")})
    shop.write({ORDER: record(field("to", "Address"), field("by", "Street"))})
    with Registry() as registry, client(registry) as asked:
        apply(shop, registry)
        assert [one.subject for one in asked.get_version("order-value").references] == ["address-value"]
        assert is_empty(plan(shop, registry, "--detailed-exitcode"))


EXTERNAL = (
    CONFIG
    + """
references: {external: {shop.Address: {subject: common-address, version: 1}}}
registry: {environments: {prod: {url: "${URL}", context: prod}}}
"""
)


def test_what_only_the_registry_has_is_referred_to(shop: Repository) -> None:
    """By the subject and version that the configuration names, in the context of the environment."""
    shop.write({"momus.yaml": EXTERNAL, ORDER: record(ID, field("to", "shop.Address"))})
    with Registry() as registry, client(registry) as asked:
        for subject in ("common-address", ":.prod:common-address"):
            asked.register_schema(subject, Schema(record(field("street", "string"), name="Address")))
        apply(shop, registry)
        assert is_empty(plan(shop, registry, "--detailed-exitcode"))
        assert shop.run("apply", "--yes", "-e", "prod", URL=registry.url).exit_code == 0
        assert shop.run("plan", "--detailed-exitcode", "-e", "prod", URL=registry.url).exit_code == 0
        for subject in ("order-value", ":.prod:order-value"):
            (reference,) = asked.get_version(subject).references
            assert (reference.subject.rpartition(":")[2], reference.version) == ("common-address", 1)


# ------------------------------------------------------------------------------------------------ drift


def _as_applied(shop: Repository, registry: Registry) -> None:
    apply(shop, registry)
    shop.commit("applied", {"applied": "yes"})


def _deleted(shop: Repository, registry: Registry) -> None:
    _as_applied(shop, registry)
    with client(registry) as asked:
        asked.delete_subject("order-value")


def _changed_here(shop: Repository, registry: Registry) -> None:
    _as_applied(shop, registry)
    shop.write({ORDER: record(ID, NOTE_WITH_DEFAULT)})


def _changed_outside(shop: Repository, registry: Registry) -> None:
    _as_applied(shop, registry)
    with client(registry) as asked:
        asked.register_schema("order-value", Schema(record(ID, NOTE_WITH_DEFAULT)))


def _changed_on_both_sides(shop: Repository, registry: Registry) -> None:
    _changed_outside(shop, registry)
    shop.write({ORDER: record(ID, field("mine", "string", default=""))})


def _reverted_here(shop: Repository, registry: Registry) -> None:
    _as_applied(shop, registry)
    shop.commit("second", {ORDER: record(ID, NOTE_WITH_DEFAULT)})
    apply(shop, registry)
    shop.commit("back", {ORDER: record(ID)})


def _extra(shop: Repository, registry: Registry) -> None:
    configured(shop, 'registry: {managed: ["*-value"]}\n')
    _as_applied(shop, registry)
    with client(registry) as asked:
        asked.register_schema("old-value", Schema('"string"'))
        asked.register_schema("not-managed", Schema('"string"'))


def _not_committed(shop: Repository, registry: Registry) -> None:
    _as_applied(shop, registry)
    shop.write({"schemas/other.avsc": record(ID, NOTE_WITH_DEFAULT, name="Other")})
    with client(registry) as asked:
        asked.register_schema("other-value", Schema(record(ID, name="Other")))


def _level_differs(shop: Repository, registry: Registry) -> None:
    configured(shop, "subjects: {order-value: {level: FULL}}\n")
    _as_applied(shop, registry)
    with client(registry) as asked:
        asked.set_config(ConfigUpdate(compatibility="NONE"), "order-value")


STANDING: dict[str, tuple[Any, dict[str, tuple[str, list[str]]], int]] = {
    "unchanged": (_as_applied, {"order-value": ("unchanged", [])}, 0),
    "new": (lambda *_: None, {"order-value": ("new", [])}, 5),
    "missing": (_deleted, {"order-value": ("missing", ["missing"])}, 5),
    "changed here": (_changed_here, {"order-value": ("changed", [])}, 5),
    "changed outside": (_changed_outside, {"order-value": ("older", ["changed outside"])}, 5),
    "changed on both sides": (_changed_on_both_sides, {"order-value": ("changed", ["changed outside"])}, 5),
    "equal to an older version": (_reverted_here, {"order-value": ("older", [])}, 0),
    "not known to git yet": (_not_committed, {"order-value": ("unchanged", []), "other-value": ("changed", [])}, 5),
    "extra": (_extra, {"order-value": ("unchanged", []), "old-value": ("extra", ["extra"])}, 5),
    "level differs": (_level_differs, {"order-value": ("unchanged", ["settings differ"])}, 5),
}


@pytest.mark.parametrize("case", STANDING)
def test_each_way_to_differ_has_a_name(shop: Repository, case: str) -> None:
    """`--detailed-exitcode` ends with 5 where the registry is not as the files say; what was reverted here is kept."""
    prepared, expected, code = STANDING[case]
    with Registry() as registry:
        prepared(shop, registry)
        made = plan(shop, registry, "--detailed-exitcode", code=code)
        assert {one["subject"]: (one["state"], one["drift"]) for one in made["subjects"]} == expected
        plan(shop, registry)  # without the flag, 0


def test_older_version_is_kept_or_registered_anew(shop: Repository) -> None:
    """What equals an older version stays as it is, unless it is asked for; then it is the latest, and that is all."""
    with Registry() as registry, client(registry) as asked:
        _reverted_here(shop, registry)
        made = plan(shop, registry)
        assert (made["actions"], made["subjects"][0]["version"], made["subjects"][0]["latest"]) == ([], 1, 2)
        (action,) = plan(shop, registry, "--reregister")["actions"]
        assert (action["why"], action["version"]) == (["anew"], 3)
        apply(shop, registry, "--reregister")
        assert asked.list_versions("order-value") == [1, 2, 3]
        assert asked.get_version("order-value").schema == asked.get_version("order-value", 1).schema
        assert is_empty(plan(shop, registry, "--detailed-exitcode", "--reregister"))
        shop.write({ORDER: record(ID, field("more", "string", default=""))})
        apply(shop, registry)
        assert is_empty(plan(shop, registry, "--detailed-exitcode"))


# ------------------------------------------------------------------------------------------------ settings


def test_settings_of_subjects_and_of_all_are_set_and_unset(shop: Repository) -> None:
    """Level, policy, group, normalize, alias and mode are as the configuration says; null takes them away."""
    with Registry(mode_mutability=True) as registry, client(registry) as asked:
        configured(
            shop,
            "global: {level: FULL, normalize: true}\n"
            "subjects:\n"
            '  "*-value": {level: FORWARD, policy: LENIENT, normalize: false}\n'
            "  order-value: {compatibilityGroup: major, validateFields: true, mode: READONLY}\n"
            "  orders: {alias: order-value}\n",
        )
        made = plan(shop, registry)
        assert steps(made) == [
            ("configure", ""),
            ("configure", "order-value"),
            ("register", "order-value"),
            ("mode", "order-value"),
            ("configure", "orders"),
        ]
        apply(shop, registry)
        config = asked.get_config("order-value")
        assert (config.compatibility_level, config.compatibility_policy) == ("FORWARD", "LENIENT")
        assert (config.compatibility_group, config.normalize, config.validate_fields) == ("major", False, True)
        assert asked.get_config().compatibility_level == "FULL"
        assert asked.get_mode("order-value").mode == "READONLY"
        assert asked.get_version("orders").version == 1
        assert is_empty(plan(shop, registry, "--detailed-exitcode"))
        shop.write({ORDER: record(ID, NOTE_WITH_DEFAULT)})
        assert "READONLY" in plan(shop, registry, code=1)["actions"][0]["refused"][0]
        configured(
            shop,
            "subjects: {order-value: {level: null, policy: null, mode: null}, orders: {alias: null}}\n",
        )
        made = plan(shop, registry)
        assert steps(made)[0] == ("mode", "order-value")
        apply(shop, registry)
        config = asked.get_config("order-value")
        assert (config.compatibility_level, config.compatibility_policy) == (None, None)
        assert config.compatibility_group == "major"
        assert is_empty(plan(shop, registry, "--detailed-exitcode"))


def test_what_is_off_already_is_not_switched_off(shop: Repository) -> None:
    """Not every registry tells what is false; where something above switches it on, it is said."""
    configured(shop, "subjects: {order-value: {normalize: false}}\n")
    with Registry() as registry, client(registry) as asked:
        assert steps(plan(shop, registry)) == [("register", "order-value")]
        asked.set_config(ConfigUpdate(normalize=True))
        assert steps(plan(shop, registry)) == [("configure", "order-value"), ("register", "order-value")]


CONTRACT = """
metadata:
  properties: {team: orders}
  sensitive: [note]
ruleSet:
  domainRules:
    - {name: positive, kind: CONDITION, mode: WRITE, type: CEL, expr: "message.id > 0"}
"""


def test_contract_beside_a_schema_is_registered_with_it(shop: Repository) -> None:
    """Metadata and rules belong to a version: another contract is another version, an equal one is none."""
    shop.write({"schemas/order.contract.yaml": CONTRACT})
    with Registry() as registry, client(registry) as asked:
        apply(shop, registry)
        stored = asked.get_version("order-value")
        assert stored.metadata == Metadata(properties={"team": "orders"}, sensitive=("note",))
        assert stored.rule_set
        assert stored.rule_set.domain_rules[0].expr == "message.id > 0"
        assert is_empty(plan(shop, registry, "--detailed-exitcode"))
        for old, new, why in (("> 0", "> 1", "ruleSet"), ("orders", "sales", "metadata")):
            shop.write({"schemas/order.contract.yaml": CONTRACT.replace(old, new)})
            (action,) = plan(shop, registry)["actions"]
            assert action["why"] == [why]
        apply(shop, registry)
        shop.write({"schemas/order.contract.yaml": "metadata: {}\nruleSet: {}\n"})
        apply(shop, registry)
        cleared = asked.get_version("order-value")
        assert (cleared.metadata or Metadata(), cleared.rule_set) == (Metadata(), None)
        assert is_empty(plan(shop, registry, "--detailed-exitcode"))
        (shop.root / "schemas/order.contract.yaml").unlink()
        assert is_empty(plan(shop, registry, "--detailed-exitcode"))


WRONG_CONTRACTS = {
    "metdata: {}": "did you mean 'metadata'?",
    "metadata: {property: {}}": "metadata.property is no key of a contract",
    "metadata: {properties: {a: 1}}": "Expected `str`, got `int`",
    "ruleSet: {domainRules: [{nam: a}]}": "ruleSet.domainRules[0].nam is no key",
    "- a": "must be a mapping",
}


@pytest.mark.parametrize("text", WRONG_CONTRACTS)
def test_wrong_contract_is_exit_2(shop: Repository, text: str) -> None:
    """A key that is misspelt would be a rule that nobody has."""
    shop.write({"schemas/order.contract.yaml": text})
    done = shop.run("plan", "--registry", "http://127.0.0.1:1")
    assert (done.exit_code, done.stdout) == (2, "")
    assert WRONG_CONTRACTS[text] in done.stderr


def test_contract_of_no_schema_is_exit_2(shop: Repository) -> None:
    """A contract whose schema was renamed is not forgotten silently."""
    shop.write({"schemas/orders.contract.yaml": CONTRACT})
    done = shop.run("plan", "--registry", "http://127.0.0.1:1")
    assert (done.exit_code, "contract of no schema" in done.stderr) == (2, True)
    configured(shop, "ignore: [schemas/orders.*]\n")
    assert shop.run("plan", "--registry", "http://127.0.0.1:1").exit_code == 4
    shop.write({"elsewhere/order.contract.yaml": CONTRACT})
    assert shop.run("plan", "--registry", "http://127.0.0.1:1").exit_code == 2


def test_registry_without_metadata_gets_no_half_of_a_contract(shop: Repository) -> None:
    """Who keeps no metadata is told before anything is registered there: exit code 4."""
    shop.write({"schemas/order.contract.yaml": CONTRACT})
    no_metadata = lambda seen, behind: (  # noqa: E731
        Answer(404, b'{"detail":"Not Found"}') if "/metadata" in seen.target else behind()
    )
    with Registry() as registry, front(registry, no_metadata) as poor, client(registry) as asked:
        done = shop.run("apply", "--yes", "--registry", poor.url)
        assert (done.exit_code, "keeps no metadata" in done.stderr) == (4, True)
        assert asked.list_subjects() == []


@pytest.mark.parametrize("path", ["/subjects/order-value", "/mode/order-value", "/schemas", "/contexts"])
def test_registry_that_is_not_well_gives_no_plan(shop: Repository, path: str) -> None:
    """An error of the server is no answer: nothing is concluded from it, and the exit code is 4."""
    more = "registry: {retries: 0, context: x}\n" if path == "/contexts" else "registry: {retries: 0}\n"
    configured(shop, more)
    with Registry() as registry, client(registry) as asked:
        asked.register_schema("order-value", Schema(record(ID, NOTE)))
        unwell = lambda seen, behind: (  # noqa: E731
            Answer(503, b'{"message":"not now"}') if seen.target.partition("?")[0] == path else behind()
        )
        with front(registry, unwell) as before:
            done = shop.run("plan", "--registry", before.url)
        assert (done.exit_code, "not now" in done.stderr) == (4, True), done.output


# ------------------------------------------------------------------------------------------------ environments

ENVIRONMENTS = """
registry:
  environments:
    staging: {url: "${URL}", prefix: "staging.", managed: ["*-value"], prune: true}
    prod: {url: "${URL}", context: prod}
"""


@pytest.mark.parametrize(("environment", "name"), [("staging", "staging.{}"), ("prod", ":.prod:{}")])
def test_environment_gives_subjects_and_references_their_names(tmp_path: Path, environment: str, name: str) -> None:
    """The same files go into another environment under a prefix or in a context, and nothing else is touched there."""
    files = {
        "schemas/address.avsc": record(field("street", "string"), name="Address"),
        ORDER: record(ID, field("to", ["null", "Address"], default=None)),
    }
    shop = repository(tmp_path, files, CONFIG + ENVIRONMENTS)
    with Registry() as registry, client(registry) as asked:
        asked.register_schema("order-value", Schema('"string"'))
        asked.register_schema("other.order-value", Schema('"string"'))
        flags = ("--yes", "-e", environment)
        assert shop.run("apply", *flags, URL=registry.url).exit_code == 0
        order = asked.get_version(name.format("order-value"))
        (reference,) = order.references
        assert reference.subject in (name.format("address-value"), "address-value")
        done = shop.run("plan", "-e", environment, "--detailed-exitcode", URL=registry.url)
        assert done.exit_code == 0, done.output
        assert asked.list_versions("order-value") == [1]
        shop.write({ORDER: record(ID, NOTE, field("to", ["null", "Address"], default=None))})
        done = shop.run("check", "--against", "registry", "-e", environment, "--output", "json", URL=registry.url)
        (finding,) = json.loads(done.stdout)["findings"]
        assert (finding["subject"], finding["rule"]) == ("order-value", "FIELD_WITHOUT_DEFAULT")
        done = shop.run("plan", "-e", environment, "--output", "json", URL=registry.url)
        assert done.exit_code == 1
        (planned,) = json.loads(done.stdout)["actions"][-1]["findings"]
        assert planned["fingerprint"] == finding["fingerprint"]


def test_level_of_a_context_is_that_which_holds_there(shop: Repository) -> None:
    """What is set for the whole registry does not reach into a context; what is set for the context does."""
    configured(shop, ENVIRONMENTS)
    with Registry() as registry, client(registry) as asked:
        assert shop.run("apply", "--yes", "-e", "prod", URL=registry.url).exit_code == 0
        asked.set_config(ConfigUpdate(compatibility="NONE"))
        shop.write({ORDER: record(ID, NOTE)})
        assert shop.run("plan", "-e", "prod", URL=registry.url).exit_code == 1
        configured(shop, ENVIRONMENTS + "global: {level: FORWARD}\n")
        assert shop.run("apply", "--yes", "-e", "prod", URL=registry.url).exit_code == 0
        assert asked.get_config(":.prod:").compatibility_level == "FORWARD"
        assert asked.get_config().compatibility_level == "NONE"


def test_registry_without_contexts_says_so(shop: Repository) -> None:
    """A context is not made a part of a name there."""
    configured(shop, ENVIRONMENTS)
    no_contexts = lambda seen, behind: Answer(404, b'"Not Found"') if "/contexts" in seen.target else behind()  # noqa: E731
    with Registry() as registry, front(registry, no_contexts) as poor:
        done = shop.run("plan", "-e", "prod", URL=poor.url)
        assert (done.exit_code, "knows no contexts" in done.stderr) == (4, True)


def test_owner_is_written_and_respected(shop: Repository) -> None:
    """Several repositories share a registry: each changes and deletes only what is its own."""
    configured(shop, 'registry: {owner: sales, managed: ["*"]}\n')
    with Registry() as registry, client(registry) as asked:
        asked.register_schema("order-value", Schema(record(ID)))
        assert is_empty(plan(shop, registry, "--detailed-exitcode"))  # an owner alone is no new version
        shop.write({ORDER: record(ID, NOTE_WITH_DEFAULT)})
        apply(shop, registry)
        stored = asked.get_version("order-value")
        assert stored.metadata == Metadata(properties={"managed-by": "sales"})
        theirs = Schema('"string"', metadata=Metadata(properties={"managed-by": "billing"}))
        asked.register_schema("bill-value", theirs)
        asked.register_schema("nobodys-value", Schema('"int"'))
        made = plan(shop, registry, "--prune", "--detailed-exitcode")
        assert (made["actions"], states(made)["bill-value"]) == ([], "extra")
        shop.write({"schemas/bill.avsc": '"bytes"'})
        configured(shop, "registry: {owner: sales}\nsubjects: {bill-value: {level: FULL}}\n")
        made = plan(shop, registry, code=1)
        assert steps(made) == [("configure", "bill-value"), ("register", "bill-value")]
        assert all("managed by 'billing'" in action["refused"][0] for action in made["actions"])


# ------------------------------------------------------------------------------------------------ how it is told


def test_plan_is_told_in_text_markdown_and_a_file(shop: Repository) -> None:
    """One run writes what people read and what is reviewed; the file has no time in it, and is the same each time."""
    with Registry() as registry:
        shop.write({"schemas/note.avsc": record(ID, name="Note")})
        flags = ("plan", "--registry", registry.url, "-o", "plan.json")
        done = shop.run(*flags, "--output", "text", "--output", "markdown=build/plan.md")
        assert done.exit_code == 0, done.output
        assert "  + order-value: register version 1" in done.stdout
        assert "Plan: 2 to register" in done.stdout
        markdown = (shop.root / "build/plan.md").read_text()
        assert markdown.startswith("<!-- momus plan -->\n")
        assert "| `+` | order-value | register version 1 | new |" in markdown
        written = (shop.root / "plan.json").read_text()
        shop.run(*flags)
        assert (shop.root / "plan.json").read_text() == written
        assert json.loads(written)["version"] == 1


def test_hostile_texts_steer_nothing(shop: Repository) -> None:
    """What a schema or a registry says reaches a terminal, a runner and a comment as text alone."""
    odd = {"type": "enum", "name": "E", "symbols": ["A"], "doc": "\x1b[31m\n::error::x"}
    with Registry() as registry, client(registry) as asked:
        asked.register_schema("order-value", Schema(record(field("e", odd))))
        shop.write({ORDER: record(field("e", odd), field("\ud800", "int"))})
        shop.write({"schemas/x.avsc": record(field("id\n::stop", "int"), name="X")})
        shown = shop.run("plan", "--registry", registry.url, "--output", "text", "--output", "markdown", "-o", "p.json")
        assert shown.exit_code in (1, 3), shown.output
        (shop.root / ORDER).rename(os.fsdecode(os.fsencode(shop.root / "schemas") + b"/\xff.avsc"))
        assert shop.run("plan", "--registry", registry.url).exit_code == 2
        assert "\x1b" not in shown.stdout
        assert not any(each.lstrip().startswith("::") for each in shown.stdout.splitlines())
        assert json.loads((shop.root / "p.json").read_text())["version"] == 1


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        (["--output", "xml"], 2),
        (["--permanent", "--no-prune"], 2),
        (["-e", "nowhere"], 2),
        (["-o", "schemas"], 2),
        (["--registry", "http://127.0.0.1:1"], 4),
        (["--registry", "http://u:secret@127.0.0.1:1"], 2),
    ],
)
def test_wrong_usage_and_what_cannot_be_reached(shop: Repository, flags: list[str], code: int) -> None:
    """2 for what cannot be meant, 4 for a registry that does not answer."""
    with Registry() as registry:
        url = [] if "--registry" in flags else ["--registry", registry.url]
        done = shop.run("plan", *url, *flags)
    assert done.exit_code == code, done.output
    assert "secret" not in done.stderr
    assert shop.run("plan").exit_code == 2


PAGE = (Path(__file__).parents[2] / "docs/plan.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", [Plan, Subject, Seen, Register, Configure, SetMode, Delete])
def test_page_has_every_member_of_the_file(kind: type[msgspec.Struct]) -> None:
    """The file of a plan is described, member by member."""
    table = PAGE.partition("## The plan's file")[2].partition("## Exit codes")[0]
    for member in msgspec.structs.fields(kind):
        assert f"`{member.encode_name}`" in table


def test_page_shows_what_is_printed(tmp_path: Path) -> None:
    """The first plan on the page is the one that these files give."""
    files = {
        "schemas/address.avsc": record(field("street", "string"), name="Address"),
        ORDER: record(ID, field("to", ["null", "Address"], default=None)),
    }
    shop = repository(tmp_path, files, CONFIG + "subjects: {order-value: {level: FULL}}\n")
    session = PAGE.partition("```console\n")[2].partition("```")[0]
    with Registry() as registry:
        for command, printed in (each.split("\n", 1) for each in session.split("$ momus ")[1:]):
            done = shop.run(*command.replace("http://127.0.0.1:8081", registry.url).split())
            shown = done.stdout.replace(registry.url, "http://127.0.0.1:8081")
            assert shown.endswith(printed.partition("...\n")[2] or printed), done.output
