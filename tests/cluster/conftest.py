"""One settled cluster for all tests that only ask it, each under names of its own; the others start their own."""

import uuid
from collections.abc import AsyncIterator, Iterator

import pytest
from aiohttp import ClientSession

from tests.cluster.inside import in_thread
from tests.kafka.fixtures import Shared


@pytest.fixture(scope="session")
def urls(broker: Shared) -> Iterator[list[str]]:
    """Three nodes that everybody asks."""
    with in_thread(broker.bootstrap, f"shared-{uuid.uuid4().hex}") as cluster:
        yield cluster.urls


@pytest.fixture
def name() -> str:
    """The start of subjects and of schemas that nobody else has."""
    return f"n{uuid.uuid4().hex}"


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session
