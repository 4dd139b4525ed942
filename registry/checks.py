"""Verdicts for the service, and every other fact that a decision may ask for, found outside the write lock.

A comparison of small schemas is made here within a budget of steps; a heavy one in a worker process with a deadline.
Verdicts are cached by digest: they depend on nothing but the two sources and the policy.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from compat import FORMATS, Description, InvalidSchema, Report, Tagged, TooMuch, compare
from compat.worker import Busy, Unfinished, Workers
from registry.recent import Recent
from registry.refusals import Reason, Refusal
from registry.schemas import Schemas, weight
from registry.state.facts import Compare, Describe, Missing, Question, Tagging, Tags

INLINE_STEPS = 2_000  # pairs of types compared on the event loop; about 10 ms
KEPT_VERDICTS = 100_000


class Checks:
    """The facts that are known, and the way to know more."""

    def __init__(self, schemas: Schemas, workers: Workers, compared: Callable[[str, Report], None]) -> None:
        self._schemas = schemas
        self.plain = schemas.plain
        self._workers = workers
        self._compared = compared
        self._reports: Recent[tuple[bytes, bytes, object], Report] = Recent(KEPT_VERDICTS)

    def description(self, question: Describe) -> Description:
        return self._schemas.description(question)

    def report(self, question: Compare) -> Report:
        found = self._reports.get(_key(question))
        if found is None:
            raise Missing([question])
        return found

    def retagged(self, question: Tagging) -> str:
        raise Missing([question])

    def tags(self, question: Tags) -> tuple[Tagged, ...]:
        raise Missing([question])

    async def find(self, questions: Iterable[Question]) -> dict[Question, Any]:
        """The answer to each question; an answer may be an exception, which is to be raised to whoever asks."""
        found: dict[Question, Any] = {}
        for question in questions:
            try:
                found[question] = await self._answer(question)
            except Unfinished as unfinished:
                found[question] = _unanswered(question, unfinished)
            await asyncio.sleep(0)  # others get their turn between two questions
        return found

    async def _answer(self, question: Question) -> Any:
        match question:
            case Describe():
                return await self._schemas.describe(question)
            case Compare():
                return await self._compare(question)
            case Tagging():
                return await self._schemas.retagged(question)
            case Tags():
                return await self._schemas.tags(question)

    async def _compare(self, question: Compare) -> Report:
        known = self._reports.get(_key(question))
        if known is not None:
            return known
        try:
            report = self._compare_here(question)
            if report is None:
                report = await self._compare_elsewhere(question)
        except InvalidSchema as error:
            report = Report(failure=f"Unexpected exception during compatibility check: {error}")
        self._compared(question.reader.kind, report)
        self._reports.put(_key(question), report)
        return report

    async def _compare_elsewhere(self, question: Compare) -> Report:
        """Where there is no end of it, the rules decide without a proof, if the format has such."""
        sides = question.reader, question.writer, question.policy
        try:
            return await self._workers.compare(*sides)
        except Busy:
            raise
        except Unfinished:
            report = await self._workers.judge(*sides)
            if report is None:
                raise
            return report

    def _compare_here(self, question: Compare) -> Report | None:
        if not self._is_for_here(question):
            return None
        try:
            reader, writer = self._schemas.parsed(question.reader), self._schemas.parsed(question.writer)
            return compare(reader, writer, question.policy, budget=INLINE_STEPS)
        except TooMuch:
            return None

    def _is_for_here(self, question: Compare) -> bool:
        sides, most = (question.reader, question.writer), FORMATS[question.reader.kind].compared_here
        is_quick = most is None or sum(map(weight, sides)) <= most
        return is_quick and all(map(self._schemas.is_for_here, sides))


def given_up(unfinished: Unfinished) -> Refusal:
    """The refusal of what needed work that came to no end: to be tried again where we were busy, else too much."""
    if isinstance(unfinished, Busy):
        return Reason.STORE_TIMEOUT.refusal(operation="The request", details=unfinished)
    return Reason.TOO_MUCH_WORK.refusal(details=unfinished)


def _unanswered(question: Question, unfinished: Unfinished) -> Report | Refusal:
    if isinstance(question, Compare) and not isinstance(unfinished, Busy):
        return Report(failure=f"The comparison was not finished: {unfinished}")
    return given_up(unfinished)


def _key(question: Compare) -> tuple[bytes, bytes, object]:
    return question.reader.digest, question.writer.digest, question.policy
