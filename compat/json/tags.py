"""Inline tags: `confluent:tags` on objects (`sr_record`) and on their properties (`sr_field`).

An entity is named by its way from the root, in dots: `object.address` is a property of the root object,
`object.address.object` the object that is its value, `array` the items of a list, `anyof.0` a branch. A JSON pointer
names it as well.
"""

from collections.abc import Iterator
from typing import Final

from compat.json.document import Document
from compat.json.drafts import Json, Steps, subschemas
from compat.json.text import pointer, read, written
from compat.schema import FIELD, RECORD, InvalidSchema, Tagged

PROPERTY: Final = "confluent:tags"


def tags_of(document: Document) -> tuple[Tagged, ...]:
    """All that is tagged, each schema once, by the first way that leads to it."""
    found: dict[int, Tagged] = {}
    for path, entity, schema in _entities(document):
        tags = _tags(schema)
        if tags and id(schema) not in found:
            found[id(schema)] = Tagged(path, entity, tags)
    return tuple(found.values())


def retagged(document: Document, *, add: tuple[Tagged, ...], remove: tuple[Tagged, ...]) -> str:
    """The stored text with tags added, then removed. An entity left without tags loses the property."""
    entities: dict[tuple[str, str], Steps] = {}
    for path, entity, schema in _entities(document):
        steps = document.place(schema).steps
        entities.setdefault((entity, path), steps)
        entities.setdefault((entity, f"#{pointer(list(steps))}"), steps)
        entities.setdefault((entity, pointer(list(steps))), steps)
    root = read(document.source.text)  # a copy of our own
    for change, is_added in [(change, True) for change in add] + [(change, False) for change in remove]:
        steps = _known(entities, change)
        schema = root
        for step in steps:
            schema = schema[step]
        kept = dict.fromkeys(_tags(schema))
        kept |= dict.fromkeys(change.tags) if is_added else {}
        left = [tag for tag in kept if is_added or tag not in change.tags]
        if left:
            schema[PROPERTY] = left
        else:
            schema.pop(PROPERTY, None)
    return written(root)


def _known(entities: dict[tuple[str, str], Steps], change: Tagged) -> Steps:
    if change.entity not in {RECORD, FIELD}:
        raise InvalidSchema(f"a JSON schema has no entity of type '{change.entity}': {RECORD} and {FIELD} are")
    steps = entities.get((change.entity, change.path))
    if steps is None:
        kind = "object" if change.entity == RECORD else "property"
        raise InvalidSchema(f"this schema defines no {kind} '{change.path}'")
    return steps


def _entities(document: Document) -> Iterator[tuple[str, str, dict[str, Json]]]:
    """Objects and properties of this text, by way. What a reference defines is not ours to tag."""
    seen: set[int] = set()
    waiting: list[tuple[str, Json]] = [("", document.root)]
    while waiting:
        way, schema = waiting.pop()
        if not isinstance(schema, dict) or id(schema) in seen or document.place(schema).referent is not None:
            continue
        seen.add(id(schema))
        inner: list[tuple[str, Json]] = []
        if _is_object(schema):
            yield f"{way}object", RECORD, schema
        for steps, part in subschemas(schema, document.draft_at(schema)):
            if steps[0] == "properties":
                path = f"{way}object.{steps[1]}"
                if isinstance(part, dict):
                    yield path, FIELD, part
                inner.append((f"{path}.", part))
            elif steps[0] in {"items", "prefixItems"}:
                inner.append((f"{way}array.{f'{steps[1]}.' if len(steps) > 1 else ''}", part))
            else:
                inner.append((f"{way}{'.'.join([str(step).lower() for step in steps])}.", part))
        if document.has_target(schema):
            inner.append((way, document.target(schema)))
        waiting += reversed(inner)


def _is_object(schema: dict[str, Json]) -> bool:
    type_ = schema.get("type")
    return "properties" in schema or type_ == "object" or (isinstance(type_, list) and "object" in type_)


def _tags(schema: dict[str, Json]) -> tuple[str, ...]:
    tags = schema.get(PROPERTY)
    return tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()
