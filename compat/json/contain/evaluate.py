"""Is a term true of a document? Yes, no, or None where an opaque term decides."""

from collections.abc import Iterable

from compat.json.contain.patterns import Patterns
from compat.json.contain.terms import (
    Atom,
    Bound,
    Called,
    Contains,
    Distinct,
    Has,
    Items,
    Members,
    Multiple,
    Names,
    Pattern,
    Size,
    Term,
    Terms,
    Types,
    Values,
    kinds_of,
)
from compat.json.values import Json, exact, frozen, is_number, kind_of


def conjunction(verdicts: Iterable[bool | None]) -> bool | None:
    unknown = False
    for verdict in verdicts:
        if verdict is False:
            return False
        unknown |= verdict is None
    return None if unknown else True


def opposite(verdict: bool | None) -> bool | None:  # noqa: FBT001  (a verdict, not a switch)
    return None if verdict is None else not verdict


class Evaluator:
    def __init__(self, terms: Terms, patterns: Patterns) -> None:
        self.terms = terms
        self.patterns = patterns

    def holds(self, term: Term, value: Json) -> bool | None:
        self.terms.budget.spend()
        match term.tag:
            case "true":
                return True
            case "false":
                return False
            case "opaque":
                return None
            case "name":
                return self.holds(self.terms.unfolded(term), value)
            case "not":
                return opposite(self.holds(term.parts[0], value))
            case "all":
                return conjunction(self.holds(part, value) for part in term.parts)
            case "any":
                return opposite(conjunction(opposite(self.holds(part, value)) for part in term.parts))
            case "one":
                return self._one(term, value)
            case "atom":
                assert term.atom is not None
                return self._atom(term.atom, value)

    def _one(self, term: Term, value: Json) -> bool | None:
        verdicts = [self.holds(part, value) for part in term.parts]
        if verdicts.count(True) > 1:
            return False
        return None if None in verdicts else verdicts.count(True) == 1

    def _atom(self, atom: Atom, value: Json) -> bool | None:
        kinds = kinds_of(atom)
        if kinds is not None and kind_of(value) not in kinds:
            return True
        match atom:
            case Types(names):
                return self._is_of(names, value)
            case Values(keys):
                return frozen(value) in keys
            case Bound(bound, upper, exclusive):
                number = exact(value)
                if number == bound:
                    return not exclusive
                return number < bound if upper else number > bound
            case Multiple(factor):
                return exact(value) % factor == 0
            case Pattern(text):
                return self.patterns.matches(text, value)
            case Size(_, number, upper):
                return len(value) <= number if upper else len(value) >= number
            case Has(name):
                return name in value
            case Members(names, term):
                if not names.others and not names.patterns:
                    return conjunction(self.holds(term, value[name]) for name in names.words if name in value)
                return conjunction(self._member(names, term, name, member) for name, member in value.items())
            case Called(term):
                return conjunction(self.holds(term, name) for name in value)
            case Items(first, last, term):
                end = len(value) if last is None else last + 1
                return conjunction(self.holds(term, item) for item in value[first:end])
            case Contains(term, number, upper):
                return self._contains(term, number, value, upper=upper)
            case Distinct():
                return len({frozen(item) for item in value}) == len(value)

    @staticmethod
    def _is_of(names: frozenset[str], value: Json) -> bool:
        if not is_number(value):
            return kind_of(value) in names
        return (
            "number" in names
            or ("integer" in names and exact(value).denominator == 1)
            or ("written" in names and isinstance(value, int))
        )

    def _member(self, names: Names, term: Term, name: str, member: Json) -> bool | None:
        applies = self.is_named(names, name)
        if applies is False:
            return True
        verdict = self.holds(term, member)
        return verdict if applies or verdict else None

    def _contains(self, term: Term, number: int, items: list[Json], *, upper: bool) -> bool | None:
        verdicts = [self.holds(term, item) for item in items]
        sure, possible = verdicts.count(True), len(verdicts) - verdicts.count(False)
        least, most = (0, number) if upper else (number, len(items))
        if sure > most or possible < least:
            return False
        return True if least <= sure and possible <= most else None

    def is_named(self, names: Names, name: str) -> bool | None:
        """Is a name one of those?"""
        if name in names.words:
            return not names.others
        verdicts = [self.patterns.matches(pattern, name) for pattern in names.patterns]
        found = True if True in verdicts else None if None in verdicts else False
        return opposite(found) if names.others else found
