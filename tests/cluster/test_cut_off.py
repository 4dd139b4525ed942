"""A node without its brokers: it starts, says what is wrong, answers what it knows, and goes on when they are back."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
from aiohttp import ClientSession
from aiokafka import AIOKafkaProducer
from aiokafka.errors import ProducerClosed
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from structlog.testing import capture_logs

from registry import node as node_module
from registry.log import kafka, kafka_writer
from tests.cluster.asking import ask
from tests.cluster.inside import PATIENCE, Member, member, members
from tests.kafka.brokers import Cluster, Listener
from tests.kafka.fixtures import require_brokers
from tests.kafka.proxy import Proxy


@pytest.fixture(scope="module")
def behind() -> Iterator[Cluster]:
    """A broker that nodes know by a proxy's address only."""
    require_brokers()
    with Cluster(1, listeners=[Listener("NODE", proxied=True)]) as cluster:
        yield cluster


@pytest.fixture
def proxy(behind: Cluster) -> Iterator[Proxy]:
    [proxy] = behind.proxies_of("NODE")
    yield proxy
    proxy.heal()


@pytest.fixture
async def lone(behind: Cluster, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Member]:
    """A primary with one schema. Nobody waits long for what does not answer."""
    monkeypatch.setattr(node_module, "BARRIER", 0.3)
    monkeypatch.setattr(kafka, "ASK_LIMIT", 0.3)
    async with (
        members(behind.bootstrap_of("NODE"), f"lone-{uuid.uuid4().hex}", 1) as cluster,
        ClientSession() as session,
    ):
        [url] = cluster.urls
        assert (await ask(session, "POST", f"{url}/subjects/s/versions", {"schema": '"string"'})).status == 200
        yield cluster.all[0]
        proxy.heal()


async def test_node_without_brokers_starts_and_says_why(behind: Cluster, proxy: Proxy, session: ClientSession) -> None:
    """Health, metrics and the journal tell that the brokers are out of reach; when they are not, it serves."""
    proxy.cut()
    with capture_logs() as journal:
        async with member(behind.bootstrap_of("NODE"), f"late-{uuid.uuid4().hex}") as late:

            async def is_told() -> bool:
                health = await ask(session, "GET", f"{late.url}/health")
                assert health.status == 503
                return bool(health.body["trouble"] and journal)

            await until(is_told)
            health = (await ask(session, "GET", f"{late.url}/health")).body
            assert (health["live"], health["ready"], health["role"]) == (True, False, "starting")
            assert proxy.address in health["trouble"]
            assert (await ask(session, "GET", f"{late.url}/health/live")).status == 200
            metrics = await numbers(session, late.url)
            assert (metrics["momus_ready"], metrics["momus_log_trouble"]) == (0, 1)
            assert (await ask(session, "GET", f"{late.url}/subjects")).headers["Retry-After"] == "1"
            told = [line for line in journal if line["event"] == "the log cannot be read"]
            assert proxy.address in told[0]["reason"]
            assert len(told) == 1
            proxy.heal()
            await late.until_ready()
            await late.until_standing(lambda standing: standing.role == "primary")
            done = await ask(session, "POST", f"{late.url}/subjects/s/versions", {"schema": '"string"'})
            assert (done.status, done.body["id"]) == (200, 1)
            health = (await ask(session, "GET", f"{late.url}/health")).body
            assert (health["ready"], health["role"], health["trouble"]) == (True, "primary", None)
            assert proxy.address in health["last_error"]


@pytest.mark.parametrize("harm", ["freeze", "cut"])
async def test_what_is_known_is_answered_without_brokers(
    lone: Member, proxy: Proxy, session: ClientSession, harm: str
) -> None:
    """Reads go on; what is said not to be there is marked, for nobody can look; afterwards it is looked for again."""
    getattr(proxy, harm)()
    known, same, *missing = await asyncio.gather(
        ask(session, "GET", f"{lone.url}/schemas/ids/1"),
        ask(session, "POST", f"{lone.url}/subjects/s/versions", {"schema": '"string"'}),
        ask(session, "GET", f"{lone.url}/schemas/ids/2"),
        ask(session, "GET", f"{lone.url}/subjects/t/versions"),
        ask(session, "POST", f"{lone.url}/subjects/s", {"schema": '"int"'}),
    )
    checked = await ask(session, "POST", f"{lone.url}/compatibility/subjects/s/versions", {"schema": '"int"'})
    assert (known.status, known.headers.get("X-Registry-Freshness")) == (200, None)
    assert [each.status for each in missing] == [404, 404, 404]
    assert (same.body["id"], checked.body) == (1, {"is_compatible": False})
    assert {each.headers.get("X-Registry-Freshness") for each in (same, checked, *missing)} == {"unknown"}
    proxy.heal()

    async def is_sure() -> bool:
        answer = await ask(session, "GET", f"{lone.url}/schemas/ids/2")
        assert answer.status == 404
        return "X-Registry-Freshness" not in answer.headers

    await until(is_sure)


async def test_those_who_miss_something_share_a_look(
    lone: Member, session: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks while a look at the end of the log is under way waits for the next one, with all the others."""
    monkeypatch.setattr("registry.node.BARRIER", PATIENCE)  # no look ends before the test lets it
    log, barrier, looks, misses, go = lone.node._log, lone.node._barrier, [0], [0], asyncio.Event()
    end, passed = log.end, barrier.passed

    async def slow_end() -> int:
        looks[0] += 1
        await go.wait()
        return await end()

    async def counted() -> bool:
        misses[0] += 1
        return await passed()

    log.end, barrier.passed = slow_end, counted  # type: ignore[method-assign]  # the same, but the test sees and waits

    async def is_looked() -> bool:
        return looks[0] == 1

    async def have_all_missed() -> bool:
        return misses[0] == len(asked)

    async with asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(ask(session, "GET", f"{lone.url}/schemas/ids/2"))]
        await until(is_looked)
        asked += [tasks.create_task(ask(session, "GET", f"{lone.url}/schemas/ids/{n}")) for n in range(3, 63)]
        await until(have_all_missed)
        assert looks[0] == 1
        go.set()
    answers = [each.result() for each in asked]
    assert {answer.status for answer in answers} == {404}
    assert {answer.headers.get("X-Registry-Freshness") for answer in answers} == {None}
    assert looks[0] == 2


async def test_node_tells_how_it_stands(lone: Member, session: ClientSession) -> None:
    """Role, generation, epoch, lag and counts are in the health answer and, as numbers, in the metrics."""
    health: dict[str, Any] = (await ask(session, "GET", f"{lone.url}/health")).body
    metrics = await numbers(session, lone.url)
    assert health["role"] == "primary"
    assert health["primary_url"] == lone.url
    assert health["generation"] == metrics["momus_generation"] >= 1
    assert health["epoch"] == metrics["momus_epoch"] == 0
    assert health["lag"] == metrics["momus_log_lag"] == 0
    assert health["seconds_since_fetch"] < PATIENCE
    assert {name: health[name] for name in ("fenced", "in_doubt", "forwarded")} == {
        "fenced": 0,
        "in_doubt": 0,
        "forwarded": 0,
    }
    assert [metrics[f"momus_{name}"] for name in ("log_fenced", "log_in_doubt", "forwarded_total")] == [0, 0, 0]
    assert (metrics["momus_primary"], metrics["momus_ready"], metrics["momus_log_trouble"]) == (1, 1, 0)


async def test_writer_that_cannot_stop_leaves_nothing_running(
    behind: Cluster, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that waits for brokers that do not answer is cut short: none of its tasks goes on for as long as we live."""
    monkeypatch.setattr(kafka_writer, "CLOSE_LIMIT", 0.2)
    topic, bootstrap = f"cut-{uuid.uuid4().hex}", behind.bootstrap_of("NODE")
    admin = AdminClient({"bootstrap.servers": bootstrap})
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(PATIENCE)
    before = asyncio.all_tasks()
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True)
    await producer.start()
    await producer.send_and_wait(topic, b"delivered")
    proxy.freeze()
    unanswered = await producer.send(topic, b"held")
    await kafka_writer.stopped(producer)
    with pytest.raises(ProducerClosed):
        await unanswered

    async def is_over() -> bool:
        return asyncio.all_tasks() <= before

    await until(is_over)


async def numbers(session: ClientSession, url: str) -> dict[str, float]:
    text = (await ask(session, "GET", f"{url}/metrics")).raw.decode()
    lines = (line.split() for line in text.splitlines() if line.startswith("momus_") and "{" not in line)
    return {name: float(value) for name, value in lines}


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await is_so():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.02)
