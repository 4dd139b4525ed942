"""What Momus promises to kafkajs' registry client, run by node.

The packages of `node/package-lock.json` are installed once, into the user's cache. Without node, or without a way to
get the packages, the test says so and is skipped; where CI is set, packages that cannot be had are a failure.
"""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from tests.clients.contract import configuration
from tests.clients.running import running
from tests.clients.schemas import USER
from tests.served import PATIENCE

HERE = Path(__file__).parent / "node"
DEFAULT_CACHE = Path.home() / ".cache"
INSTALL = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
ORDERS = SerializationContext("orders", MessageField.VALUE)
USERS = SerializationContext("users", MessageField.VALUE)


@pytest.fixture(scope="module")
def packages() -> Path:
    """The folder where the locked packages are."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("kafkajs is not tried: node and npm are not on the PATH")
    lock = (HERE / "package-lock.json").read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or DEFAULT_CACHE) / "momus-tests"
    installed = cache / f"node-{hashlib.sha256(lock).hexdigest()[:16]}"
    if not installed.exists():
        cache.mkdir(parents=True, exist_ok=True)
        install_into(installed)
    return installed


def install_into(folder: Path) -> None:
    """All or nothing, whoever else is at it."""
    with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as made:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, made)
        run = subprocess.run(INSTALL, cwd=made, capture_output=True, text=True, timeout=120, check=False)
        if run.returncode != 0:
            give_up = pytest.fail if os.environ.get("CI") else pytest.skip
            give_up(f"kafkajs is not tried, npm cannot install it: {run.stderr.strip()}")
        try:
            Path(made).rename(folder)
        except OSError:
            assert folder.exists()  # another run was quicker


def told_by_kafkajs(packages: Path, url: str, message: bytes) -> dict[str, Any]:
    run = subprocess.run(
        ["node", str(HERE / "kafkajs.cjs"), url, message.hex()],
        env=os.environ | {"NODE_PATH": str(packages / "node_modules")},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    told: dict[str, Any] = json.loads(run.stdout)
    return told


def test_kafkajs_and_python_understand_each_other(packages: Path) -> None:
    """What kafkajs registers, also with references, it finds again; and each reads the other's messages."""
    with running() as url, SchemaRegistryClient(configuration(url)) as client:
        told = told_by_kafkajs(packages, url, AvroSerializer(client, USER)({"name": "Ann"}, USERS))
        order = {"n": 7, "customer": {"name": "Ann"}}
        assert AvroDeserializer(client)(bytes.fromhex(told["encoded"]), ORDERS) == order
        assert client.get_compatibility("shop.Customer") == "BACKWARD"  # kafkajs sets it where it found none
    refused = told.pop("incompatible")
    assert "Schema being registered is incompatible with an earlier schema" in refused
    assert "reader type: INT not compatible with writer type: STRING" in refused
    assert told == {
        "ids": [2, 3],
        "again": 2,
        "latest": 3,
        "version": 3,
        "bySchema": 2,
        "encoded": "00000000030e06416e6e",
        "decoded": order,
        "other": {"name": "Ann"},
        "unwanted": "ConfluentSchemaRegistryCompatibilityError: "
        "Compatibility does not match the configuration (FULL != BACKWARD)",
        "unknown": "ResponseError: Confluent_Schema_Registry - Subject 'nobody' not found.",
    }
