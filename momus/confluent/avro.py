"""confluent-kafka's serializers for Avro."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from momus.client import Schema as OurSchema
from momus.confluent.builders import AwaitedBuilder, WaitingBuilder
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
from momus.serde.avro import AvroSerde, BlockingAvroSerde
from momus.serde.serde import Serde


class _Writing(Serializer):
    kind = "AVRO"
    keys: ClassVar = {**WRITING, **BOTH, "validate.strict": False, "validate.strict.allow.default": False}

    def __init__(
        self,
        schema_registry_client: Client,
        schema_str: Any = None,
        to_dict: Callable[[Any, Any], Any] | None = None,
        conf: Mapping[str, Any] | None = None,
        rule_conf: Any = None,
        rule_registry: Any = None,
    ) -> None:
        """Nothing is asked yet. `schema_str` is a text or a `Schema`.

        Raises ValueError for a wrong setting, SchemaParseException for a text that is no schema.
        """
        super().__init__(schema_registry_client, conf, rule_conf or rule_registry)
        self._to_dict = function_or_none(to_dict, "to_dict")
        kind = AvroSerde if self.is_awaited else BlockingAvroSerde
        self._serde = kind(
            self._registry(),
            schema_of(schema_str, "AVRO"),
            strict=self._settings["validate.strict"] or self._settings["validate.strict.allow.default"],
            complete=self._settings["validate.strict"] and not self._settings["validate.strict.allow.default"],
            **self._writing(),
        )


class _Reading(Deserializer):
    kind = "AVRO"
    keys: ClassVar = {**READING, **BOTH}

    def __init__(
        self,
        schema_registry_client: Client,
        schema_str: Any = None,
        from_dict: Callable[[Any, Any], Any] | None = None,
        return_record_name: bool = False,  # noqa: FBT001, FBT002 - confluent-kafka's signature
        conf: Mapping[str, Any] | None = None,
        rule_conf: Any = None,
        rule_registry: Any = None,
    ) -> None:
        """Nothing is asked yet. `schema_str` is what messages are read as, a text or a `Schema`."""
        super().__init__(schema_registry_client, conf, rule_conf or rule_registry)
        self._from_dict = function_or_none(from_dict, "from_dict")
        self._reader = schema_of(schema_str, "AVRO")
        self._named = return_record_name
        self._serde = self._made(None)

    def _made(self, reader: OurSchema | None) -> Serde[Any]:
        kind = AvroSerde if self.is_awaited else BlockingAvroSerde
        more = self._reading()
        return kind(self._registry(), reader=reader or self._reader, record_names=self._named, **more)


class AvroSerializer(_Writing, WaitingSerializer):
    """Values to Avro: `serializer(value, context)`."""


class AvroDeserializer(_Reading, WaitingDeserializer):
    """Avro to values: `deserializer(data, context)`."""


class AsyncAvroSerializer(_Writing, AwaitedSerializer):
    """Values to Avro: `await serializer(value, context)`."""


class AsyncAvroDeserializer(_Reading, AwaitedDeserializer):
    """Avro to values: `await deserializer(data, context)`."""


class AvroSerializerBuilder(WaitingBuilder):
    """Makes an `AvroSerializer`."""

    serializer = AvroSerializer
    takes = (
        "schema_registry_config",
        "schema_registry_client",
        "schema",
        "to_dict",
        "serializer_config",
        "rule_config",
        "rule_registry",
        "serializer_init",
    )


class AsyncAvroSerializerBuilder(AwaitedBuilder):
    """Makes an `AsyncAvroSerializer`."""

    serializer = AsyncAvroSerializer
    takes = AvroSerializerBuilder.takes


class AvroDeserializerBuilder(WaitingBuilder):
    """Makes an `AvroDeserializer`."""

    serializer = AvroDeserializer
    takes = (
        "schema_registry_config",
        "schema_registry_client",
        "schema",
        "from_dict",
        "return_record_name",
        "deserializer_config",
        "rule_config",
        "rule_registry",
        "deserializer_init",
    )


class AsyncAvroDeserializerBuilder(AwaitedBuilder):
    """Makes an `AsyncAvroDeserializer`."""

    serializer = AsyncAvroDeserializer
    takes = AvroDeserializerBuilder.takes


__all__ = [
    "AsyncAvroDeserializer",
    "AsyncAvroDeserializerBuilder",
    "AsyncAvroSerializer",
    "AsyncAvroSerializerBuilder",
    "AvroDeserializer",
    "AvroDeserializerBuilder",
    "AvroSerializer",
    "AvroSerializerBuilder",
]
