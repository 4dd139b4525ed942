"""Elections for one node: `alone`, and the lock of a data folder."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from registry.election.alone import Alone
from registry.election.election import Election, Standing
from registry.election.file_lock import FileLock
from registry.log.log import LogInUse, LogUnavailable


@pytest.mark.parametrize("make", [lambda _: Alone("http://here"), lambda folder: FileLock(folder, "http://here")])
async def test_one_node_is_primary_until_it_leaves(make: Callable[[Path], Election], tmp_path: Path) -> None:
    """The one node is primary under its own URL as soon as it takes part; its changes end when it leaves."""
    election = make(tmp_path)
    await election.open()
    assert election.standing == Standing("primary", "http://here")
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        changes = group.create_task(all_of(election))
        await asyncio.sleep(0)
        await election.close()
        await election.close()
    assert changes.result() == [Standing("primary", "http://here")]


async def all_of(election: Election) -> list[Standing]:
    return [standing async for standing in election.changes()]


async def test_a_second_node_on_the_folder_is_told_who_holds_it(tmp_path: Path) -> None:
    """The refusal names the folder, and the holder's process and URL; when the holder leaves, the next may have it."""
    first, second = FileLock(tmp_path / "data", "http://first:8081"), FileLock(tmp_path / "data")
    await first.open()
    with pytest.raises(LogInUse) as caught:
        await second.open()
    assert str(caught.value).startswith(f"the data folder {tmp_path / 'data'} is in use by process {os.getpid()} on ")
    assert str(caught.value).endswith(" (http://first:8081)")
    await first.close()
    await second.open()
    assert second.standing == Standing("primary", None)
    await second.close()


@pytest.mark.parametrize("left", [b"", b"rubbish", b'{"pid": 1}', b"[]", b"\xff"])
async def test_a_lock_file_that_was_left_means_nothing(left: bytes, tmp_path: Path) -> None:
    """Whatever stands in a lock file: nobody holds it, so it can be taken; if somebody does, he may be unknown."""
    (tmp_path / "lock").write_bytes(left)
    lock = FileLock(tmp_path)
    await lock.open()
    assert lock.standing.role == "primary"
    (tmp_path / "lock").write_bytes(left)
    with pytest.raises(LogInUse, match="is in use by another process"):
        await FileLock(tmp_path).open()
    await lock.close()


async def test_a_holder_that_has_ended_is_not_named(tmp_path: Path) -> None:
    """When the holder could not sign, the file still has an older one's name: he is dead, so it is somebody else."""
    lock = FileLock(tmp_path)
    await lock.open()
    for pid in (pid_of_the_dead(), 10**30):
        left = {"pid": pid, "host": socket.gethostname(), "url": None}
        (tmp_path / "lock").write_text(json.dumps(left))
        with pytest.raises(LogInUse, match=r"is in use by another process$"):
            await FileLock(tmp_path).open()
    await lock.close()


def pid_of_the_dead() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    return ended.pid


async def test_there_must_be_a_folder(tmp_path: Path) -> None:
    """Where no folder can be, the refusal says so."""
    (tmp_path / "data").write_text("a file")
    with pytest.raises(LogUnavailable, match="there can be no data folder"):
        await FileLock(tmp_path / "data").open()


@pytest.fixture
def holder(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "tests.election.holder", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


async def test_a_killed_holder_holds_nothing(holder: "subprocess.Popen[str]", tmp_path: Path) -> None:
    """Others are kept out while the holder lives; after kill -9 they get in, even if a child of the holder lives."""
    assert holder.stdout is not None
    child = int(holder.stdout.readline())
    try:
        with pytest.raises(LogInUse, match=rf"process {holder.pid} on .* \(http://127.0.0.1:18081\)"):
            await FileLock(tmp_path).open()
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        os.kill(child, 0)  # it lives
        lock = FileLock(tmp_path)
        await lock.open()
        await lock.close()
    finally:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
