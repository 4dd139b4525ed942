"""Both clients keep the contract, and the contract is about all of it."""

import ast
from collections.abc import Iterator
from functools import partial
from inspect import Parameter, signature
from pathlib import Path
from typing import Any

import pytest
import yaml

from momus.client import AssociationRequest
from momus.client.operations import Operations, operation
from momus.testing import Registry
from registry.http.paths import Paths, split
from registry.http.routes import ROUTES
from tests.client.contract import ClientContract
from tests.client.twins import Connect, clients
from tests.served import ROOT

OPERATIONS = {name: each for name, each in vars(Operations).items() if isinstance(each, operation)}
NOT_ASKED = {"listReferrersToo", "postRoot"}  # another spelling of listReferrers; a GET for those who must post
CONTRACT = yaml.load((ROOT / "openapi.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
NAMES = {
    (method.upper(), path): node["operationId"]
    for path, methods in CONTRACT["paths"].items()
    for method, node in methods.items()
    if method != "parameters"
}


class TestBlocking(ClientContract):
    @pytest.fixture
    def connect(self) -> Iterator[Connect]:
        with Registry() as registry, clients("blocking") as connect:
            yield partial(connect, registry.url)


class TestAsyncio(ClientContract):
    @pytest.fixture
    def connect(self) -> Iterator[Connect]:
        with Registry() as registry, clients("asyncio") as connect:
            yield partial(connect, registry.url)


def test_every_operation_of_the_api_is_a_method() -> None:
    """What is in openapi.yaml can be asked, and nothing else; so it is with the routes, which are held to it."""
    assert {name for each in OPERATIONS.values() for name in each.names} == set(NAMES.values()) - NOT_ASKED
    assert set(NAMES) == {(route.method, route.path) for route in ROUTES}


# fmt: off
ASKED: dict[str, list[tuple[Any, ...]]] = {  # what to call a method with to reach each of its operations
    "check_compatibility": [("s", "{}"), ("s", "{}", 1)],
    "get_config": [(), ("s",)], "delete_config": [(), ("s",)], "get_mode": [(), ("s",)], "delete_mode": [(), ("s",)],
    "set_config": [(None,), (None, "s")], "set_mode": [("IMPORT",), ("IMPORT", "s")],
    "find_schema_by_metadata": [("s", {})],
}
# fmt: on


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_method_asks_its_operations(name: str) -> None:
    """Method and path of what is sent are those of the operations that the method says it is about."""
    asked = OPERATIONS[name]
    paths = Paths(ROUTES)
    reached = set()
    for arguments in ASKED.get(name) or [_arguments(asked)]:
        ask = asked.build(None, *arguments)
        match = paths.find(split(ask.target.partition("?")[0]))
        assert match is not None
        reached.add(NAMES[ask.method, match.routes[ask.method][0].path])
    assert reached == set(asked.names)


def _arguments(asked: operation[..., Any]) -> tuple[Any, ...]:
    """Something for each argument that must be given."""
    needed = list(signature(asked.build).parameters.values())[1:]
    wanted = [each for each in needed if each.default is Parameter.empty]
    known = {
        "request": AssociationRequest("n", "ns", "r", ()),
        "id": 1,
        "version": 1,
        "queries": (),
        "changes": (),
        "schema": "{}",
    }
    return tuple(known.get(each.name, "x") for each in wanted)


def test_the_contract_leaves_nothing_out() -> None:
    """Every method is called by the contract."""
    tree = ast.parse((Path(__file__).parent / "contract.py").read_text(encoding="utf-8"))
    called = {
        node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert set(OPERATIONS) - called == set()
