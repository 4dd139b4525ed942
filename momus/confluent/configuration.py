"""The keys of confluent-kafka's clients, and what they are for a client of ours. Nothing is asked here."""

import asyncio
import time
from collections.abc import Callable, Mapping
from http.client import HTTPException
from inspect import iscoroutinefunction
from typing import Any, Final
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import ProxyHandler, Request, build_opener

import msgspec

from momus.client import Basic, Bearer, LoginFailed, OAuth, Tls
from momus.client.access import TOKEN_SHARE, Auth

TIMEOUT: Final = 15.0  # seconds; confluent-kafka waits for ever
AZURE: Final = "http://169.254.169.254/metadata/identity/oauth2/token"
LATEST_AGE: Final = 60.0  # seconds; confluent-kafka remembers for ever
KEYS: Final = frozenset(
    (
        "url",
        "ssl.ca.location",
        "ssl.certificate.location",
        "ssl.key.location",
        "ssl.key.password",
        "basic.auth.user.info",
        "bearer.auth.credentials.source",
        "bearer.auth.token",
        "bearer.auth.client.id",
        "bearer.auth.client.secret",
        "bearer.auth.scope",
        "bearer.auth.issuer.endpoint.url",
        "bearer.auth.issuer.endpoint.query",
        "bearer.auth.logical.cluster",
        "bearer.auth.identity.pool.id",
        "bearer.auth.custom.provider.function",
        "bearer.auth.custom.provider.config",
        "timeout",
        "cache.capacity",
        "cache.latest.ttl.sec",
        "max.retries",
        "retries.wait.ms",
        "retries.max.wait.ms",
        "proxy",
    )
)

_HEADERS: Final = {
    "bearer.auth.logical.cluster": "target-sr-cluster",
    "bearer.auth.identity.pool.id": "Confluent-Identity-Pool-Id",
}


def arguments_of(conf: Mapping[str, Any]) -> dict[str, Any]:
    """Of a client of ours, by the keys."""
    unknown = sorted(conf.keys() - KEYS)
    if unknown:
        raise ValueError(f"Unrecognized properties: {', '.join(unknown)}")
    url = _text(conf, "url")
    if not url:
        raise ValueError("Missing required configuration property url")
    if url.startswith("mock:"):
        raise ValueError(f"{url}: there is no mock here; momus.testing starts the real registry in a test's process")
    return {
        "url": _without_users(url),
        "auth": _auth(conf),
        "tls": _tls(conf),
        "headers": _headers(conf),
        "proxy": _text(conf, "proxy"),
        "timeout": _number(conf, "timeout", TIMEOUT) or TIMEOUT,
        "retries": int(_number(conf, "max.retries", 3)),
        "backoff": _number(conf, "retries.wait.ms", 1000) / 1000,
        "longest_wait": _number(conf, "retries.max.wait.ms", 20_000) / 1000,
        "cache_size": int(_number(conf, "cache.capacity", 1000)),
        "latest_age": _number(conf, "cache.latest.ttl.sec", LATEST_AGE),
    }


def _text(conf: Mapping[str, Any], key: str) -> str:
    """What is not given is empty."""
    given = conf.get(key)
    if not isinstance(given, str | None):
        raise TypeError(f"{key} must be a str, not {type(given)}")
    return given or ""


def _number(conf: Mapping[str, Any], key: str, usual: float) -> float:
    """What is None is not given."""
    given = conf.get(key)
    if not isinstance(given, int | float | None):
        raise TypeError(f"{key} must be a number, not {type(given)}")
    return usual if given is None else given


def _without_users(urls: str) -> str:
    plain = []
    for url in urls.split(","):
        parts = urlsplit(url.strip())
        plain.append(urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])))
    return ",".join(plain)


def _auth(conf: Mapping[str, Any]) -> Auth | None:
    first = urlsplit(str(conf["url"]).split(",")[0].strip())
    info = conf.get("basic.auth.user.info")
    source = _text(conf, "bearer.auth.credentials.source").upper()
    if not source:
        _refuse_sourceless(conf)
    if sum((first.username is not None, info is not None, bool(source))) > 1:
        raise ValueError("there are several ways to log in: in the URL, basic.auth.user.info, bearer.auth.*; give one")
    if first.username is not None:
        return Basic(unquote(first.username), unquote(first.password or ""))
    if info is not None:
        user, colon, password = str(info).partition(":")
        if not colon:
            raise ValueError("basic.auth.user.info must be in the form of {username}:{password}")
        return Basic(user, password)
    match source:
        case "":
            return None
        case "STATIC_TOKEN":
            return Bearer(_needed(conf, "bearer.auth.token"))
        case "OAUTHBEARER":
            return OAuth(
                _needed(conf, "bearer.auth.issuer.endpoint.url"),
                _needed(conf, "bearer.auth.client.id"),
                _needed(conf, "bearer.auth.client.secret"),
                _text(conf, "bearer.auth.scope"),
            )
        case "CUSTOM":
            function = conf.get("bearer.auth.custom.provider.function")
            if function is None:
                raise ValueError("Missing required configuration property bearer.auth.custom.provider.function")
            if not callable(function):
                raise TypeError(f"bearer.auth.custom.provider.function must be a callable, not {type(function)}")
            return Bearer(_provided(function, conf.get("bearer.auth.custom.provider.config")))
        case "OAUTHBEARER_AZURE_IMDS":
            return Bearer(AzureTokens(_azure_url(conf)))
        case _:
            raise ValueError(f"Unrecognized bearer.auth.credentials.source {source}")


def _refuse_sourceless(conf: Mapping[str, Any]) -> None:
    """A login that nothing says how to use would not be used, and nobody would know."""
    given = {key for key, value in conf.items() if key.startswith("bearer.auth.") and value is not None}
    if unused := sorted(given - _HEADERS.keys()):
        raise ValueError(f"Unrecognized properties: {', '.join(unused)}: bearer.auth.credentials.source is not given")


def _provided(function: Callable[[Any], Any], settings: Any) -> Callable[[], Any]:
    """The token that a user's function gives, which may be awaited."""

    async def awaited() -> str:
        return _token_of(await function(settings))

    return awaited if iscoroutinefunction(function) else lambda: _token_of(function(settings))


def _token_of(told: Any) -> str:
    if not isinstance(told, Mapping) or not told.get("bearer.auth.token"):
        raise LoginFailed("bearer.auth.custom.provider.function gives no bearer.auth.token")
    return str(told["bearer.auth.token"])


def _needed(conf: Mapping[str, Any], key: str) -> str:
    given = _text(conf, key)
    if not given:
        raise ValueError(f"Missing required configuration property {key}")
    return given


def _headers(conf: Mapping[str, Any]) -> dict[str, str]:
    given = ((header, _joined(conf, key)) for key, header in _HEADERS.items())
    return {header: told for header, told in given if told}


def _joined(conf: Mapping[str, Any], key: str) -> str:
    """A list of texts goes with commas."""
    given = conf.get(key)
    if isinstance(given, list) and all(isinstance(each, str) for each in given):
        return ",".join(given)
    return _text(conf, key)


def _tls(conf: Mapping[str, Any]) -> Tls | None:
    keys = ("ssl.ca.location", "ssl.certificate.location", "ssl.key.location", "ssl.key.password")
    if not any(key in conf for key in keys):
        return None
    if conf.get("ssl.certificate.location") is None and (conf.get("ssl.key.location") or conf.get("ssl.key.password")):
        raise ValueError("ssl.certificate.location required when configuring ssl.key.location or ssl.key.password")
    ca = conf.get("ssl.ca.location")
    return Tls(
        None if isinstance(ca, bool) else ca,
        conf.get("ssl.certificate.location"),
        conf.get("ssl.key.location"),
        conf.get("ssl.key.password"),
        ca is not False,
    )


# ------------------------------------------------------------------------------------------------ Azure


def _azure_url(conf: Mapping[str, Any]) -> str:
    """Of the metadata service of a machine in Azure, with what is asked of it."""
    url, query = conf.get("bearer.auth.issuer.endpoint.url"), conf.get("bearer.auth.issuer.endpoint.query")
    if not url and not query:
        raise ValueError("bearer.auth.issuer.endpoint.query must be given where bearer.auth.issuer.endpoint.url is not")
    parts = urlsplit(str(url or AZURE))
    return urlunsplit(parts._replace(query=str(query), fragment="") if query else parts)


class AzureAnswer(msgspec.Struct):
    """The service tells the seconds as a text."""

    access_token: str
    expires_in: float | str


class AzureTokens:
    """A token of the metadata service, asked for anew when most of its life is over. Raises LoginFailed."""

    def __init__(self, url: str, now: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._now = now
        self._token = ""
        self._old_at = -1.0

    async def __call__(self) -> str:
        if self._now() >= self._old_at or not self._token:
            asked_at = self._now()
            self._token, life = await asyncio.to_thread(self._asked)
            self._old_at = asked_at + life * TOKEN_SHARE
        return self._token

    def _asked(self) -> tuple[str, float]:
        """The token and for how many seconds it is one. The service is the machine's own, and behind no proxy."""
        try:
            asked = Request(self._url, headers={"Metadata": "true"})  # noqa: S310  (the URL is the configuration's)
            with build_opener(ProxyHandler({})).open(asked, timeout=TIMEOUT) as answer:
                told = msgspec.json.decode(answer.read(), type=AzureAnswer)
            return told.access_token, float(told.expires_in)
        except (OSError, HTTPException, ValueError) as error:
            raise LoginFailed(f"the token endpoint {self._url} gives no token: {error}") from None
