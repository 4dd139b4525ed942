"""The doctor: each trouble is found and told, what can be mended is, and nothing that a client could notice changes."""

import asyncio
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st

from momus.commands.doctor import command
from registry.doctor import Diagnosis, Trouble, diagnose
from registry.election.file_lock import FileLock
from registry.log.embedded import EmbeddedLog
from registry.log.log import Entry, LogRecord
from registry.names import subject_of
from registry.state import queries
from registry.state.records import SchemaRecord
from registry.state.state import State
from tests.state.answers import answers
from tests.state.explore import examples
from tests.state.known import compacted, folded
from tests.state.strange import STRANGE_RECORDS, foreign
from tests.state.vendors import R0, R1, R2, R3, C, K, Pair, context_of, ours

A, B = '"string"', '"int"'
S1 = C.version("s", 1, 1, A)
TO_T = [{"name": "n", "subject": "t", "version": 1}]


def log_of(pairs: Iterable[Pair]) -> list[LogRecord]:
    return [LogRecord(offset, key, value, 1_000 + offset) for offset, (key, value) in enumerate(pairs)]


def mended(log: list[LogRecord], diagnosis: Diagnosis) -> list[LogRecord]:
    """The log with the records that mend it."""
    end = len(log)
    return log + [
        LogRecord(offset, mend.key, mend.value, 9_000 if mend.timestamp is None else mend.timestamp)
        for offset, mend in enumerate(diagnosis.mends, end)
    ]


def told(state: State, *, of: Iterable[State] = ()) -> Any:
    """All answers, without where in the log and under which spelling a record stands."""
    shown = _without_place(answers(state, of=of))
    del shown["format"]
    return shown


def _without_place(value: Any) -> Any:
    match value:
        case SchemaRecord():
            return msgspec.structs.replace(value, offset=0, key=b"")
        case dict():
            return {name: _without_place(member) for name, member in value.items()}
        case list() | tuple():
            return [_without_place(member) for member in value]
        case _:
            return value


def found(*pairs: Pair) -> list[tuple[str, str, tuple[int, ...]]]:
    return [(each.trouble.name, each.sentence, each.offsets) for each in diagnose(log_of(pairs)).findings]


SOUND: tuple[tuple[Pair, ...], ...] = (
    (),
    (
        S1,
        C.version("s", 2, 2, B, references=TO_T),
        C.version("t", 1, 1, A),
        C.config("s", "FULL"),
        C.mode(None, "IMPORT"),
    ),
    (S1, C.deleted("s", 1), C.version("s", 2, 1, A)),
    (context_of(".c"), C.version(":.c:s", 1, 1, A), C.no_config("s")),
    (S1, ours("format", format=1), ours("highest-id..", highest=1), C.no_version("s", 1)),
    ((b'{"keytype":"NOOP","magic":0}', None), (b'{"keytype":"CLEAR_SUBJECT","magic":0}', b"{}")),
    ((S1[0], b"damaged"), S1),
)


@pytest.mark.parametrize("pairs", SOUND)
def test_a_sound_log_is_called_sound(pairs: tuple[Pair, ...]) -> None:
    """What Confluent and Momus write has nothing wrong with it."""
    diagnosis = diagnose(log_of(pairs))
    assert (diagnosis.findings, diagnosis.mends, diagnosis.is_sound) == ((), (), True)


FOUND: tuple[tuple[tuple[Pair, ...], str, str, tuple[int, ...]], ...] = (
    (
        (S1, ours("format", format=7)),
        "NEWER_FORMAT",
        "The log was written by a newer Momus: its own records have format 7, known here is 1.",
        (),
    ),
    (
        (S1, (None, b"{}"), (None, None)),
        "UNREADABLE",
        "2 records cannot be read: the key is null.",
        (1, 2),
    ),
    (
        (S1, (b'{"keytype":"NEW"}', b"{}")),
        "UNREADABLE",
        "1 record cannot be read: the keytype 'NEW' is unknown.",
        (1,),
    ),
    (
        (S1, C.version("t", 1, 1, B)),
        "ID_CONFLICT",
        "Id 1 of context . was given to two schemas: it means that of version 1 of s, version 1 of t has another one.",
        (0, 1),
    ),
    (
        (C.version(":.c:s", 3, 1, A, references=TO_T),),
        "LOST_REFERENCE",
        "version 3 of :.c:s refers to version 1 of :.c:t, which is not there.",
        (0,),
    ),
    (
        (C.version("s", 3, 1, A, references=TO_T), C.deleted("s", 3)),
        "LOST_REFERENCE_OF_DELETED",
        "version 3 of s, which is deleted, refers to version 1 of t, which is not there.",
        (0,),
    ),
    (
        (C.config("s", "FULL"), R1.no_config("s")),
        "COMES_BACK",
        "1 record was deleted in another spelling only: after a compaction that drops the deletion, it is there again.",
        (0,),
    ),
    (
        (K.version("s", 1, 1, A), R1.config("s", "FULL"), C.config("s", "FULL")),
        "KEY_SPELLED_OTHERWISE",
        "2 keys are in another spelling than Confluent's, as Karapace and Redpanda write them.",
        (0, 1),
    ),
    (
        (C.config("s", "FULL"), (C.config("s", "FULL")[0], b"")),
        "EMPTY_VALUE",
        "1 key was deleted by an empty value instead of none, as Karapace writes them.",
        (1,),
    ),
    (
        ((C.config("s", "FULL")[0], b"null"), (C.mode("s", "IMPORT")[0], b"")),
        "EMPTY_VALUE",
        "2 keys were deleted by an empty value instead of none, as Karapace writes them.",
        (0, 1),
    ),
    (
        ((S1[0], C.version("t", 4, 1, A)[1]),),
        "VALUE_OF_ANOTHER_KEY",
        "The value at offset 0 is about version 4 of t, its key about version 1 of s.",
        (0,),
    ),
    (
        ((C.config("s", "FULL")[0], b'{"subject":"t"}'),),
        "VALUE_OF_ANOTHER_KEY",
        "The value at offset 0 is about t, its key about s.",
        (0,),
    ),
    (
        (S1, C.version("t", 1, 9, A)),
        "TWO_IDS",
        "One schema of context . has the ids 1, 9.",
        (),
    ),
    (
        (S1, C.version("t", 1, 9, B), C.no_version("t", 1)),
        "FORGETFUL",
        "Ids up to 9 were issued in context ., but after a compaction the log knows of 1 only.",
        (),
    ),
    (
        (S1, ours("format", format=1), ours("highest-id..", highest=1), C.deleted("s", 1), C.no_version("s", 1)),
        "DELETION_LEFT",
        "1 deletion is left of subjects that have no version any more.",
        (3,),
    ),
)


@pytest.mark.parametrize(("pairs", "name", "sentence", "offsets"), FOUND, ids=[row[1] for row in FOUND])
def test_trouble_is_found(pairs: tuple[Pair, ...], name: str, sentence: str, offsets: tuple[int, ...]) -> None:
    """Each trouble is told in a sentence, with the offsets of its records, and nothing else is."""
    assert found(*pairs) == [(name, sentence, offsets)]


def test_every_trouble_is_found_once_here() -> None:
    """No row of the table of troubles is without a log that has it."""
    assert {name for _, name, _, _ in FOUND} | {"VOID"} == {trouble.name for trouble in Trouble}


def test_only_an_error_makes_a_log_unsound() -> None:
    """Warnings and notes are told, but the log is sound with them."""
    for pairs, name, _, _ in FOUND:
        assert diagnose(log_of(pairs)).is_sound is (Trouble[name].severity != "error")


def test_records_are_counted_by_kind() -> None:
    """The counts say what is in the log, deletions apart."""
    diagnosis = diagnose(
        log_of(
            [S1, K.version("s", 1, 1, A), C.no_version("s", 1), C.config("s", "FULL"), K.no_config("s"), (b"?", b"")]
        )
    )
    assert diagnosis.records == 6
    assert diagnosis.kinds == {"CONFIG": 1, "CONFIG deleted": 1, "SCHEMA": 2, "SCHEMA deleted": 1, "unreadable": 1}


def values(log: list[LogRecord]) -> list[tuple[str, str | None]]:
    """What a compaction leaves, as text."""
    return [
        (record.key.decode() if record.key else "", record.value.decode() if record.value is not None else None)
        for record in compacted(log)
    ]


def test_karapaces_keys_become_confluents() -> None:
    """A value under another spelling is written under Confluent's key with its own bytes and time; the other goes."""
    pair = K.version("s", 1, 1, A, owner={"b": 1.0})
    log = log_of([pair])
    diagnosis = diagnose(log)
    assert [tuple(mend) for mend in diagnosis.mends] == [(pair[0], None, None), (S1[0], pair[1], 1_000)]
    assert values(mended(log, diagnosis)) == [(S1[0].decode() if S1[0] else "", pair[1].decode() if pair[1] else "")]


def test_a_deletion_of_karapaces_becomes_one() -> None:
    """Where a version was deleted by an empty value under another spelling, nothing of it is left."""
    log = log_of([S1, K.version("s", 1, 1, A, deleted=True), K.no_version("s", 1)])
    diagnosis = diagnose(log)
    assert [finding.trouble.name for finding in diagnosis.findings] == ["COMES_BACK", "EMPTY_VALUE", "FORGETFUL"]
    assert values(mended(log, diagnosis)) == [
        ('{"keytype":"NOOP","subject":"momus.format","magic":0}', '{"format":1}'),
        ('{"keytype":"NOOP","subject":"momus.highest-id..","magic":0}', '{"highest":1}'),
    ]


def test_what_came_back_after_an_empty_value_stays() -> None:
    """An empty value that something was written after is replaced by none, and what was written is still there."""
    log = log_of([K.version("s", 1, 1, A), K.no_version("s", 1), C.version("s", 1, 2, B)])
    after = mended(log, diagnose(log))
    for state in (folded(after), folded(compacted(after))):
        assert [record.id for record in queries.versions(state, subject_of("s"))] == [2]


def test_a_deletion_by_redpanda_is_told_by_the_versions() -> None:
    """A mended deletion of a subject deletes what it deleted, and not what was registered after it."""
    log = log_of([R0.version("s", 1, 1, A), R1.version("s", 2, 2, B), R2.deleted("s", None), R3.version("s", 3, 1, A)])
    after = mended(log, diagnose(log))
    for state in (folded(after), folded(compacted(after))):
        versions = queries.versions(state, subject_of("s"), deleted=True)
        assert [(record.version, record.deleted) for record in versions] == [(1, True), (2, True), (3, False)]
    assert all('"seq"' not in key and "DELETE_SUBJECT" not in key for key, _ in values(after))


def test_an_id_in_conflict_is_left_alone() -> None:
    """What an id means hangs on the order of the records: the doctor tells of it and moves none of them."""
    log = log_of([K.version("s", 1, 1, A), K.version("t", 1, 1, B), K.version("u", 1, 2, B)])
    diagnosis = diagnose(log)
    assert {mend.key for mend in diagnosis.mends} == {K.version("u", 1, 2, B)[0], C.version("u", 1, 2, B)[0]}
    state = folded(mended(log, diagnosis))
    assert queries.schema(state, ".", 1) == queries.schema(folded(log), ".", 1)


def test_a_log_of_a_newer_format_is_not_mended() -> None:
    """Nothing is offered for a log that this program does not understand."""
    assert diagnose(log_of([K.version("s", 1, 1, A), ours("format", format=2)])).mends == ()


def test_what_cannot_be_read_is_not_mended() -> None:
    """A key whose last record is damaged stays as it is, with all its spellings."""
    log = log_of([K.version("s", 1, 1, A), (S1[0], b"damaged")])
    assert diagnose(log).mends == ()


def test_a_high_mark_in_another_spelling_is_not_lowered() -> None:
    """Whatever marks there are, the highest id that was ever issued is remembered after mending."""
    log = log_of(
        [(b'{"keytype":"NOOP","subject":"momus.highest-id.."}', b'{"highest":41}'), ours("highest-id..", highest=7)]
    )
    after = compacted(mended(log, diagnose(log)))
    assert queries.highest_id(folded(after), ".") == 41


@examples(150)
@example([C.version("s", 1, 1, A), C.deleted("s", 9), C.no_version("s", 1), K.version("s", 1, 1, A)])
@given(st.lists(foreign(conflicts=False), max_size=12))
def test_mending_changes_no_answer_and_compaction_none_after_it(pairs: list[Pair]) -> None:
    """The mended log answers as it did, compacted or not, and has nothing left to mend."""
    log = log_of(pairs)
    before = folded(log)
    after = mended(log, diagnose(log))
    assert told(folded(after), of=[before]) == told(before)
    left = compacted(after)
    assert told(folded(left), of=[before]) == told(before, of=[folded(left)])
    again = diagnose(left)
    assert again.mends == ()
    cured = {"COMES_BACK", "KEY_SPELLED_OTHERWISE", "EMPTY_VALUE", "FORGETFUL"}
    assert cured.isdisjoint(finding.trouble.name for finding in again.findings)


@examples(100)
@given(st.lists(foreign(conflicts=True), max_size=12))
def test_mending_changes_no_answer_where_ids_are_in_conflict(pairs: list[Pair]) -> None:
    """Also the log of a registry that gave out ids twice answers as it did."""
    log = log_of(pairs)
    before = folded(log)
    assert told(folded(mended(log, diagnose(log))), of=[before]) == told(before)


@examples(100)
@given(st.lists(STRANGE_RECORDS, max_size=8))
def test_any_bytes_can_be_diagnosed(pairs: list[Pair]) -> None:
    """The doctor fails at nothing, and what it would write can be read."""
    log = log_of(pairs)
    diagnosis = diagnose(log)
    assert diagnosis.records == sum(diagnosis.kinds.values()) == len(pairs)
    assert not [mend for mend in diagnosis.mends if mend.value == b""]
    if not folded(log).conflicts:
        assert dict(folded(mended(log, diagnosis)).highest.items()) == dict(folded(log).highest.items())


# The command


def embedded(folder: Path, *pairs: Pair) -> None:
    async def append() -> None:
        log = EmbeddedLog(folder)
        await log.open()
        await log.append([Entry(key, value) for key, value in pairs])
        await log.close()

    asyncio.run(append())


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(command, arguments)
    return result.exit_code, result.output


def test_a_sound_folder_is_told_so(tmp_path: Path) -> None:
    """Without a finding the command counts the records, says that nothing is wrong, and ends with 0."""
    embedded(tmp_path, S1, C.config("s", "FULL"))
    code, output = run(str(tmp_path))
    assert code == 0
    assert re.search(r"2 records\n +1  CONFIG\n +1  SCHEMA\n\nNothing is wrong with it\.", output)


def test_an_error_is_told_with_what_to_do(tmp_path: Path) -> None:
    """With an error the command ends with 1; each finding has its sentence, its offsets and its advice."""
    embedded(tmp_path, S1, C.version("t", 1, 1, B), K.config("s", "FULL"))
    code, output = run(str(tmp_path))
    assert code == 1
    assert "error: Id 1 of context . was given to two schemas" in output
    assert "(offset 0, 1)\n  Messages of version 1 of t are decoded with the schema of version 1 of s." in output
    assert "warning: 1 key is in another spelling than Confluent's" in output
    assert "2 records would mend what can be mended: --mend writes them." in output


def test_findings_are_json_when_asked(tmp_path: Path) -> None:
    """`--json` is one object with all that the text says."""
    embedded(tmp_path, K.config("s", "FULL"))
    code, output = run(str(tmp_path), "--json")
    told = json.loads(output)
    assert code == 0
    assert (told["records"], told["kinds"], told["mends"]) == (1, {"CONFIG": 1}, 2)
    (finding,) = told["findings"]
    assert (finding["severity"], finding["name"], finding["offsets"]) == ("warning", "KEY_SPELLED_OTHERWISE", [0])
    assert finding["sentence"].startswith("1 key is in another spelling")
    assert finding["advice"]


def test_a_folder_is_mended_and_then_sound(tmp_path: Path) -> None:
    """`--mend` writes what mends, and a second look finds nothing."""
    embedded(tmp_path, K.config("s", "FULL"), S1, K.no_version("s", 1))
    code, output = run(str(tmp_path), "--mend")
    assert code == 0
    assert "6 records were written to mend the log" in output
    assert "Nothing is wrong with it." in output
    assert json.loads(run(str(tmp_path), "--mend", "--json")[1])["written"] == 0


def test_nothing_is_mended_beside_a_server(tmp_path: Path) -> None:
    """While a server has the folder it can be looked at, but not mended."""
    embedded(tmp_path, K.config("s", "FULL"))
    lock = FileLock(tmp_path)
    asyncio.run(lock.open())
    assert run(str(tmp_path))[0] == 0
    code, output = run(str(tmp_path), "--mend")
    assert code == 1
    assert "nothing was mended: the data folder" in output
    assert "1 key is in another spelling" in run(str(tmp_path))[1]
    asyncio.run(lock.close())


def test_a_folder_without_a_log_is_refused(tmp_path: Path) -> None:
    """Looking makes nothing: a folder without a log stays without."""
    code, output = run(str(tmp_path / "nothing"))
    assert code == 1
    assert "cannot be read" in output
    assert list(tmp_path.iterdir()) == []
