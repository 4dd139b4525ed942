"""Clusters that work in another way than usual: without transactions, beside older nodes, beside each other."""

import asyncio
from functools import partial

import pytest
from aiohttp import ClientSession

from registry.election.election import Standing
from registry.log.kafka import KafkaLog
from registry.log.log import LogRecord
from registry.state.records import NOOP, ClaimRecord, HighestId, SchemaRecord, epoch_of, read
from tests.cluster.asking import ask, record
from tests.cluster.inside import members
from tests.cluster.test_topics_of_others import contents
from tests.kafka.fixtures import Shared


@pytest.mark.parametrize("fencing", ["transaction", "log-claim"])
async def test_primaries_follow_each_other_without_a_gap(
    fencing: str, broker: Shared, topic: str, session: ClientSession
) -> None:
    """When the primary leaves, the next one goes on with ids and versions, until one is left; each claims the log."""
    async with members(broker.bootstrap, topic, fencing=fencing) as cluster:
        left = list(cluster.all)
        for turn in range(3):
            for number in range(3):
                node = left[(turn + number) % len(left)]
                text = record(f"r{turn}_{number}")
                url = f"{node.url}/subjects/s-{number}/versions"
                await ask(session, "PUT", f"{node.url}/config/s-{number}", {"compatibility": "NONE"})
                done = await ask(session, "POST", url, {"schema": text})
                assert (done.body["id"], done.body["version"]) == (turn * 3 + number + 1, turn + 1)
                for other in left:
                    found = await ask(session, "GET", f"{other.url}/schemas/ids/{done.body['id']}")
                    assert (found.status, found.body["schema"]) == (200, text)
            if len(left) > 1:
                leaving = next(node for node in left if node.leads)
                await leaving.stop()
                left.remove(leaving)
                for node in left:
                    await node.until_standing(partial(has_other_primary, leaving.url))
    claims = [found for found in map(as_read, await contents(broker, topic)) if isinstance(found, ClaimRecord)]
    assert [claim.epoch for claim in claims] == [1, 2, 3]
    assert len({claim.node for claim in claims}) == 3


async def test_every_write_has_the_epoch_of_its_writer(broker: Shared, topic: str, session: ClientSession) -> None:
    """Without transactions the log alone tells whose write counts: each says under which claim it was written."""
    async with members(broker.bootstrap, topic, fencing="log-claim") as cluster:
        await ask(session, "POST", f"{cluster.urls[1]}/subjects/s/versions", {"schema": '"string"'})
        health = (await ask(session, "GET", f"{cluster.primary.url}/health")).body
    records = await contents(broker, topic)
    written = [each for each in records if isinstance(as_read(each), SchemaRecord | HighestId)]
    assert [epoch_of(each.headers) for each in written] == [1] * len(written) != []
    assert (health["role"], health["fenced"]) == ("primary", 0)


async def test_a_plain_noop_stands_behind_every_write(broker: Shared, topic: str, session: ClientSession) -> None:
    """With tail_noop the topic ends in a record, never in a marker, which older nodes wait for in vain."""
    async with members(broker.bootstrap, topic, 2, tail_noop=True) as cluster:
        for number, url in enumerate(cluster.urls * 2):
            done = await ask(session, "POST", f"{url}/subjects/s-{number}/versions", {"schema": record(f"r{number}")})
            assert done.body["id"] == number + 1
            log = cluster.primary.node._log
            assert isinstance(log, KafkaLog)
            records = await contents(broker, topic)
            end = await log.end()
            assert (records[-1].key, records[-1].value, records[-1].offset) == (NOOP, None, end - 1)


async def test_clusters_on_one_broker_do_not_meet(broker: Shared, topic: str, session: ClientSession) -> None:
    """Each has its own topic, group, primary and ids."""
    async with (
        members(broker.bootstrap, f"{topic}-a", 2) as one,
        members(broker.bootstrap, f"{topic}-b", 2) as other,
    ):
        told = await asyncio.gather(
            *(
                ask(session, "POST", f"{url}/subjects/{name}-{number}/versions", {"schema": record(f"{name}{number}")})
                for name, cluster in (("a", one), ("b", other))
                for number, url in enumerate(cluster.urls * 3)
            )
        )
        ids = [each.body["id"] for each in told]
        assert sorted(ids[:6]) == sorted(ids[6:]) == [1, 2, 3, 4, 5, 6]
        assert (await ask(session, "GET", f"{one.urls[0]}/subjects/b-0/versions")).status == 404
        assert (await ask(session, "GET", f"{other.urls[0]}/subjects/a-0/versions")).status == 404
        assert one.primary.url in one.urls
        assert other.primary.url in other.urls


def has_other_primary(gone: str, standing: Standing) -> bool:
    return standing.role == "primary" or standing.primary_url not in (None, gone)


def as_read(each: LogRecord) -> object:
    return read(each.key, each.value, each.offset, each.timestamp)
