"""The clock that a log stamps its records with. Nothing is decided by it."""

import time


def milliseconds() -> int:
    """Since 1970."""
    return time.time_ns() // 1_000_000
