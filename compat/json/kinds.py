"""A schema as Confluent's checker sees it: of one kind, or several kinds combined. Rules compare kind with kind.

Its library makes a class of each group of keywords, and an `allOf` of the classes where a schema has several: a type
beside an enum, a type beside a `not`. Which kinds meet decides what is compared at all, so the verdicts of the rule
table hang on this.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Final, Literal, TypeAlias

from compat.json.document import Document
from compat.json.drafts import DRAFTS_OF, Draft, Json
from compat.json.text import written

Name: TypeAlias = Literal[
    "array", "boolean", "combined", "conditional", "const", "empty", "enum", "false", "not", "null", "number", "object",
    "reference", "string", "true",
]  # fmt: skip
Criterion: TypeAlias = Literal["allOf", "anyOf", "oneOf"]

_TYPES: Final[dict[str, Name]] = {
    "array": "array",
    "boolean": "boolean",
    "integer": "number",
    "null": "null",
    "number": "number",
    "object": "object",
    "string": "string",
}
_SNIFFED: Final[dict[Name, frozenset[str]]] = {  # a schema without a type is of each kind whose keywords it has
    "array": frozenset((
        "items", "additionalItems", "minItems", "maxItems", "uniqueItems", "contains", "prefixItems",
        "unevaluatedItems", "minContains", "maxContains",
    )),
    "object": frozenset((
        "properties", "required", "minProperties", "maxProperties", "dependencies", "patternProperties",
        "additionalProperties", "propertyNames", "dependentRequired", "dependentSchemas", "unevaluatedProperties",
    )),
    "number": frozenset(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")),
    "string": frozenset(("minLength", "maxLength", "pattern", "format")),
    "conditional": frozenset(("if", "then", "else")),
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """`words` are the keywords of the schema it was made of; `parts` the schemas or kinds that are combined."""

    name: Name
    words: dict[str, Json] = field(default_factory=dict)
    criterion: Criterion = "allOf"
    parts: tuple["Kind | Json", ...] = ()
    is_integer: bool = False

    def word(self, keyword: str) -> Json:
        return self.words.get(keyword)


def names_in(value: Json) -> list[str]:
    """The names in a list of them. What is stored may be anything."""
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []


TRUE: Final = Kind("true")
FALSE: Final = Kind("false")


class Kinds:
    """The kinds of a document's schemas, each made when it is asked for, and once."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._kinds: dict[int, Kind] = {}
        self._distinct: dict[int, list[Kind]] = {}

    def of(self, schema: Kind | Json) -> Kind:
        if isinstance(schema, Kind):
            return schema
        schema = self._followed(schema)
        if not isinstance(schema, dict):
            return TRUE if schema else FALSE
        if id(schema) not in self._kinds:
            self._kinds[id(schema)] = self._made(schema)
        return self._kinds[id(schema)]

    def distinct(self, kind: Kind) -> list[Kind]:
        """What is combined, without what says the same in the same words."""
        if id(kind) not in self._distinct:
            found: dict[object, Kind] = {}
            for part in kind.parts:
                found.setdefault(part if isinstance(part, Kind) else written(part, sort=True), self.of(part))
            self._distinct[id(kind)] = list(found.values())
        return self._distinct[id(kind)]

    def _followed(self, schema: Json) -> Json:
        """What a schema that is nothing but a reference leads to; itself when that leads in a circle."""
        seen = set()
        at = schema
        while isinstance(at, dict) and self._document.has_target(at) and not self._has_siblings(at):
            if id(at) in seen:
                return schema
            seen.add(id(at))
            at = self._document.target(at)
        return at

    def _has_siblings(self, schema: dict[str, Json]) -> bool:
        return not self._document.draft_at(schema).is_ref_alone and bool(list(self._own(schema)))

    def _made(self, schema: dict[str, Json]) -> Kind:
        if self._document.has_target(schema):
            own = [] if self._document.draft_at(schema).is_ref_alone else list(self._own(schema))
            kinds: list[Kind | Json] = [self._document.target(schema), *own] if own else [Kind("reference", schema)]
        else:
            kinds = list(self._own(schema))
        if len(kinds) == 1 and isinstance(kinds[0], Kind):
            return kinds[0]
        return Kind("combined", schema, "allOf", tuple(kinds)) if kinds else Kind("empty", schema)

    def _own(self, schema: dict[str, Json]) -> Iterator[Kind]:
        """In the order in which Confluent's library looks for them."""
        draft = self._document.draft_at(schema)
        if isinstance(schema.get("enum"), list):
            yield Kind("enum", schema)
        criterion: Criterion
        for criterion in ("allOf", "anyOf", "oneOf"):
            if isinstance(schema.get(criterion), list):
                yield Kind("combined", schema, criterion, tuple(schema[criterion]))
        if "not" in schema:
            yield Kind("not", schema)
        if "const" in schema and draft >= _since("const"):
            yield Kind("const", schema)
        types = schema.get("type")
        several = names_in(types)
        if isinstance(types, str):
            yield self._typed(types, schema)
        elif several:
            yield Kind("combined", schema, "anyOf", tuple([self._typed(type_, schema) for type_ in several]))
        taken = {_TYPES.get(type_) for type_ in ([types] if isinstance(types, str) else several)}
        for name, keywords in _SNIFFED.items():
            if name not in taken and any(draft >= _since(word) for word in keywords & schema.keys()):
                yield Kind(name, schema)

    def _typed(self, type_: str, schema: dict[str, Json]) -> Kind:
        return Kind(_TYPES.get(type_, "empty"), schema, is_integer=type_ == "integer")


@cache
def _since(keyword: str) -> Draft:
    """Older drafts do not have it. What younger ones have given up is looked at all the same."""
    return min(DRAFTS_OF.get(keyword, (Draft.DRAFT_4,)))
