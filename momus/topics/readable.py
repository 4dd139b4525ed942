"""Can a consumer read it? A yes or no by the serializers' own codecs, which are fast and show nothing."""

from collections.abc import Callable

from compat import Schema
from compat.framing import Path

Check = Callable[[bytes, Path | None], object]  # raises CodecError


def checker(schema: Schema) -> Check:
    """For the payloads of messages by this schema. Raises CodecError where none can be read by it."""
    return {"AVRO": _avro, "JSON": _json, "PROTOBUF": _protobuf}[schema.source.kind](schema)


def _avro(schema: Schema) -> Check:
    from compat.avro import AvroSchema
    from compat.avro.compiled import AvroCodec

    assert isinstance(schema, AvroSchema)
    decode = AvroCodec(schema.root).decoder(0)
    return lambda payload, _path: decode(payload)


def _json(schema: Schema) -> Check:
    from compat.json import JsonSchema
    from compat.json.codec import JsonCodec

    assert isinstance(schema, JsonSchema)
    decode = JsonCodec(schema.document).decoder(0)
    return lambda payload, _path: decode(payload)


def _protobuf(schema: Schema) -> Check:
    from compat.framing import FIRST
    from compat.protobuf import ProtobufSchema
    from compat.protobuf.codec import ProtobufCodec

    assert isinstance(schema, ProtobufSchema)
    codec = ProtobufCodec(schema)
    decoders: dict[Path, Callable[[bytes], object]] = {}

    def check(payload: bytes, path: Path | None) -> object:
        named = FIRST if path is None else path
        if named not in decoders:
            decoders[named] = codec.decoder(0, codec.path(codec.at(named)))  # of paths that are there, few
        return decoders[named](payload)

    return check
