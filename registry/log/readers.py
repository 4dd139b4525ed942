"""The readers of a log that lives in this process: where each stands, and what wakes it. No storage here."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from registry.log.log import Batch, LogRecord, PositionLost


class Look(NamedTuple):
    """One look at the storage. `dropped` is the highest offset of a deletion that compaction removed, or -1."""

    records: Sequence[LogRecord]
    dropped: int


@dataclass(eq=False, slots=True)
class _Reader:
    position: int


class Readers:
    """`dropped` is the highest offset of a deletion that this process is dropping, with regard to its readers."""

    def __init__(self) -> None:
        self._readers: set[_Reader] = set()
        self._news = asyncio.Event()
        self.dropped = -1
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

    async def follow(self, position: int, read: Callable[[int], Awaitable[Look]]) -> AsyncGenerator[Batch, None]:
        """`Log.follow`, over `read(position)`: the records that stand there now, none when that is the end."""
        reader = _Reader(position)
        self._readers.add(reader)
        is_new, known = True, -1
        try:
            while not self.closed:
                news = self._news  # before the look: what is appended after it sets this one
                look = await read(reader.position)
                if position == 0:  # it has no value whose deletion was dropped before, nor by us
                    known = max(known, self.dropped, look.dropped if is_new else -1)
                if look.dropped > known and look.dropped >= reader.position:
                    raise PositionLost(reader.position)
                is_new, known = False, max(known, look.dropped)
                past = look.records[-1].offset if look.records else look.dropped  # at the end, that may be the last
                reader.position = max(reader.position, past + 1)
                yield Batch(look.records, reader.position)
                if not look.records:
                    await news.wait()
        finally:
            self._readers.discard(reader)
