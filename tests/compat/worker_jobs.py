"""Jobs for the tests of the pool: each does one thing that a real job does only on a bad day."""

import ctypes
import os
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from compat.policy import TooMuch


def echo(value: Any) -> Any:
    return value


def pid() -> int:
    return os.getpid()


def spin(started: Path | None = None) -> None:
    """Be busy in Python, for ever."""
    tell(started)
    while True:
        pass


def hold(started: Path | None = None) -> None:
    """Be busy in one call that lets no other thread run, for ever."""
    tell(started)
    re.match(r"(a+)+$", "a" * 60 + "b")


def tell(started: Path | None) -> None:
    """Write our pid into a fifo: the other end knows then that we are at work."""
    if started:
        started.write_text(f"{os.getpid()}\n")


def wait(gate: Path) -> str:
    """Until somebody writes into the fifo."""
    return gate.read_text()


def crash() -> None:
    ctypes.string_at(0)


def leave() -> None:
    os._exit(3)


def eat() -> int:
    return len(bytearray(1 << 31))


def fail() -> None:
    raise LookupError("nobody caught this")


def give_up() -> None:
    raise TooMuch("the compiler does not end")


def shout() -> str:
    sys.stdout.write("noise\n" * 1_000)
    sys.stdout.flush()
    os.system("echo noise")  # noqa: TID251
    return "answer"


def stranger() -> object:
    return re.compile("not a type that an answer may have")


def descriptors() -> list[str]:
    """What each open file of ours is."""
    targets = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the one that was listing
            targets.append(str(descriptor.readlink()))
    return targets


def environment() -> dict[str, str]:
    return dict(os.environ)


def modules() -> list[str]:
    return sorted(sys.modules)


JOBS: dict[str, Callable[..., Any]] = {
    job.__name__: job
    for job in (
        echo, pid, spin, hold, wait, crash, leave, eat, fail, give_up, shout, stranger, descriptors, environment,
        modules,
    )
}  # fmt: skip
