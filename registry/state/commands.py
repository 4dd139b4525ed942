"""What may be asked for, as values: HTTP makes them, decisions judge them, the node carries them.

A command says what is wanted, not how the state stands; it can be decided again when the state has moved on.
"""

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from compat import Tagged
from registry.names import Subject
from registry.state.values import Metadata, ReferenceValue, RuleSet


@dataclass(frozen=True, slots=True)
class Draft:
    """A schema as a client sends it; an empty text means "as the latest version"."""

    text: str = ""
    kind: str = "AVRO"
    references: tuple[ReferenceValue, ...] = ()
    metadata: Metadata | None = None
    rules: RuleSet | None = None


@dataclass(frozen=True, slots=True)
class Register:
    """Register `draft` under `subject`. `id` -1 and `version` 0 leave the choice to the registry."""

    subject: Subject
    draft: Draft
    id: int = -1
    version: int = 0
    normalize: bool = False
    force: bool = False
    tags_to_add: tuple[Tagged, ...] = ()
    tags_to_remove: tuple[Tagged, ...] = ()
    propagate_tags: bool = False


@dataclass(frozen=True, slots=True)
class Retag:
    """Register the schema of `version` again with other tags, metadata or rules, as `new_version` (0: the next)."""

    subject: Subject
    version: int
    new_version: int = 0
    tags_to_add: tuple[Tagged, ...] = ()
    tags_to_remove: tuple[Tagged, ...] = ()
    metadata: Metadata | None = None
    rules: RuleSet | None = None
    rules_to_merge: RuleSet | None = None
    rules_to_remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeleteVersion:
    subject: Subject
    version: int
    permanent: bool = False


@dataclass(frozen=True, slots=True)
class DeleteSubject:
    subject: Subject
    permanent: bool = False


@dataclass(frozen=True, slots=True)
class DeleteContext:
    context: str


@dataclass(frozen=True, slots=True)
class SetConfig:
    """Change the fields named in `changes` (as Config spells them); a value of None clears the field."""

    scope: Subject
    changes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeleteConfig:
    scope: Subject


@dataclass(frozen=True, slots=True)
class SetMode:
    """Set the mode of a subject, a context or all; None clears it. `force` allows IMPORT over live subjects."""

    scope: Subject
    mode: str | None
    force: bool = False


@dataclass(frozen=True, slots=True)
class DeleteMode:
    scope: Subject
    recursive: bool = False


@dataclass(frozen=True, slots=True)
class Tie:
    """One association that is wanted: which kind of use, with which subject; None is "not said".

    A `registration` is done first, under the subject of the tie whatever its own says. An upsert also changes an
    association that is there.
    """

    association_type: str = "value"
    subject: str | None = None
    lifecycle: str | None = None
    frozen: bool | None = None
    registration: Register | None = None
    is_upsert: bool = False


@dataclass(frozen=True, slots=True)
class Untie:
    """One association that is to go; `cascade` also deletes the subject of a STRONG one."""

    association_type: str = "value"
    cascade: bool = False


@dataclass(frozen=True, slots=True)
class Associate:
    """Create, change and delete associations of one resource, all or none.

    Decisions know no clock and no chance: `now` (milliseconds since 1970) is the creation time of what is new, and
    `guids`, one for each tie, its identifiers.
    """

    context: str
    resource_name: str
    resource_namespace: str
    resource_id: str
    resource_type: str
    ties: tuple[Tie | Untie, ...]
    now: int
    guids: tuple[str, ...]
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Dissociate:
    """Delete associations of one resource; `cascade` also deletes the STRONG subjects."""

    resource_id: str
    resource_type: str | None = None
    association_types: tuple[str, ...] = ()
    cascade: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Recognize:
    """Would this registration find what is there already? Answered by reading alone: the version, or None."""

    registration: Register


@dataclass(frozen=True, slots=True)
class LookUp:
    """Which version of `subject` is this draft? `is_everywhere`: if it is not there, look in the other contexts."""

    subject: Subject
    draft: Draft
    normalize: bool = False
    include_deleted: bool = False
    is_everywhere: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """May this draft follow `version` of `subject`; or, when `version` is None, be registered as the next?"""

    subject: Subject
    draft: Draft
    version: int | None = None
    normalize: bool = False


Command: TypeAlias = (
    Register
    | Retag
    | DeleteVersion
    | DeleteSubject
    | DeleteContext
    | SetConfig
    | DeleteConfig
    | SetMode
    | DeleteMode
    | Associate
    | Dissociate
)
Inquiry: TypeAlias = Recognize | LookUp | Check  # decided like a command, but nothing is ever written for it
