"""The same programs by confluent-kafka's import and by ours, on one registry: what they see is the same."""

import importlib
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka.schema_registry.common.schema_registry_client import RulePhase
from google.protobuf.message import Message

import momus.confluent as ours
from momus.confluent import MessageField, SerializationContext
from tests.serde.messages import Deep, Order, Second

MODULES = ("", ".avro", ".json_schema", ".protobuf")
FIRST = '{"type":"record","name":"U","fields":[{"name":"a","type":"int"}]}'
SECOND = '{"type":"record","name":"U","fields":[{"name":"a","type":"int"},{"name":"b","type":"int","default":5}]}'
TITLED = '{"type":"object","title":"T","properties":{"a":{"type":"integer"}},"required":["a"]}'
PLAIN = {"subject.name.strategy.type": "TOPIC"}

Program = Callable[[Any, Any, str], Any]


def names(package: str) -> Any:
    modules = [importlib.import_module(package + name) for name in MODULES]
    return SimpleNamespace(**{name: value for module in modules for name, value in vars(module).items()})


BOTH = {"theirs": names("confluent_kafka.schema_registry"), "ours": names("momus.confluent")}


@pytest.fixture
def sides(url: str) -> Iterator[dict[str, tuple[Any, Any]]]:
    """Each side's names, and a client of it."""
    clients = {side: (kit, kit.SchemaRegistryClient({"url": url})) for side, kit in BOTH.items()}
    yield clients
    for _, client in clients.values():
        client.close()


def value(topic: str, headers: Any = None) -> SerializationContext:
    return SerializationContext(topic, MessageField.VALUE, headers)


def seen(result: Any) -> Any:
    """What two packages may be compared by."""
    if isinstance(result, Message):
        return result.DESCRIPTOR.full_name, result.SerializeToString()
    if isinstance(result, list | tuple):
        return [seen(each) for each in result]
    if hasattr(result, "to_dict"):
        return seen(result.to_dict())
    if isinstance(result, dict):
        return {name: seen(each) for name, each in result.items() if name not in ("id", "guid", "ts")}
    return result[5:] if isinstance(result, bytes) and result[:1] == b"\0" else result  # ids are each side's own


def refused(call: Callable[[], Any]) -> Any:
    """What a call answers, or the registry's codes when it refuses."""
    try:
        return call()
    except (BOTH["theirs"].SchemaRegistryError, ours.SchemaRegistryError) as error:
        return error.http_status_code, error.error_code


# ------------------------------------------------------------------------------------------------ the client


def deletions(_kit: Any, client: Any, topic: str) -> Any:
    for schema in (FIRST, SECOND):
        client.register_schema(topic, ours.Schema(schema))
    return [
        refused(lambda: client.delete_version(topic, 1, permanent=True)),
        client.delete_version(topic, 1),
        client.get_versions(topic, deleted=True),
        client.delete_version(topic, 1, permanent=True),
        client.get_versions(topic, deleted=True),
        refused(lambda: client.delete_subject(topic, permanent=True)),
        client.delete_subject(topic),
        client.delete_subject(topic, permanent=True),
        refused(lambda: client.get_versions(topic, deleted=True)),
    ]


def levels(kit: Any, client: Any, topic: str) -> Any:
    client.register_schema(topic, kit.Schema(FIRST))
    config = kit.ServerConfig(compatibility=kit.ConfigCompatibilityLevel.FULL, compatibility_group="g")
    return [
        client.set_compatibility(topic, "none"),
        client.get_compatibility(topic),
        refused(lambda: client.set_compatibility(topic, "bogus")),
        client.set_config(topic, config),
        client.get_config(topic),
        client.delete_config(topic),
        refused(lambda: client.get_compatibility(topic)),
    ]


def rules(kit: Any, client: Any, topic: str) -> Any:
    """Also those that the registry tells in part."""
    told = {"domainRules": [{"name": "r", "kind": "CONDITION", "mode": "WRITE", "type": "CEL", "disabled": True}]}
    client.register_schema(topic, kit.Schema(FIRST, "AVRO", [], None, kit.RuleSet.from_dict(told)))
    found = client.get_latest_version(topic).schema.rule_set
    return [found, found.migration_rules, found.encoding_rules, [rule.tags for rule in found.domain_rules]]


# ------------------------------------------------------------------------------------------------ serializers


def imports(kit: Any, client: Any, topic: str) -> Any:
    """The function sees the context and the file."""

    def named(ctx: Any, file: Any) -> str:
        return f"{ctx.topic}.{ctx.field}.{file.name}.{file.package}"

    write = kit.ProtobufSerializer(Deep, client, {**PLAIN, "reference.subject.name.strategy": named})
    messages = [write(Deep(order=Order(id=5)), value(each)) for each in (topic, f"{topic}-other", topic)]
    return [messages, client.get_subjects(topic), client.get_latest_version(f"{topic}-value").schema.references]


def paths(kit: Any, client: Any, topic: str) -> Any:
    write = kit.ProtobufSerializer(Second, client, PLAIN)
    message = write(Second(text="x"), value(topic))
    return [message, kit.ProtobufDeserializer(Second)(message, value(topic))]


def evolution(kit: Any, client: Any, topic: str) -> Any:
    message = kit.AvroSerializer(client, FIRST, conf=PLAIN)({"a": 1}, value(topic))
    client.register_schema(f"{topic}-value", kit.Schema(SECOND))
    latest = {**PLAIN, "auto.register.schemas": False, "use.latest.version": True}
    newest = kit.AvroSerializer(client, conf=latest)({"a": 1, "b": 2}, value(topic))
    reading = {**PLAIN, "use.latest.version": True}
    readers = [kit.AvroDeserializer(client, *schema, conf=PLAIN) for schema in ((), (FIRST,), (SECOND,))]
    readers.append(kit.AvroDeserializer(client, conf=reading))
    return [[read(each, value(topic)) for read in readers] for each in (message, newest)]


def evolution_by_record(kit: Any, client: Any, topic: str) -> Any:
    """Several types in one topic, each read as the latest of its own subject."""
    conf = {"subject.name.strategy.type": "TOPIC_RECORD"}
    latest = {**conf, "use.latest.version": True}
    user = kit.AvroSerializer(client, FIRST, conf=conf)({"a": 1}, value(topic))
    other = kit.AvroSerializer(client, FIRST.replace('"U"', '"V"'), conf=conf)({"a": 2}, value(topic))
    text = kit.JSONSerializer(TITLED, client, conf=conf)({"a": 3}, value(topic))
    second = kit.ProtobufSerializer(Second, client, conf)(Second(text="x"), value(topic))
    client.register_schema(f"{topic}-U", kit.Schema(SECOND))
    fresh = kit.SchemaRegistryClient({"url": client.config()["url"]})
    avro = kit.AvroDeserializer(fresh, conf=latest)
    missing = kit.AvroDeserializer(fresh, conf={**conf, "use.latest.with.metadata": {"no": "such"}})
    readers = [
        (avro, user), (avro, other), (avro, user),
        (kit.JSONDeserializer(None, None, fresh, latest), text),
        (kit.ProtobufDeserializer(Second, latest, fresh), second),
    ]  # fmt: skip
    seen = [read(message, value(topic)) for read, message in readers]
    seen.append(refused(lambda: missing(user, value(topic))))
    fresh.close()
    return seen


def validity(kit: Any, client: Any, topic: str) -> Any:
    write = kit.JSONSerializer(TITLED, client, conf=PLAIN)
    message = write({"a": 1}, value(topic)).replace(b" ", b"")
    readers = [kit.JSONDeserializer(TITLED, conf=PLAIN), kit.JSONDeserializer(None, None, client, PLAIN)]
    return [message, [read(message, value(topic)) for read in readers]]


@pytest.mark.parametrize(
    "program", [deletions, levels, rules, imports, paths, evolution, evolution_by_record, validity]
)
def test_a_program_sees_the_same(sides: dict[str, tuple[Any, Any]], topic: str, program: Program) -> None:
    """Answers, messages and refusals, with nothing but the import changed."""
    results = {side: seen(program(kit, client, f"{topic}-{side}")) for side, (kit, client) in sides.items()}
    assert str(results["ours"]).replace("-ours", "") == str(results["theirs"]).replace("-theirs", "")


async def test_the_twin_reads_the_latest_of_each_type(sides: dict[str, tuple[Any, Any]], url: str, topic: str) -> None:
    """As the one that waits."""
    _, client = sides["ours"]
    conf = {"subject.name.strategy.type": "TOPIC_RECORD"}
    message = ours.AvroSerializer(client, FIRST, conf=conf)({"a": 1}, value(topic))
    client.register_schema(f"{topic}-U", ours.Schema(SECOND))
    async with ours.AsyncSchemaRegistryClient({"url": url}) as awaited:
        read = ours.AsyncAvroDeserializer(awaited, conf={**conf, "use.latest.version": True})
        assert await read(message, value(topic)) == {"a": 1, "b": 5}


@pytest.mark.parametrize(("data", "why"), [(b"", "is empty"), (b"\5abcd", "names no schema"), (b"\0\0", "5 bytes")])
def test_what_names_no_schema_is_read_as_no_latest(
    sides: dict[str, tuple[Any, Any]], topic: str, data: bytes, why: str
) -> None:
    """Nor does a name that is only in messages tell what to write."""
    kit, client = sides["ours"]
    latest = {"subject.name.strategy.type": "RECORD", "use.latest.version": True}
    with pytest.raises(ours.SerializationError, match=why):
        kit.AvroDeserializer(client, conf=latest)(data, value(topic))
    with pytest.raises(ours.SerializationError, match="has no name"):
        kit.AvroSerializer(client, conf={**latest, "auto.register.schemas": False})({"a": 1}, value(topic))


def test_phases_are_theirs() -> None:
    """The lists of a rule set have their names."""
    assert [each.name for each in ours.RulePhase] == [each.name for each in RulePhase]


# ------------------------------------------------------------------------------------------------ settings

URL = {"url": "http://a:1"}
STATIC = {**URL, "bearer.auth.credentials.source": "STATIC_TOKEN", "bearer.auth.logical.cluster": "c"}
OAUTH = {
    **URL, "bearer.auth.credentials.source": "OAUTHBEARER", "bearer.auth.logical.cluster": "c",
    "bearer.auth.client.secret": "s", "bearer.auth.scope": "s", "bearer.auth.issuer.endpoint.url": "http://b",
}  # fmt: skip
CUSTOM = {**URL, "bearer.auth.credentials.source": "CUSTOM", "bearer.auth.custom.provider.config": {}}
NUMBERS = ("cache.capacity", "cache.latest.ttl.sec", "max.retries", "retries.wait.ms", "retries.max.wait.ms")


@pytest.mark.parametrize(
    "conf",
    [
        {"url": 8081},
        *({**URL, key: "3"} for key in NUMBERS),
        {**URL, "basic.auth.user.info": ""},
        {**URL, "bearer.auth.token": "t"},
        STATIC,
        {**STATIC, "bearer.auth.token": 5},
        {**STATIC, "bearer.auth.token": "t", "bearer.auth.logical.cluster": 5},
        {**STATIC, "bearer.auth.token": "t", "bearer.auth.identity.pool.id": [5]},
        OAUTH,
        {**OAUTH, "bearer.auth.client.id": 5},
        {**CUSTOM, "bearer.auth.custom.provider.function": "f"},
    ],
    ids=lambda conf: str(list(conf.items())[-1]),
)
def test_a_wrong_setting_of_the_client_is_refused_as_there(conf: dict[str, Any]) -> None:
    """By the same kind of error, which names the same key."""
    with pytest.raises((TypeError, ValueError)) as there:
        BOTH["theirs"].SchemaRegistryClient(conf)
    with pytest.raises(type(there.value)) as here:
        ours.SchemaRegistryClient(conf)
    named = [key.rpartition(".")[2] for key in [*conf, "bearer.auth.token", "bearer.auth.client.id"]]
    assert [name for name in named if name in str(there.value) and name not in str(here.value)] == []


@pytest.mark.parametrize("key", [*NUMBERS, "timeout", "proxy", "ssl.ca.location", "bearer.auth.credentials.source"])
def test_what_is_none_is_not_given(key: str) -> None:
    """A program may hand on settings that it has no values for."""
    for kit in BOTH.values():
        kit.SchemaRegistryClient({**URL, key: None}).close()


@pytest.mark.parametrize(
    ("kind", "first", "conf"),
    [
        ("AvroSerializer", '"string"', {"use.schema.id": "7"}),
        ("AvroSerializer", '"string"', {"use.latest.with.metadata": "x"}),
        ("AvroDeserializer", None, {"use.latest.with.metadata": 5}),
        ("JSONSerializer", TITLED, {"use.latest.with.metadata": 5}),
    ],
)
def test_a_wrong_setting_is_refused_as_there(
    sides: dict[str, tuple[Any, Any]], kind: str, first: Any, conf: dict[str, Any]
) -> None:
    """In the same sentence, before any message."""
    said = []
    for kit, client in sides.values():
        arguments = (first, client) if kind == "JSONSerializer" else (client, first)
        with pytest.raises(ValueError, match=r"use\.") as refused:
            getattr(kit, kind)(*arguments, conf=conf)
        said.append(str(refused.value))
    assert said[0] == said[1]


@pytest.mark.parametrize("text", ["", "no schema", "{}", '{"type":"recrd"}', '"bogus"'])
@pytest.mark.parametrize("kind", ["AvroSerializer", "AvroDeserializer"])
def test_a_text_that_is_no_schema_is_refused_at_once(sides: dict[str, tuple[Any, Any]], kind: str, text: str) -> None:
    """As there, before any message; but for one that refers to others."""
    kit, client = sides["theirs"]
    with pytest.raises(Exception, match=r"."):  # of many kinds
        getattr(kit, kind)(client, text)
    _, client = sides["ours"]
    with pytest.raises(ours.SchemaParseException):
        getattr(ours, kind)(client, text)
    getattr(ours, kind)(client, ours.Schema('"bogus"', "AVRO", [ours.SchemaReference("bogus", "s", 1)]))


@pytest.mark.parametrize("text", ["no schema", "[]"])
def test_a_text_that_is_no_json_schema_is_refused_at_once(sides: dict[str, tuple[Any, Any]], text: str) -> None:
    """In writing and reading, with a registry and without."""
    _, client = sides["ours"]
    for make in (lambda: ours.JSONSerializer(text, client), lambda: ours.JSONDeserializer(text)):
        with pytest.raises(ours.SchemaParseException):
            make()
    with pytest.raises(ours.SerializationError, match="nothing can be validated"):
        ours.JSONDeserializer('{"type":"recrd"}')


@pytest.mark.parametrize("kind", ["ProtobufSerializer", "ProtobufDeserializer"])
@pytest.mark.parametrize("message", [None, 5, "shop.Order"])
def test_what_is_no_class_of_a_message_is_refused_at_once(
    sides: dict[str, tuple[Any, Any]], kind: str, message: Any
) -> None:
    """There it is an AttributeError."""
    for kit, client in sides.values():
        with pytest.raises((AttributeError, TypeError)):
            getattr(kit, kind)(message, schema_registry_client=client)


def test_a_provider_that_gives_no_token_is_named(url: str) -> None:
    """Rather than a KeyError in the middle of a call."""
    conf = {**CUSTOM, "url": url, "bearer.auth.custom.provider.function": lambda _conf: {}}
    with ours.SchemaRegistryClient(conf) as client, pytest.raises(ours.OAuthTokenError, match="gives no bearer"):
        client.get_subjects()
