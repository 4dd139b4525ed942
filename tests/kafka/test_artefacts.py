"""What is fetched once a machine: whole or not there, whoever else fetches it and whatever interrupts."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from tests.kafka import artefacts


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty one."""
    monkeypatch.setenv("MOMUS_TEST_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def maven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `mvn` before all others on the PATH; what it does is up to the test."""
    program = tmp_path / "bin" / "mvn"
    program.parent.mkdir()
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    return program


def does(program: Path, *lines: str) -> None:
    """Where to put the jars is the last argument, after a `=`."""
    head = ("#!/bin/sh", 'for last; do :; done; place="${last#*=}"')
    program.write_text("\n".join((*head, *lines)), encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_interrupted_download_is_begun_anew(cache: Path, maven: Path) -> None:
    """A fetch that ended halfway leaves nothing that is taken for jars; the next one begins with an empty folder."""
    does(maven, 'mkdir -p "$place" && touch "$place/half.jar"', "echo no network", "exit 1")
    with pytest.raises(artefacts.Unavailable, match="no network"):
        artefacts.libs()
    does(maven, 'mkdir -p "$place" && touch "$place/whole.jar"')
    assert names(artefacts.libs()) == ["whole.jar"]
    assert cache in artefacts.libs().parents


@pytest.mark.usefixtures("cache")
def test_two_at_once_fetch_once(maven: Path, tmp_path: Path) -> None:
    """Of two that need the jars at once, one fetches them and the other waits."""
    does(maven, f'echo fetched >> "{tmp_path / "fetched"}"', 'mkdir -p "$place" && touch "$place/whole.jar"')
    together = Barrier(2)

    def fetch() -> list[str]:
        together.wait()
        return names(artefacts.libs())

    with ThreadPoolExecutor() as threads:
        found = [future.result() for future in [threads.submit(fetch), threads.submit(fetch)]]
    assert found == [["whole.jar"]] * 2
    assert (tmp_path / "fetched").read_text(encoding="utf-8") == "fetched\n"


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize(("present", "word"), [((), "java"), (("java",), "setpriv"), (("java", "setpriv"), "mvn")])
def test_what_is_missing_is_named(
    present: tuple[str, ...], word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that cannot run a Kafka is told the first thing that it has not got."""
    for name in present:
        does(tmp_path / name)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    reason = artefacts.missing()
    assert reason is not None
    assert f"`{word}`" in reason
