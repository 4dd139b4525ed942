"""The GitHub Action and the GitLab template: their scripts are run, with what the services set, before a small service.

What installs Momus runs with a Python that only writes down what it is asked; all else is real.
"""

import base64
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from momus.gate.git import TARGETS
from momus.gate.pull_request import main
from momus.testing import Registry
from tests.client.rogue import Answer, Rogue, Seen, rogue
from tests.gate.repositories import ID, NOTE, NOTE_WITH_DEFAULT, Repository, record, repository
from tests.served import PATIENCE, ROOT

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
SPEC, TEMPLATE = yaml.safe_load_all((ROOT / "templates" / "momus.yml").read_text(encoding="utf-8"))
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
INPUT = re.compile(r"\$\[\[ inputs\.(\w+) \]\]")
CONFIG = 'version: 1\nschemas:\n  - {path: "schemas/*.avsc", subject: "{stem}-value"}\n'
ORDER = "schemas/order.avsc"
BASH = shutil.which("bash") or ""

pytestmark = pytest.mark.skipif(not BASH, reason="the scripts are bash's")


# ------------------------------------------------------------------------------------------------ the services


@dataclass
class Comments:
    """The comments of a pull request, as both services keep them, behind as many pages as it takes."""

    bodies: dict[int, str] = field(default_factory=dict)
    uploads: list[dict[str, Any]] = field(default_factory=list)
    refused: bool = False

    def answer(self, seen: Seen) -> Answer:
        path, _, query = seen.target.partition("?")
        if self.refused:
            return Answer(403)
        if seen.method == "GET":
            page = int(re.search(r"page=(\d+)$", query)[1])  # type: ignore[index]
            rows = [{"id": number, "body": body} for number, body in sorted(self.bodies.items())]
            return Answer(200, json.dumps(rows[(page - 1) * 100 : page * 100]).encode())
        body = json.loads(seen.body)
        if path.endswith("/sarifs"):
            self.uploads.append(body)
        elif seen.method == "POST":
            self.bodies[len(self.bodies) + 1] = body["body"]
        else:
            self.bodies[int(path.rpartition("/")[2])] = body["body"]
        return Answer(200)

    def ours(self, verb: str) -> list[str]:
        return [body for body in self.bodies.values() if body.startswith(f"<!-- momus {verb} -->")]


@pytest.fixture
def comments() -> Comments:
    """Another's comments come first, more than fit on a page."""
    return Comments({number: f"said before <!-- momus check --> {number}" for number in range(1, 131)})


@pytest.fixture
def service(comments: Comments) -> Iterator[Rogue]:
    with rogue(comments.answer) as running:
        yield running


# ------------------------------------------------------------------------------------------------ the action


def test_scripts_are_bash_and_nothing_is_put_into_them() -> None:
    """Every script is read by bash without complaint; what comes from outside comes in variables; no other action."""
    assert [step["id"] for step in STEPS] == [
        "install", "history", "lint", "check", "plan", "comment", "sarif", "verdict", "apply",
    ]  # fmt: skip
    assert len({step["id"] for step in STEPS}) == len(STEPS)
    for step in STEPS:
        assert (step["shell"], "uses" in step) == ("bash", False)
        assert "${{" not in step["run"]
        subprocess.run([BASH, "-n"], input=step["run"], text=True, check=True)
    for job in TEMPLATE.values():
        for line in [*job.get("before_script", ()), *job.get("script", ())]:
            assert "$[[" not in line
            subprocess.run([BASH, "-n"], input=line, text=True, check=True)


def test_every_input_is_used_and_every_name_is_known() -> None:
    """No input that nothing reads, none that is read and not declared; each has a sentence."""
    text = json.dumps([STEPS, ACTION["outputs"]])
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == ACTION["inputs"].keys()
    assert all(one["description"] for one in [*ACTION["inputs"].values(), *ACTION["outputs"].values()])
    assert set(re.findall(r"steps\.(\w+)\.", text)) <= {step["id"] for step in STEPS}
    assert set(INPUT.findall(json.dumps(TEMPLATE))) == SPEC["spec"]["inputs"].keys()


class Names(dict[str, Any]):
    """What an expression may name; what is not there is empty."""

    def __missing__(self, name: str) -> Any:
        return ""


@dataclass
class Run:
    """The action in a job of GitHub: which steps ran, and what was written where."""

    root: Path
    event: str
    inputs: Mapping[str, str]
    outputs: dict[str, dict[str, str]]
    summary: str = ""
    printed: str = ""
    ended: int = 0
    ran: list[str] = field(default_factory=list)

    def value(self, expression: str) -> str:
        names = Names({f"inputs.{name}": text for name, text in self.inputs.items()})
        names |= {
            f"steps.{step}.outputs.{name}": text for step, told in self.outputs.items() for name, text in told.items()
        }
        names |= {
            "github.event_name": self.event, "github.ref_name": "main", "github.token": "t0ken",
            "github.event.repository.default_branch": "main",
        }  # fmt: skip
        python = re.sub(r"\b(?:inputs|steps|github)\.[\w.-]+", lambda found: repr(names[found[0]]), expression)
        python = python.replace("&&", "and").replace("||", "or").replace("\n", " ")
        return str(eval(python))


def github(made: Repository, url: str, event: str = "pull_request", **inputs: str) -> Run:
    """The steps after the first, in order, as the runner runs them: it stops after one that fails."""
    inputs = {name: EXPRESSION.sub("t0ken", one.get("default", "")) for name, one in ACTION["inputs"].items()} | inputs
    folder = made.root.parent / f"runner-{len(list(made.root.parent.iterdir()))}"
    (folder / "reports").mkdir(parents=True)
    run = Run(folder, event, inputs, {"install": {"bin": str(_bin(folder)), "reports": str(folder / "reports")}})
    (folder / "event.json").write_text(json.dumps({"pull_request": {"number": 7}} if event == "pull_request" else {}))
    for step in STEPS[1:]:
        if step.get("if") and run.value(step["if"]) != "True":
            continue
        run.ran.append(step["id"])
        done = _step(step, run, made, url)
        run.printed += done.stdout + done.stderr
        run.ended = done.returncode
        if run.ended:
            break
    return run


def _step(step: dict[str, Any], run: Run, made: Repository, url: str) -> "subprocess.CompletedProcess[str]":
    summary, output = run.root / "summary.md", run.root / f"output-{step['id']}"
    output.touch()
    told = {name: EXPRESSION.sub(lambda found: run.value(found[1]), text) for name, text in step.get("env", {}).items()}
    variables = _plain() | told | {
        "GITHUB_ACTIONS": "true", "GITHUB_API_URL": url, "GITHUB_REPOSITORY": "shop/schemas", "GITHUB_SHA": "0" * 40,
        "GITHUB_REF": "refs/pull/7/merge", "GITHUB_EVENT_PATH": str(run.root / "event.json"),
        "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary),
        "GITHUB_BASE_REF": "main" if run.event == "pull_request" else "",
    }  # fmt: skip
    folder = made.root / run.inputs["working-directory"] if "working-directory" in step else made.root
    done = subprocess.run(
        [BASH, "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]], cwd=folder, env=variables,
        capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    run.outputs[step["id"]] = dict(line.split("=", 1) for line in output.read_text().splitlines())
    run.summary = summary.read_text() if summary.exists() else ""
    return done


def _plain() -> dict[str, str]:
    ambient = (*TARGETS, "CI", "MOMUS_AGAINST", "MOMUS_REGISTRY", "GITHUB_TOKEN")
    kept = {name: value for name, value in os.environ.items() if name not in ambient and not name.startswith("GIT_")}
    return kept | {"PYTHONPATH": str(ROOT)}


def _bin(folder: Path) -> Path:
    """`momus` and `python`, as an environment with Momus in it has them."""
    place = folder / "bin"
    place.mkdir()
    for name, arguments in (("momus", "-P -m momus"), ("python", ""), ("python3", "")):
        (place / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments} "$@"\n')
        (place / name).chmod(0o755)
    return place


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    made = repository(tmp_path / "shop", {ORDER: record(ID)}, CONFIG)
    made.git("checkout", "--quiet", "-b", "feature")
    return made


def test_pull_request_gets_one_comment_that_is_edited(shop: Repository, service: Rogue, comments: Comments) -> None:
    """A break ends the job with 1, is annotated, summed up and commented; the next push edits that comment."""
    shop.commit("break", {ORDER: record(ID, NOTE)})
    first = github(shop, service.url, sarif="true", lint="false")
    assert (first.ended, first.ran) == (1, ["history", "check", "comment", "sarif", "verdict"])
    assert first.outputs["check"] == {"breaking": "true", "findings": "1", "status": "1"}
    assert "::error file=schemas/order.avsc,line=" in first.printed
    assert "FIELD_WITHOUT_DEFAULT" in first.summary
    [comment] = comments.ours("check")
    assert "break somebody" in comment
    [upload] = comments.uploads
    assert (upload["commit_sha"], upload["ref"]) == ("0" * 40, "refs/pull/7/merge")
    assert json.loads(gzip.decompress(base64.b64decode(upload["sarif"])))["runs"][0]["results"]
    shop.commit("mend", {ORDER: record(ID, NOTE_WITH_DEFAULT)})
    second = github(shop, service.url, lint="false")
    assert (second.ended, second.outputs["check"]["breaking"]) == (0, "false")
    [comment] = comments.ours("check")
    assert "break nobody" in comment
    assert len(comments.bodies) == 131
    assert {seen.headers["Authorization"] for seen in service.seen} == {"Bearer t0ken"}
    written = [(seen.method, seen.target) for seen in service.seen if seen.method != "GET"]
    assert written == [
        ("POST", "/repos/shop/schemas/issues/7/comments"),
        ("POST", "/repos/shop/schemas/code-scanning/sarifs"),
        ("PATCH", "/repos/shop/schemas/issues/comments/131"),
    ]


def test_pull_request_of_a_fork_has_the_summary(shop: Repository, service: Rogue, comments: Comments) -> None:
    """There the token may write nothing: that is told, and fails nothing."""
    comments.refused = True
    shop.commit("mend", {ORDER: record(ID, NOTE_WITH_DEFAULT)})
    run = github(shop, service.url)
    assert run.ended == 0
    assert "nobody was told beside the code: GET is answered with 403" in run.printed
    assert "break nobody" in run.summary


def test_lint_fails_the_job_and_everything_else_is_told(shop: Repository, service: Rogue, comments: Comments) -> None:
    """The worst code is the job's, after all reports are written."""
    shop.commit("bad", {"schemas/bad.avsc": '{"type": "recrod"}'})
    run = github(shop, service.url)
    assert (run.outputs["lint"]["status"], run.outputs["check"]["status"], run.ended) == ("3", "3", 3)
    assert comments.ours("check")


def test_plan_is_told_and_applied_on_the_default_branch_only(
    shop: Repository, service: Rogue, comments: Comments
) -> None:
    """A pull request plans; a push applies, if it is asked to; afterwards the plan is empty."""
    with Registry() as registry:
        shop.commit("more", {ORDER: record(ID, NOTE_WITH_DEFAULT)})
        asked = {"registry": registry.url, "apply": "true", "lint": "false"}
        planned = github(shop, service.url, **asked)
        assert (planned.ended, planned.outputs["plan"]) == (0, {"plan": "true", "status": "0"})
        assert "apply" not in planned.ran
        assert len(comments.ours("plan")) == len(comments.ours("check")) == 1
        pushed = github(shop, service.url, "push", **asked)
        assert (pushed.ended, pushed.ran[-1]) == (0, "apply")
        again = github(shop, service.url, "push", **asked)
        assert again.outputs["plan"] == {"plan": "false", "status": "0"}


KNOWN = {"version", "working-directory", "lint", "comment", "sarif", "apply", "token"}


def test_inputs_are_never_read_as_commands(shop: Repository, service: Rogue, tmp_path: Path) -> None:
    """Whatever an input has in it, it is one word."""
    evil = f'x"; touch {tmp_path}/done; $(touch {tmp_path}/done) `touch {tmp_path}/done` #'
    run = github(shop, service.url, "push", lint="false", **dict.fromkeys(ACTION["inputs"].keys() - KNOWN, evil))
    assert run.ended == 2
    [apply] = [step for step in STEPS if step["id"] == "apply"]
    assert _step(apply, run, shop, service.url).returncode == 2
    assert not (tmp_path / "done").exists()


def test_shallow_clone_gets_what_is_missing(shop: Repository, service: Rogue, tmp_path: Path) -> None:
    """As actions/checkout leaves a repository: one commit, and no other branch."""
    shop.commit("break", {ORDER: record(ID, NOTE)})
    shop.git("clone", "--quiet", "--depth=1", "--branch=feature", f"file://{shop.root}", str(tmp_path / "clone"))
    run = github(Repository(tmp_path / "clone"), service.url, lint="false", comment="false")
    assert run.outputs["check"] == {"breaking": "true", "findings": "1", "status": "1"}


@pytest.mark.parametrize(
    ("version", "expected"),
    [("1.2.3", ["momus==1.2.3"]), ("", ["--require-hashes", "{action}/requirements.txt", "--no-deps", "{action}"])],
)
def test_version_that_is_installed_is_pinned(tmp_path: Path, version: str, expected: list[str]) -> None:
    """The one that is named, or the action's own with the dependencies that it locks, each by its hash."""
    recorder = tmp_path / "python3"
    recorder.write_text(
        f'#!{BASH}\necho "$@" >> {tmp_path}/asked\n'
        f'if [ "$2" = venv ]; then mkdir -p "$3/bin"; cp {recorder} "$3/bin/python"; fi\n'
    )
    recorder.chmod(0o755)
    environment = {
        "PATH": f"{tmp_path}:/usr/bin:/bin", "VERSION": version, "ACTION": "/the/action",
        "HOME_OF_MOMUS": f"{tmp_path}/m", "GITHUB_OUTPUT": f"{tmp_path}/output",
    }  # fmt: skip
    subprocess.run([BASH, "-eo", "pipefail", "-c", STEPS[0]["run"]], env=environment, check=True, timeout=PATIENCE)
    asked = (tmp_path / "asked").read_text()
    assert all(one.format(action="/the/action") in asked for one in expected), asked
    assert f"reports={tmp_path}/m/reports" in (tmp_path / "output").read_text()


NOWHERE = {
    "neither GitHub Actions nor GitLab CI": {},
    "GITHUB_TOKEN is not set": {"GITHUB_ACTIONS": "true"},
    "of no pull request": {
        "GITHUB_ACTIONS": "true", "GITHUB_TOKEN": "t", "GITHUB_API_URL": "http://127.0.0.1:1",
        "GITHUB_REPOSITORY": "a/b", "GITHUB_EVENT_PATH": "{event}",
    },
    "MOMUS_GITLAB_TOKEN is not set": {
        "GITLAB_CI": "true", "CI_PROJECT_ID": "1", "CI_API_V4_URL": "http://127.0.0.1:1", "CI_MERGE_REQUEST_IID": "1",
    },
    "POST is not answered": {
        "GITHUB_ACTIONS": "true", "GITHUB_TOKEN": "t", "GITHUB_API_URL": "http://127.0.0.1:1",
        "GITHUB_REPOSITORY": "a/b", "GITHUB_EVENT_PATH": "{event}", "GITHUB_SHA": "0", "GITHUB_REF": "r",
    },
}  # fmt: skip


@pytest.mark.parametrize("why", NOWHERE)
def test_whoever_cannot_be_told_fails_nothing(tmp_path: Path, why: str) -> None:
    """No service, no token, no pull request, no network: a sentence, and exit code 0."""
    (tmp_path / "event.json").write_text("{}")
    (tmp_path / "report").write_text("<!-- momus check -->\n")
    variables = {name: text.format(event=tmp_path / "event.json") for name, text in NOWHERE[why].items()}
    said: list[str] = []
    what = "sarif" if "GITHUB_SHA" in variables else "comment"
    assert main([what, str(tmp_path / "report")], variables, said.append) == 0
    assert why in said[0]
    assert main(["shout"], {}, said.append) == 2


# ------------------------------------------------------------------------------------------------ GitLab


def gitlab(made: Repository, url: str, job: str, **inputs: str) -> "subprocess.CompletedProcess[str]":
    """The script of a job as a runner runs it, after its variables."""
    given = {name: str(one.get("default", "")).lower() if one.get("type") else one.get("default", "") for name, one in
             SPEC["spec"]["inputs"].items()} | inputs  # fmt: skip
    parent = TEMPLATE[".momus"]
    variables = {name: INPUT.sub(lambda found: given[found[1]], text) for name, text in parent["variables"].items()}
    service = {
        "GITLAB_CI": "true", "CI": "true", "CI_API_V4_URL": url, "CI_PROJECT_ID": "42", "CI_MERGE_REQUEST_IID": "7",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "CI_PROJECT_DIR": str(made.root), "MOMUS_GITLAB_TOKEN": "t0ken",
    }  # fmt: skip
    place = made.root.parent / "gitlab"
    place.mkdir(exist_ok=True)
    binaries = place / "bin" if (place / "bin").exists() else _bin(place)
    script = "\n".join([*parent["before_script"][2:], *TEMPLATE[job]["script"]])
    return subprocess.run(
        [BASH, "-eo", "pipefail", "-c", script], cwd=made.root, capture_output=True, text=True, check=False,
        env=_plain() | service | variables | {"PATH": f"{binaries}:{os.environ['PATH']}"}, timeout=PATIENCE,
    )  # fmt: skip


def test_merge_request_gets_its_reports(shop: Repository, service: Rogue, comments: Comments) -> None:
    """JUnit and code quality where the template says they are, one note that is edited, and the code of the worst."""
    shop.commit("break", {ORDER: record(ID, NOTE)})
    assert gitlab(shop, service.url, "momus-check", lint="false").returncode == 1
    for path in TEMPLATE["momus-check"]["artifacts"]["reports"].values():
        assert "FIELD_WITHOUT_DEFAULT" in (shop.root / path).read_text()
    shop.commit("mend", {ORDER: record(ID, NOTE_WITH_DEFAULT)})
    done = gitlab(shop, service.url, "momus-check", lint="false")
    assert (done.returncode, done.stderr) == (0, "")
    assert [(seen.method, seen.target) for seen in service.seen if seen.method != "GET"] == [
        ("POST", "/projects/42/merge_requests/7/notes"),
        ("PUT", "/projects/42/merge_requests/7/notes/131"),
    ]
    [note] = comments.ours("check")
    assert "break nobody" in note
    assert {seen.headers["Private-Token"] for seen in service.seen} == {"t0ken"}


def test_template_applies(shop: Repository, service: Rogue) -> None:
    """By the job that a person starts."""
    with Registry() as registry:
        assert gitlab(shop, service.url, "momus-apply", registry=registry.url).returncode == 0
        planned = shop.run("plan", "--registry", registry.url, "--detailed-exitcode")
        assert planned.exit_code == 0, planned.output
