"""What the registry sees of an Avro schema. Nothing is worked out before it is asked for."""

from dataclasses import dataclass
from functools import cached_property

from compat.avro.canonical import normalized, resolved, stored
from compat.avro.identity import identity
from compat.avro.parse import Graph, parse_types
from compat.avro.tags import retagged, tags_of
from compat.avro.types import Record, Type
from compat.schema import Description, InvalidSchema, Source, Tagged


@dataclass(frozen=True)
class AvroSchema:
    """A parsed Avro schema; `root` is its graph of types, and is not to be changed."""

    source: Source
    root: Type

    def describe(self, *, normalize: bool = False) -> Description:
        return self._normalized if normalize else self._described

    def rendered(self, form: str) -> str:
        return resolved(self.root) if form == "resolved" else self.source.text

    def tags(self) -> tuple[Tagged, ...]:
        return tags_of(self.root)

    def with_tags(self, *, add: tuple[Tagged, ...] = (), remove: tuple[Tagged, ...] = ()) -> str:
        graph = parse_types(self.source, strict=False, is_own=True)
        retagged(graph.root, add=add, remove=remove)
        return stored(graph.root)

    @cached_property
    def _described(self) -> Description:
        return Description(stored(self.root), identity(self.root), self._fields)

    @cached_property
    def _normalized(self) -> Description:
        text = normalized(self.root)
        return Description(text, identity(_graph(self.source, text).root), self._fields)

    @property
    def _fields(self) -> tuple[str, ...]:
        return tuple([field.name for field in self.root.fields]) if isinstance(self.root, Record) else ()


def parse(source: Source, *, strict: bool) -> AvroSchema:
    """The schema of a source: strict for new ones, lenient for what is stored. Raises InvalidSchema."""
    graph = parse_types(source, strict=strict)
    schema = AvroSchema(source, graph.root)
    if strict and graph.rewritten:
        _refuse_changed_meaning(schema)
    return schema


def _refuse_changed_meaning(schema: AvroSchema) -> None:
    """The stored form spells each name where it is met first, so that a name may mean another type, or none."""
    described = schema.describe()
    try:
        same = identity(_graph(schema.source, described.text).root) == described.identity
    except InvalidSchema as refused:
        raise InvalidSchema(f"the stored form of this schema could not be read again: {refused.message}") from None
    if not same:
        raise InvalidSchema("a name in this schema would mean another type in its stored form; use full names")


def _graph(source: Source, text: str) -> Graph:
    return parse_types(Source(source.kind, text, source.referents), strict=False)
