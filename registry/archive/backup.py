"""Our backup files: JSON lines between a head and a foot. docs/backup.md describes them, field by field.

The foot holds the number of records and the SHA-256 of all lines before it, so a file that was cut off or altered is
known before anything is taken from it. Written and read line by line; a name that ends in .gz is compressed.
"""

import base64
import gzip
import hashlib
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from registry.archive.archive import Archive, Damaged
from registry.log.log import Headers, LogRecord

FORMAT = "momus-backup"
VERSION = 1
MAGIC = f'{{"format":"{FORMAT}",'.encode()  # how a file begins, and is known by


# Writing


class Sink(Protocol):
    def write(self, content: bytes, /) -> object: ...


class Writer:
    """The head is written at once, a record by `add`, the foot by `finish`: without it the file is none."""

    def __init__(self, file: Sink, source: str, *, now: datetime | None = None) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self.records = 0
        created = (now or datetime.now(UTC)).isoformat(timespec="seconds")
        self._line({"format": FORMAT, "version": VERSION, "created": created, "source": source})

    def add(self, record: LogRecord) -> None:
        told: dict[str, Any] = {"offset": record.offset, "timestamp": record.timestamp}
        told |= {"key": _told(record.key), "value": _told(record.value)}
        if record.headers:
            told["headers"] = [[name, _told(value)] for name, value in record.headers]
        self._line(told)
        self.records += 1

    def finish(self) -> None:
        self._line({"records": self.records, "sha256": self._hash.hexdigest()})

    def _line(self, members: dict[str, Any]) -> None:
        line = json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass") + b"\n"
        self._hash.update(line)
        self._file.write(line)


def _told(content: bytes | None) -> str | dict[str, str] | None:
    """As a text where it is one, else in base64."""
    if content is None:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(content).decode()}


def write(path: Path, source: str, records: Iterable[LogRecord]) -> int:
    """A new file of this name, there only when it is whole and on the disk; how many records it has.

    Raises FileExistsError, and OSError when the disk does not take it.
    """
    if path.exists():
        raise FileExistsError(path)
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            if path.suffix == ".gz":
                with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as compressed:
                    count = pour(compressed, source, records)
            else:
                count = pour(file, source, records)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
    return count


def pour(file: Sink, source: str, records: Iterable[LogRecord]) -> int:
    """The same into what is open already; how many records it was."""
    writer = Writer(file, source)
    for record in records:
        writer.add(record)
    writer.finish()
    return writer.records


# Reading


def read(content: bytes) -> Archive:
    """The whole of such a file, uncompressed. Raises Damaged; what it says about itself is checked before all else."""
    head = _head(content)
    at = content.rfind(b"\n", 0, -1) + 1
    body, foot = content[:at], _object(content[at:], "the last line")
    if not content.endswith(b"\n") or not {"records", "sha256"} <= foot.keys():
        raise Damaged("it is cut off: its last line does not close it")
    if hashlib.sha256(body).hexdigest() != foot["sha256"]:
        raise Damaged("it was altered: its content does not have the checksum that its last line tells")
    lines = body.split(b"\n")[1:-1]
    if len(lines) != foot["records"]:
        raise Damaged(f"it has {len(lines)} records, and its last line tells of {foot['records']}")
    records = [_record(line, number) for number, line in enumerate(lines, 2)]
    return Archive(f"a backup by Momus, made {head.get('created')}", str(head.get("source")), records)


def _head(content: bytes) -> dict[str, Any]:
    head = _object(content.partition(b"\n")[0], "the first line")
    if head.get("format") != FORMAT:
        raise Damaged("it does not begin as a backup does")
    if head.get("version") != VERSION:
        raise Damaged(f"its format has version {head.get('version')}, known here is {VERSION}: use a newer Momus")
    return head


def _object(line: bytes, where: str) -> dict[str, Any]:
    try:
        members = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Damaged(f"it is cut off or damaged: {where} is no JSON object") from error
    if not isinstance(members, dict):
        raise Damaged(f"it is cut off or damaged: {where} is no JSON object")
    return members


def _record(line: bytes, number: int) -> LogRecord:
    """Raises Damaged only for what another program wrote, with a checksum that is right."""
    where = f"line {number}"
    told = _object(line, where)
    try:
        headers: Headers = tuple((str(name), _content(value)) for name, value in told.get("headers", ()))
        offset, timestamp = int(told["offset"]), int(told["timestamp"])
        return LogRecord(offset, _content(told["key"]), _content(told["value"]), timestamp, headers)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise Damaged(f"{where} is no record of this format") from error


def _content(told: str | dict[str, str] | None) -> bytes | None:
    if told is None:
        return None
    return told.encode() if isinstance(told, str) else base64.b64decode(told["base64"], validate=True)
