"""The largest set of pairs in which nobody is twice: a bipartite matching."""

from collections.abc import Iterable


def most_pairs(edges: Iterable[tuple[int, int]], left: int) -> list[tuple[int, int]]:
    """Of the given pairs, as many as can hold at once, ordered. Without recursion: unions may have many branches."""
    ahead: list[list[int]] = [[] for _ in range(left)]
    for index, candidate in edges:
        ahead[index].append(candidate)
    taken: dict[int, int] = {}
    held: dict[int, int] = {}
    for index in range(left):
        _give_one(index, ahead, taken, held)
    return sorted(held.items())


def _give_one(start: int, ahead: list[list[int]], taken: dict[int, int], held: dict[int, int]) -> None:
    """A candidate for `start`, moving others to other candidates where that helps."""
    came_from: dict[int, int] = {}  # by which left one a candidate was reached
    waiting = [start]
    while waiting:
        index = waiting.pop()
        for candidate in ahead[index]:
            if candidate in came_from:
                continue
            came_from[candidate] = index
            if candidate not in taken:
                _move(candidate, came_from, taken, held)
                return
            waiting.append(taken[candidate])


def _move(free: int, came_from: dict[int, int], taken: dict[int, int], held: dict[int, int]) -> None:
    candidate: int | None = free
    while candidate is not None:
        index = came_from[candidate]
        left_behind = held.get(index)
        taken[candidate], held[index] = index, candidate
        candidate = left_behind
