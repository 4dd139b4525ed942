"""A cluster on Kafka: registrations from 1 client and from 64, through a follower, and starts on a topic that is full.

On the brokers that the tests start: one, without replication, on this machine. So the figures are of the registry and
its protocol, not of a network; Confluent's registry does 100 to 140 registrations a second on such a broker.
"""

import json
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from bench.load import Result, load, post
from bench.report import Row
from bench.schemas import body, order
from bench.servers import Server, on_kafka
from bench.start import MOST_BYTES, SIZES, fill
from registry.brokers import Brokers
from registry.log.kafka import KafkaLog
from tests.kafka import artefacts
from tests.kafka.brokers import Cluster

CONFLUENT = 140  # registrations a second at any concurrency, measured by us
TARGET = 10.0  # times that
SECONDS = 4.0
CLIENTS = (1, 64)


async def on_a_cluster() -> list[Row]:
    if reason := artefacts.missing():
        return [Row("Kafka", f"not here: {reason}")]
    with Cluster(1) as cluster:
        rows = []
        for fencing in ("transaction", "log-claim"):
            rows += await _registrations(cluster, fencing)
        return rows + await _forwarded(cluster) + await _starts(cluster)


async def _registrations(cluster: Cluster, fencing: str) -> list[Row]:
    """New schemas, one under each subject, told to the primary; what a batch takes and what its commit costs."""
    rows, rates = [], {}
    for clients in CLIENTS:
        with _nodes(cluster, 1, "--fencing", fencing) as [server]:
            result, spent = await _measured(server, server, clients, 0)
            batches = server.metric("momus_batch_commands_count")
            batch = server.metric("momus_batch_commands_sum") / batches
            commit = server.metric("momus_commit_seconds_sum") / batches * 1000
            rates[clients] = result.per_second
            told = f"{result.per_second:,.0f}/s, batch {batch:.1f}, commit {commit:.2f} ms, {_told(result)}"
            rows.append(Row(f"register new, {clients} clients, {fencing}", f"{told}, {spent * 1e6:,.0f} CPU-µs each"))
    rows.append(Row("  64 clients to 1", "", rates[64] / rates[1]))
    rows.append(Row("  64 clients to Confluent's 140/s", "", rates[64] / CONFLUENT, TARGET))
    return rows


async def _forwarded(cluster: Cluster) -> list[Row]:
    """The same to a follower, and to the primary beside it, in turns."""
    with _nodes(cluster, 2) as servers:
        primary = next(each for each in servers if each.metric("momus_primary"))
        follower = next(each for each in servers if each is not primary)
        rows, first = [], 0
        for clients in CLIENTS:
            direct, _ = await _measured(primary, primary, clients, first)
            carried, _ = await _measured(follower, primary, clients, first := first + direct.requests)
            first += carried.requests
            told = (
                f"{carried.per_second:,.0f}/s through a follower, {direct.per_second:,.0f}/s direct, {_told(carried)}"
            )
            rows.append(Row(f"forwarded to direct, {clients} clients", told, carried.per_second / direct.per_second))
        return rows


async def _starts(cluster: Cluster) -> list[Row]:
    rows = []
    with _nodes(cluster, 1) as [server]:
        empty = server.resident_bytes()
        rows.append(Row("start on an empty topic", f"{server.start_seconds:.2f} s, {empty / 2**20:.0f} MiB"))
    for schemas, most in SIZES.items():
        topic = _name()
        characters = await _filled(cluster, topic, schemas)
        with _nodes(cluster, 1, topic=topic, probe=f"/schemas/ids/{schemas}") as [server]:
            each = (server.resident_bytes() - empty - characters) / schemas
            seconds, replay = server.start_seconds, server.metric("momus_replay_seconds")
            told = f"{seconds:.2f} s, of which reading {replay:.2f} s"
            rows.append(Row(f"start on a topic with {schemas:,} schemas", told, None, None, seconds, most))
            rows.append(Row("  memory a schema, beyond its text", f"{each:,.0f} bytes", None, None, each, MOST_BYTES))
    return rows


async def _measured(server: Server, primary: Server, clients: int, first: int) -> tuple[Result, float]:
    """The load, and what each registration cost the primary, in seconds of CPU."""
    before = primary.cpu_seconds()
    result = await load(server.port, _new, connections=clients, seconds=SECONDS, first=first)
    if result.failures:
        raise RuntimeError(f"{result.failures} of {result.requests} requests were refused")
    return result, (primary.cpu_seconds() - before) / result.requests


@contextmanager
def _nodes(
    cluster: Cluster, count: int, *flags: str, topic: str = "", probe: str = "/health/ready"
) -> Iterator[list[Server]]:
    """A cluster that has its primary."""
    topic = topic or _name()
    with ExitStack() as running:
        starts = [on_kafka(cluster.bootstrap, topic, *flags, probe=probe) for _ in range(count)]
        servers = [running.enter_context(start) for start in starts]
        while not all(_health(server)["primary_url"] for server in servers):
            pass  # they answer, so this waits for nothing else
        yield servers


async def _filled(cluster: Cluster, topic: str, schemas: int) -> int:
    log = KafkaLog(Brokers(cluster.bootstrap), topic, transactional_id=topic, replication_factor=1)
    await log.open()
    try:
        await log.fence()
        return await fill(log, schemas)
    finally:
        await log.close()


def _health(server: Server) -> dict[str, object]:
    answer: dict[str, object] = json.load(urllib.request.urlopen(f"http://127.0.0.1:{server.port}/health", timeout=10))
    return answer


def _told(result: Result) -> str:
    return f"p50 {result.percentile(0.5) * 1000:.1f} ms, p99 {result.percentile(0.99) * 1000:.1f} ms"


def _new(number: int) -> bytes:
    return post(f"/subjects/n-{number}/versions", body(order(f"new_{number}")))


def _name() -> str:
    return f"bench-{uuid.uuid4().hex}"
