"""How long nobody can write when a node or a broker fails: three nodes, three brokers, Kafka's own settings.

The longest time between acknowledgements, from the failure on, of writes that were asked for after it through the other
nodes. Meanwhile each of them is read all the time. `MOMUS_BENCH_FAILOVERS` says how often each failure happens.
"""

import asyncio
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from aiohttp import ClientError, ClientSession, ClientTimeout

from bench.report import Row
from tests.faults.nodes import Node, Nodes
from tests.kafka import artefacts, wire
from tests.kafka.brokers import Broker, Cluster

TIMES = int(os.environ.get("MOMUS_BENCH_FAILOVERS", "20"))
SESSION = 6.0  # seconds: what Kafka allows, and our default
FENCING = 9.0  # seconds after which Kafka gives up a broker
BROKERS = {"broker.session.timeout.ms": "9000", "broker.heartbeat.interval.ms": "2000"}
SETTLED = 30  # writes that show that nothing follows
PAUSE = 0.02  # seconds between two requests of a client
PATIENCE = 60.0  # seconds for any request
FIRST = {"schema": '"string"'}  # what is read


@dataclass(slots=True)
class Measured:
    """Seconds without a write: after each failure, and the longest after what had failed was back."""

    outages: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    reads: int = 0
    failed_reads: int = 0

    def rows(self, name: str, at_most: float) -> Iterator[Row]:
        middle, worst = statistics.median(self.outages), max(self.outages)
        yield Row(name, f"p50 {middle:.2f} s, worst {worst:.2f} s of {len(self.outages)}", None, None, worst, at_most)
        yield Row("  longest gap when it is back", f"{max(self.seconds):.2f} s", None, None, max(self.seconds), 1.0)
        told = f"{self.failed_reads} of {self.reads:,} failed"
        yield Row("  reads on the other nodes", told, None, None, self.failed_reads, 0)


class Client:
    """Writes and reads through some nodes, one task each, and notes when a write was acknowledged."""

    def __init__(self, nodes: Sequence[Node], http: ClientSession, measured: Measured) -> None:
        self._nodes = nodes
        self._http = http
        self._measured = measured
        self._acknowledged: list[tuple[float, float]] = []  # began, ended
        self._changed = asyncio.Condition()
        self._over = asyncio.Event()

    async def work(self) -> None:
        async with asyncio.TaskGroup() as group:
            for node in self._nodes:
                group.create_task(self._write(node))
                group.create_task(self._read(node))

    def stop(self) -> None:
        self._over.set()

    async def longest_gap(self, since: float) -> float:
        """Between acknowledgements of writes that began after that moment, until there are enough from now on."""
        now = time.perf_counter()
        async with self._changed:
            await self._changed.wait_for(lambda: len(self._ended(now)) >= SETTLED)
        return max(later - earlier for earlier, later in pairwise([since, *self._ended(since)]))

    def _ended(self, since: float) -> list[float]:
        return [ended for began, ended in self._acknowledged if began >= since]

    async def _write(self, node: Node) -> None:
        while not self._over.is_set():
            began = time.perf_counter()
            name = f"r{time.time_ns()}"
            body = {"schema": json.dumps({"type": "record", "name": name, "fields": []})}
            if await self._asked("POST", f"{node.url}/subjects/{name}/versions", body):
                async with self._changed:
                    self._acknowledged.append((began, time.perf_counter()))
                    self._changed.notify_all()
            await asyncio.sleep(PAUSE)

    async def _read(self, node: Node) -> None:
        while not self._over.is_set():
            self._measured.reads += 1
            self._measured.failed_reads += not await self._asked("GET", f"{node.url}/schemas/ids/1", None)
            await asyncio.sleep(PAUSE)

    async def _asked(self, method: str, url: str, body: object) -> bool:
        try:
            async with self._http.request(method, url, json=body) as reply:
                await reply.read()
                return reply.status == 200
        except (ClientError, OSError, TimeoutError):
            return False


async def failovers() -> list[Row]:
    if reason := artefacts.missing():
        return [Row("Kafka", f"not here: {reason}")]
    with tempfile.TemporaryDirectory() as folder, _three(Path(folder)) as (cluster, nodes):
        rows: list[Row] = []
        limits = {"kill": SESSION + 1.5, "pause": SESSION + 1.5, "stop": 0.5}
        for how, at_most in limits.items():
            rows += (await _of_primary(nodes, how)).rows(f"primary: {how}", at_most)
        for how in ("kill", "pause", "stop"):
            rows += (await _of_broker(cluster, nodes, how)).rows(f"the log's broker: {how}", FENCING + 2)
        return rows


@contextmanager
def _three(folder: Path) -> Iterator[tuple[Cluster, Nodes]]:
    with (
        Cluster(3, properties=BROKERS) as cluster,
        Nodes([cluster.bootstrap] * 3, folder, session=SESSION) as nodes,
    ):
        yield cluster, nodes


async def _of_primary(nodes: Nodes, how: str) -> Measured:
    measured = Measured()
    for _ in range(TIMES):
        primary = await asyncio.to_thread(nodes.wait_until_settled)
        back = primary.resume if how == "pause" else primary.start
        await _failed(nodes, nodes.others(primary), getattr(primary, how), back, measured)
    return measured


async def _of_broker(cluster: Cluster, nodes: Nodes, how: str) -> Measured:
    measured = Measured()
    for _ in range(TIMES):
        await asyncio.to_thread(cluster.wait_until_in_sync)
        broker = _leader(cluster, nodes.topic)
        back = broker.resume if how == "pause" else broker.start
        await _failed(nodes, nodes.nodes, getattr(broker, how), back, measured)
        await asyncio.to_thread(broker.wait_until_ready)
    return measured


async def _failed(
    nodes: Nodes,
    through: Sequence[Node],
    fail: Callable[[], object],
    back: Callable[[], None],
    measured: Measured,
) -> None:
    """One failure, and what follows when all is back."""
    async with ClientSession(timeout=ClientTimeout(total=PATIENCE)) as http, asyncio.TaskGroup() as group:
        client = Client(through, http, measured)
        await http.post(f"{through[0].url}/subjects/first/versions", json=FIRST)
        work = group.create_task(client.work())
        await client.longest_gap(0)
        began = time.perf_counter()
        await asyncio.to_thread(fail)
        measured.outages.append(await client.longest_gap(began))
        began = time.perf_counter()
        await asyncio.to_thread(back)
        await asyncio.to_thread(nodes.wait_until_settled)
        measured.seconds.append(await client.longest_gap(began))
        client.stop()
        await work


def _leader(cluster: Cluster, topic: str) -> Broker:
    for partition in wire.metadata(cluster.brokers[0].ports["PLAINTEXT"]).partitions:
        if partition.topic == topic:
            return cluster.brokers[partition.leader - 1]
    raise LookupError(topic)
