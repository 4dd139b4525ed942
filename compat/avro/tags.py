"""Inline tags: `confluent:tags` on records and fields. An entity is named by its path, the record's full name and,
for a field, a dot and the field's name.
"""

from collections.abc import Iterator
from typing import Final

from compat.avro.identity import named_types
from compat.avro.types import Field, Json, Record, Type
from compat.schema import InvalidSchema, Tagged

PROPERTY: Final = "confluent:tags"
RECORD: Final = "sr_record"
FIELD: Final = "sr_field"


def tags_of(root: Type) -> tuple[Tagged, ...]:
    """All that is tagged, in the order of the stored text."""
    tagged = (Tagged(path, entity, _tags(owner.props)) for path, entity, owner in _entities(root))
    return tuple(found for found in tagged if found.tags)


def retagged(root: Type, *, add: tuple[Tagged, ...], remove: tuple[Tagged, ...]) -> None:
    """Changes the tags of a graph: first adds, then removes. An entity left without tags loses the property."""
    entities = {(entity, path): owner for path, entity, owner in _entities(root)}
    changed: dict[Record | Field, dict[str, None]] = {}
    for change, is_added in [(change, True) for change in add] + [(change, False) for change in remove]:
        owner = entities.get((change.entity, change.path))
        if owner is None:
            raise InvalidSchema(_unknown(change, list(entities)))
        kept = changed.setdefault(owner, dict.fromkeys(_tags(owner.props)))
        for tag in change.tags:
            if is_added:
                kept[tag] = None
            else:
                kept.pop(tag, None)
    for owner, kept in changed.items():
        if kept:
            owner.props[PROPERTY] = list(kept)
        else:
            owner.props.pop(PROPERTY, None)


def _entities(root: Type) -> Iterator[tuple[str, str, Record | Field]]:
    """The records that this text defines, each followed by its fields. What a reference defines is not ours to tag."""
    for record in named_types(root):
        if isinstance(record, Record) and not record.referent:
            yield record.name.full, RECORD, record
            for field in record.fields:
                yield f"{record.name.full}.{field.name}", FIELD, field


def _tags(props: dict[str, Json]) -> tuple[str, ...]:
    tags = props.get(PROPERTY)
    return tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()


def _unknown(change: Tagged, known: list[tuple[str, str]]) -> str:
    kinds = {RECORD: "record", FIELD: "field"}
    if change.entity not in kinds:
        return f"an Avro schema has no entity of type '{change.entity}': {RECORD} and {FIELD} are"
    names = [path for entity, path in known if entity == change.entity]
    hint = f"; there is '{names[0]}'" if len(names) == 1 else ""
    return f"this schema defines no {kinds[change.entity]} '{change.path}'{hint}"
