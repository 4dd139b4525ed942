"""Inline tags: `confluent:tags` on records and fields. An entity is named by its path, the record's full name and,
for a field, a dot and the field's name. As in Confluent the namespace may be left out; not where two would be meant.
"""

from collections.abc import Iterator
from typing import Final, TypeAlias

from compat.avro.identity import named_types
from compat.avro.types import Field, Json, Record, Type
from compat.schema import FIELD, RECORD, InvalidSchema, Tagged

PROPERTY: Final = "confluent:tags"

Key: TypeAlias = tuple[str, str]  # the type of an entity and its path


def tags_of(root: Type) -> tuple[Tagged, ...]:
    """All that is tagged, in the order of the stored text."""
    tagged = (Tagged(path, entity, _tags(owner.props)) for path, entity, owner in _entities(root))
    return tuple(found for found in tagged if found.tags)


def retagged(root: Type, *, add: tuple[Tagged, ...], remove: tuple[Tagged, ...]) -> None:
    """Changes the tags of a graph: first adds, then removes. An entity left without tags loses the property."""
    entities = {(entity, path): owner for path, entity, owner in _entities(root)}
    changed: dict[Record | Field, dict[str, None]] = {}
    for change, is_added in [(change, True) for change in add] + [(change, False) for change in remove]:
        owner = _meant(change, entities)
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


def _meant(change: Tagged, entities: dict[Key, Record | Field]) -> Record | Field:
    """The entity of this path; else the only one that has it behind its namespace."""
    exact = entities.get((change.entity, change.path))
    if exact is not None:
        return exact
    is_short = change.path.count(".") == (change.entity == FIELD)
    found = [key for key in entities if key[0] == change.entity and key[1].endswith(f".{change.path}")]
    if not is_short or not found:
        raise InvalidSchema(_unknown(change, list(entities)))
    if len(found) > 1:
        raise InvalidSchema(f"'{change.path}' may be any of {', '.join(path for _, path in found)}: give the full name")
    return entities[found[0]]


def _tags(props: dict[str, Json]) -> tuple[str, ...]:
    tags = props.get(PROPERTY)
    return tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()


def _unknown(change: Tagged, known: list[Key]) -> str:
    kinds = {RECORD: "record", FIELD: "field"}
    if change.entity not in kinds:
        return f"an Avro schema has no entity of type '{change.entity}': {RECORD} and {FIELD} are"
    names = [path for entity, path in known if entity == change.entity]
    hint = f"; there is '{names[0]}'" if len(names) == 1 else ""
    return f"this schema defines no {kinds[change.entity]} '{change.path}'{hint}"
