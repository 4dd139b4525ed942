"""Is there a document of which some terms are all true? One is shown, or it is proved that there is none, or unknown.

For each kind of value, the terms are taken apart into facts and clauses (alternatives). Facts alone decide whether
anything is left, and give a document; a clause is only looked into when the document at hand breaks it. So a clause
that has nothing to do with the matter costs nothing, and what is proved empty needs no more clauses.

What the members and items of a document must be is again such a question, and may be one that is still being
answered: then it is taken for empty. A smallest document that answers the outer question cannot need an even smaller
one that answers the same. A proof that leant on this is forgotten if the outer question turns out not to be empty.

Emptiness must be exact: whatever is not understood is left out, never left to chance. A document is only a proposal.
"""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice, product
from typing import Final, TypeAlias

from compat.json.contain.arrays import Arrays
from compat.json.contain.budget import TooLarge
from compat.json.contain.evaluate import Evaluator, conjunction
from compat.json.contain.facts import EMPTY, UNKNOWN, Facts, Found, Result
from compat.json.contain.numbers import Box
from compat.json.contain.objects import Objects
from compat.json.contain.patterns import Patterns
from compat.json.contain.strings import Strings
from compat.json.contain.terms import Has, Members, Multiple, Term, Terms, Types, Values, kinds_of
from compat.json.values import KINDS, Json, Kind, exact, is_number, kind_of, spelled, with_point

DEEPEST: Final = 64
MOST_SPELLINGS: Final = 64
LARGEST_FLOAT: Final = 2**53
Key: TypeAlias = frozenset[int]


@dataclass(slots=True)
class _Open:
    """A question that is being answered: how deep it is in the document, and how far out its proof leans so far."""

    place: int
    leans: int
    since: int


@dataclass(slots=True)
class Solver:
    """Answers questions about terms. `spelled`: numbers are told apart by their spelling, as draft-04 does."""

    terms: Terms
    patterns: Patterns
    spelled: bool
    evaluator: Evaluator = field(init=False)
    _known: dict[Key, Result] = field(default_factory=dict)
    _leaning: dict[Key, int] = field(default_factory=dict)
    _leant: list[Key] = field(default_factory=list)
    _open: dict[Key, _Open] = field(default_factory=dict)
    _stack: list[_Open] = field(default_factory=list)
    _at: dict[tuple[Term, Kind], Term] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.evaluator = Evaluator(self.terms, self.patterns)

    def solve(self, terms: Iterable[Term]) -> Result:
        """A document of which all terms are true, EMPTY, or UNKNOWN."""
        parts = self._flat(terms)
        if parts is None:
            return EMPTY
        key = frozenset(part.serial for part in parts)
        if key in self._known:
            return self._known[key]
        if key in self._leaning:
            self._lean(self._leaning[key])
            return EMPTY
        if key in self._open:
            self._lean(self._open[key].place)
            return EMPTY
        return UNKNOWN if len(self._stack) > DEEPEST else self._answered(key, parts)

    def _answered(self, key: Key, parts: list[Term]) -> Result:
        self.terms.budget.spend()
        place = len(self._stack)
        mine = _Open(place, place, len(self._leant))
        self._open[key] = mine
        self._stack.append(mine)
        try:
            result = self._work(parts)
        finally:
            self._stack.pop()
            del self._open[key]
        if result is EMPTY and mine.leans < place:
            self._lean(mine.leans)
            self._leaning[key] = mine.leans
            self._leant.append(key)
            for inner in self._leant[mine.since :]:
                self._leaning[inner] = min(self._leaning[inner], mine.leans)
            return EMPTY
        self._settle(mine, empty=result is EMPTY)
        self._known[key] = result
        return result

    def _lean(self, place: int) -> None:
        if self._stack:
            self._stack[-1].leans = min(self._stack[-1].leans, place)

    def _settle(self, mine: _Open, *, empty: bool) -> None:
        """What leant on this question alone is proved with it, or forgotten."""
        for key in self._leant[mine.since :]:
            place = self._leaning.pop(key)
            if empty and place >= mine.place:
                self._known[key] = EMPTY
        del self._leant[mine.since :]

    def _flat(self, terms: Iterable[Term]) -> list[Term] | None:
        found: dict[Term, None] = {}
        waiting = list(terms)
        while waiting:
            term = waiting.pop()
            if term.tag == "name":
                waiting.append(self.terms.unfolded(term))
            elif term.tag == "all":
                waiting += term.parts
            elif term.tag == "not" and term.parts[0].tag in ("any", "name"):
                inner = term.parts[0]
                waiting += map(self.terms.negated, [self.terms.unfolded(inner)] if inner.tag == "name" else inner.parts)
            elif term is self.terms.false or self.terms.negated(term) in found:
                return None
            elif term is not self.terms.true:
                found[term] = None
        return list(found)

    # ------------------------------------------------------------ one question

    def _work(self, parts: list[Term]) -> Result:
        listed = [part.atom.keys for part in parts if isinstance(part.atom, Values)]
        if listed:
            try:
                return self._among(frozenset.intersection(*listed), parts)
            except TooLarge:
                return UNKNOWN
        unknown = False
        for kind in KINDS:
            if kind == "integer" and not self.spelled:
                continue
            result = self._of_kind(kind, parts)
            if isinstance(result, Found):
                return result
            unknown |= result is UNKNOWN
        return UNKNOWN if unknown else EMPTY

    def _among(self, keys: Iterable[object], terms: list[Term]) -> Result:
        """Finitely many values: each is tried."""
        unknown = False
        for key in keys:
            for value in self._spellings(self.terms.values[key]):
                verdict = conjunction(self.evaluator.holds(term, value) for term in terms)
                if verdict:
                    return Found(value)
                unknown |= verdict is None
        return UNKNOWN if unknown else EMPTY

    def _spellings(self, value: Json) -> list[Json]:
        """The value with each number in it as an integer and as a float. Raises TooLarge."""
        if not self.spelled:
            return [value]
        spellings = list(islice(_spelled_each_way(value), MOST_SPELLINGS + 1))
        if len(spellings) > MOST_SPELLINGS:
            raise TooLarge("spellings")
        return spellings

    def _of_kind(self, kind: Kind, parts: list[Term]) -> Result:
        term = self.at(self.terms.all(parts), kind)
        if term is self.terms.false:
            return EMPTY
        if kind in ("null", "boolean"):
            return self._among_plain([None] if kind == "null" else [False, True], term)
        facts = Facts(kind)
        clauses: list[Term] = []
        if not self._assert(term, facts, clauses):
            return EMPTY
        return self._search(facts, clauses)

    def _among_plain(self, values: list[Json], term: Term) -> Result:
        verdicts = {value: self.evaluator.holds(term, value) for value in values}
        for value, verdict in verdicts.items():
            if verdict:
                return Found(value)
        return UNKNOWN if None in verdicts.values() else EMPTY

    # ------------------------------------------------------------ terms about values of one kind

    def at(self, term: Term, kind: Kind) -> Term:
        """The term as far as it says anything of values of a kind."""
        found = self._at.get((term, kind))
        if found is None:
            self.terms.budget.spend()
            found = self._at[term, kind] = self._made_at(term, kind)
        return found

    def _made_at(self, term: Term, kind: Kind) -> Term:
        match term.tag:
            case "true" | "false" | "opaque":
                return term
            case "name":
                return self.at(self.terms.unfolded(term), kind)
            case "not":
                return self.terms.negated(self.at(term.parts[0], kind))
            case "all":
                return self.terms.all(self.at(part, kind) for part in term.parts)
            case "any":
                return self.terms.any(self.at(part, kind) for part in term.parts)
            case "one":
                return self._one_at([self.at(part, kind) for part in term.parts])
            case "atom":
                return self._atom_at(term, kind)

    def _one_at(self, parts: list[Term]) -> Term:
        sure = parts.count(self.terms.true)
        if sure > 1:
            return self.terms.false
        if sure == 1:
            return self.terms.all(self.terms.negated(part) for part in parts if part is not self.terms.true)
        parts = [part for part in parts if part is not self.terms.false]
        return self.terms.any(parts) if self._are_apart(parts) else self.terms.one(parts)

    def _are_apart(self, parts: list[Term]) -> bool:
        """Is there a member, or the value itself, that is another constant in each of the terms?"""
        marks = [self._marks(part) for part in parts]
        places = set[str | None].intersection(*(set(mark) for mark in marks)) if marks else set()
        return any(
            sum(len(mark[place]) for mark in marks) == len(frozenset[object]().union(*(mark[place] for mark in marks)))
            for place in places
        )

    def _marks(self, term: Term) -> dict[str | None, frozenset[Hashable]]:
        """The values that the whole (None), or a member that must be there, can only have."""
        atoms = [part.atom for part in (term.parts if term.tag == "all" else (term,))]
        required = {atom.name for atom in atoms if isinstance(atom, Has)}
        marks: dict[str | None, frozenset[Hashable]] = {}
        for atom in atoms:
            if isinstance(atom, Values):
                marks[None] = atom.keys
            elif isinstance(atom, Members) and not atom.names.others and not atom.names.patterns:
                inner = atom.term.parts if atom.term.tag == "all" else (atom.term,)
                for keys in [part.atom.keys for part in inner if isinstance(part.atom, Values)]:
                    marks |= dict.fromkeys(required & atom.names.words, keys)
        return marks

    def _atom_at(self, term: Term, kind: Kind) -> Term:
        atom = term.atom
        assert atom is not None
        if isinstance(atom, Types):
            return self._type_at(atom.names, kind)
        if isinstance(atom, Values):
            keys = frozenset(key for key in atom.keys if self._may_be(self.terms.values[key], kind))
            return self.terms.atom(Values(keys))
        kinds = kinds_of(atom)
        return term if kinds is None or kind in kinds else self.terms.true

    def _type_at(self, names: frozenset[str], kind: Kind) -> Term:
        if kind not in ("integer", "float"):
            return self.terms.true if kind in names else self.terms.false
        if "number" in names or (kind == "integer" and names & {"integer", "written"}):
            return self.terms.true
        return self.terms.atom(Multiple(Fraction(1))) if "integer" in names else self.terms.false

    @staticmethod
    def _may_be(value: Json, kind: Kind) -> bool:
        own = kind_of(value)
        if own not in ("integer", "float"):
            return own == kind
        return kind == "float" or (kind == "integer" and exact(value).denominator == 1)

    # ------------------------------------------------------------ search

    def _assert(self, term: Term, facts: Facts, clauses: list[Term]) -> bool:
        """Adds a term to what is known. False: it cannot be."""
        waiting = [term]
        while waiting:
            one = waiting.pop()
            inner = one.parts[0] if one.tag == "not" else one
            if one is self.terms.false:
                return False
            if one is self.terms.true:
                continue
            if one.tag == "all":
                waiting += one.parts
            elif one.tag == "not" and inner.tag == "any":
                waiting += map(self.terms.negated, inner.parts)
            elif inner.tag in ("atom", "opaque"):
                if self.terms.negated(one) in facts.terms:
                    return False
                facts.terms[one] = None
            elif one not in clauses:
                clauses.append(one)
        return True

    def _search(self, facts: Facts, clauses: list[Term]) -> Result:
        self.terms.budget.spend(1 + len(facts.terms) // 32)
        objects = Objects(self, facts) if facts.kind == "object" else None
        result = self._by_facts(facts, objects)
        if result is EMPTY:
            return EMPTY
        clause = self._broken(result, clauses)
        if clause is None:
            return result
        rest = [one for one in clauses if one is not clause]
        unknown = False
        for alternative in self._alternatives(clause, result):
            if self._is_hopeless(alternative, facts, objects):
                continue
            inner, more = facts.copy(), list(rest)
            if not all(self._assert(term, inner, more) for term in alternative):
                continue
            found = self._search(inner, more)
            if isinstance(found, Found):
                return found
            unknown |= found is UNKNOWN
        return UNKNOWN if unknown else EMPTY

    def _is_hopeless(self, alternative: tuple[Term, ...], facts: Facts, objects: Objects | None) -> bool:
        """Can it be seen at once that an alternative leaves nothing?"""
        if any(self.terms.negated(term) in facts.terms for term in alternative):
            return True
        try:
            return objects is not None and any(objects.is_hopeless(term) for term in alternative)
        except TooLarge:
            return False

    def _broken(self, result: Result, clauses: list[Term]) -> Term | None:
        """The clause to look into: one that the document breaks, or any when there is no document."""
        if not isinstance(result, Found):
            return min(clauses, key=lambda clause: len(clause.parts), default=None)
        undecided = None
        for clause in clauses:
            verdict = self.evaluator.holds(clause, result.document)
            if verdict is False:
                return clause
            if verdict is None and undecided is None:
                undecided = clause
        return undecided

    def _alternatives(self, clause: Term, result: Result) -> Iterable[tuple[Term, ...]]:
        """Terms of which all of some alternative are true if the clause is."""
        negated = self.terms.negated
        if clause.tag == "any":
            return [(part,) for part in clause.parts]
        if clause.tag == "one":
            parts = clause.parts
            return [
                (part, *(negated(other) for place, other in enumerate(parts) if place != index))
                for index, part in enumerate(parts)
            ]
        inner = clause.parts[0]
        if inner.tag == "all":
            return [(negated(part),) for part in inner.parts]
        return self._not_one(list(inner.parts), result)

    def _not_one(self, parts: list[Term], result: Result) -> Iterable[tuple[Term, ...]]:
        """Not exactly one: take one of them; either it is false and so it is for the rest, or another is true too."""
        chosen = 0
        if isinstance(result, Found):
            verdicts = [self.evaluator.holds(part, result.document) for part in parts]
            chosen = verdicts.index(True) if True in verdicts else 0
        part, rest = parts[chosen], [*parts[:chosen], *parts[chosen + 1 :]]
        negated = self.terms.negated
        others = negated(self._one_at(rest)) if rest else self.terms.true
        return [(negated(part), others), (part, self.terms.any(rest))]

    def _by_facts(self, facts: Facts, objects: Objects | None) -> Result:
        try:
            return self._by_kind(facts, objects)
        except TooLarge:
            return UNKNOWN

    def _by_kind(self, facts: Facts, objects: Objects | None) -> Result:
        listed = [term.atom.keys for term in facts.terms if isinstance(term.atom, Values)]
        if listed:
            return self._among(frozenset.intersection(*listed), [*facts.terms, self._is(facts.kind)])
        if objects is not None:
            return objects.result()
        match facts.kind:
            case "string":
                return Strings(self.patterns, facts).result()
            case "array":
                return Arrays(self, facts).result()
            case _:
                return self._number(facts)

    def _is(self, kind: Kind) -> Term:
        if kind in ("integer", "float") and self.spelled:
            written = self.terms.atom(Types(frozenset(("written",))))
            number = self.terms.atom(Types(frozenset(("number",))))
            return written if kind == "integer" else self.terms.all((number, self.terms.negated(written)))
        return self.terms.atom(Types(frozenset(("number" if kind == "float" else kind,))))

    def _number(self, facts: Facts) -> Result:
        box = Box()
        if facts.kind == "integer":
            box.multiple(Fraction(1))
        facts.fill_numbers(box, self.terms)
        number = box.number()
        if number is None:
            return EMPTY
        if facts.kind == "float" and self.spelled and number.denominator == 1:
            return Found(with_point(number.numerator)) if abs(number) <= LARGEST_FLOAT else UNKNOWN
        return Found(spelled(number))

    def another(self, terms: Iterable[Term], used: Iterable[Json]) -> Result:
        """A document as `solve`, but none of those."""
        return self.solve((*terms, self.terms.negated(self.terms.values_of(used))))


def _spelled_each_way(value: Json) -> Iterator[Json]:
    if isinstance(value, dict):
        for members in product(*(list(_spelled_each_way(member)) for member in value.values())):
            yield dict(zip(value, members, strict=True))
    elif isinstance(value, list):
        yield from map(list, product(*(list(_spelled_each_way(item)) for item in value)))
    elif is_number(value) and exact(value).denominator == 1 and abs(value) <= LARGEST_FLOAT:
        yield from (int(value), with_point(int(value)))
    else:
        yield value
