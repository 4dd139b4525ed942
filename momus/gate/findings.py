"""What the gate has to say, as values. They are what `--output json` writes, member by member."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from compat import Witness
from momus.gate.configuration import Severity

Who = Literal["reader", "writer", "both"]


@dataclass(frozen=True, slots=True)
class Location:
    """Lines and columns count from 1."""

    file: str
    line: int = 1
    column: int = 1
    end_line: int = 1


@dataclass(frozen=True, slots=True)
class Against:
    """What was compared with: a base, and a version or an id where it knows them."""

    kind: str
    ref: str
    version: int | None = None
    id: int | None = None

    def __str__(self) -> str:
        return f"{self.kind}:{self.ref}" + (f" version {self.version}" if self.version else "")


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody's word that a break is meant. `direction` is the one that they saw; "" was written by hand: any."""

    fingerprint: str
    reason: str
    subject: str = ""
    rule: str = ""
    approved_by: str = ""
    expires: str = ""
    ticket: str = ""
    direction: str = ""

    def covers(self, direction: Who) -> bool:
        return self.direction in ("", "both", direction)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One reason to look. `direction` is who cannot go on: the new reader, or readers of what the new writer writes."""

    fingerprint: str
    rule: str
    severity: Severity
    message: str
    subject: str = ""
    schema_type: str = ""
    direction: Who = "both"
    against: Against | None = None
    path: str = ""
    old_path: str = ""
    location: Location | None = None
    old_location: Location | None = None
    server_message: str = ""
    old: str = ""
    new: str = ""
    fix: str = ""
    witness: Witness | None = None
    approved: Approval | None = None
    referrers: tuple[str, ...] = ()
    is_unreadable: bool = False
    is_style: bool = False  # of `momus lint`: there is nothing that an approval could be of

    @property
    def counts(self) -> bool:
        return self.approved is None

    @property
    def can_be_approved(self) -> bool:
        return self.counts and not self.is_unreadable and not self.is_style


Verb = Literal["check", "lint"]
Status = Literal["unchanged", "new", "compatible", "incompatible", "approved", "invalid", "clean", "faulty"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """`is_new`: it is new or changed in the same change. `version` is the one it has or will have, if that is known."""

    name: str
    subject: str
    is_new: bool
    version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of one subject against one base. `messages` are the server's, text for text."""

    subject: str
    file: str
    schema_type: str
    level: str
    policy: str
    status: Status
    base: str
    versions: tuple[Against, ...] = ()
    messages: tuple[str, ...] = ()
    decided_by: str = ""
    references: tuple[Reference, ...] = ()
    unlisted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The whole answer. `version` is the program's. `momus lint` compares with nothing, and has no bases."""

    version: str
    config: str
    bases: tuple[Against, ...]
    verdicts: tuple[Verdict, ...]
    findings: tuple[Finding, ...]
    fail_on: str
    duration_ms: int = 0
    prefix: str = ""  # of the configuration's folder, from the top of the repository
    verb: Verb = "check"

    def count(self, *statuses: Status) -> int:
        """Subjects, each by its worst status."""
        worst: dict[str, int] = {}
        for verdict in self.verdicts:
            worst[verdict.subject] = max(worst.get(verdict.subject, 0), ORDER.index(verdict.status))
        return sum(1 for place in worst.values() if ORDER[place] in statuses)


ORDER: tuple[Status, ...] = (
    "unchanged", "new", "compatible", "approved", "incompatible", "clean", "faulty", "invalid",
)  # fmt: skip


def fingerprint(rule: str, subject: str, path: str, old: str, new: str) -> str:
    """The same for the same break, wherever its line is and whatever the commit."""
    parts = f"{rule}\0{subject}\0{path}\0{old}\0{new}"
    return sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()[:12]
