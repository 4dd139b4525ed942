"""How a figure is printed: what was measured, and its ratio to a baseline beside the target."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """`target` is the least that `ratio` should be; where less is better, the most that `at_most` allows."""

    name: str
    figure: str
    ratio: float | None = None
    target: float | None = None
    value: float | None = None
    at_most: float | None = None

    def __str__(self) -> str:
        ratio = f"{self.ratio:6.2f}" if self.ratio is not None else " " * 6
        return f"  {self.name:38} {ratio}  {self.figure}{self._judged()}"

    def _judged(self) -> str:
        if self.target is not None and self.ratio is not None:
            return f"   target ≥ {self.target:g}: {'met' if self.ratio >= self.target else 'MISSED'}"
        if self.at_most is not None and self.value is not None:
            return f"   target ≤ {self.at_most:g}: {'met' if self.value <= self.at_most else 'MISSED'}"
        return ""
