"""The worked example and the first five minutes: what the pages show is what happens."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from momus.gate.git import TARGETS
from tests.served import PATIENCE, ROOT

EXAMPLE = ROOT / "examples" / "gate"
SESSIONS = {"example": EXAMPLE / "README.md", "five minutes": ROOT / "docs" / "gate.md"}
PERSON = "[user]\n  name = Ann\n  email = ann@example.org\n"
SHELL = f'momus() {{ "{sys.executable}" -P -m momus "$@"; }}\n'


def session(page: Path) -> Iterator[tuple[str, str]]:
    """The commands of a page, and what it says they print."""
    for block in re.findall(r"^```console\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
        for each in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, printed = each.partition("\n")
            yield command, printed


@pytest.mark.skipif(shutil.which("bash") is None, reason="the README is read by bash")
@pytest.mark.parametrize("name", SESSIONS)
def test_session_happens(tmp_path: Path, name: str) -> None:
    """Line by line, in a folder that has the example, or nothing: the break with its proof, and how it is settled."""
    folder = tmp_path / "folder"
    if name == "example":
        shutil.copytree(EXAMPLE, folder)
    folder.mkdir(exist_ok=True)
    (tmp_path / "person").write_text(PERSON)
    ambient = {name: value for name, value in os.environ.items() if name not in (*TARGETS, "CI", "MOMUS_AGAINST")}
    environment = ambient | {"GIT_CONFIG_GLOBAL": str(tmp_path / "person"), "PYTHONPATH": str(ROOT)}
    shown = list(session(SESSIONS[name]))
    assert any(printed.endswith("ended with 1\n") for _, printed in shown)
    for command, printed in shown:
        done = subprocess.run(
            ["bash", "-c", SHELL + command], cwd=folder, env=environment, capture_output=True, text=True, check=False,
            timeout=PATIENCE,
        )  # fmt: skip
        assert (done.stdout, done.stderr) == (printed, ""), command


def test_readme_fits_on_a_screen() -> None:
    """Who reads it need not scroll far."""
    assert len(SESSIONS["example"].read_text(encoding="utf-8").splitlines()) <= 50
