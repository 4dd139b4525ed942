"""The log of a cluster: a compacted topic with one partition, read as `read_committed`, written in transactions.

The broker itself shuts out a deposed primary: all nodes write under one `transactional.id`, and whoever begins to
(`fence`) ends what the others have under way. Compaction is the broker's business, too.

Readers are not members of a group, so no rebalance stops them. They know where they are by their position, which also
passes what is never delivered: markers of transactions, and what compaction has removed.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from registry.brokers import Brokers
from registry.log.kafka_writer import ANSWER, IMPATIENT, PARTITION, Writer, stopped
from registry.log.log import Batch, Entry, Health, InDoubt, LogRecord, LogReplaced, LogUnavailable, PositionLost
from registry.log.topic import Topic, prepared, told

FETCH_WAIT = 0.5  # seconds that the broker may hold a request of a reader at the end
FETCH_BYTES = 8 * 1024 * 1024
BATCH_RECORDS = 2_000
IDLE = 0.2  # seconds between looks at the position when nobody waits for it
BUSY = 0.002  # and when somebody does
SILENCE = 30.0  # seconds without an answer, after which a reader is made anew
ASK_LIMIT = 5.0  # seconds for a question to the brokers
DIAGNOSIS = 0.5  # seconds to find out more of a trouble of brokers that were well before
OVERHEAD = 100  # bytes of a batch with one record, at most
LOOK_EVERY = 600.0  # seconds between looks at the topic's settings


class KafkaLog:
    is_shared = True

    def __init__(
        self,
        brokers: Brokers,
        topic: str,
        *,
        transactional_id: str | None,
        replication_factor: int = 3,
        makes_topic: bool = True,
        tail: Entry | None = None,
    ) -> None:
        """`transactional_id` is None for brokers without transactions; `tail` is written after each append, plainly."""
        self._brokers = brokers
        self._name = topic
        self._partition = TopicPartition(topic, PARTITION)
        self._transactional_id = transactional_id
        self._replication_factor = replication_factor
        self._makes_topic = makes_topic
        self._tail = tail
        self._topic: Topic | None = None
        self._looked_at = 0.0
        self._looking = asyncio.Lock()
        self._writer: Writer | None = None
        self._writing = asyncio.Lock()
        self._appends: set[asyncio.Task[int]] = set()  # under way
        self._tail_writer: Writer | None = None
        self._asker: AIOKafkaConsumer | None = None
        self._asking = asyncio.Lock()
        self._diagnosis: asyncio.Task[str] | None = None
        self._readers: set[AIOKafkaConsumer] = set()
        self._wanted = 0  # how far somebody wants to have read
        self._written = 0  # behind this log's own last record: brokers need a moment to tell it to readers
        self._closed = False
        self._stirred: asyncio.Future[None] | None = None  # done: readers look at their position, or see the close
        self._health = Health()

    # How it is

    @property
    def largest_entry(self) -> int | None:
        return self._topic.largest if self._topic else None

    @property
    def health(self) -> Health:
        problem = self._topic.problem if self._topic else ""
        warnings = self._topic.warnings if self._topic else ()
        epoch = self._writer.epoch if self._writer else None
        return replace(self._health, trouble=problem or self._health.trouble, warnings=warnings, epoch=epoch)

    # Life

    async def open(self) -> None:
        self._closed = False

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        await asyncio.gather(*self._appends, return_exceptions=True)
        self._stir()
        async with self._writing:
            await self._let_go()
        if self._tail_writer is not None:
            await self._tail_writer.close()
            self._tail_writer = None
        async with self._asking:
            await self._stop_asking()
        if self._diagnosis is not None:
            self._diagnosis.cancel()
            await asyncio.gather(self._diagnosis, return_exceptions=True)
        for reader in tuple(self._readers):  # whose follower nobody asks any more
            await self._stop(reader)

    # Writing

    async def fence(self) -> None:
        topic = await self._found()
        if topic.problem:
            raise LogUnavailable(topic.problem)
        async with self._writing:
            await self._let_go()
            self._refuse_if_closed()
            writer = Writer(self._brokers, self._name, topic.largest, self._transactional_id)
            await writer.start()
            self._writer = writer

    async def append(self, entries: Sequence[Entry]) -> int:
        """A caller that goes away leaves its append to end by itself: half of a transaction helps nobody."""
        self._refuse_if_closed()
        if self._topic and any(size_of(entry) > self._topic.largest for entry in entries):
            raise LogUnavailable(f"a record is larger than the {self._topic.largest} bytes that the topic takes")
        append = asyncio.get_running_loop().create_task(self._append(entries))
        self._appends.add(append)
        append.add_done_callback(self._appends.discard)
        return await asyncio.shield(append)

    async def _append(self, entries: Sequence[Entry]) -> int:
        async with self._writing:
            if self._writer is None:
                raise LogUnavailable("this node has not shut out the others yet")
            try:
                last = await self._writer.append(entries)
            except BaseException as error:
                self._health.fenced += self._writer.fenced
                self._health.in_doubt += isinstance(error, InDoubt)
                await self._let_go()
                raise
            self._written = last + 1
            await self._write_tail(last)
            return last

    async def _write_tail(self, last: int) -> None:
        """For older nodes of Karapace, which never get ready when a transaction's marker is the last of the topic.

        The marker follows the commit; what is written before readers have passed the commit would stand before it.
        """
        if self._tail is None:
            return
        with suppress(LogUnavailable, InDoubt, TimeoutError):
            async with asyncio.timeout(ASK_LIMIT):
                while await self._asked_end() <= last:  # noqa: ASYNC110 - the brokers tell nobody
                    await asyncio.sleep(BUSY)
            if self._tail_writer is None:
                writer = Writer(self._brokers, self._name, FETCH_BYTES, None)
                await writer.start()
                self._tail_writer = writer
            await self._tail_writer.append([self._tail])

    async def _let_go(self) -> None:
        if self._writer is not None:
            writer, self._writer = self._writer, None
            await writer.close()

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise LogUnavailable("the log is closed")

    async def compact(self, *, min_dead: float = 0.0) -> int:  # noqa: ARG002 - the protocol's
        """Nothing: the broker does it."""
        return 0

    # Asking

    async def end(self) -> int:
        await self._found()
        end = max(await self._asked_end(), self._written)
        self._health.end = end
        self._health.trouble = ""
        self._want(end)
        return end

    async def _asked_end(self) -> int:
        """Over a connection of its own: on a reader's it would wait for the end of that one's long request."""
        async with self._asking:
            self._refuse_if_closed()
            try:
                async with asyncio.timeout(ASK_LIMIT):
                    if self._asker is None:
                        self._asker = await self._consumer()
                    async with asyncio.timeout(ANSWER):
                        end: int = (await self._asker.end_offsets([self._partition]))[self._partition]
                    return end
            except (KafkaError, TimeoutError) as error:
                await self._stop_asking()
                if self._writer is not None:
                    self._writer.suspect()
                raise await self._unavailable(
                    f"the brokers do not say where the topic {self._name} ends", error
                ) from error

    async def _stop_asking(self) -> None:
        if self._asker is not None:
            asker, self._asker = self._asker, None
            await stopped(asker)

    def _want(self, position: int) -> None:
        if position > self._wanted:
            self._wanted = position
            self._stir()

    def _stir(self) -> None:
        if self._stirred is not None:
            self._stirred.set_result(None)
            self._stirred = None

    async def _found(self) -> Topic:
        """The topic; looked at anew now and then. What was found once counts on while nobody can look."""
        async with self._looking:
            if self._topic is None or time.monotonic() > self._looked_at + LOOK_EVERY:
                try:
                    async with asyncio.timeout(2 * ASK_LIMIT):
                        self._topic = await prepared(
                            self._brokers, self._name, self._replication_factor, makes=self._makes_topic
                        )
                    self._looked_at = time.monotonic()
                except (LogUnavailable, TimeoutError) as error:
                    if self._topic is None:
                        raise await self._unavailable(f"the topic {self._name} is out of reach", error) from error
            return self._topic

    async def _unavailable(self, what: str, error: BaseException) -> LogUnavailable:
        why = str(error) if isinstance(error, LogUnavailable) else await self._diagnosed() or told(error)
        self._health.trouble = f"{what}: {why}"
        return LogUnavailable(self._health.trouble)

    async def _diagnosed(self) -> str:
        """Where all went well before, writes wait for the next attempt, which one silent broker must not put off."""
        if self._diagnosis is None or self._diagnosis.done():
            self._diagnosis = asyncio.get_running_loop().create_task(self._brokers.trouble())
        limit = None if self._topic is None else DIAGNOSIS
        with suppress(TimeoutError):
            return await asyncio.wait_for(asyncio.shield(self._diagnosis), limit)
        return ""

    # Reading

    async def follow(self, position: int) -> AsyncGenerator[Batch, None]:
        end = await self.end()
        if (there := await self._asked_end()) < position:
            raise self._replaced(there, position)
        async with self._reader(position) as reader:
            told_end, since = -1, time.time()
            while not self._closed:
                fetch = asyncio.get_running_loop().create_task(
                    reader.getmany(self._partition, timeout_ms=round(SILENCE * 1000), max_records=BATCH_RECORDS)
                )
                try:
                    while not await self._look(fetch, told_end):
                        at = await reader.position(self._partition)
                        if not fetch.done() and at > told_end and at >= self._end_of(reader, end):
                            told_end = at
                            yield Batch((), at)
                        await self._hear(reader, since)
                    if self._closed:
                        return
                    records = (await fetch).get(self._partition, [])
                except OffsetOutOfRangeError as error:
                    raise await self._lost(error) from error
                except KafkaError as error:
                    raise await self._unavailable(f"the topic {self._name} cannot be read", error) from error
                finally:
                    fetch.cancel()
                if records:
                    yield Batch([_record(record) for record in records], records[-1].offset + 1)

    @asynccontextmanager
    async def _reader(self, position: int) -> AsyncIterator[AIOKafkaConsumer]:
        try:
            reader = await self._consumer()
        except KafkaError as error:
            raise await self._unavailable("no broker can be reached", error) from error
        self._readers.add(reader)
        try:
            reader.assign([self._partition])
            if position:
                reader.seek(self._partition, position)
            else:
                await reader.seek_to_beginning(self._partition)
            yield reader
        finally:
            await self._stop(reader)

    async def _stop(self, reader: AIOKafkaConsumer) -> None:
        if reader in self._readers:
            self._readers.discard(reader)
            await stopped(reader)

    async def _look(self, fetch: "asyncio.Task[object]", told_end: int) -> bool:
        """Wait until it is time to look at the position; or is there no need any more?"""
        if self._stirred is None:
            self._stirred = asyncio.get_running_loop().create_future()
        pause = BUSY if self._wanted > told_end else IDLE
        await asyncio.wait((fetch, self._stirred), timeout=pause, return_when=asyncio.FIRST_COMPLETED)  # noqa: TID251 - raises nothing here
        return fetch.done() or self._closed

    def _end_of(self, reader: AIOKafkaConsumer, end: int) -> int:
        stable: int | None = reader.last_stable_offset(self._partition)
        return max(end, self._written, stable or 0)

    async def _hear(self, reader: AIOKafkaConsumer, since: float) -> None:
        """Note when the brokers answered this reader; raises LogUnavailable when that is too long ago."""
        answered: int | None = reader.last_poll_timestamp(self._partition)
        if answered is not None and answered / 1000 != self._health.fetched_at:
            self._health.fetched_at = answered / 1000
            self._health.trouble = ""
        if time.time() - max(since, self._health.fetched_at or 0) > SILENCE:
            silence = TimeoutError(f"no answer for {SILENCE:g} seconds")
            raise await self._unavailable(f"the topic {self._name} cannot be read", silence)

    async def _lost(self, error: OffsetOutOfRangeError) -> Exception:
        """What it means that the topic does not have this offset."""
        [position] = error.args[0].values()
        end = await self._asked_end()
        return self._replaced(end, position) if end < position else PositionLost(position)

    def _replaced(self, end: int, position: int) -> LogReplaced:
        self._written = 0  # whatever that was, it is not in this topic
        return LogReplaced(f"the topic {self._name} ends at {end}, and was read up to {position}")

    async def _consumer(self) -> AIOKafkaConsumer:
        consumer = AIOKafkaConsumer(
            **self._brokers.options() | IMPATIENT,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="none",
            fetch_max_wait_ms=round(FETCH_WAIT * 1000),
            max_partition_fetch_bytes=FETCH_BYTES,
            fetch_max_bytes=4 * FETCH_BYTES,
        )
        try:
            await consumer.start()
        except BaseException:
            await stopped(consumer)
            raise
        return consumer


def size_of(entry: Entry) -> int:
    """Bytes of a record on its way, about: key, value, headers, and what stands around them."""
    headers = sum(len(name) * 4 + len(value or b"") + 10 for name, value in entry.headers)
    return len(entry.key or b"") + len(entry.value or b"") + headers + OVERHEAD


def _record(record: "ConsumerRecord[bytes | None, bytes | None]") -> LogRecord:
    return LogRecord(record.offset, record.key, record.value, record.timestamp, tuple(record.headers))
