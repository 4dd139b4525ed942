"""The fault test: three nodes on three brokers, clients at work, and whatever can happen to a cluster happens to it.

It takes two minutes: each of a few faults once, then others, always in the same order. `MOMUS_TEST_FAULTS` says for how
many seconds instead (`make faults`), and then chance has all of the order.
"""

import itertools
import os
import random
import time
from collections.abc import Iterable
from pathlib import Path

from tests.faults.nemesis import FAULTS, order
from tests.faults.nodes import Nodes
from tests.faults.trial import FLAGS, Summary, trial
from tests.kafka.brokers import Cluster

ASKED = os.environ.get("MOMUS_TEST_FAULTS", "")
SECONDS = float(ASKED or 120)
SEED = int(os.environ.get("MOMUS_TEST_SEED", "20261122"))
ROUND = 2 * len(FAULTS)  # faults on one topic: what was said in a round is judged as a whole
FEW = (
    "primary paused",
    "primary cut off, silently",
    "leader killed",
    "primary killed",
    "follower cut off, silently",
    "leader paused",
    "primary stopped",
    "primary paused, leader killed",
)


async def test_whatever_fails_nothing_acknowledged_is_lost_and_no_id_is_given_twice(
    cluster: Cluster, tmp_path: Path
) -> None:
    """Every answer was true of the log when it was given, all nodes end equal, and a replay gives the same."""
    summary, began = Summary(), time.monotonic()

    def is_over() -> bool:
        return time.monotonic() - began > SECONDS

    for number in itertools.count():
        seed = SEED + number
        folder = tmp_path / str(number)
        folder.mkdir()
        with Nodes([cluster.bootstrap_of(f"NODE{each}") for each in range(3)], folder, *FLAGS) as nodes:
            await trial(cluster, nodes, faults_of(seed), is_over, seed, summary)
        print(f"seed {seed}: {summary}", flush=True)  # noqa: T201
        if is_over():
            return


def faults_of(seed: int) -> Iterable[str]:
    first = () if ASKED else FEW
    return itertools.islice(itertools.chain(first, order(random.Random(seed), FAULTS)), ROUND)
