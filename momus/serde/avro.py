"""Serializers for Avro."""

from typing import Unpack

from compat import Source, parse
from compat.avro import AvroSchema
from compat.avro.compiled import AvroCodec
from compat.avro.types import Array, Map, Primitive, Type
from compat.faults import CodecError
from momus.client import Reference, Schema
from momus.serde.derive import avro_schema
from momus.serde.objects import Plainer, builder
from momus.serde.serde import Awaited, BlockingChannel, C, Channel, Decode, Encode, Options, Serde, Waiting, schema_of
from momus.serde.store import AnyClient


class _Compiled:
    def __init__(self, codec: AvroCodec, reader: Type | None) -> None:
        self._codec = codec
        self._reader = reader

    @property
    def name(self) -> str:
        """Of a record; and as the peers have it what a type is that has no name, but for unions."""
        match self._codec.root:
            case Primitive(kind):
                return kind
            case Array() | Map() as container:
                return type(container).__name__.lower()
            case _:
                return self._codec.name

    @property
    def tail(self) -> bytes:
        return b""

    def encoder(self, frame: bytes) -> Encode:
        return self._codec.encoder(frame)

    def decoder(self, start: int, tail: bytes | None) -> Decode:
        if tail:
            raise CodecError(f"a header of Avro's has 17 bytes, and this one {len(tail)} more")
        return self._codec.decoder(start, reader=self._reader)


class _Format:
    kind = "AVRO"

    def __init__(self, **flags: bool) -> None:
        self.reader: Type | None = None
        self._flags = flags

    def codec(self, source: Source) -> _Compiled:
        return _Compiled(AvroCodec(root_of(source), **self._flags), self.reader)


def root_of(source: Source) -> Type:
    parsed = parse(source, strict=False)
    assert isinstance(parsed, AvroSchema)
    return parsed.root


class _Avro(Serde[C]):
    def __init__(
        self,
        client: AnyClient,
        schema: Schema | str | None = None,
        *,
        type: type | None = None,  # noqa: A002 - what users call it
        references: tuple[Reference, ...] = (),
        reader: Schema | str | None = None,
        reader_references: tuple[Reference, ...] = (),
        strict: bool = False,
        complete: bool = False,
        record_names: bool = False,
        **more: Unpack[Options],
    ) -> None:
        """Nothing is asked yet.

        schema: what is written with; without one, it is derived from `type`, or the serializer only reads.
        type: the class that messages are made into: a dataclass, or one of msgspec, Pydantic, attrs or Faust.
        references: what the schema refers to.
        reader: what messages are read as, whatever they were written with.
        strict: refuse members that no field has.
        complete: refuse values that lack a field, also if it has a default.
        record_names: decode a record of a union as a pair, its name and the record.
        write, subject, framing, plain, build, run_no_rules: as of `Options`.
        """
        self._avro = _Format(strict=strict, complete=complete, named=record_names)
        own = schema_of("AVRO", schema, references)
        more.setdefault("plain", Plainer(derived=own is None))
        if own is None and type is not None:
            own = Schema(avro_schema(type))
        more.setdefault("build", builder(type) if type else None)
        super().__init__(client, self._avro, own, **more)
        self._reader = schema_of("AVRO", reader, reader_references)

    async def ready(self) -> None:
        source = await self.fetched(self._reader)
        if source is not None and self._avro.reader is None:
            self._avro.reader = root_of(source)


class AvroSerde(Awaited, _Avro[Channel]):
    """Avro, for asyncio: `orders = await serde.prepare("orders")`, then `orders.encode(order)`."""


class BlockingAvroSerde(Waiting, _Avro[BlockingChannel]):
    """Avro, over a client that waits."""
