"""What Momus promises to confluent-kafka's JSON Schema serializers, plain and asyncio: what one wrote another reads,
with nothing shared but the registry.
"""

import json
from typing import Any

import pytest
from confluent_kafka.schema_registry import (
    Metadata,
    MetadataProperties,
    Schema,
    SchemaReference,
    SchemaRegistryError,
    header_schema_id_serializer,
)
from confluent_kafka.schema_registry._async.json_schema import AsyncJSONDeserializer, AsyncJSONSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.serialization import SerializationError

from tests.clients.kits import Convert, Kit, id_of, value

WRITERS = (JSONSerializer, AsyncJSONSerializer)
READERS = (JSONDeserializer, AsyncJSONDeserializer)
LATEST = {"auto.register.schemas": False, "use.latest.version": True}
KNOWN_ONLY = {"auto.register.schemas": False}


def user(**properties: Any) -> Schema:
    document = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "User",
        "type": "object",
        "properties": {"name": {"type": "string"}, **properties},
        "required": ["name"],
        "additionalProperties": False,
    }
    return Schema(json.dumps(document), "JSON")


USER = user()
OLDER = user(age={"type": "integer", "minimum": 0})
ANN = {"name": "Ann"}


def writer(kit: Kit, schema: Schema | None, **settings: Any) -> Convert:
    return kit.made(WRITERS, schema, conf=settings)


def reader(kit: Kit, schema: Schema | None = None, **settings: Any) -> Convert:
    return kit.made(READERS, schema, conf=settings)


def test_a_message_comes_back(kit: Kit, topic: str) -> None:
    """A message is the frame with the schema's id and the document; a reader validates it by what it finds there."""
    message = writer(kit, USER)(ANN, value(topic))
    registered = kit.client().get_latest_version(f"{topic}-value")
    assert (registered.schema.schema_type, id_of(message)) == ("JSON", registered.schema_id)
    assert json.loads(message[5:]) == ANN
    assert reader(kit)(message, value(topic)) == ANN
    assert reader(kit, USER)(message, value(topic)) == ANN


def test_the_text_is_kept_without_its_blanks(kit: Kit, topic: str) -> None:
    """Two layouts of a schema are one, under one id; another order of members is another, until it is normalized."""
    shuffled = Schema(json.dumps(dict(reversed(json.loads(USER.schema_str or "").items())), indent=2), "JSON")
    message = writer(kit, USER)(ANN, value(topic))
    assert (
        writer(kit, Schema(json.dumps(json.loads(USER.schema_str or ""), indent=4), "JSON"))(ANN, value(topic))
        == message
    )
    one = writer(kit, USER, **{"normalize.schemas": True})(ANN, value(f"{topic}-n"))
    assert writer(kit, shuffled, **{"normalize.schemas": True})(ANN, value(f"{topic}-n")) == one


def test_references(kit: Kit, topic: str) -> None:
    """A schema may use others by their URIs, relative or whole; writers and readers find them all."""
    client = kit.client()
    country = {"$id": "http://geo/country.json", "type": "object", "properties": {"code": {"type": "string"}}}
    city = {"type": "object", "properties": {"country": {"$ref": "http://geo/country.json"}}}
    client.register_schema(f"{topic}-country", Schema(json.dumps(country), "JSON"))
    to_country = SchemaReference("http://geo/country.json", f"{topic}-country", 1)
    client.register_schema(f"{topic}-city", Schema(json.dumps(city), "JSON", [to_country]))
    person = {"title": "Person", "type": "object", "properties": {"home": {"$ref": "city.json"}}}
    schema = Schema(json.dumps(person), "JSON", [SchemaReference("city.json", f"{topic}-city", 1)])
    ann = {"home": {"country": {"code": "NO"}}}
    message = writer(kit, schema)(ann, value(topic))
    assert reader(kit)(message, value(topic)) == ann
    with pytest.raises(SerializationError):
        writer(kit, schema)({"home": {"country": {"code": 7}}}, value(topic))
    assert client.get_referenced_by(f"{topic}-city", 1) == [id_of(message)]


def test_the_latest_version(kit: Kit, topic: str) -> None:
    """`use.latest.version` writes and validates by the latest, whatever the producer was built with."""
    client = kit.client()
    client.register_schema(f"{topic}-value", USER)
    latest = client.register_schema(f"{topic}-value", OLDER)
    message = writer(kit, USER, **LATEST)({"name": "Ann", "age": 7}, value(topic))
    assert id_of(message) == latest
    with pytest.raises(SerializationError):
        writer(kit, USER, **LATEST)({"name": "Ann", "age": -1}, value(topic))
    assert reader(kit, None, **{"use.latest.version": True})(message, value(topic)) == {"name": "Ann", "age": 7}


def test_the_latest_with_metadata(kit: Kit, topic: str) -> None:
    """`use.latest.with.metadata` writes by the newest version that has these properties."""
    client = kit.client()
    ids = [
        client.register_schema(
            f"{topic}-value",
            Schema(schema.schema_str, "JSON", metadata=Metadata(None, MetadataProperties({"major": major}), [])),
        )
        for schema, major in ((USER, "1"), (OLDER, "2"))
    ]
    write = writer(kit, USER, **KNOWN_ONLY, **{"use.latest.with.metadata": {"major": "1"}})
    assert id_of(write(ANN, value(topic))) == ids[0]


def test_only_what_is_known(kit: Kit, topic: str) -> None:
    """Without `auto.register.schemas` a producer writes what others registered, and is refused anything else."""
    with pytest.raises(SchemaRegistryError, match="not found"):
        writer(kit, USER, **KNOWN_ONLY)(ANN, value(topic))
    known = kit.client().register_schema(f"{topic}-value", USER)
    assert id_of(writer(kit, USER, **KNOWN_ONLY)(ANN, value(topic))) == known
    with pytest.raises(SchemaRegistryError, match="Schema not found"):
        writer(kit, OLDER, **KNOWN_ONLY)(ANN, value(topic))


def test_the_id_may_travel_in_the_headers(kit: Kit, topic: str) -> None:
    """With the GUID in a header the message is nothing but the document, and is read by the GUID alone."""
    headers: dict[str, bytes] = {}
    write = writer(kit, USER, **{"schema.id.serializer": header_schema_id_serializer})
    message = write(ANN, value(topic, headers))
    assert json.loads(message) == ANN
    assert reader(kit)(message, value(topic, headers)) == ANN


def test_a_schema_that_breaks_readers_is_refused(kit: Kit, topic: str) -> None:
    """The producer that would break its readers is told at its first message."""
    writer(kit, USER)(ANN, value(topic))
    strict = Schema(json.dumps(json.loads(OLDER.schema_str or "") | {"required": ["name", "age"]}), "JSON")
    with pytest.raises(SchemaRegistryError, match="REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL") as refused:
        writer(kit, strict)({"name": "Ann", "age": 1}, value(topic))
    assert (refused.value.http_status_code, refused.value.error_code) == (409, 40901)
