"""Serializers over registries that tell nonsense: our errors, with a sentence, and nothing of a library's."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from compat import InvalidSchema
from momus.client import AsyncRegistryClient, RegistryClient, RegistryError
from momus.serde import (
    AvroSerde,
    BlockingAvroSerde,
    BlockingJsonSerde,
    BlockingProtobufSerde,
    ById,
    Framing,
    Known,
    Latest,
    ReadOnly,
    SerdeError,
    topic_name,
)
from tests.client.rogue import Answer, Rogue, Seen, rogue

TEXT = '{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}'
GUID = "095d71cf-1255-6b9d-5e33-0ad575b3df5d"
WHOLE = {"subject": "t-value", "version": 1, "id": 5, "guid": GUID, "schemaType": "AVRO", "schema": TEXT}
ITSELF = [{"name": name, "subject": "t-value", "version": 1} for name in ("R", "Q")]
ODD: list[dict[str, Any]] = [
    {"id": "x"}, {"id": -1}, {"id": 2**31}, {"id": 10**30}, {"id": 1.5}, {"id": True}, {"id": None},
    {"version": None}, {"subject": None}, {"guid": "no GUID"}, {"guid": 5}, {"guid": None},
    {"schema": None}, {"schema": ""}, {"schema": "{"}, {"schema": '"\ud800"'}, {"schema": "[" * 100_000},
    {"schemaType": "BOGUS"}, {"schemaType": ""}, {"schemaType": "JSON"}, {"schemaType": "PROTOBUF"},
    {"references": 5}, {"references": [{}]}, {"references": ITSELF},
    {"ruleSet": 5}, {"ruleSet": {"domainRules": [{"name": "r", "mode": "WRITE", "type": "CEL"}]}},
]  # fmt: skip
BODIES = (b"", b"null", b"[]", b"5", b"<html>", b"{}", b"[" * 100_000, b"\xff")
NONSENSE = {repr(body[:20]): body for body in BODIES} | {
    str(changed)[:60]: json.dumps(WHOLE | changed).encode() for changed in ODD
}

Program = Callable[[RegistryClient], Any]


def writes(serde: Any, schema: str | None = None, **options: Any) -> Program:
    return lambda client: serde(client, schema, subject=topic_name, **options).prepare("t").encode({"a": 1})


def reads(serde: Any, data: bytes) -> Program:
    return lambda client: serde(client, write=ReadOnly(), subject=topic_name).prepare("t").decode(data)


PROGRAMS: dict[str, Program] = {
    "registers": writes(BlockingAvroSerde, TEXT),
    "sends a GUID": writes(BlockingAvroSerde, TEXT, framing=Framing.HEADER),
    "looks up": writes(BlockingAvroSerde, TEXT, write=Known()),
    "asks for the latest": writes(BlockingAvroSerde, write=Latest()),
    "asks by metadata": writes(BlockingAvroSerde, write=Latest({"a": "b"})),
    "asks by id": writes(BlockingAvroSerde, write=ById(5)),
    "asks for associations": lambda client: BlockingAvroSerde(client, TEXT).prepare("t"),
    "writes JSON": writes(BlockingJsonSerde, write=Latest()),
    "reads an id": reads(BlockingAvroSerde, b"\0\0\0\0\5\2"),
    "reads a GUID": reads(BlockingAvroSerde, b"\1" + bytes.fromhex(GUID.replace("-", "")) + b"\2"),
    "reads JSON": reads(BlockingJsonSerde, b"\0\0\0\0\5{}"),
    "reads Protobuf": reads(BlockingProtobufSerde, b"\0\0\0\0\5\0"),
}


@pytest.fixture(scope="module")
def liar() -> Iterator[tuple[Rogue, list[bytes]]]:
    """Answers everything with what is in the list."""
    told = [b""]
    with rogue(lambda _: Answer(body=told[0])) as server:
        yield server, told


@pytest.mark.parametrize("said", NONSENSE)
def test_nonsense_is_a_refusal(liar: tuple[Rogue, list[bytes]], said: str) -> None:
    """Whatever is asked, and whatever is told: a result, or an error of ours."""
    server, told = liar
    told[0] = NONSENSE[said]
    results = []
    for program in PROGRAMS.values():
        with RegistryClient(server.url, retries=0) as client:
            try:
                results.append(repr(program(client)))
            except (RegistryError, SerdeError, InvalidSchema) as error:
                results.append(str(error))
    assert all(results)


def answering(**changed: object) -> Callable[[Seen], Answer]:
    return lambda _: Answer(body=json.dumps(WHOLE | changed).encode())


@pytest.mark.parametrize(
    ("changed", "program", "why"),
    [
        ({"id": -1}, "asks for the latest", "topic t: -1 is no schema id"),
        ({"guid": "no GUID"}, "sends a GUID", "t-value: the registry tells no GUIDs"),
        ({"schema": "{"}, "reads an id", "t-value: schema id 5 of the message is no schema: "),
        ({"schemaType": "JSON", "schema": '{"type":"recrd"}'}, "reads JSON", "t-value: nothing can be validated by"),
        ({"schemaType": "JSON", "schema": '{"type":"recrd"}'}, "writes JSON", "topic t: nothing can be validated by"),
    ],
)
def test_what_is_wrong_is_said(changed: dict[str, Any], program: str, why: str) -> None:
    """With the subject, or the topic."""
    with (
        rogue(answering(**changed)) as server,
        RegistryClient(server.url) as client,
        pytest.raises(SerdeError, match=f"^{why}"),
    ):
        PROGRAMS[program](client)


def test_references_come_to_an_end() -> None:
    """Of a registry that always tells of one more."""

    def one_more(asked: Seen) -> Answer:
        last = asked.target.split("/")[2]
        name = f"N{int(last[1:]) + 1 if last[1:].isdigit() else 0}"
        return Answer(body=json.dumps(WHOLE | {"references": [{"name": name, "subject": name, "version": 1}]}).encode())

    with (
        rogue(one_more) as server,
        RegistryClient(server.url) as client,
        pytest.raises(SerdeError, match="nested deeper than 100 levels: N0 → N1 → N2 → N3 …"),
    ):
        PROGRAMS["asks for the latest"](client)


@pytest.mark.parametrize("data", ["text", 5, [1]])
async def test_what_are_no_bytes_asks_nothing(data: Any) -> None:
    """An int is no number of bytes, and a text no message, for `read` as for `decode`."""
    async with AsyncRegistryClient("http://h") as client:
        channel = await AvroSerde(client, write=ReadOnly(), subject=topic_name).prepare("t")
        with pytest.raises(SerdeError, match=f"t-value: {type(data).__name__} where bytes are expected"):
            await channel.read(data)


@pytest.mark.parametrize("headers", [5, "text", [("a",)], [1], {"__value_schema_id": 1.5}])
async def test_what_are_no_headers_is_told(headers: Any) -> None:
    """A record's headers are a list of pairs, or a dict."""
    async with AsyncRegistryClient("http://h") as client:
        channel = await AvroSerde(client, write=ReadOnly(), subject=topic_name).prepare("t")
        with pytest.raises(SerdeError, match="t-value: headers are pairs"):
            await channel.read(b"\0\0\0\0\5", headers)
        with pytest.raises(SerdeError, match="t-value: headers are pairs"):
            channel.decode(b"\0\0\0\0\5", headers)
