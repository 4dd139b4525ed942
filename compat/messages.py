"""Messages by one schema, between their bytes and the values that JSON writes: for people, proofs and other tools.

`messages(schema)` gives them; the bytes have no frame here (`framing.py` has those). Values are what a JSON parser
gives, of whole numbers any; what has no JSON is written as each format's JSON mapping says:

Avro      `logical`: the specification's JSON encoding made readable. Dates, times, timestamps, decimals, UUIDs and
          durations are text, a union's value is plain where its JSON kind (number, text, object ...) tells its branch,
          else `{"branch": value}`, which is always understood; fields with defaults may be left out.
          Without `logical`: the specification's JSON encoding to the letter. NaN and the infinities are text in both.
JSON      as it is; what does not fit its schema is refused in both directions.
Protobuf  its canonical JSON mapping, in both.

They are exact, not fast: serializers compile what they do (`*/codec.py`). Bytes may be hostile: the answer is a value
or a CodecError. A hostile schema may still take all time and memory: that is for a worker process to bear.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final, Protocol

from compat import FORMATS, Schema
from compat.faults import path_of
from compat.framing import Path

MOST_FAULTS: Final = 1000  # of one value; nobody reads more
LONGEST_NAME: Final = 200  # characters of a name in a path
LONGEST_PATH: Final = 2000
MOST_LEVELS: Final = 500  # of arrays and objects in a value: what JSON's parsers and writers take
TOO_DEEP: Final = f"it is nested deeper than {MOST_LEVELS} levels"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that does not fit: where, as `compat.faults.path_of` writes it, "" for the whole; and what it is."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


def fault_of(message: str, steps: Iterable[str | int] = ()) -> Fault:
    """A fault, in bounds: a value's own names may be of any length, and stand in the paths of a thousand faults."""
    short = [
        step if isinstance(step, int) or len(step) <= LONGEST_NAME else f"{step[:LONGEST_NAME]}…" for step in steps
    ]
    path = path_of(short)
    return Fault(path if len(path) <= LONGEST_PATH else f"{path[:LONGEST_PATH]}…", message[:LONGEST_PATH])


def is_too_deep(value: Any) -> bool:
    """Are there more than `MOST_LEVELS` arrays and objects in one another? What is written must be readable again."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(MOST_LEVELS):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


class Messages(Protocol):
    """Messages by one schema, between their bytes (without a frame) and the values that JSON writes."""

    @property
    def name(self) -> str:
        """The full name of the message's type, a JSON schema's title; "" where there is none."""

    @property
    def path(self) -> Path | None:
        """Where the message is in its Protobuf file, to be written after the frame; None for the other formats."""

    @property
    def tail(self) -> bytes:
        """What follows the frame: Protobuf's indexes in their usual form; nothing for the other formats."""

    def encode(self, value: Any) -> bytes:
        """Raises CodecError for the first fault."""

    def decode(self, payload: bytes, path: Path | None = None) -> Any:
        """`path`: the Protobuf indexes that came with the message; None: the message that `messages` was asked for.

        Raises CodecError.
        """

    def faults(self, value: Any) -> tuple[Fault, ...]:
        """Everything about a value that does not fit; no more than `MOST_FAULTS`."""

    def faults_in(self, payload: bytes, path: Path | None = None) -> tuple[Fault, ...]:
        """Everything about a message that does not fit. Where its bytes cannot be read on after a fault, it is one."""


def messages(
    schema: Schema,
    *,
    reader: Schema | None = None,
    logical: bool = True,
    message: str = "",
    ignore_unknown: bool = False,
) -> Messages:
    """What encodes and decodes by a schema.

    reader: decode as this one has it: Avro by its rules of resolution, JSON held to both, Protobuf by its descriptor.
    logical: Avro's logical types and unions as people write them; else its JSON encoding to the letter.
    message: the full name of a Protobuf message; else the schema's first.
    ignore_unknown: members that no field has are left out of Avro and Protobuf messages, and are no faults.

    Raises CodecError when nothing can be encoded by the schema: it has no such message, cannot be validated by, or is
    of another format than the reader's.
    """
    kind = schema.source.kind
    made: Messages = import_module(f"{FORMATS[kind].module}.messages").messages(
        schema, reader=reader, logical=logical, message=message, ignore_unknown=ignore_unknown
    )
    return made


_KINDS: Final[dict[type, str]] = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    float: "number",
    str: "text",
    list: "array",
    dict: "object",
}


def json_kind(value: Any) -> str:
    """What JSON calls a value."""
    return _KINDS.get(type(value)) or type(value).__name__
