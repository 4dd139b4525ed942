"""What Momus promises to confluent-kafka's Avro serializers, plain and asyncio: a producer and a consumer that share
nothing but the registry understand each other. Each serializer here has a client of its own, so all is asked for.
"""

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol, cast
from uuid import UUID

import pytest
from confluent_kafka.schema_registry import (
    AssociationCreateOrUpdateInfo,
    AssociationCreateOrUpdateRequest,
    AsyncSchemaRegistryClient,
    Metadata,
    MetadataProperties,
    Rule,
    RuleKind,
    RuleMode,
    RuleSet,
    Schema,
    SchemaReference,
    SchemaRegistryClient,
    SchemaRegistryError,
    ServerConfig,
    header_schema_id_serializer,
)
from confluent_kafka.schema_registry._async.avro import AsyncAvroDeserializer, AsyncAvroSerializer
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.rule_registry import RuleRegistry
from confluent_kafka.serialization import MessageField, SerializationContext, SerializationError
from fastavro.read import SchemaResolutionError

from tests.clients.contract import configuration
from tests.clients.schemas import FIRST, NORMAL, SECOND, SPELLED, THIRD, USER, field, record
from tests.clients.waiting import Waiting
from tests.served import Served, served

Convert = Callable[[Any, SerializationContext], Any]  # what a serializer is, and a deserializer
Settings = dict[str, Any]

LATEST: Settings = {"auto.register.schemas": False, "use.latest.version": True}
KNOWN_ONLY: Settings = {"auto.register.schemas": False}
IN_HEADERS: Settings = {"schema.id.serializer": header_schema_id_serializer}
ANN = {"name": "Ann"}
ANN_IN_AVRO = b"\x06Ann"


class Kit(Protocol):
    """What a producer and a consumer hold, of one kind."""

    def client(self, context: str | None = None) -> SchemaRegistryClient: ...

    def serializer(
        self, schema: Schema | None, settings: Settings | None = None, *, context: str | None = None
    ) -> Convert: ...

    def deserializer(
        self, schema: Schema | None = None, settings: Settings | None = None, *, context: str | None = None
    ) -> Convert: ...


class PlainKit:
    def __init__(self, url: str, rules: RuleRegistry) -> None:
        self._url = url
        self._rules = rules
        self._clients: list[SchemaRegistryClient] = []

    def client(self, context: str | None = None) -> SchemaRegistryClient:
        self._clients.append(SchemaRegistryClient(configuration(self._url, context)))
        return self._clients[-1]

    def serializer(
        self, schema: Schema | None, settings: Settings | None = None, *, context: str | None = None
    ) -> Convert:
        made: Convert = AvroSerializer(self.client(context), schema, conf=settings, rule_registry=self._rules)
        return made

    def deserializer(
        self, schema: Schema | None = None, settings: Settings | None = None, *, context: str | None = None
    ) -> Convert:
        made: Convert = AvroDeserializer(self.client(context), schema, conf=settings, rule_registry=self._rules)
        return made

    def close(self) -> None:
        for client in self._clients:
            client.close()


class AsyncKit:
    def __init__(self, url: str, rules: RuleRegistry, runner: asyncio.Runner) -> None:
        self._url = url
        self._rules = rules
        self._runner = runner
        self._clients: list[AsyncSchemaRegistryClient] = []

    def client(self, context: str | None = None) -> SchemaRegistryClient:
        return cast(SchemaRegistryClient, Waiting(self._client(context), self._runner))

    def serializer(
        self, schema: Schema | None, settings: Settings | None = None, *, context: str | None = None
    ) -> Convert:
        return self._waiting(
            AsyncAvroSerializer(self._client(context), schema, conf=settings, rule_registry=self._rules)
        )

    def deserializer(
        self, schema: Schema | None = None, settings: Settings | None = None, *, context: str | None = None
    ) -> Convert:
        return self._waiting(
            AsyncAvroDeserializer(self._client(context), schema, conf=settings, rule_registry=self._rules)
        )

    def close(self) -> None:
        for client in self._clients:
            self._runner.run(client.aclose())

    def _client(self, context: str | None) -> AsyncSchemaRegistryClient:
        self._clients.append(AsyncSchemaRegistryClient(configuration(self._url, context)))
        return self._clients[-1]

    def _waiting(self, made: Any) -> Waiting:
        """Making one is a coroutine, too."""
        return Waiting(self._runner.run(made), self._runner)


@pytest.fixture
def rules() -> RuleRegistry:
    """Those who execute rules; none, unless a test brings some."""
    return RuleRegistry()  # type: ignore[no-untyped-call]


@pytest.fixture
def executors(rules: RuleRegistry) -> None:
    """The executors of confluent-kafka for CEL and JSONata."""
    pytest.importorskip("celpy", reason="rules need the package cel-python")
    pytest.importorskip("jsonata", reason="rules need the package jsonata-python")
    pytest.importorskip("google.type", reason="rules need the package googleapis-common-protos")
    from confluent_kafka.schema_registry.rules.cel.cel_executor import CelExecutor
    from confluent_kafka.schema_registry.rules.cel.cel_field_executor import CelFieldExecutor
    from confluent_kafka.schema_registry.rules.jsonata.jsonata_executor import JsonataExecutor

    for executor in (CelExecutor, CelFieldExecutor, JsonataExecutor):
        rules.register_executor(executor())


@pytest.fixture(scope="class")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """`momus serve` as a user starts it; each test has a topic of its own."""
    with served(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def topic(request: pytest.FixtureRequest) -> str:
    return re.sub(r"\W+", "-", request.node.name).strip("-")


def value(topic: str, headers: Any = None) -> SerializationContext:
    return SerializationContext(topic, MessageField.VALUE, headers)


def key(topic: str, headers: Any = None) -> SerializationContext:
    return SerializationContext(topic, MessageField.KEY, headers)


def framed(schema_id: int | None, payload: bytes) -> bytes:
    assert schema_id is not None
    return b"\0" + schema_id.to_bytes(4, "big") + payload


def id_of(message: bytes) -> int:
    return int.from_bytes(message[1:5], "big")


def with_properties(schema: Schema, **properties: str) -> Schema:
    return Schema(
        schema.schema_str, metadata=Metadata(None, MetadataProperties(properties), []), rule_set=schema.rule_set
    )


def rule(name: str, kind: RuleKind, mode: RuleMode, type_: str, expr: str, *tags: str) -> Rule:
    return Rule(name, None, kind, mode, type_, list(tags) or None, None, expr, None, None, disabled=False)


class SerializerContract:
    # Writing and reading

    def test_a_message_comes_back(self, kit: Kit, topic: str) -> None:
        """A message is the frame with the schema's id and the Avro; whoever finds the schema reads what was written."""
        message = kit.serializer(USER)(ANN, value(topic))
        registered = kit.client().get_latest_version(f"{topic}-value")
        assert message == framed(registered.schema_id, ANN_IN_AVRO)
        assert kit.deserializer()(message, value(topic)) == ANN

    def test_keys_have_a_subject_of_their_own(self, kit: Kit, topic: str) -> None:
        """A key is registered as the topic's key."""
        message = kit.serializer(Schema('{"type":"string"}'))("a key", key(topic))
        assert kit.client().get_version(f"{topic}-key", 1).schema.schema_str == '"string"'
        assert kit.deserializer()(message, key(topic)) == "a key"

    def test_all_that_avro_has(self, kit: Kit, topic: str) -> None:
        """Nothing of a schema is lost on its way: unions, enums, maps, fixed, recursion, and logical types."""
        rich = record(
            "Order",
            field("id", {"type": "string", "logicalType": "uuid"}),
            field("at", {"type": "long", "logicalType": "timestamp-millis"}),
            field("price", {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}),
            field("state", {"type": "enum", "name": "State", "symbols": ["NEW", "PAID"], "default": "NEW"}),
            field("hash", {"type": "fixed", "name": "Hash", "size": 4}),
            field("notes", {"type": "map", "values": ["null", "string", "int"]}),
            field("parts", {"type": "array", "items": "shop.Order"}, default=[]),
            field("note", ["null", "string"], default=None, doc="größer"),
            namespace="shop",
        )
        order = {
            "id": UUID("00112233-4455-6677-8899-aabbccddeeff"),
            "at": datetime(2024, 2, 29, 12, tzinfo=UTC),
            "price": Decimal("12.34"),
            "state": "PAID",
            "hash": b"1234",
            "notes": {"a": None, "b": "ü", "c": 3},
            "note": "x",
        }
        whole = {**order, "parts": [{**order, "parts": [], "note": None}]}
        assert kit.deserializer()(kit.serializer(Schema(rich))(whole, value(topic)), value(topic)) == whole

    def test_references(self, kit: Kit, topic: str) -> None:
        """A schema may use types that stand in other subjects, and those use others; readers find them all."""
        country = record("Country", field("code"), namespace="geo")
        city = record("City", field("country", "geo.Country"), namespace="geo")
        person = record("Person", field("home", "geo.City"), field("born", "geo.Country"), namespace="people")
        to_country = SchemaReference("geo.Country", f"{topic}-country", 1)
        to_city = SchemaReference("geo.City", f"{topic}-city", 1)
        client = kit.client()
        client.register_schema(f"{topic}-country", Schema(country))
        client.register_schema(f"{topic}-city", Schema(city, references=[to_country]))
        ann = {"home": {"country": {"code": "NO"}}, "born": {"code": "SE"}}
        schema = Schema(person, references=[to_city, to_country])
        message = kit.serializer(schema)(ann, value(topic))
        assert kit.deserializer()(message, value(topic)) == ann
        assert kit.deserializer(schema)(message, value(topic)) == ann
        assert client.get_referenced_by(f"{topic}-country", 1) == [id_of(message) - 1, id_of(message)]

    def test_the_id_may_travel_in_the_headers(self, kit: Kit, topic: str) -> None:
        """With the GUID in a header the message is nothing but Avro, and is read by the GUID alone."""
        headers: list[tuple[str, bytes]] = []
        write = kit.serializer(USER, IN_HEADERS)
        guid = UUID(kit.client().register_schema_full_response(f"{topic}-value", USER).guid)
        assert write({"name": "Annabel"}, value(topic, headers)) == b"\x0eAnnabel"
        assert headers == [("__value_schema_id", b"\x01" + guid.bytes)]
        assert kit.deserializer()(b"\x0eAnnabel", value(topic, headers)) == {"name": "Annabel"}
        by_name: dict[str, bytes] = {}
        assert write({"name": "Annabel"}, key(topic, by_name)) == b"\x0eAnnabel"
        assert kit.deserializer()(b"\x0eAnnabel", key(topic, by_name)) == {"name": "Annabel"}

    def test_messages_outlive_their_schema(self, kit: Kit, topic: str) -> None:
        """What was written under a schema that is softly deleted can still be read."""
        message = kit.serializer(USER)(ANN, value(topic))
        kit.client().delete_subject(f"{topic}-value")
        assert kit.deserializer()(message, value(topic)) == ANN

    def test_contexts_keep_their_messages_apart(self, kit: Kit, topic: str) -> None:
        """Producers and consumers whose URL names a context live in it, with its own ids."""
        here = kit.serializer(USER, context=topic)(ANN, value(topic))
        other = kit.serializer(FIRST, context="other")({"f0": 1}, value(topic))
        assert (id_of(here), id_of(other)) == (1, 1)
        assert kit.deserializer(context=topic)(here, value(topic)) == ANN
        assert kit.client().get_subjects(f":.{topic}:") == [f":.{topic}:{topic}-value"]

    # Which schema is written

    def test_only_what_is_known(self, kit: Kit, topic: str) -> None:
        """Without `auto.register.schemas` a producer writes what others registered, and is refused anything else."""
        with pytest.raises(SchemaRegistryError, match="not found") as refused:
            kit.serializer(USER, KNOWN_ONLY)(ANN, value(topic))
        assert (refused.value.http_status_code, refused.value.error_code) == (404, 40401)
        known = kit.client().register_schema(f"{topic}-value", USER)
        assert kit.serializer(USER, KNOWN_ONLY)(ANN, value(topic)) == framed(known, ANN_IN_AVRO)
        with pytest.raises(SchemaRegistryError, match="Schema not found"):
            kit.serializer(FIRST, KNOWN_ONLY)({"f0": 1}, value(topic))

    def test_the_latest_version(self, kit: Kit, topic: str) -> None:
        """`use.latest.version` writes by what is the latest, whatever the producer was built with."""
        client = kit.client()
        client.register_schema(f"{topic}-value", FIRST)
        latest = client.register_schema(f"{topic}-value", SECOND)
        message = kit.serializer(FIRST, LATEST)({"f0": 1}, value(topic))
        assert message == framed(latest, b"\x02\x00")
        assert kit.serializer(None, LATEST)({"f0": 1}, value(topic)) == message

    def test_the_latest_with_metadata(self, kit: Kit, topic: str) -> None:
        """`use.latest.with.metadata` writes by the newest version that has these properties."""
        client = kit.client()
        ids = [
            client.register_schema(f"{topic}-value", with_properties(schema, major=major))
            for schema, major in ((FIRST, "1/0"), (SECOND, "1/0"), (THIRD, "2/0"))
        ]
        write = kit.serializer(FIRST, KNOWN_ONLY | {"use.latest.with.metadata": {"major": "1/0"}})
        assert id_of(write({"f0": 1}, value(topic))) == ids[1]

    def test_a_schema_by_its_id(self, kit: Kit, topic: str) -> None:
        """`use.schema.id` writes by the schema that has this id."""
        client = kit.client()
        first = client.register_schema(f"{topic}-value", FIRST)
        client.register_schema(f"{topic}-value", SECOND)
        write = kit.serializer(None, KNOWN_ONLY | {"use.schema.id": first})
        assert write({"f0": 1}, value(topic)) == framed(first, b"\x02")

    def test_normalized_schemas(self, kit: Kit, topic: str) -> None:
        """With `normalize.schemas` two producers that spell a schema differently write under one id."""
        settings = {"normalize.schemas": True}
        one = kit.serializer(SPELLED, settings)({"x": 1.0}, value(topic))
        assert kit.serializer(Schema(NORMAL), settings)({"x": 1.0}, value(topic)) == one
        assert kit.serializer(SPELLED, settings | KNOWN_ONLY)({"x": 1.0}, value(topic)) == one
        assert kit.client().get_versions(f"{topic}-value") == [1]

    # Under which subject

    @pytest.mark.parametrize(
        ("strategy", "subject"),
        [
            ("TOPIC", "{topic}-value"),
            ("RECORD", "com.acme.User"),
            ("TOPIC_RECORD", "{topic}-com.acme.User"),
            ("ASSOCIATED", "{topic}-value"),
        ],
    )
    def test_names_of_subjects(self, kit: Kit, topic: str, strategy: str, subject: str) -> None:
        """A schema is registered under the name that the strategy gives; an unknown association is no obstacle."""
        settings = {"subject.name.strategy.type": strategy}
        message = kit.serializer(USER, settings)(ANN, value(topic))
        expected = subject.format(topic=topic)
        assert kit.client().get_subjects(expected) == [expected]
        assert kit.deserializer(settings=settings)(message, value(topic)) == ANN

    def test_the_subject_that_a_topic_is_tied_to(self, kit: Kit, topic: str) -> None:
        """An association decides the subject, for writers and readers, and the cluster decides among associations."""
        client = kit.client()
        for cluster in ("east", "west"):
            client.register_schema(f"{cluster}-users", FIRST)
            shared = AssociationCreateOrUpdateInfo(f"{cluster}-users", "value", "WEAK")
            client.create_association(
                AssociationCreateOrUpdateRequest(topic, cluster, f"{cluster}-id", "topic", [shared])
            )
            if cluster == "east":
                kit.serializer(SECOND)({"f0": 1, "f1": 2}, value(topic))
        assert [client.get_versions(subject) for subject in ("east-users", "west-users")] == [[1, 2], [1]]
        with pytest.raises(SerializationError, match="Multiple associated subjects"):
            kit.serializer(SECOND)({"f0": 1, "f1": 2}, value(topic))
        west = {"subject.name.strategy.conf": {"subject.name.strategy.kafka.cluster.id": "west"}}
        message = kit.serializer(SECOND, west)({"f0": 1, "f1": 2}, value(topic))
        assert client.get_versions("west-users") == [1, 2]
        assert kit.deserializer(settings=west)(message, value(topic)) == {"f0": 1, "f1": 2}

    def test_a_topic_that_is_tied_to_nothing(self, kit: Kit, topic: str) -> None:
        """Without an association the fallback decides, also against writing at all."""
        by_record = {"subject.name.strategy.conf": {"subject.name.strategy.fallback.type": "TOPIC_RECORD"}}
        kit.serializer(USER, by_record)(ANN, value(topic))
        assert kit.client().get_subjects(topic) == [f"{topic}-com.acme.User"]
        never = {"subject.name.strategy.conf": {"subject.name.strategy.fallback.type": "NONE"}}
        with pytest.raises(SerializationError, match="No associated subject found"):
            kit.serializer(USER, never)(ANN, value(topic))

    # Evolution

    def test_a_reader_with_its_own_schema(self, kit: Kit, topic: str) -> None:
        """A consumer reads older and newer messages as its own schema says."""
        old = kit.serializer(FIRST)({"f0": 1}, value(topic))
        new = kit.serializer(THIRD)({"f0": 1, "f1": 2, "f2": 3}, value(topic))
        read = kit.deserializer(SECOND)
        assert [read(old, value(topic)), read(new, value(topic))] == [{"f0": 1, "f1": 0}, {"f0": 1, "f1": 2}]

    def test_a_reader_of_the_latest_version(self, kit: Kit, topic: str) -> None:
        """With `use.latest.version` a consumer reads older messages as the latest schema says."""
        old = kit.serializer(FIRST)({"f0": 1}, value(topic))
        kit.client().register_schema(f"{topic}-value", THIRD)
        read = kit.deserializer(settings={"use.latest.version": True})
        assert read(old, value(topic)) == {"f0": 1, "f1": 0, "f2": 0}

    @pytest.mark.parametrize(
        ("old", "new", "message", "why"),
        [
            (
                record("R", field("n", "long")),
                record("R", field("n", "int")),
                {"n": 1},
                "reader type: INT not compatible with writer type: LONG",
            ),
            (record("R"), record("R", field("n", "int")), {"n": 1}, "READER_FIELD_MISSING_DEFAULT_VALUE"),
            (
                record("R", field("e", {"type": "enum", "name": "E", "symbols": ["A", "B"]})),
                record("R", field("e", {"type": "enum", "name": "E", "symbols": ["A"]})),
                {"e": "A"},
                "MISSING_ENUM_SYMBOLS",
            ),
        ],
        ids=["narrowed", "required", "symbol removed"],
    )
    def test_a_refusal_proves_itself(
        self, kit: Kit, server: Served, topic: str, old: str, new: str, message: object, why: str
    ) -> None:
        """A schema that would break readers is refused with 409, and the message in the refusal does break one."""
        registered = kit.client().register_schema(f"{topic}-value", Schema(old))
        with pytest.raises(SchemaRegistryError) as refused:
            kit.serializer(Schema(new))(message, value(topic))
        assert (refused.value.http_status_code, refused.value.error_code) == (409, 40901)
        assert why in refused.value.error_message

        status, answer = server.ask("POST", f"/subjects/{topic}-value/versions", {"schema": new})
        assert (status, answer["message"]) == (409, refused.value.error_message)
        (difference,) = answer["differences"]
        witness = difference["witness"]
        proof = framed(registered, bytes.fromhex(witness["hex"])) + b"\0" * 4  # Python's reader wants six bytes
        assert kit.deserializer()(proof, value(topic)) == json.loads(witness["json"])
        with pytest.raises(SchemaResolutionError):
            kit.deserializer(Schema(new))(proof, value(topic))

    # Data contracts

    @pytest.mark.usefixtures("executors")
    def test_a_condition(self, kit: Kit, topic: str) -> None:
        """A rule that was registered with the schema stops a message that breaks it, and no other."""
        check = rule("named", RuleKind.CONDITION, RuleMode.WRITE, "CEL", "size(message.name) > 0")
        kit.client().register_schema(f"{topic}-value", Schema(USER.schema_str, rule_set=RuleSet([], [check])))
        write = kit.serializer(None, LATEST)
        assert kit.deserializer()(write(ANN, value(topic)), value(topic)) == ANN
        with pytest.raises(SerializationError) as stopped:
            write({"name": ""}, value(topic))
        assert "size(message.name) > 0" in str(stopped.value.__cause__)

    @pytest.mark.usefixtures("executors")
    def test_a_transformation_of_tagged_fields(self, kit: Kit, topic: str) -> None:
        """A rule for a tag changes the fields that the schema tags, on writing and on reading."""
        tagged = record("User", field("name", **{"confluent:tags": ["PII"]}), field("city"))
        mask = rule("mask", RuleKind.TRANSFORM, RuleMode.WRITE, "CEL_FIELD", "value + '!'", "PII")
        greet = rule("greet", RuleKind.TRANSFORM, RuleMode.READ, "CEL", "{'name': 'Dr ' + message.name, 'city': 'X'}")
        kit.client().register_schema(f"{topic}-value", Schema(tagged, rule_set=RuleSet([], [mask, greet])))
        message = kit.serializer(None, LATEST)({"name": "Ann", "city": "Oslo"}, value(topic))
        assert message[5:] == b"\x08Ann!\x08Oslo"
        assert kit.deserializer()(message, value(topic)) == {"name": "Dr Ann!", "city": "X"}

    @pytest.mark.usefixtures("executors")
    def test_migrations_between_groups(self, kit: Kit, topic: str) -> None:
        """Versions of different compatibility groups may break each other; rules lead from one to the other."""
        subject, client = f"{topic}-value", kit.client()
        up = rule("up", RuleKind.TRANSFORM, RuleMode.UPGRADE, "JSONATA", "{'fullName': name}")
        down = rule("down", RuleKind.TRANSFORM, RuleMode.DOWNGRADE, "JSONATA", "{'name': fullName}")
        renamed = record("User", field("fullName"), namespace="com.acme")
        second = with_properties(Schema(renamed, rule_set=RuleSet([up, down], [])), major="2")
        client.register_schema(subject, with_properties(USER, major="1"))
        with pytest.raises(SchemaRegistryError, match="READER_FIELD_MISSING_DEFAULT_VALUE"):
            client.register_schema(subject, second)
        client.set_config(subject, ServerConfig(compatibility_group="major"))
        client.register_schema(subject, second)

        group_1, group_2 = ({"use.latest.with.metadata": {"major": major}} for major in ("1", "2"))
        old = kit.serializer(None, KNOWN_ONLY | group_1)(ANN, value(topic))
        new = kit.serializer(None, LATEST)({"fullName": "Bob"}, value(topic))
        assert kit.deserializer(settings=group_2)(old, value(topic)) == {"fullName": "Ann"}
        assert kit.deserializer(settings=group_1)(new, value(topic)) == {"name": "Bob"}
        assert kit.deserializer(settings={"use.latest.version": True})(old, value(topic)) == {"fullName": "Ann"}


class TestPlainSerializers(SerializerContract):
    @pytest.fixture
    def kit(self, server: Served, rules: RuleRegistry) -> Iterator[Kit]:
        kit = PlainKit(server.url, rules)
        yield kit
        kit.close()


class TestAsyncSerializers(SerializerContract):
    @pytest.fixture
    def kit(self, server: Served, rules: RuleRegistry) -> Iterator[Kit]:
        with asyncio.Runner() as runner:
            kit = AsyncKit(server.url, rules, runner)
            yield kit
            kit.close()

    async def test_many_first_messages_at_once(self, server: Served, topic: str) -> None:
        """Producers that start together write under one id, whoever registers first."""
        async with AsyncExitStack() as clients:
            connections = [AsyncSchemaRegistryClient(configuration(server.url)) for _ in range(20)]
            for client in connections:
                await clients.enter_async_context(client)
            writers = [await AsyncAvroSerializer(client, USER) for client in connections]
            messages = await asyncio.gather(*(write(ANN, value(topic)) for write in writers))
            latest = await connections[0].get_latest_version(f"{topic}-value")
        assert (latest.version, set(messages)) == (1, {framed(latest.schema_id, ANN_IN_AVRO)})
