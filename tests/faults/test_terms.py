"""A batch is written under the primacy it was decided under, or decided anew; in both ways of fencing."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

import pytest

from registry.checks import Checks
from registry.log.log import Entry
from registry.node import NotPrimary
from registry.state.facts import Question
from tests.kafka.fixtures import Shared
from tests.log.contract import PATIENCE
from tests.test_node_on_kafka import FOLLOWER, PRIMARY, Member, Topic

PATIENT = 4  # searches that find nothing, after which what is missing is found while the whole batch waits


class Gate:
    def __init__(self) -> None:
        self.reached, self.open = asyncio.Event(), asyncio.Event()

    async def pass_(self) -> None:
        self.reached.set()
        await self.open.wait()

    async def until_reached(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.reached.wait()


class Slow(Checks):
    """Checks that find nothing about the schema `late` until its batch waits for it, and let the test go first."""

    def __init__(self, checks: Any) -> None:
        vars(self).update(vars(checks))
        self._searches = 0
        self.last_but_one, self.last = Gate(), Gate()

    async def find(self, questions: Iterable[Question]) -> dict[Question, Any]:
        questions = tuple(questions)
        if "late" not in str(questions):
            return await super().find(questions)
        self._searches += 1
        if self._searches < PATIENT:
            return {}
        if self._searches == PATIENT:
            await self.last_but_one.pass_()
            return {}
        await self.last.pass_()
        return await super().find(questions)


@pytest.fixture(params=["transaction", "log-claim"])
async def place(request: pytest.FixtureRequest, broker: Shared, topic: str) -> AsyncIterator[Topic]:
    """Both ways to shut out a deposed primary."""
    place = Topic(broker, topic, topic if request.param == "transaction" else None)
    yield place
    await place.close()


async def moved(one: Member, other: Member) -> None:
    """The primacy, from one node to the other."""
    one.seat.be(FOLLOWER)
    other.seat.be(PRIMARY)
    await other.leads()


async def held(member: Member) -> tuple[Gate, "asyncio.Task[tuple[int, int]]", "asyncio.Task[tuple[int, int]]"]:
    """Two registrations of one batch: the first is decided, the second waits at the gate."""
    loop, slow, append = asyncio.get_running_loop(), Slow(member.node._knowledge), Gate()
    member.node._knowledge = slow
    late = loop.create_task(member.register("late"))
    await slow.last_but_one.until_reached()

    async def held_append(entries: Sequence[Entry]) -> int:
        await append.pass_()
        return await member.log.append(entries)

    member.log.doubtful = held_append
    before = loop.create_task(member.register("before"))
    await append.until_reached()
    early = loop.create_task(member.register("early"))
    async with asyncio.timeout(PATIENCE):
        while not member.node._queue:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0)
    slow.last_but_one.open.set()
    async with asyncio.timeout(PATIENCE):
        while len(member.node._queue) < 2:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0)
    append.open.set()
    await before
    await slow.last.until_reached()
    return slow.last, early, late


async def test_batch_of_a_primacy_that_is_over_is_decided_anew(place: Topic) -> None:
    """A node that was deposed and is primary again writes nothing of what it had decided before."""
    one, other = await place.member(PRIMARY), await place.member(FOLLOWER)
    await one.leads()
    gate, early, late = await held(one)
    await moved(one, other)
    assert await other.register("between") == (2, 1)
    await moved(other, one)
    gate.open.set()
    assert [await early, await late] == [(3, 1), (4, 1)]


async def test_batch_of_a_node_that_follows_by_now_is_handed_over(place: Topic) -> None:
    """What was decided before another node took over is not written under that one's epoch."""
    one, other = await place.member(PRIMARY), await place.member(FOLLOWER)
    await one.leads()
    gate, early, late = await held(one)
    one.seat.confirms = FOLLOWER  # which it hears when it asks
    other.seat.be(PRIMARY)
    await other.leads()
    assert await other.register("between") == (2, 1)
    assert await one.node.catch_up()
    gate.open.set()
    for outcome in (early, late):
        with pytest.raises(NotPrimary):
            await outcome
    assert await other.register("after") == (3, 1)
