"""Topics that Confluent's registry, Karapace and Redpanda have filled, served by a node as if they were its own."""

from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import ClientSession
from aiokafka.admin import NewTopic

from registry.brokers import Brokers
from registry.http import forward
from registry.log.kafka import KafkaLog
from registry.log.log import LogRecord
from registry.state.records import SchemaRecord, SchemaTombstone, read
from registry.state.state import State
from tests.archive.recorded import recorded
from tests.cluster.asking import ask
from tests.cluster.inside import member, members
from tests.cluster.test_forwarding import write
from tests.kafka.fixtures import Shared
from tests.log.contract import replay
from tests.log.test_kafka import admin
from tests.state.known import compacted, folded


@dataclass(frozen=True)
class Recording:
    """What a node answers that serves the topic; `{path: answer}`, where a refusal is its code."""

    answers: dict[str, Any]
    next_id: int
    deleted: str  # a subject that is then deleted for good
    spellings: int  # of its versions' keys in the topic, ours included


COMPRESSED = {"confluent": "zstd", "karapace": "lz4", "redpanda": "snappy"}  # as brokers may be told to keep topics

RECORDINGS = {
    "confluent": Recording(
        {
            "/subjects": [":.eu:clicks", "orders/value", "person"],
            "/subjects?deleted=true": [":.eu:clicks", "orders/value", "person"],
            "/schemas/ids/1/schema": {"type": "record", "name": "Person", "fields": []},
            "/schemas/ids/2/schema": "Person",
            "/contexts/.eu/schemas/ids/1/schema": "long",
            "/subjects/person/versions/1/referencedby": [2],
            "/schemas/ids/3": 40403,
            "/subjects/gone/versions": 40401,
            "/config": {"compatibilityLevel": "FULL"},
            "/config/orders%2Fvalue": {"compatibilityLevel": "NONE"},
            "/mode/person": {"mode": "READONLY"},
            "/contexts": [".", ".eu"],
        },
        next_id=4,
        deleted="orders%2Fvalue",
        spellings=1,
    ),
    "karapace": Recording(
        {
            "/subjects": ["a/b", "orders"],
            "/subjects?deleted=true": ["a/b", "away", "orders"],
            "/schemas/ids/1/schema": "string",
            "/schemas/ids/3/schema": "long",
            "/schemas/ids/4/schema": "float",
            "/subjects/clicks/versions": 40401,
            "/subjects/away/versions": 40401,
            "/subjects/away/versions?deleted=true": [1],
            "/config": {"compatibilityLevel": "FULL"},
            "/config/orders": 40408,
        },
        next_id=5,
        deleted="a%2Fb",
        spellings=2,
    ),
    "redpanda": Recording(
        {
            "/subjects": ["clicks", "pages"],
            "/subjects?deleted=true": ["clicks", "orders", "pages"],
            "/schemas/ids/2/schema": "int",
            "/schemas/ids/3/schema": "long",
            "/subjects/gone/versions?deleted=true": 40401,
            "/config": {"compatibilityLevel": "FULL"},
        },
        next_id=5,
        deleted="pages",
        spellings=3,
    ),
}


@pytest.mark.parametrize("name", RECORDINGS)
async def test_topic_of_another_registry_is_served_and_gone_on_with(
    name: str, broker: Shared, topic: str, session: ClientSession
) -> None:
    """It is answered as it was meant, however it is compressed; ids go on; a deletion leaves no spelling of a key."""
    recording, records = RECORDINGS[name], recorded(name)
    await fill(broker, topic, records, COMPRESSED[name])
    async with members(broker.bootstrap, topic, 2) as cluster:
        follower, primary = cluster.followers[0].url, cluster.primary.url
        for url in cluster.urls:
            assert {path: await answer(session, url + path) for path in recording.answers} == recording.answers
        ids = [
            (await ask(session, "POST", f"{url}/subjects/new-{at}/versions", {"schema": f'"{kind}"'})).body["id"]
            for at, (url, kind) in enumerate([(follower, "bytes"), (primary, "boolean")])
        ]
        assert ids == [recording.next_id, recording.next_id + 1]
        for query in ("", "?permanent=true"):
            gone = await ask(session, "DELETE", f"{follower}/subjects/{recording.deleted}{query}")
            assert (gone.status, gone.body) == (200, [1])
        assert await answer(session, f"{primary}/subjects/{recording.deleted}/versions?deleted=true") == 40401
        subject = recording.deleted.replace("%2F", "/")
        left = await contents(broker, topic)
        assert keys_of(subject, left, only_live=False) == recording.spellings
        assert keys_of(subject, compacted(left), only_live=True) == 0
        assert subjects(folded(compacted(left))) == subjects(cluster.primary.node.state)


async def test_topic_that_drops_records_is_served_and_not_written_to(
    broker: Shared, topic: str, session: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A topic that is not compacted is read; a write is refused with what is wrong, which health says too."""
    async with admin(Brokers(broker.bootstrap)) as client:
        await client.create_topics([NewTopic(topic, 1, 1, topic_configs={"cleanup.policy": "delete"})])
    await write(broker, topic, [(record.key, record.value) for record in recorded("confluent") if record.key])
    monkeypatch.setattr(forward, "PATIENCE", 0.3)
    async with member(broker.bootstrap, topic) as node:
        await node.until_ready()
        assert await answer(session, f"{node.url}/schemas/ids/2/schema") == "Person"
        refused = await ask(session, "POST", f"{node.url}/subjects/s/versions", {"schema": '"int"'})
        problem = "its cleanup.policy is delete, which drops schemas; it must be compact"
        assert (refused.body["error_code"], refused.headers.get("Retry-After")) == (50004, "1")
        assert problem in refused.body["message"]
        health = (await ask(session, "GET", f"{node.url}/health")).body
        assert (health["ready"], health["role"]) == (True, "starting")
        assert problem in health["trouble"]


async def fill(broker: Shared, topic: str, records: list[LogRecord], compression: str) -> None:
    """As the other registry did: plainly, into a topic of the right kind."""
    configs = {"cleanup.policy": "compact", "compression.type": compression}
    async with admin(Brokers(broker.bootstrap)) as client:
        await client.create_topics([NewTopic(topic, 1, 1, topic_configs=configs)])
    await write(broker, topic, [(record.key, record.value) for record in records])


async def contents(broker: Shared, topic: str) -> list[LogRecord]:
    log = KafkaLog(Brokers(broker.bootstrap), topic, transactional_id=None, replication_factor=1)
    await log.open()
    try:
        return await replay(log)
    finally:
        await log.close()


def keys_of(subject: str, records: list[LogRecord], *, only_live: bool) -> int:
    """How many keys there are of versions of the subject."""
    found = set()
    for each in records:
        record = read(each.key, each.value, each.offset, each.timestamp)
        is_version = isinstance(record, SchemaRecord) or (isinstance(record, SchemaTombstone) and not only_live)
        if is_version and str(record.subject) == subject:  # type: ignore[attr-defined]  # mypy forgets which they are
            found.add(each.key)
    return len(found)


def subjects(state: State) -> set[str]:
    return {str(subject) for subject in state.subjects}


async def answer(session: ClientSession, url: str) -> Any:
    """What is told, or the code of the refusal."""
    told = await ask(session, "GET", url)
    return told.body if told.status == 200 else told.body["error_code"]
