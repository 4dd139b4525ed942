"""Writes the samples on the pages of docs/outputs: what the gate prints for the change of examples/gate.

Between its marks a page has what was made here, and around them what people wrote. `tests/gate/test_outputs.py` finds
a page that is not in step.
"""

import re
import shutil
import subprocess
import tempfile
from dataclasses import replace
from datetime import date
from pathlib import Path

from momus.gate.check import Request, run
from momus.gate.configuration import FORMATS_OF_REPORTS
from momus.gate.findings import Outcome
from momus.gate.reading import load
from momus.gate.reports import told

ROOT = Path(__file__).parent.parent
PAGES = ROOT / "docs" / "outputs"
SAMPLE = PAGES / "sample.html"
LANGUAGES = {"text": "text", "github": "text", "junit": "xml", "markdown": "markdown", "html": "text"}
MARKED = re.compile(r"(<!-- made by docs/build_outputs.py -->\n).*?(<!-- end of it -->)", re.DOTALL)


def sample() -> Outcome:
    """What `momus check --against git:main` finds in the example."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "example")
        shutil.copytree(ROOT / "examples" / "gate", made)
        who = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")
        for command in (
            ("init", "--quiet", "--initial-branch=main"),
            ("add", "."),
            (*who, "commit", "--quiet", "--message=As it was"),
            ("apply", "change.patch"),
        ):
            subprocess.run(["git", *command], cwd=made, check=True, capture_output=True)  # noqa: S603, S607  (git is)
        outcome = run(load(made), Request(against=("git:main",), today=date(2026, 1, 1)))
    return replace(outcome, version="1.0.0", duration_ms=12)


def with_sample(page: str, outcome: Outcome, format_: str) -> str:
    """The page, with what the format is now; of HTML there is a page of its own, and of it only the beginning."""
    text = told(outcome, format_)
    fence = "````" if format_ == "markdown" else "```"
    block = f"{fence}{LANGUAGES.get(format_, 'json')}\n{text}{fence}\n"
    if format_ == "html":
        block = "[The page](sample.html) for that change.\n"
    return MARKED.sub(lambda found: found[1] + block + found[2], page)


def main() -> None:
    outcome = sample()
    SAMPLE.write_text(told(outcome, "html"), encoding="utf-8")
    for format_ in FORMATS_OF_REPORTS:
        page = PAGES / f"{format_}.md"
        page.write_text(with_sample(page.read_text(encoding="utf-8"), outcome, format_), encoding="utf-8")


if __name__ == "__main__":
    main()
