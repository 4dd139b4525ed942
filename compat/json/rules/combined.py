"""allOf, anyOf, oneOf and not."""

from typing import Final

from compat.json.kinds import Kind
from compat.json.rules.pairing import most_pairs
from compat.json.rules.rule import (
    FEWER_ELEMENTS,
    MORE_ELEMENTS,
    TYPE_DIFFERENT,
    Attempt,
    Comparison,
    Found,
    Founds,
    Rule,
    Walk,
    at,
    compatible,
    refusing,
)

COMBINED_TYPE_EXTENDED: Final = compatible(
    "COMBINED_TYPE_EXTENDED", "A combination may become one that asks for less: anyOf in place of oneOf or allOf."
)
COMBINED_TYPE_CHANGED: Final = refusing(
    "COMBINED_TYPE_CHANGED", "A combination does not become one of another kind that asks for more.", TYPE_DIFFERENT
)
COMBINED_TYPE_SUBSCHEMAS_CHANGED: Final = refusing(
    "COMBINED_TYPE_SUBSCHEMAS_CHANGED",
    "Each branch of a combination has one on the other side that it can become, and no two have the same.",
    TYPE_DIFFERENT,
)
PRODUCT_TYPE_EXTENDED: Final = refusing("PRODUCT_TYPE_EXTENDED", "An allOf gets no more branches.", MORE_ELEMENTS)
PRODUCT_TYPE_NARROWED: Final = compatible("PRODUCT_TYPE_NARROWED", "An allOf may lose branches.")
SUM_TYPE_EXTENDED: Final = compatible("SUM_TYPE_EXTENDED", "An anyOf or oneOf may get more branches.")
SUM_TYPE_NARROWED: Final = refusing("SUM_TYPE_NARROWED", "An anyOf or oneOf loses no branch.", FEWER_ELEMENTS)
NOT_TYPE_EXTENDED: Final = refusing("NOT_TYPE_EXTENDED", "What is excluded by not does not become more.", MORE_ELEMENTS)
NOT_TYPE_NARROWED: Final = compatible("NOT_TYPE_NARROWED", "What is excluded by not may become less.")


def combined(comparison: Comparison, old: Kind, new: Kind) -> Walk:
    before, after = comparison.old_parts(old), comparison.new_parts(new)
    if old.criterion != new.criterion and not _may_follow(old, len(before), new, len(after)):
        return [Found(COMBINED_TYPE_CHANGED)]
    founds: Founds = [] if old.criterion == new.criterion else [Found(COMBINED_TYPE_EXTENDED)]
    founds += [Found(rule) for rule in _size(old, len(before), new, len(after))]
    edges: dict[tuple[int, int], Founds] = {}
    for index, branch in enumerate(before):
        for candidate, other in enumerate(after):
            below = yield comparison.compare(branch, other)
            if not comparison.fails(below):
                edges[index, candidate] = below
    matched = most_pairs(edges, len(before))
    for index, candidate in matched:
        founds += at((old.criterion.lower(), str(index)), edges[index, candidate])
    if len(matched) < min(len(before), len(after)):
        founds.append(Found(COMBINED_TYPE_SUBSCHEMAS_CHANGED))
    return founds


def _may_follow(old: Kind, before: int, new: Kind, after: int) -> bool:
    return (
        new.criterion == "anyOf"
        or before == after == 1
        or (before == 1 and new.criterion == "oneOf")
        or (after == 1 and old.criterion == "allOf")
    )


def _size(old: Kind, before: int, new: Kind, after: int) -> list[Rule]:
    if before < after:
        return [PRODUCT_TYPE_EXTENDED if new.criterion == "allOf" else SUM_TYPE_EXTENDED]
    if before > after:
        return [PRODUCT_TYPE_NARROWED if old.criterion == "allOf" else SUM_TYPE_NARROWED]
    return []


def becoming_combined(comparison: Comparison, old: Kind, new: Kind) -> Attempt:
    """A plain schema that becomes a combination: one branch of it will do, unless all of several are asked for.

    For a oneOf that is unsound (combined-09), and so it is in Confluent's table. None: there is no such way.
    """
    branches = comparison.new_parts(new)
    for branch in branches if len(branches) == 1 or new.criterion != "allOf" else ():
        below = yield comparison.compare(old, branch)
        if not comparison.fails(below):
            return [*below, Found(SUM_TYPE_EXTENDED)] if len(branches) > 1 else below
    return None


def becoming_plain(comparison: Comparison, old: Kind, new: Kind) -> Attempt:
    """A combination that becomes a plain schema: the only branch, or any of those that hold together."""
    branches = comparison.old_parts(old)
    for branch in branches if len(branches) == 1 or old.criterion == "allOf" else ():
        below = yield comparison.compare(branch, new)
        if not comparison.fails(below):
            return [*below, Found(PRODUCT_TYPE_NARROWED)] if len(branches) > 1 else below
    return None


def nots(comparison: Comparison, old: Kind, new: Kind) -> Walk:
    """What is excluded is compared the other way round."""
    below = yield comparison.reversed(old.word("not"), new.word("not"))
    if comparison.fails(below):
        return [Found(NOT_TYPE_EXTENDED, ("not",))]
    return [Found(NOT_TYPE_NARROWED, ("not",))] if below else []
