"""What the arguments of `assert_compatible` mean: schemas of whatever makes one, and the versions before them."""

import asyncio
import os
from base64 import b64encode
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from compat import Referent, Source
from compat.level import Level
from momus.gate.bases import Old
from momus.gate.configuration import FILES, SUFFIXES, Configuration, Entry, Registry
from momus.gate.engine import engine
from momus.gate.facts import Facts
from momus.gate.findings import Against
from momus.gate.git import Repository
from momus.gate.project import FactsByContent, Member, Project, project
from momus.gate.reading import load
from momus.gate.store_bases import StoreBase
from momus.gate.tree_bases import git_base
from momus.gate.trees import Commit, Folder

if TYPE_CHECKING:
    from momus.client import Schema

Version: TypeAlias = "Source | Schema | str | os.PathLike[str] | type"
_T = TypeVar("_T")


class NothingBefore(LookupError):
    """There is no version to compare with, or no such place."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The versions before, oldest first, and what is asked of the next one."""

    about: str
    olds: tuple[Source, ...]
    level: Level
    policy: str = "STRICT"


def source_of(version: Any, kind: str | None) -> Source:
    """Raises InvalidSchema where a file is none; ValueError, TypeError for what makes no schema."""
    if isinstance(version, Source):
        return version
    if isinstance(version, str):
        return Source(kind or "AVRO", version)
    if isinstance(version, os.PathLike):
        now, member = _member(Path(version).absolute(), kind)
        return now.source(member)
    if isinstance(version, type):
        return _of_class(version, kind)
    if hasattr(version, "schema_type"):
        if version.references:
            raise ValueError("a Schema with references does not bring their texts: give a Source, or a file")
        return Source(version.schema_type, version.schema)
    raise TypeError(f"{type(version).__name__} makes no schema: a text, a path, a class, a Schema or a Source does")


def asked_of(new: Any, against: Any, kind: str, level: Level | None, registry: object) -> Asked:
    if isinstance(against, str) and against.startswith("registry:"):
        return _waited(_registered(against.removeprefix("registry:"), level, registry))
    if isinstance(against, str) and against.startswith("git:"):
        return _waited(_committed(*_file_of(new, against.removeprefix("git:")), kind, level or Level.BACKWARD))
    several = against if isinstance(against, Sequence) and not isinstance(against, str) else [against]
    return Asked("`against`", tuple(source_of(one, kind) for one in several), level or Level.BACKWARD)


def _waited(work: Coroutine[Any, Any, _T]) -> _T:
    """Also in a test that is awaited itself."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


# ------------------------------------------------------------------------------------------------ types


def _of_class(class_: type, kind: str | None) -> Source:
    descriptor = getattr(class_, "DESCRIPTOR", None)
    if descriptor is not None and kind in (None, "PROTOBUF"):
        return _of_message(descriptor)
    from momus.serde import avro_schema, json_schema

    match kind:
        case None | "AVRO":
            return Source("AVRO", avro_schema(class_))
        case "JSON":
            return Source("JSON", json_schema(class_))
        case _:
            raise ValueError(f"{class_.__name__} is no generated class of Protobuf")


def _of_message(descriptor: Any) -> Source:
    """The file of a generated class, with all that it imports, as descriptors."""
    found: dict[str, Referent] = {}

    def gather(file: Any) -> None:
        for needed in file.dependencies:
            if needed.name not in found:
                gather(needed)
                found[needed.name] = Referent(needed.name, b64encode(needed.serialized_pb).decode())

    gather(descriptor.file)
    return Source("PROTOBUF", b64encode(descriptor.file.serialized_pb).decode(), tuple(found.values()))


# ------------------------------------------------------------------------------------------------ files


def _configuration(path: Path, kind: str | None) -> Configuration:
    """The one above the file that has it, or that of its folder alone, where its neighbours may be referred to."""
    for folder in path.parents:
        found = next((folder / name for name in FILES if (folder / name).is_file()), None)
        if found is not None:
            return replace(load(folder, str(found)), is_exhaustive=False)
    whole = Entry(f"*{path.suffix}", (("**", "{path}"),), kind=kind or SUFFIXES.get(path.suffix))
    return Configuration(path.parent, "", (whole,), is_exhaustive=False)


def _member(path: Path, kind: str | None) -> tuple[Project, Member]:
    configuration = _configuration(path, kind)
    now = project(configuration, Folder(configuration.root), FactsByContent(), strict=False)
    member = _at(now, path.relative_to(configuration.root).as_posix())
    if member is None:
        raise ValueError(f"{path} is no schema that {configuration.file or 'its folder'} has")
    return now, member


def _at(moment: Project, path: str) -> Member | None:
    return next((member for member in moment.members.values() if member.path == path), None)


def _file_of(new: Any, spelled: str) -> tuple[str, Path]:
    """`REF`, or `REF:PATH`, as git spells a file of a commit; the path is from the working folder on."""
    ref, _, given = spelled.partition(":")
    if not given and not isinstance(new, os.PathLike):
        raise ValueError(f"which file of git:{ref}? git:{ref}:PATH says it, unless `new` is a path")
    return ref, Path(given or new).absolute()


async def _committed(ref: str, path: Path, kind: str, level: Level) -> Asked:
    configuration, facts = _configuration(path, kind), FactsByContent()
    repository = Repository(configuration.root)
    moment = project(configuration, Commit(repository, repository.commit(ref)), facts, strict=False)
    member = _at(moment, path.relative_to(configuration.root).as_posix())
    olds: list[Old] = []
    if member is not None:
        async with engine() as made:
            base = git_base(configuration, ref, made, facts, configuration.history)
            olds = await base.olds(member, transitive=level.transitive)
    return Asked(f"git:{ref}", _readable(olds), level)


def _readable(olds: Sequence[Old]) -> tuple[Source, ...]:
    """Oldest first; what is no schema holds nobody to anything."""
    return tuple(old.source for old in reversed(olds) if isinstance(old.source, Source))


# ------------------------------------------------------------------------------------------------ registries


async def _registered(subject: str, level: Level | None, registry: object) -> Asked:
    from momus.gate.registries import live, reached

    url = getattr(registry, "url", registry)
    nothing = Configuration(Path(), "assert_compatible", (), registry=Registry())
    reached_ = reached(nothing, None if url is None else str(url), None)
    async with live(reached_) as store, engine() as made:
        base = StoreBase(Against("registry", reached_.url), store, made)
        asked = await base.asked(subject)
        level = level or (asked.level if asked else Level.BACKWARD)
        unwritten = Member("", "", subject, "", Entry("", ()), Facts(""), "")
        olds = await base.olds(unwritten, transitive=level.transitive)
    return Asked(f"the subject {subject}", _readable(olds), level, asked.policy if asked else "STRICT")
