"""confluent-kafka's serializers by its names, arguments and keys, on `momus.serde`: change the import, keep the rest.

    from momus.confluent import AvroSerializer, SchemaRegistryClient, SerializationContext, MessageField

What it takes and what became of each key is in docs/from-confluent-kafka.md. confluent-kafka itself is not imported;
its own `Schema`, `SerializationContext` and strategy functions are understood.
"""

from momus.confluent.client import SchemaRegistryClient
from momus.confluent.serializers import (
    AvroDeserializer,
    AvroSerializer,
    JSONDeserializer,
    JSONSerializer,
    ProtobufDeserializer,
    ProtobufSerializer,
)
from momus.confluent.values import (
    MessageField,
    RegisteredSchema,
    Schema,
    SchemaReference,
    SchemaRegistryError,
    SerializationContext,
    SerializationError,
    dual_schema_id_deserializer,
    header_schema_id_serializer,
    prefix_schema_id_deserializer,
    prefix_schema_id_serializer,
    record_subject_name_strategy,
    reference_subject_name_strategy,
    topic_record_subject_name_strategy,
    topic_subject_name_strategy,
)

__all__ = [
    "AvroDeserializer",
    "AvroSerializer",
    "JSONDeserializer",
    "JSONSerializer",
    "MessageField",
    "ProtobufDeserializer",
    "ProtobufSerializer",
    "RegisteredSchema",
    "Schema",
    "SchemaReference",
    "SchemaRegistryClient",
    "SchemaRegistryError",
    "SerializationContext",
    "SerializationError",
    "dual_schema_id_deserializer",
    "header_schema_id_serializer",
    "prefix_schema_id_deserializer",
    "prefix_schema_id_serializer",
    "record_subject_name_strategy",
    "reference_subject_name_strategy",
    "topic_record_subject_name_strategy",
    "topic_subject_name_strategy",
]
