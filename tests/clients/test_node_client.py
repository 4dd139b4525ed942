"""What Momus promises to kafkajs' registry client, run by node. Where it is missing tests/packages.py says so."""

import json
import os
import subprocess
from typing import Any

from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from tests import packages
from tests.clients.contract import configuration
from tests.clients.running import running
from tests.clients.schemas import USER
from tests.served import PATIENCE

ORDERS = SerializationContext("orders", MessageField.VALUE)
USERS = SerializationContext("users", MessageField.VALUE)


def told_by_kafkajs(url: str, message: bytes) -> dict[str, Any]:
    run = subprocess.run(
        ["node", str(packages.NODE / "kafkajs.cjs"), url, message.hex()],
        env=os.environ | {"NODE_PATH": str(packages.of_node())},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    told: dict[str, Any] = json.loads(run.stdout)
    return told


def test_kafkajs_and_python_understand_each_other() -> None:
    """What kafkajs registers, also with references, it finds again; and each reads the other's messages."""
    with running() as url, SchemaRegistryClient(configuration(url)) as client:
        told = told_by_kafkajs(url, AvroSerializer(client, USER)({"name": "Ann"}, USERS))
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
