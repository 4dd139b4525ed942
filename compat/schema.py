"""What every format's schema offers, and the values that go in and out of a parser.

The service and the gate know only these types. Nothing here knows a format: each format is a package beside
this file, and one line in `compat/__init__.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import Any, Final, Protocol

from compat.policy import Policy
from compat.report import Report

AVRO = "AVRO"


@dataclass(frozen=True)
class Referent:
    """A schema text that another one refers to under `name` (for Avro the name is only a label)."""

    name: str
    text: str

    @cached_property
    def digest(self) -> bytes:
        """16 bytes that name it. Many sources may share a referent: its text is gone through once."""
        return digest_of(self.name, self.text)


@dataclass(frozen=True)
class Source:
    """A schema as it was sent or stored: its kind, its text, and every text it needs.

    `referents` are flat and in dependency order: each comes after those it needs itself.
    """

    kind: str
    text: str
    referents: tuple[Referent, ...] = ()

    @cached_property
    def digest(self) -> bytes:
        """16 bytes that name this source: same kind, text and referents, same digest."""
        return digest_of(self.kind, self.text, *(referent.digest for referent in self.referents))


def digest_of(*parts: str | bytes) -> bytes:
    """16 bytes that name these parts in this order."""
    digest = blake2b(digest_size=16)
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        digest.update(len(encoded).to_bytes(8, "big"))
        digest.update(encoded)
    return digest.digest()


class InvalidSchema(Exception):
    """A text that is no schema of its kind.

    `message` is one sentence that says what is wrong, and what would be right; `path` is the place in the schema
    (a JSON pointer, "" for the whole), `line` and `column` the place in the text, counted from 1, 0 when unknown.
    """

    # No frozen dataclass: contextlib sets `__traceback__`, and an exception crosses to another process by its `args`.
    def __init__(self, message: str, path: str = "", line: int = 0, column: int = 0) -> None:
        super().__init__(message, path, line, column)
        self.message = message
        self.path = path
        self.line = line
        self.column = column

    def __str__(self) -> str:
        where = [f"at {self.path}"] if self.path else []
        where += [f"line {self.line}, column {self.column}"] if self.line else []
        return f"{self.message} ({', '.join(where)})" if where else self.message


@dataclass(frozen=True, slots=True)
class Description:
    """What the registry needs to know of a schema, in values that may cross to another process.

    text      the form that is stored and returned, byte for byte Confluent's
    identity  equal for two schemas that Confluent's look-up calls equal (layout and spelling apart); made of the
              resolved schema, so that a text with its references inlined has the identity of the one that refers
    fields    names of the top-level fields, for the check of reserved fields
    """

    text: str
    identity: str
    fields: tuple[str, ...] = ()


class Schema(Protocol):
    """A parsed schema."""

    @property
    def source(self) -> Source: ...

    def describe(self, *, normalize: bool = False) -> Description:
        """The stored form; under `normalize` the form that Confluent's `normalize=true` gives."""

    def rendered(self, form: str) -> str:
        """The text under the API's `format` parameter; a form that this kind does not have gives the stored text."""

    def tags(self) -> tuple["Tagged", ...]:
        """The inline tags of the schema, in the order of the text."""

    def with_tags(self, *, add: tuple["Tagged", ...] = (), remove: tuple["Tagged", ...] = ()) -> str:
        """The stored text with inline tags added and removed. Raises InvalidSchema when an entity does not exist."""


class Engine(Protocol):
    """What the package of a format offers by these names; `compat` has the functions of the same names for all."""

    def parse(self, source: Source, *, strict: bool) -> Schema:
        """Raises InvalidSchema."""

    def prepare(self, sources: Sequence[Source], *, strict: bool) -> None:
        """Does together what is quicker so, for many that are parsed next. Raises nothing."""

    def compare(self, reader: Any, writer: Any, policy: Policy, *, budget: int | None) -> Report:
        """Of two schemas of the format. Raises TooMuch."""

    def judge(self, reader: Any, writer: Any, policy: Policy) -> Report | None:
        """The verdict of the rules alone, where the format has such beside its proofs."""

    def load(self) -> None:
        """Imports what is otherwise imported when it is first needed."""


RECORD: Final = "sr_record"
FIELD: Final = "sr_field"


@dataclass(frozen=True, slots=True)
class Tagged:
    """Inline tags of one entity: a record (`sr_record`) or a field (`sr_field`), by its path."""

    path: str
    entity: str
    tags: tuple[str, ...] = field(default=())
