"""The drop-in beyond the six serializers: asyncio's twins, builders, functions of one's own, no registry."""

# ruff: noqa: ARG001, FBT003, PLW0108  (confluent-kafka's signatures; a function of one's own is the point)

import asyncio
import json
from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO
from typing import Any

import confluent_kafka.schema_registry as theirs
import pytest
from confluent_kafka import SerializingProducer
from confluent_kafka.schema_registry._sync.serde import AssociatedNameStrategy as TheirAssociatedNameStrategy
from confluent_kafka.schema_registry.json_schema import JSONSerializer as TheirJSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufSerializer as TheirProtobufSerializer

import momus.confluent as ours
from momus.client import AssociationItem, AssociationRequest, RegistryClient
from momus.confluent import (
    AsyncAvroDeserializer,
    AsyncAvroSerializer,
    AsyncAvroSerializerBuilder,
    AsyncJSONDeserializer,
    AsyncJSONSerializer,
    AsyncProtobufDeserializer,
    AsyncProtobufSerializer,
    AsyncSchemaRegistryClient,
    AvroDeserializer,
    AvroDeserializerBuilder,
    AvroSerializer,
    AvroSerializerBuilder,
    JSONDeserializer,
    JSONSerializer,
    ProtobufDeserializer,
    ProtobufSerializer,
    RuleKind,
    RuleMode,
    Schema,
    SchemaRegistryClient,
    SchemaRegistryError,
    SerializationError,
    header_schema_id_serializer,
    prefix_schema_id_deserializer,
)
from momus.serde import RulesNotRun
from tests.client.rogue import Answer, Seen, rogue
from tests.clients.schemas import FIRST, SECOND, USER
from tests.serde.messages import Inner, Second
from tests.serde.test_confluent import ANN, TITLED, their_value, value

PATIENCE = 30
TOPIC = {"subject.name.strategy.type": "TOPIC"}


@pytest.fixture
def registry(url: str) -> Iterator[SchemaRegistryClient]:
    with SchemaRegistryClient({"url": url}) as client:
        yield client


def test_twins_are_awaited(url: str, topic: str) -> None:
    """The same messages as of those that wait; the constructor may be awaited, and a new id is."""

    async def both() -> None:
        async with AsyncSchemaRegistryClient({"url": url}) as client:
            for write, read, message in (
                (AsyncAvroSerializer(client, USER), AsyncAvroDeserializer(client), ANN),
                (AsyncJSONSerializer(TITLED, client), AsyncJSONDeserializer(None, None, client), ANN),
                (
                    AsyncProtobufSerializer(Second, client),
                    AsyncProtobufDeserializer(Second, None, client),
                    Second(text="x"),
                ),
            ):
                context = value(f"{topic}-{write.kind}")
                writer = await write
                data = await writer(message, context)
                assert await read(data, context) == message
                assert await writer(None, context) is await read(None, context) is None
                with pytest.raises(SchemaRegistryError):
                    await read(b"\0\x7f\xff\xff\xff\0\0", context)
            assert await client.get_versions(f"{topic}-AVRO-value") == [1]
            with pytest.raises(SchemaRegistryError):
                await (await AsyncAvroSerializer(client, FIRST)).prepare(f"{topic}-AVRO")
            with pytest.raises(ValueError, match="needs a SchemaRegistryClient, not AsyncSchemaRegistryClient"):
                AvroSerializer(client, USER)

    asyncio.run(both())


def test_their_client_serves_for_its_configuration(url: str, topic: str) -> None:
    """A program may change one import before the other."""
    with theirs.SchemaRegistryClient({"url": url}) as client:
        serialize: Any = AvroSerializer(client, USER)
        assert AvroDeserializer(client)(serialize(ANN, value(topic)), value(topic)) == ANN
        serialize.close()


def test_builders(url: str, topic: str) -> None:
    """A serializing producer of confluent-kafka's builds and uses ours; the client made for it is closed with it."""
    begun: list[Any] = []
    builder: Any = AvroSerializerBuilder({"url": url}, schema=USER.schema_str, serializer_init=begun.append)
    builder.set_serializer_config(TOPIC)
    nowhere = {"bootstrap.servers": "127.0.0.1:9", "log_level": 0}
    producer = SerializingProducer(nowhere | {"value.serializer.builder": builder})
    sent: list[bytes | None] = []
    producer.produce(topic, value=ANN, on_delivery=lambda _error, message: sent.append(message.value()))
    producer.purge()
    producer.flush(PATIENCE)
    assert [message[5:] for message in sent if message] == [b"\x06Ann"]
    assert begun[0].prepare(topic).version == 1
    reader, conf = AvroDeserializerBuilder({"url": url}, deserializer_config=TOPIC).build({"group.id": "g"}, False)
    assert conf == {"group.id": "g"}
    assert reader(begun[0](ANN, value(topic)), value(topic)) == ANN
    reader.close()
    with pytest.raises(ValueError, match="give either"):
        AvroSerializerBuilder({"url": url}, begun[0]).build({}, False)
    with pytest.raises(ZeroDivisionError):
        AvroSerializerBuilder({"url": url}, None, USER, serializer_init=lambda _made: 1 / 0).build({}, False)

    async def awaited() -> None:
        made, _ = await AsyncAvroSerializerBuilder({"url": url}, schema=USER).build({}, True)
        assert (await made.prepare(topic, "key")).subject == f"{topic}-key"
        await made.close()

    asyncio.run(awaited())


def own_write(payload: bytes, ctx: Any, schema_id: Any) -> bytes:
    framed: bytes = b"!" + schema_id.id_to_bytes() + payload
    return framed


def own_read(payload: bytes, ctx: Any, schema_id: Any) -> Any:
    return schema_id.from_bytes(BytesIO(payload[1:]))


def test_frames_of_one_s_own(registry: SchemaRegistryClient, topic: str) -> None:
    """Functions of a program's own see payload, context and id, with Protobuf's indexes; and they may call ours."""
    data = AvroSerializer(registry, USER, conf={"schema.id.serializer": own_write})(ANN, value(topic)) or b""
    assert data[0:1] + data[6:] == b"!\x06Ann"
    assert AvroDeserializer(registry, conf={"schema.id.deserializer": own_read})(data, value(topic)) == ANN
    conf = {"schema.id.serializer": own_write}
    nested = ProtobufSerializer(Inner, registry, conf)(Inner(value=1), value(f"{topic}-p")) or b""
    assert nested[:1] == b"!"
    read = ProtobufDeserializer(Inner, {"schema.id.deserializer": own_read}, registry)
    assert read(nested, value(f"{topic}-p")) == Inner(value=1)
    headers: list[Any] = []
    wrapped = {"schema.id.serializer": lambda payload, ctx, named: header_schema_id_serializer(payload, ctx, named)}
    plain = AvroSerializer(registry, USER, conf=wrapped)(ANN, value(topic, headers))
    assert (plain, headers[0][0]) == (b"\x06Ann", "__value_schema_id")
    unwrapped = {"schema.id.deserializer": lambda data, ctx, named: ours.dual_schema_id_deserializer(data, ctx, named)}
    assert AvroDeserializer(registry, conf=unwrapped)(plain, value(topic, headers)) == ANN
    prefixed = {"schema.id.serializer": lambda data, ctx, named: ours.prefix_schema_id_serializer(data, ctx, named)}
    framed = AvroSerializer(registry, USER, conf=prefixed)(ANN, value(topic))
    only_prefix = {"schema.id.deserializer": prefix_schema_id_deserializer}
    assert AvroDeserializer(registry, conf=only_prefix)(framed, value(topic, [("__value_schema_id", b"x")])) == ANN


@pytest.mark.parametrize("in_header", [False, True])
def test_readers_without_a_registry(url: str, topic: str, *, in_header: bool) -> None:
    """JSON by a schema of one's own and Protobuf by a class ask nobody, whatever frame confluent-kafka wrote."""
    conf = {"schema.id.serializer": theirs.header_schema_id_serializer} if in_header else {}
    headers: list[Any] | None = [] if in_header else None
    other: list[Any] | None = [] if in_header else None
    with theirs.SchemaRegistryClient({"url": url}) as client:
        message = TheirJSONSerializer(TITLED, client, conf=conf)(ANN, their_value(topic, headers))
        nested = TheirProtobufSerializer(Inner, client, conf)(Inner(value=7), their_value(f"{topic}-p", other))
    read = JSONDeserializer(TITLED, lambda told, _ctx: told["name"])
    assert read(message, value(topic, headers)) == "Ann"
    assert ProtobufDeserializer(Inner, {"use.deprecated.format": False})(nested, value(f"{topic}-p", other)) == Inner(
        value=7
    )
    with pytest.raises(SerializationError, match="name: int where a string is expected"):
        JSONDeserializer(TITLED)(b'\0\0\0\0\x01{"name":5}', value(topic))
    with pytest.raises(SerializationError, match="the bytes are no shop"):
        ProtobufDeserializer(Inner)(b"\0\0\0\0\x01\0\xff", value(topic))
    with pytest.raises(ValueError, match="schema_registry_client is needed"):
        JSONDeserializer(None)


def test_json_by_functions_of_one_s_own(registry: SchemaRegistryClient, topic: str) -> None:
    """What `json_encode` gives is validated and written as it is; `json_decode` gets the text."""
    write = JSONSerializer(TITLED, registry, json_encode=lambda told: json.dumps(told, indent=1))
    data = write(ANN, value(topic)) or b""
    assert data[5:] == b'{\n "name": "Ann"\n}'
    with pytest.raises(SerializationError, match="name: int where a string is expected"):
        write({"name": 5}, value(topic))
    with pytest.raises(SerializationError, match="no JSON"):
        JSONSerializer(TITLED, registry, json_encode=lambda _told: "{")(ANN, value(topic))
    with pytest.raises(SerializationError, match="null where an object is expected"):
        JSONSerializer(TITLED, registry, json_encode=lambda _told: "null")(ANN, value(topic))
    nothing = JSONSerializer("true", registry, json_encode=lambda _told: "null")(ANN, value(f"{topic}-null")) or b""
    assert nothing[:1] == b"\0"
    assert nothing[5:] == b"null"
    exact = JSONDeserializer(None, None, registry, json_decode=lambda text: json.loads(text, parse_float=Decimal))
    amount = JSONSerializer("true", registry)({"amount": 0.1}, value(f"{topic}-n"))
    assert exact(amount, value(f"{topic}-n")) == {"amount": Decimal("0.1")}


@pytest.mark.parametrize(
    "conf", [{"use.latest.version": True}, {"use.latest.with.metadata": {"major": "2"}}], ids=["latest", "metadata"]
)
def test_latest_in_reading(registry: SchemaRegistryClient, topic: str, conf: dict[str, Any]) -> None:
    """The latest version, or the latest with a property, is what Avro is read as and JSON is held to."""
    old = AvroSerializer(registry, FIRST)({"f0": 1}, value(topic))
    major = ours.Metadata(None, ours.MetadataProperties({"major": "2"}), None)
    registry.register_schema(f"{topic}-value", Schema(SECOND.schema_str, metadata=major))
    assert AvroDeserializer(registry, conf=conf)(old, value(topic)) == {"f0": 1, "f1": 0}
    registry.set_compatibility(f"{topic}-j-value", "NONE")
    loose = JSONSerializer('{"title":"User","type":"object"}', registry)({"name": 5}, value(f"{topic}-j"))
    registry.register_schema(f"{topic}-j-value", Schema(TITLED, "JSON", metadata=major))
    with pytest.raises(SerializationError, match="name: int where a string is expected"):
        JSONDeserializer(None, None, registry, conf)(loose, value(f"{topic}-j"))
    with pytest.raises(SchemaRegistryError):
        AvroDeserializer(registry, conf=conf)(old, value(f"{topic}-of-nobody"))


def test_migrations_are_refused(registry: SchemaRegistryClient, topic: str) -> None:
    """A latest version that is to be migrated to is not read without its rules, and the sentence says which."""
    old = AvroSerializer(registry, FIRST)({"f0": 1}, value(topic))
    rule = ours.Rule("up", None, RuleKind.TRANSFORM, RuleMode.UPGRADE, "JSONATA", None, None, "$", None, None, None)
    registry.register_schema(f"{topic}-value", Schema(SECOND.schema_str, rule_set=ours.RuleSet([rule], [])))
    latest = {"use.latest.version": True}
    with pytest.raises(
        RulesNotRun, match=r"up \(JSONATA, from older versions\)\. Use a client that runs them; or"
    ) as no:
        AvroDeserializer(registry, conf=latest)(old, value(topic))
    assert (no.value.rules, no.value.subject) == (("up",), f"{topic}-value")
    taken = AvroDeserializer(registry, conf=latest | {"momus.run.no.rules": True})
    assert taken(old, value(topic)) == {"f0": 1, "f1": 0}


def test_associations_of_a_cluster(registry: SchemaRegistryClient, client: RegistryClient, topic: str) -> None:
    """The cluster's id comes from the configuration or from the producer; the subject that is tied there is used."""
    subject = f"{topic}-tied"
    client.register_schema(subject, USER.schema_str or "")
    item = AssociationItem(subject, "value")
    client.create_associations(AssociationRequest(topic, "lkc-1", f"id-of-{topic}", (item,)))
    told = {"subject.name.strategy.conf": {"subject.name.strategy.kafka.cluster.id": "lkc-1"}}
    assert AvroSerializer(registry, USER, conf=told).prepare(topic).subject == subject
    resolved = AvroSerializer(registry, USER)
    resolved.set_cluster_id_resolver(lambda: "lkc-1")
    assert resolved.prepare(topic).subject == subject
    other = {"subject.name.strategy.conf": {"subject.name.strategy.kafka.cluster.id": "lkc-2"}}
    assert AvroSerializer(registry, USER, conf=other).prepare(topic).subject == f"{topic}-value"
    strategy = ours.AssociatedNameStrategy()
    strategy.set_cluster_id_resolver(lambda: "lkc-1")
    assert strategy(value(topic), None, registry) == subject
    same = TheirAssociatedNameStrategy()
    same.set_cluster_id_resolver(lambda: "lkc-1")
    for given in (strategy, same):
        assert AvroSerializer(registry, USER, conf={"subject.name.strategy": given}).prepare(topic).subject == subject
    none = {"subject.name.strategy.conf": {"subject.name.strategy.fallback.type": "NONE"}}
    with pytest.raises(SerializationError, match="No associated subject"):
        AvroSerializer(registry, USER, conf=none).prepare(f"{topic}-loose")


def test_a_strategy_of_one_s_own_is_asked_whatever_its_name(registry: SchemaRegistryClient, topic: str) -> None:
    """One that is called as the packages' own is no less its user's."""

    class AssociatedNameStrategy:
        def __call__(self, context: Any, record: str | None) -> str:
            return f"{context.topic}-{record}"

    written = AvroSerializer(registry, USER, conf={"subject.name.strategy": AssociatedNameStrategy()})
    assert written.prepare(topic).subject == f"{topic}-com.acme.User"


@pytest.mark.parametrize(
    ("conf", "header"),
    [
        ({"basic.auth.user.info": "ann:p:w"}, "Basic YW5uOnA6dw=="),
        ({"bearer.auth.credentials.source": "STATIC_TOKEN", "bearer.auth.token": "t"}, "Bearer t"),
        (
            {
                "bearer.auth.credentials.source": "CUSTOM",
                "bearer.auth.custom.provider.function": lambda conf: {"bearer.auth.token": conf["token"]},
                "bearer.auth.custom.provider.config": {"token": "own"},
            },
            "Bearer own",
        ),
        (
            {
                "bearer.auth.credentials.source": "OAUTHBEARER",
                "bearer.auth.issuer.endpoint.url": "{url}/token",
                "bearer.auth.client.id": "id",
                "bearer.auth.client.secret": "secret",
                "bearer.auth.scope": "registry",
            },
            "Bearer issued",
        ),
        (
            {
                "bearer.auth.credentials.source": "OAUTHBEARER_AZURE_IMDS",
                "bearer.auth.issuer.endpoint.url": "{url}/token",
                "bearer.auth.issuer.endpoint.query": "resource=r",
            },
            "Bearer issued",
        ),
    ],
    ids=["basic", "static", "custom", "oauth", "azure"],
)
def test_logins_by_their_keys(conf: dict[str, Any], header: str) -> None:
    """Each way to log in is sent, with Confluent Cloud's headers; a token is asked for once."""

    def answer(seen: Seen) -> Answer:
        token = b'{"access_token":"issued","expires_in":"3600"}'
        return Answer(200, token) if seen.target.startswith("/token") else Answer(200, b'["s"]')

    cloud = {"bearer.auth.logical.cluster": "lsrc-1", "bearer.auth.identity.pool.id": ["a", "b"]}
    with rogue(answer) as server:
        told = {key: each.format(url=server.url) if isinstance(each, str) else each for key, each in conf.items()}
        with SchemaRegistryClient({"url": server.url} | told | cloud) as client:
            assert client.get_subjects() == client.get_subjects() == ["s"]
        asked = [seen for seen in server.seen if seen.target.startswith("/subjects")]
        assert [seen.headers["Authorization"] for seen in asked] == [header, header]
        assert (asked[0].headers["target-sr-cluster"], asked[0].headers["Confluent-Identity-Pool-Id"]) == (
            "lsrc-1",
            "a,b",
        )
        tokens = [seen for seen in server.seen if seen not in asked]
        assert len(tokens) == ("issued" in header)
        if "OAUTHBEARER_AZURE_IMDS" in conf.values():
            assert (tokens[0].target, tokens[0].headers["Metadata"]) == ("/token?resource=r", "true")


def test_without_a_context(registry: SchemaRegistryClient) -> None:
    """A strategy that needs no topic needs no context; the others say that there is none."""
    by_record = {"subject.name.strategy.type": "RECORD"}
    message = AvroSerializer(registry, USER, conf=by_record)(ANN)
    assert AvroDeserializer(registry, conf=by_record)(message) == AvroDeserializer(registry)(message) == ANN
    with pytest.raises(ValueError, match="there is no topic"):
        AvroSerializer(registry, USER)(ANN)


def test_metadata_and_rules_are_sent(registry: SchemaRegistryClient, topic: str) -> None:
    """With tags too, which confluent-kafka's own client cannot send; and they come back as they were."""
    metadata = ours.Metadata(ours.MetadataTags({"name": ["PII"]}), ours.MetadataProperties({"owner": "x"}), ["owner"])
    schema = Schema(USER.schema_str, "AVRO", [], metadata)
    registered = registry.register_schema_full_response(f"{topic}-value", schema)
    assert registry.get_latest_version(f"{topic}-value").schema.metadata == metadata
    assert registered.schema.metadata == metadata
    assert registry.get_latest_with_metadata(f"{topic}-value", {"owner": "x"}).version == 1


def test_configuration_and_modes(registry: SchemaRegistryClient, topic: str) -> None:
    """What a registry is configured with, and its modes, by their names."""
    subject = f"{topic}-value"
    told = ours.ServerConfig(compatibility=ours.ConfigCompatibilityLevel.FULL, compatibility_group="g")
    registry.set_config(subject, told)
    found = registry.get_config(subject)
    assert (found.compatibility_level, found.compatibility_group) == ("FULL", "g")
    assert registry.delete_config(subject).compatibility_level == "FULL"
    assert registry.update_mode(subject, "READONLY") == registry.get_mode(subject) == "READONLY"
    assert registry.delete_mode(subject) == "READONLY"
    assert registry.update_global_mode(registry.get_global_mode()) == "READWRITE"
    assert "." in registry.get_contexts()
    number = registry.register_schema(subject, USER)
    assert registry.get_subjects_by_schema_id(number, subject).count(subject) == 1
    assert ours.SchemaVersion(subject, 1) in registry.get_schema_versions(number)
    with pytest.raises(ValueError, match="config must be set"):
        registry.set_config(subject)


def test_associations_by_their_names(registry: SchemaRegistryClient, topic: str) -> None:
    """Made, listed and taken away."""
    registry.register_schema(f"{topic}-s", USER)
    item = ours.AssociationCreateOrUpdateInfo(f"{topic}-s", "value")
    wanted = ours.AssociationCreateOrUpdateRequest(topic, "ns", f"id-{topic}", "topic", [item])
    made = registry.create_association(wanted)
    assert [each.subject for each in made.associations or ()] == [f"{topic}-s"]
    (found,) = registry.get_associations_by_resource_name(topic, "ns", "topic", ["value"])
    assert (found.subject, found.resource_id) == (f"{topic}-s", f"id-{topic}")
    registry.delete_associations(f"id-{topic}", "topic", ["value"])
    assert registry.get_associations_by_resource_name(topic, "ns") == []
