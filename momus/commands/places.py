"""Where a log is, said in one way by every command that moves records: a data folder, or a topic on Kafka.

The flags are rows of the table of settings, so MOMUS_* variables and momus.toml count as they do for `momus serve`.
"""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from momus.commands.shared.asking import settings_of
from momus.topics.quiet import quiet_aiokafka
from registry.settings import ON_KAFKA, ROWS, Settings

if TYPE_CHECKING:
    from registry.log.log import Log, LogRecord

SHOWN = ("data", "kafka", "topic")
OF_A_NODE = {"heartbeat_interval", "not_eligible", "sequenced", "session_timeout", "tail_noop"}  # and of no log
NAMES = (*SHOWN, *(name for name in ON_KAFKA if name not in OF_A_NODE and name not in SHOWN))

EPILOG = """All that `momus serve` has for Kafka (group, TLS, logins) counts here, too: as a flag, a MOMUS_* variable or
a line of momus.toml."""


def options() -> list[click.Parameter]:
    """The flags, for `click.command(params=…)`. Those that few need are not in the help."""
    rows = [ROWS[name] for name in NAMES]
    shown = [
        click.Option(
            [row.flag, row.name],
            metavar=row.kind.word,
            help=f"{row.sentence}  [{row.default}]",
            hidden=row.name not in SHOWN,
        )
        for row in rows
    ]
    file = click.Option(
        ["--config"], metavar="FILE", help="The TOML file.  [momus.toml, if there is one; MOMUS_CONFIG]"
    )
    return [*shown, file]


@dataclass(frozen=True, slots=True)
class Place:
    settings: Settings
    is_kafka: bool

    def __str__(self) -> str:
        if self.is_kafka:
            return f"the topic {self.settings.topic} on {self.settings.kafka}"
        return f"the log in {self.settings.data}"


def place_of(config: str | None, flags: dict[str, Any]) -> Place:
    """The one log that the flags name; --data wins over brokers that stand in a variable or in the file."""
    given = _given(flags)
    if {"data", "kafka"} <= given.keys():
        raise click.UsageError("--data and --kafka name two logs: leave one of them out.")
    settings = settings_of(config, given)
    return Place(settings, settings.kafka is not None and "data" not in given)


def folder_and_topic(config: str | None, flags: dict[str, Any]) -> tuple[Place, Place]:
    """Both logs."""
    settings = settings_of(config, _given(flags))
    if settings.kafka is None:
        raise click.UsageError("Where is Kafka? --kafka HOST:PORT, or MOMUS_KAFKA.")
    return Place(settings, is_kafka=False), Place(settings, is_kafka=True)


def folder_of(folder: Path) -> Place:
    """The log in a data folder."""
    return Place(settings_of(None, {"data": str(folder)}), is_kafka=False)


def _given(flags: dict[str, Any]) -> dict[str, Any]:
    return {name: flags[name] for name in NAMES if flags[name] is not None}


# Reading


def records_in(place: Place) -> "Iterator[LogRecord]":
    """What is there at this moment, in order. Beside a server, too: nothing is locked, and nothing made."""
    import asyncio

    if place.is_kafka:
        yield from asyncio.run(_topic(place))
        return
    from registry.log.embedded import FILE, records_of

    folder = place.settings.data
    with _still(folder if folder.is_file() else folder / FILE) as file:
        yield from records_of(file)


async def _topic(place: Place) -> "list[LogRecord]":
    from registry.archive.moving import everything

    async with opened(place) as log:
        return await everything(log)


@contextmanager
def _still(file: Path) -> Iterator[Path]:
    """A copy of a log as it is at one moment.

    A server that compacts meanwhile would let a slow reader see a value, and then no more the deletion that followed.
    """
    with TemporaryDirectory(prefix="momus-") as folder:
        copy = Path(folder) / file.name
        try:
            with (
                closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as log,
                closing(sqlite3.connect(copy)) as still,
            ):
                log.backup(still)
        except sqlite3.Error:  # it is not there, or damaged, or on a disk that is only read: `records_of` knows
            copy = file
        yield copy


def tell_server(place: Place) -> None:
    """Say so if a server has the folder that was read: it may have written since."""
    import asyncio

    from registry.election.file_lock import FileLock
    from registry.log.log import LogInUse, LogUnavailable

    lock = FileLock(place.settings.data)
    try:
        asyncio.run(lock.open())
        asyncio.run(lock.close())
    except LogInUse as used:
        click.echo(f"{used}: what it writes from now on is not copied.", err=True)
    except LogUnavailable:  # a file, of which nobody runs
        pass


# Writing


@asynccontextmanager
async def opened(place: Place, *, makes_topic: bool = False) -> "AsyncIterator[Log]":
    """The log, open. A folder is locked meanwhile, so no server runs on it; a topic is only made where that is wanted.

    Raises LogInUse and LogUnavailable.
    """
    from contextlib import AsyncExitStack

    from registry.build import storage
    from registry.log.log import LogUnavailable

    kafka = place.settings.kafka if place.is_kafka else None
    quiet_aiokafka()
    log, election = storage(
        replace(place.settings, kafka=kafka, log="embedded", tail_noop=False), makes_topic=makes_topic
    )
    async with AsyncExitStack() as stack:
        if not log.is_shared:
            await election.open()
            stack.push_async_callback(election.close)
            if election.standing.role != "primary":
                raise LogUnavailable(election.standing.reason)
        await log.open()
        stack.push_async_callback(log.close)
        yield log


# What went wrong


@contextmanager
def world_told(what: str, hints: "dict[type[Exception], str] | None" = None) -> Iterator[None]:
    """Whatever the world has against it is one line: `what`, why, and the hint for this kind of trouble."""
    from momus.commands.stored import Failed
    from registry.archive.archive import Damaged
    from registry.archive.moving import NotAsWritten, NotEmpty, OtherRecords, Stopped, Unfit
    from registry.log.log import InDoubt, LogInUse, LogReplaced, LogUnavailable, PositionLost

    world = (Damaged, NotAsWritten, NotEmpty, OtherRecords, Stopped, Unfit)
    try:
        yield
    except (*world, InDoubt, LogInUse, LogReplaced, LogUnavailable, PositionLost) as trouble:
        hint = (hints or {}).get(type(trouble), "")
        raise Failed(f"{what}: {trouble}{hint and '; '}{hint}") from trouble
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise Failed(f"{what}: {where}{error.strerror or error}") from error
