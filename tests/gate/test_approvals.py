"""Approvals: who says that a break is meant, for how long, and when that is worth nothing."""

from pathlib import Path

import pytest

from tests.gate.repositories import ID, NOTE, Repository, field, record, repository, rules

ORDER = "schemas/order.avsc"
FILE = "momus-approvals.yaml"


@pytest.fixture
def broken(tmp_path: Path) -> Repository:
    made = repository(tmp_path, {ORDER: record(ID)})
    made.git("checkout", "--quiet", "-b", "feature")
    made.commit("break", {ORDER: record(ID, NOTE)})
    return made


def approve(made: Repository, *more: str) -> str:
    (finding,) = [one for one in made.check(code=1)["findings"] if one["severity"] == "error"]
    done = made.run("approve", finding["fingerprint"], "--reason", "nobody reads it", *more)
    assert done.exit_code == 0, done.output
    fingerprint: str = finding["fingerprint"]
    return fingerprint


def test_approved_break_passes_after_a_rebase_and_dies_when_it_changes(broken: Repository) -> None:
    """(d) The fingerprint is of what breaks: not of a commit, not of a line, and of nothing else."""
    approve(broken, "--by", "ann")
    broken.commit("approve")
    (finding,) = broken.check()["findings"]
    assert finding["approved"] == {"by": "ann", "reason": "nobody reads it", "expires": "", "ticket": ""}
    broken.git("checkout", "--quiet", "main")
    broken.commit("theirs", {"schemas/other.avsc": record(ID, name="Other"), ORDER: "\n\n" + record(ID)})
    broken.git("checkout", "--quiet", "feature")
    broken.git("-c", "user.name=t", "-c", "user.email=t@example.org", "rebase", "--quiet", "-X", "theirs", "main")
    assert [one["status"] for one in broken.check()["subjects"]] == ["approved"]
    broken.write({ORDER: record(ID, field("note", "int"))})
    answer = broken.check(code=1)
    assert sorted(rules(answer)) == ["APPROVAL_UNUSED", "FIELD_WITHOUT_DEFAULT"]


def test_approval_needs_no_git_identity(broken: Repository) -> None:
    """Whoever has none in git approves under the name of their account, or under none."""
    done = broken.check(code=1)["findings"][0]["fingerprint"]
    nobody = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    assert broken.run("approve", done, "--reason", "meant", **nobody).exit_code == 0
    assert broken.run("check").exit_code == 0


def test_expired_approval_approves_nothing(broken: Repository) -> None:
    """And says so."""
    approve(broken, "--expires", "2020-01-31")
    assert sorted(rules(broken.check(code=1))) == ["APPROVAL_EXPIRED", "FIELD_WITHOUT_DEFAULT"]


def test_approval_of_nothing_is_told_and_does_not_fail(broken: Repository) -> None:
    """Once a break is merged its approval has done its work."""
    approve(broken)
    broken.write({ORDER: record(ID)})
    assert rules(broken.check()) == ["APPROVAL_UNUSED"]


def test_what_cannot_be_approved_is_refused(broken: Repository) -> None:
    """No reason, no such finding, twice, a schema that cannot be read: exit 2 and nothing written."""
    fingerprint = broken.check(code=1)["findings"][0]["fingerprint"]
    assert broken.run("approve", fingerprint).exit_code == 2
    assert broken.run("approve", fingerprint, "--reason", " ").exit_code == 2
    assert broken.run("approve", fingerprint, "--reason", "x", "--expires", "soon").exit_code == 2
    assert broken.run("approve", "0" * 12, "--reason", "x").exit_code == 2
    broken.write({"schemas/bad.avsc": "{"})
    bad = next(one for one in broken.check(code=3)["findings"] if one["rule"] == "SCHEMA_INVALID")["fingerprint"]
    assert broken.run("approve", bad, "--reason", "x").exit_code == 2
    assert not (broken.root / FILE).exists()
    assert broken.run("approve", fingerprint, "--reason", "x").exit_code == 0
    assert broken.run("approve", fingerprint, "--reason", "x").exit_code == 2


def test_second_approval_keeps_what_is_there(broken: Repository) -> None:
    """Comments and all."""
    broken.write({FILE: "version: 1\napprovals:  # ours\n  - {fingerprint: aaaaaaaaaaaa, reason: old}\n"})
    approve(broken, "--ticket", "SHOP-1")
    text = (broken.root / FILE).read_text()
    assert text.startswith("version: 1\napprovals:  # ours\n  - {fingerprint: aaaaaaaaaaaa, reason: old}\n")
    assert 'ticket: "SHOP-1"' in text


@pytest.mark.parametrize(
    "row",
    [
        "{fingerprint: aa}",
        "{reason: x}",
        "{fingerprint: aa, reason: x, who: me}",
        "{fingerprint: a, reason: b, expires: x}",
        "{fingerprint: a, reason: b, direction: x}",
    ],
)
def test_approval_without_what_and_why_is_none(broken: Repository, row: str) -> None:
    """The file is configuration too: exit 2."""
    broken.write({FILE: f"version: 1\napprovals: [{row}]\n"})
    assert broken.run("check").exit_code == 2


def test_approval_is_of_those_whom_its_author_saw_break(tmp_path: Path) -> None:
    """One given under BACKWARD says nothing of old readers: under FULL the break stands until it is approved anew."""
    made = repository(tmp_path, {ORDER: record(ID)})
    made.write({ORDER: record(field("id", "string"))})
    approve(made, "--by", "ann")
    assert 'direction: "reader"' in (made.root / FILE).read_text()
    assert rules(made.check()) == ["TYPE_CHANGED"]
    answer = made.check("--level", "FULL", code=1)
    assert sorted(rules(answer)) == ["APPROVAL_ONE_SIDED", "TYPE_CHANGED"]
    assert next(one for one in answer["findings"] if one["rule"] == "TYPE_CHANGED")["direction"] == "both"
    (made.root / FILE).unlink()
    fingerprint = answer["findings"][0]["fingerprint"]
    assert made.run("approve", fingerprint, "--reason", "meant", "--level", "FULL").exit_code == 0
    assert rules(made.check("--level", "FULL")) == ["TYPE_CHANGED"]
    assert rules(made.check()) == ["TYPE_CHANGED"]
