"""What we write confluent-kafka reads, and the reverse: the same bytes, for three formats, prefix and header."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from confluent_kafka.schema_registry import Schema as TheirSchema
from confluent_kafka.schema_registry import (
    SchemaReference,
    SchemaRegistryClient,
    header_schema_id_serializer,
    prefix_schema_id_serializer,
)
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf.message import Message

from momus.client import Reference, RegistryClient, Schema
from momus.serde import BlockingAvroSerde, BlockingJsonSerde, BlockingProtobufSerde, Framing
from tests.clients.schemas import field, record
from tests.serde.messages import MAIN, Deep, Inner, Order, Second

FRAMINGS = {Framing.PREFIX: prefix_schema_id_serializer, Framing.HEADER: header_schema_id_serializer}
COUNTRY = record("Country", field("code"), namespace="geo")
PERSON = record("Person", field("home", "geo.Country"), field("born", "geo.Country"), namespace="people")
RICH = record(
    "Order",
    field("id", {"type": "string", "logicalType": "uuid"}),
    field("at", {"type": "long", "logicalType": "timestamp-millis"}),
    field("price", {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}),
    field("state", {"type": "enum", "name": "State", "symbols": ["NEW", "PAID"], "default": "NEW"}),
    field("hash", {"type": "fixed", "name": "Hash", "size": 4}),
    field("notes", {"type": "map", "values": ["null", "string", "int"]}),
    field("parts", {"type": "array", "items": "shop.Order"}, default=[]),
    field("note", ["null", "string"], default=None),
    namespace="shop",
)
ORDER = {
    "id": UUID("00112233-4455-6677-8899-aabbccddeeff"),
    "at": datetime(2024, 2, 29, 12, tzinfo=UTC),
    "price": Decimal("12.34"),
    "state": "PAID",
    "hash": b"1234",
    "notes": {"a": None, "b": "ü", "c": 3},
    "parts": [],
    "note": "x",
}
CITY = '{"$id":"city.json","title":"City","type":"object","properties":{"name":{"type":"string"}},"required":["name"]}'
TRIP = '{"title":"Trip","type":"object","properties":{"to":{"$ref":"city.json"},"days":{"type":"integer"}}}'

Headers = list[tuple[str, str | bytes | None]]


@pytest.fixture
def theirs(url: str) -> Iterator[SchemaRegistryClient]:
    with SchemaRegistryClient({"url": url}) as client:
        yield client


@pytest.fixture
def their_reader(url: str) -> Iterator[SchemaRegistryClient]:
    """One client for writing and reading would find the text it registered where it looks for a descriptor."""
    with SchemaRegistryClient({"url": url}) as client:
        yield client


@pytest.fixture(params=list(Framing)[:2], ids=lambda framing: framing.value)
def framing(request: pytest.FixtureRequest) -> Framing:
    found: Framing = request.param
    return found


def both_ways(
    topic: str, value: Any, ours: Any, serializer: Callable[..., Any], deserializer: Callable[..., Any], *,
    is_key: bool = False,
) -> None:  # fmt: skip
    """Equal bytes and headers; each reads the other's."""
    channel = ours.prepare(topic, is_key=is_key)
    headers: Headers = []
    context = SerializationContext(topic, MessageField.KEY if is_key else MessageField.VALUE, headers)
    written = serializer(value, context)
    assert channel.encode(value) == written
    assert list(channel.headers) == headers
    assert channel.decode(written, headers) == value
    assert deserializer(written, context) == value
    assert (channel.encode(None), channel.decode(None, headers)) == (None, None)
    assert (serializer(None, context), deserializer(None, context)) == (None, None)


AVRO = [
    ("record", RICH, ORDER),
    ("nested", RICH, ORDER | {"parts": [ORDER, ORDER | {"note": None}]}),
    ("string", '"string"', "a longer text"),
    ("bytes", '"bytes"', b"no length"),
    ("union", '["null","long","string"]', "text"),
]


@pytest.mark.parametrize(("text", "value"), [row[1:] for row in AVRO], ids=[row[0] for row in AVRO])
@pytest.mark.parametrize("is_key", [False, True], ids=["value", "key"])
def test_avro(
    client: RegistryClient, theirs: SchemaRegistryClient, topic: str, framing: Framing, text: str, value: Any, *,
    is_key: bool,
) -> None:  # fmt: skip
    """Records with logical types, primitives and unions, as keys and as values."""
    ours = BlockingAvroSerde(client, text, framing=framing)
    writer = AvroSerializer(theirs, text, conf={"schema.id.serializer": FRAMINGS[framing]})
    both_ways(topic, value, ours, writer, AvroDeserializer(theirs), is_key=is_key)


def test_avro_with_references(
    client: RegistryClient, theirs: SchemaRegistryClient, topic: str, framing: Framing
) -> None:
    """A schema may use types of other subjects."""
    client.register_schema(f"{topic}-country", Schema(COUNTRY))
    to = (Reference("geo.Country", f"{topic}-country", 1),)
    their_schema = TheirSchema(PERSON, references=[SchemaReference("geo.Country", f"{topic}-country", 1)])
    ours = BlockingAvroSerde(client, PERSON, references=to, framing=framing)
    writer = AvroSerializer(theirs, their_schema, conf={"schema.id.serializer": FRAMINGS[framing]})
    value = {"home": {"code": "NO"}, "born": {"code": "SE"}}
    both_ways(topic, value, ours, writer, AvroDeserializer(theirs))
    read = BlockingAvroSerde(client).prepare(topic)
    assert read.decode(ours.prepare(topic).encode(value), ours.prepare(topic).headers) == value


def test_json(client: RegistryClient, theirs: SchemaRegistryClient, topic: str, framing: Framing) -> None:
    """Validated on both sides, with a reference; the texts differ in blanks, so each only reads the other's."""
    client.register_schema(f"{topic}-city", Schema(CITY, "JSON"))
    to = Reference("city.json", f"{topic}-city", 1)
    their_schema = TheirSchema(TRIP, "JSON", [SchemaReference(to.name, to.subject, to.version)])
    channel = BlockingJsonSerde(client, TRIP, references=(to,), framing=framing).prepare(topic)
    headers: Headers = []
    context = SerializationContext(topic, MessageField.VALUE, headers)
    write = JSONSerializer(their_schema, theirs, conf={"schema.id.serializer": FRAMINGS[framing]})
    read = JSONDeserializer(their_schema, schema_registry_client=theirs)
    value = {"to": {"name": "Tromsø"}, "days": 3}
    written = write(value, context)
    ours = channel.encode(value)
    assert ours is not None
    assert written.split(b"{")[0] == ours.split(b"{")[0]
    assert list(channel.headers) == headers
    assert channel.decode(written, headers) == value
    assert read(ours, context) == value
    assert channel.encode(None) is channel.decode(None) is write(None, context) is read(None, context) is None


MESSAGES = [
    Order(id=7, items=[Order.Item(sku="a", price=1.5)], by_name={"x": Order.Item(sku="x")}, note=b"\x00\xff"),
    Second(text="not the first"),
    Inner(value=5),
    Deep(order=Order(id=8)),
    Order(),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.DESCRIPTOR.full_name)
def test_protobuf(
    client: RegistryClient, theirs: SchemaRegistryClient, their_reader: SchemaRegistryClient, topic: str,
    framing: Framing, message: Message,
) -> None:  # fmt: skip
    """First messages, later ones, nested ones after a map field, imported ones, and the empty one."""
    class_ = type(message)
    ours = BlockingProtobufSerde(client, class_, framing=framing)
    writer = ProtobufSerializer(class_, theirs, {"schema.id.serializer": FRAMINGS[framing]})
    reader = ProtobufDeserializer(class_, {"use.deprecated.format": False}, their_reader)
    both_ways(topic, message, ours, writer, reader)
    dynamic = BlockingProtobufSerde(client).prepare(topic)
    read = dynamic.decode(ours.prepare(topic).encode(message), ours.prepare(topic).headers)
    assert read.DESCRIPTOR.full_name == class_.DESCRIPTOR.full_name
    assert read.SerializeToString(deterministic=True) == message.SerializeToString(deterministic=True)


def test_protobuf_by_text_and_name(client: RegistryClient, topic: str) -> None:
    """Without generated classes: a message of a text by its name, from and to dicts."""
    serde = BlockingProtobufSerde(client, "shop.Second", schema=MAIN, as_dict=True)
    channel = serde.prepare(topic)
    written = channel.encode({"text": "hello", "number": 3})
    assert written == b"\x00" + int(channel.schema_id or 0).to_bytes(4, "big") + b"\x02\x02\x0a\x05hello\x10\x03"
    assert channel.decode(written) == {"text": "hello", "number": 3}
