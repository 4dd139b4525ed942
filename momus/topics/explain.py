"""What a message says, and what it was written with; or why no schema explains it. No Kafka here."""

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any, Final
from uuid import UUID

from compat.faults import CodecError
from compat.framing import Frame, FramingError, Indexes, Path, frame_of, path_at
from momus.topics.catalogue import Catalogue
from momus.topics.schemas import Compiled, Found, Known, Missing, Unusable


class Reason(StrEnum):
    """Why no schema explains a message."""

    NO_FRAME = "no-frame"
    UNKNOWN_SCHEMA = "unknown-schema"
    UNUSABLE_SCHEMA = "unusable-schema"
    UNDECODABLE = "undecodable"
    FOREIGN_SUBJECT = "foreign-subject"


SENTENCES: Final = {
    Reason.NO_FRAME: "they name no schema",
    Reason.UNKNOWN_SCHEMA: "the registry does not have their schema",
    Reason.UNUSABLE_SCHEMA: "their schema cannot be used",
    Reason.UNDECODABLE: "they are not what their schema says",
    Reason.FOREIGN_SUBJECT: "their schema is registered under subjects of others only",
}


class Depth(Enum):
    """How far into a message it is looked."""

    FRAME = "frame"  # which schema it names
    CHECK = "check"  # whether it can be read by it
    VALUE = "value"  # what it says


@dataclass(frozen=True, slots=True)
class Trouble:
    """One sentence; `path` says where in the value, "" for the whole of it."""

    reason: Reason
    why: str
    path: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.why}" if self.path else self.why


@dataclass(frozen=True, slots=True)
class Explained:
    """What is known of a message's key or value. `value` counts where there is no trouble, if it was decoded."""

    frame: Frame | None = None
    in_header: bool = False
    known: Known | None = None
    path: Path | None = None  # to the message in its Protobuf file
    value: Any = None
    trouble: Trouble | None = None
    name: str = ""  # of the message's type; "" where there is none

    @property
    def id(self) -> int | None:
        return self.frame.id if self.frame and self.frame.id is not None else self.known.id if self.known else None

    @property
    def guid(self) -> UUID | None:
        return self.frame.guid if self.frame else None


@dataclass(frozen=True, slots=True)
class Explainer:
    """How messages are looked at.

    catalogue   where the schemas are that frames name
    given       the schema of all messages, whatever they name
    framed      whether they have a frame at all; those without one need a `given`
    depth       how far into a message it is looked
    """

    catalogue: Catalogue | None = None
    given: Compiled | None = None
    framed: bool = True
    indexes: Indexes = Indexes.ZIGZAG
    depth: Depth = Depth.VALUE

    async def explain(self, data: bytes, header: bytes | None = None) -> Explained:
        """`header`: the value of the header that names the schema, where there is one. Raises RegistryError."""
        if not self.framed:
            assert self.given is not None
            return self._read(None, self.given, b"", data)
        try:
            frame = frame_of(data) if header is None else frame_of(header, "header")
        except FramingError as fault:
            return Explained(in_header=header is not None, trouble=Trouble(Reason.NO_FRAME, str(fault)))
        found = self.given or await self._found(frame)
        if isinstance(found, Missing):
            return Explained(frame, header is not None, trouble=Trouble(Reason.UNKNOWN_SCHEMA, found.why))
        if isinstance(found, Unusable):
            trouble = Trouble(Reason.UNUSABLE_SCHEMA, found.why)
            return Explained(frame, header is not None, found.known, trouble=trouble)
        if header is None:
            return self._read(frame, found, None, data[frame.end :])
        return self._read(frame, found, header[frame.end :], data)

    async def _found(self, frame: Frame) -> Found:
        return Missing("no registry was named") if self.catalogue is None else await self.catalogue.find(frame)

    def _read(self, frame: Frame | None, by: Compiled, tail: bytes | None, payload: bytes) -> Explained:
        """`tail`: what follows the frame in the header; None where it stands in the message itself."""
        path, value, trouble = None, None, None
        try:
            path, payload = self._parted(by, tail, payload)
            value = self._value(by, payload, path)
        except FramingError as fault:
            trouble = Trouble(Reason.UNDECODABLE, str(fault))
        except CodecError as fault:
            trouble = Trouble(Reason.UNDECODABLE, fault.message, fault.path)
        in_header = frame is not None and tail is not None
        return Explained(frame, in_header, by.known, path, value, trouble, by.name(path))

    def _value(self, by: Compiled, payload: bytes, path: Path | None) -> Any:
        """None where it is not asked for. Raises CodecError."""
        if self.depth is Depth.FRAME:
            return None
        if self.depth is Depth.CHECK:
            try:
                by.check(payload, path)
            except CodecError:
                by.messages.decode(payload, path)  # which knows better where it is wrong, as a rule
                raise
            return None
        return by.messages.decode(payload, path)

    def _parted(self, by: Compiled, tail: bytes | None, payload: bytes) -> tuple[Path | None, bytes]:
        """The path of a Protobuf message, and its bytes."""
        path: Path | None = None
        if by.known.kind == "PROTOBUF" and self.framed:
            path, end = path_at(payload if tail is None else tail, 0, self.indexes)
            tail, payload = (b"", payload[end:]) if tail is None else (tail[end:], payload)
        if tail:
            raise FramingError(f"{len(tail)} bytes are left over in the header that names the schema")
        return path, payload
