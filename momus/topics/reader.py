"""A topic of anybody's, read from one place to another: what was there at the start, or on and on. Nothing is written.

Readers are in no group and commit nothing, so nobody notices them. What transactions have not committed is not seen.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from difflib import get_close_matches
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import (
    KafkaError,
    OffsetOutOfRangeError,
    TopicAuthorizationFailedError,
    UnsupportedCodecError,
)

from momus.topics.faults import NoKafka
from momus.topics.points import MOST, Edge, Offset, Point, Stretch, Time, windows
from momus.topics.quiet import quiet_aiokafka
from momus.topics.records import Record
from registry.brokers import Brokers
from registry.log.kafka_writer import stopped
from registry.log.topic import told

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOK: Final = 0.2  # seconds between looks at the position where no record comes: markers and deletions are none
SILENCE: Final = 30.0  # seconds without an answer, after which the end is given up
AT_ONCE: Final = 1_000  # records
FETCH_BYTES: Final = 2**20  # of a partition; a larger message comes all the same
ASK_LIMIT: Final = 20.0  # seconds for a question to the brokers


class Lost(NamedTuple):
    """Offsets that were gone before they could be read."""

    partition: int
    first: int
    end: int


Plan = Mapping[int, Sequence[range]]  # by partition: what to read, in order


class Topic:
    """Open; made by `opened`."""

    def __init__(self, consumer: AIOKafkaConsumer, name: str, partitions: Sequence[int]) -> None:
        self.name = name
        self.partitions = tuple(partitions)
        self.lost: list[Lost] = []
        self._consumer = consumer

    async def plan(self, stretch: Stretch) -> Plan:
        """The offsets that this means now. Raises NoKafka, also for a partition that is not there."""
        if missing := sorted(set(stretch.partitions) - set(self.partitions)):
            there = f"0 to {max(self.partitions)}" if max(self.partitions) else "only 0"
            raise NoKafka(f"the topic {self.name} has no partition {missing[0]}: it has {there}")
        partitions = [TopicPartition(self.name, number) for number in stretch.partitions or self.partitions]
        with _explained(f"the topic {self.name} cannot be read"):
            async with asyncio.timeout(ASK_LIMIT):
                first = await self._consumer.beginning_offsets(partitions)
                last = await self._consumer.end_offsets(partitions)
                begins = await self._offsets(stretch.begin, first, last)
                ends = await self._offsets(stretch.end, first, last)
        if stretch.follow:
            return {at.partition: [range(begins[at], MOST)] for at in partitions}
        return {at.partition: windows(begins[at], ends[at], stretch.sample) for at in partitions}

    async def _offsets(
        self, point: Point, first: dict[TopicPartition, int], last: dict[TopicPartition, int]
    ) -> dict[TopicPartition, int]:
        wanted = first
        match point:
            case Edge.BEGINNING:
                pass
            case Edge.END:
                wanted = last
            case Offset(number):
                wanted = {at: number if number >= 0 else last[at] + number for at in first}
            case Time(milliseconds):
                found = await self._consumer.offsets_for_times(dict.fromkeys(first, milliseconds))
                wanted = {at: known.offset if (known := found.get(at)) else last[at] for at in first}
        return {at: min(max(offset, first[at]), last[at]) for at, offset in wanted.items()}

    async def read(self, plan: Plan, stop: asyncio.Event | None = None) -> AsyncGenerator[list[Record], None]:
        """What is planned, as it comes, until its end or until `stop` is set. Raises NoKafka."""
        planned = {TopicPartition(self.name, number): ranges for number, ranges in plan.items() if ranges}
        if not planned:
            return
        with _explained(f"the topic {self.name} cannot be read"):
            self._consumer.assign(list(planned))
            for at, ranges in planned.items():
                self._consumer.seek(at, ranges[0].start)
                self._consumer.pause(at)
            for turn in zip_longest(*planned.values()):
                wanted = {at: each for at, each in zip(planned, turn, strict=True) if each}
                async for records in self._turn(wanted, stop):
                    yield records

    async def _turn(
        self, wanted: dict[TopicPartition, range], stop: asyncio.Event | None
    ) -> AsyncIterator[list[Record]]:
        """One range of each partition."""
        consumer = self._consumer
        for at, each in wanted.items():
            consumer.seek(at, each.start)
        consumer.resume(*wanted)
        silence = _Silence()
        while wanted and not (stop and stop.is_set()):
            try:
                found = await consumer.getmany(*wanted, timeout_ms=round(LOOK * 1000), max_records=AT_ONCE)
            except OffsetOutOfRangeError as error:
                await self._jump(error, wanted)
                continue
            records = [_record(each) for at, some in found.items() for each in some if each.offset < wanted[at].stop]
            if records:
                yield records
            elif silence.lasts([consumer.last_poll_timestamp(at) for at, each in wanted.items() if each.stop < MOST]):
                raise NoKafka(f"the topic {self.name} cannot be read: no answer for {SILENCE:g} seconds")
            for at in list(wanted):
                if await consumer.position(at) >= wanted[at].stop:
                    consumer.pause(at)
                    del wanted[at]

    async def _jump(self, error: OffsetOutOfRangeError, wanted: dict[TopicPartition, range]) -> None:
        """What was to be read has been deleted meanwhile: go on with what is there."""
        for at, offset in error.args[0].items():
            first = (await self._consumer.beginning_offsets([at]))[at]
            if first <= offset:
                where = f"partition {at.partition} ends before offset {offset}, which it had"
                raise NoKafka(f"the topic {self.name} was made anew while it was read: {where}")
            self.lost.append(Lost(at.partition, offset, min(first, wanted[at].stop)))
            self._consumer.seek(at, first)


class _Silence:
    """How often in a row there was a look for records, and no broker had answered since the one before.

    Not by the clock: whoever reads what is printed may take any time. Who follows waits for the brokers to come back.
    """

    def __init__(self) -> None:
        self._answered: list[int | None] = []
        self._looks = 0

    def lasts(self, answered: list[int | None]) -> bool:
        self._looks = self._looks + 1 if answered and answered == self._answered else 0
        self._answered = answered
        return self._looks * LOOK > SILENCE


@asynccontextmanager
async def opened(brokers: Brokers, name: str) -> AsyncIterator[Topic]:
    """Raises NoKafka. A topic that is not there is not made, whatever the brokers are set to."""
    quiet_aiokafka()
    consumer = AIOKafkaConsumer(
        **brokers.options(),
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="none",
        max_partition_fetch_bytes=FETCH_BYTES,
    )
    try:
        try:
            await consumer.start()
            every = await consumer._client.fetch_all_metadata()  # noqa: SLF001 - to ask for one by name may make it
        except (KafkaError, OSError) as error:
            raise NoKafka(await brokers.trouble() or told(error)) from error
        partitions = every.partitions_for_topic(name)
        if not partitions:
            raise NoKafka(_no_topic(name, brokers.servers, every.topics()))
        yield Topic(consumer, name, sorted(partitions))
    finally:
        await stopped(consumer)


def _no_topic(name: str, servers: str, there: Iterable[str]) -> str:
    near = get_close_matches(name, there, 1)
    return f"there is no topic {name} on {servers}" + (f": did you mean {near[0]}?" if near else "")


@contextmanager
def _explained(what: str) -> "Iterator[None]":
    try:
        yield
    except TopicAuthorizationFailedError as error:
        raise NoKafka(f"{what}: this user may not read it") from error
    except UnsupportedCodecError as error:
        raise NoKafka(f"{what}: {error}; `pip install cramjam` brings what is missing") from error
    except (KafkaError, TimeoutError) as error:
        raise NoKafka(f"{what}: {told(error)}") from error


def _record(record: Any) -> Record:
    return Record(record.partition, record.offset, record.timestamp, record.key, record.value, record.headers)
