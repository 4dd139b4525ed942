"""JSON text as Java reads and writes it in an Avro schema. Nothing here knows what a schema is.

Reading takes what Jackson takes there: comments are allowed, of a key that is given twice the last value counts, NaN
and text after the value are refused. Numbers with a fraction are doubles, and written as Java's.
"""

import json
import math
import re
import struct
from collections.abc import Callable

from compat import json_text
from compat.avro.types import Json
from compat.json_text import DEPTH, DIGITS, ESCAPE, Document, depth, invalid, skip_space
from compat.schema import InvalidSchema

_STRING = r'"(?:[^"\\]|\\.)*+(?:"|\Z)'
_COMMENT = re.compile(rf"({_STRING})|//[^\n\r]*+|/\*.*?(?:\*/|\Z)", re.DOTALL)
_ODD = re.compile(rf"{_STRING}|((?<![\w.+-])(?:-?Infinity|NaN|-?[0-9][0-9.eE+-]{{{DIGITS},}}))", re.DOTALL)
_WORD = re.compile(r"[A-Za-z_][\w.]*")


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
        raise invalid(text, *_what_is_wrong(text, error)) from None
    except _OddToken:
        odd = next(match for match in _ODD.finditer(text) if match[1])
        raise invalid(text, _odd_sentence(odd[1]), odd.start()) from None
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


def _refuse_what_json_would_hide(text: str) -> None:
    if not text.strip(" \t\n\r"):
        raise InvalidSchema('the text is empty; a schema is JSON, such as "string" in double quotes')
    if text[0] == "\ufeff":
        raise invalid(text, "the text starts with a byte order mark, which JSON does not allow", 0)
    if depth(text) > DEPTH:
        raise InvalidSchema(f"the text is nested more than {DEPTH} levels deep")
    lone = _lone_surrogate(text)
    if lone >= 0:
        raise invalid(text, "half of a surrogate pair is no character, and cannot be stored as UTF-8", lone)


def _lone_surrogate(text: str) -> int:
    """Where half a surrogate pair stands alone, as a character or as an escape; -1 where there is none."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return error.start
    if "\\ud" not in text and "\\uD" not in text:
        return -1
    high = -1  # where a high half has just ended and its low half must start
    for match in ESCAPE.finditer(text):
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
        at = skip_space(text, at + 1)
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


# ------------------------------------------------------------------------------------------------ writing


def written(value: Json, *, sort: bool = False) -> str:
    """A JSON value as Jackson writes it, without white space; `sort` orders the keys of objects, at any depth."""
    return json_text.written(value, sort=sort, number=double)


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
