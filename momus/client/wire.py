"""From a question to an answer over HTTP: which registry is asked, how often, and after what wait.

Nothing is remembered here. What may not be repeated is sent once: a second registry is asked only when nothing of it
went to the first.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import aiohttp
import msgspec
from yarl import URL

from momus.client.access import Auth, Tls, login
from momus.client.ask import Ask, segment
from momus.client.errors import LoginFailed, Refusal, RegistryError, UnexpectedAnswer, Unreachable, refusal_of

T = TypeVar("T")

TYPE = "application/vnd.schemaregistry.v1+json"
HEADERS = {
    "Accept": f"{TYPE}, application/vnd.schemaregistry+json, application/json",
    "Confluent-Accept-Unknown-Properties": "true",  # else Confluent Cloud leaves out the newer members
    "User-Agent": "momus",
}
TOO_LATE = 408  # a gateway gave up, before the request was whole
TOO_MANY = 429
REUSED = "reused"


def _today() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """Time, which a test may take into its own hands."""

    now: Callable[[], float] = time.monotonic
    today: Callable[[], datetime] = _today
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = random.random


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a registry is reached. `urls` are as they were given, without their last slash."""

    urls: tuple[str, ...]
    auth: Auth | None = None
    tls: Tls | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    proxy: str = field(default="", repr=False)
    timeout: float = 15.0
    connect_timeout: float = 3.0
    retries: int = 2
    backoff: float = 0.1
    longest_wait: float = 30.0
    clock: Clock = Clock()


def urls_of(urls: str | Sequence[str], context: str) -> tuple[str, ...]:
    """Each of them checked, and pinned to the context. Raises ValueError, which shows none that has a password."""
    listed: Any = [urls] if isinstance(urls, str) else urls
    if not isinstance(listed, Sequence) or not all(isinstance(each, str) for each in listed):
        raise TypeError(f"a URL is a text, or there is a list of them, and not a {type(urls).__name__}")
    given = [url.strip().rstrip("/") for each in listed for url in each.split(",")]
    within = f"/contexts/{segment(context)}" if context else ""
    for url in given:
        if "@" in urlsplit(url.replace("[", "").replace("]", "")).netloc:
            raise ValueError(
                "a URL is no place for a password, which errors would show: give auth=Basic(user, password)"
            )
        if not _is_url(url):
            raise ValueError(f"{url!r} is no URL of a registry: it must be as http://registry.example:8081")
    if not given:
        raise ValueError("a client needs at least one URL")
    return tuple(url + within for url in given)


def proxy_of(proxy: Any) -> str:
    """Checked. Raises ValueError, which does not show it, for it may have a password."""
    if proxy and not (isinstance(proxy, str) and _is_url(proxy)):
        raise ValueError("proxy must be the URL of an HTTP proxy, as http://proxy.example:3128")
    return str(proxy)


def _is_url(url: str) -> bool:
    """Could a registry be asked there? With all that aiohttp would find wrong when it is."""
    try:
        parts, read = urlsplit(url), URL(url)
        (read.raw_host or "").encode("idna")
        is_plain = url.isprintable() and " " not in url and not (parts.query or parts.fragment)
        return is_plain and parts.scheme in {"http", "https"} and bool(parts.hostname and read.port)
    except ValueError:
        return False


def headers_of(headers: Mapping[Any, Any]) -> dict[str, str]:
    """Checked. Raises ValueError, which shows no value."""
    for name, value in headers.items():
        if not (isinstance(name, str) and isinstance(value, str) and name and _is_line(name) and _is_line(value)):
            raise ValueError(f"header {name!r} cannot be sent: name and value must be texts of one line")
    return dict(headers)


def _is_line(text: str) -> bool:
    return all(char == "\t" or char.isprintable() or ord(char) > 0xFF for char in text)


@dataclass(frozen=True, slots=True)
class Reply:
    url: str
    status: int
    body: bytes
    retry_after: float | None
    request_id: str


@dataclass(frozen=True, slots=True)
class NoReply:
    """Why there is no answer from this URL, and whether the request may have been carried out there all the same."""

    url: str
    reason: str
    was_sent: bool
    was_idle: bool = False  # the connection, before: it may have been closed for that, before the request came


class Wire:
    """The connections of one event loop to the registries."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._login = login(settings.auth, settings.clock.now)
        self._first = 0  # the URL that answered last
        is_secure = any(url.startswith("https:") for url in settings.urls)
        tls = settings.tls.context() if settings.tls and is_secure else True
        timeout = aiohttp.ClientTimeout(total=settings.timeout, sock_connect=settings.connect_timeout)
        # What may not be repeated gets a connection of its own: one that was idle may just be closing, which cannot be
        # told from a server that died over the request.
        self._kept, self._fresh = (
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=tls, force_close=force_close),
                timeout=timeout,
                headers=HEADERS | dict(settings.headers),
                middlewares=(_once,),
                trace_configs=[_traced()],
            )
            for force_close in (False, True)
        )

    async def close(self) -> None:
        await self._kept.close()
        await self._fresh.close()

    async def send(self, ask: Ask[T]) -> T:
        """The answer. Raises RegistryError."""
        settings = self._settings
        failures: list[Reply | NoReply] = []
        for turn in range(settings.retries + 1):
            if turn:
                wait = self._wait(turn, failures)
                if wait is None:
                    break
                await settings.clock.pause(wait)
            failures = []
            for place in self._order():
                reply = await self._asked(settings.urls[place], ask)
                if isinstance(reply, Reply) and not _is_trouble(reply, ask):
                    self._first = place
                    return _answer(reply, ask)
                failures.append(reply)
                if not ask.is_repeatable and (isinstance(reply, Reply) or reply.was_sent):
                    raise _failure(failures, ask)
                if isinstance(reply, Reply) and reply.status == TOO_MANY:
                    break  # the others are not asked to carry what was too much for one
        raise _failure(failures, ask)

    def _order(self) -> Iterator[int]:
        count = len(self._settings.urls)
        return ((self._first + step) % count for step in range(count))

    def _wait(self, turn: int, failures: list[Reply | NoReply]) -> float | None:
        """Seconds until the next turn; None if a registry asks for more patience than there is."""
        asked = max((each.retry_after or 0.0 for each in failures if isinstance(each, Reply)), default=0.0)
        if asked > self._settings.longest_wait:
            return None
        grown = self._settings.backoff * 2.0 ** (turn - 1) * (0.5 + self._settings.clock.chance() / 2)
        return max(asked, min(grown, self._settings.longest_wait))

    async def _asked(self, url: str, ask: Ask[Any]) -> Reply | NoReply:
        """One URL, asked once; once more if the connection was to blame, or with a new token if the old is refused."""
        reply: Reply | NoReply = NoReply(url, "was not asked", was_sent=False)
        for _ in range(2):
            header = await self._login.header() if self._login else ""
            if not _is_line(header):
                raise LoginFailed("there is no token that could be sent: it is of several lines")
            reply = await self._exchanged(url, ask, header)
            if isinstance(reply, NoReply):
                is_worth_another = reply.was_idle and ask.is_repeatable
            else:
                is_worth_another = reply.status == 401 and self._login is not None and self._login.is_renewed(header)
            if not is_worth_another:
                break
        return reply

    async def _exchanged(self, url: str, ask: Ask[Any], login_header: str) -> Reply | NoReply:
        headers = {"Authorization": login_header} if login_header else {}
        if ask.body:
            headers["Content-Type"] = TYPE
        session = self._kept if ask.is_repeatable else self._fresh
        path: set[str] = set()
        try:
            async with session.request(
                ask.method,
                URL(url + ask.target, encoded=True),
                data=ask.body or None,
                headers=headers,
                proxy=self._settings.proxy or None,
                allow_redirects=False,
                trace_request_ctx=path,
            ) as reply:
                body = await reply.read()
                return Reply(
                    url,
                    reply.status,
                    _redirection(reply) or body,
                    _retry_after(reply.headers.get("Retry-After", ""), self._settings.clock.today()),
                    reply.headers.get("X-Request-ID", ""),
                )
        except aiohttp.ConnectionTimeoutError:
            return NoReply(url, f"takes no connection within {self._settings.connect_timeout:g} s", was_sent=False)
        except aiohttp.ClientConnectorCertificateError as error:
            return NoReply(url, f"shows a certificate that is not accepted: {error.certificate_error}", was_sent=False)
        except aiohttp.ClientProxyConnectionError as error:
            reason = error.os_error.strerror or error.os_error
            return NoReply(url, f"cannot be reached, for its proxy cannot: {reason}", was_sent=False)
        except aiohttp.ClientConnectorError as error:
            return NoReply(url, f"cannot be reached: {error.os_error.strerror or error.os_error}", was_sent=False)
        except TimeoutError:
            return NoReply(url, f"does not answer within {self._settings.timeout:g} s", was_sent=True)
        except aiohttp.ClientHttpProxyError as error:
            return NoReply(url, f"is refused by its proxy: {error.status} {error.message}", was_sent=False)
        except aiohttp.ClientResponseError as error:
            said, _, _ = error.message.strip().partition("\n")  # more lines show the bytes
            return NoReply(url, f"answers with what is no HTTP: {said.rstrip(':')}", was_sent=True)
        except aiohttp.ClientPayloadError:
            return NoReply(url, "breaks off within its answer, or garbles it", was_sent=True)
        except (aiohttp.ClientError, Broken) as error:
            return NoReply(url, f"breaks off: {error or type(error).__name__}", was_sent=True, was_idle=REUSED in path)


def _redirection(reply: aiohttp.ClientResponse) -> bytes:
    """Nobody follows it: what was asked of one registry, and its password, is not for whoever that names."""
    place = reply.headers.get("Location", "") if 300 <= reply.status < 400 else ""
    told = f"the answer is a redirection, which is not followed: to {place[:300]}" if place else ""
    return told.encode("utf-8", "replace")


def _traced() -> aiohttp.TraceConfig:
    """Notes in a request's context that its connection had been used before."""
    trace = aiohttp.TraceConfig()
    trace.on_connection_reuseconn.append(_reused)
    return trace


async def _reused(_session: aiohttp.ClientSession, context: Any, _: object) -> None:
    context.trace_request_ctx.add(REUSED)


class Broken(Exception):
    """The connection broke after something of the request was sent."""


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """By itself aiohttp sends GET, PUT and DELETE again when a connection breaks. Here that is decided above."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise Broken(str(error)) from error


def _is_trouble(reply: Reply, ask: Ask[Any]) -> bool:
    """Does another registry, or the same one later, perhaps say something else?"""
    return (reply.status in {TOO_LATE, TOO_MANY} or reply.status >= 500) and reply.status not in ask.answers


def _failure(failures: list[Reply | NoReply], ask: Ask[Any]) -> RegistryError:
    """What a registry said counts more than that another did not answer."""
    said = [each for each in failures if isinstance(each, Reply)]
    if said:
        return _refusal(said[-1], ask)
    silent = [each for each in failures if isinstance(each, NoReply)]
    return Unreachable(
        tuple((each.url, each.reason) for each in silent),
        may_have_happened=not ask.is_repeatable and any(each.was_sent for each in silent),
    )


def _refusal(reply: Reply, ask: Ask[Any]) -> Refusal:
    return refusal_of(
        reply.status,
        reply.body,
        f"{ask.method} {reply.url}{ask.target}",
        retry_after=reply.retry_after,
        request_id=reply.request_id,
    )


def _answer(reply: Reply, ask: Ask[T]) -> T:
    if reply.status >= 300 and reply.status not in ask.answers:
        refusal = _refusal(reply, ask)
        if ask.if_missing is not None and refusal.error_code in {40401, 40402}:
            return ask.if_missing
        raise refusal
    try:
        return ask.read(reply.body)
    except (msgspec.MsgspecError, UnicodeDecodeError, KeyError, RecursionError) as error:
        raise UnexpectedAnswer(
            f"{ask.method} {reply.url}{ask.target} answers {reply.status} with what no registry answers: {error}"
        ) from error


def _retry_after(told: str, today: datetime) -> float | None:
    """Seconds, or a date."""
    try:
        return max(0.0, float(told))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(told)
    except ValueError:
        return None
    return max(0.0, ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - today).total_seconds())
