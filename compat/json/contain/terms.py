"""What a schema says, without drafts, references or keywords: propositions about a value, each made only once.

A term is an atom (one fact about values of one kind; it says nothing of other kinds), or true, false, not, all, any,
exactly one of several, a name for a term (recursion), or opaque: a proposition of which only its name is known.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal, TypeAlias

from compat.json.contain.budget import Budget
from compat.json.values import Json, Kind, frozen

Tag: TypeAlias = Literal["true", "false", "atom", "not", "all", "any", "one", "name", "opaque"]


class Term:
    """A proposition. Two of one `Terms` that are equal are one object."""

    __slots__ = ("atom", "key", "parts", "serial", "tag")

    def __init__(self, serial: int, tag: Tag, parts: "tuple[Term, ...]", atom: "Atom | None", key: Hashable) -> None:
        self.serial = serial
        self.tag = tag
        self.parts = parts
        self.atom = atom
        self.key = key


@dataclass(frozen=True, slots=True)
class Names:
    """Names of members: some words and all that match a pattern, or all others."""

    words: frozenset[str] = frozenset()
    patterns: frozenset[str] = frozenset()
    others: bool = False

    def __or__(self, more: "Names") -> "Names":
        if self.others or more.others:
            assert self in (NONE, EVERY) or more in (NONE, EVERY)
            return EVERY if EVERY in (self, more) else more if self == NONE else self
        return Names(self.words | more.words, self.patterns | more.patterns)

    def rest(self) -> "Names":
        return Names(self.words, self.patterns, not self.others)


NONE: Final = Names()
EVERY: Final = Names(others=True)


@dataclass(frozen=True, slots=True)
class Types:
    """The value is of one of these types. `written` is draft-04's integer: one that is written as such."""

    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Values:
    """The value is one of these. Equal if the values are, whatever their spelling."""

    keys: frozenset[Hashable]


@dataclass(frozen=True, slots=True)
class Bound:
    value: Fraction
    upper: bool
    exclusive: bool


@dataclass(frozen=True, slots=True)
class Multiple:
    factor: Fraction


@dataclass(frozen=True, slots=True)
class Pattern:
    text: str


@dataclass(frozen=True, slots=True)
class Size:
    """So many characters, items or members at most (`upper`) or at least."""

    of: Literal["string", "array", "object"]
    number: int
    upper: bool


@dataclass(frozen=True, slots=True)
class Has:
    name: str


@dataclass(frozen=True, slots=True)
class Members:
    """Every member of such a name is so."""

    names: Names
    term: Term


@dataclass(frozen=True, slots=True)
class Called:
    """The name of every member is so."""

    term: Term


@dataclass(frozen=True, slots=True)
class Items:
    """Every item from one place to another (None: the end) is so."""

    first: int
    last: int | None
    term: Term


@dataclass(frozen=True, slots=True)
class Contains:
    """So many items at most (`upper`) or at least are so."""

    term: Term
    number: int
    upper: bool


@dataclass(frozen=True, slots=True)
class Distinct:
    """No two items are equal."""


Atom: TypeAlias = (
    Types | Values | Bound | Multiple | Pattern | Size | Has | Members | Called | Items | Contains | Distinct
)
NUMBERS: Final[frozenset[Kind]] = frozenset(("integer", "float"))


def kinds_of(atom: Atom) -> frozenset[Kind] | None:
    """The kinds of values of which an atom says anything; None when it does of all."""
    match atom:
        case Types() | Values():
            return None
        case Bound() | Multiple():
            return NUMBERS
        case Pattern():
            return frozenset(("string",))
        case Size(of):
            return frozenset((of,))
        case Has() | Members() | Called():
            return frozenset(("object",))
        case Items() | Contains() | Distinct():
            return frozenset(("array",))


class Terms:
    """Makes terms. `values` has the document of each value that a `Values` knows by its key."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.values: dict[Hashable, Json] = {}
        self.named: dict[Hashable, Term] = {}
        self._made: dict[Hashable, Term] = {}
        self.true = self._make("true", "true")
        self.false = self._make("false", "false")

    def _make(
        self, key: Hashable, tag: Tag, parts: tuple[Term, ...] = (), atom: Atom | None = None, name: Hashable = None
    ) -> Term:
        found = self._made.get(key)
        if found is None:
            self.budget.spend()
            found = self._made[key] = Term(len(self._made), tag, parts, atom, name)
        return found

    def known(self) -> list[Term]:
        """All terms that were made so far."""
        return list(self._made.values())

    def atom(self, atom: Atom) -> Term:
        match atom:
            case Members(_, term) | Called(term) | Items(_, _, term) if term is self.true:
                return self.true
            case Members(names) if names == NONE:
                return self.true
            case Size(number=0, upper=False) | Contains(number=0, upper=False):
                return self.true
            case Contains(term, 0, True):
                return self.atom(Items(0, None, self.negated(term)))
            case Values(keys) if not keys:
                return self.false
        return self._make(atom, "atom", atom=atom)

    def values_of(self, values: Iterable[Json]) -> Term:
        keyed = {frozen(value): value for value in values}
        for key, value in keyed.items():
            self.values.setdefault(key, value)
        return self.atom(Values(frozenset(keyed)))

    def negated(self, term: Term) -> Term:
        if term.tag == "not":
            return term.parts[0]
        if term is self.true:
            return self.false
        if term is self.false:
            return self.true
        return self._make(("not", term.serial), "not", (term,))

    def all(self, terms: Iterable[Term]) -> Term:
        return self._several("all", terms, self.true, self.false)

    def any(self, terms: Iterable[Term]) -> Term:
        return self._several("any", terms, self.false, self.true)

    def _several(self, tag: Literal["all", "any"], terms: Iterable[Term], none: Term, decided: Term) -> Term:
        parts: dict[Term, None] = {}
        for term in terms:
            for part in term.parts if term.tag == tag else (term,):
                if part is decided:
                    return decided
                if part is not none:
                    parts[part] = None
        if not parts:
            return none
        if len(parts) == 1:
            return next(iter(parts))
        if any(part.tag == "not" and part.parts[0] in parts for part in parts):
            return decided
        key = (tag, frozenset(part.serial for part in parts))
        return self._make(key, tag, tuple(parts))

    def one(self, terms: Iterable[Term]) -> Term:
        """Exactly one of the terms, of which some may be the same."""
        parts = [term for term in terms if term is not self.false]
        if len(parts) <= 1:
            return parts[0] if parts else self.false
        key = ("one", tuple(sorted(part.serial for part in parts)))
        return self._make(key, "one", tuple(parts))

    def name(self, key: Hashable) -> Term:
        """A term that is told later, by `named`."""
        return self._make(("name", key), "name", name=key)

    def unfolded(self, term: Term) -> Term:
        while term.tag == "name":
            term = self.named[term.key]
        return term

    def opaque(self, key: Hashable) -> Term:
        return self._make(("opaque", key), "opaque", name=key)
