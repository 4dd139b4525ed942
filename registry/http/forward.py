"""Hands a write to the primary: one hop, never two. Status, body and content type come back unchanged."""

from aiohttp import ClientError, ClientSession, ClientTimeout, web
from multidict import CIMultiDict

from registry.node import NotPrimary
from registry.refusals import Reason

HOP = "X-Forward"  # Confluent's nodes know it too
CARRIED = ("Accept", "Authorization", "Confluent-Accept-Unknown-Properties", "Content-Type", "X-Request-ID")
TIMEOUT = ClientTimeout(total=60, connect=5)
PASSED_BACK = ("Content-Type", "ETag", "Retry-After", "WWW-Authenticate", "X-Request-ID")


async def forwarded(request: web.Request, body: bytes, where: NotPrimary, session: ClientSession) -> web.Response:
    """The primary's answer. Refuses with 50004 when there is no primary, 50003 when it cannot be reached, or when
    this request was forwarded already.
    """
    if HOP in request.headers:
        raise Reason.FORWARDING_FAILED.refusal(details="it was forwarded to this node, which is not the primary")
    if where.standing.primary_url is None:
        raise Reason.NO_PRIMARY.refusal(details=where.standing.reason or "There is no primary at the moment.")
    headers = CIMultiDict({name: request.headers[name] for name in CARRIED if name in request.headers})
    headers[HOP] = "true"
    try:
        async with session.request(
            request.method,
            where.standing.primary_url + request.raw_path,
            data=body,
            headers=headers,
            timeout=TIMEOUT,
            allow_redirects=False,
        ) as answer:
            passed = CIMultiDict({name: answer.headers[name] for name in PASSED_BACK if name in answer.headers})
            return web.Response(status=answer.status, body=await answer.read(), headers=passed)
    except (ClientError, TimeoutError) as error:
        raise Reason.FORWARDING_FAILED.refusal(details=f"{where.standing.primary_url}: {error}") from error
