"""Real repositories for the tests of the gate, and the gate run in them as a user runs it."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from click.testing import CliRunner, Result

from momus.__main__ import main
from momus.gate import reports
from momus.gate.git import TARGETS

PUBLISHED = jsonschema_rs.validator_for(json.loads(Path(reports.__file__).with_name("schema.json").read_text()))
AVRO_CONFIG = 'version: 1\nschemas:\n  - {path: "schemas/*.avsc", subject: "{stem}-value"}\n'


def record(*fields: Any, name: str = "Order", **more: Any) -> str:
    return json.dumps({"type": "record", "name": name, "namespace": "shop", "fields": list(fields), **more}, indent=1)


def field(name: str, type_: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": type_, **more}


ID = field("id", "int")
NOTE = field("note", "string")
NOTE_WITH_DEFAULT = field("note", "string", default="")


@dataclass(frozen=True)
class Repository:
    root: Path

    def write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def commit(self, message: str = "change", files: dict[str, str] | None = None) -> str:
        self.write(files or {})
        self.git("add", "--all")
        self.git("-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD")

    def git(self, *arguments: str) -> str:
        plain = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        # Neither who runs the tests nor this machine is to be seen in what git says.
        plain |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        done = subprocess.run(["git", *arguments], cwd=self.root, env=plain, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def run(self, *arguments: str, **variables: str) -> Result:
        """`momus …` in this folder, on no CI."""
        ambient = ("CI", "CI_MERGE_REQUEST_IID", "CI_MERGE_REQUEST_DIFF_BASE_SHA", "MOMUS_AGAINST", "MOMUS_REGISTRY")
        login = (
            "MOMUS_REGISTRY_TOKEN",
            "MOMUS_REGISTRY_USER",
            "ACTIONS_ID_TOKEN_REQUEST_URL",
            "HTTP_PROXY",
            "http_proxy",
        )
        nothing: dict[str, str | None] = dict.fromkeys((*TARGETS, *ambient, *login))
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.root)
            return CliRunner().invoke(main, list(arguments), env=nothing | variables, catch_exceptions=False)

    def check(self, *arguments: str, code: int = 0, **variables: str) -> dict[str, Any]:
        """`momus check --output json`, and what it wrote; it must end with `code`, and keep to the published schema."""
        done = self.run("check", "--output", "json", *arguments, **variables)
        assert done.exit_code == code, done.output
        answer: dict[str, Any] = json.loads(done.stdout)
        assert [error.message for error in PUBLISHED.iter_errors(answer)] == []
        return answer


def repository(folder: Path, files: dict[str, str], config: str = AVRO_CONFIG) -> Repository:
    """With one commit on `main`, and nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Repository(folder)
    made.git("init", "--quiet", "--initial-branch=main")
    made.commit("first", {"momus.yaml": config} | files)
    return made


def rules(answer: dict[str, Any]) -> list[str]:
    return [finding["rule"] for finding in answer["findings"]]
