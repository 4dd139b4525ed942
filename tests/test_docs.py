"""The docs: what they show is what happens."""

import json
import re
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from docs.build_tables import PAGE, with_tables
from momus.client import Reference, Schema
from momus.testing import Registry
from tests.client.rogue import Answer, Seen
from tests.gate.planning import client, front
from tests.served import PATIENCE, ROOT, Served, served

PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + sorted(ROOT.glob("docs/**/*.md"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("docs")) as running:
        yield running


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def dialogue(text: str) -> Iterator[tuple[str, str]]:
    """The commands of a console and what they print."""
    for each in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, printed = each.partition("\n")
        yield command, printed


def curl(command: str, server: Served) -> Any:
    """What a curl of the docs prints, asked without curl."""
    _, url, *more = shlex.split(command)
    body = more[1].encode() if more[:1] == ["--json"] else None
    request = Request(url.replace("127.0.0.1:8081", server.url), body, {"Content-Type": "application/json"})
    try:
        with urlopen(request, timeout=PATIENCE) as reply:
            return json.loads(reply.read())
    except OSError as refused:
        return json.loads(refused.read())  # type: ignore[attr-defined]


def is_shown(shown: Any, answer: Any) -> bool:
    """Is the answer what the page shows? "..." on the page stands for any text."""
    match shown:
        case "...":
            return isinstance(answer, str)
        case dict():
            return shown.keys() == answer.keys() and all(is_shown(shown[name], answer[name]) for name in shown)
        case list():
            return len(shown) == len(answer) and all(map(is_shown, shown, answer))
        case _:
            return bool(shown == answer)


def test_session_of_the_readme_happens(server: Served) -> None:
    """The README's first session, line by line, gives the answers that the README shows."""
    [session] = blocks(ROOT / "README.md", "console")
    exchanges = list(dialogue(session))
    assert len(exchanges) == 5
    for command, printed in exchanges:
        answer = curl(command, server)
        assert is_shown(json.loads(printed), answer), (command, answer)


def test_targets_that_the_docs_name_exist() -> None:
    """Every `make` command of the docs is a target, and those that a newcomer needs are in the docs."""
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    named = {
        target for words in re.findall(r"(?:^|`)make ((?:[a-z]+ ?)+)", text, re.MULTILINE) for target in words.split()
    }
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
    assert {"install", "run", "test", "check", "bench"} <= named & targets
    assert named - targets == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Links to files of ours are not broken."""
    links = re.findall(r"\]\((?!http)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_tables_are_in_step() -> None:
    """Settings and metrics on the page are those of the code; `make docs` writes them."""
    page = PAGE.read_text(encoding="utf-8")
    assert "| `port` | `8081` |" in page
    assert with_tables(page) == page


def test_backup_of_the_docs_is_one(tmp_path: Path) -> None:
    """The backup command, run beside a server, gives a file on which a Momus starts with everything in it.

    Where there is no log it fails and leaves nothing; an earlier backup stays as it is.
    """
    [command] = [block for block in blocks(PAGE, "sh") if "backup" in block]
    _, *arguments = shlex.split(command)

    def back_up() -> int:
        return subprocess.run([sys.executable, *arguments], cwd=tmp_path, check=False, timeout=PATIENCE).returncode

    assert (back_up(), list(tmp_path.iterdir())) == (1, [])
    with served(tmp_path) as server:
        server.ask("POST", "/subjects/backed-up/versions", {"schema": '"string"'})
        assert back_up() == 0
        kept = (tmp_path / "backup.sqlite").read_bytes()
        assert back_up() == 1
        assert (tmp_path / "backup.sqlite").read_bytes() == kept
    restored = tmp_path / "restored" / "momus-data"
    restored.mkdir(parents=True)
    (tmp_path / "backup.sqlite").rename(restored / "log.sqlite")
    with closing(sqlite3.connect(restored / "log.sqlite")) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with served(restored.parent) as server:
        assert server.ask("GET", "/subjects") == (200, ["backed-up"])


def test_copy_of_the_docs_is_whole(tmp_path: Path) -> None:
    """Copied as migration.md says: ids, versions, references, rules, contexts, deletions and configs are the same."""
    [command] = [block for block in blocks(ROOT / "docs" / "migration.md", "sh") if "copy_schemas" in block]
    _, script, *_ = shlex.split(command)
    old_folder, new_folder = tmp_path / "old", tmp_path / "new"
    old_folder.mkdir()
    new_folder.mkdir()
    with served(old_folder, "--schema-search-default-limit", "2", "--schema-search-max-limit", "2") as old:
        for method, path, body in OLD_REGISTRY:
            assert old.ask(method, path, body)[0] == 200, (path, body)
        with served(new_folder) as new:

            def copied() -> "subprocess.CompletedProcess[str]":
                arguments = [sys.executable, str(ROOT / script), old.url, new.url]
                return subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=PATIENCE)

            first = copied()
            assert (first.returncode, first.stderr) == (0, "")
            assert first.stdout == f"7 schemas are in {new.url}, each under its id\n"
            for path in SAME_AFTERWARDS:
                assert without_times(new.ask("GET", path)) == without_times(old.ask("GET", path)), path
            assert new.ask("POST", "/subjects/z/versions", {"schema": '"bytes"'})[1]["id"] == 63
            again = copied()
            assert (again.returncode, again.stdout) == (1, "")
            assert "Cannot import since found existing subjects" in again.stderr


LISTS = {
    "Redpanda": Answer(404, b'{"error_code":404,"message":"Not found"}'),
    "Apicurio": Answer(200, b"[]"),
    "Apicurio, of everything": Answer(200, b'[{"schema":"{}","schemaType":"JSON","references":[]}]'),
}


@pytest.mark.parametrize("peer", LISTS)
def test_copy_of_a_registry_without_a_list_of_schemas_is_whole(tmp_path: Path, peer: str) -> None:
    """They are asked for one by one; what is not shown (a deleted subject, by Apicurio) is left out."""

    def answer(seen: Seen, behind: Callable[[], Answer]) -> Answer:
        if seen.target.startswith("/schemas?"):
            return LISTS[peer]
        return Answer(404, b"{}") if seen.target.startswith("/subjects/hidden/versions/") else behind()

    with Registry() as old, front(old, answer) as poor, client(old) as asked, served(tmp_path) as new:
        part = asked.register_schema("a/b", Schema('{"type":"record","name":"Part","fields":[]}'))
        references = (Reference("Part", "a/b", 1),)
        asked.register_schema("whole", Schema('{"type":"array","items":"Part"}', references=references))
        asked.register_schema("gone", Schema('"int"'))
        asked.register_schema("hidden", Schema('"long"'))
        asked.delete_subject("gone")
        asked.delete_subject("hidden")
        script = [sys.executable, str(ROOT / "docs" / "copy_schemas.py"), poor.url, new.url]
        copied = subprocess.run(script, capture_output=True, text=True, check=False, timeout=PATIENCE)
        assert (copied.returncode, copied.stderr) == (0, "")
        assert copied.stdout == f"3 schemas are in {new.url}, each under its id\n"
        assert new.ask("GET", "/subjects?deletedOnly=true") == (200, ["gone"])
        assert new.ask("GET", "/subjects/a%2Fb/versions/1/referencedby") == (200, [part.id + 1])


RECORD = '{"type":"record","name":"Order","fields":[{"name":"by","type":"Person"}]}'
PERSON = '{"type":"record","name":"Person","fields":[]}'
BY_PERSON = [{"name": "Person", "subject": "person", "version": 4}]
RULES = {"domainRules": [{"name": "r", "kind": "CONDITION", "type": "CEL", "mode": "WRITE", "expr": "true"}]}
OLD_REGISTRY: list[tuple[str, str, Any]] = [
    ("PUT", "/mode/:.__GLOBAL:", {"mode": "IMPORT"}),
    ("POST", "/subjects/person/versions", {"schema": PERSON, "id": 60, "version": 4}),  # its referrers have lower ids
    ("POST", "/subjects/orders%2Fvalue/versions", {"schema": RECORD, "references": BY_PERSON, "id": 7, "version": 1}),
    ("POST", "/subjects/:.eu:person/versions", {"schema": PERSON, "id": 9, "version": 4}),
    ("POST", "/subjects/:.eu:orders/versions", {"schema": RECORD, "references": BY_PERSON, "id": 7, "version": 2}),
    ("PUT", "/mode/:.__GLOBAL:", {"mode": "READWRITE"}),
    ("POST", "/subjects/gone/versions", {"schema": '"int"'}),
    ("POST", "/subjects/gone/versions", {"schema": '"long"', "metadata": {"properties": {"a": "b"}}, "ruleSet": RULES}),
    ("DELETE", "/subjects/gone/versions/1", None),
    ("POST", "/subjects/away/versions", {"schema": '"int"'}),
    ("DELETE", "/subjects/away", None),
    ("PUT", "/config", {"compatibility": "FULL"}),
    ("PUT", "/config/person", {"compatibility": "NONE", "normalize": True}),
    ("PUT", "/config/:.eu:", {"compatibility": "FORWARD"}),
]
SAME_AFTERWARDS = (
    "/schemas?subjectPrefix=:*:&deleted=true&limit=2",
    "/schemas?subjectPrefix=:*:&deleted=true&limit=2&offset=2",
    "/subjects?subjectPrefix=:*:",
    "/subjects?subjectPrefix=:*:&deleted=true",
    "/config",
    "/config/person",
    "/config/:.eu:",
    "/config/gone",
    "/mode",
    "/schemas/ids/60/versions",
)


def without_times(answer: tuple[int, Any]) -> tuple[int, Any]:
    status, content = answer
    if isinstance(content, list):
        content = [
            {key: value for key, value in each.items() if key != "ts"} if isinstance(each, dict) else each
            for each in content
        ]
    return status, content
