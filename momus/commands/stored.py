"""The records of an embedded log as they are on disk, for commands that only look. A server may write meanwhile."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import click
import msgspec

from registry.log.embedded import FILE, records_of
from registry.log.log import LogRecord, LogUnavailable


class Failed(click.ClickException):
    """Ends a command with code 1 and a line that begins as all of ours do."""

    def show(self, file: IO[Any] | None = None) -> None:  # noqa: ARG002 - click asks it so
        click.echo(f"momus: {self.format_message()}", err=True)


def stored(folder: Path) -> Iterator[LogRecord]:
    """In their order; `folder` may also be the file itself."""
    try:
        yield from records_of(folder if folder.is_file() else folder / FILE)
    except LogUnavailable as unavailable:
        raise Failed(str(unavailable)) from unavailable


def line_of(record: LogRecord) -> bytes:
    """The record as a JSON object in one line."""
    shown: dict[str, Any] = {"offset": record.offset, "timestamp": record.timestamp}
    shown |= _shown("key", record.key) | _shown("value", record.value)
    if record.headers:
        shown["headers"] = [{"name": name} | _shown("value", value) for name, value in record.headers]
    return msgspec.json.encode(shown)


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
