"""The journal: what the service says about itself, for machines and for people."""

import json
import subprocess
import sys

import pytest
from structlog.testing import capture_logs

from registry.metrics import Metrics
from registry.watch import Watch
from tests.served import environment

EVENTS = """
import logging, structlog
from registry import journal
journal.configure(LEVEL, FORM)
log = structlog.get_logger("registry")
log.debug("detail")
with structlog.contextvars.bound_contextvars(request_id="r-1"):
    log.info("registered", subject="orders-value")
logging.getLogger("aiohttp.server").error("library")
logging.getLogger("library").debug("noise")
try:
    raise ValueError("wrong")
except ValueError:
    log.exception("failed")
"""


def told(level: str, form: str) -> list[str]:
    program = EVENTS.replace("LEVEL", repr(level)).replace("FORM", repr(form))
    ran = subprocess.run([sys.executable, "-c", program], env=environment(), capture_output=True, text=True, check=True)
    assert ran.stdout == ""
    return ran.stderr.splitlines()


@pytest.mark.parametrize("form", ["json", "auto"])
def test_machines_read_json(form: str) -> None:
    """Where no terminal is, each event is a JSON object in a line: ours, a library's, and one with a traceback."""
    registered, library, failed = map(json.loads, told("info", form))
    assert registered.pop("timestamp").endswith("Z")
    assert registered == {"event": "registered", "level": "info", "subject": "orders-value", "request_id": "r-1"}
    assert (library["event"], library["level"]) == ("library", "error")
    assert failed["exception"].endswith("ValueError: wrong")


def test_people_read_lines() -> None:
    """On a console an event is a line of words, and a traceback is one as Python writes it."""
    registered, library, failed, *trace = told("info", "console")
    assert "registered" in registered
    assert "subject=orders-value" in registered
    assert "library" in library
    assert "failed" in failed
    assert trace[-1] == "ValueError: wrong"


def test_level_is_the_least_that_is_told() -> None:
    """Below the level nothing is told; a library's debugging never is."""
    assert [json.loads(line)["event"] for line in told("error", "json")] == ["library", "failed"]
    assert [json.loads(line)["event"] for line in told("debug", "json")] == [
        "detail",
        "registered",
        "library",
        "failed",
    ]


def test_trouble_with_writing_is_told_once_a_minute_and_its_end_once() -> None:
    """The first failure, another reason, the same one a minute later, and the first write that works; nothing else."""
    times = iter([100.0, 159.0, 160.0, 161.0, 220.0, 230.0])
    watch = Watch(Metrics(), clock=lambda: next(times))
    with capture_logs() as told:
        watch.committed(1, 1, 0.001)
        for reason in ("full", "full", "full", "read-only", "read-only"):
            watch.not_written(reason)
        watch.committed(1, 1, 0.001)
        watch.committed(1, 1, 0.001)
        watch.not_written("read-only")
    assert [(each["log_level"], each.get("reason"), each["failures"]) for each in told] == [
        ("warning", "full", 1),
        ("warning", "full", 3),
        ("warning", "read-only", 4),
        ("info", None, 5),
        ("warning", "read-only", 1),
    ]
