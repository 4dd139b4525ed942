"""What a schema declares: the documents with no members but those that it names.

An object schema is closed here if it names members and leaves others open without a word (`additionalProperties` and
`unevaluatedProperties` are absent or true). All that is put to the same value counts together, so a member that one
part of an `allOf` names is one that all of it declares; a member that is required is declared, whatever it may be.
Nothing is closed under `not` and `if`, and what is closed is always a part of what the schema accepts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from compat.json.contain.reading import Reader, counted, tuple_of
from compat.json.contain.terms import Contains, Items, Members, Names, Term
from compat.json.values import Json


@dataclass(slots=True)
class Closer:
    """Closes the schemas of a reader's bundle."""

    reader: Reader
    _closed: dict[int, Term] = field(default_factory=dict)
    _closing: set[int] = field(default_factory=set)

    def root(self) -> Term:
        """True of the documents that keep to what is declared; of the schema itself it says nothing."""
        return self.closed(self.reader.bundle.root)

    def closed(self, schema: Json) -> Term:
        if not isinstance(schema, dict):
            return self.reader.terms.true
        key = ("closed", self.reader.side, id(schema))
        if id(schema) in self._closing:
            return self.reader.terms.name(key)
        if id(schema) not in self._closed:
            self._closing.add(id(schema))
            term = self.reader.terms.all(self._parts(schema))
            self._closed[id(schema)] = self.reader.terms.named[key] = term
            self._closing.discard(id(schema))
        return self._closed[id(schema)]

    def _parts(self, schema: dict[str, Json]) -> Iterator[Term]:
        names = any(self._names_members(part) for part in self._together(schema))
        yield from self._within(schema, whole=names)
        if names:
            yield self.reader.unevaluated_members(schema, self.reader.terms.false, silent=True)

    def _together(self, schema: Json) -> Iterator[dict[str, Json]]:
        """The schema and all that holds whenever it does."""
        if not isinstance(schema, dict):
            return
        if "$ref" in schema:
            yield from self._together(self.reader.bundle.target(schema["$ref"]))
        yield schema
        for part in schema.get("allOf", []):
            yield from self._together(part)

    @staticmethod
    def _names_members(schema: dict[str, Json]) -> bool:
        return bool(schema.get("properties") or schema.get("patternProperties"))

    def _within(self, schema: Json, *, whole: bool) -> Iterator[Term]:
        """What closing members and items comes to, and closing alternatives, if these are not closed as a `whole`."""
        terms = self.reader.terms
        for part in self._together(schema):
            yield from self._members(part)
            yield from self._items(part)
            for word in ("anyOf", "oneOf"):
                if word in part:
                    yield terms.any(
                        terms.all((self.reader.term(one), self._alternative(one, whole=whole))) for one in part[word]
                    )
            if "if" in part:
                yield from self._conditional(part, whole=whole)
            for name, one in self.reader.dependents(part):
                yield terms.any((terms.negated(self.reader.has(name)), terms.all(self._within(one, whole=True))))

    def _alternative(self, schema: Json, *, whole: bool) -> Term:
        return self.reader.terms.all(self._within(schema, whole=True)) if whole else self.closed(schema)

    def _conditional(self, schema: dict[str, Json], *, whole: bool) -> Iterator[Term]:
        terms = self.reader.terms
        condition = self.reader.term(schema["if"])
        if "then" in schema:
            yield terms.any((terms.negated(condition), self._alternative(schema["then"], whole=whole)))
        if "else" in schema:
            yield terms.any((condition, self._alternative(schema["else"], whole=whole)))

    def _members(self, schema: dict[str, Json]) -> Iterator[Term]:
        atom = self.reader.terms.atom
        for name, member in schema.get("properties", {}).items():
            yield atom(Members(Names(frozenset((name,))), self.closed(member)))
        for pattern, member in schema.get("patternProperties", {}).items():
            yield atom(Members(Names(patterns=frozenset((pattern,))), self.closed(member)))
        if isinstance(schema.get("additionalProperties"), dict):
            named = Names(frozenset(schema.get("properties", {})), frozenset(schema.get("patternProperties", {})))
            yield atom(Members(named.rest(), self.closed(schema["additionalProperties"])))

    def _items(self, schema: dict[str, Json]) -> Iterator[Term]:
        terms = self.reader.terms
        prefix, tail = tuple_of(schema, self.reader.draft)
        for index, item in enumerate(prefix):
            yield terms.atom(Items(index, index, self.closed(item)))
        if tail is not None:
            yield terms.atom(Items(len(prefix), None, self.closed(tail)))
        if "contains" in schema:
            inner = terms.all((self.reader.term(schema["contains"]), self.closed(schema["contains"])))
            yield terms.atom(Contains(inner, counted(schema.get("minContains", 1)), upper=False))
