"""The log of a registry that runs alone: one SQLite file in the data folder. No Kafka, and nothing to set up.

One thread writes, another reads, each over its own connection; the event loop never waits for the disk. An append is
one transaction of a write-ahead log that is synced before the append returns, so neither kill -9 nor a power cut loses
it, and readers go on meanwhile. Whoever has many entries hands them over in one append: that is group commit.

Who may write is not decided here. The election is (`election/file_lock.py`): it is opened first, and holds the folder
for as long as this log is open.
"""

import asyncio
import json
import os
import shutil
import sqlite3
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

from registry.log.clock import milliseconds
from registry.log.log import Batch, Entry, Headers, Health, LogRecord, LogUnavailable
from registry.log.readers import Look, Readers

FILE = "log.sqlite"
FORMAT = 1  # of the file, as its user_version; of the records' content the log knows nothing
APPLICATION = 0x4D6F6D75  # "Momu", the file's application_id

BATCH_RECORDS = 2_000  # what one look of a reader takes: the reader holds the event loop while it applies a batch
BATCH_BYTES = 4 << 20
WAL_BYTES = 16 << 20  # to which the write-ahead log is cut down after a large append
STEP_SECONDS = 0.01  # one transaction of a compaction: appends wait no longer than this, and the commit, for it
BUSY_SECONDS = 5.0  # how long to wait for another program that has the file locked (a backup, an sqlite3 shell)

# `dropped` is the highest offset of a deletion that compaction removed, or -1. No offset up to it is given again.
TABLES = (
    """CREATE TABLE records (
        offset INTEGER PRIMARY KEY, key BLOB, value BLOB, timestamp INTEGER NOT NULL, headers TEXT)""",
    "CREATE TABLE compaction (dropped INTEGER NOT NULL)",
    "INSERT INTO compaction VALUES (-1)",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {FORMAT}",
)
INSERT = "INSERT INTO records (offset, key, value, timestamp, headers) VALUES (?, ?, ?, ?, ?)"
READ = "SELECT offset, key, value, timestamp, headers FROM records WHERE offset >= ? ORDER BY offset LIMIT ?"
END = "SELECT max(dropped, ifnull((SELECT max(offset) FROM records), -1)) + 1 FROM compaction"
DROPPED = "SELECT dropped FROM compaction"
DEAD = """
    WITH last AS (SELECT max(offset) FROM records WHERE key IS NOT NULL GROUP BY key)
    SELECT offset, offset IN last FROM records
    WHERE key IS NOT NULL AND (value IS NULL OR offset NOT IN last) ORDER BY offset"""

T = TypeVar("T")


class Dead(NamedTuple):
    """What compaction may remove: records that a later one of their key replaced, and deletions, by offset."""

    superseded: list[int]
    deletions: list[int]
    records: int  # in the whole log

    @property
    def share(self) -> float:
        return (len(self.superseded) + len(self.deletions)) / max(self.records, 1)


class EmbeddedLog:
    is_shared = False
    largest_entry = None

    def __init__(self, folder: Path, *, clock: Callable[[], int] = milliseconds) -> None:
        self._path = folder / FILE
        self._clock = clock
        self._write_thread = ThreadPoolExecutor(1, "log-writer")
        self._read_thread = ThreadPoolExecutor(1, "log-reader")
        self._writer: sqlite3.Connection | None = None  # None: nothing can be written at present
        self._reader: sqlite3.Connection | None = None
        self._reads_a_still = False
        self._end = 0
        self._file: tuple[int, int] | None = None  # what was opened, so that another file of the same name is noticed
        self._readers = Readers()
        self._compacting = asyncio.Lock()

    async def open(self) -> None:
        try:
            problem = await self._in(self._write_thread, self._try_to_open_writer)
            await self._in(self._read_thread, self._open_reader, problem)
        except LogUnavailable:
            await self.close()
            raise

    async def close(self) -> None:
        if self._readers.closed:
            return
        self._readers.close()
        async with self._compacting:  # it stops at its next step
            # The writer goes last: the last connection to close moves the write-ahead log into the file.
            await self._in(self._read_thread, self._close_reader)
            await self._in(self._write_thread, self._close_writer)
        self._read_thread.shutdown(wait=False)
        self._write_thread.shutdown(wait=False)

    async def fence(self) -> None:
        """Nobody to shut out: whoever has this log open has it alone."""

    async def append(self, entries: Sequence[Entry]) -> int:
        loop = asyncio.get_running_loop()
        appended = self._submit(self._append, entries, self._clock())
        # Not after the await: the caller may be cancelled, the readers want the records all the same.
        appended.add_done_callback(lambda _: loop.call_soon_threadsafe(self._readers.wake))
        return await asyncio.wrap_future(appended)

    @property
    def health(self) -> Health:
        return Health(end=self._end)

    async def end(self) -> int:
        return self._end

    def follow(self, position: int) -> AsyncGenerator[Batch, None]:
        return self._readers.follow(position, self._look)

    async def compact(self, *, min_dead: float = 0.0) -> int:
        """In small transactions, so that appends hardly wait.

        Superseded records go first, in their order, and deletions after all of them: at no moment, and after no crash,
        is there a value in the log without the deletion that followed it. A reader that starts at 0 after that needs no
        deletion; one under way keeps those that it has not read.
        """
        async with self._compacting:
            dead = await asyncio.to_thread(self._find_dead)
            if dead.share < min_dead:
                return 0
            gone = await self._remove(_delete_some, dead.superseded)
            needless = [each for each in dead.deletions if self._readers.have_all_passed(each)]
            self._readers.dropped = max([self._readers.dropped, *needless[-1:]])
            gone += await self._remove(_drop_some, needless)
            while gone and not self._readers.closed and await self._write(_give_back_pages):
                pass
            return gone

    # ---- on the event loop

    @staticmethod
    async def _in(thread: ThreadPoolExecutor, work: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(thread, work, *arguments)

    async def _look(self, position: int) -> Look:
        return await self._in(self._read_thread, self._read, position)

    def _submit(self, work: Callable[..., int], *arguments: object) -> Future[int]:
        """Have `work(connection, *arguments)` run as one transaction, after those that wait already."""
        if self._readers.closed:
            raise LogUnavailable("the log is closed")
        return self._write_thread.submit(self._transact, work, *arguments)

    async def _write(self, work: Callable[..., int], *arguments: object) -> int:
        return await asyncio.wrap_future(self._submit(work, *arguments))

    async def _remove(self, some: Callable[..., int], offsets: list[int]) -> int:
        gone = 0
        while gone < len(offsets) and not self._readers.closed:
            gone += await self._write(some, offsets, gone)
        return gone

    # ---- in the writing thread

    def _transact(self, work: Callable[..., int], *arguments: object) -> int:
        with _explained(self._path, "did not take the records"):
            connection = self._writer or self._open_writer()
            try:
                connection.execute("BEGIN IMMEDIATE")
                before = _scalar(connection, END)
                result = work(connection, *arguments)
                added = _scalar(connection, END) - before
                connection.execute("COMMIT")
            except BaseException:
                self._close_writer()  # which rolls back; the next append opens the file anew, and so sees what changed
                raise
            self._end += added
            return result

    def _append(self, connection: sqlite3.Connection, entries: Sequence[Entry], now: int) -> int:
        first = _scalar(connection, END)
        self._is_as_known(first)
        connection.executemany(INSERT, (_row(offset, entry, now) for offset, entry in enumerate(entries, first)))
        return first + len(entries) - 1

    def _is_as_known(self, end: int) -> None:
        """Refuse to write on what this process has not read, or to a file that nobody will find again.

        The lock of the folder keeps others out; this holds also where somebody removes the lock, the log or records.
        """
        self._is_the_same()
        if end < self._end:
            raise LogUnavailable(f"{self._path} has lost records that were in it; restore it or restart")
        if end > self._end:
            self._end = end  # whoever follows reads them first
            raise LogUnavailable(f"{self._path} was written by another process; see what runs on this folder")

    def _is_the_same(self) -> None:
        if self._file and self._file != _identity(self._path):
            raise LogUnavailable(f"{self._path} was removed or replaced while in use; put it back or restart")

    def _try_to_open_writer(self) -> LogUnavailable | None:
        """Why nothing can be written, if so: then the log is served for reading, and each append tries again."""
        try:
            with _explained(self._path, "cannot be opened"):
                self._open_writer()
        except LogUnavailable as problem:
            return problem
        return None

    def _open_writer(self) -> sqlite3.Connection:
        self._is_the_same()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = _connect(self._path, "mode=rwc")
        try:
            _prepare(connection, self._path)
            if not self._file:
                self._file = _identity(self._path)
                self._end = _scalar(connection, END)
        except BaseException:
            connection.close()
            raise
        self._writer = connection
        if self._reads_a_still:
            self._read_thread.submit(self._open_reader, None)
        return connection

    def _close_writer(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    # ---- in the reading thread

    def _read(self, position: int) -> Look:
        reader = self._reader or self._open_reader(None)
        with _explained(self._path, "cannot be read"), _snapshot(reader), closing(reader.cursor()) as rows:
            records: list[LogRecord] = []
            size = 0
            for offset, key, value, timestamp, headers in rows.execute(READ, (position, BATCH_RECORDS)):
                records.append(LogRecord(offset, _bytes(key), _bytes(value), timestamp, _headers(headers)))
                size += len(records[-1].value or b"")
                if size > BATCH_BYTES:
                    break
            return Look(records, _scalar(reader, DROPPED))

    def _open_reader(self, problem: LogUnavailable | None) -> sqlite3.Connection:
        """`problem` is why the writer could not open the file: the better reason when it cannot be read either."""
        self._close_reader()
        try:
            with _explained(self._path, "cannot be opened"):
                self._reader, self._reads_a_still = _connect_to_read(self._path)
                self._end = max(self._end, _scalar(self._reader, END))
                return self._reader
        except LogUnavailable as other:
            raise problem or other from other

    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    # ---- in a thread of its own

    def _find_dead(self) -> Dead:
        with _explained(self._path, "cannot be read"), closing(_connect_to_read(self._path)[0]) as connection:
            rows = connection.execute(DEAD).fetchall()
            superseded = [offset for offset, is_last in rows if not is_last]
            deletions = [offset for offset, is_last in rows if is_last]
            return Dead(superseded, deletions, _scalar(connection, "SELECT count(*) FROM records"))


def records_of(path: Path) -> Iterator[LogRecord]:
    """What is in a log's file, in order, for whoever only looks: neither made when missing nor locked.

    No transaction is held between batches, so a slow reader keeps no server from tidying up. Raises LogUnavailable.
    """
    position = 0
    with _explained(path, "cannot be read"), closing(_connect_to_read(path)[0]) as connection:
        while rows := connection.execute(READ, (position, BATCH_RECORDS)).fetchall():
            for offset, key, value, timestamp, headers in rows:
                yield LogRecord(offset, key, value, timestamp, _headers(headers) if headers else ())
            position = rows[-1][0] + 1


# ---------------------------------------------------------------- rows


def _row(offset: int, entry: Entry, now: int) -> tuple[int, bytes | None, bytes | None, int, str | None]:
    headers = json.dumps([(name, value if value is None else value.hex()) for name, value in entry.headers])
    timestamp = now if entry.timestamp is None else entry.timestamp
    return offset, entry.key, entry.value, timestamp, headers if entry.headers else None


def _bytes(cell: object) -> bytes | None:
    """What is in a cell. We write bytes; somebody's hand may have written a text or a number."""
    return cell if cell is None or isinstance(cell, bytes) else str(cell).encode("utf-8", "surrogatepass")


def _headers(text: str | None) -> Headers:
    """None are better than a reader that ends at what somebody else wrote there."""
    try:
        pairs = json.loads(text) if text else ()
        return tuple((str(name), value if value is None else bytes.fromhex(value)) for name, value in pairs)
    except (TypeError, ValueError):
        return ()


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file it is, whatever its name; None when there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _scalar(connection: sqlite3.Connection, query: str) -> int:
    (value,) = connection.execute(query).fetchone()
    assert isinstance(value, int)
    return value


# ---------------------------------------------------------------- the steps of a compaction, each a transaction


def _delete_some(connection: sqlite3.Connection, offsets: list[int], start: int) -> int:
    """Delete from `start` on, one at least, until the time of a step is up; how many went."""
    stop = time.monotonic() + STEP_SECONDS
    for gone, offset in enumerate(offsets[start:], 1):
        connection.execute("DELETE FROM records WHERE offset = ?", (offset,))
        if time.monotonic() > stop:
            return gone
    return len(offsets) - start


def _drop_some(connection: sqlite3.Connection, offsets: list[int], start: int) -> int:
    """The same for deletions, which the log remembers having dropped."""
    gone = _delete_some(connection, offsets, start)
    connection.execute("UPDATE compaction SET dropped = max(dropped, ?)", (offsets[start + gone - 1],))
    return gone


def _give_back_pages(connection: sqlite3.Connection) -> int:
    """To the file system, until the time of a step is up; how many are left to give."""
    stop = time.monotonic() + STEP_SECONDS
    while left := _scalar(connection, "PRAGMA freelist_count"):
        connection.execute("PRAGMA incremental_vacuum(1)")
        if time.monotonic() > stop:
            break
    return left


# ---------------------------------------------------------------- the file


def _connect(path: Path, how: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, isolation_level=None, timeout=BUSY_SECONDS)


def _connect_to_read(path: Path) -> tuple[sqlite3.Connection, bool]:
    """And whether it is a still picture: all that can be had where SQLite cannot put its files beside the log.

    A picture is right only where there is no write-ahead log, which it would leave out.
    """
    try:
        return _checked(_connect(path, "mode=ro"), path), False
    except sqlite3.OperationalError:
        ahead = path.with_name(f"{FILE}-wal")
        if not path.exists() or (ahead.exists() and ahead.stat().st_size):
            raise
        return _checked(_connect(path, "mode=ro&immutable=1"), path), True


def _checked(connection: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    try:
        _check(connection, path)
        _scalar(connection, END)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Make a log of a new file, and see that it can be written."""
    if is_new := _is_new(connection):
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    else:
        _check(connection, path)
    if connection.execute("PRAGMA journal_mode = WAL").fetchone() != ("wal",):
        raise LogUnavailable(f"{path} cannot be opened: its file system cannot share memory, as write-ahead logs need")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = OFF")
    connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")
    connection.execute("BEGIN IMMEDIATE")  # refused where nothing can be written
    if is_new and _is_new(connection):  # another process may have been faster
        for statement in TABLES:
            connection.execute(statement)
    connection.execute("COMMIT")
    if is_new:
        _sync_folder(path.parent)
        _sync_folder(path.parent.parent)


def _is_new(connection: sqlite3.Connection) -> bool:
    return not _scalar(connection, "SELECT count(*) FROM sqlite_master") and not _scalar(
        connection, "PRAGMA application_id"
    )


def _check(connection: sqlite3.Connection, path: Path) -> None:
    """Is it a log of ours, of a format that this program knows?"""
    if _scalar(connection, "PRAGMA application_id") != APPLICATION:
        raise LogUnavailable(f"{path} is not a log of Momus but another program's file")
    if (version := _scalar(connection, "PRAGMA user_version")) > FORMAT:
        raise LogUnavailable(
            f"{path} was written by a newer Momus: its format is {version}, this program knows formats up to {FORMAT}"
        )


def _sync_folder(folder: Path) -> None:
    """So that a new file survives a power cut as a file."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """All reads inside see one moment of the log."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        if connection.in_transaction:  # SQLite itself ends it on some errors
            connection.execute("ROLLBACK")


# ---------------------------------------------------------------- what went wrong, for people

WHY = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "it is read-only",
    sqlite3.SQLITE_IOERR: "the disk failed",
    sqlite3.SQLITE_CANTOPEN: "there is no such file, or none can be made",
    sqlite3.SQLITE_BUSY: "another program has locked it",
    sqlite3.SQLITE_CORRUPT: "it is damaged",
    sqlite3.SQLITE_NOTADB: "it is damaged, or no log at all",
}
NEXT_TO_NOTHING = 64 << 10  # bytes: with less, SQLite cannot even make the files it needs beside the log


@contextmanager
def _explained(path: Path, what: str) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise LogUnavailable(f"{path} {what}: {_why(path, error)}") from error
    except (TypeError, OverflowError) as error:  # a table without its row, an offset beyond all bounds
        raise LogUnavailable(f"{path} {what}: it is damaged ({error})") from error


def _why(path: Path, error: sqlite3.Error | OSError) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    if not path.exists() and path.parent.is_dir() and not os.access(path.parent, os.W_OK):
        return f"there is none, and this user may not make one in {path.parent}"
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    if code in {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}:  # SQLite's words for much that can be said better
        code = _state_of(path.parent) or code
    return f"{WHY.get(code, 'SQLite refused')} ({error}, {name})"


def _state_of(folder: Path) -> int | None:
    try:
        if shutil.disk_usage(folder).free < NEXT_TO_NOTHING:
            return sqlite3.SQLITE_FULL
        return None if os.access(folder, os.W_OK) else sqlite3.SQLITE_READONLY
    except OSError:
        return None
