"""The election of a node on a data folder: whoever holds the lock of the folder is primary, everyone else stays out.

This object, not the log, takes the lock, so it is opened before the log and closed after it: no other process ever
touches a file of a folder that is in use. The lock is an flock. The kernel lets go of it when the process ends, however
it ends, and there is nothing to clean up; a lock file that lies about means nothing. What stands in the file is only a
courtesy to whoever is kept out. Nobody deletes it: the next process would lock a new file of the same name.
"""

import asyncio
import fcntl
import json
import os
import socket
from collections.abc import AsyncGenerator
from contextlib import suppress
from pathlib import Path

from registry.election.election import Standing
from registry.log.log import LogInUse, LogUnavailable

FILE = "lock"


class FileLock:
    def __init__(self, folder: Path, url: str | None = None) -> None:
        self._folder = folder
        self._url = url
        self._descriptor: int | None = None
        self._standing = Standing("starting")
        self._closed = asyncio.Event()

    @property
    def standing(self) -> Standing:
        return self._standing

    def advertise(self, url: str) -> None:
        """Who finds the folder locked is told the process, and asks nobody else."""

    async def open(self) -> None:
        """Raises LogInUse when another process holds the folder, LogUnavailable when there can be no such folder.

        Where no lock can be taken (read-only, and never used before) there is no primary: this node only reads.
        """
        self._closed.clear()
        _make(self._folder)
        try:
            self._descriptor = _locked(self._folder / FILE)
        except OSError as error:
            reason = f"{self._folder / FILE} cannot be locked: {error.strerror}"
            self._standing = Standing("follower", reason=reason)
        else:
            _sign(self._descriptor, self._url)
            self._standing = Standing("primary", self._url)

    async def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        self._closed.set()

    async def confirmed(self) -> Standing:
        return self._standing

    async def changes(self) -> AsyncGenerator[Standing, None]:
        yield self._standing
        await self._closed.wait()


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LogUnavailable(f"there can be no data folder {folder}: {error.strerror}") from error


def _locked(path: Path) -> int:
    """The descriptor that holds the lock: closed on exec, so no child keeps the lock when this process is gone."""
    descriptor = _opened(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = _holder(descriptor)
        os.close(descriptor)
        if isinstance(error, BlockingIOError):
            raise LogInUse(f"the data folder {path.parent}", holder) from error
        raise
    return descriptor


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        with suppress(FileNotFoundError):
            return os.open(path, os.O_RDONLY | os.O_CLOEXEC)  # an flock does not need more
        raise error from None


def _sign(descriptor: int, url: str | None) -> None:
    """Best done, not needed: on a full or read-only disk the lock holds as well."""
    text = json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "url": url})
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text.encode(), 0)


def _holder(descriptor: int) -> str:
    try:
        signed = json.loads(os.pread(descriptor, 4096, 0))
        if signed["host"] == socket.gethostname() and not _is_alive(signed["pid"]):
            return "another process"  # which could not sign, on a full disk, perhaps
        url = f" ({signed['url']})" if signed["url"] else ""
        return f"process {signed['pid']} on {signed['host']}{url}"
    except (OSError, ValueError, LookupError, TypeError, OverflowError):
        return "another process"


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
