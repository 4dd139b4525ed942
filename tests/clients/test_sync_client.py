"""confluent-kafka's plain client keeps the contract, and the contract is about all of it."""

import ast
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient

from tests.clients.contract import ClientContract, Connect, configuration, public
from tests.clients.running import running


class TestSyncClient(ClientContract):
    @pytest.fixture
    def connect(self) -> Iterator[Connect]:
        with running() as url, ExitStack() as clients:

            def connect(**more: Any) -> SchemaRegistryClient:
                client = SchemaRegistryClient(configuration(url, **more))
                clients.callback(client.close)
                return client

            yield connect


def test_the_contract_leaves_nothing_out() -> None:
    """Every public method of the client is called by the contract, and each of its arguments is given somewhere."""
    methods = public(SchemaRegistryClient)
    given: set[tuple[str, str]] = set()
    for node in ast.walk(ast.parse((Path(__file__).parent / "contract.py").read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in methods:
            name, named = node.func.attr, [keyword.arg for keyword in node.keywords if keyword.arg]
            given |= {(name, argument) for argument in ["", *methods[name][: len(node.args)], *named]}
    assert {(name, argument) for name in methods for argument in ["", *methods[name]]} - given == set()
