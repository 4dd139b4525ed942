"""confluent-kafka's serializers for Protobuf."""

from collections.abc import Mapping
from typing import Any, ClassVar

from momus.client import Schema as OurSchema
from momus.confluent.builders import AwaitedBuilder, WaitingBuilder
from momus.confluent.serialization import MessageField, SerializationContext
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
)
from momus.confluent.unregistered import protobuf_reader
from momus.serde.protobuf import BlockingProtobufSerde, ProtobufSerde, ReferenceName
from momus.serde.serde import Serde


class _Writing(Serializer):
    kind = "PROTOBUF"
    keys: ClassVar = {
        **WRITING,
        **BOTH,
        "skip.known.types": True,
        "reference.subject.name.strategy": None,
        "use.deprecated.format": False,
    }

    def __init__(
        self,
        msg_type: Any,
        schema_registry_client: Client,
        conf: Mapping[str, Any] | None = None,
        rule_conf: Any = None,
        rule_registry: Any = None,
    ) -> None:
        """Nothing is asked yet. `msg_type` is a generated class, which brings its schema and what that imports."""
        super().__init__(schema_registry_client, conf, rule_conf or rule_registry)
        self._type = _class(msg_type)
        self._names_references = function_or_none(
            self._settings["reference.subject.name.strategy"], "reference.subject.name.strategy"
        )
        self._serde = self._made(None)

    async def _channel(self, topic: str, *, is_key: bool) -> Any:
        if self._names_references is None:
            return await super()._channel(topic, is_key=is_key)
        function = self._names_references
        context = SerializationContext(topic, MessageField.KEY if is_key else MessageField.VALUE) if topic else None
        named = self._made(lambda file: str(function(context, file)))  # of each topic, imports may be named otherwise
        return await named.prepared(topic, is_key=is_key)

    def _made(self, reference_name: ReferenceName | None) -> Serde[Any]:
        kind = ProtobufSerde if self.is_awaited else BlockingProtobufSerde
        skips = self._settings["skip.known.types"]
        more = self._writing()
        return kind(self._registry(), self._type, skip_known_types=skips, reference_name=reference_name, **more)


def _class(message_type: Any) -> Any:
    if not hasattr(message_type, "DESCRIPTOR"):
        raise TypeError(f"a message type is a class that protoc generated, not {message_type!r}"[:200])
    return message_type


class _Reading(Deserializer):
    kind = "PROTOBUF"
    keys: ClassVar = {**READING, **BOTH, "use.deprecated.format": False}

    def __init__(
        self,
        message_type: Any,
        conf: Mapping[str, Any] | None = None,
        schema_registry_client: Client | None = None,
        rule_conf: Any = None,
        rule_registry: Any = None,
    ) -> None:
        """Nothing is asked yet. Without a client no schema is looked at: every message is read as `message_type`."""
        super().__init__(schema_registry_client, conf, rule_conf or rule_registry)
        self._type = _class(message_type)
        if schema_registry_client is None:
            self._without_registry = protobuf_reader(message_type)
        else:
            self._serde = self._made(None)

    def _made(self, reader: OurSchema | None) -> Serde[Any]:  # noqa: ARG002 - it is the class that is read
        kind = ProtobufSerde if self.is_awaited else BlockingProtobufSerde
        return kind(self._registry(), self._type, **self._reading())


class ProtobufSerializer(_Writing, WaitingSerializer):
    """Messages to Protobuf: `serializer(message, context)`."""


class ProtobufDeserializer(_Reading, WaitingDeserializer):
    """Protobuf to messages: `deserializer(data, context)`."""


class AsyncProtobufSerializer(_Writing, AwaitedSerializer):
    """Messages to Protobuf: `await serializer(message, context)`."""


class AsyncProtobufDeserializer(_Reading, AwaitedDeserializer):
    """Protobuf to messages: `await deserializer(data, context)`."""


class ProtobufSerializerBuilder(WaitingBuilder):
    """Makes a `ProtobufSerializer`."""

    serializer = ProtobufSerializer
    takes = (
        "schema_registry_config",
        "schema_registry_client",
        "message_type",
        "serializer_config",
        "rule_config",
        "rule_registry",
        "serializer_init",
    )


class AsyncProtobufSerializerBuilder(AwaitedBuilder):
    """Makes an `AsyncProtobufSerializer`."""

    serializer = AsyncProtobufSerializer
    takes = ProtobufSerializerBuilder.takes


class ProtobufDeserializerBuilder(WaitingBuilder):
    """Makes a `ProtobufDeserializer`."""

    serializer = ProtobufDeserializer
    takes = (
        "schema_registry_config",
        "schema_registry_client",
        "message_type",
        "deserializer_config",
        "rule_config",
        "rule_registry",
        "deserializer_init",
    )


class AsyncProtobufDeserializerBuilder(AwaitedBuilder):
    """Makes an `AsyncProtobufDeserializer`."""

    serializer = AsyncProtobufDeserializer
    takes = ProtobufDeserializerBuilder.takes


__all__ = [
    "AsyncProtobufDeserializer",
    "AsyncProtobufDeserializerBuilder",
    "AsyncProtobufSerializer",
    "AsyncProtobufSerializerBuilder",
    "ProtobufDeserializer",
    "ProtobufDeserializerBuilder",
    "ProtobufSerializer",
    "ProtobufSerializerBuilder",
]
