"""Serializers for Kafka: prepare a topic once, then encode and decode at the speed of the bare codec.

    async with AsyncRegistryClient("http://localhost:8081") as client:
        orders = await AvroSerde(client, type=Order).prepare("orders")
        await producer.send("orders", orders.encode(Order(...)))

`AvroSerde`, `JsonSerde` and `ProtobufSerde` are awaited, their `Blocking` twins wait.
"""

from compat.framing import Indexes
from momus.client import Reference, Schema
from momus.serde.avro import AvroSerde, BlockingAvroSerde
from momus.serde.derive import Avro, avro_schema, json_schema
from momus.serde.errors import DecodeError, EncodeError, RulesNotRun, SerdeError, UnknownSchema
from momus.serde.json import BlockingJsonSerde, JsonSerde
from momus.serde.protobuf import BlockingProtobufSerde, ProtobufSerde
from momus.serde.serde import BlockingChannel, Channel, Options
from momus.serde.subjects import associated, record_name, topic_name, topic_record_name
from momus.serde.writing import ById, Framing, Known, Latest, ReadOnly, Register

__all__ = [
    "Avro",
    "AvroSerde",
    "BlockingAvroSerde",
    "BlockingChannel",
    "BlockingJsonSerde",
    "BlockingProtobufSerde",
    "ById",
    "Channel",
    "DecodeError",
    "EncodeError",
    "Framing",
    "Indexes",
    "JsonSerde",
    "Known",
    "Latest",
    "Options",
    "ProtobufSerde",
    "ReadOnly",
    "Reference",
    "Register",
    "RulesNotRun",
    "Schema",
    "SerdeError",
    "UnknownSchema",
    "associated",
    "avro_schema",
    "json_schema",
    "record_name",
    "topic_name",
    "topic_record_name",
]
