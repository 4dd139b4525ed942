"""Places in a topic as people say them: an end of it, an offset, the last 10, a time, a while ago. No Kafka here."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Final, TypeAlias

SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
MOST: Final = 2**63 - 1
RIGHT: Final = "beginning, end, an offset, -N for the last N, a time as 2026-05-01T12:00, or a while ago as 15m, 2h, 7d"

_AGO: Final = re.compile(r"([0-9]{1,9})([smhdw])")
_NUMBER: Final = re.compile(r"-?[0-9]{1,18}")


class Edge(Enum):
    BEGINNING = "beginning"
    END = "end"


@dataclass(frozen=True, slots=True)
class Offset:
    """The same in each partition; below 0 it counts from the end."""

    number: int


@dataclass(frozen=True, slots=True)
class Time:
    """The first message that is not older; milliseconds since 1970."""

    milliseconds: int


Point: TypeAlias = Edge | Offset | Time


def point_of(text: str, now: datetime) -> Point:
    """Raises ValueError with what would be right. A time without a zone is UTC."""
    text = text.strip()
    if text in {edge.value for edge in Edge}:
        return Edge(text)
    if _NUMBER.fullmatch(text):
        return Offset(int(text))
    if ago := _AGO.fullmatch(text):
        return Time(max(0, _milliseconds(now) - int(ago[1]) * SECONDS[ago[2]] * 1000))
    try:
        time = datetime.fromisoformat(text)
        return Time(max(0, _milliseconds(time if time.tzinfo else time.replace(tzinfo=UTC))))
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is no place in a topic: it must be {RIGHT}") from None


def _milliseconds(time: datetime) -> int:
    return round(time.timestamp() * 1000)


@dataclass(frozen=True, slots=True)
class Stretch:
    """What of a topic is to be read. `sample` bounds how many offsets of each partition are, spread over all of it."""

    begin: Point = Edge.BEGINNING
    end: Point = Edge.END
    partitions: tuple[int, ...] = ()  # none are all
    follow: bool = False
    sample: int | None = None


def windows(begin: int, end: int, sample: int | None) -> list[range]:
    """Ranges of offsets with about `sample` in all: the first begins at the beginning, the last ends at the end.

    Ten at least, for a sample of ten or more, and of 100 offsets at most.
    """
    if begin >= end:
        return []
    if sample is None or end - begin <= sample:
        return [range(begin, end)]
    width = max(1, min(100, sample // 10))
    count = -(-sample // width)
    if count == 1:
        return [range(end - sample, end)]
    found, passed = [], begin
    for index in range(count):
        start = max(passed, begin + (end - begin - width) * index // (count - 1))
        passed = min(end, start + min(width, sample - width * index))
        found.append(range(start, end if index == count - 1 else passed))
    return found
