"""What is in the registry and in no file: only where subjects are managed here, and never what others depend on."""

from collections.abc import Iterable, Mapping

from momus.gate.configuration import Registry
from momus.gate.globs import fits
from momus.gate.names import Names
from momus.gate.plan.ownership import owner_of
from momus.gate.plan.reading import Reading, Standing
from momus.gate.plan.values import Delete, Subject


def extras(there: Iterable[str], ours: Iterable[str], registry: Registry, names: Names) -> list[str]:
    """The managed subjects that no file has."""
    known = set(ours)
    found = [subject for subject in there if subject not in known]
    return sorted(subject for subject in found if _is_managed(names.here(subject), registry))


def _is_managed(here: str | None, registry: Registry) -> bool:
    return here is not None and any(fits(here, pattern) for pattern in registry.managed)


def told(standing: Standing, registry: Registry) -> Subject:
    theirs = owner_of(standing)
    is_ours = registry.owner is None or theirs == registry.owner
    whose = f"by '{theirs}'" if theirs else "by nobody, as its metadata say"
    note = "" if is_ours else f"left alone: it is managed {whose}"
    return Subject(
        subject=standing.subject,
        state="extra",
        version=standing.versions[-1],
        id=standing.newest.id if standing.newest else None,
        latest=standing.versions[-1],
        drift=("extra",) if is_ours else (),
        note=note,
    )


async def deletions(
    standings: Mapping[str, Standing], registry: Registry, reading: Reading, *, permanent: bool
) -> list[Delete]:
    """Those who refer before those that they refer to; what somebody else refers to is refused."""
    ours = {
        subject: one for subject, one in standings.items() if registry.owner is None or owner_of(one) == registry.owner
    }
    asked = await reading.together(reading.referrers(one.subject, one.versions) for one in ours.values())
    users = dict(zip(ours, asked, strict=True))
    stays = _staying(users)
    found = []
    for subject in _users_first(users):
        holders = sorted(users[subject] & (stays | (users[subject] - ours.keys())))
        refused = (f"{', '.join(holders)} refer{'s' if len(holders) == 1 else ''} to it",) if holders else ()
        versions = ours[subject].versions
        found.append(Delete(subject=subject, versions=versions, permanent=permanent, refused=refused))
    return found


def _staying(users: Mapping[str, set[str]]) -> set[str]:
    """What cannot go since somebody who stays refers to it, and so what those refer to."""
    stays = {subject for subject, by in users.items() if by - users.keys()}
    while more := {subject for subject, by in users.items() if by & stays} - stays:
        stays |= more
    return stays


def _users_first(users: Mapping[str, set[str]]) -> list[str]:
    done: dict[str, None] = {}
    entered: set[str] = set()

    def visit(subject: str) -> None:
        if subject not in entered:
            entered.add(subject)
            for user in sorted(users[subject] & users.keys()):
                visit(user)
            done[subject] = None

    for subject in sorted(users):
        visit(subject)
    return list(done)
