"""Serializers: ours, confluent-kafka's and the bare codec, on the same messages in the same run.

"order" has ten fields, a record within, five items and a map; "small" three fields. All speak to one real registry,
asked before anything is timed, and stopped then: nothing is asked for a message.
"""

import gc
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from io import BytesIO
from typing import Any

import fastavro
import msgspec
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from bench.messages import AVRO, JSON, VALUES, as_protobuf, protobuf_classes
from bench.report import Row
from momus.client import RegistryClient
from momus.serde import BlockingAvroSerde, BlockingJsonSerde, BlockingProtobufSerde, Channel
from momus.testing import Registry

REPEATS = 5
SECONDS = 0.12  # of one repeat

Call = Callable[[], Any]
BARE = {("avro", "encode"): 0.85, ("avro", "decode"): 0.85, ("protobuf", "encode"): 0.6, ("protobuf", "decode"): 0.6}
THEIRS = {("avro", "decode"): 2.5, ("json", "encode"): 15.0, ("json", "decode"): 15.0, ("protobuf", "encode"): 5.0}


async def serializers() -> list[Row]:
    with ExitStack() as open_clients, Registry() as registry:
        ours = open_clients.enter_context(RegistryClient(registry.url))
        writer, reader = (open_clients.enter_context(SchemaRegistryClient({"url": registry.url})) for _ in range(2))
        prepared = [
            (format_, size, calls)
            for size in VALUES
            for format_, calls in (
                ("avro", _avro(ours, writer, size)),
                ("json", _json(ours, writer, size)),
                ("protobuf", _protobuf(ours, writer, reader, size)),
            )
        ]
        registry.stop()  # who asked it for a message would fail
        return [row for one in prepared for row in _compared(*one)]


def _compared(format_: str, size: str, calls: dict[str, tuple[Call, Call, Call]]) -> Iterator[Row]:
    for verb, (ours, bare, theirs) in calls.items():
        rates = _rates(ours, bare, theirs)
        for name, rate, targets in (("bare", rates[1], BARE), ("confluent-kafka", rates[2], THEIRS)):
            target = targets.get((format_, verb)) if size == "order" else None
            figure = f"{rates[0]:>11,.0f}/s against {rate:>11,.0f}/s"
            yield Row(f"{format_} {size} {verb} to {name}", figure, rates[0] / rate, target)


def _rates(*calls: Call) -> list[float]:
    """Calls a second, the median of some repeats; the repeats of all alternate, so that a noisy moment hurts each."""
    counts = [_count(call) for call in calls]
    found: list[list[float]] = [[] for _ in calls]
    with _undisturbed():
        for _ in range(REPEATS):
            for call, count, rates in zip(calls, counts, found, strict=True):
                rates.append(count / _seconds(call, count))
    return [statistics.median(rates) for rates in found]


def _count(call: Call) -> int:
    """How many calls take about the seconds of a repeat; this warms up, too."""
    return max(10, int(SECONDS / (_seconds(call, 200) / 200)))


def _seconds(call: Call, count: int) -> float:
    """Of the processor: what else runs on this machine is not measured."""
    calls = range(count)
    began = time.thread_time()
    for _ in calls:
        call()
    return time.thread_time() - began


@contextmanager
def _undisturbed() -> Iterator[None]:
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


Calls = dict[str, tuple[Call, Call, Call]]


def _context(topic: str) -> SerializationContext:
    return SerializationContext(topic, MessageField.VALUE)


def _calls(
    channel: Channel, value: Any, bare_write: Call, bare_read: Callable[[bytes], Any], write: Any, read: Any, topic: str
) -> Calls:
    context = _context(topic)
    message = channel.encode(value)
    theirs = write(value, context)
    assert message is not None
    assert theirs is not None
    payload = bare_write()
    assert channel.decode(theirs) == channel.decode(message) == read(message, context) == bare_read(payload)
    encode, decode = channel.encode, channel.decode
    return {
        "encode": (lambda: encode(value), bare_write, lambda: write(value, context)),
        "decode": (lambda: decode(message), lambda: bare_read(payload), lambda: read(message, context)),
    }


def _avro(client: RegistryClient, theirs: SchemaRegistryClient, size: str) -> Calls:
    topic, text, value = f"avro-{size}", AVRO[size], VALUES[size]
    parsed = fastavro.parse_schema(msgspec.json.decode(text))

    def write() -> bytes:
        out = BytesIO()
        fastavro.schemaless_writer(out, parsed, value)
        return out.getvalue()

    def read(data: bytes) -> Any:
        return fastavro.schemaless_reader(BytesIO(data), parsed, None)

    channel = BlockingAvroSerde(client, text).prepare(topic)
    return _calls(channel, value, write, read, AvroSerializer(theirs, text), AvroDeserializer(theirs), topic)


def _json(client: RegistryClient, theirs: SchemaRegistryClient, size: str) -> Calls:
    topic, text, value = f"json-{size}", JSON[size], VALUES[size]
    channel = BlockingJsonSerde(client, text).prepare(topic)
    writer, reader = JSONSerializer(text, theirs), JSONDeserializer(text, schema_registry_client=theirs)
    return _calls(channel, value, lambda: msgspec.json.encode(value), msgspec.json.decode, writer, reader, topic)


def _protobuf(
    client: RegistryClient, theirs: SchemaRegistryClient, their_reader: SchemaRegistryClient, size: str
) -> Calls:
    topic, class_ = f"protobuf-{size}", protobuf_classes()[size]
    value = as_protobuf(class_, VALUES[size])
    channel = BlockingProtobufSerde(client, class_).prepare(topic)
    writer = ProtobufSerializer(class_, theirs)
    reader = ProtobufDeserializer(class_, {"use.deprecated.format": False}, their_reader)
    return _calls(channel, value, value.SerializeToString, class_.FromString, writer, reader, topic)
