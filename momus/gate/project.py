"""The schemas of a tree: which files they are, what they are called, and which of them need which.

Every file that looks like a schema is one or is ignored by name; none is silently left out.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import urljoin

from compat import Referent, Source
from momus.gate.configuration import SUFFIXES, Configuration, Entry
from momus.gate.facts import Facts, facts_of
from momus.gate.faults import WrongConfiguration
from momus.gate.globs import fits, fixed_part, has_wildcard
from momus.gate.trees import Tree

UNREAD: Final = {
    ".avdl": "Avro IDL is not read here: give the .avsc that `avro-tools idl2schemata` makes of it",
    ".avpr": "Avro protocols are not read here: give the .avsc of each type",
}
SHOWN: Final = 10  # files in a message
TEMPLATES: Final = {"record": "{record}", "topic-record": "{dir}-{record}", "property": "{property}"}


class Knot(Exception):
    """A schema whose references cannot be put in order."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file that is a schema. `name` is its path below the entry's root: Protobuf imports it so."""

    path: str
    name: str
    subject: str
    kind: str
    entry: Entry
    facts: Facts
    id: str


class FactsByContent:
    """The facts of every content that was met, in whatever tree: what did not change is read once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Facts] = {}

    def of(self, tree: Tree, kinds: dict[str, str]) -> dict[str, Facts]:
        """`kinds` are those of the paths that are asked for."""
        ids = tree.ids
        new = {path: kind for path, kind in kinds.items() if (kind, ids[path]) not in self._known}
        for path, content in tree.read(new).items():
            self._known[new[path], ids[path]] = facts_of(new[path], content)
        return {path: self._known[kind, ids[path]] for path, kind in kinds.items()}


class Project:
    """`members` by subject, in the order of their paths."""

    def __init__(self, members: Iterable[Member]) -> None:
        self.members = {member.subject: member for member in sorted(members, key=lambda one: one.path)}

    def needs(self, member: Member) -> list[tuple[str, Member]]:
        """The schemas that this one refers to itself, each with the name it has there; what nobody has is left out."""
        found = []
        for spellings in member.facts.uses:
            for spelling in spellings:
                other = self._provider(member, spelling)
                if other is not None:
                    found.append((spelling, other))
                    break
        return found

    def ordered(self, member: Member) -> list[tuple[str, Member]]:
        """All that it needs, flat, each after what it needs itself. Raises Knot."""
        found: dict[str, tuple[str, Member]] = {}
        way: list[str] = []

        def visit(inner: Member) -> None:
            if inner.path in way:
                raise Knot(" → ".join([*way[way.index(inner.path) :], inner.path]))
            way.append(inner.path)
            for name, needed in self.needs(inner):
                if name not in found:  # the first that has a name keeps it, as in the server
                    visit(needed)
                    found[name] = (name, needed)
            way.pop()

        visit(member)
        return _each_once(member.kind, list(found.values()))

    def source(self, member: Member) -> Source:
        """Raises Knot; InvalidSchema where it is no text."""
        if member.facts.fault is not None:
            raise member.facts.fault
        referents = tuple(Referent(name, needed.facts.text) for name, needed in self.ordered(member))
        return Source(member.kind, member.facts.text, referents)

    def users(self, member: Member) -> list[Member]:
        """All that need it, directly or through others, in the order of their paths."""
        found: dict[str, Member] = {}
        waiting = [member]
        while waiting:
            for user in self._users.get(waiting.pop().path, ()):
                if user.path not in found and user.path != member.path:
                    found[user.path] = user
                    waiting.append(user)
        return sorted(found.values(), key=lambda one: one.path)

    def with_all_needed(self, member: Member) -> list[Member]:
        """Itself and all that it needs, whatever the order."""
        found = {member.path: member}
        waiting = [member]
        while waiting:
            for _, needed in self.needs(waiting.pop()):
                if needed.path not in found:
                    found[needed.path] = needed
                    waiting.append(needed)
        return list(found.values())

    def _provider(self, member: Member, name: str) -> Member | None:
        match member.kind:
            case "AVRO":
                found = self._by_definition.get(name)
            case "JSON":
                found = self._by_uri(member, name)
            case _:
                found = self._by_import.get(name)
        return None if found is None or found.path == member.path else found

    def _by_uri(self, member: Member, reference: str) -> Member | None:
        uri = urljoin(member.facts.name, reference) if member.facts.name else reference
        near = _normal(f"{PurePosixPath(member.path).parent.as_posix()}/{reference}")
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
    def _by_import(self) -> dict[str, Member]:
        return {one.name: one for one in self.members.values() if one.kind == "PROTOBUF"}

    @cached_property
    def _users(self) -> dict[str, list[Member]]:
        found: dict[str, list[Member]] = {}
        for member in self.members.values():
            for _, needed in self.needs(member):
                found.setdefault(needed.path, []).append(member)
        return found


def _each_once(kind: str, found: list[tuple[str, Member]]) -> list[tuple[str, Member]]:
    """An Avro text defines its types once, whatever names led to it; elsewhere a name is how a text is found."""
    if kind != "AVRO":
        return found
    return list({needed.path: (name, needed) for name, needed in found}.values())


def _normal(path: str) -> str:
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
    mapped = dict(_mapped(configuration, tree))
    kinds = {path: kind for path, (_, _, kind) in mapped.items()}
    if strict and configuration.is_exhaustive:
        _refuse_unmapped(configuration, tree, mapped.keys())
    if strict:
        _refuse_unread(configuration, kinds)
    known = facts.of(tree, {path: kind for path, kind in kinds.items() if kind in SUFFIXES.values()})
    members: dict[str, Member] = {}
    for path, found in known.items():
        entry, name, kind = mapped[path]
        subject = _subject(configuration, entry, name, path, found, strict=strict)
        entry = configuration.with_settings(entry, subject)
        member = Member(path, name, subject, kind, entry, found, tree.ids[path])
        if strict and subject in members:
            raise WrongConfiguration(f"{members[subject].path} and {path} are both the subject '{subject}'")
        members.setdefault(subject, member)
    return Project(members.values())


def _mapped(configuration: Configuration, tree: Tree) -> Iterator[tuple[str, tuple[Entry, str, str]]]:
    """Paths with their entry, their name in it, and their kind. The first entry that fits counts."""
    for path in sorted(tree.ids):
        if any(fits(path, pattern) for pattern in configuration.ignore):
            continue
        for entry in configuration.schemas:
            name = _name_in(entry, path)
            if name is not None:
                suffix = PurePosixPath(path).suffix
                yield path, (entry, name, entry.kind or SUFFIXES.get(suffix, suffix))
                break


def _name_in(entry: Entry, path: str) -> str | None:
    """The path below the entry's root, if it is one of its files."""
    is_folder = not has_wildcard(entry.path) and PurePosixPath(entry.path).suffix not in (*SUFFIXES, *UNREAD)
    root = entry.root if entry.root is not None else entry.path if is_folder else fixed_part(entry.path)
    root = "" if root == "." else root
    if root and not path.startswith(f"{root}/"):
        return None
    name = path[len(root) + 1 :] if root else path
    if any(fits(name, pattern) or fits(path, pattern) for pattern in entry.exclude):
        return None
    if is_folder:
        wanted = entry.include or tuple(f"**/*{suffix}" for suffix in SUFFIXES)
        return name if any(fits(name, pattern) for pattern in wanted) else None
    return name if fits(path, entry.path) else None


def _refuse_unmapped(configuration: Configuration, tree: Tree, mapped: Iterable[str]) -> None:
    known = set(mapped)
    excluded = [(entry, pattern) for entry in configuration.schemas for pattern in entry.exclude]
    homes = {_home(entry) for entry in configuration.schemas}
    left = [
        path
        for path in sorted(tree.ids)
        if path not in known
        and _looks_like_schema(path, homes)
        and not any(fits(path, pattern) for pattern in configuration.ignore)
        and not any(fits(path, pattern) or fits(path, f"{_home(entry)}/{pattern}") for entry, pattern in excluded)
    ]
    if left:
        shown = ", ".join(left[:SHOWN]) + (f" and {len(left) - SHOWN} more" if len(left) > SHOWN else "")
        raise WrongConfiguration(
            f"{configuration.file}: no entry of `schemas` has {shown}: add one, or name them under `ignore`"
        )


def _home(entry: Entry) -> str:
    return fixed_part(entry.path) if has_wildcard(entry.path) else entry.path


def _looks_like_schema(path: str, homes: set[str]) -> bool:
    """Any .avsc or .proto; a .json only where there are schemas, since JSON is much else too."""
    if path.endswith(".json"):
        return any(home and path.startswith(f"{home}/") for home in homes)
    return path.endswith((".avsc", ".proto", *UNREAD))


def _refuse_unread(configuration: Configuration, kinds: dict[str, str]) -> None:
    for path, kind in kinds.items():
        if kind not in SUFFIXES.values():
            why = UNREAD.get(kind, "its name does not tell its format: give `type`, AVRO, JSON or PROTOBUF")
            raise WrongConfiguration(f"{configuration.file}: {path}: {why}")


def _subject(configuration: Configuration, entry: Entry, name: str, path: str, facts: Facts, *, strict: bool) -> str:
    template = next((subject for pattern, subject in entry.subject if fits(name, pattern) or fits(path, pattern)), None)
    if template is None:
        raise WrongConfiguration(f"{configuration.file}: no pattern of the entry {entry.path} gives {path} a subject")
    pure = PurePosixPath(path)
    values = {
        "stem": pure.stem, "name": pure.name, "dir": pure.parent.name, "path": name,
        "record": facts.record, "property": facts.subject,
    }  # fmt: skip
    try:
        subject = TEMPLATES.get(template, template).format_map(values)
    except (KeyError, ValueError, IndexError, AttributeError):
        known = ", ".join(f"{{{value}}}" for value in values)
        raise WrongConfiguration(
            f"{configuration.file}: the subject '{template}' is no template: {known} are known"
        ) from None
    is_nameless = (template in TEMPLATES or "{record}" in template) and not (
        facts.subject if template == "property" else facts.record
    )
    if is_nameless and (not facts.is_readable or not strict):  # what cannot be read must still be told about
        return path
    if is_nameless:
        raise WrongConfiguration(f"{configuration.file}: {path} has nothing that '{template}' could stand for")
    if not subject and strict:
        raise WrongConfiguration(f"{configuration.file}: {path} would have an empty subject")
    return subject
