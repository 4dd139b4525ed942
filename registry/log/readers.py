"""The readers of a log that lives in this process: where each stands, and what wakes it. No storage here."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from registry.log.log import LogRecord, PositionLost


class Batch(NamedTuple):
    """One look at the storage. `dropped` is the highest offset of a deletion that compaction removed, or -1."""

    records: Sequence[LogRecord]
    dropped: int


@dataclass(eq=False, slots=True)
class _Reader:
    position: int


class Readers:
    def __init__(self) -> None:
        self._readers: set[_Reader] = set()
        self._news = asyncio.Event()
        self.closed = False

    def wake(self) -> None:
        """There is something new: every reader that waits looks again."""
        self._news.set()
        self._news = asyncio.Event()

    def close(self) -> None:
        """Every reader ends."""
        self.closed = True
        self.wake()

    def have_all_passed(self, offset: int) -> bool:
        return all(reader.position > offset for reader in self._readers)

    async def follow(
        self, position: int, read: Callable[[int], Awaitable[Batch]]
    ) -> AsyncGenerator[Sequence[LogRecord], None]:
        """`Log.follow`, over `read(position)`: the records that stand there now, none when that is the end."""
        reader = _Reader(position)
        self._readers.add(reader)
        dropped = None
        try:
            while not self.closed:
                news = self._news  # before the look: what is appended after it sets this one
                batch = await read(reader.position)
                if dropped is None and position == 0:
                    dropped = batch.dropped  # gone before it started: so are the values they deleted
                if batch.dropped != dropped and reader.position <= batch.dropped:
                    raise PositionLost(reader.position)
                dropped = batch.dropped
                if batch.records:
                    reader.position = batch.records[-1].offset + 1
                yield batch.records
                if not batch.records:
                    await news.wait()
        finally:
            self._readers.discard(reader)
