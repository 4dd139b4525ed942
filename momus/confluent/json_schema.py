"""confluent-kafka's serializers for JSON Schema."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import msgspec

from compat.framing import Headers, frame_of, header_name, header_of
from momus.client import Schema as OurSchema
from momus.confluent.builders import AwaitedBuilder, WaitingBuilder
from momus.confluent.error import SerializationError
from momus.confluent.serializers import (
    BOTH,
    READING,
    WRITING,
    AwaitedDeserializer,
    AwaitedSerializer,
    Client,
    Deserializer,
    Serializer,
    WaitingDeserializer,
    WaitingSerializer,
    function_or_none,
    schema_of,
)
from momus.confluent.unregistered import json_reader
from momus.serde.json import BlockingJsonSerde, JsonSerde
from momus.serde.serde import Channel, Serde


class _Writing(Serializer):
    kind = "JSON"
    keys: ClassVar = {**WRITING, **BOTH, "validate": True}

    def __init__(
        self,
        schema_str: Any,
        schema_registry_client: Client,
        to_dict: Callable[[Any, Any], Any] | None = None,
        conf: Mapping[str, Any] | None = None,
        rule_conf: Any = None,
        rule_registry: Any = None,
        json_encode: Callable[[Any], str | bytes] | None = None,
    ) -> None:
        """Nothing is asked yet. What `json_encode` gives is validated and written as it is."""
        super().__init__(schema_registry_client, conf, rule_conf or rule_registry)
        self._to_dict = function_or_none(to_dict, "to_dict")
        self._encode = function_or_none(json_encode, "json_encode")
        kind = JsonSerde if self.is_awaited else BlockingJsonSerde
        more = self._writing()
        validate = self._settings["validate"]
        self._serde = kind(self._registry(), schema_of(schema_str, "JSON"), validate=validate, **more)

    def _encoded(self, channel: Channel, value: Any) -> bytes | None:
        if self._encode is None:
            return channel.encode(value)
        text = self._encode(value)
        data = text.encode() if isinstance(text, str) else bytes(text)
        try:
            value = msgspec.json.decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise SerializationError(f"{channel.subject}: json_encode gives what is no JSON: {error}") from error
        return channel.framed(value, data)


class _Reading(Deserializer):
    kind = "JSON"
    keys: ClassVar = {**READING, **BOTH, "validate": True}

    def __init__(
        self,
        schema_str: Any,
        from_dict: Callable[[Any, Any], Any] | None = None,
        schema_registry_client: Client | None = None,
        conf: Mapping[str, Any] | None = None,
        rule_conf: Any = None,
        rule_registry: Any = None,
        json_decode: Callable[[bytes], Any] | None = None,
    ) -> None:
        """Nothing is asked yet. Without a client messages are held to `schema_str`, which refers to nothing."""
        super().__init__(schema_registry_client, conf, rule_conf or rule_registry)
        self._from_dict = function_or_none(from_dict, "from_dict")
        self._decode = function_or_none(json_decode, "json_decode")
        self._reader = schema_of(schema_str, "JSON")
        if schema_registry_client is not None:
            self._serde = self._made(None)
        elif self._reader is None or self._reader.references:
            raise ValueError("schema_registry_client is needed where schema_str is None, or refers to other schemas")
        else:
            self._without_registry = json_reader(self._reader.schema, validate=self._settings["validate"])

    def _made(self, reader: OurSchema | None) -> Serde[Any]:
        kind = JsonSerde if self.is_awaited else BlockingJsonSerde
        more = self._reading()
        return kind(self._registry(), reader=reader or self._reader, validate=self._settings["validate"], **more)

    def _given(self, data: bytes, headers: Headers, value: Any, ctx: Any) -> Any:
        if self._decode is not None:
            named = header_of(headers, header_name(is_key=ctx is not None and ctx.field == "key"))
            value = self._decode(data if named is not None else data[frame_of(data).end :])
        return super()._given(data, headers, value, ctx)


class JSONSerializer(_Writing, WaitingSerializer):
    """Values to JSON: `serializer(value, context)`."""


class JSONDeserializer(_Reading, WaitingDeserializer):
    """JSON to values: `deserializer(data, context)`."""


class AsyncJSONSerializer(_Writing, AwaitedSerializer):
    """Values to JSON: `await serializer(value, context)`."""


class AsyncJSONDeserializer(_Reading, AwaitedDeserializer):
    """JSON to values: `await deserializer(data, context)`."""


class JSONSerializerBuilder(WaitingBuilder):
    """Makes a `JSONSerializer`."""

    serializer = JSONSerializer
    takes = (
        "schema_registry_config",
        "schema_registry_client",
        "schema",
        "to_dict",
        "serializer_config",
        "rule_config",
        "rule_registry",
        "json_encode",
        "serializer_init",
    )


class AsyncJSONSerializerBuilder(AwaitedBuilder):
    """Makes an `AsyncJSONSerializer`."""

    serializer = AsyncJSONSerializer
    takes = JSONSerializerBuilder.takes


class JSONDeserializerBuilder(WaitingBuilder):
    """Makes a `JSONDeserializer`."""

    serializer = JSONDeserializer
    takes = (
        "schema_registry_config",
        "schema_registry_client",
        "schema",
        "from_dict",
        "deserializer_config",
        "rule_config",
        "rule_registry",
        "json_decode",
        "deserializer_init",
    )


class AsyncJSONDeserializerBuilder(AwaitedBuilder):
    """Makes an `AsyncJSONDeserializer`."""

    serializer = AsyncJSONDeserializer
    takes = JSONDeserializerBuilder.takes


__all__ = [
    "AsyncJSONDeserializer",
    "AsyncJSONDeserializerBuilder",
    "AsyncJSONSerializer",
    "AsyncJSONSerializerBuilder",
    "JSONDeserializer",
    "JSONDeserializerBuilder",
    "JSONSerializer",
    "JSONSerializerBuilder",
]
