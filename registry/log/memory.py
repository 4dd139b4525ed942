"""A log in memory, for tests and for `momus.testing`: the whole contract, nothing that lasts.

Closed and opened again it has its records still, so that a test can restart what stands on it.
"""

import asyncio
from bisect import bisect_left
from collections.abc import AsyncGenerator, Callable, Sequence
from operator import attrgetter

from registry.log.clock import milliseconds
from registry.log.log import Batch, Entry, Health, LogRecord, LogUnavailable
from registry.log.readers import Look, Readers

BATCH = 2_000


class MemoryLog:
    is_shared = False
    largest_entry = None

    def __init__(self, *, clock: Callable[[], int] = milliseconds) -> None:
        self._clock = clock
        self._records: list[LogRecord] = []
        self._end = 0
        self._dropped = -1
        self._readers = Readers()

    async def open(self) -> None:
        self._readers = Readers()

    async def close(self) -> None:
        self._readers.close()

    async def fence(self) -> None:
        """Nobody to shut out: whoever has this log open has it alone."""

    async def append(self, entries: Sequence[Entry]) -> int:
        if self._readers.closed:
            raise LogUnavailable("the log is closed")
        now = self._clock()
        for offset, entry in enumerate(entries, self._end):
            timestamp = now if entry.timestamp is None else entry.timestamp
            self._records.append(LogRecord(offset, entry.key, entry.value, timestamp, entry.headers))
        self._end += len(entries)
        self._readers.wake()
        return self._end - 1

    @property
    def health(self) -> Health:
        return Health(end=self._end)

    async def end(self) -> int:
        return self._end

    def follow(self, position: int) -> AsyncGenerator[Batch, None]:
        return self._readers.follow(position, self._read)

    async def _read(self, position: int) -> Look:
        await asyncio.sleep(0)  # as any other log: a reader lets the others run between two batches
        start = bisect_left(self._records, position, key=attrgetter("offset"))
        return Look(self._records[start : start + BATCH], self._dropped)

    async def compact(self, *, min_dead: float = 0.0) -> int:
        last = {record.key: record.offset for record in self._records}
        kept: list[LogRecord] = []
        dead: list[LogRecord] = []
        for record in self._records:
            is_live = record.key is None or (record.offset == last[record.key] and record.value is not None)
            (kept if is_live else dead).append(record)
        if len(dead) < min_dead * len(self._records):
            return 0
        needed = [r for r in dead if r.offset == last[r.key] and not self._readers.have_all_passed(r.offset)]
        dropped = {r.offset for r in dead if r.offset == last[r.key]} - {r.offset for r in needed}
        self._dropped = max(dropped, default=self._dropped)
        self._records = sorted(kept + needed, key=attrgetter("offset"))
        return len(dead) - len(needed)
