"""`momus records`: the embedded log as JSON lines. Only reads, and may run beside a server that writes."""

import base64
from pathlib import Path
from typing import Any

import click
import msgspec

FOLDER = click.argument(
    "folder", metavar="[DIR]", type=click.Path(path_type=Path), default="momus-data", envvar="MOMUS_DATA"
)


@click.command("records")
@FOLDER
def command(folder: Path) -> None:
    """Print the records of the log in DIR (./momus-data), one JSON object a line.

    Keys and values are shown as JSON where they are JSON, byte for byte, and else in key_base64 and value_base64. The
    value null is a tombstone: it deletes its key.
    """
    from momus.commands.stored import stored

    for record in stored(folder):
        shown: dict[str, Any] = {"offset": record.offset, "timestamp": record.timestamp}
        shown |= _shown("key", record.key) | _shown("value", record.value)
        if record.headers:
            shown["headers"] = [{"name": name} | _shown("value", value) for name, value in record.headers]
        click.echo(msgspec.json.encode(shown))


def _shown(name: str, content: bytes | None) -> dict[str, Any]:
    if content is None:
        return {name: None}
    try:
        value = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        value = None
    if value is None:  # no JSON, or the word null, which would look like a tombstone
        return {f"{name}_base64": base64.b64encode(content).decode()}
    return {name: msgspec.Raw(content) if b"\n" not in content else value}
