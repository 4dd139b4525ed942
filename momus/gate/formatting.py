"""The schemas of the work tree and the layout of each: what `momus fmt` writes, or shows, or leaves alone."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import PurePosixPath
from typing import Final

from compat import InvalidSchema, Source, TooMuch, parse
from momus.gate.configuration import Configuration
from momus.gate.layout import Refused, laid_out
from momus.gate.project import FactsByContent, Knot, Member, Project, project
from momus.gate.trees import Folder

SUFFIXES: Final = (".avsc", ".json", ".proto")


@dataclass(frozen=True, slots=True)
class Formatted:
    """A file with its text before and after. `refusal` says why it is left as it is."""

    path: str
    before: str = ""
    after: str = ""
    refusal: str = ""
    is_wrong: bool = False

    @property
    def is_changed(self) -> bool:
        return self.before != self.after

    def diff(self) -> str:
        texts = (self.before.splitlines(), self.after.splitlines())
        return "\n".join(unified_diff(*texts, f"a/{self.path}", f"b/{self.path}", lineterm=""))


def formatted(configuration: Configuration, files: Collection[str] = ()) -> Iterator[Formatted]:
    """Of all schemas, or of these files. Raises Trouble."""
    tree = Folder(configuration.root)
    now = project(configuration, tree, FactsByContent(), strict=True)
    members = {member.path: member for member in now.of(files)}  # a file may have several schemas
    for path, member in members.items():
        if files or PurePosixPath(path).suffix in SUFFIXES:
            yield _formatted(now, member, tree)


def _formatted(now: Project, member: Member, tree: Folder) -> Formatted:
    suffix = PurePosixPath(member.path).suffix
    if suffix not in SUFFIXES:
        return Formatted(member.path, refusal=f"there is no layout for {suffix} files")
    try:
        before = tree.read([member.path])[member.path].decode()
    except UnicodeDecodeError:
        return Formatted(member.path, refusal="it is no UTF-8", is_wrong=True)
    try:
        after = laid_out(member.kind, before)
    except Refused as refused:
        return Formatted(member.path, refusal=str(refused), is_wrong=refused.is_wrong)
    if before != after and _stored(now, member, before) != _stored(now, member, after):
        return Formatted(member.path, refusal="a registry would take it for another schema", is_wrong=True)
    return Formatted(member.path, before, after)


def _stored(now: Project, member: Member, text: str) -> str | None:
    """What a registry would keep of it; None of what it would not take, which is for lint to tell."""
    try:
        source = now.source(member)
        return parse(Source(source.kind, text, source.referents), strict=False).describe().text
    except (InvalidSchema, Knot, TooMuch):
        return None
