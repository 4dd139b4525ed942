"""`momus backup`, `restore` and `topic` on folders and files: what they do, say, and refuse."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from momus.__main__ import main
from momus.commands.places import EPILOG, NAMES
from registry.archive.moving import move
from registry.election.file_lock import FileLock
from registry.log.embedded import EmbeddedLog, records_of
from registry.log.log import LogRecord
from registry.settings import ROWS
from registry.state.records import EPOCH_HEADER
from tests.archive.recorded import NAMES as TOPICS
from tests.archive.recorded import contents, recorded
from tests.archive.test_karapace import v2, v3
from tests.served import served


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test has settings of its caller: neither variables nor a momus.toml."""
    monkeypatch.chdir(tmp_path)
    for row in ROWS.values():
        monkeypatch.delenv(row.variable, raising=False)


def momus(*arguments: str | Path, code: int = 0, **variables: str) -> Result:
    """What it printed; it ended with `code`, and without a traceback."""
    result = CliRunner().invoke(main, [str(each) for each in arguments], env=variables)
    assert result.exit_code == code, (result.output, result.exception)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def filled(folder: Path, records: list[LogRecord]) -> Path:
    async def fill() -> None:
        log = EmbeddedLog(folder)
        await log.open()
        await move(records, log)
        await log.close()

    asyncio.run(fill())
    return folder


def inside(folder: Path) -> list[LogRecord]:
    return list(records_of(folder / "log.sqlite"))


@pytest.mark.parametrize("name", TOPICS)
@pytest.mark.parametrize("file", ["backup.jsonl", "backup.jsonl.gz"])
def test_restored_log_is_the_one_that_was_backed_up(tmp_path: Path, name: str, file: str) -> None:
    """Byte for byte, with headers, times and order, whoever wrote it."""
    data = filled(tmp_path / "data", recorded(name))
    count = len(recorded(name))
    assert momus("backup", file, "--data", data).stderr == f"{count} records of the log in {data} are in {file}.\n"
    told = momus("restore", file, "--data", "restored")
    assert told.stdout == f"{count} records were written to the log in restored, and read back.\n"
    assert told.stderr.startswith(f"{file} is a backup by Momus, made 20")
    assert contents(inside(tmp_path / "restored")) == contents(recorded(name))


def test_backup_flows_through_a_pipe(tmp_path: Path) -> None:
    """With - as its name a backup is printed, and restored from what is put in."""
    data = filled(tmp_path / "data", recorded("confluent"))
    printed = momus("backup", "-", "--data", data).stdout_bytes
    restored = CliRunner().invoke(main, ["restore", "-", "--data", "restored"], input=printed)
    assert restored.exit_code == 0, restored.output
    assert contents(inside(tmp_path / "restored")) == contents(recorded("confluent"))


def test_log_of_a_running_server_is_read_and_not_written(tmp_path: Path) -> None:
    """Beside a server: a backup is made, a restore refused, and what was backed up starts as a registry."""
    with served(tmp_path) as server:
        server.ask("POST", "/subjects/orders/versions", {"schema": '"string"'})
        momus("backup", "backup.jsonl")
        momus("restore", "backup.jsonl", "--data", "momus-data", "--append", code=1)
        refused = momus("restore", "backup.jsonl", "--append", code=1).stderr
        assert "the log in momus-data was not filled: the data folder momus-data is in use by process" in refused
        assert "is in use by" in momus("topic", "doctor", "--apply", code=1).stderr
    other = tmp_path / "other"
    other.mkdir()
    momus("restore", "backup.jsonl", "--data", other / "momus-data")
    with served(other) as server:
        assert server.ask("GET", "/subjects") == (200, ["orders"])


def test_log_that_has_records_is_refused(tmp_path: Path) -> None:
    """A restore fills an empty log; --append writes behind what is there, --resume what is missing."""
    data = filled(tmp_path / "data", recorded("confluent"))
    momus("backup", "backup.jsonl", "--data", data)
    refused = momus("restore", "backup.jsonl", "--data", data, code=1).stderr
    assert "was not filled: it has 15 records already; --append writes behind them" in refused
    assert "0 records were written" in momus("restore", "backup.jsonl", "--data", data, "--resume").stdout
    filled(tmp_path / "part", recorded("confluent")[:7])
    assert "8 records were written" in momus("restore", "backup.jsonl", "--data", "part", "--resume").stdout
    assert contents(inside(tmp_path / "part")) == contents(recorded("confluent"))
    assert "15 records were written" in momus("restore", "backup.jsonl", "--data", data, "--append").stdout
    assert len(inside(data)) == 30
    other = filled(tmp_path / "other", recorded("karapace"))
    assert (
        "begin anew in a log that is empty"
        in momus("restore", "backup.jsonl", "--data", other, "--resume", code=1).stderr
    )
    momus("restore", "backup.jsonl", "--data", data, "--append", "--resume", code=2)


def test_claims_do_not_come_behind_other_records(tmp_path: Path) -> None:
    """Appended, records lose the epochs of primaries, and what these had made void; restored, they keep all."""
    data = filled(tmp_path / "data", recorded("cluster"))
    momus("backup", "backup.jsonl", "--data", data)
    filled(tmp_path / "other", recorded("confluent")[:1])
    assert "4 records are left out" in momus("restore", "backup.jsonl", "--data", "other", "--append").stderr
    [_, *appended] = inside(tmp_path / "other")
    kept = [recorded("cluster")[at] for at in (1, 5)]
    assert contents(appended) == [(record.key, record.value, (), record.timestamp) for record in kept]
    assert {name for record in kept for name, _ in record.headers} == {EPOCH_HEADER}


def test_damaged_backup_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    """A file that was cut off, and one that is none: one line, code 1, and no folder."""
    data = filled(tmp_path / "data", recorded("confluent"))
    momus("backup", "backup.jsonl", "--data", data)
    whole = (tmp_path / "backup.jsonl").read_bytes()
    (tmp_path / "cut").write_bytes(whole[:-20])
    (tmp_path / "none").write_bytes(b"SQLite format 3\x00")
    for file, reason in (
        ("cut", "cut cannot be used: it is cut off"),
        ("none", "none cannot be used: it is no backup by Momus, nor one by Karapace"),
        ("missing", "missing cannot be used: missing: No such file or directory"),
    ):
        for more in ([], ["--check"]):
            [line] = momus("restore", file, "--data", "new", *more, code=1).stderr.splitlines()
            assert line.startswith(f"momus: {reason}")
    assert not (tmp_path / "new").exists()
    assert "15 records" in momus("restore", "backup.jsonl", "--data", "new", "--check").stderr
    assert not (tmp_path / "new").exists()


def test_backup_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    """No log, a file that is there already, no folder to write to: a line each, and nothing is left."""
    data = filled(tmp_path / "data", recorded("confluent"))
    (tmp_path / "there").write_text("mine")
    for arguments, reason in (
        (["new", "--data", "nothing"], "there is no backup of the log in nothing: nothing/log.sqlite cannot be read"),
        (["there", "--data", data], f"there is no backup of the log in {data}: there is there already"),
        (["no/new", "--data", data], "No such file or directory"),
    ):
        [line] = momus("backup", *arguments, code=1).stderr.splitlines()
        assert line.startswith("momus: ")
        assert reason in line
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "there"]
    assert (tmp_path / "there").read_text() == "mine"


def karapaces_v2(folder: Path, records: list[LogRecord]) -> Path:
    folder.write_bytes(v2(records))
    return folder


@pytest.mark.parametrize("written", [karapaces_v2, v3])
@pytest.mark.parametrize(
    ("flags", "told", "empty"),
    [
        ([], "2 empty values become deletions (--keep-empty keeps them).", 0),
        (["--keep-empty"], "2 empty values stay empty (--empty-as-null deletes).", 2),
    ],
)
def test_backup_by_karapace_is_restored(
    tmp_path: Path, written: Callable[..., Path], flags: list[str], told: str, empty: int
) -> None:
    """Its empty values become deletions, as they were meant, unless they shall stay; it is said either way."""
    file = written(tmp_path / "theirs", recorded("karapace"))
    assert told in momus("restore", file, "--data", "restored", *flags).stderr
    restored = inside(tmp_path / "restored")
    assert [record.key for record in restored] == [record.key for record in recorded("karapace")]
    values = [record.value for record in restored]
    assert (values.count(b""), values.count(None)) == (empty, 2 - empty)


def test_empty_values_of_other_records_stay(tmp_path: Path) -> None:
    """In a backup that is not of schemas, and in one of ours, an empty value stays what it is until it is asked for."""
    karapaces_v2(tmp_path / "theirs", [LogRecord(0, b"k", b"", 0)])
    assert "1 empty values stay empty" in momus("restore", "theirs", "--data", "a").stderr
    assert inside(tmp_path / "a")[0].value == b""
    momus("backup", "ours", "--data", filled(tmp_path / "b", recorded("karapace")))
    assert "empty values" not in momus("restore", "ours", "--data", "c").stderr
    assert "2 empty values become" in momus("restore", "ours", "--data", "d", "--empty-as-null").stderr
    assert None in [record.value for record in inside(tmp_path / "d")]


def test_what_redpanda_wrote_in_vain_is_left_behind(tmp_path: Path) -> None:
    """A backup keeps the offsets by which it is known, and a restore leaves it out when asked."""
    data = filled(tmp_path / "data", recorded("redpanda"))
    momus("backup", "backup.jsonl", "--data", data)
    assert "2 records are left out" in momus("restore", "backup.jsonl", "--data", "new", "--sequenced").stderr
    kept = [record for record in recorded("redpanda") if record.offset not in {2, 5}]
    assert contents(inside(tmp_path / "new")) == contents(kept)


def test_record_without_a_key_is_left_out_when_asked(tmp_path: Path) -> None:
    """A log of ours takes it; --skip-keyless leaves it behind, and says so."""
    data = filled(tmp_path / "data", [LogRecord(0, None, b"v", 1), *recorded("confluent")])
    momus("backup", "backup.jsonl", "--data", data)
    assert "16 records were" in momus("restore", "backup.jsonl", "--data", "a").stdout
    told = momus("restore", "backup.jsonl", "--data", "b", "--skip-keyless")
    assert "1 records are left out: they have no key." in told.stderr
    assert "15 records were" in told.stdout


# ---------------------------------------------------------------- momus topic


def test_log_is_inspected(tmp_path: Path) -> None:
    """Kinds, spellings, deletions, headers, marks, subjects and findings are shown, of a log and of its backup."""
    data = filled(tmp_path / "data", recorded("karapace"))
    momus("backup", "backup.jsonl", "--data", data)
    of_log, of_file = momus("topic", "inspect", "--data", data).stdout, momus("topic", "inspect", "backup.jsonl").stdout
    assert of_log.partition("\n")[2] == of_file.partition("\n")[2]
    assert [line for line in SHOWN if line not in of_log.splitlines()] == []
    assert "warning: 2 keys were deleted by an empty value instead of none" in of_log


SHOWN = """\
offsets 0 to 10
written 2026-01-01 00:00:00+00:00 to 2026-01-01 00:00:00+00:00
          1  CONTEXT
          1  DELETE_SUBJECT
          1  SCHEMA deleted
          7  Karapace's old order
          4  Confluent's order
          1  things have keys in several spellings
          2  empty
         10  X-Registry-Version
  .: 4, 4, none""".splitlines()


def test_inspection_is_json_when_asked(tmp_path: Path) -> None:
    """`--json` is one object with all that the text says, and all subjects."""
    data = filled(tmp_path / "data", recorded("redpanda"))
    told = json.loads(momus("topic", "inspect", "--data", data, "--json").stdout)
    assert (told["records"], told["sequenced"], told["misplaced"]) == (10, 10, 2)
    assert told["ids"] == [{"context": ".", "issued": 4, "held": 3, "told": 0}]
    assert list(told["subjects"]) == ["gone", "pages", "orders", "clicks"]
    assert [finding["name"] for finding in told["findings"]] == ["KEY_SPELLED_OTHERWISE", "FORGETFUL"]
    text = momus("topic", "inspect", "--data", data).stdout
    assert "2 of 10 records by Redpanda are not at the offset in their key." in text
    assert "look again with --sequenced" in text
    text = momus("topic", "inspect", "--data", data, "--sequenced").stdout
    assert "warning: 2 records were written in vain" in text
    assert "look again" not in text


def test_empty_log_is_inspected(tmp_path: Path) -> None:
    """A log without a record is one, too."""
    filled(tmp_path / "data", [])
    assert momus("topic", "inspect", "--data", "data").stdout == (
        "the log in data: 0 records, 0 bytes of keys and values\n\nNothing is wrong with it.\n"
    )


@pytest.mark.parametrize("name", TOPICS)
@pytest.mark.parametrize("sequenced", [[], ["--sequenced"]])
def test_doctor_writes_what_it_planned_and_no_more(tmp_path: Path, name: str, sequenced: list[str]) -> None:
    """A plan writes nothing; applied, it is in the log; a second plan is empty."""
    data = filled(tmp_path / "data", recorded(name))
    arguments = ["topic", "doctor", "--data", str(data), "--json", *sequenced]
    code = 1 if name == "karapace" else 0
    plan = json.loads(momus(*arguments, "--plan", code=code).stdout)["plan"]
    assert plan
    assert inside(data) == inside(filled(tmp_path / "same", recorded(name)))
    assert json.loads(momus(*arguments, "--apply").stdout)["written"] == len(plan)
    added = inside(data)[len(recorded(name)) :]
    assert [{"key": (each.key or b"").decode(), "value": each.value and each.value.decode()} for each in added] == plan
    again = json.loads(momus(*arguments).stdout)
    assert (again["plan"], again["written"]) == ([], 0)


def test_plan_is_shown_in_words(tmp_path: Path) -> None:
    """A plan says what would be deleted and what written, of a log and of a backup; a backup is never changed."""
    data = filled(tmp_path / "data", recorded("karapace"))
    momus("backup", "backup.jsonl", "--data", data)
    told = momus("topic", "doctor", "--data", data, code=1).stdout
    assert "records would mend what can be mended: --apply writes them." in told
    assert '\n  delete {"subject":"away","version":1,"magic":1,"keytype":"SCHEMA"}\n' in told
    assert '\n  write  {"keytype":"SCHEMA","subject":"away","version":1,"magic":1} (' in told
    assert '\n  delete {"subject":"away"' in momus("topic", "doctor", "backup.jsonl", code=1).stdout
    assert "A backup is not changed" in momus("topic", "doctor", "backup.jsonl", "--apply", code=2).stderr


def test_nothing_is_written_while_somebody_has_the_folder(tmp_path: Path) -> None:
    """A folder that is locked may be looked at; who would write to it is told who has it."""
    data = filled(tmp_path / "data", recorded("karapace"))
    momus("backup", "backup.jsonl", "--data", data)
    lock = FileLock(data)
    asyncio.run(lock.open())
    assert "is in use by" in momus("topic", "doctor", "--data", data, "--apply", code=1).stderr
    assert "is in use by" in momus("restore", "backup.jsonl", "--data", data, "--append", code=1).stderr
    momus("topic", "inspect", "--data", data)
    asyncio.run(lock.close())
    assert inside(data) == inside(filled(tmp_path / "same", recorded("karapace")))


# ---------------------------------------------------------------- where a log is


def test_two_logs_are_not_one() -> None:
    """Who names a folder and brokers where one log is meant, or no brokers where two are, is told with code 2."""
    told = momus("topic", "inspect", "--data", "a", "--kafka", "b:9092", code=2).stderr
    assert "--data and --kafka name two logs" in told
    assert "Where is Kafka?" in momus("topic", "export", "--data", "a", code=2).stderr
    assert "Where is Kafka?" in momus("topic", "import", code=2).stderr


def test_settings_of_the_server_count(tmp_path: Path) -> None:
    """MOMUS_DATA and momus.toml say where the log is, --data wins over brokers there, and what is wrong is code 2."""
    filled(tmp_path / "data", recorded("confluent"))
    assert "the log in data: 15 records" in momus("topic", "inspect", MOMUS_DATA="data").stdout
    (tmp_path / "momus.toml").write_text('data = "data"\n')
    assert "the log in data: 15 records" in momus("topic", "inspect").stdout
    (tmp_path / "momus.toml").write_text('kafka = "127.0.0.1:1"\n')
    assert "the log in data: 15 records" in momus("topic", "inspect", "--data", "data").stdout
    (tmp_path / "other.toml").write_text('dota = "data"\n')
    told = momus("topic", "inspect", "--config", "other.toml", code=2).stderr
    assert told == "momus: dota in other.toml is no setting: did you mean data?\n"
    (tmp_path / "momus.toml").unlink()
    momus("topic", "inspect", "--topic", "t", code=2)  # a topic means nothing without brokers


@pytest.mark.parametrize(
    "verb", [["backup"], ["restore"], *(["topic", each] for each in ("export", "import", "inspect"))]
)
def test_connection_has_the_flags_of_the_server(verb: list[str]) -> None:
    """Each setting of Kafka that has to do with the log is a flag; the help shows the three that all need."""
    told = momus(*verb, "--help").stdout
    assert [name for name in ("data", "kafka", "topic") if f"{ROWS[name].flag} " not in told] == []
    assert {"group", "fencing", "kafka_tls_ca", "kafka_sasl_password"} < set(NAMES)
    assert EPILOG.split()[0] in told


def test_kafka_that_is_not_there_is_one_line() -> None:
    """Brokers that nobody can reach: which ones, code 1, and nothing of the client library's own words."""
    for arguments in (["backup", "new"], ["topic", "inspect"], ["topic", "doctor", "--apply"]):
        [line] = momus(*arguments, "--kafka", "127.0.0.1:1", code=1).stderr.splitlines()
        assert line.startswith("momus: ")
        assert "the topic _schemas on 127.0.0.1:1 " in line or "the topic _schemas on 127.0.0.1:1:" in line
