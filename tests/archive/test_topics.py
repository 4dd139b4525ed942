"""Logs as each registry writes them: looked at, mended, and what they say before and after."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from registry.archive.survey import survey
from registry.doctor import diagnose, is_void
from registry.log.log import LogRecord
from registry.state.records import EPOCH_HEADER
from registry.state.state import State
from tests.archive.recorded import NAMES, as_it_is, mended, recorded
from tests.state.explore import examples
from tests.state.known import compacted, folded
from tests.state.strange import foreign
from tests.state.vendors import R0, C, Pair, ours
from tests.test_doctor import log_of, told

SEEN: dict[str, dict[str, Any]] = {
    "confluent": {
        "keys": {"Confluent's order": 15},
        "deletions": {"none": 5},
        "headers": {},
        "misplaced": 0,
        "variants": 0,
        "findings": ["FORGETFUL", "DELETION_LEFT"],
        "marks": [(".", 3, 2, 0), (".eu", 1, 1, 0)],
    },
    "karapace": {
        "keys": {"Confluent's order": 4, "Karapace's old order": 7},
        "deletions": {"empty": 2},
        "headers": {"X-Registry-Version": 10},
        "misplaced": 0,
        "variants": 1,
        "findings": ["COMES_BACK", "KEY_SPELLED_OTHERWISE", "EMPTY_VALUE"],
        "marks": [(".", 4, 4, 0)],
    },
    "redpanda": {
        "keys": {"Redpanda's, with an offset": 10},
        "deletions": {"none": 2},
        "headers": {},
        "misplaced": 2,
        "variants": 1,
        "findings": ["KEY_SPELLED_OTHERWISE", "FORGETFUL"],
        "marks": [(".", 4, 3, 0)],
    },
    "cluster": {
        "keys": {"Confluent's order": 6},
        "deletions": {"none": 1},
        "headers": {EPOCH_HEADER: 6},
        "misplaced": 0,
        "variants": 0,
        "findings": ["VOID"],
        "marks": [(".", 2, 2, 0)],
    },
}


@pytest.mark.parametrize("name", NAMES)
def test_topic_is_seen_as_it_is(name: str) -> None:
    """Spellings, deletions, headers, marks and troubles of each registry's log are told."""
    records = recorded(name)
    surveyed, diagnosis = survey(records), diagnose(records)
    assert {
        "keys": dict(surveyed.keys),
        "deletions": dict(surveyed.deletions),
        "headers": dict(surveyed.headers),
        "misplaced": surveyed.misplaced,
        "variants": diagnosis.variants,
        "findings": [finding.trouble.name for finding in diagnosis.findings],
        "marks": list(diagnosis.marks),
    } == SEEN[name]


def known(state: State, *, of: tuple[State, ...] = ()) -> Any:
    """All answers but the highest ids, where what is void counts to those who do not know that it is."""
    shown = told(state, of=of)
    del shown["highest"]
    return shown


def check_mending(records: list[LogRecord], *, sequenced: bool) -> None:
    before = as_it_is(records, sequenced=sequenced)
    after = mended(records, diagnose(records, sequenced=sequenced))
    left = compacted(after)
    for log in (after, left):
        for state in (as_it_is(log, sequenced=sequenced), folded(log)):  # with and without knowing what is void
            assert known(state, of=(before,)) == known(before, of=(state,))
    for context, highest in before.highest.items():
        assert (folded(left).highest.get(context) or 0) >= highest
    assert diagnose(after, sequenced=sequenced).mends == ()
    assert diagnose(left, sequenced=sequenced).mends == ()


@pytest.mark.parametrize("sequenced", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_mended_topic_says_what_it_said(name: str, sequenced: bool) -> None:  # noqa: FBT001
    """Mending a registry's log changes no answer, now or after a compaction, and is done once."""
    check_mending(recorded(name), sequenced=sequenced)


def test_mended_topic_of_redpanda_has_the_truth_for_everybody() -> None:
    """What Redpanda wrote in vain is deleted, what it had hidden is there, all under Confluent's keys."""
    records = recorded("redpanda")
    left = compacted(mended(records, diagnose(records, sequenced=True)))
    assert sorted((record.key or b"").decode() for record in left) == [
        '{"keytype":"CONFIG","magic":0}',
        '{"keytype":"NOOP","subject":"momus.format","magic":0}',
        '{"keytype":"NOOP","subject":"momus.highest-id..","magic":0}',
        '{"keytype":"SCHEMA","subject":"clicks","version":1,"magic":1}',
        '{"keytype":"SCHEMA","subject":"orders","version":1,"magic":1}',
        '{"keytype":"SCHEMA","subject":"pages","version":1,"magic":1}',
    ]
    assert [record.offset for record in records if is_void(record)] == [2, 5]


@st.composite
def sequenced_log(draw: st.DrawFn) -> list[LogRecord]:
    """What all vendors write, Redpanda's own records at the right offset or not."""
    pairs: list[Pair] = draw(st.lists(foreign(conflicts=False), max_size=10))
    records = []
    for offset, (key, value) in enumerate(pairs):
        assert key is not None
        is_right = b'"seq"' in key and draw(st.integers(0, 2))
        right = key.partition(b',"seq"')[0] + b',"seq":%d,"node":0}' % offset
        records.append(LogRecord(offset, right if is_right else key, value, 1_000 + offset))
    return records


@st.composite
def cluster_log(draw: st.DrawFn) -> list[LogRecord]:
    """What primaries of a cluster write, some of it after they were deposed."""
    records: list[LogRecord] = []
    claimed = 0
    for key, value in draw(st.lists(foreign(conflicts=False), max_size=10)):
        offset = len(records)
        if not draw(st.integers(0, 3)):
            claimed += 1
            claim = ours(f"primary.{claimed}", epoch=claimed)[0]
            told = b'{"epoch":%d,"node":"n","log":"l"}' % claimed
            records.append(LogRecord(offset, claim, told, offset, ((EPOCH_HEADER, b"%d" % claimed),)))
        else:
            epoch = draw(st.integers(0, claimed))
            headers = ((EPOCH_HEADER, b"%d" % epoch),) if epoch else ()
            records.append(LogRecord(offset, key, value, 1_000 + offset, headers))
    return records


@examples(80)
@example(log_of([C.version("s", 1, 1, '"string"'), R0.deleted("s", None)]))
@given(sequenced_log())
def test_mending_a_log_with_void_records_changes_no_answer(records: list[LogRecord]) -> None:
    """Whatever Redpanda wrote in vain among other records, the mended log says the same, to everybody."""
    check_mending(records, sequenced=True)


@examples(80)
@given(cluster_log())
def test_mending_a_log_with_deposed_primaries_changes_no_answer(records: list[LogRecord]) -> None:
    """Whatever deposed primaries wrote in vain, the mended log says the same, to everybody."""
    check_mending(records, sequenced=False)
