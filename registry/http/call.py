"""One request on its way through a handler: what it asks, unpacked, and the parts that answer it."""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

import msgspec
from aiohttp import web
from multidict import MultiDict, MultiDictProxy

from compat.worker import Workers
from registry.http.paths import context_or_refused, decoded
from registry.http.prepared import Prepared
from registry.http.replies import Shelf
from registry.metrics import Metrics
from registry.names import DEFAULT_CONTEXT, MAX_INT, Subject, is_qualified, subject_of
from registry.node import Node
from registry.refusals import Reason
from registry.schemas import Schemas
from registry.settings import Settings
from registry.state import queries
from registry.state.decisions import Defaults
from registry.state.state import State

T = TypeVar("T")
NO_QUERY: MultiDictProxy[str] = MultiDictProxy(MultiDict())
DECODED_HERE = 256 * 1024  # bytes of a body that are decoded on the event loop, in 20 ms at worst
INTEGER = re.compile(r"[+-]?[0-9]{1,10}")  # as Java reads one
PAIR = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")  # escapes of surrogates
HALF = re.compile(rb"\\u[dD][89a-fA-F]")
CHARSETS = ("us-ascii", "iso-8859-1", "utf-16", "utf-16le", "utf-16be", "utf-32", "utf-32le", "utf-32be")
OTHERWISE = {  # parameters as confluent-kafka (Python) spells them; scenario other_spellings
    "deletedOnly": "deleted_only",
    "referenceFormat": "reference_format",
}


class Page(NamedTuple, Generic[T]):
    """Rows of a listing, and the limit that was applied: the client's, or the server's where that counts."""

    rows: list[T]
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What handlers work with; made once by `build`."""

    settings: Settings
    defaults: Defaults
    node: Node
    schemas: Schemas
    workers: Workers
    shelf: Shelf
    prepared: Prepared
    metrics: Metrics
    version: str
    types: tuple[str, ...]


class Call:
    """A request, its route's blanks filled in, and the context that its URL pins it to (None: none)."""

    __slots__ = ("_blanks", "parts", "pinned", "query", "request", "request_id")

    def __init__(
        self, request: web.Request, parts: Parts, blanks: Mapping[str, str], pinned: str | None, request_id: str
    ) -> None:
        self.request = request
        self.query = request.query if request.rel_url.raw_query_string else NO_QUERY
        self.parts = parts
        self.pinned = pinned
        self.request_id = request_id
        self._blanks = blanks

    @property
    def state(self) -> State:
        return self.parts.node.state

    # The path

    def blank(self, name: str) -> str:
        return decoded(self._blanks[name])

    def subject(self) -> Subject:
        """The subject of the path, behind its alias if it is one."""
        return queries.aliased(self.state, self.scope())

    def scope(self) -> Subject:
        """The subject or context of the path as it is named; for config and mode, which aliases do not touch."""
        if "subject" not in self._blanks:
            return Subject(self.pinned or DEFAULT_CONTEXT, "")
        return subject_of(self.blank("subject"), self.pinned or DEFAULT_CONTEXT)

    def may_be_elsewhere(self) -> bool:
        """Does the path name a subject without any context? Then some reads look for it in every context."""
        return self.pinned is None and not is_qualified(self.blank("subject"))

    def version(self) -> int:
        return version_of(self.blank("version"))

    def number(self, name: str) -> int:
        """An id of the path. What is no number of 32 bits is no path of ours: 404."""
        return _integer(self.blank(name))

    # The query

    def flag(self, name: str) -> bool:
        """`true` in any case is true; everything else, absence included, is false."""
        return bool(self.query) and self.text(name).lower() == "true"

    def text(self, name: str, default: str = "") -> str:
        query = self.query
        return query[name] if name in query else query.get(OTHERWISE.get(name, name), default)

    def suppose(self, name: str, value: str) -> None:
        """As if the query had it, where it says nothing of it."""
        if name not in self.query:
            self.query = MultiDictProxy(MultiDict([*self.query.items(), (name, value)]))

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(self.query.getall(name, ()))

    def prefix(self, default: str) -> Subject:
        """`subjectPrefix`; within the pinned context, if there is one."""
        given = self.query.get("subjectPrefix")
        if self.pinned is not None:
            return subject_of(given or "", self.pinned)
        return subject_of(default if given is None else given)

    def sought(self) -> tuple[Subject, bool] | None:
        """The `subject` of the query, behind its alias, and whether it names its context; None when there is none."""
        if self.pinned is None and not self.query:
            return None
        return self.sought_by(self.query.get("subject", ""))

    def sought_by(self, spelling: str) -> tuple[Subject, bool] | None:
        """The same of a subject that is named elsewhere."""
        if self.pinned is not None:
            return queries.aliased(self.state, subject_of(spelling, self.pinned)), True
        if not spelling:
            return None
        return queries.aliased(self.state, subject_of(spelling)), is_qualified(spelling)

    def context(self) -> str:
        """The `context` of the query, or the pinned one."""
        given = self.query.get("context", "")
        if not given:
            return self.pinned or DEFAULT_CONTEXT
        return context_or_refused(given)

    def page(self, rows: list[T], default: int = MAX_INT, most: int = MAX_INT) -> "Page[T]":
        """The rows that were asked for, by `bounds`."""
        offset, limit = self.bounds(default, most)
        return Page(rows[offset : offset + limit], limit)

    def bounds(self, default: int, most: int) -> tuple[int, int]:
        """`offset` and `limit`; a limit that is no such number, or above `most`, is the default."""
        query = self.query
        offset = _integer(query["offset"]) if "offset" in query else 0
        limit = _integer(query["limit"]) if "limit" in query else -1
        return max(offset, 0), limit if 0 < limit <= most else default

    # The body

    async def body(
        self,
        decoder: msgspec.json.Decoder[T],
        *,
        is_shallow: bool = False,
        told: Callable[[ValueError], object] = str,
    ) -> T:
        """The body as `decoder`'s type. Refuses with 400, 408, 413, 422.

        `is_shallow`: it leaves most as it is written, so that it is decoded here whatever its size. `told` is how a
        body that is something else is spoken of.
        """
        raw = await self.raw_body()
        if not raw.strip():
            raise Reason.MISSING_BODY.refusal()
        try:
            if is_shallow or len(raw) <= DECODED_HERE:
                return decoder.decode(raw)
            return msgspec.convert(await self.parts.workers.decode(raw), decoder.type, strict=decoder.strict)
        except RecursionError as error:
            raise Reason.BAD_REQUEST.refusal(details="The JSON of the body is nested too deeply") from error
        except ValueError as error:
            is_half = HALF.search(PAIR.sub(b"", raw))
            details = "it holds half of a surrogate pair, which is no character" if is_half else told(error)
            raise Reason.BAD_REQUEST.refusal(details=f"The body is not what is expected here: {details}") from error

    async def raw_body(self) -> bytes:
        if (self.request.content_length or 0) > self.parts.settings.body_limit:
            raise Reason.BODY_TOO_LARGE.refusal(limit=self.parts.settings.body_limit)
        limit = self.parts.settings.body_timeout
        try:
            async with asyncio.timeout(limit):
                raw = await self.request.read()
        except TimeoutError as error:
            raise Reason.BODY_TOO_SLOW.refusal(seconds=limit) from error
        except web.RequestPayloadError as error:
            raise Reason.BAD_REQUEST.refusal(details=f"The body cannot be read: {error}") from error
        charset = (self.request.charset or "utf-8").lower()
        if charset in ("utf-8", "utf8"):
            return raw
        if charset not in CHARSETS:  # Python knows some that take minutes
            raise Reason.UNSUPPORTED_MEDIA_TYPE.refusal()
        try:
            return raw.decode(charset).encode()
        except UnicodeError as error:
            raise Reason.BAD_REQUEST.refusal(details=f"The body is not in the charset '{charset}'") from error


def version_of(text: str) -> int:
    """A version; queries.LATEST for `latest` and -1. Refuses others with 42202."""
    if text.strip().lower() == "latest" or text == "-1":
        return queries.LATEST
    if text.isascii() and text.isdigit() and 1 <= int(text[:11]) <= MAX_INT:
        return int(text)
    raise Reason.INVALID_VERSION.refusal(version=text)


def _integer(text: str) -> int:
    number = int(text) if INTEGER.fullmatch(text) else None
    if number is None or not -MAX_INT - 1 <= number <= MAX_INT:
        raise Reason.NOT_FOUND.refusal()
    return number
