"""What serializers ask of a registry, over either of its clients; and its schemas with all that they refer to.

Everything is a coroutine. Over the client that waits none of them is ever suspended, so that `finished` runs them to
their end without an event loop: by this the blocking serializers have no code of their own.
"""

from collections.abc import Awaitable, Coroutine, Iterable
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any, Final, TypeVar
from uuid import UUID

from compat import Source
from compat.referents import Reference, Way, referents
from momus.client import AsyncRegistryClient, Refusal, RegistryClient, RuleSet, Schema, SchemaOfId
from momus.client.values import RegisteredSchema, SubjectSchema
from momus.serde.errors import SerdeError

T = TypeVar("T")
AnyClient = AsyncRegistryClient | RegistryClient
DEEPEST: Final = 100  # levels of schemas that refer to schemas
MOST_REFERENCES: Final = 1000  # of one schema, with those of its references


@dataclass(frozen=True, slots=True)
class Stored:
    """A schema that the registry has. What it is known by may be told in part: an id, a GUID, or both."""

    source: Source
    id: int | None
    guid: UUID | None
    rules: RuleSet | None = None
    version: int | None = None


def finished(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that waits for nothing but a client that waits itself."""
    try:
        work.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    work.close()
    raise RuntimeError("this needs a RegistryClient: an AsyncRegistryClient must be awaited")


async def answered(asked: Awaitable[T] | T) -> T:
    """What either client answers: the one's is awaited, the other's is there."""
    return await asked if isawaitable(asked) else asked


class Store:
    def __init__(self, client: AnyClient) -> None:
        self._client: Any = client

    async def register(self, subject: str, schema: Schema, *, normalize: bool) -> Stored:
        answer: RegisteredSchema = await answered(self._client.register_schema(subject, schema, normalize=normalize))
        guid = answer.guid or (await self._look_up(subject, schema, normalize=normalize)).guid
        rules = answer.rule_set if answer.is_whole else schema.rule_set
        return Stored(await self.source(schema), answer.id, _uuid(guid), rules, answer.version)

    async def known(self, subject: str, schema: Schema, *, normalize: bool) -> Stored:
        answer = await self._look_up(subject, schema, normalize=normalize)
        return Stored(await self.source(schema), answer.id, _uuid(answer.guid), answer.rule_set, answer.version)

    async def latest(self, subject: str, metadata: dict[str, str] | None = None) -> Stored:
        if metadata:
            asked = self._client.find_schema_by_metadata(subject, metadata, deleted=True)
        else:
            asked = self._client.get_latest(subject)
        answer: SubjectSchema = await answered(asked)
        return Stored(await self.source(answer), answer.id, _uuid(answer.guid), answer.rule_set, answer.version)

    async def by_id(self, schema_id: int, subject: str = "") -> Stored:
        answer: SchemaOfId = await answered(self._client.get_schema(schema_id, subject=subject))
        return Stored(await self.source(answer), schema_id, _uuid(answer.guid), answer.rule_set, answer.version)

    async def by_guid(self, guid: UUID) -> Stored:
        answer: SchemaOfId = await answered(self._client.get_schema_by_guid(str(guid)))
        return Stored(await self.source(answer), answer.id, guid, answer.rule_set, answer.version)

    async def associated(self, topic: str, *, is_key: bool, cluster: str) -> list[str]:
        """The subjects that a topic is tied to; none where the registry knows no associations."""
        try:
            found = await answered(
                self._client.list_associations_of_resource_name(
                    cluster, topic, resource_type="topic", association_type=["key" if is_key else "value"]
                )
            )
        except Refusal as refusal:
            if refusal.is_not_there:
                return []
            raise
        return [association.subject for association in found]

    async def source(self, schema: Schema) -> Source:
        """The schema's text and every text it refers to, each after those it needs itself."""
        found = await referents(_references(schema), self._fetched, _refuse_endless)
        return Source(schema.schema_type or "AVRO", schema.schema, found)

    async def _fetched(self, subject: str, version: int) -> tuple[str, Iterable[Reference]]:
        inner: SubjectSchema = await answered(self._client.get_version(subject, version, deleted=True))
        return inner.schema, _references(inner)

    async def _look_up(self, subject: str, schema: Schema, *, normalize: bool) -> SubjectSchema:
        answer: SubjectSchema = await answered(self._client.look_up_schema(subject, schema, normalize=normalize))
        return answer


def _references(schema: Schema) -> Iterable[Reference]:
    return [(one.name, one.subject, one.version) for one in schema.references]


def _refuse_endless(way: Way, found: int) -> None:
    """A registry can always tell of one more."""
    if len(way) > DEEPEST or found >= MOST_REFERENCES:
        raise SerdeError(
            f"the schema has more than {MOST_REFERENCES} references, or they are nested deeper than {DEEPEST}"
            f" levels: {' → '.join(way[:4])} …"
        )


def _uuid(guid: str | None) -> UUID | None:
    """What is no GUID is none: no registry is held to tell any."""
    try:
        return UUID(guid) if guid else None
    except ValueError:
        return None


__all__ = ["AnyClient", "Store", "Stored", "answered", "finished"]
