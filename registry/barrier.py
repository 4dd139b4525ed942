"""A look that many wait for: whoever asks gets the outcome of one that began after the question, never an older one."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

Start = Callable[[Coroutine[Any, Any, bool]], "asyncio.Task[bool]"]


class Barrier:
    """`start` runs a look for whoever waits, and holds it."""

    def __init__(self, look: Callable[[], Awaitable[bool]], start: Start) -> None:
        self._look = look
        self._start = start
        self._current: asyncio.Task[bool] | None = None
        self._next: asyncio.Task[bool] | None = None

    async def passed(self) -> bool:
        """What `look` answers. Callers that wait at the same time share one."""
        if self._next is None:
            self._next = self._start(self._run(self._current))
        return await asyncio.shield(self._next)

    async def _run(self, before: "asyncio.Task[bool] | None") -> bool:
        if before is not None:
            await asyncio.gather(before, return_exceptions=True)
        self._current, self._next = self._next, None
        return await self._look()
