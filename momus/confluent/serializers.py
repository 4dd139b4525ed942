"""What confluent-kafka's serializers have in common: settings, channels, and calls that wait or are awaited.

The first message of a topic asks the registry, as there; `prepare(topic)` does it before, and fails at the start. No
format is known here: `avro`, `json_schema` and `protobuf` each make a serializer of `momus.serde` from the settings.
"""

# ruff: noqa: TRY004  (the kinds of errors are confluent-kafka's)

from collections.abc import Callable, Generator, Mapping
from io import BytesIO
from typing import Any, ClassVar, Final, Self

from compat import Source, parse
from compat.framing import Headers, path_at
from momus.client import AsyncRegistryClient, Refusal, RegistryClient
from momus.client import Schema as OurSchema
from momus.confluent.by_record import ByRecord
from momus.confluent.error import as_theirs, told_as_theirs
from momus.confluent.schema_registry_client import AsyncSchemaRegistryClient, SchemaRegistryClient
from momus.confluent.serde import NAMED, AssociatedNameStrategy, SchemaId, add_header, framing_of, strategy_of
from momus.confluent.serialization import MessageField, SerializationContext
from momus.confluent.values import ours
from momus.serde.serde import Channel, Serde
from momus.serde.store import answered, finished
from momus.serde.subjects import Naming, SubjectName
from momus.serde.writing import ById, Choice, Framing, Known, Latest, ReadOnly, Register

WRITING: Final = {
    "auto.register.schemas": True,
    "normalize.schemas": False,
    "use.schema.id": None,
    "schema.id.serializer": None,
    "validation.rules.execution": None,
    "validation.rules.fail.fast": False,
    "validation.rules.executor": None,
}
READING: Final = {"schema.id.deserializer": None}
BOTH: Final = {
    "use.latest.version": False,
    "use.latest.with.metadata": None,
    "subject.name.strategy": None,
    "subject.name.strategy.type": None,
    "subject.name.strategy.conf": None,
    "momus.run.no.rules": False,
}
_MIGRATIONS: Final = ("UPGRADE", "DOWNGRADE", "UPDOWN")

Registry = RegistryClient | AsyncRegistryClient
Client = SchemaRegistryClient | AsyncSchemaRegistryClient


class Conversion:
    """A topic's channels, found by name; and the settings that all have."""

    kind: ClassVar[str]
    keys: ClassVar[dict[str, Any]]
    is_awaited: ClassVar[bool] = False
    _serde: Serde[Any]

    def __init__(self, client: Any, conf: Mapping[str, Any] | None, rules: Any) -> None:
        settings = {**self.keys, **(conf or {})}
        unknown = sorted(settings.keys() - self.keys.keys())
        if unknown:
            raise ValueError(f"Unrecognized properties: {', '.join(unknown)}")
        for key, usual in self.keys.items():
            if isinstance(usual, bool) and not isinstance(settings[key], bool):
                raise ValueError(f"{key} must be a boolean value")
        execution = settings.get("validation.rules.execution") or "DISABLED"
        if rules is not None or str(getattr(execution, "value", execution)).upper() != "DISABLED":
            raise ValueError("rules are not run here: see docs/from-confluent-kafka.md")
        if settings.get("use.deprecated.format"):
            raise ValueError("use.deprecated.format is no longer supported")
        metadata = settings["use.latest.with.metadata"]
        if not isinstance(metadata, dict | None):
            raise ValueError("use.latest.with.metadata must be a dict value")
        self._settings = settings
        self._metadata = metadata
        self._client = client
        self._owns_client = False
        self._associated: AssociatedNameStrategy | None = None
        self._named_by: SubjectName | None = None
        self._keys: dict[str, Any] = {}
        self._values: dict[str, Any] = {}

    def own_schema_registry_client(self) -> None:
        """From now on `close` closes the client, too."""
        self._owns_client = True

    def set_cluster_id_resolver(self, resolver: Callable[[], Any]) -> None:
        """What gives the id of Kafka's cluster, for associations; asked when a topic is prepared."""
        if self._associated is not None:
            self._associated.set_cluster_id_resolver(resolver)

    async def _prepared(self, topic: str, field: Any) -> Any:
        with told_as_theirs():
            channel = await self._channel(topic, is_key=field == "key")
        (self._keys if field == "key" else self._values)[topic] = channel
        return channel

    async def _channel(self, topic: str, *, is_key: bool) -> Any:
        return await self._serde.prepared(topic, is_key=is_key)

    def _known(self, ctx: Any) -> Any:
        """The channel of a context, if it is prepared. Without a context only what needs no topic works."""
        if ctx is None:
            return self._values.get("")
        return (self._keys if ctx.field == "key" else self._values).get(ctx.topic)

    def _registry(self) -> Registry:
        """The client beneath; one of confluent-kafka's own serves for its configuration."""
        wanted = AsyncSchemaRegistryClient if self.is_awaited else SchemaRegistryClient
        if not isinstance(self._client, wanted):
            if isinstance(self._client, Client) or not hasattr(self._client, "config"):
                raise ValueError(f"{type(self).__name__} needs a {wanted.__name__}, not {type(self._client).__name__}")
            self._client, self._owns_client = wanted(self._client.config()), True
        registry: Registry = self._client.registry
        return registry

    def _options(self) -> dict[str, Any]:
        return {"subject": self._naming(), "run_no_rules": self._settings["momus.run.no.rules"]}

    def _naming(self) -> SubjectName:
        """One for all that is made here: what gives the id of Kafka's cluster is told to it."""
        if self._named_by is None:
            self._named_by = self._subject()
        return self._named_by

    def _subject(self) -> SubjectName:
        function = self._settings["subject.name.strategy"]
        conf = self._settings["subject.name.strategy.conf"]
        own = None if function is None else strategy_of(function)
        if function is not None and own is None:
            if not callable(function):
                raise ValueError("subject.name.strategy must be callable")
            return _called(function)
        told = None if function is not None else self._settings["subject.name.strategy.type"]
        kind = str(getattr(told, "value", told) or "ASSOCIATED").upper()
        if kind in NAMED:
            return NAMED[kind]
        if kind != "ASSOCIATED":
            raise ValueError(f"subject.name.strategy.type {kind} is none of TOPIC, RECORD, TOPIC_RECORD, ASSOCIATED")
        self._associated = own or AssociatedNameStrategy()
        return self._associated.named(conf)


def _called(function: Callable[[Any, str | None], str | None]) -> SubjectName:
    def named(about: Naming, _store: object) -> str | None:
        field = MessageField.KEY if about.is_key else MessageField.VALUE
        context = SerializationContext(about.topic, field) if about.topic else None
        return function(context, about.record or None) or None

    return named


def schema_of(schema: Any, kind: str) -> OurSchema | None:
    """A schema as it was given. A text that is none is refused at once, unless it needs others, which are not here."""
    own = ours(schema, kind)
    if own is not None and not own.references:
        parse(Source(kind, own.schema), strict=False)
    return own


def function_or_none(function: Any, name: str) -> Any:
    if function is not None and not callable(function):
        raise ValueError(f"{name} must be callable")
    return function


# ------------------------------------------------------------------------------------------------ waiting and awaited


class Waiting(Conversion):
    """One whose calls wait."""

    def prepare(self, topic: str, field: Any = MessageField.VALUE) -> Any:
        """All that the first message of a topic would wait for. Raises what that would raise."""
        return finished(self._prepared(topic, field))

    def close(self) -> None:
        """Close the client, if it is this one's own."""
        if self._owns_client:
            self._client.close()


class Awaited(Conversion):
    """One whose calls are awaited. Its constructor may be, as confluent-kafka's must."""

    is_awaited = True

    def __await__(self) -> Generator[Any, None, Self]:
        yield from ()
        return self

    async def prepare(self, topic: str, field: Any = MessageField.VALUE) -> Any:
        """All that the first message of a topic would wait for. Raises what that would raise."""
        return await self._prepared(topic, field)

    def set_async_cluster_id_resolver(self, resolver: Callable[[], Any]) -> None:
        """What gives the id of Kafka's cluster, for associations; awaited when a topic is prepared."""
        self.set_cluster_id_resolver(resolver)

    async def close(self) -> None:
        """Close the client, if it is this one's own."""
        if self._owns_client:
            await self._client.close()

    aclose = close


# ------------------------------------------------------------------------------------------------ writing


class Serializer(Conversion):
    """Called with a value and a context, it gives bytes; in header mode it adds the header to the context's."""

    _to_dict: Callable[[Any, Any], Any] | None = None

    def __init__(self, client: Any, conf: Mapping[str, Any] | None, rules: Any) -> None:
        super().__init__(client, conf, rules)
        self._function = self._settings["schema.id.serializer"]
        self._framing = framing_of(self._function, "schema.id.serializer", "prefix")

    def _writing(self) -> dict[str, Any]:
        framing = Framing.NONE if self._framing in ("own", "dual") else Framing(self._framing)
        return {"write": self._choice(), "framing": framing, **self._options()}

    def _choice(self) -> Choice:
        settings = self._settings
        if settings["use.latest.version"] and settings["auto.register.schemas"]:
            raise ValueError("cannot enable both use.latest.version and auto.register.schemas")
        if settings["use.schema.id"] is not None:
            if not isinstance(settings["use.schema.id"], int):
                raise ValueError("use.schema.id must be an int value")
            return ById(settings["use.schema.id"])
        if self._metadata is not None:
            return Latest(self._metadata)
        if settings["use.latest.version"]:
            return Latest()
        own = Register if settings["auto.register.schemas"] else Known
        return own(normalize=settings["normalize.schemas"])

    def _written(self, channel: Channel, obj: Any, ctx: Any) -> bytes | None:
        value = obj if self._to_dict is None else self._to_dict(obj, ctx)
        data = self._encoded(channel, value)
        if self._framing == "own":
            path = list(path_at(channel.tail, 0)[0]) if self.kind == "PROTOBUF" else None
            framed: bytes = self._function(data, ctx, SchemaId(self.kind, channel.schema_id, channel.guid, path))
            return framed
        for pair in channel.headers:
            add_header(ctx, pair)
        return data

    def _encoded(self, channel: Channel, value: Any) -> bytes | None:
        return channel.encode(value)


class WaitingSerializer(Waiting, Serializer):
    def __call__(self, obj: Any, ctx: Any = None) -> bytes | None:
        """The message's bytes; None for None. Raises SerializationError, and SchemaRegistryError for a new topic."""
        if obj is None:
            return None
        channel = self._known(ctx)
        if channel is None:
            channel = self.prepare("") if ctx is None else self.prepare(ctx.topic, ctx.field)
        return self._written(channel, obj, ctx)


class AwaitedSerializer(Awaited, Serializer):
    async def __call__(self, obj: Any, ctx: Any = None) -> bytes | None:
        """The message's bytes; None for None. Raises SerializationError, and SchemaRegistryError for a new topic."""
        if obj is None:
            return None
        channel = self._known(ctx)
        if channel is None:
            channel = await (self.prepare("") if ctx is None else self.prepare(ctx.topic, ctx.field))
        return self._written(channel, obj, ctx)


# ------------------------------------------------------------------------------------------------ reading


class Deserializer(Conversion):
    """Called with bytes and a context, it gives a value."""

    _from_dict: Callable[[Any, Any], Any] | None = None
    _without_registry: Any = None  # a channel that asks nobody, where there is no client

    def __init__(self, client: Any, conf: Mapping[str, Any] | None, rules: Any) -> None:
        super().__init__(client, conf, rules)
        self._function = self._settings["schema.id.deserializer"]
        self._framing = framing_of(self._function, "schema.id.deserializer", "dual")

    def _made(self, reader: OurSchema | None) -> Serde[Any]:
        """A serializer of ours; `reader` instead of the schema that messages are read as, unless it is None."""
        raise NotImplementedError

    def _reading(self) -> dict[str, Any]:
        return {"write": ReadOnly(), **self._options()}

    async def _channel(self, topic: str, *, is_key: bool) -> Any:
        if self._without_registry is not None:
            return self._without_registry
        channel: Channel = await self._serde.prepared(topic, is_key=is_key)
        if self._metadata is None and not self._settings["use.latest.version"]:
            return channel
        if not channel.subject:
            return ByRecord(self._serde, self._naming(), topic, self._as_latest, is_key=is_key)
        return await (await self._as_latest(channel.subject)).prepared(topic, is_key=is_key)

    async def _as_latest(self, subject: str) -> Serde[Any]:
        """What reads as the latest version of a subject."""
        registry: Any = self._registry()
        if self._metadata is not None:
            latest = await answered(registry.find_schema_by_metadata(subject, self._metadata, deleted=True))
        else:
            latest = await answered(registry.get_latest(subject))
        made = self._made(latest)
        made.refuse_rules(latest.rule_set, subject, (*_MIGRATIONS, "READ", "WRITEREAD"))
        return made

    def _seen(self, data: bytes, ctx: Any) -> tuple[bytes, Headers]:
        """A message and its headers, as the channel understands them."""
        if self._framing == "own":
            named = SchemaId(self.kind)
            rest = self._function(data, ctx, named)
            payload = rest.read() if isinstance(rest, BytesIO) else bytes(rest)
            return (named.id_to_bytes() if named.id is not None else named.guid_to_bytes()) + payload, None
        return data, None if ctx is None or self._framing == "prefix" else ctx.headers

    def _given(self, data: bytes, headers: Headers, value: Any, ctx: Any) -> Any:  # noqa: ARG002 - see JSON's
        return value if self._from_dict is None else self._from_dict(value, ctx)


class WaitingDeserializer(Waiting, Deserializer):
    def __call__(self, data: bytes | None, ctx: Any = None) -> Any:
        """The message's value; None for None. Raises SerializationError, and SchemaRegistryError for a new schema."""
        if data is None:
            return None
        channel = self._known(ctx)
        if channel is None:
            channel = self.prepare("") if ctx is None else self.prepare(ctx.topic, ctx.field)
        data, headers = self._seen(data, ctx)
        try:
            value = channel.decode(data, headers)
        except Refusal as refusal:
            raise as_theirs(refusal) from refusal
        return self._given(data, headers, value, ctx)


class AwaitedDeserializer(Awaited, Deserializer):
    async def __call__(self, data: bytes | None, ctx: Any = None) -> Any:
        """The message's value; None for None. Raises SerializationError, and SchemaRegistryError for a new schema."""
        if data is None:
            return None
        channel = self._known(ctx)
        if channel is None:
            channel = await (self.prepare("") if ctx is None else self.prepare(ctx.topic, ctx.field))
        data, headers = self._seen(data, ctx)
        try:
            value = await channel.read(data, headers)
        except Refusal as refusal:
            raise as_theirs(refusal) from refusal
        return self._given(data, headers, value, ctx)
