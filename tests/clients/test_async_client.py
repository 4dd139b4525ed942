"""confluent-kafka's asyncio client keeps the contract, also when many calls are under way at once."""

import asyncio
import inspect
from collections.abc import Iterator
from typing import Any, cast

import pytest
from confluent_kafka.schema_registry import AsyncSchemaRegistryClient, Schema, SchemaRegistryClient

from tests.clients.contract import ClientContract, Connect, configuration, public
from tests.clients.running import running
from tests.clients.waiting import NAMES, Waiting


class TestAsyncClient(ClientContract):
    @pytest.fixture
    def connect(self) -> Iterator[Connect]:
        clients: list[AsyncSchemaRegistryClient] = []
        with running() as url, asyncio.Runner() as runner:

            def connect(**more: Any) -> SchemaRegistryClient:
                clients.append(AsyncSchemaRegistryClient(configuration(url, **more)))
                return cast(SchemaRegistryClient, Waiting(clients[-1], runner))

            yield connect
            for client in clients:
                runner.run(client.aclose())


def test_the_twins_can_be_asked_the_same() -> None:
    """Each method of one client is a method of the other, with the same arguments: the contract leaves none out."""
    plain = {NAMES.get(name, name): arguments for name, arguments in public(SchemaRegistryClient).items()}
    assert plain == public(AsyncSchemaRegistryClient)
    assert [name for name in plain if inspect.iscoroutinefunction(getattr(SchemaRegistryClient, name, None))] == []


async def test_many_registrations_at_once() -> None:
    """Schemas that are registered at once each have an id of their own, under which each is found again."""
    schemas = [Schema(f'{{"type":"fixed","name":"Hash","size":{size}}}') for size in range(1, 51)]
    with running() as url:
        async with AsyncSchemaRegistryClient(configuration(url)) as client:
            ids = await asyncio.gather(*(client.register_schema(f"s{n}", each) for n, each in enumerate(schemas)))
        async with AsyncSchemaRegistryClient(configuration(url)) as client:
            found = await asyncio.gather(*(client.get_schema(each) for each in ids))
    assert sorted(ids) == list(range(1, 51))
    assert found == schemas
