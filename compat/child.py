"""The process that does jobs for `compat/worker.py`: `python -m compat.child JOBS MEMORY`. Imports little.

A question comes on stdin, its answer goes to stdout, each a length and a pickle. The process has nothing else in
common with its parent, and outlives it by no moment: a thread reads stdin all the time and ends the process when it
closes, and where the interpreter itself is held up by a long call, the kernel does it (Linux).
"""

import ctypes
import importlib
import os
import pickle
import resource
import signal
import struct
import sys
import threading
from collections.abc import Callable
from queue import SimpleQueue
from traceback import format_exc
from typing import Any, BinaryIO, Literal

from compat.jobs import Refused
from compat.policy import TooMuch

LENGTH = struct.Struct(">Q")
READY = b""

Outcome = Literal["done", "refused", "failed", "given up", "exhausted"]
Answer = tuple[Outcome, Any]


def main(jobs: str, memory: int) -> None:
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))  # uvloop leaves open what is inheritable, whatever it is told
    die_with_parent()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # meant for the server, which may still need us
        signal.signal(number, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no answer
    table: dict[str, Callable[..., Any]] = importlib.import_module(jobs).JOBS
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    questions: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=read_questions, args=(sys.stdin.buffer, questions), daemon=True).start()
    write(answers, READY)
    while True:
        write(answers, pickle.dumps(answer_to(questions.get(), table), pickle.HIGHEST_PROTOCOL))


def die_with_parent() -> None:
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


def read_questions(stdin: BinaryIO, questions: "SimpleQueue[bytes]") -> None:
    while len(length := stdin.read(LENGTH.size)) == LENGTH.size:
        questions.put(stdin.read(*LENGTH.unpack(length)))
    os._exit(0)


def answer_to(question: bytes, table: dict[str, Callable[..., Any]]) -> Answer:
    try:
        job, arguments, keywords = pickle.loads(question)  # noqa: S301  (of our own parent)
        return "done", table[job](*arguments, **keywords)
    except Refused as refusal:
        return "refused", refusal.with_traceback(None)
    except TooMuch as error:
        return "given up", str(error)
    except MemoryError:
        return "exhausted", None
    except Exception:  # noqa: BLE001  (whatever a job does, the one who asked has it in his log)
        return "failed", format_exc(limit=-10)


def write(answers: BinaryIO, answer: bytes) -> None:
    answers.write(LENGTH.pack(len(answer)) + answer)
    answers.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
