"""The node: takes writes one batch at a time, and waits for its own reader to deliver them back.

The one place where order matters. A write is decided on the state as the log has it, appended, and answered when the
reader has delivered it back. What arrives while a batch is on its way to the disk forms the next one.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar
from uuid import uuid4

from registry.barrier import Barrier
from registry.delivery import Delivery, Undelivered
from registry.election.election import Election, Standing
from registry.log.log import Entry, Headers, Health, InDoubt, Log, LogUnavailable
from registry.primacy import Forbidden, Primacy
from registry.reader import DELIVERY, Reader
from registry.reader import Observer as ReaderObserver
from registry.refusals import Reason, Refusal
from registry.state.commands import Command, Inquiry, Register, Retag
from registry.state.decisions import Decision, Defaults, decide
from registry.state.decisions.draft import applied
from registry.state.decisions.primacy import claimed, repairs
from registry.state.facts import Facts, Missing, Pinned, Question
from registry.state.queries import has_subject
from registry.state.records import EPOCH_HEADER, OUR_FORMAT, Write
from registry.state.state import State

T = TypeVar("T")

MOST_ROUNDS = 50  # times anything is decided again after facts were found for it
PATIENT_ROUNDS = 4  # times a command lets others go first while facts are found for it
LARGEST_BATCH = 1000  # commands
DECIDED_SLICE = 50  # commands decided before other tasks get their turn
DOUBT = 60.0  # seconds until a write whose outcome nobody finds out is given up
CLOSING = 25.0  # seconds for the writes under way when the node is closed
BARRIER = 2.0  # seconds for a look at the end of the log, before something is said not to be there
RETRY_AFTER = 1.0  # seconds until a log that cannot be read is tried again
ROUND_A_RECORD = 200  # bytes that a record takes besides key and value
COMPACT_EVERY = 600.0  # seconds
DEAD_SHARE = 0.5  # of the records, from which a compaction is worth it
OPERATIONS = {
    "Register": "Register schema operation",
    "Retag": "Register schema operation",
    "DeleteVersion": "Delete Schema Version operation",
    "DeleteSubject": "Delete subject operation",
    "DeleteContext": "Delete context operation",
    "SetConfig": "Update config operation",
    "DeleteConfig": "Delete config operation",
    "SetMode": "Update mode operation",
    "DeleteMode": "Delete mode operation",
}


class Knowledge(Facts, Protocol):
    """Facts, and the way to find those that are missing."""

    async def find(self, questions: Iterable[Question]) -> dict[Question, Any]: ...


class Observer(ReaderObserver, Protocol):
    """Whoever counts what the node does."""

    def committed(self, commands: int, records: int, seconds: float) -> None: ...

    def not_written(self, reason: str) -> None: ...


class NotPrimary(Exception):
    """This node may not write; `standing` says who may."""

    def __init__(self, standing: Standing) -> None:
        super().__init__(standing.reason or "this node is not the primary")
        self.standing = standing


@dataclass(eq=False, slots=True)
class _Waiting:
    """A command on its way: what was found out for it, and where its answer goes."""

    command: Command
    answer: asyncio.Future[Any]
    found: dict[Question, Any] = field(default_factory=dict)
    missing: Sequence[Question] = ()
    rounds: int = 0


@dataclass(slots=True)
class _Settled:
    """A command that was decided: its records, and its answer or refusal."""

    waiting: _Waiting
    writes: tuple[Write, ...]
    answer: Any
    refusal: Refusal | None = None
    is_clean: bool = True  # decided before any record of its batch


class Node:
    """State, log and election, put in motion by `open`. `reader` tells how far the log has been read."""

    def __init__(
        self,
        log: Log,
        election: Election,
        knowledge: Knowledge,
        defaults: Defaults,
        observer: Observer,
        *,
        sequenced: bool = False,
    ) -> None:
        """`sequenced`: a topic that Redpanda wrote at these offsets, whose records with another number are void."""
        self.name = uuid4().hex[:12]  # of this node, this time
        self._log = log
        self._election = election
        self._knowledge = knowledge
        self._defaults = defaults
        self._observer = observer
        self._queue: deque[_Waiting] = deque()
        self._arrived = asyncio.Event()
        self._progress = asyncio.Condition()
        self.reader = Reader(log, observer, self._progress, sequenced=sequenced)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._under_way: set[_Waiting] = set()
        self._is_closing = False
        self._primacy = Primacy(election, self._progress, self._take_over, is_shared=log.is_shared)
        self._barrier = Barrier(self._look, self._start)

    # For whoever asks how the node is

    @property
    def state(self) -> State:
        return self.reader.state

    @property
    def standing(self) -> Standing:
        return self._primacy.standing

    @property
    def is_ready(self) -> bool:
        """Has everything been read that was in the log when the node started?"""
        return self.reader.is_ready

    async def until_ready(self) -> None:
        await self.reader.until_ready()

    # Life

    async def open(self) -> None:
        """Take part in the election, open the log, and start to follow it. Returns before the replay is done."""
        async with AsyncExitStack() as opened:
            await self._election.open()
            opened.push_async_callback(self._election.close)
            await self._log.open()
            opened.push_async_callback(self._log.close)
            if not self._log.is_shared:  # its brokers may be out of reach, and are waited for
                self.reader.replay_end = await self._log.end()
            opened.pop_all()  # all went well: from here on `close` closes them
        self._start(self._kept_up(lambda: self.reader.follow(self._watch_claims)))
        self._start(self._kept_up(self._primacy.run))
        self._start(self._kept_up(self._take_writes))
        self._start(self._kept_up(self._compact))

    async def close(self) -> None:
        """Let the writes that are under way finish, refuse new ones, then let go of log and election.

        Who waits for a write that did not finish in time is told that it is in doubt.
        """
        self._is_closing = True
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSING), self._progress:
                await self._progress.wait_for(lambda: not self._under_way)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for waiting in self._under_way:
            _answer(_Settled(waiting, (), None, _in_doubt(waiting.command, "this node was stopped meanwhile")))
        try:
            await self._election.close()
        finally:
            await self._log.close()

    # Asking

    @property
    def may_lag(self) -> bool:
        """May other nodes have written what this one has not read yet?"""
        return self._log.is_shared

    @property
    def log_health(self) -> Health:
        return self._log.health

    @property
    def lag(self) -> int:
        """How much the log had, when somebody last asked, that is not read yet: records and what else has an offset."""
        return max((self._log.health.end or 0) - self.reader.position, 0)

    @property
    def silence(self) -> float | None:
        """Seconds since the log last answered the reader; None where it always does."""
        fetched_at = self._log.health.fetched_at
        return None if fetched_at is None else max(time.time() - fetched_at, 0.0)

    @property
    def trouble(self) -> str:
        """Why nothing can be written or read at present; "" when all is well."""
        return self.reader.forbidden or self._log.health.trouble

    async def until_standing(self, wanted: Callable[[Standing], bool]) -> None:
        async with self._progress:
            await self._progress.wait_for(lambda: wanted(self.standing))

    async def catch_up(self) -> bool:
        """Read all that is in the log now; False when that was not possible in time. Callers share the work."""
        return await self._barrier.passed() if self._log.is_shared else True

    async def _look(self) -> bool:
        try:
            async with asyncio.timeout(BARRIER):
                await self.reader.up_to(await self._log.end())
        except (LogUnavailable, TimeoutError):
            return False
        return True

    async def ask(self, inquiry: Inquiry) -> Any:
        """What the inquiry asks, by the state as this node has it. Raises Refusal."""
        found: dict[Question, Any] = {}
        for _ in range(MOST_ROUNDS):
            try:
                return decide(self.state, inquiry, self._defaults, Pinned(found, self._knowledge)).answer
            except Missing as missing:
                found |= await self._knowledge.find(missing.questions)
        raise Reason.STORE_TIMEOUT.refusal(operation="The look-up", details="the state changed all the time")

    # Writing

    async def write(self, command: Command) -> Any:
        """Do what the command asks; its answer, once it is durable and this node's own reads show it.

        Raises Refusal, and NotPrimary when another node must do it.
        """
        if self._is_closing:
            raise Reason.NO_PRIMARY.refusal(details="This node is shutting down.")
        if not self.is_ready:
            raise Reason.STARTING.refusal(details="the log is being read")
        if not await self._primacy.until_decided():
            raise NotPrimary(self.standing)
        waiting = _Waiting(command, asyncio.get_running_loop().create_future())
        self._under_way.add(waiting)
        try:
            await self._prepare(waiting)
            self._put(waiting)
            return await waiting.answer
        finally:
            self._under_way.discard(waiting)
            if self._is_closing:
                async with self._progress:
                    self._progress.notify_all()

    async def _prepare(self, waiting: _Waiting) -> None:
        """Find what a schema is and how it compares, as things stand, while others are written: it should not miss a
        batch for that. What else is missing then, is found in its turn.
        """
        command = waiting.command
        if not isinstance(command, Register | Retag):
            return
        for _ in range(2 if has_subject(self.state, command.subject) else 1):
            try:
                decide(self.state, command, self._defaults, Pinned(waiting.found, self._knowledge))
            except Missing as missing:
                waiting.rounds += 1
                waiting.found |= await self._knowledge.find(missing.questions)
            except Exception:  # noqa: BLE001  (only the decision that is made in its turn counts)
                return
            else:
                return

    def _put(self, waiting: _Waiting) -> None:
        self._queue.append(waiting)
        self._arrived.set()

    async def _take_writes(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._queue:
                if not await self._primacy.until_decided():
                    self._hand_over(self._queue)
                    self._queue.clear()
                    break
                batch = [self._queue.popleft() for _ in range(min(len(self._queue), LARGEST_BATCH))]
                try:
                    await self._settle(batch)
                except (LogUnavailable, Undelivered) as unavailable:
                    self._not_written(unavailable)
                    for waiting in batch:
                        _answer(_Settled(waiting, (), None, _store_failed(waiting.command, unavailable)))
                except Exception as error:  # noqa: BLE001  (whatever it was, each waiting client must get an answer)
                    self._fail(batch, error)

    def _hand_over(self, batch: Iterable[_Waiting]) -> None:
        """Another node does it, or somebody tells why not."""
        for waiting in batch:
            if not waiting.answer.done():
                waiting.answer.set_exception(NotPrimary(self.standing))

    async def _settle(self, batch: Sequence[_Waiting]) -> None:
        """Decide and write under one take-over: what was decided before another node wrote counts for nothing."""
        await self._read_to_end()
        term, headers = self._primacy.term, self._headers()
        if term is None:
            self._queue.extendleft(reversed(batch))
            return
        draft = self.state.draft()
        settled: list[_Settled] = []
        writes: list[Write] = applied(draft, repairs(draft))
        for number, waiting in enumerate(batch, 1):
            decided = None if waiting.answer.done() else self._decide(waiting, draft)  # done: the client went away
            while decided is None and waiting.rounds >= PATIENT_ROUNDS and not waiting.answer.done():
                decided = await self._decide_now(waiting, draft)
            if number % DECIDED_SLICE == 0:
                await asyncio.sleep(0)
            if decided is None:
                continue
            decided.is_clean = not writes
            settled.append(decided)
            writes += applied(draft, decided.writes)
        if self._primacy.term != term:
            self._queue.extendleft(decided.waiting for decided in reversed(settled))
            return
        if writes:
            await self._append(settled, writes, headers)
        for decided in settled:
            _answer(decided)

    async def _read_to_end(self) -> None:
        """A shared log is asked again for a while: brokers need some seconds to give up one of them."""
        give_up = time.monotonic() + DELIVERY
        while True:
            try:
                return await self.reader.reach(await self._log.end())
            except LogUnavailable:
                if not self._log.is_shared or time.monotonic() > give_up:
                    raise
                await asyncio.sleep(RETRY_AFTER)

    def _decide(self, waiting: _Waiting, draft: State) -> _Settled | None:
        """The command settled on the draft, or None: then its facts are being found, and it comes back."""
        if draft.is_of_newer_format:
            written_by = f"the log was written by a newer Momus (format {draft.format}, known here: {OUR_FORMAT})"
            refusal = _store_failed(waiting.command, f"{written_by}; it is served read-only")
            return _Settled(waiting, (), None, refusal)
        try:
            decision: Decision = decide(draft, waiting.command, self._defaults, Pinned(waiting.found, self._knowledge))
        except Refusal as refusal:
            return _Settled(waiting, (), None, refusal)
        except Missing as missing:
            if waiting.rounds < PATIENT_ROUNDS:
                self._start(self._find(waiting, missing.questions))
            waiting.missing = missing.questions
            return None
        except Exception as error:  # noqa: BLE001  (one command that fails does not hurt its neighbours)
            self._fail([waiting], error)
            return None
        if self._is_too_large(decision.writes):
            return _Settled(waiting, (), None, Reason.SCHEMA_TOO_LARGE.refusal())
        return _Settled(waiting, decision.writes, decision.answer)

    def _is_too_large(self, writes: Iterable[Write]) -> bool:
        """Would the log refuse one of them, and with it those of its neighbours?"""
        largest = self._log.largest_entry
        return largest is not None and any(
            len(write.key) + len(write.value or b"") + ROUND_A_RECORD > largest for write in writes
        )

    async def _decide_now(self, waiting: _Waiting, draft: State) -> _Settled | None:
        """Find what is missing while everybody waits: others were faster too often, and now it is this one's turn."""
        if waiting.rounds >= MOST_ROUNDS:
            details = "what must be known of the schema is not to be found out"
            refusal = Reason.STORE_TIMEOUT.refusal(operation=_operation(waiting.command), details=details)
            return _Settled(waiting, (), None, refusal)
        waiting.rounds += 1
        try:
            waiting.found |= await self._knowledge.find(waiting.missing)
        except Exception as error:  # noqa: BLE001  (the client must get an answer)
            self._fail([waiting], error)
            return None
        return self._decide(waiting, draft)

    async def _find(self, waiting: _Waiting, questions: Sequence[Question]) -> None:
        waiting.rounds += 1
        try:
            waiting.found |= await self._knowledge.find(questions)
        except Exception as error:  # noqa: BLE001  (the client must get an answer)
            self._fail([waiting], error)
        else:
            self._put(waiting)

    async def _append(self, settled: list[_Settled], writes: Sequence[Write], headers: Headers) -> None:
        began = time.perf_counter()
        delivery = Delivery(writes, self.reader.position)
        try:
            await self._deliver(delivery, writes, headers)
        except LogUnavailable as unavailable:
            self._not_written(unavailable)
            await self._primacy.lose()
            for decided in settled:
                if not decided.is_clean or decided.writes:
                    decided.refusal = _store_failed(decided.waiting.command, unavailable)
        except (InDoubt, Undelivered) as doubt:
            self._not_written(doubt)
            await self._resolve(delivery, settled, doubt)
        else:
            self._observer.committed(len(settled), len(writes), time.perf_counter() - began)

    async def _deliver(self, delivery: Delivery, writes: Sequence[Write], headers: Headers) -> None:
        """Append, and wait until the own reader has passed what was appended, and has seen all of it."""
        self.reader.delivery = delivery
        last = await self._log.append([Entry(write.key, write.value, headers) for write in writes])
        await self.reader.reach(last + 1)
        if not delivery.is_complete:
            raise InDoubt("the log has withdrawn what it had confirmed")

    def _headers(self) -> Headers:
        claim = self.state.claim
        return ((EPOCH_HEADER, b"%d" % claim.epoch),) if self._log.is_shared and claim is not None else ()

    async def _resolve(self, delivery: Delivery, settled: list[_Settled], doubt: Exception) -> None:
        """Wait until it is known what became of the append, and answer by that.

        It is known once its records were read; or once somebody has shut out whoever wrote them, and has written
        behind that: this node in a new take-over, or another one, whose claim has been read.
        """
        take_overs = self._primacy.take_overs
        if self._log.is_shared:
            await self._primacy.lose()

        def is_known() -> bool:
            return delivery.is_complete or self._primacy.take_overs > take_overs or self._is_superseded(delivery.start)

        try:
            async with asyncio.timeout(DOUBT if self._log.is_shared else 0), self._progress:
                await self._progress.wait_for(is_known)
        except TimeoutError:
            for decided in settled:
                decided.refusal = _in_doubt(decided.waiting.command, doubt)
            return
        if not delivery.is_complete:  # it never will be: decide again, or let the new primary do it
            again = [decided.waiting for decided in settled if decided.writes or not decided.is_clean]
            settled[:] = [decided for decided in settled if decided.is_clean and not decided.writes]
            self._queue.extendleft(reversed(again))

    def _is_superseded(self, position: int) -> bool:
        """Has another node claimed the log behind `position`?"""
        claim = self.state.claim
        return claim is not None and claim.offset >= position and claim.node != self.name

    def _not_written(self, reason: Exception) -> None:
        self.reader.failed(str(reason))
        self._observer.not_written(str(reason))

    # Becoming primary

    async def _take_over(self, standing: Standing) -> None:
        """Shut out the others, read what they have written, and claim the log. Only a shared log asks for it."""
        try:
            await self._claim(standing)
        except (LogUnavailable, InDoubt, Undelivered, Forbidden) as failure:
            self._not_written(failure)
            raise
        except Exception as failure:
            self._unforeseen("taking over failed", failure)
            raise

    async def _claim(self, standing: Standing) -> None:
        self._refuse_if_forbidden()
        await self.until_ready()
        await self._log.fence()
        await self.reader.reach(await self._log.end())
        self._refuse_if_forbidden()
        url = standing.primary_url or ""
        writes = claimed(self.state, node=self.name, url=url, generation=standing.generation, new_log=uuid4().hex)
        delivery = Delivery(writes, self.reader.position)
        await self._deliver(delivery, writes, ())  # by its place alone it counts or does not
        claim = self.state.claim
        if claim is None or claim.node != self.name:
            raise Undelivered("another node has claimed the log at the same time")

    def _refuse_if_forbidden(self) -> None:
        if self.reader.forbidden:
            raise Forbidden(self.reader.forbidden)

    def _fail(self, batch: Iterable[_Waiting], error: Exception) -> None:
        """Whoever asked has it in his journal."""
        self.reader.failed(f"{type(error).__name__}: {error}")
        for waiting in batch:
            if not waiting.answer.done():
                waiting.answer.set_exception(error)

    # Beside reading

    async def _watch_claims(self) -> None:
        """Whoever reads that another has claimed the log has lost it, before any write is refused."""
        claim = self.state.claim
        is_lost = self.reader.forbidden or (claim is not None and claim.node != self.name)
        if is_lost and self._log.is_shared and self._primacy.leads:
            await self._primacy.lose()

    async def _compact(self) -> None:
        """Now and then, drop what was overwritten or deleted; writers and readers go on meanwhile."""
        await self.until_ready()
        while True:
            with suppress(LogUnavailable):
                await self._log.compact(min_dead=DEAD_SHARE)
            await asyncio.sleep(COMPACT_EVERY)

    async def _kept_up(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """A node without one of these tasks would look alive: whatever ends it is told, and it begins again."""
        while True:
            try:
                return await work()
            except Exception as error:  # noqa: BLE001
                self._unforeseen("a task of the node ended", error)
            await asyncio.sleep(RETRY_AFTER)

    def _unforeseen(self, what: str, error: Exception) -> None:
        self.reader.failed(f"{type(error).__name__}: {error}")
        self._observer.unforeseen(what, error)

    def _start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _answer(decided: _Settled) -> None:
    if decided.waiting.answer.done():
        return
    if decided.refusal is not None:
        decided.waiting.answer.set_exception(decided.refusal)
    else:
        decided.waiting.answer.set_result(decided.answer)


def _store_failed(command: Command, details: object) -> Refusal:
    return Reason.STORE_FAILED.refusal(operation=_operation(command), details=details)


def _in_doubt(command: Command, details: object) -> Refusal:
    """It was appended and not seen again: only a later look says whether it is there."""
    return Reason.STORE_TIMEOUT.refusal(operation=_operation(command), details=f"{details}; it may be done or not")


def _operation(command: Command) -> str:
    return OPERATIONS.get(type(command).__name__, f"{type(command).__name__} operation")
