"""The memory log keeps the contract."""

import pytest

from registry.log.log import Log
from registry.log.memory import MemoryLog
from tests.log.contract import CompactingLogContract


class Memory:
    """The object is the place: closed and opened again it has its records still."""

    def __init__(self) -> None:
        self._log = MemoryLog()

    async def open(self) -> Log:
        await self._log.open()
        return self._log


class TestMemoryLog(CompactingLogContract):
    @pytest.fixture
    def place(self) -> Memory:
        return Memory()
