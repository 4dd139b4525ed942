"""A trial: clients at work on a cluster that is being harmed, and afterwards the judgement of all that was said.

`python -m tests.faults.trial` runs one for people; the tests run what is here.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientSession
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from registry.names import subject_of
from registry.state import queries
from registry.state.records import epoch_of, read
from registry.state.state import State
from tests.faults.clients import Client, Notes, session
from tests.faults.history import Record, World, live, violations
from tests.faults.nemesis import Inflicted, Stage, inflict
from tests.faults.nodes import Node, Nodes
from tests.kafka.brokers import Cluster

ROVERS = 6  # clients that ask any node; besides, each node has one that asks no other
FLAGS = ("--compatibility", "NONE", "--schema-search-max-limit", "1000000", "--heartbeat-interval", "0.3")
EVERYTHING = "limit=1000000"
AT_ONCE = 16  # questions
PATIENCE = 300.0  # seconds; a round of an hour's faults has thousands of ids to compare on a busy machine


@dataclass(slots=True)
class Summary:
    """What a trial did, for people."""

    seconds: float = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    records: int = 0
    claims: int = 0
    voids: int = 0
    inflicted: Inflicted = field(default_factory=Inflicted)

    def add(self, notes: Notes, world: World) -> None:
        self.outcomes.update(operation.outcome.value for operation in notes.operations)
        self.kinds.update(operation.kind.value for operation in notes.operations)
        self.records += world.records
        self.claims += world.epoch
        self.voids += world.voids

    def __str__(self) -> str:
        told = ", ".join(f"{count:,} {name}" for name, count in self.outcomes.most_common())
        kinds = ", ".join(f"{count:,} {name}" for name, count in self.kinds.most_common())
        faults = "\n".join(
            f"  {self.inflicted.count[name]:5}  {name:36} {self.inflicted.worst[name]:6.2f} s"
            for name in sorted(self.inflicted.count)
        )
        total = sum(self.inflicted.count.values())
        return (
            f"{self.seconds:,.0f} s, {self.outcomes.total():,} operations ({told}): {kinds}; "
            f"{self.records:,} records, {self.claims} claims, {self.voids} void; "
            f"{total} failures, and the longest time without a write:\n"
            f"{faults}"
        )


async def trial(
    cluster: Cluster, nodes: Nodes, faults: Iterable[str], is_over: Callable[[], bool], seed: int, summary: Summary
) -> None:
    """Fault after fault until it is over; then all that was said must hold. The nodes are new."""
    dice = random.Random(seed)
    notes = Notes()
    stage = Stage(cluster, nodes, notes, dice)
    began = time.monotonic()
    async with at_work(stage):
        for name in faults:
            await inflict(name, stage, summary.inflicted)
            if is_over():
                break
    world = await judge(notes, nodes, cluster.bootstrap)
    summary.seconds += time.monotonic() - began
    summary.add(notes, world)


@asynccontextmanager
async def at_work(stage: Stage) -> AsyncIterator[None]:
    over = asyncio.Event()
    reach = [stage.nodes.nodes] * ROVERS + [(node,) for node in stage.nodes.nodes]
    async with session() as http, asyncio.TaskGroup() as group:
        for nodes in reach:
            client = Client(nodes, stage.notes, random.Random(stage.dice.random()), http)
            group.create_task(client.work(over))
        try:
            yield
        finally:
            over.set()


async def judge(notes: Notes, nodes: Nodes, bootstrap: str) -> World:
    """Everything the clients were told was true; all nodes show the same; and it is what the log says."""
    await asyncio.to_thread(nodes.wait_until_settled)
    records, shown = await _at_rest(nodes, bootstrap)
    world, state = World(records, is_fenced=nodes.is_fenced), folded(records)
    found = violations(notes.operations, world, nodes.lives)
    assert not found, "\n".join(map(str, found[:20]))
    first, *others = shown
    for other in others:
        assert other == first
    assert (first["/health"]["unreadable"], first["/health"]["conflicts"]) == ({"count": 0, "first": []}, 0)
    assert rows_shown(first) == rows_of_world(world) == rows_of(state)
    assert (state.unreadable_count, state.conflict_count) == (0, 0)
    return world


async def _at_rest(nodes: Nodes, bootstrap: str) -> tuple[list[Record], list[dict[str, Any]]]:
    """The log, and all that each node shows of it, while nothing was written: what is in doubt may still come."""
    async with asyncio.timeout(PATIENCE):
        while True:
            before = await records_of(bootstrap, nodes.topic)
            async with session(PATIENCE) as http:
                shown = [await everything(http, node, World(before)) for node in nodes.nodes]
            after = await records_of(bootstrap, nodes.topic)
            if before == after:
                return after, shown


async def everything(http: ClientSession, node: Node, world: World) -> dict[str, Any]:
    """What the API shows, by path. The id that nobody has is asked for first: then the node reads to the log's end."""
    shown: dict[str, Any] = {}
    turns = asyncio.Semaphore(AT_ONCE)

    async def ask(path: str) -> None:
        async with turns, http.get(node.url + path) as reply:
            shown[path] = await reply.json(content_type=None)

    await ask("/schemas/ids/2147483647")
    paths = ["/subjects", "/subjects?deleted=true", "/config", "/mode", "/contexts", "/health"]
    paths += [f"/schemas?{EVERYTHING}", f"/schemas?deleted=true&{EVERYTHING}"]
    for subject in world.subjects:
        paths += [f"/subjects/{subject}/versions", f"/subjects/{subject}/versions?deleted=true"]
    for id_ in world.texts:
        paths += [f"/schemas/ids/{id_}", f"/schemas/ids/{id_}/versions?deleted=true"]
    async with asyncio.TaskGroup() as group:
        for path in paths:
            group.create_task(ask(path))
    shown["/health"] = {name: shown["/health"][name] for name in ("unreadable", "conflicts", "position")}
    return shown


async def records_of(bootstrap: str, topic: str) -> list[Record]:
    """All that was committed to the topic, as any reader sees it."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="none",
    )
    partition = TopicPartition(topic, 0)
    records: list[Record] = []
    await consumer.start()
    try:
        end = (await consumer.end_offsets([partition]))[partition]
        consumer.assign([partition])
        await consumer.seek_to_beginning(partition)
        while await consumer.position(partition) < end:
            batch = await consumer.getmany(partition, timeout_ms=200)
            records += [_record(record) for record in batch.get(partition, [])]
    finally:
        await consumer.stop()
    return records


def _record(record: "ConsumerRecord[bytes | None, bytes | None]") -> Record:
    return Record(record.offset, record.timestamp / 1000, record.key, record.value, epoch_of(record.headers))


def folded(records: Iterable[Record]) -> State:
    """By the registry's own machine."""
    state = State()
    for record in records:
        state.apply(read(record.key, record.value, record.offset, round(record.time * 1000)), record.epoch)
    return state


Rows = Mapping[tuple[str, int], tuple[int, str, bool]]


def rows_shown(shown: Mapping[str, Any]) -> Rows:
    """Versions: id, text, and whether it is deleted."""
    alive = {(row["subject"], row["version"]) for row in shown[f"/schemas?{EVERYTHING}"]}
    every = shown[f"/schemas?deleted=true&{EVERYTHING}"]
    return {
        (row["subject"], row["version"]): (row["id"], row["schema"], (row["subject"], row["version"]) not in alive)
        for row in every
    }


def rows_of_world(world: World) -> Rows:
    return {
        (subject, number): (each.id, each.text, number not in live(world.versions(subject)))
        for subject in world.subjects
        for number, each in world.versions(subject).items()
    }


def rows_of(state: State) -> Rows:
    return {
        (name, record.version): (record.id, record.text, record.deleted)
        for name in queries.subject_names(state)
        for record in queries.versions(state, subject_of(name), live=True, deleted=True)
    }
