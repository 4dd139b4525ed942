"""What is done to a cluster, one thing after the other: nodes and brokers are killed, paused, stopped and cut off.

Each fault is a row: how it begins, as a context that heals it at its end; and whether writes go on without a healing.
"""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.faults.clients import Notes
from tests.faults.nodes import Node, Nodes
from tests.kafka import wire
from tests.kafka.brokers import Broker, Cluster
from tests.kafka.proxy import Proxy

LIMIT = 120.0  # seconds; no fault stops the writing for longer
ENOUGH = 15  # writes that show that the writing goes on


@dataclass(frozen=True, slots=True)
class Stage:
    """All that can be harmed, and the notes by which the nemesis sees that it goes on."""

    cluster: Cluster
    nodes: Nodes
    notes: Notes
    dice: random.Random

    def primary(self) -> Node:
        """The one that acts as such at the moment, or one by chance."""
        return self.nodes.acting() or self.dice.choice(self.nodes.nodes)

    def follower(self) -> Node:
        return self.dice.choice(self.nodes.others(self.primary()))

    def leader(self) -> Broker:
        """Of the log's partition."""
        return self._leader_of(self.nodes.topic)

    def coordinator(self) -> Broker:
        """Of the group of nodes."""
        return self._leader_of("__consumer_offsets")

    def _leader_of(self, topic: str) -> Broker:
        for broker in self.cluster.brokers:
            for partition in wire.metadata(broker.ports["PLAINTEXT"]).partitions:
                if partition.topic == topic and partition.leader > 0:
                    return self.cluster.brokers[partition.leader - 1]
        return self.dice.choice(self.cluster.brokers)

    def ways_of(self, node: Node) -> list[Proxy]:
        """From a node to every broker."""
        return self.cluster.proxies_of(f"NODE{node.number}")

    def ways_to(self, broker: Broker) -> list[Proxy]:
        """From every node to a broker."""
        return list(broker.proxies.values())


Fault = Callable[[Stage], AbstractAsyncContextManager[None]]


class Row(NamedTuple):
    fault: Fault
    is_survived: bool  # writes go on before it is healed
    weight: float = 1


@asynccontextmanager
async def _killed(node: Node) -> AsyncIterator[None]:
    await asyncio.to_thread(node.kill)
    yield
    await asyncio.to_thread(node.start)


@asynccontextmanager
async def _stopped(node: Node) -> AsyncIterator[None]:
    await asyncio.to_thread(node.stop)
    yield
    await asyncio.to_thread(node.start)


@asynccontextmanager
async def _paused(node: Node | Broker) -> AsyncIterator[None]:
    await asyncio.to_thread(node.pause)
    yield
    node.resume()


@asynccontextmanager
async def _frozen(ways: Iterable[Proxy]) -> AsyncIterator[None]:
    ways = list(ways)
    for way in ways:
        way.freeze()
    yield
    for way in ways:
        way.heal()


@asynccontextmanager
async def _cut(ways: Iterable[Proxy]) -> AsyncIterator[None]:
    ways = list(ways)
    for way in ways:
        way.cut()
    yield
    for way in ways:
        way.heal()


@asynccontextmanager
async def _broker_killed(broker: Broker) -> AsyncIterator[None]:
    await asyncio.to_thread(broker.kill)
    yield
    await asyncio.to_thread(broker.start)


@asynccontextmanager
async def _broker_stopped(broker: Broker) -> AsyncIterator[None]:
    await asyncio.to_thread(broker.stop)
    yield
    await asyncio.to_thread(broker.start)


@asynccontextmanager
async def _node_and_broker(stage: Stage) -> AsyncIterator[None]:
    async with _paused(stage.primary()), _broker_killed(stage.leader()):
        yield


@asynccontextmanager
async def _two_brokers(stage: Stage) -> AsyncIterator[None]:
    first, second = stage.dice.sample(stage.cluster.brokers, 2)
    async with _broker_killed(first), _broker_killed(second):
        yield


def _to_leader(stage: Stage) -> list[Proxy]:
    return [stage.leader().proxies[f"NODE{stage.primary().number}"]]


FAULTS = {
    "primary killed": Row(lambda stage: _killed(stage.primary()), is_survived=True, weight=2),
    "primary paused": Row(lambda stage: _paused(stage.primary()), is_survived=True, weight=3),
    "primary stopped": Row(lambda stage: _stopped(stage.primary()), is_survived=True),
    "primary cut off, silently": Row(lambda stage: _frozen(stage.ways_of(stage.primary())), is_survived=True, weight=2),
    "primary cut off": Row(lambda stage: _cut(stage.ways_of(stage.primary())), is_survived=True),
    "primary cut off the leader": Row(lambda stage: _frozen(_to_leader(stage)), is_survived=False),
    "follower killed": Row(lambda stage: _killed(stage.follower()), is_survived=True),
    "follower paused": Row(lambda stage: _paused(stage.follower()), is_survived=True),
    "follower cut off, silently": Row(lambda stage: _frozen(stage.ways_of(stage.follower())), is_survived=True),
    "leader killed": Row(lambda stage: _broker_killed(stage.leader()), is_survived=True, weight=2),
    "leader paused": Row(lambda stage: _paused(stage.leader()), is_survived=True, weight=2),
    "leader stopped": Row(lambda stage: _broker_stopped(stage.leader()), is_survived=True),
    "leader cut off the nodes, silently": Row(lambda stage: _frozen(stage.ways_to(stage.leader())), is_survived=False),
    "leader cut off the nodes": Row(lambda stage: _cut(stage.ways_to(stage.leader())), is_survived=False),
    "coordinator killed": Row(lambda stage: _broker_killed(stage.coordinator()), is_survived=True),
    "primary paused, leader killed": Row(_node_and_broker, is_survived=True),
    "two brokers killed": Row(_two_brokers, is_survived=False),
}


@dataclass(slots=True)
class Inflicted:
    """How often each fault was, and the longest time without a write in each."""

    count: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    worst: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def add(self, name: str, outage: float) -> None:
        self.count[name] += 1
        self.worst[name] = max(self.worst[name], outage)


async def inflict(name: str, stage: Stage, inflicted: Inflicted) -> None:
    """One fault, from its beginning until everything is whole again and writes go on."""
    row = FAULTS[name]
    began = time.time()
    fault = await asyncio.to_thread(row.fault, stage)
    async with fault:
        if row.is_survived:
            await _until_written(stage, f"{name}, and nobody writes")
        await asyncio.sleep(stage.dice.uniform(0.2, 2) * stage.nodes.session)  # how long it lasts is what the dice say
    await _until_written(stage, f"{name}, healed, and nobody writes")
    inflicted.add(name, stage.notes.outage(began))
    for node in stage.nodes.nodes:
        await asyncio.to_thread(node.wait_until_ready)
    for broker in stage.cluster.brokers:
        await asyncio.to_thread(broker.wait_until_ready)
    await asyncio.to_thread(stage.cluster.wait_until_in_sync)


async def _until_written(stage: Stage, trouble: str) -> None:
    try:
        await asyncio.wait_for(stage.notes.until_written(ENOUGH), LIMIT)
    except TimeoutError:
        words = await asyncio.to_thread(stage.nodes.last_words)
        raise AssertionError(f"{trouble} for {LIMIT:g} seconds:\n{words}") from None


def order(dice: random.Random, names: Iterable[str]) -> Iterable[str]:
    """Faults without end, by their weights; each of them once before anything comes a second time."""
    names = list(names)
    dice.shuffle(names)
    yield from names
    weights = [FAULTS[name].weight for name in names]
    while True:
        yield dice.choices(names, weights)[0]
