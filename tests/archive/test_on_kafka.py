"""Moving between folders and a real Kafka: the same bytes in the same order, both ways, beside a primary."""

import asyncio
import gc
from pathlib import Path

import pytest

from registry.archive import moving
from registry.build import storage
from registry.log.clock import milliseconds
from registry.log.log import Entry, InDoubt, LogRecord
from registry.settings import Settings
from tests.archive import recorded as old
from tests.archive.recorded import NAMES, contents
from tests.archive.test_commands import _here, filled, inside, momus  # noqa: F401 - the fixture
from tests.kafka.fixtures import Shared


def recorded(name: str) -> list[LogRecord]:
    """As written just now: brokers compact what is older than a week as soon as something young stands behind it."""
    now = milliseconds()
    return [record._replace(timestamp=now + record.offset) for record in old.recorded(name)]


@pytest.fixture
def on_kafka(broker: Shared, topic: str) -> list[str]:
    """The flags that name a topic which is not there yet."""
    return ["--kafka", broker.bootstrap, "--topic", topic]


@pytest.mark.parametrize("name", NAMES)
def test_log_goes_to_kafka_and_comes_back(tmp_path: Path, on_kafka: list[str], name: str) -> None:
    """Keys, values, headers and times are the same in the topic and, back again, in a folder; so is a backup of it."""
    records = recorded(name)
    filled(tmp_path / "data", records)
    count = len(records)
    assert f"{count} records were written" in momus("topic", "export", "--data", "data", *on_kafka).stdout
    assert f"{count} records were written" in momus("topic", "import", "--data", "back", *on_kafka).stdout
    assert contents(inside(tmp_path / "back")) == contents(records)
    momus("backup", "backup.jsonl", *on_kafka)
    momus("restore", "backup.jsonl", "--data", "restored")
    assert contents(inside(tmp_path / "restored")) == contents(records)


def test_topic_with_records_is_left_alone(tmp_path: Path, on_kafka: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A topic is filled when it is empty; in parts, when it is much, and what is missing of it may follow."""
    monkeypatch.setattr(moving, "AT_ONCE", 4)
    records = recorded("confluent")
    filled(tmp_path / "part", records[:6])
    filled(tmp_path / "data", records)
    momus("topic", "export", "--data", "part", *on_kafka)
    refused = momus("topic", "export", "--data", "data", *on_kafka, code=1).stderr
    assert "was not filled: it has 6 records already; --append" in refused
    told = momus("topic", "export", "--data", "data", *on_kafka, "--resume")
    assert "10 of 15 records are written\n14 of 15 records are written\n" in told.stderr
    assert "9 records were written" in told.stdout
    momus("topic", "import", "--data", "back", *on_kafka)
    assert contents(inside(tmp_path / "back")) == contents(records)


def test_record_without_a_key_stays_behind(tmp_path: Path, on_kafka: list[str]) -> None:
    """A compacted topic would refuse it: so it is refused before anything is written, or left out when asked."""
    filled(tmp_path / "data", [*recorded("confluent"), LogRecord(15, None, b"v", 1)])
    refused = momus("topic", "export", "--data", "data", *on_kafka, code=1).stderr
    assert "the record at offset 15 cannot be written: it has no key" in refused
    assert "--skip-keyless leaves out records without a key" in refused
    assert "15 records were written" in momus("topic", "export", "--data", "data", *on_kafka, "--skip-keyless").stdout


def test_topic_is_mended_beside_its_primary(tmp_path: Path, broker: Shared, topic: str, on_kafka: list[str]) -> None:
    """The primary is shut out while the doctor writes, knows it, and takes over again behind what was written."""
    filled(tmp_path / "data", recorded("karapace"))
    momus("topic", "export", "--data", "data", *on_kafka)
    assert "delete" in momus("topic", "doctor", *on_kafka, "--plan", code=1).stdout

    async def beside() -> None:
        primary, _ = storage(Settings(kafka=broker.bootstrap, topic=topic))
        await primary.open()
        try:
            await primary.fence()
            await primary.append([Entry(b'{"keytype":"NOOP","magic":0}', None)])
            await asyncio.to_thread(momus, "topic", "doctor", *on_kafka, "--apply")
            with pytest.raises(InDoubt):
                await primary.append([Entry(b'{"keytype":"NOOP","magic":0}', b"late")])
            await primary.fence()
            await primary.append([Entry(b'{"keytype":"NOOP","magic":0}', b"again")])
            values = [record.value for record in await moving.everything(primary)]
            assert values[-1] == b"again"
            assert b"late" not in values
        finally:
            await primary.close()
        gc.collect()  # what a client of Kafka leaves behind is told in the test that left it

    asyncio.run(beside())
    assert "would mend" not in momus("topic", "doctor", *on_kafka, "--plan").stdout
