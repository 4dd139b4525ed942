"""Who of a group's members is primary, and what that means for one of them. Pure: members in, a choice out.

Everything is decided by member id, which Kafka gives out: a URL may be another's by mistake, or a former self's.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from registry.election.election import Standing
from registry.election.identity import (
    DUPLICATE_URLS,
    NOBODY,
    Identity,
    assignment,
    assignment_from,
    identity_from,
)


class Member(NamedTuple):
    member_id: str
    metadata: bytes  # what it said of itself


class Known(NamedTuple):
    """A member that could be understood."""

    member: Member
    identity: Identity


def chosen(members: Iterable[Member]) -> Member | None:
    """The one that is primary already; else the one with the smallest URL, as Confluent's and Karapace's nodes choose.

    Of members with one URL, the newest counts: the others are its former selves, which Kafka has not missed yet.
    """
    eligible = [known for known in _known(members) if known.identity.is_eligible]
    newest = {known.identity.url: known for known in sorted(eligible, key=_age)}.values()
    primaries = [known for known in newest if known.identity.is_primary]
    candidates = sorted(primaries or newest, key=lambda known: known.identity.url)
    return candidates[0].member if candidates else None


def assigned(members: Iterable[Member]) -> bytes:
    """What to tell each member."""
    primary = chosen(members)
    return NOBODY if primary is None else assignment(*primary)


def shared_urls(members: Iterable[Member]) -> Sequence[str]:
    urls = [known.identity.url for known in _known(members)]
    return sorted({url for url in urls if urls.count(url) > 1})


def standing_of(member_id: str, own: Identity, told: bytes, generation: int) -> Standing:
    """What a member is by what the group's leader told it."""
    decision = assignment_from(told)
    if decision is None:
        return _without_primary("what the group's leader says cannot be read", generation)
    if decision.error not in (0, DUPLICATE_URLS):
        return _without_primary(f"the group's leader reports error {decision.error}", generation)
    primary = decision.identity
    if primary is None:
        return _without_primary("no member of the group may be primary", generation)
    if not primary.is_eligible or (decision.member_id == member_id and not own.is_eligible):
        return _without_primary(f"{primary.url} was chosen, which may not be primary", generation)
    reason = "members of the group advertise one and the same URL" if decision.error == DUPLICATE_URLS else ""
    if decision.member_id == member_id:
        return Standing("primary", own.url, reason, generation)
    if primary.url == own.url:
        return _without_primary(f"the primary advertises this node's own URL, {own.url}", generation)
    return Standing("follower", primary.url, reason, generation)


def _known(members: Iterable[Member]) -> Iterable[Known]:
    for member in members:
        identity = identity_from(member.metadata)
        if identity is not None:
            yield Known(member, identity)


def _age(known: Known) -> tuple[int, str]:
    return known.identity.since, known.member.member_id


def _without_primary(reason: str, generation: int) -> Standing:
    return Standing("follower", None, reason, generation)
