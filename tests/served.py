"""A real `momus serve` in a process of its own, for tests: on a free port, with nothing of the caller's environment."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

ROOT = Path(__file__).parent.parent
MOMUS = (sys.executable, "-m", "momus")
PATIENCE = 90.0  # seconds; far more than anything takes, so that what hangs fails


def environment(**variables: str) -> dict[str, str]:
    """The caller's environment without its settings of Momus, and with these."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("MOMUS_")}
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return plain | {"PYTHONPATH": os.pathsep.join(paths)} | variables


@dataclass(frozen=True, slots=True)
class Served:
    process: subprocess.Popen[str]
    url: str
    listening: dict[str, Any]  # the banner's first line
    ready: dict[str, Any]  # and its second

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def banner(self) -> dict[str, Any]:
        """What was ready: a server that is handed out here has told it already."""
        return self.ready

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urlopen(request, timeout=PATIENCE) as reply:
                return reply.status, json.loads(reply.read())
        except HTTPError as refused:
            return refused.code, json.loads(refused.read())

    def terminate(self) -> tuple[int, str]:
        """SIGTERM; the exit code, and what was written on stderr."""
        self.process.send_signal(signal.SIGTERM)
        _, journal = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, journal


@contextmanager
def served(folder: Path, *flags: str, **variables: str) -> Iterator[Served]:
    """Momus in this working folder, ready; gone at the end, whatever happened."""
    process = subprocess.Popen(
        [*MOMUS, "serve", "--port", "0", *flags],
        cwd=folder,
        env=environment(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            listening, ready = _banner(process)
            yield Served(process, listening["url"], listening, ready)
        finally:
            process.kill()


def _banner(process: subprocess.Popen[str]) -> list[dict[str, Any]]:
    """Its two lines; a server that does not get so far says why."""
    assert process.stdout is not None
    lines = [process.stdout.readline(), process.stdout.readline()]
    assert all(lines), f"no banner: {process.communicate(timeout=PATIENCE)}"
    return [json.loads(line) for line in lines]
