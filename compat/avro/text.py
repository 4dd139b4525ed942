"""JSON text, in and out: reading it, finding a place in it again, and writing it the way Java's Jackson writes it.

Nothing here knows what a schema is. Reading takes what Jackson takes when Java reads an Avro schema: comments are
allowed, of a key that is given twice the last value counts, NaN and text after the value are refused.
"""

import json
import math
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from json.encoder import encode_basestring
from typing import Final

from compat.avro.types import Json
from compat.schema import InvalidSchema

DEPTH: Final = 640
"""Brackets within brackets that are read: 200 records within records. Jackson stops at 1000."""

DIGITS: Final = 1000
"""Characters of one number, as Jackson."""

SENTENCE: Final = 500
"""Characters of a message; names and values in it may be long."""

SPACE: Final = re.compile(r"[ \t\n\r]*")
_STRING = r'"(?:[^"\\]|\\.)*+(?:"|\Z)'
_COMMENT = re.compile(rf"({_STRING})|//[^\n\r]*+|/\*.*?(?:\*/|\Z)", re.DOTALL)
_ODD = re.compile(rf"{_STRING}|((?<![\w.+-])(?:-?Infinity|NaN|-?[0-9][0-9.eE+-]{{{DIGITS},}}))", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)
_WORD = re.compile(r"[A-Za-z_][\w.]*")


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON text and, as the only item of `top`, its value. `text` has its comments blanked, so that offsets hold."""

    text: str
    top: list[Json]

    def invalid(self, message: str, holder: Json, key: str | int | None) -> InvalidSchema:
        """The refusal of what `holder` has under `key`, or of `holder` itself when `key` is None."""
        steps = [*_steps_to(self.top, holder), *([] if key is None else [key])][1:]
        return _invalid(self.text, message, _offset(self.text, steps), pointer(steps))


def pointer(steps: list[str | int]) -> str:
    """A JSON pointer."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


# ------------------------------------------------------------------------------------------------ reading


def read(text: str) -> Document:
    """The value of a JSON text. Raises InvalidSchema."""
    _refuse_what_json_would_hide(text)
    try:
        return Document(text, [_DECODER.decode(text)])
    except json.JSONDecodeError as error:
        if text.startswith("/", error.pos):  # inside a string no error is reported at a slash
            blanked = _COMMENT.sub(_blank, text)
            if blanked != text:
                return read(blanked)
        raise _invalid(text, *_what_is_wrong(text, error)) from None
    except _OddToken:
        odd = next(match for match in _ODD.finditer(text) if match[1])
        raise _invalid(text, _odd_sentence(odd[1]), odd.start()) from None
    except RecursionError:
        raise InvalidSchema("the text is nested too deeply") from None


class _OddToken(Exception):
    """Something that Python reads and JSON does not have."""


def _constant(_: str) -> Json:
    raise _OddToken


def _number(convert: Callable[[str], Json]) -> Callable[[str], Json]:
    def number(digits: str) -> Json:
        if len(digits) > DIGITS:
            raise _OddToken
        return convert(digits)

    return number


_DECODER = json.JSONDecoder(parse_int=_number(int), parse_float=_number(float), parse_constant=_constant)
_SKIPPER = json.JSONDecoder()


def _refuse_what_json_would_hide(text: str) -> None:
    if not text.strip(" \t\n\r"):
        raise InvalidSchema('the text is empty; a schema is JSON, such as "string" in double quotes')
    if text[0] == "\ufeff":
        raise _invalid(text, "the text starts with a byte order mark, which JSON does not allow", 0)
    if depth(text) > DEPTH:
        raise InvalidSchema(f"the text is nested more than {DEPTH} levels deep")
    lone = _lone_surrogate(text)
    if lone >= 0:
        raise _invalid(text, "half of a surrogate pair is no character, and cannot be stored as UTF-8", lone)


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


def _lone_surrogate(text: str) -> int:
    """Where half a surrogate pair stands alone, as a character or as an escape; -1 where there is none."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return error.start
    if "\\ud" not in text and "\\uD" not in text:
        return -1
    high = -1  # where a high half has just ended and its low half must start
    for match in _ESCAPE.finditer(text):
        unit = int(match[1], 16) if match[1] else 0
        is_low = 0xDC00 <= unit < 0xE000
        if (high >= 0 and not (is_low and high == match.start())) or (is_low and high < 0):
            return high - 6 if high >= 0 else match.start()
        high = match.end() if 0xD800 <= unit < 0xDC00 else -1
    return high - 6 if high >= 0 else -1


def _blank(match: re.Match[str]) -> str:
    is_open = match[0].startswith("/*") and not match[0].endswith("*/")
    return match[0] if match[1] or is_open else re.sub(r"[^\n]", " ", match[0])


_MISSING = {
    "Expecting value": "a value is missing here",
    "Expecting ',' delimiter": "a comma or a closing bracket is missing here",
    "Expecting ':' delimiter": "a colon is missing here",
    "Expecting property name enclosed in double quotes": "a key in double quotes is missing here",
    "Invalid control character at": "a control character in a string is written as an escape",
    "Unterminated string starting at": "the string that starts here is not closed",
}


def _what_is_wrong(text: str, error: json.JSONDecodeError) -> tuple[str, int]:
    """A sentence of ours for the decoder's, and the place."""
    at = error.pos
    if error.msg.startswith("Illegal trailing comma"):  # Python 3.13 stops at the comma, older ones at the bracket
        at = _skip_space(text, at + 1)
        return ("not JSON: a comma must not be last in an object or list", at)
    if text[:at].rstrip(" \t\n\r").endswith(",") and text.startswith(("]", "}"), at):
        return ("not JSON: a comma must not be last in an object or list", at)
    word = _WORD.match(text, at)
    if text.startswith("/*", at):
        return ("not JSON: the comment that starts here is not closed", at)
    if error.msg == "Extra data":
        return (f"nothing may follow the schema, but '{text[at : at + 20]}' does", at)
    if error.msg == "Expecting value" and word:
        return (f'not JSON: a name is written in double quotes, "{word[0]}"', at)
    if text.startswith("'", at):
        return ("not JSON: strings are written in double quotes, not in single ones", at)
    return (f"not JSON: {_MISSING.get(error.msg, error.msg)}", at)


def _odd_sentence(token: str) -> str:
    if token.endswith(("NaN", "Infinity")):
        return f'JSON has no {token}; the default of a float or double may be written as a string, "{token}"'
    return f"a number has more than {DIGITS} digits"


# ------------------------------------------------------------------------------------------------ places


def _invalid(text: str, message: str, offset: int, path: str = "") -> InvalidSchema:
    message = message if len(message) <= SENTENCE else f"{message[:SENTENCE]}…"
    line = text.count("\n", 0, offset) + 1
    return InvalidSchema(message, path, line, offset - text.rfind("\n", 0, offset))


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
    at = _skip_space(text, 0)
    for step in steps:
        found = _member(text, at, step) if text[at] == "{" else _element(text, at, step)
        if found < 0:
            return at
        at = found
    return at


def _member(text: str, at: int, wanted: str | int) -> int:
    at = _skip_space(text, at + 1)
    while text[at] == '"':
        key, at = _SKIPPER.raw_decode(text, at)
        at = _skip_space(text, _skip_space(text, at) + 1)
        if key == wanted:
            return at
        at = _next(text, at)
    return -1


def _element(text: str, at: int, wanted: str | int) -> int:
    at = _skip_space(text, at + 1)
    for _ in range(int(wanted)):
        at = _next(text, at)
    return at


def _next(text: str, at: int) -> int:
    """From the start of one value over its comma to the start of the next."""
    _, at = _SKIPPER.raw_decode(text, at)
    return _skip_space(text, _skip_space(text, at) + 1)


def _skip_space(text: str, at: int) -> int:
    match = SPACE.match(text, at)
    return match.end() if match else at


# ------------------------------------------------------------------------------------------------ writing


def quoted(text: str) -> str:
    """A JSON string as Jackson writes it: non-ASCII raw, control characters as upper-case hex."""
    encoded: str = encode_basestring(text)
    return encoded if "\\u" not in encoded else _ESCAPE.sub(_upper, encoded)


def _upper(match: re.Match[str]) -> str:
    return f"\\u{match[1].upper()}" if match[1] else match[0]


def written(value: Json, *, sort: bool = False) -> str:
    """A JSON value as Jackson writes it, without white space; `sort` orders the keys of objects, at any depth."""
    if value is None or value is True or value is False:
        return "null" if value is None else "true" if value else "false"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return double(value)
    parts = []
    if isinstance(value, dict):
        keys = sorted(value, key=java_order) if sort else value
        for key in keys:
            parts.append(f"{quoted(key)}:{written(value[key], sort=sort)}")  # noqa: PERF401  (as below)
        return f"{{{','.join(parts)}}}"
    for item in value:
        parts.append(written(item, sort=sort))  # noqa: PERF401  (a comprehension is a frame more on Python 3.11)
    return f"[{','.join(parts)}]"


def java_order(text: str) -> bytes:
    """A key that sorts as Java sorts strings: by UTF-16 units."""
    return text.encode("utf-16-be", "surrogatepass")


def nearest(value: float) -> float:
    """A number as a double; beyond all doubles it is infinite."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def nearest_single(value: float) -> float:
    """A number as a float of 32 bits, as Java casts it."""
    try:
        (rounded,) = struct.unpack("<f", struct.pack("<f", nearest(value)))
    except OverflowError:
        return math.inf if value > 0 else -math.inf
    return float(rounded)


def double(value: float) -> str:
    """As Java's Double.toString (JDK 19 and later: the shortest digits), quoted where JSON has no such number."""
    return _java_number(value, repr(value), f"{value:.1e}", lambda text: float(text) == value)


def single(value: float) -> str:
    """As Java's Float.toString, of the nearest 32-bit number."""
    rounded = nearest_single(value)

    def same(text: str) -> bool:
        return nearest_single(float(text)) == rounded

    shortest = next((text for text in (f"{rounded:.{n}e}" for n in range(9)) if same(text)), "")
    return _java_number(rounded, shortest, f"{rounded:.1e}", same)


def _java_number(value: float, shortest: str, two_digits: str, same: Callable[[str], bool]) -> str:
    if math.isnan(value):
        return '"NaN"'
    if math.isinf(value):
        return '"Infinity"' if value > 0 else '"-Infinity"'
    sign, digits, exponent = _scientific(shortest)
    if not digits:
        return f"{sign}0.0"
    if len(digits) == 1 and same(two_digits):  # Java prefers the nearest of two digits: 4.9E-324, not 5.0E-324
        _, digits, exponent = _scientific(two_digits)
    if -3 <= exponent < 7:
        padded = digits.ljust(exponent + 2, "0") if exponent >= 0 else "0" * -exponent + digits
        cut = max(exponent, 0) + 1
        return f"{sign}{padded[:cut]}.{padded[cut:] or '0'}"
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{exponent}"


def _scientific(text: str) -> tuple[str, str, int]:
    """Sign, digits without zeros at either end, and the exponent of the first digit."""
    sign = "-" if text.startswith("-") else ""
    mantissa, _, power = text.lstrip("-").partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    exponent = int(power or 0) + len(whole) - 1 - (len(whole + fraction) - len(digits))
    return sign, digits.rstrip("0"), exponent
