"""What Momus promises to Confluent's Java client, run by java. Where it is missing tests/packages.py says so."""

import os
import subprocess

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

CUSTOMER = '{"type":"record","name":"Customer","namespace":"shop","fields":[{"name":"name","type":"string"}]}'
ORDER = (
    '{"type":"record","name":"Order","namespace":"shop","fields":'
    '[{"name":"n","type":"long"},{"name":"customer","type":"Customer"}]}'
)
DIFFERENCE = (
    "{errorType:'TYPE_MISMATCH', "
    "description:'The type (path '/fields/0/type') of a field in the new schema does not match with the old schema', "
    "additionalInfo:'reader type: INT not compatible with writer type: STRING'}"
)
TOLD = {
    "customer": "2",
    "order": "3",
    "again": "2",
    "by id": ORDER,
    "references": "[{name='shop.Customer', subject='customer', version=1}]",
    "metadata": "{owner=us}",
    "found by metadata": "1",
    "not found by metadata": "404 40403 Schema not found; error code: 40403",
    "referenced by": "[3]",
    "version": "1",
    "subjects": "[customer, orders-value, users-value]",
    "subjects of id": "[customer]",
    "versions of id": "[{subject=customer,version=1}]",
    "incompatible": "409 40901 Schema being registered is incompatible with an earlier schema for subject "
    f"\"customer\", details: [{DIFFERENCE}, {{oldSchemaVersion: 1}}, {{oldSchema: '{CUSTOMER}'}}, "
    "{validateFields: 'false', compatibility: 'BACKWARD'}]; error code: 40901",
    "messages": DIFFERENCE,
    "level": "NONE",
    "config": "NONE",
    "inherited": "404 40408 Subject 'orders-value' does not have subject-level compatibility configured; "
    "error code: 40408",
    "second": "4",
    "settings": "group",
    "mode": "READONLY",
    "read-only": "422 42205 Subject customer in context  is in read-only mode; error code: 42205",
    "no mode": "404 40409 Subject 'customer' does not have subject-level mode configured; error code: 40409",
    "mode of all": "READWRITE",
    "referred to": "422 42206 One or more references exist to the schema "
    "{magic=1,keytype=SCHEMA,subject=customer,version=1}.; error code: 42206",
    "deleted version": "2",
    "deleted for good": "2",
    "unknown id": "404 40403 Schema 99 not found; error code: 40403",
    "unknown subject": "404 40401 Subject 'nobody' not found.; error code: 40401",
    "types": "[AVRO, JSON, PROTOBUF]",
    "in a context": "1",
    "contexts": "[., .teamA]",
    "encoded": "00000000030e06416e6e",
    "decoded": '{"n": 7, "customer": {"name": "Ann"}}',
    "other": '{"name": "Ann"}',
}


def told_by_java(url: str, message: bytes) -> dict[str, str]:
    jars = os.pathsep.join(map(str, sorted(packages.of_java().glob("*.jar"))))
    flags = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", jars)
    run = subprocess.run(
        ["java", *flags, str(packages.JAVA / "Client.java"), url, message.hex()],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return dict(line.split("\t", 1) for line in run.stdout.splitlines())


def test_java_and_python_understand_each_other() -> None:
    """What Java's client asks it is told as it expects, refusals too; and each reads the other's messages."""
    with running() as url, SchemaRegistryClient(configuration(url)) as client:
        told = told_by_java(url, AvroSerializer(client, USER)({"name": "Ann"}, USERS))
        read = AvroDeserializer(client)(bytes.fromhex(told["encoded"]), ORDERS)
    assert told == TOLD
    assert read == {"n": 7, "customer": {"name": "Ann"}}
