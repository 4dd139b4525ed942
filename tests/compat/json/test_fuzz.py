"""Random pairs of all drafts: no yes without truth, no no without a document (more by MOMUS_EXPLORE or `fuzz.py`)."""

import pytest

from compat.json.drafts import Draft
from tests.compat.json.fuzz import Tally, run
from tests.compat.json.random_pairs import pair
from tests.state.explore import TIMES

PAIRS, SHARDS = 200, 4


@pytest.fixture(scope="module", params=range(SHARDS))
def tally(request: pytest.FixtureRequest) -> Tally:
    return run(f"shard {request.param} {TIMES}", PAIRS * max(TIMES, 1))


@pytest.mark.filterwarnings("ignore::FutureWarning")  # Python's `re`, of a pattern in another dialect
def test_no_pair_is_accepted_that_has_a_counterexample(tally: Tally) -> None:
    """5,000 documents on each pair that is proved compatible, and not one that the new schema refuses."""
    assert tally.unsound == []
    assert tally.answers["yes by proof"] > PAIRS / 4


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_every_refusal_has_its_document(tally: Tally) -> None:
    """Both validators confirm each counterexample, and little is left unknown."""
    assert tally.unconfirmed == []
    assert tally.answers["no by proof"] > PAIRS / 5
    assert len(tally.unknown) <= PAIRS * max(TIMES, 1) / 20


def test_the_pairs_are_worth_it() -> None:
    """All drafts are among them."""
    from random import Random

    drafts = {pair(Random(seed))[0]["$schema"] for seed in range(100)}
    assert drafts == {draft.uri for draft in Draft}
