"""docs/client.md: what it shows happens."""

import asyncio
import inspect
import re
from typing import Any

import pytest

from momus.client import RegistryClient
from momus.testing import Registry
from tests.served import ROOT

PAGE = (ROOT / "docs" / "client.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_programs_of_the_page_run(capsys: pytest.CaptureFixture[str]) -> None:
    """The first one registers, is refused with a proof, and reads; the others do what they say."""
    names: list[dict[str, Any]] = []
    with Registry() as registry:
        for block in BLOCKS:
            names.append({})
            exec(compile(block.replace("http://127.0.0.1:8081", registry.url), "client.md", "exec"), names[-1])
        assert '"Order"' in asyncio.run(names[0]["latest"]())
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("1 {")
    assert "is incompatible" in printed[1]
    assert "for example" in printed[2]
    assert printed[-1].startswith("http://127.0.0.1:")
    assert names[2]["registry"] is not None


def test_what_the_page_says_is_shown() -> None:
    """Each row of the table has tests, and they are there."""
    rows = re.findall(r"^\| [A-Z`].*\|$", PAGE, re.MULTILINE)
    named = [re.findall(r"`(test_\w+)`", row) for row in rows]
    assert len(rows) > 8
    assert all(named)
    there = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "tests" / "client").glob("test_*.py"))
    assert [name for names in named for name in names if f"def {name}(" not in there] == []


def test_numbers_of_the_page_are_those_of_the_code() -> None:
    """Defaults that the page tells are the defaults."""
    defaults = {name: each.default for name, each in inspect.signature(RegistryClient).parameters.items()}
    for name, sentence in {
        "timeout": "A request has {:g} seconds",
        "connect_timeout": "its connection {:g}",
        "latest_age": "`latest_age`, {:g} seconds",
        "missing_age": "`missing_age`, {:g} seconds",
    }.items():
        assert sentence.format(defaults[name]) in PAGE
