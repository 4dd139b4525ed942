"""The records of an embedded log as they are on disk, for commands that only look. A server may write meanwhile."""

import base64
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import msgspec

from registry.log import embedded
from registry.log.log import LogRecord, LogUnavailable


def stored(folder: Path) -> Iterator[LogRecord]:
    """In their order. No transaction is held between batches, so a slow reader keeps no server from tidying up."""
    path = folder / embedded.FILE
    try:
        with (
            embedded._explained(path, "cannot be read"),  # noqa: SLF001 - EmbeddedLog.open would make what is missing
            closing(embedded._connect_to_read(path)[0]) as connection,  # noqa: SLF001 - as above
        ):
            position = 0
            while rows := connection.execute(embedded.READ, (position, embedded.BATCH_RECORDS)).fetchall():
                for offset, key, value, timestamp, text in rows:
                    headers = embedded._headers(text) if text else ()  # noqa: SLF001 - as above
                    yield LogRecord(offset, key, value, timestamp, headers)
                position = rows[-1][0] + 1
    except LogUnavailable as unavailable:
        raise click.ClickException(str(unavailable)) from unavailable


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
