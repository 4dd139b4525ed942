"""What can be asked about associations: which resource (a topic) is tied to which subject. Pure, as `queries.py`.

A resource has an id, and a name in a namespace (for a topic: the Kafka cluster); each leads to the same associations.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from registry.names import Subject, subject_of
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

TYPES = {"topic": ("key", "value")}  # the types of resources, and of the associations that each may have
LIFECYCLES = ("STRONG", "WEAK")
UNTIED = "NONE"  # asked for as a lifecycle: subjects without an association


def flaw(resource_type: str | None, association_types: Iterable[str]) -> tuple[str, str] | None:
    """What is wrong with types that somebody names: the property and the reason; None when nothing is."""
    if resource_type is not None and resource_type not in TYPES:
        return "resourceType", f"'{resource_type}' is unknown; known is {', '.join(TYPES)}"
    known = TYPES[resource_type or "topic"]
    odd = next((name for name in association_types if name not in known), None)
    return None if odd is None else ("associationType", f"'{odd}' is unknown; known are {', '.join(known)}")


def of_subject(state: State, subject: Subject, chosen: Filter = EVERY) -> list[Association]:
    """The associations of a subject."""
    return _in_order(one for one in _led(state, "subject", str(subject)) if chosen.takes(one))


def of_resource(state: State, resource_id: str, chosen: Filter = EVERY) -> list[Association]:
    """The associations of the resource with this id."""
    return _in_order(one for one in _led(state, "id", resource_id) if chosen.takes(one))


def of_name(state: State, namespace: str | None, name: str | None, chosen: Filter = EVERY) -> list[Association]:
    """The associations of the resources of this name in this namespace; None is any."""
    found = _all(state) if name is None else _led(state, "name", name)
    return _in_order(one for one in found if namespace in (None, one.resourceNamespace) and chosen.takes(one))


def is_owned(state: State, subject: Subject) -> bool:
    """Has the subject a STRONG association: does a resource own it?"""
    return bool(of_subject(state, subject, Filter(lifecycles=("STRONG",))))


def by_subject(state: State) -> dict[Subject, list[Association]]:
    """All associations by their subjects."""
    found: dict[Subject, list[Association]] = {}
    for association in _in_order(_all(state)):
        found.setdefault(subject_of(association.subject), []).append(association)
    return found


def shown(of_one: Iterable[Association], chosen: Filter) -> list[Association] | None:
    """Of the associations of one subject those that a listing shows with it; None when the subject is not listed.

    The lifecycle NONE lists subjects that have no association of the types chosen.
    """
    typed = [association for association in of_one if replace(chosen, lifecycles=()).takes(association)]
    if not typed:
        return [] if UNTIED in chosen.lifecycles else None
    return [association for association in typed if chosen.takes(association)] or None


def _led(state: State, what: str, value: str) -> Iterator[Association]:
    """The associations that `State.tied` finds by this."""
    return (row for key in state.tied.get((what, value)) or () if (row := state.associations.get(key)) is not None)


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
