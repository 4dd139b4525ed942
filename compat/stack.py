"""Recursion on a stack of our own, for what may be nested deeper than Python's.

A function that recurses is written as a generator that yields the calls it would make, and is sent what they return.
"""

from collections.abc import Generator
from typing import Any, TypeAlias, TypeVar

from compat.faults import CodecError

Result = TypeVar("Result")
Walk: TypeAlias = Generator[Any, Any, Result]


def finish(walk: Walk[Result], *, depth: int | None = None) -> Result:
    """What the walk returns. What a call raises is raised where it was made. `depth` is how many may be open at once,
    of data that are read.
    """
    stack: list[Walk[Any]] = [walk]
    value: Any = None
    error: Exception | None = None
    while stack:
        try:
            call = stack[-1].send(value) if error is None else stack[-1].throw(error)
        except StopIteration as stop:
            stack.pop()
            value, error = stop.value, None
        except Exception as raised:
            stack.pop()
            if not stack:
                raise
            error = raised
        else:
            stack.append(call)
            value, error = None, None
            if depth is not None and len(stack) > depth:
                raise CodecError(f"the datum is nested deeper than {depth} levels")
    result: Result = value
    return result
