"""Inline tags: `tags` of the options `confluent.message_meta` and `confluent.field_meta`. An entity is named by its
path, the message's full name without a dot in front and, for a field, a dot and the field's name.
"""

from collections.abc import Iterator
from typing import Any, Final

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet

from compat.protobuf.canonical import interpreted
from compat.protobuf.known import needed_by
from compat.schema import FIELD, RECORD, InvalidSchema, Tagged

META: Final = "confluent/meta.proto"

Entity = tuple[str, str, DescriptorProto | FieldDescriptorProto]


def tags_of(file: FileDescriptorProto, needed: FileDescriptorSet) -> tuple[Tagged, ...]:
    """All that is tagged: each message, then its fields, then the messages inside it."""
    if all(one.name != META for one in needed.file):
        return ()
    found = interpreted(file, needed)
    tagged = (Tagged(path, entity, tuple(_meta(found, entity, owner).tags)) for path, entity, owner in _entities(found))
    return tuple(one for one in tagged if one.tags)


def retagged(
    file: FileDescriptorProto, needed: FileDescriptorSet, *, add: tuple[Tagged, ...], remove: tuple[Tagged, ...]
) -> tuple[FileDescriptorProto, FileDescriptorSet]:
    """A copy with tags first added, then removed, and what it needs. It imports what defines the options."""
    imported = FileDescriptorSet(file=needed.file)
    there = {one.name for one in needed.file}
    imported.file.extend(one for one in needed_by([META]) if one.name not in there)
    found = interpreted(file, imported)
    entities = {(entity, path): owner for path, entity, owner in _entities(found)}
    for change, is_added in [(change, True) for change in add] + [(change, False) for change in remove]:
        owner = entities.get((change.entity, change.path.removeprefix(".")))
        if owner is None:
            raise InvalidSchema(_unknown(change, list(entities)))
        _change(found, change, owner, is_added=is_added)
    if META not in found.dependency and any(change.tags for change in add):
        found.dependency.append(META)
    return found, imported


def _change(
    file: FileDescriptorProto, change: Tagged, owner: DescriptorProto | FieldDescriptorProto, *, is_added: bool
) -> None:
    """An entity that is left without tags loses the option, unless it says more."""
    before = list(_meta(file, change.entity, owner).tags)
    after = (
        list(dict.fromkeys((*before, *change.tags))) if is_added else [tag for tag in before if tag not in change.tags]
    )
    if after == before:
        return
    meta = _meta(file, change.entity, owner)
    meta.tags[:] = after
    if not meta.ByteSize():
        owner.options.ClearExtension(_extension(file, change.entity))
    if not owner.options.ByteSize():
        owner.ClearField("options")


def _meta(file: FileDescriptorProto, entity: str, owner: DescriptorProto | FieldDescriptorProto) -> Any:
    return owner.options.Extensions[_extension(file, entity)]


def _extension(file: FileDescriptorProto, entity: str) -> Any:
    name = "confluent.message_meta" if entity == RECORD else "confluent.field_meta"
    try:
        return file.DESCRIPTOR.file.pool.FindExtensionByName(name)
    except KeyError:
        raise InvalidSchema(f"the reference '{META}' does not define {name}") from None


def _entities(file: FileDescriptorProto) -> Iterator[Entity]:
    waiting = [(file.package, message) for message in reversed(file.message_type)]
    while waiting:
        scope, message = waiting.pop()
        if message.options.map_entry:
            continue
        path = f"{scope}.{message.name}" if scope else message.name
        yield path, RECORD, message
        for field in message.field:
            yield f"{path}.{field.name}", FIELD, field
        waiting += [(path, inner) for inner in reversed(message.nested_type)]


def _unknown(change: Tagged, known: list[tuple[str, str]]) -> str:
    kinds = {RECORD: "message", FIELD: "field"}
    if change.entity not in kinds:
        return f"a Protobuf schema has no entity of type '{change.entity}': {RECORD} and {FIELD} are"
    names = [path for entity, path in known if entity == change.entity]
    hint = f"; there is '{names[0]}'" if len(names) == 1 else ""
    return f"this schema defines no {kinds[change.entity]} '{change.path}'{hint}"
