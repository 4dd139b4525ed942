"""The worked example: what its README shows is what happens."""

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
README = (EXAMPLE / "README.md").read_text(encoding="utf-8")
PERSON = "[user]\n  name = Ann\n  email = ann@example.org\n"
SHELL = f'momus() {{ "{sys.executable}" -P -m momus "$@"; }}\n'


def session() -> Iterator[tuple[str, str]]:
    """The commands of the README, and what it says they print."""
    for block in re.findall(r"^```console\n(.*?)^```$", README, re.MULTILINE | re.DOTALL):
        for each in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, printed = each.partition("\n")
            yield command, printed


@pytest.mark.skipif(shutil.which("bash") is None, reason="the README is read by bash")
def test_session_of_the_example_happens(tmp_path: Path) -> None:
    """Line by line: the break with its proof and exit code 1, then the mend, and nothing found."""
    folder = tmp_path / "example"
    shutil.copytree(EXAMPLE, folder)
    (tmp_path / "person").write_text(PERSON)
    ambient = {name: value for name, value in os.environ.items() if name not in (*TARGETS, "CI", "MOMUS_AGAINST")}
    environment = ambient | {"GIT_CONFIG_GLOBAL": str(tmp_path / "person"), "PYTHONPATH": str(ROOT)}
    shown = list(session())
    assert [printed.splitlines()[-1] for _, printed in shown if printed] == ["ended with 1", "ended with 0"]
    for command, printed in shown:
        done = subprocess.run(
            ["bash", "-c", SHELL + command], cwd=folder, env=environment, capture_output=True, text=True, check=False,
            timeout=PATIENCE,
        )  # fmt: skip
        assert (done.stdout, done.stderr) == (printed, ""), command


def test_readme_fits_on_a_screen() -> None:
    """Who reads it need not scroll far."""
    assert len(README.splitlines()) <= 50
