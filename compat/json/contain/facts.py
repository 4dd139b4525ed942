"""What is known of a value of one kind: atoms and their negations, and what they come to. And the three results."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias

from compat.json.contain.evaluate import Evaluator
from compat.json.contain.numbers import Box
from compat.json.contain.patterns import Patterns
from compat.json.contain.terms import Bound, Multiple, Pattern, Size, Term, Terms, Values
from compat.json.values import Json, Kind, exact


@dataclass(frozen=True, slots=True)
class Found:
    """A document, of which the terms are true as far as they are understood."""

    document: Json


class Missing:
    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name


EMPTY: Final = Missing("EMPTY")
UNKNOWN: Final = Missing("UNKNOWN")
Result: TypeAlias = Found | Missing


class Solve(Protocol):
    """What the search in one kind asks about the values within: `solve.py` has it, and has the kinds."""

    terms: Terms
    patterns: Patterns
    evaluator: Evaluator

    def solve(self, terms: Iterable[Term]) -> Result:
        """A document of which all terms are true, EMPTY, or UNKNOWN."""

    def another(self, terms: Iterable[Term], used: Iterable[Json]) -> Result:
        """A document as `solve`, but none of those."""

    def at(self, term: Term, kind: Kind) -> Term:
        """The term as far as it says anything of values of a kind."""


@dataclass(slots=True)
class Facts:
    kind: Kind
    terms: dict[Term, None] = field(default_factory=dict)

    def copy(self) -> "Facts":
        return Facts(self.kind, dict(self.terms))

    def sizes(self) -> tuple[int, int | None]:
        """The least and the greatest number of characters, items or members."""
        least, greatest = 0, None
        for term in self.terms:
            atom = term.parts[0].atom if term.tag == "not" else term.atom
            if not isinstance(atom, Size):
                continue
            upper = atom.upper is (term.tag == "atom")
            number = atom.number if term.tag == "atom" else atom.number + (1 if atom.upper else -1)
            if upper:
                greatest = number if greatest is None else min(greatest, number)
            else:
                least = max(least, number)
        return least, greatest

    def excluded(self) -> set[Hashable]:
        """Keys of values that it is not."""
        return {
            key
            for term in self.terms
            if term.tag == "not" and isinstance(term.parts[0].atom, Values)
            for key in term.parts[0].atom.keys
        }

    def patterns(self) -> tuple[list[str], list[str]]:
        """Those that are found in it, and those that are not."""
        found = [term.atom.text for term in self.terms if isinstance(term.atom, Pattern)]
        missing = [
            term.parts[0].atom.text
            for term in self.terms
            if term.tag == "not" and isinstance(term.parts[0].atom, Pattern)
        ]
        return found, missing

    def fill_numbers(self, box: Box, terms: Terms) -> None:
        for term in self.terms:
            negative = term.tag == "not"
            match term.parts[0].atom if negative else term.atom:
                case Bound(value, upper, exclusive):
                    box.bound(value, upper=upper is not negative, exclusive=exclusive is not negative)
                case Multiple(factor):
                    if negative:
                        box.avoided.append(factor)
                    else:
                        box.multiple(factor)
                case _:
                    pass
        box.excluded |= {exact(terms.values[key]) for key in self.excluded()}
