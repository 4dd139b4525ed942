"""Serializers for JSON with JSON Schema."""

from decimal import Decimal
from typing import Unpack

from compat import Source, parse
from compat.faults import CodecError
from compat.json import JsonSchema
from compat.json.codec import JsonCodec
from momus.client import Reference, Schema
from momus.serde.derive import json_schema
from momus.serde.objects import Plainer, builder
from momus.serde.serde import Awaited, BlockingChannel, C, Channel, Decode, Encode, Options, Serde, Waiting, schema_of
from momus.serde.store import AnyClient


class _Compiled:
    tail = b""

    def __init__(self, codec: JsonCodec, reader: JsonCodec | None) -> None:
        self._codec = codec
        self._reader = reader or codec

    @property
    def name(self) -> str:
        return self._codec.name

    def encoder(self, frame: bytes) -> Encode:
        return self._codec.encoder(frame)

    def decoder(self, start: int, tail: bytes | None) -> Decode:
        if tail:
            raise CodecError(f"a header of JSON's has 17 bytes, and this one {len(tail)} more")
        return self._reader.decoder(start)


class _Format:
    kind = "JSON"

    def __init__(self, *, validate: bool) -> None:
        self._validate = validate
        self.reader: JsonCodec | None = None

    def codec(self, source: Source) -> _Compiled:
        return _Compiled(self.compiled(source), self.reader)

    def compiled(self, source: Source) -> JsonCodec:
        parsed = parse(source, strict=False)
        assert isinstance(parsed, JsonSchema)
        return JsonCodec(parsed.document, validate=self._validate)


class _Json(Serde[C]):
    def __init__(
        self,
        client: AnyClient,
        schema: Schema | str | None = None,
        *,
        type: type | None = None,  # noqa: A002 - what users call it
        references: tuple[Reference, ...] = (),
        reader: Schema | str | None = None,
        reader_references: tuple[Reference, ...] = (),
        validate: bool = True,
        **more: Unpack[Options],
    ) -> None:
        """Nothing is asked yet.

        schema: what is written with; without one, it is derived from `type`, or the serializer only reads.
        type: the class that messages are made into: a dataclass, or one of msgspec, Pydantic, attrs or Faust.
        references: what the schema refers to.
        reader: what messages are held to in reading, instead of what they were written with.
        validate: hold each message to its schema, in writing and in reading.
        write, subject, framing, plain, build, run_no_rules: as of `Options`.
        """
        self._json = _Format(validate=validate)
        own = schema_of("JSON", schema, references)
        more.setdefault("plain", Plainer(() if own is None else (Decimal,), as_json=True, derived=own is None))
        if own is None and type is not None:
            own = Schema(json_schema(type), "JSON")
        more.setdefault("build", builder(type, (), as_json=True) if type else None)
        super().__init__(client, self._json, own, **more)
        self._reader = schema_of("JSON", reader, reader_references)

    async def ready(self) -> None:
        source = await self.fetched(self._reader)
        if source is not None and self._json.reader is None:
            self._json.reader = self._json.compiled(source)


class JsonSerde(Awaited, _Json[Channel]):
    """JSON, for asyncio: `orders = await serde.prepare("orders")`, then `orders.encode(order)`."""


class BlockingJsonSerde(Waiting, _Json[BlockingChannel]):
    """JSON, over a client that waits."""
