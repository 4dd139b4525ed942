"""A plan, done: each step only while the registry is as the plan saw it, or has the step behind it already.

So a run that was broken off is finished by running it again, and a registry that somebody else changed is left alone.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import msgspec

from momus.client import (
    ConfigUpdate,
    LoginFailed,
    LoginRefused,
    NotFound,
    Reference,
    Refusal,
    RegistryError,
    Schema,
    SubjectSchema,
    UnexpectedAnswer,
    Unreachable,
)
from momus.gate.names import beside
from momus.gate.plan.reading import Members, Reading
from momus.gate.plan.values import Action, Configure, Delete, Plan, Register, Seen, SetMode

Outcome = Literal["done", "already", "refused", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an action. `version` and `id` are those that the registry gave."""

    action: Action
    outcome: Outcome
    version: int | None = None
    id: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """How far an action is: to be done, done, or overtaken by what `moved` says. `note` is about what was done."""

    is_done: bool = False
    moved: str = ""
    version: int | None = None
    id: int | None = None
    note: str = ""


PENDING: Final = Step()
_MEMBERS: Final = {"compatibilityLevel": "compatibility"}  # as PUT calls them, where that is otherwise


class Failed(Exception):
    """The registry did not do what it was asked; a sentence."""


@dataclass(slots=True)
class Applying:
    """`versions` are those that subjects got: what refers to them does so by these."""

    plan: Plan
    reading: Reading
    versions: dict[str, int] = field(default_factory=dict)
    results: list[Result] = field(default_factory=list)
    _known: dict[str, Seen] = field(init=False)

    def __post_init__(self) -> None:
        self._known = {seen.subject: seen for seen in self.plan.seen}

    async def moved(self) -> list[str]:
        """What changed since the plan was made, a sentence each; nothing is written for it."""
        found: dict[str, None] = {}
        for action in self.plan.actions:
            step = await self._step(action)
            if step.moved:
                found[step.moved] = None
            self._remember(action, step)
        changed = {action.subject for action in self.plan.actions if isinstance(action, Register | Delete)}
        for seen in self.plan.seen:
            if seen.versions and seen.subject not in changed and (moved := await self._moved(seen)):
                found[moved] = None
        return list(found)

    async def run(self, told: Callable[[Action], None], *, continues: bool) -> None:
        """Ends at the first trouble unless it `continues`; then what depends on a failure is left out too."""
        lost: set[str] = set()
        is_over = False
        for action in self.plan.actions:
            needs = {beside(action.subject, one.subject) for one in _references(action)}
            if is_over or (lost & {action.subject, *needs}):
                result = Result(action, "skipped", note="" if is_over else "what it needs was not done")
            else:
                result = await self._one(action)
            if result.outcome not in ("done", "already"):
                lost.add(action.subject)
                is_over = is_over or not continues
            self.results.append(result)
            told(action)

    async def _one(self, action: Action) -> Result:
        if action.refused:
            return Result(action, "refused", note="; ".join(action.refused))
        try:
            step = await self._step(action)
            if step.moved:
                return Result(action, "failed", note=step.moved)
            if not step.is_done:
                step = await self._do(action)
                self._remember(action, step)
                return Result(action, "done", step.version, step.id, step.note)
            self._remember(action, step)
            return Result(action, "already", step.version, step.id)
        except (Unreachable, LoginRefused, LoginFailed, UnexpectedAnswer) as error:
            self.results.append(Result(action, "failed", note=str(error)))
            raise
        except (Failed, RegistryError) as error:
            return Result(action, "failed", note=_sentence(error, action))

    def _remember(self, action: Action, step: Step) -> None:
        if isinstance(action, Register) and step.version is not None:
            self.versions[action.subject] = step.version

    # ---------------------------------------------------------------------------------- how far it is

    async def _step(self, action: Action) -> Step:
        self.reading.forget()
        seen = self._seen(action.subject)
        match action:
            case Register():
                return await self._registered(action, seen)
            case Configure():
                return await self._configured(action)
            case SetMode():
                mode = await self.reading.mode(action.subject)
                if mode == action.after:
                    return Step(is_done=True)
                what = f"the mode of '{action.subject}' is {mode}, and was {action.before}"
                return PENDING if mode == action.before else Step(moved=what)
            case Delete():
                live = tuple(await self.reading.versions(action.subject))
                if not live:
                    return await self._gone(action)
                return PENDING if live == action.versions else Step(moved=_versions_moved(action.subject, seen, live))

    async def _registered(self, action: Register, seen: Seen) -> Step:
        live = tuple(await self.reading.versions(action.subject))
        if live == seen.versions:
            moved = await self._other_id(seen)
            return Step(moved=moved) if moved else PENDING
        newest = await self._newest(action, live)
        if newest is not None and live[:-1] == seen.versions:
            return Step(is_done=True, version=newest.version, id=newest.id)
        return Step(moved=_versions_moved(action.subject, seen, live))

    async def _newest(self, action: Register, live: tuple[int, ...]) -> SubjectSchema | None:
        """The last version, if it is what was to be registered."""
        if not live:
            return None
        held = await self.reading.held(action.subject, self._draft(action), normalize=action.normalize)
        newest = await self.reading.whole(action.subject, live[-1])
        if held is None:
            return None
        is_it = held == newest.version
        if action.is_explicit and not is_it:
            is_it = (await self.reading.whole(action.subject, held)).schema == newest.schema
        return newest if is_it else None

    async def _configured(self, action: Configure) -> Step:
        before, after = action.before, action.after
        now = await self.reading.config(action.subject)
        if all(_is_value(now.get(key), value) for key, value in after.items()):
            return Step(is_done=True)
        others = [key for key in after if now.get(key) not in (before.get(key), after[key])]
        if others and action.subject:
            others = await self._not_from_above(others, before, now)
        moved = [
            f"{key} of '{action.subject or 'all subjects'}' is {now.get(key)}, and was {before.get(key)}"
            for key in others
        ]
        return Step(moved="; ".join(moved)) if moved else PENDING

    async def _not_from_above(self, keys: list[str], before: Members, now: Members) -> list[str]:
        """Apicurio tells of a subject that has versions, and nothing of its own, what holds for all."""
        above = await self.reading.config("")
        return [key for key in keys if before.get(key) is not None or now.get(key) != above.get(key)]

    async def _gone(self, action: Delete) -> Step:
        if not action.permanent:
            return Step(is_done=True)
        try:
            await self.reading.client.list_versions(action.subject, deleted=True)
        except NotFound:
            return Step(is_done=True)
        return PENDING

    async def _moved(self, seen: Seen) -> str:
        live = tuple(await self.reading.versions(seen.subject))
        return await self._other_id(seen) if live == seen.versions else _versions_moved(seen.subject, seen, live)

    async def _other_id(self, seen: Seen) -> str:
        """The same numbers of versions may be those of another registry."""
        if not seen.versions:
            return ""
        last = seen.versions[-1]
        now = (await self.reading.whole(seen.subject, last)).id
        return "" if now == seen.id else f"'{seen.subject}': version {last} has id {now}, and had {seen.id}"

    def _seen(self, subject: str) -> Seen:
        return self._known.get(subject) or Seen(subject=subject)

    # ---------------------------------------------------------------------------------- doing it

    async def _do(self, action: Action) -> Step:
        """Raises Failed, RegistryError."""
        match action:
            case Register():
                return await self._register(action)
            case Configure():
                await self._configure(action)
            case SetMode():
                await self._set_mode(action)
            case Delete():
                await self._delete(action)
        return Step(is_done=True)

    async def _register(self, action: Register) -> Step:
        draft = self._draft(action)
        answer = await self.reading.client.register_schema(
            action.subject,
            draft,
            normalize=action.normalize,
            force=action.force,
            version=action.version if action.is_explicit else None,
        )
        self.reading.forget()
        version = answer.version or await self.reading.held(action.subject, draft, normalize=action.normalize)
        if version is None:
            raise Failed(f"it has id {answer.id} now, but the registry does not find it again")
        if version in self._seen(action.subject).versions:
            if action.is_explicit:
                raise Failed(f"this registry registers nothing anew: it is still version {version}")
            raise Failed(f"the registry says that it is version {version} already, with id {answer.id}")
        await self._has_all(action, version)
        note = "" if version == action.version else f"as version {version}, not {action.version}"
        return Step(is_done=True, version=version, id=answer.id, note=note)

    async def _has_all(self, action: Register, version: int) -> None:
        """A registry that does not know metadata or rules may say nothing."""
        if action.metadata is None and action.rule_set is None:
            return
        stored = await self.reading.whole(action.subject, version)
        lost = [
            word
            for word, sent, kept in (
                ("metadata", action.metadata, stored.metadata),
                ("rules", action.rule_set, stored.rule_set),
            )
            if msgspec.to_builtins(sent) and not kept
        ]
        if lost:
            raise Failed(f"it is version {version} now, with id {stored.id}, but the registry keeps no {lost[0]}")

    def _draft(self, action: Register) -> Schema:
        references = tuple(
            Reference(one.name, one.subject, self.versions.get(beside(action.subject, one.subject), one.version))
            for one in action.references
        )
        return Schema(action.schema, action.schema_type, references, action.metadata, action.rule_set)

    async def _configure(self, action: Configure) -> None:
        scope = action.subject or None
        now = await self.reading.config(action.subject)
        left = {key: value for key, value in {**now, **action.after}.items() if value is not None}
        if not left:
            await self.reading.client.delete_config(scope)
        else:
            changes = {_MEMBERS.get(key, key): value for key, value in action.after.items()}
            await self.reading.client.set_config(msgspec.convert(changes, ConfigUpdate), scope)
        kept = await self.reading.config(action.subject)
        lost = [key for key, value in action.after.items() if not _is_value(kept.get(key), value)]
        if lost:
            raise Failed(f"the registry took the change, but does not keep {', '.join(lost)}")

    async def _set_mode(self, action: SetMode) -> None:
        scope = action.subject or None
        if action.after is None:
            await self.reading.client.delete_mode(scope)
        else:
            await self.reading.client.set_mode(action.after, scope)

    async def _delete(self, action: Delete) -> None:
        if await self.reading.versions(action.subject):
            await self.reading.client.delete_subject(action.subject)
        if action.permanent:
            await self.reading.client.delete_subject(action.subject, permanent=True)


def _references(action: Action) -> Iterable[Reference]:
    return action.references if isinstance(action, Register) else ()


def _is_value(now: Any, wanted: Any) -> bool:
    return now == wanted or (wanted is False and now is None)


def _versions_moved(subject: str, seen: Seen, live: tuple[int, ...]) -> str:
    was, now = (f"versions {', '.join(map(str, each))}" if each else "no version" for each in (seen.versions, live))
    return f"'{subject}' has {now} now, and had {was} when the plan was made"


def _sentence(error: Exception, action: Action) -> str:
    if isinstance(error, Refusal) and error.is_unknown_path:
        return f"this registry cannot do that: {error}"
    if isinstance(error, Refusal) and isinstance(action, Register) and action.force and error.status == 409:
        return f"it is approved, but this registry cannot be forced: set the level to NONE for once. It says: {error}"
    return str(error)
