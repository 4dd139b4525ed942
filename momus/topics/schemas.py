"""The schemas that messages were written with, of a registry or a file: what is known of each, and what reads by it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeAlias
from uuid import UUID

from compat import FORMATS, InvalidSchema, Schema, Source, parse
from compat.faults import CodecError
from compat.framing import Path
from compat.messages import Messages, messages
from momus.client import RuleSet, SubjectVersion
from momus.topics.readable import Readable, readable


@dataclass(frozen=True, slots=True)
class Missing:
    """The registry does not have it."""

    why: str


@dataclass(frozen=True, slots=True)
class Known:
    """A schema of the registry's, or of a file: then without ids."""

    source: Source
    id: int | None = None
    guid: UUID | None = None
    versions: tuple[SubjectVersion, ...] = ()  # where it is registered, also where it is deleted softly
    deleted: tuple[SubjectVersion, ...] = ()  # of these
    rule_set: RuleSet | None = None

    @property
    def kind(self) -> str:
        return self.source.kind

    def rules(self, *modes: str) -> tuple[str, ...]:
        """The names of those that clients would have to run, in reading or in writing."""
        return tuple(rule.name for rule in self.rule_set.for_clients(*modes)) if self.rule_set else ()


@dataclass(frozen=True, slots=True)
class Unusable:
    """The registry has it, and no message can be read by it."""

    known: Known
    why: str


@dataclass(frozen=True)
class Compiled:
    """It is known, and messages can be read and written by it."""

    known: Known
    schema: Schema
    messages: Messages

    @cached_property
    def _readable(self) -> Readable:
        return readable(self.schema)

    def check(self, payload: bytes, path: Path | None) -> None:
        """Raises CodecError for what is no message of this schema; faster than to decode it."""
        self._readable.check(payload, path)

    def name(self, path: Path | None) -> str:
        """Of the message's type; "" where there is none."""
        if path is None or path == self.messages.path:
            return self.messages.name
        return self._readable.name(path)


Found: TypeAlias = Compiled | Unusable | Missing


@dataclass(frozen=True, slots=True)
class Reading:
    """How messages are read, whatever they were written with."""

    reader: Schema | None = None
    logical: bool = True
    message: str = ""
    ignore_unknown: bool = False


AS_WRITTEN: Final = Reading()


def compiled(known: Known, reading: Reading) -> Compiled | Unusable:
    """With what decodes by it."""
    if known.kind not in FORMATS:
        return Unusable(known, f"schemas of type {known.kind} are not understood here")
    try:
        schema = parse(known.source, strict=False)
        made = messages(
            schema,
            reader=reading.reader,
            logical=reading.logical,
            message=reading.message,
            ignore_unknown=reading.ignore_unknown,
        )
    except (InvalidSchema, CodecError) as fault:
        return Unusable(known, str(fault))
    return Compiled(known, schema, made)
