"""What was worked out once is kept while there is room for it: `Kept`. What it is, and by which key, others say."""

from collections.abc import Hashable
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

ROOM: Final = 4 << 20
"""Characters of the texts that others refer to, of one format: what was made of them takes ten to twenty times that."""


class Kept(Generic[K, V]):
    """Values by their keys, as many as there is `room` for, and one in any case. The one unused for longest goes first.

    Room is measured in whatever sizes are given.
    """

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._used = 0
        self._values: dict[K, tuple[V, int]] = {}

    def get(self, key: K) -> V | None:
        found = self._values.pop(key, None)
        if found is None:
            return None
        self._values[key] = found
        return found[0]

    def put(self, key: K, value: V, size: int) -> None:
        self._used += size - self._values.pop(key, (value, 0))[1]
        self._values[key] = value, size
        while self._used > self._room and len(self._values) > 1:
            oldest = next(iter(self._values))
            self._used -= self._values.pop(oldest)[1]
