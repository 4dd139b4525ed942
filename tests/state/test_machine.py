"""The machine in motion: commands in any order, written by us and by others, with compactions and restarts in between.

After every step the log, read from its bytes, must answer as the registry does that wrote it. That one comparison is
"replay equals life" and "the compacted log answers as the full one"; the rules say the rest.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from registry.names import Place, Subject
from registry.refusals import Refusal
from registry.state import queries
from registry.state.commands import (
    Command,
    DeleteConfig,
    DeleteContext,
    DeleteMode,
    DeleteSubject,
    DeleteVersion,
    Draft,
    Register,
    Retag,
    SetConfig,
    SetMode,
)
from registry.state.decisions import Decision, decide
from registry.state.decisions.register import Registered
from registry.state.records import SchemaRecord, Write, config_key, config_write, read, schema_key, schema_write
from registry.state.state import State
from registry.state.values import Config
from tests.state.answers import answers
from tests.state.explore import examples
from tests.state.known import KNOWN, Registry, compacted, folded
from tests.state.rows import record
from tests.state.wishes import (
    LEVELS,
    SCOPES,
    SUBJECTS,
    commands,
    deletions,
    plain_registrations,
    registrations,
    retags,
    settings,
    subjects,
)


class Machine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.registry = Registry()
        self.schemas = 0
        self.seen: set[tuple[str, int]] = set()  # every id that ever was in the log, by context

    @initialize()
    def begin(self) -> None:
        """Without a level most registrations succeed, and with them what follows."""
        self.registry.do(SetConfig(queries.GLOBAL, {"compatibilityLevel": "NONE"}))
        for subject in SUBJECTS[:4]:
            self.registers_a_new_schema(subject)

    # What we do

    @rule(subject=subjects)
    def registers_a_new_schema(self, subject: Subject) -> None:
        self.schemas += 1
        self._do(Register(subject, Draft(record(f"N{self.schemas}")), force=True))

    @rule(command=plain_registrations)
    def registers_a_common_schema(self, command: Command) -> None:
        self._do(command)

    @rule(command=registrations | retags)
    def registers_with_all_that_goes_with_it(self, command: Command) -> None:
        self._do(command)

    @precondition(lambda self: self.has_versions)
    @rule(data=st.data(), permanent=st.booleans())
    def deletes_a_version(self, data: st.DataObject, *, permanent: bool) -> None:
        subject, version = data.draw(st.sampled_from(self._places()))
        self._do(DeleteVersion(subject, version))
        if permanent:
            self._do(DeleteVersion(subject, version, permanent))

    @precondition(lambda self: self.has_versions)
    @rule(data=st.data(), permanent=st.sampled_from([True, True, False]))
    def deletes_a_subject(self, data: st.DataObject, *, permanent: bool) -> None:
        subject = data.draw(st.sampled_from(self._places())).subject
        self._do(DeleteSubject(subject))
        if permanent:
            self._do(DeleteSubject(subject, permanent))

    @rule(command=deletions | settings)
    def does_something_else(self, command: Command) -> None:
        self._do(command)

    @precondition(lambda self: len(self.registry.state.modes) > 0)
    @rule()
    def allows_writes_again(self) -> None:
        for scope in list(self.registry.state.modes):
            self._do(DeleteMode(scope))

    @rule(batch=st.lists(commands, min_size=2, max_size=6))
    def decides_a_batch(self, batch: list[Command]) -> None:
        """A group commit: each decided on the draft that the ones before have written to, then all appended."""
        draft, writes = self.registry.state.draft(), list[Write]()
        position = draft.position
        for command in batch:
            decision = self._decided(draft, command)
            if decision is None:
                continue
            self._issues_no_id_twice(draft, command, decision)
            for write in decision.writes:
                offset = self.registry.end + len(writes)  # as in the log, so that draft and state can be compared
                draft.apply(read(write.key, write.value, offset, self.registry.timestamp(offset)))
                writes.append(write)
            self._answer_is_true(draft, command, decision)
        assert self.registry.state.position == position
        self._write(writes)
        assert answers(draft) == answers(self.registry.state)

    # What others do

    @precondition(lambda self: self.has_versions)
    @rule(data=st.data(), deleted=st.booleans(), karapace=st.booleans())
    def a_neighbour_writes_a_version_again(self, data: st.DataObject, *, deleted: bool, karapace: bool) -> None:
        """Under a key in its own order (Karapace) or with a number in it (Redpanda), perhaps softly deleted."""
        place = data.draw(st.sampled_from(self._places()))
        old = queries.version(self.registry.state, place.subject, place.version)
        assert old
        write = schema_write(msgspec.structs.replace(old, deleted=deleted))
        self._write([Write(self._foreign(schema_key(place), karapace=karapace), write.value)])

    @rule(scope=st.sampled_from(SCOPES), level=st.sampled_from(LEVELS), karapace=st.booleans())
    def a_neighbour_sets_a_level(self, scope: Subject, level: str, *, karapace: bool) -> None:
        key = self._foreign(config_key(scope), karapace=karapace)
        self._write([Write(key, config_write(scope, Config(compatibilityLevel=level)).value)])

    # What happens to the log

    @rule(share=st.sampled_from([1.0, 1.0, 0.9, 0.5]), keep_deletions=st.booleans(), restarts=st.booleans())
    def is_compacted(self, share: float, *, keep_deletions: bool, restarts: bool) -> None:
        """All of the log or its beginning, with or without the deletions in it."""
        log = self.registry.log
        head, tail = log[: int(len(log) * share)], log[int(len(log) * share) :]
        last = {written.key: written.offset for written in head}
        kept = (
            [written for written in head if written.offset == last[written.key]] if keep_deletions else compacted(head)
        )
        self.registry.log = [*kept, *tail]
        if restarts:
            self.registry.restart()

    @rule()
    def restarts(self) -> None:
        self.registry.restart()

    # What must hold

    @invariant()
    def the_log_answers_as_the_registry(self) -> None:
        """Replay equals life, and the compacted log answers as the full one."""
        state, replayed = self.registry.state, folded(self.registry.log)
        assert answers(replayed, of=[state]) == answers(state, of=[replayed])
        assert dict(replayed.highest.items()) == dict(state.highest.items())

    @invariant()
    def nothing_is_unreadable_or_in_conflict(self) -> None:
        assert (self.registry.state.unreadable_count, self.registry.state.conflict_count) == (0, 0)

    def _do(self, command: Command) -> None:
        state = self.registry.state
        before = {named: holders.shown.identity for named, holders in state.ids.items()}
        decision = self._decided(state, command)
        if decision is None:
            return
        self._issues_no_id_twice(state, command, decision)
        self._write(decision.writes)
        self._answer_is_true(state, command, decision)
        for named, identity in before.items():
            found = queries.schema(state, *named)
            assert found is None or found.identity == identity, "an id keeps its meaning"
        if not _is_relative(command):
            again = self._decided(state, command)
            assert again is None or again.writes == ()

    def _decided(self, state: State, command: Command) -> Decision | None:
        """The decision, or None when it was refused."""
        try:
            return decide(state, command, self.registry.defaults, KNOWN)
        except Refusal:
            return None

    def _write(self, writes: Iterable[Write]) -> None:
        for write in writes:
            written = read(write.key, write.value, 0, 0)
            if isinstance(written, SchemaRecord):
                self.seen.add((written.subject.context, written.id))
        self.registry.write(writes)

    def _issues_no_id_twice(self, state: State, command: Command, decision: Decision) -> None:
        if not isinstance(command, Register | Retag) or not decision.writes:
            return
        answer: Registered = decision.answer
        context, issued = answer.record.subject.context, answer.record.id
        known = queries.schema(state, context, issued)
        if known is not None:
            assert known.identity == answer.record.identity
        elif isinstance(command, Retag) or command.id < 0:
            assert (context, issued) not in self.seen
        self.seen.add((context, issued))

    @staticmethod
    def _answer_is_true(state: State, command: Command, decision: Decision) -> None:
        answer: Any = decision.answer
        match command:
            case Register() | Retag():
                assert _told(queries.version(state, command.subject, answer.record.version)) == _told(answer.record)
            case DeleteVersion(subject=subject, permanent=permanent):
                found = queries.version(state, subject, answer)
                assert found is None if permanent else found is not None and found.deleted
            case DeleteSubject(subject=subject, permanent=permanent):
                assert not queries.has_subject(state, subject, include_deleted=permanent)
            case DeleteContext(context=context):
                assert context not in queries.contexts(state)
            case SetConfig(scope=scope):
                assert queries.own_config(state, scope) == answer
            case DeleteConfig(scope=scope):
                assert queries.own_config(state, scope) is None
            case SetMode(scope=scope):
                assert queries.own_mode(state, scope) == answer
            case DeleteMode(scope=scope):
                assert queries.own_mode(state, scope) is None
            case _:
                raise AssertionError(command)

    @property
    def has_versions(self) -> bool:
        return len(self.registry.state.subjects) > 0

    def _places(self) -> list[Place]:
        state = self.registry.state
        return [found.place for at in sorted(state.subjects) for found in queries.versions(state, at, deleted=True)]

    def _foreign(self, key: bytes, *, karapace: bool) -> bytes:
        members = msgspec.json.decode(key)
        if karapace:
            keytype = members.pop("keytype")
            return msgspec.json.encode({"subject": None, **members, "keytype": keytype})
        return msgspec.json.encode({**members, "seq": self.registry.end, "node": 0})


def _is_relative(command: Command) -> bool:
    """Does it mean something else when it has been done: the latest version, or a reference to its own subject's?"""
    match command:
        case DeleteVersion(version=version):
            return version == queries.LATEST
        case Register(subject=subject, draft=draft):
            return any(
                queries.target(subject, reference) == (subject, queries.LATEST) for reference in draft.references
            )
        case _:
            return False


def _told(found: SchemaRecord | None) -> Any:
    """What a client is told of a version."""
    return found and (
        found.id,
        found.version,
        found.guid,
        found.kind,
        found.text,
        found.references,
        found.metadata,
        found.rules,
        found.deleted,
    )


TestMachine = Machine.TestCase
TestMachine.settings = examples(30, steps=40)
