"""Requests that mean harm or are accidents: each gets its refusal, the server goes on, nothing is half written."""

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.served import PATIENCE, Served, served

DEPTH = 10_000


@dataclass(frozen=True, slots=True)
class Case:
    """A body for a path, and what it must be answered with: status, error code, and a word of the sentence."""

    name: str
    body: bytes
    status: int
    code: int
    word: str = ""
    method: str = "POST"
    path: str = "/subjects/hostile/versions"


def schema(text: str, **members: object) -> bytes:
    return json.dumps({"schema": text} | members).encode()


def record(*fields: object, name: str = "R") -> str:
    return json.dumps({"type": "record", "name": name, "fields": fields})


def shared(levels: int) -> str:
    """Records that each use the one before twice: 2 to the power of `levels` paths in a few kilobytes."""
    inner: Any = {"type": "record", "name": "L0", "fields": [{"name": "a", "type": "int"}]}
    for level in range(1, levels):
        fields = [{"name": "x", "type": inner}, {"name": "y", "type": f"L{level - 1}"}]
        inner = {"type": "record", "name": f"L{level}", "fields": fields}
    return json.dumps(inner)


NESTED = '{"type":"array","items":' * DEPTH + '"int"' + "}" * DEPTH
LONG = "x" * (2 * 2**20)

CASES = (
    Case("too large", schema(LONG), 413, 413, "1048576"),
    Case("not UTF-8", b'{"schema": "\xff\xfe"}', 400, 400),
    Case("a lone half of a surrogate pair", b'{"schema": "\\ud800"}', 400, 400),
    Case("half a pair inside the schema", b'{"schema": "\\"\\\\ud800\\""}', 422, 42201),
    Case("JSON that is nested too deeply", b"[" * DEPTH + b"]" * DEPTH, 400, 400),
    Case("metadata that is nested too deeply", b'{"metadata":' + b"[" * DEPTH + b"]" * DEPTH + b"}", 400, 400),
    Case("a schema that is nested too deeply", schema(NESTED), 422, 42201, "nest"),
    Case("no JSON", b"schema", 400, 400),
    Case("JSON cut short", b'{"schema": "\\"int\\"', 400, 400),
    Case("a list", b"[]", 400, 400),
    Case("nothing", b"", 422, 422),
    Case("white space", b"  \n ", 422, 422),
    Case("a schema that is a number", b'{"schema": 1}', 400, 400),
    Case("an id beyond 32 bits", schema('"int"', id=2**31), 400, 400),
    Case("an id beyond 64 bits", schema('"int"', id=2**70), 400, 400),
    Case("a version that is a text", schema('"int"', version="one"), 400, 400),
    Case("an unknown type of schema", schema('"int"', schemaType="XML"), 422, 42201, "XML"),
    Case(
        "a reference to nothing", schema('"int"', references=[{"name": "a", "subject": "b", "version": 1}]), 422, 42201
    ),
    Case("a reference without a name", schema('"int"', references=[{"subject": "b", "version": 1}]), 422, 42201),
    Case("a type that contains itself without end", schema('{"type":"array","items":"R"}'), 422, 42201, "R"),
    Case("NUL in a subject", schema('"int"'), 422, 42208, path="/subjects/a%00b/versions"),
    Case("a subject that is not UTF-8", schema('"int"'), 400, 400, path="/subjects/%ff/versions"),
    Case("a pattern in a default", schema(record({"name": "a", "type": "int", "default": "x"})), 422, 42201, "default"),
    Case("a negative version", b"", 422, 42202, "-5", "GET", "/subjects/a/versions/-5"),
    Case("a version beyond 32 bits", b"", 422, 42202, "2147483648", "GET", "/subjects/a/versions/2147483648"),
    Case("a version of a million digits", b"", 404, 404, "", "GET", "/schemas/ids/" + "9" * 4000),
    Case("a negative id", b"", 404, 40403, "-1", "GET", "/schemas/ids/-1"),
    Case("a level that there is not", b'{"compatibility": "SIDEWAYS"}', 422, 42203, "", "PUT", "/config"),
    Case(
        "config that is nested too deeply",
        b'{"defaultMetadata":{"properties":' + b'{"a":' * 2000 + b"1" + b"}" * 2000 + b"}}",
        400,
        400,
        "",
        "PUT",
        "/config",
    ),
    Case("a mode that is a number", b'{"mode": 1}', 400, 400, "", "PUT", "/mode"),
)

WELCOME = (
    ("a record of 20,000 fields", record(*({"name": f"f{at}", "type": "int"} for at in range(20_000)))),
    ("records sharing types 60 levels deep", shared(60)),
    ("a recursive type", record({"name": "next", "type": ["null", "R"], "default": None})),
    ("a type without any finite value", record({"name": "self", "type": "R"})),
    ("duplicate keys, the last of which counts", '{"type":"string","type":"int"}'),
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("hostile")
    with served(folder, "--data", str(folder / "data"), "--body-timeout", "1", "--idle-timeout", "2") as server:
        server.banner()
        yield server


def send(server: Served, method: str, path: str, body: bytes) -> tuple[int, Any]:
    headers = {"Content-Type": "application/json"}
    request = Request(server.url + path, body if method != "GET" else None, headers, method=method)
    try:
        with urlopen(request, timeout=PATIENCE) as reply:
            return reply.status, json.loads(reply.read())
    except HTTPError as refused:
        return refused.code, json.loads(refused.read())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_bad_request_gets_its_refusal_and_leaves_nothing(server: Served, case: Case) -> None:
    """Each bad request is refused with the documented status, code and a sentence, and no subject appears."""
    status, answer = send(server, case.method, case.path, case.body)
    assert (status, answer["error_code"]) == (case.status, case.code), answer
    assert isinstance(answer["message"], str)
    assert case.word in answer["message"]
    assert "Traceback" not in answer["message"]
    assert server.ask("GET", "/subjects?subjectPrefix=hostile") == (200, [])


@pytest.mark.parametrize(("name", "text"), WELCOME, ids=[name for name, _ in WELCOME])
def test_an_odd_schema_is_registered_and_compared(server: Served, name: str, text: str) -> None:
    """What is odd but right is taken, found again under the same id, and compatible with itself."""
    subject = "odd-" + name.replace(" ", "-").replace(",", "")
    status, first = send(server, "POST", f"/subjects/{subject}/versions", schema(text))
    assert status == 200, first
    assert send(server, "POST", f"/subjects/{subject}/versions", schema(text))[1]["id"] == first["id"]
    status, answer = send(server, "POST", f"/compatibility/subjects/{subject}/versions/latest", schema(text))
    assert (status, answer) == (200, {"is_compatible": True})


def test_a_client_that_sends_its_body_too_slowly_is_refused(server: Served) -> None:
    """A body that does not arrive is answered with 408, in the frame of every refusal."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        connection.sendall(
            b"POST /subjects/slow/versions HTTP/1.1\r\nHost: momus\r\nContent-Type: application/json\r\n"
            b'Content-Length: 100\r\n\r\n{"schema"'
        )
        answer = connection.recv(65536).decode()
    assert answer.startswith("HTTP/1.1 408 ")
    assert '"error_code":408' in answer


def test_a_client_that_sends_its_head_too_slowly_is_cut_off(server: Served) -> None:
    """A connection on which no request ever begins does not stay open."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        connection.sendall(b"GET /subjects HTTP/1.1\r\nHost: momus\r\nX-Slow: ")
        assert connection.recv(65536) == b""


def test_a_client_that_leaves_in_the_middle_of_a_write_leaves_nothing_half_done(server: Served) -> None:
    """A registration whose client is gone happens wholly or not at all, and the server answers the next one."""
    body = schema('"int"')
    head = (
        "POST /subjects/gone/versions HTTP/1.1\r\nHost: momus\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    for cut in (len(body) // 2, len(body)):
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
            connection.sendall(head.encode() + body[:cut])
    status, answer = send(server, "POST", "/subjects/gone/versions", body)
    assert (status, answer["version"]) == (200, 1)
    assert server.ask("GET", "/subjects/gone/versions") == (200, [1])
