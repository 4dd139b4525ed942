"""Moving records into a log: the same, in their order, all of them, or a clear word on how far it came."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from registry.archive import moving
from registry.archive.archive import TIMELESS
from registry.archive.moving import NotAsWritten, NotEmpty, OtherRecords, Stopped, Unfit, everything, move
from registry.log.embedded import EmbeddedLog
from registry.log.log import Entry, InDoubt, Log, LogRecord, LogUnavailable
from registry.log.memory import MemoryLog
from tests.archive.recorded import NAMES, contents, recorded
from tests.state.known import compacted

CONFLUENT = recorded("confluent")


class SharedLog(MemoryLog):
    """A log as of a cluster, as far as a mover sees it: fenced, with a limit, and out of reach after some appends."""

    is_shared = True
    largest_entry = 1_000_000  # type: ignore[assignment]  # the memory has none

    def __init__(self, *, appends: int | None = None, error: Exception | None = None) -> None:
        super().__init__()
        self.fenced = False
        self.parts: list[int] = []
        self._left = appends
        self._error = error or LogUnavailable("the broker is gone")

    async def fence(self) -> None:
        self.fenced = True

    async def append(self, entries: Sequence[Entry]) -> int:
        assert self.fenced
        if self._left == len(self.parts):
            raise self._error
        self.parts.append(len(entries))
        return await super().append(entries)

    def mend(self) -> None:
        self._left = None


@pytest.fixture(params=["memory", "embedded", "shared"])
async def log(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Log]:
    logs: dict[str, Log] = {"memory": MemoryLog(), "embedded": EmbeddedLog(tmp_path), "shared": SharedLog()}
    log = logs[request.param]
    await log.open()
    yield log
    await log.close()


@pytest.fixture
def parts_of_three(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "AT_ONCE", 3)


@pytest.mark.parametrize("name", NAMES)
async def test_log_is_moved_as_it_is(log: Log, name: str) -> None:
    """Keys, values, headers and times arrive byte for byte and in order, deletions as deletions."""
    records = recorded(name)
    assert await move(records, log) == len(records)
    assert contents(await everything(log)) == contents(records)


async def test_record_without_a_time_gets_one(log: Log) -> None:
    """What a file has no time for is written now."""
    await move([LogRecord(0, b"k", b"v", TIMELESS)], log)
    [record] = await everything(log)
    assert record.timestamp > 1_600_000_000_000


async def test_log_with_records_is_left_alone(log: Log) -> None:
    """Nothing comes behind records that are there already, unless it is asked for."""
    await move(CONFLUENT[:2], log)
    with pytest.raises(NotEmpty, match="it has 2 records already"):
        await move(CONFLUENT, log)
    assert len(await everything(log)) == 2
    assert await move(CONFLUENT, log, append=True) == len(CONFLUENT)
    assert contents(await everything(log)) == contents([*CONFLUENT[:2], *CONFLUENT])


async def test_move_goes_on_where_it_was_stopped(log: Log) -> None:
    """Asked to go on, it writes what is missing, and nothing twice; from nothing to everything."""
    for there, written in ((0, 4), (4, len(CONFLUENT) - 4), (len(CONFLUENT), 0)):
        assert len(await everything(log)) == there
        assert await move(CONFLUENT[: there + 4] if there == 0 else CONFLUENT, log, resume=True) == written
    assert contents(await everything(log)) == contents(CONFLUENT)


@pytest.mark.parametrize("there", [[*CONFLUENT, CONFLUENT[0]], [CONFLUENT[3]], [CONFLUENT[0]._replace(value=b"")]])
async def test_nobody_goes_on_behind_other_records(log: Log, there: list[LogRecord]) -> None:
    """A log that begins otherwise, or goes further, is left alone."""
    await move(there, log)
    with pytest.raises(OtherRecords):
        await move(CONFLUENT, log, resume=True)
    assert len(await everything(log)) == len(there)


async def test_move_goes_on_in_a_topic_that_was_compacted() -> None:
    """What a broker drops meanwhile is not missed, as long as a later record of its key is there."""
    records = [*recorded("karapace"), *CONFLUENT]
    for there in range(len(records) + 1):
        shared = SharedLog()
        await move(records[:there], shared)
        await shared.compact()
        await move(records, shared, resume=True)
        await shared.compact()
        assert contents(await everything(shared)) == contents(compacted(records))
    shared = SharedLog()
    await move(CONFLUENT[2:9], shared)
    with pytest.raises(OtherRecords):  # the second record is gone, and nothing stands for it
        await move(CONFLUENT, shared, resume=True)


@pytest.mark.usefixtures("parts_of_three")
async def test_small_parts_go_to_a_shared_log_only() -> None:
    """A topic takes parts, told one by one; a log that is ours alone takes all at once."""
    shared, heard = SharedLog(), list[tuple[int, int]]()
    await move(CONFLUENT[:8], shared, told=lambda *done: heard.append(done))
    assert (shared.parts, heard) == ([3, 3, 2], [(3, 8), (6, 8), (8, 8)])
    heard.clear()
    await move(CONFLUENT[:8], MemoryLog(), told=lambda *done: heard.append(done))
    assert heard == [(8, 8)]


async def test_large_records_make_small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part has no more bytes than a transaction should."""
    monkeypatch.setattr(moving, "AT_ONCE_BYTES", 100)
    shared = SharedLog()
    await move([LogRecord(at, b"k", b"v" * size, 1) for at, size in enumerate((49, 49, 1, 500, 1))], shared)
    assert shared.parts == [2, 1, 1, 1]


@pytest.mark.usefixtures("parts_of_three")
@pytest.mark.parametrize(
    ("error", "perhaps", "told"),
    [
        (LogUnavailable("the broker is gone"), 6, "6 of 8 records are written: the broker is gone"),
        (InDoubt("no answer"), 8, "6, or 8, of 8 records are written: no answer"),
    ],
)
async def test_stopped_move_says_how_far_it_came(error: Exception, perhaps: int, told: str) -> None:
    """What is there and what may be there is told, and going on makes it whole."""
    shared = SharedLog(appends=2, error=error)
    with pytest.raises(Stopped) as stopped:
        await move(CONFLUENT[:8], shared)
    assert (stopped.value.written, stopped.value.perhaps, str(stopped.value)) == (6, perhaps, told)
    shared.mend()
    assert await move(CONFLUENT[:8], shared, resume=True) == 2
    assert contents(await everything(shared)) == contents(CONFLUENT[:8])


async def test_move_that_wrote_nothing_says_so() -> None:
    """Where the first part was refused, nothing is there and nothing is told to be."""
    with pytest.raises(LogUnavailable, match="the broker is gone"):
        await move(CONFLUENT, SharedLog(appends=0))
    with pytest.raises(Stopped, match="0, or 15, of 15 records"):
        await move(CONFLUENT, SharedLog(appends=0, error=InDoubt("no answer")))


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (LogRecord(7, None, b"v", 1), "it has no key, and a compacted topic takes no such record"),
        (
            LogRecord(7, b"k", b"v" * 10**6, 1),
            "it has 1,001,025 bytes with what is around it, and the log takes 1,000,000",
        ),
        (
            LogRecord(7, b"k", None, 1, (("h", b"v" * 10**6),)),
            "it has 1,001,026 bytes with what is around it, and the log takes 1,000,000",
        ),
    ],
)
async def test_record_that_a_topic_would_refuse_is_found_before(record: LogRecord, reason: str) -> None:
    """One record that a topic does not take, and nothing is written; a log of ours takes it."""
    shared = SharedLog()
    with pytest.raises(Unfit) as unfit:
        await move([*CONFLUENT, record], shared)
    assert str(unfit.value) == f"the record at offset 7 cannot be written: {reason}"
    assert not shared.fenced
    assert await move([record], MemoryLog()) == 1


class Forgetful(MemoryLog):
    """A log that takes records and has others."""

    async def append(self, entries: Sequence[Entry]) -> int:
        return await super().append([entries[0], *(each._replace(value=b"?") for each in entries[1:])])


async def test_what_was_written_is_read_back() -> None:
    """A log that has other records than it took is noticed."""
    with pytest.raises(NotAsWritten, match="record number 2 was written, and another one was read back"):
        await move(CONFLUENT, Forgetful())
