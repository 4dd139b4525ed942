"""What the embedded log does on a disk that fails it: `python -m tests.log.disk SCENARIO FOLDER`.

Each scenario has a process and a folder to itself. The failures are real ones: a limit on the process, or a small file
system that `test_embedded.py` mounts on the folder, where the machine allows that.
"""

import asyncio
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from registry.election.file_lock import FileLock
from registry.log.embedded import EmbeddedLog
from registry.log.log import Entry, Log, LogUnavailable
from tests.log.contract import Follower, contents, contents_of, numbered, replay

LARGE = [Entry(b"large-%d" % number, b"." * 100_000) for number in range(30)]


@contextmanager
def limited_file_size(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """A disk without a byte left."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"." * 4096)
        except OSError:
            pass
    try:
        yield
    finally:
        filler.unlink()


def mounted(how: str, folder: Path) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", folder], check=True)


async def refused(log: Log, entries: list[Entry]) -> str:
    with pytest.raises(LogUnavailable) as caught:
        await log.append(entries)
    return str(caught.value)


async def opened(folder: Path) -> EmbeddedLog:
    log = EmbeddedLog(folder)
    await log.open()
    return log


async def limit(folder: Path) -> None:
    """A file that may not grow."""
    log = await opened(folder)
    some = numbered(10)
    await log.append(some)
    follower = Follower(log)
    await follower.catch_up()
    end = await log.end()
    with limited_file_size(200_000):
        for _ in range(3):
            assert "did not take the records" in await refused(log, LARGE)
            assert contents(await replay(log)) == contents_of(some)
            assert await log.end() == end
        await log.append(more := numbered(1, b"small enough"))
    await log.append(LARGE)
    await follower.reach(end + len(LARGE))
    assert contents(follower.records) == contents_of([*some, *more, *LARGE])
    await follower.batches.aclose()
    await log.close()


async def full(folder: Path) -> None:
    """A disk without room: for a log that is open, and for one that is opened then."""
    log = await opened(folder)
    some = numbered(10)
    await log.append(some)
    with filled(folder):
        for _ in range(3):
            assert "the disk is full" in await refused(log, LARGE)
            assert contents(await replay(log)) == contents_of(some)
    await log.append(numbered(1, b"more"))
    some += numbered(1, b"more")
    await log.close()
    with filled(folder):
        log = await opened(folder)
        follower = Follower(log)
        assert contents(await follower.catch_up()) == contents_of(some)
        assert "full" in await refused(log, LARGE)
    last = await log.append(LARGE[:5])
    await follower.reach(last)
    assert contents(follower.records) == contents_of([*some, *LARGE[:5]])
    await follower.batches.aclose()
    await log.close()


async def read_only(folder: Path) -> None:
    """A file system that becomes writable while the log is open."""
    data = folder / "data"
    log = await opened(data)
    some = numbered(10)
    await log.append(some)
    await log.close()
    mounted("ro", folder)
    log = await opened(data)
    follower = Follower(log)
    assert contents(await follower.catch_up()) == contents_of(some)
    assert "read-only" in await refused(log, numbered(1))
    mounted("rw", folder)
    last = await log.append(numbered(1, b"more"))
    await follower.reach(last)
    assert contents(follower.records) == contents_of([*some, *numbered(1, b"more")])
    await follower.batches.aclose()
    await log.close()


async def read_only_after_a_crash(folder: Path) -> None:
    """Records that are still in the write-ahead log are read from there."""
    data, crashed = folder / "data", folder / "crashed"
    log = await opened(data)
    some = numbered(10)
    await log.append(some)
    shutil.copytree(data, crashed)
    await log.close()
    mounted("ro", folder)
    log = await opened(crashed)
    assert contents(await replay(log)) == contents_of(some)
    assert "read-only" in await refused(log, numbered(1))
    await log.close()


async def read_only_from_the_start(folder: Path) -> None:
    """A folder that nobody has locked before has no primary; one that was has one, whose appends are refused."""
    used, copied = folder / "used", folder / "copied"
    lock = FileLock(used)
    await lock.open()
    await lock.close()
    copied.mkdir()
    mounted("ro", folder)
    for data, role in ((used, "primary"), (copied, "follower")):
        lock = FileLock(data)
        await lock.open()
        assert lock.standing.role == role, lock.standing
        assert ("read-only" in lock.standing.reason.lower()) == (role == "follower"), lock.standing
        await lock.close()
    for nowhere in (FileLock(folder / "new"), EmbeddedLog(folder / "new")):
        with pytest.raises(LogUnavailable, match="Read-only"):
            await nowhere.open()


SCENARIOS = {
    scenario.__name__: scenario
    for scenario in (limit, full, read_only, read_only_after_a_crash, read_only_from_the_start)
}

if __name__ == "__main__":
    asyncio.run(SCENARIOS[sys.argv[1]](Path(sys.argv[2])))
