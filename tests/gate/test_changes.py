"""`momus diff` and the diff driver of git: what a change means, whether it breaks somebody or not."""

import sys
from pathlib import Path

import pytest

from tests.gate.repositories import ID, NOTE, NOTE_WITH_DEFAULT, Repository, record, repository

ORDER = "schemas/order.avsc"


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    return repository(tmp_path, {ORDER: record(ID)})


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (record(ID, NOTE_WITH_DEFAULT), ["yes: new readers", "yes: old readers"]),
        (record(ID, NOTE), ["no: not all new readers", "yes: old readers"]),
        (record(NOTE_WITH_DEFAULT), ["yes: new readers", "no: not all old readers"]),
    ],
)
def test_change_is_told_for_both_sides(shop: Repository, new: str, said: list[str]) -> None:
    """And nothing fails: it is a log, not a gate."""
    shop.write({ORDER: new})
    done = shop.run("diff")
    assert done.exit_code == 0
    assert "order-value (schemas/order.avsc): changed" in done.stdout
    assert [one for one in said if one not in done.stdout] == []
    assert shop.run("diff", "--against", "nowhere").exit_code == 2


def test_git_shows_what_a_change_means(shop: Repository) -> None:
    """Git calls the driver itself, and shows the changed lines below the meaning."""
    root = Path(__file__).parent.parent.parent
    shop.git("config", "diff.momus.command", f"PYTHONPATH={root} {sys.executable} -m momus git-diff-driver")
    shop.write({".gitattributes": "*.avsc diff=momus\n", ORDER: record(ID, NOTE)})
    shown = shop.git("--no-pager", "diff", "--ext-diff")
    assert "# no: not all new readers read old data" in shown
    assert "[FIELD_WITHOUT_DEFAULT]" in shown
    assert '+   "name": "note",' in shown


def test_driver_shows_what_is_no_schema_as_text(shop: Repository) -> None:
    """A half-written file has a diff too."""
    shop.write({"old": record(ID), "new": "{"})
    done = shop.run("git-diff-driver", ORDER, "old", "0", "100644", "new", "0", "100644")
    assert done.exit_code == 0
    assert done.stdout.startswith("# not compared: ")
    assert '\n- "name": "Order",\n' in done.stdout
    assert shop.run("git-diff-driver", ORDER, "old", "0").exit_code == 2
