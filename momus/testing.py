"""The real registry in the process of a test, on the log in memory: what it answers is what a server would answer.

    from momus.testing import registry  # a pytest fixture: an empty registry for each test

    def test_orders_are_registered(registry):
        send_orders(schema_registry_url=registry.url)

`Registry` is the same without pytest, a context manager. It listens on a free port of 127.0.0.1, in a thread of its
own, so any client can be used; there can be several at once.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread
from typing import Any, Self

from aiohttp import web

from compat import load
from registry.build import build
from registry.http.app import PARTS
from registry.settings import ROWS, Settings

with suppress(ModuleNotFoundError):  # pytest is not there: only the fixture needs it
    from momus.pytest_plugin import registry

load("AVRO")  # now, rather than in the first test that starts a registry

PATIENCE = 30.0  # seconds; far more than anything takes, so that what hangs fails


class Registry:
    """A registry that is empty when it starts and gone when it stops. `settings` are those of `momus serve`."""

    def __init__(self, **settings: object) -> None:
        unknown = sorted(settings.keys() - ROWS.keys())
        if unknown:
            raise TypeError(f"no settings of the registry: {', '.join(unknown)}")
        told: dict[str, Any] = {"log": "memory", "shutdown_timeout": 1.0}
        told |= {name: _read(name, value) for name, value in settings.items()}
        self._settings = Settings(**told)
        self._thread: Thread | None = None
        self._stop: Callable[[], object] = lambda: None
        self._url = ""

    @property
    def url(self) -> str:
        """Where it listens, as `http://127.0.0.1:43210`."""
        if not self._url:
            raise RuntimeError("the registry does not run: use `with Registry() as registry`, or start it")
        return self._url

    def start(self) -> Self:
        """Returns when it is ready."""
        if self._thread is not None:
            raise RuntimeError("the registry runs already")
        started: Future[tuple[str, Callable[[], object]]] = Future()
        self._thread = Thread(target=_run, args=(self._settings, started), name="momus-registry", daemon=True)
        self._thread.start()
        try:
            self._url, self._stop = started.result(PATIENCE)
        except BaseException:
            self._thread = None
            raise
        return self

    def stop(self) -> None:
        """What was registered is forgotten; requests that are under way are answered."""
        if self._thread is not None:
            self._stop()
            self._thread.join()
            self._thread, self._url = None, ""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def _read(name: str, value: object) -> Any:
    kind = ROWS[name].kind
    try:
        return kind.read(value)
    except (ValueError, KeyError):
        raise ValueError(f"{name} is {value!r}: it must be {kind.right}") from None


def _run(settings: Settings, started: "Future[tuple[str, Callable[[], object]]]") -> None:
    try:
        asyncio.run(_serve(settings, started))
    except BaseException as problem:
        if started.done():
            raise
        started.set_exception(problem)


async def _serve(settings: Settings, started: "Future[tuple[str, Callable[[], object]]]") -> None:
    app = build(settings)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=settings.shutdown_timeout)
    try:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        await app[PARTS].node.until_ready()
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        host, port = runner.addresses[0][:2]
        started.set_result((f"http://{host}:{port}", lambda: loop.call_soon_threadsafe(stop.set)))
        await stop.wait()
    finally:
        await runner.cleanup()


__all__ = ["Registry", "registry"]
