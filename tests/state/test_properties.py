"""What must hold for any log, also one that no registry would write: nothing raises, nothing depends on luck."""

from hypothesis import given
from hypothesis import strategies as st

from registry.log.log import LogRecord
from registry.refusals import Refusal
from registry.state.commands import Command
from registry.state.records import Unreadable, read
from tests.state.answers import answers
from tests.state.explore import examples
from tests.state.known import Registry, folded
from tests.state.strange import STRANGE_RECORDS, foreign
from tests.state.vendors import Pair
from tests.state.wishes import commands

logs = st.lists(STRANGE_RECORDS | foreign(conflicts=True) | foreign(conflicts=True), max_size=15)


def registry_of(pairs: list[Pair]) -> Registry:
    registry = Registry()
    registry.write(pairs)
    return registry


@examples(150)
@given(logs)
def test_any_log_is_folded_and_answered(pairs: list[Pair]) -> None:
    """No record stops the fold, and every question about what came of it is answered."""
    state = registry_of(pairs).state
    assert state.position == len(pairs)
    assert answers(state) == answers(state)
    assert answers(state.draft()) == answers(state)


@examples(150)
@given(logs)
def test_a_record_folded_twice_changes_no_answer(pairs: list[Pair]) -> None:
    """A record that is delivered twice in a row says nothing new."""
    registry = registry_of(pairs)
    assert answers(folded(record for record in registry.log for _ in range(2))) == answers(registry.state)


@examples(150)
@given(st.lists(foreign(conflicts=False), max_size=15), st.data())
def test_a_log_read_again_changes_no_answer(pairs: list[Pair], data: st.DataObject) -> None:
    """A log that is delivered again from any point on says nothing new, but for ids that others gave out twice."""
    registry = registry_of(pairs)
    start = data.draw(st.integers(0, len(pairs)))
    assert answers(folded([*registry.log, *registry.log[start:]])) == answers(registry.state)


@examples(100)
@given(logs, st.integers(0, 15))
def test_a_draft_folds_as_a_state_does(pairs: list[Pair], split: int) -> None:
    """Records applied to a draft make it what the state becomes when they are in the log, and leave the state alone."""
    registry = registry_of(pairs[:split])
    before = answers(registry.state)
    draft = registry.state.draft()
    rest = [
        LogRecord(offset, key, value, Registry.timestamp(offset))
        for offset, (key, value) in enumerate(pairs[split:], registry.end)
    ]
    for record in rest:
        draft.apply(read(record.key, record.value, record.offset, record.timestamp))
    assert answers(registry.state) == before
    registry.write(pairs[split:])
    assert answers(draft) == answers(registry.state)


@examples(150)
@given(logs, st.lists(commands, min_size=1, max_size=6))
def test_any_command_on_any_log_is_decided(pairs: list[Pair], wishes: list[Command]) -> None:
    """Whatever is in the log, a command is refused or done; what it writes can be read, and makes no id ambiguous."""
    registry = registry_of(pairs)
    for wish in wishes:
        conflicts = registry.state.conflict_count
        try:
            decision = registry.decide(wish)
        except Refusal:
            continue
        assert not [write for write in decision.writes if isinstance(read(*write, 0, 0), Unreadable)]
        registry.write(decision.writes)
        assert registry.state.conflict_count <= conflicts
    assert answers(folded(registry.log)) == answers(registry.state)
