"""The server's engine, asked as the server asks it: small things here, within a budget, all else in worker processes.

So a comparison comes to an end, and to the same end, wherever it is made.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from os import cpu_count
from typing import Generic, TypeVar

from compat import FORMATS, Description, InvalidSchema, Policy, Report, Schema, Source, TooMuch, compare, parse
from compat.worker import JobFailed, Unfinished, Workers

INLINE_STEPS = 20_000  # pairs of types that are compared here before a worker is worth its start
INLINE_TEXT = 1 << 17  # characters of a source that is read here
TOGETHER = 64  # questions of one job
TOGETHER_TEXT = 1 << 17  # characters of the schemas' own texts in them

log = logging.getLogger("momus.gate")

Q = TypeVar("Q", bound=tuple[object, ...])
A = TypeVar("A")


class Engine:
    def __init__(self, workers: Workers, turns: int) -> None:
        self._workers = workers
        self._turns = asyncio.Semaphore(turns)  # here a job waits as long as it takes, in a pool only for a while
        self._parsed: dict[bytes, Schema] = {}
        self._reports: dict[tuple[bytes, bytes, Policy], Report] = {}
        self._descriptions = _Together(self._turns, workers.describe_all, self._described)
        self._comparisons = _Together(self._turns, workers.compare_all, self._compared)

    async def describe(self, source: Source, *, strict: bool, normalize: bool = False) -> Description:
        """Raises InvalidSchema."""
        if not _is_for_here(source):
            asked = source, strict, normalize
            try:
                if FORMATS[source.kind].in_worker:
                    return await self._descriptions.ask(asked)
                async with self._turns:
                    return await self._described(asked)
            except (Unfinished, JobFailed) as failed:
                raise InvalidSchema(_told(failed)) from None
        if strict:
            return parse(source).describe(normalize=normalize)
        return self._read(source).describe(normalize=normalize)

    async def compare(self, reader: Source, writer: Source, policy: Policy) -> Report:
        """Never raises: a comparison that cannot be made is a report that says so."""
        key = (reader.digest, writer.digest, policy)
        if key not in self._reports:
            try:
                self._reports[key] = await self._report(reader, writer, policy)
            except InvalidSchema as error:
                self._reports[key] = Report(failure=f"Unexpected exception during compatibility check: {error}")
            except (Unfinished, JobFailed) as failed:
                self._reports[key] = Report(failure=f"The comparison was not finished: {_told(failed)}")
        return self._reports[key]

    async def _report(self, reader: Source, writer: Source, policy: Policy) -> Report:
        if _is_for_here(reader) and _is_for_here(writer):
            try:
                return compare(self._read(reader), self._read(writer), policy, budget=INLINE_STEPS)
            except TooMuch:
                pass
        asked = reader, writer, policy
        if FORMATS[reader.kind].in_worker:
            return await self._comparisons.ask(asked)
        async with self._turns:
            return await self._compared(asked)

    async def _described(self, asked: tuple[Source, bool, bool]) -> Description:
        source, strict, normalize = asked
        return await self._workers.describe(source, strict=strict, normalize=normalize)

    async def _compared(self, asked: tuple[Source, Source, Policy]) -> Report:
        try:
            return await self._workers.compare(*asked)
        except Unfinished:
            report = await self._workers.judge(*asked)
            if report is None:
                raise
            return report

    def _read(self, source: Source) -> Schema:
        if source.digest not in self._parsed:
            self._parsed[source.digest] = parse(source, strict=False)
        return self._parsed[source.digest]


class _Together(Generic[Q, A]):
    """Questions for workers: whoever has a turn asks for all who wait, up to so many, and waits for nobody.

    `many` answers several in one job; where that comes to no end, `one` answers each.
    """

    def __init__(
        self,
        turns: asyncio.Semaphore,
        many: Callable[[Sequence[Q]], Awaitable[Sequence[A | InvalidSchema]]],
        one: Callable[[Q], Awaitable[A]],
    ) -> None:
        self._turns = turns
        self._many = many
        self._one = one
        self._waiting: dict[asyncio.Future[A], Q] = {}

    async def ask(self, question: Q) -> A:
        """Raises InvalidSchema, Unfinished, JobFailed."""
        answer: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting[answer] = question
        async with self._turns:
            if answer in self._waiting:
                await self._answer(self._next())
        return await answer

    def _next(self) -> dict[asyncio.Future[A], Q]:
        """Those who wait longest; what is large takes its time, and is asked alone."""
        taken: dict[asyncio.Future[A], Q] = {}
        size = 0
        for answer, question in list(self._waiting.items())[:TOGETHER]:
            size += sum(len(part.text) for part in question if isinstance(part, Source))
            if taken and size > TOGETHER_TEXT:
                break
            taken[answer] = self._waiting.pop(answer)
        return taken

    async def _answer(self, asked: dict[asyncio.Future[A], Q]) -> None:
        try:
            said = await self._said(list(asked.values()))
            for (answer, question), found in zip(asked.items(), said, strict=True):
                if isinstance(found, InvalidSchema):
                    answer.set_exception(found)
                elif found is not None:
                    answer.set_result(found)
                else:
                    await self._answer_alone(answer, question)
        except Exception as error:  # noqa: BLE001  (a defect of ours: nobody is to wait for what will not come)
            for answer in asked:
                if not answer.done():
                    answer.set_exception(error)

    async def _answer_alone(self, answer: asyncio.Future[A], question: Q) -> None:
        try:
            answer.set_result(await self._one(question))
        except (InvalidSchema, Unfinished, JobFailed) as error:
            answer.set_exception(error)

    async def _said(self, questions: Sequence[Q]) -> Sequence[A | InvalidSchema | None]:
        """None for what has to be asked alone: where many come to no end, or to a defect, fewer and fewer may."""
        if len(questions) < 2:
            return [None] * len(questions)
        try:
            return await self._many(questions)
        except (Unfinished, JobFailed):
            half = len(questions) // 2
            return [*await self._said(questions[:half]), *await self._said(questions[half:])]


def _told(failed: Unfinished | JobFailed) -> str:
    """What is said in place of an answer. Of a defect of ours the log says where it is."""
    if not isinstance(failed, JobFailed):
        return str(failed)
    log.error("%s", failed, exc_info=failed)
    return f"{failed}. This is a defect of Momus, not of the schema: please report it, with what stderr says"


@asynccontextmanager
async def engine() -> AsyncIterator[Engine]:
    size = min(4, cpu_count() or 1)
    workers = Workers(size)
    try:
        yield Engine(workers, size)
    finally:
        await workers.close()


def _is_for_here(source: Source) -> bool:
    size = len(source.text) + sum(len(referent.text) for referent in source.referents)
    return not FORMATS[source.kind].in_worker and size <= INLINE_TEXT
