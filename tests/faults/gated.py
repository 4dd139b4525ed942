"""A node whose next append waits while there is a file `hold` in its folder; `held` tells that one waits.

    python -m tests.faults.gated fenced|unfenced FLAGS OF momus serve

Unfenced it is what other registries are: nothing but the election keeps a deposed primary from writing. It writes under
a transactional id of its own, and its records do not tell the epoch that would make them void. It is there to show that
the judge of histories finds what comes of that.
"""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import uuid4

from momus.commands.serve import command
from registry import build, cluster
from registry.log.kafka import KafkaLog
from registry.log.log import Entry, Headers
from registry.node import Node

HOLD, HELD = Path("hold"), Path("held")
GATED = (sys.executable, "-m", "tests.faults.gated")


class GatedLog(KafkaLog):
    async def append(self, entries: Sequence[Entry]) -> int:
        while _is_held():  # noqa: ASYNC110 - a file tells nobody
            await asyncio.sleep(0.01)
        return await super().append(entries)


class UnfencedLog(GatedLog):
    def __init__(self, *arguments: Any, transactional_id: str | None, **more: Any) -> None:
        super().__init__(*arguments, transactional_id=f"{transactional_id}-{uuid4().hex}", **more)


class UnfencedNode(Node):
    def _headers(self) -> Headers:
        return ()


def _is_held() -> bool:
    if HOLD.exists():
        HELD.touch()
    return HOLD.exists()


PARTS: dict[str, list[tuple[ModuleType, str, type]]] = {
    "fenced": [(cluster, "KafkaLog", GatedLog)],
    "unfenced": [(cluster, "KafkaLog", UnfencedLog), (build, "Node", UnfencedNode)],
}


def main() -> None:
    for module, name, part in PARTS[sys.argv.pop(1)]:
        assert issubclass(part, getattr(module, name)), f"{module} has no {name} to stand for"
        setattr(module, name, part)
    command()


if __name__ == "__main__":
    main()
