"""A process whose worker is busy: `python -m tests.compat.orphan LOOP JOB FIFO`. It waits to be killed."""

import asyncio
import sys
from pathlib import Path

import uvloop

from compat.worker import Workers


async def be_busy(job: str, started: Path) -> None:
    await Workers(deadline=600, jobs="tests.compat.worker_jobs").run(job, "being busy", started)


if __name__ == "__main__":
    {"asyncio": asyncio.run, "uvloop": uvloop.run}[sys.argv[1]](be_busy(sys.argv[2], Path(sys.argv[3])))
