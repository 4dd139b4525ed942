"""What somebody told, and what is wrong with it: in the words and at the place of who told it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class WrongSetting:
    """One thing that is wrong. `origin` is the flag, the variable or the place in the file, as the user wrote it."""

    origin: str
    problem: str
    hint: str

    def __str__(self) -> str:
        return f"{self.origin} {self.problem}: {self.hint}"


@dataclass(frozen=True, slots=True)
class WrongSettings(Exception):
    """All that is wrong, so that it can be mended in one go."""

    problems: tuple[WrongSetting, ...]

    def __str__(self) -> str:
        return "\n".join(f"momus: {problem}" for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Told:
    """A value that somebody gave, and where."""

    origin: str
    value: Any
