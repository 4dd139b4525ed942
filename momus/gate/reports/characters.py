"""What a report may contain, whatever a schema, a file's name or a reason has in it.

Control characters would steer a terminal and are no XML; halves of characters are in no encoding; and a line that
begins as a command of GitHub Actions would be carried out wherever it is printed.
"""

import json
import re
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final, TypeVar

Value = TypeVar("Value")

UNKNOWN: Final = "\ufffd"
_HALVES: Final = re.compile("[\ud800-\udfff]")
_ODD: Final = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029"  # control characters but \t and \n, and what else ends a line
    "\u202a-\u202e\u2066-\u2069"  # what turns the direction of text around
    "\ud800-\udfff\ufffe\uffff]"
)
_COMMAND: Final = re.compile(r"##\[")  # as runners knew commands once, and still do; they may stand anywhere in a line


def plain(value: Value) -> Value:
    """The value with its texts made plain, at any depth; of what is odd in them a sign is left."""
    if isinstance(value, str):
        return _plain(value)  # type: ignore[return-value]
    if isinstance(value, tuple):
        return tuple(plain(one) for one in value)  # type: ignore[return-value]
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: plain(getattr(value, field.name)) for field in fields(value)})
    return value


def _plain(text: str) -> str:
    if text.isprintable() and "##[" not in text:
        return text
    return _COMMAND.sub("## [", _ODD.sub(UNKNOWN, text.replace("\r\n", "\n")))


def line(text: str) -> str:
    """A text in one line, which is no command of a runner: those begin with two colons, after spaces or none."""
    text = text.replace("\n", " ").replace("\t", " ")
    return f"'{text}" if text.lstrip().startswith("::") else text


def dumped(value: Any, indent: int | None = None) -> str:
    """The value as JSON, in ASCII, with no half of a character in it."""
    return json.dumps(_whole(value), indent=indent) + "\n"


def _whole(value: Any) -> Any:
    match value:
        case str():
            return _HALVES.sub(UNKNOWN, value)
        case dict():
            return {key: _whole(member) for key, member in value.items()}
        case list():
            return [_whole(one) for one in value]
        case _:
            return value
