"""Where the Kafka brokers are, and how to speak to them. Knows aiokafka's names for all of it.

What is sent to them is not known here. A password is in no representation of what lives here, and in no message.
"""

import logging
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from registry.brokers.logins import Password, Tokens
from registry.brokers.trouble import Asking
from registry.settings import Settings

REQUEST_TIMEOUT = 5.0  # seconds; a frozen broker is noticed after this long, and aiokafka's own 40 would be an outage
RETRY_BACKOFF = 0.02  # seconds


def brokers_of(settings: Settings) -> "Brokers":
    """Those of `settings.kafka`, with all that they ask for. The settings have been held to each other."""
    assert settings.kafka is not None
    logging.getLogger("aiokafka.conn").addFilter(_tells_no_login)  # once: a logger has a filter or has it not
    return Brokers(settings.kafka, tls=_tls_of(settings), login=_login_of(settings))


def _tells_no_login(record: logging.LogRecord) -> bool:
    """Not: debug lines, which show what a login sends, passwords and tokens."""
    return record.levelno > logging.DEBUG


def _tls_of(settings: Settings) -> ssl.SSLContext | None:
    if not settings.kafka_tls:
        return None
    context = _trusting(settings.kafka_tls_ca)
    context.check_hostname = settings.kafka_tls_check_hostname
    if settings.kafka_tls_certificate is not None:
        password = settings.kafka_tls_key_password
        context.load_cert_chain(
            settings.kafka_tls_certificate, settings.kafka_tls_key, password.text if password else None
        )
    return context


def _trusting(authorities: Path | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=None if authorities is None else str(authorities))


def _login_of(settings: Settings) -> "Password | Tokens | None":
    mechanism = settings.kafka_sasl_mechanism
    if mechanism is None:
        return None
    if mechanism != "OAUTHBEARER":
        assert settings.kafka_sasl_username is not None
        assert settings.kafka_sasl_password is not None
        return Password(mechanism, settings.kafka_sasl_username, settings.kafka_sasl_password)
    assert settings.kafka_oauth_url is not None
    assert settings.kafka_oauth_client_id is not None
    assert settings.kafka_oauth_client_secret is not None
    return Tokens(
        settings.kafka_oauth_url,
        settings.kafka_oauth_client_id,
        settings.kafka_oauth_client_secret,
        settings.kafka_oauth_scope,
        _trusting(settings.kafka_oauth_ca),
    )


@dataclass(frozen=True, slots=True)
class Brokers:
    """`servers` is HOST:PORT, and more of them behind commas. One object serves all clients of a process."""

    servers: str
    request_timeout: float = REQUEST_TIMEOUT
    tls: ssl.SSLContext | None = None
    login: "Password | Tokens | None" = None

    def options(self) -> dict[str, Any]:
        """What every client of aiokafka takes."""
        return {
            "bootstrap_servers": self.servers,
            "retry_backoff_ms": round(RETRY_BACKOFF * 1000),
            **self._connection(),
        }

    def _connection(self) -> dict[str, Any]:
        """What a single connection takes, too."""
        protocol = "PLAINTEXT" if self.tls is None else "SSL"
        if self.login is not None:
            protocol = "SASL_PLAINTEXT" if self.tls is None else "SASL_SSL"
        return {
            "request_timeout_ms": round(self.request_timeout * 1000),
            "security_protocol": protocol,
            "ssl_context": self.tls,
            **(self.login.options() if self.login is not None else {}),
        }

    async def trouble(self) -> str:
        """Why clients cannot work with these brokers, in a sentence for people; empty when they can."""
        asking = Asking(self.servers, self._connection(), self.request_timeout, self.tls, self.login)
        return await asking.trouble()
