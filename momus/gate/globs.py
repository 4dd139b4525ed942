"""Patterns of paths and subjects: `*` within a part, `**` over parts, `?`, `[abc]`, `{a,b}`; always with slashes."""

import re
from functools import lru_cache
from typing import Final

from momus.gate.faults import WrongConfiguration

_TOKEN: Final = re.compile(r"\*\*/|\*\*|\*|\?|\[[^]/]+\]|\{[^{}/]*\}|.", re.DOTALL)
_MAGIC: Final = re.compile(r"[*?\[{]")


def fits(path: str, pattern: str) -> bool:
    return _expression(pattern).fullmatch(path) is not None


def fixed_part(pattern: str) -> str:
    """The folder above the first part with a wildcard; "" for the top."""
    parts = pattern.split("/")
    fixed = next((index for index, part in enumerate(parts) if _MAGIC.search(part)), len(parts) - 1)
    return "/".join(parts[:fixed])


def has_wildcard(pattern: str) -> bool:
    return _MAGIC.search(pattern) is not None


@lru_cache(maxsize=1000)
def _expression(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile("".join(_piece(token) for token in _TOKEN.findall(pattern)), re.DOTALL)
    except re.error as error:  # of a set: [z-a], [!]
        raise WrongConfiguration(f"'{pattern}' is no pattern of paths: {error.msg}") from None


def _piece(token: str) -> str:
    match token:
        case "**/":
            return "(?:[^/]+/)*"
        case "**":
            return ".*"
        case "*":
            return "[^/]*"
        case "?":
            return "[^/]"
        case _:
            return _set_or_text(token)


def _set_or_text(token: str) -> str:
    if len(token) > 1 and token[0] == "[":
        return f"[{'^' if token[1] == '!' else ''}{re.escape(token[1:-1].lstrip('!'))}]".replace(r"\-", "-")
    if len(token) > 1 and token[0] == "{":
        return f"(?:{'|'.join(re.escape(one) for one in token[1:-1].split(','))})"
    return re.escape(token)
