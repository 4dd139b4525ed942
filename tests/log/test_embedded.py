"""The embedded log keeps the contract, and what a file promises beyond it."""

import asyncio
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from registry.log import embedded
from registry.log.embedded import EmbeddedLog
from registry.log.log import Entry, Log, LogRecord, LogUnavailable, PositionLost
from tests.log.contract import (
    PATIENCE,
    CompactingLogContract,
    Follower,
    LastingLogContract,
    contents,
    contents_of,
    fold,
    numbered,
    replay,
)
from tests.log.killed import ends, operation

KILLS = 12


class Folder:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._crashes = 0

    async def open(self) -> Log:
        log = EmbeddedLog(self._path / str(self._crashes))
        await log.open()
        return log

    async def crash(self, log: Log) -> None:
        """The next process finds the files as they are at this moment, unfinished."""
        shutil.copytree(self._path / str(self._crashes), self._path / str(self._crashes + 1))
        self._crashes += 1
        await log.close()


class TestEmbeddedLog(CompactingLogContract, LastingLogContract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> Folder:
        return Folder(tmp_path)


# ---------------------------------------------------------------- the file


async def test_a_new_folder_is_made_and_a_closed_log_is_one_file(tmp_path: Path) -> None:
    """The folder need not exist; after a clean close the log is a single file that can be copied."""
    folder = tmp_path / "deep" / "folder"
    log = EmbeddedLog(folder)
    await log.open()
    await log.append(numbered(3))
    await log.close()
    assert [path.name for path in folder.iterdir()] == ["log.sqlite"]


async def test_records_have_the_time_of_their_append(tmp_path: Path) -> None:
    """All records of one append carry the one time that the log's clock showed."""
    log = EmbeddedLog(tmp_path, clock=iter([1_000, 2_000]).__next__)
    await log.open()
    await log.append(numbered(2))
    await log.append(numbered(1))
    assert [record.timestamp for record in await replay(log)] == [1_000, 1_000, 2_000]
    await log.close()


async def test_large_values_come_in_small_batches(tmp_path: Path) -> None:
    """A value of 10 MB is no problem, and a reader is never handed more than a few megabytes more than one value."""
    log = EmbeddedLog(tmp_path)
    await log.open()
    sizes = [10_000_000, *[1_000_000] * 20]
    await log.append([Entry(b"%d" % number, b"." * size) for number, size in enumerate(sizes)])
    follower = Follower(log)
    batches = []
    while batch := (await anext(follower.batches)).records:
        batches.append([len(record.value or b"") for record in batch])
    assert sum(batches, []) == sizes  # noqa: RUF017
    assert all(sum(batch[:-1]) <= embedded.BATCH_BYTES for batch in batches)
    await follower.batches.aclose()
    await log.close()


async def test_compaction_gives_the_space_back(tmp_path: Path) -> None:
    """What compaction removed is gone from the disk, not only from the answers."""
    log = EmbeddedLog(tmp_path)
    await log.open()
    for _ in range(5):
        await log.append(numbered(500, size=2_000))
    await log.compact()
    await log.close()
    assert (tmp_path / "log.sqlite").stat().st_size < 1.3 * 500 * 2_000


async def test_appends_go_on_during_a_compaction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A compaction is many small transactions, and an append gets its turn between two of them."""
    monkeypatch.setattr(embedded, "STEP_SECONDS", 0)  # one record a transaction
    log = EmbeddedLog(tmp_path)
    await log.open()
    for _ in range(4):
        await log.append(numbered(50))
    async with asyncio.TaskGroup() as group:
        compaction = group.create_task(log.compact())
        for number in range(10):
            await log.append(numbered(1, b"meanwhile-%d" % number))
            assert not compaction.done()
    assert compaction.result() == 150
    assert len(await replay(log)) == 60
    await log.close()


async def test_close_does_not_wait_for_a_whole_compaction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Close ends a compaction at its next step; what a replay folds to is the same as ever."""
    monkeypatch.setattr(embedded, "STEP_SECONDS", 0)
    log = EmbeddedLog(tmp_path)
    await log.open()
    for _ in range(4):
        await log.append(numbered(100))
    before = fold(await replay(log))
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
        compaction = group.create_task(log.compact())
        while len(await replay(log)) == 400:
            pass
        await log.close()
    assert 0 < compaction.result() < 300
    log = EmbeddedLog(tmp_path)
    await log.open()
    assert fold(await replay(log)) == before
    await log.close()


async def test_nobody_writes_on_what_he_has_not_read(tmp_path: Path) -> None:
    """Where two write to one log, which the lock should prevent, each is refused until it stands at the other's end."""
    one, other = EmbeddedLog(tmp_path), EmbeddedLog(tmp_path)
    await one.open()
    await other.open()
    offsets = [await one.append(numbered(2))]
    for log in (other, one, other):
        with pytest.raises(LogUnavailable, match="another process"):
            await log.append(numbered(2))
        assert await log.end() == offsets[-1] + 1
        offsets.append(await log.append(numbered(2)))
    assert offsets == [1, 3, 5, 7]
    assert await replay(other) == await replay(one)
    await other.close()
    await one.close()


async def test_what_somebody_wrote_by_hand_is_read_as_bytes(tmp_path: Path) -> None:
    """Texts, numbers and nonsense in the cells of a record end no reader: they are bytes, and headers are left out."""
    log = EmbeddedLog(tmp_path)
    await log.open()
    await log.append(numbered(1))
    with closing(sqlite3.connect(tmp_path / "log.sqlite")) as foreign, foreign:
        foreign.execute("INSERT INTO records VALUES (7, 'text', 1.5, 0, 'nonsense'), (8, 12, NULL, 0, '[[1, 2]]')")
    records = (await replay(log))[1:]
    assert [(record.key, record.value, record.headers) for record in records] == [
        (b"text", b"1.5", ()),
        (b"12", None, ()),
    ]
    await log.close()


async def test_nothing_is_written_to_a_log_that_was_removed_or_cut(tmp_path: Path) -> None:
    """A log whose file is gone, replaced, or shorter than it was refuses to write, and says so; put back, it writes."""
    log = EmbeddedLog(tmp_path)
    await log.open()
    await log.append(numbered(3))
    aside = tmp_path / "aside"
    (tmp_path / "log.sqlite").rename(aside)
    with pytest.raises(LogUnavailable, match="removed or replaced"):
        await log.append(numbered(1))
    (tmp_path / "log.sqlite").touch()
    with pytest.raises(LogUnavailable, match="removed or replaced"):
        await log.append(numbered(1))
    aside.rename(tmp_path / "log.sqlite")
    assert await log.append(numbered(1)) == 3
    with closing(sqlite3.connect(tmp_path / "log.sqlite")) as foreign, foreign:
        foreign.execute("DELETE FROM records WHERE offset > 1")
    with pytest.raises(LogUnavailable, match="lost records"):
        await log.append(numbered(1))
    await log.close()


async def test_a_reader_may_come_while_deletions_are_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever starts at 0 while deletions are being dropped reads on to the end afterwards, and folds to the same."""
    monkeypatch.setattr(embedded, "STEP_SECONDS", 0)
    monkeypatch.setattr(embedded, "BATCH_RECORDS", 1)
    log = EmbeddedLog(tmp_path)
    await log.open()
    await log.append(numbered(100))
    await log.append([*(Entry(entry.key, None) for entry in numbered(100)), Entry(b"live", b"1")])
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
        compaction = group.create_task(log.compact())
        while (await log._look(0)).dropped == -1:
            assert not compaction.done()
        follower = Follower(log)
        await follower.reach(0)
    assert 100 < follower.records[0].offset < 200  # a deletion that was still there
    assert compaction.result() == 200
    assert fold(await follower.catch_up()) == {b"live": b"1"}
    await follower.batches.aclose()
    await log.close()


async def test_a_reader_in_another_process_is_told_what_it_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A compaction knows the readers of its own process only; a tool that reads meanwhile is told what it missed."""
    monkeypatch.setattr(embedded, "BATCH_RECORDS", 1)
    log, tool = EmbeddedLog(tmp_path), EmbeddedLog(tmp_path)
    await log.open()
    await log.append([Entry(b"a", b"1"), Entry(b"a", None), Entry(b"b", b"1")])
    await tool.open()
    follower = Follower(tool)
    await follower.reach(0)
    assert await log.compact() == 2
    with pytest.raises(PositionLost):
        await follower.catch_up()
    assert contents(await replay(tool)) == [(b"b", b"1")]
    await tool.close()
    await log.close()


# ---------------------------------------------------------------- refusals


async def refusal_of(folder: Path) -> str:
    with pytest.raises(LogUnavailable) as caught:
        await EmbeddedLog(folder).open()
    return str(caught.value)


async def a_log_of(records: int, folder: Path) -> Path:
    log = EmbeddedLog(folder)
    await log.open()
    await log.append(numbered(records, size=500))
    await log.close()
    return folder / "log.sqlite"


async def replayed(folder: Path) -> list[LogRecord]:
    log = EmbeddedLog(folder)
    try:
        await log.open()
        return await replay(log)
    finally:
        await log.close()


async def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    """A file of a format that this program does not know is left alone, and the refusal names both formats."""
    path = await a_log_of(1, tmp_path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 7")
    connection.close()
    sentence = await refusal_of(tmp_path)
    assert "written by a newer Momus" in sentence
    assert "its format is 7, this program knows formats up to 1" in sentence


async def test_the_file_of_another_program_is_refused(tmp_path: Path) -> None:
    """An SQLite file that is no log of ours is refused and not changed."""
    path = tmp_path / "log.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE records (recipe TEXT)")
    connection.close()
    before = path.read_bytes()
    assert "is not a log of Momus but another program's file" in await refusal_of(tmp_path)
    assert path.read_bytes() == before


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """Rubbish in the place of the log is refused with its path."""
    path = tmp_path / "log.sqlite"
    path.write_bytes(b"these are my notes, not your log" * 100)
    assert str(path) in (sentence := await refusal_of(tmp_path))
    assert "it is damaged, or no log at all" in sentence


async def test_a_damaged_log_is_refused_where_it_is_read(tmp_path: Path) -> None:
    """A log with a destroyed page says so to its reader instead of giving it something else."""
    path = await a_log_of(2_000, tmp_path)
    with path.open("r+b") as file:
        file.seek(4096 * 5)
        file.write(os.urandom(4096 * 100))
    with pytest.raises(LogUnavailable, match="it is damaged"):
        await replayed(tmp_path)


async def test_a_cut_off_log_is_refused(tmp_path: Path) -> None:
    """A file that lost its end says that it is damaged."""
    path = await a_log_of(2_000, tmp_path)
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(LogUnavailable, match="it is damaged"):
        await replayed(tmp_path)


async def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    """Where there is a file there can be no folder, and the refusal says which path it is about."""
    (tmp_path / "data").write_text("")
    assert str(tmp_path / "data") in await refusal_of(tmp_path / "data")


async def test_appends_are_refused_while_another_program_has_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that keeps the file locked makes appends fail with that reason, and only as long as it does."""
    monkeypatch.setattr(embedded, "BUSY_SECONDS", 0.01)
    log = EmbeddedLog(tmp_path)
    await log.open()
    shell = sqlite3.connect(tmp_path / "log.sqlite", isolation_level=None)
    shell.execute("BEGIN IMMEDIATE")
    with pytest.raises(LogUnavailable, match="another program has locked it"):
        await log.append(numbered(1))
    assert await replay(log) == []
    shell.execute("ROLLBACK")
    shell.close()
    await log.append(numbered(1))
    assert contents(await replay(log)) == [(b"key-0", b"0")]
    await log.close()


# ---------------------------------------------------------------- processes and disks that fail


async def test_no_kill_loses_what_was_acknowledged(tmp_path: Path) -> None:
    """Killed at any moment, in the middle of appends and compactions, the log has every append that was acknowledged,
    no part of one without the rest, and folds to what the operations up to its end fold to.
    """
    chance = random.Random(3)
    for _ in range(KILLS):
        start, acknowledged = kill_after(chance.randrange(1, 60), tmp_path)
        log = EmbeddedLog(tmp_path)
        await log.open()
        end, records = await log.end(), await replay(log)
        await log.close()
        assert end > acknowledged
        assert end in set(ends(start, end))
        assert contents(records) == contents_of(operation(record.offset) for record in records)
        assert fold(records) == fold(LogRecord(number, *operation(number)[:2], 0) for number in range(end))


def kill_after(appends: int, folder: Path) -> tuple[int, int]:
    """Let a process append, and kill it: the offset at which it started, and the last that it acknowledged."""
    command = [sys.executable, "-m", "tests.log.killed", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        start = int(process.stdout.readline())
        for _ in range(appends):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        return start, max((int(line) for line in process.stdout), default=start - 1)


def run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_file_that_may_not_grow_stops_only_appends(tmp_path: Path) -> None:
    """At a limit on the size of files appends are refused whole, reads go on, and appends work again without it."""
    run(sys.executable, "-m", "tests.log.disk", "limit", tmp_path)


@pytest.fixture(scope="session")
def can_mount() -> None:
    """Mounting a file system of one's own takes a machine that lets its tests do that."""
    try:
        done = subprocess.run(
            ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        pytest.skip("no unshare(1) here, which a mount of our own takes")
    if done.returncode:
        pytest.skip(f"no mount of our own here: {done.stderr.strip()}")


@pytest.mark.usefixtures("can_mount")
@pytest.mark.parametrize(
    "scenario",
    [
        pytest.param("full", id="a full disk refuses appends, reads go on, and appends work again when there is room"),
        pytest.param("read_only", id="a read-only disk is served for reading, and written to when it can be"),
        pytest.param("read_only_after_a_crash", id="on a read-only disk nothing of a crashed log is missing"),
        pytest.param("read_only_from_the_start", id="a read-only folder has a primary only if it can be locked"),
    ],
)
def test_disk(scenario: str, tmp_path: Path) -> None:
    """On a small file system of its own the log does what the scenario's name says."""
    script = 'mount -t tmpfs -o size=8m tmpfs "$2" && exec "$0" -m tests.log.disk "$1" "$2"'
    run("unshare", "--mount", "sh", "-c", script, sys.executable, scenario, tmp_path)
