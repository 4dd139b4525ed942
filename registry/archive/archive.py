"""A file of records: what is known of it once it has been read, and why one cannot be. No format is known here."""

from collections.abc import Sequence
from dataclasses import dataclass

from registry.log.log import Entry, LogRecord

TIMELESS = -1  # the timestamp of a record whose time nobody kept, as in Kafka


@dataclass(frozen=True, slots=True)
class Archive:
    """A whole file, checked. `format` and `source` are for people."""

    format: str
    source: str
    records: Sequence[LogRecord]
    is_karapaces: bool = False  # then an empty value may stand for none: its tool or the registry itself wrote it so


@dataclass(eq=False)
class Damaged(Exception):
    """The file is cut off, was altered, or is none of ours. Nothing of it may be used. `reason` is for people."""

    reason: str

    def __str__(self) -> str:
        return self.reason


def entry_of(record: LogRecord) -> Entry:
    """What to append so that another log has this record; one without a time gets that log's."""
    return record.entry if record.timestamp != TIMELESS else record.entry._replace(timestamp=None)
