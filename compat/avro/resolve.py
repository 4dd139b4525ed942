"""Walks two schemas together: which pairs of types can fail, and why. The verdict is here; words and proofs are not.

"The reader fails on some datum of the writer" is an inductive statement: a finite datum shows it. So it is a least
fixpoint over the pairs of types that meet, and "compatible" is what remains; to assume compatibility while a recursive
type is being compared, and to remember what was concluded from that, is unsound. Here all pairs are found first, then
failing spreads from those that fail by themselves to those that contain them: each pair once, in time linear in
pairs, whatever is recursive or shared.

A writer's type without any datum never fails. A union of the reader fails on a type when every branch that may be
taken for it fails, as in Java's checker; `chosen` says which one is taken.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, TypeAlias

from compat.avro.codec import CodecError, Datum
from compat.avro.defaulting import from_default
from compat.avro.logical import Logical, logical_of, time_change
from compat.avro.matching import PROMOTIONS, Branches, Clash, Shared, kind_of, same_name, supplies
from compat.avro.rules import (
    ALIAS_AMBIGUOUS,
    BYTES_READ_AS_STRING,
    DECIMAL_CHANGED,
    DEFAULT_INVALID,
    ENUM_SYMBOLS_REMOVED,
    FIELD_CLAIMED_TWICE,
    FIELD_FED_TWICE,
    FIELD_WITHOUT_DEFAULT,
    FIXED_SIZE_CHANGED,
    LOGICAL_TYPE_CHANGED,
    NAME_CHANGED,
    NAMESPACE_CHANGED,
    PROMOTION_LOSES_DIGITS,
    TIME_UNIT_CHANGED,
    TYPE_CHANGED,
    TYPE_MISMATCH,
    UNION_BRANCH_CHANGED,
    UNION_BRANCH_REMOVED,
    Rule,
    Wire,
    mismatch,
    upper,
)
from compat.avro.smallest import Smallest
from compat.avro.types import ABSENT, Absent, Array, Enum, Field, Fixed, Map, Named, Primitive, Record, Type, Union
from compat.json_text import java_order
from compat.policy import TooMuch

_LOSSY: Final = {("int", "float"): 24, ("long", "float"): 24, ("long", "double"): 53}  # bits that survive


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule that a pair of types breaks (or, if the rule does not refuse, brushes) by itself.

    tokens   where, below the pair, as Confluent spells paths
    reader   what is declared there on each side
    step     the field that is at fault, when it is one of a record
    datum    a datum of the pair's writer that shows it; ABSENT when its smallest does
    """

    rule: Rule
    info: str
    reader: Type | Field | None
    writer: Type | Field | None
    tokens: tuple[str, ...] = ()
    step: str | None = None
    datum: Datum | Absent = ABSENT
    wire: Wire | None = None


@dataclass(eq=False, slots=True)
class Edge:
    """A pair inside a pair. `child` is None when nothing can be wrong with it; `key` is the field, or the branch."""

    child: "Pair | None"
    tokens: tuple[str, ...]
    key: str | int = 0


Part: TypeAlias = Fault | Edge


@dataclass(eq=False, slots=True)
class Pair:
    """A type of the reader that meets one of the writer.

    parts    its faults and inner pairs, in the order in which Confluent lists them
    choice   the reader's is a union and the writer's is none: the edges are candidates, in the decoders' order
    fails    some datum of the writer is not readable
    because  the inner pair by which failing was found; None when a fault of its own shows it
    """

    reader: Type
    writer: Type
    parts: list[Part] = field(default_factory=list)
    choice: bool = False
    fails: bool = False
    because: Edge | None = None

    @property
    def edges(self) -> Iterator[Edge]:
        return (part for part in self.parts if isinstance(part, Edge))

    @property
    def chosen(self) -> Edge:
        """Of the candidates the first that never fails, else the first. Only for a choice that has candidates."""
        candidates = list(self.edges)
        return next((edge for edge in candidates if edge.child is None or not edge.child.fails), candidates[0])

    @property
    def lack(self) -> Fault:
        """What is wrong with a choice that fails."""
        own = next((part for part in self.parts if isinstance(part, Fault)), None)
        return own or Fault(UNION_BRANCH_CHANGED, _lacking(self.writer), self.reader, self.writer)


class Resolution:
    """How a reader resolves a writer. `root` is None when no pair of types has anything worth saying."""

    def __init__(self, reader: Type, writer: Type, *, budget: int | None = None) -> None:
        self._steps = budget
        self._pairs: dict[tuple[Type, Type], Pair] = {}
        self._open: list[Pair] = []
        self._parents: dict[Pair, list[tuple[Pair, Edge]]] = {}
        self._faulty: list[Pair] = []
        self._sources: dict[Record, dict[str, Field]] = {}
        self._branches: dict[Union, Branches] = {}
        self._defaults: dict[Field, str] = {}
        self.remarkable = False
        self.smallest: Smallest | None = None
        self.writer = writer
        self.reader = reader
        self.root = self._pair(reader, writer)
        while self._open:
            self._expand(self._open.pop())
        if self._faulty:
            self.smallest = Smallest(writer)
            self._spread(self.smallest)
        elif not self.remarkable:
            self._remember()

    @property
    def fails(self) -> bool:
        return self.root is not None and self.root.fails

    def spend(self, steps: int) -> None:
        """Counts work. Raises TooMuch when the budget is used up."""
        if self._steps is not None:
            self._steps -= steps
            if self._steps < 0:
                raise TooMuch

    def sources(self, writer: Record) -> dict[str, Field]:
        """The fields of a record by name."""
        found = self._sources.get(writer)
        if found is None:
            found = self._sources[writer] = {one.name: one for one in writer.fields}
        return found

    def tried(self, choice: Pair) -> list[Pair | None]:
        """The branches that Confluent's checker tries, in its order: the candidates, and of the others, which fail by
        their names, those that meet the writer's type elsewhere too. Of the rest nobody would notice.
        """
        tried = {int(edge.key): edge.child for edge in choice.edges}
        if isinstance(choice.reader, Union) and not isinstance(choice.writer, Primitive):
            places = self._branches[choice.reader].places
            for pair in self._meetings.get(choice.writer, ()):
                if pair.reader in places:
                    tried.setdefault(places[pair.reader], pair)
        return [tried[index] for index in sorted(tried)]

    @cached_property
    def _meetings(self) -> dict[Type, list[Pair]]:
        """The pairs of each type of the writer, primitives apart."""
        meetings: dict[Type, list[Pair]] = {}
        for (_, writer), pair in self._pairs.items():
            meetings.setdefault(writer, []).append(pair)
        return meetings

    def chosen(self, reader: Union, writer: Type) -> int | None:
        """The branch of `reader` that takes `writer`, which is no union; None when none does."""
        pair = self._pairs.get((reader, writer))
        if pair is not None:
            return int(pair.chosen.key) if any(pair.edges) else None
        return next(iter(self._candidates(reader, writer)), None)

    # ------------------------------------------------------------ all pairs

    def _pair(self, reader: Type, writer: Type) -> Pair | None:
        """The pair of two types; None when both are the same plain primitive, or one is promoted without loss, or
        both are one record that is known to read itself.

        A primitive has no identity, so pairs with one are made anew at each place.
        """
        self.spend(1)
        if isinstance(reader, Primitive) and isinstance(writer, Primitive):
            if reader.kind == writer.kind and not reader.props and not writer.props:
                return None
            return self._primitives(reader, writer)
        if isinstance(reader, Union) and _has_plainly(reader, writer):
            return None
        if reader is writer and isinstance(reader, Record) and reader.reads_itself:
            return None
        if isinstance(reader, Primitive) or isinstance(writer, Primitive):
            pair = Pair(reader, writer)
            self._open.append(pair)
            return pair
        known = self._pairs.get((reader, writer))
        if known is None:
            known = self._pairs[reader, writer] = Pair(reader, writer)
            self._open.append(known)
        return known

    def _remember(self) -> None:
        """Of records that many refer to, each of which meets itself in the schemas of all."""
        for reader, writer in self._pairs:
            if reader is writer and isinstance(reader, Record) and reader.referent:
                reader.reads_itself = True

    def _expand(self, pair: Pair) -> None:
        match pair.reader, pair.writer:
            case _, Union():
                self._all_branches(pair, pair.reader, pair.writer)
            case Union(), _:
                self._one_branch(pair, pair.reader)
            case Record(), Record():
                self._record(pair, pair.reader, pair.writer)
            case Enum(), Enum():
                self._enum(pair, pair.reader, pair.writer)
            case Fixed(), Fixed():
                self._fixed(pair, pair.reader, pair.writer)
            case Array(), Array():
                self._link(pair, pair.reader.items, pair.writer.items, ("items",))
            case Map(), Map():
                self._link(pair, pair.reader.values, pair.writer.values, ("values",))
            case _:
                self._fault(pair, _type_changed(pair.reader, pair.writer))

    def _fault(self, pair: Pair, fault: Fault) -> None:
        if not fault.rule.refuses or fault.rule is DECIMAL_CHANGED:  # bytes of a decimal can be read, whatever they say
            self.remarkable = True
        elif not pair.fails:
            pair.fails = True  # by its own fault; whether the writer has a datum to show it is seen when all is known
            self._faulty.append(pair)
        pair.parts.append(fault)

    def _link(self, pair: Pair, reader: Type, writer: Type, tokens: tuple[str, ...], key: str | int = 0) -> None:
        child = self._pair(reader, writer)
        if child is not None:
            self._join(pair, Edge(child, tokens, key))

    def _join(self, pair: Pair, edge: Edge) -> None:
        pair.parts.append(edge)
        if edge.child is not None:
            self._parents.setdefault(edge.child, []).append((pair, edge))

    def _all_branches(self, pair: Pair, reader: Type, writer: Union) -> None:
        for index, branch in enumerate(writer.branches):
            self._link(pair, reader, branch, (str(index),), index)

    def _one_branch(self, pair: Pair, reader: Union) -> None:
        pair.choice = True
        candidates = self._candidates(reader, pair.writer)
        if not candidates:
            self._fault(pair, Fault(UNION_BRANCH_REMOVED, _lacking(pair.writer), reader, pair.writer))
        for index in candidates:
            self._join(pair, Edge(self._pair(reader.branches[index], pair.writer), (), index))
        if len(candidates) > 1:
            self.remarkable = True

    def _candidates(self, reader: Union, writer: Type) -> Sequence[int]:
        branches = self._branches.get(reader)
        if branches is None:
            branches = self._branches[reader] = Branches(reader)
        return branches.candidates(writer)

    def _record(self, pair: Pair, reader: Record, writer: Record) -> None:
        self._name(pair, reader, writer)
        for one, supply in zip(reader.fields, supplies(reader, self.sources(writer)), strict=True):
            match supply:
                case Field():
                    self._fed(pair, one, supply)
                case Clash():
                    rule = ALIAS_AMBIGUOUS if supply.sources[0].name == one.name else FIELD_FED_TWICE
                    self._fault(pair, _field_fault(rule, one, supply.sources[0]))
                case Shared():
                    self._fault(pair, _field_fault(FIELD_CLAIMED_TWICE, one, supply.source))
                    self._fed(pair, one, supply.source)
                case None if one.default is not ABSENT:
                    if self.flaw(one):
                        self._fault(pair, _field_fault(DEFAULT_INVALID, one, None))
                case None if isinstance(one.type, Enum) and one.type.default is not None:
                    self._fault(pair, _as_java_says(one, one.type, writer))
                case None:
                    self._fault(pair, _field_fault(FIELD_WITHOUT_DEFAULT, one, None))

    def _fed(self, pair: Pair, one: Field, source: Field) -> None:
        child = self._pair(one.type, source.type)
        if child is not None:
            self._join(pair, Edge(child, ("fields", str(one.position), "type"), source.name))

    def flaw(self, one: Field) -> str:
        """Why the default of a field is of no use, or "". Stored schemas may have such: nobody checked them."""
        if one not in self._defaults:
            try:
                from_default(one)
            except CodecError as error:
                self._defaults[one] = str(error)
            else:
                self._defaults[one] = ""
        return self._defaults[one]

    def _name(self, pair: Pair, reader: Named, writer: Named) -> None:
        if not same_name(reader, writer):
            rule = NAME_CHANGED
        elif reader.name.full != writer.name.full and writer.name.full not in {alias.full for alias in reader.aliases}:
            rule = NAMESPACE_CHANGED
        else:
            return
        self._fault(pair, Fault(rule, f"expected: {writer.name.full}", reader, writer, ("name",)))

    def _enum(self, pair: Pair, reader: Enum, writer: Enum) -> None:
        self._name(pair, reader, writer)
        known = set(reader.symbols)
        missing = [symbol for symbol in writer.symbols if symbol not in known]
        if missing and (reader.default is None or reader.default not in known):
            info = f"[{', '.join(sorted(missing, key=java_order))}]"
            self._fault(pair, Fault(ENUM_SYMBOLS_REMOVED, info, reader, writer, ("symbols",), datum=missing[0]))

    def _fixed(self, pair: Pair, reader: Fixed, writer: Fixed) -> None:
        self._name(pair, reader, writer)
        if reader.size != writer.size:
            info = f"expected: {writer.size}, found: {reader.size}"
            self._fault(pair, Fault(FIXED_SIZE_CHANGED, info, reader, writer, ("size",)))
        else:
            self._logical(pair, reader, writer)

    def _primitives(self, reader: Primitive, writer: Primitive) -> Pair | None:
        pair = Pair(reader, writer)
        if reader.kind != writer.kind and reader.kind not in PROMOTIONS.get(writer.kind, ()):
            self._fault(pair, _type_changed(reader, writer))
            return pair
        if writer.kind == "bytes" and reader.kind == "string":
            self._fault(pair, _changed(BYTES_READ_AS_STRING, reader, writer, b"\xff"))
        if (writer.kind, reader.kind) in _LOSSY:
            odd = (1 << _LOSSY[writer.kind, reader.kind]) + 1
            self._fault(pair, _changed(PROMOTION_LOSES_DIGITS, reader, writer, odd))
        self._logical(pair, reader, writer)
        return pair if pair.parts else None

    def _logical(self, pair: Pair, reader: Primitive | Fixed, writer: Primitive | Fixed) -> None:
        rule = logical_change(reader, writer)
        if rule is None:
            return
        left, right = logical_of(reader), logical_of(writer)
        info = f"reader type: {_shouted(left, reader)} not compatible with writer type: {_shouted(right, writer)}"
        datum: Datum | Absent = ABSENT
        if rule is DECIMAL_CHANGED:
            datum = decimal_datum(left, right, writer)
        elif rule is TIME_UNIT_CHANGED and left and right:
            datum = 10 ** (time_change(left, right) or (0, 0))[1]  # a second
        self._fault(pair, Fault(rule, info, reader, writer, datum=datum))

    # ------------------------------------------------------------ the fixpoint

    def _spread(self, smallest: Smallest) -> None:
        """From the pairs that fail by themselves to all that contain them, nearest first: `because` has no circles."""
        for pair in self._faulty:
            pair.fails = smallest.exists(pair.writer)
        reached = deque(pair for pair in self._faulty if pair.fails)
        left: dict[Pair, int] = {}
        while reached:
            for parent, edge in self._parents.get(reached.popleft(), ()):
                if parent.fails or not smallest.exists(parent.writer):
                    continue
                if parent.choice:
                    left[parent] = left.get(parent, sum(1 for _ in parent.edges)) - 1
                    if left[parent]:
                        continue
                parent.fails = True
                parent.because = next(parent.edges) if parent.choice else edge
                reached.append(parent)


def _has_plainly(reader: Union, writer: Type) -> bool:
    """Is the writer's a plain primitive, or are all its branches, that the reader's union has as it is?

    Most optional fields are: they need no pair. Only short unions are looked at, for it is done at each place.
    """
    if len(reader.branches) > 8:
        return False
    kinds = {one.kind for one in reader.branches if isinstance(one, Primitive) and not one.props}
    branches = writer.branches if isinstance(writer, Union) else [writer]
    return all(isinstance(one, Primitive) and not one.props and one.kind in kinds for one in branches)


def logical_change(reader: Primitive | Fixed, writer: Primitive | Fixed) -> Rule | None:
    """The rule that two logical types break together, when the values under them can be read."""
    if not reader.props and not writer.props:
        return None
    left, right = logical_of(reader), logical_of(writer)
    if left == right:
        return None
    names = {one.name for one in (left, right) if one}
    if names == {"decimal"} and left and right:
        return DECIMAL_CHANGED
    if names & {"decimal", "big-decimal"}:
        return LOGICAL_TYPE_CHANGED
    if left and right:
        return TIME_UNIT_CHANGED if time_change(left, right) else LOGICAL_TYPE_CHANGED
    return None


def decimal_datum(reader: Logical | None, writer: Logical | None, type_: Primitive | Fixed) -> bytes:
    """1234, as far as the writer's precision goes; as many digits as it allows when that is beyond the reader's."""
    assert reader is not None
    assert writer is not None
    digits = writer.precision if reader.scale == writer.scale and reader.precision < writer.precision else 4
    unscaled = int(("1234567890" * (digits // 10 + 1))[: min(digits, writer.precision, 1000)])
    size = type_.size if isinstance(type_, Fixed) else unscaled.bit_length() // 8 + 1
    return unscaled.to_bytes(size, "big", signed=True)


def _changed(rule: Rule, reader: Type, writer: Type, datum: Datum) -> Fault:
    return Fault(rule, mismatch(reader, writer), reader, writer, datum=datum)


def _type_changed(reader: Type, writer: Type) -> Fault:
    return Fault(TYPE_CHANGED, mismatch(reader, writer), reader, writer)


def _field_fault(rule: Rule, one: Field, source: Field | None) -> Fault:
    return Fault(rule, one.name, one, source, ("fields", str(one.position)), step=one.name)


def _as_java_says(one: Field, type_: Enum, writer: Type) -> Fault:
    """Java takes the default of a missing field's enum for the field's, then compares the enum with the whole record.

    So Confluent answers with a type mismatch. The rule is ours, the message theirs.
    """
    tokens = ("fields", str(one.position), "type")
    info = mismatch(type_, writer)
    return Fault(FIELD_WITHOUT_DEFAULT, info, one, None, tokens, step=one.name, wire=TYPE_MISMATCH)


def _lacking(writer: Type) -> str:
    return f"reader union lacking writer type: {upper(writer)}"


def _shouted(logical: Logical | None, type_: Type) -> str:
    return (str(logical) if logical else kind_of(type_)).upper()
