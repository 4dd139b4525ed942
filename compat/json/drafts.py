"""The drafts of JSON Schema, how a schema says which one it is written in, and where each has its subschemas."""

from collections.abc import Iterator
from enum import IntEnum
from typing import Any, Final, TypeAlias

Json: TypeAlias = Any
"""A JSON value: dict, list, str, int, Decimal, bool or None. A schema is a dict or a bool. None of them is changed."""

Steps: TypeAlias = tuple[str | int, ...]
"""Keys and indexes that lead from one value to another inside it: a JSON pointer, taken apart."""


class Draft(IntEnum):
    """Ordered by age, and numbered as people call them."""

    DRAFT_4 = 4
    DRAFT_6 = 6
    DRAFT_7 = 7
    DRAFT_2019 = 2019
    DRAFT_2020 = 2020

    @property
    def uri(self) -> str:
        return _URIS[self]

    @property
    def id_keyword(self) -> str:
        return "id" if self is Draft.DRAFT_4 else "$id"

    @property
    def definitions(self) -> str:
        return "$defs" if self >= Draft.DRAFT_2019 else "definitions"

    @property
    def is_ref_alone(self) -> bool:
        """Does a `$ref` make everything beside it count for nothing?"""
        return self <= Draft.DRAFT_7


_URIS: Final = {
    Draft.DRAFT_4: "http://json-schema.org/draft-04/schema#",
    Draft.DRAFT_6: "http://json-schema.org/draft-06/schema#",
    Draft.DRAFT_7: "http://json-schema.org/draft-07/schema#",
    Draft.DRAFT_2019: "https://json-schema.org/draft/2019-09/schema",
    Draft.DRAFT_2020: "https://json-schema.org/draft/2020-12/schema",
}


def _bare(uri: str) -> str:
    return uri.removesuffix("#").removesuffix("/").removeprefix("https:").removeprefix("http:")


_KNOWN: Final = {_bare(uri): draft for draft, uri in _URIS.items()} | {"//json-schema.org/schema": Draft.DRAFT_4}


def draft_of(schema: Json, default: Draft = Draft.DRAFT_7) -> Draft:
    """The draft that `$schema` names; `default` when it names none or one that nobody knows, as Confluent."""
    return (declared_draft(schema) if isinstance(schema, dict) else None) or default


def declared_draft(schema: dict[str, Json]) -> Draft | None:
    """The draft that `$schema` names: http and https are alike, and so are a slash or an empty fragment at the end."""
    uri = schema.get("$schema")
    return _KNOWN.get(_bare(uri)) if isinstance(uri, str) else None


# ------------------------------------------------------------------------------------------------ keywords

_ALL: Final = frozenset(Draft)
_OLD: Final = frozenset((Draft.DRAFT_4, Draft.DRAFT_6, Draft.DRAFT_7))
_FROM_6: Final = _ALL - {Draft.DRAFT_4}
_FROM_7: Final = _FROM_6 - {Draft.DRAFT_6}
_NEW: Final = _ALL - _OLD
_TO_2019: Final = _ALL - {Draft.DRAFT_2020}

ONE: Final = {  # the keyword's value is a schema
    "additionalItems": _TO_2019,
    "additionalProperties": _ALL,
    "contains": _FROM_6,
    "contentSchema": _NEW,
    "else": _FROM_7,
    "if": _FROM_7,
    "items": _ALL,  # or a list of them: see `subschemas`
    "not": _ALL,
    "propertyNames": _FROM_6,
    "then": _FROM_7,
    "unevaluatedItems": _NEW,
    "unevaluatedProperties": _NEW,
}
LIST: Final = {"allOf": _ALL, "anyOf": _ALL, "oneOf": _ALL, "prefixItems": frozenset((Draft.DRAFT_2020,))}
MAP: Final = {  # or lists of names, in `dependencies`
    "dependencies": _OLD,
    "dependentSchemas": _NEW,
    "patternProperties": _ALL,
    "properties": _ALL,
}
STORES: Final = ("definitions", "$defs")
"""Schemas that count for nothing where they stand. Both are looked through whatever the draft: Confluent does."""

IN_PLACE: Final = frozenset(
    ("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "dependencies")
)
"""Keywords that put their schemas to the very value that the schema around them is put to, as `$ref` does."""

PLAIN: Final = {  # what remains: assertions without schemas, and the words for references
    "$dynamicRef": frozenset((Draft.DRAFT_2020,)),
    "$recursiveRef": frozenset((Draft.DRAFT_2019,)),
    "$ref": _ALL,
    "const": _FROM_6,
    "dependentRequired": _NEW,
    "enum": _ALL,
    "exclusiveMaximum": _ALL,
    "exclusiveMinimum": _ALL,
    "maxContains": _NEW,
    "maxItems": _ALL,
    "maxLength": _ALL,
    "maxProperties": _ALL,
    "maximum": _ALL,
    "minContains": _NEW,
    "minItems": _ALL,
    "minLength": _ALL,
    "minProperties": _ALL,
    "minimum": _ALL,
    "multipleOf": _ALL,
    "pattern": _ALL,
    "required": _ALL,
    "type": _ALL,
    "uniqueItems": _ALL,
}
DRAFTS_OF: Final = {**ONE, **LIST, **MAP, **PLAIN}


def subschemas(schema: dict[str, Json], draft: Draft) -> Iterator[tuple[Steps, Json]]:
    """The schemas right inside a schema, with the way to each; not those of the stores.

    A `$ref` among its siblings is not minded here.
    """
    for keyword, value in schema.items():
        if draft not in DRAFTS_OF.get(keyword, ()):
            continue
        if keyword in ONE:
            if isinstance(value, dict | bool):
                yield (keyword,), value
            elif keyword == "items" and isinstance(value, list) and draft <= Draft.DRAFT_2019:
                yield from _listed(keyword, value)
        elif keyword in LIST and isinstance(value, list):
            yield from _listed(keyword, value)
        elif keyword in MAP and isinstance(value, dict):
            yield from _mapped(keyword, value)


def stored_schemas(schema: dict[str, Json]) -> Iterator[tuple[Steps, Json]]:
    """The schemas that a schema only keeps, to be referred to."""
    for keyword in STORES:
        value = schema.get(keyword)
        if isinstance(value, dict):
            yield from _mapped(keyword, value)


def _listed(keyword: str, values: list[Json]) -> Iterator[tuple[Steps, Json]]:
    for index, value in enumerate(values):
        if isinstance(value, dict | bool):
            yield (keyword, index), value


def _mapped(keyword: str, values: dict[str, Json]) -> Iterator[tuple[Steps, Json]]:
    for name, value in values.items():
        if isinstance(value, dict | bool):
            yield (keyword, name), value
