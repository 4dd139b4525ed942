"""Backups by Karapace's tool: each version is read, and one that is not what was written is refused.

The third version is written here by fastavro, with the schemas that the tool had.
"""

import binascii
import struct
from io import BytesIO
from pathlib import Path
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.archive import files
from registry.archive.archive import TIMELESS, Archive, Damaged, entry_of
from registry.archive.xxh64 import XXH64
from registry.log.log import LogRecord
from tests.archive.recorded import recorded
from tests.state.explore import examples

KARAPACE = recorded("karapace")

METADATA = fastavro.parse_schema(
    {
        "type": "record",
        "name": "Metadata",
        "fields": [
            {"name": "version", "type": "int"},
            {"name": "tool_name", "type": "string"},
            {"name": "tool_version", "type": "string"},
            {"name": "started_at", "type": "long"},
            {"name": "finished_at", "type": "long"},
            {"name": "record_count", "type": "int"},
            {"name": "topic_name", "type": "string"},
            {"name": "topic_id", "type": ["string", "null"]},
            {"name": "partition_count", "type": "int"},
            {"name": "replication_factor", "type": "int"},
            {"name": "topic_configurations", "type": {"type": "map", "values": "string"}},
            {
                "name": "data_files",
                "type": {
                    "type": "array",
                    "items": {
                        "type": "record",
                        "name": "DataFile",
                        "fields": [
                            {"name": "filename", "type": "string"},
                            {"name": "partition", "type": "long"},
                            {"name": "checksum", "type": "bytes"},
                            {"name": "record_count", "type": "long"},
                            {"name": "start_offset", "type": "int"},
                            {"name": "end_offset", "type": "int"},
                        ],
                    },
                },
            },
            {
                "name": "checksum_algorithm",
                "type": {"type": "enum", "name": "Algorithm", "symbols": ["unknown", "xxhash3_64_be"]},
            },
        ],
    }
)
RECORD = fastavro.parse_schema(
    {
        "type": "record",
        "name": "Record",
        "fields": [
            {"name": "key", "type": ["bytes", "null"]},
            {"name": "value", "type": ["bytes", "null"]},
            {
                "name": "headers",
                "type": {
                    "type": "array",
                    "items": {
                        "type": "record",
                        "name": "Header",
                        "fields": [{"name": "key", "type": "bytes"}, {"name": "value", "type": "bytes"}],
                    },
                },
            },
            {"name": "offset", "type": "long"},
            {"name": "timestamp", "type": "long"},
            {"name": "checksum_checkpoint", "type": ["bytes", "null"]},
        ],
    }
)


def framed(schema: Any, members: dict[str, Any]) -> bytes:
    file = BytesIO()
    fastavro.schemaless_writer(file, schema, members)
    return struct.pack(">I", len(file.getvalue())) + file.getvalue()


def data_of(records: list[LogRecord]) -> tuple[bytes, bytes]:
    """The data file, with a checkpoint now and then, and its checksum."""
    content, checksum = b"", XXH64()
    for number, record in enumerate(records):
        members = record._asdict() | {"checksum_checkpoint": checksum.digest() if number % 4 == 3 else None}
        members["headers"] = [{"key": name.encode(), "value": value} for name, value in record.headers]
        frame = framed(RECORD, members)
        checksum.update(frame)
        content += frame
    return content, checksum.digest()


def metadata_of(records: int, files: list[dict[str, Any]], **more: Any) -> bytes:
    members = {
        "version": 3,
        "tool_name": "karapace",
        "tool_version": "4.1.0",
        "started_at": 1,
        "finished_at": 2,
        "record_count": records,
        "topic_name": "_schemas",
        "topic_id": None,
        "partition_count": 1,
        "replication_factor": 3,
        "topic_configurations": {"cleanup.policy": "compact", "retention.ms": "-1"},
        "data_files": files,
        "checksum_algorithm": "xxhash3_64_be",
    }
    return b"/V3\n" + framed(METADATA, members | more)


def v3(folder: Path, records: list[LogRecord], **more: Any) -> Path:
    """A whole backup of version 3."""
    folder.mkdir(exist_ok=True)
    content, checksum = data_of(records)
    name = "_schemas:0.data"
    told = {"filename": name, "partition": 0, "checksum": checksum, "record_count": len(records)}
    told |= {"start_offset": 0, "end_offset": len(records)}
    if records:
        (folder / name).write_bytes(content)
    (folder / "_schemas.metadata").write_bytes(metadata_of(len(records), [told] if records else [], **more))
    return folder


def v2(records: list[LogRecord]) -> bytes:
    def told(content: bytes | None) -> bytes:
        return b"null" if content is None else binascii.hexlify(content).upper()

    return b"/V2\n" + b"".join(told(record.key) + b"\t" + told(record.value) + b"\n" for record in records)


def read(content: bytes) -> Archive:
    return files.read_bytes(content, Path("file"))


def pairs(archive: Archive) -> list[tuple[bytes | None, bytes | None]]:
    return [(record.key, record.value) for record in archive.records]


def test_version_1_is_read() -> None:
    """A list of pairs: objects become the JSON that they are, texts stay, and the text null is none."""
    archive = read(
        b'\n[[{"keytype":"NOOP","magic":0}, null], ["k\\u00e9", "null"], ["{\\"a\\": 1}", {"b": [1.0, "\xc3\xa9"]}]]'
    )
    assert pairs(archive) == [
        (b'{"keytype":"NOOP","magic":0}', None),
        ("ké".encode(), None),
        (b'{"a": 1}', '{"b":[1.0,"é"]}'.encode()),
    ]
    assert (archive.format, archive.is_karapaces) == ("a backup by Karapace, version 1", True)
    assert read(b"[]").records == []


def test_version_2_is_read() -> None:
    """A line a record: bytes in hex, null and empty told apart, and times that the log will give."""
    records = [*KARAPACE, LogRecord(11, b"\xff\n", None, 0), LogRecord(12, None, b"", 0)]
    archive = read(v2(records))
    assert pairs(archive) == [(record.key, record.value) for record in records]
    assert {record.timestamp for record in archive.records} == {TIMELESS}
    assert {entry_of(record).timestamp for record in archive.records} == {None}
    assert (archive.format, archive.is_karapaces) == ("a backup by Karapace, version 2", True)


def test_version_3_is_read(tmp_path: Path) -> None:
    """The folder or its metadata: keys, values, headers, offsets and times, many blocks and a topic without records."""
    many = [*KARAPACE, *(LogRecord(99 + n, b"k" * n, None, 2**40 + n) for n in range(300))]
    folder = v3(tmp_path / "many", many)
    archive = files.read(folder)
    assert archive.records == many == files.read(folder / "_schemas.metadata").records
    assert (archive.format, archive.source) == ("a backup by Karapace, version 3", "the topic _schemas")
    assert archive.is_karapaces
    assert files.read(v3(tmp_path / "none", [], topic_id="f2f8b7d0")).records == []


DAMAGED_TEXTS = (
    (b'[["k", "v"]', "it is cut off, or no list of keys and values as a backup of version 1: "),
    (b"{}", "it is no backup by Momus"),
    (b'[["k"]]', "it is cut off, or no list of keys and values as a backup of version 1: "),
    (b"[1]", "it is cut off, or no list of keys and values as a backup of version 1: "),
    (b"[" * 100_000, "it is cut off, or no list of keys and values as a backup of version 1: "),
    (b"/V2\n6B\t76", "it is cut off: its last line does not end"),
    (b"/V2\n6B\t76\n6B\n", "line 3 is not a key and a value in hex"),
    (b"/V2\n6B\t7\n", "line 2 is not a key and a value in hex"),
    (b"/V2\n6B\t76\t76\n", "line 2 is not a key and a value in hex"),
    (b"/V3\n\x00\x00\x00", "it is cut off"),
    (b"/V3\n\x00\x00\x00\x09ab", "it is cut off"),
    (b"/V3\n\x00\x00\x00\x01\x08", "its metadata has version 4, and not 3"),
    (b"/V3\n\x00\x00\x00\x01\x06", "it is damaged: a record ends before its end"),
    (metadata_of(0, [], partition_count=2), "it is of a topic with several partitions, and a log of schemas has one"),
    (metadata_of(0, [], checksum_algorithm="unknown"), "its checksums are of a kind that is not known here"),
    (metadata_of(7, []), "it has 0 records, and its metadata tells of 7"),
)


@pytest.mark.parametrize(("content", "reason"), DAMAGED_TEXTS)
def test_damaged_file_is_refused(content: bytes, reason: str) -> None:
    """What is cut off or none of these formats is refused, with the reason."""
    with pytest.raises(Damaged) as refused:
        read(content)
    assert str(refused.value).startswith(reason)


def test_folder_that_is_no_backup_is_refused(tmp_path: Path) -> None:
    """A folder without metadata, or whose data is missing or elsewhere."""
    for folder, reason in (
        (tmp_path, "it has 0 files named *.metadata, and a backup of version 3 has one"),
        (v3(tmp_path / "a", KARAPACE), "its data file _schemas:0.data cannot be read: No such file or directory"),
    ):
        (folder / "_schemas:0.data").unlink(missing_ok=True)
        with pytest.raises(Damaged) as refused:
            files.read(folder)
        assert str(refused.value) == reason
    elsewhere = {"filename": "../secret", "partition": 0, "checksum": b"", "record_count": 0}
    (tmp_path / "a" / "_schemas.metadata").write_bytes(
        metadata_of(0, [elsewhere | {"start_offset": 0, "end_offset": 0}])
    )
    with pytest.raises(Damaged, match="its metadata names a file elsewhere"):
        files.read(tmp_path / "a")


@examples(80)
@given(st.data())
def test_altered_data_is_refused(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """A byte of the data that is another one, missing or too many, and data that was cut off, are noticed."""
    folder = v3(tmp_path_factory.getbasetemp() / "altered", KARAPACE)
    place = folder / "_schemas:0.data"
    whole = place.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.binary(max_size=2).filter(lambda other: other != whole[at : at + 1]))
    for altered in (whole[:at] + other + whole[at + 1 :], whole[:at]):
        place.write_bytes(altered)
        with pytest.raises(Damaged):
            files.read(folder)


@examples(100)
@given(st.data())
def test_altered_metadata_breaks_nothing(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Metadata has no checksum of its own: what it says is believed or refused, and the records are the same."""
    folder = v3(tmp_path_factory.getbasetemp() / "metadata", KARAPACE)
    place = folder / "_schemas.metadata"
    whole = place.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    place.write_bytes(whole[:at] + data.draw(st.binary(max_size=2)) + whole[at + 1 :])
    try:
        archive = files.read(folder)
    except Damaged:
        return
    assert list(archive.records) == KARAPACE
