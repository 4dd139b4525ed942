"""A primary that stood still while another one took over, and wakes up with writes under way.

`MOMUS_TEST_PAUSES` says how often; `make faults` does it a hundred times.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession

from tests.faults.clients import Notes, Told, ask, schema, session
from tests.faults.gated import GATED, HELD, HOLD
from tests.faults.history import Kind, Operation, Outcome, Rule, World, violations
from tests.faults.nodes import Node, Nodes, wait_for
from tests.faults.trial import FLAGS, judge, records_of
from tests.kafka.fixtures import Shared

PAUSES = int(os.environ.get("MOMUS_TEST_PAUSES", "3"))
WRITERS = 6
PATIENCE = 60.0
CALM = 4.0  # seconds of a session, so that nobody is deposed whom the test does not pause


class Writers:
    """Clients that register one new schema after the other with one node, and know how many requests are open."""

    def __init__(self, node: Node, notes: Notes) -> None:
        self.open = 0
        self._node = node
        self._notes = notes
        self._over = asyncio.Event()

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator["Writers"]:
        async with session(PATIENCE) as http, asyncio.TaskGroup() as group:
            for number in range(WRITERS):
                group.create_task(self._work(http, f"s{number % 3}"))
            try:
                yield self
            finally:
                self._over.set()

    async def _work(self, http: ClientSession, subject: str) -> None:
        while not self._over.is_set():
            self.open += 1
            await ask(http, self._node, Kind.REGISTER, made_up(self._notes, subject), self._notes)
            self.open -= 1


async def test_paused_primary_that_wakes_up_writes_nothing(broker: Shared, tmp_path: Path) -> None:
    """Whatever it had under way is refused by the broker or done by its successor; nothing of it follows the claim."""
    notes, fenced, pending = Notes(), 0, 0
    with Nodes([broker.bootstrap] * 3, tmp_path, *FLAGS) as nodes:
        for _ in range(PAUSES):
            primary = await asyncio.to_thread(nodes.wait_until_settled)
            before = primary.health(PATIENCE)["fenced"]
            async with Writers(primary, notes).at_work() as writers, session() as http:
                await asyncio.wait_for(notes.until_written(10), PATIENCE)
                primary.pause()
                assert writers.open > 0
                pending += writers.open
                await acknowledged(http, nodes.others(primary)[0], made_up(notes, "s0"), notes)
                primary.resume()
                await asyncio.wait_for(notes.until_written(10), PATIENCE)
            fenced += primary.health(PATIENCE)["fenced"] - before
        await judge(notes, nodes, broker.bootstrap)
    print(f"{PAUSES} pauses: {pending} writes were under way, {fenced} batches refused by the broker")  # noqa: T201


@pytest.mark.parametrize(("kind", "finds"), [("fenced", set()), ("unfenced", {Rule.ID_NAMES_TWO_SCHEMAS})])
async def test_decided_write_that_comes_late(broker: Shared, tmp_path: Path, kind: str, finds: set[Rule]) -> None:
    """A write decided before the pause and sent after it gets another id from the successor; unfenced, the same one."""
    notes = Notes()
    with Nodes([broker.bootstrap] * 3, tmp_path, *FLAGS, session=CALM, command=(*GATED, kind)) as nodes:
        primary = await asyncio.to_thread(nodes.wait_until_settled)
        other = nodes.others(primary)[0]
        async with session(PATIENCE) as http, asyncio.TaskGroup() as group:
            await acknowledged(http, other, made_up(notes, "s"), notes)
            (primary.folder / HOLD).touch()
            late = group.create_task(ask(http, primary, Kind.REGISTER, made_up(notes, "s"), notes))
            await asyncio.to_thread(wait_for, (primary.folder / HELD).exists, "a write to be held")
            primary.pause()
            await acknowledged(http, other, made_up(notes, "s"), notes)
            (primary.folder / HOLD).unlink()
            primary.resume()
            assert (await late).outcome is Outcome.DONE
        await asyncio.to_thread(nodes.wait_until_settled)
        found = {
            found.rule for found in violations(notes.operations, World(await records_of(broker.bootstrap, nodes.topic)))
        }
    assert found >= finds
    assert bool(found) == bool(finds)


def made_up(notes: Notes, subject: str) -> Told:
    notes.count += 1
    return Told(subject, schema(f"r{notes.count}"), 0, 0)


async def acknowledged(http: ClientSession, node: Node, about: Told, notes: Notes) -> Operation:
    """Asked for until it is done."""
    async with asyncio.timeout(PATIENCE):
        while (done := await ask(http, node, Kind.REGISTER, about, notes)).outcome is not Outcome.DONE:
            pass
    return done
