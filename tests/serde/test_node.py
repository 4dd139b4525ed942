"""What we write JavaScript reads, and the reverse, byte for byte: Confluent's serializers and kafkajs', run by node.

One process does all of it, for it takes seconds to start. Without node, tests/packages.py says why nothing is tried.
"""

import json
import os
import subprocess
from dataclasses import dataclass
from typing import Any

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from momus.client import Reference, RegistryClient, Schema
from momus.serde import BlockingAvroSerde, BlockingChannel, BlockingJsonSerde, BlockingProtobufSerde, Framing, Indexes
from tests import packages
from tests.clients.messages import classes
from tests.serde.messages import Deep, Inner, Order, Second
from tests.serde.test_interoperability import CITY, COUNTRY, ORDER, PERSON, RICH, TRIP
from tests.served import PATIENCE

CLIENTS = {"confluent": (Framing.PREFIX, Framing.HEADER), "kafkajs": (Framing.PREFIX,)}


@dataclass(frozen=True, slots=True)
class Case:
    """A value of ours and what JavaScript has in its place: there, logical types are what they are made of.

    A message is written of its JSON, but for kafkajs.
    """

    name: str
    kind: str
    schema: Any  # text, or a class of messages
    value: Any
    theirs: Any = None
    references: tuple[Reference, ...] = ()
    is_key: bool = False
    clients: tuple[str, ...] = tuple(CLIENTS)


def hexed(value: bytes) -> dict[str, str]:
    return {"$bytes": value.hex()}


SEEN = {  # ORDER without logical types
    "id": "00112233-4455-6677-8899-aabbccddeeff",
    "at": 1709208000000,
    "price": hexed(b"\x04\xd2"),
    "state": "PAID",
    "hash": hexed(b"1234"),
    "notes": {"a": None, "b": "ü", "c": 3},
    "parts": [],
    "note": "x",
}
HOMES = {"home": {"code": "NO"}, "born": {"code": "SE"}}
TRAVEL = {"to": {"name": "Tromsø"}, "days": 3}
[Leaf] = classes(
    {"tree.proto": 'syntax = "proto3"; message Tree { message Branch { message Leaf { string at = 1; } } }'},
    "Tree.Branch.Leaf",
)
MESSAGE = Order(id=7, items=[Order.Item(sku="a", price=1.5)], by_name={"x": Order.Item(sku="x")}, note=b"\x00\xff")
GIVEN = {"id": 7, "items": [{"sku": "a", "price": 1.5}], "byName": {"x": {"sku": "x"}}, "note": hexed(b"\x00\xff")}
DEEP = Deep(order=Order(id=8), at={"seconds": 1709208000})
CASES = [
    Case("record", "AVRO", RICH, ORDER, SEEN),
    Case("nested", "AVRO", RICH, ORDER | {"parts": [ORDER]}, SEEN | {"parts": [SEEN]}, is_key=True),
    Case("text", "AVRO", '"string"', "a longer text", "a longer text", is_key=True),
    Case("bytes", "AVRO", '"bytes"', b"no length", hexed(b"no length"), clients=("confluent",)),
    Case("union", "AVRO", '["null","long","string"]', "text", "text"),
    Case("references", "AVRO", PERSON, HOMES, HOMES, (Reference("geo.Country", "country", 1),)),
    Case("object", "JSON", TRIP, TRAVEL, TRAVEL, (Reference("city.json", "city", 1),)),
    Case("key", "JSON", CITY, {"name": "Oslo"}, {"name": "Oslo"}, is_key=True),
    Case("first", "PROTOBUF", Order, MESSAGE, GIVEN),
    Case("second", "PROTOBUF", Second, Second(text="not the first", number=3), clients=("confluent",)),
    Case("within", "PROTOBUF", Leaf, Leaf(at="the top"), clients=("confluent",)),
    Case("imported", "PROTOBUF", Deep, DEEP, clients=("confluent",)),
]


@dataclass(frozen=True, slots=True)
class Trial:
    case: Case
    client: str
    framing: Framing

    def __str__(self) -> str:
        return f"{self.client}-{self.case.kind.lower()}-{self.case.name}-{self.framing.value}"

    def channel(self, client: RegistryClient) -> BlockingChannel:
        case = self.case
        more: dict[str, Any] = {"references": case.references, "framing": self.framing}
        match case.kind:
            case "AVRO":
                serde: Any = BlockingAvroSerde(client, case.schema, **more)
            case "JSON":
                serde = BlockingJsonSerde(client, case.schema, **more)
            case _:
                indexes = Indexes.NONE if self.client == "kafkajs" else Indexes.ZIGZAG
                serde = BlockingProtobufSerde(client, case.schema, indexes=indexes, framing=self.framing)
        channel: BlockingChannel = serde.prepare(str(self), is_key=case.is_key)
        return channel

    def job(self, client: RegistryClient) -> dict[str, Any]:
        channel, is_message = self.channel(client), isinstance(self.case.value, Message)
        is_json = is_message and self.client == "confluent"
        data = channel.encode(self.case.value)
        assert data is not None
        return {
            "client": self.client,
            "kind": self.case.kind,
            "topic": str(self),
            "isKey": self.case.is_key,
            "inHeader": self.framing is Framing.HEADER,
            "data": hexed(data),
            "headers": {name: hexed(value) for name, value in channel.headers},
            "value": MessageToDict(self.case.value) if is_json else self.case.theirs,
            **(described(self.case.schema, self.client) if is_message else {}),
        }


AFTER_MAP = Trial(Case("after-map", "PROTOBUF", Inner, Inner(value=5)), "confluent", Framing.PREFIX)
TRIALS = [Trial(case, client, framing) for case in CASES for client in case.clients for framing in CLIENTS[client]]


def described(message: type[Message], client: str) -> dict[str, Any]:
    """What protoc would generate code of for JavaScript. kafkajs takes the text from the registry."""
    files: dict[str, Any] = {}

    def collect(file: Any) -> None:
        for imported in file.dependencies:
            collect(imported)
        files[file.name] = file

    collect(message.DESCRIPTOR.file)
    descriptors = FileDescriptorSet()
    for file in files.values():
        file.CopyToProto(descriptors.file.add())
    name = message.DESCRIPTOR.name if client == "kafkajs" else message.DESCRIPTOR.full_name
    return {"message": name, "files": hexed(descriptors.SerializeToString())}


def told_by_javascript(url: str, jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    run = subprocess.run(
        ["node", str(packages.NODE / "serializers.cjs")],
        input=json.dumps({"url": url, "jobs": jobs}),
        env=os.environ | {"NODE_PATH": str(packages.of_node())},
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    told: list[dict[str, Any]] = json.loads(run.stdout)
    return told


@pytest.fixture(scope="module")
def told(url: str) -> dict[str, dict[str, Any]]:
    """What JavaScript read of each trial's message, and what it wrote of its value."""
    packages.of_node()
    with RegistryClient(url) as client:
        client.register_schema("country", Schema(COUNTRY))
        client.register_schema("city", Schema(CITY, "JSON"))
        trials = [*TRIALS, AFTER_MAP]
        jobs = [trial.job(client) for trial in trials]
        return dict(zip(map(str, trials), told_by_javascript(url, jobs), strict=True))


@pytest.mark.parametrize("trial", TRIALS, ids=str)
def test_messages_in_javascript(client: RegistryClient, told: dict[str, dict[str, Any]], trial: Trial) -> None:
    """JavaScript reads the value that was written, and writes the same bytes and headers, which we read."""
    answer, channel, case = told[str(trial)], trial.channel(client), trial.case
    data = bytes.fromhex(answer["written"]["$bytes"])
    headers = [(name, bytes.fromhex(value["$bytes"])) for name, value in answer["headers"].items()]
    assert data == channel.encode(case.value)
    assert headers == list(channel.headers)
    assert channel.decode(data, headers) == case.value
    if isinstance(case.value, Message):
        seen = MessageToDict(case.value)
        assert answer["read"] == (seen if trial.client == "kafkajs" else {case.value.DESCRIPTOR.full_name: seen})
    else:
        assert answer["read"] == case.theirs


def test_message_within_another_after_a_map(client: RegistryClient, told: dict[str, dict[str, Any]]) -> None:
    """Paths of JavaScript do not count the entries of maps, as Python's do: it refuses ours, and we read both."""
    answer, channel = told[str(AFTER_MAP)], AFTER_MAP.channel(client)
    written = bytes.fromhex(answer["written"]["$bytes"])
    ours = channel.encode(AFTER_MAP.case.value) or b""
    assert (ours[5:9], written[5:9]) == (b"\x06\x00\x02\x00", b"\x06\x00\x00\x00")
    assert channel.decode(written) == channel.decode(ours) == AFTER_MAP.case.value
    assert "message index 1 out of range" in answer["read"]["$refused"]
