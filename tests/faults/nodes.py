"""A cluster of registry nodes for tests: `momus serve` processes on a real Kafka, to be stopped, killed and paused.

What brokers are is known in `tests.kafka`; here they are addresses. Nothing outlives the process that started it.
"""

import json
import os
import signal
import socket
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.served import MOMUS, ROOT, environment

PATIENCE = 90.0  # seconds; far more than anything takes, so that what hangs fails
PROBE = 2.0  # seconds for a look at a node that may stand still
SESSION = 1.5  # seconds that a node may be silent; the brokers of our tests allow it
SERVE = (*MOMUS, "serve")
STARTER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="node-starter")  # nodes die with it: see tests.kafka


class Node:
    """One node, on a port that stays its own; made by `Nodes`. Its working folder is empty, its journal beside it."""

    def __init__(self, number: int, port: int, folder: Path, command: Sequence[str]) -> None:
        self.number = number
        self.port = port
        self.folder = folder / f"node-{number}"
        self.journal = folder / f"node-{number}.log"
        self.began: list[float] = []  # when each of its lives did: seconds since 1970
        self._command = (*command, "--port", str(port), "--log-format", "json")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def life(self) -> str:
        """A name of what it is between two starts."""
        return f"{self.number}.{len(self.began)}"

    @property
    def pid(self) -> int:
        assert self._process is not None, f"node {self.number} was never started"
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Paused counts."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """`wait_until_ready` says when it serves."""
        assert not self.is_running, f"node {self.number} is running"
        self.folder.mkdir(exist_ok=True)
        self.began.append(time.time())
        with self.journal.open("ab") as journal:
            self._process = STARTER.submit(_spawn, self._command, self.folder, journal.fileno()).result()

    def wait_until_ready(self) -> None:
        """Until it has read the log to its end."""
        wait_for(self._is_ready, f"node {self.number} to be ready", self.last_words)

    def stop(self) -> int:
        """As an operator does; the exit code."""
        self._signal(signal.SIGCONT, signal.SIGTERM)
        return self._reap()

    def kill(self) -> None:
        """Paused or not."""
        self._signal(signal.SIGKILL)
        self._reap()

    def pause(self) -> None:
        """It keeps its sockets open and does nothing."""
        self._signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)  # its threads stop one by one

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def health(self, patience: float = PROBE) -> dict[str, Any]:
        """What `/health` says, ready or not; nothing when nobody answers."""
        try:
            return dict(self.ask("GET", "/health", patience=patience)[1])
        except OSError:
            return {}

    def ask(self, method: str, path: str, body: object = None, *, patience: float = PATIENCE) -> tuple[int, Any]:
        """Status and body; an OSError if nobody answers."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urlopen(request, timeout=patience) as reply:
                return reply.status, json.loads(reply.read())
        except HTTPError as refused:
            with refused:
                return refused.code, json.loads(refused.read())

    def last_words(self) -> str:
        words = self.journal.read_text(encoding="utf-8", errors="replace")[-4000:] if self.journal.exists() else ""
        return f"node {self.number} on {self.port}:\n{words}"

    def _is_ready(self) -> bool:
        assert self.is_running, f"it ended: {self.last_words()}"
        return self.health().get("ready") is True

    def _signal(self, *signals: signal.Signals) -> None:
        assert self._process is not None and self.is_running, f"node {self.number} is not running"  # noqa: PT018
        for each in signals:
            self._process.send_signal(each)

    def _reap(self) -> int:
        assert self._process is not None
        return self._process.wait(PATIENCE)


class Nodes:
    """A cluster on a topic and in a group of its own, one node a bootstrap address. Inside a `with` it is settled.

    With `bootstrap_of("NODE0")` and so on of a proxied cluster (`tests.kafka.fixtures.cluster`) each node has its own
    way to each broker.
    """

    def __init__(
        self,
        bootstraps: Sequence[str],
        folder: Path,
        *flags: str,
        topic: str | None = None,
        session: float = SESSION,
        command: Sequence[str] = SERVE,
    ) -> None:
        """`flags` are for all nodes; `command` is another program that takes those of `momus serve`."""
        self.topic = topic or f"nodes-{uuid.uuid4().hex}"
        self.group = f"group-{self.topic}"
        self.session = session
        self.is_fenced = "log-claim" not in flags  # by the brokers
        self.nodes: tuple[Node, ...] = ()
        self._bootstraps = bootstraps
        self._folder = folder
        self._flags = flags
        self._command = command
        self._resources = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as resources:
            self.nodes = tuple(
                Node(number, _port(resources), self._folder, self._command_on(bootstrap))
                for number, bootstrap in enumerate(self._bootstraps)
            )
            resources.callback(self._kill)
            for node in self.nodes:
                node.start()
            self.wait_until_settled()
            self._resources = resources.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._resources.close()

    def wait_until_settled(self) -> Node:
        """Until all nodes that run are ready and know the same one of them as the primary; that one. None is paused."""
        found: list[Node] = []

        def is_settled() -> bool:
            found[:] = filter(None, [self.primary()])
            return bool(found)

        wait_for(is_settled, "the nodes to agree on a primary", self.last_words)
        return found[0]

    def primary(self) -> Node | None:
        """The one that all that run take for it, itself included; None when they are not ready, or do not agree."""
        running = [node for node in self.nodes if node.is_running]
        healths = [node.health() for node in running]
        roles = [health.get("role") for health in healths]
        named = {health.get("primary_url") for health in healths}
        if not all(health.get("ready") for health in healths) or roles.count("primary") != 1 or len(named) != 1:
            return None
        primary = running[roles.index("primary")]
        return primary if named == {primary.url} else None

    def acting(self) -> Node | None:
        """One that takes itself for the primary at this moment, for whoever wants to disturb it."""
        for node in self.nodes:
            if node.is_running and node.health(PROBE / 4).get("role") == "primary":
                return node
        return None

    def others(self, than: Node) -> tuple[Node, ...]:
        return tuple(node for node in self.nodes if node is not than)

    @property
    def lives(self) -> dict[str, float]:
        """When each life of each node began."""
        return {f"{node.number}.{count}": at for node in self.nodes for count, at in enumerate(node.began, 1)}

    def last_words(self) -> str:
        return "\n".join(f"{node.health()}\n{node.last_words()}" for node in self.nodes)

    def _command_on(self, bootstrap: str) -> tuple[str, ...]:
        own = ("--kafka", bootstrap, "--topic", self.topic, "--group", self.group)
        return (*self._command, *own, "--session-timeout", f"{self.session:g}", *self._flags)

    def _kill(self) -> None:
        for node in self.nodes:
            if node.is_running:
                node.kill()


def wait_for(condition: Callable[[], bool], meant: str, details: Callable[[], str] = str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited {PATIENCE:.0f} s for {meant}: {details()}"
        blink()


def blink() -> None:
    """Before the same is asked again."""
    threading.Event().wait(0.02)


def _port(resources: ExitStack) -> int:
    """A free one, ours until the end: while no node listens there, nobody else can."""
    reserved = resources.enter_context(socket.socket())
    reserved.bind(("127.0.0.1", 0))
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # the node sets it too, and may join
    port: int = reserved.getsockname()[1]
    return port


def _spawn(command: Sequence[str], folder: Path, journal: int) -> "subprocess.Popen[bytes]":
    """Run by STARTER: the kernel kills the child when the thread that made it is gone."""
    return subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", *command],
        cwd=folder,
        env=environment(PYTHONPATH=str(ROOT)),
        stdin=subprocess.DEVNULL,
        stdout=journal,
        stderr=journal,
        start_new_session=True,
    )
