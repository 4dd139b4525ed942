"""The servers that are measured: Momus as users start it, and a bare aiohttp handler."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PATIENCE = 120.0  # seconds until a server that does not answer is given up


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its port, its process, and the seconds from its start to its first good answer."""

    port: int
    pid: int
    start_seconds: float

    def cpu_seconds(self) -> float:
        """Time on a core, of this process alone."""
        ticks = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self) -> int:
        found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{self.pid}/status").read_text())
        assert found
        return int(found[1]) * 1024

    def metric(self, name: str) -> float:
        text = urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10).read().decode()
        found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
        return float(found[1]) if found else 0.0


@contextmanager
def momus(data: Path, probe: str = "/subjects/none/versions") -> Iterator[Server]:
    """Momus on an embedded log; started when `probe` is answered with anything but 503."""
    with _served("-m", "momus", "serve", "--data", str(data), probe=probe) as server:
        yield server


@contextmanager
def on_kafka(bootstrap: str, topic: str, *flags: str, probe: str = "/health/ready") -> Iterator[Server]:
    """A node of a cluster on this topic."""
    flags = ("--kafka", bootstrap, "--topic", topic, "--group", topic, *flags)
    with _served("-m", "momus", "serve", *flags, probe=probe) as server:
        yield server


@contextmanager
def bare(body: bytes) -> Iterator[Server]:
    """A handler that returns these bytes, on the same library and loop."""
    with _served("-m", "bench.bare", body.decode(), probe="/schemas/ids/1") as server:
        yield server


@contextmanager
def _served(*arguments: str, probe: str) -> Iterator[Server]:
    port = _free_port()
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments, "--port", str(port)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _until_answered(process, f"http://127.0.0.1:{port}{probe}")
        yield Server(port, process.pid, time.perf_counter() - began)
    finally:
        process.terminate()
        process.wait(30)


def _until_answered(process: "subprocess.Popen[bytes]", url: str) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        try:
            urllib.request.urlopen(url, timeout=PATIENCE).read()
        except urllib.error.HTTPError as error:
            if error.code != 503:
                return
        except OSError:
            pass
        else:
            return
        time.sleep(0.002)  # noqa: TID251 - a start is measured to this precision; there is no event to wait for
    raise TimeoutError(url)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
