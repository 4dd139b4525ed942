"""The logs in `topics/`, each as a registry wrote it: a line is key, value and header, with tabs between; - is null.

`@7` says that the next record has offset 7: what was before it has been compacted.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from registry.doctor import Diagnosis
from registry.log.log import Headers, LogRecord
from registry.state.records import epoch_of, read
from registry.state.state import State

FOLDER = Path(__file__).parent / "topics"
NAMES = ("confluent", "karapace", "redpanda", "cluster")
FIRST_TIME = 1_767_225_600_000


def recorded(name: str) -> list[LogRecord]:
    return list(_records((FOLDER / f"{name}.txt").read_bytes().splitlines()))


def _records(lines: Iterable[bytes]) -> Iterator[LogRecord]:
    offset = 0
    for line in lines:
        if line.startswith(b"@"):
            offset = int(line[1:])
        elif not line.startswith(b"#"):
            key, value, *headers = (None if cell == b"-" else cell for cell in line.split(b"\t"))
            yield LogRecord(offset, key, value, FIRST_TIME + offset, tuple(_header(each) for each in headers if each))
            offset += 1


def _header(cell: bytes) -> tuple[str, bytes]:
    name, _, value = cell.partition(b"=")
    return name.decode(), value


def as_it_is(records: Iterable[LogRecord], *, sequenced: bool = False) -> State:
    """What the log says to those who know what is void in it: by epochs, and `sequenced` by Redpanda's offsets."""
    state = State()
    for each in records:
        record = read(each.key, each.value, each.offset, each.timestamp, sequenced=sequenced)
        state.apply(record, epoch_of(each.headers))
    return state


def mended(records: list[LogRecord], diagnosis: Diagnosis) -> list[LogRecord]:
    """The log with the records that mend it."""
    end = records[-1].offset + 1 if records else 0
    return records + [
        LogRecord(offset, mend.key, mend.value, 9_000 if mend.timestamp is None else mend.timestamp)
        for offset, mend in enumerate(diagnosis.mends, end)
    ]


def contents(records: Iterable[LogRecord]) -> list[tuple[bytes | None, bytes | None, Headers, int]]:
    """All of them but their offsets, which every log gives anew."""
    return [(record.key, record.value, record.headers, record.timestamp) for record in records]
