"""Schemas beyond the ordinary, where the body limit was raised: they take a worker's time, nobody else's."""

import json
import os
import select
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.served import PATIENCE, Served, served

FIELDS = 100_000


def large(fields: int, *, changed: bool = False) -> str:
    members = [{"name": f"field_{at}", "type": "int", "doc": "of many"} for at in range(fields)]
    if changed:
        members[0] |= {"type": "string"}
    return json.dumps({"type": "record", "name": "Large", "fields": members})


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    flags = ("--body-limit", "32MiB", "--comparison-deadline", "60")
    with served(tmp_path, "--data", str(tmp_path / "data"), *flags) as server:
        server.banner()
        yield server


def test_others_are_answered_while_a_large_schema_is_registered_and_compared(server: Served) -> None:
    """Registrations and reads of others are done before a schema of 100,000 fields is."""
    order: list[str] = []
    replies: list[tuple[int, object]] = []

    def register_large() -> None:
        replies.append(server.ask("POST", "/subjects/large/versions", {"schema": large(FIELDS)}))
        order.append("large")

    thread = threading.Thread(target=register_large)
    thread.start()
    for number in range(20):
        assert server.ask("POST", f"/subjects/small-{number}/versions", {"schema": '"int"'})[0] == 200
        assert server.ask("GET", "/schemas/ids/1")[0] == 200
        order.append("small")
    thread.join()
    assert replies[0][0] == 200, replies
    assert "small" in order[: order.index("large")]
    status, answer = server.ask("POST", "/subjects/large/versions", {"schema": large(FIELDS, changed=True)})
    assert (status, answer["error_code"]) == (409, 40901), answer
    assert answer["differences"][0]["path"] == "/fields/0/type"


def test_what_takes_longer_than_the_deadline_is_refused_and_says_so(tmp_path: Path) -> None:
    """A schema that cannot be read in time is refused by a sentence that names the limit; nothing is registered."""
    flags = ("--body-limit", "32MiB", "--comparison-deadline", "50ms")
    with served(tmp_path, "--data", str(tmp_path / "data"), *flags) as server:
        server.banner()
        status, answer = server.ask("POST", "/subjects/late/versions", {"schema": large(FIELDS)})
        assert (status, answer["error_code"]) == (422, 42201)
        assert "0.05 seconds" in answer["message"]
        assert server.ask("GET", "/subjects") == (200, [])


def test_workers_end_with_a_server_that_is_killed_and_leave_port_and_folder_free(
    server: Served, tmp_path: Path
) -> None:
    """After kill -9 amid heavy work a new server starts on the same port and folder, and no worker is left."""
    thread = threading.Thread(target=_register_and_ignore, args=(server,))
    thread.start()
    while not (workers := _children(server.process.pid)):
        assert server.ask("GET", "/health/live")[0] == 200
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()
    thread.join()
    with served(tmp_path, "--data", str(tmp_path / "data"), "--port", str(server.port)) as again:
        again.banner()
        assert again.ask("GET", "/subjects")[0] == 200
        for pid in workers:
            _wait_for_the_end_of(pid)


def _register_and_ignore(server: Served) -> None:
    try:
        server.ask("POST", "/subjects/large/versions", {"schema": large(FIELDS)})
    except OSError:
        return  # the server is gone, as it should be


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


def _wait_for_the_end_of(pid: int) -> None:
    """Returns when there is no such process, at once if so; fails when it does not end."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        assert select.select([process], [], [], PATIENCE)[0], f"worker {pid} outlives its server"
    finally:
        os.close(process)
