"""Ties between a resource (a topic) and the subjects it uses: what may be tied, changed and untied.

A STRONG association says that the resource owns the subject: nobody else is tied to it, no schema refers to it. A
frozen one ends only together with its subject. A WEAK association only names a subject that others may use as well.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from msgspec import UNSET, structs

from registry.names import Subject, subject_of
from registry.refusals import Reason, Refusal
from registry.state import queries
from registry.state.associations import LIFECYCLES, Filter, flaw, of_name, of_resource, of_subject
from registry.state.commands import Associate, DeleteSubject, Dissociate, Register, Tie, Untie
from registry.state.decisions.decision import Decision, Defaults
from registry.state.decisions.delete import delete_subject
from registry.state.decisions.draft import applied
from registry.state.decisions.permission import writable
from registry.state.decisions.register import Registered, register
from registry.state.facts import Facts
from registry.state.records import (
    SchemaRecord,
    Write,
    association_key,
    association_key_of,
    association_write,
    tombstones,
)
from registry.state.state import State
from registry.state.values import IMPORT_MODES, Association

LONGEST_NAME = 256


@dataclass(frozen=True, slots=True)
class Tied:
    """An association as it is now, and the schema that came with it."""

    association: Association
    schema: SchemaRecord | None = None


@dataclass(frozen=True, slots=True)
class Associated:
    """The answer: the resource, and those of its associations that were asked for."""

    resource_name: str
    resource_namespace: str
    resource_id: str
    resource_type: str
    ties: tuple[Tied, ...]


def associate(state: State, command: Associate, defaults: Defaults, facts: Facts) -> Decision:
    """Answers Associated. Refuses with 40410, 40903, 40904, 40905, 40907, 40908, 42205, 42206, 42212 and all that a
    registration refuses with; raises Missing.
    """
    _valid(command)
    _one_resource(state, command)
    draft = state.draft()
    writes: list[Write] = []
    ties: list[Tied] = []
    for tie, guid in zip(command.ties, command.guids, strict=True):
        if isinstance(tie, Untie):
            writes += _untied_by_command(draft, command, tie, defaults, facts)
        else:
            tied, written = _tied(draft, command, tie, guid, defaults, facts)
            ties.append(tied)
            writes += written
    if writes:
        _one_lifecycle(draft, command.resource_id)
    answer = Associated(
        command.resource_name, command.resource_namespace, command.resource_id, command.resource_type, tuple(ties)
    )
    return Decision(() if command.dry_run else tuple(writes), answer)


def dissociate(state: State, command: Dissociate, defaults: Defaults, facts: Facts) -> Decision:
    """Answers the associations that are gone. Refuses with 40410, 40908, 42205, 42206, 42212."""
    _known_types(command.resource_type, command.association_types)
    gone = of_resource(state, command.resource_id, Filter(command.resource_type, command.association_types))
    if not gone:
        raise Reason.ASSOCIATION_NOT_FOUND.refusal(resource=command.resource_id)
    draft = state.draft()
    writes = [
        write for association in gone for write in _untied(draft, association, defaults, facts, cascade=command.cascade)
    ]
    return Decision(() if command.dry_run else tuple(writes), gone)


# What is asked for, by itself


def _known_types(resource_type: str | None, association_types: Iterable[str]) -> None:
    found = flaw(resource_type, association_types)
    if found is not None:
        raise _invalid(*found)


def _valid(command: Associate) -> None:
    _name("resourceName", command.resource_name)
    _name("resourceNamespace", command.resource_namespace)
    if not command.resource_id:
        raise _invalid("resourceId", "it may not be empty")
    if not command.ties:
        raise _invalid("associations", "there must be at least one")
    _known_types(command.resource_type, (tie.association_type for tie in command.ties))
    asked = Counter(tie.association_type for tie in command.ties)
    for association_type, times in asked.items():
        if times > 1:
            raise _invalid("associations", f"there are {times} of type '{association_type}'")
    for tie in command.ties:
        if isinstance(tie, Tie):
            _consistent(tie)


def _name(property_: str, name: str) -> None:
    if not name:
        raise _invalid(property_, "it may not be empty")
    if len(name) > LONGEST_NAME:
        raise _invalid(property_, f"it is longer than {LONGEST_NAME} characters")
    odd = next((character for character in name if not (character.isalnum() or character in "_-")), None)
    if odd is not None:
        raise _invalid(property_, f"it may hold letters, digits, '_' and '-', but not '{odd}'")


def _consistent(tie: Tie) -> None:
    """Does the tie agree with itself? A schema makes a new association STRONG and frozen; a frozen one is STRONG."""
    if tie.lifecycle not in (None, *LIFECYCLES):
        raise _invalid("lifecycle", f"'{tie.lifecycle}' is unknown; known are {', '.join(LIFECYCLES)}")
    if tie.frozen and tie.lifecycle == "WEAK":
        raise _invalid("frozen", "an association that is WEAK cannot be frozen")
    if tie.registration is not None and not tie.is_upsert:
        if tie.lifecycle == "WEAK":
            raise _invalid("lifecycle", "an association that is created with a schema is STRONG")
        if tie.frozen is False:
            raise _invalid("frozen", "an association that is created with a schema is frozen")


def _one_resource(state: State, command: Associate) -> None:
    """An id and a name in a namespace belong to each other, once either of them has an association."""
    for known in of_resource(state, command.resource_id):
        for property_, theirs, mine in (
            ("resourceName", known.resourceName, command.resource_name),
            ("resourceNamespace", known.resourceNamespace, command.resource_namespace),
            ("resourceType", known.resourceType, command.resource_type),
        ):
            if theirs != mine:
                raise _invalid(property_, f"the resource with id '{command.resource_id}' has '{theirs}'")
    for known in of_name(state, command.resource_namespace, command.resource_name, Filter(command.resource_type)):
        if known.resourceId != command.resource_id:
            raise _invalid("resourceId", f"the resource of this name has '{known.resourceId}'")


# Tying


def _tied(
    draft: State, command: Associate, tie: Tie, guid: str, defaults: Defaults, facts: Facts
) -> tuple[Tied, list[Write]]:
    """The tie as the draft has it afterwards, and what was written to have it so."""
    old = _existing(draft, command, tie.association_type)
    new = _wanted(command, tie, old, guid)
    subject = subject_of(new.subject)
    if old is not None and new != old:
        _changeable(command, tie, old)
    if old is None or new != old:
        _tieable(draft, tie, old, new)
    record, writes = _registered(draft, tie, subject, defaults, facts)
    if writes and old is not None and not tie.is_upsert:
        raise _exists(command, tie)
    if old == new:
        return Tied(new, record), writes
    writable(draft, subject)
    _supported(draft, new)
    writes += applied(draft, [*_replaced(draft, old, new), association_write(structs.replace(new, updateTs=UNSET))])
    return Tied(new, record), writes


def _existing(state: State, command: Associate, association_type: str) -> Association | None:
    found = of_resource(state, command.resource_id, Filter(command.resource_type, (association_type,)))
    return found[0] if found else None


def _wanted(command: Associate, tie: Tie, old: Association | None, guid: str) -> Association:
    """The association that is asked for. What is not said stays as it is, or follows from the rest."""
    is_created_with_schema = tie.registration is not None and not tie.is_upsert
    if tie.lifecycle is not None:
        lifecycle = tie.lifecycle
    elif tie.frozen or is_created_with_schema:
        lifecycle = "STRONG"
    else:
        lifecycle = old.lifecycle if old else "WEAK"
    if tie.frozen is not None or is_created_with_schema:
        frozen = tie.frozen is not False
    else:
        frozen = old is not None and old.frozen and lifecycle == "STRONG"
    known = old or Association(
        guid=guid,
        resourceName=command.resource_name,
        resourceNamespace=command.resource_namespace,
        resourceId=command.resource_id,
        resourceType=command.resource_type,
        associationType=tie.association_type,
        createTs=command.now,
    )
    subject = _subject(command, tie, old, lifecycle)
    return structs.replace(known, subject=str(subject), lifecycle=lifecycle, frozen=frozen)


def _subject(command: Associate, tie: Tie, old: Association | None, lifecycle: str) -> Subject:
    if tie.subject:
        return subject_of(tie.subject, command.context)
    if old is not None:
        return subject_of(old.subject)
    if lifecycle == "STRONG":
        return own_subject(command.resource_namespace, command.resource_name, tie.association_type)
    raise _invalid("subject", "an association that is WEAK needs one")


def own_subject(namespace: str, name: str, association_type: str) -> Subject:
    """The subject that is a resource's own: that of its STRONG association, unless another one is named."""
    return Subject(f".{namespace}", f"{name}-{association_type}")


def _changeable(command: Associate, tie: Tie, old: Association) -> None:
    if not tie.is_upsert:
        raise _exists(command, tie)
    if old.frozen:
        raise _frozen(old)


def _tieable(state: State, tie: Tie, old: Association | None, new: Association) -> None:
    """May there be such an association, for this resource and beside all others?"""
    subject = subject_of(new.subject)
    is_own = subject == own_subject(new.resourceNamespace, new.resourceName, new.associationType)
    if new.lifecycle == "WEAK" and is_own:
        raise _invalid("subject", f"'{subject}' is the resource's own, for an association that is STRONG")
    if new.frozen and not is_own:
        own = own_subject(new.resourceNamespace, new.resourceName, new.associationType)
        raise _invalid("subject", f"an association that is frozen has the resource's own, '{own}'")
    was_strong = old is not None and old.lifecycle == "STRONG" and old.subject == new.subject
    is_import = queries.effective_mode(state, subject) in IMPORT_MODES
    if new.lifecycle == "STRONG" and not was_strong and tie.is_upsert and not is_import:
        raise _invalid("lifecycle", "an association that is STRONG can only be created")
    others = [other for other in of_subject(state, subject) if other != old]
    if any(other.lifecycle == "STRONG" for other in others):
        raise Reason.STRONG_ASSOCIATION_EXISTS.refusal(subject=subject)
    if others and new.lifecycle == "STRONG":
        raise Reason.ASSOCIATION_EXISTS_FOR_SUBJECT.refusal(subject=subject)


def _registered(
    draft: State, tie: Tie, subject: Subject, defaults: Defaults, facts: Facts
) -> tuple[SchemaRecord | None, list[Write]]:
    if tie.registration is None:
        return None, []
    registration: Register = replace(tie.registration, subject=subject)
    decision = register(draft, registration, defaults, facts)
    registered: Registered = decision.answer
    return registered.record, applied(draft, decision.writes)


def _supported(state: State, new: Association) -> None:
    """Is the subject there, and may it be owned if it is to be?"""
    subject = subject_of(new.subject)
    if not queries.has_subject(state, subject):
        raise Reason.NO_ACTIVE_VERSION.refusal(subject=subject)
    if new.lifecycle == "STRONG" and _is_referenced(state, subject):
        raise _invalid("subject", f"schemas refer to '{subject}', so that no resource can own it")


def _is_referenced(state: State, subject: Subject) -> bool:
    """Soft-deleted referrers count: they would stand against the end of an owned subject."""
    records = queries.versions(state, subject, deleted=True)
    return any(queries.referrers(state, record.place, include_deleted=True) for record in records)


def _replaced(state: State, old: Association | None, new: Association) -> list[Write]:
    """The subject is part of an association's key: with another subject the old record goes."""
    if old is None or old.subject == new.subject:
        return []
    return tombstones(state.keys(association_key(association_key_of(old))))


def _one_lifecycle(state: State, resource_id: str) -> None:
    if len({association.lifecycle for association in of_resource(state, resource_id)}) > 1:
        raise _invalid("lifecycle", "all associations of a resource have the same")


# Untying


def _untied_by_command(draft: State, command: Associate, untie: Untie, defaults: Defaults, facts: Facts) -> list[Write]:
    old = _existing(draft, command, untie.association_type)
    if old is None:
        raise Reason.ASSOCIATION_NOT_FOUND.refusal(resource=command.resource_id)
    return _untied(draft, old, defaults, facts, cascade=untie.cascade)


def _untied(draft: State, association: Association, defaults: Defaults, facts: Facts, *, cascade: bool) -> list[Write]:
    subject = subject_of(association.subject)
    if association.frozen and not cascade:
        raise _frozen(association)
    writable(draft, subject)
    writes = applied(draft, tombstones(draft.keys(association_key(association_key_of(association)))))
    if cascade and association.lifecycle == "STRONG":
        writes += _deleted(draft, subject, defaults, facts)
    return writes


def _deleted(draft: State, subject: Subject, defaults: Defaults, facts: Facts) -> list[Write]:
    """The subject deleted softly and then for good, as its two deletions one after the other would."""
    writes: list[Write] = []
    if queries.has_subject(draft, subject):
        writes += applied(draft, delete_subject(draft, DeleteSubject(subject), defaults, facts).writes)
    if queries.has_subject(draft, subject, include_deleted=True):
        for_good = DeleteSubject(subject, permanent=True)
        writes += applied(draft, delete_subject(draft, for_good, defaults, facts).writes)
    return writes


# Refusals


def _exists(command: Associate, tie: Tie) -> Refusal:
    return Reason.ASSOCIATION_EXISTS_FOR_RESOURCE.refusal(type=tie.association_type, resource=command.resource_id)


def _frozen(association: Association) -> Refusal:
    return Reason.ASSOCIATION_FROZEN.refusal(type=association.associationType, subject=association.subject)


def _invalid(property_: str, details: str) -> Refusal:
    return Reason.INVALID_ASSOCIATION.refusal(property=property_, details=details)
