"""The protocol of a log: ordered bytes that last. What a record means is not known here.

An implementation is one file beside this one and passes `tests/log/contract.py` unchanged.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class Entry(NamedTuple):
    """A record to append. A value of None is a tombstone: it deletes its key."""

    key: bytes
    value: bytes | None


class LogRecord(NamedTuple):
    """A record that is in the log. `timestamp` is in milliseconds since 1970; other writers' values may be odd."""

    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int
    headers: tuple[tuple[str, bytes | None], ...] = ()


@dataclass(frozen=True, slots=True)
class LogUnavailable(Exception):
    """The log did not take the records: nothing was written. `reason` says why, for people (disk full, read-only …)."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True)
class LogInUse(Exception):
    """Another process holds this log. `holder` says which, as far as is known."""

    holder: str

    def __str__(self) -> str:
        return self.holder


class Log(Protocol):
    """Ordered records, each with an offset that only grows; offsets may have holes (compaction)."""

    async def open(self) -> None:
        """Make ready to read. Raises LogUnavailable when even that is impossible."""

    async def close(self) -> None:
        """Finish appends under way, then let go of everything. Twice is once."""

    async def append(self, entries: Sequence[Entry]) -> int:
        """Write all entries or none, durably, in order and next to each other; the offset of the last.

        Raises LogUnavailable when nothing was written. A caller that was cancelled does not know, and must look.
        """

    async def end(self) -> int:
        """The offset that the next record will have at least: a reader at this position has read everything."""

    def follow(self, position: int) -> AsyncIterator[Sequence[LogRecord]]:
        """Every record at `position` or later, in order, in batches, for ever; waits when there are no more.

        Yields an empty batch each time the end is reached, so a reader learns that it has caught up.
        """

    async def compact(self) -> int:
        """Keep the last record of each key and drop deleted keys; how many records went. Offsets stay."""
