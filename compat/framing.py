"""The bytes before a message, and beside it: which schema it was written with. No schema is known here.

A prefix is the byte 0 and the schema's id, or the byte 1 and its GUID; a header has the latter. For Protobuf the path
to the message inside its file follows, in the prefix or the header, wherever the schema is named.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias
from uuid import UUID

from compat.varint import varint, zigzag

BY_ID: Final = 0
BY_GUID: Final = 1
MOST_ID: Final = 2**31 - 1  # Java reads a signed number
DEEPEST: Final = 100  # indexes of a path: no .proto file nests its messages deeper
FIRST: Final = (0,)  # the path of a file's first message, which has a form of its own

Path: TypeAlias = tuple[int, ...]
Headers: TypeAlias = "Mapping[str, bytes | str | None] | Iterable[tuple[str, bytes | str | None]] | None"


class FramingError(ValueError):
    """Bytes that do not say which schema a message was written with."""


class Indexes(Enum):
    """How Protobuf paths are written. Nothing in the bytes tells one form from another: the reader must know."""

    ZIGZAG = "zigzag"  # everybody today
    UNSIGNED = "unsigned"  # confluent-kafka for Python before 1.8
    NONE = "none"  # kafkajs' client: always the first message, and no byte says so


@dataclass(frozen=True, slots=True)
class Frame:
    """What a message was written with, an id or a GUID, and where in its bytes the frame ends."""

    id: int | None
    guid: UUID | None
    end: int


# ------------------------------------------------------------------------------------------------ prefix and header


def prefix(schema_id: int) -> bytes:
    if not 0 <= schema_id <= MOST_ID:
        raise FramingError(f"{schema_id} is no schema id: it must be from 0 to {MOST_ID}")
    return bytes((BY_ID,)) + schema_id.to_bytes(4, "big")


def header(guid: UUID) -> bytes:
    """A header's value; a prefix of this form is read too."""
    return bytes((BY_GUID,)) + guid.bytes


def header_name(*, is_key: bool) -> str:
    return "__key_schema_id" if is_key else "__value_schema_id"


def frame_of(data: bytes, what: str = "message") -> Frame:
    """The frame that some bytes begin with: those of a message, or `what` they are else. Raises FramingError."""
    if data[:1] == b"\x00":
        if len(data) < 5:
            raise FramingError(f"a schema id needs 5 bytes, and the {what} has {len(data)}")
        return Frame(int.from_bytes(data[1:5], "big"), None, 5)
    if data[:1] == b"\x01":
        if len(data) < 17:
            raise FramingError(f"a schema's GUID needs 17 bytes, and the {what} has {len(data)}")
        return Frame(None, UUID(bytes=data[1:17]), 17)
    if not data:
        raise FramingError(f"the {what} is empty, and names no schema")
    raise FramingError(
        f"the {what} names no schema: it begins with byte {data[0]:#04x}, and a schema id with 0x00, a GUID with 0x01"
    )


def header_of(headers: Headers, name: str) -> bytes | None:
    """The value of a header. Of several the last one counts, as Java's reader has it."""
    if not headers:
        return None
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    found = None
    for key, value in pairs:
        if key == name and value is not None:
            found = value.encode("latin-1", "replace") if isinstance(value, str) else bytes(value)
    return found


# ------------------------------------------------------------------------------------------------ Protobuf's paths


def written_path(path: Path, form: Indexes = Indexes.ZIGZAG) -> bytes:
    """A path as it follows the frame: how many indexes, and the indexes; that of the first message is one byte."""
    if form is Indexes.NONE:
        if path != FIRST:
            raise FramingError("without indexes only a file's first message can be named")
        return b""
    if path == FIRST:
        return b"\x00"
    return b"".join(varint(zigzag(number) if form is Indexes.ZIGZAG else number) for number in (len(path), *path))


def path_at(data: bytes, start: int, form: Indexes = Indexes.ZIGZAG) -> tuple[Path, int]:
    """The path that begins at `start`, and where it ends. Raises FramingError."""
    if form is Indexes.NONE:
        return FIRST, start
    count, at = _number(data, start, form)
    if count == 0:
        return FIRST, at
    if not 0 < count <= DEEPEST:
        raise FramingError(f"a path to a Protobuf message has up to {DEEPEST} indexes, not {count}")
    path = []
    for _ in range(count):
        index, at = _number(data, at, form)
        if index < 0:
            raise FramingError(f"an index of a Protobuf message is negative: {index}")
        path.append(index)
    return tuple(path), at


def _number(data: bytes, at: int, form: Indexes) -> tuple[int, int]:
    raw = shift = 0
    while True:
        if at >= len(data):
            raise FramingError("the message ends inside the indexes of its Protobuf message")
        byte = data[at]
        at += 1
        raw |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
        if shift > 28:
            raise FramingError("an index of a Protobuf message has more than five bytes")
    return ((raw >> 1) ^ -(raw & 1) if form is Indexes.ZIGZAG else raw), at
