"""confluent-kafka's surface by reflection on the package that is installed: its names, arguments, keys and methods."""

import importlib
import inspect
import re
from pathlib import Path
from typing import Any

import confluent_kafka.schema_registry as theirs
import confluent_kafka.schema_registry.common.schema_registry_client as their_values
import msgspec
import pytest
from confluent_kafka.schema_registry import _sync

import momus.confluent as ours
from momus.confluent import schema_registry_client
from momus.confluent.builders import Builder
from momus.confluent.configuration import KEYS
from momus.confluent.serializers import Conversion

PAGE = (Path(__file__).parent.parent.parent / "docs" / "from-confluent-kafka.md").read_text(encoding="utf-8")
ABSENT = PAGE.partition("## Names that are not here")[2].partition("\n## ")[0]
MODULES = ("", ".avro", ".json_schema", ".protobuf", ".error", ".rule_registry", ".schema_registry_client", ".serde")
NAMES = [
    (module, name) for module in MODULES for name in sorted(dir(importlib.import_module(theirs.__name__ + module)))
]


def is_theirs(module: str, name: str) -> bool:
    """Public, and no other package's: neither a module nor something that they import themselves."""
    found = getattr(importlib.import_module(theirs.__name__ + module), name)
    if name.startswith("_") or inspect.ismodule(found):
        return False
    made_in = getattr(found, "__module__", None)
    return made_in is None or str(made_in).startswith("confluent_kafka")


PUBLIC = [pair for pair in NAMES if is_theirs(*pair)]


def test_every_name_is_here_or_refused_with_a_sentence() -> None:
    """In the module of the same name; the page says of each that is not what to do instead."""
    lacking = [(module, name) for module, name in PUBLIC if not has(module, name)]
    assert [pair for pair in lacking if f"`{pair[1]}`" not in ABSENT] == []
    told = set(re.findall(r"`([A-Za-z_]+)`", "".join(re.findall(r"^\| (`.*?) \|", ABSENT, re.MULTILINE))))
    assert told == {name for _, name in lacking}
    assert len(PUBLIC) > 150


def has(module: str, name: str) -> bool:
    try:
        return hasattr(importlib.import_module(ours.__name__ + module), name)
    except ModuleNotFoundError:
        return False


def kinds_of(base: type) -> list[str]:
    return sorted(name for name, each in vars(ours).items() if isinstance(each, type) and issubclass(each, base))


CLASSES, BUILDERS = kinds_of(Conversion), kinds_of(Builder)


def of_theirs(name: str) -> Any:
    return next(
        getattr(module, name)
        for module in (importlib.import_module(theirs.__name__ + each) for each in MODULES)
        if hasattr(module, name)
    )


def arguments(function: Any) -> list[tuple[str, Any]]:
    found = inspect.signature(function).parameters.items()
    return [(name, each.default) for name, each in found if name != "self"]


@pytest.mark.parametrize("name", CLASSES)
def test_arguments_and_keys_are_theirs(name: str) -> None:
    """Each serializer has their arguments in their order, their keys, and one key of ours."""
    own, other = getattr(ours, name), of_theirs(name)
    wanted = [(each, None if each == "schema_str" else default) for each, default in arguments(other.__init__)]
    got = [(each, None if each == "schema_str" else default) for each, default in arguments(own.__init__)]
    required = {each for each, default in wanted if default is inspect.Parameter.empty}
    assert [each for each, _ in got] == [each for each, _ in wanted]
    assert [pair for pair in got if pair[0] not in required] == [pair for pair in wanted if pair[0] not in required]
    assert own.keys.keys() - other._default_conf.keys() == {"momus.run.no.rules"}
    assert other._default_conf.keys() <= own.keys.keys()
    assert [
        key for key, usual in other._default_conf.items() if isinstance(usual, bool) and own.keys[key] != usual
    ] == []


@pytest.mark.parametrize("name", BUILDERS)
def test_builders_are_theirs(name: str) -> None:
    """Each has their arguments, and a setter for each."""
    own, other = getattr(ours, name), of_theirs(name)
    assert arguments(own) == arguments(other.__init__)
    assert {each for each in dir(other) if not each.startswith("_")} <= set(dir(own))


def test_nothing_is_forgotten() -> None:
    """The two lists above have all there are."""
    assert len(CLASSES) == len(BUILDERS) == 12


@pytest.mark.parametrize("name", ["SchemaRegistryClient", "AsyncSchemaRegistryClient"])
def test_methods_of_the_clients_are_theirs(name: str) -> None:
    """Every public method, with their arguments in their order and their defaults."""
    own = getattr(ours, name)({"url": "http://127.0.0.1:9"})
    methods = {each: found for each, found in inspect.getmembers(getattr(theirs, name)) if not each.startswith("_")}
    assert len(methods) > 35
    for each, found in methods.items():
        assert (each, arguments(getattr(own, each))) == (each, arguments(found))


def test_keys_of_the_client_are_theirs() -> None:
    """What their code takes out of the configuration is what ours knows; the page tells of each."""
    root = Path(_sync.__file__).parent.parent
    read = "".join((root / each).read_text() for each in ("_sync/schema_registry_client.py", "common/_oauthbearer.py"))
    keys = set(re.findall(r"conf(?:_copy)?\.pop\(\s*'([a-z.]+)'", read))
    assert len(keys) > 20
    assert keys == KEYS


VALUES = sorted(
    name
    for name, found in vars(their_values).items()
    if isinstance(found, type) and hasattr(found, "from_dict") and hasattr(found, "to_dict")
)


@pytest.mark.parametrize("name", VALUES)
def test_values_are_theirs(name: str) -> None:
    """The same members in the same order, and one that is given as theirs comes out as theirs."""
    own, other = getattr(schema_registry_client, name), getattr(their_values, name)
    assert [each for each, _ in arguments(own)] == [each for each, _ in arguments(other)]
    full = FULL.get(name, {"tags": ["a"]} if name == "MetadataTags" else {"a": "b"})
    there = other.from_dict(full)
    assert own.from_dict(full).to_dict() == there.to_dict() == own.from_dict(there.to_dict()).to_dict()
    if name != "ServerConfig":
        assert len({own.from_dict(full), own.from_dict(full)}) == 1
    assert msgspec.json.encode(own.from_dict({}).to_dict())


RULE = {
    "name": "r", "doc": "d", "kind": "CONDITION", "mode": "WRITE", "type": "CEL", "tags": ["PII"],
    "params": {"a": "b"}, "expr": "true", "onSuccess": "NONE", "onFailure": "DLQ", "disabled": False,
}  # fmt: skip
RULES = {"migrationRules": [RULE], "domainRules": [RULE], "encodingRules": [], "enableAt": "CLIENT"}
METADATA = {"tags": {"**.ssn": ["PII"]}, "properties": {"owner": "x"}, "sensitive": ["owner"]}
REFERENCE = {"name": "n", "subject": "s", "version": 3}
SCHEMA = {
    "schema": "text", "schemaType": "JSON", "references": [REFERENCE], "metadata": METADATA, "ruleSet": RULES,
}  # fmt: skip
RESOURCE = {"resourceName": "t", "resourceNamespace": "n", "resourceId": "i", "resourceType": "topic"}
INFO = {"subject": "s", "associationType": "value", "lifecycle": "WEAK", "frozen": True, "schema": SCHEMA}
FULL: dict[str, Any] = {
    "Rule": RULE,
    "RuleSet": RULES,
    "Metadata": METADATA,
    "SchemaReference": REFERENCE,
    "Schema": SCHEMA,
    "RegisteredSchema": SCHEMA | {"subject": "s", "version": 1, "id": 5, "guid": "g"},
    "ServerConfig": {
        "compatibility": "FULL", "compatibilityLevel": "NONE", "compatibilityGroup": "g", "defaultMetadata": METADATA,
        "overrideMetadata": METADATA, "defaultRuleSet": RULES, "overrideRuleSet": RULES,
    },
    "Association": RESOURCE | {"subject": "s", "guid": "g", "associationType": "value", "frozen": True},
    "AssociationInfo": INFO,
    "AssociationCreateOrUpdateInfo": INFO | {"normalize": True},
    "AssociationCreateOrUpdateRequest": RESOURCE | {"associations": [INFO | {"normalize": True}]},
    "AssociationResponse": RESOURCE | {"associations": [INFO]},
}  # fmt: skip
