"""Momus in a thread of the test's own process: a fresh registry for each test, real HTTP, on a free port."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from threading import Thread

from aiohttp import ClientSession, web

from registry.build import build
from registry.settings import load
from tests.served import PATIENCE


@contextmanager
def running() -> Iterator[str]:
    """The URL of an empty registry on the memory log, ready."""
    started: Future[tuple[str, Callable[[], object]]] = Future()
    thread = Thread(target=lambda: asyncio.run(_serve(started)))
    thread.start()
    url, stop = started.result(PATIENCE)
    try:
        yield url
    finally:
        stop()
        thread.join()


async def _serve(started: Future[tuple[str, Callable[[], object]]]) -> None:
    try:
        async with _server() as url:
            stop, loop = asyncio.Event(), asyncio.get_running_loop()
            started.set_result((url, lambda: loop.call_soon_threadsafe(stop.set)))
            await stop.wait()
    except BaseException as failure:
        if started.done():
            raise
        started.set_exception(failure)


@asynccontextmanager
async def _server() -> AsyncIterator[str]:
    runner = web.AppRunner(build(load({"log": "memory"}, environment={})), shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        url = f"http://{host}:{port}"
        async with asyncio.timeout(PATIENCE), ClientSession() as session:
            while (await session.get(f"{url}/health/ready")).status != 200:
                pass  # it answers, so this waits for nothing else
        yield url
    finally:
        await runner.cleanup()
