"""Routes → application. Every request passes here: found, negotiated, handled, and answered, refusals included.

One place knows how a refusal looks on the wire, and that whatever else goes wrong is the log's business: the client
learns that it was our fault, the log learns what it was.
"""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from itertools import count
from uuid import uuid4

import structlog
from aiohttp import ClientSession, TCPConnector, hdrs, web

from compat.worker import Unfinished
from registry.checks import given_up
from registry.http.call import Call, Parts
from registry.http.finding import LOOKED_FOR_AGAIN
from registry.http.forward import FRESHNESS, HOP, POSITION, Forwarding
from registry.http.paths import Paths, pinned, split
from registry.http.replies import BYTES, CONTENT_TYPE, CONTENT_TYPES, Reply, json_reply, refusal_members, response
from registry.http.routes import ROUTES, Route
from registry.node import NotPrimary
from registry.refusals import Reason, Refusal

PARTS: web.AppKey[Parts] = web.AppKey("parts", Parts)
FORWARDING: web.AppKey[Forwarding] = web.AppKey("forwarding", Forwarding)
REQUEST_TYPES = (*CONTENT_TYPES, BYTES)
BODIES = ("POST", "PUT")
BY_ID = "/schemas/ids/{id}"  # the route of prepared answers
KEPT_PATHS = 20_000  # whose routes are remembered
LONGEST_KEPT_PATH = 300  # characters
ANY_TYPE = ("*/*", "application/*", "*")

log = structlog.get_logger("registry.http")


def application(parts: Parts) -> web.Application:
    """The application over `parts`, whose node is opened and closed by whoever builds it."""
    app = web.Application(client_max_size=parts.settings.body_limit)
    app[PARTS] = parts
    app.cleanup_ctx.append(_forwarding)
    app.router.add_route("*", "/{path:(?s:.*)}", Dispatcher(parts, app).dispatch)
    return app


async def _forwarding(app: web.Application) -> AsyncIterator[None]:
    """A connection that the primary may just be closing for idleness is not used any more."""
    parts = app[PARTS]
    connector = TCPConnector(limit=0, keepalive_timeout=parts.settings.idle_timeout / 2)
    async with ClientSession(connector=connector, auto_decompress=False) as session:
        app[FORWARDING] = Forwarding(parts.node, session, parts.metrics)
        yield


class Dispatcher:
    """From a request to its answer."""

    def __init__(self, parts: Parts, app: web.Application) -> None:
        self._parts = parts
        self._app = app
        self._paths: Paths[Route] = Paths(ROUTES)
        self._request_ids = request_ids()
        self._routed = lru_cache(maxsize=KEPT_PATHS)(self._route)

    async def dispatch(self, request: web.Request) -> web.StreamResponse:
        began = time.perf_counter()
        request_id = self._request_id(request)
        content_type, path = CONTENT_TYPE, "unknown"
        answer: web.StreamResponse
        try:
            prepared = self._parts.prepared.reply(request.raw_path, self._parts.node.state)
            if prepared is not None and request.method == "GET":
                path, content_type = BY_ID, _negotiated(request)
                answer = response(prepared, content_type, request_id, request.headers.get(hdrs.IF_NONE_MATCH))
                return self._told(request, path, answer, began, request_id)
            raw_path = request.rel_url.raw_path
            find = self._routed if len(raw_path) <= LONGEST_KEPT_PATH else self._route
            route, blanks, context = find(request.method, raw_path)
            path = route.path
            content_type = _negotiated(request, may_be_any=route.any_type, may_be_bytes=route.bytes)
            if not route.open:
                self._ready()
            call = Call(request, self._parts, blanks, context, request_id)
            try:
                reply = await self._reply(route, call)
                answer = response(reply, content_type, request_id, request.headers.get(hdrs.IF_NONE_MATCH))
            except NotPrimary:
                answer = await self._handed_over(route, call, content_type)
        except Refusal as refusal:
            answer = response(self._refused(refusal), content_type, request_id, None)
        except web.HTTPRequestEntityTooLarge:
            too_large = Reason.BODY_TOO_LARGE.refusal(limit=self._parts.settings.body_limit)
            answer = response(self._refused(too_large), content_type, request_id, None)
        except Unfinished as unfinished:
            answer = response(self._refused(given_up(unfinished)), content_type, request_id, None)
        except ConnectionError:
            raise  # the client is gone: nobody is there to be answered
        except Exception:
            log.exception("request failed", request_id=request_id, method=request.method, path=request.path)
            answer = response(self._refused(Reason.INTERNAL_ERROR.refusal()), content_type, request_id, None)
        return self._told(request, path, answer, began, request_id)

    def _told(
        self, request: web.Request, path: str, answer: web.StreamResponse, began: float, request_id: str
    ) -> web.StreamResponse:
        """The answer, once it is counted and, if that is asked for, printed."""
        if (
            request.method != "GET" and HOP in request.headers
        ):  # from another node, which is to read as far before it answers
            answer.headers[POSITION] = str(self._parts.node.reader.position)
        seconds = time.perf_counter() - began
        self._parts.metrics.answered(request.method, path, answer.status, seconds)
        if self._parts.settings.access_log:
            log.info(
                "request",
                request_id=request_id,
                method=request.method,
                path=request.rel_url.raw_path,
                status=answer.status,
                milliseconds=round(seconds * 1000, 2),
            )
        return answer

    def _route(self, method: str, raw_path: str) -> tuple[Route, Mapping[str, str], str | None]:
        """The route of a path, its blanks still encoded, and the context that the path is pinned to."""
        segments, context = pinned(split(raw_path))
        match = self._paths.find(segments)
        if match is None:
            raise Reason.NOT_FOUND.refusal()
        found = match.routes.get("GET" if method == "HEAD" else method)
        if found is None:
            raise Reason.METHOD_NOT_ALLOWED.refusal({"allow": ", ".join(sorted(match.routes))})
        route, names = found
        return route, dict(zip(names, match.values, strict=True)), context

    def _request_id(self, request: web.Request) -> str:
        """The client's own, where it gives one; ours where it gives none, a blank one, or several."""
        if "X-Request-ID" not in request.headers:
            return self._request_ids()
        given = request.headers.getall("X-Request-ID")
        return given[0] if len(given) == 1 and given[0].strip() else self._request_ids()

    async def _reply(self, route: Route, call: Call) -> Reply:
        """The handler's. What is said not to be there has been looked for once more, at the end of the log."""
        try:
            return await route.handler(call)
        except Refusal as refusal:
            if route.does == "write" or refusal.reason not in LOOKED_FOR_AGAIN or not self._parts.node.may_lag:
                raise
            missed = refusal
        if not await self._parts.node.catch_up():
            raise Refusal(missed.reason, missed.message, {**missed.extra, "is_stale": True})
        return await route.handler(call)

    async def _handed_over(self, route: Route, call: Call, content_type: str) -> web.Response:
        """The primary's answer; this node's own when it has become the primary meanwhile."""
        while True:
            answer = await self._app[FORWARDING].answer(call.request, await call.request.read())
            if answer is not None:
                return answer
            with suppress(NotPrimary):
                return response(await self._reply(route, call), content_type, call.request_id, None)

    def _refused(self, refusal: Refusal) -> Reply:
        members = refusal_members(refusal, self._parts.settings.incompatible_code)
        self._parts.metrics.refused(members["error_code"])
        reply = json_reply(members, refusal.reason.status)
        return replace(reply, headers=_headers(refusal))

    def _ready(self) -> None:
        reader = self._parts.node.reader
        if not reader.is_ready:
            raise Reason.STARTING.refusal(details=f"{reader.position} of {reader.replay_end} records are read")


def _headers(refusal: Refusal) -> tuple[tuple[str, str], ...]:
    """What a refusal says besides its body: what would be allowed, or when to come again."""
    if refusal.reason is Reason.METHOD_NOT_ALLOWED:
        return (("Allow", refusal.extra["allow"]),)
    if refusal.reason in (Reason.STARTING, Reason.NO_PRIMARY, Reason.FORWARDING_FAILED):
        return (("Retry-After", "1"),)
    return (FRESHNESS,) if "is_stale" in refusal.extra else ()


def request_ids() -> Callable[[], str]:
    """Ids that look like UUIDs and cost next to nothing: a random head for the process, then a count."""
    head, numbers = str(uuid4())[:24], count()
    return lambda: f"{head}{next(numbers) & 0xFFFFFFFFFFFF:012x}"


def _negotiated(request: web.Request, *, may_be_any: bool = False, may_be_bytes: bool = False) -> str:
    """The content type of the answer. Refuses with 406, and with 415 a body of a type that nobody reads.

    Where bytes may be the answer, what is not (a refusal) is JSON all the same.
    """
    if request.method in BODIES and not may_be_any:
        sent = request.headers.get(hdrs.CONTENT_TYPE)
        if sent is not None and sent.split(";", 1)[0].strip().lower() not in REQUEST_TYPES:
            raise Reason.UNSUPPORTED_MEDIA_TYPE.refusal()
    accepted = request.headers.getall(hdrs.ACCEPT, ())
    if not accepted:
        return CONTENT_TYPE
    header = ",".join(accepted)
    found = _accepted(header)
    if found is None and not may_be_any and not (may_be_bytes and BYTES in header.lower()):
        raise Reason.NOT_ACCEPTABLE.refusal()
    return found or CONTENT_TYPE


@lru_cache(maxsize=1024)
def _accepted(header: str) -> str | None:
    """The first of our types with the highest weight that the header gives to any of them."""
    weights: dict[str, float] = {}
    for part in header.split(","):
        name, *parameters = (word.strip().lower() for word in part.split(";"))
        if not name:
            continue
        weight = next((_weight(word[2:]) for word in parameters if word.startswith("q=")), 1.0)
        for offered in CONTENT_TYPES:
            if name in ANY_TYPE or name.startswith("*/") or name == offered:
                weights[offered] = max(weights.get(offered, 0.0), weight)
    if not weights and not header.strip():
        return CONTENT_TYPE
    best = max(weights.values(), default=0.0)
    return next((offered for offered in CONTENT_TYPES if best > 0 and weights.get(offered) == best), None)


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
