"""A dict that can be drafted upon: a draft sees the rows below it and keeps its own changes to itself.

So commands that are decided together see each other's records before any of them is in the log, and nobody else does.
"""

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Table(Generic[K, V]):
    """Rows by key. A row must not be None."""

    __slots__ = ("_below", "_rows")

    def __init__(self, below: "Table[K, V] | None" = None) -> None:
        self._below = below
        self._rows: dict[K, V | None] = {}  # None hides the row below

    def draft(self) -> "Table[K, V]":
        return Table(self)

    def get(self, key: K) -> V | None:
        if self._below is None:
            return self._rows.get(key)
        return self._rows[key] if key in self._rows else self._below.get(key)

    def put(self, key: K, row: V) -> None:
        self._rows[key] = row

    def drop(self, key: K) -> None:
        if self._below is None:
            self._rows.pop(key, None)
        else:
            self._rows[key] = None

    def own(self, key: K, copied: Callable[[V], V], new: Callable[[], V]) -> V:
        """The row of `key` for changing in place: in a draft a copy of the row below; a new row where there is none."""
        row = self._rows.get(key)
        if row is None:
            below = None if self._below is None or key in self._rows else self._below.get(key)
            row = new() if below is None else copied(below)
            self._rows[key] = row
        return row

    def items(self) -> Iterator[tuple[K, V]]:
        """Every row once; in no promised order. The table must not change meanwhile."""
        if self._below is not None:
            yield from ((key, row) for key, row in self._below.items() if key not in self._rows)
        for key, row in self._rows.items():
            if row is not None:
                yield key, row

    def __iter__(self) -> Iterator[K]:
        return (key for key, _ in self.items())

    def __len__(self) -> int:
        return sum(1 for _ in self.items())
