"""Threads, loops, forks, and the end of a client."""

import asyncio
import gc
import multiprocessing
import subprocess
import sys
import threading
from collections.abc import Awaitable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest

from momus.client import AsyncRegistryClient, ClientClosed, RegistryClient, RegistryError
from tests.client.rogue import Answer, Seen, rogue
from tests.served import PATIENCE, environment

SCHEMA = Answer(200, b'{"schema":"{}"}')


def threads_of_clients() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "momus-client"]


def test_a_client_costs_nothing_until_it_asks() -> None:
    """Its thread begins with the first request, ends when it is closed, and when nobody holds it any more."""
    with rogue(lambda _: SCHEMA) as server:
        before = len(threads_of_clients())
        client = RegistryClient(server.url)
        assert len(threads_of_clients()) == before
        client.get_schema(1)
        assert len(threads_of_clients()) == before + 1
        client.close()
        client.close()
        assert len(threads_of_clients()) == before
        lost = RegistryClient(server.url)
        lost.get_schema(1)
        del lost
        gc.collect()
        assert len(threads_of_clients()) == before


def test_a_client_may_be_lost_in_its_own_thread() -> None:
    """Garbage is collected wherever there is too much of it: also where the client works."""

    async def collect() -> None:
        gc.collect()

    with rogue(lambda _: SCHEMA) as server:
        client = RegistryClient(server.url)
        client.get_schema(1)
        working = client._thread
        assert working is not None
        thread, loop = working._thread, working._core.loop
        del client, working
        collecting = asyncio.run_coroutine_threadsafe(collect(), loop)
        collecting.exception(PATIENCE)
        thread.join(PATIENCE)
        assert not thread.is_alive()


def test_many_threads_share_one_client() -> None:
    """Their requests run side by side."""
    together = threading.Barrier(6)

    def answer(_: Seen) -> Answer:
        together.wait(PATIENCE)  # broken unless six are under way at once
        return SCHEMA

    with rogue(answer) as server, RegistryClient(server.url, retries=0) as client, ThreadPoolExecutor(6) as threads:
        assert len(list(threads.map(client.get_schema, range(6)))) == 6


def test_what_is_known_is_told_after_the_end() -> None:
    """A closed client asks nothing any more; what it remembers needs no asking."""
    with rogue(lambda _: SCHEMA) as server:
        with RegistryClient(server.url) as client:
            client.get_schema(1)
        assert client.get_schema(1).schema == "{}"
        with pytest.raises(ClientClosed):
            client.get_schema(2)
        with pytest.raises(ClientClosed):
            RegistryClient.list_subjects.__get__(client, RegistryClient)()


def test_who_waits_when_a_client_is_closed_is_told_so() -> None:
    """Closing ends what is under way."""
    asked, hold = Event(), Event()

    def answer(_: Seen) -> Answer:
        asked.set()
        hold.wait(PATIENCE)
        return SCHEMA

    with rogue(answer) as server, ThreadPoolExecutor(2) as threads:
        client = RegistryClient(server.url, retries=0)
        waiting: list[Future[Any]] = [threads.submit(client.get_schema, 1), threads.submit(client.list_subjects)]
        asked.wait(PATIENCE)
        client.close()
        assert {type(each.exception(PATIENCE)) for each in waiting} == {ClientClosed}
        hold.set()


async def test_a_task_that_waits_when_a_client_is_closed_is_told_so() -> None:
    """It is told, not cancelled: that would end a task that nobody cancelled."""
    asked, hold = Event(), Event()

    def answer(_: Seen) -> Answer:
        asked.set()
        hold.wait(PATIENCE)
        return SCHEMA

    with rogue(answer) as server:
        client = AsyncRegistryClient(server.url, retries=0)
        async with asyncio.TaskGroup() as tasks:
            waiting = [
                tasks.create_task(told(ask))
                for ask in (client.get_schema(1), client.get_schema(1), client.list_subjects())
            ]
            await asyncio.to_thread(asked.wait, PATIENCE)
            await client.close()
        assert {each.result() for each in waiting} == {ClientClosed}
        hold.set()


async def told(ask: Awaitable[object]) -> type[BaseException] | None:
    try:
        await ask
    except RegistryError as error:
        return type(error)
    return None


async def test_the_blocking_client_works_where_a_loop_runs() -> None:
    """Its own loop is another."""
    with rogue(lambda _: SCHEMA) as server, RegistryClient(server.url) as client:
        assert client.get_schema(1).schema == "{}"


async def test_an_asyncio_client_ends() -> None:
    """After `async with` it asks nothing any more."""
    with rogue(lambda _: SCHEMA) as server:
        async with AsyncRegistryClient(server.url) as client:
            await client.get_schema(1)
        with pytest.raises(ClientClosed):
            await client.get_schema(2)


def test_an_asyncio_client_has_one_loop() -> None:
    """In another loop it says so, rather than hang."""
    with rogue(lambda _: SCHEMA) as server, asyncio.Runner() as first, asyncio.Runner() as second:
        client = AsyncRegistryClient(server.url)
        first.run(client.get_schema(1))
        with pytest.raises(RuntimeError, match="another event loop"):
            second.run(client.get_schema(2))
        first.run(client.close())


@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_a_forked_process_asks_by_itself() -> None:
    """A client that was used before the fork works on both sides of it."""
    with rogue(lambda _: SCHEMA) as server, RegistryClient(server.url) as client:
        client.get_schema(1)
        context = multiprocessing.get_context("fork")
        told: multiprocessing.Queue[str] = context.Queue()
        child = context.Process(target=lambda: told.put(client.get_schema(2).schema), daemon=True)
        child.start()
        assert told.get(timeout=PATIENCE) == "{}"
        child.join(PATIENCE)
        assert child.exitcode == 0
        assert client.get_schema(3).schema == "{}"
        assert len(server.seen) == 3


def test_a_program_that_closes_nothing_ends(tmp_path: object) -> None:
    """It ends at once, with nothing on stderr, also under `-W error`."""
    program = "from momus.client import RegistryClient; import sys; c = RegistryClient(sys.argv[1]); c.get_schema(1)"
    with rogue(lambda _: SCHEMA) as server:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", program, server.url],
            capture_output=True,
            check=False,
            env=environment(),
            cwd=str(tmp_path),
            timeout=PATIENCE,
        )
    assert (done.returncode, done.stderr) == (0, b"")
