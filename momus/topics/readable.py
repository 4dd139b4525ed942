"""Can a consumer read it, and what is it called? A yes or no by the serializers' own codecs, which are fast and show
nothing.
"""

from collections.abc import Callable
from typing import Protocol

from compat import Schema
from compat.faults import CodecError
from compat.framing import FIRST, Path


class Readable(Protocol):
    """The messages of one schema."""

    def check(self, payload: bytes, path: Path | None) -> object:
        """Raises CodecError for what is no message of this schema."""

    def name(self, path: Path) -> str:
        """Of the message at a path of a Protobuf file; "" where there is none."""


def readable(schema: Schema) -> Readable:
    """Raises CodecError where no message can be read by it."""
    return {"AVRO": _avro, "JSON": _json, "PROTOBUF": _Protobuf}[schema.source.kind](schema)


def _avro(schema: Schema) -> Readable:
    from compat.avro import AvroSchema
    from compat.avro.compiled import AvroCodec

    assert isinstance(schema, AvroSchema)
    return _OfOneMessage(AvroCodec(schema.root).decoder(0))


def _json(schema: Schema) -> Readable:
    from compat.json import JsonSchema
    from compat.json.codec import JsonCodec

    assert isinstance(schema, JsonSchema)
    return _OfOneMessage(JsonCodec(schema.document).decoder(0))


class _OfOneMessage:
    def __init__(self, decode: Callable[[bytes], object]) -> None:
        self._decode = decode

    def check(self, payload: bytes, _path: Path | None) -> object:
        return self._decode(payload)

    def name(self, _path: Path) -> str:
        return ""


class _Protobuf:
    def __init__(self, schema: Schema) -> None:
        from compat.protobuf import ProtobufSchema
        from compat.protobuf.codec import ProtobufCodec

        assert isinstance(schema, ProtobufSchema)
        self._codec = ProtobufCodec(schema)
        self._decoders: dict[Path, Callable[[bytes], object]] = {}
        self._names: dict[Path, str] = {}

    def check(self, payload: bytes, path: Path | None) -> object:
        named = FIRST if path is None else path
        if named not in self._decoders:  # of paths that are there, few
            self._decoders[named] = self._codec.decoder(0, self._codec.path(self._codec.at(named)))
        return self._decoders[named](payload)

    def name(self, path: Path) -> str:
        if path not in self._names:
            try:
                self._names[path] = str(self._codec.at(path).full_name)
            except CodecError:
                return ""
        return self._names[path]
