"""Serializers for JSON with JSON Schema."""

from typing import Any

from compat import Source, parse
from compat.faults import CodecError
from compat.json import JsonSchema
from compat.json.codec import JsonCodec
from momus.client import Reference, Schema
from momus.serde.derive import json_schema
from momus.serde.objects import builder, plainer
from momus.serde.serde import BlockingChannel, C, Channel, Decode, Encode, Serde, schema_of
from momus.serde.store import AnyClient, finished


class _Compiled:
    tail = b""

    def __init__(self, codec: JsonCodec) -> None:
        self._codec = codec

    @property
    def name(self) -> str:
        return self._codec.name

    def encoder(self, frame: bytes) -> Encode:
        return self._codec.encoder(frame)

    def decoder(self, start: int, tail: bytes | None) -> Decode:
        if tail:
            raise CodecError(f"a header of JSON's has 17 bytes, and this one {len(tail)} more")
        return self._codec.decoder(start)


class _Format:
    kind = "JSON"

    def __init__(self, *, validate: bool) -> None:
        self._validate = validate

    def codec(self, source: Source) -> _Compiled:
        parsed = parse(source, strict=False)
        assert isinstance(parsed, JsonSchema)
        return _Compiled(JsonCodec(parsed.document, validate=self._validate))


class _Json(Serde[C]):
    def __init__(
        self,
        client: AnyClient,
        schema: Schema | str | None = None,
        *,
        type: type | None = None,  # noqa: A002 - what users call it
        references: tuple[Reference, ...] = (),
        validate: bool = True,
        **more: Any,
    ) -> None:
        """Nothing is asked yet.

        schema: what is written with; without one, it is derived from `type`, or the serializer only reads.
        type: the class that messages are made into: a dataclass, or one of msgspec, Pydantic, attrs or Faust.
        references: what the schema refers to.
        validate: hold each message to its schema, in writing and in reading.
        more: `write`, `subject`, `framing`, `run_no_rules`, as of `Serde`.
        """
        own = schema_of("JSON", schema, references)
        if own is None and type is not None:
            own = Schema(json_schema(type), "JSON")
        super().__init__(
            client,
            _Format(validate=validate),
            own,
            plain=more.pop("plain", None) or plainer(()),
            build=more.pop("build", None) or (builder(type, ()) if type else None),
            **more,
        )


class JsonSerde(_Json[Channel]):
    """JSON, for asyncio: `orders = await serde.prepare("orders")`, then `orders.encode(order)`."""

    channel = Channel

    async def prepare(self, topic: str, *, is_key: bool = False) -> Channel:
        return await self.prepared(topic, is_key=is_key)


class BlockingJsonSerde(_Json[BlockingChannel]):
    """JSON, over a client that waits."""

    channel = BlockingChannel

    def prepare(self, topic: str, *, is_key: bool = False) -> BlockingChannel:
        return finished(self.prepared(topic, is_key=is_key))
