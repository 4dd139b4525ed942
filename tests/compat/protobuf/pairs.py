"""Schemas for tests, compiled by protoc from texts, many at once: files by name, the root is `a.proto`."""

import subprocess
import sysconfig
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

ROOT = "a.proto"
PROTOC = Path(sysconfig.get_path("scripts"), "protoc")


@dataclass(frozen=True)
class Compiled:
    """What a comparison needs of a schema."""

    file: FileDescriptorProto
    files: tuple[FileDescriptorProto, ...] = ()


@cache
def schema(text: str, *others: tuple[str, str]) -> Compiled:
    """The schema of a text; a text without a syntax line is proto3."""
    return compiled([{ROOT: text, **dict(others)}])[0]


def compiled(sources: Iterable[Mapping[str, str]]) -> list[Compiled]:
    """The schemas of many sets of texts, by one run of protoc: each in a folder of its own, and its names set right."""
    sources = list(sources)
    with tempfile.TemporaryDirectory() as folder:
        found = []
        for index, texts in enumerate(sources):
            here = Path(folder, str(index))
            here.mkdir()
            for name, text in texts.items():
                (here / name).write_text(
                    text if text.startswith(("syntax", "edition")) else f'syntax = "proto3";{text}'
                )
            out = here / "set"
            command: list[str | Path] = [PROTOC, f"-I{here}", "--include_imports", "--retain_options", f"-o{out}", ROOT]
            subprocess.run(command, check=True, stderr=subprocess.PIPE)
            *files, root = FileDescriptorSet.FromString(out.read_bytes()).file
            found.append(Compiled(root, tuple(files)))
    return found
