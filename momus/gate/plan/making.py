"""A plan: what the files say, what the registry has, and the steps from the one to the other, in their order."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from unicodedata import category

import msgspec

from momus.gate.configuration import Configuration, Registry, Settings
from momus.gate.contracts import contracts
from momus.gate.engine import engine
from momus.gate.external import complete
from momus.gate.faults import NoRegistry, WrongConfiguration
from momus.gate.globs import has_wildcard
from momus.gate.names import Names, beside
from momus.gate.plan import ownership, pruning, settings
from momus.gate.plan.expected import Expected
from momus.gate.plan.ids import with_ids
from momus.gate.plan.judging import judged, told
from momus.gate.plan.reading import Members, Reading, Standing
from momus.gate.plan.schemas import REGISTRY, Found, Schemas, Sight, in_order
from momus.gate.plan.values import VERSION, Action, Configure, Delete, Plan, Register, Seen, SetMode, Subject
from momus.gate.project import FactsByContent, Project, project
from momus.gate.registries import Here, opened, reached
from momus.gate.store_bases import StoreBase
from momus.gate.trees import Folder
from momus.gate.weight import refuse_unknown_rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked besides the configuration. `prune` None: as the configuration says."""

    today: date
    tool: str
    registry: str | None = None
    environment: str | None = None
    prune: bool | None = None
    permanent: bool = False
    reregister: bool = False
    told: Callable[[int], None] = lambda _: None  # how many steps there will be, and 0 for each that is done


async def plan(configuration: Configuration, request: Request) -> Plan:
    """Raises Trouble."""
    refuse_unknown_rules(configuration)
    registry = reached(configuration, request.registry, request.environment)
    names = Names(registry.prefix, registry.context)
    facts = FactsByContent()
    folder = Folder(configuration.root)
    here = project(configuration, folder, facts, strict=True)
    _refuse_what_no_registry_takes(here)
    wanted = contracts(configuration, here, folder.ids)
    async with engine() as made, opened(registry) as client:
        reading = Reading(client, names)
        await _refuse_what_it_has_not(registry, reading, is_contract=bool(wanted) or registry.owner is not None)
        await complete(configuration, here, [StoreBase(REGISTRY, Here(reading, names), made)], facts, made)
        now = _Now(configuration, registry, names, reading, _renamed(here, names, facts))
        await now.read(request.told)
        sight = Sight(
            configuration=configuration,
            names=names,
            reading=reading,
            expected=Expected(reading, now.after),
            engine=made,
            facts=facts,
            project=now.project,
            contracts={names.there(subject): contract for subject, contract in wanted.items()},
            standings=now.standings,
            owner=registry.owner,
            reregister=request.reregister,
            today=request.today,
            told=request.told,
        )
        found = await judged(await Schemas(sight).found(), sight)
        found = await _with_modes(await with_ids(found, sight), now)
        prune = registry.prune if request.prune is None else request.prune
        deletes = await now.deletions(permanent=request.permanent) if prune else []
        actions = tuple(_ordered(now, found, deletes))
        return Plan(
            version=VERSION,
            tool=request.tool,
            registry=registry.url,
            config=configuration.file,
            environment=request.environment,
            subjects=tuple(_subjects(now, found)),
            actions=actions,
            seen=tuple(await now.seen(actions)),
            problems=tuple(told(one) for one in found.problems),
        )


def _renamed(here: Project, names: Names, facts: FactsByContent) -> Project:
    members = (replace(member, subject=names.there(member.subject)) for member in here.members.values())
    return Project(members, facts.external)


def _refuse_what_no_registry_takes(here: Project) -> None:
    """Control characters, and halves of characters, as a file's name may have them."""
    for member in here.members.values():
        if any(category(each) in ("Cc", "Cs") for each in member.subject):
            raise WrongConfiguration(f"{member.path!a}: no registry takes {member.subject!a} as a subject")


async def _refuse_what_it_has_not(registry: Registry, reading: Reading, *, is_contract: bool) -> None:
    if registry.context and not await reading.has_contexts():
        raise NoRegistry(
            f"{registry.url} knows no contexts, which the environment asks for: give it a `prefix` instead"
        )
    if is_contract and not await reading.keeps_metadata():
        raise NoRegistry(
            f"{registry.url} keeps no metadata and no rules with its schemas, which contracts and `owner` are about"
        )


class _Now:
    """The registry as it is, as far as it concerns these files, and what is wanted of its settings."""

    def __init__(
        self, configuration: Configuration, registry: Registry, names: Names, reading: Reading, renamed: Project
    ) -> None:
        self.configuration = configuration
        self.registry = registry
        self.names = names
        self.reading = reading
        self.project = renamed
        self.standings: dict[str, Standing] = {}
        self.extras: dict[str, Standing] = {}
        self.modes: dict[str, str | None] = {}
        self.wanted: dict[str, Settings] = {}
        self.configures: dict[str, Configure] = {}
        self.set_modes: dict[str, SetMode] = {}
        self.above: Members = {}
        self.after: dict[str, Members] = {}

    async def read(self, told: Callable[[int], None]) -> None:
        there, deleted = await self.reading.names_there()
        self.wanted = self._wanted()
        told(len(self.wanted) + len(self.project.members))

        async def standing(subject: str) -> Standing:
            found = await self.reading.standing(subject, is_known=subject in there or subject in deleted)
            told(0)
            return found

        self.standings = {one.subject: one for one in await self.reading.together(map(standing, self.wanted))}
        found = pruning.extras(there, self.wanted, self.registry, self.names)
        self.extras = {one.subject: one for one in await self.reading.together(map(self.reading.standing, found))}
        await self._compare_settings()

    def _wanted(self) -> dict[str, Settings]:
        """By the names there: of all that has a file, and of all that has settings of its own."""
        configuration = self.configuration
        found = {
            subject: settings.wanted(configuration, self.names, self.names.here(subject) or "", member.entry)
            for subject, member in self.project.members.items()
        }
        for name in configuration.subjects:
            there = self.names.there(name)
            if not has_wildcard(name) and there not in found:
                found[there] = settings.wanted(configuration, self.names, name, None)
        aliases = [subject for subject in self.project.members if found[subject].config.get("alias")]
        if aliases:
            raise WrongConfiguration(
                f"{configuration.file}: '{aliases[0]}' has a file, and cannot be an alias of another subject as well"
            )
        return found

    async def _compare_settings(self) -> None:
        top = self.names.top
        everywhere = self.configuration.everywhere
        own = await self.reading.config(top)
        change = settings.configure(top, everywhere, own, {})
        if change:
            self.configures[top] = change
        self.above = settings.own_after(await self.reading.config(top, effective=True), change)
        for subject, wanted in self.wanted.items():
            change = settings.configure(subject, wanted, self.standings[subject].config, self.above)
            if change:
                self.configures[subject] = msgspec.structs.replace(change, refused=self._foreign(subject))
            after = settings.own_after(self.standings[subject].config, change)
            self.after[subject] = settings.effective(after, self.above)
        await self._compare_modes({top: everywhere, **self.wanted})

    async def _compare_modes(self, wanted: Mapping[str, Settings]) -> None:
        asked = [subject for subject, one in wanted.items() if one.mode is not None]
        self.modes = dict(zip(asked, await self.reading.together(map(self.reading.mode, asked)), strict=True))
        for subject in asked:
            change = settings.mode(subject, wanted[subject], self.modes[subject])
            if change:
                self.set_modes[subject] = msgspec.structs.replace(change, refused=self._foreign(subject))

    def _foreign(self, subject: str) -> tuple[str, ...]:
        standing = self.standings.get(subject)
        return ownership.foreign(standing, self.registry.owner) if standing else ()

    async def mode_of(self, subject: str) -> str:
        """That will hold when versions are registered: what opens is set before, what closes after."""
        change = self.set_modes.get(subject)
        if change is not None and change.after in settings.OPEN:
            return change.after or await self.mode_of(self.names.top)
        return await self.reading.mode(subject, effective=True) or "READWRITE"

    async def deletions(self, *, permanent: bool) -> list[Delete]:
        return await pruning.deletions(self.extras, self.registry, self.reading, permanent=permanent)

    async def seen(self, actions: Iterable[Action]) -> list[Seen]:
        """Of all that the actions change, and of what is referred to."""
        asked: dict[str, None] = {}
        for action in actions:
            asked[action.subject] = None
            if isinstance(action, Register):
                asked |= dict.fromkeys(beside(action.subject, one.subject) for one in action.references)
        known = self.standings | self.extras
        return [
            await self._top() if subject == self.names.top
            else self._seen(known.get(subject) or await self.reading.standing(subject))
            for subject in asked
        ]  # fmt: skip

    def _seen(self, standing: Standing) -> Seen:
        return Seen(
            subject=standing.subject,
            versions=standing.versions,
            id=standing.newest.id if standing.newest else None,
            config=dict(standing.config),
            mode=self.modes.get(standing.subject),
        )

    async def _top(self) -> Seen:
        top = self.names.top
        return Seen(subject=top, config=dict(await self.reading.config(top)), mode=self.modes.get(top))


async def _with_modes(found: Found, now: _Now) -> Found:
    """A subject that may not be written is told before anything is tried."""
    modes = await now.reading.together(map(now.mode_of, found.registers))
    asked = zip(found.registers.items(), modes, strict=True)
    return replace(found, registers={subject: _with_mode(register, mode) for (subject, register), mode in asked})


def _with_mode(register: Register, mode: str) -> Register:
    if mode == "READWRITE":
        return register
    refused = (*register.refused, f"its mode is {mode}: nothing may be registered")
    return msgspec.structs.replace(register, refused=refused)


def _ordered(now: _Now, found: Found, deletes: list[Delete]) -> Iterable[Action]:
    """What opens a subject, what its schema is judged by, the schema, what closes it; aliases when there is what they
    name, and last what goes.
    """
    top = now.names.top
    yield from _around(now, top, None, is_there=True, closes=False)
    order = [member.subject for member in in_order(now.project)]
    rest = [subject for subject in now.wanted if subject not in now.project.members]
    for subject in (*order, *rest):
        yield from _around(now, subject, found.registers.get(subject), is_there=now.standings[subject].is_there)
    yield from deletes
    if top in now.set_modes and now.set_modes[top].after not in settings.OPEN:
        yield now.set_modes[top]


def _around(
    now: _Now, subject: str, register: Register | None, *, is_there: bool, closes: bool = True
) -> Iterable[Action]:
    configure, mode = now.configures.get(subject), now.set_modes.get(subject)
    if mode and mode.after in settings.OPEN:
        yield mode
    is_first = is_there or register is None or (configure is not None and settings.STORED & configure.after.keys())
    if configure and is_first:
        yield configure
    if register:
        yield register
    if configure and not is_first:
        yield configure
    if mode and closes and mode.after not in settings.OPEN:
        yield mode


def _subjects(now: _Now, found: Found) -> Iterable[Subject]:
    for member in now.project.members.values():
        subject = found.subjects.get(member.subject)
        if subject is not None:
            yield _with_settings(subject, now)
    for standing in now.extras.values():
        yield pruning.told(standing, now.registry)


def _with_settings(subject: Subject, now: _Now) -> Subject:
    is_other = subject.subject in now.configures or subject.subject in now.set_modes
    if not is_other or subject.state in ("new", "missing"):
        return subject
    return msgspec.structs.replace(subject, drift=(*subject.drift, "settings differ"))
