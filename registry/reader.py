"""The reader: applies the log to the state, and knows how far it is. It decides nothing and writes nothing.

Nothing stops it: whatever goes wrong is told and tried again.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from registry.delivery import Delivery, Undelivered
from registry.log.log import Log, LogRecord, LogReplaced, LogUnavailable, PositionLost
from registry.state.queries import contradiction
from registry.state.records import epoch_of, read
from registry.state.state import State

REPLAY_SLICE = 500  # records applied before other tasks get their turn
DELIVERY = 20.0  # seconds for the log to deliver what it holds
RETRY_AFTER = 1.0  # seconds until a log that cannot be read is tried again


class Observer(Protocol):
    """Whoever counts what is read."""

    def not_read(self, reason: str) -> None: ...

    def replayed(self, records: int, seconds: float) -> None: ...

    def unforeseen(self, what: str, error: Exception) -> None: ...


class Reader:
    """`state` is what the log says up to `position`, everything before which has been read and applied."""

    def __init__(self, log: Log, observer: Observer, progress: asyncio.Condition, *, sequenced: bool) -> None:
        """`progress` is notified whenever something was read.

        `sequenced`: a topic that Redpanda wrote at these offsets, whose records with another number are void.
        """
        self.state = State()
        self.position = 0
        self.replay_end = 0  # where the log ended when it was opened
        self.replay_seconds = 0.0
        self.forbidden = ""  # why nobody may write to this log
        self.last_error = ""  # the latest, also after it has passed
        self.last_error_at = 0.0  # seconds since 1970
        self.delivery: Delivery | None = None  # of the append under way
        self._log = log
        self._observer = observer
        self._progress = progress
        self._sequenced = sequenced
        self._caught_up = asyncio.Event()
        self._folding = self.state  # what is applied to: another state while the log is read again from 0
        self._read_to = 0

    @property
    def is_ready(self) -> bool:
        """Has everything been read that was in the log when it was opened?"""
        return self._caught_up.is_set()

    async def until_ready(self) -> None:
        await self._caught_up.wait()

    async def follow(self, after_each: Callable[[], Awaitable[None]]) -> None:
        """Apply what the log has and will have, until it is closed; `after_each` follows whatever was read.

        When it must start again from 0, the state as it was is served until the new one has caught up, and longer
        where the new one would contradict it.
        """
        while True:
            try:
                return await self._apply_all(after_each)
            except (PositionLost, LogReplaced) as lost:
                self.failed(str(lost))
                self._folding, self._read_to = State(), 0
            except LogUnavailable as unavailable:
                self.failed(str(unavailable))
                self._observer.not_read(str(unavailable))
            except Exception as error:  # noqa: BLE001  (a reader that has ended looks like a log without news)
                self.failed(f"{type(error).__name__}: {error}")
                self._observer.unforeseen("the log cannot be read", error)
            await asyncio.sleep(RETRY_AFTER)

    async def up_to(self, position: int) -> None:
        """Wait until everything before `position` has been applied."""
        async with self._progress:
            await self._progress.wait_for(lambda: self.position >= position)

    async def reach(self, position: int) -> None:
        """`up_to`, where all of it is in the log. Raises Undelivered when that takes too long."""
        try:
            async with asyncio.timeout(DELIVERY):
                await self.up_to(position)
        except TimeoutError as error:
            raise Undelivered(f"the log gives back nothing after {self.position} for {DELIVERY:g} seconds") from error

    def failed(self, reason: str) -> None:
        """Something with the log, reading or writing, went wrong: for those who look how the node is."""
        self.last_error, self.last_error_at = reason, time.time()

    async def _apply_all(self, after_each: Callable[[], Awaitable[None]]) -> None:
        began = time.perf_counter()
        if self._log.is_shared and not self.is_ready:
            self.replay_end = await self._log.end()
        async for records, position in self._log.follow(self._read_to):
            for at in range(0, len(records), REPLAY_SLICE):
                self._apply(records[at : at + REPLAY_SLICE])
                if len(records) > REPLAY_SLICE:
                    await asyncio.sleep(0)
            self._read_to = position
            if not records:
                self._show_what_was_read()
            if self.state is self._folding:
                self.position = position
            if not self.is_ready and not records:
                self._is_caught_up(position, time.perf_counter() - began)
            await after_each()
            async with self._progress:
                self._progress.notify_all()

    def _apply(self, records: Sequence[LogRecord]) -> None:
        for record in records:
            epoch = epoch_of(record.headers) if record.headers else None
            if self.delivery is not None and not self._folding.is_void(epoch):
                self.delivery.pass_(record)
            told = read(record.key, record.value, record.offset, record.timestamp, sequenced=self._sequenced)
            self._folding.apply(told, epoch)

    def _show_what_was_read(self) -> None:
        """The log has been read to its end: from here on that is the state, unless it would take back what was said."""
        if self.state is not self._folding and not self.forbidden:
            self.forbidden = contradiction(self.state, self._folding)
            if not self.forbidden:
                self.state = self._folding
        if self.state.other_log:
            self.forbidden = f"the log was {self.state.log} and is {self.state.other_log} now: another one in its place"

    def _is_caught_up(self, records: int, seconds: float) -> None:
        self.replay_seconds = seconds
        self._observer.replayed(records, seconds)
        self.state.names.ordered()
        self._caught_up.set()
