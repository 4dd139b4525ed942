"""The hooks of pre-commit: what it would run, run in a repository."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.gate.repositories import ID, NOTE, Repository, field, record, repository

HOOKS: dict[str, dict[str, Any]] = {
    hook["id"]: hook
    for hook in yaml.safe_load((Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
}
ORDER = "schemas/order.avsc"


def run(hook: str, made: Repository) -> int:
    """Its entry, as a command in the top folder; the command is the one that stands beside this Python."""
    command, *arguments = shlex.split(HOOKS[hook]["entry"])
    path = Path(sys.executable).with_name(command)
    return subprocess.run([path, *arguments], cwd=made.root, capture_output=True, check=False).returncode


@pytest.mark.parametrize(
    ("hook", "good", "bad"),
    [
        ("momus-check", record(ID), record(ID, NOTE)),
        ("momus-lint", record(ID), '{"type": "record", "name": "Order"}'),
        ("momus-fmt", record(ID), '{"type": "record", "name": "Order", "name": "Other"}'),
    ],
)
def test_hook_passes_good_schemas_and_fails_on_bad_ones(tmp_path: Path, hook: str, good: str, bad: str) -> None:
    """By its exit code, which is all that pre-commit looks at."""
    made = repository(tmp_path, {ORDER: record(ID)})
    made.write({ORDER: good})
    assert run(hook, made) == 0
    made.write({ORDER: bad})
    assert run(hook, made) != 0


def test_hook_of_the_layout_writes_files(tmp_path: Path) -> None:
    """So pre-commit fails by itself, and the next run passes."""
    text = json.dumps(json.loads(record(ID, field("b", "int"))))
    made = repository(tmp_path, {ORDER: text})
    assert run("momus-fmt", made) == 0
    assert (made.root / ORDER).read_text() == json.dumps(json.loads(text), indent=2).replace(
        '{\n      "name": "id",\n      "type": "int"\n    }', '{"name": "id", "type": "int"}'
    ).replace('{\n      "name": "b",\n      "type": "int"\n    }', '{"name": "b", "type": "int"}') + "\n"


@pytest.mark.parametrize("hook", HOOKS)
def test_hook_looks_at_all_schemas_when_one_changed(hook: str) -> None:
    """One schema may need another, so no names of files are given; and it runs for every format that it knows."""
    found = HOOKS[hook]
    assert found["pass_filenames"] is False
    assert found["language"] == "python"
    assert all(re.search(found["files"], name) for name in ("a/b.avsc", "a.proto", "a.json"))
    assert not re.search(found["files"], "README.md")
