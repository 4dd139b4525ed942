"""What was there before: a commit, a folder, a registry, or a snapshot of one.

Each gives the old versions of a subject, as a registry would have stored them: so answers read as the server's do.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from compat import InvalidSchema, Referent, Source
from compat.level import Level
from momus.gate.configuration import Configuration
from momus.gate.engine import Engine
from momus.gate.faults import NoBase
from momus.gate.findings import Against
from momus.gate.git import MERGE_BASE, Repository
from momus.gate.places import Text
from momus.gate.project import External, FactsByContent, Knot, Member, Project, project
from momus.gate.trees import Commit, Folder, Tree


@dataclass(frozen=True, slots=True)
class Old:
    """A version that was. `source` is a sentence where the version cannot be read."""

    against: Against
    kind: str
    text: str
    source: Source | str
    identity: str = ""
    texts: tuple[Text, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a registry asks of a subject."""

    level: Level
    policy: str = "STRICT"
    group: str | None = None
    normalize: bool = False
    validate_fields: bool = False


class Base(Protocol):
    @property
    def about(self) -> Against: ...
    async def is_unchanged(self, member: Member, now: Project) -> bool:
        """Surely: as far as can be said without reading a schema."""

    async def olds(self, member: Member, *, transitive: bool) -> list[Old]:
        """Newest first; only the newest unless `transitive`."""

    async def asked(self, subject: str) -> Asked | None: ...
    async def newest(self, subject: str) -> int | None:
        """The number of its newest version, 0 where there is none; None where versions have no numbers."""

    async def subjects(self) -> Iterable[str]: ...


# ------------------------------------------------------------------------------------------------ files


@dataclass(frozen=True, slots=True)
class Past:
    """What was before a commit, as far back as `history` says."""

    repository: Repository
    commit: str
    history: str

    def changes(self, paths: list[str], until: str) -> list[Commit]:
        """Those in which one of the paths changed, up to one of them, newest first. Raises NoBase."""
        return [Commit(self.repository, each) for each in self.repository.changes(until, paths, self.history)]

    def parent(self, commit: Commit) -> Commit | None:
        """None before the first; and of tags, each is looked at anyway."""
        found = "" if self.history == "tags" else self.repository.parent(commit.commit)
        return Commit(self.repository, found) if found else None

    @property
    def most(self) -> int | None:
        return int(self.history) if self.history.isdecimal() else None


class TreeBase:
    """Files of a moment, and for transitive levels of the moments before it, if they are known."""

    def __init__(
        self,
        about: Against,
        tree: Tree,
        engine: Engine,
        made: Callable[[Tree], Project],
        past: Past | None = None,
    ) -> None:
        self.about = about
        self._engine = engine
        self._made = made
        self._past = past
        self._tree = tree
        self.project = made(tree)
        self._moments: dict[str, Project] = {}

    async def is_unchanged(self, member: Member, now: Project) -> bool:
        old = self.project.members.get(member.subject)
        return old is not None and _content(self.project, old) == _content(now, member)

    async def olds(self, member: Member, *, transitive: bool) -> list[Old]:
        newest = self.project.members.get(member.subject)
        if not transitive or self._past is None:
            return [await self._old(self.project, newest, self.about)] if newest else []
        return await self._history(member.subject, newest)

    async def _history(self, subject: str, newest: Member | None) -> list[Old]:
        """Every distinct version on the way, numbered as a registry would have numbered them."""
        if newest is None or self._past is None:
            return []
        met: dict[object, tuple[Project, Member, str]] = {}
        for commit in reversed(list(islice(self._commits(subject, newest, self._past), self._past.most))):
            moment = self._moment(commit)  # the first time that it was there is its version
            member = moment.members.get(subject)
            if member is not None:
                met.setdefault(_content(moment, member), (moment, member, commit.commit))
        return [
            await self._old(moment, member, Against("git", commit[:12], version))
            for version, (moment, member, commit) in reversed(list(enumerate(met.values(), 1)))
        ]

    def _commits(self, subject: str, newest: Member, past: Past) -> Iterator[Commit]:
        """Those in which it may have changed, newest first, whatever its files were called then."""
        files, until = self.project.files(newest), past.commit
        while until:
            commits, until = past.changes(files, until), ""
            for commit, older in zip(commits, [*commits[1:], None], strict=True):
                yield commit
                if older is not None and self._files(older, subject) == files:
                    continue
                parent = past.parent(commit)  # here its files had other names, or it was not there yet
                before = self._files(parent, subject) if parent else None
                if parent and before and before != files:
                    files, until = before, parent.commit
                    break

    def _files(self, commit: Commit, subject: str) -> list[str] | None:
        moment = self._moment(commit)
        member = moment.members.get(subject)
        return moment.files(member) if member else None

    def _moment(self, commit: Commit) -> Project:
        if commit.commit not in self._moments:
            self._moments[commit.commit] = self._made(commit)
        return self._moments[commit.commit]

    async def asked(self, subject: str) -> Asked | None:  # noqa: ARG002  (files ask nothing)
        return None

    async def newest(self, subject: str) -> int | None:  # noqa: ARG002
        return None

    async def subjects(self) -> Iterable[str]:
        return self.project.members

    async def _old(self, moment: Project, member: Member, against: Against) -> Old:
        texts = texts_of(moment, member)
        try:
            source = moment.source(member)
            stored = await self._engine.describe(source, strict=False)
        except (InvalidSchema, Knot) as error:
            return Old(against, member.kind, member.facts.text, str(error), texts=texts)
        kept = Source(member.kind, stored.text, source.referents)
        return Old(against, member.kind, stored.text, kept, stored.identity, texts)


def texts_of(moment: Project, member: Member) -> tuple[Text, ...]:
    """Its own, then those that it needs, by the names it has for them."""
    try:
        needed = moment.ordered(member)
    except Knot:
        needed = []
    others = [Text(one.path, name, one.facts.text, one.facts.origin) for name, one in needed]
    return (Text(member.path, member.name, member.facts.text, member.facts.origin), *others)


def _content(moment: Project, member: Member) -> object:
    try:
        return member.kind, member.id, tuple((name, one.id) for name, one in moment.ordered(member))
    except Knot:
        return object()  # like nothing else


def git_base(configuration: Configuration, ref: str, engine: Engine, facts: FactsByContent, history: str) -> TreeBase:
    """Raises NoBase."""
    repository = Repository(configuration.root)
    commit = repository.commit(ref)

    def made(tree: Tree) -> Project:
        return project(configuration, tree, facts, strict=False)

    about = Against("git", repository.short(commit) if ref == MERGE_BASE else ref)
    return TreeBase(about, Commit(repository, commit), engine, made, Past(repository, commit, history))


def folder_base(configuration: Configuration, path: str, engine: Engine, facts: FactsByContent) -> TreeBase:
    """A folder with the same files as they were. Raises NoBase."""
    folder = Path(configuration.root, path)
    if not folder.is_dir():
        raise NoBase(f"there is no folder {path} to compare with")
    base = TreeBase(
        Against("folder", path), Folder(folder), engine, lambda tree: project(configuration, tree, facts, strict=False)
    )
    if not base.project.members:
        raise NoBase(
            f"{path} has none of the files that {configuration.file} speaks of: it must be laid out as this folder is"
        )
    return base


# ------------------------------------------------------------------------------------------------ registries


@dataclass(frozen=True, slots=True)
class Stored:
    """A version as a registry has it. `references` are (name, subject, version)."""

    subject: str
    version: int
    id: int
    kind: str
    text: str
    references: tuple[tuple[str, str, int], ...] = ()
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
        referents: dict[str, Referent] = {}
        await self._gather(stored, referents, set())
        return External(subject, stored.version, (*referents.values(), Referent(subject, stored.text)))

    async def _old(self, subject: str, version: int) -> Old:
        stored = await self._store.stored(subject, version)
        against = Against(self.about.kind, self.about.ref, version, stored.id)
        referents: dict[str, Referent] = {}
        await self._gather(stored, referents, set())
        source = Source(stored.kind, stored.text, tuple(referents.values()))
        try:
            identity = (await self._engine.describe(source, strict=False)).identity
        except InvalidSchema:
            identity = ""
        return Old(against, stored.kind, stored.text, source, identity, (), stored.properties)

    async def _gather(self, stored: Stored, found: dict[str, Referent], entered: set[str]) -> None:
        """Each after those that it needs. The first that has a name keeps it, as in the server."""
        for name, subject, version in stored.references:
            if name not in entered:
                entered.add(name)
                needed = await self._store.stored(subject, version)
                await self._gather(needed, found, entered)
                found[name] = Referent(name, needed.text)


class Snapshot:
    """`momus.lock`: what a registry had when it was written, in a file that can be reviewed."""

    def __init__(self, value: Any, name: str) -> None:
        self._name = name
        if not isinstance(value, dict) or value.get("version") != 1 or not isinstance(value.get("subjects"), dict):
            raise NoBase(f"{name} is no snapshot: `momus snapshot --registry URL` writes one")
        self._subjects: dict[str, Any] = value["subjects"]

    async def subjects(self) -> list[str]:
        return list(self._subjects)

    async def versions(self, subject: str) -> list[int]:
        return sorted(one["version"] for one in self._subjects.get(subject, {}).get("versions", ()))

    async def stored(self, subject: str, version: int) -> Stored:
        for one in self._subjects.get(subject, {}).get("versions", ()):
            if one["version"] == version:
                return Stored(
                    subject, version, one["id"], one["schemaType"], one["schema"],
                    tuple((each["name"], each["subject"], each["version"]) for each in one.get("references", ())),
                    one.get("properties", {}),
                )  # fmt: skip
        raise NoBase(f"{self._name} refers to version {version} of '{subject}', which it does not have: take it anew")

    async def asked(self, subject: str) -> Asked | None:
        row = self._subjects.get(subject)
        if row is None:
            return None
        return Asked(
            Level[row["level"]], row.get("policy", "STRICT"), row.get("group"),
            normalize=row.get("normalize", False), validate_fields=row.get("validateFields", False),
        )  # fmt: skip


def snapshot_base(configuration: Configuration, path: str, engine: Engine) -> StoreBase:
    """Raises NoBase."""
    file = configuration.root / path
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise NoBase(
            f"there is no snapshot {path} ({error.strerror}): `momus snapshot --registry URL` writes it"
        ) from None
    except ValueError as error:
        raise NoBase(f"{path} is no JSON: {error}") from None
    return StoreBase(Against("snapshot", path), Snapshot(value, path), engine)


async def snapshot_of(store: Store, subjects: Iterable[str]) -> dict[str, Any]:
    """What a snapshot's file has: these subjects, and all that they refer to."""
    found: dict[str, Any] = {}
    waiting = list(subjects)
    while waiting:
        subject = waiting.pop()
        if subject in found:
            continue
        versions = [await store.stored(subject, version) for version in await store.versions(subject)]
        asked = await store.asked(subject)
        row: dict[str, Any] = {"level": asked.level.name, "policy": asked.policy} if asked else {"level": "BACKWARD"}
        row |= {"group": asked.group} if asked and asked.group else {}
        row |= {"normalize": True} if asked and asked.normalize else {}
        row |= {"validateFields": True} if asked and asked.validate_fields else {}
        found[subject] = row | {"versions": [_row(stored) for stored in versions]}
        waiting += [needed for stored in versions for _, needed, _ in stored.references]
    return {"version": 1, "subjects": dict(sorted(found.items()))}


def _row(stored: Stored) -> dict[str, Any]:
    row: dict[str, Any] = {"version": stored.version, "id": stored.id, "schemaType": stored.kind, "schema": stored.text}
    references = [
        {"name": name, "subject": subject, "version": version} for name, subject, version in stored.references
    ]
    return (
        row
        | ({"references": references} if references else {})
        | ({"properties": dict(stored.properties)} if stored.properties else {})
    )
