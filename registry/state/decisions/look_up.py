"""Which version of a subject is this schema? The one way in which registration and look-up find out.

Equality is Confluent's (`canLookup`): equal schemas, metadata and rules, and equal references; or the draft has no
references while the stored schema has, and both are equal once their references are inlined.
"""

from collections.abc import Sequence
from dataclasses import replace

from compat import Description, InvalidSchema
from registry.names import Subject
from registry.refusals import Reason
from registry.state import queries
from registry.state.commands import Draft, LookUp
from registry.state.decisions.decision import Decision, Defaults
from registry.state.decisions.sources import described, normalized, numbered
from registry.state.facts import Describe, Facts, Missing, Question
from registry.state.guid import guid_of
from registry.state.records import SchemaRecord
from registry.state.sources import source_of
from registry.state.state import State
from registry.state.values import Config, Metadata, merged_metadata, merged_rules

VERSION_PROPERTY = "confluent:version"


def look_up(state: State, inquiry: LookUp, defaults: Defaults, facts: Facts) -> Decision:
    """Answers the version. Refuses with 40401, 40403, 42201."""
    subjects = [inquiry.subject, *(queries.elsewhere(state, inquiry.subject) if inquiry.is_everywhere else ())]
    present = [at for at in subjects if queries.has_subject(state, at, include_deleted=inquiry.include_deleted)]
    if not present:
        raise Reason.SUBJECT_NOT_FOUND.refusal(subject=inquiry.subject)
    for subject in present:
        found = _in_subject(state, subject, inquiry, defaults, facts)
        if found is not None:
            return Decision((), found)
    raise Reason.SCHEMA_NOT_FOUND.refusal()


def _in_subject(
    state: State, subject: Subject, inquiry: LookUp, defaults: Defaults, facts: Facts
) -> SchemaRecord | None:
    """As it was sent; else with the metadata and rules that a registration would have taken over."""
    config = queries.effective_config(state, subject, defaults.config)
    draft = numbered(state, subject, inquiry.draft)
    normalize = inquiry.normalize or bool(config.normalize)
    if normalize:
        draft = normalized(state, subject, draft, facts, strict=False)
    description = described(state, subject, draft, facts, strict=False, normalize=normalize)
    found = find(state, subject, draft, description, facts, include_deleted=inquiry.include_deleted)
    completed = unversioned(with_inherited(draft, queries.latest(state, subject), config))
    if found is None and completed != draft:
        found = find(state, subject, completed, description, facts, include_deleted=inquiry.include_deleted)
    return found


def with_inherited(draft: Draft, latest: SchemaRecord | None, config: Config) -> Draft:
    """The draft with the metadata and rules of the config's defaults, else of the latest version, and overrides."""
    metadata = draft.metadata if latest is None or draft.metadata is not None else latest.metadata
    rules = draft.rules if latest is None or draft.rules is not None else latest.rules
    metadata = merged_metadata(config.defaultMetadata, metadata, config.overrideMetadata)
    rules = merged_rules(config.defaultRuleSet, rules, config.overrideRuleSet)
    if metadata is None and rules is None:
        return draft
    return replace(draft, metadata=metadata.ordered() if metadata is not None else None, rules=rules)


def unversioned(draft: Draft) -> Draft:
    """The draft without the version number that registration puts into its metadata: that of another version."""
    if version_property(draft.metadata) is None:
        return draft
    left = without_version(draft.metadata)
    return replace(draft, metadata=left if left != Metadata() else None)


def find(
    state: State, subject: Subject, draft: Draft, description: Description, facts: Facts, *, include_deleted: bool
) -> SchemaRecord | None:
    """The version of `subject` that is this draft: by hash at once, else by comparing, newest first."""
    guid = guid_of(description.text, draft.references, draft.metadata, draft.rules)
    number = queries.id_of(state, subject.context, draft.kind, guid)
    held = queries.holding(state, subject, number) if number is not None else None
    if held is not None and (include_deleted or not held.deleted):
        return held
    candidates = [
        record
        for record in reversed(queries.versions(state, subject, deleted=include_deleted))
        if record.kind == draft.kind and may_equal(draft, record)
    ]
    return first_equal(state, candidates, description, facts)


def equals(state: State, record: SchemaRecord, draft: Draft, description: Description, facts: Facts) -> bool:
    """Is the record this draft?"""
    if record.identity == (draft.kind, guid_of(description.text, draft.references, draft.metadata, draft.rules)):
        return True
    is_like = record.kind == draft.kind and may_equal(draft, record)
    return is_like and first_equal(state, [record], description, facts) is not None


def may_equal(draft: Draft, record: SchemaRecord) -> bool:
    """Is the record the draft, as far as can be said without reading either text?"""
    return (
        (draft.references == record.references or not draft.references)
        and draft.rules == record.rules
        and same_metadata(draft.metadata, record)
    )


def same_metadata(metadata: Metadata | None, record: SchemaRecord) -> bool:
    """`confluent:version` on one side only does not count where it names the version of the record."""
    mine, theirs = metadata and metadata.ordered(), record.metadata and record.metadata.ordered()
    if mine == theirs:
        return True
    mine_version, theirs_version = version_property(mine), version_property(theirs)
    if (mine_version is None) == (theirs_version is None) or (mine_version or theirs_version) != str(record.version):
        return False
    return without_version(mine) == without_version(theirs)


def version_property(metadata: Metadata | None) -> str | None:
    return (metadata.properties or {}).get(VERSION_PROPERTY) if metadata else None


def without_version(metadata: Metadata | None) -> Metadata:
    if metadata is None:
        return Metadata()
    left = {name: value for name, value in (metadata.properties or {}).items() if name != VERSION_PROPERTY}
    return Metadata(metadata.tags, left or None, metadata.sensitive)


def first_equal(
    state: State, candidates: Sequence[SchemaRecord], description: Description, facts: Facts
) -> SchemaRecord | None:
    """The first of the candidates whose schema is this one. All that must be described for it is asked for at once."""
    missing: list[Question] = []
    equal: SchemaRecord | None = None
    for record in candidates:
        try:
            known = facts.description(Describe(source_of(state, record, facts.plain)))
        except Missing as unknown:
            missing += unknown.questions
        except (InvalidSchema, queries.ReferenceMissing):
            continue  # what cannot be read any more is equal to nothing
        else:
            if known.identity == description.identity:
                equal = record
                break
    if missing:
        raise Missing(missing)
    return equal
