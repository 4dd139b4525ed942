"""Pairs what belongs together in two schemas: messages, and in them fields. Judges nothing.

Messages belong together by name (relative to the package, level by level), and wherever a field of one type is read as
a field of another. Each pair is met once, however often and however deep it is used, with the shortest way to it.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from compat.protobuf.model import Declarations, Field, Message


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two messages; `up` and `number` are the pair and the field by which they were met, None and 0 at a root.

    path   as Confluent spells it: names where they are paired by name, numbers of fields otherwise
    """

    writer: Message
    reader: Message
    path: str
    up: "Pair | None" = None
    number: int = 0

    @property
    def key(self) -> tuple[Message, Message]:
        return self.writer, self.reader

    @property
    def is_entry(self) -> bool:
        return self.writer.is_entry or self.reader.is_entry

    def back(self) -> "Iterator[Pair]":
        """The way back, this pair first."""
        here: Pair | None = self
        while here is not None:
            yield here
            here = here.up


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """A number in a pair, and what either side has there."""

    pair: Pair
    number: int
    writer: Field | None
    reader: Field | None

    @property
    def path(self) -> str:
        return path_of(self.pair, self.reader or self.writer)


@dataclass(frozen=True, slots=True, eq=False)
class Both:
    """A number that both sides have: what most rules are about."""

    pair: Pair
    number: int
    writer: Field
    reader: Field

    @property
    def path(self) -> str:
        return path_of(self.pair, self.reader)


def path_of(pair: Pair, one: Field | None) -> str:
    if one is None or (pair.is_entry and pair.up is not None):
        return pair.path  # keys and values of a map go by the map's own path
    if one.is_extension:
        return f"{pair.path}/[ext]/{one.number}"
    return f"{pair.path}/{one.oneof}/{one.number}" if one.oneof else f"{pair.path}/{one.number}"


class Walk:
    """All pairs of two schemas, in order: top-level messages, what is in them, then what only its name leads to."""

    def __init__(self, reader: Declarations, writer: Declarations) -> None:
        self.reader = reader
        self.writer = writer
        self.removed: list[tuple[Message, str]] = []  # messages of the writer that have no namesake, and their paths
        self._named: dict[tuple[Message, Message], str] = {}
        self._name(writer.root.messages, reader.root.messages, "#")

    def _name(self, writer: dict[str, Message], reader: dict[str, Message], path: str) -> None:
        for name, message in writer.items():
            here = f"{path}/{name}"
            if message.is_entry or (message.parent is not None and name in message.parent.group_names):
                namesake = reader.get(name)
                if namesake is not None and namesake.is_entry == message.is_entry:
                    self._named[message, namesake] = here
                    self._name(message.nested, namesake.nested, here)
            elif name in reader and not reader[name].is_entry:
                self._named[message, reader[name]] = here
                self._name(message.nested, reader[name].nested, here)
            else:
                self.removed.append((message, here))

    def pairs(self) -> Iterator[Pair]:
        met: set[tuple[Message, Message]] = set()
        roots = [key for key in self._named if not key[0].is_entry]
        for top_level in (True, False):
            waiting: deque[Pair] = deque()
            for key in roots:
                if (key[0].parent is None) is top_level and key not in met:
                    met.add(key)
                    waiting.append(Pair(*key, self._named[key]))
            while waiting:
                pair = waiting.popleft()
                yield pair
                for slot in links(pair):
                    inner = self.inner(slot) if self.is_written(slot) else None
                    if inner is not None and inner.key not in met:
                        met.add(inner.key)
                        waiting.append(inner)

    def is_written(self, slot: Both) -> bool:
        """Can anything ever be in this field?"""
        return self.writer.exists(slot.pair.writer) and self.writer.exists(slot.writer)

    def inner(self, slot: Both) -> Pair | None:
        """The types of a field that is read as a message on both sides, in one encoding."""
        if slot.writer.kind != slot.reader.kind:
            return None
        writer, reader = self.writer.message_of(slot.writer), self.reader.message_of(slot.reader)
        if writer is None or reader is None:
            return None
        path = slot.path if writer.is_entry or reader.is_entry else self._named.get((writer, reader), slot.path)
        return Pair(writer, reader, path, slot.pair, slot.number)


def slots(pair: Pair) -> Iterator[Slot]:
    writer, reader = pair.writer.slots, pair.reader.slots
    for number in sorted(writer.keys() | reader.keys()):
        yield Slot(pair, number, writer.get(number), reader.get(number))


def links(pair: Pair) -> Iterator[Both]:
    """What has a message or an enum in it on both sides."""
    reader = pair.reader.links
    for number, one in pair.writer.links.items():
        if number in reader:
            yield Both(pair, number, one, reader[number])


def both(pair: Pair) -> Iterator[Both]:
    reader = pair.reader.slots
    for number, one in pair.writer.slots.items():
        if number in reader:
            yield Both(pair, number, one, reader[number])
