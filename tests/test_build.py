"""The parts of a service: what is opened is closed, whatever goes wrong on the way."""

import pytest
from aiohttp.web import AppRunner

from compat.worker import WorkerFailed
from registry.build import build
from registry.election.alone import Alone
from registry.http.app import PARTS
from registry.log.log import LogUnavailable
from registry.log.memory import MemoryLog
from registry.settings import Settings


class Stuck(MemoryLog):
    """A log that does not close."""

    async def close(self) -> None:
        await super().close()
        raise LogUnavailable("the disk is gone")


async def test_workers_end_though_the_log_does_not_close(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trouble with the log is told, and leaves no process behind."""
    monkeypatch.setattr("registry.build.storage", lambda _settings: (Stuck(), Alone()))
    runner = AppRunner(build(Settings(log="memory")))
    await runner.setup()
    workers = runner.app[PARTS].workers
    assert await workers.decode(b"[]") == []
    with pytest.raises(LogUnavailable, match="the disk is gone"):
        await runner.cleanup()
    with pytest.raises(WorkerFailed, match="the service is stopping"):
        await workers.decode(b"[]")
