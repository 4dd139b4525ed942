"""Arrays: how many items there must be, and what each must be, place by place.

Places are filled from the left. At each, the demands that may be met there are met or not; a limit ("at most so many
are so") is drawn on, or the item must not be so. Behind the last place that a fact names, all places are alike, so
that no more of them are needed than there are demands left, and items to come up to the least number.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from compat.json.contain.budget import TooLarge
from compat.json.contain.facts import EMPTY, UNKNOWN, Facts, Found, Result, Solve
from compat.json.contain.terms import Contains, Distinct, Items, Term
from compat.json.values import Json, frozen

MOST_PLACES: Final = 100
MOST_CHOICES: Final = 8  # demands and limits that concern one place
Slots = tuple[frozenset[Term], ...]


@dataclass(frozen=True, slots=True)
class Demand:
    """So many items between two places are so."""

    first: int
    last: int | None
    term: Term
    number: int

    def may_be_met_at(self, place: int) -> bool:
        return self.first <= place and (self.last is None or place <= self.last)


class Arrays:
    def __init__(self, solver: Solve, facts: Facts) -> None:
        self._solver = solver
        self._least, self._greatest = facts.sizes()
        self._excluded = facts.excluded()
        self._rules: list[tuple[int, int | None, Term]] = []
        self._demands: list[Demand] = []
        self._limits: list[tuple[Term, int]] = []
        self._distinct = False
        self._repeats = False
        self._twins: tuple[int, int] | None = None
        self._impossible = False
        for term in facts.terms:
            self._take(term)
        ends = [place + 1 for first, last, _ in self._rules for place in (first - 1, last) if place is not None]
        ends += [
            place + 1 for demand in self._demands for place in (demand.first - 1, demand.last) if place is not None
        ]
        self._named = max(ends, default=0)
        self._failed: set[tuple[object, ...]] = set()

    def _take(self, term: Term) -> None:
        negated = self._solver.terms.negated
        negative = term.tag == "not"
        match term.parts[0].atom if negative else term.atom:
            case Items(first, last, inner):
                if negative:
                    self._demands.append(Demand(first, last, negated(inner), 1))
                else:
                    self._rules.append((first, last, inner))
            case Contains(inner, number, upper):
                self._take_contains(inner, number + (0 if not negative else 1 if upper else -1), upper is not negative)
            case Distinct():
                self._distinct |= not negative
                self._repeats |= negative
            case _:
                pass

    def _take_contains(self, term: Term, number: int, upper: bool) -> None:  # noqa: FBT001  (the atom's own word)
        if not upper:
            self._demands.append(Demand(0, None, term, number))
        elif number > 0:
            self._limits.append((term, number))
        elif number == 0:
            self._rules.append((0, None, self._solver.terms.negated(term)))
        else:
            self._impossible = True

    # ------------------------------------------------------------ the question

    def result(self) -> Result:
        for demand in self._demands:
            self._least = max(self._least, demand.first + demand.number)
        if self._impossible or (self._greatest is not None and self._least > self._greatest):
            return EMPTY
        if any(self._is_hopeless(demand) for demand in self._demands):
            return EMPTY
        return self._with_twins() if self._repeats else self._arranged()

    def _is_hopeless(self, demand: Demand) -> bool:
        """Alone, and whatever else there is: fewer places than it needs have an item for it."""
        tail = self._solver.solve(self._base(self._named) | {demand.term}) if demand.last is None else EMPTY
        if tail is not EMPTY and (self._greatest is None or self._greatest > self._named):
            return False
        places = range(demand.first, min(self._named, self._limit_of(demand)))
        possible = sum(self._solver.solve(self._base(place) | {demand.term}) is not EMPTY for place in places)
        return possible < demand.number

    def _limit_of(self, demand: Demand) -> int:
        ends = [end for end in (self._greatest, None if demand.last is None else demand.last + 1) if end is not None]
        return min(ends, default=self._named)

    def _with_twins(self) -> Result:
        """Two items are equal: any two places, of which those behind the last that is named are alike."""
        unknown = False
        last = self._named + 2 if self._greatest is None else min(self._named + 2, self._greatest)
        least = self._least
        for twins in combinations(range(last), 2):
            self._twins = twins
            self._least = max(least, twins[1] + 1)
            self._failed.clear()
            result = self._arranged()
            if isinstance(result, Found):
                return result
            unknown |= result is UNKNOWN
        return UNKNOWN if unknown else EMPTY

    def _arranged(self) -> Result:
        needed = self._named + sum(demand.number for demand in self._demands) + (2 if self._twins else 0)
        places = max(needed, self._least)
        if self._greatest is not None:
            places = min(places, self._greatest)
        if places > MOST_PLACES:
            return self._long(places)
        left = tuple(demand.number for demand in self._demands)
        limits = tuple(number for _, number in self._limits)
        return self._placed((), left, limits, places)

    def _long(self, places: int) -> Result:
        """Too many places to go through: all alike, or nobody knows."""
        if self._limits or self._distinct or self._demands or self._twins or places > 100 * MOST_PLACES:
            raise TooLarge("items")
        named = [self._solver.solve(self._base(place)) for place in range(min(self._least, self._named))]
        more = self._least - len(named)
        results = [*named, *([self._solver.solve(self._base(self._named))] * more)]
        if EMPTY in results:
            return EMPTY
        items = [result.document for result in results if isinstance(result, Found)]
        return Found(items) if len(items) == len(results) else UNKNOWN

    def _base(self, place: int) -> frozenset[Term]:
        """What every item at a place must be. Twins must be what both places ask for."""
        places = self._twins if self._twins and place in self._twins else (place,)
        return frozenset(
            term
            for one in places
            for first, last, term in self._rules
            if first <= one and (last is None or one <= last)
        )

    def _placed(self, slots: Slots, left: tuple[int, ...], limits: tuple[int, ...], places: int) -> Result:
        self._solver.terms.budget.spend()
        place = len(slots)
        unknown = False
        if place >= self._least and not any(left):
            result = self._built(slots)
            if isinstance(result, Found):
                return result
            unknown = result is UNKNOWN
        if place >= places:
            return UNKNOWN if unknown else EMPTY
        # What was placed matters only where items must differ; so a failure is one for all ways to come here.
        state = (place, left, limits)
        if not self._distinct and state in self._failed:
            return EMPTY
        for terms, less, tighter in self._choices(place, left, limits):
            inner = self._solver.solve(terms)
            if inner is EMPTY:
                continue
            result = self._placed((*slots, terms), less, tighter, places)
            if isinstance(result, Found):
                return result
            unknown |= result is UNKNOWN
        if not unknown:
            self._failed.add(state)
        return UNKNOWN if unknown else EMPTY

    def _choices(
        self, place: int, left: tuple[int, ...], limits: tuple[int, ...]
    ) -> Iterator[tuple[frozenset[Term], tuple[int, ...], tuple[int, ...]]]:
        base = self._base(place)
        open_demands = [
            index for index, demand in enumerate(self._demands) if left[index] and demand.may_be_met_at(place)
        ]
        if len(open_demands) + len(limits) > MOST_CHOICES:
            raise TooLarge("choices")
        for met in _subsets(open_demands):
            for spent in reversed(list(_subsets([index for index, number in enumerate(limits) if number]))):
                terms = base | {self._demands[index].term for index in met}
                terms |= {
                    self._solver.terms.negated(term)
                    for index, (term, _) in enumerate(self._limits)
                    if index not in spent
                }
                yield terms, _less(left, met), _less(limits, spent)

    # ------------------------------------------------------------ the document

    def _built(self, slots: Slots) -> Result:
        items: list[Json] = []
        for place, terms in enumerate(slots):
            if self._twins and place == self._twins[1]:
                continue
            whole = terms | slots[self._twins[1]] if self._twins and place == self._twins[0] else terms
            result = self._solver.another(whole, items) if self._distinct and items else self._solver.solve(whole)
            if result is EMPTY and all(other == terms for other in slots[:place]) and not self._twins:
                return EMPTY
            if not isinstance(result, Found):
                return UNKNOWN
            items.append(result.document)
        if self._twins:
            items.insert(self._twins[1], items[self._twins[0]])
        return UNKNOWN if self._excluded and frozen(items) in self._excluded else Found(items)


def _subsets(indexes: list[int]) -> Iterator[tuple[int, ...]]:
    """All of them, the largest first."""
    for size in range(len(indexes), -1, -1):
        yield from combinations(indexes, size)


def _less(numbers: tuple[int, ...], chosen: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(number - (index in chosen) for index, number in enumerate(numbers))
