"""How a node proves to the brokers who it is: by a password, or by tokens of an OAuth server."""

import asyncio
import ssl
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import Any
from urllib.parse import quote_plus

import aiohttp
import msgspec
from aiokafka.abc import AbstractTokenProvider
from aiokafka.errors import KafkaError

from registry.settings import Secret

REQUEST_TIMEOUT = 5.0  # seconds, of the token endpoint
TOKEN_SHARE = 0.8  # of a token's life; then a new one is asked for
TOKEN_LIFE = 300.0  # seconds, where the endpoint does not say
MOST_SHOWN = 300  # characters of what a stranger says


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
        return said(self)


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


def said(error: KafkaError) -> str:
    """What the broker itself said, without the class of the error."""
    return str(error.args[0] if error.args else error)[:MOST_SHOWN]
