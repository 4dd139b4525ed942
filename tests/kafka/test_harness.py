"""The harness itself: a Kafka that behaves as one, and breaks when it is told to."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiokafka import AIOKafkaClient, AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaConnectionError, TopicAuthorizationFailedError

from tests.kafka import wire
from tests.kafka.brokers import Broker, Cluster, Listener
from tests.kafka.fixtures import Shared, require_brokers
from tests.kafka.proxy import Proxy
from tests.kafka.rights import AUTHORIZER, grant
from tests.served import ROOT, environment

PATIENCE = 60.0
LOGIN = Listener(
    "LOGIN",
    "SASL_PLAINTEXT",
    {
        "sasl.enabled.mechanisms": "PLAIN",
        "plain.sasl.jaas.config": (
            'org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="wonderland";'
        ),
    },
)


@pytest.fixture(scope="module")
def own() -> Iterator[Broker]:
    """A broker to be harmed, and left as it was found; it has a proxied address and one with a login."""
    require_brokers()
    with Cluster(1, listeners=[Listener("PROXIED", proxied=True), LOGIN], properties=AUTHORIZER) as cluster:
        yield cluster.brokers[0]


@pytest.fixture
def proxy(own: Broker) -> Iterator[Proxy]:
    proxy = own.proxies["PROXIED"]
    yield proxy
    proxy.heal()


async def create(bootstrap: str, topic: str, *, replicas: int = 1) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await admin.start()
        answer = await admin.create_topics([NewTopic(topic, 1, replicas)])
        assert [error[1] for error in answer.topic_errors] == [0], answer
    finally:
        await admin.close()


@asynccontextmanager
async def producing(bootstrap: str, **login: str) -> AsyncIterator[AIOKafkaProducer]:
    """With patience: a broker that was killed is given up only after a while, and nothing here is to time out."""
    patience = round(PATIENCE * 1000)
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", request_timeout_ms=patience, **login)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def values(bootstrap: str, topic: str, count: int = 1) -> list[bytes]:
    """The first so many that the topic has, or comes to have."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, 0)])
        async with asyncio.timeout(PATIENCE):
            return [(await consumer.getone()).value for _ in range(count)]
    finally:
        await consumer.stop()


async def test_record_is_read_back(broker: Shared, topic: str) -> None:
    """What is written to the shared broker can be read from it."""
    await create(broker.bootstrap, topic)
    async with producing(broker.bootstrap) as producer:
        await producer.send_and_wait(topic, b"one")
    assert await values(broker.bootstrap, topic) == [b"one"]


async def test_killed_broker_comes_back_with_its_data(own: Broker, topic: str) -> None:
    """After SIGKILL and a restart the broker has the same address and what was written."""
    await create(own.bootstrap, topic)
    before = own.bootstrap
    async with producing(own.bootstrap) as producer:
        await producer.send_and_wait(topic, b"one")
    own.kill()
    assert not own.is_running
    own.restart()
    assert own.bootstrap == before
    assert await values(own.bootstrap, topic) == [b"one"]


def test_paused_broker_does_nothing(own: Broker) -> None:
    """A paused broker accepts connections and answers nothing, until it is resumed."""
    own.pause()
    with pytest.raises(TimeoutError):
        wire.metadata(own.ports["PLAINTEXT"], patience=0.2)
    own.resume()
    assert wire.metadata(own.ports["PLAINTEXT"]).brokers == {1}


async def test_clients_of_a_proxied_listener_see_only_the_proxy(own: Broker, proxy: Proxy) -> None:
    """Metadata asked through a proxy names the proxy, so that no connection goes past it."""
    client = AIOKafkaClient(bootstrap_servers=own.bootstrap_of("PROXIED"))
    try:
        await client.bootstrap()
        assert [(seen.host, seen.port) for seen in client.cluster.brokers()] == [("127.0.0.1", proxy.port)]
    finally:
        await client.close()


async def test_frozen_proxy_holds_requests(own: Broker, proxy: Proxy, topic: str) -> None:
    """What is sent through a frozen proxy does not arrive before it is healed, and then does."""
    await create(own.bootstrap, topic)
    async with producing(own.bootstrap_of("PROXIED")) as producer:
        await producer.send_and_wait(topic, b"before")
        proxy.freeze()
        sent = await producer.send(topic, b"held")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(sent), 0.2)
        async with producing(own.bootstrap) as other:
            await other.send_and_wait(topic, b"past it")
        proxy.heal()
        await sent
    assert await values(own.bootstrap, topic, 3) == [b"before", b"past it", b"held"]


async def test_frozen_proxy_accepts(own: Broker, proxy: Proxy) -> None:
    """A client that comes while the proxy is frozen is connected and gets no answer."""
    proxy.freeze()
    accepted = proxy.accepted
    with pytest.raises(TimeoutError):
        await asyncio.to_thread(wire.metadata, proxy.port, patience=0.2)
    assert proxy.accepted == accepted + 1
    assert own.is_running


async def test_answers_alone_can_be_frozen(own: Broker, proxy: Proxy, topic: str) -> None:
    """With the answers frozen a record is written, and its writer does not know."""
    await create(own.bootstrap, topic)
    async with producing(own.bootstrap_of("PROXIED")) as producer:
        await producer.partitions_for(topic)
        proxy.freeze(requests=False)
        sent = await producer.send(topic, b"in doubt")
        assert await values(own.bootstrap, topic) == [b"in doubt"]
        assert not sent.done()
        proxy.heal()
        await sent


async def test_cut_proxy_resets_until_it_is_healed(own: Broker, proxy: Proxy, topic: str) -> None:
    """A cut ends connections and refuses new ones; a client that retries gets through once it is healed."""
    await create(own.bootstrap, topic)
    async with producing(own.bootstrap_of("PROXIED")) as producer:
        await producer.send_and_wait(topic, b"before")
        proxy.cut()
        with pytest.raises(ConnectionError):
            await asyncio.to_thread(wire.metadata, proxy.port)
        newcomer = AIOKafkaClient(bootstrap_servers=own.bootstrap_of("PROXIED"))
        with pytest.raises(KafkaConnectionError):
            await newcomer.bootstrap()
        await newcomer.close()
        sent = await producer.send(topic, b"after")
        proxy.heal()
        await sent
    assert await values(own.bootstrap, topic, 2) == [b"before", b"after"]


def test_cut_ends_what_was_frozen(own: Broker, proxy: Proxy) -> None:
    """A connection that was held is reset by a cut: nothing of it is delivered later."""
    proxy.freeze()
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE) as connection:
        connection.sendall(b"held")
        own.cluster.wait_for(lambda: len(proxy._connections) == 1, "the connection to be carried")
        proxy.cut()
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_delayed_proxy_delivers_later(own: Broker, proxy: Proxy) -> None:
    """An answer takes at least the delay of both ways."""
    proxy.delay(0.1)
    started = time.monotonic()
    assert wire.metadata(proxy.port).brokers == {1}
    assert time.monotonic() - started >= 0.2
    assert own.is_running


async def test_rights_are_held_to(own: Broker, topic: str) -> None:
    """Who logs in may do what was granted, and nothing before."""
    login = {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "PLAIN",
        "sasl_plain_username": "alice",
        "sasl_plain_password": "wonderland",
    }
    await create(own.bootstrap, topic)
    async with producing(own.bootstrap_of("LOGIN"), **login) as producer:
        with pytest.raises(TopicAuthorizationFailedError):
            await producer.send_and_wait(topic, b"refused")
        grant(own.ports["PLAINTEXT"], "alice", "describe, write", "topic", topic)
        await producer.send_and_wait(topic, b"granted")
    assert await values(own.bootstrap, topic) == [b"granted"]


async def test_three_brokers_outlive_one(cluster: Cluster, topic: str) -> None:
    """With three brokers a record is acknowledged while one of them is dead, and all catch up when it is back."""
    await create(cluster.bootstrap, topic, replicas=3)
    cluster.wait_until_in_sync()
    cluster.brokers[2].kill()
    async with producing(cluster.brokers[0].bootstrap) as producer:
        await producer.send_and_wait(topic, b"with two")
    cluster.brokers[2].restart()
    cluster.wait_until_in_sync()
    assert await values(cluster.brokers[2].bootstrap, topic) == [b"with two"]


async def test_one_node_can_be_parted_from_all_brokers(cluster: Cluster) -> None:
    """Frozen, the proxies of one node keep it from every broker, and nobody else from any."""
    for proxy in cluster.proxies_of("NODE0"):
        proxy.freeze()
    ask = [asyncio.to_thread(wire.metadata, proxy.port, patience=0.2) for proxy in cluster.proxies_of("NODE0")]
    parted = await asyncio.gather(*ask, return_exceptions=True)
    assert [type(answer) for answer in parted] == [TimeoutError] * 3
    assert [wire.metadata(proxy.port).brokers for proxy in cluster.proxies_of("NODE1")] == [{1, 2, 3}] * 3
    for proxy in cluster.proxies_of("NODE0"):
        proxy.heal()
    assert [wire.metadata(proxy.port).brokers for proxy in cluster.proxies_of("NODE0")] == [{1, 2, 3}] * 3


def test_nothing_outlives_who_started_it(own: Broker) -> None:
    """When the process that started a broker is killed, the broker dies too, though it is paused; its folder goes."""
    script = (
        "from tests.kafka.brokers import Cluster\n"
        "with Cluster(1) as cluster:\n"
        "    cluster.brokers[0].pause()\n"
        "    print(cluster.brokers[0].pid, cluster.folder, flush=True)\n"
        "    input()\n"
    )
    command = [sys.executable, "-c", script]
    variables = {name: value for name, value in os.environ.items() if name == "MOMUS_TEST_CACHE"}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(**variables), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout is not None
        pid, folder = starter.stdout.readline().split()
        assert "State:\tT" in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        starter.send_signal(signal.SIGKILL)
    own.cluster.wait_for(lambda: not Path(f"/proc/{pid}").exists(), "the broker to die")
    own.cluster.wait_for(lambda: not Path(folder).exists(), "its folder to go")
