"""Schemas as terms: the one place that knows what each keyword of each draft means.

What is not known here becomes an opaque term, from which nothing can be concluded but that it implies itself.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain, combinations
from typing import Final

from compat.json.bundle import Bundle
from compat.json.contain.terms import (
    EVERY,
    NONE,
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
)
from compat.json.drafts import DRAFTS_OF, Draft
from compat.json.values import Json, exact, is_number

TYPES: Final = frozenset(("null", "boolean", "integer", "number", "string", "array", "object"))
SIZES: Final = {
    "minLength": ("string", False),
    "maxLength": ("string", True),
    "minItems": ("array", False),
    "maxItems": ("array", True),
    "minProperties": ("object", False),
    "maxProperties": ("object", True),
}
MOST_CONDITIONS: Final = 6  # under which members or items are evaluated: each doubles the cases
DEEPEST: Final = 40  # references within references, on the search for what is evaluated
OBJECT: Final = Types(frozenset(("object",)))


class Malformed(Exception):
    """A keyword whose value is none that the keyword can have."""


@dataclass(slots=True)
class Reader:
    """Reads the schemas of one bundle, where nothing stands beside a `$ref` that is alone by its draft."""

    bundle: Bundle
    terms: Terms
    side: str
    _read: dict[int, Term] = field(default_factory=dict)
    _reading: set[int] = field(default_factory=set)
    _serial: int = 0

    @property
    def draft(self) -> Draft:
        return self.bundle.draft

    def root(self) -> Term:
        return self.term(self.bundle.root)

    def term(self, schema: Json) -> Term:
        if schema is True:
            return self.terms.true
        if schema is False:
            return self.terms.false
        if not isinstance(schema, dict):
            return self._opaque()
        key = (self.side, id(schema))
        if id(schema) in self._reading:
            return self.terms.name(key)
        if id(schema) not in self._read:
            self._reading.add(id(schema))
            self._read[id(schema)] = self.terms.named[key] = self._meaning(schema)
            self._reading.discard(id(schema))
        return self._read[id(schema)]

    def _meaning(self, schema: dict[str, Json]) -> Term:
        try:
            return self.terms.all(self._says(schema))
        except (Malformed, KeyError, TypeError, AttributeError):
            return self._opaque()

    def _opaque(self) -> Term:
        self._serial += 1
        return self.terms.opaque((self.side, self._serial))

    def _says(self, schema: dict[str, Json]) -> Iterator[Term]:
        if "$ref" in schema:
            yield self.term(self.bundle.target(schema["$ref"]))
        known = {word: value for word, value in schema.items() if self.draft in DRAFTS_OF.get(word, ())}
        if "$dynamicRef" in known or "$recursiveRef" in known:
            yield self._opaque()
        yield from self._values(known)
        yield from self._numbers(known)
        yield from self._strings_and_sizes(known)
        yield from self._members(known)
        yield from self._items(known)
        yield from self._applied(known)
        yield from self._unevaluated(known)

    # ------------------------------------------------------------ values

    def _values(self, schema: dict[str, Json]) -> Iterator[Term]:
        if "type" in schema:
            names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
            if not TYPES.issuperset(names):
                raise Malformed
            if self.draft is Draft.DRAFT_4:
                names = ["written" if name == "integer" else name for name in names]
            yield self._types(frozenset(names))
        if "enum" in schema:
            yield self.terms.values_of(_list(schema["enum"]))
        if "const" in schema:
            yield self.terms.values_of([schema["const"]])

    def _types(self, names: frozenset[str]) -> Term:
        if "number" in names:
            names -= {"integer", "written"}
        if len(names) == 6 and "number" in names:
            return self.terms.true
        return self.terms.atom(Types(names))

    def _numbers(self, schema: dict[str, Json]) -> Iterator[Term]:
        for word, exclusive_word, upper in (
            ("minimum", "exclusiveMinimum", False),
            ("maximum", "exclusiveMaximum", True),
        ):
            exclusive = schema.get(exclusive_word)
            if word in schema:
                strict = exclusive is True and self.draft is Draft.DRAFT_4
                yield self._bound(schema[word], upper=upper, exclusive=strict)
            if exclusive is not None and self.draft is not Draft.DRAFT_4:
                yield self._bound(exclusive, upper=upper, exclusive=True)
        if "multipleOf" in schema:
            factor = schema["multipleOf"]
            if not is_number(factor) or factor <= 0:
                raise Malformed
            yield self.terms.atom(Multiple(exact(factor)))

    def _bound(self, value: Json, *, upper: bool, exclusive: bool) -> Term:
        if not is_number(value):
            raise Malformed
        return self.terms.atom(Bound(exact(value), upper, exclusive))

    def _strings_and_sizes(self, schema: dict[str, Json]) -> Iterator[Term]:
        for word, (of, upper) in SIZES.items():
            if word in schema:
                yield self.terms.atom(Size(of, counted(schema[word]), upper))  # type: ignore[arg-type]
        if "pattern" in schema:
            yield self.terms.atom(Pattern(_text(schema["pattern"]))) if schema["pattern"] else self.terms.true

    # ------------------------------------------------------------ members

    def _members(self, schema: dict[str, Json]) -> Iterator[Term]:
        for name in _list(schema.get("required", [])):
            yield self.terms.atom(Has(_text(name)))
        yield from self._rules(schema)
        if "propertyNames" in schema:
            yield self.terms.atom(Called(self.term(schema["propertyNames"])))
        for word in ("dependencies", "dependentRequired", "dependentSchemas"):
            for name, needed in schema.get(word, {}).items():
                yield self._implied(name, needed)

    def _rules(self, schema: dict[str, Json]) -> Iterator[Term]:
        for name, member in schema.get("properties", {}).items():
            yield self.terms.atom(Members(Names(frozenset((name,))), self.term(member)))
        for pattern, member in schema.get("patternProperties", {}).items():
            yield self.terms.atom(Members(Names(patterns=frozenset((pattern,))), self.term(member)))
        if "additionalProperties" in schema:
            yield self.terms.atom(Members(_declared(schema).rest(), self.term(schema["additionalProperties"])))

    def _implied(self, name: str, needed: Json) -> Term:
        has = self.has(name)
        if isinstance(needed, list):
            body = self.terms.all([self.terms.atom(Has(_text(other))) for other in needed])
        else:
            body = self.term(needed)
        return self.terms.any((self.terms.negated(has), body))

    def has(self, name: str) -> Term:
        """An object with such a member: unlike `required`, which says nothing of other values."""
        return self.terms.all((self.terms.atom(OBJECT), self.terms.atom(Has(name))))

    # ------------------------------------------------------------ items

    def _items(self, schema: dict[str, Json]) -> Iterator[Term]:
        prefix, tail = tuple_of(schema, self.draft)
        for index, item in enumerate(prefix):
            yield self.terms.atom(Items(index, index, self.term(item)))
        if tail is not None:
            yield self.terms.atom(Items(len(prefix), None, self.term(tail)))
        if "contains" in schema:
            term = self.term(schema["contains"])
            yield self.terms.atom(Contains(term, counted(schema.get("minContains", 1)), upper=False))
            if "maxContains" in schema:
                yield self.terms.atom(Contains(term, counted(schema["maxContains"]), upper=True))
        if schema.get("uniqueItems") is True:
            yield self.terms.atom(Distinct())

    # ------------------------------------------------------------ schemas put to the same value

    def _applied(self, schema: dict[str, Json]) -> Iterator[Term]:
        terms = self.terms
        for inner in _list(schema.get("allOf", [])):
            yield self.term(inner)
        if "anyOf" in schema:
            yield terms.any([self.term(inner) for inner in _list(schema["anyOf"])])
        if "oneOf" in schema:
            yield terms.one([self.term(inner) for inner in _list(schema["oneOf"])])
        if "not" in schema:
            yield terms.negated(self.term(schema["not"]))
        if "if" in schema:
            condition = self.term(schema["if"])
            if "then" in schema:
                yield terms.any((terms.negated(condition), self.term(schema["then"])))
            if "else" in schema:
                yield terms.any((condition, self.term(schema["else"])))

    # ------------------------------------------------------------ what nothing else has looked at

    def _unevaluated(self, schema: dict[str, Json]) -> Iterator[Term]:
        if "unevaluatedProperties" in schema:
            yield self.unevaluated_members(schema, self.term(schema["unevaluatedProperties"]))
        if "unevaluatedItems" in schema:
            yield self._unevaluated_items(schema, self.term(schema["unevaluatedItems"]))

    def unevaluated_members(self, schema: dict[str, Json], term: Term, *, silent: bool = False) -> Term:
        """Members that nothing in the schema has looked at are so. `silent`: to be open is not to look."""
        groups: dict[frozenset[Term], Names] = {}
        for conditions, names in self._evaluated(schema, frozenset(), own=True, of="declared" if silent else "members"):
            assert isinstance(names, Names)
            groups[conditions] = groups.get(conditions, NONE) | names
        always = groups.pop(frozenset(), NONE)
        groups = {conditions: names for conditions, names in groups.items() if always | names != always}

        def rule(chosen: tuple[frozenset[Term], ...]) -> Term:
            names = always
            for one in chosen:
                names |= groups[one]
            return self.terms.atom(Members(names.rest(), term))

        return self._by_case(list(groups), rule)

    def _unevaluated_items(self, schema: dict[str, Json], term: Term) -> Term:
        groups: dict[frozenset[Term], list[int | Term | None]] = {}
        for conditions, items in self._evaluated(schema, frozenset(), own=True, of="items"):
            assert not isinstance(items, Names)
            if items != 0:  # of the first none
                groups.setdefault(conditions, []).append(items)
        always = groups.pop(frozenset(), [])

        def rule(chosen: tuple[frozenset[Term], ...]) -> Term:
            seen = [*always, *chain.from_iterable(groups[one] for one in chosen)]
            if None in seen:
                return self.terms.true
            first = max((one for one in seen if isinstance(one, int)), default=0)
            matching = [one for one in seen if isinstance(one, Term)]
            return self.terms.atom(Items(first, None, self.terms.any((term, *matching))))

        return self._by_case(list(groups), rule, sure=self.draft is Draft.DRAFT_2020 or not self._contains(schema))

    def _by_case(
        self,
        groups: list[frozenset[Term]],
        rule: Callable[[tuple[frozenset[Term], ...]], Term],
        *,
        sure: bool = True,
    ) -> Term:
        """The rule for those conditions that hold. A rule gets weaker with each, so a few that hold are enough.

        Where there are too many cases, it is only said that the strictest rule implies it, and that it implies the
        weakest.
        """
        if not sure or len(groups) > MOST_CONDITIONS:
            weakest = rule(tuple(groups)) if sure else self.terms.true
            return self.terms.any((rule(()), self.terms.all((weakest, self._opaque()))))
        return self.terms.any(
            self.terms.all((*chain.from_iterable(chosen), rule(chosen)))
            for size in range(len(groups) + 1)
            for chosen in combinations(groups, size)
        )

    def _contains(self, schema: Json, depth: int = 0) -> bool:
        """Drafts 2019-09 and 2020-12, and the validators, do not agree on whether `contains` evaluates items."""
        return any("contains" in inner for inner in self._in_place(schema, depth))

    def _in_place(self, schema: Json, depth: int = 0) -> Iterator[dict[str, Json]]:
        if not isinstance(schema, dict) or depth > DEEPEST:
            return
        yield schema
        inner = [schema[word] for word in ("if", "then", "else") if word in schema]
        inner += [one for word in ("allOf", "anyOf", "oneOf") for one in schema.get(word, [])]
        inner += schema.get("dependentSchemas", {}).values()
        inner += [self.bundle.target(schema["$ref"])] if "$ref" in schema else []
        for one in inner:
            yield from self._in_place(one, depth + 1)

    def _evaluated(
        self, schema: Json, conditions: frozenset[Term], *, own: bool = False, of: str, depth: int = 0
    ) -> Iterator[tuple[frozenset[Term], Names | int | Term | None]]:
        """What a schema that holds has looked at, and under which conditions."""
        if not isinstance(schema, dict):
            return
        if depth > DEEPEST:
            raise Malformed
        seen: Iterator[Names | int | Term | None]
        match of:
            case "members":
                seen = self._seen_members(schema, own=own)
            case "declared":
                seen = self._declared_members(schema)
            case _:
                seen = self._seen_items(schema, own=own)
        for one in seen:
            yield conditions, one
        for inner, condition in self._ways(schema):
            more = conditions if condition is None else conditions | {condition}
            yield from self._evaluated(inner, more, of=of, depth=depth + 1)

    def _ways(self, schema: dict[str, Json]) -> Iterator[tuple[Json, Term | None]]:
        if "$ref" in schema:
            yield self.bundle.target(schema["$ref"]), None
        for inner in schema.get("allOf", []):
            yield inner, None
        for word in ("anyOf", "oneOf"):
            for inner in schema.get(word, []):
                yield inner, self.term(inner)
        for name, inner in self.dependents(schema):
            yield inner, self.has(name)
        if "if" in schema:
            condition = self.term(schema["if"])
            yield schema["if"], condition
            if "then" in schema:
                yield schema["then"], condition
            if "else" in schema:
                yield schema["else"], self.terms.negated(condition)

    @staticmethod
    def dependents(schema: dict[str, Json]) -> Iterator[tuple[str, Json]]:
        """Schemas that hold if there is a member of this name."""
        for word in ("dependencies", "dependentSchemas"):
            for name, inner in schema.get(word, {}).items():
                if not isinstance(inner, list):
                    yield name, inner

    @staticmethod
    def _declared_members(schema: dict[str, Json]) -> Iterator[Names]:
        yield _declared(schema)
        required = schema.get("required", [])
        yield Names(frozenset(required if isinstance(required, list) else ()))
        for word in ("dependencies", "dependentRequired"):
            for needed in schema.get(word, {}).values():
                yield Names(frozenset(needed if isinstance(needed, list) else ()))
        for word in ("additionalProperties", "unevaluatedProperties"):
            if schema.get(word, True) not in (True, {}):
                yield EVERY

    def _seen_members(self, schema: dict[str, Json], *, own: bool) -> Iterator[Names]:
        yield _declared(schema)
        if "additionalProperties" in schema or ("unevaluatedProperties" in schema and not own):
            yield EVERY

    def _seen_items(self, schema: dict[str, Json], *, own: bool) -> Iterator[int | Term | None]:
        prefix, tail = tuple_of(schema, self.draft)
        yield len(prefix)
        if tail is not None or ("unevaluatedItems" in schema and not own):
            yield None
        if "contains" in schema and self.draft is Draft.DRAFT_2020:
            yield self.term(schema["contains"])


def _declared(schema: dict[str, Json]) -> Names:
    return Names(frozenset(schema.get("properties", {})), frozenset(schema.get("patternProperties", {})))


def tuple_of(schema: dict[str, Json], draft: Draft) -> tuple[list[Json], Json]:
    """The schemas of the first items, and of all others (None: nothing is said of them)."""
    items = schema.get("items")
    if draft is Draft.DRAFT_2020:
        return _list(schema.get("prefixItems", [])), items
    if isinstance(items, list):
        return items, schema.get("additionalItems")
    return [], items


def _list(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise Malformed
    return value


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise Malformed
    return value


def counted(value: Json) -> int:
    if not is_number(value) or value < 0 or exact(value).denominator != 1:
        raise Malformed
    return int(value)
