"""What a schema refers to, near and far, in the order in which a `Source` has it. Where texts are the caller knows."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeAlias

from compat.schema import Referent

Reference: TypeAlias = tuple[str, str, int]  # a name, and the subject and version that it stands for
Fetch: TypeAlias = Callable[[str, int], Awaitable[tuple[str, Iterable[Reference]]]]  # a version's text and references
Way: TypeAlias = tuple[str, ...]


def _any(_way: Way, _found: int) -> None:
    pass


async def referents(
    first: Iterable[Reference], fetch: Fetch, entered: Callable[[Way, int], None] = _any
) -> tuple[Referent, ...]:
    """Each after those that it needs itself. The first that has a name keeps it; what leads back is not entered again.

    `entered` has the names on the way to each before it is fetched, and how many were found until then; it may raise.
    """
    found: dict[str, Referent] = {}

    async def collect(references: Iterable[Reference], within: Way) -> None:
        for name, subject, version in references:
            if name in found or name in within:
                continue
            way = (*within, name)
            entered(way, len(found))
            text, inner = await fetch(subject, version)
            await collect(inner, way)
            found[name] = Referent(name, text)

    await collect(first, ())
    return tuple(found.values())
