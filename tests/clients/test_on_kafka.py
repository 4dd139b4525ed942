"""confluent-kafka's clients and serializers keep their contracts with three nodes on Kafka, each client with its own.

The asyncio client, which asks the same, is left to `MOMUS_TEST_ALL_SCENARIOS=1`.
"""

import asyncio
import os
import random
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import pytest
from confluent_kafka.schema_registry import AsyncSchemaRegistryClient, SchemaRegistryClient
from confluent_kafka.schema_registry.rule_registry import RuleRegistry

from tests.clients.contract import ClientContract, Connect, configuration
from tests.clients.schemas import STRING
from tests.clients.test_serializers import (
    AsyncKit,
    Kit,
    PlainKit,
    SerializerContract,
    executors,
    rules,
    topic,
)
from tests.clients.waiting import Waiting
from tests.cluster.inside import Elsewhere, in_thread
from tests.faults.nodes import Node
from tests.kafka.fixtures import Shared

__all__ = ["executors", "rules", "topic"]  # fixtures
DICE = random.Random(1)


def urls_of(cluster: Elsewhere) -> str:
    """All nodes, as a client is told them: it asks the first, which is any, and the others only when that one fails."""
    cluster.wait_until_even()
    return ",".join(DICE.sample(cluster.urls, len(cluster.urls)))


@pytest.fixture
def fresh(broker: Shared) -> Iterator[Elsewhere]:
    with in_thread(broker.bootstrap, f"clients-{uuid.uuid4().hex}") as cluster:
        yield cluster


@pytest.fixture(scope="class")
def standing(broker: Shared) -> Iterator[Elsewhere]:
    """Each test has subjects of its own."""
    with in_thread(broker.bootstrap, f"clients-{uuid.uuid4().hex}") as cluster:
        yield cluster


@pytest.fixture
def server(standing: Elsewhere, tmp_path: Path) -> Node:
    """One of them, to be asked by hand."""
    return Node(0, int(standing.urls[1].rpartition(":")[2]), tmp_path, ())


class TestSyncClientOnKafka(ClientContract):
    @pytest.fixture
    def connect(self, fresh: Elsewhere) -> Iterator[Connect]:
        with ExitStack() as clients:

            def connect(**more: Any) -> SchemaRegistryClient:
                client = SchemaRegistryClient(configuration(urls_of(fresh), **more))
                clients.callback(client.close)
                return client

            yield connect

    def test_a_client_goes_on_with_the_next_node(self, fresh: Elsewhere) -> None:
        """Of several nodes one is enough, wherever in the list it stands."""
        with SchemaRegistryClient(configuration(f"http://127.0.0.1:9,{urls_of(fresh)}")) as client:
            number = client.register_schema("s", STRING)
        with SchemaRegistryClient(configuration(f"http://127.0.0.1:9,{fresh.urls[-1]}")) as client:
            assert client.get_schema(number) == STRING


if os.environ.get("MOMUS_TEST_ALL_SCENARIOS") == "1":

    class TestAsyncClientOnKafka(ClientContract):
        @pytest.fixture
        def connect(self, fresh: Elsewhere) -> Iterator[Connect]:
            clients: list[AsyncSchemaRegistryClient] = []
            with asyncio.Runner() as runner:

                def connect(**more: Any) -> SchemaRegistryClient:
                    clients.append(AsyncSchemaRegistryClient(configuration(urls_of(fresh), **more)))
                    return cast(SchemaRegistryClient, Waiting(clients[-1], runner))

                yield connect
                for client in clients:
                    runner.run(client.aclose())


class TestSerializersOnKafka(SerializerContract):
    @pytest.fixture
    def kit(self, standing: Elsewhere, rules: RuleRegistry) -> Iterator[Kit]:
        kit = PlainKit(urls_of(standing), rules)
        yield kit
        kit.close()


class TestAsyncSerializersOnKafka(SerializerContract):
    @pytest.fixture
    def kit(self, standing: Elsewhere, rules: RuleRegistry) -> Iterator[Kit]:
        with asyncio.Runner() as runner:
            kit = AsyncKit(urls_of(standing), rules, runner)
            yield kit
            kit.close()
