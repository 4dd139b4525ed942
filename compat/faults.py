"""What every codec raises: a value is not of its schema, or bytes are no value of it."""

from collections.abc import Iterable
from typing import Any, Final

Steps = tuple[str | int, ...]
MOST_STEPS: Final = 200


class CodecError(ValueError):
    """`steps` lead to the place in the value, where there is one; `message` says what is wrong there. `at` is the byte
    of the data where it was found, if it was in reading.
    """

    def __init__(self, message: str, steps: Iterable[str | int] = (), *, at: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.steps: Steps = tuple(steps)
        self.at = at

    def __reduce__(self) -> Any:
        return _again, (self.message, self.steps, self.at)

    def within(self, step: str | int) -> "CodecError":
        """The same, seen from around; of a value nested too deeply to be told, from the inmost levels."""
        if len(self.steps) >= MOST_STEPS:
            return self
        return CodecError(self.message, (step, *self.steps), at=self.at)

    @property
    def path(self) -> str:
        return path_of(self.steps)

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.steps else self.message


def _again(message: str, steps: Steps, at: int | None) -> CodecError:
    return CodecError(message, steps, at=at)


def path_of(steps: Iterable[str | int]) -> str:
    """`items[2].price`, as one writes it in Python; a name that is no identifier stands in brackets."""
    path = ""
    for step in steps:
        if isinstance(step, str) and step.isidentifier():
            path += f".{step}" if path else step
        else:
            path += f"[{step!r}]"
    return path


def shown(value: object) -> str:
    """A value's type, as an error names it."""
    return "null" if value is None else type(value).__name__


def number_shown(number: float) -> str:
    """A number in a sentence; a large one by its size, for its digits would cost more than the message."""
    if isinstance(number, int) and number.bit_length() > 200:
        return f"a number of {number.bit_length()} bits"
    return repr(number)


def a(kind: str) -> str:
    return kind if kind == "null" else f"an {kind}" if kind[:1] in "aeiou" else f"a {kind}"
