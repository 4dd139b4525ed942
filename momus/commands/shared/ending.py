"""How a verb of the gate ends: trouble is a sentence and a code."""

import errno
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import click

_UNWRITABLE: Final = (errno.ENOSPC, errno.EDQUOT, errno.EIO)


class told:  # noqa: N801  (used as a function)
    """Trouble is one line on stderr, and its exit code."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        from momus.gate.faults import WRONG, Trouble

        if isinstance(error, Trouble):
            click.echo(f"momus: {error}", err=True)
            raise SystemExit(error.code) from error
        if isinstance(error, OSError) and error.errno in _UNWRITABLE:  # the code of findings would be a lie
            click.echo(f"momus: nothing more can be written: {error.strerror}", err=True)
            raise SystemExit(WRONG) from error


@contextmanager
def seldom_collected() -> Iterator[None]:
    """A check ends soon and leaves little garbage: looking for it took a sixth of the time."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
