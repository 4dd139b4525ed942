"""Faust's records in our serializers, and our serializers in Faust."""

import importlib
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from momus.client import AsyncRegistryClient, RegistryClient
from momus.serde import AvroSerde, BlockingAvroSerde, BlockingJsonSerde, BlockingProtobufSerde, Framing
from momus.serde.faust import faust_codec
from tests import packages
from tests.clients.schemas import field, record
from tests.serde.messages import MAIN


@pytest.fixture(scope="module")
def faust() -> Iterator[Any]:
    """It comes after what is installed here: a click of its own is for its command line, which is not run here."""
    folder = str(packages.of_faust())
    sys.path.append(folder)
    yield importlib.import_module("faust")
    sys.path.remove(folder)


@pytest.fixture(scope="module")
def records(faust: Any) -> tuple[type, type]:
    class Line(faust.Record):  # type: ignore[misc]
        sku: str
        price: float = 0.0

    class Order(faust.Record):  # type: ignore[misc]
        account_id: str
        amount: float
        lines: list[Line]
        by_name: dict[str, Line]
        at: datetime | None = None
        note: str | None = None

    return Line, Order


@pytest.fixture
def order(records: tuple[type, type]) -> Any:
    line, order = records
    at = datetime(2024, 2, 29, 12, tzinfo=UTC)
    return order(account_id="ann", amount=1.5, lines=[line(sku="a", price=2.0)], by_name={"b": line(sku="b")}, at=at)


def test_records_go_in_and_come_out(client: RegistryClient, topic: str, order: Any) -> None:
    """Their schema is derived, with nested records, lists, maps and defaults."""
    channel = BlockingAvroSerde(client, type=type(order)).prepare(topic)
    assert channel.decode(channel.encode(order)) == order


def test_codec(client: RegistryClient, topic: str, faust: Any, order: Any) -> None:
    """What Faust writes with the codec are plain messages, and it reads them as its records."""
    channel = BlockingAvroSerde(client, type=type(order), strict=True).prepare(topic)
    app = faust.App(topic)
    serializers, codec = app.serializers, faust_codec(channel)
    written = serializers.dumps_value(type(order), order, serializer=codec)
    assert written == channel.encode(order)
    assert serializers.loads_value(type(order), written, serializer=codec) == order
    assert codec.loads(channel.encode(order)) == order
    assert (codec.dumps(None), codec.loads(None)) == (None, None)


def test_codec_of_json(client: RegistryClient, topic: str, order: Any) -> None:
    """Records within records are JSON's, too, and what Faust adds to them is not written."""
    schema = '{"title":"Order","type":"object","properties":{"__faust":false},"required":["lines","by_name"]}'
    channel = BlockingJsonSerde(client, schema).prepare(topic)
    written = channel.decode(order.dumps(serializer=faust_codec(channel)))
    assert (written["lines"], written["by_name"]) == ([{"sku": "a", "price": 2.0}], {"b": {"sku": "b", "price": 0.0}})
    assert written["at"] == "2024-02-29T12:00:00Z"


def test_codec_by_name(client: RegistryClient, topic: str, faust: Any, order: Any) -> None:
    """It can be registered, be named by a record, and be one of a chain."""
    channel = BlockingAvroSerde(client, type=type(order)).prepare(topic)
    faust.serializers.codecs.register(topic, faust_codec(channel))
    assert order.dumps(serializer=topic) == channel.encode(order)
    chained = faust.serializers.codecs.get_codec(topic) | faust.serializers.codecs.binary()
    assert chained.loads(chained.dumps(order)) == order


@pytest.mark.parametrize("is_key", [False, True], ids=["value", "key"])
def test_codec_of_other_formats(client: RegistryClient, topic: str, faust: Any, *, is_key: bool) -> None:
    """JSON and Protobuf write what Faust makes of a record, and read what it makes one of."""

    class Second(faust.Record):  # type: ignore[misc]
        text: str
        number: int

    schema = '{"title":"Second","type":"object","additionalProperties":false,"properties":{"text":{},"number":{}}}'
    json = BlockingJsonSerde(client, schema).prepare(f"{topic}-json", is_key=is_key)
    protobuf = BlockingProtobufSerde(client, "shop.Second", schema=MAIN, as_dict=True)
    for channel in (json, protobuf.prepare(f"{topic}-protobuf", is_key=is_key)):
        codec, value = faust_codec(channel), Second(text="a", number=3)
        written = value.dumps(serializer=codec)
        assert channel.decode(written) == {"text": "a", "number": 3}
        assert Second.loads(written, serializer=codec) == value


def test_codec_fetches_schemas_that_it_meets(client: RegistryClient, topic: str, records: tuple[type, type]) -> None:
    """A message of a newer schema is read by that schema, and is a record without what the class does not know."""
    line = records[0]
    codec = faust_codec(BlockingAvroSerde(client, type=line).prepare(topic))
    newer = record("Line", field("sku"), field("price", "double"), field("colour"))
    writer = BlockingAvroSerde(client, newer).prepare(f"{topic}-newer")
    read = codec.loads(writer.encode({"sku": "a", "price": 2.0, "colour": "red"}))
    assert (type(read), read) == (line, line(sku="a", price=2.0))


@pytest.mark.usefixtures("faust")
async def test_channels_that_are_no_use_to_faust(url: str, client: RegistryClient, topic: str) -> None:
    """One that awaits schemas, and one that sends them in headers, are refused with the way out."""
    async with AsyncRegistryClient(url) as asynchronous:
        awaited = await AvroSerde(asynchronous, '"string"').prepare(topic)
    with pytest.raises(TypeError, match="prepare the topic with a Blocking…Serde"):
        faust_codec(awaited)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"Framing\.PREFIX"):
        faust_codec(BlockingAvroSerde(client, '"string"', framing=Framing.HEADER).prepare(topic))
