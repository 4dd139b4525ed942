"""Confluent's comparison of two schemas: which kinds meet, which family of rules looks at them, and recursion.

A pair of schemas that is met again while it is compared counts as compatible, or else as what the last round found it
to be: the rounds end when none finds more pairs that fail, which is the greatest fixpoint.
"""

from types import GeneratorType
from typing import Any, Final

from compat.json.document import Document
from compat.json.drafts import Json
from compat.json.kinds import Kind, Kinds
from compat.json.rules.arrays import arrays
from compat.json.rules.combined import becoming_combined, becoming_plain, combined, nots
from compat.json.rules.numbers import numbers
from compat.json.rules.objects import objects
from compat.json.rules.rule import REMEMBERED, Found, Founds, Rule, Walk, refusing
from compat.json.rules.schemas import SCHEMA_ADDED, SCHEMA_REMOVED, annotations, other_kind
from compat.json.rules.strings import strings
from compat.json.rules.values import consts, enums
from compat.policy import TooMuch
from compat.stack import finish

_FAMILIES: Final[dict[str, Any]] = {
    "array": arrays,
    "combined": combined,
    "const": consts,
    "enum": enums,
    "not": nots,
    "number": numbers,
    "object": objects,
    "string": strings,
}
"""Of the other kinds nothing is compared, not even of if, then and else."""

_FAILED_ABOVE: Final[Rule] = refusing("FAILED_ABOVE", "What this schema is told of further up.", "")


def differences(old: Document, new: Document, *, lenient: bool = False, budget: int | None = None) -> Founds:
    """All that the rules find, refusing or not. `budget` bounds the pairs compared; passing it raises TooMuch."""
    kinds = (Kinds(old), Kinds(new))
    failed: set[_Pair] = set()
    spent = 0
    while True:
        comparison = _Round(kinds, failed, lenient=lenient, budget=budget, spent=spent)
        founds = finish(comparison.compare(old.root, new.root))
        spent = comparison.spent
        if not comparison.mistaken:
            return [found for found in founds if found.rule is not _FAILED_ABOVE]
        failed |= comparison.mistaken


_Pair = tuple[int, int]


class _Round:
    def __init__(
        self, kinds: tuple[Kinds, Kinds], failed: set[_Pair], *, lenient: bool, budget: int | None, spent: int
    ) -> None:
        self.spent = spent
        self.mistaken: set[_Pair] = set()
        self._kinds = kinds
        self._failed = failed
        self._lenient = lenient
        self._budget = budget
        self._open: set[_Pair] = set()
        self._assumed: set[_Pair] = set()
        self._done: dict[_Pair, Founds] = {}

    def old_kind(self, schema: Kind | Json) -> Kind:
        return self._kinds[0].of(schema)

    def new_kind(self, schema: Kind | Json) -> Kind:
        return self._kinds[1].of(schema)

    def old_parts(self, kind: Kind) -> list[Kind]:
        return self._kinds[0].distinct(kind)

    def new_parts(self, kind: Kind) -> list[Kind]:
        return self._kinds[1].distinct(kind)

    def fails(self, founds: Founds) -> bool:
        return any(found.rule.refuses(lenient=self._lenient) for found in founds)

    def reversed(self, old: Kind | Json, new: Kind | Json) -> Walk:
        self._kinds = self._kinds[::-1]
        founds: Founds = yield self.compare(new, old)
        self._kinds = self._kinds[::-1]
        return founds

    def compare(self, old: Kind | Json | None, new: Kind | Json | None) -> Walk:
        if old is None or new is None:
            return [] if old is new else [Found(SCHEMA_ADDED if old is None else SCHEMA_REMOVED)]
        before, after = self.old_kind(old), self.new_kind(new)
        pair = (id(before), id(after))
        if pair in self._done:
            return self._done[pair]
        if pair in self._open:
            if pair in self._failed:
                return [Found(_FAILED_ABOVE)]
            self._assumed.add(pair)
            return []
        self._spend()
        self._open.add(pair)
        founds: Founds = yield self._compared(before, after)
        if len(founds) > REMEMBERED:
            founds = _cut(founds, lenient=self._lenient)
        self._open.discard(pair)
        self._done[pair] = founds
        if pair in self._assumed and self.fails(founds):
            self.mistaken.add(pair)
        return founds

    def _spend(self) -> None:
        self.spent += 1
        if self._budget is not None and self.spent > self._budget:
            raise TooMuch

    def _compared(self, old: Kind, new: Kind) -> Walk:
        attempt: Founds | None = None
        if old.name != "combined" and new.name == "combined":
            attempt = yield becoming_combined(self, old, new)
        elif old.name == "combined" and new.name != "combined":
            attempt = yield becoming_plain(self, old, new)
        if attempt is not None:
            return attempt
        if old.name != new.name:
            return other_kind(old, new)
        found = annotations(old, new)
        family = _FAMILIES.get(old.name)
        if family is not None:
            result = family(self, old, new)
            found += (yield result) if isinstance(result, GeneratorType) else result
        return found


def _cut(founds: Founds, *, lenient: bool) -> Founds:
    """Of too many, those that refuse."""
    return sorted(founds, key=lambda found: not found.rule.refuses(lenient=lenient))[:REMEMBERED]
