"""What `encode`, `decode` and `audit` share: which registry, which schema, which Kafka, and how the answer ends.

A registry is configured as the gate has it (`momus.yaml`), Kafka as `momus serve` has it (flags, MOMUS_*, momus.toml).
"""

import errno
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import click

from momus.commands.shared.asking import settings_of
from momus.commands.shared.options import Command, together
from registry.settings import ON_KAFKA, ROWS

if TYPE_CHECKING:
    import asyncio

    from momus.client import AsyncRegistryClient
    from momus.topics.given import Wish
    from momus.topics.points import Point, Stretch
    from registry.brokers import Brokers

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
KAFKA: Final = ("kafka", *(name for name in ON_KAFKA if name.startswith("kafka_")))
INTERRUPTED: Final = 130
CODES: Final = """Exit codes: 0 all is well, 1 a message is not, 2 usage or configuration, 3 a schema or a file
cannot be read, 4 the registry cannot be reached, 5 Kafka cannot."""
PATH: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


def _version(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    if value is None or value == "latest" or (value.isdecimal() and 0 < int(value) < 2**31):
        return value
    raise click.BadParameter(f"{value!r} is no version: it must be a number from 1 on, or latest")


registry_options = together(
    click.option("--registry", metavar="URL", help="The registry.  [MOMUS_REGISTRY]"),
    click.option("-e", "--environment", metavar="NAME", help="One of registry.environments in momus.yaml, instead."),
    click.option(
        "--config",
        "configs",
        multiple=True,
        metavar="FILE",
        help="momus.yaml, for the registry's login and TLS; momus.toml, for Kafka's. May be repeated.",
    ),
)

schema_options = together(
    click.option("--schema", "file", type=PATH, metavar="FILE", help="The schema is in a file: no registry is asked."),
    click.option("--format", "kind", type=click.Choice(("AVRO", "JSON", "PROTOBUF"), case_sensitive=False),
                 help="Of FILE, where its name does not tell (.avsc, .json, .proto)."),
    click.option("--reference", "references", multiple=True, metavar="NAME=FILE",
                 help="A schema that FILE refers to, after those that it needs itself. May be repeated."),
    click.option("--subject", default="", metavar="SUBJECT", help="The schema is a version of this subject."),
    click.option("--version", callback=_version, metavar="N|latest", help="Which version of it.  [latest]"),
    click.option("--id", "schema_id", type=click.IntRange(0, 2**31 - 1), metavar="N", help="The schema's id."),
    click.option("--guid", type=click.UUID, metavar="GUID", help="The schema's GUID."),
    click.option("--message", default="", metavar="NAME", help="The message of a Protobuf schema.  [its first]"),
    click.option("--no-frame", is_flag=True, help="Nothing before or beside a message names its schema."),
)  # fmt: skip

indexes_option = click.option(
    "--indexes", type=click.Choice(("zigzag", "unsigned", "none")), default="zigzag", show_default=True,
    help="How paths to Protobuf messages are spelled: unsigned by confluent-kafka for Python before 1.8, none by "
    "kafkajs' client.",
)  # fmt: skip

logical_option = click.option(
    "--logical/--plain",
    default=True,
    help="Avro: dates, decimals and unions as people write them, or the specification's JSON to the letter.  [logical]",
)


def kafka_options(command: Command) -> Command:
    """`--kafka`, and all that brokers may ask for; what few need is not in the help."""
    rows = [ROWS[name] for name in KAFKA]
    return together(
        *(
            click.option(
                row.flag,
                row.name,
                metavar=row.kind.word,
                help=f"{row.sentence}  [{row.default}]",
                hidden=row.name != "kafka",
            )
            for row in rows
        )
    )(command)


# What they mean


def wish_of(flags: Mapping[str, Any]) -> "Wish":
    """The schema that the flags name."""
    from momus.topics.given import Wish

    if flags["version"] is not None and not flags["subject"]:
        raise click.UsageError("--version says which of a subject: --subject is missing.")
    file, number, guid, subject = flags["file"], flags["schema_id"], flags["guid"], flags["subject"]
    if file is None and sum(each not in (None, "") for each in (number, guid, subject)) > 1:
        raise click.UsageError("--subject, --id and --guid each name a schema: give one of them.")
    if file is not None and subject:
        raise click.UsageError("--schema and --subject each name a schema: give one of them.")
    return Wish(file, _upper(flags["kind"]), _references(flags), number, guid, subject, flags["version"] or "latest")


def _upper(kind: str | None) -> str | None:
    return kind.upper() if kind else None


def _references(flags: Mapping[str, Any]) -> tuple[tuple[str, Path], ...]:
    pairs = [each.partition("=") for each in flags["references"]]
    if any(not equals or not file for _, equals, file in pairs):
        raise click.UsageError("--reference is NAME=FILE: what the schema calls it, and where it is.")
    return tuple((name, Path(file)) for name, _, file in pairs)


@asynccontextmanager
async def registry_of(flags: Mapping[str, Any]) -> "AsyncIterator[AsyncRegistryClient]":
    """A client of the registry that the flags or a configuration name, open. Raises Trouble."""
    from momus.gate.configuration import FILES, Configuration
    from momus.gate.reading import load as configuration
    from momus.gate.registries import opened, reached

    named = next((each for each in flags["configs"] if not _is_for_kafka(each)), None)
    is_there = named or any((Path.cwd() / name).is_file() for name in FILES)
    known = configuration(Path.cwd(), named) if is_there else Configuration(Path.cwd(), "momus.yaml", ())
    async with opened(reached(known, flags["registry"], flags["environment"])) as client:
        yield client


def brokers_of(flags: Mapping[str, Any]) -> "Brokers":
    """Ends with 2 where the settings are wrong, as all commands on Kafka do."""
    import registry.brokers

    given = {name: flags[name] for name in KAFKA if flags[name] is not None}
    settings = settings_of(next((each for each in flags["configs"] if _is_for_kafka(each)), None), given)
    if settings.kafka is None:
        raise click.UsageError("Where is Kafka? --kafka HOST:PORT, or MOMUS_KAFKA.")
    return registry.brokers.brokers_of(settings)


def _is_for_kafka(file: str) -> bool:
    return file.endswith(".toml") and Path(file).name != "pyproject.toml"


def place(_context: click.Context, _option: click.Parameter, value: str | None) -> "Point | None":
    """The place in a topic that an option says; for its `callback`."""
    from datetime import UTC, datetime

    from momus.topics.points import point_of

    try:
        return None if value is None else point_of(value, datetime.now(UTC))
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def stretch_of(flags: Mapping[str, Any]) -> "Stretch":
    """What of a topic the flags name: all of it, unless they say less."""
    from momus.topics.points import Edge, Stretch

    begin, end = flags["begin"] or Edge.BEGINNING, flags["end"] or Edge.END
    return Stretch(begin, end, flags["partitions"], follow=flags.get("follow", False), sample=flags.get("sample"))


def stdin() -> BinaryIO:
    from momus.gate.faults import NoFile

    if sys.stdin is None:
        raise NoFile("standard input: it is closed")
    return sys.stdin.buffer


def put(data: bytes) -> None:
    """On standard output, at once. A reader that has gone ends us without a word, as click has it."""
    from momus.gate.faults import NoFile

    if sys.stdout is None:
        raise NoFile("standard output: it is closed")
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python tries again when it ends
        raise NoFile(f"standard output: it cannot be written: {error.strerror}") from error


@contextmanager
def interruptible() -> Iterator[None]:
    """An interrupt ends what waits within for a file. In asyncio the first one only cancels what waits for asyncio."""
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def stopping() -> "Iterator[asyncio.Event]":
    """Set by the first SIGINT or SIGTERM; the next one ends the process as ever."""
    import asyncio

    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def restore() -> None:
        for each in SIGNALS:
            loop.remove_signal_handler(each)

    def stopped() -> None:
        stop.set()
        restore()

    for each in SIGNALS:
        loop.add_signal_handler(each, stopped)
    try:
        yield stop
    finally:
        restore()
