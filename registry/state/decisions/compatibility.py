"""May this schema follow those versions? Picks them, asks the facts, and lets `compat.level` word the answer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from compat import Description, Report, Source
from compat.level import Answer, Candidate, Level, answer, asked, pairs
from registry.names import Subject
from registry.refusals import Reason
from registry.state import queries
from registry.state.commands import Check, Draft
from registry.state.decisions.decision import Decision, Defaults
from registry.state.decisions.sources import (
    described,
    numbered,
    source_of_draft,
    with_free_names,
)
from registry.state.facts import Compare, Facts, gathered
from registry.state.records import SchemaRecord
from registry.state.sources import source_of
from registry.state.state import State
from registry.state.values import Config, Metadata

RESERVED_PROPERTY = "confluent:reserved"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A draft that was parsed, on its way to become a version."""

    draft: Draft
    source: Source
    description: Description


@dataclass(frozen=True, slots=True)
class Unusable:
    """In place of the source of a version that has none any more: why."""

    failure: str


def check(state: State, inquiry: Check, defaults: Defaults, facts: Facts) -> Decision:
    """Answers a level's Answer. Refuses with 40402, 42201.

    Against a named version that is not there: refused, but an unknown latest has no objection.
    """
    subject = inquiry.subject
    config = queries.effective_config(state, subject, defaults.config)
    draft = numbered(state, subject, inquiry.draft)
    strict, normalize = bool(config.validateNewSchemas), inquiry.normalize or bool(config.normalize)
    description = described(state, subject, draft, facts, strict=strict, normalize=normalize)
    if config.validateFields:
        with_free_names(subject, draft, description)
    proposal = Proposal(draft, source_of_draft(state, subject, draft, facts, strict=strict), description)
    if inquiry.version is None:
        return Decision((), check_next(state, subject, proposal, config, defaults, facts))
    old = queries.version_or_latest(state, subject, inquiry.version)
    if inquiry.version != queries.LATEST and (old is None or old.deleted):
        raise Reason.VERSION_NOT_FOUND.refusal(version=inquiry.version)
    return Decision((), check_against(state, proposal, [old] if old else [], config, defaults, facts))


def check_against(
    state: State,
    proposal: Proposal,
    olds: Sequence[SchemaRecord],
    config: Config,
    defaults: Defaults,
    facts: Facts,
) -> Answer:
    """The answer for `proposal` after `olds` (newest first) under the effective `config`. Raises Missing."""
    assert config.compatibilityLevel is not None, "the server's defaults name a level"
    level = Level[config.compatibilityLevel]
    policy = replace(defaults.policy, name=config.compatibilityPolicy or "STRICT")
    followed = asked(level, [old for old in olds if in_group(old, proposal.draft.metadata, config.compatibilityGroup)])
    new: Candidate[Source | Unusable] = Candidate(proposal.source, proposal.draft.kind, proposal.description.text)
    candidates = [_candidate(state, old, facts) for old in followed]
    gathered(
        (
            Compare(reader, writer, policy)
            for reader, writer in pairs(level, new, candidates)
            if isinstance(reader, Source) and isinstance(writer, Source)
        ),
        facts,
    )

    def verdict(reader: Source | Unusable, writer: Source | Unusable) -> Report:
        if isinstance(reader, Unusable):
            return Report(failure=reader.failure)
        if isinstance(writer, Unusable):
            return Report(failure=writer.failure)
        return facts.report(Compare(reader, writer, policy))

    return answer(
        level,
        new,
        candidates,
        verdict,
        validate_fields=bool(config.validateFields),
        reserved=reserved_fields(proposal, followed) if config.validateFields and level.directions else (),
    )


def check_next(
    state: State, subject: Subject, proposal: Proposal, config: Config, defaults: Defaults, facts: Facts
) -> Answer:
    """The answer that registration gives: against the live versions that the level asks about."""
    olds = list(reversed(queries.versions(state, subject)))
    return check_against(state, proposal, olds, config, defaults, facts)


def in_group(record: SchemaRecord, metadata: Metadata | None, group: str | None) -> bool:
    """Does the record belong to the same compatibility group? No value is a value."""
    return group is None or _property(record.metadata, group) == _property(metadata, group)


def reserved_fields(proposal: Proposal, olds: Sequence[SchemaRecord]) -> list[str]:
    """Messages of Confluent's check of reserved fields (`validateFields`)."""
    new = _reserved(proposal.draft.metadata)
    kept, fields = set(new), set(proposal.description.fields)
    old = _reserved(olds[0].metadata) if olds else []
    removed = [
        f"The new schema has reserved field {name} removed from its metadata "
        "which is present in the old schema's metadata."
        for name in old
        if name not in kept
    ]
    conflicts = [
        f"The new schema has field that conflicts with the reserved field {name}." for name in new if name in fields
    ]
    return removed + conflicts


def _candidate(state: State, record: SchemaRecord, facts: Facts) -> Candidate[Source | Unusable]:
    try:
        key: Source | Unusable = source_of(state, record, facts.plain)
    except queries.ReferenceMissing as missing:
        key = Unusable(missing.message)
    return Candidate(key, record.kind, record.text, record.version)


def _reserved(metadata: Metadata | None) -> list[str]:
    names = (_property(metadata, RESERVED_PROPERTY) or "").split(",")
    return [name.strip() for name in names if name.strip()]


def _property(metadata: Metadata | None, name: str) -> str | None:
    return (metadata.properties or {}).get(name) if metadata else None
