"""The server's engine, asked as the server asks it: small things here, within a budget, all else in worker processes.

So a comparison comes to an end, and to the same end, wherever it is made.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from os import cpu_count

from compat import FORMATS, Description, InvalidSchema, Policy, Report, Schema, Source, TooMuch, compare, parse
from compat.worker import Unfinished, Workers

INLINE_STEPS = 20_000  # pairs of types that are compared here before a worker is worth its start
INLINE_TEXT = 1 << 17  # characters of a source that is read here


class Engine:
    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._parsed: dict[bytes, Schema] = {}
        self._reports: dict[tuple[bytes, bytes, Policy], Report] = {}

    async def describe(self, source: Source, *, strict: bool, normalize: bool = False) -> Description:
        """Raises InvalidSchema."""
        if not _is_for_here(source):
            try:
                return await self._workers.describe(source, strict=strict, normalize=normalize)
            except Unfinished as unfinished:
                raise InvalidSchema(str(unfinished)) from None
        if strict:
            return parse(source).describe(normalize=normalize)
        return self._read(source).describe(normalize=normalize)

    async def compare(self, reader: Source, writer: Source, policy: Policy) -> Report:
        """Never raises: a comparison that cannot be made is a report that says so."""
        key = (reader.digest, writer.digest, policy)
        if key not in self._reports:
            try:
                self._reports[key] = await self._compared(reader, writer, policy)
            except InvalidSchema as error:
                self._reports[key] = Report(failure=f"Unexpected exception during compatibility check: {error}")
            except Unfinished as unfinished:
                self._reports[key] = Report(failure=f"The comparison was not finished: {unfinished}")
        return self._reports[key]

    async def _compared(self, reader: Source, writer: Source, policy: Policy) -> Report:
        if _is_for_here(reader) and _is_for_here(writer):
            try:
                return compare(self._read(reader), self._read(writer), policy, budget=INLINE_STEPS)
            except TooMuch:
                pass
        try:
            return await self._workers.compare(reader, writer, policy)
        except Unfinished:
            report = await self._workers.judge(reader, writer, policy)
            if report is None:
                raise
            return report

    def _read(self, source: Source) -> Schema:
        if source.digest not in self._parsed:
            self._parsed[source.digest] = parse(source, strict=False)
        return self._parsed[source.digest]


@asynccontextmanager
async def engine() -> AsyncIterator[Engine]:
    workers = Workers(min(4, cpu_count() or 1))
    try:
        yield Engine(workers)
    finally:
        await workers.close()


def _is_for_here(source: Source) -> bool:
    size = len(source.text) + sum(len(referent.text) for referent in source.referents)
    return not FORMATS[source.kind].in_worker and size <= INLINE_TEXT
