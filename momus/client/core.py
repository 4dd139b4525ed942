"""What both clients are made of: memory before the wire, and one flight for all who ask the same."""

import asyncio
from typing import Any, TypeVar

from momus.client.ask import Ask
from momus.client.errors import ClientClosed, NotFound
from momus.client.memory import Memory
from momus.client.wire import Settings, Wire

T = TypeVar("T")


class Core:
    """On the event loop that runs; the memory may be shared with others."""

    def __init__(self, settings: Settings, memory: Memory) -> None:
        self.loop = asyncio.get_running_loop()
        self._wire = Wire(settings)
        self._memory = memory
        self._flights: dict[Any, asyncio.Task[Any]] = {}  # those that one may still get on
        self._is_closed = False
        self._in_the_air: set[asyncio.Task[Any]] = set()

    async def perform(self, ask: Ask[T]) -> T:
        """The answer. Raises RegistryError: ClientClosed for who waits when the client is closed."""
        try:
            return await self._performed(ask)
        except BaseException:
            task = asyncio.current_task()
            if self._is_closed and not (task and task.cancelling()):
                raise ClientClosed("this client was closed while it waited") from None
            raise

    async def _performed(self, ask: Ask[T]) -> T:
        if ask.room is None:
            return await self._sent(ask)
        known = self._memory.recall(ask)  # a flight may have landed since the caller looked
        if known is not None:
            return known.answer
        flight: asyncio.Task[T] = self._flights.get(ask.key) or self._started(ask)
        return await asyncio.shield(flight)  # who no longer waits does not end it for the others

    async def close(self) -> None:
        self._is_closed = True
        for flight in self._in_the_air:
            flight.cancel()
        await asyncio.gather(*self._in_the_air, return_exceptions=True)
        await self._wire.close()

    def _started(self, ask: Ask[T]) -> asyncio.Task[T]:
        flight = self.loop.create_task(self._fetched(ask))
        self._flights[ask.key] = flight
        self._in_the_air.add(flight)

        def landed(_flight: asyncio.Task[T]) -> None:
            self._in_the_air.discard(flight)
            if self._flights.get(ask.key) is flight:
                del self._flights[ask.key]
            if not flight.cancelled():
                flight.exception()  # told to those who wait, if any do

        flight.add_done_callback(landed)
        return flight

    async def _fetched(self, ask: Ask[T]) -> T:
        keep = self._memory.keeper(ask)
        try:
            answer = await self._sent(ask)
        except NotFound as missing:
            keep(missing)
            raise
        keep(answer)
        return answer

    async def _sent(self, ask: Ask[T]) -> T:
        try:
            return await self._wire.send(ask)
        finally:
            if ask.forgets:  # also when it failed: it may have happened
                self._memory.forget(*ask.forgets)
                self._flights.clear()
