"""Why Kafka brokers cannot be worked with. aiokafka says only "Unable to bootstrap", so they are asked once more."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiokafka.conn import AIOKafkaConnection, collect_hosts, create_conn
from aiokafka.errors import (
    IllegalSaslStateError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.metadata import MetadataRequest

from registry.brokers.logins import Password, TokenRefused, Tokens, said


class Asking:
    """Connects to each of `servers`, and to each broker that the first good one names.

    For an address that only the brokers themselves can reach is the usual slip. `options` are those of a connection.
    """

    def __init__(
        self,
        servers: str,
        options: Mapping[str, Any],
        request_timeout: float,
        tls: ssl.SSLContext | None,
        login: Password | Tokens | None,
    ) -> None:
        self._servers = servers
        self._options = options
        self._request_timeout = request_timeout
        self._tls = tls
        self._login = login

    async def trouble(self) -> str:
        """The reason, in a sentence for people; empty when there is none."""
        async with asyncio.TaskGroup() as tasks:
            asked = [tasks.create_task(self._named_by(host, port)) for host, port, _ in collect_hosts(self._servers)]
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
        if not reply.brokers and isinstance(self._login, Tokens):
            return f"{where} refuses the token, and does not say why"  # aiokafka takes this challenge for a welcome
        return [(named[1], named[2]) for named in reply.brokers]

    @asynccontextmanager
    async def _connected(self, host: str, port: int) -> AsyncIterator[AIOKafkaConnection]:
        connection = await create_conn(host, port, **self._options)
        try:
            yield connection
        finally:
            with suppress(TimeoutError):
                await asyncio.wait_for(connection.close(), self._request_timeout)

    def _refusal(self, error: KafkaError) -> str:
        match error:
            case SaslAuthenticationFailed():
                what = f"login of {self._login.username!r}" if isinstance(self._login, Password) else "token"
                return f"refuses the {what}: {said(error)}"
            case UnsupportedSaslMechanismError():
                return f"does not offer {self._options['sasl_mechanism']}: see kafka_sasl_mechanism"
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
            for word, has in (("TLS (kafka_tls)", self._tls), ("a login (kafka_sasl_mechanism)", self._login))
            if has is None
        )
        return "closes the connection" + (f": it may ask for {asks}" if asks else f": {said(error)}")

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
                return f"does not answer within {self._request_timeout:g} s"
            case ConnectionRefusedError():
                return "is not there: nothing listens on this port"
            case ssl.SSLError() | ConnectionError() if self._tls is not None:
                return "does not answer in TLS on this port (kafka_tls)"
            case _:
                return f"cannot be reached: {getattr(error, 'strerror', None) or error or type(error).__name__}"
