"""Reads against a bare handler, look-ups against reads, and registrations: how many, how fast, in what batches."""

import json
import statistics
import tempfile
import urllib.request
from collections.abc import Callable
from pathlib import Path

from bench.load import Result, get, load, post
from bench.report import Row
from bench.schemas import body, order
from bench.servers import Server, bare, momus

SUBJECTS = 500
CONNECTIONS = 32
ROUNDS = 5
SECONDS = 2.0


async def reads() -> list[Row]:
    """All on one server each, in turns, so that a busy machine is as busy for one as for the other."""
    with tempfile.TemporaryDirectory() as folder, momus(Path(folder)) as server:
        for number in range(SUBJECTS):
            _registered(server, number)
        with bare(_read(server)) as baseline:
            kinds: dict[str, tuple[Server, Callable[[int], bytes]]] = {
                "bare": (baseline, lambda number: get(f"/schemas/ids/{number % SUBJECTS + 1}")),
                "read": (server, lambda number: get(f"/schemas/ids/{number % SUBJECTS + 1}")),
                "version": (server, lambda number: get(f"/subjects/s-{number % SUBJECTS}/versions/latest")),
                "look-up": (server, lambda number: post(f"/subjects/s-{number % SUBJECTS}", _body(number))),
                "same": (server, lambda number: post(f"/subjects/s-{number % SUBJECTS}/versions", _body(number))),
            }
            measured = {name: [] for name in kinds}  # type: dict[str, list[float]]
            for _ in range(ROUNDS):
                for name, (at, request) in kinds.items():
                    measured[name].append(await _per_cpu_second(at, request))
    middle = {name: statistics.median(values) for name, values in measured.items()}
    return [
        Row("bare aiohttp handler", f"{middle['bare']:,.0f} requests/CPU-s"),
        Row("GET /schemas/ids/{id}", f"{middle['read']:,.0f} requests/CPU-s", middle["read"] / middle["bare"], 0.7),
        Row("GET …/versions/latest", f"{middle['version']:,.0f} requests/CPU-s", middle["version"] / middle["bare"]),
        Row(
            "look up by content, to a read",
            f"{middle['look-up']:,.0f} requests/CPU-s",
            middle["look-up"] / middle["read"],
            0.3,
        ),
        Row(
            "register what is there, to a read",
            f"{middle['same']:,.0f} requests/CPU-s",
            middle["same"] / middle["read"],
            0.3,
        ),
    ]


async def registrations() -> list[Row]:
    """New schemas from 1 client and from 64, on one disk; what a batch takes and what its commit costs."""
    rows = []
    rates = {}
    for clients in (1, 64):
        with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder, momus(Path(folder)) as server:
            before = server.cpu_seconds()
            result = await load(server.port, _new, connections=clients, seconds=2 * SECONDS)
            _must_not_fail(result)
            spent = (server.cpu_seconds() - before) / result.requests * 1e6
            batches = server.metric("momus_batch_commands_count")
            batch = server.metric("momus_batch_commands_sum") / batches
            commit = server.metric("momus_commit_seconds_sum") / batches * 1000
            rates[clients] = result.per_second
            worst = result.percentile(0.99) * 1000
            told = f"{result.per_second:,.0f}/s, batch {batch:.1f}, commit {commit:.2f} ms, p99 {worst:.1f} ms"
            rows.append(Row(f"register new, {clients} clients", f"{told}, {spent:,.0f} CPU-µs each"))
    rows.append(Row("64 clients to 1", "", rates[64] / rates[1]))
    return rows


async def _per_cpu_second(server: Server, request: Callable[[int], bytes]) -> float:
    before = server.cpu_seconds()
    result = await load(server.port, request, connections=CONNECTIONS, seconds=SECONDS)
    _must_not_fail(result)
    return result.requests / (server.cpu_seconds() - before)


def _must_not_fail(result: Result) -> None:
    if result.failures:
        raise RuntimeError(f"{result.failures} of {result.requests} requests were refused")


def _body(number: int) -> bytes:
    return body(order(str(number % SUBJECTS)))


def _new(number: int) -> bytes:
    return post(f"/subjects/n-{number}/versions", body(order(f"new_{number}")))


def _registered(server: Server, number: int) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.port}/subjects/s-{number}/versions",
        _body(number),
        {"Content-Type": "application/json"},
    )
    json.load(urllib.request.urlopen(request, timeout=10))


def _read(server: Server) -> bytes:
    answer: bytes = urllib.request.urlopen(f"http://127.0.0.1:{server.port}/schemas/ids/1", timeout=10).read()
    return answer
