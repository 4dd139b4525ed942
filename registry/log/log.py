"""The protocol of a log: ordered bytes that last. What a record means is not known here.

An implementation is one file beside this one and passes `tests/log/contract.py` unchanged.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

Headers = tuple[tuple[str, bytes | None], ...]


class Entry(NamedTuple):
    """A record to append. A value of None is a tombstone: it deletes its key.

    The last two are for records that come from elsewhere and shall keep what they had: `timestamp` None is the log's
    own clock. Only such a record may lack a key, and a log may refuse it (a compacted topic does).
    """

    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    timestamp: int | None = None


class LogRecord(NamedTuple):
    """A record that is in the log. `timestamp` is in milliseconds since 1970; other writers' values may be odd."""

    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int
    headers: Headers = ()

    @property
    def entry(self) -> Entry:
        """What to append to another log so that it has this record, under an offset of its own."""
        return Entry(self.key, self.value, self.headers, self.timestamp)


class Batch(NamedTuple):
    """What a reader got. It has read everything before `position`, whether there is a record just before it or not.

    (Compaction removes records from the end of a log, too; on a topic the last offset may be a transaction's marker.)
    A batch without records says that this is the end.
    """

    records: Sequence[LogRecord]
    position: int


# These are not frozen: `contextlib` sets the traceback of an exception that passes through it.


@dataclass(eq=False)
class LogUnavailable(Exception):
    """The log did not take the records: nothing was written. `reason` says why, for people (disk full, read-only …)."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class LogInUse(Exception):
    """Another process holds this log. `holder` says which, as far as is known."""

    log: str
    holder: str

    def __str__(self) -> str:
        return f"{self.log} is in use by {self.holder}"


@dataclass(eq=False)
class PositionLost(Exception):
    """A reader cannot go on from its position: deletions that it has not seen are gone from the log.

    What it knows may be wrong for good. It must forget everything and start again from 0.
    """

    position: int

    def __str__(self) -> str:
        return f"the log no longer has every deletion after offset {self.position}: read it from 0 again"


class Log(Protocol):
    """Ordered records, each with an offset that only grows; offsets may have holes (compaction)."""

    async def open(self) -> None:
        """Make ready to read. Raises LogUnavailable when even that is impossible."""

    async def close(self) -> None:
        """Finish appends under way, then let go of everything. Twice is once."""

    async def append(self, entries: Sequence[Entry]) -> int:
        """Write all entries (at least one) or none, durably, in order and next to each other; the offset of the last.

        Raises LogUnavailable when nothing was written. A caller that was cancelled does not know, and must look.
        """

    async def end(self) -> int:
        """The offset that the next record will have at least: a reader at this position has read everything."""

    def follow(self, position: int) -> AsyncGenerator[Batch, None]:
        """Every record at `position` or later, in order, in batches; waits when there are no more.

        Yields a batch without records each time the end is reached: its position is `end` at that moment. Ends when the
        log is closed. Raises PositionLost when compaction has dropped a deletion that this reader would have missed
        (never a reader that started at 0), and LogUnavailable when the log cannot be read.
        """

    async def compact(self, *, min_dead: float = 0.0) -> int:
        """Keep the last record of each key and drop deleted keys; how many records went. Offsets stay.

        Does nothing when fewer than this share of the records is dead. What a replay folds to does not change, and
        readers under way miss no deletion: what they have not read yet stays for the next time.
        """
