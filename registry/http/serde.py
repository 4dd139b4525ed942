"""Messages, for people and tools without a serializer: values to framed bytes, framed bytes to values, does it fit?

What is asked is unpacked here, frames are written and read, and schemas found. All that reads a message or a schema
happens in a worker process, within its deadline and its memory, for either may be made to do harm. Of many, each is
answered on its own; of one alone, what is wrong with it is a refusal.
"""

import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar, get_args
from uuid import UUID

import msgspec
from aiohttp import hdrs

from compat import FORMATS, Source
from compat.batch import By, Faults, Outcome, Payload
from compat.framing import FramingError, Indexes, Path, frame_of, header, path_at, prefix, written_path
from compat.messages import Fault
from registry.http.bodies import Int, bounded
from registry.http.call import INTEGER, Call
from registry.http.forward import FRESHNESS
from registry.http.replies import Reply, json_reply
from registry.http.schemas import by_guid, by_id
from registry.names import DEFAULT_CONTEXT, MAX_INT, Subject, is_qualified, subject_of
from registry.refusals import Reason, Refusal
from registry.schemas import source_of
from registry.state import queries
from registry.state.guid import spelled
from registry.state.records import SchemaRecord

BYTES = "application/octet-stream"
HEADER = "X-Schema-Header"  # of an answer in bytes: what belongs into the record's header
MOST_VERSIONS = 1000  # that are told of one schema
MISSES = (Reason.SUBJECT_NOT_FOUND, Reason.VERSION_NOT_FOUND, Reason.SCHEMA_ID_NOT_FOUND)

T = TypeVar("T")
Framing = Literal["prefix", "header", "none"]
IndexForm = Literal["zigzag", "unsigned", "none"]
WORDS = {"$.framing": get_args(Framing), "$.indexes": get_args(IndexForm)}
Members = dict[str, Any]


class SchemaBody(msgspec.Struct):
    """A schema of the registry: by its id (and a subject that holds it), its GUID, or subject and version."""

    id: Int | None = None
    guid: str | None = None
    subject: str | None = None
    version: Int | str | None = None


class MessageBody(msgspec.Struct):
    message: str
    header: str | None = None


class EncodeBody(msgspec.Struct):
    schema: SchemaBody | None = None
    value: msgspec.Raw = msgspec.Raw()
    values: tuple[msgspec.Raw, ...] | None = None
    framing: Framing = "prefix"
    logical: bool = True
    messageType: str = ""
    indexes: IndexForm = "zigzag"
    ignoreUnknown: bool = False


class DecodeBody(msgspec.Struct):
    schema: SchemaBody | None = None
    reader: SchemaBody | None = None
    message: str | None = None
    header: str | None = None
    messages: tuple[str | MessageBody, ...] | None = None
    logical: bool = True
    messageType: str = ""
    indexes: IndexForm = "zigzag"


class ValidateBody(DecodeBody):
    value: msgspec.Raw = msgspec.Raw()
    values: tuple[msgspec.Raw, ...] | None = None
    ignoreUnknown: bool = False


ENCODE_BODY = msgspec.json.Decoder(EncodeBody)
VALIDATE_BODY = msgspec.json.Decoder(ValidateBody)  # decode's, too, which looks at no values


@dataclass(frozen=True, slots=True)
class Sent:
    """A message as it was sent, with the value of its header if it has one."""

    data: bytes
    header: bytes | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A message without its frame, the schema that it was written with, and by what it is to be read."""

    record: SchemaRecord
    by: By
    payload: Payload


# ------------------------------------------------------------------------------------------------ the three


async def encode(call: Call) -> Reply:
    body = await _body(call, ENCODE_BODY)
    texts = _texts(body.value, body.values)
    if texts is None:
        raise _bad("Send `value`, or a list of them as `values`")
    wants_bytes = _wants_bytes(call)
    if wants_bytes and body.values is not None:
        raise _bad(f"Only one message can be answered as {BYTES}: accept JSON, or send one value")
    record = _named(call, body.schema)
    by = By(_source(call, record), None, body.logical, body.messageType, body.ignoreUnknown)
    written = await call.parts.workers.encode_messages(by, texts)
    before, beside = _frame(record, written.path, body)
    members = _schema_members(record) | _not_run(record, "WRITE") | ({"header": _base64(beside)} if beside else {})
    if body.schema is not None and body.schema.id is None and body.schema.subject:  # which one is the latest?
        members |= {"subject": str(record.subject), "version": record.version}
    if body.values is not None:
        rows = [_faulty(each.faults) or {"message": _base64(before + each.data)} for each in written.outcomes]
        return json_reply({"messages": rows} | members)
    outcome = _fit("The value does not fit its schema", written.outcomes[0])
    if wants_bytes:
        headers = ((HEADER, _base64(beside)),) if beside else ()
        return Reply(before + outcome.data, content_type=BYTES, headers=headers)
    return json_reply({"message": _base64(before + outcome.data)} | members)


async def decode(call: Call) -> Reply:
    body = await _reading(call)
    opened, is_sure = await _opened(call, body)
    readable = [each for each in opened if isinstance(each, Opened)]
    asked = [(each.by, each.payload) for each in readable]
    read = iter(_in_order(asked, await call.parts.workers.decode_messages(_batches(asked))))
    outcomes = [(each, next(read)) if isinstance(each, Opened) else (None, _said(each)) for each in opened]
    if body.messages is None:
        outcome = _fit("The message cannot be read", outcomes[0][1])
        members: Members = {"value": msgspec.Raw(outcome.data)} | _known_as(call, readable[0].record)
    else:
        records = {(each.record.subject.context, each.record.id): each.record for each in readable}
        rows = [_row(each, outcome) for each, outcome in outcomes]
        members = {"values": rows, "schemas": [_known_as(call, record) for record in records.values()]}
    reply = json_reply(members)
    return reply if is_sure else replace(reply, headers=(FRESHNESS,))


async def validate(call: Call) -> Reply:
    body = await _reading(call)
    texts, is_sure = _texts(body.value, body.values), True
    if texts is None and body.message is None and body.messages is None:
        raise _bad("Send one of `value`, `values`, `message` and `messages`")
    if texts is not None:
        found = await _faults_of_values(call, body, texts)
    else:
        found, is_sure = await _faults_of_messages(call, body)
    results = [{"is_valid": not faults, "faults": _fault_members(faults)} for faults in found]
    is_alone = body.values is None and body.messages is None
    reply = json_reply(results[0] if is_alone else {"is_valid": not any(found), "results": results})
    return reply if is_sure else replace(reply, headers=(FRESHNESS,))


async def _faults_of_values(call: Call, body: ValidateBody, texts: Sequence[bytes]) -> Sequence[Faults]:
    if body.message is not None or body.messages is not None:
        raise _bad("Send either values or messages")
    source = _source(call, _named(call, body.schema))
    by = By(source, None, body.logical, body.messageType, body.ignoreUnknown)
    return (await call.parts.workers.faults_of_messages([(by, texts)]))[0]


async def _faults_of_messages(call: Call, body: ValidateBody) -> tuple[Sequence[Faults], bool]:
    opened, is_sure = await _opened(call, body)
    asked = [(each.by, each.payload) for each in opened if isinstance(each, Opened)]
    found = iter(_in_order(asked, await call.parts.workers.faults_of_messages(_batches(asked))))
    return [next(found) if isinstance(each, Opened) else _said(each).faults for each in opened], is_sure


# ------------------------------------------------------------------------------------------------ what is asked


async def _body(call: Call, decoder: msgspec.json.Decoder[T]) -> T:
    """The body; values in it stay as they are written, so that it is read here whatever its size."""
    raw = await call.raw_body()
    if not raw.strip():
        raise Reason.MISSING_BODY.refusal()
    try:
        return decoder.decode(raw)
    except RecursionError as error:
        raise _bad("The JSON of the body is nested too deeply") from error
    except ValueError as error:
        raise _bad(f"The body is not what is expected here: {_told(error)}") from error


def _told(error: Exception) -> str:
    """What msgspec says, and the words that may be, which it does not say."""
    said = str(error)
    words = next((words for place, words in WORDS.items() if said.endswith(f" - at `{place}`") and "enum" in said), ())
    return f"{said}, where {', '.join(words)} are known" if words else said


async def _reading(call: Call) -> ValidateBody:
    """What is to be read: told in JSON, or one message as it is with the rest in the query."""
    if call.request.content_type != BYTES or hdrs.CONTENT_TYPE not in call.request.headers:
        return await _body(call, VALIDATE_BODY)
    members: Members = {name: call.text(name) for name in ("header", "messageType", "indexes") if call.text(name)}
    named: Members = {name: call.text(name) for name in ("guid", "subject", "version") if call.text(name)}
    if call.text("id"):
        named["id"] = int(call.text("id")) if INTEGER.fullmatch(call.text("id")) else call.text("id")
    if named.keys() - {"subject"}:
        members["schema"] = named
    members["logical"] = call.text("logical").lower() != "false"
    members["message"] = _base64(await call.raw_body())
    try:
        return msgspec.convert(members, ValidateBody)
    except msgspec.ValidationError as error:
        raise _bad(f"The query is not what is expected here: {_told(error)}") from error


def _texts(value: msgspec.Raw, values: tuple[msgspec.Raw, ...] | None) -> tuple[bytes, ...] | None:
    """The values as JSON, if there are any."""
    alone = bytes(value)
    if alone and values is not None:
        raise _bad("Send either `value` or `values`")
    bounded("values", len(values or ()))
    return tuple(map(bytes, values)) if values is not None else (alone,) if alone else None


def _sent(body: ValidateBody) -> list[Sent | Refusal]:
    if (body.message is None) is (body.messages is None):
        raise _bad("Send either `message`, or a list of them as `messages`")
    if body.messages is None:
        return [_unpacked(body.message or "", body.header)]
    bounded("messages", len(body.messages))
    alone = (MessageBody(each) if isinstance(each, str) else each for each in body.messages)
    return [_unpacked(each.message, body.header if each.header is None else each.header) for each in alone]


def _unpacked(message: str, beside: str | None) -> Sent | Refusal:
    try:
        return Sent(_bytes(message), None if beside is None else _bytes(beside))
    except ValueError as error:
        return Reason.UNFIT_MESSAGE.refusal(details=f"it is no base64: {error}")


def _wants_bytes(call: Call) -> bool:
    return any(BYTES in accepted.lower() for accepted in call.request.headers.getall(hdrs.ACCEPT, ()))


# ------------------------------------------------------------------------------------------------ which schema


def _named(call: Call, named: SchemaBody | None) -> SchemaRecord:
    match named:
        case SchemaBody(id=int(number), guid=None, version=None):
            return by_id(call.state, _sought(call, named.subject), number)[0]
        case SchemaBody(id=None, guid=str(guid), subject=None, version=None):
            return by_guid(call.state, guid)
        case SchemaBody(id=None, guid=None, subject=str(subject)) if subject:
            return _of_subject(call, subject, _version(named.version))
    raise _bad("Name a schema by `id`, by `guid`, or by `subject` and `version`")


def _sought(call: Call, subject: str | None) -> tuple[Subject, bool] | None:
    """The subject that holds an id: of the body, else of the query or the path."""
    if not subject:
        return call.sought()
    at = subject_of(subject, call.pinned or DEFAULT_CONTEXT)
    return queries.aliased(call.state, at), call.pinned is not None or is_qualified(subject)


def _version(version: int | str | None) -> int:
    text = "latest" if version is None else str(version)
    if text.lower() == "latest" or text == "-1":
        return queries.LATEST
    if text.isascii() and text.isdigit() and 1 <= int(text[:11]) <= MAX_INT:
        return int(text)
    raise Reason.INVALID_VERSION.refusal(version=text)


def _of_subject(call: Call, spelling: str, version: int) -> SchemaRecord:
    """A version; of an unqualified subject that is not here, in whatever context it is."""
    state, named = call.state, subject_of(spelling, call.pinned or DEFAULT_CONTEXT)
    subject = queries.aliased(state, named)
    is_pinned = call.pinned is not None or is_qualified(spelling)
    for at in (subject, *(() if is_pinned else queries.elsewhere(state, subject))):
        record = queries.version_or_latest(state, at, version)
        if record is not None and not record.deleted:
            return record
    if not queries.has_subject(state, subject):
        raise Reason.SUBJECT_NOT_FOUND.refusal(subject=subject)
    raise Reason.VERSION_NOT_FOUND.refusal(version=version)


def _source(call: Call, record: SchemaRecord) -> Source:
    if record.kind not in FORMATS:
        raise Reason.UNFIT_MESSAGE.refusal(details=f"Messages of type {record.kind} cannot be read or written here")
    try:
        return source_of(call.state, record)
    except queries.ReferenceMissing as missing:
        raise Reason.UNFIT_MESSAGE.refusal(details=missing.message) from missing


# ------------------------------------------------------------------------------------------------ frames


def _frame(record: SchemaRecord, path: Path | None, body: EncodeBody) -> tuple[bytes, bytes]:
    """What stands before the message, and what belongs into a header."""
    try:
        tail = b"" if path is None else written_path(path, Indexes(body.indexes))
    except FramingError as error:
        raise _bad(f"The message cannot be framed: {error}") from error
    match body.framing:
        case "prefix":
            return prefix(record.id) + tail, b""
        case "header":
            return b"", header(UUID(bytes=record.guid)) + tail
        case _:
            return b"", b""


async def _opened(call: Call, body: ValidateBody) -> tuple[list[Opened | Refusal], bool]:
    """Each message without its frame, and whether all that is not there was looked for at the end of the log."""
    sent, is_sure = _sent(body), True
    opened = _all_opened(call, body, sent)
    missed = [each for each in opened if isinstance(each, Refusal) and each.reason in MISSES]
    if missed and body.messages is None:
        raise missed[0]
    if missed and call.parts.node.may_lag:
        is_sure = await call.parts.node.catch_up()
        opened = _all_opened(call, body, sent)
    return opened, is_sure


def _all_opened(call: Call, body: ValidateBody, sent: Iterable[Sent | Refusal]) -> list[Opened | Refusal]:
    opening = _Opening(call, body)
    return [each if isinstance(each, Refusal) else opening.opened(each) for each in sent]


class _Opening:
    """Takes messages out of their frames. One whose schema is named in the request has none."""

    def __init__(self, call: Call, body: ValidateBody) -> None:
        self._call = call
        self._body = body
        self._named = None if body.schema is None else _named(call, body.schema)
        self._reader = None if body.reader is None else _source(call, _named(call, body.reader))
        self._form = Indexes(body.indexes)
        self._known: dict[tuple[str, int], By] = {}

    def opened(self, sent: Sent) -> Opened | Refusal:
        try:
            if self._named is not None:
                return Opened(self._named, self._by(self._named), Payload(sent.data))
            return self._unframed(sent)
        except FramingError as error:
            return Reason.UNFIT_MESSAGE.refusal(details=str(error))
        except Refusal as refusal:
            return refusal

    def _unframed(self, sent: Sent) -> Opened:
        framed, what = (sent.data, "message") if sent.header is None else (sent.header, "header")
        frame = frame_of(framed, what)
        if frame.guid is not None:
            record = by_guid(self._call.state, str(frame.guid))
        else:
            record, _ = by_id(self._call.state, self._call.sought(), frame.id or 0)
        path, end = path_at(framed, frame.end, self._form) if record.kind == "PROTOBUF" else (None, frame.end)
        if sent.header is None:
            return Opened(record, self._by(record), Payload(sent.data[end:], path))
        if end != len(framed):
            raise FramingError(f"{len(framed) - end} bytes are left over in the header")
        return Opened(record, self._by(record), Payload(sent.data, path))

    def _by(self, record: SchemaRecord) -> By:
        key = (record.subject.context, record.id)
        if key not in self._known:
            source = _source(self._call, record)
            self._known[key] = By(source, self._reader, self._body.logical, self._body.messageType)
        return self._known[key]


# ------------------------------------------------------------------------------------------------ work and answers


def _batches(asked: Sequence[tuple[By, T]]) -> list[tuple[By, list[T]]]:
    """What is asked of each schema, together."""
    batches: dict[By, list[T]] = {}
    for by, item in asked:
        batches.setdefault(by, []).append(item)
    return list(batches.items())


def _in_order(asked: Sequence[tuple[By, object]], answers: Sequence[Sequence[T]]) -> list[T]:
    """The answers to batches, in the order in which was asked."""
    rows = dict(zip(dict.fromkeys(by for by, _ in asked), map(iter, answers), strict=True))
    return [next(rows[by]) for by, _ in asked]


def _said(refusal: Refusal) -> Outcome:
    return Outcome(faults=(Fault("", refusal.message),))


def _fit(what: str, outcome: Outcome) -> Outcome:
    """The outcome for one alone. Refuses when there is none."""
    if outcome.faults:
        more = len(outcome.faults) - 1
        rest = f" (and {more} more: /serde/validate tells them)" if more else ""
        raise Reason.UNFIT_MESSAGE.refusal(details=f"{what}: {outcome.faults[0]}{rest}")
    return outcome


def _schema_members(record: SchemaRecord) -> Members:
    return {"id": record.id, "guid": spelled(record.guid), "schemaType": record.kind}


def _known_as(call: Call, record: SchemaRecord) -> Members:
    """A schema and the versions that carry it."""
    found = queries.places(call.state, record.subject.context, record.id, include_deleted=call.flag("deleted"))
    places = [{"subject": str(place.subject), "version": place.version} for place in found[:MOST_VERSIONS]]
    return _schema_members(record) | _not_run(record, "READ") | {"subjects": places}


def _not_run(record: SchemaRecord, mode: str) -> Members:
    """Rules are run by clients and not here: what they would change, encrypt or stop must not pass as if they had."""
    rules = record.rules
    if rules is None or (rules.enableAt or "ALL") not in ("ALL", "CLIENT"):
        return {}
    rows = [rule for rule in (*rules.domainRules, *rules.encodingRules) if not rule.disabled]
    names = [rule.name or "" for rule in rows if rule.mode in (mode, "WRITEREAD")]
    return {"rulesNotRun": names} if names else {}


def _row(opened: Opened | None, outcome: Outcome) -> Members:
    """One of many: by its GUID its schema is found among those that are told."""
    members = {} if opened is None else {"id": opened.record.id, "guid": spelled(opened.record.guid)}
    return (_faulty(outcome.faults) or {"value": msgspec.Raw(outcome.data)}) | members


def _faulty(faults: Faults) -> Members:
    return {"faults": _fault_members(faults)} if faults else {}


def _fault_members(faults: Faults) -> list[Members]:
    return [{"path": fault.path, "message": fault.message} for fault in faults]


def _base64(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode()


def _bytes(text: str) -> bytes:
    return binascii.a2b_base64(text.encode("ascii", "replace"), strict_mode=True) if text else b""


def _bad(details: str) -> Refusal:
    return Reason.BAD_REQUEST.refusal(details=details)
