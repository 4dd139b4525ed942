"""Clients of a cluster that is being disturbed: they register, look up, delete and read, and note all they are told.

They know nothing of failures: whatever is no clear answer is noted as unknown, and they go on.
"""

import asyncio
import json
import random
import time
from bisect import bisect_left
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout

from tests.faults.history import Kind, Operation, Outcome
from tests.faults.nodes import Node

SUBJECTS = 12
CONTENDED = "contended"
PATIENCE = 4.0  # seconds; less would leave the brokers' own time-outs untested, more would leave clients idle
THOUGHT = 0.03  # seconds between an answer and the next request, at most: two cores serve brokers, nodes and clients
SULKING = 0.3  # the same, after something that was no answer
REMEMBERED = 400  # registrations that others look up, read, repeat and delete
CHOICES = {
    Kind.REGISTER: 45,
    Kind.LOOK_UP: 8,
    Kind.READ_ID: 12,
    Kind.READ_VERSION: 8,
    Kind.LIST: 6,
    Kind.LIST_ALL: 6,
    Kind.DELETE_VERSION: 8,
    Kind.PURGE_VERSION: 4,
    Kind.DELETE_SUBJECT: 1.5,
    Kind.PURGE_SUBJECT: 1.5,
}


@dataclass(frozen=True, slots=True)
class Told:
    """A registration that was acknowledged."""

    subject: str
    text: str
    id: int
    version: int


@dataclass(slots=True)
class Notes:
    """What all clients were told so far."""

    operations: list[Operation] = field(default_factory=list)
    told: deque[Told] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    count: int = 0  # schemas that were made up
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    written: list[float] = field(default_factory=list)  # when a write that only the primary can do was acknowledged

    async def note(self, operation: Operation, *, is_of_primary: bool) -> None:
        self.operations.append(operation)
        if operation.outcome is Outcome.DONE and operation.kind.is_write:
            if operation.kind is Kind.REGISTER:
                self.told.append(Told(operation.subject, operation.text, operation.id, operation.version))
            if is_of_primary:
                async with self.changed:
                    self.written.append(operation.ended)
                    self.changed.notify_all()

    async def until_written(self, more: int) -> None:
        """Until so many more writes of the primary are acknowledged."""
        goal = len(self.written) + more
        async with self.changed:
            await self.changed.wait_for(lambda: len(self.written) >= goal)

    def outage(self, began: float) -> float:
        """The longest time without a write since then, and up to the last one."""
        at = bisect_left(self.written, began)
        times = [began, *self.written[at:]]
        return max((later - earlier for earlier, later in pairwise(times)), default=0.0)


class Client:
    """Asks one of `nodes` at random each time."""

    def __init__(self, nodes: Sequence[Node], notes: Notes, dice: random.Random, http: ClientSession) -> None:
        self._nodes = nodes
        self._notes = notes
        self._dice = dice
        self._http = http

    async def work(self, over: asyncio.Event) -> None:
        kinds, weights = list(CHOICES), list(CHOICES.values())
        while not over.is_set():
            [kind] = self._dice.choices(kinds, weights)
            done = await self._ask(kind, self._chosen(kind))
            if done.kind is Kind.REGISTER and done.outcome is Outcome.DONE and self._dice.random() < 0.4:
                await self._ask(Kind.READ_ID, Told("", "", done.id, 0))  # perhaps by another node
            await asyncio.sleep(self._dice.random() * (SULKING if done.outcome is Outcome.UNKNOWN else THOUGHT))

    def _chosen(self, kind: Kind) -> Told:
        """What to ask about: something that somebody was told, or a schema that is new, also to others at once."""
        notes, dice = self._notes, self._dice
        if notes.told and (kind is not Kind.REGISTER or dice.random() < 0.25):
            return dice.choice(notes.told)
        notes.count += 1
        if dice.random() < 0.2:
            return Told(CONTENDED, schema(f"c{notes.count // 6}"), 0, 0)
        return Told(f"s{dice.randrange(SUBJECTS)}", schema(f"r{notes.count}"), 0, 0)

    async def _ask(self, kind: Kind, about: Told) -> Operation:
        return await ask(self._http, self._dice.choice(self._nodes), kind, about, self._notes)


async def ask(http: ClientSession, node: Node, kind: Kind, about: Told, notes: Notes) -> Operation:
    """One request, and what it was answered, noted."""
    life, began = node.life, time.time()
    status, answer, is_marked_old = await _answer(http, node, *request(kind, about))
    operation = replace(
        noted(kind, about, status, answer),
        life=life if node.life == life else "",
        began=began,
        ended=time.time(),
        is_marked_old=is_marked_old,
    )
    is_new = about.id == 0 and about.subject != CONTENDED
    await notes.note(operation, is_of_primary=is_new or kind is not Kind.REGISTER)
    return operation


async def _answer(http: ClientSession, node: Node, method: str, path: str, body: Any) -> tuple[int, Any, bool]:
    data = None if body is None else json.dumps(body)
    headers = {"Content-Type": "application/json"}
    try:
        async with http.request(method, node.url + path, data=data, headers=headers) as reply:
            return reply.status, await reply.json(content_type=None), "X-Registry-Freshness" in reply.headers
    except (ClientError, OSError, TimeoutError, ValueError):
        return 0, None, False


def session(patience: float = PATIENCE) -> ClientSession:
    return ClientSession(timeout=ClientTimeout(total=patience))


def schema(name: str) -> str:
    return json.dumps({"type": "record", "name": name, "fields": []}, separators=(",", ":"))


def request(kind: Kind, about: Told) -> tuple[str, str, Any]:
    versions = f"/subjects/{about.subject}/versions"
    body = {"schema": about.text}
    match kind:
        case Kind.REGISTER:
            return "POST", versions, body
        case Kind.DELETE_VERSION:
            return "DELETE", f"{versions}/{about.version}", None
        case Kind.PURGE_VERSION:
            return "DELETE", f"{versions}/{about.version}?permanent=true", None
        case Kind.DELETE_SUBJECT:
            return "DELETE", f"/subjects/{about.subject}", None
        case Kind.PURGE_SUBJECT:
            return "DELETE", f"/subjects/{about.subject}?permanent=true", None
        case Kind.LOOK_UP:
            return "POST", f"/subjects/{about.subject}", body
        case Kind.READ_ID:
            return "GET", f"/schemas/ids/{about.id}", None
        case Kind.READ_VERSION:
            return "GET", f"{versions}/{about.version}", None
        case Kind.LIST:
            return "GET", versions, None
        case Kind.LIST_ALL:
            return "GET", f"{versions}?deleted=true", None


def noted(kind: Kind, about: Told, status: int, answer: Any) -> Operation:
    """The answer as the history knows it; when and where is for others to tell."""
    asked = Operation(kind, "", 0, 0, Outcome.UNKNOWN, about.subject, about.text, id=about.id, version=about.version)
    if 400 <= status < 500:
        return replace(asked, outcome=Outcome.REFUSED, code=answer["error_code"])
    if status != 200:
        return asked
    done = replace(asked, outcome=Outcome.DONE)
    match kind:
        case Kind.REGISTER | Kind.LOOK_UP:
            return replace(done, id=answer["id"], version=answer["version"])
        case Kind.READ_VERSION:
            return replace(done, id=answer["id"], version=answer["version"], text=answer["schema"])
        case Kind.READ_ID:
            return replace(done, text=answer["schema"])
        case Kind.DELETE_SUBJECT | Kind.PURGE_SUBJECT | Kind.LIST | Kind.LIST_ALL:
            return replace(done, numbers=tuple(answer))
        case _:
            return done
