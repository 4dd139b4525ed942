"""Both clients, asked in the same way: the one that is awaited is waited for here. So one contract holds both."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from momus.client import AsyncRegistryClient, Clock, RegistryClient

Twin = Literal["blocking", "asyncio"]
TWINS: tuple[Twin, ...] = ("blocking", "asyncio")
Connect = Callable[..., RegistryClient]


class Waiting:
    """An asyncio client whose calls run on one loop, to their end."""

    def __init__(self, client: AsyncRegistryClient, runner: asyncio.Runner) -> None:
        self.client = client
        self.runner = runner

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.client, name)
        if not callable(found):
            return found

        def call(*arguments: Any, **named: Any) -> Any:
            answer = found(*arguments, **named)
            return self.runner.run(answer) if asyncio.iscoroutine(answer) else answer

        return call

    def __repr__(self) -> str:
        return repr(self.client)


@contextmanager
def clients(twin: Twin) -> Iterator[Connect]:
    """Makes clients, each of which has to ask, and closes them. They are typed as what they behave like."""
    with ExitStack() as opened:
        runner = opened.enter_context(asyncio.Runner())

        def connect(*arguments: Any, **options: Any) -> Any:
            if twin == "blocking":
                return opened.enter_context(RegistryClient(*arguments, **options))
            client = AsyncRegistryClient(*arguments, **options)
            opened.callback(lambda: runner.run(client.close()))
            return Waiting(client, runner)

        yield connect


class Hands:
    """Time in the hands of a test: it passes when somebody pauses, and when the test says so."""

    def __init__(self) -> None:
        self.time = 0.0
        self.pauses: list[float] = []
        self.clock = Clock(now=lambda: self.time, today=self.today, pause=self._pause, chance=lambda: 1.0)

    def today(self) -> datetime:
        return datetime(2026, 5, 1, tzinfo=UTC) + timedelta(seconds=self.time)

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.time += seconds
