"""What a producer and a consumer hold, plain or asyncio, of any format: one way to make it all for the contracts.

Each serializer has a client of its own, so that it has to ask for all it knows.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol, cast

from confluent_kafka.schema_registry import AsyncSchemaRegistryClient, SchemaRegistryClient
from confluent_kafka.serialization import MessageField, SerializationContext

from tests.clients.contract import configuration
from tests.clients.waiting import Waiting

Convert = Callable[[Any, SerializationContext], Any]  # what a serializer is, and a deserializer


class Kit(Protocol):
    def client(self) -> SchemaRegistryClient: ...

    def made(self, kinds: tuple[type, type], *first: object, **more: object) -> Convert:
        """A serializer or deserializer; `kinds` are the plain class and its asyncio twin. The client is by name."""


class PlainKit:
    def __init__(self, url: str) -> None:
        self._url = url
        self._clients: list[SchemaRegistryClient] = []

    def client(self) -> SchemaRegistryClient:
        self._clients.append(SchemaRegistryClient(configuration(self._url)))
        return self._clients[-1]

    def made(self, kinds: tuple[type, type], *first: object, **more: object) -> Convert:
        return cast(Convert, kinds[0](*first, schema_registry_client=self.client(), **more))

    def close(self) -> None:
        for client in self._clients:
            client.close()


class AsyncKit:
    def __init__(self, url: str, runner: asyncio.Runner) -> None:
        self._url = url
        self._runner = runner
        self._clients: list[AsyncSchemaRegistryClient] = []

    def client(self) -> SchemaRegistryClient:
        return cast(SchemaRegistryClient, Waiting(self._client(), self._runner))

    def made(self, kinds: tuple[type, type], *first: object, **more: object) -> Convert:
        """Making one is a coroutine, too."""
        made = kinds[1](*first, schema_registry_client=self._client(), **more)
        return Waiting(self._runner.run(made), self._runner)

    def close(self) -> None:
        for client in self._clients:
            self._runner.run(client.aclose())

    def _client(self) -> AsyncSchemaRegistryClient:
        self._clients.append(AsyncSchemaRegistryClient(configuration(self._url)))
        return self._clients[-1]


def value(topic: str, headers: Any = None) -> SerializationContext:
    return SerializationContext(topic, MessageField.VALUE, headers)


def id_of(message: bytes) -> int:
    return int.from_bytes(message[1:5], "big")
