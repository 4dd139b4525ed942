"""`momus decode`: what messages say, and which schema they were written with; of files, of a line, of a topic."""

from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from momus.commands.messages import (
    CODES,
    INTERRUPTED,
    brokers_of,
    indexes_option,
    interruptible,
    kafka_options,
    logical_option,
    place,
    put,
    registry_of,
    registry_options,
    schema_options,
    stdin,
    stopping,
    stretch_of,
    wish_of,
)
from momus.commands.shared.ending import told

if TYPE_CHECKING:
    from momus.topics.explain import Explainer
    from momus.topics.records import Record
    from momus.topics.show import Show

OF_TOPICS: Final = ("kafka", "follow", "begin", "end", "partitions", "most", "with_headers")  # each means a topic


@click.command("decode", epilog=CODES)
@click.argument("places", nargs=-1, metavar="[FILE]... | TOPIC")
@click.option("--hex", "hexes", multiple=True, metavar="HEX", help="A message, instead of files. May be repeated.")
@click.option("--base64", "base64s", multiple=True, metavar="BASE64", help="The same in base64.")
@click.option(
    "--lines",
    "form",
    type=click.Choice(("hex", "base64")),
    help="Files have a message on each line; one with a header has that before it, and a blank.",
)
@click.option("--header", metavar="HEX", help="The value of the header that names the messages' schema.")
@click.option("--verbose", is_flag=True, help="Tell also the format, the type's name, and where it is registered.")
@click.option("--value-only", is_flag=True, help="Print only what the messages say.")
@registry_options
@schema_options
@click.option("--reader", metavar="FILE|SUBJECT[:VERSION]", help="Read values as this schema has them.")
@indexes_option
@logical_option
@kafka_options
@click.option("--follow", is_flag=True, help="Go on with what is written to the topic from now on.")
@click.option(
    "--from",
    "begin",
    callback=place,
    metavar="PLACE",
    help="beginning, end, an offset, -N for the last N of each partition, a time, or a while ago, as 15m or "
    "2h.  [beginning]",
)
@click.option("--to", "end", callback=place, metavar="PLACE", help="The same for the end.  [end]")
@click.option("-p", "--partition", "partitions", type=click.IntRange(0), multiple=True, help="May be repeated.  [all]")
@click.option("-n", "--number", "most", type=click.IntRange(1), help="End after so many messages.")
@click.option(
    "--key",
    "key_form",
    type=click.Choice(("auto", "text", "none")),
    default="auto",
    show_default=True,
    help="Keys: by their schema where one explains them, as they are, or not at all.",
)
@click.option("--headers", "with_headers", is_flag=True, help="Tell also the headers.")
def command(places: tuple[str, ...], **flags: Any) -> None:
    """Decode messages: each is a line of JSON with its schema's id.

    A FILE is one message, as is standard input. With --kafka, what is named is a TOPIC: all messages that are there
    are printed, also those that no schema explains, with what is wrong; --follow goes on.

    Messages say themselves what they were written with. --schema, --subject, --id and --guid say it instead.
    """
    import asyncio

    is_topic = any(flags[name] not in (None, False, ()) for name in OF_TOPICS)
    _fits(places, flags, is_topic=is_topic)
    with told():
        failed = asyncio.run(_topic(places[0], flags) if is_topic else _messages(places, flags))
    raise SystemExit(failed)


def _fits(places: tuple[str, ...], flags: dict[str, Any], *, is_topic: bool) -> None:
    if flags["no_frame"] and not wish_of(flags).is_any:
        raise click.UsageError("By which schema? --no-frame needs --subject, --id, --guid or --schema.")
    if not is_topic:
        return
    if len(places) != 1:
        raise click.UsageError("Which topic? --kafka HOST:PORT TOPIC")
    if flags["hexes"] or flags["base64s"] or flags["form"] or flags["header"]:
        raise click.UsageError("--hex, --base64, --lines and --header are for messages that come from no topic.")
    if flags["follow"] and flags["end"] is not None:
        raise click.UsageError("--follow and --to exclude each other.")


# Explainers


@dataclass(frozen=True, slots=True)
class Explainers:
    values: "Explainer"
    keys: "Explainer | None"


@asynccontextmanager
async def _explainers(flags: dict[str, Any], topic: str = "") -> AsyncIterator[Explainers]:
    from compat.framing import Indexes
    from momus.topics.catalogue import Catalogue
    from momus.topics.explain import Explainer
    from momus.topics.given import known_of, reader_of
    from momus.topics.schemas import Reading

    wish, indexes, reader = wish_of(flags), Indexes(flags["indexes"]), flags["reader"]
    async with _client(flags, needed=wish.needs_registry or not wish.is_any or _is_subject(reader)) as client:
        read_as = None if reader is None else await reader_of(reader, client, wish)
        reading = Reading(read_as, flags["logical"], flags["message"])

        def catalogue(reading: Reading, part: str) -> Catalogue | None:
            if client is None:
                return None
            subject = f"{topic}-{part}" if topic else ""
            return Catalogue(client, reading, subject=subject, tells_versions=flags["verbose"])

        given = await known_of(wish, client, reading) if wish.is_any else None
        values = Explainer(catalogue(reading, "value"), given, not flags["no_frame"], indexes)
        plain = Reading(logical=flags["logical"])
        known = catalogue(plain, "key") if flags["key_form"] == "auto" else None
        yield Explainers(values, Explainer(known, indexes=indexes) if known else None)


def _is_subject(reader: str | None) -> bool:
    return reader is not None and not Path(reader).is_file()


@asynccontextmanager
async def _client(flags: dict[str, Any], *, needed: bool) -> AsyncIterator[Any]:
    if not needed:
        yield None
        return
    async with registry_of(flags) as client:
        yield client


# Messages


class Message(NamedTuple):
    """`fault` says why it is none."""

    where: str
    data: bytes = b""
    header: bytes | None = None
    fault: str = ""


async def _messages(files: tuple[str, ...], flags: dict[str, Any]) -> int:
    from momus.topics.lines import line_of, members_of

    header = _header(flags["header"])
    failed = False
    async with _explainers(flags) as explainers:
        for where, data, own, fault in _sources(files, flags):
            if fault:
                failed = _tell(where, fault)
                continue
            explained = await explainers.values.explain(data, own if own is not None else header)
            if explained.trouble:
                failed = _tell(where, f"{_of(explained)}{explained.trouble}")
                continue
            members = members_of(explained, data, verbose=flags["verbose"])
            put(line_of(members["value"] if flags["value_only"] else members) + b"\n")
    return int(failed)


def _tell(where: str, fault: str) -> bool:
    click.echo(f"momus: {where}: {fault}", err=True)
    return True


def _of(explained: Any) -> str:
    """What the message was written with, where that is known."""
    if explained.known is None:
        return ""
    name = f"id {explained.id}" if explained.guid is None and explained.id is not None else f"GUID {explained.guid}"
    return f"{name}: " if explained.frame else ""


def _header(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        return _bytes(text, "hex")
    except ValueError:
        raise click.BadParameter(f"{text!r} is no hex", param_hint="--header") from None


def _sources(files: tuple[str, ...], flags: dict[str, Any]) -> Iterator[Message]:
    from momus.gate.faults import NoFile

    given = [("--hex", text, "hex") for text in flags["hexes"]]
    given += [("--base64", text, "base64") for text in flags["base64s"]]
    for where, text, form in given:
        yield _of_text(where, text, form)
    for file in files or (() if given else ("-",)):
        name = "stdin" if file == "-" else file
        try:
            with interruptible(), stdin() if file == "-" else Path(file).open("rb") as source:
                if flags["form"] is None:
                    yield Message(name, source.read())
                    continue
                for number, line in enumerate(source, 1):
                    if line.strip() or flags["no_frame"]:  # then, one without bytes may be a message
                        yield _of_line(f"{name}:{number}", line.decode("ascii", "replace"), flags["form"])
        except OSError as error:
            hint = "; of a topic, --kafka says where it is" if isinstance(error, FileNotFoundError) else ""
            raise NoFile(f"{name}: it cannot be read: {error.strerror}{hint}") from error


def _of_line(where: str, line: str, form: str) -> Message:
    """The value of a header may stand before the message."""
    first, blank, rest = line.strip("\r\n").partition(" ")
    if blank:
        header = _of_text(where, first, form)
        if len(header.data) >= 17 and header.data[0] == 1:
            return _of_text(where, rest, form)._replace(header=header.data)
    return _of_text(where, line, form)


def _of_text(where: str, text: str, form: str) -> Message:
    try:
        return Message(where, _bytes(text, form))
    except ValueError:
        return Message(where, fault=f"it is no {form}")


def _bytes(text: str, form: str) -> bytes:
    """Raises ValueError."""
    text = "".join(text.split())
    if form == "hex":
        return bytes.fromhex(text.removeprefix("0x"))
    try:
        return b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except NoBase64 as error:
        raise ValueError(text) from error


# A topic


async def _topic(name: str, flags: dict[str, Any]) -> int:
    from momus.topics.reader import opened
    from momus.topics.show import Show

    failed = False
    async with _explainers(flags, name) as explainers, opened(brokers_of(flags), name) as topic:
        show = Show(
            explainers.values, explainers.keys, flags["key_form"] != "none", flags["with_headers"], flags["verbose"]
        )
        plan = await topic.plan(stretch_of(flags))
        with stopping() as stop:
            async with aclosing(_first(topic.read(plan, stop), flags["most"])) as reading:
                async for records in reading:
                    lines = [await _line(show, record, value_only=flags["value_only"]) for record in records]
                    failed = failed or not all(is_explained for _, is_explained in lines)
                    put(b"".join(line for line, _ in lines))
        for lost in topic.lost:
            _tell(name, f"offsets {lost.first} to {lost.end - 1} of partition {lost.partition} were deleted unread")
    return INTERRUPTED if stop.is_set() and not flags["follow"] else int(failed)


async def _first(
    reading: "AsyncGenerator[list[Record], None]", most: int | None
) -> "AsyncGenerator[list[Record], None]":
    """No more than so many records; None is all."""
    left = most
    async with aclosing(reading):
        async for records in reading:
            yield records[:left]
            if left is not None and (left := left - len(records)) <= 0:
                return


async def _line(show: "Show", record: "Record", *, value_only: bool) -> tuple[bytes, bool]:
    """What is printed of it, and whether a schema explains it."""
    from momus.topics.lines import line_of

    members, explained = await show.members(record)
    trouble = explained.trouble if explained else None
    if trouble is None or not value_only:
        return line_of(members["value"] if value_only else members) + b"\n", trouble is None
    _tell(f"partition {record.partition}, offset {record.offset}", str(trouble))
    return b"", False
