"""What a rule of Confluent's table is, and what the rules of all families are written with. No rule lives here."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias

from compat.json.drafts import Json
from compat.json.kinds import Kind

LISTED: Final = 100  # differences of one answer
REMEMBERED: Final = 4 * LISTED  # of one pair: pairs may be shared, and then each way to them tells of all that is below


@dataclass(frozen=True, slots=True)
class Rule:
    """`name` is Confluent's errorType, `template` its description with `{path}`, `{reader}` and `{writer}`.

    `sentence` says what holds. A change under the rule refuses by STRICT, or not; LENIENT lets some more pass.
    """

    name: str
    sentence: str
    template: str = ""
    strict: bool = False
    lenient: bool = False

    def refuses(self, *, lenient: bool) -> bool:
        return self.lenient if lenient else self.strict


@dataclass(frozen=True, slots=True)
class Found:
    """A change, and the way to it from where the one who tells of it stands."""

    rule: Rule
    path: tuple[str, ...] = ()


Founds: TypeAlias = list[Found]
Walk: TypeAlias = Generator[Any, Any, Founds]
"""A comparison that yields the comparisons it would make: schemas may be nested deeper than Python calls."""

Attempt: TypeAlias = Generator[Any, Any, Founds | None]
"""One that may find that there is nothing to compare."""


class Comparison(Protocol):
    """What a family of rules may ask of the whole."""

    def compare(self, old: "Kind | Json | None", new: "Kind | Json | None") -> Walk: ...

    def reversed(self, old: "Kind | Json", new: "Kind | Json") -> Walk:
        """As `compare`, with the schemas of the two documents changed over."""

    def fails(self, founds: Founds) -> bool: ...
    def old_kind(self, schema: "Kind | Json") -> Kind: ...
    def new_kind(self, schema: "Kind | Json") -> Kind: ...
    def old_parts(self, kind: Kind) -> list[Kind]: ...
    def new_parts(self, kind: Kind) -> list[Kind]: ...


def compatible(name: str, sentence: str) -> Rule:
    return Rule(name, sentence)


def refusing(name: str, sentence: str, template: str, *, lenient: bool = True) -> Rule:
    """`lenient`: does LENIENT refuse as well?"""
    return Rule(name, sentence, template, strict=True, lenient=lenient)


def at(path: tuple[str, ...], founds: Founds) -> Iterator[Found]:
    return (Found(found.rule, (*path, *found.path)) for found in founds)


NOT_PRESENT: Final = "The keyword at path '{path}' in the {reader} schema is not present in the {writer} schema"
MORE: Final = "The value at path '{path}' in the {reader} schema is more than its value in the {writer} schema"
LESS: Final = "The value at path '{path}' in the {reader} schema is less than its value in the {writer} schema"
DIFFERENT: Final = "The value at path '{path}' is different between the {reader} and {writer} schema"
FEWER_ELEMENTS: Final = (
    "An array or combined type at path '{path}' has fewer elements in the {reader} schema than the {writer} schema"
)
MORE_ELEMENTS: Final = (
    "An array or combined type at path '{path}' has more elements in the {reader} schema than the {writer} schema"
)
TYPE_DIFFERENT: Final = "A type at path '{path}' is different between the {reader} schema and the {writer} schema"
ADDED_TO_OPEN: Final = (
    "The {reader} schema has an open content model and has a property or item at path '{path}'"
    " which is missing in the {writer} schema"
)
REMOVED_FROM_CLOSED: Final = (
    "The {reader} has a closed content model and is missing a property or item present at path '{path}'"
    " in the {writer} schema"
)
REMOVED_NOT_COVERED: Final = (
    "A property or item is missing in the {reader} schema but present at path '{path}' in the {writer} schema"
    " and is not covered by its partially open content model"
)
ADDED_NOT_COVERED: Final = (
    "The {reader} schema has a property or item at path '{path}' which is missing in the {writer} schema"
    " and is not covered by its partially open content model"
)


@dataclass(frozen=True, slots=True)
class Bound:
    """A keyword with a number, and what its four changes are."""

    keyword: str
    added: Rule
    removed: Rule
    increased: Rule
    decreased: Rule

    def changes(self, old: Kind, new: Kind) -> Founds:
        if self.keyword not in old.words and self.keyword not in new.words:
            return []
        before, after = number(old.word(self.keyword)), number(new.word(self.keyword))
        if before == after:
            return []
        if before is None or after is None:
            return [Found(self.added if before is None else self.removed, (self.keyword,))]
        return [Found(self.increased if after > before else self.decreased, (self.keyword,))]

    @property
    def rules(self) -> tuple[Rule, ...]:
        return self.added, self.removed, self.increased, self.decreased


def upper_bound(name: str, keyword: str, what: str) -> Bound:
    return Bound(
        keyword,
        refusing(f"{name}_ADDED", f"{what} gets no upper bound where it had none.", NOT_PRESENT),
        compatible(f"{name}_REMOVED", f"{what} may lose its upper bound."),
        compatible(f"{name}_INCREASED", f"The upper bound of {what[:1].lower()}{what[1:]} may rise."),
        refusing(f"{name}_DECREASED", f"The upper bound of {what[:1].lower()}{what[1:]} does not fall.", LESS),
    )


def lower_bound(name: str, keyword: str, what: str) -> Bound:
    return Bound(
        keyword,
        refusing(f"{name}_ADDED", f"{what} gets no lower bound where it had none.", NOT_PRESENT),
        compatible(f"{name}_REMOVED", f"{what} may lose its lower bound."),
        refusing(f"{name}_INCREASED", f"The lower bound of {what[:1].lower()}{what[1:]} does not rise.", MORE),
        compatible(f"{name}_DECREASED", f"The lower bound of {what[:1].lower()}{what[1:]} may fall."),
    )


def number(value: Json) -> float | None:
    """A bound as Confluent compares it: as a double, so that very large neighbours are one (number-16)."""
    if isinstance(value, bool) or value is None or isinstance(value, str | list | dict):
        return None
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


@dataclass(frozen=True, slots=True)
class Permission:
    """A keyword that is true, false or a schema for what is not declared, and what its changes are."""

    keyword: str
    added: Rule
    removed: Rule
    extended: Rule
    narrowed: Rule

    def changes(self, comparison: Comparison, old: Json, new: Json) -> Walk:
        """`old` and `new` are the keyword's values; None where there is none, which permits all."""
        if (old is False) != (new is False):
            return [Found(self.added if old is False else self.removed, (self.keyword,))]
        before, after = (value if isinstance(value, dict) else None for value in (old, new))
        if before is None or after is None:
            if before is after:
                return []
            return [Found(self.narrowed if before is None else self.extended, (self.keyword,))]
        return list(at((self.keyword,), (yield comparison.compare(before, after))))

    @property
    def rules(self) -> tuple[Rule, ...]:
        return self.added, self.removed, self.extended, self.narrowed


def permission(name: str, keyword: str, what: str, *, lenient: bool) -> Permission:
    return Permission(
        keyword,
        compatible(f"{name}_ADDED", f"{what} may be allowed that were not."),
        refusing(f"{name}_REMOVED", f"{what} that were allowed stay allowed.", NOT_PRESENT, lenient=lenient),
        compatible(f"{name}_EXTENDED", f"{what} may be freed of their schema."),
        refusing(f"{name}_NARROWED", f"{what} that may be anything get no schema.", FEWER_ELEMENTS, lenient=lenient),
    )
