"""The records of an embedded log as they are on disk, for commands that only look. A server may write meanwhile."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click

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
