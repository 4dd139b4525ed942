"""A place in a datum that is being read: a step, and the place where it starts. Long paths share their beginnings."""

from typing import TypeAlias

Place: TypeAlias = "tuple[Place, str | int] | None"


def steps_of(place: Place) -> tuple[str | int, ...]:
    """The way to a place, from the top."""
    steps: list[str | int] = []
    while place is not None:
        place, step = place
        steps.append(step)
    return tuple(reversed(steps))
