"""`momus.testing`: the real registry in the process of a test."""

import gc
import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from momus.client import Incompatible, RegistryClient
from momus.testing import Registry, registry
from tests.served import PATIENCE, environment

__all__ = ["registry"]


def ask(url: str) -> object:
    with urlopen(url, timeout=PATIENCE) as reply:
        return json.loads(reply.read())


def test_the_fixture_is_a_registry(registry: Registry) -> None:
    """Whoever knows its URL can use it, and what would break is refused with a proof."""
    assert ask(f"{registry.url}/subjects") == []
    with RegistryClient(registry.url) as client:
        client.register_schema("s", '"string"')
        with pytest.raises(Incompatible) as raised:
            client.register_schema("s", '"int"')
        assert raised.value.differences[0].witness is not None


def test_there_can_be_several() -> None:
    """Each has its own schemas, and its own settings, which are those of the server."""
    with Registry() as one, Registry(compatibility="NONE", incompatible_code="409") as two:
        with RegistryClient(two.url) as client:
            client.register_schema("s", '"string"')
            assert client.register_schema("s", '"int"').version == 2
        assert (ask(f"{one.url}/subjects"), ask(f"{two.url}/subjects")) == ([], ["s"])


def test_it_ends_clean() -> None:
    """Its thread is gone, nobody listens, and started again it is empty; stopping twice does no harm."""
    before = threading.enumerate()
    running = Registry().start()
    url = running.url
    with pytest.raises(RuntimeError, match="runs already"):
        running.start()
    with RegistryClient(url) as client:
        client.register_schema("s", '"string"')
        running.stop()  # with a connection open
    running.stop()
    assert not [each for each in threading.enumerate() if each.name == "momus-registry" and each not in before]
    with pytest.raises(URLError):
        urlopen(url, timeout=PATIENCE)
    with pytest.raises(RuntimeError, match="does not run"):
        _ = running.url
    with running as again:
        assert ask(f"{again.url}/subjects") == []


def test_wrong_settings_are_told() -> None:
    """By name, or by what is right."""
    with pytest.raises(TypeError, match="no settings of the registry: compatability"):
        Registry(compatability="FULL")
    with pytest.raises(ValueError, match="compatibility is 'SIDEWAYS': it must be NONE"):
        Registry(compatibility="SIDEWAYS")


@pytest.mark.parametrize("collects", [True, False])
def test_the_garbage_collector_is_left_alone(*, collects: bool) -> None:
    """However many registries start at once: whether it runs, and what is frozen, is the test's business."""
    was, registries = gc.isenabled(), [Registry() for _ in range(4)]
    (gc.enable if collects else gc.disable)()
    gc.freeze()
    frozen = gc.get_freeze_count()
    try:
        with ThreadPoolExecutor() as pool:
            for step in (Registry.start, Registry.stop):
                list(pool.map(step, registries))
                assert gc.isenabled() == collects
                assert gc.get_freeze_count() > frozen / 2  # what is frozen can still go when nobody uses it
    finally:
        gc.unfreeze()
        (gc.enable if was else gc.disable)()


def test_neither_folder_nor_environment_matter(tmp_path: Path) -> None:
    """A momus.toml beside the tests, and MOMUS_ variables, are for servers; and pytest is not needed."""
    (tmp_path / "momus.toml").write_text('kafka = "nobody:9092"')
    program = (
        "import sys; sys.modules['pytest'] = None\n"
        "from momus.testing import Registry\n"
        "with Registry() as registry: print(registry.url)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        check=True,
        env=environment(MOMUS_KAFKA="nobody:9092"),
        cwd=tmp_path,
        text=True,
        timeout=PATIENCE,
    )
    assert done.stdout.startswith("http://127.0.0.1:")
    assert [file.name for file in tmp_path.iterdir()] == ["momus.toml"]
