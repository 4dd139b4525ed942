"""What can be asked of a state. Every function is pure, waits for nothing, and answers None when there is nothing."""

from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import TypeVar

from msgspec import structs

from registry.names import ANY_CONTEXT, DEFAULT_CONTEXT, GLOBAL_CONTEXT, Place, SchemaId, Subject, Version, subject_of
from registry.state.records import SchemaRecord
from registry.state.state import Holders, State
from registry.state.values import Config, Mode, ReferenceValue

T = TypeVar("T")

LATEST = -1  # as a version: the highest live one

GLOBAL = Subject(GLOBAL_CONTEXT, "")
TOP = Subject(DEFAULT_CONTEXT, "")  # the default context: what `/config` and `/mode` mean


# Subjects and versions


def versions(state: State, subject: Subject, *, live: bool = True, deleted: bool = False) -> list[SchemaRecord]:
    """The versions of a subject in order: live ones, soft-deleted ones, or both."""
    known = state.subjects.get(subject)
    if known is None:
        return []
    records = (known.records[number] for number in known.numbers)
    return [record for record in records if (deleted if record.deleted else live)]


def version(state: State, subject: Subject, number: int) -> SchemaRecord | None:
    known = state.subjects.get(subject)
    return known.records.get(Version(number)) if known else None


def latest(state: State, subject: Subject) -> SchemaRecord | None:
    """The highest live version."""
    known = state.subjects.get(subject)
    if known is None or not known.live:
        return None
    return next(record for number in reversed(known.numbers) if not (record := known.records[number]).deleted)


def version_or_latest(state: State, subject: Subject, number: int) -> SchemaRecord | None:
    """The version, soft deleted or not; the highest live one where `number` is -1."""
    return latest(state, subject) if number == LATEST else version(state, subject, number)


def highest_version(state: State, subject: Subject) -> int:
    """Soft-deleted versions count; 0 when there is none."""
    known = state.subjects.get(subject)
    return known.numbers[-1] if known else 0


def has_subject(state: State, subject: Subject, *, include_deleted: bool = False) -> bool:
    known = state.subjects.get(subject)
    return known is not None and (include_deleted or known.live > 0)


def subject_names(state: State) -> list[str]:
    """All qualified names in order, soft-deleted subjects included. Of a committed state only, not of a draft."""
    return state.names.ordered()


def matches(subject: Subject, prefix: Subject) -> bool:
    """Does the subject begin with this prefix? The context `*` of a prefix is any context."""
    return prefix.context in (ANY_CONTEXT, subject.context) and subject.name.startswith(prefix.name)


def subjects_in(state: State, scope: Subject) -> Iterator[Subject]:
    """The subjects of a context when `scope` is one, else the one subject, if it has versions."""
    if not scope.is_context:
        yield from (scope,) if state.subjects.get(scope) else ()
        return
    yield from (subject for subject in state.subjects if subject.context == scope.context)


# Ids


def holders(state: State, context: str, number: int) -> Holders | None:
    return state.ids.get((context, SchemaId(number)))


def schema(state: State, context: str, number: int) -> SchemaRecord | None:
    """What an id means in a context. Soft-deleted schemas stay readable by id."""
    found = holders(state, context, number)
    return found.shown if found else None


def places(state: State, context: str, number: int, *, include_deleted: bool) -> list[SchemaRecord]:
    """The versions that carry an id, by subject and version."""
    found = holders(state, context, number)
    if found is None:
        return []
    records = sorted(found.places.values(), key=lambda record: (str(record.subject), record.version))
    return [record for record in records if include_deleted or not record.deleted]


def id_of(state: State, context: str, kind: str, guid: bytes) -> SchemaId | None:
    """The id under which a context knows a schema; the lowest where another writer has given it more than one."""
    numbers = (number for at, number in state.guids.get(guid) or () if at == context)
    return min((number for number in numbers if _is_of_kind(state, context, number, kind)), default=None)


def _is_of_kind(state: State, context: str, number: SchemaId, kind: str) -> bool:
    found = state.ids.get((context, number))
    return found is not None and found.shown.kind == kind


def ids_of(state: State, guid: bytes) -> list[tuple[str, SchemaId]]:
    """Every (context, id) of a GUID, in order."""
    return sorted(state.guids.get(guid) or ())


def highest_id(state: State, context: str) -> int:
    """The highest id ever issued in a context, also when nothing carries it any more."""
    return state.highest.get(context) or 0


def holding(state: State, subject: Subject, number: int) -> SchemaRecord | None:
    """The record by which a subject holds an id: a live version before a deleted one, the newest before older ones."""
    found = holders(state, subject.context, number)
    records = [record for record in found.places.values() if record.subject == subject] if found else []
    return max(records, key=lambda record: (not record.deleted, record.version), default=None)


# References


def target(referrer: Subject, reference: ReferenceValue) -> Place:
    """What a reference points to; an unqualified subject is in the referrer's context."""
    return Place(subject_of(reference.subject, referrer.context), Version(reference.version))


def referrers(state: State, place: Place, *, include_deleted: bool) -> list[SchemaRecord]:
    """The versions that refer to one version."""
    found = (version(state, at.subject, at.version) for at in state.referrers.get(place) or ())
    return [record for record in found if record and (include_deleted or not record.deleted)]


# Config and mode


def chain(scope: Subject) -> tuple[Subject, ...]:
    """Where a subject's or context's settings come from, nearest first."""
    if scope.context == GLOBAL_CONTEXT:
        return (GLOBAL,)
    context = Subject(scope.context, "")
    return (context, GLOBAL) if scope.is_context else (scope, context, GLOBAL)


INHERITED = (
    "normalize",
    "validateFields",
    "validateNewSchemas",
    "validateRules",
    "compatibilityLevel",
    "compatibilityPolicy",
    "compatibilityGroup",
    "defaultMetadata",
    "overrideMetadata",
    "defaultRuleSet",
    "overrideRuleSet",
)


def own_config(state: State, scope: Subject) -> Config | None:
    return state.configs.get(scope)


def effective_config(state: State, scope: Subject, default: Config) -> Config:
    """What holds for a subject or context: each field from the nearest place that sets it, at last from `default`.

    An alias is the subject's own. Confluent mixes the levels of other places in (`docs/decisions/config-chain.md`).
    """
    layers = [config for at in chain(scope) if (config := state.configs.get(at))]
    if not layers:
        return default
    layers.append(default)
    effective = {name: _first(getattr(layer, name) for layer in layers) for name in INHERITED}
    own = state.configs.get(scope) or Config()
    return structs.replace(own, **effective)


def own_mode(state: State, scope: Subject) -> Mode | None:
    return state.modes.get(scope)


def effective_mode(state: State, scope: Subject) -> Mode:
    return _first(state.modes.get(at) for at in chain(scope)) or "READWRITE"


def aliased(state: State, subject: Subject) -> Subject:
    """The subject that an alias stands for, one hop; the subject itself when it is none."""
    config = state.configs.get(subject)
    return subject_of(config.alias, subject.context) if config and config.alias else subject


def aliases(state: State) -> dict[Subject, list[Subject]]:
    """Every subject that aliases stand for, with those aliases, in order."""
    found: dict[Subject, list[Subject]] = {}
    for at, config in sorted(state.configs.items(), key=itemgetter(0)):
        if config.alias:
            found.setdefault(subject_of(config.alias, at.context), []).append(at)
    return found


# Contexts


def contexts(state: State) -> list[str]:
    """The default context first, then the others in order."""
    known = {*state.contexts, *state.population} - {DEFAULT_CONTEXT}
    return [DEFAULT_CONTEXT, *sorted(known)]


def elsewhere(state: State, subject: Subject) -> Iterator[Subject]:
    """The same name in every other context: where a read of an unqualified subject looks next."""
    yield from (Subject(context, subject.name) for context in contexts(state) if context != subject.context)


def _first(found: Iterable[T | None]) -> T | None:
    return next((value for value in found if value is not None), None)


# The texts that a schema needs


class ReferenceMissing(Exception):
    """A reference that leads nowhere; `message` is Confluent's sentence."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def with_versions(state: State, referrer: Subject, references: Iterable[ReferenceValue]) -> tuple[ReferenceValue, ...]:
    """The references with the real number for each -1. Raises ReferenceMissing for an incomplete one."""
    numbered = []
    for reference in references:
        if not reference.name or not reference.subject or reference.version == 0:
            shown = f"{{name='{reference.name}', subject='{reference.subject}', version={reference.version}}}"
            raise ReferenceMissing(f"Invalid reference: {shown}")
        if reference.version == -1:
            found = latest(state, target(referrer, reference).subject)
            if found is None:
                raise _leads_nowhere(referrer, reference)
            reference = structs.replace(reference, version=int(found.version))  # noqa: PLW2901
        numbered.append(reference)
    return tuple(numbered)


def referents(
    state: State, referrer: Subject, references: Iterable[ReferenceValue], *, include_deleted: bool
) -> list[tuple[str, str]]:
    """(name, text) of every schema that these references need, each after those it needs itself.

    The first binding of a name wins, as in Confluent. Raises ReferenceMissing. Cycles (a foreign log may hold one) end.
    """
    found: dict[str, str] = {}
    entered: set[str] = set()
    todo: list[tuple[Subject, ReferenceValue, SchemaRecord | None]] = [
        (referrer, reference, None) for reference in reversed(list(references))
    ]
    while todo:
        at, reference, record = todo.pop()
        if record is not None:
            found[reference.name] = record.text
        elif reference.name not in entered:
            entered.add(reference.name)
            record = version(state, target(at, reference).subject, reference.version)
            if record is None or (record.deleted and not include_deleted):
                raise _leads_nowhere(at, reference)
            todo.append((at, reference, record))
            todo += [(record.subject, inner, None) for inner in reversed(record.references)]
    return list(found.items())


def _leads_nowhere(referrer: Subject, reference: ReferenceValue) -> ReferenceMissing:
    subject = target(referrer, reference).subject
    return ReferenceMissing(f'No schema reference found for subject "{subject}" and version {reference.version}')


def contradiction(old: State, new: State) -> str:
    """What was true in `old` and cannot be true of the same log any more, for people; "" when there is no such thing.

    Schemas may have been deleted since. But no id that was issued may be unknown now, or mean another schema.
    """
    for context, highest in sorted(old.highest.items()):
        known = new.highest.get(context) or 0
        if known < highest:
            return f"ids up to {highest} were issued in the context {context}, and the log knows of {known} only"
    for (context, number), holders in old.ids.items():
        now = new.ids.get((context, number))
        if now is not None and now.shown.identity != holders.shown.identity:
            return f"the id {number} in the context {context} is another schema in the log than it was"
    return ""
