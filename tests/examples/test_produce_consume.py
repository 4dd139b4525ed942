"""The examples that produce and consume, run on a real Kafka as a reader would run them."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Timer

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from momus.client import RegistryClient
from momus.testing import Registry
from tests import packages
from tests.kafka.fixtures import Shared
from tests.served import PATIENCE, ROOT, environment

ORDER = re.compile(r"\w+ [\d.]+ total [\d.]+")  # as consumers print it; Faust puts a time before
EXAMPLES = ROOT / "examples"
ORDERS = [("ann", 12.5), ("bob", 3.0), ("ann", 7.5), ("bob", 0.25)]  # what each of them writes


@dataclass(frozen=True, slots=True)
class Place:
    """A topic of its own on Kafka, a registry, and an empty folder."""

    kafka: str
    registry: str
    topic: str
    folder: Path

    @contextmanager
    def running(self, library: str, what: str, *more: str) -> Iterator[subprocess.Popen[str]]:
        """An example that is killed if it neither ends nor is ended."""
        path = [str(ROOT)]
        command = [str(EXAMPLES / library / f"{what}.py"), "--kafka", self.kafka, "--registry", self.registry]
        command += ["--topic", self.topic, *more]
        if library == "faust":
            path.insert(0, str(packages.of_faust()))
            verb = {"produce": ["produce"], "consume": ["worker", "--without-web"]}[what]
            command = [str(EXAMPLES / library / "totals.py"), *verb]
        told = {"KAFKA": self.kafka, "REGISTRY": self.registry, "TOPIC": self.topic}
        with subprocess.Popen(
            [sys.executable, *command],
            cwd=self.folder,
            env=environment(PYTHONPATH=os.pathsep.join(path), PYTHONUNBUFFERED="1", **told),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,  # where Faust prints
            text=True,
        ) as process:
            watchdog = Timer(PATIENCE, process.kill)
            watchdog.start()
            try:
                yield process
            finally:
                watchdog.cancel()
                process.kill()

    def produce(self, library: str, *more: str) -> list[str]:
        """What it prints."""
        with self.running(library, "produce", *more) as process:
            printed, _ = process.communicate()
        assert process.returncode == 0, printed
        return printed.splitlines()

    def consume(self, library: str, count: int) -> list[str]:
        """The orders that it prints, up to this many; then an interrupt ends it."""
        with self.running(library, "consume") as process:
            assert process.stdout is not None
            heard, orders = [], []
            for line in process.stdout:
                heard.append(line)
                orders += ORDER.findall(line)
                if len(orders) == count:
                    break
            process.send_signal(signal.SIGINT)
            heard += process.stdout
        assert process.returncode == 0, "".join(heard)
        return orders

    def headers(self, offset: int) -> list[str]:
        """The names of a message's headers."""
        with closing(Consumer({"bootstrap.servers": self.kafka, "group.id": self.topic})) as consumer:
            consumer.assign([TopicPartition(self.topic, 0, offset)])
            message = consumer.poll(PATIENCE)
        assert message is not None
        return [header[0] for header in message.headers() or ()]


@pytest.fixture(scope="module")
def registry() -> Iterator[str]:
    with Registry() as running:
        yield running.url


@pytest.fixture
def place(broker: Shared, registry: str, topic: str, tmp_path: Path) -> Place:
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])[topic].result(PATIENCE)
    return Place(broker.bootstrap, registry, topic, tmp_path)


def summed(orders: list[tuple[str, float]]) -> list[str]:
    """What consumers print: each order, and what its account has then."""
    totals = dict.fromkeys((account for account, _ in orders), 0.0)
    lines = []
    for account, amount in orders:
        totals[account] += amount
        lines.append(f"{account} {amount:.2f} total {totals[account]:.2f}")
    return lines


WRITTEN = [  # by which programs, and then read by which
    (("aiokafka", "confluent_kafka", "aiokafka --framing header"), ("aiokafka", "confluent_kafka")),
    (("faust", "aiokafka"), ("faust",)),
]


@pytest.mark.parametrize(("writers", "readers"), WRITTEN, ids=["aiokafka-and-confluent_kafka", "faust"])
def test_orders_are_written_read_and_summed(place: Place, writers: tuple[str, ...], readers: tuple[str, ...]) -> None:
    """In order, a library's own and those that another wrote, with one schema in prefixes or in headers."""
    told = [line for writer in writers for line in place.produce(*writer.split())]
    written = ORDERS * len(writers)
    assert told == [f"{account} is at offset {offset}" for offset, (account, _) in enumerate(written)]
    for reader in readers:
        assert place.consume(reader, len(written)) == summed(written)
    with RegistryClient(place.registry) as client:
        assert client.list_versions(f"{place.topic}-value") == [1]
    assert place.headers(len(written) - 1) == ["__value_schema_id"] * ("header" in writers[-1])


def test_docs_show_what_is_run() -> None:
    """Each line that the serializers' page shows of the examples is one of theirs."""
    page = (ROOT / "docs" / "serializers.md").read_text(encoding="utf-8")
    shown = re.findall(r"^```py\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    programs = [path.read_text(encoding="utf-8") for path in EXAMPLES.glob("*/*.py")]
    lines = {line for program in programs for line in program.splitlines()}
    assert len(shown) == 3
    assert [line for block in shown for line in block.splitlines() if line not in lines] == []
