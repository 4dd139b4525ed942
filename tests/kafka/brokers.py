"""A real Apache Kafka for tests: one broker or several, in a folder of their own, to be stopped, killed and paused.

Nothing outlives the process that started it, whatever ends that: brokers die with the thread that starts them, which
lives as long as the process; and the folder is removed by a shell that waits for the end of its input.
"""

import argparse
import base64
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.kafka import artefacts, wire
from tests.kafka.proxy import Proxy

PATIENCE = 90.0  # seconds; far more than anything takes, so that what hangs fails
STARTER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="kafka-starter")
REMOVE = 'cat; until rm -rf -- "$1"; do sleep 0.1; done'  # again while dying brokers still write

PROPERTIES = {
    "process.roles": "broker,controller",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.num.partitions": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "group.initial.rebalance.delay.ms": "0",
    "auto.create.topics.enable": "false",
    "log.cleaner.dedupe.buffer.size": "16777216",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "log.cleaner.backoff.ms": "300",  # what a topic wants compacted is, soon
    "log.initial.task.delay.ms": "100",
    "group.min.session.timeout.ms": "500",  # elections need not take six seconds
    "broker.session.timeout.ms": "2000",  # after which a killed broker is known to be gone
    "broker.heartbeat.interval.ms": "500",
}


@dataclass(frozen=True, slots=True)
class Listener:
    """Another address of each broker; its properties are named as Kafka names them, without the listener's prefix."""

    name: str
    protocol: str = "PLAINTEXT"
    properties: Mapping[str, str] = field(default_factory=dict)
    proxied: bool = False  # what clients are told is a proxy's address, one a broker


PLAIN = Listener("PLAINTEXT")
CONTROLLER = Listener("CONTROLLER")


class Broker:
    """One node of a cluster, broker and controller in one; made by `Cluster`."""

    def __init__(self, cluster: "Cluster", node: int) -> None:
        self.cluster = cluster
        self.node = node
        self.ports = {listener.name: cluster.port() for listener in (PLAIN, CONTROLLER, *cluster.listeners)}
        self.proxies = {each.name: cluster.proxy(self.ports[each.name]) for each in cluster.listeners if each.proxied}
        self.folder = cluster.folder / str(node)
        self.journal = cluster.folder / f"{node}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        return self.bootstrap_of(PLAIN.name)

    def bootstrap_of(self, listener: str) -> str:
        """The address that clients are told: a proxy's, if there is one."""
        proxy = self.proxies.get(listener)
        return proxy.address if proxy else f"127.0.0.1:{self.ports[listener]}"

    @property
    def pid(self) -> int:
        assert self._process is not None, f"broker {self.node} was never started"
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Paused counts."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """On the data that is there. `wait_until_ready` says when it serves."""
        assert not self.is_running, f"broker {self.node} is running"
        command = artefacts.java(*self.cluster.flags, main="kafka.Kafka", arguments=[str(self._settings())])
        with self.journal.open("ab") as journal:
            self._process = STARTER.submit(_spawn, command, journal.fileno()).result()

    def wait_until_ready(self) -> None:
        """Until it answers that it knows itself and all others that run."""
        self.cluster.wait_for(self._is_ready, f"broker {self.node} to be ready")

    def stop(self) -> None:
        """As an operator does; leadership moves first."""
        self._signal(signal.SIGCONT, signal.SIGTERM)
        self._reap()

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

    def restart(self) -> None:
        """On the same data and ports, and ready; stopped before, if it was running."""
        if self.is_running:
            self.stop()
        self.start()
        self.wait_until_ready()

    def _is_ready(self) -> bool:
        assert self.is_running, f"broker {self.node} ended:\n{self.last_words()}"
        try:
            answer = wire.metadata(self.ports[PLAIN.name])
        except OSError:
            return False
        assert answer.cluster_id == self.cluster.id, "another broker answers at our port"
        return answer.brokers >= {broker.node for broker in self.cluster.brokers if broker.is_running}

    def last_words(self) -> str:
        return self.journal.read_text(encoding="utf-8", errors="replace")[-4000:]

    def _signal(self, *signals: signal.Signals) -> None:
        assert self._process is not None and self.is_running, f"broker {self.node} is not running"  # noqa: PT018
        for each in signals:
            self._process.send_signal(each)

    def _reap(self) -> None:
        assert self._process is not None
        self._process.wait(PATIENCE)

    def _settings(self) -> Path:
        """Its properties, in a file; and the two files that a folder needs to begin with."""
        log = self.folder / "log"
        if not log.exists():
            log.mkdir(parents=True)
            shutil.copy(artefacts.formatted(self.cluster.format_options), log)
            meta = {"version": "1", "cluster.id": self.cluster.id, "node.id": str(self.node), "directory.id": _unique()}
            _write_properties(log / "meta.properties", meta)
        place = self.folder / "server.properties"
        _write_properties(place, self.cluster.properties_of(self) | {"log.dirs": str(log)})
        return place


class Cluster:
    """Brokers that know each other, ready inside a `with`. One replicates to nobody; three keep what one loses."""

    def __init__(
        self,
        count: int = 3,
        *,
        listeners: Sequence[Listener] = (),
        properties: Mapping[str, str] | None = None,
        format_options: Sequence[str] = (),
        flags: Sequence[str] = (),
    ) -> None:
        self.id = _unique()
        self.count = count
        self.listeners = tuple(listeners)
        self.properties = dict(properties or {})
        self.format_options = tuple(format_options)
        self.flags = tuple(flags or _flags())
        self.brokers: tuple[Broker, ...] = ()
        self._resources = ExitStack()

    @property
    def bootstrap(self) -> str:
        return self.bootstrap_of(PLAIN.name)

    def bootstrap_of(self, listener: str) -> str:
        return ",".join(broker.bootstrap_of(listener) for broker in self.brokers)

    def __enter__(self) -> Self:
        with ExitStack() as resources:
            self._resources = resources
            self.folder = resources.enter_context(_Folder()).path
            self.brokers = tuple(Broker(self, node) for node in range(1, self.count + 1))
            resources.callback(self._kill)
            for broker in self.brokers:
                broker.start()
            for broker in self.brokers:
                broker.wait_until_ready()
            self._resources = resources.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._resources.close()

    def wait_until_in_sync(self) -> None:
        """Until every partition has a leader and all its replicas."""
        self.wait_for(self._is_in_sync, "all replicas to be in sync")

    def wait_for(self, condition: Callable[[], bool], meant: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"waited {PATIENCE:.0f} s for {meant}:\n{self.brokers[0].last_words()}"
            _blink()

    def port(self) -> int:
        """A free one, ours until the end: while no broker listens there, nobody else can."""
        reserved = self._resources.enter_context(socket.socket())
        reserved.bind(("127.0.0.1", 0))
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # the broker sets it too, and may join
        port: int = reserved.getsockname()[1]
        return port

    def proxy(self, target: int) -> Proxy:
        return self._resources.enter_context(Proxy(target))

    def proxies_of(self, listener: str) -> list[Proxy]:
        """Those through which whoever uses this listener sees the cluster, a broker each."""
        return [broker.proxies[listener] for broker in self.brokers]

    def properties_of(self, broker: Broker) -> dict[str, str]:
        replicas, enough = str(min(self.count, 3)), str(min(self.count, 2))
        every = (PLAIN, CONTROLLER, *self.listeners)
        return {
            **PROPERTIES,
            "node.id": str(broker.node),
            "controller.quorum.voters": ",".join(
                f"{each.node}@{each.bootstrap_of(CONTROLLER.name)}" for each in self.brokers
            ),
            "listeners": ",".join(f"{each.name}://127.0.0.1:{broker.ports[each.name]}" for each in every),
            "advertised.listeners": ",".join(
                f"{each.name}://{broker.bootstrap_of(each.name)}" for each in every if each is not CONTROLLER
            ),
            "listener.security.protocol.map": ",".join(f"{each.name}:{each.protocol}" for each in every),
            "default.replication.factor": replicas,
            "min.insync.replicas": enough,
            "offsets.topic.replication.factor": replicas,
            "transaction.state.log.replication.factor": replicas,
            "transaction.state.log.min.isr": enough,
            "share.coordinator.state.topic.replication.factor": replicas,
            "share.coordinator.state.topic.min.isr": enough,
            **{
                f"listener.name.{listener.name.lower()}.{name}": value
                for listener in self.listeners
                for name, value in listener.properties.items()
            },
            **self.properties,
        }

    def _is_in_sync(self) -> bool:
        try:
            partitions = wire.metadata(self.brokers[0].ports[PLAIN.name]).partitions
        except OSError:
            return False
        return all(each.leader >= 0 and each.in_sync == each.replicas for each in partitions)

    def _kill(self) -> None:
        for broker in self.brokers:
            if broker.is_running:
                broker.kill()


class _Folder:
    """A temporary folder that is removed also when this process is killed."""

    def __enter__(self) -> Self:
        self.path = Path(tempfile.mkdtemp(prefix="momus-kafka-"))
        self._remover = subprocess.Popen(
            ["sh", "-c", REMOVE, "sh", str(self.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # an interrupt from the keyboard is not for it
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remover.communicate(timeout=PATIENCE)


def main() -> None:
    """A Kafka in the foreground, for people; an interrupt ends it and removes what it kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.kafka.brokers", description=main.__doc__)
    parser.add_argument("--nodes", type=int, default=1)
    parser.add_argument("--property", action="append", default=[], metavar="NAME=VALUE", help="of all brokers")
    flags = parser.parse_args()
    if reason := artefacts.missing():
        sys.exit(reason)
    properties = dict(each.split("=", 1) for each in flags.property)
    with Cluster(flags.nodes, properties=properties) as cluster, suppress(KeyboardInterrupt):
        print(f"{cluster.bootstrap}\n{cluster.folder}", flush=True)  # noqa: T201
        signal.pause()


def _spawn(command: Sequence[str], journal: int) -> subprocess.Popen[bytes]:
    """Run by STARTER: the kernel kills the child when the thread that made it is gone."""
    return subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", *command],
        stdin=subprocess.DEVNULL,
        stdout=journal,
        stderr=journal,
        start_new_session=True,
    )


def _flags() -> list[str]:
    return [*artefacts.SMALL, f"-XX:SharedArchiveFile={artefacts.archive(_train)}"]


def _train(flags: Sequence[str]) -> None:
    """A broker that runs with these flags until it is ready, and is stopped."""
    with Cluster(1, flags=flags) as cluster:
        cluster.brokers[0].stop()


def _write_properties(place: Path, properties: Mapping[str, str]) -> None:
    place.write_text("".join(f"{name}={value}\n" for name, value in properties.items()), encoding="utf-8")


def _unique() -> str:
    """An id as Kafka spells it."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


def _blink() -> None:
    """Before the same is asked again."""
    threading.Event().wait(0.02)


if __name__ == "__main__":
    main()
