"""Referents on their way to another process: each goes there once, and is called by its number from then on.

`Told` belongs to the process that asks, which packs questions with it, one `Told` for each process that is asked.
`learned` and `recalled` are called in the other one, when a question is unpacked. Number 0 begins the table anew.
"""

import copyreg
import io
import pickle
from typing import Any, Final

from compat.kept import ROOM
from compat.schema import Referent

OVERHEAD: Final = 200  # of a referent in the table, in characters

_LEARNED: dict[int, Referent] = {}


class Told:
    """What one process has learned. `room` is in characters, of all that it keeps at a time."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._used = 0
        self._numbers: dict[Referent, int] = {}
        self._table = copyreg.dispatch_table | {Referent: self._spelled}

    def packed(self, question: object) -> bytes:
        """For that process and no other, which must get all that is packed, in this order."""
        file = io.BytesIO()
        pickler = pickle.Pickler(file, pickle.HIGHEST_PROTOCOL)
        pickler.dispatch_table = self._table
        pickler.dump(question)
        return file.getvalue()

    def _spelled(self, referent: Referent) -> tuple[Any, ...]:
        number = self._numbers.get(referent)
        if number is not None:
            return recalled, (number,)
        if self._used > self._room:
            self._numbers.clear()
            self._used = 0
        number = self._numbers[referent] = len(self._numbers)
        self._used += len(referent.text) + OVERHEAD
        return learned, (number, referent.name, referent.text)


def learned(number: int, name: str, text: str) -> Referent:
    if number == 0:
        _LEARNED.clear()
    _LEARNED[number] = Referent(name, text)
    return _LEARNED[number]


def recalled(number: int) -> Referent:
    return _LEARNED[number]
