"""Work that may take long or end badly, in processes that can be killed: `Workers`, an asyncio pool with a deadline.

The processes are spawned, never forked; they inherit no socket, lock or secret of ours and end when we do
(`compat/child.py`). Each does one job at a time (`compat/jobs.py`). A job that passes the deadline, crashes, eats too
much memory or is no longer wanted costs its process and nothing else; the next job gets a new one.
"""

import asyncio
import io
import os
import pickle
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, cast

from compat.batch import By, Faults, Outcome, Payload, Written
from compat.child import LENGTH, Answer
from compat.jobs import Undecodable
from compat.policy import Policy
from compat.report import Report
from compat.schema import Description, InvalidSchema, Source, Tagged
from compat.told import Told

__all__ = ["Busy", "DeadlinePassed", "JobFailed", "Undecodable", "Unfinished", "WorkerFailed", "Workers"]

MEMORY = 2 << 30  # bytes of address space for one process
START_SECONDS = 60.0  # for a process to start, on the slowest machine
MOST_ANSWERED = 1 << 28  # bytes of one answer
ANSWERED_WITH = {
    "compat.schema",
    "compat.report",
    "compat.jobs",
    "compat.batch",
    "compat.messages",
}  # the modules whose classes an answer may contain
ENVIRONMENT = ("HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "TMPDIR", "TZ")  # all that a process gets of ours


class Unfinished(Exception):
    """A job gave no answer: nothing is known."""


class DeadlinePassed(Unfinished):
    def __init__(self, what: str, seconds: float) -> None:
        super().__init__(what, seconds)
        self.what = what
        self.seconds = seconds

    def __str__(self) -> str:
        return f"{self.what} took longer than {self.seconds:g} seconds, which is the limit"


class Busy(Unfinished):
    """There was no turn for a job within the deadline: nothing was tried, and it may be asked for again."""

    def __init__(self, what: str, seconds: float) -> None:
        super().__init__(what, seconds)
        self.what = what
        self.seconds = seconds

    def __str__(self) -> str:
        return f"{self.what} waited for other work for {self.seconds:g} seconds, which is the limit"


class WorkerFailed(Unfinished):
    def __init__(self, what: str, reason: str) -> None:
        super().__init__(what, reason)
        self.what = what
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.what} failed: {self.reason}"


class JobFailed(Exception):
    """A job raised what no job should: a defect of ours, whatever was asked. Its traceback is a note, for the log."""

    def __init__(self, what: str, trace: str) -> None:
        super().__init__(what, trace)
        self.what = what
        self.add_note(trace)

    def __str__(self) -> str:
        return f"{self.what} failed"


class Workers:
    """Up to `size` processes, started when there is work. More jobs than that wait, first come, first served.

    `deadline` is in seconds, for each job, and once more for its waiting. `jobs` names the module with the table.
    """

    def __init__(
        self, size: int = 1, *, deadline: float = 10.0, memory: int = MEMORY, jobs: str = "compat.jobs"
    ) -> None:
        self._deadline = deadline
        self._memory = memory
        self._jobs = jobs
        self._turns = asyncio.Semaphore(size)
        self._processes: set[_Process] = set()
        self._idle: list[_Process] = []
        self._is_closed = False

    async def describe(self, source: Source, *, strict: bool, normalize: bool) -> Description:
        """Raises InvalidSchema, as `parse` does."""
        done = await self.run("describe", "reading the schema", source, strict=strict, normalize=normalize)
        return cast(Description, done)

    async def rendered(self, source: Source, form: str) -> str:
        return cast(str, await self.run("rendered", "writing the schema", source, form))

    async def tags(self, source: Source) -> tuple[Tagged, ...]:
        return cast(tuple[Tagged, ...], await self.run("tags", "reading the schema", source))

    async def retagged(self, source: Source, *, add: tuple[Tagged, ...], remove: tuple[Tagged, ...]) -> str:
        return cast(str, await self.run("retagged", "writing the schema", source, add, remove))

    async def compare(self, reader: Source, writer: Source, policy: Policy) -> Report:
        """Raises InvalidSchema when one of the two is none."""
        return cast(Report, await self.run("compare", "comparing the schemas", reader, writer, policy))

    async def describe_all(self, asked: Sequence[tuple[Source, bool, bool]]) -> tuple[Description | InvalidSchema, ...]:
        """Of many, with `strict` and `normalize` of each, as one job."""
        done = await self.run("describe_all", "reading the schemas", asked)
        return cast("tuple[Description | InvalidSchema, ...]", done)

    async def compare_all(self, asked: Sequence[tuple[Source, Source, Policy]]) -> tuple[Report | InvalidSchema, ...]:
        done = await self.run("compare_all", "comparing the schemas", asked)
        return cast("tuple[Report | InvalidSchema, ...]", done)

    async def judge(self, reader: Source, writer: Source, policy: Policy) -> Report | None:
        """The verdict of the rules alone, for where a comparison came to no end; None where there is none."""
        done = await self.run("judge", "applying the rules", reader, writer, policy)
        return cast("Report | None", done)

    async def decode(self, body: bytes) -> Any:
        """What a JSON text says. Raises Undecodable, a ValueError."""
        return await self.run("decode", "reading the body", body)

    async def encode_messages(self, by: By, texts: Sequence[bytes]) -> Written:
        """A message for each JSON text, or its faults."""
        return cast(Written, await self.run("encode_messages", "writing the messages", by, texts))

    async def decode_messages(self, batches: Sequence[tuple[By, Sequence[Payload]]]) -> tuple[tuple[Outcome, ...], ...]:
        """For each batch a JSON text for each message, or its faults."""
        done = await self.run("decode_messages", "reading the messages", batches)
        return cast(tuple[tuple[Outcome, ...], ...], done)

    async def faults_of_messages(
        self, batches: Sequence[tuple[By, Sequence[bytes] | Sequence[Payload]]]
    ) -> tuple[tuple[Faults, ...], ...]:
        """For each batch all that does not fit, for each JSON text and each message."""
        done = await self.run("faults_of_messages", "reading the messages", batches)
        return cast(tuple[tuple[Faults, ...], ...], done)

    async def run(self, job: str, what: str, *arguments: object, **keywords: object) -> Any:
        """Any job of the table, by name; `what` is what it does, for the sentence when it does not come to an end.

        Raises Unfinished, JobFailed, and what the job refuses with.
        """
        async with self._turn(what):
            process = await self._process(what)
            try:
                outcome, value = await self._ask(process, (job, arguments, keywords), what)
            except BaseException:
                process.kill()  # it may be at work still, so nothing else can be asked of it
                raise
            if outcome == "exhausted":
                process.kill()  # what is left of its memory is no use
                raise WorkerFailed(what, f"it takes more than {self._memory / (1 << 20):.0f} MiB of memory")
            self._idle.append(process)
        if outcome == "done":
            return value
        if outcome == "refused":
            raise value
        if outcome == "given up":
            raise WorkerFailed(what, value or "it is too much work")
        raise JobFailed(what, value)

    async def close(self) -> None:
        """End every process, whatever it is doing. Twice is once."""
        self._is_closed = True
        for process in self._processes:
            process.kill()
        for process in list(self._processes):
            await process.gone.wait()

    @asynccontextmanager
    async def _turn(self, what: str) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._deadline):
                await self._turns.acquire()
        except TimeoutError:
            raise Busy(what, self._deadline) from None
        try:
            yield
        finally:
            self._turns.release()

    async def _process(self, what: str) -> "_Process":
        """One that waits for work, or a new one."""
        if self._is_closed:
            raise WorkerFailed(what, "the service is stopping")
        while self._idle:
            if not (process := self._idle.pop()).is_dead:
                return process
        process = await self._start(what)
        try:
            async with asyncio.timeout(START_SECONDS):
                await process.answer()
        except (TimeoutError, EOFError) as error:
            process.kill()
            raise WorkerFailed(what, f"its process does not start{process.ending}") from error
        except BaseException:
            process.kill()
            raise
        return process

    async def _start(self, what: str) -> "_Process":
        self._processes = {process for process in self._processes if not process.gone.is_set()}
        search = os.pathsep.join([*filter(None, sys.path), str(Path(__file__).parent.parent)])
        environment = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ} | {"PYTHONPATH": search}
        command = (sys.executable, "-P", "-m", "compat.child", self._jobs, str(self._memory))
        try:
            _, process = await asyncio.get_running_loop().subprocess_exec(
                _Process, *command, stderr=None, env=environment, close_fds=True
            )
        except OSError as error:  # no descriptors, processes or memory left
            raise WorkerFailed(what, f"no process can be started: {error.strerror or error}") from error
        self._processes.add(process)
        return process

    async def _ask(self, process: "_Process", question: object, what: str) -> Answer:
        try:
            async with asyncio.timeout(self._deadline):
                process.ask(question)
                return _trusted(await process.answer())
        except TimeoutError:
            raise DeadlinePassed(what, self._deadline) from None
        except EOFError as error:
            raise WorkerFailed(what, f"its process ended{process.ending}") from error
        except pickle.UnpicklingError as error:
            raise WorkerFailed(what, f"its process answered nonsense: {error}") from error


class _Process(asyncio.SubprocessProtocol):
    """Our end of one process: a frame out, a frame in."""

    def __init__(self) -> None:
        self.gone = asyncio.Event()
        self._told = Told()
        self._received = bytearray()
        self._frames: asyncio.Queue[bytes | None] = asyncio.Queue()

    @property
    def is_dead(self) -> bool:
        return self._transport.get_returncode() is not None

    @property
    def ending(self) -> str:
        code = self._transport.get_returncode()
        if code is None:
            return ""
        return f" (killed by {signal.Signals(-code).name})" if code < 0 else f" (exit code {code})"

    def ask(self, question: object) -> None:
        packed = self._told.packed(question)
        pipe = cast(asyncio.WriteTransport, self._transport.get_pipe_transport(0))
        pipe.write(LENGTH.pack(len(packed)))
        pipe.write(packed)

    async def answer(self) -> bytes:
        """The next frame. Raises EOFError when there will be none."""
        frame = await self._frames.get()
        if frame is None:
            raise EOFError
        return frame

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            self._transport.kill()

    # ---- called by the loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.SubprocessTransport, transport)  # uvloop's is none by class

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        del fd  # only stdout is ours
        self._received += data
        if len(self._received) < LENGTH.size:
            return
        (size,) = LENGTH.unpack_from(self._received)
        if size > MOST_ANSWERED:
            self.kill()
        elif len(self._received) >= (end := LENGTH.size + size):
            frame, self._received = bytes(memoryview(self._received)[LENGTH.size : end]), bytearray()
            self._frames.put_nowait(frame)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._transport.close()
        self._frames.put_nowait(None)
        self.gone.set()


class _Trusting(pickle.Unpickler):
    """Answers come from a process that was fed with texts of strangers: nothing in them names what we do not expect."""

    def find_class(self, module: str, name: str) -> Any:
        found = super().find_class(module, name) if module in ANSWERED_WITH else None
        if not (isinstance(found, type) and found.__module__ == module):
            raise pickle.UnpicklingError(f"an answer contains no {module}.{name}")
        return found


def _trusted(answer: bytes) -> Answer:
    return cast(Answer, _Trusting(io.BytesIO(answer)).load())
