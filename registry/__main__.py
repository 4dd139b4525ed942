"""Settings → build → run → stop. `momus serve` comes here, and `python -m registry`, which takes no flags.

What goes wrong at the start is one line on stderr and an exit code: 1 when the machine stands in the way (a port, a
folder), 2 when a setting is wrong.
"""

import asyncio
import errno
import gc
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import structlog
import uvloop
from aiohttp import web

from registry import journal
from registry.build import advertise, build
from registry.http.app import PARTS
from registry.log.log import LogInUse, LogUnavailable
from registry.node import Node
from registry.settings import Settings, WrongSettings, load, service_links

PROGRESS_EVERY = 2.0  # seconds between lines while the log is read

# Nearly all that is made is kept (the state, parsed schemas) or gone with its last reference: with Python's own
# 700, 10, 10 a fifth of a registration goes into looking for garbage, and there is none. The middle generation comes
# soon, so that its objects are looked through in less than 20 ms.
COLLECT_AFTER = (10_000, 1, 30)

log = structlog.get_logger("registry")


class CannotStart(Exception):
    """Something outside stands in the way; the text says what, and what would help."""


def main() -> int:
    try:
        return run(load())
    except WrongSettings as wrong:
        print(wrong, file=sys.stderr)  # noqa: T201 - there is no journal yet
        return 2


def run(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; the exit code."""
    gc.set_threshold(*COLLECT_AFTER)
    journal.configure(settings.log_level, settings.log_format)
    if links := service_links():
        log.info("left alone: set by Kubernetes for a Service named momus", variables=links)
    try:
        uvloop.run(serve(settings))
    except CannotStart as problem:
        log.debug("cannot start", exc_info=True)
        print(f"momus: {problem}", file=sys.stderr)  # noqa: T201 - for the user, whatever the journal's level
        return 1
    return 0


async def serve(settings: Settings) -> None:
    stop = _stop_signal()
    runner = web.AppRunner(
        build(settings),
        access_log=None,  # the dispatcher writes it
        keepalive_timeout=settings.idle_timeout,  # counts from the connection's start: a slow head ends it, too
        shutdown_timeout=settings.shutdown_timeout,
    )
    try:
        with _uncollected():
            with _explained(settings):
                await _open(runner, settings)
            banner = Banner(settings, _urls(runner))
            banner.listening()
            await _either(_report_replay(runner.app[PARTS].node, banner), stop.wait())
        await stop.wait()
        log.info("stopping")
    finally:
        await runner.cleanup()
    log.info("stopped")


@contextmanager
def _uncollected() -> Iterator[None]:
    """No garbage is looked for: a replay makes none, and the looking takes a fifth of its time.

    What was imported and read by the end of it stays, so later collections need not look at it.
    """
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


async def _either(one: Coroutine[Any, Any, object], other: Coroutine[Any, Any, object]) -> None:
    """Until the first of them has come to its end, or failed."""
    async with asyncio.TaskGroup() as tasks:
        first, second = tasks.create_task(one), tasks.create_task(other)
        first.add_done_callback(lambda _: second.cancel())
        second.add_done_callback(lambda _: first.cancel())


async def _open(runner: web.AppRunner, settings: Settings) -> None:
    """The port first: a start that finds it taken has made no folder and touched no log."""
    with ExitStack() as bound:
        sockets = [bound.enter_context(each) for each in await _bound(settings.host, settings.port)]
        advertise(runner.app, _url(sockets[0].getsockname()))
        await runner.setup()
        for each in sockets:
            await web.SockSite(runner, each).start()
        bound.pop_all()  # they are the runner's now


async def _bound(host: str, port: int) -> list[socket.socket]:
    """A socket for each address of the host that this machine has, bound, and not listening yet."""
    loop = asyncio.get_running_loop()
    sockets: list[socket.socket] = []
    absent: OSError | None = None
    for family, kind, protocol, _, where in dict.fromkeys(
        await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    ):
        try:
            sockets.append(_socket(family, kind, protocol, where))
        except OSError as error:
            if error.errno not in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:  # localhost is ::1, too, even without IPv6
                for each in sockets:
                    each.close()
                raise
            absent = error
    if absent is not None and not sockets:
        raise absent
    return sockets


def _socket(family: int, kind: int, protocol: int, where: Any) -> socket.socket:
    with ExitStack() as failed:
        opened = failed.enter_context(socket.socket(family, kind, protocol))
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind(where)
        failed.pop_all()
    return opened


def _stop_signal() -> asyncio.Event:
    """Set by SIGTERM and SIGINT. A second one ends the process at once, with the code that shells know: 128 and it."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def stopped() -> None:
        stop.set()
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(each)
            signal.signal(each, lambda number, _frame: os._exit(128 + number))  # what was acknowledged is synced

    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stopped)
    return stop


@contextmanager
def _explained(settings: Settings) -> Iterator[None]:
    where = f"{settings.host}:{settings.port}"
    try:
        yield
    except (LogInUse, LogUnavailable) as problem:
        raise CannotStart(str(problem)) from problem
    except OSError as error:
        match error.errno:
            case errno.EADDRINUSE:
                raise CannotStart(
                    f"{where} is in use by another program; choose another port: --port 8090, or MOMUS_PORT=8090 "
                    "(MOMUS_PORT=8090 make run); 0 takes a free one."
                ) from error
            case errno.EACCES if settings.port < 1024:
                raise CannotStart(f"{where} needs rights that this user does not have; try --port 8081.") from error
            case _:
                raise CannotStart(f"cannot listen on {where}: {error.strerror or error}") from error


def _urls(runner: web.AppRunner) -> list[str]:
    return [_url(address) for address in runner.addresses]


def _url(address: Sequence[Any]) -> str:
    host = f"[{address[0]}]" if ":" in address[0] else address[0]
    return f"http://{host}:{address[1]}"


class Banner:
    """What the one who started us wants to know, on stdout: lines for people, or JSON where the journal is JSON too."""

    def __init__(self, settings: Settings, urls: list[str]) -> None:
        self._is_plain = journal.is_console(settings.log_format)
        self._urls = urls
        self._data = _whereabouts(settings)

    def listening(self) -> None:
        self._tell(
            f"Momus listens on {' and '.join(self._urls)}, its data is in {self._data}",
            "listening",
            url=self._urls[0],
            data=self._data,
        )

    def replaying(self, node: Node) -> None:
        share = min(100 * node.reader.position // max(node.reader.replay_end, 1), 99)
        self._tell(
            f"reading the log: {node.reader.position:,} of {node.reader.replay_end:,} records ({share} %)",
            "replaying",
            position=node.reader.position,
            end=node.reader.replay_end,
        )

    def ready(self, node: Node) -> None:
        state = node.state
        since_start = seconds_since_start()
        self._tell(
            f"{state.live_schemas:,} schemas of {state.live_subjects:,} subjects read "
            f"in {node.reader.replay_seconds:.2f} s, ready {since_start:.2f} s after the start",
            "ready",
            schemas=state.live_schemas,
            subjects=state.live_subjects,
            unreadable_records=state.unreadable_count,
            replay_seconds=round(node.reader.replay_seconds, 3),
            seconds_since_start=round(since_start, 3),
        )

    def _tell(self, line: str, event: str, **members: str | float) -> None:
        told = line if self._is_plain else json.dumps({"event": event} | members)
        with suppress(OSError):  # whoever read our stdout may have left
            print(told, flush=True)  # noqa: T201 - this is the banner


def _whereabouts(settings: Settings) -> str:
    if settings.kafka is not None:
        return f"the topic {settings.topic} on {settings.kafka}"
    return "memory" if settings.log == "memory" else str(settings.data.absolute())


async def _report_replay(node: Node, banner: Banner) -> None:
    while not node.is_ready:
        with suppress(TimeoutError):
            await asyncio.wait_for(node.until_ready(), PROGRESS_EVERY)
            break
        if node.reader.replay_end:  # else the brokers are out of reach, which the journal tells
            banner.replaying(node)
    banner.ready(node)


def seconds_since_start() -> float:
    """Since the process was started, imports and all."""
    try:
        ticks = int(Path("/proc/self/stat").read_text(encoding="ascii").rpartition(")")[2].split()[19])
        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError):  # not Linux
        return time.process_time()


if __name__ == "__main__":
    sys.exit(main())
