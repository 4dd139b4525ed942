"""The schemas of the files, one after the other in the order of their references: which version each of them is, or
will be, and whether somebody changed it outside these files.

A schema is read with what it refers to as the registry has that, or will have it; so whitespace, namespaces and all
that a registry makes of a text never count. What registering it would be answered is in `judging.py`, which id it would
get in `ids.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Final

from compat import Description, InvalidSchema, Referent, Source
from momus.client import Reference, Schema, SubjectSchema
from momus.gate.bases import Old
from momus.gate.configuration import Configuration
from momus.gate.contracts import NOTHING, Contract, kept_name, same_metadata, same_rules, with_property
from momus.gate.engine import Engine
from momus.gate.faults import NoBase
from momus.gate.findings import Against, Finding
from momus.gate.names import Names
from momus.gate.plan.expected import Expected
from momus.gate.plan.ownership import OWNER, foreign
from momus.gate.plan.reading import Reading, Standing
from momus.gate.plan.values import Drift, Register, Subject
from momus.gate.project import FactsByContent, Knot, Member, Project
from momus.gate.store_bases import StoreBase
from momus.gate.tree_bases import TreeBase, git_base

REGISTRY: Final = Against("registry", "")


@dataclass(frozen=True, slots=True)
class Settled:
    """What users of a schema refer to. `text` is how the registry keeps it."""

    version: int
    text: str
    is_planned: bool = False


@dataclass(slots=True)
class Found:
    """What came of all schemas, by subject. `broken` are those that cannot be read."""

    settled: dict[str, Settled] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    subjects: dict[str, Subject] = field(default_factory=dict)
    registers: dict[str, Register] = field(default_factory=dict)
    problems: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """All that a plan is made of. `project` has its subjects by the names that they have there."""

    configuration: Configuration
    names: Names
    reading: Reading
    expected: Expected
    engine: Engine
    facts: FactsByContent
    project: Project
    contracts: Mapping[str, Contract]
    standings: Mapping[str, Standing]
    owner: str | None
    reregister: bool
    today: date
    told: Callable[[int], None]


class Schemas:
    def __init__(self, sight: Sight) -> None:
        self._sight = sight
        self._project = sight.project
        self._engine = sight.engine
        self._base = StoreBase(REGISTRY, sight.expected, sight.engine)
        self._found = Found()
        self._settled = self._found.settled

    async def found(self) -> Found:
        for member in in_order(self._project):
            try:
                await self._settle(member)
            except (InvalidSchema, Knot):
                self._found.broken.add(member.subject)
            self._sight.told(0)
        return self._found

    # ---------------------------------------------------------------------------------- which version it is

    async def _settle(self, member: Member) -> None:
        """Raises InvalidSchema, Knot."""
        standing = self._sight.standings[member.subject]
        described = await self._engine.describe(self._source(member), strict=True)
        references = self._references(member)
        contract = self._sight.contracts.get(member.subject, NOTHING)
        draft = self._draft(member, contract, references, standing.newest)
        version = await self._version(member, standing, described, draft, contract)
        is_older = version is not None and version != standing.versions[-1]
        if version is None or (is_older and self._sight.reregister):
            self._refuse_kept_name(member, described)
            why = ("anew",) if is_older else self._why(standing, described, draft, contract)
            await self._register(member, standing, described, draft, why)
        else:
            await self._keep(member, standing, version)

    def _refuse_kept_name(self, member: Member, described: Description) -> None:
        """Raises InvalidSchema, as the registry would."""
        if self._sight.expected.after[member.subject].get("validateFields") and (taken := kept_name(described.fields)):
            raise InvalidSchema(taken)

    def _source(self, member: Member) -> Source:
        """Raises InvalidSchema, Knot."""
        source = self._project.source(member)
        kept = {
            name: self._settled[needed.subject].text
            for name, needed in self._project.ordered(member)
            if needed.subject in self._settled
        }
        referents = tuple(Referent(one.name, kept.get(one.name, one.text)) for one in source.referents)
        return Source(source.kind, source.text, referents)

    def _references(self, member: Member) -> tuple[Reference, ...]:
        needed = self._project.needs(member)
        if member.kind == "AVRO":  # a text defines its types once, by whatever names they are used
            needed = list({one.key: (name, one) for name, one in reversed(needed)}.values())[::-1]
        names = self._sight.names
        ours = (
            Reference(name, names.referred(one.subject), self._settled[one.subject].version)
            for name, one in needed
            if one.subject in self._settled
        )
        external = (
            Reference(name, names.referred(names.read(one.subject)), one.version)
            for name, one in self._project.external(member)
        )
        return (*ours, *external)

    def _draft(
        self, member: Member, contract: Contract, references: tuple[Reference, ...], newest: SubjectSchema | None
    ) -> Schema:
        """What is not said here the registry takes over from the version before."""
        metadata = contract.metadata
        if self._sight.owner is not None:
            known = newest.metadata if newest and metadata is None else metadata
            metadata = with_property(known, OWNER, self._sight.owner)
        return Schema(member.facts.text, member.kind, references, metadata, contract.rules)

    async def _version(
        self, member: Member, standing: Standing, described: Description, draft: Schema, contract: Contract
    ) -> int | None:
        """The newest version that is this schema already."""
        if not standing.is_there:
            return None
        newest = standing.newest
        if newest is not None and self._is_text(member, newest, described, draft) and self._fits(newest, contract):
            return newest.version
        normalized = await self._engine.describe(self._source(member), strict=True, normalize=True)
        identities = {described.identity, normalized.identity}
        for is_transitive in (False, True):  # the others only where it is not the newest
            for old in await self._base.olds(member, transitive=is_transitive):
                assert old.against.version is not None
                stored = await self._sight.reading.whole(member.subject, old.against.version)
                if old.kind == member.kind and old.identity in identities and self._fits(stored, contract):
                    return old.against.version
        if any(self._is_open(one) for _, one in self._project.needs(member)):
            return None
        normalize = bool(self._sight.expected.after[member.subject].get("normalize"))
        held = await self._sight.reading.held(member.subject, draft, normalize=normalize)
        return held if held in standing.versions else None

    def _is_open(self, needed: Member) -> bool:
        """Is it not in the registry as it is here?"""
        settled = self._settled.get(needed.subject)
        return settled is None or settled.is_planned

    def _is_text(self, member: Member, newest: SubjectSchema, described: Description, draft: Schema) -> bool:
        """Byte for byte, with the same versions of what it refers to: then nothing needs to be read."""
        is_same = newest.schema_type == member.kind and newest.schema == described.text
        return is_same and set(newest.references) == set(draft.references)

    def _fits(self, stored: SubjectSchema, contract: Contract) -> bool:
        if contract.metadata is not None and not same_metadata(contract.metadata, stored.metadata, self._besides):
            return False
        return contract.rules is None or same_rules(contract.rules, stored.rule_set)

    @property
    def _besides(self) -> str:
        return OWNER if self._sight.owner is not None else ""

    def _why(self, standing: Standing, described: Description, draft: Schema, contract: Contract) -> tuple[str, ...]:
        newest = standing.newest
        if newest is None:
            return ("missing",) if standing.is_deleted else ("new",)
        found = []
        if newest.schema != described.text or newest.schema_type != draft.schema_type:
            found.append("schema")
        elif set(newest.references) != set(draft.references):
            found.append("references")
        if contract.metadata is not None and not same_metadata(contract.metadata, newest.metadata, self._besides):
            found.append("metadata")
        if contract.rules is not None and not same_rules(contract.rules, newest.rule_set):
            found.append("ruleSet")
        return tuple(found) or ("schema",)

    # ---------------------------------------------------------------------------------- what is said of it

    async def _keep(self, member: Member, standing: Standing, version: int) -> None:
        stored = await self._sight.reading.whole(member.subject, version)
        is_newest = version == standing.versions[-1]
        self._settled[member.subject] = Settled(version, stored.schema)
        self._found.subjects[member.subject] = Subject(
            subject=member.subject,
            state="unchanged" if is_newest else "older",
            file=member.path,
            version=version,
            id=stored.id,
            latest=standing.versions[-1],
            drift=() if is_newest else await self._drift(member, standing),
            note="" if is_newest else f"the files have what version {version} has; --reregister makes it the latest",
        )

    async def _register(
        self, member: Member, standing: Standing, described: Description, draft: Schema, why: tuple[str, ...]
    ) -> None:
        config = self._sight.expected.after[member.subject]
        version = standing.highest + 1
        normalize = bool(config.get("normalize"))
        if normalize:
            described = await self._engine.describe(self._source(member), strict=True, normalize=True)
        self._settled[member.subject] = Settled(version, described.text, is_planned=True)
        self._found.registers[member.subject] = Register(
            subject=member.subject,
            file=member.path,
            schema_type=draft.schema_type,
            schema=draft.schema,
            version=version,
            references=draft.references,
            metadata=draft.metadata,
            rule_set=draft.rule_set,
            normalize=normalize,
            is_explicit=why == ("anew",),
            why=why,
            level=config.get("compatibilityLevel") or "BACKWARD",
            policy=config.get("compatibilityPolicy") or "",
            referrers=tuple(user.subject for user in self._project.users(member)),
            refused=foreign(standing, self._sight.owner),
        )
        self._found.subjects[member.subject] = Subject(
            subject=member.subject,
            state="changed" if standing.is_there else "missing" if standing.is_deleted else "new",
            file=member.path,
            version=version,
            latest=standing.versions[-1] if standing.is_there else None,
            drift=("missing",) if standing.is_deleted else await self._drift(member, standing),
        )

    async def _drift(self, member: Member, standing: Standing) -> tuple[Drift, ...]:
        """Was the newest version ever in these files? Where git does not know, nobody is suspected."""
        newest = standing.newest
        if newest is None:
            return ()
        earlier = await self._earlier(member)
        stored = await self._base.olds(member, transitive=False)
        is_known = any(
            old.text == newest.schema or old.identity == stored[0].identity for old in earlier if old.identity
        )
        return () if is_known or not earlier else ("changed outside",)

    async def _earlier(self, member: Member) -> Sequence[Old]:
        try:
            return await self._git.olds(self._here(member), transitive=True)
        except NoBase:
            return ()

    @cached_property
    def _git(self) -> TreeBase:
        sight = self._sight
        return git_base(sight.configuration, "HEAD", sight.engine, sight.facts, sight.configuration.history)

    def _here(self, member: Member) -> Member:
        return replace(member, subject=self._sight.names.here(member.subject) or member.subject)


def in_order(project: Project) -> list[Member]:
    """Each after those that it refers to; where they go round, anyhow."""
    done: dict[str, Member] = {}
    entered: set[str] = set()

    def visit(member: Member) -> None:
        if member.subject not in entered:
            entered.add(member.subject)
            for _, needed in project.needs(member):
                visit(needed)
            done[member.subject] = member

    for member in project.members.values():
        visit(member)
    return list(done.values())
