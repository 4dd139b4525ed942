"""Logical types as people read and write them: text for dates, times, decimals, UUIDs and durations.

`shown` gives the text; where there is none (a year beyond 9999, a time after midnight) the number stays, and `read`
takes the number too. So whatever is shown can be read back.
"""

import re
import struct
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from compat.avro.codec import Datum, decode, encode
from compat.avro.logical import DIGITS, Logical, decimal_value
from compat.avro.types import Field, Fixed, Name, Primitive, Record
from compat.faults import CodecError

MOST_DIGITS: Final = 4000  # of a decimal, as text and bytes turned into each other cost their square
MOST_BYTES: Final = MOST_DIGITS * 10 // 24  # of one
PLAIN_SCALE: Final = 100  # digits after the point that are written out

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TICKS: Final[dict[str, int]] = {unit: 10**digits for unit, digits in DIGITS.items()}
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME: Final = r"([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:\.([0-9]{1,12}))?"
_TIME_ALONE: Final = re.compile(_TIME)
_TIMESTAMP: Final = re.compile(rf"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})[Tt ]{_TIME}([Zz]|[+-][0-9]{{2}}:?[0-9]{{2}})?")
_DECIMAL: Final = re.compile(r"([+-]?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,9}))?")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DURATION: Final = re.compile(
    r"P(?:([0-9]{1,10})Y)?(?:([0-9]{1,10})M)?(?:([0-9]{1,10})W)?(?:([0-9]{1,10})D)?"
    r"(?:T(?:([0-9]{1,10})H)?(?:([0-9]{1,10})M)?(?:([0-9]{1,10})(?:\.([0-9]{1,3}))?S)?)?"
)
_BIG_DECIMAL: Final = Record(
    Name("", "BigDecimal"),
    [Field("unscaled", Primitive("bytes"), 0), Field("scale", Primitive("int"), 1)],
)


def shown(type_: Primitive | Fixed, logical: Logical, datum: Datum) -> Any:
    """The text of a datum, or the datum."""
    match logical.name:
        case "decimal":
            number = _sized(datum, logical.scale)
            return format(number, "f") if logical.scale <= PLAIN_SCALE else str(number)
        case "big-decimal":
            return _shown_big_decimal(datum)
        case "uuid":
            return str(UUID(bytes=datum)) if isinstance(type_, Fixed) else datum
        case "duration":
            return _shown_duration(datum)
        case "date":
            return _instant(timedelta(days=datum) if abs(datum) < 10**7 else None, datum, lambda at: str(at.date()))
        case _:
            return _shown_time(logical, datum)


def read(type_: Primitive | Fixed, logical: Logical, value: Any) -> Datum:
    """The datum of a text; a number stays what it is, where the logical type is one. Raises CodecError."""
    if isinstance(type_, Primitive) and type_.kind in ("int", "long"):
        if not isinstance(value, str):
            return value
        return _read_date(value) if logical.name == "date" else _read_time(logical, value)
    if not isinstance(value, str):
        raise CodecError(f"{logical} is written as text")
    match logical.name:
        case "decimal":
            return _read_decimal(type_, logical, value)
        case "big-decimal":
            return _read_big_decimal(value)
        case "uuid":
            return _read_uuid(type_, value)
        case _:
            return _read_duration(value)


# ---------------------------------------------------------------- times


def _instant(since: timedelta | None, datum: int, text: Callable[[datetime], str]) -> Any:
    try:
        return datum if since is None else text(_EPOCH + since)
    except OverflowError:
        return datum


def _shown_time(logical: Logical, ticks: int) -> Any:
    kind, _, unit = logical.name.rpartition("-")
    digits = DIGITS[unit]
    seconds, part = divmod(ticks, _TICKS[unit])
    fraction = f".{part:0{digits}}"
    if kind == "time":
        if not 0 <= seconds < 86_400:
            return ticks
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{fraction}"
    zone = "Z" if kind == "timestamp" else ""
    since = timedelta(seconds=seconds) if abs(seconds) < 10**12 else None
    return _instant(since, ticks, lambda at: f"{at:%Y-%m-%dT%H:%M:%S}".rjust(19, "0") + fraction + zone)


def _read_date(text: str) -> int:
    try:
        if _DATE.fullmatch(text):
            return (date.fromisoformat(text) - _EPOCH.date()).days
    except ValueError:
        pass
    raise CodecError(f"{text[:60]!r} is no date, as 2026-01-31")


def _read_time(logical: Logical, text: str) -> int:
    kind, _, unit = logical.name.rpartition("-")
    return _read_clock(text, unit) if kind == "time" else _read_timestamp(logical, text, unit)


def _read_clock(text: str, unit: str) -> int:
    found = _TIME_ALONE.fullmatch(text)
    try:
        at = time.fromisoformat(found[1]) if found else None
    except ValueError:
        at = None
    if found is None or at is None:
        raise CodecError(f"{text[:60]!r} is no time of day, as 13:45:30.123")
    return _ticks(at.hour * 3600 + at.minute * 60 + at.second, found[2], unit)


def _read_timestamp(logical: Logical, text: str, unit: str) -> int:
    is_local = logical.name.startswith("local-")
    found = _TIMESTAMP.fullmatch(text)
    since = _since_epoch(found) if found is not None and (found[4] is None) is is_local else None
    if found is None or since is None:
        form = "local timestamp, as 2026-01-31T13:45:30.123" if is_local else "timestamp, as 2026-01-31T13:45:30.123Z"
        raise CodecError(f"{text[:60]!r} is no {form}")
    return _ticks(since.days * 86_400 + since.seconds, found[3], unit)


def _since_epoch(found: re.Match[str]) -> timedelta | None:
    zone = "+00:00" if found[4] is None or found[4] in "Zz" else found[4]
    try:
        return datetime.fromisoformat(f"{found[1]}T{found[2]}{zone}") - _EPOCH
    except ValueError:
        return None


def _ticks(seconds: int, fraction: str | None, unit: str) -> int:
    digits = DIGITS[unit]
    whole = (fraction or "").ljust(digits, "0")
    if whole[digits:].strip("0"):
        raise CodecError(f"it is finer than {unit}")
    return seconds * _TICKS[unit] + int(whole[:digits])


# ---------------------------------------------------------------- decimals


def _sized(data: bytes, scale: int) -> Decimal:
    if len(data) > MOST_BYTES:
        raise CodecError(f"a decimal of {len(data)} bytes has too many digits to be shown")
    return decimal_value(data, scale)


def _scaled(text: str, scale: int | None, most: int) -> tuple[int, int]:
    """A number's digits as a whole number, at a scale; at its own where none is given."""
    found = _DECIMAL.fullmatch(text) if len(text) <= 2 * MOST_DIGITS else None
    if found is None:
        raise CodecError(f"{text[:60]!r} is no decimal, as 12.34")
    sign, whole, fraction, exponent = found[1], found[2], found[3] or "", int(found[4] or 0)
    digits = f"{whole}{fraction}".lstrip("0")
    scale = len(fraction) - exponent if scale is None else scale
    shift = exponent - len(fraction) + scale
    if not digits:
        return 0, scale
    if shift < 0 and digits[shift:].strip("0"):
        raise CodecError(f"{text[:60]} has more than {scale} digits after the point")
    if len(digits) + shift > min(most, MOST_DIGITS):
        raise CodecError(f"{text[:60]} has more than {min(most, MOST_DIGITS)} digits, of which {scale} are decimals")
    unscaled = int(digits[:shift] or "0") if shift < 0 else int(digits + "0" * shift)
    return -unscaled if sign == "-" else unscaled, scale


def _complement(number: int) -> bytes:
    return number.to_bytes((number + (number < 0)).bit_length() // 8 + 1, "big", signed=True)


def _read_decimal(type_: Primitive | Fixed, logical: Logical, text: str) -> bytes:
    unscaled, _ = _scaled(text, logical.scale, logical.precision)
    return unscaled.to_bytes(type_.size, "big", signed=True) if isinstance(type_, Fixed) else _complement(unscaled)


def _read_big_decimal(text: str) -> bytes:
    unscaled, scale = _scaled(text, None, MOST_DIGITS)
    return encode(_BIG_DECIMAL, {"unscaled": _complement(unscaled), "scale": scale})


def _shown_big_decimal(data: bytes) -> str:
    found = decode(_BIG_DECIMAL, data)
    scale = found["scale"]
    number = _sized(found["unscaled"], scale)
    return format(number, "f") if 0 <= scale <= PLAIN_SCALE else str(number)


# ---------------------------------------------------------------- UUIDs and durations


def _read_uuid(type_: Primitive | Fixed, text: str) -> Datum:
    if not _UUID.fullmatch(text):
        raise CodecError(f"{text[:60]!r} is no UUID, as 01234567-89ab-cdef-0123-456789abcdef")
    return UUID(text).bytes if isinstance(type_, Fixed) else text


def _shown_duration(data: bytes) -> str:
    months, days, millis = struct.unpack("<III", data)
    return f"P{months}M{days}DT{millis // 1000}.{millis % 1000:03}S"


def _read_duration(text: str) -> bytes:
    found = _DURATION.fullmatch(text)
    if found is None or text[-1] in "PT":
        raise CodecError(f"{text[:60]!r} is no duration, as P1M2DT3.004S")
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[:7])
    millis = ((hours * 60 + minutes) * 60 + seconds) * 1000 + int((found[8] or "").ljust(3, "0"))
    parts = (12 * years + months, 7 * weeks + days, millis)
    if max(parts) >= 2**32:
        raise CodecError(f"{text[:60]!r} is too long for a duration: months, days and milliseconds are below 2^32")
    return struct.pack("<III", *parts)
