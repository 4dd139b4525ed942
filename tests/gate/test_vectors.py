"""(f) The gate says what the server says: verdict and messages of every pair, from a registry and from git."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from momus.client import AsyncRegistryClient, ConfigUpdate, Reference, Schema
from momus.testing import Registry
from tests.gate.repositories import Repository, repository

VECTORS = Path(__file__).parent.parent / "compat"
SUFFIXES = {"avro": ".avsc", "json": ".json", "protobuf": ".proto"}
KINDS = {"avro": "AVRO", "json": "JSON", "protobuf": "PROTOBUF"}
Files = dict[str, str]


@dataclass(frozen=True)
class Pair:
    """Two versions of a subject. Files come after those that they need; the last is the schema, and has its name."""

    kind: str
    name: str
    old: Files
    new: Files

    @property
    def folder(self) -> str:
        return f"{self.kind}/{self.name}"

    def subject(self, file: str) -> str:
        return self.name if file == list(self.new)[-1] else f"{self.name}/{file}"


def pairs() -> Iterator[Pair]:
    for kind, suffix in SUFFIXES.items():
        for line in (VECTORS / kind / "vectors.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            match kind:
                case "avro":
                    yield Pair(kind, row["id"], _one(row["w"], suffix), _one(row["r"], suffix))
                case "json":
                    yield Pair(kind, row["id"], _one(row["old"], suffix), _one(row["new"], suffix))
                case _:
                    yield Pair(kind, row["id"], row["old"], row["new"])


def _one(value: Any, suffix: str) -> Files:
    return {f"a{suffix}": json.dumps(value)}


PAIRS = list(pairs())


def test_gate_says_what_the_server_says(tmp_path: Path) -> None:
    """Text for text, of all pairs in one run against both; git has no version numbers, and nothing else is missing."""
    made = repository(tmp_path, {"readme": ""}, _config())
    made.commit("old", {f"{pair.folder}/{name}": text for pair in PAIRS for name, text in pair.old.items()})
    made.git("rm", "-r", "--quiet", *SUFFIXES)
    made.write({f"{pair.folder}/{name}": text for pair in PAIRS for name, text in pair.new.items()})
    with Registry() as registry:
        said = asyncio.run(_said(registry))
        by_registry, by_git = _verdicts(made, registry)
    assert len(said) == len(PAIRS)
    assert {name: by_registry[name] for name in said} == said
    assert {name: by_git[name] for name in said} == {
        name: (is_compatible, [one for one in messages if not one.startswith("{oldSchemaVersion:")])
        for name, (is_compatible, messages) in said.items()
    }
    for kind in SUFFIXES:
        assert {said[pair.name][0] for pair in PAIRS if pair.kind == kind} == {True, False}


Said = dict[str, tuple[bool, list[str]]]  # by subject: is it compatible, and the messages


async def _said(registry: Registry) -> Said:
    """What the server answers to `POST /compatibility/subjects/…/versions?verbose=true`."""
    async with AsyncRegistryClient(registry.url) as client:
        answers = await asyncio.gather(*(_asked(client, pair) for pair in PAIRS))
    return dict(zip((pair.name for pair in PAIRS), answers, strict=True))


async def _asked(client: AsyncRegistryClient, pair: Pair) -> tuple[bool, list[str]]:
    await client.register_schema(pair.name, await _with_needed(client, pair, pair.old))
    answer = await client.check_compatibility(pair.name, await _with_needed(client, pair, pair.new), verbose=True)
    return answer.is_compatible, list(answer.messages)


async def _with_needed(client: AsyncRegistryClient, pair: Pair, files: Files) -> Schema:
    """The schema, when what it needs is registered."""
    *needed, (_, text) = files.items()
    references = []
    for name, other in needed:
        subject = f"{pair.name}/{name}"
        await client.set_config(ConfigUpdate(compatibility="NONE"), subject)
        registered = await client.register_schema(subject, Schema(other, KINDS[pair.kind]))
        references.append(Reference(name, subject, registered.version or 1))
    return Schema(text, KINDS[pair.kind], tuple(references))


def _config() -> str:
    entries = [
        {"path": pair.folder, "subject": {list(pair.new)[-1]: pair.name, "**": f"{pair.name}/{{path}}"}}
        for pair in PAIRS
    ]
    return json.dumps({"version": 1, "schemas": entries})


def _verdicts(made: Repository, registry: Registry) -> tuple[Said, Said]:
    """What the gate says against the registry, and against git."""
    done = made.run("check", "--all", "--output", "json", "--against", "registry,git:HEAD", "--registry", registry.url)
    found: dict[str, Said] = {}
    for row in json.loads(done.stdout)["subjects"]:
        verdict = row["status"] in ("compatible", "unchanged", "new"), row["messages"]
        found.setdefault(row["base"].partition(":")[0], {})[row["subject"]] = verdict
    return found["registry"], found["git"]
