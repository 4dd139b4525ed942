"""The gate in a large repository: of a thousand schemas three changed, checked in a new process, as in a pipeline."""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.report import Row
from compat import Source
from momus.gate.engine import engine
from momus.gate.project import FactsByContent, project
from momus.gate.reading import load
from momus.gate.trees import Folder

SCHEMAS = 1000
CHANGED = 3  # one of each format
USERS = 9  # of each shared type
ROUNDS = 3
MOST_SECONDS = 2.0

CONFIG = """version: 1
schemas:
  - {path: "avro/*.avsc", subject: "{stem}-value"}
  - {path: "json/*.json", subject: "{stem}"}
  - {path: proto, subject: "{path}"}
"""


async def checks() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _repository(root)
        nothing, _ = min(_check(root, code=0) for _ in range(ROUNDS))
        for path in ("avro/a_003.avsc", "json/j_003.json", "proto/p_003.proto"):
            _broken(root / path)
        checked, busy = min(_check(root, code=1) for _ in range(ROUNDS))
        parsed = await _parsed(root)
    return [
        Row(f"check, {SCHEMAS:,} schemas, none changed", f"{nothing:.2f} s"),
        Row(f"check, {CHANGED} of them broken", f"{checked:.2f} s", None, None, checked, MOST_SECONDS),
        Row("  on processors, of all its processes", f"{busy:.2f} s"),
        Row("  to parsing all of them", f"{parsed:.2f} s", checked / parsed),
    ]


def _check(root: Path, *, code: int) -> tuple[float, float]:
    """Seconds of `momus check` in a process of its own, from its start to its end; and those on processors."""
    plain = {name: value for name, value in os.environ.items() if name not in ("CI", "GITHUB_BASE_REF")}
    command = [sys.executable, "-m", "momus", "check", "--against", "git:HEAD", "--output", "json"]
    used, began = _used(), time.perf_counter()
    done = subprocess.run(command, cwd=root, env=plain, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    if done.returncode != code:
        raise RuntimeError(f"momus check ended with {done.returncode}: {done.stderr}")
    breaking = json.loads(done.stdout)["summary"]["breaking"]
    if breaking != (CHANGED if code else 0):
        raise RuntimeError(f"{breaking} schemas break somebody")
    return seconds, _used() - used


def _used() -> float:
    """Seconds on processors, of the processes that have ended."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


async def _parsed(root: Path) -> float:
    """Seconds until the engine of the gate has read every schema, in a process that has loaded it."""
    now = project(load(root), Folder(root), FactsByContent(), strict=True)
    async with engine() as made:
        for kind, text in (("AVRO", '"int"'), ("JSON", "{}"), ("PROTOBUF", 'syntax = "proto3";')):
            await made.describe(Source(kind, text), strict=True)
        began = time.perf_counter()
        for member in now.members.values():
            await made.describe(now.source(member), strict=True)
        return time.perf_counter() - began


# ------------------------------------------------------------------------------------------------ the repository


def _repository(root: Path) -> None:
    files = {"momus.yaml": CONFIG, **dict(_schemas())}
    for name, text in files.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    for command in (
        ("init", "--quiet"),
        ("add", "--all"),
        ("-c", "user.name=b", "-c", "user.email=b@example.org", "commit", "--quiet", "--message", "first"),
    ):
        subprocess.run(["git", *command], cwd=root, check=True, capture_output=True)


def _schemas() -> Iterator[tuple[str, str]]:
    """A third of each format; every tenth is a type that the nine after it use."""
    for number in range(SCHEMAS):
        at = number // 3
        shared = at - at % (USERS + 1)
        match number % 3:
            case 0:
                yield f"avro/a_{at:03}.avsc", _avro(at, shared)
            case 1:
                yield f"json/j_{at:03}.json", _json(at, shared)
            case _:
                yield f"proto/p_{at:03}.proto", _proto(at, shared)


def _avro(at: int, shared: int) -> str:
    kinds = ("long", "string", "double", ["null", "string"])
    fields = [{"name": f"f{place}", "type": kinds[place % 4]} for place in range(12)]
    if at != shared:
        fields.append({"name": "of", "type": f"shop.a_{shared:03}"})
    return json.dumps({"type": "record", "name": f"a_{at:03}", "namespace": "shop", "fields": fields}, indent=1)


def _json(at: int, shared: int) -> str:
    properties: dict[str, object] = {
        f"f{place}": {"type": ("integer", "string", "number")[place % 3]} for place in range(12)
    }
    if at != shared:
        properties["of"] = {"$ref": f"j_{shared:03}.json"}
    return json.dumps({"title": f"j{at}", "type": "object", "properties": properties}, indent=1)


def _proto(at: int, shared: int) -> str:
    lines = ['syntax = "proto3";', "package shop;"]
    lines += [f'import "p_{shared:03}.proto";'] if at != shared else []
    lines += [f"message P{at:03} {{"]
    lines += [f"  {('int64', 'string', 'double')[place % 3]} f{place} = {place + 1};" for place in range(12)]
    lines += [f"  P{shared:03} of = 13;"] if at != shared else []
    return "\n".join([*lines, "}", ""])


def _broken(path: Path) -> None:
    """Its second field is of another type."""
    text = path.read_text(encoding="utf-8")
    match path.suffix:
        case ".avsc":
            text = text.replace('"name": "f1",\n   "type": "string"', '"name": "f1",\n   "type": "boolean"')
        case ".json":
            text = text.replace('"f1": {\n   "type": "string"', '"f1": {\n   "type": "boolean"')
        case _:
            text = text.replace("string f1 ", "double f1 ")
    path.write_text(text, encoding="utf-8")
