"""The two clients: one whose calls are awaited, one whose calls wait. All that they can do is in `operations`.

The one that waits has the same core on an event loop in a thread of its own, so it may be used by many threads, and
inside a running loop too. The thread starts with the first request that has to be sent; a forked process gets its own.
"""

import asyncio
import os
import weakref
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from threading import Lock, Thread, current_thread
from types import TracebackType
from typing import Any, Self, TypeVar

from momus.client.access import Auth, Tls
from momus.client.ask import Ask
from momus.client.core import Core
from momus.client.errors import ClientClosed
from momus.client.memory import Ages, Memory
from momus.client.operations import Awaited, Operations, Waits, operation
from momus.client.wire import Clock, Settings, headers_of, proxy_of, urls_of

T = TypeVar("T")


class Client(Operations):
    """What both take, and remember."""

    def __init__(
        self,
        url: str | Sequence[str],
        *,
        context: str = "",
        auth: Auth | None = None,
        tls: Tls | None = None,
        headers: Mapping[str, str] | None = None,
        proxy: str = "",
        timeout: float = 15.0,
        connect_timeout: float = 3.0,
        retries: int = 2,
        backoff: float = 0.1,
        longest_wait: float = 30.0,
        cache_size: int = 1000,
        latest_age: float = 60.0,
        missing_age: float = 2.0,
        clock: Clock | None = None,
    ) -> None:
        """Nothing is asked yet.

        url: the registry's, or several with commas between, or as a list: another is asked where one does not answer
            or fails. They may have paths, as `http://host/apis/ccompat/v7`.
        context: where subjects without a context of their own belong, as `.test`.
        auth: `Basic`, `Bearer` or `OAuth`.
        tls: what to trust and what to show, for URLs with https.
        headers: to send with each request, as Confluent Cloud's `target-sr-cluster`.
        proxy: the URL of an HTTP proxy to ask through, as `http://proxy:3128`.
        timeout, connect_timeout: seconds for one request, and of these for its connection.
        retries: how often all URLs are asked again, for what may be repeated: reading, comparing, registering.
        backoff: seconds before the first of these, twice as many before each further one, and less by chance.
        longest_wait: seconds that a registry may ask for in `Retry-After`; if it asks for more, its refusal is raised.
        cache_size: how many answers of each kind are remembered.
        latest_age: for how many seconds a latest version is.
        missing_age: for how many seconds that something is not there; 0 is not at all.
        clock: for tests.
        """
        clock = clock or Clock()
        if not isinstance(auth, Auth | None):
            raise TypeError(f"auth is Basic(user, password), Bearer(token) or OAuth(...), not a {type(auth).__name__}")
        _hold_numbers(above_zero=True, timeout=timeout, connect_timeout=connect_timeout)
        _hold_numbers(retries=retries, backoff=backoff, longest_wait=longest_wait)
        _hold_numbers(cache_size=cache_size, latest_age=latest_age, missing_age=missing_age)
        self._settings = Settings(
            urls=urls_of(url, context),
            auth=auth,
            tls=tls,
            headers=headers_of(headers or {}),
            proxy=proxy_of(proxy),
            timeout=timeout,
            connect_timeout=connect_timeout,
            retries=int(retries),
            backoff=backoff,
            longest_wait=longest_wait,
            clock=clock,
        )
        self._memory = Memory(Ages(cache_size, latest_age, missing_age), clock.now)
        self._begin()

    def _begin(self) -> None:
        """What the one or the other needs besides."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._settings.urls)})"

    def forget(self) -> None:
        """Ask anew for everything: what is remembered may be wrong."""
        self._memory.forget("content", "digest", "latest")


def _hold_numbers(*, above_zero: bool = False, **given: Any) -> None:
    for name, number in given.items():
        if not isinstance(number, int | float) or isinstance(number, bool):
            raise TypeError(f"{name} is a number, and not a {type(number).__name__}")
        if not (number > 0 if above_zero else number >= 0):
            raise ValueError(f"{name} is {'above zero' if above_zero else 'zero or more'}, and not {number}")


class AsyncRegistryClient(Client, Awaited):
    """A client for asyncio. It belongs to the event loop of its first request; close it, or use `async with`."""

    _core: Core | None = None
    _is_closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections. Who still waits for an answer is told ClientClosed."""
        self._is_closed = True
        if self._core is not None:
            await self._core.close()

    def call(self, operation: operation[..., T]) -> Callable[..., Coroutine[Any, Any, T]]:
        memory, build, perform, name = self._memory, operation.build, self._perform, operation.name

        async def call(*arguments: Any, **named: Any) -> T:
            ask = build(self, *arguments, **named)
            known = memory.recall(ask)
            return await perform(ask) if known is None else known.answer

        async def plain_call(*arguments: Any, **named: Any) -> T:
            if named:
                return await call(*arguments, **named)
            contents = memory.contents
            answer: T | None = contents.get((name, arguments))
            if answer is None:
                answer = await call(*arguments)
                contents.put((name, arguments), answer)
            return answer

        return plain_call if operation.is_plain else call

    async def _perform(self, ask: Ask[T]) -> T:
        if self._is_closed:
            raise ClientClosed("this client was closed")
        if self._core is None:
            self._core = Core(self._settings, self._memory)
        elif self._core.loop is not asyncio.get_running_loop():
            raise RuntimeError("this client belongs to another event loop: each needs one of its own")
        return await self._core.perform(ask)


class RegistryClient(Client, Waits):
    """A client for all other programs. Close it, or use `with`; what is not closed is closed at the program's end."""

    def _begin(self) -> None:
        self._starting = Lock()
        self._thread: _CoreThread | None = None
        self._is_closed = False
        _clients.add(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections, and end the thread. Who still waits for an answer is told ClientClosed."""
        with self._starting:
            self._is_closed = True
            thread = self._thread
        if thread is not None:
            thread.stop()

    def call(self, operation: operation[..., T]) -> Callable[..., T]:
        memory, build, perform, name = self._memory, operation.build, self._perform, operation.name

        def call(*arguments: Any, **named: Any) -> T:
            ask = build(self, *arguments, **named)
            known = memory.recall(ask)
            return perform(ask) if known is None else known.answer

        def plain_call(*arguments: Any, **named: Any) -> T:
            if named:
                return call(*arguments, **named)
            contents = memory.contents
            answer: T | None = contents.get((name, arguments))
            if answer is None:
                answer = call(*arguments)
                contents.put((name, arguments), answer)
            return answer

        return plain_call if operation.is_plain else call

    def _perform(self, ask: Ask[T]) -> T:
        return self._running().perform(ask)

    def _running(self) -> "_CoreThread":
        with self._starting:
            if self._is_closed:
                raise ClientClosed("this client was closed")
            if self._thread is None:
                self._thread = _CoreThread(self._settings, self._memory)
                weakref.finalize(self, self._thread.stop)
            return self._thread

    def after_fork(self) -> None:
        """The thread stayed in the parent, and perhaps holds the lock there."""
        self._starting = Lock()
        if self._thread is not None:
            _inherited.append(self._thread)
            self._thread = None


class _CoreThread:
    """A core, on a loop that runs in a thread."""

    def __init__(self, settings: Settings, memory: Memory) -> None:
        started: Future[tuple[Core, asyncio.Event]] = Future()
        main = _main(settings, memory, started)
        self._thread = Thread(target=_run, args=(main,), name="momus-client", daemon=True)
        self._thread.start()
        self._core, self._stopping = started.result()
        self._waiting: set[Future[Any]] = set()

    def perform(self, ask: Ask[T]) -> T:
        work = self._core.perform(ask)
        try:
            future = asyncio.run_coroutine_threadsafe(work, self._core.loop)
        except RuntimeError:
            work.close()
            if not self._core.loop.is_closed():  # then it is the caller's stack that is full
                raise
            raise ClientClosed("this client was closed") from None
        self._waiting.add(future)
        if self._core.loop.is_closed():  # since it was handed over
            future.cancel()
        try:
            return future.result()
        except CancelledError:
            raise ClientClosed("this client was closed while it waited") from None
        except BaseException:
            future.cancel()  # as at Ctrl-C: nobody waits for it any more
            raise
        finally:
            self._waiting.discard(future)

    def stop(self) -> None:
        if not self._thread.is_alive():  # as in a forked process
            return
        self._core.loop.call_soon_threadsafe(self._stopping.set)
        if self._thread is current_thread():  # a client that nobody holds is found in whatever thread collects garbage
            return
        self._thread.join()
        for future in list(self._waiting):  # handed over when the loop had just made its last turn
            future.cancel()


def _run(main: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner() as runner:
        runner.run(main)


async def _main(settings: Settings, memory: Memory, started: "Future[tuple[Core, asyncio.Event]]") -> None:
    try:
        core, stopping = Core(settings, memory), asyncio.Event()
    except BaseException as problem:  # noqa: BLE001 - a certificate that cannot be read, for whoever asked first
        started.set_exception(problem)
        return
    started.set_result((core, stopping))
    await stopping.wait()
    await core.close()


# ------------------------------------------------------------------- forks

_clients: "weakref.WeakSet[RegistryClient]" = weakref.WeakSet()
_inherited: list[_CoreThread] = []  # whose sockets and selector are the parent's: nothing of them is closed here


def _forked() -> None:
    for client in list(_clients):
        client.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
