"""JSON text of any format: how deep it is, where a place in it is, what is wrong there, and how Jackson writes it.

What a format takes for JSON, and how it reads numbers, is in its own `text.py`.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from json.encoder import encode_basestring
from typing import Any, Final, TypeAlias

from compat.schema import InvalidSchema

Json: TypeAlias = Any  # what a JSON parser gives

DEPTH: Final = 640
"""Brackets within brackets that are read: 200 records within records. Jackson stops at 1000."""

DIGITS: Final = 1000
"""Characters of one number, as Jackson."""

SENTENCE: Final = 500
"""Characters of a message; names and values in it may be long."""

ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)  # in a string, of a UTF-16 unit or another

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_SKIPPER: Final = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON text and, as the only item of `top`, its value. `text` has its comments blanked, so that offsets hold."""

    text: str
    top: list[Json]

    def invalid(self, message: str, holder: Json, key: str | int | None) -> InvalidSchema:
        """The refusal of what `holder` has under `key`, or of `holder` itself when `key` is None."""
        steps = [*_steps_to(self.top, holder), *([] if key is None else [key])][1:]
        return invalid(self.text, message, _offset(self.text, steps), pointer(steps))


def pointer(steps: list[str | int]) -> str:
    """A JSON pointer."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def invalid(text: str, message: str, offset: int, path: str = "") -> InvalidSchema:
    """The refusal of what stands at an offset of a text."""
    message = message if len(message) <= SENTENCE else f"{message[:SENTENCE]}…"
    line = text.count("\n", 0, offset) + 1
    return InvalidSchema(message, path, line, offset - text.rfind("\n", 0, offset))


_BRACKETS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_KEEP_BRACKETS = re.compile(r"[^\[\]{}]+")


def depth(text: str) -> int:
    """How many brackets are open at once, at most; never less than the truth."""
    bound = text.count("[") + text.count("{")
    if bound <= DEPTH:
        return bound
    if "\\" in text:
        text = text.replace("\\\\", "").replace('\\"', "")
    brackets = _KEEP_BRACKETS.sub("", "".join(text.split('"')[::2]))
    return max(accumulate(map(_BRACKETS.__getitem__, map(ord, brackets))), default=0)


def nesting(value: Json) -> int:
    """How many lists and objects of a value are within each other."""
    deep, containers = 0, [value]
    while containers := [item for item in containers if isinstance(item, list | dict)]:
        containers = [inner for item in containers for inner in (item.values() if isinstance(item, dict) else item)]
        deep += 1
    return deep


# ------------------------------------------------------------------------------------------------ places


def _steps_to(root: Json, holder: Json) -> list[str | int]:
    """The keys that lead from `root` to the very object `holder`."""
    came_from: dict[int, tuple[Json, str | int]] = {}
    stack = [root]
    while stack:
        container = stack.pop()
        if container is holder:
            break
        pairs = container.items() if isinstance(container, dict) else enumerate(container)
        for key, value in pairs:
            if isinstance(value, dict | list):
                came_from[id(value)] = (container, key)
                stack.append(value)
    steps = []
    while holder is not root:
        holder, key = came_from[id(holder)]
        steps.append(key)
    return steps[::-1]


def _offset(text: str, steps: list[str | int]) -> int:
    """Where the value that `steps` lead to starts. Of keys given twice the first is taken."""
    at = skip_space(text, 0)
    for step in steps:
        found = _member(text, at, step) if text[at] == "{" else _element(text, at, step)
        if found < 0:
            return at
        at = found
    return at


def _member(text: str, at: int, wanted: str | int) -> int:
    at = skip_space(text, at + 1)
    while text[at] == '"':
        key, at = _SKIPPER.raw_decode(text, at)
        at = skip_space(text, skip_space(text, at) + 1)
        if key == wanted:
            return at
        at = _next(text, at)
    return -1


def _element(text: str, at: int, wanted: str | int) -> int:
    at = skip_space(text, at + 1)
    for _ in range(int(wanted)):
        at = _next(text, at)
    return at


def _next(text: str, at: int) -> int:
    """From the start of one value over its comma to the start of the next."""
    _, at = _SKIPPER.raw_decode(text, at)
    return skip_space(text, skip_space(text, at) + 1)


def skip_space(text: str, at: int) -> int:
    """From a place to the next that is no white space."""
    match = _SPACE.match(text, at)
    return match.end() if match else at


# ------------------------------------------------------------------------------------------------ writing


def quoted(text: str) -> str:
    """A JSON string as Jackson writes it: non-ASCII raw, control characters as upper-case hex."""
    encoded: str = encode_basestring(text)
    return encoded if "\\u" not in encoded else ESCAPE.sub(_upper, encoded)


def _upper(match: re.Match[str]) -> str:
    return f"\\u{match[1].upper()}" if match[1] else match[0]


def java_order(text: str) -> bytes:
    """A key that sorts as Java sorts strings: by UTF-16 units."""
    return text.encode("utf-16-be", "surrogatepass")


def written(value: Json, *, sort: bool, number: Callable[[Any], str]) -> str:
    """A JSON value as Jackson writes it, without white space; `sort` orders the keys of objects, at any depth.

    `number` writes what has a fraction or an exponent.
    """
    if value is None or value is True or value is False:
        return "null" if value is None else "true" if value else "false"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float | Decimal):
        return number(value)
    parts = []
    if isinstance(value, dict):
        for key in sorted(value, key=java_order) if sort else value:
            parts.append(f"{quoted(key)}:{written(value[key], sort=sort, number=number)}")  # noqa: PERF401  (as below)
        return f"{{{','.join(parts)}}}"
    for item in value:
        parts.append(written(item, sort=sort, number=number))  # noqa: PERF401  (a comprehension is a frame more on Python 3.11)
    return f"[{','.join(parts)}]"
