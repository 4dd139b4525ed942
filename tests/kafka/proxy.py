"""A way to one broker that a test can slow down, freeze and cut while traffic runs. It knows nothing of Kafka.

Frozen, it is a network that loses everything: it accepts, keeps all sockets open, and delivers nothing, not even that a
side has gone. Healed, it delivers what was held, in order, as TCP would: also a request whose sender gave up long ago.
Cut, it resets all connections, and each new one at once; what was held is gone.

It runs in a thread of its own: a call may come from any other, with or without a loop, and is in force when it returns.
"""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Self

CHUNK = 65536
RESET = struct.pack("ii", 1, 0)  # SO_LINGER of no time: closing resets
ORDERLY = struct.pack("ii", 0, 0)


class _Way:
    """One direction of all connections."""

    def __init__(self) -> None:
        self.delay = 0.0
        self.open = asyncio.Event()
        self.open.set()


class Proxy:
    """On a free port of this machine, inside a `with`; `target` is a port of it too, whether anybody listens or not."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.accepted = 0  # connections since the start
        self._is_cut = False
        self._connections: set[asyncio.Task[None]] = set()
        self._requests, self._answers = _Way(), _Way()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.setblocking(False)  # noqa: FBT003
        self.port: int = self._socket.getsockname()[1]

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def freeze(self, *, requests: bool = True, answers: bool = True) -> None:
        """Deliver nothing of what clients send, of what the broker answers, or of both."""

        def freeze() -> None:
            for way in self._chosen(requests=requests, answers=answers):
                way.open.clear()

        self._do(freeze)

    def delay(self, seconds: float, *, requests: bool = True, answers: bool = True) -> None:
        """Deliver so much later, in each of these directions."""

        def delay() -> None:
            for way in self._chosen(requests=requests, answers=answers):
                way.delay = seconds

        self._do(delay)

    def cut(self) -> None:
        """Reset all connections, and new ones, until it is healed."""

        def cut() -> None:
            self._is_cut = True
            for connection in self._connections:
                connection.cancel()

        self._do(cut)

    def heal(self) -> None:
        """Open both ways, without delay."""

        def heal() -> None:
            self._is_cut = False
            for way in (self._requests, self._answers):
                way.delay = 0.0
                way.open.set()

        self._do(heal)

    def __enter__(self) -> Self:
        started: Future[None] = Future()
        self._thread = threading.Thread(target=asyncio.run, args=[self._run(started)], name="proxy", daemon=True)
        self._thread.start()
        started.result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()
        self._loop.call_soon_threadsafe(self._accepting.cancel)
        self._thread.join()

    def _chosen(self, *, requests: bool, answers: bool) -> list[_Way]:
        return [way for way, chosen in ((self._requests, requests), (self._answers, answers)) if chosen]

    def _do(self, change: Callable[[], None]) -> None:
        async def done() -> None:
            change()
            ending = [connection for connection in self._connections if connection.cancelling()]
            await asyncio.gather(*ending, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(done(), self._loop).result()

    async def _run(self, started: "Future[None]") -> None:
        self._loop = asyncio.get_running_loop()
        with self._socket:
            async with asyncio.TaskGroup() as group:
                self._accepting = group.create_task(self._accept(group))
                started.set_result(None)

    async def _accept(self, group: asyncio.TaskGroup) -> None:
        while True:
            client, _ = await self._loop.sock_accept(self._socket)
            self.accepted += 1
            connection = group.create_task(self._connect(client))
            self._connections.add(connection)
            connection.add_done_callback(self._connections.discard)

    async def _connect(self, client: socket.socket) -> None:
        """Carry both ways until both have ended; if one fails, or all is cut, both sides are reset."""
        with client, socket.socket() as broker:
            broker.setblocking(False)  # noqa: FBT003
            _linger(RESET, client, broker)
            if self._is_cut:
                return
            try:
                await self._requests.open.wait()
                await self._loop.sock_connect(broker, ("127.0.0.1", self.target))
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._carry(client, broker, self._requests))
                    group.create_task(self._carry(broker, client, self._answers))
                _linger(ORDERLY, client, broker)
            except* OSError:
                pass  # nobody listens, or one side has reset: closed now, both are

    async def _carry(self, source: socket.socket, sink: socket.socket, way: _Way) -> None:
        ended = False
        while not ended:
            try:
                data = await self._loop.sock_recv(source, CHUNK)
            except OSError:
                await way.open.wait()  # of a reset, too, the other side knows nothing before
                raise
            await asyncio.sleep(way.delay)
            await way.open.wait()
            if data:
                await self._loop.sock_sendall(sink, data)
            else:
                sink.shutdown(socket.SHUT_WR)
                ended = True


def _linger(how: bytes, *sockets: socket.socket) -> None:
    for each in sockets:
        each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, how)
