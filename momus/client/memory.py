"""What a client remembers of a registry: bounded, and safe in threads without a lock.

Each step is one operation on a dictionary, so that whoever reads while another writes sees the one or the other; and
a process that is forked meanwhile inherits no lock that nobody will open.
"""

import time
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from math import inf
from typing import Any, Generic, TypeVar

from momus.client.ask import Ask, Room
from momus.client.errors import NotFound

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")


class Recent(Generic[K, V]):
    """Two generations. What is used comes into the young one; when that is full the old one is forgotten.

    So it holds the last `size` that were used, and at most twice as many.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        found = self._young.get(key)
        if found is None:
            found = self._old.get(key)
            if found is not None:
                self.put(key, found)
        return found

    def put(self, key: K, value: V) -> None:
        if len(self._young) >= self._size:
            self._young, self._old = {}, self._young
        self._young[key] = value

    def __len__(self) -> int:
        return len(self._young) + len(self._old)


@dataclass(frozen=True, slots=True)
class Ages:
    """How many answers of each kind are kept; for how many seconds a latest version, and that something is missing."""

    size: int = 1000
    latest: float = 60.0
    missing: float = 2.0


@dataclass(frozen=True, slots=True)
class Kept(Generic[T]):
    answer: T
    until: float = inf


@dataclass(frozen=True, slots=True)
class Missing:
    """That something is not there is true until somebody writes."""

    refusal: NotFound
    until: float
    writes: int


Found = Kept[Any] | Missing


class Memory:
    """Answers by what was asked, in three rooms: contents by id and GUID, what has the digest of a text, the latest.

    A room that is forgotten is another one from then on: an answer that was asked for before comes too late to be kept.
    """

    def __init__(self, ages: Ages, now: Callable[[], float] = time.monotonic) -> None:
        self._ages = ages
        self._now = now
        self._writes = 0
        self._rooms: dict[Room, Recent[Any, Found]] = {}
        self.forget("content", "digest", "latest")

    @property
    def contents(self) -> Recent[Any, Any]:
        return self._rooms["content"]

    def recall(self, ask: Ask[T]) -> Kept[T] | None:
        """What is known. Raises NotFound if that is that there is nothing."""
        if ask.room is None:
            return None
        found = self._rooms[ask.room].get(ask.key)
        if found is None or (found.until != inf and found.until <= self._now()):
            return None
        if isinstance(found, Kept):
            return found
        if found.writes != self._writes:
            return None
        raise copy(found.refusal)

    def keeper(self, ask: Ask[T]) -> Callable[[T | NotFound], None]:
        """Remembers the answer to what is asked now, as long as it is true."""
        assert ask.room is not None
        room, key, writes = self._rooms[ask.room], ask.key, self._writes
        age = self._ages.latest if ask.room == "latest" else inf

        def keep(answer: T | NotFound) -> None:
            if not isinstance(answer, NotFound):
                room.put(key, Kept(answer, self._now() + age))
            elif self._ages.missing > 0:
                room.put(key, Missing(copy(answer), self._now() + self._ages.missing, writes))

        return keep

    def forget(self, *rooms: Room) -> None:
        """Something was written: what was missing may be there, and what is in these rooms may be wrong."""
        self._writes += 1
        for room in rooms:
            names = 2 if room == "content" else 1  # of an answer: what was asked, and the plain call that asked it
            self._rooms[room] = Recent(names * self._ages.size)
