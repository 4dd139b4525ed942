"""What a schema refers to, in the order in which a parser reads it."""

import asyncio

import pytest

from compat.referents import Reference, Way, referents

Kept = dict[str, tuple[Reference, ...]]  # by subject


def names(kept: Kept, asked: list[tuple[Way, int]] | None = None) -> list[tuple[str, str]]:
    """Of what `first` refers to: names, and the texts that they have."""

    async def fetched(subject: str, version: int) -> tuple[str, tuple[Reference, ...]]:
        return f"{subject} {version}", kept.get(subject, ())

    def entered(way: Way, found: int) -> None:
        if asked is not None:
            asked.append((way, found))

    return [(one.name, one.text) for one in asyncio.run(referents(kept["first"], fetched, entered))]


KEPT: dict[str, tuple[Kept, list[tuple[str, str]]]] = {
    "nothing": ({"first": ()}, []),
    "what is needed comes before": (
        {"first": (("A", "a", 1),), "a": (("B", "b", 2),)},
        [("B", "b 2"), ("A", "a 1")],
    ),
    "what two need is there once": (
        {"first": (("A", "a", 1), ("B", "b", 1)), "a": (("C", "c", 1),), "b": (("C", "c", 1),)},
        [("C", "c 1"), ("A", "a 1"), ("B", "b 1")],
    ),
    "the first that has a name keeps it": (
        {"first": (("A", "a", 1), ("C", "other", 9)), "a": (("C", "c", 1),)},
        [("C", "c 1"), ("A", "a 1")],
    ),
    "what leads back is not entered again": (
        {"first": (("A", "a", 1),), "a": (("B", "b", 1),), "b": (("A", "a", 1),)},
        [("B", "b 1"), ("A", "a 1")],
    ),
}


@pytest.mark.parametrize("case", KEPT)
def test_each_comes_after_those_that_it_needs(case: str) -> None:
    """Once, by its name."""
    kept, expected = KEPT[case]
    assert names(kept) == expected


def test_caller_is_told_the_way_to_each() -> None:
    """Before it is fetched, with how many there are by then: so that a way without an end can be left."""
    asked: list[tuple[Way, int]] = []
    names({"first": (("A", "a", 1), ("C", "c", 1)), "a": (("B", "b", 1),)}, asked)
    assert asked == [(("A",), 0), (("A", "B"), 0), (("C",), 2)]
