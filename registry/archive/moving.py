"""Records into a log that lasts: all of them in their order, or a clear word on how far it came. And out of it.

What a log takes in one append is there whole or not at all. A topic takes large logs in several: then the first part
is there when something fails, and the same move with `resume` goes on behind it. What was written is read back and
compared before it is called written.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from registry.archive.archive import entry_of
from registry.log.log import Entry, InDoubt, Log, LogRecord, LogUnavailable

AT_ONCE = 5_000  # records of one append to a topic: a transaction that brokers finish long before its time is up
AT_ONCE_BYTES = 4 << 20
ASIDE = 1024  # bytes of a record beside its key, value and headers, at most

Told = Callable[[int, int], None]


@dataclass(eq=False)
class NotEmpty(Exception):
    """Records were to come into a log that has some already."""

    records: int

    def __str__(self) -> str:
        return f"it has {self.records:,} records already"


@dataclass(eq=False)
class OtherRecords(Exception):
    """The log does not begin as what is to be moved into it, so nobody can go on there."""

    at: int

    def __str__(self) -> str:
        return f"its record number {self.at + 1:,} is not the one that was to stand there"


@dataclass(eq=False)
class Unfit(Exception):
    """The log would never take this record, so nothing was written."""

    offset: int
    reason: str

    def __str__(self) -> str:
        return f"the record at offset {self.offset} cannot be written: {self.reason}"


@dataclass(eq=False)
class Stopped(Exception):
    """`written` records are there, and no more; of the next ones nothing, or, in doubt, all up to `perhaps`."""

    written: int
    perhaps: int
    total: int
    reason: str

    def __str__(self) -> str:
        doubt = f", or {self.perhaps:,}," if self.perhaps != self.written else ""
        return f"{self.written:,}{doubt} of {self.total:,} records are written: {self.reason}"


@dataclass(eq=False)
class NotAsWritten(Exception):
    """The log took the records, and has other ones: somebody else wrote at the same time, or it changes them."""

    at: int

    def __str__(self) -> str:
        return f"record number {self.at + 1:,} was written, and another one was read back"


async def everything(log: Log, position: int = 0) -> list[LogRecord]:
    """What is in the log at present, from `position` on."""
    records: list[LogRecord] = []
    async with aclosing(log.follow(position)) as batches:
        async for batch in batches:
            if not batch.records:
                break
            records += batch.records
    return records


async def move(
    records: Sequence[LogRecord], log: Log, *, append: bool = False, resume: bool = False, told: Told | None = None
) -> int:
    """Append them to a log that is empty; how many were written.

    With `append` there may be others before them; with `resume` the first of them may be there already, and nothing
    else. `told` hears how many of how many are written, after each part. Raises what stands above, LogUnavailable when
    nothing was written, and InDoubt when nobody knows that.
    """
    entries = [entry_of(record) for record in records]
    for record, entry in zip(records, entries, strict=True):
        if problem := _problem(log, entry):
            raise Unfit(record.offset, problem)
    await log.fence()
    there = await everything(log)
    done = 0
    if resume:
        done = _reached(entries, there, log)
    elif there and not append:
        raise NotEmpty(len(there))
    position = await log.end()
    last = await _append(log, entries, done, told)
    found = [record for record in await everything(log, position) if record.offset <= last]
    _check(entries[done:], found, log)
    return len(entries) - done


def _problem(log: Log, entry: Entry) -> str:
    if log.is_shared and entry.key is None:
        return "it has no key, and a compacted topic takes no such record"
    size = _size(entry) + ASIDE
    if log.largest_entry is not None and size > log.largest_entry:
        return f"it has {size:,} bytes with what is around it, and the log takes {log.largest_entry:,}"
    return ""


def _reached(entries: Sequence[Entry], there: Sequence[LogRecord], log: Log) -> int:
    """How many of the entries are there, if these records are the first of them; rather too few than too many."""
    at, stranger = _found(entries, there, log)
    if at == 0 and stranger is None:
        return 0
    left = _last(there)
    missing: set[bytes | None] = set()
    for number, entry in enumerate(entries, 1):
        (missing.discard if _is_left(entry, left) else missing.add)(entry.key)
        if number >= at and not missing and stranger is None:
            return number
    raise OtherRecords(len(there) if stranger is None else stranger)


def _check(entries: Sequence[Entry], found: Sequence[LogRecord], log: Log) -> None:
    """Are all of them there?"""
    at, stranger = _found(entries, found, log)
    left, last = _last(found), {entry.key: entry for entry in entries}
    is_whole = all(_is_left(entry, left) for entry in last.values()) and (log.is_shared or at == len(entries))
    if stranger is not None or not is_whole:
        raise NotAsWritten(len(found) if stranger is None else stranger)


def _found(entries: Sequence[Entry], records: Sequence[LogRecord], log: Log) -> tuple[int, int | None]:
    """Behind which entry the last of the records stands, and which of them is the first that is no such entry.

    A broker may drop what a later record of the same key replaces, and soon: it rolls a segment when a record that is a
    week younger arrives, as the end of a transaction is to old records. Times may be the broker's own.
    """
    at = 0
    for number, record in enumerate(records):
        same = (record.key, record.value, record.headers)
        most = len(entries) if log.is_shared else min(at + 1, len(entries))
        here = next((each for each in range(at, most) if entries[each][:3] == same), None)
        if here is None:
            return at, number
        at = here + 1
    return at, None


def _last(records: Sequence[LogRecord]) -> dict[bytes | None, LogRecord]:
    return {record.key: record for record in records}


def _is_left(entry: Entry, left: dict[bytes | None, LogRecord]) -> bool:
    """Is it the last of its key? A deletion may be gone."""
    record = left.get(entry.key)
    return entry.value is None or (
        record is not None and (entry.value, entry.headers) == (record.value, record.headers)
    )


async def _append(log: Log, entries: Sequence[Entry], done: int, told: Told | None) -> int:
    """The offset of the last; -1 when there was nothing to write."""
    start, last = done, -1
    for part in _parts(log, entries[done:]):
        try:
            last = await log.append(part)
        except (LogUnavailable, InDoubt) as error:
            if done == start and isinstance(error, LogUnavailable):
                raise
            perhaps = done + len(part) if isinstance(error, InDoubt) else done
            raise Stopped(done, perhaps, len(entries), str(error)) from error
        done += len(part)
        if told is not None:
            told(done, len(entries))
    return last


def _parts(log: Log, entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    """What goes together; all of it where the log is ours alone."""
    if not log.is_shared:
        if entries:
            yield entries
        return
    part: list[Entry] = []
    size = 0
    for entry in entries:
        if part and (len(part) == AT_ONCE or size + _size(entry) > AT_ONCE_BYTES):
            yield part
            part, size = [], 0
        part.append(entry)
        size += _size(entry)
    if part:
        yield part


def _size(entry: Entry) -> int:
    headers = sum(len(name) + len(value or b"") for name, value in entry.headers)
    return len(entry.key or b"") + len(entry.value or b"") + headers
