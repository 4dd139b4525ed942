"""The command line: what `momus` says, and what `momus serve` and `momus records` do."""

import asyncio
import gc
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from http.client import HTTPException
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from click.testing import CliRunner

from momus import __version__
from momus.__main__ import VERBS, main
from registry.__main__ import CannotStart, serve
from registry.election.alone import Alone
from registry.log.embedded import EmbeddedLog
from registry.log.log import Batch, Entry
from registry.log.memory import MemoryLog
from registry.settings import ROWS, Row, Settings
from tests.served import MOMUS, PATIENCE, Served, environment, served

ORDERS = {"schema": '{"type":"record","name":"Order","fields":[{"name":"id","type":"string"}]}'}


def momus(*arguments: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MOMUS, *arguments],
        cwd=cwd,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for the tests that only look at it."""
    with served(tmp_path_factory.mktemp("server"), "--idle-timeout", "500ms") as running:
        yield running


# ---------------------------------------------------------------- momus


def test_version_is_told() -> None:
    """`momus --version` says which Momus this is."""
    assert CliRunner().invoke(main, ["--version"]).output == f"momus {__version__}\n"


def test_help_lists_each_verb_with_its_sentence() -> None:
    """`momus --help` shows all there is to do."""
    told = CliRunner().invoke(main, ["--help"]).output
    assert [verb for verb in VERBS if f"\n  {verb} " not in told] == []


def test_help_waits_for_no_server() -> None:
    """What a verb needs is imported when the verb runs, so help comes at once."""
    program = "import sys; from momus.__main__ import main; main(standalone_mode=False); print(*sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", program, "--help"], env=environment(), capture_output=True, text=True, check=True
    )
    assert not {"aiohttp", "msgspec", "structlog", "asyncio"} & set(told.stdout.splitlines()[-1].split())


# ---------------------------------------------------------------- momus serve


def test_help_explains_each_setting() -> None:
    """`momus serve --help` has a flag, the sentence and the default of every setting."""
    told = " ".join(CliRunner().invoke(main, ["serve", "--help"], terminal_width=200).output.split())
    assert [row.name for row in ROWS.values() if f"{row.flag} {row.kind.word} {row.sentence}" not in told] == []
    assert [row.name for row in ROWS.values() if f"{row.sentence} [{row.default}]" not in told] == []


def test_wrong_settings_stop_the_start(tmp_path: Path) -> None:
    """Exit code 2, a line for each wrong setting, nothing else, and no folder is made."""
    stopped = momus("serve", "--port", "many", cwd=tmp_path, MOMUS_PROT="1")
    assert stopped.stderr.splitlines() == [
        "momus: MOMUS_PROT in the environment is no setting: did you mean MOMUS_PORT?",
        "momus: --port is 'many': it must be a whole number from 0 to 65535.",
    ]
    assert (stopped.returncode, stopped.stdout, list(tmp_path.iterdir())) == (2, "", [])


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.name)
def test_flag_without_its_value_stops_the_start(row: Row, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value that was forgotten, or left empty by an unset shell variable, is exit code 2 wherever the flag stands."""
    monkeypatch.chdir(tmp_path)
    told = f"momus: {row.flag} has no value: it must be {row.kind.right}.\n"
    other = ["--workers", "1"] if row.name == "host" else ["--host", "::1"]
    forgotten = [] if row.kind.word == "true|false" else [[row.flag, *other], [*other, row.flag]]
    for arguments in [*forgotten, [row.flag, ""], [f"{row.flag}="]]:
        stopped = CliRunner().invoke(main, ["serve", *arguments], env={"MOMUS_PORT": None})
        assert (stopped.exit_code, stopped.stderr, list(tmp_path.iterdir())) == (2, told, [])


def test_banner_says_where_and_what(server: Served) -> None:
    """The first line is there as soon as the port is, the second when the log has been read."""
    data = Path(server.listening["data"])
    assert server.listening["event"] == "listening"
    assert data.name == "momus-data"
    assert list(data.glob("log.sqlite"))
    ready = server.ready
    assert (ready["event"], ready["schemas"], ready["subjects"]) == ("ready", 0, 0)
    assert ready["seconds_since_start"] > ready["replay_seconds"] >= 0
    assert server.ask("GET", "/health/ready") == (200, {"ready": True})


def test_banner_is_lines_for_people(tmp_path: Path) -> None:
    """On a console the banner is words: where it listens, where the data is, what was read and how long it took."""
    with subprocess.Popen(
        [*MOMUS, "serve", "--port", "0", "--log-format", "console", "--log", "memory"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            listening, ready = process.stdout.readline(), process.stdout.readline()
        finally:
            process.kill()
    assert listening.startswith("Momus listens on http://127.0.0.1:")
    assert listening.endswith(", its data is in memory\n")
    assert ready.startswith("0 schemas of 0 subjects read in 0.")
    assert list(tmp_path.iterdir()) == []


def test_stop_under_load_is_clean_and_loses_nothing(tmp_path: Path) -> None:
    """SIGTERM under load: code 0, no complaint, and what was acknowledged is there at the next start."""
    acknowledged: set[str] = set()

    def register(running: Served, client: int) -> None:
        with suppress(OSError, HTTPException):  # the server is gone, at last
            for number in count():
                subject = f"orders-{client}-{number}"
                status, answer = running.ask("POST", f"/subjects/{subject}/versions", ORDERS)
                if status != 200:
                    assert (status, answer["error_code"]) == (500, 50004)
                    return
                acknowledged.add(subject)

    with served(tmp_path, MOMUS_DATA="elsewhere") as running, ThreadPoolExecutor() as clients:
        work = [clients.submit(register, running, client) for client in range(4)]
        while len(acknowledged) < 40 and not any(each.done() for each in work):
            running.ask("GET", "/subjects")
        code, journal = running.terminate()
        wait(work, PATIENCE)
        assert [each.exception() for each in work] == [None] * 4
    assert code == 0
    assert [json.loads(line)["event"] for line in journal.splitlines()] == ["stopping", "stopped"]
    with served(tmp_path, MOMUS_DATA="elsewhere") as running:
        assert running.ready["schemas"] == running.ready["subjects"] >= len(acknowledged)
        assert acknowledged <= set(running.ask("GET", "/subjects")[1])


def test_service_links_of_kubernetes_are_named_in_the_journal(tmp_path: Path) -> None:
    """Beside a Service named momus it starts as ever, and says once what it left alone."""
    with served(tmp_path, "--log", "memory", MOMUS_PORT="tcp://10.96.0.12:8081", MOMUS_SERVICE_HOST="::1") as running:
        code, journal = running.terminate()
    told, *_ = map(json.loads, journal.splitlines())
    assert (code, told["level"], told["variables"]) == (0, "info", ["MOMUS_PORT", "MOMUS_SERVICE_HOST"])


def test_second_signal_ends_a_stop_at_once(tmp_path: Path) -> None:
    """While a stop waits for a request, another signal ends the process without a word: 130 or 143."""
    head = b"PUT /config HTTP/1.1\r\nHost: momus\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"
    for second, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        with (
            served(tmp_path, "--body-timeout", "1m", "--shutdown-timeout", "1m") as running,
            socket.create_connection(("127.0.0.1", running.port), timeout=PATIENCE) as client,
        ):
            client.sendall(head)
            assert client.recv(12) == b"HTTP/1.1 100"  # the request is under way
            running.process.send_signal(signal.SIGINT)
            assert running.process.stderr is not None
            assert json.loads(running.process.stderr.readline())["event"] == "stopping"
            running.process.send_signal(second)
            stdout, stderr = running.process.communicate(timeout=PATIENCE)
        assert (running.process.returncode, stdout, stderr) == (code, "", "")


def test_connection_without_a_request_is_closed(server: Served) -> None:
    """A client that dawdles over the head of its request is cut off when its time is up."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as client:
        client.sendall(b"GET /subjects HTTP/1.1\r\nHost:")
        assert client.recv(1) == b""


def test_port_in_use_is_one_line(server: Served, tmp_path: Path) -> None:
    """A port that somebody else has: which one, what would help, code 1, no traceback, and no folder is made."""
    stopped = momus("serve", "--port", str(server.port), cwd=tmp_path)
    [line] = stopped.stderr.splitlines()
    assert line.startswith(f"momus: 127.0.0.1:{server.port} is in use by another program; choose another port: ")
    assert (stopped.returncode, stopped.stdout, list(tmp_path.iterdir())) == (1, "", [])


async def test_data_folder_in_use_is_left_alone(server: Served) -> None:
    """A folder that another Momus holds stops the start; the message names the folder and its holder."""
    data = server.listening["data"]
    with pytest.raises(CannotStart, match=re.escape(data)) as stopped:
        await serve(Settings(port=0, data=Path(data)))
    assert str(server.process.pid) in str(stopped.value)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (Settings(port=0, data=Path("file")), "file"),
        (Settings(port=0, data=Path("file/below")), "file"),
        (Settings(port=0, log="memory", host="host.invalid"), "cannot listen on host.invalid:0: "),
        (Settings(port=0, log="memory", host="203.0.113.1"), "cannot listen on 203.0.113.1:0: "),
    ],
)
async def test_what_stands_in_the_way_is_told(
    settings: Settings, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that cannot be one, an address that is not ours: the start stops in one line that names it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotStart, match=told) as stopped:
        await serve(settings)
    assert "\n" not in str(stopped.value)


class HeldLog(MemoryLog):
    """A log whose end is not reached before somebody lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.let = asyncio.Event()

    async def follow(self, position: int) -> AsyncGenerator[Batch, None]:
        async for batch in super().follow(position):
            if not batch.records:
                await self.let.wait()
            yield batch


async def test_long_replay_is_shown_while_others_wait(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """While the log is read the port is open and answers 503, and a line now and then says how far it is."""
    log = HeldLog()
    await log.append([Entry(b'{"keytype":"NOOP","magic":0}', None)] * 3)
    monkeypatch.setattr("registry.build.storage", lambda _settings: (log, Alone()))
    monkeypatch.setattr("registry.__main__.PROGRESS_EVERY", 0.001)
    lines: list[str] = []

    async def banner(lines_wanted: int) -> None:
        while len(lines) < lines_wanted:
            await asyncio.sleep(0)
            lines.extend(capsys.readouterr().out.splitlines())

    async with asyncio.TaskGroup() as tasks, ClientSession() as client:
        tasks.create_task(serve(Settings(port=0, log_format="console")))
        await banner(3)
        url = lines[0].removeprefix("Momus listens on ").partition(",")[0]
        async with client.get(f"{url}/subjects") as early:
            assert (early.status, early.headers["Retry-After"]) == (503, "1")
        async with client.get(f"{url}/health/live") as live:
            assert live.status == 200
        assert set(lines[1:]) == {"reading the log: 3 of 3 records (99 %)"}
        assert not gc.isenabled()  # a replay makes no garbage
        log.let.set()
        while "0 schemas of 0 subjects read in " not in lines[-1]:
            await banner(len(lines) + 1)
        async with client.get(f"{url}/subjects") as late:
            assert (late.status, await late.json(content_type=None)) == (200, [])
        assert gc.isenabled()
        signal.raise_signal(signal.SIGTERM)


# ---------------------------------------------------------------- momus records


def test_records_are_printed_beside_a_running_server(server: Served) -> None:
    """`momus records` shows what a server has written, while it runs, one JSON object a line."""
    server.ask("POST", "/subjects/orders-value/versions", ORDERS)
    printed = CliRunner().invoke(main, ["records"], env={"MOMUS_DATA": server.listening["data"]})
    records = [json.loads(line) for line in printed.stdout.splitlines()]
    assert printed.exit_code == 0
    assert [record["offset"] for record in records] == sorted(record["offset"] for record in records)
    [schema] = [record["value"] for record in records if record["key"].get("keytype") == "SCHEMA"]
    assert (schema["subject"], schema["version"], schema["schema"]) == ("orders-value", 1, ORDERS["schema"])


SHOWN: list[tuple[Entry, dict[str, Any]]] = [
    (Entry(b'{"b":1,"a":2}', b"[1.0]"), {"key": {"b": 1, "a": 2}, "value": [1.0]}),
    (Entry(b'{"a":1}', None), {"key": {"a": 1}, "value": None}),
    (Entry(b'"k"', b""), {"key": "k", "value_base64": ""}),
    (Entry(b'"k"', b"null"), {"key": "k", "value_base64": "bnVsbA=="}),
    (Entry(b"\xff\x00", b"{"), {"key_base64": "/wA=", "value_base64": "ew=="}),
    (Entry(b'"k"', b'{\n"a": 1}'), {"key": "k", "value": {"a": 1}}),
    (Entry(b'"k"', b"[" * 3000), {"key": "k", "value_base64": "W1tb" * 1000}),
    (
        Entry(b'"k"', b"1", headers=(("h", b"text"), ("g", None))),
        {"key": "k", "value": 1, "headers": [{"name": "h", "value_base64": "dGV4dA=="}, {"name": "g", "value": None}]},
    ),
]


async def test_record_is_shown_as_json_or_base64(tmp_path: Path) -> None:
    """JSON is shown as JSON, in its order; all else as base64; only a tombstone is null."""
    log = EmbeddedLog(tmp_path)
    await log.open()
    await log.append([entry for entry, _ in SHOWN])
    await log.close()
    lines = CliRunner().invoke(main, ["records", str(tmp_path)]).output.splitlines()
    for line, (_, told) in zip(lines, SHOWN, strict=True):
        record = json.loads(line)
        assert {name: each for name, each in record.items() if name not in {"offset", "timestamp"}} == told
    assert '"key":{"b":1,"a":2},"value":[1.0]' in lines[0]


def test_records_of_a_folder_without_a_log_is_one_line(tmp_path: Path) -> None:
    """Where there is no log, `momus records` says so with code 1, and makes none."""
    looked = CliRunner().invoke(main, ["records", str(tmp_path)])
    assert looked.exit_code == 1
    assert looked.stderr.startswith(f"momus: {tmp_path / 'log.sqlite'} cannot be read: ")
    assert list(tmp_path.iterdir()) == []


def test_records_of_the_file_are_those_of_its_folder(server: Served) -> None:
    """Whoever names the log itself gets the same, whatever the file is called."""
    folder = server.listening["data"]
    by_folder, by_file = (CliRunner().invoke(main, ["records", each]) for each in (folder, f"{folder}/log.sqlite"))
    assert by_folder.stdout == by_file.stdout
    assert by_file.exit_code == 0
