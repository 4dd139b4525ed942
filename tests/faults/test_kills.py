"""Killed under load, again and again: nothing that was acknowledged is lost, and no id is given twice."""

import asyncio
import json
import os
import random
import signal
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout

from tests.served import served

KILLS = int(os.environ.get("MOMUS_TEST_KILLS", "50"))
CLIENTS = 8
SUBJECTS = 20
SEED = 20261122
ACKNOWLEDGED_BEFORE_A_KILL = 12  # so that each life of the server does some work


@dataclass(slots=True)
class History:
    """What clients were told, and what they asked for without an answer."""

    registered: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)  # (subject, text): (id, version)
    texts: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))  # every text that an id was given for
    fresh: list[tuple[str, str]] = field(default_factory=list)  # registered since the last kill
    gone: set[tuple[str, int]] = field(default_factory=set)  # (subject, id) whose permanent deletion was acknowledged
    doubtful: set[tuple[str, int]] = field(default_factory=set)  # (subject, id) whose deletion was asked for
    acknowledged: int = 0
    goal: int = 0
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    def more(self, count: int) -> asyncio.Event:
        """Set when so many more operations are acknowledged."""
        self.goal = self.acknowledged + count
        self.reached.clear()
        return self.reached

    def acknowledge(self) -> None:
        self.acknowledged += 1
        if self.acknowledged >= self.goal:
            self.reached.set()

    def register(self, subject: str, text: str, answer: dict[str, Any]) -> None:
        self.registered[subject, text] = answer["id"], answer["version"]
        self.texts[answer["id"]].add(text)
        self.gone.discard((subject, answer["id"]))  # only the client that deleted it can have registered it again
        self.doubtful.discard((subject, answer["id"]))
        self.fresh.append((subject, text))
        self.acknowledge()


@dataclass(slots=True)
class Client:
    """Registers new schemas, some of them twice, and deletes some for good; goes on when the server is gone."""

    number: int
    history: History
    dice: random.Random
    count: int = 0

    async def work(self, session: ClientSession, until: asyncio.Event) -> None:
        while not until.is_set():
            try:
                await self._act(session)
            except (ClientError, OSError, TimeoutError):
                return  # killed: what was under way may have happened or not

    async def _act(self, session: ClientSession) -> None:
        subject = f"s-{self.dice.randrange(SUBJECTS)}"
        if self.dice.random() < 0.15:
            await self._delete(session)
            return
        self.count += self.dice.random() < 0.8
        text = _schema(f"c{self.number}_{self.count}")
        status, answer = await _ask(session, "POST", f"/subjects/{subject}/versions", {"schema": text})
        assert status == 200, answer
        self.history.register(subject, text, answer)

    async def _delete(self, session: ClientSession) -> None:
        """The newest of its own versions, which no other client deletes: softly, then for good."""
        own = [known for known in self.history.registered.items() if f"c{self.number}_" in known[0][1]]
        own = [known for known in own if (known[0][0], known[1][0]) not in self.history.doubtful]
        if not own:
            return
        (subject, _), (number, version) = own[-1]
        self.history.doubtful.add((subject, number))
        for query in ("", "?permanent=true"):
            status, answer = await _ask(session, "DELETE", f"/subjects/{subject}/versions/{version}{query}")
            assert status == 200, answer
        self.history.gone.add((subject, number))
        self.history.acknowledge()


async def test_fifty_kills_lose_no_acknowledged_registration_and_give_no_id_twice(tmp_path: Path) -> None:
    """Whenever the server is killed, every acknowledged registration is there afterwards with the id it was given."""
    history = History()
    dice = random.Random(SEED)
    clients = [Client(number, history, random.Random(dice.random())) for number in range(CLIENTS)]
    for _ in range(KILLS):
        async with _life(tmp_path) as (session, process):
            await _check(session, history, history.fresh)
            history.fresh = []
            enough = history.more(ACKNOWLEDGED_BEFORE_A_KILL + dice.randrange(30))
            over = asyncio.Event()
            async with asyncio.TaskGroup() as group:
                for client in clients:
                    group.create_task(client.work(session, over))
                async with asyncio.timeout(120):
                    await enough.wait()
                process.send_signal(signal.SIGKILL)
    async with _life(tmp_path) as (session, _):
        await _check(session, history, list(history.registered))
        await _check_the_whole(session, history)
    assert history.acknowledged >= KILLS * ACKNOWLEDGED_BEFORE_A_KILL


async def _check(session: ClientSession, history: History, registered: list[tuple[str, str]]) -> None:
    """What was acknowledged is as it was told, but for what was deleted."""
    for subject, text in registered:
        number, version = history.registered[subject, text]
        if (subject, number) in history.doubtful:
            continue
        status, answer = await _ask(session, "GET", f"/subjects/{subject}/versions/{version}")
        assert (status, answer.get("id"), answer.get("schema")) == (200, number, text), answer


async def _check_the_whole(session: ClientSession, history: History) -> None:
    """No id names two schemas, now or in anything a client was ever told; what was deleted stays deleted."""
    status, schemas = await _ask(session, "GET", "/schemas?deleted=true&limit=100000")
    assert status == 200
    texts: dict[int, set[str]] = defaultdict(set)
    for schema in schemas:
        texts[schema["id"]].add(schema["schema"])
    for number in texts.keys() | history.texts.keys():
        assert len(texts[number] | history.texts[number]) == 1, f"id {number} names two schemas"
    held = {(schema["subject"], schema["id"]) for schema in schemas}
    assert not held & history.gone


@asynccontextmanager
async def _life(folder: Path) -> AsyncIterator[tuple[ClientSession, Any]]:
    """The server on the same folder and a new port, from its start to its end."""
    with served(folder, "--data", str(folder / "data"), "--compatibility", "NONE") as server:
        async with ClientSession(server.url, timeout=ClientTimeout(total=60)) as session:
            await asyncio.to_thread(server.banner)  # its second line: the log is read
            yield session, server.process


async def _ask(session: ClientSession, method: str, path: str, body: object = None) -> tuple[int, Any]:
    headers = {"Content-Type": "application/json"}
    async with session.request(method, path, data=None if body is None else json.dumps(body), headers=headers) as reply:
        return reply.status, await reply.json(content_type=None)


def _schema(name: str) -> str:
    return f'{{"type":"record","name":"{name}","fields":[{{"name":"f","type":"string"}}]}}'
