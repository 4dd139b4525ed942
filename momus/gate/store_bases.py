"""Bases made of versions that somebody keeps: a registry, a copy of one, or one as it will be."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from compat import InvalidSchema, Referent, Source
from compat.referents import Reference, referents
from momus.gate.bases import Asked, Old
from momus.gate.engine import Engine
from momus.gate.findings import Against
from momus.gate.project import External, Member, Project


@dataclass(frozen=True, slots=True)
class Stored:
    """A version as a registry has it."""

    subject: str
    version: int
    id: int
    kind: str
    text: str
    references: tuple[Reference, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)


class Store(Protocol):
    """Where versions are kept: what a registry, or a copy of one, can be asked."""

    async def subjects(self) -> list[str]: ...
    async def versions(self, subject: str) -> list[int]:
        """Ascending; none for a subject that is not there."""

    async def stored(self, subject: str, version: int) -> Stored: ...
    async def asked(self, subject: str) -> Asked | None: ...


class StoreBase:
    def __init__(self, about: Against, store: Store, engine: Engine) -> None:
        self.about = about
        self._store = store
        self._engine = engine

    async def is_unchanged(self, member: Member, now: Project) -> bool:  # noqa: ARG002  (its text must be read)
        return False

    async def olds(self, member: Member, *, transitive: bool) -> list[Old]:
        versions = (await self._store.versions(member.subject))[::-1]
        return [await self._old(member.subject, version) for version in (versions if transitive else versions[:1])]

    async def asked(self, subject: str) -> Asked | None:
        return await self._store.asked(subject)

    async def newest(self, subject: str) -> int | None:
        return max(await self._store.versions(subject), default=0)

    async def subjects(self) -> Iterable[str]:
        return await self._store.subjects()

    async def external(self, subject: str, version: int | None) -> External | None:
        """A version, or the newest, with all that it refers to."""
        versions = await self._store.versions(subject)
        if not versions or version not in (None, *versions):
            return None
        stored = await self._store.stored(subject, version or versions[-1])
        return External(subject, stored.version, (*await self._referents(stored), Referent(subject, stored.text)))

    async def _old(self, subject: str, version: int) -> Old:
        stored = await self._store.stored(subject, version)
        against = Against(self.about.kind, self.about.ref, version, stored.id)
        source = Source(stored.kind, stored.text, await self._referents(stored))
        try:
            identity = (await self._engine.describe(source, strict=False)).identity
        except InvalidSchema:
            identity = ""
        return Old(against, stored.kind, stored.text, source, identity, (), stored.properties)

    async def _referents(self, stored: Stored) -> tuple[Referent, ...]:
        async def fetched(subject: str, version: int) -> tuple[str, Iterable[Reference]]:
            found = await self._store.stored(subject, version)
            return found.text, found.references

        return await referents(stored.references, fetched)
