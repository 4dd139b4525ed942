"""Our own proof: `old` and not `new`, together, are true of no document; or a document to try."""

from typing import Final

from compat.json.bundle import Bundle
from compat.json.contain.budget import Budget, Exhausted
from compat.json.contain.declared import Closer
from compat.json.contain.expression import Dot
from compat.json.contain.facts import EMPTY, UNKNOWN, Result
from compat.json.contain.language import Languages
from compat.json.contain.patterns import Patterns
from compat.json.contain.reading import Reader
from compat.json.contain.solve import Solver
from compat.json.contain.terms import Term, Terms
from compat.json.drafts import Draft
from compat.json.values import Incalculable, Json

DOTS: Final[tuple[Dot, ...]] = ("line feed", "line ends")
MOST_WORDS: Final = 3  # of each pattern, for the search


class Refutation:
    """One question: is there a document that old accepts and new does not?

    The dot of a pattern is read in two ways, and a proof must hold for both.
    """

    def __init__(self, new: Bundle, old: Bundle, *, declared: bool = False, budget: Budget) -> None:
        self._new = new
        self._old = old
        self._declared = declared
        self.budget = budget
        self._solver: Solver | None = None
        self._closed: Term | None = None

    def result(self) -> Result:
        """EMPTY is a proof that there is none."""
        result: Result = UNKNOWN
        for dot in DOTS:
            try:
                result, dotted = self._read(dot)
            except (Exhausted, RecursionError, Incalculable):
                return UNKNOWN
            if result is not EMPTY or not dotted:
                break
        return result

    def _read(self, dot: Dot) -> tuple[Result, bool]:
        terms = Terms(self.budget)
        patterns = Patterns(Languages(self.budget), dot)
        solver = Solver(terms, patterns, spelled=Draft.DRAFT_4 in (self._new.draft, self._old.draft))
        reader = Reader(self._old, terms, "old")
        theirs = reader.root()
        ours = Reader(self._new, terms, "new").root()
        self._solver, self._closed = solver, Closer(reader).root() if self._declared else terms.true
        return solver.solve((theirs, self._closed, terms.negated(ours))), patterns.dotted

    def keeps_to_declared(self, document: Json) -> bool:
        """Under `declared`: are all members of the document such that old declares them?"""
        if not self._declared:
            return True
        if self._solver is None or self._closed is None:
            return False
        try:
            return self._solver.evaluator.holds(self._closed, document) is True
        except (Exhausted, RecursionError, Incalculable):
            return False

    def words(self) -> list[str]:
        """Some texts in which the patterns are found, for the search."""
        return self._solver.patterns.words(MOST_WORDS) if self._solver else []
