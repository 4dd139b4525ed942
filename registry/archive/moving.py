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
    if resume:
        _check(entries, there, OtherRecords)
    elif there and not append:
        raise NotEmpty(len(there))
    done = len(there) if resume else 0
    position = await log.end()
    await _append(log, entries, done, told)
    _check(entries[done:], await everything(log, position), NotAsWritten, at=done, whole=True)
    return len(entries) - done


def _problem(log: Log, entry: Entry) -> str:
    if log.is_shared and entry.key is None:
        return "it has no key, and a compacted topic takes no such record"
    size = _size(entry) + ASIDE
    if log.largest_entry is not None and size > log.largest_entry:
        return f"it has {size:,} bytes with what is around it, and the log takes {log.largest_entry:,}"
    return ""


def _check(
    entries: Sequence[Entry],
    found: Sequence[LogRecord],
    wrong: type[OtherRecords] | type[NotAsWritten],
    *,
    at: int = 0,
    whole: bool = False,
) -> None:
    """Are these the first of the entries, or, `whole`, do they begin with all of them? Brokers may set times."""
    if len(found) > len(entries) and not whole:
        raise wrong(at + len(entries))
    if len(found) < len(entries) and whole:
        raise wrong(at + len(found))
    for number, (entry, record) in enumerate(zip(entries, found, strict=False)):
        if entry[:3] != (record.key, record.value, record.headers):
            raise wrong(at + number)


async def _append(log: Log, entries: Sequence[Entry], done: int, told: Told | None) -> None:
    start = done
    for part in _parts(log, entries[done:]):
        try:
            await log.append(part)
        except (LogUnavailable, InDoubt) as error:
            if done == start and isinstance(error, LogUnavailable):
                raise
            perhaps = done + len(part) if isinstance(error, InDoubt) else done
            raise Stopped(done, perhaps, len(entries), str(error)) from error
        done += len(part)
        if told is not None:
            told(done, len(entries))


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
