"""The drop-in: confluent-kafka's own test scenarios, with the import changed, and both sides mixed."""

from collections.abc import Iterator
from typing import Any

import confluent_kafka.schema_registry as theirs
import confluent_kafka.serialization as their_serialization
import pytest
from confluent_kafka.schema_registry.avro import AvroDeserializer as TheirAvroDeserializer
from confluent_kafka.schema_registry.avro import AvroSerializer as TheirAvroSerializer

from momus.client import Metadata, RegistryClient, Rule, RuleSet
from momus.client import Schema as OurSchema
from momus.confluent import (
    AvroDeserializer,
    AvroSerializer,
    JSONDeserializer,
    JSONSerializer,
    MessageField,
    ProtobufDeserializer,
    ProtobufSerializer,
    Schema,
    SchemaReference,
    SchemaRegistryClient,
    SchemaRegistryError,
    SerializationContext,
    SerializationError,
    header_schema_id_serializer,
    record_subject_name_strategy,
)
from momus.serde import RulesNotRun
from tests.clients.schemas import FIRST, SECOND, THIRD, USER
from tests.serde.messages import Deep, Order

ANN = {"name": "Ann"}
TITLED = '{"title":"User","type":"object","properties":{"name":{"type":"string"}},"required":["name"]}'


@pytest.fixture
def registry(url: str) -> Iterator[SchemaRegistryClient]:
    with SchemaRegistryClient({"url": url}) as client:
        yield client


def value(topic: str, headers: Any = None) -> SerializationContext:
    return SerializationContext(topic, MessageField.VALUE, headers)


def their_value(topic: str, headers: Any = None) -> their_serialization.SerializationContext:
    return their_serialization.SerializationContext(topic, their_serialization.MessageField.VALUE, headers)


@pytest.mark.parametrize("context", [value, their_value], ids=["ours", "theirs"])
def test_avro_as_there(registry: SchemaRegistryClient, url: str, topic: str, context: Any) -> None:
    """The same arguments and calls, either side's context and schema, and the same bytes."""
    write, read = AvroSerializer(registry, USER), AvroDeserializer(registry)
    message = write(ANN, context(topic))
    with theirs.SchemaRegistryClient({"url": url}) as client:
        assert TheirAvroSerializer(client, USER)(ANN, their_value(topic)) == message
        assert TheirAvroDeserializer(client)(message, their_value(topic)) == ANN
    assert read(message, context(topic)) == ANN
    assert write(None, context(topic)) is None
    assert read(None, context(topic)) is None
    key = SerializationContext(topic, MessageField.KEY)
    assert AvroDeserializer(registry)(AvroSerializer(registry, '"string"')("k", key), key) == "k"
    assert registry.get_versions(f"{topic}-key") == [1]


def test_objects_go_through_functions(registry: SchemaRegistryClient, topic: str) -> None:
    """`to_dict` and `from_dict` are called with the value and the context."""
    write = AvroSerializer(registry, USER.schema_str, lambda name, ctx: {"name": f"{name} to {ctx.topic}"})
    read = AvroDeserializer(registry, None, lambda message, ctx: (message["name"], str(ctx.field)))
    assert read(write("Ann", value(topic)), value(topic)) == (f"Ann to {topic}", "value")


@pytest.mark.parametrize("headers", [[], {}], ids=["list", "dict"])
def test_header_mode(registry: SchemaRegistryClient, topic: str, headers: Any) -> None:
    """The header is added to the context's, in either shape, and found there."""
    write = AvroSerializer(registry, USER, conf={"schema.id.serializer": header_schema_id_serializer})
    assert write(ANN, value(topic, headers)) == b"\x06Ann"
    assert len(headers) == 1
    assert AvroDeserializer(registry)(b"\x06Ann", value(topic, headers)) == ANN
    with pytest.raises(SerializationError, match="has no headers"):
        write(ANN, value(topic))


@pytest.mark.parametrize(
    ("conf", "subject"),
    [
        ({"subject.name.strategy.type": "TOPIC"}, "{topic}-value"),
        ({"subject.name.strategy.type": "RECORD"}, "com.acme.User"),
        ({"subject.name.strategy.type": "TOPIC_RECORD"}, "{topic}-com.acme.User"),
        ({"subject.name.strategy": record_subject_name_strategy}, "com.acme.User"),
        ({"subject.name.strategy": theirs.topic_record_subject_name_strategy}, "{topic}-com.acme.User"),
        ({"subject.name.strategy": lambda ctx, _name: f"my-{ctx.topic}"}, "my-{topic}"),
        (
            {"subject.name.strategy.conf": {"subject.name.strategy.fallback.type": "TOPIC_RECORD"}},
            "{topic}-com.acme.User",
        ),
    ],
)
def test_subjects(registry: SchemaRegistryClient, topic: str, conf: dict[str, Any], subject: str) -> None:
    """Every strategy by its type, as a function of either side, or as one's own."""
    message = AvroSerializer(registry, USER, conf=conf)(ANN, value(topic))
    name = subject.format(topic=topic)
    assert registry.get_subjects(name)[0] == name
    assert AvroDeserializer(registry, conf=conf)(message, value(topic)) == ANN


def test_which_schema_is_written(registry: SchemaRegistryClient, topic: str) -> None:
    """Latest, by id, and only what is known: as the keys say."""
    only_known = {"auto.register.schemas": False}
    with pytest.raises(SchemaRegistryError) as refused:
        AvroSerializer(registry, FIRST, conf=only_known)({"f0": 1}, value(topic))
    assert (refused.value.http_status_code, refused.value.error_code) == (404, 40401)
    ids = [registry.register_schema(f"{topic}-value", schema) for schema in (FIRST, SECOND)]
    latest = AvroSerializer(registry, None, conf=only_known | {"use.latest.version": True})
    by_id = AvroSerializer(registry, None, conf=only_known | {"use.schema.id": ids[0]})
    known = AvroSerializer(registry, FIRST, conf=only_known)
    written = [write({"f0": 1}, value(topic)) for write in (latest, by_id, known)]
    assert [int.from_bytes((message or b"")[1:5], "big") for message in written] == [ids[1], ids[0], ids[0]]


def test_readers(registry: SchemaRegistryClient, topic: str) -> None:
    """A reader's schema, given or the latest, decides what is read."""
    old = AvroSerializer(registry, FIRST)({"f0": 1}, value(topic))
    assert AvroDeserializer(registry, SECOND)(old, value(topic)) == {"f0": 1, "f1": 0}
    registry.register_schema(f"{topic}-value", THIRD)
    latest = AvroDeserializer(registry, conf={"use.latest.version": True})
    assert latest(old, value(topic)) == {"f0": 1, "f1": 0, "f2": 0}


def test_json_as_there(registry: SchemaRegistryClient, topic: str) -> None:
    """The order of arguments is theirs; what does not fit is refused with its path, in writing and reading."""
    write = JSONSerializer(TITLED, registry)
    read = JSONDeserializer(TITLED, None, registry)
    message = write(ANN, value(topic))
    assert read(message, value(topic)) == ANN
    with pytest.raises(SerializationError, match="name: int where a string is expected"):
        write({"name": 1}, value(topic))
    loose = JSONSerializer(TITLED, registry, conf={"validate": False})({"name": 1}, value(topic))
    with pytest.raises(SerializationError, match="name: int where a string is expected"):
        read(loose, value(topic))


def test_protobuf_as_there(registry: SchemaRegistryClient, topic: str) -> None:
    """Imports are registered under their file names, or as the strategy says."""
    write = ProtobufSerializer(
        Deep, registry, {"reference.subject.name.strategy": lambda _ctx, ref: f"{topic}-{ref.name}"}
    )
    read = ProtobufDeserializer(Deep, {"use.deprecated.format": False}, registry)
    message = Deep(order=Order(id=5))
    assert read(write(message, value(topic)), value(topic)) == message
    assert registry.get_subjects(f"{topic}-main.proto") == [f"{topic}-main.proto"]
    with pytest.raises(SerializationError, match=r"Order where shop\.Deep is expected"):
        write(Order(id=5), value(topic))


DEFAULTED = '{"type":"record","name":"U","fields":[{"name":"a","type":"int"},{"name":"b","type":"int","default":5}]}'


@pytest.mark.parametrize("key", ["validate.strict", "validate.strict.allow.default"])
def test_strict_as_there(registry: SchemaRegistryClient, url: str, topic: str, key: str) -> None:
    """What confluent-kafka refuses is refused, and what it writes is the same, for each of the two keys."""
    ours = AvroSerializer(registry, DEFAULTED, conf={key: True})
    with theirs.SchemaRegistryClient({"url": url}) as client:
        other = TheirAvroSerializer(client, DEFAULTED, conf={key: True})
        for message in ({"a": 1, "b": 2}, {"a": 1}, {"a": 1, "b": 2, "c": 3}, {"b": 2}):
            try:
                expected = other(message, their_value(topic))
            except ValueError:
                with pytest.raises(SerializationError, match=r"missing|no such field"):
                    ours(message, value(topic))
            else:
                assert ours(message, value(topic)) == expected


@pytest.mark.parametrize(
    ("conf", "why"),
    [
        ({"no.such.key": 1}, "Unrecognized properties: no.such.key"),
        ({"auto.register.schemas": 1}, "must be a boolean"),
        ({"use.latest.version": True}, "cannot enable both"),
        ({"schema.id.serializer": 5}, "schema.id.serializer must be callable"),
        ({"subject.name.strategy.type": "X"}, "is none of"),
        ({"validation.rules.execution": "BEFORE_DOMAIN_RULES"}, "rules are not run"),
    ],
)
def test_wrong_settings_are_refused_at_once(registry: SchemaRegistryClient, conf: dict[str, Any], why: str) -> None:
    """Before any message."""
    with pytest.raises(ValueError, match=why):
        AvroSerializer(registry, USER, conf=conf)


def test_rules_do_not_pass_silently(registry: SchemaRegistryClient, client: RegistryClient, topic: str) -> None:
    """A schema whose rules a client must run is refused, for nobody runs them here."""
    check = Rule(name="check", kind="CONDITION", mode="WRITEREAD", type="CEL", expr="true")
    schema = OurSchema(USER.schema_str or "", rule_set=RuleSet(domain_rules=(check,)), metadata=Metadata())
    registered = client.register_schema(f"{topic}-value", schema)
    latest = {"auto.register.schemas": False, "use.latest.version": True}
    with pytest.raises(RulesNotRun, match="check"):
        AvroSerializer(registry, None, conf=latest)(ANN, value(topic))
    with pytest.raises(RulesNotRun, match="check"):
        AvroDeserializer(registry)(b"\0" + registered.id.to_bytes(4, "big") + b"\x06Ann", value(topic))
    read = AvroDeserializer(registry, conf={"momus.run.no.rules": True})
    assert (
        read(
            AvroSerializer(registry, None, conf=latest | {"momus.run.no.rules": True})(ANN, value(topic)), value(topic)
        )
        == ANN
    )


def test_the_client_s_calls(registry: SchemaRegistryClient, topic: str) -> None:
    """What a registry is asked beside messages has their names and answers."""
    subject = f"{topic}-value"
    first = registry.register_schema_full_response(subject, FIRST)
    assert first.schema_id == registry.register_schema(subject, Schema(FIRST.schema_str))
    found = registry.lookup_schema(subject, FIRST)
    assert (found.version, found.schema_id, found.guid, found.subject) == (1, first.schema_id, first.guid, subject)
    assert registry.get_schema(first.schema_id or 0).schema_str == found.schema.schema_str
    assert registry.get_schema_by_guid(str(first.guid)) == found.schema
    assert registry.get_latest_version(subject) == registry.get_version(subject, 1) == found
    assert registry.set_compatibility(subject, "NONE") == {"compatibility": "NONE"}
    assert registry.get_compatibility(subject) == "NONE"
    assert registry.test_compatibility(subject, Schema('"string"'))
    other = Schema('{"type":"array","items":"Grown"}', references=[SchemaReference("Grown", subject, 1)])
    using = registry.register_schema(f"{topic}-using", other)
    assert registry.get_referenced_by(subject, 1) == [using]
    assert registry.delete_subject(f"{topic}-using") == [1]
    assert registry.delete_subject(f"{topic}-using", permanent=True) == [1]
    assert registry.delete_version(subject, 1) == 1
    assert set(registry.get_schema_types()) == {"AVRO", "JSON", "PROTOBUF"}
    with pytest.raises(SchemaRegistryError) as refused:
        registry.get_latest_version(subject)
    assert refused.value.error_code == 40401


@pytest.mark.parametrize(
    ("conf", "why"),
    [
        ({}, "url"),
        ({"url": "http://a", "nonsense": 1}, "nonsense"),
        ({"url": "http://u:p@a", "basic.auth.user.info": "x:y"}, "several ways to log in"),
        ({"url": "http://a", "bearer.auth.credentials.source": "STATIC_TOKEN"}, "bearer.auth.token"),
        ({"url": "mock://a"}, "momus.testing"),
        ({"url": "http://a", "bearer.auth.credentials.source": "OAUTHBEARER_AZURE_IMDS"}, "endpoint.query"),
        ({"url": "http://a", "bearer.auth.credentials.source": "NONE"}, "Unrecognized"),
        ({"url": "http://a", "basic.auth.user.info": "ann"}, "username"),
        ({"url": "https://a", "ssl.key.location": "key.pem"}, "ssl.certificate.location required"),
    ],
)
def test_wrong_settings_of_the_client_are_refused(conf: dict[str, Any], why: str) -> None:
    """Each with the name of the key."""
    with pytest.raises(ValueError, match=why):
        SchemaRegistryClient(conf)
