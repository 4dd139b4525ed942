"""Proofs: a datum of the writer for a difference, and the runs that show that it is not readable.

A difference is met on a way from the root of both schemas; its witness is the smallest datum of the writer that leads
that way and ends in what the reader cannot take. It is claimed only when it was run: our own reader must name the very
rule at the very place, and fastavro must refuse the bytes too, wherever its judgement is to be had.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import fastavro

from compat.avro.codec import Branch, CodecError, Datum, Walk, encode, finish, to_json
from compat.avro.reader import Problem, Reader
from compat.avro.resolve import Edge, Fault, Pair, Resolution
from compat.avro.rules import (
    ALIAS_AMBIGUOUS,
    DEFAULT_INVALID,
    NAME_CHANGED,
    TYPE_CHANGED,
    UNION_BRANCH_CHANGED,
    UNION_BRANCH_REMOVED,
)
from compat.avro.smallest import SIZE, Smallest
from compat.avro.types import ABSENT, Array, Enum, Fixed, Json, Map, Primitive, Record, Type, Union
from compat.report import Witness

DEEPEST: Final = 100  # levels of types that fastavro is given: it recurses on the C stack, without a guard


@dataclass(frozen=True, slots=True)
class Trail:
    """A way through pairs: how `pair` was reached, from the root, whose `edge` and `up` are None."""

    pair: Pair
    edge: Edge | None = None
    up: "Trail | None" = None

    def to(self, edge: Edge) -> "Trail":
        assert edge.child is not None
        return Trail(edge.child, edge, self)

    def back(self) -> Iterator[tuple[Pair, Edge]]:
        """The way back: each pair with its edge that was taken, the innermost first."""
        here = self
        while here.up is not None and here.edge is not None:
            yield here.up.pair, here.edge
            here = here.up

    @property
    def steps(self) -> tuple[str | int, ...]:
        """The place in the datum."""
        return tuple(reversed([step for pair, edge in self.back() for step in _steps(pair, edge)]))


class Prover:
    """Makes and runs the witnesses of one comparison."""

    def __init__(self, resolution: Resolution) -> None:
        self._resolution = resolution
        self._smallest = resolution.smallest or Smallest(resolution.writer)
        self._reader = Reader(resolution)
        self._second: Callable[[bytes], bool] | None = None
        self._runs: dict[bytes, tuple[Problem, ...]] = {}

    def witness(self, fault: Fault, trail: Trail) -> Witness | None:
        """The proof of a fault that was met on a trail, if it was run and held."""
        start, datum, steps = self._end(fault, trail)
        built = self._built(start, datum)
        if built is _TOO_BIG:
            return None
        try:
            data = encode(self._resolution.writer, built)
            problems = self._run(data)
        except CodecError:  # nested deeper than the codec goes
            return None
        problem = next((one for one in problems if _shows(one, fault, steps)), None)
        if problem is None or not (problem.reads or self._refused(data, fault)):
            return None
        return Witness(to_json(self._resolution.writer, built), data.hex(), str(problem))

    def _end(self, fault: Fault, trail: Trail) -> tuple[Trail, Datum, tuple[str | int, ...]]:
        """The end of the way, the datum there, and the place at which the reader must complain."""
        steps = trail.steps
        if fault.rule is UNION_BRANCH_CHANGED:
            while trail.pair.because is not None:
                trail = trail.to(trail.pair.because)
            inner = next(part for part in trail.pair.parts if isinstance(part, Fault) and part.rule.refuses)
            return trail, self._shown(inner, trail.pair.writer), steps
        own = () if fault.step is None else (fault.step,)
        return trail, self._shown(fault, trail.pair.writer), steps + own

    def _shown(self, fault: Fault, writer: Type) -> Datum:
        if fault.datum is not ABSENT:
            return fault.datum
        if self._smallest.size(writer) > SIZE:
            return _TOO_BIG
        if fault.rule in (TYPE_CHANGED, UNION_BRANCH_REMOVED):
            return self._smallest.telling(writer)
        return self._smallest.datum(writer)

    def _built(self, trail: Trail, datum: Datum) -> Datum:
        """The whole datum: `datum` at the end of the way, all else as small as can be."""
        size = 1
        for pair, edge in trail.back():
            if datum is _TOO_BIG:
                break
            writer = pair.writer
            if pair.choice:
                continue  # the branches of the reader's union leave no trace in the writer's datum
            if isinstance(writer, Record):
                size += sum(self._smallest.size(field.type) for field in writer.fields if field.name != edge.key)
                datum = self._record(writer, edge, datum) if size <= SIZE else _TOO_BIG
            elif isinstance(writer, Union):
                datum = Branch(int(edge.key), datum)
            else:
                datum = [datum] if isinstance(writer, Array) else {"k": datum}
        if datum is not _TOO_BIG:
            self._resolution.spend(size)
        return datum

    def _record(self, writer: Record, edge: Edge, datum: Datum) -> Datum:
        small = self._smallest.datum
        return {field.name: datum if field.name == edge.key else small(field.type) for field in writer.fields}

    def _run(self, data: bytes) -> tuple[Problem, ...]:
        if data not in self._runs:
            self._runs[data] = self._reader.examine(data)[1]
        return self._runs[data]

    def _refused(self, data: bytes, fault: Fault) -> bool:
        """Does fastavro refuse as well? True where its word means nothing."""
        if _fastavro_may_read(fault):
            return True
        if self._second is None:
            self._second = second_opinion(self._resolution.reader, self._resolution.writer)
        return self._second(data)


_TOO_BIG: Final = object()


def _steps(pair: Pair, edge: Edge) -> tuple[str | int, ...]:
    if pair.choice:
        return ()
    match pair.writer:
        case Record():
            return (edge.key,)
        case Array():
            return (0,)
        case Map():
            return ("k",)
        case _:
            return ()


def _shows(problem: Problem, fault: Fault, steps: tuple[str | int, ...]) -> bool:
    if fault.rule is UNION_BRANCH_CHANGED:
        return not problem.reads and problem.steps[: len(steps)] == steps
    return problem.rule is fault.rule and problem.steps == steps


# ---------------------------------------------------------------- the second opinion


def _fastavro_may_read(fault: Fault) -> bool:
    """Where fastavro is known to read what the specification does not let it read.

    It takes the aliased field beside the direct one, does not look at defaults, gives the raw datum to an empty union,
    and compares aliases without their namespaces.
    """
    if fault.rule in (ALIAS_AMBIGUOUS, DEFAULT_INVALID):
        return True
    if fault.rule is UNION_BRANCH_REMOVED:
        return isinstance(fault.reader, Union) and _short_alias(fault.reader.branches, fault.writer)
    return fault.rule is NAME_CHANGED and _short_alias([fault.reader], fault.writer)


def _short_alias(readers: list[Any], writer: Any) -> bool:
    if not readers:
        return True
    return isinstance(writer, Record | Enum | Fixed) and any(
        alias.base == writer.name.base
        for reader in readers
        if isinstance(reader, Record | Enum | Fixed)
        for alias in reader.aliases
    )


def second_opinion(reader: Type, writer: Type) -> Callable[[bytes], bool]:
    """Asks fastavro whether it refuses bytes of the writer. What it cannot be asked, it does not object to."""
    try:
        ours, theirs = (fastavro.parse_schema(finish(_plain(root, {}), depth=DEEPEST)) for root in (reader, writer))
    except Exception:  # noqa: BLE001  (names, defaults, depth: stored schemas hold more than fastavro takes)
        return lambda _: True

    def refuses(data: bytes) -> bool:
        try:
            fastavro.schemaless_reader(io.BytesIO(data), theirs, ours)
        except Exception:  # noqa: BLE001  (it refuses with whatever came up: KeyError, its own, UnicodeDecodeError)
            return True
        return False

    return refuses


def _plain(type_: Type, seen: dict[Type, str]) -> Walk[Json]:
    """The schema without logical types, which would make fastavro convert values, and without all that is metadata.

    Every name gets a namespace, because fastavro has no way to name a type without one from inside another.
    """
    match type_:
        case Primitive():
            return type_.kind
        case Array():
            return {"type": "array", "items": (yield _plain(type_.items, seen))}
        case Map():
            return {"type": "map", "values": (yield _plain(type_.values, seen))}
        case Union():
            branches: list[Json] = []
            for branch in type_.branches:
                branches += [(yield _plain(branch, seen))]
            return branches
        case _ if type_ in seen:
            return seen[type_]
        case Fixed() | Enum() | Record():
            seen[type_] = f"w.{type_.name.full}"
            aliases = [f"w.{alias.full}" for alias in type_.aliases]
            return {"name": seen[type_], "aliases": aliases} | (yield _plain_definition(type_, seen))


def _plain_definition(type_: Fixed | Enum | Record, seen: dict[Type, str]) -> Walk[Json]:
    if isinstance(type_, Fixed):
        return {"type": "fixed", "size": type_.size}
    default: dict[str, Json]
    if isinstance(type_, Enum):
        default = {} if type_.default is None else {"default": type_.default}
        return {"type": "enum", "symbols": list(type_.symbols)} | default
    fields: list[Json] = []
    for field in type_.fields:
        inner = yield _plain(field.type, seen)
        default = {} if field.default is ABSENT else {"default": field.default}
        fields += [{"name": field.name, "type": inner, "aliases": list(field.aliases)} | default]
    return {"type": "record", "fields": fields}
