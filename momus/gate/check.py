"""The check: each schema of the work tree against what each base had of it, by `compat.level`, as the server does.

Only what changed is compared, and whatever needs what changed. New types and their users are one change: a schema is
always read with the others as they are in the same tree.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from time import monotonic

from compat import FORMATS, Description, InvalidSchema, Policy, Report, Source
from compat.level import Answer, Candidate, Level, answer, pairs
from compat.level import Finding as Found
from momus.gate import advice, approvals
from momus.gate.bases import Asked, Base, Old, StoreBase, folder_base, git_base, snapshot_base, texts_of
from momus.gate.configuration import Configuration, Deprecation, history
from momus.gate.consent import consented, is_unstable, words
from momus.gate.engine import Engine, engine
from momus.gate.external import complete
from momus.gate.faults import WrongConfiguration
from momus.gate.findings import Against, Finding, Location, Outcome, Reference, Status, Verdict, fingerprint
from momus.gate.git import MERGE_BASE, Repository
from momus.gate.integrity import refusals
from momus.gate.places import Places, places
from momus.gate.project import FactsByContent, Knot, Member, Project, project
from momus.gate.trees import Folder
from momus.gate.weight import rank, refuse_unknown_rules, severity

BASES = ("git", "folder", "snapshot", "registry")
AT_ONCE = 4  # comparisons: those that wait for a process longer than for a comparison are given up


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
        check = _Check(configuration, request, now, made)
        results = [await check.against(base) for base in bases]
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


async def compared(
    configuration: Configuration, request: Request, now: Project, made: Engine, base: Base, subjects: Iterable[str]
) -> dict[str, tuple[Verdict, list[Finding]]]:
    """Each of these subjects against the base, with severities as the server has them: nothing is approved yet."""
    check = _Check(configuration, request, now, made)
    wanted = set(subjects)
    return {subject: await check.one(now.members[subject], base, wanted) for subject in sorted(wanted)}


class _Check:
    def __init__(self, configuration: Configuration, request: Request, now: Project, made: Engine) -> None:
        self._configuration = configuration
        self._request = request
        self._now = now
        self._engine = made

    async def against(self, base: Base) -> tuple[list[Verdict], list[Finding]]:
        only = self._request.only
        members = [one for one in self._now.members.values() if only in (None, one.subject)]
        changed = {
            member.subject
            for member in members
            if self._request.every or not await base.is_unchanged(member, self._now)
        }
        found = await self._all([one for one in members if one.subject in changed], base, changed)
        done = [found.get(member.subject) or (_unchanged(member, base), []) for member in members]
        gone = [
            _removed(subject, base.about) for subject in await base.subjects() if subject not in self._now.members
        ] if not isinstance(base, StoreBase) else []  # a registry is shared: what is not ours is not gone  # fmt: skip
        return [verdict for verdict, _ in done], [*(one for _, findings in done for one in findings), *gone]

    async def _all(
        self, members: Sequence[Member], base: Base, changed: set[str]
    ) -> dict[str, tuple[Verdict, list[Finding]]]:
        """Some at once: what other processes or a registry must answer first, so that the rest is done meanwhile."""
        turns = asyncio.Semaphore(AT_ONCE)

        async def one(member: Member) -> tuple[str, tuple[Verdict, list[Finding]]]:
            async with turns:
                return member.subject, await self.one(member, base, changed)

        first = sorted(members, key=lambda member: not FORMATS[member.kind].in_worker)
        found: dict[str, tuple[Verdict, list[Finding]]] = {}
        for answered in await asyncio.gather(*map(one, first), return_exceptions=True):
            if isinstance(answered, BaseException):
                raise answered
            found[answered[0]] = answered[1]
        return found

    async def one(self, member: Member, base: Base, changed: set[str]) -> tuple[Verdict, list[Finding]]:
        asked = await self._asked(member, base)
        verdict = Verdict(
            subject=member.subject,
            file=member.path,
            schema_type=member.kind,
            level=asked.level.name,
            policy=asked.policy,
            status="invalid",
            base=str(base.about),
        )
        try:
            source = self._now.source(member)
            described = await self._engine.describe(source, strict=True)
        except (Knot, InvalidSchema) as error:
            return verdict, refusals(self._now, member, error)
        verdict = replace(verdict, references=await self._references(member, base, changed))
        olds = await base.olds(member, transitive=asked.level.transitive or asked.group is not None)
        unread = [_unread(member, old) for old in olds if isinstance(old.source, str)]
        olds = [old for old in olds if not isinstance(old.source, str)]
        contract = _properties(self._configuration, member) if isinstance(base, StoreBase) else None
        own = contract  # without one, the registry takes over those of the version before
        if own is None:
            own = olds[0].properties if olds else {}
        if asked.group is not None:
            olds = [old for old in olds if old.properties.get(asked.group) == own.get(asked.group)]
        before = olds[0].properties if olds else {}
        is_reserving = asked.validate_fields and bool(asked.level.directions)
        reserved = _breaches(own, before, described.fields) if is_reserving else []
        if not olds and not reserved:
            return replace(verdict, status="new"), unread
        said = await self._answer(member, source, described, olds, asked, reserved)
        if asked.normalize:
            described = await self._engine.describe(source, strict=True, normalize=True)
        if (
            isinstance(base, StoreBase)
            and not said.is_compatible
            and await _is_there(member, described, base, contract)
        ):
            return replace(verdict, status="unchanged"), unread
        findings = [self._finding(member, olds, found, is_refused=True) for found in said.findings]
        findings += [self._finding(member, olds, found, is_refused=False) for found in said.warnings]
        findings += [_breach(member, olds, message) for message in reserved]
        if self._configuration.deprecation != Deprecation() and findings:
            findings = await self._without_deprecated(findings, member, source, base)
        if not said.is_compatible and not findings:
            findings.append(_without_difference(member, olds[0], said))
        verdict = replace(
            verdict,
            status="compatible" if said.is_compatible else "incompatible",
            versions=tuple(old.against for old in (olds if asked.level.transitive else olds[:1])),
            messages=said.messages,
            decided_by=said.decided_by or "",
            unlisted=said.unlisted,
        )
        return verdict, [*findings, *unread]

    async def _without_deprecated(
        self, findings: list[Finding], member: Member, source: Source, base: Base
    ) -> list[Finding]:
        """Fields that were deprecated for long enough may go, whatever the level looks at."""
        from momus.gate.deprecation import Before, allowed

        repository = Repository(self._configuration.root)
        before = [
            Before(old.source, repository.day(old.against.ref) if old.against.kind == "git" else None)
            for old in await base.olds(member, transitive=True)
            if isinstance(old.source, Source) and old.kind == member.kind
        ]
        return allowed(findings, self._configuration.deprecation, source, before, self._request.today)

    async def _asked(self, member: Member, base: Base) -> Asked:
        """A flag, else what the registry asks, else the configuration."""
        asked = await base.asked(member.subject)
        level = self._request.level or (asked.level if asked else member.entry.level) or Level.BACKWARD
        return replace(asked, level=level) if asked else Asked(level, member.entry.policy or "STRICT")

    async def _answer(
        self,
        member: Member,
        source: Source,
        described: Description,
        olds: Sequence[Old],
        asked: Asked,
        reserved: Sequence[str],
    ) -> Answer:
        new: Candidate[Source | str] = Candidate(source, member.kind, described.text)
        candidates = [Candidate(old.source, old.kind, old.text, old.against.version or 0) for old in olds]
        reports: dict[tuple[bytes, bytes], Report] = {}
        policy = Policy(asked.policy)
        for reader, writer in pairs(asked.level, new, candidates):
            assert isinstance(reader, Source)
            assert isinstance(writer, Source)
            reports[reader.digest, writer.digest] = await self._engine.compare(reader, writer, policy)

        def verdict(reader: Source | str, writer: Source | str) -> Report:
            assert isinstance(reader, Source)
            assert isinstance(writer, Source)
            return reports[reader.digest, writer.digest]

        return answer(asked.level, new, candidates, verdict, validate_fields=asked.validate_fields, reserved=reserved)

    async def _references(self, member: Member, base: Base, changed: set[str]) -> tuple[Reference, ...]:
        """What changes with it gets the next number where the base has numbers."""
        found = []
        for name, needed in self._now.needs(member):
            is_new = needed.subject in changed
            newest = await base.newest(needed.subject)
            number = newest + is_new if newest is not None else None
            found.append(Reference(name=name, subject=needed.subject, is_new=is_new, version=number or None))
        for name, one in self._now.external(member):
            found.append(Reference(name=name, subject=one.subject, is_new=False, version=one.version))
        return tuple(found)

    def _finding(self, member: Member, olds: Sequence[Old], found: Found, *, is_refused: bool) -> Finding:
        difference, is_backward = found.difference, found.direction == "BACKWARD"
        old = next((old for old in olds if (old.against.version or 0) == found.version), olds[0])
        where = self._places(member, old, found)
        declared = difference.reader, difference.writer
        new_text, old_text = declared if is_backward else declared[::-1]
        is_meant = self._configuration.is_stability_read and is_unstable(old.kind, old.text)
        roles = ("new", "old") if is_backward else ("old", "new")
        return Finding(
            fingerprint=fingerprint(difference.rule, member.subject, difference.path, old_text, new_text),
            rule=difference.rule,
            severity="error" if is_refused and not is_meant else "warning",
            message=difference.description(*roles),  # type: ignore[arg-type]
            subject=member.subject,
            schema_type=member.kind,
            direction="reader" if is_backward else "writer",
            against=old.against,
            path=difference.path,
            old_path=where.old_path,
            location=where.new or Location(member.path),
            old_location=where.old,
            server_message=difference.confluent(*roles),  # type: ignore[arg-type]
            old=old_text,
            new=new_text,
            fix=advice.rule(member.kind, difference.rule).advice,
            witness=difference.witness,
            referrers=tuple(user.subject for user in self._now.users(member)),
        )

    def _places(self, member: Member, old: Old, found: Found) -> Places:
        """A path is the reader's, and under FORWARD the old schema reads."""
        new_texts, old_texts = list(texts_of(self._now, member)), list(old.texts)
        if found.direction == "BACKWARD":
            return places(member.kind, found.difference.path, new_texts, old_texts)
        turned = places(member.kind, found.difference.path, old_texts, new_texts)
        if not old_texts:
            turned = places(member.kind, found.difference.path, new_texts, old_texts)
            return replace(turned, old_path=found.difference.path)
        return Places(turned.old, turned.new, found.difference.path)


# ------------------------------------------------------------------------------------------------ small parts


def _properties(configuration: Configuration, member: Member) -> Mapping[str, str] | None:
    from momus.gate.contracts import properties  # as `opened`

    return properties(configuration.root, member)


def _breaches(own: Mapping[str, str], before: Mapping[str, str], fields: Sequence[str]) -> list[str]:
    from momus.gate.contracts import breaches  # as `opened`

    return breaches(own, before, fields)


def _unchanged(member: Member, base: Base) -> Verdict:
    level = member.entry.level or Level.BACKWARD
    return Verdict(
        subject=member.subject, file=member.path, schema_type=member.kind, level=level.name,
        policy=member.entry.policy or "STRICT", status="unchanged", base=str(base.about),
    )  # fmt: skip


async def _is_there(
    member: Member, described: Description, base: StoreBase, contract: Mapping[str, str] | None
) -> bool:
    """Does some version say the same? Registering it again changes nothing, and the server objects to nothing."""
    return any(
        old.kind == member.kind and old.identity == described.identity and contract in (None, old.properties)
        for old in await base.olds(member, transitive=True)
    )


def _unread(member: Member, old: Old) -> Finding:
    message = f"The version before ({old.against}) is no schema, so nothing could be held to it: {old.source}"
    return Finding(
        fingerprint=fingerprint("BASE_UNREADABLE", member.subject, "", "", message),
        rule="BASE_UNREADABLE",
        severity="warning",
        message=message,
        subject=member.subject,
        schema_type=member.kind,
        against=old.against,
        location=Location(member.path),
        fix=advice.rule(member.kind, "BASE_UNREADABLE").advice,
    )


def _without_difference(member: Member, old: Old, said: Answer) -> Finding:
    """The server refuses, and has no difference to show: another format, or no end of the comparison."""
    rule = "SCHEMA_TYPE_CHANGED" if old.kind != member.kind else "COMPARISON_FAILED"
    return Finding(
        fingerprint=fingerprint(rule, member.subject, "", old.kind, member.kind),
        rule=rule,
        severity="error",
        message=said.messages[0],
        subject=member.subject,
        schema_type=member.kind,
        against=old.against,
        location=Location(member.path),
        server_message=said.messages[0],
        old=old.kind,
        new=member.kind,
        fix=advice.rule(member.kind, rule).advice,
    )


def _breach(member: Member, olds: Sequence[Old], message: str) -> Finding:
    """Of what `validateFields` asks for."""
    return Finding(
        fingerprint=fingerprint("FIELD_RESERVED", member.subject, "", "", message),
        rule="FIELD_RESERVED",
        severity="error",
        message=message,
        subject=member.subject,
        schema_type=member.kind,
        against=olds[0].against if olds else None,
        location=Location(member.path),
        server_message=message,
        fix=advice.rule(member.kind, "FIELD_RESERVED").advice,
    )


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
