"""Deleting versions, subjects and contexts, softly and for good. Error codes and their order are Confluent's."""

import msgspec

from registry.names import DEFAULT_CONTEXT, Subject
from registry.refusals import Reason, Refusal
from registry.state import queries
from registry.state.associations import of_subject
from registry.state.commands import DeleteContext, DeleteSubject, DeleteVersion
from registry.state.decisions.decision import Decision, Defaults
from registry.state.decisions.permission import writable
from registry.state.facts import Facts
from registry.state.records import (
    SchemaRecord,
    Write,
    config_key,
    context_key,
    mode_key,
    schema_key,
    schema_write,
    subject_deleted_key,
    subject_deleted_write,
    tombstones,
)
from registry.state.state import State


def delete_version(state: State, command: DeleteVersion, defaults: Defaults, _facts: Facts) -> Decision:
    """Answers the version deleted. Refuses with 40401, 40402, 40406, 40407, 40907, 42205, 42206."""
    subject = command.subject
    if state.subjects.get(subject) is None:
        raise Reason.SUBJECT_NOT_FOUND.refusal(subject=subject)
    writable(state, subject)
    record = queries.version_or_latest(state, subject, command.version)
    if record is None:
        raise Reason.VERSION_NOT_FOUND.refusal(version=command.version)
    writes = _version_for_good(state, record, defaults) if command.permanent else _version_softly(state, record)
    return Decision(tuple(writes), record.version)


def delete_subject(state: State, command: DeleteSubject, defaults: Defaults, _facts: Facts) -> Decision:
    """Answers the versions deleted, in order. Refuses with 40401, 40404, 40405, 40904, 42205, 42206."""
    subject = command.subject
    known = state.subjects.get(subject)
    if known is None:
        raise Reason.SUBJECT_NOT_FOUND.refusal(subject=subject)
    writable(state, subject)
    if is_associated(state, subject):
        raise Reason.ASSOCIATION_EXISTS_FOR_SUBJECT.refusal(subject=subject)
    if command.permanent:
        if known.live:
            raise Reason.SUBJECT_NOT_SOFT_DELETED.refusal(subject=subject)
        records = queries.versions(state, subject, deleted=True)
        _unreferenced(state, records, include_deleted=True)
        return Decision(tuple(subject_tombstones(state, subject, defaults)), [record.version for record in records])
    if not known.live:
        raise Reason.SUBJECT_SOFT_DELETED.refusal(subject=subject)
    records = queries.versions(state, subject)
    _unreferenced(state, records, include_deleted=False)
    # The highest version of all, not the highest live one as Confluent has it: compaction may drop an older deletion.
    writes = (subject_deleted_write(subject, queries.highest_version(state, subject)),)
    return Decision(writes, [record.version for record in records])


def delete_context(state: State, command: DeleteContext, _defaults: Defaults, _facts: Facts) -> Decision:
    """Answers None. A context that never was is deleted already. Refuses with 42205, 42211."""
    if command.context == DEFAULT_CONTEXT:
        raise Reason.OPERATION_NOT_PERMITTED.refusal(details="The default context cannot be deleted")
    writable(state, Subject(command.context, ""))
    if state.population.get(command.context):
        raise Reason.CONTEXT_NOT_EMPTY.refusal(context=f":{command.context}:")
    known = state.contexts.get(command.context)
    return Decision(tuple(tombstones(state.keys(context_key(command.context)))) if known else (), None)


def is_associated(state: State, subject: Subject) -> bool:
    return bool(of_subject(state, subject))


def subject_tombstones(state: State, subject: Subject, defaults: Defaults) -> list[Write]:
    """Everything that a subject has in the log, gone: versions from the highest, then mode, config, the deletion.

    Every spelling of each key goes with it; the deletion goes last, so that no half of this brings a version back.
    """
    records = queries.versions(state, subject, deleted=True)
    keys = [key for record in reversed(records) for key in state.keys(schema_key(record.place))]
    return tombstones(keys) + _settings(state, subject, defaults)


def _settings(state: State, subject: Subject, defaults: Defaults) -> list[Write]:
    keys: list[bytes] = []
    if not subject.is_context:  # the subject without a name shares its keys with the context, whose settings stay
        keys += state.keys(mode_key(subject)) if state.modes.get(subject) else ()
        keys += state.keys(config_key(subject)) if state.configs.get(subject) else ()
    if state.deletions.get(subject) and defaults.tombstone_deletions:
        keys += state.keys(subject_deleted_key(subject))
    return tombstones(keys)


def _version_softly(state: State, record: SchemaRecord) -> list[Write]:
    if record.deleted:
        raise Reason.VERSION_SOFT_DELETED.refusal(subject=record.subject, version=record.version)
    if queries.referrers(state, record.place, include_deleted=False):
        raise _referenced(record)
    if is_associated(state, record.subject) and len(queries.versions(state, record.subject)) == 1:
        raise Reason.NO_ACTIVE_VERSION.refusal(subject=record.subject)
    return [schema_write(msgspec.structs.replace(record, deleted=True))]


def _version_for_good(state: State, record: SchemaRecord, defaults: Defaults) -> list[Write]:
    if not record.deleted:
        raise Reason.VERSION_NOT_SOFT_DELETED.refusal(subject=record.subject, version=record.version)
    if queries.referrers(state, record.place, include_deleted=True):
        raise _referenced(record)
    is_last = len(queries.versions(state, record.subject, deleted=True)) == 1
    writes = tombstones(state.keys(schema_key(record.place)))
    return writes + (_settings(state, record.subject, defaults) if is_last else [])


def _unreferenced(state: State, records: list[SchemaRecord], *, include_deleted: bool) -> None:
    """References from inside the same subject do not count."""
    for record in records:
        referrers = queries.referrers(state, record.place, include_deleted=include_deleted)
        if any(referrer.subject != record.subject for referrer in referrers):
            raise _referenced(record)


def _referenced(record: SchemaRecord) -> Refusal:
    return Reason.REFERENCE_EXISTS.refusal(subject=record.subject, version=record.version)
