"""Where the order of claims decides who may write: what a deposed primary still writes counts for nothing, for ever."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.log.log import LogRecord
from registry.names import subject_of
from registry.refusals import Refusal
from registry.state.commands import Command, Draft, Register
from registry.state.decisions import decide
from registry.state.decisions.draft import applied
from registry.state.decisions.primacy import claimed, repairs
from registry.state.queries import contradiction
from registry.state.records import EPOCH_HEADER, Write, claim_write, epoch_of, mode_write, our_key, read
from registry.state.state import State
from tests.state.answers import answers
from tests.state.explore import examples
from tests.state.known import DEFAULTS, KNOWN, NOW, Registry, compacted
from tests.state.wishes import commands


class Shared:
    """A log that several primaries write to, each under its own claim, and the fold that every node makes of it."""

    def __init__(self) -> None:
        self.log: list[LogRecord] = []
        self.state = State()

    def write(self, writes: Iterable[Write], epoch: int | None = None) -> None:
        headers = ((EPOCH_HEADER, b"%d" % epoch),) if epoch is not None else ()
        for write in writes:
            offset = len(self.log)
            self.log.append(LogRecord(offset, write.key, write.value, NOW + offset, headers))
            fold(self.state, self.log[-1])

    def claim(self, node: str) -> int:
        """What a node writes that becomes primary, and the epoch that it has then."""
        self.write(claimed(self.state, node=node, url=f"http://{node}:8081", generation=1, new_log="log"))
        assert self.state.claim is not None
        return self.state.claim.epoch

    def read(self) -> State:
        """What a node that starts now knows."""
        return folded(self.log)


class Primary:
    """A node that believes to be primary; what it knows stops where it was deposed."""

    def __init__(self, shared: Shared, node: str) -> None:
        self.epoch = shared.claim(node)
        self.known = shared.read()

    def decides(self, wishes: Iterable[Command]) -> list[Write]:
        writes: list[Write] = []
        draft = self.known.draft()
        for wish in wishes:
            try:
                writes += applied(draft, decide(draft, wish, DEFAULTS, KNOWN).writes)
            except Refusal:
                continue
        return writes


def fold(state: State, record: LogRecord) -> None:
    state.apply(read(record.key, record.value, record.offset, record.timestamp), epoch_of(record.headers))


def folded(records: Iterable[LogRecord]) -> State:
    state = State()
    for record in records:
        fold(state, record)
    return state


several = st.lists(commands, max_size=6)


def interleaved(own: list[Write], late: list[Write], turns: list[bool]) -> list[tuple[int, Write]]:
    """The new primary's records, of epoch 2, and the old one's, each in its order."""
    waiting = {2: iter(own), 1: iter(late)}
    order = [2 if turn else 1 for turn in turns] + [2] * len(own) + [1] * len(late)
    drawn = ((epoch, next(waiting[epoch], None)) for epoch in order)
    return [(epoch, write) for epoch, write in drawn if write is not None]


@examples(150)
@given(several, several, several, st.lists(st.booleans(), max_size=20))
def test_what_a_deposed_primary_writes_counts_for_nothing(
    early: list[Command], late: list[Command], new: list[Command], turns: list[bool]
) -> None:
    """Its records are void in every fold, also of a compacted log, once the new primary has written over them."""
    shared = Shared()
    old = Primary(shared, "old")
    shared.write(old.decides(early), old.epoch)
    old.known = shared.read()
    successor = Primary(shared, "new")
    deposed_at = shared.state.position
    for epoch, write in interleaved(successor.decides(new), old.decides(late), turns):
        shared.write([write], epoch)
    valid = [record for record in shared.log if record.offset < deposed_at or epoch_of(record.headers) == 2]
    assert answers(shared.state) == answers(folded(valid))
    shared.write(repairs(shared.state), successor.epoch)
    assert repairs(shared.state) == ()
    assert contradiction(folded(valid), shared.state) == ""
    assert answers(folded(compacted(shared.log))) == answers(shared.state)


def test_of_two_equal_claims_the_first_counts() -> None:
    """Two nodes that claim the log at the same time agree on who has it, and so does every reader."""
    shared = Shared()
    for node in ("one", "other"):
        shared.write([claim_write(1, node, "", 1, "log")])
    assert shared.state.claim is not None
    assert shared.state.claim.node == "one"


def test_a_claim_that_comes_late_counts_for_nothing() -> None:
    """Claims only rise; one that was overtaken on its way deposes nobody."""
    shared = Shared()
    for epoch in (1, 3, 2):
        shared.write([claim_write(epoch, f"node-{epoch}", "", 1, "log")])
    assert shared.state.claim is not None
    assert shared.state.claim.node == "node-3"


def test_claims_do_not_pile_up() -> None:
    """A new claim takes the earlier ones away, so a compacted log holds one, however many primaries there were."""
    shared = Shared()
    for number in range(5):
        shared.claim(f"node-{number}")
    assert [record.key for record in compacted(shared.log)] == [our_key("momus.format"), our_key("momus.primary.5")]


def test_claims_stay_as_long_as_a_void_record_is_between_them() -> None:
    """A record that is void only by a claim before it would count again without that claim: it is kept until then."""
    shared = Shared()
    stale = shared.claim("old")
    shared.claim("new")
    shared.write([mode_write(subject_of("s"), "READONLY")], stale)
    shared.claim("third")
    kept = {record.key for record in compacted(shared.log)}
    assert our_key("momus.primary.2") in kept
    shared.write(repairs(shared.state), 3)
    shared.claim("fourth")
    assert our_key("momus.primary.2") not in {record.key for record in compacted(shared.log)}


def test_records_without_an_epoch_always_count() -> None:
    """Other vendors' nodes write no epochs: what they write is never void."""
    shared = Shared()
    shared.claim("old")
    shared.claim("new")
    shared.write([mode_write(subject_of("s"), "READONLY")])
    assert shared.state.modes.get(subject_of("s")) == "READONLY"


def test_a_log_keeps_its_name() -> None:
    """Claims carry the name that the first one gave the log; one with another name gives away that it was replaced."""
    shared = Shared()
    shared.claim("old")
    shared.claim("new")
    assert (shared.state.log, shared.state.other_log) == ("log", "")
    shared.write([claim_write(3, "third", "", 1, "another")])
    assert (shared.state.log, shared.state.other_log) == ("log", "another")


@pytest.mark.parametrize("spelled", ["", "x", "-1", "1.5"])
def test_an_epoch_that_is_no_number_is_none(spelled: str) -> None:
    """A header that somebody else has given the same name harms nobody."""
    assert epoch_of(((EPOCH_HEADER, spelled.encode()),)) is None
    assert epoch_of(((EPOCH_HEADER, None), (EPOCH_HEADER, b"7"))) == 7


def registered(text: str) -> State:
    registry = Registry()
    registry.do(Register(subject_of("s"), Draft(text)))
    return registry.state


def test_a_log_that_forgot_an_id_contradicts() -> None:
    """A log that does not know ids that were issued, or has given one to another schema, is found out."""
    one, other = registered('"int"'), registered('"string"')
    assert "were issued" in contradiction(one, State())
    assert "is another schema" in contradiction(one, other)
    assert contradiction(one, one) == contradiction(State(), one) == ""
