"""Readers that ask no registry: of one schema or one class, whatever a message says it was written with."""

from collections.abc import Callable
from typing import Any

from compat import Source, parse
from compat.faults import CodecError
from compat.framing import FramingError, Headers, frame_of, header_name, header_of, path_at
from compat.json import JsonSchema
from compat.json.codec import JsonCodec
from momus.serde.errors import DecodeError, SerdeError
from momus.serde.protobuf import message_reader

Payload = Callable[[bytes], Any]


class Unregistered:
    """A channel, as far as reading goes."""

    def __init__(self, payload: Payload, *, has_indexes: bool = False) -> None:
        self._payload = payload
        self._has_indexes = has_indexes

    def decode(self, data: bytes, headers: Headers = None) -> Any:
        """Raises DecodeError."""
        try:
            named = header_of(headers, header_name(is_key=False)) or header_of(headers, header_name(is_key=True))
            framed = data if named is None else named
            end = frame_of(framed).end
            if self._has_indexes:
                _, end = path_at(framed, end)
            return self._payload(data[end:] if named is None else data)
        except (CodecError, FramingError) as fault:
            raise DecodeError("a message", fault) from None

    async def read(self, data: bytes, headers: Headers = None) -> Any:
        return self.decode(data, headers)


def json_reader(text: str, *, validate: bool) -> Unregistered:
    """Holds messages to a schema. Raises InvalidSchema, and SerdeError for one that nothing can be held to."""
    parsed = parse(Source("JSON", text), strict=False)
    assert isinstance(parsed, JsonSchema)
    try:
        return Unregistered(JsonCodec(parsed.document, validate=validate).decoder())
    except CodecError as fault:
        raise SerdeError(str(fault)) from None


def protobuf_reader(message: Any) -> Unregistered:
    """Reads messages of a generated class."""
    return Unregistered(message_reader(message), has_indexes=True)
