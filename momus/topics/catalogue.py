"""The schemas of a registry, by what messages name them by: each is fetched once and compiled once. No Kafka here."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final
from uuid import UUID

from compat import Source
from compat.framing import MOST_ID, Frame
from momus.client import AsyncRegistryClient, NotFound, Refusal, SchemaOfId, SubjectVersion, UnexpectedAnswer
from momus.serde.store import Store
from momus.topics.schemas import AS_WRITTEN, Compiled, Found, Known, Missing, Reading, Unusable, compiled

REMEMBERED: Final = 10_000  # schemas, and ids that are none
MISSING_AGE: Final = 10.0  # seconds until a registry is asked again for what it did not have


class Catalogue:
    """The schemas of a registry, for the messages of one topic, or of none.

    `subject` says in which context an id is meant. `tells_versions`: where a schema is registered is asked, too.
    """

    def __init__(
        self,
        client: AsyncRegistryClient,
        reading: Reading = AS_WRITTEN,
        *,
        subject: str = "",
        tells_versions: bool = False,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._store = Store(client)
        self._reading = reading
        self._subject = subject
        self._tells_versions = tells_versions
        self._now = now
        self._found: dict[int | UUID, Compiled | Unusable] = {}
        self._missing: dict[int | UUID, tuple[Missing, float]] = {}

    async def find(self, frame: Frame) -> Found:
        """The schema that a frame names. Raises RegistryError where the registry does not answer as it should."""
        named = frame.id if frame.guid is None else frame.guid
        assert named is not None
        if named in self._found:
            return self._found[named]
        missing, until = self._missing.get(named, (None, 0.0))
        if missing is not None and self._now() < until:
            return missing
        return self._remembered(named, await self._fetched(frame))

    def _remembered(self, named: int | UUID, found: Found) -> Found:
        if isinstance(found, Missing):
            if len(self._missing) >= REMEMBERED:
                self._missing.clear()
            self._missing[named] = (found, self._now() + MISSING_AGE)
        else:
            if len(self._found) >= REMEMBERED:
                self._found.clear()
            self._found[named] = found
        return found

    async def _fetched(self, frame: Frame) -> Found:
        what = f"id {frame.id}" if frame.guid is None else f"GUID {frame.guid}"
        if frame.guid is None and frame.id is not None and frame.id > MOST_ID:
            return Missing(f"no schema can have the {what}")
        try:
            answer, subject = await self._asked(frame)
        except Refusal as refusal:
            if not refusal.is_not_there:
                raise
            if frame.guid is None and refusal.is_unknown_path:  # by GUID not all registries are asked
                raise UnexpectedAnswer(f"{refusal.request} is not known there: is it a registry's URL?") from refusal
            return Missing(f"the registry has no schema with {what}")
        ids = await self._ids(frame, subject)
        number = frame.id if frame.guid is None else answer.id or (ids[0][1] if ids else None)
        guid = frame.guid or (UUID(answer.guid) if answer.guid else None)
        versions, deleted = await self._versions(ids) if self._tells_versions else ((), ())
        known = Known(
            Source(answer.schema_type or "AVRO", answer.schema), number, guid, versions, deleted, answer.rule_set
        )
        try:
            source = await self._store.source(answer)
        except NotFound as gone:
            return Unusable(known, f"a schema that it refers to is not there: {gone.message}")
        return compiled(replace(known, source=source), self._reading)

    async def _asked(self, frame: Frame) -> tuple[SchemaOfId, str]:
        """With the subject that said in which context it is: as consumers ask, and else without any."""
        if frame.guid is not None:
            return await self._client.get_schema_by_guid(str(frame.guid)), ""
        assert frame.id is not None
        if self._subject:
            try:
                return await self._client.get_schema(frame.id, subject=self._subject), self._subject
            except NotFound:
                pass
        return await self._client.get_schema(frame.id), ""

    async def _ids(self, frame: Frame, subject: str) -> list[tuple[str, int]]:
        """With what says where each is meant. Of a GUID there may be several; the default context's comes first."""
        if frame.guid is None:
            assert frame.id is not None
            return [(subject, frame.id)]
        try:
            found = await self._client.list_ids_of_guid(str(frame.guid))
        except Refusal as refusal:
            if not refusal.is_not_there:
                raise
            return []
        return [(_any_of(each.context), each.id) for each in sorted(found, key=lambda each: each.context)]

    async def _versions(
        self, ids: list[tuple[str, int]]
    ) -> tuple[tuple[SubjectVersion, ...], tuple[SubjectVersion, ...]]:
        """All of them, and of these the deleted ones."""
        every = [each for subject, number in ids for each in await self._registered(number, subject, deleted=True)]
        alive = {each for subject, number in ids for each in await self._registered(number, subject, deleted=False)}
        every += sorted(alive - set(every), key=str)  # of a registry that does not know the parameter
        return tuple(every), tuple(each for each in every if each not in alive)

    async def _registered(self, number: int, subject: str, *, deleted: bool) -> list[SubjectVersion]:
        try:
            return await self._client.list_versions_of_schema(number, subject=subject, deleted=deleted)
        except NotFound:
            return []


def _any_of(context: str) -> str:
    """What stands for a context where a subject is asked for."""
    return "" if context in {"", "."} else f":{context}:"
