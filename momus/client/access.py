"""How a client proves who it is: a password, a token, tokens from an OAuth endpoint, a certificate.

What is secret is in no representation and in no error.
"""

import asyncio
import inspect
import ssl
import time
from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from errno import ENOENT
from math import inf
from os import PathLike, strerror
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote_plus

import aiohttp
import msgspec

from momus.client.errors import LoginFailed

TOKEN_SHARE = 0.8  # of a token's life; then a new one is asked for
TOKEN_LIFE = 300.0  # seconds, where the endpoint does not say
MOST_SHOWN = 500

AnyPath = str | PathLike[str]


class Login(Protocol):
    async def header(self) -> str:
        """The value of `Authorization`. Raises LoginFailed."""

    def is_renewed(self, header: str) -> bool:
        """The registry refused this one: would another be worth a try?"""


@dataclass(frozen=True, slots=True)
class Basic:
    """User and password."""

    user: str
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        if ":" in self.user:
            raise ValueError("in basic authentication, a user has no colon")

    async def header(self) -> str:
        return f"Basic {b64encode(f'{self.user}:{self.password}'.encode()).decode()}"

    def is_renewed(self, header: str) -> bool:  # noqa: ARG002 - there is but one
        return False


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token, or a function that gives one, plain or awaited; it is asked at each request."""

    token: str | Callable[[], str | Awaitable[str]] = field(repr=False)

    async def header(self) -> str:
        told: Any = self.token if isinstance(self.token, str) else self.token()
        token = await told if inspect.isawaitable(told) else told
        if not isinstance(token, str) or not token.strip():
            raise LoginFailed(f"there is no token to ask with: the one of Bearer is {_lack(token)}")
        return f"Bearer {token.strip()}"

    def is_renewed(self, header: str) -> bool:  # noqa: ARG002 - its function was just asked
        return False


def _lack(token: object) -> str:
    return "empty" if isinstance(token, str) else f"of type {type(token).__name__}"


@dataclass(frozen=True, slots=True)
class OAuth:
    """Tokens by client credentials (RFC 6749, 4.4). One serves until most of its life is over, then a new one is asked
    for. `in_body` sends id and secret as members of the form, for endpoints that do not know basic authentication.
    """

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str | None = None
    more: dict[str, str] = field(default_factory=dict, repr=False)  # members of the form, as `audience`
    in_body: bool = False
    ca: AnyPath | None = None
    timeout: float = 10.0


@dataclass(frozen=True, slots=True)
class Tls:
    """What to trust, and what to show. `ca` is a file, or a folder as OpenSSL keeps them; without it, what the system
    trusts. `key` may be in the certificate's file.
    """

    ca: AnyPath | None = None
    certificate: AnyPath | None = None
    key: AnyPath | None = None
    key_password: str | None = field(default=None, repr=False)
    verify: bool = True

    def context(self) -> ssl.SSLContext:
        for path in (self.ca, self.certificate, self.key):  # which of them, OpenSSL does not tell
            if path is not None and not Path(path).exists():
                raise FileNotFoundError(ENOENT, strerror(ENOENT), str(path))
        is_folder = self.ca is not None and Path(self.ca).is_dir()
        made = ssl.create_default_context(capath=self.ca) if is_folder else ssl.create_default_context(cafile=self.ca)
        if not self.verify:
            made.check_hostname = False
            made.verify_mode = ssl.CERT_NONE
        if self.certificate is not None:
            made.load_cert_chain(self.certificate, self.key, self.key_password or "")  # at None, OpenSSL would ask
        return made


# ------------------------------------------------------------------- tokens


@dataclass(frozen=True, slots=True)
class Token:
    """When it is old a new one is asked for; it serves until it is dead, should there be none."""

    text: str = field(repr=False)
    old_at: float
    dead_at: float


NO_TOKEN = Token("", -inf, -inf)


class TokenAnswer(msgspec.Struct):
    """RFC 6749, 5.1 and 5.2. Some send the seconds as a text."""

    access_token: str = ""
    expires_in: float | str | None = None
    error: str = ""
    error_description: str = ""


class Tokens:
    """The login of an `OAuth`, on one loop."""

    def __init__(self, oauth: OAuth, now: Callable[[], float] = time.monotonic) -> None:
        self._oauth = oauth
        self._now = now
        self._asking = asyncio.Lock()
        self._token = NO_TOKEN
        self._tls = Tls(oauth.ca).context() if oauth.ca else True

    async def header(self) -> str:
        async with self._asking:
            if self._now() >= self._token.old_at:
                try:
                    self._token = await self._patiently()
                except LoginFailed:
                    if self._now() >= self._token.dead_at:
                        raise
            return f"Bearer {self._token.text}"

    def is_renewed(self, header: str) -> bool:
        """One that was refused is not used again, unless another has taken its place already."""
        if header == f"Bearer {self._token.text}":
            self._token = NO_TOKEN
        return True

    async def _patiently(self) -> Token:
        """The endpoint may have been restarting."""
        try:
            return await self._new()
        except LoginFailed as failed:
            if not failed.may_pass:
                raise
        return await self._new()

    async def _new(self) -> Token:
        oauth = self._oauth
        form = {"grant_type": "client_credentials"} | oauth.more
        headers = {"Accept": "application/json"}
        if oauth.scope:
            form["scope"] = oauth.scope
        if oauth.in_body:
            form |= {"client_id": oauth.client_id, "client_secret": oauth.client_secret}
        else:  # RFC 6749, 2.3.1: both are form-encoded before they are joined, since the name may have a colon
            pair = f"{quote_plus(oauth.client_id)}:{quote_plus(oauth.client_secret)}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        asked_at = self._now()
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=oauth.timeout)) as session,
                session.post(oauth.url, data=form, headers=headers, ssl=self._tls, allow_redirects=False) as reply,
            ):
                return self._read(reply.status, await reply.read(), asked_at)
        except aiohttp.ClientConnectorCertificateError as error:
            raise self._failed(f"shows a certificate that is not accepted: {error.certificate_error}") from error
        except aiohttp.ClientConnectionError as error:
            raise self._failed(f"cannot be reached: {error}", may_pass=True) from error
        except TimeoutError as error:
            raise self._failed(f"does not answer within {oauth.timeout:g} s") from error
        except aiohttp.ClientError as error:
            raise self._failed(f"does not answer as it should: {error}") from error

    def _read(self, status: int, body: bytes, asked_at: float) -> Token:
        try:
            answer = msgspec.json.decode(body, type=TokenAnswer)
        except msgspec.DecodeError:
            answer = TokenAnswer()
        if status != 200:
            said = " ".join(filter(None, (answer.error, answer.error_description)))
            client = repr(self._oauth.client_id)
            told = f"refuses client {client} with {status}" + (f": {said}" if said else "")
            raise self._failed(told, may_pass=status >= 500)
        if not answer.access_token:
            raise self._failed("answers without an access_token: is it a token endpoint?")
        try:
            life = TOKEN_LIFE if answer.expires_in is None else float(answer.expires_in)
        except ValueError:
            life = TOKEN_LIFE
        return Token(answer.access_token, asked_at + life * TOKEN_SHARE, asked_at + life)

    def _failed(self, what: str, *, may_pass: bool = False) -> LoginFailed:
        shown = what.replace(self._oauth.client_secret, "...") if self._oauth.client_secret else what
        return LoginFailed(f"the token endpoint {self._oauth.url} {shown[:MOST_SHOWN]}", may_pass=may_pass)


Auth = Basic | Bearer | OAuth


def login(auth: Auth | None, now: Callable[[], float]) -> Login | None:
    return Tokens(auth, now) if isinstance(auth, OAuth) else auth
