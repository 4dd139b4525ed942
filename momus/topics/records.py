"""What stands in a topic."""

from collections.abc import Sequence
from typing import NamedTuple


class Record(NamedTuple):
    partition: int
    offset: int
    timestamp: int  # milliseconds; -1 where there is none
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]] = ()
