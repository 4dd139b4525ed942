"""confluent-kafka's six serializers: its arguments, keys and calls, on the blocking serializers of `momus.serde`.

The first message of a topic asks the registry, as there; `prepare(topic)` does it before, and fails at the start.
"""

# ruff: noqa: FBT001, FBT002, TRY004  (the signatures and kinds of errors are confluent-kafka's)

from collections.abc import Callable, Mapping
from typing import Any, Final

from momus.client import Reference
from momus.confluent.client import SchemaRegistryClient
from momus.confluent.values import FRAMINGS, MessageField, SerializationContext, ours, told_as_theirs
from momus.serde.avro import BlockingAvroSerde
from momus.serde.errors import SerdeError
from momus.serde.json import BlockingJsonSerde
from momus.serde.protobuf import BlockingProtobufSerde
from momus.serde.serde import BlockingChannel
from momus.serde.store import Store
from momus.serde.subjects import Naming, NoName, SubjectName, associated, record_name, topic_name, topic_record_name
from momus.serde.writing import ById, Choice, Framing, Known, Latest, ReadOnly, Register

_STRATEGIES: Final[dict[str, SubjectName]] = {
    "TOPIC": topic_name,
    "RECORD": record_name,
    "TOPIC_RECORD": topic_record_name,
}
_WRITING: Final = {
    "auto.register.schemas": True,
    "normalize.schemas": False,
    "use.schema.id": None,
    "schema.id.serializer": None,
}
_READING: Final = {"schema.id.deserializer": None}
_BOTH: Final = {
    "use.latest.version": False,
    "use.latest.with.metadata": None,
    "subject.name.strategy": None,
    "subject.name.strategy.type": None,
    "subject.name.strategy.conf": None,
    "momus.run.no.rules": False,
}
_VALIDATION: Final = {
    "validation.rules.execution": None,
    "validation.rules.fail.fast": False,
    "validation.rules.executor": None,
}
_BOOLEANS: Final = frozenset(
    (
        "auto.register.schemas",
        "normalize.schemas",
        "use.latest.version",
        "momus.run.no.rules",
        "validate",
        "validate.strict",
        "skip.known.types",
        "validate.strict.allow.default",
        "use.deprecated.format",
    )
)


class _Conversion:
    """A topic's channels, found by name; and the settings that all six have."""

    def __init__(self, conf: Mapping[str, Any] | None, known: Mapping[str, Any], rules: Any) -> None:
        settings = {**known, **(conf or {})}
        unknown = sorted(settings.keys() - known.keys())
        if unknown:
            raise ValueError(f"Unrecognized properties: {', '.join(unknown)}")
        for key in _BOOLEANS & settings.keys():
            if not isinstance(settings[key], bool):
                raise ValueError(f"{key} must be a boolean value")
        if rules is not None or str(settings.get("validation.rules.execution") or "DISABLED").upper() != "DISABLED":
            raise ValueError("rules are not run here: see docs/from-confluent-kafka.md")
        if settings.get("use.deprecated.format"):
            raise ValueError("use.deprecated.format is no longer supported")
        self._settings = settings
        self._keys: dict[str, BlockingChannel] = {}
        self._values: dict[str, BlockingChannel] = {}

    def prepare(self, topic: str, field: Any = MessageField.VALUE) -> BlockingChannel:
        """All that the first message would wait for."""
        with told_as_theirs():
            channel = self._channel(topic, is_key=field == "key")
        (self._keys if field == "key" else self._values)[topic] = channel
        return channel

    def _channel(self, topic: str, *, is_key: bool) -> BlockingChannel:
        raise NotImplementedError

    def _found(self, ctx: Any) -> BlockingChannel:
        """The channel of a context. Without one only what needs no topic works."""
        if ctx is None:
            return self._values.get("") or self.prepare("")
        found = (self._keys if ctx.field == "key" else self._values).get(ctx.topic)
        return found or self.prepare(ctx.topic, ctx.field)

    def _options(self) -> dict[str, Any]:
        return {"subject": self._subject(), "run_no_rules": self._settings["momus.run.no.rules"]}

    def _writing(self) -> dict[str, Any]:
        return {"write": self._choice(), "framing": self._framing(), **self._options()}

    def _framing(self) -> Framing:
        function = self._settings["schema.id.serializer"]
        if function is None:
            return Framing.PREFIX
        name = FRAMINGS.get(getattr(function, "__name__", ""), "")
        if name not in ("prefix", "header"):
            raise ValueError("schema.id.serializer must be prefix_schema_id_serializer or header_schema_id_serializer")
        return Framing(name)

    def _choice(self) -> Choice:
        settings = self._settings
        if settings["use.schema.id"] is not None:
            return ById(int(settings["use.schema.id"]))
        if settings["use.latest.with.metadata"] is not None:
            return Latest(dict(settings["use.latest.with.metadata"]))
        if settings["use.latest.version"]:
            if settings["auto.register.schemas"]:
                raise ValueError("cannot enable both use.latest.version and auto.register.schemas")
            return Latest()
        own = Register if settings["auto.register.schemas"] else Known
        return own(normalize=settings["normalize.schemas"])

    def _subject(self) -> SubjectName:
        function = self._settings["subject.name.strategy"]
        if function is not None:
            return _called(function)
        kind = str(getattr(self._settings["subject.name.strategy.type"], "value", None)
                   or self._settings["subject.name.strategy.type"] or "ASSOCIATED").upper()  # fmt: skip
        if kind in _STRATEGIES:
            return _STRATEGIES[kind]
        if kind != "ASSOCIATED":
            raise ValueError(f"subject.name.strategy.type {kind} is none of TOPIC, RECORD, TOPIC_RECORD, ASSOCIATED")
        conf = self._settings["subject.name.strategy.conf"] or {}
        fallback = str(conf.get("subject.name.strategy.fallback.type", "TOPIC")).upper()
        if fallback != "NONE" and fallback not in _STRATEGIES:
            raise ValueError(f"subject.name.strategy.fallback.type {fallback} is not known")
        cluster = str(conf.get("subject.name.strategy.kafka.cluster.id", "-"))
        return associated(cluster=cluster, fallback=_STRATEGIES.get(fallback))


def _called(function: Callable[[Any, str | None], str | None]) -> SubjectName:
    async def named(about: Naming, _store: Store) -> str:
        field = MessageField.KEY if about.is_key else MessageField.VALUE
        subject = function(SerializationContext(about.topic, field), about.record or None)
        if not subject:
            raise NoName(f"the subject name strategy gives no name for topic {about.topic}")
        return subject

    return named


class _Serializer(_Conversion):
    """Called with a value and a context, it gives bytes; in header mode it adds the header to the context's."""

    _to_dict: Callable[[Any, Any], Any] | None = None

    def __call__(self, obj: Any, ctx: Any = None) -> bytes | None:
        if obj is None:
            return None
        channel = self._found(ctx)
        if self._to_dict is not None:
            obj = self._to_dict(obj, ctx)
        data = channel.encode(obj)
        if channel.headers:
            _add(channel.headers, ctx)
        return data


class _Deserializer(_Conversion):
    """Called with bytes and a context, it gives a value."""

    _from_dict: Callable[[Any, Any], Any] | None = None

    def __call__(self, data: bytes | None, ctx: Any = None) -> Any:
        if data is None:
            return None
        channel = self._found(ctx)
        with_headers = None if ctx is None else ctx.headers
        value = channel.decode(data, with_headers)
        return value if self._from_dict is None else self._from_dict(value, ctx)

    def _reading(self) -> dict[str, Any]:
        if self._settings["use.latest.with.metadata"] is not None:
            raise ValueError("use.latest.with.metadata is not supported in deserializers here: give a reader's schema")
        function = self._settings["schema.id.deserializer"]
        if function is not None and FRAMINGS.get(getattr(function, "__name__", "")) != "dual":
            raise ValueError(
                "schema.id.deserializer must be dual_schema_id_deserializer or prefix_schema_id_deserializer"
            )
        return self._options()


def _add(headers: tuple[tuple[str, bytes], ...], ctx: Any) -> None:
    if ctx is None or ctx.headers is None:
        raise SerdeError("the schema id goes into a header, and the SerializationContext has no headers")
    if isinstance(ctx.headers, dict):
        ctx.headers.update(headers)
    else:
        ctx.headers.extend(headers)


def _callable(function: Any, name: str) -> Any:
    if function is not None and not callable(function):
        raise ValueError(f"{name} must be callable")
    return function


class AvroSerializer(_Serializer):
    def __init__(
        self,
        schema_registry_client: SchemaRegistryClient,
        schema_str: Any = None,
        to_dict: Callable[[Any, Any], dict[str, Any]] | None = None,
        conf: Mapping[str, Any] | None = None,
        rule_conf: Any = None,
        rule_registry: Any = None,
    ) -> None:
        more = {"validate.strict": False, "validate.strict.allow.default": False}
        super().__init__(conf, {**_WRITING, **_BOTH, **_VALIDATION, **more}, rule_conf or rule_registry)
        self._to_dict = _callable(to_dict, "to_dict")
        self._serde = BlockingAvroSerde(
            schema_registry_client.registry,
            ours(schema_str, "AVRO"),
            strict=self._settings["validate.strict"] or self._settings["validate.strict.allow.default"],
            **self._writing(),
        )

    def _channel(self, topic: str, *, is_key: bool) -> BlockingChannel:
        return self._serde.prepare(topic, is_key=is_key)


class AvroDeserializer(_Deserializer):
    def __init__(
        self,
        schema_registry_client: SchemaRegistryClient,
        schema_str: Any = None,
        from_dict: Callable[[dict[str, Any], Any], Any] | None = None,
        return_record_name: bool = False,
        conf: Mapping[str, Any] | None = None,
        rule_conf: Any = None,
        rule_registry: Any = None,
    ) -> None:
        super().__init__(conf, {**_READING, **_BOTH, **_VALIDATION}, rule_conf or rule_registry)
        self._from_dict = _callable(from_dict, "from_dict")
        self._client = schema_registry_client.registry
        self._reader = ours(schema_str, "AVRO")
        self._more = {"record_names": return_record_name, **self._reading()}
        self._serde = BlockingAvroSerde(self._client, reader=self._reader, **self._more)

    def _channel(self, topic: str, *, is_key: bool) -> BlockingChannel:
        if not self._settings["use.latest.version"]:
            return self._serde.prepare(topic, is_key=is_key)
        subject = self._serde.prepare(topic, is_key=is_key).subject
        reader = self._client.get_latest(subject)
        return BlockingAvroSerde(self._client, reader=reader, **self._more).prepare(topic, is_key=is_key)


class JSONSerializer(_Serializer):
    def __init__(
        self,
        schema_str: Any,
        schema_registry_client: SchemaRegistryClient,
        to_dict: Callable[[Any, Any], dict[str, Any]] | None = None,
        conf: Mapping[str, Any] | None = None,
        rule_conf: Any = None,
        rule_registry: Any = None,
        json_encode: Any = None,
    ) -> None:
        super().__init__(conf, {**_WRITING, **_BOTH, **_VALIDATION, "validate": True}, rule_conf or rule_registry)
        if json_encode is not None:
            raise ValueError("json_encode: JSON is written by msgspec here; make plain values with to_dict")
        self._to_dict = _callable(to_dict, "to_dict")
        self._serde = BlockingJsonSerde(
            schema_registry_client.registry,
            ours(schema_str, "JSON"),
            validate=self._settings["validate"],
            **self._writing(),
        )

    def _channel(self, topic: str, *, is_key: bool) -> BlockingChannel:
        return self._serde.prepare(topic, is_key=is_key)


class JSONDeserializer(_Deserializer):
    def __init__(
        self,
        schema_str: Any = None,
        from_dict: Callable[[dict[str, Any], Any], Any] | None = None,
        schema_registry_client: SchemaRegistryClient | None = None,
        conf: Mapping[str, Any] | None = None,
        rule_conf: Any = None,
        rule_registry: Any = None,
        json_decode: Any = None,
    ) -> None:
        super().__init__(conf, {**_READING, **_BOTH, **_VALIDATION, "validate": True}, rule_conf or rule_registry)
        if json_decode is not None:
            raise ValueError("json_decode: JSON is read by msgspec here; make objects with from_dict")
        if schema_registry_client is None:
            raise ValueError(
                "schema_registry_client is needed here: messages are validated by what they were written with"
            )
        self._from_dict = _callable(from_dict, "from_dict")
        self._serde = BlockingJsonSerde(
            schema_registry_client.registry,
            reader=ours(schema_str, "JSON"),
            validate=self._settings["validate"],
            **self._reading(),
        )

    def _channel(self, topic: str, *, is_key: bool) -> BlockingChannel:
        return self._serde.prepare(topic, is_key=is_key)


class ProtobufSerializer(_Serializer):
    def __init__(
        self,
        msg_type: Any,
        schema_registry_client: SchemaRegistryClient,
        conf: Mapping[str, Any] | None = None,
        rule_conf: Any = None,
        rule_registry: Any = None,
    ) -> None:
        more = {"skip.known.types": True, "reference.subject.name.strategy": None, "use.deprecated.format": False}
        super().__init__(conf, {**_WRITING, **_BOTH, **_VALIDATION, **more}, rule_conf or rule_registry)
        function = _callable(self._settings["reference.subject.name.strategy"], "reference.subject.name.strategy")
        self._serde = BlockingProtobufSerde(
            schema_registry_client.registry,
            msg_type,
            skip_known_types=self._settings["skip.known.types"],
            reference_name=None if function is None else lambda file: str(function(None, _reference(file))),
            **self._writing(),
        )

    def _channel(self, topic: str, *, is_key: bool) -> BlockingChannel:
        return self._serde.prepare(topic, is_key=is_key)


def _reference(file: Any) -> Reference:
    return Reference(file.name, file.name, 0)


class ProtobufDeserializer(_Deserializer):
    def __init__(
        self,
        message_type: Any,
        conf: Mapping[str, Any] | None = None,
        schema_registry_client: SchemaRegistryClient | None = None,
        rule_conf: Any = None,
        rule_registry: Any = None,
    ) -> None:
        super().__init__(
            conf, {**_READING, **_BOTH, **_VALIDATION, "use.deprecated.format": False}, rule_conf or rule_registry
        )
        if schema_registry_client is None:
            raise ValueError("schema_registry_client is needed here: each message's schema is looked at once")
        self._serde = BlockingProtobufSerde(
            schema_registry_client.registry, message_type, write=ReadOnly(), **self._reading()
        )

    def _channel(self, topic: str, *, is_key: bool) -> BlockingChannel:
        return self._serde.prepare(topic, is_key=is_key)
