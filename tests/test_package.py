"""The package as users get it: the wheel, beside the locked requirements and nothing else, run as the image runs it.

No container engine is needed: what the Dockerfile would start is read from the Dockerfile, and started here as a user
without rights, from a folder that this user may write.
"""

import importlib.metadata
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.served import PATIENCE, ROOT

NOBODY = 65534
IS_ROOT = os.geteuid() == 0
LOCKED = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)
PACKAGES = ("compat", "momus", "registry")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built by the locked tools with no network."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*build, "--wheel-dir", str(folder), str(ROOT)], check=True, timeout=PATIENCE * 4)
    [built] = folder.glob("momus-*.whl")
    return built


@pytest.fixture(scope="module")
def image() -> Iterator[Path]:
    """A folder that everybody may read, as the file system of an image."""
    folder = Path(tempfile.mkdtemp(prefix="momus-image-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def installed(image: Path, wheel: Path) -> Path:
    """An environment with the wheel and what requirements.txt locks; its bin folder."""
    python = readable_python(image)
    subprocess.run([python, "-m", "venv", "--without-pip", image / "momus"], check=True, timeout=PATIENCE)
    [site] = (image / "momus").glob("lib/python3.*/site-packages")
    for name, version in LOCKED.findall((ROOT / "requirements.txt").read_text(encoding="utf-8")):
        copy_distribution(name, version, site)
    install = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(image / "momus/bin/python"),
        "install",
        "--quiet",
        "--no-deps",
    ]
    subprocess.run([*install, "--no-index", str(wheel)], check=True, timeout=PATIENCE * 4)
    return image / "momus" / "bin"


def readable_python(image: Path) -> Path:
    """The interpreter of these tests; a copy of it where only root may look (pyenv below /root)."""
    base = Path(sys.base_prefix)
    python = base / "bin" / f"python3.{sys.version_info.minor}"
    if all(parent.stat().st_mode & 0o005 == 0o005 for parent in [base, *base.parents]):
        return python
    libraries = f"lib/python3.{sys.version_info.minor}"
    unneeded = shutil.ignore_patterns("site-packages", "test", "idlelib", "tkinter", "config-*", "ensurepip")
    shutil.copytree(base / libraries, image / "python" / libraries, ignore=unneeded, symlinks=True)
    for shared in base.glob("lib/libpython3*.so*"):
        shutil.copy(shared, image / "python" / "lib")
    (image / "python" / "bin").mkdir()
    return Path(shutil.copy(python, image / "python" / "bin" / "python3"))


def copy_distribution(name: str, version: str, site: Path) -> None:
    """As an installer would, from the environment of the tests, which has the same locked version."""
    distribution = importlib.metadata.distribution(name)
    assert distribution.version == version, f"{name}: run `make test`, which installs what is locked"
    for file in distribution.files or ():
        if not file.parts[0].startswith("..") and "__pycache__" not in file.parts:
            (site / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(str(distribution.locate_file(file)), site / file)


# ---------------------------------------------------------------- the Dockerfile


def dockerfile() -> dict[str, Any]:
    """What the final stage sets: the variables, and the commands of HEALTHCHECK and ENTRYPOINT."""
    final = (ROOT / "Dockerfile").read_text(encoding="utf-8").rpartition("\nFROM ")[2]
    [variables] = re.findall(r"^ENV (.*)$", final, re.MULTILINE)
    [health] = re.findall(r"^HEALTHCHECK .*? CMD (\[.*\])$", final, re.MULTILINE)
    [entrypoint] = re.findall(r"^ENTRYPOINT (\[.*\])$", final, re.MULTILINE)
    [user] = re.findall(r"^USER (\d+):(\d+)$", final, re.MULTILINE)
    return {
        "variables": dict(each.split("=", 1) for each in variables.split()),
        "health": json.loads(health),
        "entrypoint": json.loads(entrypoint),
        "user": tuple(map(int, user)),
    }


@contextmanager
def running(command: list[str], folder: Path, variables: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """The command in this folder, as a user without rights, with these variables and no others."""
    rights: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if IS_ROOT else {}
    executable = shutil.which(command[0], path=variables["PATH"])
    assert executable is not None
    process = subprocess.Popen(
        [executable, *command[1:]],
        cwd=folder,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **rights,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def test_image_runs_as_a_user_without_rights(image: Path, installed: Path) -> None:
    """The image's entry point serves, its health check passes, and SIGTERM stops it with code 0; nobody is root."""
    told = dockerfile()
    assert 0 not in told["user"]
    data = image / "data"
    data.mkdir()
    if IS_ROOT:
        os.chown(data, NOBODY, NOBODY)
    variables = told["variables"] | {
        "PATH": f"{installed}:/usr/bin:/bin",
        "LD_LIBRARY_PATH": str(image / "python" / "lib"),
        "MOMUS_HOST": "127.0.0.1",  # the image listens everywhere; a test does not
        "MOMUS_DATA": str(data),
        "MOMUS_PORT": "0",
    }
    with running(told["entrypoint"], data, variables) as server:
        assert server.stdout is not None
        url = json.loads(server.stdout.readline())["url"]
        assert json.loads(server.stdout.readline())["event"] == "ready"
        with running(told["health"], data, variables | {"MOMUS_PORT": url.rpartition(":")[2]}) as check:
            assert check.communicate(timeout=PATIENCE) == ("", "")
            assert check.returncode == 0
        server.send_signal(signal.SIGTERM)
        _, journal = server.communicate(timeout=PATIENCE)
    assert (server.returncode, [json.loads(line)["event"] for line in journal.splitlines()]) == (
        0,
        ["stopping", "stopped"],
    )
    assert {path.stat().st_uid for path in data.iterdir()} == {NOBODY if IS_ROOT else os.geteuid()}
    with running(told["health"], data, variables | {"MOMUS_PORT": url.rpartition(":")[2]}) as check:
        assert check.wait(PATIENCE) != 0  # a check that cannot fail would be none


def test_what_runs_is_the_wheel(image: Path, installed: Path) -> None:
    """The environment has no way back to the checkout, and no tools to build with."""
    program = (
        "import compat, momus, registry, sys; print(compat.__file__, momus.__file__, registry.__file__, *sys.path)"
    )
    variables = {"PATH": str(installed), "LD_LIBRARY_PATH": str(image / "python" / "lib")}
    with running(["python", "-c", program], image, variables) as told:
        paths, _ = told.communicate(timeout=PATIENCE)
    assert [path for path in paths.split()[:3] if not path.startswith(str(image))] == []
    assert str(ROOT) not in paths
    assert not {"pip", "setuptools", "hatchling", "wheel"} & {path.name for path in installed.parent.glob("lib/*/*/*")}


def test_wheel_has_what_is_needed_and_nothing_else(wheel: Path) -> None:
    """Three packages with their types, the contract, the reading page, the licence and the command; no tests."""
    names = set(zipfile.ZipFile(wheel).namelist())
    for package in PACKAGES:
        assert f"{package}/py.typed" in names
    assert {"registry/http/openapi.yaml", "registry/http/docs.html"} <= names
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == set(PACKAGES)
    [about] = {name.split("/")[0] for name in names if ".dist-info/" in name}
    archive = zipfile.ZipFile(wheel)
    assert b"Apache License" in archive.read(f"{about}/licenses/LICENSE")
    entries = "[console_scripts] momus = momus.__main__:main [pytest11] momus = momus.pytest_plugin"
    assert archive.read(f"{about}/entry_points.txt").decode().split() == entries.split()
    assert archive.read("registry/http/openapi.yaml") == (ROOT / "openapi.yaml").read_bytes()


# ---------------------------------------------------------------- what is locked


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-build.txt", "requirements-dev.txt"])
def test_lock_is_hashed_and_names_no_host(lock: str) -> None:
    """Each package is pinned with hashes, and where it comes from is the installer's own business."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    pins = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert pins
    assert [line for line in pins if not re.fullmatch(r"[a-z0-9-]+==[^ ;]+( ; .+)? \\", line)] == []
    assert text.count("==") <= text.count("--hash=sha256:")
    assert "://" not in text


def test_locks_agree() -> None:
    """What is tested is what is served: a package has one version in all lock files."""
    versions: dict[str, set[str]] = {}
    for lock in ROOT.glob("requirements*.txt"):
        for name, version in LOCKED.findall(lock.read_text(encoding="utf-8")):
            versions.setdefault(name, set()).add(version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}
