"""One broker with an address for each way in, and the files and settings that each way needs."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.certificates import Authority, locked
from tests.kafka import artefacts
from tests.kafka.brokers import Broker, Cluster, Listener

MODULE = "org.apache.kafka.common.security.{} required"
PASSWORD = "hunter2: with blanks"
USERS = ("boss", "momus")
SCRAM_USERS = tuple(
    argument
    for user in USERS
    for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512")
    for argument in ("--add-scram", f'{mechanism}=[name={user},password="{PASSWORD}"]')
)
LOGINS = {
    "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
    "plain.sasl.jaas.config": " ".join(
        (MODULE.format("plain.PlainLoginModule"), *(f'user_{user}="{PASSWORD}"' for user in USERS), ";")
    ),
    "scram-sha-256.sasl.jaas.config": f"{MODULE.format('scram.ScramLoginModule')};",
    "scram-sha-512.sasl.jaas.config": f"{MODULE.format('scram.ScramLoginModule')};",
}
TOKENS = {
    "sasl.enabled.mechanisms": "OAUTHBEARER",
    "oauthbearer.sasl.jaas.config": (
        f'{MODULE.format("oauthbearer.OAuthBearerLoginModule")} unsecuredLoginStringClaim_sub="broker";'
    ),
}
RIGHTS = {  # nobody may do anything, but for the tests themselves and the boss
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": "User:ANONYMOUS;User:boss;User:CN=boss",
}


@dataclass(frozen=True, slots=True)
class Secured:
    broker: Broker
    files: Path  # ca.pem  boss.pem (with its key)  boss-key.pem (locked)  stranger.pem (of another authority)

    def at(self, listener: str, host: str = "127.0.0.1") -> str:
        return self.broker.bootstrap_of(listener).replace("127.0.0.1", host)


class SecuredCluster(Cluster):
    def properties_of(self, broker: Broker) -> dict[str, str]:
        """The address LOST is told to clients as one that none of them can find."""
        properties = super().properties_of(broker)
        told = properties["advertised.listeners"]
        lost = f"LOST://{broker.bootstrap_of('LOST')}"
        return properties | {"advertised.listeners": told.replace(lost, "LOST://kafka.invalid:9092")}


@pytest.fixture(scope="session")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    if reason := artefacts.missing():
        pytest.skip(reason)
    files = tmp_path_factory.mktemp("certificates")
    authority, another = Authority(), Authority()
    (files / "ca.pem").write_bytes(authority.certificate)
    (files / "broker.pem").write_bytes(b"".join(authority.signed("broker")))
    certificate, key = authority.signed("boss")
    (files / "boss.pem").write_bytes(certificate + key)
    (files / "boss-key.pem").write_bytes(locked(key, PASSWORD))
    (files / "stranger.pem").write_bytes(b"".join(another.signed("boss")))
    tls = {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(files / "broker.pem"),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(files / "ca.pem"),
    }
    listeners = (
        Listener("LOGIN", "SASL_PLAINTEXT", LOGINS),
        Listener("TOKEN", "SASL_PLAINTEXT", TOKENS),
        Listener("TLS", "SSL", tls),
        Listener("MUTUAL", "SSL", tls | {"ssl.client.auth": "required"}),
        Listener("BOTH", "SASL_SSL", tls | LOGINS),
        Listener("LOST"),
    )
    with SecuredCluster(1, listeners=listeners, properties=RIGHTS, format_options=SCRAM_USERS) as cluster:
        yield Secured(cluster.brokers[0], files)
