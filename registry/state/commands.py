"""What may be asked for, as values: HTTP makes them, decisions judge them, the node carries them.

A command says what is wanted, not how the state stands; it can be decided again when the state has moved on.
"""

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from compat import Tagged
from registry.names import Subject
from registry.state.values import Metadata, ReferenceValue, RuleSet

LATEST = -1  # as a version: the highest live one


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
    spelled: str  # the version as the client wrote it, for the refusal
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
    """One association that is wanted: which kind of use, with which subject; None is "not said"."""

    association_type: str = "value"
    subject: str | None = None
    lifecycle: str | None = None
    frozen: bool | None = None
    draft: Draft | None = None
    normalize: bool = False


@dataclass(frozen=True, slots=True)
class Associate:
    """Create (`is_upsert` false) or create and change associations of one resource."""

    context: str
    resource_name: str
    resource_namespace: str
    resource_id: str
    resource_type: str
    ties: tuple[Tie, ...]
    is_upsert: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Dissociate:
    """Delete associations of one resource; `cascade` also deletes the STRONG subjects."""

    resource_id: str
    resource_type: str | None = None
    association_types: tuple[str, ...] = ()
    cascade: bool = False
    dry_run: bool = False


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
