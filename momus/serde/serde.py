"""The serializers' core: `prepare` does all that may fail and wait, once for each topic; then all are plain calls.

A `Channel` is a topic's key or value, ready: what depends on the schema (frame, codec, subject, headers) is bound in
its `encode` and, for each schema that was met, in its `decode`. No format is known here.
"""

from collections.abc import Callable
from typing import Any, Final, Generic, Protocol, TypedDict, TypeVar

from compat import InvalidSchema, Source
from compat.faults import CodecError
from compat.framing import Frame, FramingError, Headers, frame_of, header, header_name, header_of, prefix
from momus.client import AsyncRegistryClient, RuleSet, Schema
from momus.serde.errors import DecodeError, EncodeError, RulesNotRun, SerdeError, UnknownSchema
from momus.serde.store import AnyClient, Store, Stored, finished
from momus.serde.subjects import Naming, NoName, SubjectName, associated, subject_of
from momus.serde.writing import ById, Choice, Framing, Known, Latest, ReadOnly, Register

Encode = Callable[[Any], bytes]
Decode = Callable[[bytes], Any]

REGISTER: Final = Register()
BY_ASSOCIATION: Final = associated()
MOST_SCHEMAS: Final = 1000  # that are kept compiled: whoever writes to a topic may name any schema of the registry


class Codec(Protocol):
    """One schema, compiled by its format."""

    @property
    def name(self) -> str:
        """Of the message's type, for strategies that name subjects by it."""

    @property
    def tail(self) -> bytes:
        """What follows the frame, in the prefix or the header: Protobuf's indexes."""

    def encoder(self, frame: bytes) -> Encode: ...

    def decoder(self, start: int, tail: bytes | None) -> Decode:
        """For messages that begin at `start`, with the tail, or without where it is given."""


class Format(Protocol):
    kind: str

    def codec(self, source: Source) -> Codec: ...


class Channel:
    """A topic's key or value, ready.

    subject: under which its schemas are kept; "" where who only reads cannot know it.
    schema_id, guid, version: of the schema that is written with; None where the registry does not tell.
    headers: what a producer sends along with each message; () unless `framing=Framing.HEADER`.
    tail: what follows the id or GUID: Protobuf's path to the message.
    encode: from a value to a message's bytes, None to None. Raises EncodeError.
    decode: from a message's bytes, and its headers, to a value, None to None. Raises DecodeError, UnknownSchema.
    """

    subject: str
    schema_id: int | None
    guid: str | None
    version: int | None
    headers: tuple[tuple[str, bytes], ...]
    tail: bytes
    encode: Callable[[Any], bytes | None]
    decode: Callable[..., Any]

    def __init__(self, serde: "Serde[Any]", subject: str, *, is_key: bool) -> None:
        self.subject = subject
        self.schema_id = self.guid = self.version = None
        self.headers = ()
        self.tail = b""
        self._serde = serde
        self._header = header_name(is_key=is_key)
        self._known: dict[bytes, Decode] = {}  # by the first five bytes, or a header's value
        self._own: frozenset[bytes] = frozenset()  # of these, what is written with
        self._only: Decode | None = None
        self._frame = b""
        self._encoder: Encode = self._no_encoder
        self.encode = self._no_schema
        self.decode = self._decoding()

    async def read(self, data: bytes | None, headers: Headers = None) -> Any:
        """`decode`, after a schema that is not known yet was fetched."""
        await self.learn(data, headers)
        return self.decode(data, headers)

    async def learn(self, data: bytes | None, headers: Headers = None) -> None:
        """Fetch the schema of a message, unless it is known."""
        if data is None or self._only is not None:
            return
        data = self._bytes(data)
        named = self._named(headers)
        key = self._key(data, named)
        if key not in self._known:
            self._keep(key, await self._fetched(data if named is None else named, in_header=named is not None))

    # ------------------------------------------------------------------------------------------------ writing

    def writes(self, stored: Stored, codec: Codec, framing: Framing) -> None:
        """From now on `encode` writes with this schema, and its messages can be read, too."""
        self._frame = self._framing(stored, codec, framing)
        self._encoder = codec.encoder(self._frame)
        self.schema_id, self.version = stored.id, stored.version
        self.guid = str(stored.guid) if stored.guid else None
        self.tail = codec.tail
        self.encode = self._encoding(self._encoder)
        if framing is Framing.NONE:
            self._only = self._made(codec.decoder(0, codec.tail))
        elif stored.id is not None and framing is Framing.PREFIX:
            self._known[prefix(stored.id)] = self._made(codec.decoder(5, None))
        self._own = frozenset(self._known)
        self.decode = self._decoding()

    def _framing(self, stored: Stored, codec: Codec, framing: Framing) -> bytes:
        if framing is Framing.PREFIX:
            if stored.id is None:
                raise SerdeError(f"{self.subject}: the registry tells no id, so that none can be sent in a prefix")
            return prefix(stored.id) + codec.tail
        if framing is Framing.HEADER:
            if stored.guid is None:
                raise SerdeError(f"{self.subject}: the registry tells no GUIDs, so that none can be sent in a header")
            value = header(stored.guid) + codec.tail
            self.headers = ((self._header, value),)
            self._known[value] = self._made(codec.decoder(0, codec.tail))
        return b""

    def framed(self, value: Any, data: bytes) -> bytes:
        """A message of bytes that somebody else made of a plain value, which is held to the schema, None too."""
        try:
            self._encoder(value)
        except CodecError as fault:
            raise EncodeError(self.subject, fault) from None
        return self._frame + data

    def _no_schema(self, value: Any) -> bytes | None:
        return None if value is None else self._no_encoder(value)

    def _no_encoder(self, _value: Any) -> bytes:
        raise SerdeError(f"{self.subject}: this channel only reads, for its serializer has no schema to write with")

    def _encoding(self, encoder: Encode) -> Callable[[Any], bytes | None]:
        subject, plain = self.subject, self._serde.plain
        if plain is not None:
            return self._encoding_plain(encoder, plain)

        def encode(value: Any) -> bytes | None:
            if value is None:
                return None
            try:
                return encoder(value)
            except CodecError as fault:
                raise EncodeError(subject, fault) from None

        return encode

    def _encoding_plain(self, encoder: Encode, plain: Callable[[Any], Any]) -> Callable[[Any], bytes | None]:
        subject = self.subject
        throughout = getattr(plain, "throughout", None)

        def encode(value: Any) -> bytes | None:
            try:
                if value.__class__ is dict:
                    return encoder(value)
                return None if value is None else encoder(plain(value))
            except CodecError as fault:
                if throughout is not None and isinstance(value, dict | list):
                    return objects_within(throughout, value)
                raise EncodeError(subject, fault) from None

        def objects_within(throughout: Callable[[Any], Any], value: Any) -> bytes:
            """A dict that did not fit may hold objects."""
            try:
                return encoder(throughout(value))
            except CodecError as fault:
                raise EncodeError(subject, fault) from None

        return encode

    # ------------------------------------------------------------------------------------------------ reading

    def _decoding(self) -> Callable[..., Any]:
        known, subject, name, only = self._known, self.subject, self._header, self._only

        def decode(data: bytes | None, headers: Headers = None) -> Any:
            if data is None:
                return None
            named = None
            try:
                if only is not None:
                    return only(data)
                if headers and (named := header_of(headers, name)) is not None:
                    decoder = known.get(named)
                else:
                    decoder = known.get(data[:5])
                if decoder is None:
                    decoder = known.get(self._key(data, named)) or self._unknown(data, named)
                return decoder(data)
            except (CodecError, FramingError) as fault:
                raise DecodeError(subject, fault) from None
            except (TypeError, ValueError):
                if not isinstance(data, bytes):
                    return decode(self._bytes(data), headers)
                self._named(headers)
                raise  # a SerdeError, or what a user's own function raised

        return decode

    def _named(self, headers: Headers) -> bytes | None:
        try:
            return header_of(headers, self._header)
        except (TypeError, ValueError):
            raise SerdeError(f"{self.subject}: headers are pairs of a name and bytes, or a mapping of them") from None

    def _bytes(self, data: object) -> bytes:
        if isinstance(data, bytes | bytearray | memoryview):
            return bytes(data)
        raise SerdeError(f"{self.subject}: {type(data).__name__} where bytes are expected")

    def _key(self, data: bytes, named: bytes | None) -> bytes:
        """By what a decoder is found. A prefix with a GUID is longer than the five bytes that are looked at first."""
        if named is not None:
            return named
        try:
            return data[: frame_of(data).end]
        except FramingError as fault:
            raise DecodeError(self.subject, fault) from None

    def _unknown(self, data: bytes, named: bytes | None) -> Decode:
        raise UnknownSchema(self.subject, _told(frame_of(data if named is None else named)))

    async def _fetched(self, data: bytes, *, in_header: bool) -> Decode:
        try:
            frame = frame_of(data)
        except FramingError as fault:
            raise DecodeError(self.subject, fault) from None
        if frame.guid is not None:
            stored = await self._serde.store.by_guid(frame.guid)
        else:
            assert frame.id is not None
            stored = await self._serde.store.by_id(frame.id, self.subject)
        self._serde.refuse_rules(stored.rules, self.subject, ("READ", "WRITEREAD"))
        try:
            codec = self._serde.codec(stored.source)
            decoder = codec.decoder(0, data[frame.end :]) if in_header else codec.decoder(frame.end, None)
        except (CodecError, FramingError) as fault:
            raise DecodeError(self.subject, fault) from None
        except InvalidSchema as invalid:
            raise SerdeError(f"{self.subject}: {_told(frame)} of the message is no schema: {invalid}") from invalid
        return self._made(decoder)

    def _keep(self, key: bytes, decoder: Decode) -> None:
        if len(self._known) >= MOST_SCHEMAS:
            for other in [key for key in list(self._known) if key not in self._own]:
                self._known.pop(other, None)
        self._known[key] = decoder

    def _made(self, decoder: Decode) -> Decode:
        build = self._serde.build
        return decoder if build is None else lambda data: build(decoder(data))


def _told(frame: Frame) -> str:
    return f"schema id {frame.id}" if frame.guid is None else f"GUID {frame.guid}"


class BlockingChannel(Channel):
    """A channel that fetches what it does not know, while its caller waits."""

    def _unknown(self, data: bytes, named: bytes | None) -> Decode:
        key = self._key(data, named)
        decoder = finished(self._fetched(data if named is None else named, in_header=named is not None))
        self._keep(key, decoder)
        return decoder


C = TypeVar("C", bound=Channel)


class Options(TypedDict, total=False):
    """What all serializers may be told, by name.

    write: which schema is written with: `Register()` its own, `Known()`, `Latest()`, `ById(7)`, `ReadOnly()` none.
    subject: how subjects are named: `associated()`, `topic_name`, `record_name`, `topic_record_name`, or a function of
        one's own.
    framing: how a message says its schema: `Framing.PREFIX`, `HEADER` or `NONE`.
    plain: a function from a value to what the format can write, instead of the usual one.
    build: a function from a decoded value to what `decode` gives, instead of `type`.
    run_no_rules: take schemas with rules, although rules are not run here.
    """

    write: Choice
    subject: SubjectName
    framing: Framing
    plain: Callable[[Any], Any] | None
    build: Callable[[Any], Any] | None
    run_no_rules: bool


class Serde(Generic[C]):
    """What the three serializers share. `prepare` is in the awaited and the waiting ones, which are below."""

    channel: type[C]

    def __init__(
        self,
        client: AnyClient,
        format_: Format,
        schema: Schema | None,
        *,
        write: Choice = REGISTER,
        subject: SubjectName = BY_ASSOCIATION,
        framing: Framing = Framing.PREFIX,
        plain: Callable[[Any], Any] | None = None,
        build: Callable[[Any], Any] | None = None,
        run_no_rules: bool = False,
    ) -> None:
        if not isinstance(write, Choice):
            raise TypeError(f"write is one of Register(), Known(), Latest(), ById(7) and ReadOnly(), not {write!r}")
        waits = issubclass(self.channel, BlockingChannel)
        if isinstance(client, str) or (waits and isinstance(client, AsyncRegistryClient)):
            wanted = "a RegistryClient" if waits else "an AsyncRegistryClient"
            raise TypeError(f"{type(self).__name__} needs {wanted}, not {client!r}")
        if not callable(subject):
            raise TypeError(f"subject is a function, as topic_name or associated(), not {subject!r}")
        self.store = Store(client)
        self.plain = plain
        self.build = build
        self._format = format_
        self._schema = schema
        self._write = write
        self._subject = subject
        self._framing = Framing(framing)  # "header" will do
        self._run_no_rules = run_no_rules
        self._codecs: dict[bytes, Codec] = {}
        self._channels: dict[tuple[str, bool], C] = {}

    async def prepared(self, topic: str, *, is_key: bool = False) -> C:
        """A topic's key or value, ready. Registers, looks up or fetches; raises whatever is wrong with that."""
        known = self._channels.get((topic, is_key))
        if known is not None:
            return known
        channel = await self._prepared(topic, is_key=is_key)
        return self._channels.setdefault((topic, is_key), channel)  # of those who prepare it at once, the first one's

    async def fetched(self, schema: Schema | None) -> Source | None:
        return None if schema is None else await self.store.source(schema)

    async def ready(self) -> None:
        """What must be fetched before schemas can be compiled: a reader's schema, the imports of a message."""

    async def _prepared(self, topic: str, *, is_key: bool) -> C:
        try:
            return await self._begun(topic, is_key=is_key)
        except (CodecError, FramingError) as fault:  # of the schema or the choices, as there is no message yet
            raise SerdeError(f"topic {topic}: {fault}") from None

    async def _begun(self, topic: str, *, is_key: bool) -> C:
        await self.ready()
        subject = await self._named(topic, is_key=is_key)
        channel = self.channel(self, subject, is_key=is_key)
        stored = await self._stored(channel.subject)
        if stored is not None:
            self.refuse_rules(stored.rules, channel.subject, ("WRITE", "WRITEREAD"))
            channel.writes(stored, self.codec(stored.source), self._framing)
        return channel

    async def _named(self, topic: str, *, is_key: bool) -> str:
        record = "" if isinstance(self._write, ReadOnly) else await self._record()
        try:
            return await subject_of(self._subject, Naming(topic, is_key, record), self.store)
        except NoName:
            if isinstance(self._write, ReadOnly) or (
                not isinstance(self._write, Latest) and await self.schema() is None
            ):
                return ""  # who only reads may not know the name; it is only a hint where to look for an id
            raise

    async def _stored(self, subject: str) -> Stored | None:
        match self._write:
            case ReadOnly():
                return None
            case Latest(metadata):
                return await self.store.latest(subject, dict(metadata))
            case ById(schema_id):
                return await self.store.by_id(schema_id, subject)
            case Register(normalize) | Known(normalize):
                schema = await self.schema()
                if schema is None:
                    return None
                ask = self.store.register if isinstance(self._write, Register) else self.store.known
                return await ask(subject, schema, normalize=normalize)

    async def schema(self) -> Schema | None:
        """What is to be registered or looked up."""
        return self._schema

    async def _record(self) -> str:
        if isinstance(self._write, ById):
            return self.codec((await self.store.by_id(self._write.id)).source).name
        schema = await self.schema()
        return "" if schema is None else self.codec(await self.store.source(schema)).name

    def codec(self, source: Source) -> Codec:
        """The compiled schema; each is compiled once. Raises InvalidSchema."""
        if source.kind != self._format.kind:
            raise SerdeError(f"the schema is of type {source.kind}, and this serializer's type is {self._format.kind}")
        codec = self._codecs.get(source.digest)
        if codec is None:
            if len(self._codecs) >= MOST_SCHEMAS:
                self._codecs.clear()
            codec = self._codecs[source.digest] = self._format.codec(source)
        return codec

    def refuse_rules(self, rules: RuleSet | None, subject: str, modes: tuple[str, ...]) -> None:
        """Rules are not run here. What they would encrypt, change or stop must not pass as if they had been."""
        active = () if rules is None or self._run_no_rules else rules.for_clients(*modes)
        if active:
            raise RulesNotRun(subject, active)


class Awaited(Serde[Channel]):
    channel = Channel

    async def prepare(self, topic: str, *, is_key: bool = False) -> Channel:
        """A topic's values, or its keys, ready to be encoded and decoded. It is done once for each.

        Registers, looks up or fetches the schema, and raises all that may be wrong: `momus.client`'s `RegistryError`s,
        as NotFound and Incompatible; InvalidSchema; SerdeError, as RulesNotRun.
        """
        return await self.prepared(topic, is_key=is_key)


class Waiting(Serde[BlockingChannel]):
    channel = BlockingChannel

    def prepare(self, topic: str, *, is_key: bool = False) -> BlockingChannel:
        """A topic's values, or its keys, ready to be encoded and decoded. It is done once for each.

        Registers, looks up or fetches the schema, and raises all that may be wrong: `momus.client`'s `RegistryError`s,
        as NotFound and Incompatible; InvalidSchema; SerdeError, as RulesNotRun.
        """
        return finished(self.prepared(topic, is_key=is_key))


def schema_of(kind: str, schema: Schema | str | None, references: tuple[Any, ...] = ()) -> Schema | None:
    """A text is a schema of the format's kind; one that is whole is as it is."""
    if isinstance(schema, str):
        return Schema(schema, kind, tuple(references))
    if not isinstance(schema, Schema | None):
        raise TypeError(f"a schema is a text, or a momus.client.Schema, not a {type(schema).__name__}")
    if schema is None or schema.schema_type == kind:
        return schema
    return Schema(schema.schema, kind, schema.references, schema.metadata, schema.rule_set)
