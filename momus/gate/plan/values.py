"""A plan as a value, and as the file that is reviewed: `docs/plan.md` describes it, member by member.

Members are only ever added; another meaning would be another `version`. Nothing secret is in it, and no time: the same
files against the same registry give the same bytes.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import msgspec

from momus.client import Metadata, Reference, RuleSet
from momus.gate.faults import WrongConfiguration
from momus.gate.reports.characters import dumped

VERSION: Final = 1

State = Literal["unchanged", "new", "missing", "changed", "older", "extra"]
Drift = Literal["missing", "changed outside", "extra", "settings differ"]


class Value(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """What a plan is made of."""


class Subject(Value, frozen=True):
    """How a subject stands: what the registry has, what the files say, and how far the two are apart.

    state  unchanged; new: never registered; missing: it was, and is deleted; changed: in schema, metadata or rules;
           older: the files have what `version` has, and there are later ones; extra: managed, and in no file
    drift  what is not as the files have it because somebody changed the registry
    """

    subject: str
    state: State
    file: str = ""
    version: int | None = None
    id: int | None = None
    latest: int | None = None
    drift: tuple[Drift, ...] = ()
    note: str = ""


class Seen(Value, frozen=True):
    """What the registry had: as long as it has that, the plan may be applied. "" is the config above all subjects."""

    subject: str
    versions: tuple[int, ...] = ()
    id: int | None = None  # of the last version
    config: dict[str, Any] = {}
    mode: str | None = None


class Register(Value, frozen=True, tag="register", tag_field="action"):
    """A new version of a subject.

    version      the number that it will have; `id` where another version has the same content, and so the id already
    why          new, missing, schema, references, metadata, ruleSet, anew
    verdict      of our own engine, under `level`: new, compatible, approved (forced: a break that was approved),
                 incompatible
    refused      why it cannot be done; with any, nothing of it is
    is_explicit  the version is asked for by its number: what is there already is registered anew
    """

    subject: str
    file: str
    schema_type: str
    schema: str
    version: int
    references: tuple[Reference, ...] = ()
    metadata: Metadata | None = None
    rule_set: RuleSet | None = None
    normalize: bool = False
    force: bool = False
    is_explicit: bool = False
    id: int | None = None
    id_of: str = ""
    why: tuple[str, ...] = ()
    level: str = ""
    policy: str = ""
    verdict: Literal["new", "compatible", "approved", "incompatible"] = "new"
    compared_with: tuple[int, ...] = ()
    referrers: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    findings: tuple[dict[str, Any], ...] = ()


class Configure(Value, frozen=True, tag="configure", tag_field="action"):
    """Members of a subject's own config, or of that above all ("" as subject): null is "not set"."""

    subject: str
    before: dict[str, Any]
    after: dict[str, Any]
    refused: tuple[str, ...] = ()


class SetMode(Value, frozen=True, tag="mode", tag_field="action"):
    """A subject's own mode: null is "not set"."""

    subject: str
    before: str | None
    after: str | None
    refused: tuple[str, ...] = ()


class Delete(Value, frozen=True, tag="delete", tag_field="action"):
    """All versions of a subject, softly; with `permanent`, then for good."""

    subject: str
    versions: tuple[int, ...]
    permanent: bool = False
    refused: tuple[str, ...] = ()


Action: TypeAlias = Register | Configure | SetMode | Delete


class Plan(Value, frozen=True):
    """`actions` in the order in which they are to be done. `problems` are schemas that cannot be read."""

    version: int
    tool: str
    registry: str
    config: str
    environment: str | None = None
    subjects: tuple[Subject, ...] = ()
    actions: tuple[Action, ...] = ()
    seen: tuple[Seen, ...] = ()
    problems: tuple[dict[str, Any], ...] = ()

    @property
    def refused(self) -> tuple[Action, ...]:
        return tuple(action for action in self.actions if action.refused)

    @property
    def is_drift(self) -> bool:
        """Does the registry differ from the files?"""
        return bool(self.actions or self.problems or any(subject.drift for subject in self.subjects))


def encoded(plan: Plan) -> str:
    """A file's name may have bytes that are no text; in the plan they are marked."""
    value = json.loads(dumped(msgspec.to_builtins(plan)))
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def loaded(file: str) -> Plan:
    """Raises WrongConfiguration."""
    try:
        content = Path(file).read_bytes()
    except OSError as error:
        raise WrongConfiguration(f"{file} cannot be read: {error.strerror}") from None
    try:
        about = msgspec.json.decode(content)
        number = about.get("version") if isinstance(about, dict) else None
        if number != VERSION:
            raise WrongConfiguration(f"{file} is no plan of version {VERSION}: `momus plan -o {file}` writes one")
        if "actions" not in about:
            raise WrongConfiguration(f"{file} is no plan: it has no `actions`, which may be empty")
        plan = msgspec.json.decode(content, type=Plan)
    except msgspec.DecodeError as error:
        raise WrongConfiguration(f"{file} is no plan: {error}") from None
    unseen = sorted({action.subject for action in plan.actions} - {one.subject for one in plan.seen})
    if unseen:  # whether the registry moved could not be told
        raise WrongConfiguration(f"{file} is no plan: `seen` does not say what the registry had of '{unseen[0]}'")
    return plan


def title(action: Action) -> str:
    """What it does, in a few words."""
    match action:
        case Register():
            return f"register version {action.version}"
        case Configure():
            return "set " + ", ".join(changes(action.before, action.after))
        case SetMode():
            return f"set mode {_shown(action.before)} → {_shown(action.after)}"
        case Delete():
            return f"delete {_versions(action.versions)}{' for good' if action.permanent else ''}"


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [f"{key} {_shown(before.get(key))} → {_shown(value)}" for key, value in after.items()]


def _shown(value: object) -> str:
    return "(not set)" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _versions(versions: Sequence[int]) -> str:
    return f"version{'s' if len(versions) != 1 else ''} {', '.join(map(str, versions))}"
