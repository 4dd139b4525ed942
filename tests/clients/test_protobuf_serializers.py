"""What Momus promises to confluent-kafka's Protobuf serializers, plain and asyncio: what one wrote another reads, with
nothing shared but the registry. They send base64 of descriptors and ask for them by `format=serialized`.
"""

import base64
from typing import Any

import pytest
from confluent_kafka.schema_registry import (
    Schema,
    SchemaRegistryClient,
    SchemaRegistryError,
    header_schema_id_serializer,
)
from confluent_kafka.schema_registry._async.protobuf import AsyncProtobufDeserializer, AsyncProtobufSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.message import Message

from tests.clients.kits import Convert, Kit, id_of, value
from tests.clients.messages import classes
from tests.served import Served

WRITERS = (ProtobufSerializer, AsyncProtobufSerializer)
READERS = (ProtobufDeserializer, AsyncProtobufDeserializer)
LATEST = {"auto.register.schemas": False, "use.latest.version": True}
KNOWN_ONLY = {"auto.register.schemas": False}

ORDER = """
syntax = "proto3";
package shop;
message Customer { string name = 1; }
message Order {
  message Line { string article = 1; int32 count = 2; }
  int64 id = 1;
  repeated Line lines = 2;
  map<string, double> prices = 3;
  optional string note = 4;
  oneof paid { bool cash = 5; string card = 6; }
  State state = 7;
  enum State { NEW = 0; SENT = 1; }
}
"""
LATER = ORDER.replace("int64 id = 1;", "int64 id = 1; string place = 9;")
BROKEN = ORDER.replace("int64 id = 1;", "string id = 1;")
KNOWN = """
syntax = "proto3";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
message Event { google.protobuf.Timestamp at = 1; google.protobuf.StringValue what = 2; }
"""
IMPORTED = {
    "geo/country.proto": 'syntax = "proto3"; package geo; message Country { string code = 1; }',
    "geo/city.proto": 'syntax = "proto3"; package geo; import "geo/country.proto"; message City { Country in = 1; }',
    "people/person.proto": (
        'syntax = "proto3"; package people; import "geo/city.proto"; import "geo/country.proto"; '
        'import "google/protobuf/timestamp.proto"; '
        "message Person { geo.City home = 1; geo.Country born = 2; google.protobuf.Timestamp on = 3; }"
    ),
}


def one(text: str, name: str) -> type[Message]:
    return classes({"test.proto": text}, name)[0]


def writer(kit: Kit, kind: type[Message], **settings: Any) -> Convert:
    return kit.made(WRITERS, kind, conf=settings)


def reader(kit: Kit, kind: type[Message], **settings: Any) -> Convert:
    return kit.made(READERS, kind, conf=settings)


def order(kind: type[Any]) -> Message:
    made: Message = kind(id=7, lines=[{"article": "a", "count": 2}], prices={"a": 1.5}, note="", card="4711", state=1)
    return made


def test_a_message_comes_back(kit: Kit, topic: str) -> None:
    """Nothing is lost on its way: nested messages, maps, oneofs, presence, enums; what is stored is a text."""
    kind = one(ORDER, "shop.Order")
    message = writer(kit, kind)(order(kind), value(topic))
    registered = kit.client().get_latest_version(f"{topic}-value")
    assert (registered.schema.schema_type, id_of(message)) == ("PROTOBUF", registered.schema_id)
    assert (registered.schema.schema_str or "").startswith('syntax = "proto3";\npackage shop;\n')
    assert reader(kit, kind)(message, value(topic)) == order(kind)


def test_one_client_writes_and_reads(shared_server: Served, topic: str) -> None:
    """It keeps what registering answered, imports too, and reads by that: a descriptor, as what it sent was one."""
    [kind] = classes(IMPORTED, "people.Person")
    ann = kind(home={"in": {"code": "NO"}}, born={"code": "SE"}, on={"seconds": 5})
    for _ in range(2):  # new, and known already
        with SchemaRegistryClient({"url": shared_server.url}) as client:
            write, read = ProtobufSerializer(kind, client), ProtobufDeserializer(kind, {}, client)
            assert read(write(ann, value(topic)), value(topic)) == ann


def test_a_nested_message_is_named_by_its_place(kit: Kit, topic: str) -> None:
    """The frame says which message of the file it is; a reader finds it in the descriptor that the registry gives."""
    kind = one(ORDER, "shop.Order.Line")
    message = writer(kit, kind)(kind(article="a", count=1), value(topic))
    assert message[5:8] == b"\x04\x02\x00"  # two steps: the second message, and in it the first
    assert reader(kit, kind)(message, value(topic)) == kind(article="a", count=1)


def test_well_known_types_need_no_references(kit: Kit, topic: str) -> None:
    """What Google's runtime has is not registered by clients; the registry knows it by itself."""
    kind = one(KNOWN, "Event")
    event = kind(at={"seconds": 1}, what={"value": "x"})
    message = writer(kit, kind)(event, value(topic))
    assert kit.client().get_latest_version(f"{topic}-value").schema.references == []
    assert reader(kit, kind)(message, value(topic)) == event


def test_imports_become_references(kit: Kit, topic: str) -> None:
    """A producer registers each import under its path, deepest first; a reader fetches them, and theirs."""
    [kind] = classes(IMPORTED, "people.Person")
    ann = kind(home={"in": {"code": "NO"}}, born={"code": "SE"}, on={"seconds": 5})
    message = writer(kit, kind)(ann, value(topic))
    client = kit.client()
    stored = client.get_latest_version(f"{topic}-value").schema
    assert [(each.name, each.subject) for each in stored.references or []] == [
        ("geo/city.proto", "geo/city.proto"),
        ("geo/country.proto", "geo/country.proto"),
    ]
    assert reader(kit, kind)(message, value(topic)) == ann
    assert id_of(message) in client.get_referenced_by("geo/country.proto", 1)
    assert writer(kit, kind, **KNOWN_ONLY)(ann, value(topic)) == message


def test_text_and_descriptor_are_one_schema(kit: Kit, topic: str) -> None:
    """Who registered the text in whatever layout, and who sends the descriptor, write under one id."""
    kind = one(ORDER, "shop.Order")
    known = kit.client().register_schema(f"{topic}-value", Schema(ORDER, "PROTOBUF"))
    assert id_of(writer(kit, kind, **KNOWN_ONLY)(order(kind), value(topic))) == known
    assert id_of(writer(kit, kind)(order(kind), value(topic))) == known
    assert kit.client().get_versions(f"{topic}-value") == [1]


def test_the_serialized_form(kit: Kit, topic: str) -> None:
    """`format=serialized` is a descriptor that Google's runtime takes, wherever a schema is read."""
    client = kit.client()
    told = client.register_schema_full_response(f"{topic}-value", Schema(ORDER, "PROTOBUF"))
    assert told.schema_id is not None
    assert told.guid is not None
    texts = {
        client.get_schema(told.schema_id, fmt="serialized").schema_str,
        client.get_schema_by_guid(told.guid, fmt="serialized").schema_str,
        client.get_version(f"{topic}-value", 1, fmt="serialized").schema.schema_str,
        client.get_latest_version(f"{topic}-value", fmt="serialized").schema.schema_str,
    }
    [text] = texts
    file = FileDescriptorProto.FromString(base64.b64decode(text or ""))
    assert [message.name for message in file.message_type] == ["Customer", "Order"]
    again = client.register_schema(f"{topic}-again", Schema(text, "PROTOBUF"))
    assert again == told.schema_id


def test_the_latest_version(kit: Kit, topic: str) -> None:
    """`use.latest.version` writes by the latest, which others may have registered."""
    kind = one(ORDER, "shop.Order")
    client = kit.client()
    client.register_schema(f"{topic}-value", Schema(ORDER, "PROTOBUF"))
    latest = client.register_schema(f"{topic}-value", Schema(LATER, "PROTOBUF"))
    message = writer(kit, kind, **LATEST)(order(kind), value(topic))
    assert id_of(message) == latest
    assert reader(kit, kind, **{"use.latest.version": True})(message, value(topic)) == order(kind)


def test_the_latest_version_with_imports(kit: Kit, topic: str) -> None:
    """The references of the latest version are found, and theirs."""
    [kind] = classes(IMPORTED, "people.Person")
    ann = kind(born={"code": "SE"})
    message = writer(kit, kind)(ann, value(topic))
    assert writer(kit, kind, **LATEST)(ann, value(topic)) == message


def test_normalized_schemas(kit: Kit, topic: str) -> None:
    """With `normalize.schemas` producers whose fields stand in another order write under one id."""
    first = one('syntax = "proto3"; message A { int32 a = 1; int32 b = 2; }', "A")
    second = one('syntax = "proto3"; message A { int32 b = 2; int32 a = 1; }', "A")
    settings = {"normalize.schemas": True}
    message = writer(kit, first, **settings)(first(a=1), value(topic))
    assert writer(kit, second, **settings)(second(a=1), value(topic)) == message
    assert kit.client().get_versions(f"{topic}-value") == [1]


def test_the_id_may_travel_in_the_headers(kit: Kit, topic: str) -> None:
    """With the GUID in a header the message is nothing but Protobuf, and is read by the GUID alone."""
    kind = one(ORDER, "shop.Order")
    headers: dict[str, bytes] = {}
    write = writer(kit, kind, **{"schema.id.serializer": header_schema_id_serializer})
    message = write(order(kind), value(topic, headers))
    assert message == order(kind).SerializeToString()
    assert reader(kit, kind)(message, value(topic, headers)) == order(kind)


def test_a_schema_that_breaks_readers_is_refused(kit: Kit, topic: str) -> None:
    """The producer that would break its readers is told at its first message."""
    kind = one(ORDER, "shop.Order")
    writer(kit, kind)(order(kind), value(topic))
    broken = one(BROKEN, "shop.Order")
    with pytest.raises(SchemaRegistryError, match="FIELD_SCALAR_KIND_CHANGED") as refused:
        writer(kit, broken)(broken(id="x"), value(topic))
    assert (refused.value.http_status_code, refused.value.error_code) == (409, 40901)
