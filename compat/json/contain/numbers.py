"""Numbers between two bounds, on a grid, off other grids, and not among some points: is there any? Exactly."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm
from typing import Final

from compat.json.contain.budget import TooLarge

MOST_TRIED: Final = 20_000


@dataclass(slots=True)
class Box:
    """`low` and `high` are (bound, exclusive) or None. `step`: only its multiples, or all numbers when None."""

    low: tuple[Fraction, bool] | None = None
    high: tuple[Fraction, bool] | None = None
    step: Fraction | None = None
    avoided: list[Fraction] = field(default_factory=list)
    excluded: set[Fraction] = field(default_factory=set)

    def bound(self, value: Fraction, *, upper: bool, exclusive: bool) -> None:
        if upper:
            if self.high is None or (value, not exclusive) < (self.high[0], not self.high[1]):
                self.high = (value, exclusive)
        elif self.low is None or (value, exclusive) > self.low:
            self.low = (value, exclusive)

    def multiple(self, factor: Fraction) -> None:
        if self.step is None:
            self.step = factor
        else:
            numerator = lcm(self.step.numerator * factor.denominator, factor.numerator * self.step.denominator)
            self.step = Fraction(numerator, self.step.denominator * factor.denominator)

    def number(self) -> Fraction | None:
        """One of the numbers, None when there is none."""
        if self.step is not None:
            return self._on_grid(self.step)
        if self.low and self.high and self.low[0] >= self.high[0]:
            alone = self.low[0]
            empty = self.low[0] > self.high[0] or self.low[1] or self.high[1]
            return None if empty or not self._is_free(alone) else alone
        tried = (number for number in self._dense() if self._is_inside(number) and self._is_free(number))
        return next(iter(tried))

    def _on_grid(self, step: Fraction) -> Fraction | None:
        first = None if self.low is None else _above(self.low[0] / step, exclusive=self.low[1])
        last = None if self.high is None else _below(self.high[0] / step, exclusive=self.high[1])
        avoided = [(factor / step).numerator for factor in self.avoided]
        if 1 in avoided or (first is not None and last is not None and first > last):
            return None
        for tried, index in enumerate(_outward(first, last)):
            if tried > MOST_TRIED:
                raise TooLarge("points of a grid")
            if all(index % factor for factor in avoided) and index * step not in self.excluded:
                return index * step
        return None

    def _is_inside(self, number: Fraction) -> bool:
        above = self.low is None or number > self.low[0] or (number == self.low[0] and not self.low[1])
        below = self.high is None or number < self.high[0] or (number == self.high[0] and not self.high[1])
        return above and below

    def _is_free(self, number: Fraction) -> bool:
        return number not in self.excluded and all(number % factor for factor in self.avoided)

    def _dense(self) -> Iterator[Fraction]:
        """Ever more numbers, the plainest first, of which sooner or later one is free: what is avoided is sparse."""
        low = self.low[0] if self.low else None
        high = self.high[0] if self.high else None
        for number in (0, 1, -1, 2, Fraction(1, 2), Fraction(3, 2), low, high):
            if number is not None:
                yield Fraction(number)
        if low is None:
            low = high - 2 if high is not None else Fraction(-1)
        if high is None:
            high = low + 2
        parts = 2
        while parts < MOST_TRIED:
            for part in range(1, parts, 2):
                yield low + (high - low) * Fraction(part, parts)
            parts *= 2
        raise TooLarge("numbers")


def _above(bound: Fraction, *, exclusive: bool) -> int:
    floor = bound.numerator // bound.denominator
    return floor + 1 if exclusive or floor < bound else floor


def _below(bound: Fraction, *, exclusive: bool) -> int:
    return -_above(-bound, exclusive=exclusive)


def _outward(first: int | None, last: int | None) -> Iterable[int]:
    """All integers from first to last, those near to zero first."""
    if first is not None and first >= 0:
        index = first
        while last is None or index <= last:
            yield index
            index += 1
        return
    if last is not None and last <= 0:
        index = last
        while first is None or index >= first:
            yield index
            index -= 1
        return
    yield 0
    distance = 1
    while first is None or last is None or distance <= max(-first, last):
        for index in (distance, -distance):
            if (first is None or index >= first) and (last is None or index <= last):
                yield index
        distance += 1
