"""The messages that serializers are measured with, and their schemas in three formats."""

import json
from typing import Any

from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

from compat import Source, parse
from compat.protobuf import ProtobufSchema

VALUES: dict[str, dict[str, Any]] = {
    "order": {
        "id": 1_234_567_890_123,
        "customer": "customer-4711",
        "at": 1_700_000_000_000,
        "total": 199.95,
        "paid": True,
        "status": "PAID",
        "note": "leave at the door",
        "address": {"street": "Long Street 12", "city": "Oslo", "zip": "0150", "country": "NO"},
        "items": [{"sku": f"sku-{at:05}", "quantity": at + 1, "price": 9.5 * at + 0.25} for at in range(5)],
        "attributes": {"channel": "web", "campaign": "spring", "device": "phone"},
    },
    "small": {"id": 1_234_567, "name": "abcde", "value": 1.5},
}


def _record(name: str, /, **fields: object) -> dict[str, object]:
    return {"type": "record", "name": name, "fields": [{"name": one, "type": kind} for one, kind in fields.items()]}


def _object(**properties: object) -> dict[str, object]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


_ADDRESS = ("street", "city", "zip", "country")
_SYMBOLS = ["NEW", "PAID", "SENT"]
_TEXT, _WHOLE, _NUMBER = {"type": "string"}, {"type": "integer"}, {"type": "number"}

AVRO = {
    "order": json.dumps(
        _record(
            "Order",
            id="long",
            customer="string",
            at="long",
            total="double",
            paid="boolean",
            status={"type": "enum", "name": "Status", "symbols": _SYMBOLS},
            note=["null", "string"],
            address=_record("Address", **dict.fromkeys(_ADDRESS, "string")),
            items={"type": "array", "items": _record("Item", sku="string", quantity="int", price="double")},
            attributes={"type": "map", "values": "string"},
        )
    ),
    "small": json.dumps(_record("Small", id="long", name="string", value="double")),
}
JSON = {
    "order": json.dumps(
        {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "title": "Order",
            **_object(
                id=_WHOLE,
                customer=_TEXT,
                at=_WHOLE,
                total=_NUMBER,
                paid={"type": "boolean"},
                status={"enum": _SYMBOLS},
                note={"type": ["string", "null"]},
                address=_object(**dict.fromkeys(_ADDRESS, _TEXT)),
                items={"type": "array", "items": _object(sku=_TEXT, quantity=_WHOLE, price=_NUMBER)},
                attributes={"type": "object", "additionalProperties": _TEXT},
            ),
        }
    ),
    "small": json.dumps({"title": "Small", **_object(id=_WHOLE, name=_TEXT, value=_NUMBER)}),
}
PROTOBUF = """
syntax = "proto3";
package bench;
message Order {
  int64 id = 1;
  string customer = 2;
  int64 at = 3;
  double total = 4;
  bool paid = 5;
  Status status = 6;
  optional string note = 7;
  Address address = 8;
  repeated Item items = 9;
  map<string, string> attributes = 10;
}
message Small { int64 id = 1; string name = 2; double value = 3; }
message Address { string street = 1; string city = 2; string zip = 3; string country = 4; }
message Item { string sku = 1; int32 quantity = 2; double price = 3; }
enum Status { NEW = 0; PAID = 1; SENT = 2; }
"""


def protobuf_classes() -> dict[str, Any]:
    """As protoc would generate them."""
    parsed = parse(Source("PROTOBUF", PROTOBUF))
    assert isinstance(parsed, ProtobufSchema)
    file = FileDescriptorProto()
    file.CopyFrom(parsed.file)
    file.name = "bench.proto"
    pool = DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return {name: GetMessageClass(pool.FindMessageTypeByName(f"bench.{name.title()}")) for name in VALUES}


def as_protobuf(class_: Any, value: dict[str, Any]) -> Any:
    return class_(**value)
