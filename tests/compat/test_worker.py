"""Workers: jobs come to an end, one way or the other, and cost nothing but themselves."""

import asyncio
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from inspect import signature
from pathlib import Path
from traceback import format_exception
from typing import Any

import pytest
import uvloop

from compat import InvalidSchema, Policy, Source, compare, parse
from compat.worker import Busy, DeadlinePassed, JobFailed, Undecodable, Unfinished, WorkerFailed, Workers

PATIENCE = 60.0  # seconds, before a test that waits for something is called a failure
JOBS = "tests.compat.worker_jobs"


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    workers = Workers(deadline=PATIENCE, jobs=JOBS, memory=1 << 30)
    yield workers
    await workers.close()


@pytest.fixture
async def hasty() -> AsyncIterator[Workers]:
    workers = Workers(deadline=0.2, jobs=JOBS)
    yield workers
    await workers.close()


@pytest.fixture
async def engine() -> AsyncIterator[Workers]:
    workers = Workers(deadline=PATIENCE)
    yield workers
    await workers.close()


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    return path


async def run(workers: Workers, job: str, *arguments: object) -> Any:
    return await workers.run(job, f"the job '{job}'", *arguments)


async def pid_from(fifo: Path) -> int:
    return int(await asyncio.to_thread(fifo.read_text))


def wait_for_end(pid: int) -> None:
    """Return when no process has this pid."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        ready, _, _ = select.select([descriptor], [], [], PATIENCE)
        assert ready, f"process {pid} lives"
    finally:
        os.close(descriptor)


# ---------------------------------------------------------------- what the registry asks for

OLD = Source("AVRO", '{"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]}')
NEW = Source("AVRO", '{"type": "record", "name": "R", "fields": [{"name": "a", "type": "string"}]}')


async def test_engine_answers_as_it_does_in_our_own_process(engine: Workers) -> None:
    """Descriptions, reports, renderings and tags from a worker equal those of the engine itself."""
    _ = OLD.digest  # a source that was asked for its digest crosses as well
    for normalize in (False, True):
        described = await engine.describe(OLD, strict=True, normalize=normalize)
        assert described == parse(OLD).describe(normalize=normalize)
    report = await engine.compare(NEW, OLD, Policy())
    assert report == compare(parse(NEW), parse(OLD))
    assert not report.is_compatible
    assert await engine.rendered(OLD, "resolved") == parse(OLD).rendered("resolved")
    assert await engine.tags(OLD) == parse(OLD).tags()
    assert await engine.retagged(OLD, add=(), remove=()) == parse(OLD).with_tags()


async def test_invalid_schema_is_an_answer(engine: Workers) -> None:
    """A text that is no schema is refused with the words and the place that the parser found."""
    with pytest.raises(InvalidSchema) as here:
        parse(Source("AVRO", '{"type": "recor"}'))
    with pytest.raises(InvalidSchema) as there:
        await engine.describe(Source("AVRO", '{"type": "recor"}'), strict=True, normalize=False)
    assert there.value.args == here.value.args
    assert there.value.line == 1


async def test_body_is_decoded(engine: Workers) -> None:
    """A large JSON body comes back as what it says, numbers beyond 64 bits and a NUL included."""
    assert await engine.decode(b'{"schema": "' + b"x" * 3_000_000 + b'"}') == {"schema": "x" * 3_000_000}
    assert await engine.decode(b'[1.5, null, true, "\\u0000", 123456789012345678901234567890]') == [
        1.5, None, True, "\0", 123456789012345678901234567890,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"a": 1', "truncated"),
        (b"\xff", "malformed"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[" + b"1," * 100_000 + b"1]", "more than 100000 values"),
        (b'[{"a":' + b"[" + b"[]," * 100_000 + b"[]]}]", "more than 100000 values"),
    ],
)
async def test_body_that_is_no_json_is_refused(engine: Workers, body: bytes, message: str) -> None:
    """What cannot be decoded, or is more than we want to take over, is a ValueError that says what is wrong."""
    with pytest.raises(Undecodable, match=message) as caught:
        await engine.decode(body)
    assert isinstance(caught.value, ValueError)


# ---------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize("job", ["spin", "hold"])
async def test_deadline_ends_the_job_and_its_process(hasty: Workers, job: str, fifo: Path) -> None:
    """A job that is still busy at the deadline is given up, its process is gone, and the next job has a new one."""
    async with asyncio.TaskGroup() as group:
        started = group.create_task(pid_from(fifo))
        with pytest.raises(DeadlinePassed) as caught:
            await run(hasty, job, fifo)
    assert str(caught.value) == f"the job '{job}' took longer than 0.2 seconds, which is the limit"
    wait_for_end(started.result())
    assert await run(hasty, "pid") != started.result()


@pytest.mark.parametrize(
    ("job", "reason"),
    [
        ("crash", r"its process ended \(killed by SIGSEGV\)"),
        ("leave", r"its process ended \(exit code 3\)"),
        ("eat", "it takes more than 1024 MiB of memory"),
        ("stranger", "its process answered nonsense: an answer contains no re._compile"),
        ("give_up", "the compiler does not end$"),
    ],
)
async def test_failure_costs_one_job(workers: Workers, job: str, reason: str) -> None:
    """Whatever a job does to its process, the one who asked gets the reason, and the next job its answer."""
    with pytest.raises(WorkerFailed, match=f"the job '{job}' failed: {reason}"):
        await run(workers, job)
    assert await run(workers, "echo", "next") == "next"


@pytest.mark.parametrize(
    ("job", "reason"), [("fail", "LookupError: nobody caught this"), ("unheard of", "KeyError: 'unheard of'")]
)
async def test_defect_is_told_by_its_traceback(workers: Workers, job: str, reason: str) -> None:
    """What a job raises is nothing about its input: the sentence says no more than what failed, the log where."""
    with pytest.raises(JobFailed) as failed:
        await run(workers, job)
    assert str(failed.value) == f"the job '{job}' failed"
    assert not isinstance(failed.value, Unfinished)
    printed = "".join(format_exception(failed.value))
    assert "compat/child.py" in printed
    assert reason in printed
    assert await run(workers, "echo", "next") == "next"


async def test_failed_process_that_waited_is_replaced(workers: Workers) -> None:
    """A process that somebody killed while it had nothing to do costs no job at all."""
    os.kill(first := await run(workers, "pid"), signal.SIGKILL)
    [process] = workers._processes
    await process.gone.wait()
    assert await run(workers, "pid") != first


async def test_signals_for_the_server_do_not_end_its_workers(workers: Workers) -> None:
    """Ctrl-C, or a stop that goes to every process of a service, leaves the workers to the server, which needs them."""
    pid = await run(workers, "pid")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(pid, number)
    assert await run(workers, "pid") == pid


async def test_noise_is_no_answer(workers: Workers) -> None:
    """What a library prints does not get between the answers."""
    assert await run(workers, "shout") == "answer"
    assert await run(workers, "echo", "next") == "next"


# ---------------------------------------------------------------- many jobs


async def test_process_is_started_for_the_first_job_and_stays(workers: Workers) -> None:
    """Without work there is no process; with work there is one, and it stays warm."""
    assert not workers._processes
    assert len({await run(workers, "pid") for _ in range(5)}) == 1


async def test_jobs_wait_in_their_order(workers: Workers) -> None:
    """With one process, jobs are done one after the other in the order in which they came."""
    order: list[int] = []

    async def job(number: int) -> None:
        order.append(await run(workers, "echo", number))

    async with asyncio.TaskGroup() as group:
        for number in range(20):
            group.create_task(job(number))
    assert order == list(range(20))
    assert len(workers._processes) == 1


async def test_as_many_jobs_run_as_there_are_processes(tmp_path: Path) -> None:
    """Two processes do two jobs at the same time, and a third job waits for one of them."""
    workers = Workers(2, deadline=PATIENCE, jobs=JOBS)
    gates = [tmp_path / str(number) for number in range(2)]
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
        for gate in gates:
            os.mkfifo(gate)
        blocked = [group.create_task(run(workers, "wait", gate)) for gate in gates]
        third = group.create_task(run(workers, "echo", "third"))
        await asyncio.to_thread(gates[0].write_text, "open")  # blocks until the job has opened the fifo
        await third
        assert not blocked[1].done()
        await asyncio.to_thread(gates[1].write_text, "open")
    assert [job.result() for job in blocked] == ["open", "open"]
    assert len(workers._processes) == 2
    await workers.close()


async def test_cancelled_job_frees_its_turn(workers: Workers, fifo: Path) -> None:
    """A job that nobody wants any more is ended, wherever it is: at work, or waiting; the others go on."""
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
        busy = group.create_task(run(workers, "spin", fifo))
        pid = await pid_from(fifo)
        waiting = group.create_task(run(workers, "spin"))
        last = group.create_task(run(workers, "echo", "last"))
        await asyncio.sleep(0)
        waiting.cancel()
        busy.cancel()
        assert await last == "last"
    wait_for_end(pid)


async def test_waiting_has_the_same_limit(hasty: Workers) -> None:
    """A job whose turn does not come within the deadline is given up with a sentence that says so."""
    async with asyncio.TaskGroup() as group:
        busy = group.create_task(outcome_of(hasty, "spin"))
        await asyncio.sleep(0)
        with pytest.raises(Busy, match=r"^the job 'echo' waited for other work"):
            await run(hasty, "echo", "too late")
    assert isinstance(busy.result(), DeadlinePassed)


async def test_close_ends_everything(workers: Workers, fifo: Path) -> None:
    """Close ends the processes and fails the jobs, those at work and those that wait; then there are no more jobs."""
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
        busy = group.create_task(outcome_of(workers, "spin", fifo))
        pid = await pid_from(fifo)
        waiting = group.create_task(outcome_of(workers, "echo", 1))
        await asyncio.sleep(0)
        await workers.close()
    wait_for_end(pid)
    for outcome in (busy.result(), waiting.result(), await outcome_of(workers, "echo", 1)):
        assert isinstance(outcome, WorkerFailed), outcome
    await workers.close()


async def outcome_of(workers: Workers, job: str, *arguments: object) -> Any:
    try:
        return await run(workers, job, *arguments)
    except (DeadlinePassed, WorkerFailed) as error:
        return error


# ---------------------------------------------------------------- what a worker has of us


async def test_worker_inherits_nothing(workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No socket, no open file and no secret of the server is in a worker, even where all could be inherited."""
    monkeypatch.setenv("MOMUS_SASL_PASSWORD", "secret")
    with socket.create_server(("127.0.0.1", 0)) as server, (tmp_path / "lock").open("w") as lock:
        ours = [server.fileno(), lock.fileno()]
        for descriptor in ours:
            os.set_inheritable(descriptor, True)  # noqa: FBT003  (positional only)
        theirs = await run(workers, "descriptors")
        targets = {target_of(descriptor) for descriptor in ours}
    assert targets.isdisjoint(theirs)
    assert len(theirs) <= 4  # questions, answers, errors, and once more where answers went before libraries printed
    assert "secret" not in (await run(workers, "environment")).values()


def target_of(descriptor: int) -> str:
    return str(Path(f"/proc/self/fd/{descriptor}").readlink())


async def test_worker_imports_little(workers: Workers) -> None:
    """A worker has the engines and what they need, and nothing of a server."""
    packages = {name.partition(".")[0] for name in await run(workers, "modules")}
    assert packages.isdisjoint({"registry", "momus", "asyncio", "aiohttp", "uvloop", "sqlite3", "ssl"})


@pytest.mark.parametrize(
    "promise",
    [
        test_failed_process_that_waited_is_replaced,
        test_noise_is_no_answer,
        test_jobs_wait_in_their_order,
        test_cancelled_job_frees_its_turn,
        test_close_ends_everything,
        test_worker_inherits_nothing,
    ],
)
def test_uvloop_keeps_the_promises_too(
    promise: Callable[..., Coroutine[Any, Any, None]], request: pytest.FixtureRequest
) -> None:
    """Processes are the loop's business, and the server's loop is uvloop: what depends on the loop holds there too."""
    others = {name: request.getfixturevalue(name) for name in signature(promise).parameters if name != "workers"}

    async def keep() -> None:
        workers = Workers(deadline=PATIENCE, jobs=JOBS)
        try:
            await promise(workers, **others)
        finally:
            await workers.close()

    uvloop.run(keep())


@pytest.mark.parametrize("job", ["spin", "hold"])
@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_worker_ends_with_its_parent(loop: str, job: str, fifo: Path) -> None:
    """A server that is killed takes its workers along, even one that is deep in a call that lets no thread run."""
    with subprocess.Popen([sys.executable, "-m", "tests.compat.orphan", loop, job, str(fifo)]) as server:
        pid = int(fifo.read_text())
        os.kill(pid, 0)
        server.kill()
        server.wait()
    wait_for_end(pid)
