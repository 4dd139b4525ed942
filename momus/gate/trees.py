"""Files at one moment: a folder, or a commit that is not checked out. What they say is no concern of this module."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Protocol

from momus.gate.faults import NoFile
from momus.gate.git import Repository

PRUNED: Final = frozenset(("node_modules", "__pycache__"))


class Tree(Protocol):
    """`ids` has a name for the bytes of each file, by its path; equal bytes have equal names in every tree."""

    @property
    def ids(self) -> dict[str, str]: ...
    def read(self, paths: Iterable[str]) -> dict[str, bytes]: ...
    def on_disk(self, within: str) -> AbstractContextManager[Path]:
        """A folder with its files, at least those that are in the folder `within`, for as long as it is used."""


class Folder:
    """What is on the disk now."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._bytes: dict[str, bytes] = {}

    @cached_property
    def ids(self) -> dict[str, str]:
        return {path: blob_id(content) for path, content in self._files.items()}

    def read(self, paths: Iterable[str]) -> dict[str, bytes]:
        return {path: self._files[path] for path in paths}

    def on_disk(self, within: str) -> AbstractContextManager[Path]:  # noqa: ARG002  (all is there)
        return nullcontext(self._root)

    @cached_property
    def _files(self) -> dict[str, bytes]:
        from momus.gate.configuration import SEVERAL, SUFFIXES, YAML

        found = {}
        for folder, names, files in os.walk(self._root):
            names[:] = sorted(name for name in names if not name.startswith(".") and name not in PRUNED)
            for name in sorted(files):
                if name.endswith((*SUFFIXES, *SEVERAL, *YAML)):
                    path = Path(folder, name)
                    found[path.relative_to(self._root).as_posix()] = _content(path)
        return found


class Commit:
    """A commit of a repository, below the folder of the configuration."""

    def __init__(self, repository: Repository, commit: str) -> None:
        self._repository = repository
        self.commit = commit

    @cached_property
    def ids(self) -> dict[str, str]:
        return self._repository.blobs(self.commit)

    def read(self, paths: Iterable[str]) -> dict[str, bytes]:
        wanted = list(paths)
        return dict(zip(wanted, self._repository.contents(self.ids[path] for path in wanted), strict=True))

    @contextmanager
    def on_disk(self, within: str) -> Iterator[Path]:
        with TemporaryDirectory(prefix="momus-") as folder:
            if any(path.startswith(f"{within}/") for path in self.ids) or not within:
                self._repository.unpack(self.commit, within, Path(folder))
            yield Path(folder)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise NoFile(f"{path} cannot be read: {error.strerror}") from None


def blob_id(content: bytes) -> str:
    """As git names a blob, so that what did not change since a commit need not be read from it."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
