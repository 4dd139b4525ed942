"""`momus decode` at a Kafka that lets not everybody in: the settings of `momus serve` open the door, here too."""

import subprocess
from pathlib import Path

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from tests.kafka_security.conftest import PASSWORD, Secured
from tests.served import MOMUS, PATIENCE, environment


@pytest.fixture(scope="module")
def topic(secured: Secured) -> str:
    """With one message in it, which users without rights must not see."""
    nodes = secured.at("PLAINTEXT")
    admin = AdminClient({"bootstrap.servers": nodes})
    admin.create_topics([NewTopic("guarded", 1, 1)])["guarded"].result()
    producer = Producer({"bootstrap.servers": nodes})
    producer.produce("guarded", b'"secret"')
    assert producer.flush(PATIENCE) == 0
    return "guarded"


def decode(folder: Path, topic: str, *flags: str, **variables: str) -> subprocess.CompletedProcess[str]:
    (folder / "any.json").write_text("{}")
    return subprocess.run(
        [*MOMUS, "decode", topic, "--schema", "any.json", "--no-frame", *flags],
        cwd=folder,
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


def test_topic_behind_tls_and_a_login(secured: Secured, topic: str, tmp_path: Path) -> None:
    """TLS by flags, the user by momus.toml, the password by a variable: the topic is read."""
    (tmp_path / "momus.toml").write_text('kafka_sasl_mechanism = "SCRAM-SHA-512"\nkafka_sasl_username = "boss"\n')
    flags = ("--kafka", secured.at("BOTH"), "--kafka-tls", "true", "--kafka-tls-ca", str(secured.files / "ca.pem"))
    read = decode(tmp_path, topic, *flags, "--value-only", MOMUS_KAFKA_SASL_PASSWORD=PASSWORD)
    assert (read.returncode, read.stdout, read.stderr) == (0, '"secret"\n', "")
    refused = decode(tmp_path, topic, *flags, MOMUS_KAFKA_SASL_PASSWORD="4711")
    assert (refused.returncode, refused.stdout) == (5, "")
    assert "refuses the login of 'boss'" in refused.stderr


def test_topic_that_a_user_may_not_see(secured: Secured, topic: str, tmp_path: Path) -> None:
    """Without the right to see it, it is not there, and nothing of it is printed."""
    (tmp_path / "momus.toml").write_text('kafka_sasl_mechanism = "PLAIN"\nkafka_sasl_username = "momus"\n')
    refused = decode(tmp_path, topic, "--kafka", secured.at("LOGIN"), MOMUS_KAFKA_SASL_PASSWORD=PASSWORD)
    assert (refused.returncode, refused.stdout) == (5, "")
    assert f"there is no topic {topic} on {secured.at('LOGIN')}" in refused.stderr
