"""What the gate writes is there whole or not at all, and what cannot be written is told."""

import re
import stat
from pathlib import Path

import pytest

from momus.gate.faults import WrongConfiguration
from momus.gate.files import write
from tests.gate.repositories import ID, record, repository


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """What it leads to is written."""
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_permissions_stay(tmp_path: Path) -> None:
    """A file keeps those that it has."""
    (tmp_path / "file").touch(0o640)
    write(tmp_path / "file", "new")
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640


def test_folders_are_made(tmp_path: Path) -> None:
    """Whatever folder a file is to be in."""
    write(tmp_path / "reports" / "today" / "check.json", "{}\n")
    assert (tmp_path / "reports/today/check.json").read_text() == "{}\n"


def test_nothing_is_left_of_what_could_not_be_written(tmp_path: Path) -> None:
    """Where a folder stands in the way, the folder is what stays."""
    (tmp_path / "taken").mkdir()
    with pytest.raises(WrongConfiguration, match="taken cannot be written: Is a directory"):
        write(tmp_path / "taken", "new")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


@pytest.mark.parametrize(
    ("taken", "arguments"),
    [
        ("momus.yaml", ("init", "--force")),
        ("momus-approvals.yaml", ("approve", "{fingerprint}", "--reason", "nobody reads it")),
        ("report.json", ("check", "--output", "json=report.json")),
    ],
)
def test_verb_that_cannot_write_says_so(tmp_path: Path, taken: str, arguments: tuple[str, ...]) -> None:
    """With the code of a wrong configuration: that of findings would be a lie."""
    shop = repository(tmp_path / "shop", {"schemas/order.avsc": record(ID)})
    shop.write({"schemas/order.avsc": record({"name": "id", "type": "string"})})
    [finding] = shop.check(code=1)["findings"]
    if taken == "momus.yaml":
        (shop.root / taken).unlink()
    (shop.root / taken).mkdir()
    done = shop.run(*(each.format_map(finding) for each in arguments))
    assert done.exit_code == 2
    assert re.fullmatch(rf"momus: (\S+/)?{re.escape(taken)} cannot be written: Is a directory\n", done.stderr)
