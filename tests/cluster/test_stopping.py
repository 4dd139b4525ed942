"""Nodes as processes, under load, stopped as an operator stops them."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import ClientConnectionError, ClientSession, TCPConnector

from tests.cluster.asking import ask, record
from tests.faults.nodes import Node, Nodes
from tests.kafka.fixtures import Shared

CLIENTS = 9  # three a node
BEFORE = 40  # registrations that are acknowledged before anything is stopped, and again afterwards
COME_AGAIN = {50003, 50004, 50302}


@pytest.fixture
def nodes(broker: Shared, tmp_path: Path) -> Iterator[Nodes]:
    with Nodes([broker.bootstrap] * 3, tmp_path) as nodes:
        yield nodes


async def test_stopping_the_primary_under_load_loses_nothing(nodes: Nodes) -> None:
    """Every acknowledged registration is at the others, no id names two schemas, and nobody waits in vain: a client of
    another node sees at most that it is to come again, one of the stopped node that nobody listens.
    """
    told: dict[str, int] = {}
    refused: Counter[int] = Counter()
    lost: Counter[Node] = Counter()
    over, progress = asyncio.Event(), asyncio.Condition()
    primary = nodes.wait_until_settled()
    others = nodes.others(primary)

    async def work(client: int, node: Node) -> None:
        number = 0
        while not over.is_set():
            subject, number = f"s-{client}-{number}", number + 1
            target = f"{node.url}/subjects/{subject}/versions"
            try:
                answer = await ask(session, "POST", target, {"schema": record(f"r_{client}_{number}")})
            except ClientConnectionError:
                lost[node] += 1
                node = others[client % 2]
                continue
            if answer.status == 200:
                told[subject] = answer.body["id"]
                async with progress:
                    progress.notify_all()
            else:
                refused[answer.body["error_code"]] += 1

    async def until_told(more: int) -> None:
        goal = len(told) + more
        async with asyncio.timeout(60), progress:
            await progress.wait_for(lambda: len(told) >= goal)

    async with (
        ClientSession(connector=TCPConnector(force_close=True, limit=0)) as session,
        asyncio.TaskGroup() as tasks,
    ):
        for client in range(CLIENTS):
            tasks.create_task(work(client, nodes.nodes[client % 3]))
        await until_told(BEFORE)
        code = await asyncio.to_thread(primary.stop)
        await until_told(BEFORE)
        over.set()
    assert code == 0
    assert set(refused) <= COME_AGAIN
    assert set(lost) <= {primary}
    assert len(set(told.values())) == len(told)
    async with ClientSession() as session:
        for node in others:
            found = [await ask(session, "GET", f"{node.url}/subjects/{subject}/versions/1") for subject in told]
            assert [each.body.get("id") for each in found] == list(told.values())
