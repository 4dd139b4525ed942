"""Under which subject a schema is kept, what is asked for it, and topics that say nothing: on a real registry."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from momus.client import AssociationItem, AssociationRequest, Reference, Refusal, RegistryClient, Schema
from momus.serde import (
    BlockingAvroSerde,
    BlockingJsonSerde,
    BlockingProtobufSerde,
    ById,
    Framing,
    Latest,
    ReadOnly,
    Register,
    SerdeError,
    associated,
    record_name,
    topic_name,
    topic_record_name,
)
from momus.serde.store import Store
from momus.serde.subjects import Naming
from tests.client.rogue import Answer, Rogue, Seen, rogue
from tests.clients.schemas import USER, field, record
from tests.serde.messages import MAIN, Order, Second

ANN = {"name": "Ann"}
TITLED = '{"title":"User","type":"object","properties":{"name":{"type":"string"}},"required":["name"]}'
AVRO = USER.schema_str or ""
FORMATS: list[tuple[Any, Any, str]] = [
    (BlockingAvroSerde, AVRO, "com.acme.User"),
    (BlockingJsonSerde, TITLED, "User"),
    (BlockingProtobufSerde, Order, "shop.Order"),
]
EACH = pytest.mark.parametrize(("serde", "schema", "name"), FORMATS, ids=["avro", "json", "protobuf"])


async def own_name(about: Naming, _store: Store) -> str:
    return f"own-{about.topic}-{about.record}"


@EACH
@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (topic_name, "{topic}-key"),
        (record_name, "{name}"),
        (topic_record_name, "{topic}-{name}"),
        (associated(), "{topic}-key"),
        (associated(fallback=topic_record_name), "{topic}-{name}"),
        (own_name, "own-{topic}-{name}"),
    ],
    ids=["topic", "record", "topic record", "associated", "associated, else", "own"],
)
def test_every_strategy_names_every_format(
    client: RegistryClient, topic: str, serde: Any, schema: Any, name: str, strategy: Any, expected: str
) -> None:
    """By topic and by the record's full name, its title, or the message's full name; the registry has it there."""
    channel = serde(client, schema, subject=strategy).prepare(topic, is_key=True)
    assert channel.subject == expected.format(topic=topic, name=name)
    assert client.get_latest(channel.subject).id == channel.schema_id


def tie(client: RegistryClient, topic: str, subject: str, cluster: str) -> None:
    client.register_schema(subject, AVRO)
    item = AssociationItem(subject, "value")
    client.create_associations(AssociationRequest(topic, cluster, f"{cluster}-{topic}", (item,)))


def test_a_topic_s_association_decides(client: RegistryClient, topic: str) -> None:
    """The subject that is tied to it, in any cluster or in one; two that are meant are refused, and so is none."""
    tie(client, topic, f"{topic}-one", "lkc-1")
    assert BlockingAvroSerde(client, AVRO).prepare(topic).subject == f"{topic}-one"
    assert BlockingAvroSerde(client, write=Latest()).prepare(topic).subject == f"{topic}-one"
    assert BlockingAvroSerde(client, AVRO).prepare(topic, is_key=True).subject == f"{topic}-key"
    tie(client, topic, f"{topic}-two", "lkc-2")
    with pytest.raises(SerdeError, match="Multiple associated subjects"):
        BlockingAvroSerde(client, AVRO).prepare(topic)
    for cluster in ("lkc-2", lambda: "lkc-2"):
        channel = BlockingAvroSerde(client, AVRO, subject=associated(cluster=cluster)).prepare(topic)
        assert channel.subject == f"{topic}-two"
    with pytest.raises(SerdeError, match="No associated subject"):
        BlockingAvroSerde(client, AVRO, subject=associated(fallback=None)).prepare(f"{topic}-loose")


@pytest.fixture
def between(url: str, request: pytest.FixtureRequest) -> Iterator[Rogue]:
    """A registry that answers associations otherwise, and everything else as the real one; it sees what is asked."""
    status = getattr(request, "param", 404)

    def forwarded(seen: Seen) -> Answer:
        if seen.target.startswith("/associations") and status != 200:
            return Answer(status, b'"Not Found"')
        asked = Request(url + seen.target, seen.body or None, dict(seen.headers), method=seen.method)
        try:
            with urlopen(asked, timeout=30) as answer:
                return Answer(answer.status, answer.read())
        except HTTPError as refused:
            return Answer(refused.code, refused.read())

    with rogue(forwarded) as server:
        yield server


@pytest.mark.parametrize("between", [404, 405, 400, 501], indirect=True)
def test_registries_without_associations(between: Rogue, topic: str) -> None:
    """Karapace, Redpanda and Apicurio answer so: the fallback names the subject."""
    with RegistryClient(between.url) as client:
        assert BlockingAvroSerde(client, AVRO).prepare(topic).subject == f"{topic}-value"


@pytest.mark.parametrize("between", [403], indirect=True)
def test_a_refusal_is_no_answer(between: Rogue, topic: str) -> None:
    """Who may not ask for associations must not write under another subject without being told."""
    with RegistryClient(between.url) as client, pytest.raises(Refusal):
        BlockingAvroSerde(client, AVRO).prepare(topic)


@EACH
@pytest.mark.parametrize("between", [200], indirect=True)
@pytest.mark.parametrize("framing", list(Framing))
def test_no_message_asks_anything(
    between: Rogue, topic: str, serde: Any, schema: Any, name: str, framing: Framing
) -> None:
    """What is asked is asked once for each topic, key or value; messages of known schemas ask nothing at all."""
    value = Order(id=1) if schema is Order else ANN
    with RegistryClient(between.url) as client:
        made = serde(client, schema, framing=framing)
        channel = made.prepare(topic)
        asked = len(between.seen)
        assert 0 < asked < 6
        for _ in range(20):
            assert channel.decode(channel.encode(value), channel.headers) == value
        assert made.prepare(topic) is channel
        assert len(between.seen) == asked
        reader = serde(client, None if schema is not Order else Order, write=ReadOnly(), subject=topic_name)
        seen = len(between.seen)
        reading = reader.prepare(f"{topic}-other")
        if framing is not Framing.NONE:
            for _ in range(20):
                assert reading.decode(channel.encode(value), channel.headers) == value
            assert len(between.seen) <= seen + 1
    assert name


@EACH
def test_topics_that_say_nothing(client: RegistryClient, topic: str, serde: Any, schema: Any, name: str) -> None:
    """All formats are read without a frame, by the schema of a configured id."""
    value = Order(id=1) if schema is Order else ANN
    schema_id = serde(client, schema).prepare(topic).schema_id
    more = {"message": Order} if schema is Order else {}
    bare = serde(client, write=ById(schema_id), framing=Framing.NONE, **more).prepare(f"{topic}-bare")
    data = bare.encode(value)
    assert bare.decode(data) == value
    assert data == serde(client, schema, framing=Framing.HEADER).prepare(topic).encode(value)
    assert bare.headers == ()
    assert name


CODE = record("Code", field("text"), namespace="geo")
COUNTRY = record("Country", field("code", "geo.Code"), namespace="geo")
PLACE = record("Place", field("country", "geo.Country"), field("other", "geo.Code"), namespace="geo")
JSON_CODE = '{"$id":"code.json","type":"string","maxLength":2}'
JSON_COUNTRY = '{"$id":"country.json","type":"object","properties":{"code":{"$ref":"code.json"}}}'
JSON_PLACE = '{"title":"Place","type":"object","properties":{"country":{"$ref":"country.json"}}}'
PROTO_COUNTRY = 'syntax = "proto3"; package geo; import "main.proto"; message Country { shop.Order order = 1; }'
PROTO_PLACE = 'syntax = "proto3"; package geo; import "country.proto"; message Place { geo.Country country = 1; }'
CHAINS: list[tuple[Any, str, list[tuple[str, str]], str, Any]] = [
    (BlockingAvroSerde, "AVRO", [("geo.Code", CODE), ("geo.Country", COUNTRY)], PLACE,
     {"country": {"code": {"text": "AT"}}, "other": {"text": "DE"}}),
    (BlockingJsonSerde, "JSON", [("code.json", JSON_CODE), ("country.json", JSON_COUNTRY)], JSON_PLACE,
     {"country": {"code": "AT"}}),
    (BlockingProtobufSerde, "PROTOBUF", [("main.proto", MAIN), ("country.proto", PROTO_COUNTRY)], PROTO_PLACE,
     {"country": {"order": {"id": 5}}}),
]  # fmt: skip


@pytest.mark.parametrize(("serde", "kind", "chain", "text", "value"), CHAINS, ids=["avro", "json", "protobuf"])
@pytest.mark.parametrize("write", [Register(), Latest()], ids=["own", "latest"])
def test_references_of_references(
    client: RegistryClient, topic: str, serde: Any, kind: str, chain: Any, text: str, value: Any, write: Any
) -> None:
    """A schema that needs one that needs another: written by its text or as the latest, read by who knows nothing."""
    references: list[Reference] = []
    for name, inner in chain:
        client.register_schema(f"{topic}-{name}", Schema(inner, kind, tuple(references)))
        references.append(Reference(name, f"{topic}-{name}", 1))
    needed = tuple(references) if kind == "AVRO" else tuple(references[-1:])
    whole = Schema(text, kind, needed)
    client.register_schema(f"{topic}-value", whole)
    more: dict[str, Any] = {"as_dict": True} if kind == "PROTOBUF" else {}
    named = {"schema": whole} if isinstance(write, Register) else {}
    channel = serde(client, write=write, **named, **more).prepare(topic)
    assert serde(client, **more).prepare(topic).decode(channel.encode(value)) == value
    assert channel.version == 1


def test_a_reader_s_schema_may_refer(client: RegistryClient, topic: str) -> None:
    """What a reader expects has references of its own."""
    client.register_schema(f"{topic}-code", CODE)
    to = Reference("geo.Code", f"{topic}-code", 1)
    old = record("Place", field("other", "geo.Code"), namespace="geo")
    new = record("Place", field("other", "geo.Code"), field("note", "string", default="-"), namespace="geo")
    data = BlockingAvroSerde(client, old, references=(to,)).prepare(topic).encode({"other": {"text": "DE"}})
    reading = BlockingAvroSerde(client, reader=new, reader_references=(to,), write=ReadOnly()).prepare(topic)
    assert reading.decode(data) == {"other": {"text": "DE"}, "note": "-"}


def test_several_paths_in_one_topic(client: RegistryClient, topic: str) -> None:
    """Messages of several types of one file are told apart by their paths, with one reader for all of them."""
    made: Callable[[Any], Any] = lambda kind: BlockingProtobufSerde(client, kind, subject=record_name).prepare(topic)  # noqa: E731
    written = [(kind, made(kind).encode(kind())) for kind in (Order, Second, Order.Item, Order.Item.Inner)]
    reading = BlockingProtobufSerde(client, write=ReadOnly(), subject=topic_name).prepare(topic)
    for kind, data in written:
        assert reading.decode(data).DESCRIPTOR.full_name == kind.DESCRIPTOR.full_name
