"""Hands a write to the primary: one hop, never two. Status, body and content type come back unchanged.

The answer is given once this node has read what the primary had written by then, so that a client reads its own write
from the node that it wrote to. While the cluster changes its primary, a write waits a little for the next one.
"""

import asyncio
from contextlib import suppress

from aiohttp import ClientConnectorError, ClientError, ClientSession, ClientTimeout, web
from multidict import CIMultiDict
from yarl import URL

from registry.metrics import Metrics
from registry.node import Node
from registry.refusals import Reason, Refusal

HOP = "X-Forward"  # Confluent's nodes know it too
POSITION = "X-Momus-Position"  # up to where the primary had read its log when it answered a forwarded request
FRESHNESS = ("X-Registry-Freshness", "unknown")  # the answer may be older than what the client knows
CARRIED = (
    "Accept",
    "Authorization",
    "Confluent-Accept-Unknown-Properties",
    "Confluent-Identity-Pool-Id",
    "Content-Type",
    "Cookie",
    "Target-Sr-Cluster",
    "traceparent",
    "tracestate",
    "X-Forwarded-For",
    "X-Request-ID",
)
PASSED_BACK = (
    "Cache-Control",
    "Content-Type",
    "ETag",
    "Retry-After",
    "Server",
    "WWW-Authenticate",
    "X-Registry-Freshness",
    "X-Request-ID",
    "X-XSS-Protection",
)
TIMEOUT = ClientTimeout(total=60, connect=5)
PATIENCE = 3.0  # seconds to wait for a primary, before the client is told that there is none
TRYING = 10.0  # seconds to try one that does not answer, or its successor: longer than an election takes
CATCH_UP = 5.0  # seconds to read what the primary has written


class Changed(Exception):
    """Another node has become primary while a request was on its way to the one that was."""


class Forwarding:
    def __init__(self, node: Node, session: ClientSession, metrics: Metrics) -> None:
        self._node = node
        self._session = session
        self._metrics = metrics

    async def answer(self, request: web.Request, body: bytes) -> web.Response | None:
        """The primary's answer; None when this node has become the primary.

        Refuses with 50004 when there is no primary, and with 50003 when it cannot be reached, when nobody knows
        whether it has got the request, or when this request was forwarded already.
        """
        if HOP in request.headers:
            raise Reason.FORWARDING_FAILED.refusal(details="it was forwarded to this node, which is not the primary")
        failed: Refusal | None = None
        give_up = asyncio.get_running_loop().time() + TRYING
        try:
            async with asyncio.timeout(PATIENCE) as patience:
                while True:
                    url = await self._primary()
                    if url is None:
                        return None
                    patience.reschedule(None)
                    attempt = await self._attempt(request, body, url)
                    if isinstance(attempt, web.Response):
                        return attempt
                    failed = attempt
                    patience.reschedule(min(asyncio.get_running_loop().time() + PATIENCE, give_up))
                    with suppress(TimeoutError):  # whoever does not answer is no primary much longer
                        await asyncio.wait_for(self._until_changed(url), PATIENCE / 10)
        except TimeoutError:
            reason = self._node.standing.reason or "There is no primary at the moment."
            raise failed or Reason.NO_PRIMARY.refusal(details=reason) from None

    async def _attempt(self, request: web.Request, body: bytes, url: str) -> web.Response | Refusal:
        """The answer of who is there, or why there is none, where it may be tried again; else that is raised."""
        try:
            return await self._carried(request, body, url)
        except (ClientError, TimeoutError, Changed) as error:
            failed = Reason.FORWARDING_FAILED.refusal(details=f"{url}: {error or type(error).__name__}")
            if not _may_be_repeated(request, error):
                raise failed from error
            return failed

    async def _primary(self) -> str | None:
        """Where the primary is, once there is one; None when it is here."""
        await self._node.until_standing(lambda standing: standing.role == "primary" or bool(standing.primary_url))
        standing = self._node.standing
        return standing.primary_url if standing.role != "primary" else None

    async def _until_changed(self, url: str) -> None:
        await self._node.until_standing(lambda standing: standing.primary_url != url)

    async def _carried(self, request: web.Request, body: bytes, url: str) -> web.Response:
        """What the primary answers. A primary that stands still is not waited for once there is another one."""
        carried = asyncio.get_running_loop().create_task(self._sent(request, body, url))
        changed = asyncio.get_running_loop().create_task(self._until_changed(url))
        try:
            await asyncio.wait((carried, changed), return_when=asyncio.FIRST_COMPLETED)  # noqa: TID251 - the first is awaited
            if not carried.done():
                raise Changed("another node has become the primary meanwhile, and it may be done or not")
            return await carried
        finally:
            carried.cancel()
            changed.cancel()

    async def _sent(self, request: web.Request, body: bytes, url: str) -> web.Response:
        headers = CIMultiDict({name: request.headers[name] for name in CARRIED if name in request.headers})
        headers[HOP] = "true"
        self._metrics.forwarded()
        async with self._session.request(
            request.method,
            URL(url + request.rel_url.raw_path_qs, encoded=True),  # else `..`, which is a subject, would be a way up
            data=body,
            headers=headers,
            skip_auto_headers=("Accept-Encoding",),  # nobody asked for a packed answer
            timeout=TIMEOUT,
            allow_redirects=False,
        ) as answer:
            passed = CIMultiDict({name: answer.headers[name] for name in PASSED_BACK if name in answer.headers})
            content = await answer.read()
            if not await self._has_read(answer.headers.get(POSITION, "0")):
                passed[FRESHNESS[0]] = FRESHNESS[1]
            return web.Response(status=answer.status, body=content, headers=passed)

    async def _has_read(self, position: str) -> bool:
        try:
            await asyncio.wait_for(self._node.reader.up_to(int(position)), CATCH_UP)
        except (TimeoutError, ValueError):
            return False
        return True


def _may_be_repeated(request: web.Request, error: Exception) -> bool:
    """Has the primary not got it, or does it make no difference to do it twice?"""
    is_idempotent = request.method == "PUT" or (request.method == "POST" and request.path.endswith("/versions"))
    return isinstance(error, ClientConnectorError) or is_idempotent
