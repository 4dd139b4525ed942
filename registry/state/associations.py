"""What can be asked about associations: which resource (a topic) is tied to which subject. Pure, as `queries.py`.

A resource has an id, and a name in a namespace (for a topic: the Kafka cluster); each leads to the same associations.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from registry.names import Subject
from registry.state.state import State
from registry.state.values import Association


@dataclass(frozen=True, slots=True)
class Filter:
    """Which associations are asked for; None and an empty tuple ask for all."""

    resource_type: str | None = None
    association_types: tuple[str, ...] = ()
    lifecycles: tuple[str, ...] = ()

    def takes(self, association: Association) -> bool:
        return (
            (self.resource_type is None or association.resourceType == self.resource_type)
            and (not self.association_types or association.associationType in self.association_types)
            and (not self.lifecycles or association.lifecycle in self.lifecycles)
        )


EVERY = Filter()


def of_subject(state: State, subject: Subject, chosen: Filter = EVERY) -> list[Association]:
    """The associations of a subject."""
    spelled = str(subject)
    return _in_order(
        association for association in _all(state) if association.subject == spelled and chosen.takes(association)
    )


def of_resource(state: State, resource_id: str, chosen: Filter = EVERY) -> list[Association]:
    """The associations of the resource with this id."""
    return _in_order(
        association
        for association in _all(state)
        if association.resourceId == resource_id and chosen.takes(association)
    )


def of_name(state: State, namespace: str | None, name: str | None, chosen: Filter = EVERY) -> list[Association]:
    """The associations of the resources of this name in this namespace; None is any."""
    return _in_order(
        association
        for association in _all(state)
        if namespace in (None, association.resourceNamespace)
        and name in (None, association.resourceName)
        and chosen.takes(association)
    )


def is_owned(state: State, subject: Subject) -> bool:
    """Has the subject a STRONG association: does a resource own it?"""
    return bool(of_subject(state, subject, Filter(lifecycles=("STRONG",))))


def passes(found: Sequence[Association], chosen: Filter, *, with_none: bool) -> list[Association] | None:
    """Of the associations of a subject those that a listing of schemas shows, or None when it leaves the subject out.

    `with_none` lets subjects in that have no association at all.
    """
    shown = [association for association in found if chosen.takes(association)]
    if shown or (with_none and not found):
        return shown
    return None


def _all(state: State) -> Iterator[Association]:
    return (association for _, association in state.associations.items())


def _in_order(found: Iterable[Association]) -> list[Association]:
    return sorted(
        found,
        key=lambda one: (
            one.resourceNamespace,
            one.resourceName,
            one.resourceType,
            one.associationType,
            one.subject,
        ),
    )
