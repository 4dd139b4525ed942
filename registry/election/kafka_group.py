"""The election in a Kafka group of type `sr`, which Confluent's and Karapace's nodes can join too.

The group says who should write; only the log's fence says who can. So there is no lease here and no clock that
deposes: a member keeps its role until the group says otherwise, and while the coordinator cannot be reached it goes on
looking for it, as the same member in the same role. What the members say is in `identity`, who is chosen in `choice`;
aiokafka's requests for groups, which come without a promise, are known here only.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NoReturn

from aiokafka.conn import AIOKafkaConnection, collect_hosts, create_conn
from aiokafka.errors import (
    BrokerResponseError,
    GroupAuthorizationFailedError,
    IllegalGenerationError,
    InconsistentGroupProtocolError,
    InvalidGroupIdError,
    InvalidSessionTimeoutError,
    KafkaError,
    MemberIdRequired,
    NoError,
    RebalanceInProgressError,
    UnknownMemberIdError,
    for_code,
)
from aiokafka.protocol.coordination import FindCoordinatorRequest
from aiokafka.protocol.group import HeartbeatRequest, JoinGroupRequest, LeaveGroupRequest, SyncGroupRequest
from aiokafka.protocol.metadata import MetadataRequest

from registry.brokers import Brokers
from registry.election.choice import Member, assigned, shared_urls, standing_of
from registry.election.election import Standing
from registry.election.identity import Identity, identity_at

PROTOCOL_TYPE, PROTOCOL = "sr", "v0"
REBALANCE_TIMEOUT = 6.0  # seconds that a round waits for members that do not come back to it
ROUND_MARGIN = 5.0  # seconds: a round may also wait for the session of a member that is gone
HEARTBEAT_SHARE = 3  # parts of a session; a heartbeat is given up after one: there is time to ask another broker
LONGEST_PAUSE = 1.0  # seconds between two looks for the coordinator
EXPELLED_PAUSE = 0.1
UNFORESEEN_PAUSE = 1.0
MISCONFIGURED_PAUSE = 5.0

MISCONFIGURED = {
    InconsistentGroupProtocolError: "something else than a schema registry uses the group {group}",
    InvalidGroupIdError: "{group!r} is no name for a group",
    InvalidSessionTimeoutError: "the brokers allow no session of {session:g} s (group.min.session.timeout.ms)",
    GroupAuthorizationFailedError: "this node has no right to read the group {group}",
}


class KafkaGroup:
    """`url` is None as long as this node's address is not known: `advertise` tells it, and then the group is joined."""

    def __init__(
        self,
        brokers: Brokers,
        group: str,
        url: str | None = None,
        *,
        is_eligible: bool = True,
        session_timeout: float = 6.0,
        heartbeat_interval: float = 0.3,
    ) -> None:
        self._brokers = brokers
        self._group = group
        self._is_eligible = is_eligible
        self._session_timeout = session_timeout
        self._heartbeat_interval = heartbeat_interval
        self._since = time.time_ns() // 1_000_000
        self._standing = Standing("starting", reason=f"joining the group {group}")
        self._trouble = ""  # of reaching the coordinator
        self._member_id = ""
        self._generation = -1
        self._sent = 0  # requests are numbered
        self._answered = 0  # the number of the last one that was
        self._confirmed = 0  # the same, of those that say that the standing holds
        self._wanted = asyncio.Event()  # a confirmation, at once
        self._news = asyncio.Event()  # replaced each time
        self._addressed = asyncio.Event()
        self._joined: _Membership | None = None
        self._is_closed = False
        self._task: asyncio.Task[None] | None = None
        if url is not None:
            self.advertise(url)

    def advertise(self, url: str) -> None:
        """Where the others reach this node. Raises ValueError for an address that the group has no room for."""
        identity = replace(identity_at(url), is_eligible=self._is_eligible, since=self._since)
        name = f"momus-{identity.host}-{identity.port}"
        patience = min(self._brokers.request_timeout, self._session_timeout / HEARTBEAT_SHARE)
        longest = max(REBALANCE_TIMEOUT, self._session_timeout) + ROUND_MARGIN
        self._joined = _Membership(identity, _Coordinator(self._brokers, self._group, name, patience, longest))
        self._addressed.set()

    @property
    def standing(self) -> Standing:
        return replace(self._standing, reason=self._trouble) if self._trouble else self._standing

    async def open(self) -> None:
        """Returns at once: a round of the group may take seconds, and the log can be read meanwhile."""
        self._is_closed = False
        self._task = asyncio.get_running_loop().create_task(self._take_part())

    async def close(self) -> None:
        """Leave, so that the others choose again at once."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None
        await self._leave()
        if self._joined is not None:
            await self._joined.coordinator.close()
        self._is_closed = True
        self._be(Standing("follower", reason=f"this node has left the group {self._group}"))

    async def changes(self) -> AsyncGenerator[Standing, None]:
        """A follower of the changes that is slow sees the last one."""
        seen: Standing | None = None
        while True:
            if self.standing != seen:
                seen = self.standing
                yield seen
            elif self._is_closed:
                return
            else:
                await self._news.wait()

    async def confirmed(self) -> Standing:
        """As long as the coordinator cannot be reached, this waits."""
        needed = self._sent + 1
        while self._confirmed < needed and not self._is_closed:
            self._wanted.set()
            await self._news.wait()
        return self.standing

    # A member's life

    async def _take_part(self) -> None:
        await self._addressed.wait()
        while True:
            try:
                await self._join()
                await self._stay()
            except RebalanceInProgressError:
                continue  # the same member, in the same role until the assignment says otherwise
            except (UnknownMemberIdError, IllegalGenerationError):
                pause, reason = EXPELLED_PAUSE, "the group went on without this node, which joins it again"
            except tuple(MISCONFIGURED) as error:
                sentence = MISCONFIGURED[type(error)]
                pause, reason = MISCONFIGURED_PAUSE, sentence.format(group=self._group, session=self._session_timeout)
            except Exception as error:  # noqa: BLE001  (an election that has ended is a node without a primary for ever)
                pause, reason = UNFORESEEN_PAUSE, f"the election failed: {type(error).__name__}: {error}"
            self._be(Standing("follower", reason=reason))
            await self._leave()
            await asyncio.sleep(pause)

    @property
    def _membership(self) -> "_Membership":
        assert self._joined is not None, "nothing is asked before the address is known"
        return self._joined

    async def _join(self) -> None:
        """One round: everybody says who he is, the group's leader chooses, and all are told."""
        joined = await self._ask(self._join_request(), self._membership.coordinator.longest)
        if joined.error_code == MemberIdRequired.errno:
            self._member_id = joined.member_id
            joined = await self._ask(self._join_request(), self._membership.coordinator.longest)
        self._member_id, self._generation = joined.member_id, joined.generation_id
        members = [Member(member_id, metadata) for member_id, *_, metadata in joined.members]  # only its leader's
        told = assigned(members)
        assignments = [(member.member_id, told) for member in members]
        request = SyncGroupRequest(self._group, self._generation, self._member_id, None, assignments)
        synced = await self._ask(request, self._membership.coordinator.longest)
        standing = standing_of(self._member_id, self._membership.identity, synced.member_assignment, self._generation)
        if shared := shared_urls(members):
            standing = replace(standing, reason=f"more than one member advertises {', '.join(shared)}")
        self._confirm()
        self._be(standing)

    def _join_request(self) -> JoinGroupRequest:
        identity = replace(self._membership.identity, is_primary=self._standing.role == "primary")
        session, rebalance = round(self._session_timeout * 1000), round(REBALANCE_TIMEOUT * 1000)
        protocols = [(PROTOCOL, identity.metadata)]
        return JoinGroupRequest(self._group, session, rebalance, self._member_id, None, PROTOCOL_TYPE, protocols)

    async def _stay(self) -> NoReturn:
        """Until the group wants something else of this member: then what it says is raised."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._heartbeat_interval):
                    await self._wanted.wait()
            self._wanted.clear()
            request = HeartbeatRequest(self._group, self._generation, self._member_id)
            await self._ask(request, self._membership.coordinator.patience)
            self._confirm()
            self._tell()

    async def _leave(self) -> None:
        """Best done, not needed: a member that says nothing any more is missed after its session."""
        member_id, self._member_id, self._generation = self._member_id, "", -1
        if member_id:
            with suppress(Exception):
                await self._membership.coordinator.ask(
                    LeaveGroupRequest(self._group, member_id), self._membership.coordinator.patience
                )

    async def _ask(self, request: Any, limit: float) -> Any:
        """The coordinator's answer, when there is one: until then the request is repeated."""
        for pause in _pauses():
            self._sent += 1
            number = self._sent
            try:
                answer = await self._membership.coordinator.ask(request, limit)
            except _Unreachable as unreachable:
                self._doubt(str(unreachable))
                await asyncio.sleep(pause)
            else:
                self._answered = number
                self._trust()
                return answer
        raise AssertionError("there is always another pause")

    # What is known of it

    def _be(self, standing: Standing) -> None:
        self._standing = standing
        self._tell()

    def _confirm(self) -> None:
        self._confirmed = self._answered

    def _doubt(self, why: str) -> None:
        if not self._trouble:
            now = datetime.now(UTC).isoformat(timespec="seconds")
            what = f"membership unconfirmed since {now}" if self._member_id else f"cannot join the group {self._group}"
            self._trouble = f"{what}: {why}"
            self._tell()

    def _trust(self) -> None:
        if self._trouble:
            self._trouble = ""
            self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


class _Unreachable(Exception):
    """There was no answer from the group's coordinator: nothing is known of the membership."""


@dataclass(frozen=True, slots=True)
class _Membership:
    """Who this node is in the group, and whom it asks there: both are known with its address."""

    identity: Identity
    coordinator: "_Coordinator"


class _Coordinator:
    """The way to the broker that coordinates the group. Any broker knows who that is; it changes when brokers fail."""

    def __init__(self, brokers: Brokers, group: str, name: str, patience: float, longest: float) -> None:
        self.patience = patience  # seconds for whatever is answered at once
        self.longest = longest  # seconds for a round of the group
        self._connecting = brokers.request_timeout  # seconds, with whatever a login may take
        self._group = group
        self._bootstrap = [(host, port) for host, port, _ in collect_hosts(brokers.servers)]
        self._hosts = deque(self._bootstrap)  # the first is asked first
        options = brokers.options()
        del options["bootstrap_servers"], options["retry_backoff_ms"]
        self._options = options | {"client_id": name, "request_timeout_ms": round(longest * 1000)}
        self._address: tuple[str, int] | None = None
        self._connection: AIOKafkaConnection | None = None

    async def ask(self, request: Any, limit: float) -> Any:
        """One attempt. Raises a BrokerResponseError that is an answer, _Unreachable for anything that is none.

        After that, and when it is cancelled, the connection is not used again: an answer may still come on it.
        """
        try:
            connection = await self._connected()
            async with asyncio.timeout(limit):
                answer = await connection.send(request)
            _check(answer)
        except BaseException as error:
            if _is_answer(error):
                raise
            self._drop()
            if not isinstance(error, OSError | KafkaError):  # a TimeoutError is an OSError
                raise
            self._address = None
            raise _Unreachable(_said(error)) from error
        return answer

    async def close(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()

    async def _connected(self) -> AIOKafkaConnection:
        if self._connection is None or not self._connection.connected():
            self._drop()
            try:
                async with asyncio.timeout(self._connecting):
                    self._address = self._address or await self._looked_up()
                    self._connection = await create_conn(*self._address, **self._options)
            except tuple(MISCONFIGURED):
                raise
            except Exception as error:  # a login can fail in many ways
                self._address = None
                raise _Unreachable(_said(error)) from error
        return self._connection

    async def _looked_up(self) -> tuple[str, int]:
        host, port = self._hosts[0]
        self._hosts.rotate(-1)  # the next time another one is asked, unless this one answers
        connection = await create_conn(host, port, **self._options)
        try:
            found = await connection.send(FindCoordinatorRequest(self._group, 0))
            _check(found)
            known = await connection.send(MetadataRequest([], allow_auto_topic_creation=False))
        finally:
            connection.close()
        others = [(broker[1], broker[2]) for broker in known.brokers]
        self._hosts = deque(dict.fromkeys([(host, port), *self._bootstrap, *others]))
        return found.host, found.port

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _check(answer: Any) -> None:
    error = for_code(answer.error_code)
    if error not in (NoError, MemberIdRequired):
        raise error(f"the broker answers {answer.error_code}")


def _is_answer(error: BaseException) -> bool:
    """Does it say something of the group, not of the way to it?"""
    return isinstance(error, BrokerResponseError) and not error.retriable


def _said(error: Exception) -> str:
    match error:
        case TimeoutError():
            return "no answer"
        case BrokerResponseError() | KafkaError() if error.args:
            return str(error.args[0])
        case _:
            return str(error) or type(error).__name__


def _pauses() -> Iterator[float]:
    pause = 0.1
    while True:
        yield pause
        pause = min(pause * 2, LONGEST_PAUSE)
