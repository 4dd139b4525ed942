"""All that a state can be asked, as one value: two states that answer alike are the same to every client."""

from collections.abc import Iterable
from typing import Any

from registry.names import Place, Subject
from registry.state import associations, queries
from registry.state.records import SchemaRecord
from registry.state.state import State
from registry.state.values import Config

DEFAULT = Config(compatibilityLevel="BACKWARD", normalize=False)


def answers(state: State, *, of: Iterable[State] = ()) -> dict[str, Any]:
    """The answers about everything that `state`, or one of the states `of`, has heard of."""
    subjects = sorted({subject for each in (state, *of) for subject in heard_of(each)})
    ids = sorted({named for each in (state, *of) for named in each.ids})
    guids = sorted({guid for each in (state, *of) for guid in each.guids})
    known = queries.contexts(state)
    return {
        "contexts": known,
        "names": sorted(str(subject) for subject in state.subjects),
        "subjects": {str(subject): _subject(state, subject) for subject in subjects},
        "ids": {named: _id(state, *named) for named in ids},
        "guids": {guid: queries.ids_of(state, guid) for guid in guids},
        "ids by schema": {
            (context, record.kind, guid): queries.id_of(state, context, record.kind, guid)
            for guid in guids
            for context, number in queries.ids_of(state, guid)
            if (record := queries.schema(state, context, number))
        },
        "highest": {context: queries.highest_id(state, context) for context in known},
        "aliases": sorted(queries.aliases(state).items()),
        "conflicts": state.conflict_count,
        "format": state.format,
    }


def heard_of(state: State) -> set[Subject]:
    places = {record.subject for _, holders in state.ids.items() for record in holders.places.values()}
    targets = {place.subject for place in state.referrers}
    contexts = {Subject(context, "") for context in queries.contexts(state)}
    return {*state.subjects, *state.configs, *state.modes, *places, *targets, *contexts, queries.GLOBAL}


def _subject(state: State, subject: Subject) -> dict[str, Any]:
    records = queries.versions(state, subject, deleted=True)
    numbers = {*(record.version for record in records), *(place.version for place in _asked(state, subject))}
    return {
        "versions": records,
        "live": [record.version for record in queries.versions(state, subject)],
        "deleted": [record.version for record in queries.versions(state, subject, live=False, deleted=True)],
        "latest": queries.latest(state, subject),
        "highest": queries.highest_version(state, subject),
        "has": (queries.has_subject(state, subject), queries.has_subject(state, subject, include_deleted=True)),
        "holding": [queries.holding(state, subject, record.id) for record in records],
        "referents": [_referents(state, record) for record in records],
        "referrers": {
            number: {at.place for at in queries.referrers(state, Place(subject, number), include_deleted=True)}
            for number in sorted(numbers)
        },
        "live referrers": {
            number: {at.place for at in queries.referrers(state, Place(subject, number), include_deleted=False)}
            for number in sorted(numbers)
        },
        "config": (queries.own_config(state, subject), queries.effective_config(state, subject, DEFAULT)),
        "mode": (queries.own_mode(state, subject), queries.effective_mode(state, subject)),
        "alias": queries.aliased(state, subject),
        "associations": associations.of_subject(state, subject),
        "within": sorted(queries.subjects_in(state, subject)),
    }


def _asked(state: State, subject: Subject) -> list[Place]:
    return [place for place in state.referrers if place.subject == subject]


def _referents(state: State, record: SchemaRecord) -> Any:
    try:
        return queries.referents(state, record.subject, record.references, include_deleted=True)
    except queries.ReferenceMissing as missing:
        return missing.message


def _id(state: State, context: str, number: int) -> Any:
    return (
        queries.schema(state, context, number),
        queries.places(state, context, number, include_deleted=True),
        queries.places(state, context, number, include_deleted=False),
    )
