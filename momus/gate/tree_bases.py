"""Bases made of files: a commit with the history before it, or a folder."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from compat import InvalidSchema, Source
from momus.gate.bases import Asked, Old
from momus.gate.configuration import Configuration
from momus.gate.engine import Engine
from momus.gate.faults import NoBase
from momus.gate.findings import Against
from momus.gate.git import MERGE_BASE, Repository
from momus.gate.places import Text
from momus.gate.project import FactsByContent, Knot, Member, Project, project
from momus.gate.trees import Commit, Folder, Tree


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
