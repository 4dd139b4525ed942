"""What may have been meant by a name that nobody knows: the end of a sentence that says so."""

from collections.abc import Collection
from difflib import get_close_matches


def near(name: str, known: Collection[str]) -> str:
    """The name that is nearly the same, or else all that there are."""
    return hint_or(name, known, f"; there are {', '.join(sorted(known))}")


def hint_or(name: str, known: Collection[str], otherwise: str) -> str:
    """The name that is nearly the same, or else these words."""
    close = get_close_matches(name, list(known), 1)
    return f": did you mean '{close[0]}'?" if close else otherwise
