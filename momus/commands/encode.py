"""`momus encode`: JSON values as messages of a schema, framed as producers frame them."""

import os
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from momus.commands.messages import (
    CODES,
    indexes_option,
    logical_option,
    put,
    registry_of,
    registry_options,
    schema_options,
    stdin,
    wish_of,
)
from momus.commands.shared.ending import told

if TYPE_CHECKING:
    from compat.messages import Messages
    from momus.topics.schemas import Compiled
    from momus.topics.values import Value

MOST_SHOWN = 20  # faults of one value


@click.command("encode", epilog=CODES)
@click.argument("files", nargs=-1, metavar="[VALUES]...", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@schema_options
@registry_options
@click.option("--value", "texts", multiple=True, metavar="JSON", help="A value, instead of files. May be repeated.")
@click.option("--hex", "form", flag_value="hex", help="A line of hex for each message.")
@click.option("--base64", "form", flag_value="base64", help="A line of base64 for each message.")
@click.option(
    "--header",
    "in_header",
    is_flag=True,
    help="Name the schema by its GUID in a header: lines begin with its value and a blank.",
)
@indexes_option
@logical_option
@click.option("--ignore-unknown", is_flag=True, help="Leave out members that no field has.")
@click.option("--run-no-rules", is_flag=True, help="Encode by a schema with rules, though nobody runs them here.")
def command(files: tuple[str, ...], **flags: Any) -> None:
    """Encode JSON values, of files or of standard input, by a schema.

    A file has a value on each line, or is one value as a whole. Without --hex or --base64 there may be one, and its
    bytes are printed as they are. The schema is one of the registry's, or that of a file with the --id to go before
    its messages.
    """
    import asyncio

    wish = wish_of(flags)
    if not wish.is_any:
        raise click.UsageError("By which schema? --subject, --id, --guid or --schema.")
    if flags["no_frame"] and flags["in_header"]:
        raise click.UsageError("--no-frame and --header exclude each other.")
    with told():
        encoder = _encoder(asyncio.run(_schema(wish, flags)), flags)
        failed = _write(encoder, _values(files, flags["texts"]), flags["form"], in_header=flags["in_header"])
    raise SystemExit(1 if failed else 0)


async def _schema(wish: Any, flags: dict[str, Any]) -> "Compiled":
    from momus.topics.given import known_of
    from momus.topics.schemas import Reading

    reading = Reading(logical=flags["logical"], message=flags["message"], ignore_unknown=flags["ignore_unknown"])
    if not wish.needs_registry:
        return await known_of(wish, None, reading)
    async with registry_of(flags) as client:
        return await known_of(wish, client, reading)


@dataclass(frozen=True, slots=True)
class Encoder:
    messages: "Messages"
    frame: bytes
    header: bytes


def _encoder(schema: "Compiled", flags: dict[str, Any]) -> Encoder:
    """Raises Trouble when it cannot be said what goes before a message, or may not be written by this schema."""
    from compat.framing import FramingError, Indexes, header, prefix, written_path
    from momus.gate.faults import WrongConfiguration

    known, made = schema.known, schema.messages
    rules = known.rules("WRITE", "WRITEREAD")
    if rules and not flags["run_no_rules"]:
        raise WrongConfiguration(
            f"the schema has rules that are not run here: {', '.join(rules)}; --run-no-rules encodes nonetheless"
        )
    try:
        tail = b"" if made.path is None else written_path(made.path, Indexes(flags["indexes"]))
    except FramingError as fault:
        raise WrongConfiguration(str(fault)) from fault
    if flags["no_frame"]:
        return Encoder(made, b"", b"")
    if flags["in_header"]:
        if known.guid is None:
            raise WrongConfiguration("which GUID goes into the header? The registry tells none; --guid GUID does")
        return Encoder(made, b"", header(known.guid) + tail)
    if known.id is None:
        raise WrongConfiguration("which id goes before the messages? --id N, --no-frame for none, or --header")
    return Encoder(made, prefix(known.id) + tail, b"")


def _values(files: tuple[str, ...], texts: tuple[str, ...]) -> "Iterator[tuple[str, Value]]":
    """With the names of their files."""
    from momus.topics.values import values_of

    for text in texts:
        yield from (("--value", value) for value in values_of([os.fsencode(text)]))
    for name in files or (() if texts else ("-",)):
        if name == "-":
            yield from (("stdin", value) for value in values_of(stdin()))
        else:
            with Path(name).open("rb") as file:
                yield from ((name, value) for value in values_of(file))


def _write(encoder: Encoder, values: "Iterator[tuple[str, Value]]", form: str | None, *, in_header: bool) -> int:
    """How many values are no messages."""
    failed, raw = 0, []
    for name, value in values:
        where = f"{name}:{value.line}"
        message = _message(encoder, value, where)
        failed += message is None
        if message is None:
            continue
        if form is None:
            raw.append(message)
            if len(raw) > 1:
                raise click.UsageError("There are several values: --hex or --base64 gives a line for each.")
        else:
            parts = [encoder.header, message] if in_header else [message]
            put(b" ".join(_written(part, form) for part in parts) + b"\n")
    if form is None and not raw and not failed:
        click.echo("momus: there is no value", err=True)
        return 1
    for message in raw:
        if in_header:
            click.echo(f"momus: the header's value is {encoder.header.hex()}", err=True)
        put(message)
    return failed


def _written(part: bytes, form: str) -> bytes:
    return part.hex().encode() if form == "hex" else b64encode(part)


def _message(encoder: Encoder, value: "Value", where: str) -> bytes | None:
    from compat.faults import CodecError

    faults = [value.fault] if value.fault else []
    if not faults:
        try:
            return encoder.frame + encoder.messages.encode(value.value)
        except CodecError as first:
            faults = [str(fault) for fault in encoder.messages.faults(value.value)] or [str(first)]
    for fault in faults[:MOST_SHOWN]:
        click.echo(f"momus: {where}: {fault}", err=True)
    if len(faults) > MOST_SHOWN:
        click.echo(f"momus: {where}: and {len(faults) - MOST_SHOWN} more", err=True)
    return None
