"""One schema against what a base had of it, by `compat.level`, as the server answers: a verdict, and what was found.

What comes before (which schemas, which bases) and after (approvals, consent) is in `check.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from compat import Description, InvalidSchema, Policy, Report, Source
from compat.level import Answer, Candidate, Level, answer, pairs
from compat.level import Finding as Found
from momus.gate import advice
from momus.gate.bases import Asked, Base, Old
from momus.gate.configuration import Configuration, Deprecation
from momus.gate.consent import is_unstable
from momus.gate.engine import Engine
from momus.gate.findings import Finding, Location, Reference, Verdict, fingerprint
from momus.gate.git import Repository
from momus.gate.integrity import refusals, unreadable
from momus.gate.places import Places, places
from momus.gate.project import Knot, Member, Project
from momus.gate.store_bases import StoreBase
from momus.gate.tree_bases import texts_of


@dataclass(frozen=True, slots=True)
class Held:
    """What a schema is held to: versions, newest first, and messages of what reserves fields.

    `contract` are the properties that are registered with it, None where the registry takes over those before.
    """

    olds: Sequence[Old]
    unread: Sequence[Finding]
    reserved: Sequence[str]
    contract: Mapping[str, str] | None


class Comparison:
    """Of the schemas of `now`, on the day `today`. `level` overrules whatever else asks for one."""

    def __init__(
        self, configuration: Configuration, now: Project, made: Engine, today: date, level: Level | None = None
    ) -> None:
        self._configuration = configuration
        self._now = now
        self._engine = made
        self._today = today
        self._level = level

    async def one(self, member: Member, base: Base, changed: set[str]) -> tuple[Verdict, list[Finding]]:
        """`changed` are the subjects that change with it. Severities are the server's; nothing is approved yet."""
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
        held = await self._held(member, base, asked, described)
        taken = _kept_name(described.fields) if asked.validate_fields else ""
        if taken and not await self._is_there(member, source, base, held, asked):
            return verdict, [unreadable("SCHEMA_INVALID", member, taken)]
        if not held.olds and not held.reserved:
            return replace(verdict, status="new"), [*held.unread]
        said = await self._answer(member, source, described, held, asked)
        if not said.is_compatible and await self._is_there(member, source, base, held, asked):
            return replace(verdict, status="unchanged"), [*held.unread]
        verdict = replace(
            verdict,
            status="compatible" if said.is_compatible else "incompatible",
            versions=tuple(old.against for old in (held.olds if asked.level.transitive else held.olds[:1])),
            messages=said.messages,
            decided_by=said.decided_by or "",
            unlisted=said.unlisted,
        )
        return verdict, [*await self._findings(member, source, base, held, said), *held.unread]

    async def _asked(self, member: Member, base: Base) -> Asked:
        """A flag, else what the registry asks, else the configuration."""
        asked = await base.asked(member.subject)
        level = self._level or (asked.level if asked else member.entry.level) or Level.BACKWARD
        return replace(asked, level=level) if asked else Asked(level, member.entry.policy or "STRICT")

    async def _held(self, member: Member, base: Base, asked: Asked, described: Description) -> Held:
        """The versions that it is compared with, of its group where the registry has groups."""
        all_ = await base.olds(member, transitive=asked.level.transitive or asked.group is not None)
        olds = [old for old in all_ if not isinstance(old.source, str)]
        contract = _properties(self._configuration, member) if isinstance(base, StoreBase) else None
        own = contract if contract is not None else olds[0].properties if olds else {}
        if asked.group is not None:
            olds = [old for old in olds if old.properties.get(asked.group) == own.get(asked.group)]
        before = olds[0].properties if olds else {}
        is_reserving = asked.validate_fields and bool(asked.level.directions)
        reserved = _breaches(own, before, described.fields) if is_reserving else []
        return Held(olds, [_unread(member, old) for old in all_ if isinstance(old.source, str)], reserved, contract)

    async def _answer(
        self,
        member: Member,
        source: Source,
        described: Description,
        held: Held,
        asked: Asked,
    ) -> Answer:
        new: Candidate[Source | str] = Candidate(source, member.kind, described.text)
        candidates = [Candidate(old.source, old.kind, old.text, old.against.version or 0) for old in held.olds]
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

        return answer(
            asked.level, new, candidates, verdict, validate_fields=asked.validate_fields, reserved=held.reserved
        )

    async def _is_there(self, member: Member, source: Source, base: Base, held: Held, asked: Asked) -> bool:
        """Does some version say the same? Registering it again changes nothing, and the server objects to nothing."""
        if not isinstance(base, StoreBase):
            return False
        described = await self._engine.describe(source, strict=True, normalize=asked.normalize)
        return any(
            old.kind == member.kind and old.identity == described.identity and held.contract in (None, old.properties)
            for old in await base.olds(member, transitive=True)
        )

    async def _findings(self, member: Member, source: Source, base: Base, held: Held, said: Answer) -> list[Finding]:
        findings = [self._finding(member, held.olds, found, is_refused=True) for found in said.findings]
        findings += [self._finding(member, held.olds, found, is_refused=False) for found in said.warnings]
        findings += [_breach(member, held.olds, message) for message in held.reserved]
        if self._configuration.deprecation != Deprecation() and findings:
            findings = await self._without_deprecated(findings, member, source, base)
        if not said.is_compatible and not findings:
            findings.append(_without_difference(member, held.olds[0], said))
        return findings

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
        return allowed(findings, self._configuration.deprecation, source, before, self._today)

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
    from momus.gate.contracts import properties  # with YAML and the client, which take their time

    return properties(configuration.root, member)


def _breaches(own: Mapping[str, str], before: Mapping[str, str], fields: Sequence[str]) -> list[str]:
    from momus.gate.contracts import breaches  # as above

    return breaches(own, before, fields)


def _kept_name(fields: Sequence[str]) -> str:
    from momus.gate.contracts import kept_name  # as above

    return kept_name(fields)


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
