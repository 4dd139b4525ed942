"""The schema that a request names, by id, by GUID, or by subject and version; in whatever context it is."""

from registry.http.call import Call
from registry.names import DEFAULT_CONTEXT, Subject, is_qualified, subject_of
from registry.refusals import Reason
from registry.state import queries
from registry.state.guid import guid_from
from registry.state.records import SchemaRecord
from registry.state.state import State

LOOKED_FOR_AGAIN = {  # at the end of the log, where others may have written it meanwhile
    Reason.SUBJECT_NOT_FOUND,
    Reason.VERSION_NOT_FOUND,
    Reason.SCHEMA_NOT_FOUND,
    Reason.SCHEMA_ID_NOT_FOUND,
    Reason.COMPATIBILITY_NOT_CONFIGURED,
    Reason.MODE_NOT_CONFIGURED,
    Reason.ASSOCIATION_NOT_FOUND,
    Reason.NO_ACTIVE_VERSION,
    Reason.INVALID_SCHEMA,  # as one that refers to what is not there
}


def by_guid(state: State, spelled: str) -> SchemaRecord:
    """The record that shows a GUID, in the default context before the others."""
    guid = guid_from(spelled)
    found = queries.ids_of(state, guid) if guid is not None else []
    context, number = min(found, key=lambda at: (at[0] != DEFAULT_CONTEXT, at), default=("", 0))
    record = queries.schema(state, context, number)
    if record is None:
        raise Reason.SCHEMA_ID_NOT_FOUND.refusal(id=spelled)
    return record


def by_id(state: State, sought: tuple[Subject, bool] | None, number: int) -> tuple[SchemaRecord, bool]:
    """The record that shows an id, and whether it is the one by which the subject that was asked for holds it.

    `sought` is that subject, and whether it names its context.
    """
    if sought is None:
        return _known(queries.schema(state, DEFAULT_CONTEXT, number), number), False
    subject, is_qualified = sought
    if subject.is_context:
        return _known(queries.schema(state, subject.context, number), number), False
    held = queries.holding(state, subject, number)
    if held is not None or is_qualified:
        return _known(held, number), True
    for other in queries.elsewhere(state, subject):
        held = queries.holding(state, other, number)
        if held is not None:
            return held, True
    return _known(queries.schema(state, DEFAULT_CONTEXT, number), number), False


def _known(record: SchemaRecord | None, number: int) -> SchemaRecord:
    if record is None:
        raise Reason.SCHEMA_ID_NOT_FOUND.refusal(id=number)
    return record


def find_version(call: Call, spelling: str, version: int, *, include_deleted: bool = False) -> SchemaRecord:
    """A version of a subject, behind its alias; of an unqualified subject that is not here, wherever else it is."""
    state = call.state
    subject = queries.aliased(state, subject_of(spelling, call.pinned or DEFAULT_CONTEXT))
    found = _shown(state, subject, version, include_deleted=include_deleted)
    if found is None and call.pinned is None and not is_qualified(spelling):
        others = (
            _shown(state, other, version, include_deleted=include_deleted)
            for other in queries.elsewhere(state, subject)
        )
        found = next(filter(None, others), None)
    return found or version_of_subject(state, subject, version, include_deleted=include_deleted)


def version_of_subject(state: State, subject: Subject, version: int, *, include_deleted: bool = False) -> SchemaRecord:
    found = _shown(state, subject, version, include_deleted=include_deleted)
    if found is not None:
        return found
    if not queries.has_subject(state, subject, include_deleted=include_deleted):
        raise Reason.SUBJECT_NOT_FOUND.refusal(subject=subject)
    raise Reason.VERSION_NOT_FOUND.refusal(version=version)


def _shown(state: State, subject: Subject, version: int, *, include_deleted: bool) -> SchemaRecord | None:
    record = queries.version_or_latest(state, subject, version)
    return None if record is None or (record.deleted and not include_deleted) else record
