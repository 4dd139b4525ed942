"""docs/reference: what users import is told there, as the code says it."""

import importlib
from pathlib import Path
from typing import Any

import pytest

from docs.build_api import INNER, MODULES, doc_of, methods, names_of, pages, vars_of


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.name)
def test_pages_are_in_step(path: Path) -> None:
    """Signatures and sentences are those of the code; `make docs` writes them."""
    assert path.read_text(encoding="utf-8") == pages()[path]


PUBLIC = [(module, name) for module in MODULES for name in names_of(importlib.import_module(module))]


@pytest.mark.parametrize(("module", "name"), PUBLIC, ids=[f"{module}.{name}" for module, name in PUBLIC])
def test_what_is_public_says_what_it_is(module: str, name: str) -> None:
    """Each class and function has a sentence, and so has each method that a user may call."""
    found: Any = getattr(importlib.import_module(module), name)
    if not callable(found) or not hasattr(found, "__module__"):
        return
    assert doc_of(found), name
    if isinstance(found, type):
        told = {method for method, _ in methods(found)} | INNER
        plain = {each for each, one in vars_of(found).items() if hasattr(one, "__code__") and not each.startswith("_")}
        assert plain - told == set()


def test_the_pages_have_the_names() -> None:
    """Clients, serializers, errors and values: all of them, and the methods of both clients."""
    text = {path.stem: told for path, told in pages().items()}
    for module, name in PUBLIC:
        assert f"\n## {name}\n" in text[module]
    assert "### AsyncRegistryClient.register_schema" in text["momus.client"]
    assert "await register_schema(" in text["momus.client"]
    assert "Methods as of `AsyncRegistryClient`." in text["momus.client"]
