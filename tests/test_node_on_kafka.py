"""Nodes that share a topic: whatever becomes of an append, a writer's answer is true, and one primary's only."""

import asyncio
import gc
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from compat.worker import Workers
from registry.brokers import Brokers
from registry.checks import Checks
from registry.election.election import Standing
from registry.log.kafka import KafkaLog
from registry.log.log import Entry, InDoubt, LogUnavailable
from registry.metrics import Metrics
from registry.names import subject_of
from registry.node import Node, NotPrimary
from registry.refusals import Refusal
from registry.schemas import Schemas
from registry.state.commands import DeleteSubject, Draft, Register
from registry.state.records import NOOP, epoch_of
from registry.watch import Watch
from tests.kafka.fixtures import Shared
from tests.log.contract import PATIENCE, replay
from tests.log.test_kafka import admin, remade
from tests.state.known import DEFAULTS

# aiokafka leaves behind a connection that is being made when its client is stopped; `Topic.close` has them told here.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

PRIMARY = Standing("primary", "http://here:8081")
FOLLOWER = Standing("follower", "http://there:8081")


class Seat:
    """An election that the test decides. `confirms` is what the group says when it is asked."""

    def __init__(self, standing: Standing) -> None:
        self.standing = self.confirms = standing
        self._news = asyncio.Event()

    def be(self, standing: Standing) -> None:
        self.standing = self.confirms = standing
        self._stir()

    def _stir(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    def advertise(self, url: str) -> None: ...

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def changes(self) -> AsyncGenerator[Standing, None]:
        while True:
            yield self.standing
            await self._news.wait()

    async def confirmed(self) -> Standing:
        if self.standing != self.confirms:
            self.be(self.confirms)
        return self.standing


class Unsure(KafkaLog):
    """A log on Kafka one of whose appends ends without a clear answer."""

    doubtful: Callable[[Sequence[Entry]], Coroutine[Any, Any, int]] | None = None

    async def append(self, entries: Sequence[Entry]) -> int:
        if self.doubtful is None:
            return await super().append(entries)
        doubtful, self.doubtful = self.doubtful, None
        return await doubtful(entries)

    async def is_written(self, entries: Sequence[Entry]) -> int:
        await super().append(entries)
        raise InDoubt("the answer was lost")

    async def is_not_written(self, _entries: Sequence[Entry]) -> int:
        raise InDoubt("the answer was lost")

    async def is_withdrawn(self, _entries: Sequence[Entry]) -> int:
        """As an operator does who aborts a transaction: the commit is answered as if it were one."""
        return await super().append([Entry(NOOP, None)])


class Member:
    """A node of the cluster, in this process."""

    def __init__(self, log: Unsure, standing: Standing) -> None:
        self.log = log
        self.seat = Seat(standing)
        workers, metrics = Workers(size=1), Metrics()
        checks = Checks(Schemas(workers, 100_000), workers, metrics.compared)
        self.node = Node(log, self.seat, checks, DEFAULTS, Watch(metrics))

    async def register(self, name: str) -> tuple[int, int]:
        """The id and the version of a schema by this name, under a subject of its own."""
        async with asyncio.timeout(PATIENCE):
            text = f'{{"type":"record","name":"{name}","fields":[]}}'
            record = (await self.node.write(Register(subject_of(name), Draft(text)))).record
            return record.id, record.version

    async def leads(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.node.until_standing(lambda standing: standing.role == "primary")

    async def follows(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.node.until_standing(lambda standing: standing.role == "follower")


class Topic:
    def __init__(self, broker: Shared, name: str, transactional_id: str | None) -> None:
        self.name = name
        self.brokers = Brokers(broker.bootstrap)
        self._id = transactional_id
        self._opened = AsyncExitStack()

    def log(self) -> Unsure:
        return Unsure(self.brokers, self.name, transactional_id=self._id, replication_factor=1)

    async def member(self, standing: Standing) -> Member:
        member = Member(self.log(), standing)
        await member.node.open()
        self._opened.push_async_callback(member.node.close)
        async with asyncio.timeout(PATIENCE):
            await member.node.until_ready()
        return member

    async def close(self) -> None:
        await self._opened.aclose()
        gc.collect()


@asynccontextmanager
async def _topic(broker: Shared, name: str, transactional_id: str | None) -> AsyncIterator[Topic]:
    topic = Topic(broker, name, transactional_id)
    try:
        yield topic
    finally:
        await topic.close()


@pytest.fixture(params=["transaction", "log-claim"])
async def place(request: pytest.FixtureRequest, broker: Shared, topic: str) -> AsyncIterator[Topic]:
    """Both ways to shut out a deposed primary."""
    async with _topic(broker, topic, topic if request.param == "transaction" else None) as place:
        yield place


async def test_a_follower_says_who_may_write_and_reads_along(place: Topic) -> None:
    """What the primary writes the follower knows after one look at the end, and a write to it goes to the primary."""
    primary, follower = await place.member(PRIMARY), await place.member(FOLLOWER)
    number, _ = await primary.register("one")
    assert await follower.node.catch_up()
    assert (".", number) in dict(follower.node.state.ids.items())
    with pytest.raises(NotPrimary) as where:
        await follower.register("two")
    assert where.value.standing.primary_url == "http://there:8081"


async def test_ids_go_on_under_the_next_primary(place: Topic) -> None:
    """A primary that takes over knows every id that was given before it gives one."""
    one, other = await place.member(PRIMARY), await place.member(FOLLOWER)
    ids = []
    for turn in range(4):
        ids.append((await one.register(f"r{turn}"))[0])
        one.seat.be(FOLLOWER)
        other.seat.be(PRIMARY)
        await other.leads()
        one, other = other, one
    assert ids == [1, 2, 3, 4]


async def test_a_primary_that_was_deposed_unknowingly_writes_nothing(place: Topic) -> None:
    """A node that still believes to be primary finds out by its write, which the new primary gets instead; no record
    of the old epoch counts behind the new claim.
    """
    old, new = await place.member(PRIMARY), await place.member(FOLLOWER)
    await old.register("first")
    old.seat.confirms = FOLLOWER  # which it hears when it asks
    new.seat.be(PRIMARY)
    await new.leads()
    with pytest.raises(NotPrimary):
        await old.register("late")
    number, _ = await new.register("second")
    assert number == 2
    assert await valid_epochs(place) == sorted(await valid_epochs(place))


async def valid_epochs(place: Topic) -> list[int]:
    """The epochs of the records that count, in the order of the log."""
    reader = await place.member(FOLLOWER)
    claim = reader.node.state.claim
    assert claim is not None
    epochs: list[int] = []
    for record in await replay(reader.log):
        epoch = epoch_of(record.headers)
        if epoch is not None and not (record.offset > claim.offset and epoch < claim.epoch):
            epochs.append(epoch)
    return epochs


@pytest.mark.parametrize("fate", ["is_written", "is_not_written", "is_withdrawn"])
async def test_a_write_in_doubt_is_found_out(place: Topic, fate: str) -> None:
    """A node that is still primary looks what became of its write, and writes it again only if it is not there."""
    primary = await place.member(PRIMARY)
    await primary.register("before")
    primary.log.doubtful = getattr(primary.log, fate)
    assert await primary.register("doubtful") == (2, 1)
    assert await primary.register("doubtful") == (2, 1)
    assert await primary.register("after") == (3, 1)


@pytest.mark.parametrize(("fate", "is_there"), [("is_written", True), ("is_not_written", False)])
async def test_a_write_in_doubt_of_a_deposed_node_is_found_out(place: Topic, fate: str, *, is_there: bool) -> None:
    """Behind the claim of another primary it is known what became of the write: it is answered, or handed over."""
    old, new = await place.member(PRIMARY), await place.member(FOLLOWER)
    await old.register("before")
    old.seat.confirms = FOLLOWER
    old.log.doubtful = getattr(old.log, fate)
    outcome = asyncio.get_running_loop().create_task(old.register("doubtful"))
    await old.follows()
    new.seat.be(PRIMARY)
    await new.leads()
    if is_there:
        assert await outcome == (2, 1)
    else:
        with pytest.raises(NotPrimary):
            await outcome
    assert await new.register("doubtful") == (2, 1)


async def test_a_deletion_in_doubt_is_answered_as_done(place: Topic) -> None:
    """A deletion that was written is not answered by what it did itself: that there is nothing to delete."""
    primary = await place.member(PRIMARY)
    await primary.register("s")
    primary.log.doubtful = primary.log.is_written
    async with asyncio.timeout(PATIENCE):
        assert await primary.node.write(DeleteSubject(subject_of("s"), permanent=False)) == [1]


async def test_records_that_the_log_refuses_are_refused_to_their_writers(place: Topic) -> None:
    """A schema that is too large for the topic is refused with its own code, and hurts no neighbour."""
    primary = await place.member(PRIMARY)
    large = Register(
        subject_of("large"), Draft(f'{{"type":"record","name":"L","doc":"{"." * 20_000_000}","fields":[]}}')
    )
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as tasks:
        taken = tasks.create_task(primary.register("small"))
        with pytest.raises(Refusal) as refused:
            await primary.node.write(large)
    assert refused.value.reason.code == 42209
    assert taken.result() == (1, 1)


async def test_nobody_writes_behind_a_log_that_was_replaced(place: Topic) -> None:
    """A topic without the ids that were issued is another log: the node serves what it knows and writes nothing."""
    primary = await place.member(PRIMARY)
    await primary.register("lost")
    async with admin(place.brokers) as client:
        await client.delete_topics([place.name])
        await remade(place.name, client)
    async with asyncio.timeout(3 * PATIENCE):  # brokers take their time with a name that was in use before
        while not primary.node.reader.forbidden:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.05)
    assert "ids up to 1 were issued" in primary.node.trouble
    assert (".", 1) in dict(primary.node.state.ids.items())
    with pytest.raises((Refusal, NotPrimary)):
        await primary.register("next")
    newcomer = await place.member(FOLLOWER)
    assert newcomer.node.state.position == 0


async def test_a_node_without_brokers_starts_and_says_so(topic: str) -> None:
    """Brokers that are not there keep the node from being ready, not from telling why."""
    log = Unsure(Brokers("127.0.0.1:9"), topic, transactional_id=topic)
    member = Member(log, PRIMARY)
    await member.node.open()
    try:
        async with asyncio.timeout(PATIENCE):
            while "127.0.0.1:9" not in member.node.trouble:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.05)
        assert not member.node.is_ready
        assert not await member.node.catch_up()
        with pytest.raises(LogUnavailable):
            await log.end()
    finally:
        await member.node.close()
