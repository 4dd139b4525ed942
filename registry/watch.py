"""Who watches the node: what it does is counted; trouble is told in the journal, but the same not over and over.

The node knows neither of the two; `build` hands it this.
"""

import time
from collections.abc import Callable

import structlog

from registry.metrics import Metrics

AGAIN_AFTER = 60.0  # seconds until the same trouble is told again

log = structlog.get_logger("registry")


class Watch:
    def __init__(self, metrics: Metrics, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._metrics = metrics
        self._clock = clock
        self._trouble = ""  # why writing does not work at present
        self._told_at = 0.0
        self._failures = 0
        self._unread_told_at = -AGAIN_AFTER
        self._unforeseen: dict[tuple[str, type], float] = {}  # when which was told

    def committed(self, commands: int, records: int, seconds: float) -> None:
        self._metrics.committed(commands, records, seconds)
        if self._trouble:
            log.info("writing works again", failures=self._failures)
            self._trouble, self._failures = "", 0

    def not_written(self, reason: str) -> None:
        now = self._clock()
        self._failures += 1
        if reason != self._trouble or now - self._told_at >= AGAIN_AFTER:
            log.warning("nothing can be written", reason=reason, failures=self._failures)
            self._trouble, self._told_at = reason, now

    def not_read(self, reason: str) -> None:
        now = self._clock()
        if now - self._unread_told_at >= AGAIN_AFTER:
            log.warning("the log cannot be read", reason=reason)
            self._unread_told_at = now

    def unforeseen(self, what: str, error: Exception) -> None:
        """A defect of ours, with where it is."""
        now, which = self._clock(), (what, type(error))
        if now - self._unforeseen.get(which, -AGAIN_AFTER) >= AGAIN_AFTER:
            log.error(what, exc_info=error)
            self._unforeseen[which] = now

    def replayed(self, records: int, seconds: float) -> None:
        self._metrics.replayed(records, seconds)
