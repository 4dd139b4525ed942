"""`momus check` in real repositories: what it finds, against what, and how it ends."""

import json
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from compat.worker import Workers
from momus.testing import Registry
from tests.gate.repositories import (
    AVRO_CONFIG,
    ID,
    NOTE,
    NOTE_WITH_DEFAULT,
    Repository,
    field,
    record,
    repository,
    rules,
)

ORDER = "schemas/order.avsc"
TRANSITIVE = """
version: 1
schemas:
  - {path: "schemas/*.avsc", subject: "{stem}-value", level: BACKWARD_TRANSITIVE}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    return repository(tmp_path / "shop", {ORDER: record(ID)})


def test_nothing_changed_is_fine(shop: Repository) -> None:
    """What is as it was is not compared, and the gate ends with 0."""
    answer = shop.check()
    assert answer["summary"]["skipped"] == 1
    assert (answer["findings"], answer["subjects"]) == ([], [])


def test_break_is_found_with_its_proof_and_both_places(shop: Repository) -> None:
    """A finding says which line breaks whom, with a message that breaks, and how to mend it."""
    shop.git("checkout", "--quiet", "-b", "feature")
    shop.write({ORDER: record(ID, NOTE)})
    (finding,) = shop.check(code=1)["findings"]
    line = (shop.root / ORDER).read_text().splitlines().index('   "name": "note",')
    assert finding["location"] == {"file": ORDER, "line": line, "column": 3, "endLine": line + 3}
    assert finding["oldLocation"]["file"] == ORDER
    assert (finding["rule"], finding["direction"], finding["severity"]) == ("FIELD_WITHOUT_DEFAULT", "reader", "error")
    assert (finding["subject"], finding["schemaType"], finding["path"]) == ("order-value", "AVRO", "/fields/1")
    assert (finding["old"], json.loads(finding["new"])) == ("", NOTE)
    assert json.loads(finding["witness"]["json"]) == {"id": 1}
    assert finding["witness"]["hex"] == "02"
    assert "default" in finding["fix"]


def test_base_is_where_the_branch_left_its_target(shop: Repository) -> None:
    """What the target did since is not held against the branch, whether it was merged or not."""
    shop.git("checkout", "--quiet", "-b", "feature")
    shop.commit("mine", {ORDER: record(ID, NOTE_WITH_DEFAULT)})
    shop.git("checkout", "--quiet", "main")
    shop.commit("theirs", {ORDER: record(field("id", "string"))})
    shop.git("checkout", "--quiet", "feature")
    assert rules(shop.check(GITHUB_BASE_REF="main")) == []
    assert rules(shop.check("--against", "git:main", code=1)) == ["TYPE_CHANGED"]


@pytest.mark.parametrize(
    ("variables", "base"),
    [
        ({"GITHUB_BASE_REF": "main"}, "main"),
        ({"CI_MERGE_REQUEST_IID": "7"}, "main"),
        ({"SYSTEM_PULLREQUEST_PULLREQUESTID": "7"}, "main"),
        ({"BITBUCKET_PR_DESTINATION_BRANCH": "main"}, "main"),
        ({"CHANGE_TARGET": "main"}, "main"),
        ({"BUILDKITE_PULL_REQUEST_BASE_BRANCH": "main"}, "main"),
        ({"BUILDKITE_PULL_REQUEST_BASE_BRANCH": "", "GITHUB_BASE_REF": ""}, "v1"),
        ({"MOMUS_TARGET_BRANCH": "main"}, "v1"),
    ],
)
def test_services_tell_a_pull_request_from_a_push(shop: Repository, variables: dict[str, str], base: str) -> None:
    """Each in its own way; a target that somebody named himself makes no pull request."""
    shop.git("tag", "v1")
    shop.commit("events", {"momus.yaml": f"{AVRO_CONFIG}against: {{pull_request: git:main, push: git:v1}}\n"})
    assert shop.check(code=0, CI="true", **variables)["base"] == [{"kind": "git", "ref": base}]


@pytest.mark.parametrize("against", ["git:v1", "git:{commit}", "git:main~1"])
def test_any_name_of_a_commit_is_a_base(shop: Repository, against: str) -> None:
    """Tags, ids and relative names."""
    shop.git("tag", "v1")
    first = shop.git("rev-parse", "HEAD")
    shop.commit("second", {ORDER: record(field("id", "string"))})
    assert rules(shop.check("--against", against.format(commit=first), code=1)) == ["TYPE_CHANGED"]


def test_folder_is_a_base(shop: Repository, tmp_path: Path) -> None:
    """A copy of the files as they were does without git."""
    Repository(tmp_path / "old").write({ORDER: record(ID)})
    shop.write({ORDER: record(field("id", "string"))})
    answer = shop.check("--against", "folder:../old", code=1)
    assert rules(answer) == ["TYPE_CHANGED"]
    assert answer["base"] == [{"kind": "folder", "ref": "../old"}]


def test_transitive_level_sees_every_version_of_the_history(tmp_path: Path) -> None:
    """(b) What only the version before the last forbids is found offline, with the version's number."""
    shop = repository(tmp_path, {ORDER: record(ID, field("x", "int"))}, TRANSITIVE)
    shop.commit("drop", {ORDER: record(ID)})
    shop.commit("readme", {"README": "no schema"})
    shop.commit("note", {ORDER: record(ID, NOTE_WITH_DEFAULT)})
    shop.write({ORDER: record(ID, NOTE_WITH_DEFAULT, field("x", "string", default=""))})
    assert rules(shop.check("--level", "BACKWARD")) == []
    answer = shop.check(code=1)
    (finding,) = answer["findings"]
    assert (finding["rule"], finding["against"]["version"]) == ("TYPE_CHANGED", 1)
    (subject,) = answer["subjects"]
    assert [version["version"] for version in subject["versions"]] == [3, 2, 1]
    assert "{oldSchemaVersion: 1}" in subject["messages"]
    assert rules(shop.check("--history", "2")) == []


def test_shallow_clone_says_which_fetch_is_missing(tmp_path: Path) -> None:
    """Too little history is no base: exit 3, and the command that mends it."""
    whole = repository(tmp_path / "whole", {ORDER: record(ID)}, TRANSITIVE)
    whole.commit("second", {ORDER: record(ID, NOTE_WITH_DEFAULT)})
    whole.git("checkout", "--quiet", "-b", "feature")
    whole.commit("third", {ORDER: record(ID, NOTE)})
    whole.git("clone", "--quiet", "--depth=1", "--branch=feature", f"file://{whole.root}", str(tmp_path / "shallow"))
    shallow = Repository(tmp_path / "shallow")
    without_branch = shallow.run("check", GITHUB_BASE_REF="main")
    assert (without_branch.exit_code, without_branch.stdout) == (3, "")
    assert "git fetch origin main:refs/remotes/origin/main" in without_branch.stderr
    shallow.git("fetch", "--quiet", "--depth=1", "origin", "main:refs/remotes/origin/main")
    without_history = shallow.run("check", GITHUB_BASE_REF="main")
    assert without_history.exit_code == 3
    assert "git fetch --unshallow origin main" in without_history.stderr
    shallow.write({ORDER: record(field("id", "long"))})
    transitive = shallow.run("check", "--against", "git:HEAD")
    assert transitive.exit_code == 3
    assert "git fetch --unshallow" in transitive.stderr
    shallow.git("fetch", "--quiet", "--unshallow", "origin")
    assert shallow.run("check", "--against", "git:HEAD").exit_code != 3


def test_new_type_and_its_first_user_are_one_change(shop: Repository) -> None:
    """(a) A reference to what is new in the same change is checked offline, and named as new."""
    shop.write(
        {
            "schemas/address.avsc": record(field("street", "string"), name="Address"),
            ORDER: record(ID, field("to", ["null", "Address"], default=None)),
        }
    )
    answer = shop.check()
    subjects = {subject["subject"]: subject for subject in answer["subjects"]}
    assert subjects["order-value"]["references"] == [
        {"name": "shop.Address", "subject": "address-value", "isNew": True}
    ]
    assert {name: one["status"] for name, one in subjects.items()} == {
        "address-value": "new",
        "order-value": "compatible",
    }


SHARED = {
    "AVRO": (
        '{path: "s/*.avsc", subject: "{stem}"}',
        {
            "s/shared.avsc": record(field("k", "{0}"), name="Shared"),
            "s/user.avsc": record(field("it", "Shared"), name="User"),
            "s/far.avsc": record(field("it", {"type": "array", "items": "shop.User"}), name="Far"),
            "s/other.avsc": record(ID, name="Other"),
        },
        ("int", "string"),
    ),
    "JSON": (
        '{path: "s/*.json", subject: "{stem}"}',
        {
            "s/shared.json": '{"properties": {"k": {"type": "{0}"}}}',
            "s/user.json": '{"properties": {"it": {"$ref": "shared.json"}}}',
            "s/far.json": '{"properties": {"it": {"$ref": "user.json#/properties/it"}}}',
            "s/other.json": '{"type": "string"}',
        },
        ("integer", "string"),
    ),
    "PROTOBUF": (
        '{path: s, subject: {"a/far.proto": far, "**/shared.proto": shared, "**/user.proto": user, "**": other}}',
        {
            "s/a/shared.proto": 'syntax = "proto3";\npackage p;\nmessage Shared { {0} k = 1; }\n',
            "s/b/user.proto": 'syntax = "proto3";\nimport "a/shared.proto";\nmessage User { p.Shared it = 1; }\n',
            "s/a/far.proto": 'syntax = "proto3";\nimport "b/user.proto";\nmessage Far { repeated User it = 1; }\n',
            "s/other.proto": 'syntax = "proto3";\nmessage Other { int32 a = 1; }\n',
        },
        ("int32", "string"),
    ),
}


@pytest.mark.parametrize("kind", SHARED)
def test_change_to_a_shared_type_checks_and_names_every_user(tmp_path: Path, kind: str) -> None:
    """Whoever uses what changed is compared again, at any distance, and the finding points into the shared file."""
    entry, files, (before, after) = SHARED[kind]
    config = f"version: 1\nschemas:\n  - {entry}\n"
    made = repository(tmp_path, {name: text.replace("{0}", before) for name, text in files.items()}, config)
    made.write({name: text.replace("{0}", after) for name, text in files.items()})
    answer = made.check(code=1)
    assert {one["subject"]: one["status"] for one in answer["subjects"]} == dict.fromkeys(
        ("shared", "user", "far"), "incompatible"
    )
    shared = next(one for one in answer["findings"] if one["subject"] == "shared")
    assert sorted(shared["referrers"]) == ["far", "user"]
    for subject in ("shared", "user", "far"):
        mine = [one for one in answer["findings"] if one["subject"] == subject]
        deepest = max(mine, key=lambda one: one["path"].count("/"))
        assert deepest["location"]["file"].rpartition("/")[2].startswith("shared.")


def test_removed_file_is_told(shop: Repository) -> None:
    """Its subject stays in the registry: that is worth a word, and no failure."""
    (shop.root / ORDER).unlink()
    shop.write({"schemas/other.avsc": record(ID, name="Other")})
    answer = shop.check()
    assert [(one["rule"], one["severity"]) for one in answer["findings"]] == [("SUBJECT_REMOVED", "info")]
    assert shop.run("check", "--fail-on", "info").exit_code == 1


UNREADABLE = {
    "no JSON": ('{"type": "record",', "SCHEMA_INVALID"),
    "unknown type": (record(field("a", "shop.Adress")), "REFERENCE_MISSING"),
    "type that is a list": ('{"type": ["null", "string"]}', "SCHEMA_INVALID"),
    "no text": ("", "SCHEMA_INVALID"),
    "cycle": (record(field("a", "shop.Order"), name="Other"), "REFERENCE_CYCLE"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_cannot_be_read_is_a_finding_and_the_rest_is_checked(shop: Repository, case: str) -> None:
    """Exit code 3, a place, and every other schema is compared all the same."""
    text, rule = UNREADABLE[case]
    shop.commit("sound", {"schemas/sound.avsc": record(ID, name="Sound")})
    shop.write({"schemas/other.avsc": text, "schemas/sound.avsc": record(ID, NOTE, name="Sound")})
    if case == "no text":
        (shop.root / "schemas/other.avsc").write_bytes(b'{"type": "record", "name": "A\xff"}')
    if case == "cycle":
        shop.write({ORDER: record(field("b", "shop.Other"))})
    answer = shop.check("--against", "git:HEAD", code=3)
    assert {"FIELD_WITHOUT_DEFAULT", rule} == set(rules(answer))
    assert next(one for one in answer["findings"] if one["rule"] == rule)["location"]["line"] >= 1


def test_broken_base_may_be_mended(shop: Repository) -> None:
    """A version that was no schema is held against nobody, and is told."""
    shop.commit("broken", {ORDER: "{"})
    shop.write({ORDER: record(ID)})
    answer = shop.check("--against", "git:HEAD")
    assert [(one["rule"], one["severity"]) for one in answer["findings"]] == [("BASE_UNREADABLE", "warning")]


def test_severities_can_be_changed_and_the_unstable_only_warns(tmp_path: Path) -> None:
    """By rule, by rule and subject, and by what is unstable."""
    base = 'version: 1\nschemas:\n  - {path: "schemas/*.avsc", subject: "{stem}"}\n'
    shop = repository(tmp_path, {ORDER: record(ID)}, base)
    shop.write({ORDER: record(ID, NOTE)})
    for more, severity, code in (
        ("severity: {FIELD_WITHOUT_DEFAULT: info}\n", "info", 0),
        ("severity: {FIELD_WITHOUT_DEFAULT: {other: info}}\n", "error", 1),
        ("unstable: [ord*]\n", "warning", 0),
        ("unstable: [ord*]\nfail_on: warning\n", "warning", 1),
        ("fail_on: never\n", "error", 0),
    ):
        shop.write({"momus.yaml": base + more})
        assert [one["severity"] for one in shop.check(code=code)["findings"]] == [severity]


@pytest.mark.parametrize("level", ["FORWARD", "FULL"])
def test_forward_is_about_old_readers(shop: Repository, level: str) -> None:
    """The direction says who cannot go on, and the place is still in the new text."""
    shop.write({ORDER: record(NOTE_WITH_DEFAULT)})
    (finding,) = shop.check("--level", level, code=1)["findings"]
    assert (finding["rule"], finding["direction"]) == ("FIELD_WITHOUT_DEFAULT", "writer")
    assert (json.loads(finding["old"]), finding["new"]) == (ID, "")
    assert finding["location"]["file"] == finding["oldLocation"]["file"] == ORDER


# ------------------------------------------------------------------------------------------------ registries


def test_registry_is_a_base_with_its_own_levels(shop: Repository) -> None:
    """Its level counts, over all versions that the level asks for; what it has already is left alone."""
    with Registry() as registry:
        _register(registry, "order-value", record(ID, field("x", "int")), record(ID), level="BACKWARD_TRANSITIVE")
        answer = shop.check("--against", "registry", "--registry", registry.url)
        assert [one["status"] for one in answer["subjects"]] == ["compatible"]
        shop.write({ORDER: record(ID, field("x", "string", default=""))})
        answer = shop.check("--registry", registry.url, code=1)
        (finding,) = answer["findings"]
        assert (finding["against"]["kind"], finding["against"]["version"]) == ("registry", 1)
        assert finding["against"]["id"] >= 1
        refused = _ask(registry, "order-value", (shop.root / ORDER).read_text())
        assert answer["subjects"][0]["messages"] == refused["messages"]


def test_snapshot_is_the_registry_without_it(shop: Repository) -> None:
    """What was taken answers as the registry did, with nothing to reach."""
    with Registry() as registry:
        _register(registry, "order-value", record(ID, field("x", "int")), record(ID), level="BACKWARD_TRANSITIVE")
        taken = shop.run("snapshot", "--registry", registry.url)
        assert taken.exit_code == 0, taken.output
        shop.write({ORDER: record(ID, field("x", "string", default=""))})
        live = shop.check("--registry", registry.url, code=1)
    kept = shop.check("--against", "snapshot", code=1)
    assert [one["messages"] for one in kept["subjects"]] == [one["messages"] for one in live["subjects"]]
    assert [one["fingerprint"] for one in kept["findings"]] == [one["fingerprint"] for one in live["findings"]]


def test_two_bases_that_disagree_are_told(shop: Repository) -> None:
    """What the registry has and git has not is drift."""
    with Registry() as registry:
        _register(registry, "order-value", record(ID, NOTE_WITH_DEFAULT))
        answer = shop.check("--against", "git:HEAD,registry", "--registry", registry.url)
    assert rules(answer) == ["BASES_DIFFER"]


def test_link_to_a_schema_has_what_the_schema_has(shop: Repository) -> None:
    """In a commit as on the disk, through other links too; one that leads out of it is no file there."""
    links = {"schemas/a.avsc": "order.avsc", "schemas/b.avsc": "../other", "other": "schemas/a.avsc", "round": "round"}
    for name, target in links.items():
        (shop.root / name).symlink_to(target)
    shop.commit()
    summary = shop.check()["summary"]
    assert (summary["checked"], summary["skipped"]) == (3, 3)
    shop.write({ORDER: record(ID, NOTE)})
    assert shop.check(code=1)["summary"]["breaking"] == 3


def test_repository_without_commits_says_so(tmp_path: Path) -> None:
    """And a commit counted from HEAD is not to be fetched by such a name."""
    made = Repository(tmp_path)
    made.git("init", "--quiet", "--initial-branch=main")
    made.write({"momus.yaml": AVRO_CONFIG})
    for against in ("git:merge-base", "git:HEAD", "git:main"):
        done = made.run("check", "--against", against)
        assert (done.exit_code, "no commit yet" in done.stderr) == (3, True)
    made.commit()
    done = made.run("check", "--against", "git:HEAD~1")
    assert (done.exit_code, "git fetch" in done.stderr) == (3, False)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_report_that_cannot_be_written_is_no_finding(shop: Repository) -> None:
    """A full disk ends with 2, in one line."""
    with Path("/dev/full").open("w") as full:
        momus = [sys.executable, "-m", "momus", "check"]
        done = subprocess.run(momus, cwd=shop.root, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr.startswith("momus: nothing more can be written")) == (2, True)


def test_registry_that_cannot_be_reached_is_exit_4(shop: Repository) -> None:
    """And a base that is not there 3."""
    done = shop.run("check", "--registry", "http://127.0.0.1:1")
    assert (done.exit_code, done.stdout) == (4, "")
    assert "127.0.0.1:1" in done.stderr
    (shop.root / "schemas/link.avsc").symlink_to("nowhere.avsc")
    assert shop.run("check").exit_code == 3
    (shop.root / "schemas/link.avsc").unlink()
    for against in ("git:nowhere", "folder:nowhere", "snapshot"):
        assert shop.run("check", "--against", against).exit_code == 3


def test_compat_asks_about_one_file(shop: Repository) -> None:
    """(c) Without a configuration, and with 1 for what would be refused."""
    with Registry() as registry:
        _register(registry, "a", record(ID))
        file = str(shop.root / ORDER)
        assert shop.run("compat", "a", file, "--registry", registry.url).exit_code == 0
        shop.write({ORDER: record(ID, NOTE)})
        refused = shop.run("compat", "a", file, "--registry", registry.url)
        assert refused.exit_code == 1
        assert "FIELD_WITHOUT_DEFAULT" in refused.stdout


def _register(registry: Registry, subject: str, *texts: str, level: str = "") -> None:
    from momus.client import ConfigUpdate, RegistryClient, Schema

    with RegistryClient(registry.url) as client:
        for text in texts:
            client.register_schema(subject, Schema(text))
        if level:
            client.set_config(ConfigUpdate(compatibility=level), subject)


def _ask(registry: Registry, subject: str, text: str) -> dict[str, object]:
    from momus.client import RegistryClient, Schema

    with RegistryClient(registry.url) as client:
        said = client.check_compatibility(subject, Schema(text), verbose=True)
    return {"is_compatible": said.is_compatible, "messages": list(said.messages)}


def test_defect_of_ours_is_told_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """In one sentence at the file that it is about, while all others are read; the traceback is the log's."""
    monkeypatch.setattr("momus.gate.engine.Workers", partial(Workers, jobs="tests.broken_jobs"))
    files = {"a.proto": 'syntax = "proto3"; message A {}', "o.avsc": record(ID)}
    rows = "  - {path: a.proto, subject: a}\n  - {path: o.avsc, subject: o}\n"
    made = repository(tmp_path, files, f"version: 1\nschemas:\n{rows}")
    done = made.run("check", "--all")
    assert done.exit_code == 3
    assert "reading the schema failed. This is a defect of Momus" in " ".join(done.stdout.split())
    assert "Traceback" not in done.stdout
    assert "KeyError: 'nobody caught this'" in caplog.text
