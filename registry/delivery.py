"""What became of an append, as the reader sees it: the one answer that counts."""

from collections.abc import Sequence

from registry.log.log import LogRecord
from registry.state.records import Write


class Undelivered(Exception):
    """The log does not give back what is in it: what was written last may be there or not."""


class Delivery:
    """The writes of an append, ticked off as the reader passes them in their order.

    Other writers' records may stand between them. A record that has the same bytes and is not ours makes the same true.
    """

    def __init__(self, writes: Sequence[Write], start: int) -> None:
        self.start = start  # nothing before it is ours
        self._writes = writes
        self._seen = 0

    @property
    def is_complete(self) -> bool:
        return self._seen == len(self._writes)

    def pass_(self, record: LogRecord) -> None:
        if not self.is_complete and record.offset >= self.start and record[1:3] == self._writes[self._seen]:
            self._seen += 1
