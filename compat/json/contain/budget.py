"""How much work one question may be: steps, so that an answer depends on no machine, and a time at the latest."""

from collections.abc import Callable
from time import thread_time
from typing import Final

STEPS: Final = 400_000
LOOKS: Final = 256  # steps between two looks at the clock


class Exhausted(Exception):
    """The work passed the limit of the whole question: nothing is known."""


class TooLarge(Exception):
    """One part of the question passed a limit of its own: nothing is known of that part."""


class Budget:
    """Steps that may still be taken, until `end` by `clock`: the seconds that this thread has worked."""

    def __init__(self, end: float, clock: Callable[[], float] = thread_time) -> None:
        self._clock = clock
        self.renew(end)

    def renew(self, end: float) -> None:
        """As much again, for the work that remains."""
        self.end = end
        self.left = self._next = STEPS

    def spend(self, steps: int = 1) -> None:
        self.left -= steps
        if self.left < self._next:
            if self.left < 0:
                raise Exhausted("steps")
            self._next = self.left - LOOKS
            if self.is_late():
                raise Exhausted("time")

    def is_late(self) -> bool:
        return self._clock() > self.end
