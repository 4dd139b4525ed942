"""Times of records as people and programs read them: Kafka has milliseconds, and some that no calendar has."""

from collections.abc import Callable
from datetime import UTC, datetime


def time_of(milliseconds: int, written: Callable[[datetime], str]) -> str:
    """What is `written` of the time, in UTC; or the number, where it is the time of no day."""
    try:
        return written(datetime.fromtimestamp(milliseconds / 1000, UTC))
    except (ValueError, OverflowError, OSError):
        return f"{milliseconds} ms after 1970"
