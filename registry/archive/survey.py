"""What the records of a log look like from outside: how keys are spelled, how deletions, how large, how old.

What they mean is the doctor's business; here a key is JSON at most.
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from registry.log.log import LogRecord

LAYOUTS = {  # by the names of a key's members, in their order
    ("keytype", "subject", "version", "magic"): "Confluent's order",
    ("keytype", "subject", "magic"): "Confluent's order",
    ("keytype", "magic"): "Confluent's order",
    ("keytype", "tenant", "context", "magic"): "Confluent's order",
    ("subject", "version", "magic", "keytype"): "Karapace's old order",
    ("subject", "magic", "keytype"): "Karapace's old order",
}
ASSOCIATION = ("keytype", "tenant", "resourceName")  # as which the key of an association begins
NO_VALUE = {b"": "empty", b"null": "the word null"}


@dataclass(slots=True)
class Survey:
    """Counts, by what people call it; sizes in bytes of keys and values; times in milliseconds since 1970."""

    records: int = 0
    bytes: int = 0
    offsets: tuple[int, int] | None = None  # the first and the last
    times: tuple[int, int] | None = None  # the earliest and the latest
    keys: Counter[str] = field(default_factory=Counter)
    deletions: Counter[str] = field(default_factory=Counter)
    headers: Counter[str] = field(default_factory=Counter)
    subjects: Counter[str] = field(default_factory=Counter)  # their bytes
    sequenced: int = 0  # keys with the offset that Redpanda expected
    misplaced: int = 0  # of these, with a value and at another offset

    def add(self, record: LogRecord) -> None:
        size = len(record.key or b"") + len(record.value or b"")
        self.records += 1
        self.bytes += size
        self.offsets = (self.offsets[0] if self.offsets else record.offset, record.offset)
        if record.timestamp >= 0:
            earliest, latest = self.times or (record.timestamp, record.timestamp)
            self.times = (min(earliest, record.timestamp), max(latest, record.timestamp))
        if record.value is None:
            self.deletions["none"] += 1
        elif record.value in NO_VALUE:
            self.deletions[NO_VALUE[record.value]] += 1
        self.headers.update({name for name, _ in record.headers})
        self._key(record, size)

    def _key(self, record: LogRecord, size: int) -> None:
        named = members_of(record.key)
        self.keys[_layout(record.key, named)] += 1
        if named is None:
            return
        if isinstance(subject := named.get("subject"), str):
            self.subjects[subject] += size
        if "seq" in named:
            self.sequenced += 1
            self.misplaced += bool(record.value) and named["seq"] != record.offset


def survey(records: Iterable[LogRecord]) -> Survey:
    told = Survey()
    for record in records:
        told.add(record)
    return told


def is_of_schemas(records: Iterable[LogRecord]) -> bool:
    """Does any key say what kind of record it is, as those of a schema topic do?"""
    return any("keytype" in (members_of(record.key) or {}) for record in records)


def members_of(key: bytes | None) -> dict[str, Any] | None:
    try:
        members = json.loads(key or b"")
    except (ValueError, RecursionError):
        return None
    return members if isinstance(members, dict) else None


def _layout(key: bytes | None, members: dict[str, Any] | None) -> str:
    if key is None:
        return "none"
    if members is None:
        return "no JSON object"
    names = tuple(members)
    if names[-2:] == ("seq", "node"):
        return "Redpanda's, with an offset"
    return "Confluent's order" if names[:3] == ASSOCIATION else LAYOUTS.get(names, "another order")
