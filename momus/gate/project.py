"""The schemas of a tree, and which of them need which. Which files they are is `mapping`'s to say."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from compat import Referent, Source
from momus.gate.configuration import PYTHON, SEVERAL, YAML, Configuration, Entry
from momus.gate.facts import Facts, facts_of
from momus.gate.faults import WrongConfiguration
from momus.gate.mapping import Place, mapped, subject_of, template_of
from momus.gate.trees import Tree

if TYPE_CHECKING:
    from momus.gate.declarations import Declarations


class Knot(Exception):
    """A schema whose references cannot be put in order."""


@dataclass(frozen=True, slots=True)
class Member:
    """A schema: a file, or one of several in a file.

    name     the file's path below the entry's root: Protobuf imports it so
    id       equal for equal contents, in every tree
    sources  the files besides its own that its text is made of
    """

    path: str
    name: str
    subject: str
    kind: str
    entry: Entry
    facts: Facts
    id: str
    sources: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Which schema of the tree it is: a file may have several."""
        return f"{self.path}#{self.facts.fragment}" if self.facts.fragment else self.path


@dataclass(frozen=True, slots=True)
class External:
    """A schema that only a registry has, under a name that schemas here refer to; `referents` are all that it takes."""

    subject: str
    version: int
    referents: tuple[Referent, ...]


class FactsByContent:
    """What is known of every content that was met, in whatever tree: what did not change is read once."""

    def __init__(self) -> None:
        self.external: dict[str, External] = {}  # by name
        self.derived: dict[
            str, list[tuple[list[dict[str, Any]], dict[str, str]]]
        ] = {}  # what `models` was told, by root
        self._known: dict[tuple[str, str, str], Facts] = {}
        self._declared: dict[tuple[str, str], Declarations] = {}

    def of(self, tree: Tree, kinds: dict[str, str]) -> dict[str, Facts]:
        """`kinds` are those of the paths that are asked for."""
        ids = tree.ids
        keys = {path: (kind, _way(path), ids[path]) for path, kind in kinds.items()}
        new = [path for path, key in keys.items() if key not in self._known]
        for path, content in tree.read(new).items():
            self._known[keys[path]] = facts_of(kinds[path], content, _way(path))
        return {path: self._known[key] for path, key in keys.items()}

    def declarations(self, tree: Tree, paths: Iterable[str]) -> "dict[str, Declarations]":
        from momus.gate.declarations import declarations_of

        ids = tree.ids
        keys = {path: (PurePosixPath(path).suffix, ids[path]) for path in paths}
        new = [path for path, key in keys.items() if key not in self._declared]
        for path, content in tree.read(new).items():
            self._declared[keys[path]] = declarations_of(keys[path][0], content)
        return {path: self._declared[key] for path, key in keys.items()}


def _way(path: str) -> str:
    """How a file is read, where its kind alone does not say."""
    suffix = path[path.rfind(".") :]
    return suffix if suffix in YAML else ""


class Project:
    """`members` by subject, in the order of their paths.

    `external` is what only a registry has, by name; `promised` are the names that the configuration says it has.
    """

    def __init__(
        self,
        members: Iterable[Member],
        external: Mapping[str, External] | None = None,
        promised: Mapping[str, tuple[str, int | None]] | None = None,
    ) -> None:
        self.members = {member.subject: member for member in sorted(members, key=lambda one: one.key)}
        self.promised = promised or {}
        self._external = {} if external is None else external
        self._needs: dict[str, list[tuple[str, Member]]] = {}
        self._referents: dict[tuple[str, str], Referent] = {}

    def of(self, files: Collection[str]) -> list[Member]:
        """The schemas of these files; of none, all. Raises WrongConfiguration for a file that has none."""
        members = list(self.members.values())
        left = set(files) - {member.path for member in members}
        if left:
            raise WrongConfiguration(f"{', '.join(sorted(left))}: no entry of `schemas` has it")
        return [member for member in members if not files or member.path in files]

    def needs(self, member: Member) -> list[tuple[str, Member]]:
        """The schemas that this one refers to itself, each with the name it has there; what nobody has is left out."""
        if member.key not in self._needs:
            self._needs[member.key] = self._needed(member)
        return self._needs[member.key]

    def _needed(self, member: Member) -> list[tuple[str, Member]]:
        found = []
        for spellings in member.facts.uses:
            for spelling in spellings:
                other = self._provider(member, spelling)
                if other is not None:
                    found.append((spelling, other))
                    break
        return _each_defined_once(found) if member.kind == "AVRO" else found

    def ordered(self, member: Member) -> list[tuple[str, Member]]:
        """All that it needs, flat, each after what it needs itself. Raises Knot."""
        found: dict[str, tuple[str, Member]] = {}
        way = {member.key: ("", member)}
        waiting = [iter(self.needs(member))]
        while waiting:
            for name, needed in waiting[-1]:
                if name in found:  # the first that has a name keeps it, as in the server
                    continue
                if needed.key in way:
                    keys = list(way)
                    raise Knot(" → ".join([*keys[keys.index(needed.key) :], needed.key]))
                way[needed.key] = name, needed
                waiting.append(iter(self.needs(needed)))
                break
            else:
                waiting.pop()
                name, needed = way.popitem()[1]
                if waiting:
                    found[name] = name, needed
        return _each_once(member.kind, list(found.values()))

    def source(self, member: Member) -> Source:
        """Raises Knot; InvalidSchema where it is no text."""
        if member.facts.fault is not None:
            raise member.facts.fault
        ordered = self.ordered(member)
        ours = tuple(self._referent(name, needed) for name, needed in ordered)
        external = self._external_referents([member, *(needed for _, needed in ordered)]) if self._external else ()
        return Source(member.kind, member.facts.text, (*external, *ours))

    def _referent(self, name: str, needed: Member) -> Referent:
        """One for all who refer to it by this name: it is told from others, and sent to other processes, once."""
        key = name, needed.key
        if key not in self._referents:
            self._referents[key] = Referent(name, needed.facts.text)
        return self._referents[key]

    def external(self, member: Member) -> list[tuple[str, External]]:
        """What it refers to itself and only a registry has, with the names it has there."""
        names = (self._first(spellings, self._external) for spellings in self.unprovided(member))
        return [(name, self._external[name]) for name in names if name]

    def missing(self, member: Member) -> list[tuple[str, ...]]:
        """What it refers to and nobody is known to have, each in the spellings that it may have been meant in."""
        return [one for one in self.unprovided(member) if not self._first(one, self._external)]

    def unprovided(self, member: Member) -> list[tuple[str, ...]]:
        """What it refers to and no file here has; known to all may it be all the same."""
        return [one for one in member.facts.uses if not any(self._provider(member, name) for name in one)]

    def _first(self, spellings: tuple[str, ...], known: Mapping[str, object]) -> str:
        return next((name for name in spellings if name in known), "")

    def _external_referents(self, members: list[Member]) -> tuple[Referent, ...]:
        found: dict[str, Referent] = {}
        for member in members:
            for name, external in self.external(member):
                *needed, own = external.referents
                for referent in (*needed, Referent(name, own.text)):
                    found.setdefault(referent.text if member.kind == "AVRO" else referent.name, referent)
        return tuple(found.values())

    def users(self, member: Member) -> list[Member]:
        """All that need it, directly or through others, in the order of their paths."""
        found: dict[str, Member] = {}
        waiting = [member]
        while waiting:
            for user in self._users.get(waiting.pop().key, ()):
                if user.key not in found and user.key != member.key:
                    found[user.key] = user
                    waiting.append(user)
        return sorted(found.values(), key=lambda one: one.key)

    def with_all_needed(self, member: Member) -> list[Member]:
        """Itself and all that it needs, whatever the order."""
        found = {member.key: member}
        waiting = [member]
        while waiting:
            for _, needed in self.needs(waiting.pop()):
                if needed.key not in found:
                    found[needed.key] = needed
                    waiting.append(needed)
        return list(found.values())

    def files(self, member: Member) -> list[str]:
        """All that it and what it needs are made of."""
        members = self.with_all_needed(member)
        return list(dict.fromkeys(path for one in members for path in (one.path, *one.sources)))

    def _provider(self, member: Member, name: str) -> Member | None:
        match member.kind:
            case "AVRO":
                found = self._by_definition.get(name)
            case "JSON":
                found = self._by_uri(member, name)
            case _:
                found = self._by_import.get((member.entry.path, name)) or self._by_import.get(("", name))
        return None if found is None or found.key == member.key else found

    def _by_uri(self, member: Member, reference: str) -> Member | None:
        uri = urljoin(member.facts.name, reference) if member.facts.name else reference
        near = normal(f"{PurePosixPath(member.path).parent.as_posix()}/{reference}")
        return (
            self._by_id.get(uri)
            or self._by_id.get(reference)
            or self._by_path.get(near)
            or self._by_path.get(reference)
        )

    # ---------------------------------------------------------------------------------------- who is called what

    @cached_property
    def _by_definition(self) -> dict[str, Member]:
        """A file that is the type comes before one that only has it inside."""
        avro = [member for member in self.members.values() if member.kind == "AVRO"]
        found = {member.facts.name: member for member in reversed(avro) if member.facts.name}
        for member in avro:
            for name in member.facts.defines:
                found.setdefault(name, member)
        return found

    @cached_property
    def _by_id(self) -> dict[str, Member]:
        return {one.facts.name: one for one in self.members.values() if one.kind == "JSON" and one.facts.name}

    @cached_property
    def _by_path(self) -> dict[str, Member]:
        return {one.path: one for one in self.members.values() if one.kind == "JSON"}

    @cached_property
    def _by_import(self) -> dict[tuple[str, str], Member]:
        """By entry and name, so that each root's own files come first; of several roots, the first that has a name."""
        found: dict[tuple[str, str], Member] = {}
        for one in self.members.values():
            if one.kind == "PROTOBUF":
                found[one.entry.path, one.name] = one
                found.setdefault(("", one.name), one)
        return found

    @cached_property
    def _users(self) -> dict[str, list[Member]]:
        found: dict[str, list[Member]] = {}
        for member in self.members.values():
            for _, needed in self.needs(member):
                found.setdefault(needed.key, []).append(member)
        return found


def _each_once(kind: str, found: list[tuple[str, Member]]) -> list[tuple[str, Member]]:
    """An Avro text defines its types once, whatever names led to it; elsewhere a name is how a text is found."""
    if kind != "AVRO":
        return found
    return _each_defined_once(list({needed.key: (name, needed) for name, needed in found}.values()))


def _each_defined_once(found: list[tuple[str, Member]]) -> list[tuple[str, Member]]:
    """Types that need each other are each written into the other's text: one of the texts has both."""
    if not any(needed.facts.fragment for _, needed in found):
        return found
    kept: list[tuple[str, Member]] = []
    for name, needed in found:
        if not any(needed.facts.name in other.facts.defines for _, other in kept if other.key != needed.key):
            kept.append((name, needed))
    return kept


def normal(path: str) -> str:
    parts: list[str] = []
    for part in path.split("/"):
        if part == ".." and parts:
            parts.pop()
        elif part not in (".", ""):
            parts.append(part)
    return "/".join(parts)


# ------------------------------------------------------------------------------------------------ finding them


def project(configuration: Configuration, tree: Tree, facts: FactsByContent, *, strict: bool) -> Project:
    """The schemas of a tree. `strict` for the tree that is checked: there, no file may be left out or be ambiguous."""
    places = mapped(configuration, tree, strict=strict)
    members: dict[str, Member] = {}
    for member in _members(configuration, tree, facts, places, strict=strict):
        if strict and member.subject in members:
            raise WrongConfiguration(
                f"{members[member.subject].key} and {member.key} are both the subject '{member.subject}'"
            )
        members.setdefault(member.subject, member)
    return Project(members.values(), facts.external, configuration.external)


def _members(
    configuration: Configuration, tree: Tree, facts: FactsByContent, places: dict[str, Place], *, strict: bool
) -> Iterator[Member]:
    known = facts.of(tree, {path: place.kind for path, place in places.items() if not path.endswith(SEVERAL)})
    for path, found in known.items():
        place = places[path]
        subject = subject_of(configuration, place, template_of(place), found, strict=strict)
        entry = configuration.with_settings(place.entry, subject)
        yield Member(path, place.name, subject, place.kind, entry, found, tree.ids[path])
    if len(known) < len(places):
        from momus.gate.several import members as declared

        yield from declared(configuration, tree, facts, places, strict=strict)
    if any(entry.path.startswith(PYTHON) for entry in configuration.schemas):
        from momus.gate.models import members as derived

        yield from derived(configuration, tree, facts, strict=strict)
