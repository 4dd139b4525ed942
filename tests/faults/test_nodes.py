"""The harness of nodes itself, and that three of them on one broker are one registry."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.nodes import Node, Nodes, wait_for
from tests.kafka.fixtures import Shared


@pytest.fixture
def nodes(broker: Shared, tmp_path: Path) -> Iterator[Nodes]:
    with Nodes([broker.bootstrap] * 3, tmp_path) as nodes:
        yield nodes


def test_three_nodes_are_one_registry_whatever_happens_to_the_primary(nodes: Nodes) -> None:
    """Whether the primary is stopped, killed or paused, another one writes, and the next id follows the last one."""
    ids = []
    for number, disturb in enumerate(("stop", "kill", "pause")):
        old = nodes.wait_until_settled()
        getattr(old, disturb)()
        writer = nodes.others(old)[0]

        ids.append(registered(nodes, writer, number)["id"])
        if disturb == "pause":
            old.resume()
        else:
            old.start()
    nodes.wait_until_settled()
    assert ids == [1, 2, 3]
    for node in nodes.nodes:
        assert [node.ask("GET", f"/schemas/ids/{number}")[0] for number in ids] == [200, 200, 200]


def registered(nodes: Nodes, writer: Node, number: int) -> dict[str, Any]:
    """The answer to a registration, tried until it is acknowledged."""
    answers: list[dict[str, Any]] = []

    def is_acknowledged() -> bool:
        status, answer = writer.ask("POST", f"/subjects/s-{number}/versions", {"schema": schema(number)})
        answers.append(answer)
        return status == 200

    wait_for(is_acknowledged, "a write to be acknowledged", nodes.last_words)
    return answers[-1]


def schema(number: int) -> str:
    return f'{{"type":"record","name":"r{number}","fields":[]}}'
