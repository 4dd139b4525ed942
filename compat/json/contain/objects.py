"""Objects: which members there must be, which there may be, and names for them.

A member that some fact demands needs a name. Names that stand in the schemas are looked at one by one; all others fall
into cells, in each of which every pattern is found or none is, so that one name of a cell is as good as another.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from compat.json.contain.budget import TooLarge
from compat.json.contain.facts import EMPTY, UNKNOWN, Facts, Found, Missing, Result, Solve
from compat.json.contain.language import Language
from compat.json.contain.terms import Called, Has, Members, Names, Pattern, Size, Term, Values
from compat.json.values import Json, frozen

MOST_CELLS: Final = 256
MOST_DEMANDS: Final = 8
MOST_MEMBERS: Final = 2000  # of an object that is built
MOST_TRIED: Final = 200  # words of a cell, where opaque patterns have to be put to each
MOST_PARTS: Final = 24  # of a schema for names


@dataclass(frozen=True, slots=True)
class Demand:
    """Some member has such a name, of which the terms `called` are true, and a value of which `term` is."""

    names: Names
    called: tuple[Term, ...]
    term: Term


@dataclass(slots=True)
class Cell:
    """All names that stand nowhere and in which exactly these patterns, and no others of interest, are found.

    `called`: how far a schema for names holds of them. `vague`: the language is wider than the cell.
    """

    language: Language
    found: dict[str, bool]
    called: dict[Term, bool]
    vague: bool
    words: Iterator[str]
    known: list[str] = field(default_factory=list)


def _is_open(names: Names) -> bool:
    """May there be more of them than those that are listed?"""
    return names.others or bool(names.patterns)


class Objects:
    def __init__(self, solver: Solve, facts: Facts) -> None:
        self._solver = solver
        self._evaluator = solver.evaluator
        self._least, self._greatest = facts.sizes()
        self._excluded = facts.excluded()
        self._has: dict[str, None] = {}
        self._lacks: set[str] = set()
        self._rules: list[tuple[Names, Term]] = []
        self._called: list[Term] = []
        self._demands: list[Demand] = []
        for term in facts.terms:
            self._take(term)
        self._listed = self._words()
        self._by_word: dict[str, list[Term]] = {}
        self._general: list[tuple[Names, Term]] = []
        self._sort_rules()
        self._cells_made: list[Cell] | None = None

    def _take(self, term: Term) -> None:
        negated = self._solver.terms.negated
        true = self._solver.terms.true
        negative = term.tag == "not"
        match term.parts[0].atom if negative else term.atom:
            case Has(name):
                if negative:
                    self._lacks.add(name)
                else:
                    self._has[name] = None
            case Members(names, inner):
                if negative:
                    self._demands.append(Demand(names, (), negated(inner)))
                else:
                    self._rules.append((names, inner))
            case Called(inner):
                if negative:
                    self._demands.append(Demand(Names(others=True), (negated(inner),), true))
                else:
                    self._called.append(inner)
            case _:
                pass

    def _words(self) -> dict[str, None]:
        found = dict.fromkeys(chain(self._has, self._lacks))
        for names in (*(names for names, _ in self._rules), *(demand.names for demand in self._demands)):
            found |= dict.fromkeys(names.words)
        return found

    def _sort_rules(self) -> None:
        for names, term in self._rules:
            if _is_open(names):
                self._general.append((names, term))
            else:
                for word in names.words:
                    self._by_word.setdefault(word, []).append(term)

    # ------------------------------------------------------------ the question

    def result(self) -> Result:
        if self._greatest is not None and max(self._least, len(self._has)) > self._greatest:
            return EMPTY
        if not self._lacks.isdisjoint(self._has):
            return EMPTY
        slots: dict[str, frozenset[Term]] = {}
        for word in self._has:
            if self._may_be_called(word, ()) is False:
                return EMPTY
            slots[word] = self._obligations(word)
            if self._solver.solve(slots[word]) is EMPTY:
                return EMPTY
        if len(self._demands) > MOST_DEMANDS:
            return self._each_alone(slots)
        return self._placed(0, slots)

    def is_hopeless(self, term: Term) -> bool:
        """Is a fact more, that demands a member, one that cannot be met? It is looked at alone."""
        inner = term.parts[0].atom if term.tag == "not" else None
        if not isinstance(inner, Members):
            return False
        demand = Demand(inner.names, (), self._solver.terms.negated(inner.term))
        if _is_open(inner.names) and (inner.names.patterns or not inner.names.words <= self._listed.keys()):
            return False  # cells are made of the patterns of all facts, and hold no name that is listed
        return all(self._solver.solve(terms) is EMPTY for _, terms in self._options(demand, {}))

    def _each_alone(self, slots: dict[str, frozenset[Term]]) -> Result:
        """Many demands: if one alone cannot be met, all cannot."""
        for demand in self._demands:
            options = self._options(demand, slots)
            if all(self._solver.solve(terms) is EMPTY for _, terms in options):
                return EMPTY
        return UNKNOWN

    def _placed(self, number: int, slots: dict[str, frozenset[Term]]) -> Result:
        """Each demand finds a member, a new one or one that is there for another reason."""
        self._solver.terms.budget.spend()
        if number == len(self._demands):
            return self._filled(slots)
        unknown = False
        for word, terms in self._options(self._demands[number], slots):
            if word not in slots and len(slots) == self._greatest:
                continue
            inner = self._solver.solve(terms)
            if inner is EMPTY:
                continue
            if not isinstance(word, str):
                unknown = True
                continue
            result = self._placed(number + 1, {**slots, word: terms})
            if isinstance(result, Found):
                return result
            unknown |= result is UNKNOWN
        return UNKNOWN if unknown else EMPTY

    def _options(
        self, demand: Demand, slots: dict[str, frozenset[Term]]
    ) -> Iterator[tuple[str | Missing, frozenset[Term]]]:
        """Members that may meet a demand, by name. UNKNOWN stands for a name that may exist and was not found."""
        listed = chain(slots, (word for word in self._listed if word not in slots))
        for word in listed if _is_open(demand.names) else demand.names.words:
            if word in self._lacks or self._evaluator.is_named(demand.names, word) is False:
                continue
            if self._may_be_called(word, demand.called) is not False:
                obligations = slots[word] if word in slots else self._obligations(word)
                yield word, obligations | {demand.term}
        if not _is_open(demand.names):
            return
        for cell in self._cells():
            if self._is_in(cell, demand.names) and all(cell.called[term] for term in demand.called):
                fresh = self._fresh(cell, slots)
                if fresh is not EMPTY:
                    yield fresh, self._obligations_in(cell) | {demand.term}

    def _filled(self, slots: dict[str, frozenset[Term]]) -> Result:
        """With as many other members as there must be."""
        unknown = False
        slots = dict(slots)
        if self._least > MOST_MEMBERS:
            raise TooLarge("members")
        if len(slots) < self._least:
            for word in self._listed:
                if len(slots) < self._least and word not in slots and word not in self._lacks:
                    unknown |= self._may_add(word, slots)
            unknown |= self._filled_from_cells(slots)
            if len(slots) < self._least:
                return UNKNOWN if unknown else EMPTY
        return self._built(slots)

    def _may_add(self, word: str, slots: dict[str, frozenset[Term]]) -> bool:
        """Adds a member if there is a value for it. True: nobody knows."""
        if self._may_be_called(word, ()) is False:
            return False
        terms = self._obligations(word)
        result = self._solver.solve(terms)
        if isinstance(result, Found):
            slots[word] = terms
        return result is UNKNOWN

    def _filled_from_cells(self, slots: dict[str, frozenset[Term]]) -> bool:
        unknown = False
        for cell in self._cells() if len(slots) < self._least else ():
            terms = self._obligations_in(cell)
            result = self._solver.solve(terms)
            unknown |= result is UNKNOWN
            while isinstance(result, Found) and len(slots) < self._least:
                word = self._fresh(cell, slots)
                if not isinstance(word, str):
                    unknown |= word is UNKNOWN
                    break
                slots[word] = terms
        return unknown

    def _built(self, slots: dict[str, frozenset[Term]]) -> Result:
        document: dict[str, Json] = {}
        for word, terms in slots.items():
            result = self._solver.solve(terms)
            if not isinstance(result, Found):
                return UNKNOWN
            document[word] = result.document
        if self._excluded and frozen(document) in self._excluded:
            return self._varied(document, slots)
        return Found(document)

    def _varied(self, document: dict[str, Json], slots: dict[str, frozenset[Term]]) -> Result:
        """A document that is not among those that are excluded: another value for a member, or one member more."""
        for word, terms in slots.items():
            used = [document[word]]
            while len(used) <= len(self._excluded):
                other = self._solver.another(terms, used)
                if not isinstance(other, Found):
                    break
                if frozen(document | {word: other.document}) not in self._excluded:
                    return Found(document | {word: other.document})
                used.append(other.document)
        if self._greatest is None or len(slots) < self._greatest:
            for cell in self._cells():
                more, name = self._solver.solve(self._obligations_in(cell)), self._fresh(cell, slots)
                if (
                    isinstance(more, Found)
                    and isinstance(name, str)
                    and frozen(document | {name: more.document}) not in self._excluded
                ):
                    return Found(document | {name: more.document})
        return UNKNOWN

    # ------------------------------------------------------------ names

    def _may_be_called(self, word: str, called: tuple[Term, ...]) -> bool | None:
        unknown = False
        for term in chain(self._called, called):
            verdict = self._evaluator.holds(term, word)
            if verdict is False:
                return False
            unknown |= verdict is None
        return None if unknown else True

    def _obligations(self, word: str) -> frozenset[Term]:
        general = (term for names, term in self._general if self._evaluator.is_named(names, word))
        return frozenset(chain(self._by_word.get(word, ()), general))

    def _obligations_in(self, cell: Cell) -> frozenset[Term]:
        return frozenset(term for names, term in self._general if self._is_in(cell, names))

    @staticmethod
    def _is_in(cell: Cell, names: Names) -> bool:
        return any(cell.found[pattern] for pattern in names.patterns) is not names.others

    def _fresh(self, cell: Cell, slots: dict[str, frozenset[Term]]) -> str | Missing:
        """A name of the cell that is not in use. EMPTY: there is none left. UNKNOWN: none was found."""
        for word in cell.known:
            if word not in slots:
                return word
        for tried, word in enumerate(cell.words):
            if tried > MOST_TRIED + len(self._listed):
                return UNKNOWN
            if word not in self._listed and (not cell.vague or self._fits(cell, word)):
                cell.known.append(word)
                return word
        return UNKNOWN if cell.vague else EMPTY

    def _fits(self, cell: Cell, word: str) -> bool:
        patterns = self._solver.patterns
        return all(patterns.matches(pattern, word) is found for pattern, found in cell.found.items()) and all(
            self._evaluator.holds(term, word) is found for term, found in cell.called.items()
        )

    def _cells(self) -> list[Cell]:
        if self._cells_made is None:
            self._cells_made = list(self._made_cells())
        return self._cells_made

    def _made_cells(self) -> Iterator[Cell]:
        languages = self._solver.patterns.languages
        every = [*(names for names, _ in self._general), *(demand.names for demand in self._demands)]
        patterns = dict.fromkeys(pattern for names in every for pattern in names.patterns)
        cells: list[tuple[Language, dict[str, bool], dict[Term, bool], bool]]
        cells = [(languages.anything, {}, {}, False)]
        for pattern in patterns:
            if len(cells) > MOST_CELLS:
                raise TooLarge("cells")
            read = self._solver.patterns.language(pattern)
            cells = [
                (language, {**found, pattern: is_found}, called, vague or read is None)
                for whole, found, called, vague in cells
                for language, is_found in self._halves(whole, read)
            ]
        wanted = dict.fromkeys(term for demand in self._demands for term in demand.called)
        for term in (*self._called, *wanted):
            read = self._names_of(self._solver.at(term, "string"))
            cells = [
                (language, found, {**called, term: holds}, vague or read is None)
                for whole, found, called, vague in cells
                for language, holds in self._halves(whole, read)
                if holds or term in wanted
            ]
        if len(cells) > MOST_CELLS:
            raise TooLarge("cells")
        for language, found, called, vague in cells:
            words = chain(languages.words(language, 1), [""] if language.nullable else [])  # the nameless last
            yield Cell(language, found, called, vague, words)

    def _halves(self, whole: Language, read: Language | None) -> Iterator[tuple[Language, bool]]:
        languages = self._solver.patterns.languages
        for part, holds in ((read, True), (None if read is None else languages.other(read), False)):
            language = whole if part is None else languages.both((whole, part))
            if not languages.is_empty(language):
                yield language, holds

    def _names_of(self, term: Term) -> Language | None:
        """The strings of which a term is true, None when that is opaque."""
        languages = self._solver.patterns.languages
        match term.tag:
            case "true":
                return languages.anything
            case "false":
                return languages.nothing
            case "not":
                inner = self._names_of(term.parts[0])
                return None if inner is None else languages.other(inner)
            case "all" | "any":
                parts = [self._names_of(part) for part in term.parts]
                known = [part for part in parts if part is not None]
                if len(known) < len(parts):
                    return None
                return languages.both(known) if term.tag == "all" else languages.either(known)
            case "one" if len(term.parts) <= MOST_PARTS:
                return self._names_of_one(term)
            case "atom":
                return self._names_of_atom(term)
            case _:
                return None

    def _names_of_one(self, term: Term) -> Language | None:
        terms = self._solver.terms
        return self._names_of(
            terms.any(
                terms.all((part, *(terms.negated(other) for other in term.parts if other is not part)))
                for part in term.parts
            )
        )

    def _names_of_atom(self, term: Term) -> Language | None:
        languages = self._solver.patterns.languages
        match term.atom:
            case Pattern(text):
                return self._solver.patterns.language(text)
            case Size(_, number, upper):
                return languages.repeated(languages.character, 0 if upper else number, number if upper else None)
            case Values(keys):
                return languages.either(languages.word(str(key)) for key in keys)
            case _:
                return None
