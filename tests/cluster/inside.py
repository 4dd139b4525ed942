"""A cluster of registry nodes inside the test's own process: real HTTP on free ports, real brokers, real elections.

Cheaper than processes (`tests.faults.nodes`), and a test may look inside. What is done to nodes from outside is not
for here: they are neither killed nor paused.
"""

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import Any

from aiohttp import web

from registry.build import advertise, build
from registry.election.election import Standing
from registry.http.app import PARTS
from registry.node import Node
from registry.settings import Settings, load

PATIENCE = 60.0  # seconds; far more than anything takes, so that what hangs fails
HEARTBEAT = "50ms"


@dataclass(frozen=True, slots=True)
class Member:
    """A node that is served. `node` belongs to the loop that serves it."""

    url: str
    node: Node
    runner: web.AppRunner

    @property
    def leads(self) -> bool:
        return self.node.standing.role == "primary"

    async def until_ready(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.node.until_ready()

    async def until_standing(self, wanted: Callable[[Standing], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.node.until_standing(wanted)

    async def stop(self) -> None:
        await self.runner.cleanup()


@dataclass(frozen=True, slots=True)
class Members:
    """All nodes of a cluster, in the order in which they were started."""

    all: tuple[Member, ...]

    @property
    def urls(self) -> list[str]:
        return [member.url for member in self.all]

    @property
    def primary(self) -> Member:
        return next(member for member in self.all if member.leads)

    @property
    def followers(self) -> list[Member]:
        return [member for member in self.all if not member.leads]

    async def until_settled(self) -> None:
        """Until all are ready and know the same one of them as the primary."""
        async with asyncio.timeout(PATIENCE):
            for member in self.all:
                await member.node.until_ready()
            await asyncio.gather(*(member.node.until_standing(_is_settled) for member in self.all))

    async def until_even(self) -> None:
        """Until each has read what any of them has: what is there already is not asked for anew in every read."""
        furthest = max(member.node.reader.position for member in self.all)
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(member.node.reader.up_to(furthest) for member in self.all))


@asynccontextmanager
async def members(bootstrap: str, topic: str, count: int = 3, **settings: Any) -> AsyncIterator[Members]:
    """A settled cluster on a topic and in a group of its own."""
    async with AsyncExitStack() as running:
        all_ = [await running.enter_async_context(member(bootstrap, topic, **settings)) for _ in range(count)]
        found = Members(tuple(all_))
        await found.until_settled()
        yield found


@asynccontextmanager
async def member(bootstrap: str, topic: str, **settings: Any) -> AsyncIterator[Member]:
    """One node, as soon as it listens."""
    async with served(settings_of(bootstrap, topic, **settings)) as found:
        yield found


def settings_of(bootstrap: str, topic: str, **settings: Any) -> Settings:
    """Those of a node that is elected quickly; whatever a setting is called, it is told as in a file."""
    usual = {"kafka": bootstrap, "topic": topic, "group": f"group-{topic}", "replication_factor": 1}
    return load(usual | {"heartbeat_interval": HEARTBEAT, **settings}, environment={})


@asynccontextmanager
async def served(settings: Settings) -> AsyncIterator[Member]:
    app = build(settings)
    runner = web.AppRunner(app, shutdown_timeout=1)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        advertise(app, url)
        await runner.setup()
        try:
            await web.SockSite(runner, listening).start()
            yield Member(url, app[PARTS].node, runner)
        finally:
            async with asyncio.timeout(PATIENCE):
                await runner.cleanup()
            gc.collect()  # what a client of Kafka leaves behind is told in the test that left it


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A cluster that another thread serves."""

    urls: list[str]
    _members: Members
    _loop: asyncio.AbstractEventLoop

    def wait_until_even(self) -> None:
        asyncio.run_coroutine_threadsafe(self._members.until_even(), self._loop).result(PATIENCE)


@contextmanager
def in_thread(bootstrap: str, topic: str, count: int = 3, **settings: Any) -> Iterator[Elsewhere]:
    """For tests that wait for their answers without a loop, or each in a loop of its own."""
    started: Future[Elsewhere] = Future()
    stop = asyncio.Event()

    async def serve() -> None:
        try:
            async with members(bootstrap, topic, count, **settings) as found:
                started.set_result(Elsewhere(found.urls, found, asyncio.get_running_loop()))
                await stop.wait()
        except BaseException as failure:
            if started.done():
                raise
            started.set_exception(failure)

    thread = Thread(target=lambda: asyncio.run(serve()), name="cluster")
    thread.start()
    elsewhere = started.result(2 * PATIENCE)
    try:
        yield elsewhere
    finally:
        elsewhere._loop.call_soon_threadsafe(stop.set)
        thread.join()


def _is_settled(standing: Standing) -> bool:
    return standing.role == "primary" or standing.primary_url is not None
