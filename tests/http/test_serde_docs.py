"""The page about messages over HTTP: what it shows is what happens."""

import json
from pathlib import Path

from tests.served import ROOT, served
from tests.test_docs import blocks, curl, dialogue, is_shown


def test_sessions_of_the_page_happen(tmp_path: Path) -> None:
    """Line by line, with the answers that the page shows."""
    exchanges = [each for session in blocks(ROOT / "docs" / "http-serde.md", "console") for each in dialogue(session)]
    assert len(exchanges) == 6
    with served(tmp_path) as server:
        for command, printed in exchanges:
            answer = curl(command, server)
            assert is_shown(json.loads(printed), answer), (command, answer)
