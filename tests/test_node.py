"""The node on real logs: what is answered when, who waits for whom, and what trouble with the log does to clients.

`Gated` and `Known` stand around a real log and the real checks: they hold a call until the test lets it go, or make it
fail. Nothing here waits for a time.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import pytest

from compat.worker import Workers
from registry import node as node_module
from registry.checks import Checks
from registry.election.alone import Alone
from registry.election.election import Standing
from registry.log.embedded import EmbeddedLog
from registry.log.log import Batch, Entry, Health, Log, LogUnavailable, PositionLost
from registry.log.memory import MemoryLog
from registry.names import subject_of
from registry.node import MOST_ROUNDS, Node, NotPrimary
from registry.refusals import Refusal
from registry.schemas import Schemas
from registry.state import queries
from registry.state.commands import LookUp
from registry.state.facts import Compare, Question
from registry.state.records import SchemaRecord
from tests.state.answers import answers
from tests.state.known import DEFAULTS
from tests.state.rows import INT, LONG, STRING, delete, level, record, register

PATIENCE = 30.0


class Gate:
    """Held calls wait until they are let go; how many wait can be waited for."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._open.set()
        self._waiting = 0
        self._arrivals = asyncio.Condition()

    def hold(self) -> None:
        self._open.clear()

    def let_go(self) -> None:
        self._open.set()

    def next(self) -> "Gate":
        """Let go of this one, and hold the next."""
        gate = Gate()
        gate.hold()
        self.let_go()
        return gate

    async def arrived(self, number: int = 1) -> None:
        async with asyncio.timeout(PATIENCE), self._arrivals:
            await self._arrivals.wait_for(lambda: self._waiting >= number)

    async def passed(self) -> None:
        if self._open.is_set():
            return
        self._waiting += 1
        async with self._arrivals:
            self._arrivals.notify_all()
        await self._open.wait()
        self._waiting -= 1


class Gated:
    """A real log whose appends and reads can be held, or refused."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.appends: list[list[Entry]] = []
        self.append_gate, self.read_gate = Gate(), Gate()
        self.append_trouble: Exception | None = None
        self.end_trouble: Exception | None = None
        self.read_trouble: list[Exception] = []

    @property
    def is_shared(self) -> bool:
        return self._log.is_shared

    @property
    def largest_entry(self) -> int | None:
        return self._log.largest_entry

    @property
    def health(self) -> Health:
        return self._log.health

    async def fence(self) -> None:
        await self._log.fence()

    async def open(self) -> None:
        await self._log.open()

    async def close(self) -> None:
        await self._log.close()

    async def append(self, entries: Sequence[Entry]) -> int:
        await self.append_gate.passed()
        if self.append_trouble is not None:
            raise self.append_trouble
        self.appends.append(list(entries))
        return await self._log.append(entries)

    async def end(self) -> int:
        if self.end_trouble is not None:
            raise self.end_trouble
        return await self._log.end()

    async def follow(self, position: int) -> AsyncGenerator[Batch, None]:
        async for batch in self._log.follow(position):
            await self.read_gate.passed()
            if self.read_trouble:
                raise self.read_trouble.pop(0)
            yield batch

    async def compact(self, *, min_dead: float = 0.0) -> int:
        return await self._log.compact(min_dead=min_dead)


class Known:
    """The real checks, whose search for facts can be held, counted, or fail for one text."""

    def __init__(self, checks: Checks) -> None:
        self._checks = checks
        self.plain = checks.plain
        self.description = checks.description
        self.report = checks.report
        self.retagged = checks.retagged
        self.tags = checks.tags
        self.gate = Gate()
        self.searches = 0
        self.holds: type = object  # the kind of questions that the gate is for
        self.finds_nothing = False
        self.trouble_with = ""

    async def find(self, questions: Iterable[Question]) -> dict[Question, Any]:
        questions = tuple(questions)
        self.searches += 1
        if any(isinstance(question, self.holds) for question in questions):
            await self.gate.passed()
        if self.trouble_with and any(self.trouble_with in str(question) for question in questions):
            raise RuntimeError(f"trouble with {self.trouble_with}")
        return {} if self.finds_nothing else await self._checks.find(questions)


class Counted:
    def __init__(self) -> None:
        self.batches: list[tuple[int, int]] = []
        self.replays: list[int] = []
        self.troubles: list[str] = []
        self.has_defect = asyncio.Event()

    def committed(self, commands: int, records: int, seconds: float) -> None:
        assert seconds >= 0
        self.batches.append((commands, records))

    def not_written(self, reason: str) -> None:
        self.troubles.append(reason)

    def not_read(self, reason: str) -> None:
        self.troubles.append(reason)

    def unforeseen(self, what: str, error: Exception) -> None:
        self.troubles.append(f"{what}: {error!r}")
        self.has_defect.set()

    def replayed(self, records: int, seconds: float) -> None:
        assert seconds >= 0
        self.replays.append(records)


class Follower(Alone):
    @property
    def standing(self) -> Standing:
        return Standing("follower", "http://other:8081", "another node was first")


class Running:
    """A node with all that it stands on."""

    def __init__(self, log: Log, election: Alone, *, sequenced: bool = False) -> None:
        self.log = Gated(log)
        workers = Workers(size=1)
        self.known = Known(Checks(Schemas(workers, 100_000), workers, lambda _kind, _report: None))
        self.counted = Counted()
        self.node = Node(self.log, election, self.known, DEFAULTS, self.counted, sequenced=sequenced)
        self.ask = self.node.ask

    async def write(self, command: Any) -> Any:
        async with asyncio.timeout(PATIENCE):
            return await self.node.write(command)

    async def register(self, subject: str, text: str = STRING, **more: Any) -> SchemaRecord:
        registered: SchemaRecord = (await self.write(register(subject, text, **more))).record
        return registered

    async def ready(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.node.until_ready()


Logs = Callable[[], Log]


@pytest.fixture(params=["memory", "embedded"])
def logs(request: pytest.FixtureRequest, tmp_path: Path) -> Logs:
    """Logs on one and the same place, as one process after another has them."""
    memory = MemoryLog()
    return (lambda: memory) if request.param == "memory" else (lambda: EmbeddedLog(tmp_path))


@asynccontextmanager
async def running(log: Log, election: Alone | None = None, *, sequenced: bool = False) -> AsyncIterator[Running]:
    """A node that has read its log."""
    running = Running(log, election or Alone(), sequenced=sequenced)
    await running.node.open()
    try:
        await running.ready()
        yield running
    finally:
        running.log.append_gate.let_go()
        running.log.read_gate.let_go()
        running.known.gate.let_go()
        async with asyncio.timeout(PATIENCE):
            await running.node.close()


@pytest.fixture
async def one() -> AsyncIterator[Running]:
    async with running(MemoryLog()) as one:
        yield one


async def settled(*writes: Awaitable[Any]) -> list[Any]:
    """What came of each: its answer, or what it raised."""
    return await asyncio.gather(*writes, return_exceptions=True)


def codes(outcomes: Iterable[Any]) -> list[int | None]:
    """The error code of each that was refused."""
    return [outcome.reason.code if isinstance(outcome, Refusal) else None for outcome in outcomes]


class Crowd:
    """Writes that arrive while an append is under way, so that they form the next batch."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._tasks: list[asyncio.Task[Any]] = []

    async def __aenter__(self) -> Self:
        self._running.log.append_gate.hold()
        self._first = self._begin(level("NONE", "first"))
        await self._running.log.append_gate.arrived()
        return self

    def arrives(self, *commands: Any) -> None:
        self._tasks += [self._begin(command) for command in commands]

    async def outcomes(self) -> list[Any]:
        await asyncio.sleep(0)  # each has its turn to queue
        self._running.log.append_gate.let_go()
        _, *outcomes = await settled(self._first, *self._tasks)
        return outcomes

    async def __aexit__(self, *_: object) -> None:
        self._running.log.append_gate.let_go()

    def _begin(self, command: Any) -> asyncio.Task[Any]:
        return asyncio.get_running_loop().create_task(self._running.write(command))


# Writing


async def test_an_answer_is_true_when_it_is_given(logs: Logs) -> None:
    """When a write is answered, this node's reads show it and the log has it."""
    async with running(logs()) as one:
        registered = await one.register("s")
        found = queries.version(one.node.state, subject_of("s"), 1)
        assert found is not None
        assert (found.id, found.guid) == (registered.id, registered.guid) == (1, found.guid)
        await one.write(delete("s"))
        assert not queries.has_subject(one.node.state, subject_of("s"))
        assert len(one.log.appends) == 2
        assert one.node.reader.position == await one.log.end()
    async with running(logs()) as next_one:
        assert queries.has_subject(next_one.node.state, subject_of("s"), include_deleted=True)


async def test_a_restarted_node_answers_alike(logs: Logs) -> None:
    """A node on the log of another answers as that one did, compacted or not, and goes on from there."""
    async with running(logs()) as one:
        await one.write(level("NONE"))
        for text in (STRING, INT, LONG):
            await one.register("s", text)
        await one.register(":.c:t", record("T"))
        await one.write(delete("s", 2))
        await one.write(delete("s", 2, permanent=True))
        before = answers(one.node.state)
    async with running(logs()) as second:
        assert answers(second.node.state) == before
        assert second.counted.replays == [await second.log.end()]
        await second.log.compact()
        assert (await second.register("s", '"bytes"')).id == 4
        before = answers(second.node.state)
    async with running(logs()) as third:
        assert answers(third.node.state) == before


async def test_writing_goes_on_where_compaction_took_the_end_of_the_log(logs: Logs) -> None:
    """A node that starts on a log whose last records were compacted away takes writes as any other."""
    async with running(logs()) as one:
        await one.write(level("FULL", "s"))
        await one.write(level("FULL", "t"))
        await one.write(register("s"))
        await one.write(delete("s"))
        await one.write(delete("s", permanent=True))
        assert await one.log.compact() > 0
    async with running(logs()) as second:
        assert (await second.register("s")).id == 2
        assert second.node.reader.position == await second.log.end()


async def test_writes_that_wait_are_written_together(one: Running) -> None:
    """What arrives while an append is on its way is one append, in its order of arrival."""
    async with Crowd(one) as crowd:
        crowd.arrives(*(level("FULL", f"s{number}") for number in range(200)))
        outcomes = await crowd.outcomes()
    assert codes(outcomes) == [None] * 200
    assert [len(entries) for entries in one.log.appends] == [1, 200]
    assert [entry.key for entry in one.log.appends[1]] == [
        b'{"keytype":"CONFIG","subject":"s%d","magic":0}' % number for number in range(200)
    ]
    assert one.counted.batches == [(1, 1), (200, 200)]


async def test_registrations_that_wait_are_written_together(one: Running) -> None:
    """Also when facts are found for each of them first."""
    async with Crowd(one) as crowd:
        crowd.arrives(*(register(f"s{number}", record(f"R{number}")) for number in range(100)))
        outcomes = await crowd.outcomes()
    assert sorted(outcome.record.id for outcome in outcomes) == list(range(1, 101))
    assert len(one.log.appends) <= 20


async def test_a_refused_command_does_not_hurt_its_neighbours(one: Running) -> None:
    """In a batch each is refused or done by itself, on what those before it leave."""
    await one.register("s")
    async with Crowd(one) as crowd:
        crowd.arrives(
            level("FULL", "a"), delete("nobody"), delete("s"), delete("s"), level("SOME", "b"), level("FULL", "c")
        )
        outcomes = await crowd.outcomes()
    assert codes(outcomes) == [None, 40401, None, 40404, 42203, None]
    assert [len(entries) for entries in one.log.appends] == [1, 1, 3]


async def test_equal_registrations_in_one_batch_are_one(one: Running) -> None:
    """Two clients that register the same at once get the same id and version; another subject gets the id too."""
    await one.write(level("NONE"))
    for text in (STRING, INT):  # so that nothing has to be found for the batch
        await one.register("before", text)
    async with Crowd(one) as crowd:
        crowd.arrives(register("s", LONG), register("s", LONG), register("t", LONG), register("s", '{"type":"long"}'))
        outcomes = await crowd.outcomes()
    places = [(str(o.record.subject), o.record.version, o.record.id) for o in outcomes]
    assert places == [("s", 1, 3), ("s", 1, 3), ("t", 1, 3), ("s", 1, 3)]
    # What one batch registers is not in the log yet, and must not pass for what will stand at some place in it.
    assert [(o.is_stored, o.record.offset) for o in outcomes] == [(False, -1)] * 4
    keys = [
        entry.key
        for entries in one.log.appends
        for entry in entries
        if entry.key and b'"SCHEMA","subject":"s"' in entry.key
    ]
    assert len(keys) == 1


async def test_ids_are_unique_whoever_comes_when(logs: Logs) -> None:
    """Many clients at once: one id for each schema, another one for another, and no gaps."""
    async with running(logs()) as one:
        await one.write(level("NONE"))
        wishes = [(f"s{at % 7}", record(f"R{at % 40}")) for at in range(240)]
        found = await asyncio.gather(*(one.register(subject, text) for subject, text in wishes))
        ids: dict[str, set[int]] = {}
        for (_, text), registered in zip(wishes, found, strict=True):
            ids.setdefault(text, set()).add(registered.id)
        assert sorted(ids.values(), key=min) == [{number} for number in range(1, 41)]
        assert len(one.log.appends) < 240
        before = answers(one.node.state)
    async with running(logs()) as second:
        assert answers(second.node.state) == before


# Facts that are missing


async def test_a_command_is_decided_again_when_the_state_has_moved(one: Running) -> None:
    """A registration whose verdicts were found for a state that is past is judged by the state that is."""
    await one.register("s", INT)
    one.known.holds = Compare
    one.known.gate.hold()
    late = asyncio.get_running_loop().create_task(one.write(register("s", LONG)))
    await one.known.gate.arrived()  # it is being compared with int, the only version there is
    assert (await one.register("s", STRING, force=True)).version == 2
    one.known.gate.let_go()
    (outcome,) = await settled(late)
    assert codes([outcome]) == [40901]
    assert "{oldSchemaVersion: 2}" in outcome.message


async def test_facts_are_found_outside_the_queue(one: Running) -> None:
    """While facts are being found for one command, others are written."""
    one.known.gate.hold()
    slow = asyncio.get_running_loop().create_task(one.write(register("s")))
    await one.known.gate.arrived()
    await one.write(level("FULL", "t"))
    assert not slow.done()
    one.known.gate.let_go()
    assert (await slow).record.id == 1


async def test_everybody_has_a_turn_where_all_write_to_one_subject(one: Running) -> None:
    """Of many registrations that each must be compared with the one before, each is done, and in as many versions."""
    texts = [
        f'{{"type":"record","name":"R","fields":[{{"name":"f{at}","type":"int","default":0}}]}}' for at in range(60)
    ]
    outcomes = await settled(*(one.write(register("s", text)) for text in texts))
    assert sorted(outcome.record.version for outcome in outcomes) == list(range(1, 61))


async def test_a_command_whose_facts_never_come_is_given_up(one: Running) -> None:
    """A command is not decided again for ever; its client hears of it."""
    one.known.finds_nothing = True
    (outcome,) = await settled(one.write(register("s")))
    assert codes([outcome]) == [50002]
    assert one.known.searches == MOST_ROUNDS
    (asked,) = await settled(one.ask(LookUp(subject_of("s"), register("s").draft)))
    assert codes([asked]) == [40401]


async def test_trouble_with_one_command_is_its_own(one: Running) -> None:
    """What goes wrong while facts are found reaches the client it belongs to, and nobody else."""
    one.known.trouble_with = "Cursed"
    wishes = (register("a", record("Fine")), register("b", record("Cursed")), register("c", record("Good")))
    fine, cursed, good = await settled(*(one.write(wish) for wish in wishes))
    assert isinstance(cursed, RuntimeError)
    assert sorted([fine.record.id, good.record.id]) == [1, 2]


async def test_an_inquiry_finds_its_facts(one: Running) -> None:
    """What is asked is answered by the state as it is, with facts found on the way."""
    await one.register("s", '{"type":"string","a":1}')
    found = await one.ask(LookUp(subject_of("s"), register("s", '{"a":1,"type":"string"}').draft))
    assert (found.version, found.id) == (1, 1)
    with pytest.raises(Refusal, match="not found"):
        await one.ask(LookUp(subject_of("t"), register("s").draft))


# Trouble with the log


async def test_a_log_that_takes_nothing_refuses_writers_and_serves_readers(one: Running) -> None:
    """50001 with the log's own reason; nothing has happened; and when there is room again, writing goes on."""
    await one.register("s")
    before = answers(one.node.state)
    one.log.append_trouble = LogUnavailable("the disk is full")
    refused, found, same = await settled(
        one.write(register("t", INT)),
        one.ask(LookUp(subject_of("s"), register("s").draft)),
        one.write(register("s")),
    )
    assert codes([refused]) == [50001]
    assert refused.message == "Register schema operation failed while writing to the log: the disk is full"
    assert found.version == same.record.version == 1
    assert answers(one.node.state) == before
    assert one.node.reader.last_error == "the disk is full"
    assert one.counted.troubles == ["the disk is full"]
    one.log.append_trouble = None
    assert (await one.register("t", INT)).id == 2
    assert one.node.reader.last_error == "the disk is full"  # it stays to be seen, with its time
    assert one.node.reader.last_error_at > 0
    assert one.counted.troubles == ["the disk is full"]


async def test_what_rests_on_records_that_were_not_written_is_refused_with_them(one: Running) -> None:
    """In a batch that fails, only what was settled before its first record keeps its own answer."""
    await one.register("s")
    async with Crowd(one) as crowd:
        crowd.arrives(delete("nobody"), level("FULL", "s"), level("FULL", "s"), delete("nobody"), delete("s"))
        one.log.append_trouble = LogUnavailable("the disk is full")
        outcomes = await crowd.outcomes()
    assert codes(outcomes) == [40401, 50001, 50001, 50001, 50001]


async def test_a_log_whose_end_is_unknown_refuses_writers(one: Running) -> None:
    """Before a decision the log is read to its end; when that cannot be asked, nothing is decided."""
    one.log.end_trouble = LogUnavailable("no connection")
    assert codes(await settled(one.write(level("FULL", "s")), one.write(delete("s")))) == [50001, 50001]
    one.log.end_trouble = None
    await one.write(level("FULL", "s"))


@pytest.mark.parametrize("trouble", [LogUnavailable("it cannot be read"), RuntimeError("a client library's bug")])
async def test_the_reader_does_not_end(one: Running, trouble: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever stops the reader, it is told, and the reader starts again where it was."""
    monkeypatch.setattr(node_module, "RETRY_AFTER", 0.0)
    await one.register("s")
    one.log.read_trouble = [trouble, trouble]
    assert (await one.register("s", "", metadata=None)).version == 1
    await one.write(level("FULL", "s"))
    assert one.log.read_trouble == []
    assert one.node.reader.position == await one.log.end()


async def test_a_reader_that_lost_its_position_serves_what_it_knew_until_it_knows_again(one: Running) -> None:
    """A state that is read again from 0 is not shown before it has caught up: no false 404 in between."""
    for number in range(3):
        await one.register(f"s{number}", record(f"R{number}"))
    before = answers(one.node.state)
    old = one.node.state
    one.log.read_trouble = [PositionLost(1)]
    one.log.read_gate.hold()
    write = asyncio.get_running_loop().create_task(one.write(level("FULL", "s")))
    await one.log.read_gate.arrived()
    one.log.read_gate = one.log.read_gate.next()  # the reader learns of it, begins again, and is held at the records
    await one.log.read_gate.arrived()
    one.log.read_gate = one.log.read_gate.next()  # it has applied them, and is held at the end
    await one.log.read_gate.arrived()
    assert one.node.state is old
    assert answers(one.node.state) == before
    assert "read it from 0 again" in one.node.reader.last_error
    one.log.read_gate.let_go()
    await write
    assert one.node.state is not old
    assert queries.subject_names(one.node.state) == ["s0", "s1", "s2"]


# Who may write, and when


async def test_a_follower_says_who_may_write() -> None:
    """A node that is not primary writes nothing, names the primary, and answers questions."""
    async with running(MemoryLog(), Follower()) as one:
        with pytest.raises(NotPrimary, match="another node was first") as refused:
            await one.write(register("s"))
        assert refused.value.standing.primary_url == "http://other:8081"
        assert one.log.appends == []
        with pytest.raises(Refusal, match="not found"):
            await one.ask(LookUp(subject_of("s"), register("s").draft))


async def test_a_node_that_is_still_reading_takes_no_write() -> None:
    """Until everything that was there at the start has been read, writes are refused with 503."""
    log = MemoryLog()
    await log.append([Entry(b"no record", b"at all")])
    one = Running(log, Alone())
    one.log.read_gate.hold()
    await one.node.open()
    await one.log.read_gate.arrived()
    assert not one.node.is_ready
    with pytest.raises(Refusal) as refused:
        await one.write(level("FULL", "s"))
    assert (refused.value.reason.status, refused.value.reason.code) == (503, 50301)
    one.log.read_gate.let_go()
    await one.ready()
    await one.write(level("FULL", "s"))
    await one.node.close()


async def test_a_log_of_a_newer_format_is_read_only() -> None:
    """What a newer program wrote is served, and not written to, with a clear answer."""
    log = MemoryLog()
    async with running(log) as one:
        await one.register("s")
        await log.append([Entry(b'{"keytype":"NOOP","subject":"momus.format","magic":0}', b'{"format":2}')])
        (outcome,) = await settled(one.write(level("FULL", "s")))
        assert codes([outcome]) == [50001]
        assert "newer Momus (format 2, known here: 1)" in outcome.message
        assert (await one.ask(LookUp(subject_of("s"), register("s").draft))).id == 1
    async with running(log) as second:
        assert codes(await settled(second.write(register("s")))) == [50001]


# The end


async def test_closing_waits_for_writes_under_way(logs: Logs) -> None:
    """Who was let in is answered, also when facts are still being found; who comes later is refused."""
    async with running(logs()) as one:
        one.known.gate.hold()
        finding = asyncio.get_running_loop().create_task(one.write(register("s")))
        await one.known.gate.arrived()
        one.log.append_gate.hold()
        writing = asyncio.get_running_loop().create_task(one.write(level("FULL", "t")))
        await one.log.append_gate.arrived()
        closing = asyncio.get_running_loop().create_task(one.node.close())
        await asyncio.sleep(0)
        (late,) = await settled(one.write(level("FULL", "u")))
        assert codes([late]) == [50004]
        assert not closing.done()
        one.log.append_gate.let_go()
        one.known.gate.let_go()
        async with asyncio.timeout(PATIENCE):
            await closing
        assert (await finding).record.id == 1
        assert (await writing).compatibilityLevel == "FULL"
    async with running(logs()) as second:
        assert queries.has_subject(second.node.state, subject_of("s"))


async def test_closing_waits_also_while_the_log_cannot_be_read(one: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that is in the log is answered when the reader has come back, even when the node is closing meanwhile."""
    monkeypatch.setattr(node_module, "RETRY_AFTER", 0.0)
    one.log.read_gate.hold()
    writing = asyncio.get_running_loop().create_task(one.write(level("FULL", "t")))
    await one.log.read_gate.arrived()
    one.log.read_trouble = [LogUnavailable("gone for a while")]
    closing = asyncio.get_running_loop().create_task(one.node.close())
    await asyncio.sleep(0)
    one.log.read_gate.let_go()
    async with asyncio.timeout(PATIENCE):
        assert (await writing).compatibilityLevel == "FULL"
        await closing


async def test_a_write_that_closing_does_not_wait_for_is_in_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for one that never ends is told so, and not left waiting."""
    monkeypatch.setattr(node_module, "CLOSING", 0.0)
    async with running(MemoryLog()) as one:
        one.log.append_gate.hold()
        appended = asyncio.get_running_loop().create_task(one.write(level("FULL", "s")))
        await one.log.append_gate.arrived()
        queued = asyncio.get_running_loop().create_task(one.write(level("FULL", "t")))
        await asyncio.sleep(0)
        await one.node.close()
        outcomes = await settled(appended, queued)
        assert codes(outcomes) == [50002, 50002]
        assert all("may be done or not" in outcome.message for outcome in outcomes)


class Failing(MemoryLog):
    """A log with a defect in one of its parts, which shows once."""

    def __init__(self, part: str) -> None:
        super().__init__()
        self.is_open = False
        self._defects = {part}

    def _show(self, part: str) -> None:
        if part in self._defects:
            self._defects.remove(part)
            raise ZeroDivisionError(part)

    async def open(self) -> None:
        await super().open()
        self.is_open = True

    async def close(self) -> None:
        self.is_open = False
        await super().close()

    async def end(self) -> int:
        self._show("end")
        return await super().end()

    async def compact(self, *, min_dead: float = 0.0) -> int:
        self._show("compact")
        return await super().compact(min_dead=min_dead)


async def test_what_runs_beside_begins_again_after_a_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told, and afterwards the node is as good as before."""
    monkeypatch.setattr(node_module, "RETRY_AFTER", 0.0)
    log = Failing("compact")
    async with running(log) as one, asyncio.timeout(PATIENCE):
        await one.counted.has_defect.wait()
        assert one.counted.troubles == ["a task of the node ended: ZeroDivisionError('compact')"]
        assert "ZeroDivisionError: compact" in one.node.reader.last_error
        assert (await one.register("s")).id == 1


async def test_a_node_that_fails_to_open_closes_its_log() -> None:
    """Whatever it was that failed."""
    log = Failing("end")
    with pytest.raises(ZeroDivisionError):
        await Running(log, Alone()).node.open()
    assert not log.is_open


async def test_a_node_that_cannot_leave_its_election_closes_its_log() -> None:
    """The one does not wait for the other."""

    class Seat(Alone):
        async def close(self) -> None:
            raise ZeroDivisionError

    log = Failing("nothing")
    one = Running(log, Seat())
    await one.node.open()
    assert log.is_open
    with pytest.raises(ZeroDivisionError):
        await one.node.close()
    assert not log.is_open


async def test_a_client_that_goes_away_leaves_all_or_nothing(one: Running) -> None:
    """A command whose client is gone before it was decided is not done; one that is on its way is done whole."""
    await one.register("s")
    one.log.append_gate.hold()
    on_its_way = asyncio.get_running_loop().create_task(one.write(register("t", INT)))
    await one.log.append_gate.arrived()
    waiting = asyncio.get_running_loop().create_task(one.write(level("FULL", "u")))
    after_it = asyncio.get_running_loop().create_task(one.write(level("FULL", "v")))
    await asyncio.sleep(0)
    on_its_way.cancel()
    waiting.cancel()
    await settled(on_its_way, waiting)
    one.log.append_gate.let_go()
    await after_it
    assert queries.has_subject(one.node.state, subject_of("t"))
    assert queries.own_config(one.node.state, subject_of("u")) is None
    assert queries.own_config(one.node.state, subject_of("v")) is not None


async def test_a_node_that_cannot_open_its_log_leaves_the_election(tmp_path: Path) -> None:
    """When the log cannot be opened nothing is kept: another node may have the place at once."""

    class Seat(Alone):
        is_taken = False

        async def open(self) -> None:
            self.is_taken = True

        async def close(self) -> None:
            self.is_taken = False

    (tmp_path / "log.sqlite").write_bytes(b"this is no database, and long enough to be seen as none" * 100)
    seat = Seat()
    one = Running(EmbeddedLog(tmp_path), seat)
    with pytest.raises(LogUnavailable, match="no log"):
        await one.node.open()
    assert not seat.is_taken


@pytest.mark.parametrize(("sequenced", "text"), [(True, INT), (False, STRING)])
async def test_what_redpanda_wrote_in_vain_is_passed_over_where_it_is_its_own_topic(
    text: str, *, sequenced: bool
) -> None:
    """Redpanda writes at the offset that it expects, and what came too late is void; but only on that very topic."""
    log = MemoryLog()
    await log.open()
    key = b'{"keytype":"SCHEMA","subject":"s","version":1,"magic":1,"seq":0,"node":%d}'
    value = b'{"subject":"s","version":1,"id":1,"schema":"\\"%s\\"","deleted":false}'
    await log.append([Entry(key % 0, value % b"int"), Entry(key % 1, value % b"string")])
    async with running(log, sequenced=sequenced) as one:
        shown = queries.version(one.node.state, subject_of("s"), 1)
        assert shown is not None
        assert shown.text == text
