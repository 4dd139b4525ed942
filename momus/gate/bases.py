"""What was there before: a commit, a folder, a registry, or a snapshot of one.

Each gives the old versions of a subject, as a registry would have stored them: so answers read as the server's do.
Bases made of files are in `tree_bases.py`, those made of versions that somebody keeps in `store_bases.py`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from compat import Source
from compat.level import Level
from momus.gate.findings import Against
from momus.gate.places import Text
from momus.gate.project import Member, Project


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
