"""Arrays: their items, how many there are, and whether they differ. A tuple has a content model, as an object has."""

from dataclasses import dataclass
from typing import Final

from compat.json.drafts import Json
from compat.json.kinds import Kind
from compat.json.rules.rule import (
    ADDED_NOT_COVERED,
    ADDED_TO_OPEN,
    NOT_PRESENT,
    REMOVED_FROM_CLOSED,
    REMOVED_NOT_COVERED,
    Comparison,
    Found,
    Founds,
    Walk,
    at,
    compatible,
    lower_bound,
    permission,
    refusing,
    upper_bound,
)

MAX_ITEMS: Final = upper_bound("MAX_ITEMS", "maxItems", "The number of items")
MIN_ITEMS: Final = lower_bound("MIN_ITEMS", "minItems", "The number of items")
MAX_CONTAINS: Final = upper_bound("MAX_CONTAINS", "maxContains", "The number of items that contains counts")
MIN_CONTAINS: Final = lower_bound("MIN_CONTAINS", "minContains", "The number of items that contains counts")
UNIQUE_ITEMS_ADDED: Final = refusing("UNIQUE_ITEMS_ADDED", "Items that could be equal still can.", NOT_PRESENT)
UNIQUE_ITEMS_REMOVED: Final = compatible("UNIQUE_ITEMS_REMOVED", "Items that could not be equal may become so.")
ADDITIONAL: Final = permission(
    "ADDITIONAL_ITEMS", "additionalItems", "Items beyond those that are declared", lenient=True
)
UNEVALUATED: Final = permission("UNEVALUATED_ITEMS", "unevaluatedItems", "Items that nothing speaks of", lenient=True)

EMPTY_ADDED_TO_OPEN: Final = compatible(
    "ITEM_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL",
    "An item that may be anything may be declared where any was allowed.",
)
ADDED_TO_OPEN_MODEL: Final = refusing(
    "ITEM_ADDED_TO_OPEN_CONTENT_MODEL",
    "An item that could be anything, as the tuple was open, is not declared with a schema.",
    ADDED_TO_OPEN,
)
ADDED_TO_CLOSED: Final = compatible(
    "ITEM_ADDED_TO_CLOSED_CONTENT_MODEL", "An item may be added that was not allowed before."
)
ADDED_COVERED: Final = compatible(
    "ITEM_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
    "An item may be declared with a schema that takes all that was allowed in its place.",
)
ADDED_UNCOVERED: Final = refusing(
    "ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
    "A new item takes all that was allowed in its place before it was declared.",
    ADDED_NOT_COVERED,
)
REMOVED_FROM_OPEN: Final = compatible(
    "ITEM_REMOVED_FROM_OPEN_CONTENT_MODEL", "An item may go where any other is allowed."
)
FALSE_REMOVED_FROM_CLOSED: Final = compatible(
    "ITEM_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL", "An item that nothing could be may go."
)
REMOVED_FROM_CLOSED_MODEL: Final = refusing(
    "ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL",
    "No item goes where no other is allowed: documents with it exist.",
    REMOVED_FROM_CLOSED,
)
REMOVED_COVERED: Final = compatible(
    "ITEM_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
    "An item may go where all that it could be is allowed in its place.",
)
REMOVED_UNCOVERED: Final = refusing(
    "ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
    "An item goes only where all that it could be stays allowed in its place.",
    REMOVED_NOT_COVERED,
)


@dataclass(frozen=True, slots=True)
class Items:
    """The words of every draft in one shape: a list and what follows it, or one schema for all items."""

    listed: list[Json] | None
    each: Json
    rest: Json
    unevaluated: Json

    @classmethod
    def of(cls, kind: Kind) -> "Items":
        prefix, items, unevaluated = kind.word("prefixItems"), kind.word("items"), kind.word("unevaluatedItems")
        if isinstance(prefix, list):
            return cls(prefix, None, items, unevaluated)
        rest = kind.word("additionalItems")
        if isinstance(items, list):
            return cls(items, None, rest, unevaluated)
        return cls(None, items, None if rest is False and items is not None else rest, unevaluated)

    @property
    def is_open(self) -> bool:
        return self.rest in (None, True) and self.unevaluated in (None, True)

    @property
    def cover(self) -> Json:
        """The schema for an item that is not declared, in a model that is not open; None where it is closed."""
        return next((schema for schema in (self.rest, self.unevaluated) if isinstance(schema, dict)), None)


def arrays(comparison: Comparison, old: Kind, new: Kind) -> Walk:
    before, after = Items.of(old), Items.of(new)
    founds = list(at(("items",), (yield comparison.compare(before.each, after.each))))
    founds += yield _listed(comparison, before, after)
    for bound in (MAX_ITEMS, MIN_ITEMS, MAX_CONTAINS, MIN_CONTAINS):
        founds += bound.changes(old, new)
    unique = old.word("uniqueItems") is True, new.word("uniqueItems") is True
    if unique[0] != unique[1]:
        founds.append(Found(UNIQUE_ITEMS_ADDED if unique[1] else UNIQUE_ITEMS_REMOVED, ("uniqueItems",)))
    founds += yield ADDITIONAL.changes(comparison, before.rest, after.rest)
    founds += yield UNEVALUATED.changes(comparison, before.unevaluated, after.unevaluated)
    return founds


def _listed(comparison: Comparison, old: Items, new: Items) -> Walk:
    before, after = old.listed or [], new.listed or []
    founds: Founds = []
    for index in range(max(len(before), len(after))):
        if index >= len(after):
            below = yield _removed(comparison, new, before[index])
        elif index >= len(before):
            below = yield _added(comparison, old, after[index])
        else:
            below = yield comparison.compare(before[index], after[index])
        founds += at(("items", str(index)), below)
    return founds


def _removed(comparison: Comparison, new: Items, schema: Json) -> Walk:
    if new.is_open:
        return [Found(REMOVED_FROM_OPEN)]
    if new.cover is None:
        impossible = comparison.old_kind(schema).name == "false"
        return [Found(FALSE_REMOVED_FROM_CLOSED if impossible else REMOVED_FROM_CLOSED_MODEL)]
    below = yield comparison.compare(schema, new.cover)
    return [*below, Found(REMOVED_UNCOVERED if comparison.fails(below) else REMOVED_COVERED)]


def _added(comparison: Comparison, old: Items, schema: Json) -> Walk:
    if old.is_open:
        anything = comparison.new_kind(schema).name in {"empty", "true"}
        return [Found(EMPTY_ADDED_TO_OPEN if anything else ADDED_TO_OPEN_MODEL)]
    if old.cover is None:
        return [Found(ADDED_TO_CLOSED)]
    below = yield comparison.compare(old.cover, schema)
    return [*below, Found(ADDED_UNCOVERED if comparison.fails(below) else ADDED_COVERED)]
