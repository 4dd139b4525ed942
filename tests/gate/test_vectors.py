"""The gate says what the server says: verdict and messages of every pair, from a registry and from git."""

import json
from pathlib import Path
from typing import Any

import pytest

from momus.client import RegistryClient, Schema
from momus.client.errors import Refusal
from momus.testing import Registry
from tests.gate.repositories import Repository, repository

VECTORS = Path(__file__).parent.parent / "compat"
SUFFIXES = {"AVRO": "avsc", "JSON": "json", "PROTOBUF": "proto"}
CONFIG = """
version: 1
schemas:
  - {{path: "s/*.{suffix}", subject: "{{stem}}"}}
"""


def pairs(kind: str) -> list[tuple[str, str, str]]:
    """(name, old, new); of the formats that need other processes some, since each pair takes its time there."""
    folder = VECTORS / {"AVRO": "avro", "JSON": "json", "PROTOBUF": "protobuf"}[kind]
    rows = [json.loads(line) for line in (folder / "vectors.jsonl").read_text(encoding="utf-8").splitlines()]
    match kind:
        case "AVRO":
            return [(row["id"], json.dumps(row["w"]), json.dumps(row["r"])) for row in rows]
        case "JSON":
            return [(row["id"], json.dumps(row["old"]), json.dumps(row["new"])) for row in rows[::10]]
        case _:
            alone = [row for row in rows if len(row["old"]) == len(row["new"]) == 1]
            return [(row["id"], *row["old"].values(), *row["new"].values()) for row in alone[::12]]


@pytest.mark.parametrize("kind", SUFFIXES)
def test_gate_says_what_the_server_says(tmp_path: Path, kind: str) -> None:
    """(f) Text for text; git has no version numbers, and nothing else is missing there."""
    suffix = SUFFIXES[kind]
    asked = pairs(kind)
    made = repository(tmp_path, {"readme": ""}, CONFIG.format(suffix=suffix))
    with Registry() as registry:
        known = [one for one in asked if _is_registered(registry, kind, one)]
        assert len(known) >= len(asked) * 0.8
        made.commit("old", {f"s/{name}.{suffix}": old for name, old, _ in known})
        made.write({f"s/{name}.{suffix}": new for name, _, new in known})
        said = {name: _asked(registry, kind, name, new) for name, _, new in known}
        by_registry = _answers(made, "registry", "--registry", registry.url)
    by_git = _answers(made, "git:HEAD")
    assert by_registry == {name: messages for name, messages in said.items() if name in by_registry}
    assert {name for name in said if name not in by_registry} <= {name for name, one in said.items() if not one}
    assert by_git == {name: _without_version(messages) for name, messages in said.items() if name in by_git}
    assert any(by_git.values())


def _answers(made: Repository, against: str, *more: str) -> dict[str, list[str]]:
    """The messages by subject; a schema that is none has the one sentence that says so, and is left out."""
    done = made.run("check", "--output", "json", "--against", against, *more)
    rows: list[dict[str, Any]] = json.loads(done.stdout)["subjects"]
    return {row["subject"]: row["messages"] for row in rows if row["status"] != "invalid"}


def _is_registered(registry: Registry, kind: str, pair: tuple[str, str, str]) -> bool:
    """Some pairs have an old schema that no new registration would get in."""
    name, old, new = pair
    with RegistryClient(registry.url) as client:
        try:
            client.register_schema(name, Schema(old, kind))
            client.check_compatibility(name, Schema(new, kind))
        except Refusal:
            return False
    return True


def _asked(registry: Registry, kind: str, name: str, new: str) -> list[str]:
    with RegistryClient(registry.url) as client:
        return list(client.check_compatibility(name, Schema(new, kind), verbose=True).messages)


def _without_version(messages: list[str]) -> list[str]:
    return [one for one in messages if not one.startswith("{oldSchemaVersion:")]
