"""Registering and comparing over HTTP, by format and size, the first time and again; and reads beside comparisons."""

import asyncio
import http.client
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bench.load import get, load
from bench.report import Row
from bench.servers import Server, momus

ROUNDS = 25  # schemas of each kind and size
READERS = 16  # connections
SECONDS = 1.5
TURNS = 5
RATE = 10  # new comparisons a second: more than any pipeline makes
KEPT = 0.8  # of the reads, while comparisons run

Text = Callable[[str, bool], str]  # by what makes it one of its kind; and whether it is the next version


@dataclass(frozen=True, slots=True)
class Shape:
    kind: str
    name: str
    text: Text


# ------------------------------------------------------------------------------------------------- schemas


def avro(fields: int) -> Text:
    def text(own: str, is_next: bool) -> str:  # noqa: FBT001  (two texts of one table)
        members = [{"name": f"f{at}", "type": ("long", "string", "double")[at % 3]} for at in range(fields)]
        members += [{"name": "more", "type": "string", "default": ""}] if is_next else []
        return json.dumps({"type": "record", "name": f"R{own}", "fields": members})

    return text


def avro_branches(branches: int) -> Text:
    def text(own: str, is_next: bool) -> str:  # noqa: FBT001
        records = [
            {"type": "record", "name": f"B{own}_{at}", "fields": [{"name": f"f{at}", "type": "long"}]}
            for at in range(branches + is_next)
        ]
        return json.dumps(records)

    return text


def json_schema(fields: int) -> Text:
    def text(own: str, is_next: bool) -> str:  # noqa: FBT001
        properties = {f"f{at}": {"type": ("integer", "string", "number")[at % 3]} for at in range(fields)}
        properties |= {"more": {"type": "string"}} if is_next else {}
        closed = {"type": "object", "properties": properties, "additionalProperties": False}
        return json.dumps({"title": f"R{own}", **closed})

    return text


def json_branches(branches: int) -> Text:
    def text(own: str, is_next: bool) -> str:  # noqa: FBT001
        objects = [
            {
                "type": "object",
                "properties": {"kind": {"const": f"B{at}"}, f"f{at}": {"type": "integer"}},
                "required": ["kind"],
                "additionalProperties": False,
            }
            for at in range(branches + is_next)
        ]
        return json.dumps({"title": f"R{own}", "oneOf": objects})

    return text


def protobuf(fields: int) -> Text:
    def text(own: str, is_next: bool) -> str:  # noqa: FBT001
        members = [f"{('int64', 'string', 'double')[at % 3]} f{at} = {at + 1};" for at in range(fields)]
        members += [f"string more = {fields + 1};"] if is_next else []
        return f'syntax = "proto3"; message R{own} {{ {" ".join(members)} }}'

    return text


def protobuf_branches(branches: int) -> Text:
    def text(own: str, is_next: bool) -> str:  # noqa: FBT001
        count = branches + is_next
        members = " ".join(f"B{at} b{at} = {at + 1};" for at in range(count))
        messages = " ".join(f"message B{at} {{ int64 f{at} = 1; }}" for at in range(count))
        return f'syntax = "proto3"; message R{own} {{ oneof kind {{ {members} }} }} {messages}'

    return text


SIZES = (("small", 5), ("100 fields", 100), ("500 fields", 500))
WIDE = {"AVRO": avro, "JSON": json_schema, "PROTOBUF": protobuf}
BRANCHED = {"AVRO": avro_branches, "JSON": json_branches, "PROTOBUF": protobuf_branches}
SHAPES = [
    shape
    for kind in WIDE
    for shape in (
        *(Shape(kind, name, WIDE[kind](fields)) for name, fields in SIZES),
        Shape(kind, "60 branches", BRANCHED[kind](60)),
    )
]

# ------------------------------------------------------------------------------------------------- figures


async def formats() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder, momus(Path(folder)) as server:
        for shape in SHAPES[::4]:  # what is loaded at the first schema of a format is no matter of its size
            _times(server, Shape(shape.kind, "first", shape.text), "versions", rounds=2)
        rows = [row for shape in SHAPES for row in _rows(server, shape)]
        return [*rows, *await _reads_beside(server)]


def _rows(server: Server, shape: Shape) -> list[Row]:
    label = f"{shape.kind}, {shape.name}"
    return [
        Row(f"register {label}", _told(*(_times(server, shape, "versions") for _ in range(2)))),
        Row(f"compare  {label}", _told(*(_times(server, shape, "compatibility") for _ in range(2)))),
    ]


def _told(first: list[float], again: list[float]) -> str:
    told = (f"p50 {statistics.median(times):6.2f} p99 {max(times):6.2f} ms" for times in (first, again))
    return "first {}, again {}".format(*told)


def _times(server: Server, shape: Shape, what: str, *, rounds: int = ROUNDS) -> list[float]:
    """In milliseconds, one after the other."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    times = []
    for number in range(rounds):
        path, body = _question(shape, what, number)
        began = time.perf_counter()
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        answer = reply.read()
        times.append((time.perf_counter() - began) * 1000)
        if reply.status != 200 or b'"is_compatible":false' in answer:
            raise RuntimeError(f"{shape.kind}, {shape.name}: {answer[:500]!r}")
    connection.close()
    return times


def _question(shape: Shape, what: str, number: int) -> tuple[str, bytes]:
    own = f"{number}_{shape.name.replace(' ', '_')}"
    subject = f"/subjects/{shape.kind}-{own}/versions"
    text = shape.text(own, what == "compatibility")
    path = subject if what == "versions" else f"/compatibility{subject}/latest"
    return path, json.dumps({"schemaType": shape.kind, "schema": text}).encode()


# --------------------------------------------------------------------------------- reads beside comparisons


async def _reads_beside(server: Server) -> list[Row]:
    """Reads by the server's own CPU, as in `reads`, in turns; the load and the workers have the same two cores."""
    shapes = {shape.kind: shape for shape in SHAPES if shape.name == "100 fields"}
    alone: list[float] = []
    beside: dict[str, list[tuple[float, float]]] = {kind: [] for kind in shapes}
    for turn in range(TURNS):
        alone.append(await _reads(server))
        for kind, shape in shapes.items():
            beside[kind].append(await _beside(server, shape, turn))
    middle = statistics.median(alone)
    rows = [Row("reads alone", f"{middle:,.0f} requests/CPU-s")]
    for kind, measured in beside.items():
        reads, compared = (statistics.median(values) for values in zip(*measured, strict=True))
        told = f"{reads:,.0f} requests/CPU-s, beside {compared:,.0f} new comparisons/s"
        rows.append(Row(f"reads while {kind} is compared", told, reads / middle, KEPT))
    return rows


async def _beside(server: Server, shape: Shape, turn: int) -> tuple[float, float]:
    """Each comparison is a new one: nothing of it is remembered. So many a second, or fewer if they take longer."""
    own = f"0_{shape.name.replace(' ', '_')}"
    url = f"http://127.0.0.1:{server.port}/compatibility/subjects/{shape.kind}-{own}/versions/latest"
    text = shape.text(own, True)  # noqa: FBT003
    compared = 0

    async def compare() -> None:
        nonlocal compared
        async with aiohttp.ClientSession() as session:
            while True:
                pace = asyncio.sleep(1 / RATE)
                spaced = text + " " * (compared + 1 + 1000 * turn)
                answer, _ = await asyncio.gather(
                    session.post(url, json={"schemaType": shape.kind, "schema": spaced}), pace
                )
                if answer.status != 200:
                    raise RuntimeError(await answer.text())
                compared += 1

    comparing = asyncio.get_running_loop().create_task(compare())
    began = time.perf_counter()
    reads = await _reads(server)
    seconds = time.perf_counter() - began
    if comparing.done():
        comparing.result()
    comparing.cancel()
    return reads, compared / seconds


async def _reads(server: Server) -> float:
    """Per second of the server's CPU."""
    before = server.cpu_seconds()
    result = await load(server.port, _read, connections=READERS, seconds=SECONDS)
    if result.failures:
        raise RuntimeError(f"{result.failures} reads were refused")
    return result.requests / (server.cpu_seconds() - before)


def _read(number: int) -> bytes:
    return get(f"/schemas/ids/{number % 50 + 1}")
