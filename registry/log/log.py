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
class InDoubt(Exception):
    """The records may be in the log or not, now or later. `Log.fence` settles it: what is not there then never will be.

    Also raised when this writer was shut out by another one: what it had sent just before may have arrived.
    """

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class LogReplaced(Exception):
    """The log is shorter than what was read of it, or is another one under the same name: records are lost.

    Nothing may be written behind it before a person has looked: the ids of the lost records would be given again.
    """

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


@dataclass(slots=True)
class Health:
    """How a log is, for health answers and metrics. What a kind of log does not have stays as it is here."""

    trouble: str = ""  # what keeps it from being read or written at present, for people
    warnings: tuple[str, ...] = ()  # what is not as it should be, and does no harm yet
    end: int | None = None  # as it was when somebody last asked
    fetched_at: float | None = None  # when it last answered a reader: seconds since 1970
    epoch: int | None = None  # of this node as a writer
    fenced: int = 0  # times that this node was shut out by another writer
    in_doubt: int = 0  # appends that did not end in a clear yes or no


class Log(Protocol):
    """Ordered records, each with an offset that only grows; offsets may have holes (compaction)."""

    @property
    def is_shared(self) -> bool:
        """Do other nodes write to it, too, each in its time? Then a writer fences and claims it first."""

    @property
    def largest_entry(self) -> int | None:
        """How many bytes a record may have, key and value and all; None where there is no limit."""

    @property
    def health(self) -> Health: ...

    async def open(self) -> None:
        """Make ready to read. Raises LogUnavailable when even that is impossible.

        A shared log is not touched: what is wrong with it is told by `end` and `follow`, which may be tried again.
        """

    async def fence(self) -> None:
        """Shut out every earlier writer, this one's former self included.

        From here on, what they had under way is before `end` or never in the log. Raises LogUnavailable.
        """

    async def close(self) -> None:
        """Finish appends under way, then let go of everything. Twice is once."""

    async def append(self, entries: Sequence[Entry]) -> int:
        """Write all entries (at least one) or none, durably, in order and next to each other; the offset of the last.

        Raises LogUnavailable when nothing was written, InDoubt when that is not known: then `fence` comes before the
        next append. A caller that was cancelled does not know either, and must look.
        """

    async def end(self) -> int:
        """The offset that the next record will have at least: a reader at this position has read everything."""

    def follow(self, position: int) -> AsyncGenerator[Batch, None]:
        """Every record at `position` or later, in order, in batches; waits when there are no more.

        Yields a batch without records each time the end is reached: its position is `end` at that moment. Ends when the
        log is closed. Raises PositionLost when compaction has dropped a deletion that this reader would have missed
        (never a reader that started at 0), LogReplaced when the log ends before `position`, and LogUnavailable when
        it cannot be read.
        """

    async def compact(self, *, min_dead: float = 0.0) -> int:
        """Keep the last record of each key and drop deleted keys; how many records went. Offsets stay.

        Does nothing when fewer than this share of the records is dead. What a replay folds to does not change, and
        readers under way miss no deletion: what they have not read yet stays for the next time.
        """
