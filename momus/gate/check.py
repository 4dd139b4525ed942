"""The check: each schema of the work tree against what each base had of it, as `comparison.py` compares the two.

Only what changed is compared, and whatever needs what changed. New types and their users are one change: a schema is
always read with the others as they are in the same tree.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from time import monotonic

from compat import FORMATS
from compat.level import Level
from momus.gate import advice, approvals
from momus.gate.bases import Base
from momus.gate.comparison import Comparison
from momus.gate.configuration import Configuration, history
from momus.gate.consent import consented, words
from momus.gate.engine import Engine, engine
from momus.gate.external import complete
from momus.gate.faults import WrongConfiguration
from momus.gate.findings import Against, Finding, Location, Outcome, Status, Verdict, fingerprint
from momus.gate.git import MERGE_BASE, Repository
from momus.gate.project import FactsByContent, Member, Project, project
from momus.gate.snapshot import snapshot_base
from momus.gate.store_bases import StoreBase
from momus.gate.tree_bases import folder_base, git_base
from momus.gate.trees import Folder
from momus.gate.weight import rank, refuse_unknown_rules, severity

AT_ONCE = 256  # comparisons: what they ask of other processes is asked together


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked besides the configuration: the bases as in `--against`, and what flags overrule."""

    against: tuple[str, ...]
    today: date
    level: Level | None = None
    registry: str | None = None
    environment: str | None = None
    history: str | None = None
    fail_on: str | None = None
    every: bool = False  # also what did not change
    only: str | None = None  # the one subject that is asked about
    version: str = ""  # of the program, for reports


async def check(configuration: Configuration, request: Request) -> Outcome:
    """Raises Trouble."""
    started = monotonic()
    refuse_unknown_rules(configuration)
    approved = approvals.load(configuration.root / configuration.approvals)
    facts = FactsByContent()
    now = project(configuration, Folder(configuration.root), facts, strict=True)
    async with engine() as made, opened(configuration, request, made, facts) as bases:
        await complete(configuration, now, bases, facts, made)
        comparison = Comparison(configuration, now, made, request.today, request.level)
        results = [await _against(base, now, comparison, request) for base in bases]
        drift = await _drift(bases, now) if len(bases) > 1 else []
    verdicts = tuple(verdict for result, _ in results for verdict in result)
    found = _each_once([*(finding for _, findings in results for finding in findings), *drift])
    found = [replace(finding, severity=severity(configuration, finding)) for finding in found]
    judged = approvals.approved(found, approved, request.today, configuration.approvals)
    judged = consented(judged, words(configuration.consent, configuration.root, request.against))
    return Outcome(
        version=request.version,
        config=configuration.file,
        bases=tuple(base.about for base in bases),
        verdicts=_with_approvals(verdicts, judged),
        findings=tuple(sorted(judged, key=rank)),
        fail_on=request.fail_on or configuration.fail_on,
        prefix=Repository(configuration.root).prefix(),
        duration_ms=int((monotonic() - started) * 1000),
    )


@asynccontextmanager
async def opened(
    configuration: Configuration, request: Request, made: Engine, facts: FactsByContent
) -> AsyncIterator[list[Base]]:
    """The bases that are asked for. Raises Trouble."""
    async with AsyncExitStack() as stack:
        bases: list[Base] = []
        for spelled in request.against:
            kind, _, rest = spelled.partition(":")
            match kind:
                case "git":
                    depth = history(request.history or configuration.history)
                    bases.append(git_base(configuration, rest or MERGE_BASE, made, facts, depth))
                case "folder" if rest:
                    bases.append(folder_base(configuration, rest, made, facts))
                case "snapshot":
                    bases.append(snapshot_base(configuration, rest or configuration.snapshot, made))
                case "registry" if not rest:
                    from momus.gate.registries import live, reached  # with a client, which takes its time

                    registry = reached(configuration, request.registry, request.environment)
                    store = await stack.enter_async_context(live(registry))
                    bases.append(StoreBase(Against("registry", registry.url), store, made))
                case _:
                    raise WrongConfiguration(
                        f"there is no base '{spelled}': git:REF, folder:PATH, snapshot and registry are known"
                    )
        yield bases


async def _against(
    base: Base, now: Project, comparison: Comparison, request: Request
) -> tuple[list[Verdict], list[Finding]]:
    members = [one for one in now.members.values() if request.only in (None, one.subject)]
    changed = {member.subject for member in members if request.every or not await base.is_unchanged(member, now)}
    found = await _all([one for one in members if one.subject in changed], base, comparison, changed)
    done = [found.get(member.subject) or (_unchanged(member, base), []) for member in members]
    gone = [
        _removed(subject, base.about) for subject in await base.subjects() if subject not in now.members
    ] if not isinstance(base, StoreBase) else []  # a registry is shared: what is not ours is not gone  # fmt: skip
    return [verdict for verdict, _ in done], [*(one for _, findings in done for one in findings), *gone]


async def _all(
    members: Sequence[Member], base: Base, comparison: Comparison, changed: set[str]
) -> dict[str, tuple[Verdict, list[Finding]]]:
    """Some at once: what other processes or a registry must answer first, so that the rest is done meanwhile."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(member: Member) -> tuple[str, tuple[Verdict, list[Finding]]]:
        async with turns:
            return member.subject, await comparison.one(member, base, changed)

    first = sorted(members, key=lambda member: not FORMATS[member.kind].in_worker)
    found: dict[str, tuple[Verdict, list[Finding]]] = {}
    for answered in await asyncio.gather(*map(one, first), return_exceptions=True):
        if isinstance(answered, BaseException):
            raise answered
        found[answered[0]] = answered[1]
    return found


# ------------------------------------------------------------------------------------------------ small parts


def _unchanged(member: Member, base: Base) -> Verdict:
    level = member.entry.level or Level.BACKWARD
    return Verdict(
        subject=member.subject, file=member.path, schema_type=member.kind, level=level.name,
        policy=member.entry.policy or "STRICT", status="unchanged", base=str(base.about),
    )  # fmt: skip


def _removed(subject: str, about: Against) -> Finding:
    return Finding(
        fingerprint=fingerprint("SUBJECT_REMOVED", subject, "", "", ""),
        rule="SUBJECT_REMOVED",
        severity="info",
        message=f"The file of '{subject}' is gone; the subject in the registry is not, until it is deleted there",
        subject=subject,
        against=about,
        fix=advice.rule("", "SUBJECT_REMOVED").advice,
    )


async def _drift(bases: Sequence[Base], now: Project) -> list[Finding]:
    """Subjects of which two bases have different newest versions."""
    found = []
    for member in now.members.values():
        newest = [(base, next(iter(await base.olds(member, transitive=False)), None)) for base in bases]
        (first, one), *others = newest
        for base, other in others:
            if (one and one.identity) != (other and other.identity):
                missing = [str(which.about) for which, old in newest if old is None]
                how = f"{missing[0]} does not have it" if missing else "their newest versions are not the same schema"
                found.append(
                    Finding(
                        fingerprint=fingerprint("BASES_DIFFER", member.subject, "", str(first.about), str(base.about)),
                        rule="BASES_DIFFER",
                        severity="warning",
                        message=f"{first.about} and {base.about} disagree on '{member.subject}': {how}",
                        subject=member.subject,
                        schema_type=member.kind,
                        location=Location(member.path),
                        fix=advice.rule("", "BASES_DIFFER").advice,
                    )
                )
    return found


def _each_once(findings: Iterable[Finding]) -> list[Finding]:
    """What two bases have both against a schema is said once, and both directions of one change are `both`."""
    found: dict[str, Finding] = {}
    for finding in findings:
        known = found.get(finding.fingerprint)
        if known is None:
            found[finding.fingerprint] = finding
            continue
        if known.direction != finding.direction:
            known = replace(known, direction="both")
        if known.approved is not None and finding.approved is None:  # by what only one of the bases has
            known = replace(known, approved=None)
        found[finding.fingerprint] = known
    return list(found.values())


def _with_approvals(verdicts: Iterable[Verdict], findings: Sequence[Finding]) -> tuple[Verdict, ...]:
    """A subject of which every break is approved is approved."""
    open_ = {finding.subject for finding in findings if finding.severity == "error" and finding.counts}
    done: dict[str, Status] = {
        finding.subject: "approved"
        for finding in findings
        if finding.approved is not None and finding.subject not in open_
    }
    return tuple(
        replace(verdict, status=done.get(verdict.subject, verdict.status))
        if verdict.status == "incompatible"
        else verdict
        for verdict in verdicts
    )


def run(configuration: Configuration, request: Request) -> Outcome:
    """`check`, waited for. Raises Trouble."""
    return asyncio.run(check(configuration, request))
