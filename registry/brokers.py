"""Where the Kafka brokers are, how to speak to them, and why that does not work. Knows aiokafka's names for all of it.

What is sent to them is not known here. A password is in no representation of what lives here, and in no message.
"""

import asyncio
import logging
import socket
import ssl
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import aiohttp
import msgspec
from aiokafka.abc import AbstractTokenProvider
from aiokafka.conn import AIOKafkaConnection, collect_hosts, create_conn
from aiokafka.errors import (
    IllegalSaslStateError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.metadata import MetadataRequest

from registry.settings import Secret, Settings

REQUEST_TIMEOUT = 5.0  # seconds; a frozen broker is noticed after this long, and aiokafka's own 40 would be an outage
RETRY_BACKOFF = 0.02  # seconds
TOKEN_SHARE = 0.8  # of a token's life; then a new one is asked for
TOKEN_LIFE = 300.0  # seconds, where the endpoint does not say
MOST_SHOWN = 300  # characters of what a stranger says


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
        """Why clients cannot work with these brokers, in a sentence for people; empty when they can.

        aiokafka says only "Unable to bootstrap". So this connects once more, to each of `servers`, and to each broker
        that the first good one names: an address that only the brokers themselves can reach is the usual slip.
        """
        async with asyncio.TaskGroup() as tasks:
            asked = [tasks.create_task(self._named_by(host, port)) for host, port, _ in collect_hosts(self.servers)]
        answers = [task.result() for task in asked]
        named = next((answer for answer in answers if not isinstance(answer, str)), None)
        if named is None:
            return "; ".join(sorted(map(str, answers)))
        async with asyncio.TaskGroup() as tasks:
            tried = [tasks.create_task(self._named_by(host, port)) for host, port in named]
        wrong = sorted(answer for task in tried if isinstance(answer := task.result(), str))
        return f"the brokers give addresses that do not work from here: {'; '.join(wrong)}" if wrong else ""

    async def _named_by(self, host: str, port: int) -> "list[tuple[str, int]] | str":
        """Where this broker says that the brokers are; or why it does not."""
        where = f"{host}:{port}"
        try:
            async with self._connected(host, port) as connection:
                reply = await connection.send(MetadataRequest([]))
        except TokenRefused as refused:
            return str(refused)
        except KafkaError as error:
            return f"{where} {self._refusal(error)}"
        except (OSError, TimeoutError) as error:
            return f"{where} {self._unreachable(error)}"
        except (ValueError, AssertionError) as error:  # aiokafka's SCRAM, of a broker that does not know the password
            return f"{where} cannot prove that it knows the password: {error}"
        if not reply.brokers and isinstance(self.login, Tokens):
            return f"{where} refuses the token, and does not say why"  # aiokafka takes this challenge for a welcome
        return [(named[1], named[2]) for named in reply.brokers]

    @asynccontextmanager
    async def _connected(self, host: str, port: int) -> AsyncIterator[AIOKafkaConnection]:
        connection = await create_conn(host, port, **self._connection())
        try:
            yield connection
        finally:
            with suppress(TimeoutError):
                await asyncio.wait_for(connection.close(), self.request_timeout)

    def _refusal(self, error: KafkaError) -> str:
        match error:
            case SaslAuthenticationFailed():
                what = f"login of {self.login.username!r}" if isinstance(self.login, Password) else "token"
                return f"refuses the {what}: {_said(error)}"
            case UnsupportedSaslMechanismError():
                return f"does not offer {self._connection()['sasl_mechanism']}: see kafka_sasl_mechanism"
            case IllegalSaslStateError():
                return "takes no login on this port: see kafka_sasl_mechanism"
            case _:
                return self._closed(error)

    def _closed(self, error: KafkaError) -> str:
        """A broker that expects something else than it is told closes the connection without a word."""
        if isinstance(error.__cause__, ssl.SSLError):
            return self._unreachable(error.__cause__)
        asks = " and ".join(
            word
            for word, has in (("TLS (kafka_tls)", self.tls), ("a login (kafka_sasl_mechanism)", self.login))
            if has is None
        )
        return "closes the connection" + (f": it may ask for {asks}" if asks else f": {_said(error)}")

    def _unreachable(self, error: Exception) -> str:
        """What a socket or TLS has to say."""
        match error:
            case ssl.SSLCertVerificationError():
                return f"shows a certificate that is not accepted: {error.verify_message} (kafka_tls_ca)"
            case ssl.SSLError() if "ALERT" in (error.reason or ""):
                what = (error.reason or "").partition("ALERT_")[2].replace("_", " ").lower()
                return f"does not accept this node's certificate: {what} (kafka_tls_certificate)"
            case ssl.SSLError() if "WRONG_VERSION" not in (error.reason or ""):
                return f"cannot agree on TLS: {error.reason}"
            case socket.gaierror():
                return f"cannot be found: {error.strerror}"
            case TimeoutError():
                return f"does not answer within {self.request_timeout:g} s"
            case ConnectionRefusedError():
                return "is not there: nothing listens on this port"
            case ssl.SSLError() | ConnectionError() if self.tls is not None:
                return "does not answer in TLS on this port (kafka_tls)"
            case _:
                return f"cannot be reached: {getattr(error, 'strerror', None) or error or type(error).__name__}"


def _said(error: KafkaError) -> str:
    """What the broker itself said, without the class of the error."""
    return str(error.args[0] if error.args else error)[:MOST_SHOWN]


# ------------------------------------------------------------------ logins


@dataclass(frozen=True, slots=True)
class Password:
    mechanism: str
    username: str
    password: Secret

    def options(self) -> dict[str, Any]:
        return {
            "sasl_mechanism": self.mechanism,
            "sasl_plain_username": self.username,
            "sasl_plain_password": self.password.text,
        }


class TokenRefused(KafkaError):  # type: ignore[misc]  # aiokafka survives its own errors only
    """The token endpoint gave no token; the text says why."""

    def __str__(self) -> str:
        return _said(self)


class Tokens(AbstractTokenProvider):  # type: ignore[misc]
    """Tokens for OAUTHBEARER, by client credentials (RFC 6749, 4.4). One token serves all clients until it is old."""

    def __init__(
        self,
        url: str,
        client_id: str,
        client_secret: Secret,
        scope: str | None = None,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._client_id = client_id
        self._client_secret = client_secret
        self._scope = scope
        self._tls = tls
        self._clock = clock
        self._asking = asyncio.Lock()
        self._token = Token("", -inf, -inf)

    def options(self) -> dict[str, Any]:
        return {"sasl_mechanism": "OAUTHBEARER", "sasl_oauth_token_provider": self}

    async def token(self) -> str:
        """For aiokafka, at each new connection."""
        async with self._asking:
            if self._clock() >= self._token.old_at:
                try:
                    self._token = await self._new()
                except TokenRefused:
                    if self._clock() >= self._token.dead_at:
                        raise
        return self._token.text

    async def _new(self) -> "Token":
        form = {"grant_type": "client_credentials"} | ({"scope": self._scope} if self._scope else {})
        # RFC 6749, 2.3.1: both are form-encoded before they are joined, since the name may have a colon
        user, password = quote_plus(self._client_id), quote_plus(self._client_secret.text)
        headers = {
            "Authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}",
            "Accept": "application/json",
        }
        patience = aiohttp.ClientTimeout(total=REQUEST_TIMEOUT)
        asked_at = self._clock()
        try:
            async with (
                aiohttp.ClientSession(timeout=patience, trust_env=True) as session,
                session.post(
                    self._url, data=form, headers=headers, ssl=self._tls or True, allow_redirects=False
                ) as reply,
            ):
                return self._read(reply.status, await reply.read(), asked_at)
        except aiohttp.ClientConnectorCertificateError as error:
            raise self._refused(f"shows a certificate that is not accepted: {error.certificate_error}") from error
        except aiohttp.ClientConnectionError as error:
            raise self._refused(f"cannot be reached: {error}") from error
        except TimeoutError as error:
            raise self._refused(f"does not answer within {REQUEST_TIMEOUT:g} s") from error
        except aiohttp.ClientError as error:
            raise self._refused(f"does not answer as it should: {error}") from error

    def _read(self, status: int, body: bytes, asked_at: float) -> "Token":
        try:
            answer = msgspec.json.decode(body, type=TokenAnswer)
        except msgspec.DecodeError:
            answer = TokenAnswer()
        if status != 200:
            said = " ".join(filter(None, (answer.error, answer.error_description)))
            raise self._refused(f"refuses client {self._client_id!r} with {status}" + (f": {said}" if said else ""))
        if not answer.access_token:
            raise self._refused("answers without an access_token: is it a token endpoint?")
        try:
            life = TOKEN_LIFE if answer.expires_in is None else float(answer.expires_in)
        except ValueError:
            life = TOKEN_LIFE
        return Token(answer.access_token, asked_at + life * TOKEN_SHARE, asked_at + life)

    def _refused(self, what: str) -> TokenRefused:
        shown = what.replace(self._client_secret.text, "...")[:MOST_SHOWN]
        return TokenRefused(f"the token endpoint {self._url} {shown}")


@dataclass(frozen=True, slots=True)
class Token:
    """When it is old a new one is asked for; it serves until it is dead, should there be none."""

    text: str = field(repr=False)
    old_at: float
    dead_at: float


class TokenAnswer(msgspec.Struct):
    """RFC 6749, 5.1 and 5.2. Some send the seconds as a text."""

    access_token: str = ""
    expires_in: float | str | None = None
    error: str = ""
    error_description: str = ""
