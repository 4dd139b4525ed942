"""A process that appends and compacts until it is killed: `python -m tests.log.killed FOLDER`.

Operation n is known beforehand, and stands at offset n; how many operations an append has follows from where it
starts. So whoever reads the folder afterwards knows from the end of the log alone what must be in it.
"""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

from registry.log.embedded import EmbeddedLog
from registry.log.log import Entry


def operation(number: int) -> Entry:
    return Entry(b"%d" % (number % 97), None if number % 5 == 0 else b"%d" % number + b"." * (number % 3_000))


def batch_from(start: int) -> range:
    return range(start, start + 1 + start % 7)


def ends(start: int, upto: int) -> Iterator[int]:
    """Where the log may end, if appends began at `start`."""
    while start <= upto:
        yield start
        start = batch_from(start).stop


async def append_until_killed(folder: Path) -> None:
    log = EmbeddedLog(folder)
    await log.open()
    sys.stdout.write(f"{await log.end()}\n")
    async with asyncio.TaskGroup() as group:
        group.create_task(_append(log))
        group.create_task(_compact(log))


async def _append(log: EmbeddedLog) -> None:
    while True:
        batch = batch_from(await log.end())
        last = await log.append([operation(number) for number in batch])
        assert last == batch[-1]
        sys.stdout.write(f"{last}\n")
        sys.stdout.flush()


async def _compact(log: EmbeddedLog) -> None:
    while True:
        await log.compact(min_dead=0.3)


if __name__ == "__main__":
    asyncio.run(append_until_killed(Path(sys.argv[1])))
