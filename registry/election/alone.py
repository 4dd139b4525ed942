"""The election of a node that has its log to itself (the memory log): it is primary, always."""

import asyncio
from collections.abc import AsyncGenerator

from registry.election.election import Standing


class Alone:
    def __init__(self, url: str | None = None) -> None:
        self._standing = Standing("primary", url)
        self._closed = asyncio.Event()

    @property
    def standing(self) -> Standing:
        return self._standing

    def advertise(self, url: str) -> None:
        """There is nobody to be told."""

    async def open(self) -> None:
        self._closed.clear()

    async def close(self) -> None:
        self._closed.set()

    async def confirmed(self) -> Standing:
        return self._standing

    async def changes(self) -> AsyncGenerator[Standing, None]:
        yield self._standing
        await self._closed.wait()
