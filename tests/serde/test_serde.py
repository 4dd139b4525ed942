"""Channels: what is asked when, what each format refuses, and whose values go in and come out."""

import asyncio
import json
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compat import Source, parse
from compat.faults import CodecError
from compat.framing import FramingError
from compat.json import JsonSchema
from compat.json.codec import JsonCodec
from compat.protobuf import ProtobufSchema
from compat.protobuf.codec import ProtobufCodec, class_of, encoder, message_of, value_of
from momus.client import AsyncRegistryClient, Incompatible, NotFound, RegistryClient
from momus.serde import (
    AvroSerde,
    BlockingAvroSerde,
    BlockingJsonSerde,
    BlockingProtobufSerde,
    ById,
    DecodeError,
    EncodeError,
    Framing,
    Indexes,
    JsonSerde,
    Known,
    Latest,
    ProtobufSerde,
    ReadOnly,
    SerdeError,
    UnknownSchema,
    avro_schema,
    json_schema,
    topic_record_name,
)
from momus.serde.serde import Channel
from momus.serde.subjects import NoName
from momus.testing import Registry
from tests.clients.schemas import FIRST, SECOND, USER, record
from tests.clients.schemas import field as avro_field
from tests.serde.messages import MAIN, Second
from tests.serde.messages import Order as ProtobufOrder
from tests.state.explore import examples

ANN = {"name": "Ann"}
TEXT = USER.schema_str or ""
FIRST_TEXT, SECOND_TEXT = (schema.schema_str or "" for schema in (FIRST, SECOND))


# ------------------------------------------------------------------------------------------------ what is asked when


async def test_all_is_asked_before_the_first_message() -> None:
    """After `prepare` no message asks anything: the registry may be gone."""
    with Registry() as registry:
        async with AsyncRegistryClient(registry.url) as client:
            avro = await AvroSerde(client, TEXT).prepare("a")
            json_ = await JsonSerde(client, '{"title":"U","type":"object"}').prepare("j")
            protobuf = await ProtobufSerde(client, ProtobufOrder).prepare("p")
            registry.stop()
            order = ProtobufOrder(id=1)
            assert avro.decode(avro.encode(ANN)) == json_.decode(json_.encode(ANN)) == ANN
            assert protobuf.decode(protobuf.encode(order)) == order


async def test_who_prepares_at_once_has_the_same(url: str, topic: str) -> None:
    """However many tasks begin with a topic: one channel, which learns for all."""
    async with AsyncRegistryClient(url) as client:
        serde = AvroSerde(client, TEXT)
        channels = await asyncio.gather(*(serde.prepare(topic) for _ in range(5)))
    assert len({id(channel) for channel in channels}) == 1


async def test_a_new_id_is_awaited(url: str, topic: str) -> None:
    """A decoder that meets a schema it does not know says so; `read` fetches it, and then it is known."""
    async with AsyncRegistryClient(url) as client:
        message = (await AvroSerde(client, TEXT).prepare(topic)).encode(ANN)
        channel = await AvroSerde(client).prepare(topic)
        with pytest.raises(UnknownSchema, match="schema id"):
            channel.decode(message)
        assert await channel.read(message) == channel.decode(message) == ANN
        with pytest.raises(SerdeError, match="only reads"):
            channel.encode(ANN)
        with pytest.raises(NotFound):
            await channel.read(b"\0\x7f\xff\xff\xff\0")
        assert await channel.read(None) is None


def test_start_up_fails_rather_than_the_first_message(client: RegistryClient, topic: str) -> None:
    """A schema that is not known, or would break somebody, is refused by `prepare`."""
    with pytest.raises(NotFound):
        BlockingAvroSerde(client, TEXT, write=Known()).prepare(topic)
    with pytest.raises(NotFound):
        BlockingAvroSerde(client, write=Latest()).prepare(topic)
    BlockingAvroSerde(client, TEXT).prepare(topic)
    with pytest.raises(Incompatible):
        BlockingAvroSerde(client, record("User", avro_field("age", "int"), namespace="com.acme")).prepare(topic)


def test_a_blocking_serializer_needs_a_client_that_waits(url: str, topic: str) -> None:
    """It says so, rather than hang."""

    async def wrong() -> None:
        async with AsyncRegistryClient(url) as client:
            BlockingAvroSerde(client, TEXT).prepare(topic)

    with pytest.raises(TypeError, match="needs a RegistryClient, not AsyncRegistryClient"):
        asyncio.run(wrong())
    with pytest.raises(TypeError, match="JsonSerde needs an AsyncRegistryClient, not 'http"):
        JsonSerde(url, "true")  # type: ignore[arg-type]


def test_schemas_that_are_read_do_not_fill_the_memory(
    client: RegistryClient, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever writes to a topic may name any schema there is; what is written with stays."""
    monkeypatch.setattr("momus.serde.serde.MOST_SCHEMAS", 3)
    texts = [record(f"R{n}", avro_field("f0", ["null", "int"])) for n in range(8)]
    messages = [BlockingAvroSerde(client, text).prepare(f"{topic}-{n}").encode({}) for n, text in enumerate(texts)]
    serde = BlockingAvroSerde(client, texts[0])
    channel = serde.prepare(f"{topic}-0")
    for message in messages * 2:
        assert channel.decode(message) == {"f0": None}
        assert len(channel._known) <= 4
        assert len(serde._codecs) <= 3
        assert (messages[0] or b"")[:5] in channel._known


def test_names_by_a_plain_function(client: RegistryClient, topic: str) -> None:
    """A function that names subjects need not be awaited; who writes needs a name of it, who only reads does not."""
    channel = BlockingAvroSerde(client, TEXT, subject=lambda about, _store: f"own-{about.topic}").prepare(topic)
    assert channel.subject == f"own-{topic}"
    with pytest.raises(NoName, match="gives no name for topic"):
        BlockingAvroSerde(client, TEXT, subject=lambda _about, _store: None).prepare(topic)
    reader = BlockingAvroSerde(client, write=ReadOnly(), subject=lambda _about, _store: None).prepare(topic)
    assert reader.decode(channel.encode(ANN)) == ANN


def test_errors_go_to_other_processes(client: RegistryClient, topic: str) -> None:
    """A pool of workers gets them as they were raised."""
    channel = BlockingAvroSerde(client, TEXT).prepare(topic)
    unknown = Channel(BlockingAvroSerde(client), topic, is_key=False)
    message = channel.encode(ANN) or b""
    wrongs: list[tuple[Callable[[Any], Any], Any]] = [
        (channel.encode, {"name": 5}),
        (channel.decode, message[:7]),
        (unknown.decode, message),
    ]
    for call, wrong in wrongs:
        with pytest.raises(SerdeError) as raised:
            call(wrong)
        there = pickle.loads(pickle.dumps(raised.value))
        assert (type(there), str(there)) == (type(raised.value), str(raised.value))
        assert getattr(there, "path", None) == getattr(raised.value, "path", None)


def test_which_schema_is_written(client: RegistryClient, topic: str) -> None:
    """The latest, one by its id, or the own one that is known."""
    first, second = (client.register_schema(f"{topic}-value", text).id for text in (FIRST_TEXT, SECOND_TEXT))
    for write, text, expected in ((Latest(), None, second), (ById(first), None, first), (Known(), FIRST_TEXT, first)):
        channel = BlockingAvroSerde(client, text, write=write).prepare(topic)
        assert channel.schema_id == int.from_bytes((channel.encode({"f0": 1}) or b"")[1:5], "big") == expected


def test_reading_registers_nothing(client: RegistryClient, topic: str) -> None:
    """A consumer may name its type and leave the registry as it is."""
    channel = BlockingAvroSerde(client, type=Plain, write=ReadOnly()).prepare(topic)
    assert channel.subject == f"{topic}-value"
    with pytest.raises(NotFound):
        client.get_latest(channel.subject)


def test_topics_without_framing(client: RegistryClient, topic: str) -> None:
    """One schema, configured by its id, for messages that name none."""
    schema_id = client.register_schema(f"{topic}-value", TEXT).id
    channel = BlockingAvroSerde(client, write=ById(schema_id), framing=Framing.NONE).prepare(topic)
    assert channel.encode(ANN) == b"\x06Ann"
    assert channel.decode(b"\x06Ann") == ANN


def test_names_that_need_a_record(client: RegistryClient, topic: str) -> None:
    """A strategy that names subjects by the record refuses a schema without one."""
    channel = BlockingAvroSerde(client, TEXT, subject=topic_record_name).prepare(topic)
    assert channel.subject == f"{topic}-com.acme.User"
    with pytest.raises(SerdeError, match="has no name"):
        BlockingAvroSerde(client, '["null", "string"]', subject=topic_record_name).prepare(topic)
    for text, name in (('"string"', "string"), ('{"type": "array", "items": "int"}', "array")):  # as with the peers
        assert BlockingAvroSerde(client, text, subject=topic_record_name).prepare(topic).subject == f"{topic}-{name}"


def test_a_schema_of_another_format_is_refused(client: RegistryClient, topic: str) -> None:
    """An Avro reader that meets JSON says what it met."""
    message = BlockingJsonSerde(client, '{"type":"object"}').prepare(topic).encode({})
    with pytest.raises(SerdeError, match="of type JSON"):
        BlockingAvroSerde(client).prepare(topic).decode(message)


WRONG: list[tuple[Any, dict[str, Any], str]] = [
    (BlockingAvroSerde, {"schema": {"type": "string"}}, "a schema is a text, or a momus.client.Schema, not a dict"),
    (BlockingAvroSerde, {"schema": TEXT, "write": Latest}, "write is one of Register"),
    (BlockingAvroSerde, {"schema": TEXT, "subject": "orders-value"}, "subject is a function"),
    (BlockingAvroSerde, {"schema": TEXT, "framing": "no"}, "is not a valid Framing"),
    (BlockingAvroSerde, {"schema": TEXT, "type": int}, "int is no dataclass"),
    (BlockingAvroSerde, {"schema": TEXT, "nonsense": 1}, "nonsense"),
    (BlockingProtobufSerde, {"message": int}, "a generated class or a full name"),
]


@pytest.mark.parametrize(("serde", "arguments", "why"), WRONG, ids=[why for *_, why in WRONG])
def test_wrong_arguments_are_refused_at_once(
    client: RegistryClient, serde: Any, arguments: dict[str, Any], why: str
) -> None:
    """Before anything is asked, rather than taken for something else."""
    with pytest.raises((TypeError, ValueError), match=why):
        serde(client, **arguments)
    assert BlockingAvroSerde(client, TEXT, framing="header").prepare("words").headers  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------ odd framings


def test_prefix_with_a_guid_is_read(client: RegistryClient, topic: str) -> None:
    """Magic byte 1 in the prefix is followed by the GUID."""
    channel = BlockingAvroSerde(client, TEXT).prepare(topic)
    data = b"\x01" + UUID(channel.guid).bytes + b"\x06Ann"
    assert BlockingAvroSerde(client).prepare(topic).decode(data) == ANN


def test_protobuf_of_other_clients(client: RegistryClient, topic: str) -> None:
    """Old and odd writers' paths are read where that is configured."""
    channel = BlockingProtobufSerde(client, Second).prepare(topic)
    frame, payload = (channel.encode(Second()) or b"")[:5], Second(text="x").SerializeToString()
    unsigned = BlockingProtobufSerde(client, indexes=Indexes.UNSIGNED, as_dict=True).prepare(topic)
    assert unsigned.decode(frame + b"\x01\x01" + payload) == {"text": "x"}
    none = BlockingProtobufSerde(client, indexes=Indexes.NONE).prepare(topic)
    assert none.decode(frame + b"\x08\x05") == ProtobufOrder(id=5) or none.decode(frame + b"\x08\x05").id == 5


def protobuf(text: str = MAIN) -> ProtobufCodec:
    parsed = parse(Source("PROTOBUF", text))
    assert isinstance(parsed, ProtobufSchema)
    return ProtobufCodec(parsed)


def test_paths_with_map_entries_and_without() -> None:
    """Python counts the entries of maps as messages, Java does not: both find the message that they mean."""
    codec = protobuf()
    counted = codec.path(codec.named("shop.Order.Item"))
    assert codec.at(counted).full_name == "shop.Order.Item"
    entry = next(at for at in range(2) if at != counted[1])
    assert codec.at((0, entry)).full_name == "shop.Order.Item"
    with pytest.raises(CodecError, match=r"no message at \[0, 2\]"):
        codec.at((0, 2))


PROTOBUF_FAULTS = [
    ({"id": "x"}, "id: str where an int64 is expected"),
    ({"id": True}, "id: bool where an int64 is expected"),
    ({"items": [{}, {"price": "x"}]}, "items[1].price: str where a double is expected"),
    ({"by_name": {"a": {"sku": 1}}}, "by_name.a.sku: int where a string is expected"),
    ({"items": {}}, "items: dict where a list is expected"),
    ({"state": "LOST"}, "state: 'LOST' is no value of enum shop.State"),
    ({"colour": 1}, "colour: shop.Order has no such field"),
    ({"note": "text"}, "note: str where a bytes is expected"),
    ([], "list where a shop.Order is expected"),
    ({1: 1}, "int where a field's name is expected"),
    ({"id": 10**5000}, "id: a number of 16610 bits is no int64"),
    ({"items": [{"price": 10**5000}]}, "items[0].price: a number of 16610 bits is no double"),
]


@pytest.mark.parametrize(("value", "fault"), PROTOBUF_FAULTS, ids=[fault for _, fault in PROTOBUF_FAULTS])
def test_protobuf_s_faults_are_named(value: Any, fault: str) -> None:
    """By path and type."""
    with pytest.raises(CodecError) as refused:
        encoder(ProtobufOrder)(value)
    assert str(refused.value) == fault


@pytest.mark.parametrize("name", ["\ud800", "x"])
def test_what_upb_or_a_value_raises_is_a_refusal(name: str) -> None:
    """Of names that have no bytes, of moments that have no seconds, of classes that fail in being looked at."""

    class Unruly(dict[str, Any]):
        def items(self) -> Any:
            raise RuntimeError

    moment = parse(
        Source("PROTOBUF", 'syntax="proto3"; import "google/protobuf/timestamp.proto";'
                           ' message M { google.protobuf.Timestamp at = 1; }')
    )  # fmt: skip
    assert isinstance(moment, ProtobufSchema)
    write = encoder(class_of(ProtobufCodec(moment).named()))
    late = datetime.max.replace(tzinfo=timezone(-timedelta(hours=12)))
    for value in ({name: 1}, {"at": late}, {"at": Unruly()}):
        with pytest.raises(CodecError):
            write(value)


def codec_of(text: str) -> ProtobufCodec:
    parsed = parse(Source("PROTOBUF", f'syntax = "proto3"; {text}'))
    assert isinstance(parsed, ProtobufSchema)
    return ProtobufCodec(parsed)


def test_a_oneof_is_one() -> None:
    """Of several that are given none is dropped; one that is null is not given."""
    write = encoder(
        class_of(codec_of("message M { oneof of { int32 a = 1; string b = 2; } optional int32 c = 3; }").named())
    )
    assert write({"a": 1, "b": None, "c": 2}) == b"\x08\x01\x18\x02"
    with pytest.raises(CodecError, match=r"^b: only one of oneof of can be set, and a is$"):
        write({"a": 0, "b": ""})


@pytest.mark.parametrize(
    ("around", "most"),
    [(lambda inner: {"n": inner}, 100), (lambda inner: {"r": [inner]}, 100), (lambda inner: {"m": {"k": inner}}, 50)],
    ids=["message", "list", "map"],
)
def test_protobuf_is_as_deep_as_its_readers_go(around: Callable[[Any], Any], most: int) -> None:
    """What can be written can be read; the pairs of maps count."""
    codec = codec_of("message M { M n = 1; repeated M r = 2; map<string, M> m = 3; }")
    write, read = encoder(class_of(codec.named())), codec.decoder(0, (0,))
    value: Any = {}
    for _ in range(most):
        value = around(value)
    assert value_of(read(write(value))) == value
    with pytest.raises(CodecError, match="deeper than 100 levels"):
        write(around(value))


def test_a_message_that_is_named_is_the_one_that_is_read(client: RegistryClient, topic: str) -> None:
    """Another of the same file is refused, as where a class is given."""
    text = 'syntax = "proto3"; package shop; message A { int32 a = 1; } message B { int32 b = 1; }'
    message = BlockingProtobufSerde(client, "shop.B", schema=text).prepare(topic).encode({"b": 5})
    for name, seen in (("shop.B", {"b": 5}), (None, {"b": 5})):
        read = BlockingProtobufSerde(client, name, write=ReadOnly(), as_dict=True)
        assert read.prepare(topic).decode(message) == seen
    with pytest.raises(DecodeError, match=r"shop\.B where shop\.A is expected"):
        BlockingProtobufSerde(client, "shop.A", write=ReadOnly()).prepare(topic).decode(message)
    with pytest.raises(SerdeError, match=r"the schema has no message shop\.C"):
        BlockingProtobufSerde(client, "shop.C", schema=text).prepare(f"{topic}-c")


def test_protobuf_from_and_to_plain_values() -> None:
    """All kinds of fields, in and out."""
    value = {
        "id": 5, "items": [{"sku": "a", "price": 1.5}], "by_name": {"x": {"sku": "b"}}, "note": b"\xff",
        "state": "PAID",
    }  # fmt: skip
    assert value_of(message_of(ProtobufOrder, value)) == value


PROTOBUF_VALUES = st.fixed_dictionaries(
    {},
    optional={
        "id": st.integers(1, 2**63 - 1),
        "items": st.lists(st.fixed_dictionaries({}, optional={"sku": st.text(min_size=1)}), min_size=1, max_size=3),
        "by_name": st.dictionaries(
            st.text(max_size=3), st.fixed_dictionaries({"price": st.floats(0.5, 1e300)}), min_size=1
        ),
        "note": st.binary(max_size=5),
        "state": st.just("PAID"),
    },
)


@given(PROTOBUF_VALUES)
@examples(60)
def test_protobuf_comes_back(value: Any) -> None:
    """decode(encode(x)) == x, from plain values to plain values."""
    assert value_of(PROTOBUF_DECODE(encoder(ProtobufOrder, b"\0")(value))) == value


JSON_FAULTS = [
    ({"n": "x"}, "n: str where a number is expected"),
    ({"n": float("nan")}, "n: nan is no number that JSON has"),
    ({"list": [1, None]}, "list[1]: null where an integer or a string is expected"),
    ({"x": object()}, "dict cannot be written as JSON: Encoding objects of type object is unsupported"),
]
JSON = {
    "type": "object",
    "properties": {"n": {"type": "number"}, "list": {"items": {"type": ["integer", "string"]}}},
}


def json_codec(schema: Any, *, validate: bool = True) -> JsonCodec:
    parsed = parse(Source("JSON", json.dumps(schema)), strict=False)
    assert isinstance(parsed, JsonSchema)
    return JsonCodec(parsed.document, validate=validate)


@pytest.mark.parametrize(("value", "fault"), JSON_FAULTS, ids=[fault for _, fault in JSON_FAULTS])
def test_json_s_faults_are_named(value: Any, fault: str) -> None:
    """By path and type; what is no JSON never becomes null."""
    with pytest.raises(CodecError) as refused:
        json_codec(JSON).encoder()(value)
    assert str(refused.value) == fault


def test_not_a_number_is_refused_without_validation_too() -> None:
    """JSON's encoder would write null."""
    with pytest.raises(CodecError, match="nan is no number"):
        json_codec({}, validate=False).encoder()({"n": float("nan")})


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)  # fmt: skip


@given(JSON_VALUES)
@examples(60)
def test_json_comes_back(value: Any) -> None:
    """decode(encode(x)) == x."""
    codec = json_codec({})
    assert codec.decoder(3)(codec.encoder(b"123")(value)) == value


@given(st.binary(max_size=60))
@examples(150)
def test_any_bytes_are_a_message_or_a_refusal(data: bytes) -> None:
    """In JSON and Protobuf hostile bytes raise our errors and nothing else."""
    for decode in (json_codec(JSON).decoder(), PROTOBUF_DECODE):
        try:
            decode(data)
        except (CodecError, FramingError):
            continue


PROTOBUF_DECODE = protobuf().decoder(0, None)


@given(st.binary(max_size=60), st.none() | st.binary(max_size=30))
@examples(150)
def test_any_record_is_a_message_or_a_refusal(data: bytes, named: bytes | None) -> None:
    """A channel raises SerdeError, or NotFound for an id that nobody has, whatever a record holds."""
    headers = [("__value_schema_id", named)] if named is not None else None
    for channel in CHANNELS:
        try:
            channel.decode(data, headers)
        except (SerdeError, NotFound):
            continue


CHANNELS: list[Any] = []


@pytest.fixture(autouse=True, scope="module")
def channels(url: str) -> Iterator[None]:
    with RegistryClient(url) as client:
        CHANNELS[:] = [
            BlockingAvroSerde(client, TEXT).prepare("any-avro"),
            BlockingJsonSerde(client, '{"type":"object"}').prepare("any-json"),
            BlockingProtobufSerde(client, ProtobufOrder).prepare("any-protobuf"),
        ]
        yield


# ------------------------------------------------------------------------------------------------ users' types


class Status(Enum):
    NEW = "NEW"
    PAID = "PAID"


@dataclass
class Line:
    sku: str
    price: Annotated[Decimal, {"precision": 9, "scale": 2}]


@dataclass
class Plain:
    id: int
    at: datetime
    day: date
    key: UUID
    status: Status
    lines: list[Line]
    tags: dict[str, str] = field(default_factory=dict)
    note: str | None = None
    count: int = 1
    meant: str = None  # type: ignore[assignment]


class Packed(msgspec.Struct):
    id: int
    at: datetime
    lines: list[Line]
    note: str | None = None


class Model(pydantic.BaseModel):
    id: int
    at: datetime
    status: Status
    note: str | None = None


AT = datetime(2024, 2, 29, 12, tzinfo=UTC)
LINES = [Line("a", Decimal("1.50"))]
OBJECTS = [
    Plain(1, AT, date(2024, 2, 29), UUID(int=5), Status.PAID, LINES, {"a": "b"}, "x", 1, "y"),
    Packed(1, AT, LINES),
    Model(id=1, at=AT, status=Status.NEW),
]


@pytest.mark.parametrize("value", OBJECTS, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("serde", [BlockingAvroSerde, BlockingJsonSerde])
def test_users_types(client: RegistryClient, topic: str, serde: Any, value: Any) -> None:
    """Schemas are derived from dataclasses, structs and models; their values go in and come out."""
    channel = serde(client, type=type(value)).prepare(topic)
    assert channel.decode(channel.encode(value)) == value


def test_bytes_of_any_class(client: RegistryClient, topic: str) -> None:
    """Some clients hand out memoryviews; a text is refused."""
    channel = BlockingAvroSerde(client, TEXT).prepare(topic)
    message = channel.encode(ANN) or b""
    assert channel.decode(bytearray(message)) == channel.decode(memoryview(message)) == ANN
    with pytest.raises(SerdeError, match="str where bytes are expected"):
        channel.decode("text")


def test_derived_avro() -> None:
    """Types, logical types, enums, defaults and names, as one would write them."""
    derived = {one["name"]: one for one in json.loads(avro_schema(Plain))["fields"]}
    assert derived["at"]["type"] == {"type": "long", "logicalType": "timestamp-micros"}
    assert derived["key"]["type"] == {"type": "string", "logicalType": "uuid"}
    assert derived["status"]["type"] == {"type": "enum", "name": "Status", "symbols": ["NEW", "PAID"]}
    assert derived["note"] == {"name": "note", "type": ["null", "string"], "default": None}
    assert derived["meant"] == {"name": "meant", "type": ["null", "string"], "default": None}
    assert (derived["tags"]["default"], derived["count"]["default"], "default" in derived["id"]) == ({}, 1, False)
    line = derived["lines"]["type"]["items"]
    assert line["fields"][1]["type"] == {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}
    for class_ in (Plain, Packed, Model):
        parse(Source("AVRO", avro_schema(class_)))
        parse(Source("JSON", json_schema(class_)))


@dataclass
class Odd:
    value: object


@dataclass
class Money:
    amount: Decimal


@pytest.mark.parametrize(
    ("class_", "why"), [(Odd, "Odd.value: Avro has no type for object"), (Money, "Money.amount: a decimal needs")]
)
def test_types_without_a_schema_are_refused(class_: type, why: str) -> None:
    """With the field, and the way to a schema where there is one."""
    with pytest.raises(SerdeError, match=why):
        avro_schema(class_)


def test_message_that_does_not_fit_its_class(client: RegistryClient, topic: str) -> None:
    """What was written rightly but is no value of the reader's class is refused by our error."""
    schema = record("Line", avro_field("sku"), avro_field("price"))
    message = BlockingAvroSerde(client, schema).prepare(topic).encode({"sku": "a", "price": "much"})
    with pytest.raises(DecodeError, match="cannot be made a value of its class"):
        BlockingAvroSerde(client, type=Line, write=ReadOnly()).prepare(topic).decode(message)


def test_errors_name_subject_path_and_type(client: RegistryClient, topic: str) -> None:
    """All three are in the sentence, and the path is a field of its own."""
    with pytest.raises(EncodeError) as refused:
        BlockingAvroSerde(client, TEXT).prepare(topic).encode({"name": 5})
    assert str(refused.value) == f"{topic}-value: name: int where a string is expected"
    assert (refused.value.path, refused.value.subject) == ("name", f"{topic}-value")
