"""Writing a file: all of it or nothing, and what keeps it from being written is a sentence."""

import os
from contextlib import suppress
from pathlib import Path

from momus.gate.faults import WrongConfiguration


def write(path: Path, text: str) -> None:
    """Make the folder, and the file with the permissions that it had; a link stays one. Raises WrongConfiguration."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.absolute().is_relative_to("/dev"):  # where standard output may lead is not ours to replace
            path.write_text(text, encoding="utf-8", newline="")
        else:
            _replace(Path(os.path.realpath(path)), text.encode())
    except OSError as error:
        raise WrongConfiguration(f"{path} cannot be written: {error.strerror or error}") from error


def _replace(target: Path, content: bytes) -> None:
    new = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with new.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            new.chmod(target.stat().st_mode & 0o7777)
        new.replace(target)
    except BaseException:
        with suppress(OSError):
            new.unlink()
        raise
