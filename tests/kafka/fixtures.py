"""The brokers that tests share, and what happens where there can be none.

`MOMUS_TEST_KAFKA=host:port[,…]` names a Kafka to use in place of the shared one; what must start, kill or partition
brokers cannot be tested on it. Where a Kafka is missing, tests are skipped with the reason; with `CI=true` they fail.
"""

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.kafka import artefacts
from tests.kafka.brokers import Cluster, Listener

NAMED = os.environ.get("MOMUS_TEST_KAFKA")


@dataclass(frozen=True, slots=True)
class Shared:
    """A Kafka that is everybody's: nobody may harm it, and topics and groups in it have names of their own."""

    bootstrap: str


@pytest.fixture(scope="session")
def broker() -> Iterator[Shared]:
    if NAMED:
        yield Shared(NAMED)
        return
    require_brokers()
    with Cluster(1) as cluster:
        yield Shared(cluster.bootstrap)


@pytest.fixture
def topic() -> str:
    """A name that nobody else has; nothing is created."""
    return f"test-{uuid.uuid4().hex}"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Three brokers; whoever comes by NODE0, NODE1 or NODE2 has a proxy of its own before each broker."""
    require_brokers()
    with Cluster(3, listeners=[Listener(f"NODE{number}", proxied=True) for number in range(3)]) as cluster:
        yield cluster


def require_brokers() -> None:
    """Ends the test, or the fixture, that is to start brokers of its own where that cannot be; says why."""
    if NAMED:
        _end(
            f"This starts, stops or partitions brokers of its own; MOMUS_TEST_KAFKA={NAMED} names one that is not ours."
        )
    if reason := artefacts.missing():
        _end(reason)
    try:
        artefacts.libs()
    except artefacts.Unavailable as unavailable:
        _end(str(unavailable))


def _end(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
