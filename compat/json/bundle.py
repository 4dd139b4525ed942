"""A document as one schema that needs no other: what is referred to lies in its definitions, and nothing else does.

All `$id`s, anchors and nested `$schema`s are gone, and each reference is `#/definitions/N` (`#/$defs/N` from 2019-09
on); so it can be given to any validator, and followed without a base URI. Only what has a say is in it, and
annotations that may help to find a value.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol

from compat.json.drafts import DRAFTS_OF, MAP, STORES, Draft, Json, subschemas
from compat.json.text import written

_KEPT: Final = ("default", "examples", "format", "title")
_REFERENCES: Final = frozenset(("$ref", "$dynamicRef", "$recursiveRef"))


class Opaque(Exception):
    """A document that cannot be bundled, and why."""


class Resolved(Protocol):
    """What is asked of a document here."""

    @property
    def root(self) -> Json: ...
    @property
    def draft(self) -> Draft: ...
    @property
    def opaque(self) -> str: ...
    def draft_at(self, schema: Json) -> Draft: ...
    def target(self, schema: dict[str, Json]) -> Json: ...
    def has_target(self, schema: dict[str, Json]) -> bool: ...


@dataclass(frozen=True, eq=False)
class Bundle:
    """`root` is the whole schema, its `$schema` named; numbers in it are int and Decimal."""

    draft: Draft
    root: Json

    @cached_property
    def text(self) -> str:
        return written(self.root)

    @cached_property
    def definitions(self) -> dict[str, Json]:
        return self.root.get(self.draft.definitions, {}) if isinstance(self.root, dict) else {}

    def target(self, reference: str) -> Json:
        """What a `$ref` of this schema leads to. Two that lead to one schema lead to one object."""
        return self.definitions[reference.rpartition("/")[2]]


def bundled(document: Resolved) -> Bundle:
    """In the document's own draft. Raises Opaque."""
    return _bundle(document, document.draft, lambda schema: _spoken(schema, document.draft))


def modernized(document: Resolved) -> Bundle:
    """In the newest draft. Raises Opaque."""
    return _bundle(document, Draft.DRAFT_2020, lambda schema: modern(schema, document.draft_at(schema)))


def _bundle(document: Resolved, draft: Draft, spoken: Callable[[dict[str, Json]], dict[str, Json]]) -> Bundle:
    if document.opaque:
        raise Opaque(document.opaque)
    root = document.root
    while isinstance(root, dict) and document.has_target(root) and document.draft_at(root).is_ref_alone:
        root = document.target(root)
    if not isinstance(root, dict):
        return Bundle(draft, root)
    copier = _Copier(document, draft, spoken)
    top = copier.copy(root)
    definitions = copier.definitions()
    named = {draft.definitions: definitions} if definitions else {}
    return Bundle(draft, {"$schema": draft.uri, **top, **named})


class _Copier:
    def __init__(self, document: Resolved, draft: Draft, spoken: Callable[[dict[str, Json]], dict[str, Json]]) -> None:
        self._document = document
        self._draft = draft
        self._spoken = spoken
        self._names: dict[int, str] = {}
        self._targets: list[Json] = []

    def definitions(self) -> dict[str, Json]:
        """All that is referred to, and by what is referred to in turn."""
        found: dict[str, Json] = {}
        while len(found) < len(self._targets):
            target = self._targets[len(found)]
            found[str(len(found))] = self.copy(target)
        return found

    def copy(self, schema: Json) -> Json:
        """A copy of our own, down to what is no schema. Depth costs no recursion."""
        holder = [schema]
        waiting: list[tuple[Json, str | int]] = [(holder, 0)]
        while waiting:
            around, key = waiting.pop()
            inner = around[key]
            if not isinstance(inner, dict):
                continue
            fresh = self._spoken(inner)
            if self._document.has_target(inner):
                fresh["$ref"] = self._reference(self._document.target(inner))
            around[key] = fresh
            for (keyword, *key_within), _ in list(subschemas(fresh, self._draft)):
                waiting.append((fresh[str(keyword)], key_within[0]) if key_within else (fresh, keyword))
        return holder[0]

    def _reference(self, target: Json) -> str:
        key = id(target)
        if key not in self._names:
            self._names[key] = str(len(self._targets))
            self._targets.append(target)
        return f"#/{self._draft.definitions}/{self._names[key]}"


def _spoken(schema: dict[str, Json], draft: Draft) -> dict[str, Json]:
    """What a draft understands of a schema, in containers of its own wherever schemas are in them."""
    if "$ref" in schema and draft.is_ref_alone:
        return {}
    return {
        keyword: _container(keyword, value)
        for keyword, value in schema.items()
        if (draft in DRAFTS_OF.get(keyword, ()) or keyword in _KEPT)
        and keyword not in STORES
        and keyword not in _REFERENCES
    }


def _container(keyword: str, value: Json) -> Json:
    if keyword in MAP and isinstance(value, dict):
        return dict(value)
    return list(value) if isinstance(value, list) else value


# ------------------------------------------------------------------------------------------------ drafts


def modern(schema: dict[str, Json], draft: Draft) -> dict[str, Json]:
    """A schema of any draft in the words of the newest; the schemas inside it are still in their own. Raises Opaque."""
    fresh = _spoken(schema, draft)
    if draft is Draft.DRAFT_2020:
        return fresh
    if draft is Draft.DRAFT_2019 and "contains" in fresh and "unevaluatedItems" in fresh:
        raise Opaque("unevaluatedItems beside contains means another thing in draft 2019-09 than in the newest")
    if draft is Draft.DRAFT_4:
        _numeric_bounds(fresh)
    _one_kind_of_items(fresh)
    _parted_dependencies(fresh)
    return fresh


def _numeric_bounds(schema: dict[str, Json]) -> None:
    for exclusive, inclusive in (("exclusiveMaximum", "maximum"), ("exclusiveMinimum", "minimum")):
        if schema.pop(exclusive, None) is True and inclusive in schema:
            schema[exclusive] = schema.pop(inclusive)


def _one_kind_of_items(schema: dict[str, Json]) -> None:
    tail = schema.pop("additionalItems", None)
    items = schema.get("items")
    if not isinstance(items, list):
        return
    del schema["items"]
    if items:
        schema["prefixItems"] = items
    if tail is not None:
        schema["items"] = tail


def _parted_dependencies(schema: dict[str, Json]) -> None:
    dependencies = schema.pop("dependencies", None)
    if not isinstance(dependencies, dict):
        return
    names = {name: needed for name, needed in dependencies.items() if isinstance(needed, list)}
    schemas = {name: needed for name, needed in dependencies.items() if not isinstance(needed, list)}
    if names:
        schema["dependentRequired"] = names
    if schemas:
        schema["dependentSchemas"] = schemas
