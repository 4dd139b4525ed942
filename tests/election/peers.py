"""A member of the group as another maker's node is one: its exact bytes, its way to choose, one request at a time."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka.protocol.api import RequestStruct
from aiokafka.protocol.group import (
    HeartbeatRequest_v1,
    JoinGroupRequest_v5,
    LeaveGroupRequest_v1,
    SyncGroupRequest_v3,
)

from tests.kafka import wire

REBALANCE, MEMBER_ID_REQUIRED = 27, 79
HEARTBEAT = 0.05  # seconds
ROUND = 8000  # milliseconds, less than `wire` waits

Choose = Callable[[Mapping[str, bytes]], bytes]  # metadata by member id → the assignment


@dataclass(frozen=True, slots=True)
class Make:
    metadata: Callable[..., bytes]
    choose: Choose


def confluent_metadata(host: str, *, is_eligible: bool = True) -> bytes:
    return _json(_confluent({"host": host, "port": 8081, "master_eligibility": is_eligible, "scheme": "http"}))


def confluent_choice(members: Mapping[str, bytes]) -> bytes:
    """The smallest URL among those that may; what it said is read and written anew; a URL that two have is an error."""
    said = {member_id: json.loads(metadata) for member_id, metadata in members.items()}
    error = int(len({_url(one) for one in said.values()}) < len(said))
    eligible = [member_id for member_id in said if said[member_id]["master_eligibility"]]
    if not eligible:
        return _json({"error": error, "version": 1})
    master = min(eligible, key=lambda member_id: _url(said[member_id]))
    return _json({"error": error, "master": master, "master_identity": _confluent(said[master]), "version": 1})


def karapace_metadata(host: str, *, is_eligible: bool = True) -> bytes:
    return _json(_karapace({"host": host, "port": 8081, "master_eligibility": is_eligible, "scheme": "http"}))


def karapace_choice(members: Mapping[str, bytes]) -> bytes:
    """The same, but where nobody may somebody is chosen; and each identity becomes one of Karapace's."""
    said = {member_id: json.loads(metadata) for member_id, metadata in members.items()}
    eligible = [member_id for member_id in said if said[member_id]["master_eligibility"]]
    master = min(eligible or said, key=lambda member_id: _url(said[member_id]))
    return _json({"master": master, "master_identity": _karapace(said[master]), "error": 0})


CONFLUENT = Make(confluent_metadata, confluent_choice)
KARAPACE = Make(karapace_metadata, karapace_choice)


class Peer:
    """Used as a context it takes part, and leaves at the end."""

    def __init__(self, port: int, group: str, metadata: bytes, choose: Choose, kind: str = "sr") -> None:
        self.member_id = ""
        self.told: bytes | None = None
        self._port = port
        self._group = group
        self._metadata = metadata
        self._choose = choose
        self._kind = kind
        self._generation = -1
        self._was_told = asyncio.Condition()

    async def until_told(self, wanted: Callable[[bytes], bool]) -> bytes:
        async with asyncio.timeout(30), self._was_told:
            await self._was_told.wait_for(lambda: self.told is not None and wanted(self.told))
        assert self.told is not None
        return self.told

    @asynccontextmanager
    async def taking_part(self) -> "AsyncIterator[Peer]":
        async with asyncio.TaskGroup() as tasks:
            member = tasks.create_task(self._take_part())
            try:
                await self.until_told(lambda _: True)
                yield self
            finally:
                member.cancel()
                await asyncio.gather(member, return_exceptions=True)
                await self._ask(LeaveGroupRequest_v1(self._group, self.member_id))

    async def join(self, session: float = 10.0) -> None:
        """One round, as its leader or not."""
        joined = await self._ask(self._join_request(session))
        if joined.error_code == MEMBER_ID_REQUIRED:
            self.member_id = joined.member_id
            joined = await self._ask(self._join_request(session))
        assert joined.error_code == 0
        self._generation = joined.generation_id
        members = {member_id: metadata for member_id, _, metadata in joined.members}
        told = self._choose(members) if members else b""
        assignments = [(member_id, told) for member_id in members]
        synced = await self._ask(SyncGroupRequest_v3(self._group, self._generation, self.member_id, None, assignments))
        if synced.error_code != REBALANCE:
            assert synced.error_code == 0
            async with self._was_told:
                self.told = synced.member_assignment
                self._was_told.notify_all()

    async def _take_part(self) -> None:
        while True:
            await self.join()
            await self.until_rebalance()

    async def until_rebalance(self) -> None:
        heartbeat = HeartbeatRequest_v1(self._group, self._generation, self.member_id)
        while (await self._ask(heartbeat)).error_code != REBALANCE:  # noqa: ASYNC110 - that is what members do
            await asyncio.sleep(HEARTBEAT)

    def _join_request(self, session: float) -> RequestStruct:
        timeout = round(session * 1000)
        protocols = [("v0", self._metadata)]
        return JoinGroupRequest_v5(self._group, timeout, ROUND, self.member_id, None, self._kind, protocols)

    async def _ask(self, request: RequestStruct) -> Any:
        return await asyncio.to_thread(wire.ask, self._port, request)


def _confluent(said: Mapping[str, object]) -> Mapping[str, object]:
    fields = ("host", "port", "master_eligibility", "scheme")
    return {name: said[name] for name in fields} | {"version": 1, "leader": said.get("leader", False)}


def _karapace(said: Mapping[str, object]) -> Mapping[str, object]:
    fields = ("host", "port", "scheme", "master_eligibility")
    return {"version": 2, "karapace_version": "4.1.0"} | {name: said[name] for name in fields}


def _url(said: Mapping[str, object]) -> str:
    return f"{said['scheme']}://{said['host']}:{said['port']}"


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
