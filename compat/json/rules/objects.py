"""Objects: their properties, what is required, what else is allowed, how many there are, and what depends on what.

What a property's coming or going means hangs on the content model: an open one allows any other property, a partially
open one those that a pattern or a schema covers, a closed one none.
"""

from typing import Final

from compat.json.drafts import Json
from compat.json.expressions import searcher
from compat.json.kinds import Kind, names_in
from compat.json.rules.rule import (
    ADDED_NOT_COVERED,
    ADDED_TO_OPEN,
    DIFFERENT,
    MORE_ELEMENTS,
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

MAX_PROPERTIES: Final = upper_bound("MAX_PROPERTIES", "maxProperties", "The number of properties")
MIN_PROPERTIES: Final = lower_bound("MIN_PROPERTIES", "minProperties", "The number of properties")
ADDITIONAL: Final = permission(
    "ADDITIONAL_PROPERTIES", "additionalProperties", "Properties that are not declared", lenient=False
)
UNEVALUATED: Final = permission(
    "UNEVALUATED_PROPERTIES", "unevaluatedProperties", "Properties that nothing speaks of", lenient=False
)

EMPTY_ADDED_TO_OPEN: Final = compatible(
    "PROPERTY_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL",
    "A property that may be anything may be declared where any was allowed.",
)
OPTIONAL_ADDED_TO_OPEN: Final = refusing(
    "OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL",
    "A property that could be anything, as the object was open, is not declared with a schema.",
    ADDED_TO_OPEN,
    lenient=False,
)
DEFAULTED_ADDED_TO_OPEN: Final = refusing(
    "REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL",
    "No required property is added to an open object, even with a default: nobody fills it in.",
    ADDED_TO_OPEN,
    lenient=False,
)
REQUIRED_ADDED_TO_OPEN: Final = refusing(
    "REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL",
    "No required property is added to an open object: documents without it exist.",
    ADDED_TO_OPEN,
)
OPTIONAL_ADDED_TO_UNOPEN: Final = compatible(
    "OPTIONAL_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL", "A property may be added that was not allowed before."
)
DEFAULTED_ADDED_TO_UNOPEN: Final = compatible(
    "REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_UNOPEN_CONTENT_MODEL",
    "A required property with a default may be added, says Confluent; but a default fills nothing in.",
)
REQUIRED_ADDED_TO_UNOPEN: Final = refusing(
    "REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL",
    "No required property is added: documents without it exist.",
    "The {reader} schema has an unopen content model and has a required property at path '{path}'"
    " which is missing in the {writer} schema",
)
ADDED_COVERED: Final = compatible(
    "PROPERTY_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
    "A property may be declared with a schema that takes all that was allowed under its name.",
)
ADDED_UNCOVERED: Final = refusing(
    "PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
    "A new property takes all that was allowed under its name before it was declared.",
    ADDED_NOT_COVERED,
    lenient=False,
)
REMOVED_FROM_OPEN: Final = compatible(
    "PROPERTY_REMOVED_FROM_OPEN_CONTENT_MODEL", "A property may go where any other is allowed."
)
FALSE_REMOVED_FROM_CLOSED: Final = compatible(
    "PROPERTY_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL", "A property that nothing could be may go."
)
REMOVED_FROM_CLOSED_MODEL: Final = refusing(
    "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL",
    "No property goes where no other is allowed: documents with it exist.",
    REMOVED_FROM_CLOSED,
    lenient=False,
)
REMOVED_COVERED: Final = compatible(
    "PROPERTY_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
    "A property may go where all that it could be is allowed under its name.",
)
REMOVED_UNCOVERED: Final = refusing(
    "PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
    "A property goes only where all that it could be stays allowed under its name.",
    REMOVED_NOT_COVERED,
    lenient=False,
)

REQUIRED_ATTRIBUTE_ADDED: Final = refusing(
    "REQUIRED_ATTRIBUTE_ADDED", "A property that was optional does not become required.", NOT_PRESENT
)
REQUIRED_ATTRIBUTE_WITH_DEFAULT_ADDED: Final = compatible(
    "REQUIRED_ATTRIBUTE_WITH_DEFAULT_ADDED",
    "A property with a default may become required, says Confluent; but a default fills nothing in.",
)
REQUIRED_ATTRIBUTE_REMOVED: Final = compatible("REQUIRED_ATTRIBUTE_REMOVED", "A required property may become optional.")

DEPENDENCY_ARRAY_ADDED: Final = refusing(
    "DEPENDENCY_ARRAY_ADDED", "No property comes to need others where it needed none.", NOT_PRESENT
)
DEPENDENCY_ARRAY_REMOVED: Final = compatible("DEPENDENCY_ARRAY_REMOVED", "A property may come to need no others.")
DEPENDENCY_ARRAY_EXTENDED: Final = refusing(
    "DEPENDENCY_ARRAY_EXTENDED", "No property comes to need more others.", MORE_ELEMENTS
)
DEPENDENCY_ARRAY_NARROWED: Final = compatible("DEPENDENCY_ARRAY_NARROWED", "A property may come to need fewer others.")
DEPENDENCY_ARRAY_CHANGED: Final = refusing(
    "DEPENDENCY_ARRAY_CHANGED", "What a property needs beside it stays the same, or becomes less.", DIFFERENT
)
DEPENDENCY_SCHEMA_ADDED: Final = refusing(
    "DEPENDENCY_SCHEMA_ADDED", "No property comes to put the object under a schema.", NOT_PRESENT
)
DEPENDENCY_SCHEMA_REMOVED: Final = compatible(
    "DEPENDENCY_SCHEMA_REMOVED", "A property may cease to put the object under a schema."
)


def objects(comparison: Comparison, old: Kind, new: Kind) -> Walk:
    founds = [*MAX_PROPERTIES.changes(old, new), *MIN_PROPERTIES.changes(old, new), *_required(old, new)]
    for permitted in (ADDITIONAL, UNEVALUATED):
        if permitted.keyword in old.words or permitted.keyword in new.words:
            founds += yield permitted.changes(comparison, old.word(permitted.keyword), new.word(permitted.keyword))
    founds += yield _dependencies(comparison, old, new)
    before, after = _properties(old), _properties(new)
    for name in {**before, **after}:
        path = ("properties", name)
        if name not in after:
            founds += at(path, (yield _removed(comparison, new, name, before[name])))
        elif name not in before:
            founds += at(path, (yield _added(comparison, old, new, name)))
        else:
            founds += at(path, (yield comparison.compare(before[name], after[name])))
    return founds


def _properties(kind: Kind) -> dict[str, Json]:
    properties = kind.word("properties")
    return properties if isinstance(properties, dict) else {}


def _names(kind: Kind) -> list[str]:
    return names_in(kind.word("required"))


def _has_default(schema: Json) -> bool:
    return isinstance(schema, dict) and "default" in schema


def _required(old: Kind, new: Kind) -> Founds:
    """Only of properties that both declare, as Confluent (object-13, -15)."""
    founds: Founds = []
    if _names(old) == _names(new):
        return founds
    before, after = set(_names(old)), set(_names(new))
    for name in dict.fromkeys([*_names(old), *_names(new)]):
        if (name in before) == (name in after) or name not in _properties(old) or name not in _properties(new):
            continue
        added = (
            REQUIRED_ATTRIBUTE_WITH_DEFAULT_ADDED if _has_default(_properties(new)[name]) else REQUIRED_ATTRIBUTE_ADDED
        )
        founds.append(Found(added if name in after else REQUIRED_ATTRIBUTE_REMOVED, ("required", name)))
    return founds


# ------------------------------------------------------------------------------------------------ content models


def is_open(kind: Kind) -> bool:
    return (
        kind.word("additionalProperties") in (None, True)
        and kind.word("unevaluatedProperties") in (None, True)
        and not kind.word("patternProperties")
    )


def covering(kind: Kind, name: str) -> Json:
    """The schema for a property that is not declared, in a model that is not open; None where it is closed to it.

    Of several patterns that match, the first; Confluent takes any, and another one tomorrow (object-32).
    """
    patterns = kind.word("patternProperties")
    for pattern, schema in patterns.items() if isinstance(patterns, dict) else ():
        if _matches(pattern, name):
            return schema
    rest = (kind.word("additionalProperties"), kind.word("unevaluatedProperties"))
    return next((schema for schema in rest if isinstance(schema, dict)), None)


def _matches(pattern: str, name: str) -> bool:
    try:
        return searcher(pattern)(name)
    except ValueError:  # of a stored schema, which nobody has checked
        return False


def _removed(comparison: Comparison, new: Kind, name: str, schema: Json) -> Walk:
    if is_open(new):
        return [Found(REMOVED_FROM_OPEN)]
    cover = covering(new, name)
    if cover is None:
        impossible = comparison.old_kind(schema).name == "false"
        return [Found(FALSE_REMOVED_FROM_CLOSED if impossible else REMOVED_FROM_CLOSED_MODEL)]
    below = yield comparison.compare(schema, cover)
    return [*below, Found(REMOVED_UNCOVERED if comparison.fails(below) else REMOVED_COVERED)]


def _added(comparison: Comparison, old: Kind, new: Kind, name: str) -> Walk:
    schema = _properties(new)[name]
    required, defaulted = name in _names(new), _has_default(schema)
    if is_open(old):
        if comparison.new_kind(schema).name in {"empty", "true"}:
            return [Found(EMPTY_ADDED_TO_OPEN)]
        if required:
            return [Found(DEFAULTED_ADDED_TO_OPEN if defaulted else REQUIRED_ADDED_TO_OPEN)]
        return [Found(OPTIONAL_ADDED_TO_OPEN)]
    founds: Founds = []
    cover = covering(old, name)
    if cover is not None:
        below = yield comparison.compare(cover, schema)
        founds = [*below, Found(ADDED_UNCOVERED if comparison.fails(below) else ADDED_COVERED)]
    if required:
        return [*founds, Found(DEFAULTED_ADDED_TO_UNOPEN if defaulted else REQUIRED_ADDED_TO_UNOPEN)]
    return [*founds, Found(OPTIONAL_ADDED_TO_UNOPEN)]


# ------------------------------------------------------------------------------------------------ dependencies


def _dependencies(comparison: Comparison, old: Kind, new: Kind) -> Walk:
    founds: Founds = []
    before, after = _needed(old), _needed(new)
    for name in {**before, **after}:
        one, other = before.get(name), after.get(name)
        path = ("dependencies", name)
        founds += at(path, _names_change(one, other))
        one, other = (None if isinstance(needed, list) else needed for needed in (one, other))
        if one is not None and other is not None:
            founds += at(path, (yield comparison.compare(one, other)))
        elif one is not other:
            founds.append(Found(DEPENDENCY_SCHEMA_ADDED if one is None else DEPENDENCY_SCHEMA_REMOVED, path))
    return founds


def _needed(kind: Kind) -> dict[str, Json]:
    words = (kind.word(keyword) for keyword in ("dependencies", "dependentSchemas", "dependentRequired"))
    return {name: needed for word in words if isinstance(word, dict) for name, needed in word.items()}


def _names_change(old: Json, new: Json) -> Founds:
    before, after = (set(names_in(needed)) if isinstance(needed, list) else None for needed in (old, new))
    if before == after:
        return []
    if before is None or after is None:
        return [Found(DEPENDENCY_ARRAY_ADDED if before is None else DEPENDENCY_ARRAY_REMOVED)]
    if before < after:
        return [Found(DEPENDENCY_ARRAY_EXTENDED)]
    return [Found(DEPENDENCY_ARRAY_NARROWED if after < before else DEPENDENCY_ARRAY_CHANGED)]
