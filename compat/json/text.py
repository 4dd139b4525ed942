"""JSON text, in and out. Reading is exact: a number keeps its digits, a key stands once. No schema is known here."""

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Final

from compat import json_text
from compat.json.drafts import Json, Steps
from compat.json_text import DEPTH, DIGITS, Document, depth, pointer
from compat.json_text import invalid as refusal
from compat.schema import InvalidSchema

__all__ = ["DEPTH", "invalid", "pointer", "read", "written"]

EXPONENT: Final = 1000
"""Powers of ten of a number. Larger ones can be written in a few characters, and fill the memory when added."""

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[{}\[\]]', re.DOTALL)
_KEY_END = re.compile(r"[ \t\n\r]*:")
_HALF_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_NUMBER = re.compile(r'"(?:[^"\\]|\\.)*+"|(-?[0-9][0-9.eE+-]*|NaN|-?Infinity)', re.DOTALL)


class _Odd(Exception):
    """Something in the text that the decoder reads and we do not."""


def read(text: str) -> Json:
    """The value of a JSON text. Raises InvalidSchema."""
    if not text.strip(" \t\n\r"):
        raise InvalidSchema('the text is empty; a JSON schema is an object or a boolean, such as {"type": "string"}')
    if text[0] == "\ufeff":
        raise refusal(text, "the text starts with a byte order mark, which JSON does not allow", 0)
    if depth(text) > DEPTH:
        raise InvalidSchema(f"the text is nested more than {DEPTH} levels deep")
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise refusal(text, f"not JSON: {error.msg[:1].lower()}{error.msg[1:]}", error.pos) from None
    except _Odd:
        raise _odd(text) from None
    except RecursionError:
        raise InvalidSchema("the text is nested too deeply") from None
    if not text.isascii() or _HALF_ESCAPE.search(text):
        _refuse_halves(text, value)
    return value


def _pairs(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Odd
    return found


def _integer(digits: str) -> int:
    if len(digits) > DIGITS:
        raise _Odd
    return int(digits)


def _decimal(digits: str) -> Decimal:
    try:
        value = Decimal(digits) if len(digits) <= DIGITS else None
    except InvalidOperation:
        value = None
    if value is None or abs(value.adjusted()) > EXPONENT:
        raise _Odd
    return value or abs(value)  # Java has no negative zero of this kind


def _constant(_: str) -> Json:
    raise _Odd


_DECODER = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_int=_integer, parse_float=_decimal, parse_constant=_constant
)


def _odd(text: str) -> InvalidSchema:
    """What the decoder stumbled over: the first number that is none for us, or else the first key given twice."""
    for match in _NUMBER.finditer(text):
        digits = match[1]
        if digits is None:
            continue
        if digits[-1] in "Ny":
            return refusal(text, f"JSON has no {digits}", match.start())
        try:
            _integer(digits) if digits.lstrip("-").isdecimal() else _decimal(digits)
        except (_Odd, ValueError):
            return refusal(
                text, f"a number has more than {DIGITS} digits, or is beyond ten to the {EXPONENT}th", match.start()
            )
    open_keys: list[set[str]] = []
    for match in _TOKEN.finditer(text):
        mark = match[0]
        if mark in "{[":
            open_keys.append(set())
        elif mark in "}]":
            open_keys.pop()
        elif _KEY_END.match(text, match.end()):
            key = json.loads(mark)
            if key in open_keys[-1]:
                return refusal(text, f"the key {mark} is given twice in one object", match.start())
            open_keys[-1].add(key)
    return InvalidSchema("a key is given twice in one object")


def _refuse_halves(text: str, value: Json) -> None:
    try:
        text.encode()
        written(value).encode()
    except UnicodeEncodeError:
        raise InvalidSchema("half of a surrogate pair is no character, and cannot be stored as UTF-8") from None


def invalid(text: str, value: Json, message: str, steps: Steps) -> InvalidSchema:
    """The refusal of what `steps` lead to in the value of a text: with its pointer, line and column."""
    holder: Json = (top := [value])
    for step in (0, *steps)[:-1]:
        holder = holder[step]
    return Document(text, top).invalid(message, holder, (0, *steps)[-1])


def written(value: Json, *, sort: bool = False) -> str:
    """A JSON value as Jackson writes it, without white space; `sort` orders the keys of objects, at any depth.

    A number has the digits it was given; one with a fraction or an exponent looks as Java's BigDecimal.
    """
    return json_text.written(value, sort=sort, number=str)
