"""JSON as Jackson writes it to bytes, because Confluent's key bytes decide what compacts with what.

It differs from other writers in two places (`docs/decisions/jackson.md`): control characters are escaped in upper case,
and each character beyond the basic plane becomes an escaped surrogate pair.
"""

import re
from typing import Any

import msgspec

_encode = msgspec.json.Encoder().encode
_odd = re.compile(rb"\\u00[01]|[\xf0-\xf4]")
_escape_or_astral = re.compile(rb"\\(?:u00[0-9a-f]{2}|.)|[\xf0-\xf4][\x80-\xbf]{3}", re.DOTALL)


def jackson(value: Any) -> bytes:
    """`value` (what msgspec can encode) as compact JSON in Jackson's spelling, UTF-8."""
    encoded = _encode(value)
    return _escape_or_astral.sub(_as_jackson, encoded) if _odd.search(encoded) else encoded


def _as_jackson(match: re.Match[bytes]) -> bytes:
    found = match.group()
    if found[0] == ord("\\"):
        return b"\\u" + found[2:].upper() if len(found) == 6 else found
    high, low = divmod(ord(found.decode()) - 0x10000, 0x400)
    return b"\\u%04X\\u%04X" % (0xD800 + high, 0xDC00 + low)
