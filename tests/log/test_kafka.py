"""The log on a real Kafka keeps the contract, shuts out its predecessors, and knows a wrong topic from a right one."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.admin.records_to_delete import RecordsToDelete
from aiokafka.structs import TopicPartition

from registry.brokers import Brokers
from registry.log.kafka import KafkaLog
from registry.log.log import Entry, InDoubt, Log, LogReplaced, LogUnavailable, PositionLost
from tests.kafka.fixtures import Shared
from tests.log.contract import PATIENCE, Follower, LastingLogContract, contents, numbered, replay

# aiokafka leaves behind a connection that is being made when its client is stopped; `Topic.close` has them told here.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


class Topic:
    """A topic of one test, and all logs that were opened on it."""

    def __init__(self, broker: Shared, name: str, *, has_transactions: bool = True) -> None:
        self.brokers = Brokers(broker.bootstrap)
        self.name = name
        self._id = name if has_transactions else None
        self._opened: list[KafkaLog] = []

    def log(self, tail: Entry | None = None) -> KafkaLog:
        log = KafkaLog(self.brokers, self.name, transactional_id=self._id, replication_factor=1, tail=tail)
        self._opened.append(log)
        return log

    async def open(self) -> Log:
        log = self.log()
        await log.open()
        await log.fence()
        return log

    async def crash(self, log: Log) -> None:
        """It stays as it is: nothing is ended, nothing is told to the brokers, until the test is over."""

    async def make(self, partitions: int = 1, **config: str) -> None:
        async with admin(self.brokers) as client:
            settings = {name.replace("_", "."): value for name, value in config.items()}
            await client.create_topics([NewTopic(self.name, partitions, 1, topic_configs=settings)])

    async def close(self) -> None:
        for log in self._opened:
            await log.close()
        gc.collect()  # what a client of Kafka leaves behind is told in the test that left it


@asynccontextmanager
async def admin(brokers: Brokers) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(**brokers.options())
    await client.start()
    try:
        yield client
    finally:
        await client.close()


@pytest.fixture
async def place(broker: Shared, topic: str) -> AsyncIterator[Topic]:
    place = Topic(broker, topic)
    yield place
    await place.close()


class TestKafkaLog(LastingLogContract):
    """In transactions."""


class TestKafkaLogWithoutTransactions(LastingLogContract):
    """As it is on brokers that have none."""

    @pytest.fixture
    async def place(self, broker: Shared, topic: str) -> AsyncIterator[Topic]:
        place = Topic(broker, topic, has_transactions=False)
        yield place
        await place.close()


async def test_a_new_writer_shuts_out_the_old_one(place: Topic) -> None:
    """Once a second log has fenced, nothing of the first one's gets in, also not on a second try; and it says why."""
    first = await place.open()
    await first.append(numbered(2))
    second = await place.open()
    with pytest.raises(InDoubt, match="another node has taken over"):
        await first.append(numbered(1, b"late"))
    with pytest.raises(LogUnavailable):
        await first.append(numbered(1, b"later"))
    await second.append(numbered(1, b"new"))
    assert [key for key, _ in contents(await replay(second))] == [b"key-0", b"key-1", b"new-0"]
    assert first.health.fenced == 1


async def test_a_fence_settles_what_was_under_way(place: Topic) -> None:
    """A transaction that a dead writer left open holds up nobody: after the fence the end lies behind it."""
    writer = AIOKafkaProducer(**place.brokers.options(), transactional_id=place.name, acks="all")
    await place.make(cleanup_policy="compact")
    await writer.start()
    await writer.begin_transaction()
    await (await writer.send(place.name, b"half", b"done", partition=0))
    log = await place.open()
    await log.append(numbered(1))
    assert contents(await replay(log)) == [(b"key-0", b"0")]
    await writer.stop()


async def test_a_record_that_is_too_large_is_refused_and_nothing_written(place: Topic) -> None:
    """What the topic does not take is refused with a reason, its neighbours are not there, and others are taken."""
    await place.make(cleanup_policy="compact", max_message_bytes="2000")
    log = await place.open()
    assert log.largest_entry == 2000
    with pytest.raises(LogUnavailable, match="larger than the 2000 bytes"):
        await log.append([*numbered(1), Entry(b"large", b"." * 5000)])
    await log.append(numbered(1, b"after"))
    assert contents(await replay(log)) == [(b"after-0", b"0")]


async def test_what_the_brokers_refuse_is_refused_whole(place: Topic) -> None:
    """A topic whose limit was lowered meanwhile refuses one record: none of its append is there, and after a new
    fence all is well.
    """
    log = await place.open()
    async with admin(place.brokers) as client:
        settings = {"cleanup.policy": "compact", "max.message.bytes": "2000"}
        await client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, place.name, settings)])
    with pytest.raises(LogUnavailable, match="MessageSizeTooLarge"):
        await until_refused(log)
    await log.fence()
    await log.append(numbered(1, b"after"))
    assert contents(await replay(log))[-1] == (b"after-0", b"0")


async def until_refused(log: Log) -> None:
    """Brokers hear of a new limit a little later."""
    async with asyncio.timeout(PATIENCE):
        while True:
            await log.append([*numbered(1, b"early"), Entry(b"early", b"." * 5000)])


async def test_a_topic_is_made_as_it_must_be(place: Topic) -> None:
    """A topic that is not there is made: compacted, one partition, and with room for every schema."""
    log = await place.open()
    async with admin(place.brokers) as client:
        [found] = await client.describe_topics([place.name])
        assert len(found["partitions"]) == 1
    assert log.health.trouble == ""
    assert (log.largest_entry or 0) > 10_000_000


@pytest.mark.parametrize(
    ("partitions", "policy", "said"),
    [
        (1, "delete", "its cleanup.policy is delete"),
        (1, "compact,delete", "its cleanup.policy is compact,delete"),
        (3, "compact", "it has 3 partitions"),
    ],
)
async def test_a_wrong_topic_is_read_and_not_written(place: Topic, partitions: int, policy: str, said: str) -> None:
    """Records of a topic that loses or mixes them up are served; nobody may write, and the health answer says why."""
    await place.make(partitions, cleanup_policy=policy)
    producer = AIOKafkaProducer(**place.brokers.options())
    await producer.start()
    await producer.send_and_wait(place.name, b"v", b"k", partition=0)
    await producer.stop()
    log = place.log()
    await log.open()
    assert contents(await replay(log)) == [(b"k", b"v")]
    with pytest.raises(LogUnavailable, match=said):
        await log.fence()
    assert said in log.health.trouble
    assert "read-only" in log.health.trouble


async def test_a_log_that_was_replaced_is_noticed(place: Topic) -> None:
    """A topic that was deleted and made again under a reader is told to it, and not read as if nothing had happened."""
    log = await place.open()
    await log.append(numbered(5))
    follower = Follower(log)
    async with aclosing(follower.batches), admin(place.brokers) as client:
        await follower.catch_up()
        await client.delete_topics([place.name])
        await remade(place.name, client)
        with pytest.raises((LogReplaced, LogUnavailable)):
            await follower.reach(1_000)
        with pytest.raises(LogReplaced):
            await anext(log.follow(6))


async def remade(name: str, client: AIOKafkaAdminClient) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            answer = await client.create_topics([NewTopic(name, 1, 1, topic_configs={"cleanup.policy": "compact"})])
            if answer.topic_errors[0][1] == 0:
                return
            await asyncio.sleep(0.1)


async def test_a_reader_whose_records_were_deleted_starts_again(place: Topic) -> None:
    """A position before the start of the topic is lost, and a reader from 0 begins where the topic begins."""
    await place.make(cleanup_policy="compact,delete")
    producer = AIOKafkaProducer(**place.brokers.options())
    await producer.start()
    for number in range(5):
        await producer.send_and_wait(place.name, b"v", b"%d" % number, partition=0)
    await producer.stop()
    async with admin(place.brokers) as client:
        await client.delete_records({TopicPartition(place.name, 0): RecordsToDelete(before_offset=3)})
    log = place.log()
    await log.open()
    with pytest.raises(PositionLost):
        await anext(log.follow(1))
    assert [record.key for record in await replay(log)] == [b"3", b"4"]


async def test_a_tail_follows_each_append(place: Topic) -> None:
    """With a tail the last record of the topic is never a marker: an older Karapace can get ready."""
    tail = Entry(b'{"keytype":"NOOP","magic":0}', None)
    log = place.log(tail)
    await log.open()
    await log.fence()
    for _ in range(2):
        await log.append(numbered(1))
    records = await Follower(log).reach(4)
    assert contents(records) == [(b"key-0", b"0"), (tail.key, None), (b"key-0", b"0"), (tail.key, None)]
    assert await log.end() == records[-1].offset + 1
