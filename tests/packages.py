"""Packages that a few tests need and that are not among ours: those of npm, those of Maven, and those that want other
versions than we.

What a lock file names, with its hashes, or a pom with its version, is installed once, into the user's cache. Where it
cannot be had a test is skipped with the reason; where CI is set, packages that cannot be installed are a failure.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

HERE = Path(__file__).parent
NODE = HERE / "clients" / "node"
JAVA = HERE / "clients" / "java"
FAUST = HERE / "examples" / "faust.txt"
DEFAULT_CACHE = Path.home() / ".cache"
PATIENCE = 300  # seconds; a hundred packages over a slow line
NPM_CI = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
MVN_COPY = ["mvn", "--batch-mode", "--quiet", "dependency:copy", "-DoutputDirectory=."]
PIP = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]


def of_node() -> Path:
    """The folder `node_modules`, for NODE_PATH: the registry clients of Confluent and of kafkajs.

    Of the former's packages those are left out that talk to the clouds' key services, three quarters of all; its
    serializers load none of them.
    """
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("JavaScript's clients are not tried: node and npm are not on the PATH")
    lock = NODE / "package-lock.json"
    return _installed("node", [NODE / "package.json", lock], NPM_CI) / "node_modules"


def of_java() -> Path:
    """A folder of jars: Confluent's Java client. What is run with them is Java's source, so a JDK is needed."""
    if any(shutil.which(program) is None for program in ("java", "javac", "mvn")):
        pytest.skip("Java's client is not tried: java, javac and mvn are not all on the PATH")
    return _installed("java", [JAVA / "pom.xml"], MVN_COPY)


def of_faust() -> Path:
    """A folder for PYTHONPATH: faust-streaming and what it needs, an older click than ours."""
    return _installed(f"faust-{sys.implementation.cache_tag}", [FAUST], [*PIP, "--target=.", "-r", FAUST.name])


def _installed(name: str, files: Sequence[Path], command: Sequence[str]) -> Path:
    """The folder in which the command has installed what the files lock."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or DEFAULT_CACHE) / "momus-tests"
    digest = hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:16]
    folder = cache / f"{name}-{digest}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        _install(folder, files, command)
    return folder


def _install(folder: Path, files: Sequence[Path], command: Sequence[str]) -> None:
    """All or nothing, whoever else is at it."""
    with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as made:
        for file in files:
            shutil.copy(file, made)
        run = subprocess.run(command, cwd=made, capture_output=True, text=True, timeout=PATIENCE, check=False)
        if run.returncode != 0:
            give_up = pytest.fail if os.environ.get("CI") else pytest.skip
            give_up(f"not tried, {command[0]} cannot install {files[-1].name}: {(run.stdout + run.stderr).strip()}")
        try:
            Path(made).rename(folder)
        except OSError:
            assert folder.exists()  # another run was quicker
