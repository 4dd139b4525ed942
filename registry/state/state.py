"""The state of the registry: what the records, folded in order, make true.

`State.apply` is total and deterministic: it never refuses, never parses schema text, knows no clock and no caller. A
record in the log has happened. Questions are asked by `queries.py`; nothing but `apply` changes a state.
"""

from bisect import bisect_left, insort
from dataclasses import dataclass, field

import msgspec

from registry.names import Place, SchemaId, Subject, Version, subject_of
from registry.state.records import (
    OUR_FORMAT,
    AssociationKey,
    AssociationRecord,
    ClaimRecord,
    ClaimTombstone,
    ConfigRecord,
    ContextRecord,
    FormatRecord,
    HighestId,
    ModeRecord,
    Record,
    SchemaRecord,
    SchemaTombstone,
    SubjectDeleted,
    SubjectDeletedTombstone,
    Unreadable,
    canonical_key,
)
from registry.state.table import Table
from registry.state.values import Association, Config, Mode

SHOWN_UNREADABLE = 10


@dataclass(slots=True)
class Versions:
    """The versions of a subject, soft-deleted ones included. `numbers` ascend."""

    records: dict[Version, SchemaRecord] = field(default_factory=dict)
    numbers: list[Version] = field(default_factory=list)
    live: int = 0

    def copy(self) -> "Versions":
        return Versions(dict(self.records), list(self.numbers), self.live)

    def put(self, record: SchemaRecord) -> None:
        old = self.records.get(record.version)
        if old is None:
            insort(self.numbers, record.version)
        self.records[record.version] = record
        self.live += (not record.deleted) - (old is not None and not old.deleted)

    def remove(self, version: Version) -> None:
        record = self.records.pop(version)
        del self.numbers[bisect_left(self.numbers, version)]
        self.live -= not record.deleted


@dataclass(slots=True)
class Holders:
    """An id in a context: the places that hold it, what it means, and the record to show for it.

    The first content that an id was given stays its meaning, as consumers have already decoded by it; a place with
    the same id and another content is in `conflicts`, visible under its subject only. `shown` is the first of the
    places by (live before deleted, subject, version), so that it does not depend on how the log was compacted.
    """

    shown: SchemaRecord
    places: dict[Place, SchemaRecord] = field(default_factory=dict)
    conflicts: dict[Place, SchemaRecord] = field(default_factory=dict)

    def copy(self) -> "Holders":
        return Holders(self.shown, dict(self.places), dict(self.conflicts))

    def add(self, record: SchemaRecord) -> None:
        if record.identity != self.shown.identity:
            self.conflicts[record.place] = record
            return
        self.places[record.place] = record
        if record is not self.shown and _showing(record) <= _showing(self.shown):
            self.shown = record

    def replace(self, record: SchemaRecord) -> None:
        """A place with the same schema again: deleted, or written anew. What the id means stays."""
        if record.place in self.conflicts:
            self.conflicts[record.place] = record
            return
        self.places[record.place] = record
        if self.shown.place == record.place:
            self.shown = min(self.places.values(), key=_showing)
        elif _showing(record) < _showing(self.shown):
            self.shown = record

    def remove(self, place: Place) -> None:
        """Forget a place. With its last place the id takes the meaning of the oldest conflict, if there is one."""
        if self.conflicts.pop(place, None) is not None:
            return
        del self.places[place]
        if not self.places and self.conflicts:
            identity = next(iter(self.conflicts.values())).identity
            self.places = {at: record for at, record in self.conflicts.items() if record.identity == identity}
            self.conflicts = {at: record for at, record in self.conflicts.items() if record.identity != identity}
        if self.places and self.shown.place == place:
            self.shown = min(self.places.values(), key=_showing)


def _same_schema(old: SchemaRecord, new: SchemaRecord) -> bool:
    """The same under the same id: nothing but the deletion, or what is carried on, can have changed."""
    return (old.id, old.identity, old.references) == (new.id, new.identity, new.references)


def _showing(record: SchemaRecord) -> tuple[bool, Subject, Version]:
    return record.deleted, record.subject, record.version


def leads(association: Association) -> tuple[tuple[str, str], ...]:
    """By what an association is found: its subject, its resource's id, its resource's name."""
    return (
        ("subject", association.subject),
        ("id", association.resourceId),
        ("name", association.resourceName),
    )


class SubjectNames:
    """The qualified names of all subjects in order, made when they are asked for."""

    def __init__(self) -> None:
        self._sorted: list[str] = []
        self._fresh: set[str] = set()
        self._gone: set[str] = set()

    def add(self, name: str) -> None:
        """A name that was not there."""
        if name in self._gone:
            self._gone.discard(name)
        else:
            self._fresh.add(name)

    def remove(self, name: str) -> None:
        """A name that was there."""
        if name in self._fresh:
            self._fresh.discard(name)
        else:
            self._gone.add(name)

    def ordered(self) -> list[str]:
        """A list that nobody changes any more: the next one is made anew."""
        if self._gone:
            self._sorted = [name for name in self._sorted if name not in self._gone]
            self._gone.clear()
        if self._fresh:
            self._sorted = sorted(self._sorted + sorted(self._fresh))  # two runs in order: merged in one go
            self._fresh.clear()
        return self._sorted


class State:
    """What is true after the records so far. Read its tables through `queries`.

    A `draft` sees all of the state and keeps what is applied to it to itself.
    """

    def __init__(self) -> None:
        self.subjects: Table[Subject, Versions] = Table()
        self.ids: Table[tuple[str, SchemaId], Holders] = Table()
        self.guids: Table[bytes, tuple[tuple[str, SchemaId], ...]] = Table()
        self.referrers: Table[Place, dict[Place, None]] = Table()
        self.configs: Table[Subject, Config] = Table()
        self.modes: Table[Subject, Mode] = Table()
        self.contexts: Table[str, bool] = Table()
        self.population: Table[str, int] = Table()  # subjects in a context
        self.highest: Table[str, int] = Table()  # the highest id ever issued in a context
        self.remembered: Table[str, int] = Table()  # of that, what a record of ours says
        self.associations: Table[AssociationKey, Association] = Table()
        self.tied: Table[tuple[str, str], dict[AssociationKey, None]] = Table()  # what `leads` of an association say
        self.deletions: Table[Subject, bool] = Table()  # DELETE_SUBJECT records in the log
        self.conflicts: Table[Place, SchemaId] = Table()  # ids that mean something else
        self.spellings: Table[bytes, tuple[bytes, ...]] = Table()  # canonical key: others
        self.claims: Table[int, bytes] = Table()  # epochs that primaries of a cluster claimed: their keys
        self.voids: Table[bytes, Record] = Table()  # what a deposed primary wrote, by canonical key: to be written over
        self.claim: ClaimRecord | None = None  # the one that counts
        self.log = ""  # the name of the log, by its first claim
        self.other_log = ""  # another name that was met in it: this is not the log that it was
        self.format = 0  # of our own records; 0: there are none
        self.position = 0  # one more than the last offset
        self.live_schemas = 0  # versions that are not deleted; of this layer only, as all below
        self.live_subjects = 0
        self.unreadable: list[Unreadable] = []  # the first few
        self.unreadable_count = 0
        self.names = SubjectNames()

    def draft(self) -> "State":
        draft = State()
        for name, table in vars(self).items():
            if isinstance(table, Table):
                setattr(draft, name, table.draft())
        draft.format, draft.position = self.format, self.position
        draft.claim, draft.log, draft.other_log = self.claim, self.log, self.other_log
        return draft

    def is_void(self, epoch: int | None) -> bool:
        """Does a record of this epoch, if it comes next, count for nothing: was its writer deposed before?"""
        return epoch is not None and self.claim is not None and epoch < self.claim.epoch

    def apply(self, record: Record, epoch: int | None = None) -> None:
        """`epoch` is the one under which the record was written, where a primary of a cluster wrote it."""
        canonical = canonical_key(record)
        if self.is_void(epoch):
            self.voids.put(canonical, record)
        else:
            self.voids.drop(canonical)
            self._spell(record, canonical)
            self._fold(record)
        self.position = max(self.position, record.offset + 1)

    def _fold(self, record: Record) -> None:
        match record:
            case SchemaRecord():
                self._schema(record)
            case SchemaTombstone():
                self._schema_tombstone(record)
            case ConfigRecord():
                self._config(record)
            case ModeRecord():
                self._mode(record)
            case SubjectDeleted():
                self._subject_deleted(record)
            case SubjectDeletedTombstone():
                self.deletions.drop(record.subject)
            case ContextRecord():
                self._context(record)
            case AssociationRecord():
                self._association(record)
            case HighestId():
                self.remembered.put(record.context, record.highest)
                self._issue(record.context, record.highest)
            case FormatRecord():
                self.format = max(self.format, record.format)
            case ClaimRecord():
                self._claim(record)
            case ClaimTombstone():
                self.claims.drop(record.epoch)
            case Unreadable():
                self._unreadable(record)
            case _:
                pass  # it says nothing

    def keys(self, canonical: bytes) -> tuple[bytes, ...]:
        """Every spelling of a key that the log has shown, and the canonical one."""
        return (*(self.spellings.get(canonical) or ()), canonical)

    def _spell(self, record: Record, canonical: bytes) -> None:
        if record.key != canonical:
            known = self.spellings.get(canonical) or ()
            if record.key not in known:
                self.spellings.put(canonical, (*known, record.key))

    def _schema(self, record: SchemaRecord) -> None:
        versions = self.subjects.own(record.subject, Versions.copy, Versions)
        old = versions.records.get(record.version)
        is_again = old is not None and _same_schema(old, record)
        if old is not None and not is_again:
            self._unlink(old)
        elif not versions.numbers:
            self._populate(record.subject, 1)
            self.names.add(str(record.subject))
        before = versions.live
        versions.put(record)
        self._count(before, versions.live)
        if is_again:
            self.ids.own((record.subject.context, record.id), Holders.copy, lambda: Holders(record)).replace(record)
        else:
            self._link(record)

    def _schema_tombstone(self, record: SchemaTombstone) -> None:
        known = self.subjects.get(record.subject)
        if known is None or record.version not in known.records:
            return
        versions = self.subjects.own(record.subject, Versions.copy, Versions)
        self._unlink(versions.records[record.version])
        before = versions.live
        versions.remove(record.version)
        self._count(before, versions.live)
        if not versions.numbers:
            self.subjects.drop(record.subject)
            self._populate(record.subject, -1)
            self.names.remove(str(record.subject))

    def _count(self, before: int, after: int) -> None:
        self.live_schemas += after - before
        self.live_subjects += bool(after) - bool(before)

    def _populate(self, subject: Subject, change: int) -> None:
        count = (self.population.get(subject.context) or 0) + change
        if count:
            self.population.put(subject.context, count)
        else:
            self.population.drop(subject.context)

    def _link(self, record: SchemaRecord) -> None:
        context = record.subject.context
        named = (context, record.id)
        if self.ids.get(named) is None:
            self.guids.put(record.guid, (*(self.guids.get(record.guid) or ()), named))
        holders = self.ids.own(named, Holders.copy, lambda: Holders(record))
        holders.add(record)
        if record.place in holders.conflicts:
            self.conflicts.put(record.place, record.id)
        for reference in record.references:
            target = Place(subject_of(reference.subject, context), Version(reference.version))
            self.referrers.own(target, dict, dict)[record.place] = None
        self._issue(context, record.id)

    def _unlink(self, record: SchemaRecord) -> None:
        context = record.subject.context
        named = (context, record.id)
        holders = self.ids.own(named, Holders.copy, lambda: Holders(record))
        before = holders.shown
        holders.remove(record.place)
        self.conflicts.drop(record.place)
        if not holders.places:
            self.ids.drop(named)
            self._forget(before.guid, named)
        elif holders.shown.identity != before.identity:
            self._forget(before.guid, named)
            self.guids.put(holders.shown.guid, (*(self.guids.get(holders.shown.guid) or ()), named))
            for place in holders.places:
                self.conflicts.drop(place)
        for reference in record.references:
            target = Place(subject_of(reference.subject, context), Version(reference.version))
            referrers = self.referrers.own(target, dict, dict)
            referrers.pop(record.place, None)
            if not referrers:
                self.referrers.drop(target)

    def _forget(self, guid: bytes, named: tuple[str, SchemaId]) -> None:
        left = tuple(other for other in self.guids.get(guid) or () if other != named)
        if left:
            self.guids.put(guid, left)
        else:
            self.guids.drop(guid)

    def _issue(self, context: str, highest: int) -> None:
        if highest > (self.highest.get(context) or 0):
            self.highest.put(context, highest)

    def _config(self, record: ConfigRecord) -> None:
        if record.config is None:
            self.configs.drop(record.subject)
        else:
            self.configs.put(record.subject, record.config)

    def _mode(self, record: ModeRecord) -> None:
        if record.mode is None:
            self.modes.drop(record.subject)
        else:
            self.modes.put(record.subject, record.mode)

    def _subject_deleted(self, record: SubjectDeleted) -> None:
        self.deletions.put(record.subject, True)  # noqa: FBT003  (a set of subjects)
        known = self.subjects.get(record.subject)
        for number in list(known.numbers) if known else ():
            old = known.records[number] if known else None
            if old and not old.deleted and (record.version is None or number <= record.version):
                self._schema(msgspec.structs.replace(old, deleted=True))

    def _context(self, record: ContextRecord) -> None:
        if record.exists:
            self.contexts.put(record.context, True)  # noqa: FBT003  (a set of contexts)
        else:
            self.contexts.drop(record.context)

    def _association(self, record: AssociationRecord) -> None:
        old = self.associations.get(record.name)
        if old is not None:
            self.associations.drop(record.name)
            self._unlead(record.name, old)
        if record.association is not None:
            self.associations.put(record.name, msgspec.structs.replace(record.association, updateTs=record.timestamp))
            for lead in leads(record.association):
                self.tied.own(lead, dict, dict)[record.name] = None

    def _unlead(self, name: AssociationKey, association: Association) -> None:
        for lead in leads(association):
            tied = self.tied.own(lead, dict, dict)
            tied.pop(name, None)
            if not tied:
                self.tied.drop(lead)

    def _claim(self, record: ClaimRecord) -> None:
        """Of two claims of one epoch the first counts. Copies of a log keep the claims of the original."""
        if self.claim is not None and record.epoch <= self.claim.epoch:
            return
        self.claim = record
        self.claims.put(record.epoch, record.key)
        self.log = self.log or record.log
        if record.log != self.log:
            self.other_log = record.log

    def _unreadable(self, record: Unreadable) -> None:
        self.unreadable_count += 1
        if len(self.unreadable) < SHOWN_UNREADABLE:
            self.unreadable.append(record)

    @property
    def conflict_count(self) -> int:
        """Versions whose id was given to another schema first: another writer's fault, never ours."""
        return len(self.conflicts)

    @property
    def is_of_newer_format(self) -> bool:
        """Does the log hold records of ours that this program does not know? Then it must not be written to."""
        return self.format > OUR_FORMAT
