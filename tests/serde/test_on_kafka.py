"""Through a real Kafka: whoever writes, whoever reads, with our serializers or confluent-kafka's, it is the same value.

All is written first, each trial to a topic of its own, and then read; a test looks at what one reader had of one trial.
"""

import asyncio
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from confluent_kafka import Consumer, Producer, TopicPartition, schema_registry
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from confluent_kafka.schema_registry import avro, json_schema, protobuf
from confluent_kafka.serialization import MessageField, SerializationContext

from momus import confluent
from momus.client import AsyncRegistryClient, Reference, RegistryClient, Schema
from momus.serde import AvroSerde, Framing, JsonSerde, ProtobufSerde, ReadOnly
from tests.kafka.fixtures import Shared
from tests.serde.messages import Deep, Inner, Order
from tests.serde.test_interoperability import CITY, COUNTRY, FRAMINGS, MESSAGES, ORDER, PERSON, RICH, TRIP
from tests.served import PATIENCE

THEIRS = SimpleNamespace(**vars(schema_registry) | vars(avro) | vars(json_schema) | vars(protobuf))
KITS: dict[str, Any] = {"confluent-kafka": THEIRS, "momus.confluent": confluent}
PARTIES = ("momus.serde", *KITS)  # the first with aiokafka, the others with confluent-kafka

Pair = tuple[Any, Any]  # a message's key and value
Headers = list[tuple[str, str | bytes | None]]


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    name: str
    kind: str
    schema: Any  # a text, or a class of messages
    value: Any
    references: tuple[Reference, ...] = ()
    framing: Framing = Framing.PREFIX

    def __str__(self) -> str:
        return f"{self.kind.lower()}-{self.name}-{self.framing.value}"


HOMES = {"home": {"code": "NO"}, "born": {"code": "SE"}}
TRAVEL = {"to": {"name": "Tromsø"}, "days": 3}
CASES = [
    Trial("logical", "AVRO", RICH, ORDER | {"parts": [ORDER]}),
    Trial("reference", "AVRO", PERSON, HOMES, (Reference("geo.Country", "countries", 1),)),
    Trial("reference", "JSON", TRIP, TRAVEL, (Reference("city.json", "cities", 1),)),
    Trial("first", "PROTOBUF", Order, MESSAGES[0]),
    Trial("nested", "PROTOBUF", Inner, Inner(value=5)),
    Trial("imported", "PROTOBUF", Deep, Deep(order=Order(id=8), at={"seconds": 1709208000})),
]
TRIALS = [replace(case, framing=framing) for case in CASES for framing in FRAMINGS]


# ------------------------------------------------------------------------------------------- aiokafka and momus.serde


def serde(trial: Trial, client: AsyncRegistryClient, **more: Any) -> Any:
    if trial.kind == "PROTOBUF":
        return ProtobufSerde(client, trial.schema, **more)
    return (AvroSerde if trial.kind == "AVRO" else JsonSerde)(client, trial.schema, references=trial.references, **more)


async def send(kafka: str, url: str, topics: dict[Trial, str]) -> None:
    async with AsyncRegistryClient(url) as client:
        for trial, topic in topics.items():
            writer = serde(trial, client, framing=trial.framing)
            key, value = await writer.prepare(topic, is_key=True), await writer.prepare(topic)
            producer = AIOKafkaProducer(
                bootstrap_servers=kafka, key_serializer=key.encode, value_serializer=value.encode
            )
            async with producer:
                for sent in (trial.value, None):
                    headers = [*key.headers, *(value.headers if sent else ())]
                    await producer.send_and_wait(topic, sent, key=trial.value, headers=headers)


async def receive(kafka: str, url: str, topics: dict[Trial, str], count: int) -> dict[Trial, list[Pair]]:
    read: dict[Trial, list[Pair]] = {trial: [] for trial in topics}
    consumer = AIOKafkaConsumer(*topics.values(), bootstrap_servers=kafka, auto_offset_reset="earliest")
    async with AsyncRegistryClient(url) as client, consumer, asyncio.timeout(PATIENCE):
        trials = {topic: trial for trial, topic in topics.items()}
        while sum(map(len, read.values())) < count:
            message = await consumer.getone()
            reader = serde(trials[message.topic], client, write=ReadOnly())
            key, value = await reader.prepare(message.topic, is_key=True), await reader.prepare(message.topic)
            pair = (await key.read(message.key, message.headers), await value.read(message.value, message.headers))
            read[trials[message.topic]].append(pair)
    return read


# -------------------------------------------------------------------- confluent-kafka, its serializers and ours like it


def serializer(trial: Trial, kit: Any, client: Any) -> Callable[..., Any]:
    conf = {"schema.id.serializer": FRAMINGS[trial.framing]}
    references = [kit.SchemaReference(each.name, each.subject, each.version) for each in trial.references]
    made: Callable[..., Any]
    match trial.kind:
        case "AVRO":
            made = kit.AvroSerializer(client, kit.Schema(trial.schema, "AVRO", references), conf=conf)
        case "JSON":
            made = kit.JSONSerializer(kit.Schema(trial.schema, "JSON", references), client, conf=conf)
        case _:
            made = kit.ProtobufSerializer(trial.schema, client, conf)
    return made


def deserializer(trial: Trial, kit: Any, client: Any) -> Callable[..., Any]:
    made: Callable[..., Any]
    match trial.kind:
        case "AVRO":
            made = kit.AvroDeserializer(client)
        case "JSON":
            made = kit.JSONDeserializer(None, schema_registry_client=client)
        case _:
            made = kit.ProtobufDeserializer(trial.schema, {"use.deprecated.format": False}, client)
    return made


def produce(kafka: str, url: str, topics: dict[Trial, str], kit: Any) -> None:
    producer = Producer({"bootstrap.servers": kafka})
    with kit.SchemaRegistryClient({"url": url}) as client:
        for trial, topic in topics.items():
            serialize = serializer(trial, kit, client)
            for sent in (trial.value, None):
                headers: Headers = []
                key = serialize(trial.value, SerializationContext(topic, MessageField.KEY, headers))
                value = serialize(sent, SerializationContext(topic, MessageField.VALUE, headers))
                producer.produce(topic, key=key, value=value, headers=headers)
    assert producer.flush(PATIENCE) == 0


def consumed(kafka: str, topics: list[str], count: int) -> Iterator[tuple[str, Any, Any, Headers]]:
    """Topic, key, value and headers of each message."""
    with closing(Consumer({"bootstrap.servers": kafka, "group.id": uuid.uuid4().hex})) as consumer:
        consumer.assign([TopicPartition(topic, 0, 0) for topic in topics])
        for _ in range(count):
            message: Any = consumer.poll(PATIENCE)
            assert message is not None
            assert message.error() is None
            yield message.topic(), message.key(), message.value(), message.headers()


def understood(
    messages: list[tuple[str, Any, Any, Headers]], url: str, topics: dict[Trial, str], kit: Any
) -> dict[Trial, list[Pair]]:
    """What a kit makes of messages."""
    read: dict[Trial, list[Pair]] = {trial: [] for trial in topics}
    trials = {topic: trial for trial, topic in topics.items()}
    with kit.SchemaRegistryClient({"url": url}) as client:
        deserializers = {topic: deserializer(trial, kit, client) for topic, trial in trials.items()}
        for topic, key, value, headers in messages:
            deserialize = deserializers[topic]
            pair = (
                deserialize(key, SerializationContext(topic, MessageField.KEY, headers)),
                deserialize(value, SerializationContext(topic, MessageField.VALUE, headers)),
            )
            read[trials[topic]].append(pair)
    return read


# ------------------------------------------------------------------------------------------------------------ together


@pytest.fixture(scope="module")
def read(broker: Shared, url: str) -> dict[str, dict[Trial, list[Pair]]]:
    """By reader and trial, what was read of what all parties wrote, one after the other."""
    kafka, run = broker.bootstrap, uuid.uuid4().hex[:8]
    topics = {trial: f"{run}-{trial}" for trial in TRIALS}
    admin = AdminClient({"bootstrap.servers": kafka})
    for made in admin.create_topics([NewTopic(topic, 1, 1) for topic in topics.values()]).values():
        made.result(PATIENCE)
    with RegistryClient(url) as client:
        client.register_schema("countries", Schema(COUNTRY))
        client.register_schema("cities", Schema(CITY, "JSON"))
    asyncio.run(send(kafka, url, topics))
    for kit in KITS.values():
        produce(kafka, url, topics, kit)
    count = 2 * len(PARTIES) * len(TRIALS)
    ours = asyncio.run(receive(kafka, url, topics, count))
    messages = list(consumed(kafka, list(topics.values()), count))
    return {"momus.serde": ours} | {name: understood(messages, url, topics, kit) for name, kit in KITS.items()}


@pytest.mark.parametrize("reader", PARTIES)
@pytest.mark.parametrize("trial", TRIALS, ids=str)
def test_reader_has_what_everybody_wrote(read: dict[str, dict[Trial, list[Pair]]], trial: Trial, reader: str) -> None:
    """Of each writer a key with its value, and the key again with a tombstone."""
    assert read[reader][trial] == [(trial.value, trial.value), (trial.value, None)] * len(PARTIES)
