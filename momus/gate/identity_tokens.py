"""Tokens by which a job of a CI service proves what it is (OpenID Connect): GitHub's are asked for, others are in a
variable that the configuration names.
"""

import asyncio
import json
import time
from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.error import HTTPError
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

from momus.client import LoginFailed
from momus.gate.faults import WrongConfiguration

PATIENCE: Final = 10.0  # seconds
LIFE: Final = 60.0  # seconds, of a token that does not say when it ends
EARLY: Final = 30.0  # seconds before its end, a token is old


def ci_tokens(
    audience: str, variables: Mapping[str, str], now: Callable[[], float] = time.time
) -> Callable[[], Awaitable[str]]:
    """Gives a token that is not old; a new one is asked for when it must. Raises WrongConfiguration."""
    url, secret = (variables.get(f"ACTIONS_ID_TOKEN_REQUEST_{part}", "") for part in ("URL", "TOKEN"))
    if not url or not secret:
        raise WrongConfiguration(
            "registry.auth is oidc, and there is no token here: on GitHub the job needs `permissions: "
            "{id-token: write}`; elsewhere name the variable that has one, as `token: ${ID_TOKEN}`"
        )
    if urlsplit(url).scheme not in ("http", "https"):
        raise WrongConfiguration("ACTIONS_ID_TOKEN_REQUEST_URL is no URL")
    asked = f"{url}&audience={quote(audience, safe='')}" if audience else url
    known: list[tuple[str, float]] = []
    asking = asyncio.Lock()

    async def token() -> str:
        async with asking:
            if not known or known[0][1] - EARLY <= now():
                found = await asyncio.to_thread(_fetched, asked, secret)
                known[:] = [(found, _end(found) or now() + LIFE)]
            return known[0][0]

    return token


def _fetched(url: str, secret: str) -> str:
    """Raises LoginFailed; nothing secret is in it."""
    where = urlsplit(url).netloc
    request = Request(url, headers={"Authorization": f"Bearer {secret}", "Accept": "application/json"})  # noqa: S310
    try:
        with urlopen(request, timeout=PATIENCE) as reply:  # noqa: S310  (the scheme was looked at)
            answer: Any = json.loads(reply.read())
    except HTTPError as refused:
        refused.close()  # it is an open answer as well
        raise LoginFailed(f"{where} gives no identity token: it answers {refused.code}") from None
    except (OSError, ValueError) as error:
        raise LoginFailed(f"{where} gives no identity token: {error}", may_pass=True) from None
    value = answer.get("value") if isinstance(answer, dict) else None
    if not isinstance(value, str) or not value:
        raise LoginFailed(f"{where} answers without an identity token")
    return value


def _end(token: str) -> float | None:
    """When it ends, as it says itself; nothing is believed that would matter."""
    try:
        part = token.split(".")[1]
        found = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))["exp"]
        return float(found)
    except (IndexError, ValueError, KeyError, TypeError):
        return None
