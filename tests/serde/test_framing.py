"""The bytes before a message, each compared with what confluent-kafka writes and reads."""

from typing import Any
from uuid import UUID

import pytest
from confluent_kafka.schema_registry import (
    dual_schema_id_deserializer,
    header_schema_id_serializer,
    prefix_schema_id_serializer,
)
from confluent_kafka.schema_registry.serde import SchemaId
from confluent_kafka.serialization import MessageField, SerializationContext
from hypothesis import given
from hypothesis import strategies as st

from compat.framing import (
    FramingError,
    Indexes,
    frame_of,
    header,
    header_name,
    header_of,
    path_at,
    prefix,
    written_path,
)

GUID = UUID("89791762-2336-4186-9674-299b90a802e2")
PATHS = [
    ((0,), "00"),
    ((1,), "0202"),
    ((0, 0), "040000"),
    ((1, 0), "040200"),
    ((2, 1), "040402"),
    ((63,), "027e"),
    ((64,), "028001"),
    ((1, 2, 3), "06020406"),
]


def theirs(kind: str, path: tuple[int, ...] | None = None, **more: Any) -> SchemaId:
    return SchemaId(kind, message_indexes=list(path) if path else None, **more)


@pytest.mark.parametrize(("path", "written"), PATHS)
def test_paths_are_written_as_everybody_does(path: tuple[int, ...], written: str) -> None:
    """A path's bytes are the documented ones, are confluent-kafka's, and are read back by both."""
    assert written_path(path).hex() == written
    assert path_at(bytes.fromhex(f"ff{written}ff"), 1) == (path, 1 + len(written) // 2)
    message = prefix_schema_id_serializer(b"payload", None, theirs("PROTOBUF", path, schema_id=7))
    assert message == prefix(7) + written_path(path) + b"payload"
    read = theirs("PROTOBUF")
    assert dual_schema_id_deserializer(message, None, read).read() == b"payload"
    assert (read.id, read.message_indexes) == (7, list(path))


@pytest.mark.parametrize("is_key", [True, False])
def test_headers_are_those_of_confluent_kafka(*, is_key: bool) -> None:
    """Name and value of the header are the same bytes, for keys and values, with and without a path."""
    for path in (None, (0,), (1, 0)):
        headers: list[tuple[str, str | bytes | None]] = []
        context = SerializationContext("t", MessageField.KEY if is_key else MessageField.VALUE, headers)
        kind = "PROTOBUF" if path else "AVRO"
        assert header_schema_id_serializer(b"x", context, theirs(kind, path, guid=str(GUID))) == b"x"
        value = header(GUID) + (written_path(path) if path else b"")
        assert headers == [(header_name(is_key=is_key), value)]
        assert header_of(headers, header_name(is_key=is_key)) == value
        frame = frame_of(value)
        assert (frame.guid, frame.end) == (GUID, 17)
        assert path is None or path_at(value, 17) == (path, len(value))


@given(st.integers(0, 2**31 - 1), st.binary())
def test_prefix_comes_back(schema_id: int, payload: bytes) -> None:
    """An id that is written is read, and so is where the message begins."""
    frame = frame_of(prefix(schema_id) + payload)
    assert (frame.id, frame.guid, frame.end) == (schema_id, None, 5)


@pytest.mark.parametrize("schema_id", [-1, 2**31])
def test_id_beyond_what_java_reads_is_refused(schema_id: int) -> None:
    """Java reads a signed number, so nobody may write more."""
    with pytest.raises(FramingError, match="no schema id"):
        prefix(schema_id)


@given(st.binary(max_size=40), st.sampled_from(Indexes))
def test_any_bytes_are_a_frame_or_a_refusal(data: bytes, form: Indexes) -> None:
    """Hostile bytes raise FramingError and nothing else."""
    try:
        path, end = path_at(data, frame_of(data).end, form)
    except FramingError:
        return
    assert path
    assert end <= len(data)


@given(st.lists(st.integers(0, 2**20), min_size=1, max_size=8).map(tuple), st.sampled_from(list(Indexes)[:2]))
def test_every_path_comes_back_in_both_spellings(path: tuple[int, ...], form: Indexes) -> None:
    """Today's zigzag numbers and the unsigned ones of old clients are each read as they were written."""
    written = written_path(path, form)
    assert path_at(written, 0, form) == (path, len(written))


def test_a_missing_path_can_be_meant() -> None:
    """Where it is configured, the message begins at once and is the file's first."""
    assert path_at(b"\x00\x00\x00\x00\x07\x0a", 5, Indexes.NONE) == ((0,), 5)
    with pytest.raises(FramingError, match="only a file's first"):
        written_path((1,), Indexes.NONE)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"\x00\x00\x01", "needs 5 bytes"),
        (b"\x01" * 16, "needs 17 bytes"),
        (b'{"a":1}', "begins with byte 0x7b"),
    ],
)
def test_bytes_without_a_frame_are_told_so(data: bytes, why: str) -> None:
    """The refusal says what was found and what would be right."""
    with pytest.raises(FramingError, match=why):
        frame_of(data)


def test_last_of_several_headers_counts() -> None:
    """As Java's reader has it; other names and absent values are passed over."""
    name = header_name(is_key=False)
    assert header_of([(name, b"1"), ("other", b"2"), (name, b"3"), (name, None)], name) == b"3"
    assert header_of({name: "1"}, name) == b"1"
    assert header_of(None, name) is None
