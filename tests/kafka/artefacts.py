"""What it takes to run an Apache Kafka: its jars, a formatted folder, an archive of classes. Made once a machine.

All of it lies in a cache outside the tree, shared by whoever runs tests at the same time. An entry is built beside its
place, under a lock, and renamed into it when it is whole: one that is there is complete. Nothing here runs a broker.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

POM = Path(__file__).parent / "pom.xml"
SMALL = ("-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


class Unavailable(Exception):
    """This machine cannot run a Kafka; the sentence says what is missing."""


def missing() -> str | None:
    """Why no Kafka can be run here, in a sentence; None if one can."""
    if shutil.which(_java()) is None:
        return "No Kafka can be run here: there is no `java` (17 or newer) on the PATH or in JAVA_HOME."
    if shutil.which("setpriv") is None:
        return (
            "No Kafka can be run here: there is no `setpriv` (of util-linux), which ends brokers when tests are killed."
        )
    if not (_cache() / "libs").exists() and shutil.which("mvn") is None:
        return "No Kafka can be run here: there is no `mvn` (Apache Maven) on the PATH to fetch it with."
    return None


def libs() -> Path:
    """The folder of jars."""
    return _cached("libs", download)


def formatted(options: Sequence[str] = ()) -> Path:
    """The `bootstrap.checkpoint` that a folder begins with: features, users; nothing of a cluster or a node."""
    name = f"formatted-{_digest(*options)}"
    return _cached(name, lambda place: format_folder(place, options)) / "bootstrap.checkpoint"


def archive(train: Callable[[Sequence[str]], None]) -> Path:
    """The archive of classes that halves the start of a broker; `train` runs one with the flags it is given."""
    java = Path(shutil.which(_java()) or "").resolve()
    name = f"archive-{_digest(str(java), str(java.stat().st_mtime_ns), str(java.stat().st_size), *SMALL)}"

    def build(place: Path) -> None:
        place.mkdir()
        train([*SMALL, f"-XX:ArchiveClassesAtExit={place / 'classes.jsa'}", "-Xlog:cds=off", "-Xlog:cds+dynamic=off"])

    return _cached(name, build) / "classes.jsa"


def java(*flags: str, main: str, arguments: Sequence[str] = ()) -> list[str]:
    """The command that runs a class of Kafka. Jars are listed in one order: an archive of classes insists on it."""
    path = os.pathsep.join(str(jar) for jar in sorted(libs().glob("*.jar")))
    return [_java(), *flags, "-cp", path, main, *arguments]


def download(place: Path) -> None:
    """Jars from the repository that Maven is set up to use."""
    _run("mvn", "--batch-mode", "--quiet", "--file", str(POM), "dependency:copy-dependencies",
         "-DincludeScope=runtime", f"-DoutputDirectory={place}")  # fmt: skip


def format_folder(place: Path, options: Sequence[str]) -> None:
    properties = place.with_suffix(".properties")
    properties.write_text(
        "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:1\n"
        "listeners=PLAINTEXT://127.0.0.1:2,CONTROLLER://127.0.0.1:1\ncontroller.listener.names=CONTROLLER\n"
        f"log.dirs={place}\n",
        encoding="utf-8",
    )
    arguments = ["format", "-t", "AAAAAAAAAAAAAAAAAAAAAQ", "-c", str(properties), *options]
    _run(*java(*SMALL, main="kafka.tools.StorageTool", arguments=arguments))
    properties.unlink()


def _cached(name: str, build: Callable[[Path], None]) -> Path:
    """The entry of this name, built now if it is not there."""
    place = _cache() / name
    if not place.exists():
        with _locked(_cache() / f"{name}.lock"):
            if not place.exists():  # built by somebody else meanwhile
                rough = _cache() / f"building-{name}"
                shutil.rmtree(rough, ignore_errors=True)  # left by a process that was killed
                build(rough)
                rough.rename(place)
    return place


@contextmanager
def _locked(place: Path) -> Iterator[None]:
    """One lock an entry: to build one may need another."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    root = Path(os.environ.get("MOMUS_TEST_CACHE") or Path(home) / "momus-tests")
    return root / f"kafka-{_digest(POM.read_text(encoding='utf-8'))}"


def _java() -> str:
    home = os.environ.get("JAVA_HOME")
    return str(Path(home) / "bin" / "java") if home else "java"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    except FileNotFoundError as absent:
        raise Unavailable(f"No Kafka can be run here: there is no `{command[0]}`.") from absent
    if done.returncode:
        raise Unavailable(f"`{' '.join(command[:1])}` ended with {done.returncode}:\n{done.stdout[-2000:]}")
