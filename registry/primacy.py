"""Whether this node may write, and how it comes to: elected, confirmed, the others shut out, caught up, claimed.

The election says who should write, the log who can. Nothing here decides by a clock: a primary stays what it is until
the group names another one or the log refuses it, and takes over again only when the group has confirmed it since.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

from registry.election.election import Election, Standing

RETRY_AFTER = 0.5  # seconds until a take-over that failed is tried again
PATIENCE = 5.0  # seconds that a write waits for a take-over

TakeOver = Callable[[Standing], Awaitable[None]]


class Forbidden(Exception):
    """Nothing may be written to this log by anybody, until a person has looked at it."""


class Primacy:
    """`changed` is notified whenever an answer of this object changes."""

    def __init__(self, election: Election, changed: asyncio.Condition, take_over: TakeOver, *, is_shared: bool) -> None:
        self.obstacle = ""  # why the latest take-over failed
        self.take_overs = 0
        self._election = election
        self._changed = changed
        self._take_over = take_over
        self._is_shared = is_shared
        self._leads = False
        self._lost = asyncio.Event()

    @property
    def standing(self) -> Standing:
        """As the election has it; but a primary that cannot write yet is only starting to be one."""
        standing = self._election.standing
        if standing.role == "primary" and not self.leads:
            return replace(
                standing, role="starting", primary_url=None, reason=self.obstacle or "this node is taking over"
            )
        return standing

    @property
    def is_elected(self) -> bool:
        return self._election.standing.role == "primary"

    @property
    def leads(self) -> bool:
        """May this node write now? A log that is its own it may write to whenever it is elected."""
        return self.is_elected and (self._leads or not self._is_shared)

    @property
    def term(self) -> int | None:
        """A number for the time from one take-over to the loss of it; None while this node does not lead."""
        return self.take_overs if self.leads else None

    async def lose(self) -> None:
        """The log has refused this node, or nobody knows what became of its write: it must take over anew."""
        self._leads = False
        self._lost.set()
        await self._notify()

    async def until_decided(self) -> bool:
        """Wait until this node leads (True), or is not to for now: another was elected, or it cannot take over."""
        if not self.leads:
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE), self._changed:
                    await self._changed.wait_for(lambda: self.leads or not self.is_elected or self.obstacle)
        return self.leads

    async def run(self) -> None:
        """Take over whenever this node is elected and does not lead. Runs until it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch())
            while self._is_shared:
                await self._lost.wait()
                await self._try()

    async def _watch(self) -> None:
        was_elected = False
        async for standing in self._election.changes():
            is_elected = standing.role == "primary"
            if is_elected != was_elected:
                self._leads, self.obstacle = False, ""
                self._lost.set()
            was_elected = is_elected
            await self._notify()

    async def _try(self) -> None:
        standing = await self._election.confirmed()
        self._lost.clear()
        if standing.role != "primary":
            return
        try:
            await self._take_over(standing)
        except Exception as failure:  # noqa: BLE001  (whatever it was, a cluster without a primary tries again)
            self.obstacle = str(failure) or type(failure).__name__
            self._lost.set()
            await self._notify()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._until_not_elected(), RETRY_AFTER)
        else:
            self.take_overs += 1
            self._leads, self.obstacle = not self._lost.is_set(), ""
            await self._notify()

    async def _until_not_elected(self) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: not self.is_elected)

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()
