"""The backups of `karapace_schema_backup`, a tool that Karapace no longer has: versions 1, 2 and 3, read only.

Only the third has times, headers, offsets and checksums, and these are verified. Its writer stored an empty value for
none, so a deletion looks like Karapace's own empty one; the other two have the word null for it.
"""

import binascii
import json
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from registry.archive.archive import TIMELESS, Archive, Damaged
from registry.archive.xxh64 import XXH64
from registry.log.log import LogRecord

T = TypeVar("T")
Content = bytes  # a name that the method `bytes` below does not hide

V2 = b"/V2\n"
V3 = b"/V3\n"
V1_BEGINNINGS = b"[ \t\r\n"
METADATA = ".metadata"
XXH64_BE = 1  # the format calls it xxhash3_64_be
LENGTH = struct.Struct(">I")


# Version 1: a JSON list of pairs. Version 2: a line a record, in hex.


def read_v1(content: bytes) -> Archive:
    """Raises Damaged, as all here."""
    try:
        pairs = [(key, value) for key, value in json.loads(content)]
        records = [_timeless(at, _encoded(key), _encoded(value)) for at, (key, value) in enumerate(pairs)]
    except (ValueError, TypeError, RecursionError) as error:
        raise Damaged(f"it is cut off, or no list of keys and values as a backup of version 1: {error}") from error
    return Archive("a backup by Karapace, version 1", "a file without a name for it", records, is_karapaces=True)


def _encoded(content: Any) -> bytes | None:
    if content is None or content == "null":
        return None
    if not isinstance(content, str):  # an object, written into the file as one
        content = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return str(content).encode()


def read_v2(content: bytes) -> Archive:
    if not content.endswith(b"\n"):
        raise Damaged("it is cut off: its last line does not end")
    records = []
    for at, line in enumerate(content.split(b"\n")[1:-1]):
        try:
            key, value = line.split(b"\t")
            records.append(_timeless(at, _unhexed(key), _unhexed(value)))
        except ValueError as error:
            raise Damaged(f"line {at + 2} is not a key and a value in hex") from error
    return Archive("a backup by Karapace, version 2", "a file without a name for it", records, is_karapaces=True)


def _unhexed(told: bytes) -> bytes | None:
    return None if told == b"null" else binascii.unhexlify(told)


def _timeless(offset: int, key: bytes | None, value: bytes | None) -> LogRecord:
    return LogRecord(offset, key, value, TIMELESS)


# Version 3: a folder with Avro in a file of metadata, and in one of data


class DataFile(NamedTuple):
    name: str
    checksum: bytes
    records: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Metadata:
    topic: str
    records: int
    partitions: int
    files: tuple[DataFile, ...]
    checksums: int


def metadata_of(path: Path) -> Path:
    """The file to begin with, of a folder or of one of its files. Raises Damaged."""
    if not path.is_dir():
        return path
    found = sorted(path.glob(f"*{METADATA}"))
    if len(found) != 1:
        raise Damaged(f"it has {len(found)} files named *{METADATA}, and a backup of version 3 has one")
    return found[0]


def read_v3(path: Path, content: bytes) -> Archive:
    """`content` is that of the metadata, a file at `path`; the data is beside it."""
    metadata = _metadata(_Avro(_framed(content, len(V3))))
    if metadata.partitions != 1 or len(metadata.files) > 1:
        raise Damaged("it is of a topic with several partitions, and a log of schemas has one")
    if metadata.checksums != XXH64_BE:
        raise Damaged("its checksums are of a kind that is not known here")
    records = [record for file in metadata.files for record in _data(path.parent, file)]
    if len(records) != metadata.records:
        raise Damaged(f"it has {len(records)} records, and its metadata tells of {metadata.records}")
    source = f"the topic {metadata.topic}"
    return Archive("a backup by Karapace, version 3", source, records, is_karapaces=True)


def _metadata(avro: "_Avro") -> Metadata:
    version = avro.long()
    if version != 3:
        raise Damaged(f"its metadata has version {version}, and not 3")
    for skip in (avro.text, avro.text, avro.long, avro.long):  # the tool, its version, when it started and ended
        skip()
    records, topic = avro.long(), avro.text()
    avro.maybe(avro.text)  # the topic's id
    partitions, _replicas = avro.long(), avro.long()
    avro.blocks(lambda: (avro.text(), avro.text()))  # the topic's settings
    files = avro.blocks(lambda: _data_file(avro))
    return Metadata(topic, records, partitions, tuple(files), avro.long())


def _data_file(avro: "_Avro") -> DataFile:
    name, _partition = avro.text(), avro.long()
    return DataFile(name, avro.bytes(), avro.long(), avro.long(), avro.long())


def _data(folder: Path, file: DataFile) -> list[LogRecord]:
    if Path(file.name).name != file.name:
        raise Damaged(f"its metadata names a file elsewhere: {file.name}")
    try:
        content = (folder / file.name).read_bytes()
    except OSError as error:
        raise Damaged(f"its data file {file.name} cannot be read: {error.strerror}") from error
    records, checksum = [], XXH64()
    for frame in _frames(content):
        avro = _Avro(frame)
        records.append(_record(avro))
        checkpoint = avro.maybe(avro.bytes)
        if checkpoint is not None and checkpoint != checksum.digest():
            raise Damaged(f"{file.name} was altered: something before record {len(records)} is not what was written")
        checksum.update(LENGTH.pack(len(frame)) + frame)
    if checksum.digest() != file.checksum:
        raise Damaged(f"{file.name} was altered or cut off: it does not have the checksum that the metadata tells")
    if len(records) != file.records:
        raise Damaged(f"{file.name} has {len(records)} records, and the metadata tells of {file.records}")
    return records


def _record(avro: "_Avro") -> LogRecord:
    key, value = avro.maybe(avro.bytes), avro.maybe(avro.bytes)
    headers = avro.blocks(lambda: (avro.bytes().decode("utf-8", "replace"), avro.bytes()))
    offset, timestamp = avro.long(), avro.long()
    return LogRecord(offset, key, value, timestamp, tuple(headers))


def _frames(content: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(content):
        frame = _framed(content, at)
        yield frame
        at += LENGTH.size + len(frame)


def _framed(content: bytes, at: int) -> bytes:
    """What stands behind its length."""
    start = at + LENGTH.size
    if start > len(content):
        raise Damaged("it is cut off")
    (length,) = LENGTH.unpack_from(content, at)
    frame = content[start : start + length]
    if len(frame) < length:
        raise Damaged("it is cut off")
    return frame


class _Avro:
    """Avro's binary encoding, as far as these two records need it. Raises Damaged where the bytes end too early."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def long(self) -> int:
        number, shift, is_last = 0, 0, False
        while not is_last:
            byte = self._take(1)[0]
            number |= (byte & 0x7F) << shift
            shift += 7
            is_last = byte < 0x80
        return number >> 1 ^ -(number & 1)

    def bytes(self) -> Content:
        return self._take(self.long())

    def text(self) -> str:
        return self.bytes().decode("utf-8", "replace")

    def maybe(self, read: Callable[[], T]) -> T | None:
        """A union of something and null, in this order."""
        return read() if self.long() == 0 else None

    def blocks(self, read: Callable[[], T]) -> list[T]:
        """The items of an array or a map."""
        items: list[T] = []
        while count := self.long():
            if count < 0:
                self.long()  # the size of the block, for whoever skips it
            items += (read() for _ in range(abs(count)))
        return items

    def _take(self, size: int) -> Content:
        if not 0 <= size <= len(self._content) - self._at:
            raise Damaged("it is damaged: a record ends before its end")
        self._at += size
        return self._content[self._at - size : self._at]
