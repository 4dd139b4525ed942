"""What a plan asks of a registry. Several requests are under way at once; nothing here writes."""

import asyncio
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import msgspec

from momus.client import (
    AsyncRegistryClient,
    Config,
    LoginRefused,
    NotFound,
    Refusal,
    Schema,
    SubjectSchema,
    UnexpectedAnswer,
)
from momus.gate.names import Names
from momus.gate.registries import LiveRegistry

AT_ONCE: Final = 16
PAGE: Final = 1000
MOST_PAGES: Final = 10  # of all schemas, to find an id that is there already

T = TypeVar("T")
Content = tuple[object, ...]
Members = Mapping[str, Any]  # of a config, as the API calls them; what is not there is not set


@dataclass(frozen=True, slots=True)
class Standing:
    """A subject as the registry has it. `versions` are those that are not deleted, `highest` counts the deleted too."""

    subject: str
    versions: tuple[int, ...]
    highest: int
    config: Members
    newest: SubjectSchema | None

    @property
    def is_there(self) -> bool:
        return bool(self.versions)

    @property
    def is_deleted(self) -> bool:
        return not self.versions and self.highest > 0


class Reading(LiveRegistry):
    def __init__(self, client: AsyncRegistryClient, names: Names) -> None:
        super().__init__(client)
        self.client = client
        self._names = names
        self._turns = asyncio.Semaphore(AT_ONCE)

    def forget(self) -> None:
        """Ask anew for everything: somebody may have written."""
        self._known.clear()
        self.client.forget()

    async def names_there(self) -> tuple[set[str], set[str]]:
        """The subjects that could be ours: those that are there, and those of which all versions are deleted."""
        prefix = self._names.top or None
        there = set(await self.client.list_subjects(prefix))
        every = set(await self.client.list_subjects(prefix, deleted=True))
        return there, every - there

    async def standing(self, subject: str, *, is_known: bool = True) -> Standing:
        """`is_known`: it has versions, or had some."""
        live: tuple[int, ...] = ()
        highest = 0
        if is_known:
            live = tuple(await self.versions(subject))
            try:
                highest = max(await self.client.list_versions(subject, deleted=True), default=0)
            except NotFound:
                highest = max(live, default=0)
        newest = await self.whole(subject, live[-1]) if live else None
        return Standing(subject, live, highest, await self.config(subject), newest)

    async def config(self, subject: str, *, effective: bool = False) -> Members:
        """Its own; "" is that of the whole registry. A context has what it does not say from above all contexts."""
        try:
            return members(await self.client.get_config(subject or None, default_to_global=effective and bool(subject)))
        except NotFound:
            return {}

    async def mode(self, subject: str, *, effective: bool = False) -> str | None:
        """Some registries have no modes: there, everything may be written."""
        try:
            return (await self.client.get_mode(subject or None, default_to_global=effective and bool(subject))).mode
        except Refusal as refused:
            _if_trouble(refused)
            return None

    async def held(self, subject: str, draft: Schema, *, normalize: bool) -> int | None:
        """The version that the registry itself takes for this schema."""
        try:
            return (await self.client.look_up_schema(subject, draft, normalize=normalize)).version
        except Refusal as refused:
            _if_trouble(refused)
            return None

    async def ids(self) -> dict[Content, tuple[int, str]]:
        """By content, the id and where it is; nothing where the registry lists no schemas, or has too many."""
        found: dict[Content, tuple[int, str]] = {}
        for page in range(MOST_PAGES):
            try:
                rows = await self.client.list_schemas(self._names.top, offset=page * PAGE, limit=PAGE)
            except (Refusal, UnexpectedAnswer) as refused:
                _if_trouble(refused)
                return {}
            for row in rows:
                if row.id is not None:
                    found.setdefault(content(row), (row.id, f"{row.subject} version {row.version}"))
            if len(rows) < PAGE:
                return found
        return {}

    async def referrers(self, subject: str, versions: Iterable[int]) -> set[str]:
        """The subjects of which a version refers to one of these."""
        found: set[str] = set()
        for version in versions:
            try:
                ids = await self.client.list_referrers(subject, version)
                for number in ids:
                    places = await self.client.list_versions_of_schema(number, subject=self._names.top)
                    found |= {place.subject for place in places}
            except Refusal as refused:  # the registry will say so itself when it is deleted
                _if_trouble(refused)
        return found - {subject}

    async def keeps_metadata(self) -> bool:
        """Who has a search by metadata keeps it, and answers with an error of its own that nothing was found."""
        try:
            await self.client.find_schema_by_metadata(self._names.there("momus-probe"), {"momus": "probe"})
        except (Refusal, UnexpectedAnswer) as refused:
            _if_trouble(refused)
            return isinstance(refused, NotFound) and not refused.is_unknown_path
        return True

    async def has_contexts(self) -> bool:
        try:
            await self.client.list_contexts()
        except (Refusal, UnexpectedAnswer) as refused:
            _if_trouble(refused)
            return False
        return True

    async def together(self, works: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
        """All of them, a few at once."""

        async def one(work: Coroutine[Any, Any, T]) -> T:
            async with self._turns:
                return await work

        return list(await asyncio.gather(*(one(work) for work in works)))


def _if_trouble(refused: Exception) -> None:
    """Raises what is no answer to the question: who asks is not let in, or the registry is not well."""
    if isinstance(refused, LoginRefused) or (isinstance(refused, Refusal) and refused.is_unwell):
        raise refused


def members(config: Config) -> Members:
    found: dict[str, Any] = msgspec.to_builtins(config)
    return found


def content(schema: Schema) -> Content:
    """Equal where a registry gives one id: what is empty is as if it were not there."""
    metadata, rules = msgspec.to_builtins(schema.metadata) or None, msgspec.to_builtins(schema.rule_set) or None
    return schema.schema_type, schema.schema, schema.references, str(metadata), str(rules)
