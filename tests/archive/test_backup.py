"""Our backup files: everything comes back, and a file that is not whole is refused."""

import gzip
import hashlib
import io
import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.archive import backup, files
from registry.archive.archive import Damaged
from registry.log.log import LogRecord
from tests.archive.recorded import NAMES, recorded
from tests.served import ROOT
from tests.state.explore import examples

PAGE = ROOT / "docs" / "backup.md"

contents = st.none() | st.binary(max_size=20) | st.text(max_size=20).map(lambda text: text.encode())
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
records = st.builds(
    LogRecord,
    st.integers(0, 2**63 - 1),
    contents,
    contents,
    st.integers(-1, 2**62),
    st.lists(st.tuples(names, contents), max_size=3).map(tuple),
)
SOME = [
    LogRecord(0, b'{"keytype":"NOOP"}', None, 1_000),
    LogRecord(7, b"\xff", b"", -1, (("h", b"\x00"), ("none", None), ("", "ü".encode()))),
    LogRecord(8, None, b"line\nend\r\n\x85", 2_000),
]


def filed(some: list[LogRecord], source: str = "a test") -> bytes:
    file = io.BytesIO()
    backup.pour(file, source, some)
    return file.getvalue()


def read(content: bytes) -> list[LogRecord]:
    return list(files.read_bytes(content, Path("file")).records)


@examples(100)
@given(st.lists(records, max_size=5))
def test_all_records_come_back(some: list[LogRecord]) -> None:
    """Keys, values, headers, times and offsets of any records are read as they were written; null and empty differ."""
    assert read(filed(some)) == some


@pytest.mark.parametrize("name", NAMES)
def test_topic_comes_back(name: str) -> None:
    """A file of any registry's log gives the log."""
    assert read(filed(recorded(name))) == recorded(name)


def test_file_of_the_page_is_one() -> None:
    """The file that docs/backup.md shows is read, and written again it has the same bytes."""
    [shown] = re.findall(r"^```jsonl\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    archive = files.read_bytes(shown.encode(), Path("file"))
    created = datetime.fromisoformat(json.loads(shown.splitlines()[0])["created"])
    file = io.BytesIO()
    writer = backup.Writer(file, archive.source, now=created)
    for record in archive.records:
        writer.add(record)
    writer.finish()
    assert file.getvalue().decode() == shown


@examples(80)
@given(st.data())
def test_altered_file_is_refused(data: st.DataObject) -> None:
    """A byte that is another one, missing or too many, anywhere, and a file that was cut off, are noticed."""
    whole = filed(SOME)
    at = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.binary(max_size=2).filter(lambda other: other != whole[at : at + 1]))
    for altered in (whole[:at] + other + whole[at + 1 :], whole[:at]):
        with pytest.raises(Damaged):
            read(altered)


def test_compressed_file_that_was_cut_off_is_refused() -> None:
    """As much as a compressed file as any other; an altered one, too."""
    whole = gzip.compress(filed(SOME))
    assert read(whole) == SOME
    for altered in (whole[:-9], whole[:40], whole[:50] + b"?" + whole[51:], whole[:2]):
        with pytest.raises(Damaged):
            read(altered)


def closed(*lines: str) -> bytes:
    """These lines, with a last one that is right."""
    body = "".join(f"{line}\n" for line in lines).encode()
    foot = {"records": len(lines) - 1, "sha256": hashlib.sha256(body).hexdigest()}
    return body + json.dumps(foot).encode() + b"\n"


HEAD = '{"format":"momus-backup","version":1,"created":"2026-01-01","source":"s"}'
UNREADABLE = (
    (closed(HEAD.replace(":1,", ":2,")), "its format has version 2, known here is 1: use a newer Momus"),
    (closed(HEAD, "[]"), "it is cut off or damaged: line 2 is no JSON object"),
    (closed(HEAD, "{}"), "line 2 is no record of this format"),
    (closed(HEAD, '{"offset":"x","timestamp":1,"key":"k","value":"v"}'), "line 2 is no record of this format"),
    (closed(HEAD, '{"offset":1,"timestamp":1,"key":1,"value":"v"}'), "line 2 is no record of this format"),
    (closed(HEAD, '{"offset":1,"timestamp":1,"key":{"base64":"?"},"value":""}'), "line 2 is no record of this format"),
    (
        closed(HEAD, '{"offset":1,"timestamp":1,"key":"k","value":"","headers":[1]}'),
        "line 2 is no record of this format",
    ),
    (closed(HEAD).replace(b'"records": 0', b'"records": 1'), "it has 0 records, and its last line tells of 1"),
    (HEAD.encode(), "it is cut off: its last line does not close it"),
    (HEAD.encode() + b"\n", "it is cut off: its last line does not close it"),
    (b"", "it is no backup by Momus, nor one by Karapace"),
    (b"PK\x03\x04", "it is no backup by Momus, nor one by Karapace"),
)


@pytest.mark.parametrize(("content", "reason"), UNREADABLE)
def test_reason_of_a_refusal_is_told(content: bytes, reason: str) -> None:
    """Who is refused reads why."""
    with pytest.raises(Damaged) as refused:
        read(content)
    assert str(refused.value) == reason


def test_file_is_there_only_when_it_is_whole(tmp_path: Path) -> None:
    """A backup that failed under way leaves nothing, and one that is there already stays."""

    def failing() -> Iterator[LogRecord]:
        yield SOME[0]
        raise ZeroDivisionError

    place = tmp_path / "backup.jsonl.gz"
    with pytest.raises(ZeroDivisionError):
        backup.write(place, "a test", failing())
    assert list(tmp_path.iterdir()) == []
    assert backup.write(place, "a test", SOME) == len(SOME)
    with pytest.raises(FileExistsError):
        backup.write(place, "a test", [])
    assert list(tmp_path.iterdir()) == [place]
    assert files.read(place).records == SOME
    assert gzip.decompress(place.read_bytes()).startswith(backup.MAGIC)
