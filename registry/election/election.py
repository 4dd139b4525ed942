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
    reason: str = ""  # why there is no primary, or what is wrong with the membership, for people
    generation: int = 0  # of the group; 0 where there is none


class Election(Protocol):
    @property
    def standing(self) -> Standing: ...

    def advertise(self, url: str) -> None:
        """Where the others reach this node, told when its port is bound and no setting names it."""

    async def open(self) -> None:
        """Take part. Returns when this node knows its first standing or has good reason to serve without."""

    async def close(self) -> None:
        """Leave. Twice is once."""

    def changes(self) -> AsyncIterator[Standing]:
        """The standing now, then each change of it. Ends when the election is closed."""

    async def confirmed(self) -> Standing:
        """The standing, once the others have confirmed after this call that it still holds; waits for that.

        A node that was refused by the log, and took the log over again without asking, would shut out its successor,
        which would do the same.
        """
