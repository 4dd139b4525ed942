"""The values that records, commands and answers share: metadata, rule sets, config, modes, associations.

Their fields are spelled as in the API and in the log, in the order in which Confluent writes them. They do not change.
"""

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from registry import names

Mode = Literal["READWRITE", "READONLY", "READONLY_OVERRIDE", "IMPORT", "FORWARD"]
MODES: tuple[Mode, ...] = ("READWRITE", "READONLY", "READONLY_OVERRIDE", "IMPORT", "FORWARD")
READ_ONLY_MODES = ("READONLY", "READONLY_OVERRIDE")
IMPORT_MODES = ("IMPORT", "FORWARD")

LEVELS = names.LEVELS


class Value(msgspec.Struct, frozen=True, omit_defaults=True):
    """A value whose unset fields are left out when it is written."""


class ReferenceValue(msgspec.Struct, frozen=True):
    """A reference to another schema; `subject` as the client wrote it; version -1 means the latest."""

    name: str = ""
    subject: str = ""
    version: int = 0


class Metadata(Value, frozen=True):
    tags: dict[str, tuple[str, ...]] | None = None
    properties: dict[str, str] | None = None
    sensitive: tuple[str, ...] | None = None

    def entries(self) -> int:
        """How many members there are, at all depths."""
        tags = sum(1 + len(tags) for tags in (self.tags or {}).values())
        return tags + len(self.properties or ()) + len(self.sensitive or ())

    def ordered(self) -> "Metadata":
        """The same in the order in which it is stored and hashed: all sorted, each once."""
        return Metadata(
            tags={path: tuple(sorted(set(tags))) for path, tags in sorted(self.tags.items())} if self.tags else None,
            properties=dict(sorted(self.properties.items())) if self.properties else None,
            sensitive=tuple(sorted(set(self.sensitive))) if self.sensitive else None,
        )


class Rule(msgspec.Struct, frozen=True):
    name: str | UnsetType = UNSET
    doc: str | UnsetType = UNSET
    kind: Literal["TRANSFORM", "CONDITION"] = "TRANSFORM"
    mode: Literal["UPGRADE", "DOWNGRADE", "UPDOWN", "WRITE", "READ", "WRITEREAD"] = "WRITEREAD"
    type: str | UnsetType = UNSET
    tags: tuple[str, ...] | UnsetType = UNSET
    params: dict[str, str] | UnsetType = UNSET
    expr: str | UnsetType = UNSET
    onSuccess: str | UnsetType = UNSET
    onFailure: str | UnsetType = UNSET
    disabled: bool = False

    def entries(self) -> int:
        return 1 + len(self.tags or ()) + len(self.params or ())

    def ordered(self) -> "Rule":
        tags = tuple(sorted(set(self.tags))) if self.tags else self.tags
        params = dict(sorted(self.params.items())) if self.params else self.params
        return msgspec.structs.replace(self, tags=tags, params=params)


class RuleSet(Value, frozen=True):
    migrationRules: tuple[Rule, ...] = ()
    domainRules: tuple[Rule, ...] = ()
    encodingRules: tuple[Rule, ...] = ()
    enableAt: Literal["ALL", "CLIENT", "GATEWAY", "SERVER", "NONE"] | None = None

    def entries(self) -> int:
        """How many rules there are, with their tags and parameters."""
        return sum(rule.entries() for rule in (*self.migrationRules, *self.domainRules, *self.encodingRules))

    def ordered(self) -> "RuleSet":
        """The same as it is stored and hashed: the tags and parameters of each rule sorted, the rules as they are."""
        return RuleSet(
            migrationRules=tuple(rule.ordered() for rule in self.migrationRules),
            domainRules=tuple(rule.ordered() for rule in self.domainRules),
            encodingRules=tuple(rule.ordered() for rule in self.encodingRules),
            enableAt=self.enableAt,
        )


class Config(Value, frozen=True):
    """What may be configured for a subject, a context or all; None is "not set here"."""

    alias: str | None = None
    aliasForDeks: str | None = None
    normalize: bool | None = None
    validateFields: bool | None = None
    validateNewSchemas: bool | None = None
    validateRules: bool | None = None
    compatibilityLevel: str | None = None
    compatibilityPolicy: str | None = None
    compatibilityGroup: str | None = None
    defaultMetadata: Metadata | None = None
    overrideMetadata: Metadata | None = None
    defaultRuleSet: RuleSet | None = None
    overrideRuleSet: RuleSet | None = None


class Association(msgspec.Struct, frozen=True):
    """A tie between a resource (a topic) and a subject."""

    guid: str = ""
    tenant: str = "default"
    resourceName: str = ""
    resourceNamespace: str = ""
    resourceId: str = ""
    resourceType: str = "topic"
    associationType: str = "value"
    subject: str = ""
    lifecycle: Literal["STRONG", "WEAK"] = "WEAK"
    frozen: bool = False
    createTs: int = 0
    updateTs: int | UnsetType = UNSET


def merged_metadata(*parts: Metadata | None) -> Metadata | None:
    """Maps merge key by key, the right one wins; `sensitive` is a union. None when all parts are."""
    present = [part for part in parts if part is not None]
    if len(present) < 2:
        return present[0] if present else None
    return Metadata(
        tags={path: tags for part in present for path, tags in (part.tags or {}).items()} or None,
        properties={key: value for part in present for key, value in (part.properties or {}).items()} or None,
        sensitive=tuple(sorted({name for part in present for name in part.sensitive or ()})) or None,
    ).ordered()


def merged_rules(*parts: RuleSet | None) -> RuleSet | None:
    """Same-named old rules go, new ones are appended; the last `enableAt` holds. None when all parts are."""
    present = [part for part in parts if part is not None]
    if len(present) < 2:
        return present[0] if present else None
    merged = present[0]
    for part in present[1:]:
        merged = RuleSet(
            migrationRules=_appended(merged.migrationRules, part.migrationRules),
            domainRules=_appended(merged.domainRules, part.domainRules),
            encodingRules=_appended(merged.encodingRules, part.encodingRules),
            enableAt=part.enableAt or merged.enableAt,
        )
    return merged


def _appended(old: tuple[Rule, ...], new: tuple[Rule, ...]) -> tuple[Rule, ...]:
    renewed = {rule.name for rule in new}
    return (*(rule for rule in old if rule.name not in renewed), *new)


def without_empty(value: Any) -> Any:
    """`value` with nulls, empty texts, lists and objects left out at every depth, as Confluent writes JSON."""
    if isinstance(value, dict):
        lean = {key: without_empty(member) for key, member in value.items()}
        return {key: member for key, member in lean.items() if member not in (None, "", [], {}, ())}
    if isinstance(value, list | tuple):
        return [without_empty(member) for member in value]
    return value
