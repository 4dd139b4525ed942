"""Messages over HTTP, against who means harm: each request has its answer, and the server goes on."""

import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.compat.avro.pairs import examples
from tests.served import PATIENCE, Served, served

BYTES = "application/octet-stream"
SCHEMAS = (
    {"schema": '{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"n","type":["null","R"]}]}'},
    {"schemaType": "JSON", "schema": "{}"},
    {"schemaType": "PROTOBUF", "schema": 'syntax = "proto3"; message A { map<string, A> as = 1; bytes b = 2; }'},
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("serde")) as running:
        for number, schema in enumerate(SCHEMAS, 1):
            status, answer = running.ask("POST", f"/subjects/s{number}/versions", schema)
            assert (status, answer["id"]) == (200, number)
        yield running


def sent(server: Served, path: str, body: bytes, kind: str = BYTES) -> tuple[int, Any]:
    request = Request(server.url + path, body, {"Content-Type": kind}, method="POST")
    try:
        with urlopen(request, timeout=PATIENCE) as reply:
            return reply.status, json.loads(reply.read())
    except HTTPError as refused:
        return refused.code, json.loads(refused.read())


def test_any_bytes_are_a_value_or_refused(server: Served) -> None:
    """As a message with its frame, and as one without, of every format: nothing fails."""

    @given(st.binary(max_size=30), st.integers(1, 3))
    @examples(40)
    def is_answered(data: bytes, number: int) -> None:
        for path, body in (
            ("/serde/decode", data),
            ("/serde/decode", bytes((0, 0, 0, 0, number)) + data),
            (f"/serde/decode?id={number}", data),
        ):
            status, answer = sent(server, path, body)
            assert (status, answer.get("error_code")) in {(200, None), (404, 40403), (422, 42290)}
            assert sent(server, path.replace("decode", "validate"), body)[0] in (200, 404)

    is_answered()


def test_a_batch_is_answered_whole(server: Served) -> None:
    """What is deep, large or no number has its row; the values beside it are there, numbers of any size as they are."""
    deep = "[" * 400 + "]" * 400
    values = [f'"{"x" * 300_000}"', deep, "123456789012345678901234567890", "1e999"]
    body = f'{{"schema": {{"id": 2}}, "values": [{", ".join(values)}]}}'
    status, answer = sent(server, "/serde/encode", body.encode(), "application/json")
    assert status == 200
    assert ["message" in row for row in answer["messages"]] == [True, True, True, False]
    messages = [row["message"] for row in answer["messages"] if "message" in row]
    status, answer = server.ask("POST", "/serde/decode", {"messages": [*messages, "AAAAAAE="]})
    assert status == 200
    assert [len(str(row["value"])) for row in answer["values"][:3]] == [300_000, 800, 30]
    assert [schema["id"] for schema in answer["schemas"]] == [2, 1]
    endless = b64encode(b"\0\0\0\0\1" + b"\2" * 500_000).decode()
    status, answer = server.ask("POST", "/serde/decode", {"messages": [endless, messages[2]]})
    assert ["value" in row for row in answer["values"]] == [False, True]


def test_what_is_too_much_is_refused(server: Served) -> None:
    """More values than anybody has, JSON without end, and a body beyond the limit."""
    many = {"schema": {"id": 1}, "values": [1] * 1001}
    assert server.ask("POST", "/serde/encode", many)[0] == 400
    assert server.ask("POST", "/serde/decode", {"messages": [""] * 1001})[0] == 400
    deep = b'{"schema": {"id": 1}, "value": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    assert sent(server, "/serde/encode", deep, "application/json")[0] == 400
    assert sent(server, "/serde/decode", b"\0" * (2**20 + 1))[0] == 413
    assert sent(server, f"/serde/decode?id={'9' * 5000}", b"")[0] == 400
    assert server.ask("POST", "/serde/encode", {"schema": {"id": 2}, "value": 1})[0] == 200
