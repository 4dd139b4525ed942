"""The protocol of an election: who *should* write. Who *can* write is the log's business (its lock or its fence)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal, Protocol

Role = Literal["primary", "follower", "starting"]


@dataclass(frozen=True, slots=True)
class Standing:
    """What this node knows of the election. `primary_url` is None when nobody, or nobody known, is primary."""

    role: Role
    primary_url: str | None = None
    reason: str = ""  # why there is no primary, for people


class Election(Protocol):
    @property
    def standing(self) -> Standing: ...

    async def open(self) -> None:
        """Take part. Returns when this node knows its first standing or has good reason to serve without."""

    async def close(self) -> None:
        """Leave. Twice is once."""

    def changes(self) -> AsyncIterator[Standing]:
        """The standing now, then each change of it."""
