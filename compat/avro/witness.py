"""Proofs: a datum of the writer for a difference, and the runs that show that it is not readable.

A difference is met on a way from the root of both schemas; its witness is the smallest datum of the writer that leads
that way and ends in what the reader cannot take. It is claimed only when it was run: our own reader must name the very
rule at the very place, and fastavro must refuse the bytes too, wherever its judgement is to be had.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import fastavro

from compat.avro.codec import DEPTH, Branch, Datum, encode
from compat.avro.json_encoding import to_json
from compat.avro.reader import Problem, Reader
from compat.avro.resolve import Edge, Fault, Pair, Resolution
from compat.avro.rules import (
    ALIAS_AMBIGUOUS,
    DEFAULT_INVALID,
    FIELD_CLAIMED_TWICE,
    NAME_CHANGED,
    TYPE_CHANGED,
    UNION_BRANCH_CHANGED,
    UNION_BRANCH_REMOVED,
)
from compat.avro.smallest import SIZE, Smallest
from compat.avro.types import ABSENT, Absent, Array, Enum, Fixed, Json, Map, Primitive, Record, Type, Union
from compat.report import Witness
from compat.stack import Walk, finish

VOLUME: Final = 200_000  # values of all data that are made for one answer
TEXT: Final = 2_000_000  # characters of all its witnesses: many may show the same datum
GLANCES: Final = 3  # data of one answer that are made only to be clearer than another that shows as much
ASKED: Final = 500_000  # values, and pairs of branches, that fastavro looks at for them: a tenth of a second
DEEPEST: Final = 100  # levels of types, and of data, that fastavro is given

Steps: TypeAlias = tuple[str | int, ...]


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
    def steps(self) -> Steps:
        """The place in the datum."""
        return tuple(reversed([step for pair, edge in self.back() for step in _steps(pair, edge)]))


@dataclass(slots=True)
class _Built:
    """A datum on its way from the end of a trail to its root.

    plain   it is the smallest datum of its type, and shared
    """

    datum: Datum
    size: int
    depth: int
    plain: bool


@dataclass(slots=True)
class _Run:
    """A datum of the whole writer, and what was said of its bytes: by our reader, and by fastavro, once it is asked."""

    built: _Built
    json: str
    data: bytes
    problems: tuple[Problem, ...]
    places: dict[tuple[str, Steps], Problem]
    refused: bool | None = None


class Prover:
    """Makes and runs the witnesses of one comparison."""

    def __init__(self, resolution: Resolution) -> None:
        self.smallest = resolution.smallest or Smallest(resolution.writer)
        self.resolution = resolution
        self._reader = Reader(resolution)
        self._second: SecondOpinion | None = None
        self._plain: _Run | None = None
        self._left = VOLUME
        self._text = TEXT
        self._asked = 0
        self._glances = GLANCES

    def witness(self, fault: Fault, trail: Trail) -> Witness | None:
        """The proof of a fault that was met on a trail, if it was run and held."""
        cause, end, steps = self._end(fault, trail)
        built = self._built(cause, end)
        run = built and self._run(built)
        if not built or not run:
            return None
        problem = _shown(run, fault, steps)
        if problem is None or not (problem.reads or self._refused(run, cause)):
            return None
        self._text -= len(run.json) + 2 * len(run.data)
        return None if self._text < 0 else Witness(run.json, run.data.hex(), str(problem))

    def _end(self, fault: Fault, trail: Trail) -> tuple[Fault, Trail, Steps]:
        """What is at fault in the end, the way there, and the place of which our reader must complain."""
        steps = trail.steps
        if fault.rule is not UNION_BRANCH_CHANGED:
            return fault, trail, steps if fault.step is None else (*steps, fault.step)
        while trail.pair.because is not None:
            self.resolution.spend(1)
            trail = trail.to(trail.pair.because)
        cause = next(part for part in trail.pair.parts if isinstance(part, Fault) and part.rule.refuses)
        return cause, trail, steps

    def _built(self, cause: Fault, trail: Trail) -> _Built | None:
        """The whole datum: what shows the cause at the end of the way, all else as small as can be."""
        built = self._start(cause, trail.pair.writer)
        for pair, edge in trail.back():
            if built is None or built.size > SIZE:
                return None
            if not pair.choice:  # a branch of the reader's union leaves no trace in the writer's datum
                built = self._around(built, pair.writer, edge)
        return built

    def _start(self, cause: Fault, writer: Type) -> _Built | None:
        special = cause.datum
        if special is ABSENT and self._glances:
            special = _telling(cause, writer)
            self._glances -= special is not ABSENT
        if special is not ABSENT:
            return _Built(special, _size(special), 1, plain=False)
        if self.smallest.size(writer) > SIZE:
            return None
        datum = self.smallest.datum(writer)
        return _Built(datum, self.smallest.size(writer), self.smallest.depth(writer), plain=True)

    def _around(self, inner: _Built, writer: Type, edge: Edge) -> _Built | None:
        small = self.smallest
        if isinstance(writer, Record):
            return self._record(inner, writer, edge)
        if not isinstance(writer, Union):
            one: Datum = [inner.datum] if isinstance(writer, Array) else {"k": inner.datum}
            return _Built(one, inner.size + 2, inner.depth + 1, plain=False)
        plain = inner.plain and small.choice(writer) == edge.key
        datum = small.datum(writer) if plain else Branch(int(edge.key), inner.datum)
        return _Built(datum, inner.size + 1, inner.depth + 1, plain)

    def _record(self, inner: _Built, writer: Record, edge: Edge) -> _Built | None:
        small = self.smallest
        size = small.size(writer) + inner.size - small.size(self.resolution.sources(writer)[str(edge.key)].type)
        if (
            size > SIZE
        ):  # and if `small.size(writer)` is only known to be more, so it is: the inner is not below its own
            return None
        depth = max(inner.depth + 1, small.depth(writer))
        if inner.plain:
            return _Built(small.datum(writer), size, depth, plain=True)
        datum = {one.name: inner.datum if one.name == edge.key else small.datum(one.type) for one in writer.fields}
        return _Built(datum, size, depth, plain=False)

    def _run(self, built: _Built) -> _Run | None:
        """Runs a datum, the plain one only once. None when it is nested too deep, or the volume is used up."""
        if built.plain and self._plain:
            return self._plain
        if built.size > self._left or built.depth > DEPTH:
            return None
        self._left -= built.size
        self.resolution.spend(built.size)
        data = encode(self.resolution.writer, built.datum)
        problems = self._reader.examine(data)[1]
        places = {(problem.rule.name, problem.steps): problem for problem in reversed(problems)}
        run = _Run(built, to_json(self.resolution.writer, built.datum), data, problems, places)
        if built.plain:
            self._plain = run
        return run

    def _refused(self, run: _Run, cause: Fault) -> bool:
        """Does fastavro refuse as well? True where it cannot be asked, or its word means nothing."""
        if _fastavro_may_read(cause) or run.built.depth > DEEPEST:
            return True
        if self._second is None:
            self._second = SecondOpinion(self.resolution.reader, self.resolution.writer)
        if run.refused is None:
            self.resolution.spend(2 * self._second.widest)  # it tells the whole union in what it raises
            self._asked += run.built.size + self._second.widest**2
            run.refused = self._asked > ASKED or self._second.refuses(run.data)
        return run.refused


def _steps(pair: Pair, edge: Edge) -> Steps:
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


def _shown(run: _Run, fault: Fault, steps: Steps) -> Problem | None:
    """What the reader said of this fault at this place; inside a branch, whatever it could not read."""
    if fault.rule is not UNION_BRANCH_CHANGED:
        return run.places.get((fault.rule.name, steps))
    inside = (one for one in run.problems if not one.reads and one.steps[: len(steps)] == steps)
    return next(inside, None)


def _telling(cause: Fault, writer: Type) -> Datum | Absent:
    """A number that a smaller type could not hold: it shows at a glance why. ABSENT where any datum does."""
    if cause.rule in (TYPE_CHANGED, UNION_BRANCH_REMOVED) and isinstance(writer, Primitive):
        readers = cause.reader.branches if isinstance(cause.reader, Union) else [cause.reader]
        smaller, datum = _TELLING.get(writer.kind, ("", ABSENT))
        if any(isinstance(reader, Primitive) and reader.kind == smaller for reader in readers):
            return datum
    return ABSENT


_TELLING: Final[dict[str, tuple[str, Datum]]] = {"long": ("int", 1 << 40), "double": ("float", 1e300)}


def _size(datum: Datum) -> int:
    return 2 + len(datum) if isinstance(datum, bytes) else 2


# ---------------------------------------------------------------- the second opinion


def _fastavro_may_read(fault: Fault) -> bool:
    """Where fastavro is known to read what the specification does not let it read.

    It takes the aliased field beside the direct one, and the default of one of two fields that share a source; it does
    not look at defaults, gives the raw datum to an empty union, and compares aliases without their namespaces.
    """
    if fault.rule in (ALIAS_AMBIGUOUS, FIELD_CLAIMED_TWICE, DEFAULT_INVALID):
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


class SecondOpinion:
    """Asks fastavro whether it refuses bytes of the writer. What it cannot be asked, it does not object to.

    It has no guard against depth: schemas or data that are nested thousands of levels deep crash the process. And it
    compares each branch of a union with each of the other: `widest` says how many there may be.
    """

    def __init__(self, reader: Type, writer: Type) -> None:
        self._schemas: tuple[Any, Any] | None = None
        self.widest = 1
        try:
            ours, theirs = (finish(_plain(root, {}, self), depth=DEEPEST) for root in (reader, writer))
            self._schemas = fastavro.parse_schema(ours), fastavro.parse_schema(theirs)
        except Exception:  # noqa: BLE001, S110  (names, defaults, depth: stored schemas hold more than fastavro takes)
            pass

    def refuses(self, data: bytes) -> bool:
        if self._schemas is None:
            return True
        ours, theirs = self._schemas
        try:
            fastavro.schemaless_reader(io.BytesIO(data), theirs, ours)
        except Exception:  # noqa: BLE001  (it refuses with whatever came up: KeyError, its own, UnicodeDecodeError)
            return True
        return False


def _plain(type_: Type, seen: dict[Type, str], opinion: SecondOpinion) -> Walk[Json]:
    """The schema without logical types, which would make fastavro convert values, and without all that is metadata.

    Every name gets a namespace, because fastavro has no way to name a type without one from inside another.
    """
    match type_:
        case Primitive():
            return type_.kind
        case Array():
            return {"type": "array", "items": (yield _plain(type_.items, seen, opinion))}
        case Map():
            return {"type": "map", "values": (yield _plain(type_.values, seen, opinion))}
        case Union():
            opinion.widest = max(opinion.widest, len(type_.branches))
            branches: list[Json] = []
            for branch in type_.branches:
                branches += [_brief(branch) or (yield _plain(branch, seen, opinion))]
            return branches
        case _ if type_ in seen:
            return seen[type_]
        case Fixed() | Enum() | Record():
            seen[type_] = f"w.{type_.name.full}"
            aliases = [f"w.{alias.full}" for alias in type_.aliases]
            return {"name": seen[type_], "aliases": aliases} | (yield _plain_definition(type_, seen, opinion))


def _plain_definition(type_: Fixed | Enum | Record, seen: dict[Type, str], opinion: SecondOpinion) -> Walk[Json]:
    if isinstance(type_, Fixed):
        return {"type": "fixed", "size": type_.size}
    default: dict[str, Json]
    if isinstance(type_, Enum):
        default = {} if type_.default is None else {"default": type_.default}
        return {"type": "enum", "symbols": list(type_.symbols)} | default
    fields: list[Json] = []
    for field in type_.fields:
        inner = _brief(field.type) or (yield _plain(field.type, seen, opinion))
        default = {} if field.default is ABSENT else {"default": field.default}
        fields += [{"name": field.name, "type": inner, "aliases": list(field.aliases)} | default]
    return {"type": "record", "fields": fields}


def _brief(type_: Type) -> Json:
    """What most fields are, without a generator each: a primitive, or the union of one and null. None for others."""
    if isinstance(type_, Primitive):
        return type_.kind
    if isinstance(type_, Union) and len(type_.branches) == 2:
        kinds = [branch.kind for branch in type_.branches if isinstance(branch, Primitive)]
        return kinds if len(kinds) == 2 else None
    return None
