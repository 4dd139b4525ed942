"""JSON values out of a text: one a line, or one over all lines."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple


class Value(NamedTuple):
    """`line` is where it begins, from 1. `fault` says why it is none."""

    line: int
    value: Any = None
    fault: str = ""


def values_of(lines: Iterable[bytes]) -> Iterator[Value]:
    """As they come: who writes a line a minute is answered each minute.

    If the first line is a whole value, each line is one; else all lines together are.
    """
    numbered = ((number, line.rstrip()) for number, line in enumerate(lines, 1) if line.strip())
    for number, line in numbered:
        first = _value(number, line)
        rest = list(numbered) if first.fault else []
        whole = _value(number, b"\n".join((line, *(each for _, each in rest)))) if rest else first
        if rest and not whole.fault:
            yield whole
            return
        yield first
        yield from (_value(*each) for each in rest or numbered)


def _value(number: int, text: bytes) -> Value:
    try:
        return Value(number, json.loads(text, parse_constant=_refused))
    except (ValueError, RecursionError) as error:
        return Value(number, fault=f"it is no JSON: {error or 'nested too deeply'}")


def _refused(word: str) -> Any:
    raise ValueError(f"{word} is no number of JSON's")
