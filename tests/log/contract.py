"""What every log promises. A log's own test file inherits these classes and says where its logs live (`place`).

Nothing here knows a storage, and nothing counts offsets: a log may leave holes between them.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing
from typing import Protocol

import pytest

from registry.log.log import Entry, Log, LogRecord, LogUnavailable, PositionLost

PATIENCE = 30.0  # seconds, before a test that waits for something is called a failure


class Place(Protocol):
    """Where the records of one test live: a memory, a folder, a topic."""

    async def open(self) -> Log:
        """A log on these records, open. Asked again after a close, it is what the next process would have."""


class LastingPlace(Place, Protocol):
    async def crash(self, log: Log) -> None:
        """Let the process that has `log` die without a word. `open` is then what the next process would have."""


class Follower:
    """A reader under way. It takes a batch only when the test asks for one."""

    def __init__(self, log: Log, position: int = 0) -> None:
        self.batches = log.follow(position)
        self.records: list[LogRecord] = []

    async def catch_up(self) -> list[LogRecord]:
        """Take batches until the log says that this is the end; all records so far."""
        async with asyncio.timeout(PATIENCE):
            while batch := (await anext(self.batches)).records:
                self.records += batch
        return self.records

    async def reach(self, offset: int) -> list[LogRecord]:
        """Take batches until one has the record at `offset`, or a later one."""
        async with asyncio.timeout(PATIENCE):
            while not self.records or self.records[-1].offset < offset:
                self.records += (await anext(self.batches)).records
        return self.records


async def replay(log: Log, position: int = 0) -> list[LogRecord]:
    follower = Follower(log, position)
    async with aclosing(follower.batches):
        return await follower.catch_up()


def contents(records: Iterable[LogRecord]) -> list[tuple[bytes | None, bytes | None]]:
    return [(record.key, record.value) for record in records]


def fold(records: Iterable[LogRecord]) -> dict[bytes | None, bytes]:
    """What a compacted log says: the last value of each key that was not deleted."""
    state: dict[bytes | None, bytes] = {}
    for record in records:
        if record.value is None:
            state.pop(record.key, None)
        else:
            state[record.key] = record.value
    return state


def numbered(count: int, key: bytes = b"key", size: int = 0) -> list[Entry]:
    return [Entry(b"%s-%d" % (key, number), b"%d" % number + b"." * size) for number in range(count)]


def deletion(key: bytes) -> Entry:
    return Entry(key, None)


class LogContract:
    """Inherit this with a fixture `place` that gives a `Place`, new and empty for each test."""

    @pytest.fixture
    async def log(self, place: Place) -> AsyncIterator[Log]:
        log = await place.open()
        yield log
        await log.close()

    async def test_records_come_back_as_they_were_appended(self, log: Log) -> None:
        """Keys and values come back byte for byte and in order; empty values and deletions stay different things."""
        entries = [
            Entry(b"key", b"value"),
            Entry(b"key", b""),
            Entry(b"key", None),
            Entry(bytes(range(256)), bytes(range(256)) * 100),
            Entry(b"", "ü😀\x00".encode()),
        ]
        await log.append(entries)
        assert contents(await replay(log)) == [(entry.key, entry.value) for entry in entries]

    async def test_records_from_elsewhere_keep_what_they_had(self, log: Log) -> None:
        """Headers and a timestamp that come with an entry are stored, so a record can move from log to log."""
        headers = (("X-Registry-Version", b"karapace-4"), ("empty", b""), ("none", None), ("ü", b"\xff\x00"))
        await log.append([Entry(b"a", b"1", headers, 86_400_000), Entry(b"b", b"2")])
        moved, own = await replay(log)
        assert (moved.headers, moved.timestamp) == (headers, 86_400_000)
        assert own.headers == ()
        assert own.timestamp > 1_600_000_000_000
        assert moved.entry == Entry(b"a", b"1", headers, 86_400_000)

    async def test_append_answers_the_offset_of_its_last_record(self, log: Log) -> None:
        """Offsets only grow, and an append answers the one of its last record."""
        last = [await log.append(numbered(count)) for count in (1, 3, 2)]
        records = await replay(log)
        offsets = [record.offset for record in records]
        assert offsets == sorted(set(offsets))
        assert [offsets[0], offsets[3], offsets[5]] == last

    async def test_appends_at_the_same_time_do_not_mix(self, log: Log) -> None:
        """The entries of one append stand next to each other and in order, however many appends there are at once."""
        async with asyncio.TaskGroup() as group:
            appends = [group.create_task(log.append(numbered(5, b"append-%d" % number))) for number in range(40)]
        records = await replay(log)
        assert len(records) == 200
        for number, append in enumerate(appends):
            at = next(at for at, record in enumerate(records) if record.offset == append.result()) - 4
            assert contents(records[at : at + 5]) == contents_of(numbered(5, b"append-%d" % number))

    async def test_a_large_append_is_one_append(self, log: Log) -> None:
        """Thousands of entries in one append are all there, in order."""
        entries = numbered(5_000, size=50)
        await log.append(entries)
        assert contents(await replay(log)) == contents_of(entries)

    async def test_a_cancelled_append_leaves_all_or_nothing(self, log: Log) -> None:
        """An append whose caller goes away is there whole or not at all, and the log goes on."""
        async with asyncio.TaskGroup() as group:
            for number in range(10):
                append = group.create_task(log.append(numbered(300, b"cancelled-%d" % number)))
                for _ in range(number):
                    await asyncio.sleep(0)
                append.cancel()
        last = await log.append(numbered(1, b"after"))
        records = await Follower(log).reach(last)
        assert records[-1].key == b"after-0"
        keys = [record.key for record in records if record.key]
        for number in range(10):
            assert sum(key.startswith(b"cancelled-%d-" % number) for key in keys) in {0, 300}

    async def test_end_is_where_a_reader_has_read_everything(self, log: Log) -> None:
        """The end lies behind every record, and it moves with each append."""
        assert await replay(log, await log.end()) == []
        for _ in range(3):
            before = await log.end()
            last = await log.append(numbered(2))
            assert before <= last - 1 < last < await log.end()
            assert [record.offset for record in await replay(log, before)][-1] == last

    async def test_follow_starts_where_it_is_told(self, log: Log) -> None:
        """A reader gets the record at its position and all after it, nothing before."""
        await log.append(numbered(10))
        records = await replay(log)
        for record in records:
            assert await replay(log, record.offset) == [other for other in records if other.offset >= record.offset]

    async def test_follow_says_each_time_that_it_has_caught_up(self, log: Log) -> None:
        """A reader learns by an empty batch that it is at the end: at the start, and after each new record."""
        follower = Follower(log)
        async with aclosing(follower.batches):
            assert await follower.catch_up() == []
            for number in range(3):
                await log.append(numbered(1))
                assert len(await follower.catch_up()) == number + 1

    async def test_an_append_wakes_every_reader_that_waits(self, log: Log) -> None:
        """Readers that wait at the end get a new record at once, all of them, and without asking again."""
        followers = [Follower(log) for _ in range(3)]
        for follower in followers:
            await follower.catch_up()
        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
            waiting = [group.create_task(anext(follower.batches)) for follower in followers]
            for _ in range(10):
                await asyncio.sleep(0)
            last = await log.append(numbered(1))
        assert [batch.result().records[-1].offset for batch in waiting] == [last] * 3
        for follower in followers:
            await follower.batches.aclose()

    async def test_a_reader_that_is_behind_gets_everything(self, log: Log) -> None:
        """Records that are appended while a reader is on its way reach it in order, each exactly once."""
        await log.append(numbered(3_000))
        follower = Follower(log)
        async with aclosing(follower.batches):
            last = 0
            for number in range(20):
                follower.records += (await anext(follower.batches)).records
                last = await log.append(numbered(100, b"later-%d" % number))
            await follower.reach(last)
        assert follower.records == await replay(log)

    async def test_a_closed_log_takes_nothing_and_ends_its_readers(self, place: Place) -> None:
        """After close an append is refused, and readers that were waiting come to their end; closing twice is fine."""
        log = await place.open()
        follower = Follower(log)
        await log.append(numbered(1))
        await follower.catch_up()
        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
            rest = group.create_task(rest_of(follower))
            await log.close()
        assert rest.result() == []
        await log.close()
        with pytest.raises(LogUnavailable):
            await log.append(numbered(1))

    async def test_close_finishes_the_appends_under_way(self, place: Place) -> None:
        """An append that began before close is answered as if there were no close, and its records are there."""
        log = await place.open()
        async with asyncio.TaskGroup() as group:
            appends = [group.create_task(log.append(numbered(20, b"append-%d" % number))) for number in range(20)]
            await asyncio.sleep(0)
            await log.close()
        log = await place.open()
        offsets = {record.offset for record in await replay(log)}
        assert len(offsets) == 400
        assert {append.result() for append in appends} <= offsets
        await log.close()

    async def test_what_was_appended_is_there_after_a_restart(self, place: Place) -> None:
        """A log that is opened again has the same records under the same offsets, and goes on behind them."""
        log = await place.open()
        await log.append(numbered(10))
        before, end = await replay(log), await log.end()
        await log.close()
        log = await place.open()
        assert await log.end() >= end
        assert await replay(log) == before
        assert await log.append(numbered(1)) >= end
        await log.close()


class LastingLogContract(LogContract):
    """For logs whose records outlive the process: `place` is a `LastingPlace`."""

    async def test_a_crash_loses_nothing_that_was_acknowledged(self, place: LastingPlace) -> None:
        """Every append that returned is there after a crash, and the log goes on behind it."""
        log = await place.open()
        for number in range(20):
            await log.append(numbered(3, b"append-%d" % number))
        before, end = await replay(log), await log.end()
        await place.crash(log)
        log = await place.open()
        assert await replay(log) == before
        assert await log.append(numbered(1)) >= end
        await log.close()


class CompactingLogContract(LogContract):
    """For logs that compact when they are asked to, and not when somebody else likes."""

    async def test_compaction_keeps_the_last_record_of_each_key(self, log: Log) -> None:
        """Only the last record of each key stays, under the offset it had; deleted keys go; the number gone is told."""
        await log.append([Entry(b"a", b"1"), Entry(b"b", b"1"), Entry(b"c", b"1"), Entry(b"a", b"2")])
        await log.append([deletion(b"b"), deletion(b"never there"), Entry(b"d", b"")])
        before = await replay(log)
        assert await log.compact() == 4
        assert await replay(log) == [before[2], before[3], before[6]]
        assert await log.compact() == 0

    async def test_compaction_leaves_a_log_alone_that_is_mostly_alive(self, log: Log) -> None:
        """`min_dead` is the share of dead records from which on compaction does anything."""
        await log.append([Entry(b"a", b"1"), Entry(b"a", b"2"), Entry(b"b", b"1"), Entry(b"c", b"1")])
        before = await replay(log)
        assert await log.compact(min_dead=0.26) == 0
        assert await replay(log) == before
        assert await log.compact(min_dead=0.25) == 1

    async def test_an_empty_log_can_be_compacted(self, log: Log) -> None:
        """Where there is nothing, compaction does nothing."""
        assert await log.compact() == 0
        assert await log.compact(min_dead=0.5) == 0

    async def test_records_without_a_key_stay(self, log: Log) -> None:
        """A foreign record without a key belongs to no key: compaction has no reason to drop it."""
        await log.append([Entry(None, b"1"), Entry(None, None), Entry(None, b"3")])
        assert await log.compact() == 0
        assert contents(await replay(log)) == [(None, b"1"), (None, None), (None, b"3")]

    async def test_no_offset_is_given_twice(self, place: Place) -> None:
        """Offsets go on growing after the last records of the log were compacted away, also after a restart."""
        log = await place.open()
        await log.append([Entry(b"a", b"1"), Entry(b"b", b"1")])
        last = await log.append([deletion(b"b"), deletion(b"a")])
        assert await log.compact() == 4
        assert await log.end() == last + 1
        await log.close()
        log = await place.open()
        assert await log.end() == last + 1
        assert await log.append([Entry(b"a", b"2")]) > last
        await log.close()

    async def test_a_reader_under_way_misses_no_deletion(self, log: Log) -> None:
        """A reader that has read a value, but not yet its deletion, still gets the deletion after a compaction."""
        await log.append([Entry(b"a", b"1"), Entry(b"b", b"1")])
        follower = Follower(log)
        async with aclosing(follower.batches):
            await follower.catch_up()
            await log.append([deletion(b"a"), Entry(b"c", b"1")])
            assert await log.compact() == 1
            await follower.catch_up()
            assert fold(follower.records) == {b"b": b"1", b"c": b"1"}
            assert await log.compact() == 1
            assert contents(await replay(log)) == [(b"b", b"1"), (b"c", b"1")]

    async def test_a_reader_that_was_away_is_told_what_it_cannot_know(self, log: Log) -> None:
        """A reader that comes back to its position is refused when a deletion behind it is gone, and only then."""
        position = 1 + await log.append([Entry(b"a", b"1"), Entry(b"b", b"1")])
        last = await log.append([deletion(b"a"), Entry(b"b", b"2"), Entry(b"b", b"3")])
        await log.compact()
        with pytest.raises(PositionLost):
            await replay(log, position)
        assert contents(await replay(log, last)) == [(b"b", b"3")]
        assert contents(await replay(log)) == [(b"b", b"3")]

    async def test_position_reaches_the_end_where_the_last_records_were_compacted_away(self, place: Place) -> None:
        """A reader that starts after deletions at the end were dropped stands, once it has caught up, at the end."""
        log = await place.open()
        await log.append([Entry(b"a", b"1"), Entry(b"b", b"2"), deletion(b"b")])
        follower = Follower(log)
        await follower.catch_up()
        await log.compact()
        await follower.batches.aclose()
        for _ in range(2):
            late = Follower(log)
            position = 0
            while (batch := await anext(late.batches)).records:
                position = batch.position
            assert position <= batch.position == await log.end()
            await late.batches.aclose()
            await log.close()
            log = await place.open()
        await log.close()

    @pytest.mark.parametrize("seed", range(6))
    async def test_compaction_changes_nothing_that_a_replay_folds_to(self, log: Log, seed: int) -> None:
        """Whatever is appended, and whenever compaction runs: a replay, and a slow reader, fold to the same."""
        chance = random.Random(seed)
        life: dict[bytes | None, bytes] = {}
        slow = Follower(log)
        async with aclosing(slow.batches):
            for step in range(60):
                entries = [
                    Entry(b"%d" % chance.randrange(12), chance.choice([None, b"", b"%d" % step]))
                    for _ in range(chance.randrange(1, 8))
                ]
                async with asyncio.TaskGroup() as group:
                    group.create_task(log.append(entries))
                    if chance.random() < 0.3:
                        group.create_task(log.compact())
                    if chance.random() < 0.2:
                        slow.records += (await anext(slow.batches)).records
                life.update((entry.key, entry.value) for entry in entries if entry.value is not None)
                for key in {entry.key for entry in entries}:
                    if [entry.value for entry in entries if entry.key == key][-1] is None:
                        life.pop(key, None)
                assert fold(await replay(log)) == life
            assert fold(await slow.catch_up()) == life


def contents_of(entries: Iterable[Entry]) -> list[tuple[bytes | None, bytes | None]]:
    return [(entry.key, entry.value) for entry in entries]


async def rest_of(follower: Follower) -> list[LogRecord]:
    return [record async for batch in follower.batches for record in batch.records]
