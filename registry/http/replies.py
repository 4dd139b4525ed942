"""Value → bytes: what the API answers, with what headers. Nothing here decides anything.

A member that is null, empty text, an empty list or object is left out, as Confluent leaves it out; false and 0 stay.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import msgspec
from aiohttp import web
from multidict import CIMultiDict

from compat import Tagged
from compat.level import Answer, Finding
from registry.names import subject_of
from registry.recent import Recent
from registry.refusals import Reason, Refusal
from registry.state.guid import spelled
from registry.state.records import SchemaRecord
from registry.state.values import Association, Config, without_empty

CONTENT_TYPES = ("application/vnd.schemaregistry.v1+json", "application/vnd.schemaregistry+json", "application/json")
CONTENT_TYPE = CONTENT_TYPES[0]
BYTES = "application/octet-stream"
RULE_PAGES = "/docs/rules"
_encode = msgspec.json.Encoder().encode

_standing: CIMultiDict[str] = CIMultiDict(
    {"Cache-Control": "no-cache, no-store, must-revalidate", "X-XSS-Protection": "1; mode=block", "Server": "momus"}
)


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply before it is bound to a request: body, status, and an ETag when it may be asked for again."""

    body: bytes
    status: int = 200
    etag: str = ""
    content_type: str = ""  # "": the one that was negotiated
    headers: tuple[tuple[str, str], ...] = ()


def response(reply: Reply, content_type: str, request_id: str, if_none_match: str | None) -> web.Response:
    """The reply as a response; without its body when the client has it already."""
    headers = _standing.copy()
    headers["X-Request-ID"] = request_id
    for name, value in reply.headers:
        headers[name] = value
    if reply.etag:
        headers["ETag"] = reply.etag
        if if_none_match is not None and _matches(reply.etag, if_none_match):
            return web.Response(status=304, headers=headers)
    if reply.body:
        headers["Content-Type"] = reply.content_type or content_type
    return web.Response(body=reply.body, status=reply.status, headers=headers)


def _matches(etag: str, if_none_match: str) -> bool:
    asked = (tag.strip().removeprefix("W/") for tag in if_none_match.split(","))
    return any(tag in ("*", etag) for tag in asked)


def json_reply(value: Any, status: int = 200) -> Reply:
    return Reply(_encode(value), status)


def page_reply(rows: list[Any], limit: int) -> Reply:
    """A listing, with the limit that was applied to it: a client that asked for too many gets the default."""
    return Reply(_encode(rows), headers=(("X-Applied-Limit", str(limit)),))


def tagged_reply(body: bytes) -> Reply:
    """A reply with an ETag, the hash of its bytes."""
    return Reply(body, etag=f'"{blake2b(body, digest_size=12).hexdigest()}"')


def refusal_members(refusal: Refusal, incompatible_code: int) -> dict[str, Any]:
    """How every refusal looks: its code, its sentence, and the proofs of one that has them."""
    code = incompatible_code if refusal.reason is Reason.INCOMPATIBLE_SCHEMA else refusal.reason.code
    answer = refusal.extra.get("answer")
    return {"error_code": code, "message": refusal.message} | (difference_members(answer) if answer else {})


class Shelf:
    """Answers that do not change, as bytes, by what they depend on: a record, its deletion, the form of the answer."""

    def __init__(self, room: int) -> None:
        self._replies: Recent[tuple[object, ...], Reply] = Recent(room, lambda _key, reply: 256 + len(reply.body))

    def reply(self, record: SchemaRecord, form: str, body: Callable[[], bytes]) -> Reply:
        assert record.offset >= 0, "what is not in the log yet cannot be told from what will be"
        # The offset alone would do for one log; but another may come in its place, as after a backup was restored.
        key = (record.offset, record.key, record.guid, record.id, record.deleted, form)
        found = self._replies.get(key)
        if found is None:
            found = tagged_reply(body())
            self._replies.put(key, found)
        return found


@dataclass(frozen=True, slots=True)
class Shape:
    """Which members a schema answer has, besides those that every one has. `name` is what the shelf knows it by."""

    name: str
    has_subject: bool = True
    has_version: bool = True
    has_id: bool = True
    has_state: bool = True  # ts and deleted: known of a stored record only


VERSION = Shape("version")
REGISTERED = Shape("registered", has_subject=False)
JUST_REGISTERED = Shape("just registered", has_subject=False, has_state=False)
BY_ID = Shape("by id", has_subject=False, has_version=False, has_id=False)


@dataclass(frozen=True, slots=True)
class Style:
    """How all schema answers look. `is_narrow` is the dialect of Confluent 7.x."""

    is_narrow: bool = False
    qualified_references: bool = False


def schema_members(
    record: SchemaRecord, shape: Shape, style: Style, text: str | None = None, **more: Any
) -> dict[str, Any]:
    """The members of a schema answer; `text` in place of the stored text; `more` where they are not empty."""
    members: dict[str, Any] = {}
    if shape.has_subject:
        members["subject"] = str(record.subject)
    if shape.has_version:
        members["version"] = record.version
    if shape.has_id:
        members["id"] = record.id
    if not style.is_narrow:
        members |= {"guid": spelled(record.guid), "schemaType": record.kind}
    elif record.kind != "AVRO":
        members["schemaType"] = record.kind
    if record.references:
        members["references"] = references(record, qualified=style.qualified_references)
    if record.metadata is not None:
        members["metadata"] = msgspec.to_builtins(record.metadata)
    if record.rules is not None:
        rules = without_empty(msgspec.to_builtins(record.rules))
        members |= {"ruleSet": rules} if rules else {}
    members["schema"] = record.text if text is None else text
    if shape.has_state and not style.is_narrow:
        members |= {"ts": record.timestamp, "deleted": record.deleted}
    members |= {name: value for name, value in more.items() if value not in (None, "", [], {})}
    return members


def schema_body(record: SchemaRecord, shape: Shape, style: Style, text: str | None = None, **more: Any) -> bytes:
    return _encode(schema_members(record, shape, style, text, **more))


def references(record: SchemaRecord, *, qualified: bool) -> list[dict[str, Any]]:
    context = record.subject.context
    return [
        {
            "name": reference.name,
            "subject": str(subject_of(reference.subject, context)) if qualified else reference.subject,
            "version": reference.version,
        }
        for reference in record.references
    ]


def config_members(config: Config, level: str) -> dict[str, Any]:
    """The config with its level under the name `level`: PUT says `compatibility`, all others `compatibilityLevel`."""
    members: dict[str, Any] = without_empty(msgspec.to_builtins(config))
    if "compatibilityLevel" in members:
        members = {level: members.pop("compatibilityLevel"), **members}
    return members


def tags_members(tags: Iterable[Tagged]) -> list[dict[str, Any]]:
    return [
        {"schemaEntity": {"entityPath": tagged.path, "entityType": tagged.entity}, "tags": list(tagged.tags)}
        for tagged in tags
    ]


def association_members(association: Association) -> dict[str, Any]:
    members: dict[str, Any] = without_empty(msgspec.to_builtins(association))
    members.pop("tenant", None)
    return members


def check_members(answer: Answer, *, verbose: bool) -> dict[str, Any]:
    members: dict[str, Any] = {"is_compatible": answer.is_compatible}
    if verbose:
        members |= {"messages": list(answer.messages)} | difference_members(answer)
        if answer.warnings:
            members["warnings"] = finding_members(answer.warnings)
    return members


def difference_members(answer: Answer) -> dict[str, Any]:
    """The members beside Confluent's: what decided, differences with their proofs, and how many more there are."""
    members: dict[str, Any] = {"decided_by": answer.decided_by} if answer.decided_by else {}
    members |= {"differences": finding_members(answer.findings)} if answer.findings else {}
    return members | ({"unlisted_differences": answer.unlisted} if answer.unlisted else {})


def finding_members(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """What was found, with its proof; `reader` and `writer` are what each side declares at the path."""
    return [_finding(found) for found in findings]


def _finding(found: Finding) -> dict[str, Any]:
    difference = found.difference
    roles = ("new", "old") if found.direction == "BACKWARD" else ("old", "new")
    members: dict[str, Any] = {
        "rule": difference.rule,
        "docs": f"{RULE_PAGES}/{difference.rule}",
        "path": difference.path,
        "message": difference.description(*roles),  # type: ignore[arg-type]
        "direction": found.direction,
        "version": found.version,
        "reader": difference.reader,
        "writer": difference.writer,
    }
    if difference.info:
        members["details"] = difference.info
    if difference.witness is not None:
        witness = difference.witness
        members["witness"] = {"json": witness.json, "hex": witness.hex, "error": witness.error}
    return members
