"""The arrows of the design: who may import whom.

A module belongs to the row with the longest name that begins its own. It may import its own row, what its row lists,
and the standard library; never what its row or a row above it forbids. An import that breaks the table is a question to
the design before it is a new entry here.
"""

import ast
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent


class Row(NamedTuple):
    """Names parted by blanks: `may` lists rows or single names of ours, `never` libraries or patterns of our names."""

    may: str = ""
    libraries: str = ""
    never: str = ""


ENGINES = "compat.parse compat.compare compat.avro compat.avro.* compat.worker compat.worker.*"  # what is no type
MACHINE = (
    "registry.state registry.state.commands registry.state.facts registry.state.sources "
    "registry.names registry.refusals compat"
)

ARROWS = {
    "compat": Row(libraries="fastavro jsonschema jsonschema_rs jsonschema_specifications msgspec referencing google"),
    "registry": Row(never="momus momus.*"),
    "registry.names": Row(),
    "registry.refusals": Row(),
    "registry.state": Row(
        may="registry.names", libraries="msgspec", never="asyncio time random logging datetime threading sqlite3 socket"
    ),
    "registry.state.commands": Row(may="registry.state registry.names compat", never=ENGINES),
    "registry.state.facts": Row(may="registry.names registry.refusals compat", never=ENGINES),
    "registry.state.sources": Row(may="registry.state registry.names compat", never=ENGINES),
    "registry.state.decisions": Row(may=MACHINE, libraries="msgspec", never=ENGINES),
    "registry.brokers": Row(may="registry.settings", libraries="aiohttp aiokafka msgspec"),
    "registry.log.log": Row(),
    "registry.log": Row(may="registry.log.log registry.brokers", libraries="aiokafka"),
    "registry.election.election": Row(),
    "registry.election": Row(may="registry.election.election registry.log.log registry.brokers", libraries="aiokafka"),
    "registry.barrier": Row(),
    "registry.delivery": Row(may="registry.state registry.log.log"),
    "registry.primacy": Row(may="registry.log.log registry.election.election"),
    "registry.reader": Row(may=f"{MACHINE} registry.log.log registry.delivery"),
    "registry.node": Row(
        may=f"{MACHINE} registry.state.decisions registry.log.log registry.election.election registry.barrier "
        "registry.delivery registry.primacy registry.reader",
        never=ENGINES,
    ),
    "registry.recent": Row(),
    "registry.engines": Row(may="compat"),
    "registry.schemas": Row(may=f"{MACHINE} registry.recent registry.engines"),
    "registry.checks": Row(may=f"{MACHINE} registry.recent registry.schemas"),
    "registry.archive": Row(may="registry.log.log registry.log"),
    "registry.doctor": Row(may="registry.state registry.names"),
    "registry.settings": Row(may="registry.names"),
    "registry.metrics": Row(libraries="prometheus_client"),
    "registry.watch": Row(may="registry.metrics", libraries="structlog"),
    "registry.http": Row(
        may=f"{MACHINE} registry.node registry.recent registry.schemas registry.checks "
        "registry.settings registry.metrics registry.state.decisions.Defaults",
        libraries="aiohttp msgspec multidict structlog yarl",
        never="compat.parse compat.compare compat.avro compat.avro.* "
        "registry.state.records registry.state.records.[a-z]*",  # its values, but neither reading nor writing them
    ),
    "registry.cluster": Row(
        may="registry.brokers registry.election registry.log registry.log.log registry.settings registry.state"
    ),
    "registry.build": Row(may="*", libraries="aiohttp"),
    "registry.journal": Row(libraries="structlog"),
    "registry.__main__": Row(
        may="registry.build registry.http.app.PARTS registry.settings registry.journal registry.node registry.log.log",
        libraries="aiohttp structlog uvloop",
    ),
    "momus": Row(may="*", libraries="click msgspec"),
    "momus.client": Row(libraries="aiohttp msgspec yarl", never="registry registry.* compat compat.*"),
    "momus.serde": Row(may="compat momus.client", libraries="google msgspec", never="registry registry.*"),
    "momus.serde.faust": Row(may="momus.serde", libraries="faust"),
    "momus.gate": Row(
        may="compat momus.client momus.serde", libraries="google msgspec yaml", never="registry registry.*"
    ),
    "momus.pytest_plugin": Row(may="momus.gate momus.testing", libraries="pytest"),
    "momus.topics": Row(
        may="compat momus momus.client momus.serde momus.gate registry.brokers registry.log",
        libraries="aiokafka msgspec",
    ),
    "momus.testing": Row(may="*", libraries="aiohttp pytest"),
}


def row_of(name: str) -> str:
    return max((row for row in ARROWS if f"{name}.".startswith(f"{row}.")), key=len, default="")


def above(name: str) -> Iterator[Row]:
    return (row for known, row in ARROWS.items() if f"{name}.".startswith(f"{known}."))


def imports(tree: ast.AST) -> Iterator[str]:
    """Full names: `from a import b` is `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_allowed(module: str, name: str) -> bool:
    home = row_of(module)
    ours = row_of(name)
    name = name if ours else name.partition(".")[0]
    if any(fnmatchcase(name, pattern) for row in above(module) for pattern in row.never.split()):
        return False
    if not ours:
        return name in sys.stdlib_module_names or name in ARROWS[home].libraries.split()
    return ours == home or bool({"*", ours, name} & set(ARROWS[home].may.split()))


MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in ("compat", "registry", "momus")
    for path in sorted((ROOT / package).rglob("*.py"))
}


@pytest.mark.parametrize("module", MODULES)
def test_module_imports_only_what_its_row_allows(module: str) -> None:
    """Data flows one way because imports do."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    assert [name for name in imports(tree) if not is_allowed(module, name)] == []


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("compat.level", "registry.names"),
        ("compat.avro.codec", "aiohttp"),
        ("registry.names", "msgspec"),
        ("registry.state.state", "asyncio"),
        ("registry.state.queries", "registry.state.decisions.decide"),
        ("registry.state.decisions.register", "compat.parse"),
        ("registry.state.decisions.register", "time.monotonic"),
        ("registry.log.embedded", "registry.state.records.read"),
        ("registry.node", "registry.log.embedded.EmbeddedLog"),
        ("registry.node", "aiohttp"),
        ("registry.http.subjects", "registry.log.log.Log"),
        ("registry.http.subjects", "registry.state.decisions.decide"),
        ("registry.http.subjects", "registry.state.records.schema_write"),
        ("registry.build", "momus.commands"),
    ],
)
def test_arrow_against_the_design_is_noticed(module: str, name: str) -> None:
    """The table forbids what the design forbids: each of these would be found."""
    assert not is_allowed(module, name)


def test_each_row_is_about_something() -> None:
    """A row for a module that is gone is noticed."""
    assert [row for row in ARROWS if row not in MODULES] == []
