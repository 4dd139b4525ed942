"""A load over HTTP: a fixed number of connections, each sending its next request when the last one is answered.

Lean on purpose: it reads no more of an answer than its length, so that one core of it can keep a server busy.
"""

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import cast

_LENGTH = b"content-length:"


@dataclass(slots=True)
class Result:
    """What a load did. `latencies` are seconds."""

    seconds: float = 0.0
    failures: int = 0
    latencies: list[float] = field(default_factory=list)

    @property
    def requests(self) -> int:
        return len(self.latencies)

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds

    def percentile(self, share: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


class _Connection(asyncio.Protocol):
    """One request after the other until there are none or the time is up."""

    def __init__(self, requests: Iterator[bytes], result: Result, until: float) -> None:
        self._requests = requests
        self._result = result
        self._until = until
        self._received = b""
        self._sent = 0.0
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by class
        self._next()

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._received[:end].lower()
        at = head.find(_LENGTH)
        length = int(head[at + len(_LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self._received) < end + 4 + length:
            return
        self._received = b""
        self._result.latencies.append(time.perf_counter() - self._sent)
        self._result.failures += head[9:10] != b"2"
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server closed the connection"))

    def _next(self) -> None:
        request = next(self._requests, None) if time.perf_counter() < self._until else None
        if request is None:
            if not self.done.done():
                self.done.set_result(None)
            self._transport.close()
            return
        self._sent = time.perf_counter()
        self._transport.write(request)


async def load(
    port: int, request: Callable[[int], bytes], *, connections: int, seconds: float, first: int = 0
) -> Result:
    """Send `request(0)`, `request(1)` … for so long over so many connections to 127.0.0.1."""
    result = Result()
    requests = (request(number) for number in itertools.count(first))
    began = time.perf_counter()
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(lambda: _Connection(requests, result, began + seconds), "127.0.0.1", port)
        for _ in range(connections)
    ]
    await asyncio.gather(*(connection.done for _, connection in made))
    result.seconds = time.perf_counter() - began
    return result


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode()


def post(path: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
