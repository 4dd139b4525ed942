"""Which version of a subject is this schema? The one way in which registration and look-up find out.

Equality is Confluent's (`canLookup`): equal schemas, metadata and rules, and equal references; or the draft has no
references while the stored schema has, and both are equal once their references are inlined.
"""

from collections.abc import Sequence

from compat import Description, InvalidSchema
from registry.names import Subject
from registry.state import queries
from registry.state.commands import Draft
from registry.state.decisions.sources import source_of_record
from registry.state.facts import Describe, Facts, gathered
from registry.state.guid import guid_of
from registry.state.records import SchemaRecord
from registry.state.state import State
from registry.state.values import Metadata

VERSION_PROPERTY = "confluent:version"


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
    questions = []
    for record in candidates:
        try:
            questions.append((record, Describe(source_of_record(state, record))))
        except InvalidSchema:
            continue  # what cannot be read any more is equal to nothing
    gathered((question for _, question in questions), facts)
    for record, question in questions:
        try:
            if facts.description(question).identity == description.identity:
                return record
        except InvalidSchema:
            continue
    return None
