"""Messages in and out of their frames, and the schemas that they are written with. Reads neither: workers do."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from compat import FORMATS, Source
from compat.batch import By, Payload
from compat.framing import FramingError, Indexes, Path, frame_of, header, path_at, prefix, written_path
from registry.http.call import Call, version_of
from registry.http.finding import LOOKED_FOR_AGAIN, by_guid, by_id, find_version
from registry.http.serde.bodies import EncodeBody, SchemaBody, Sent, ValidateBody, bad, messages_of
from registry.refusals import Reason, Refusal
from registry.state import queries
from registry.state.records import SchemaRecord
from registry.state.sources import source_of


@dataclass(frozen=True, slots=True)
class Opened:
    """A message without its frame, the schema that it was written with, and by what it is to be read."""

    record: SchemaRecord
    by: By
    payload: Payload


def schema_named(call: Call, named: SchemaBody | None) -> SchemaRecord:
    match named:
        case SchemaBody(id=int(number), guid=None, version=None):
            return by_id(call.state, call.sought_by(named.subject) if named.subject else call.sought(), number)[0]
        case SchemaBody(id=None, guid=str(guid), subject=None, version=None):
            return by_guid(call.state, guid)
        case SchemaBody(id=None, guid=None, subject=str(subject), version=version) if subject:
            return find_version(call, subject, version_of("latest" if version is None else str(version)))
    raise bad("Name a schema by `id`, by `guid`, or by `subject` and `version`")


def source_for(call: Call, record: SchemaRecord) -> Source:
    if record.kind not in FORMATS:
        raise Reason.UNFIT_MESSAGE.refusal(details=f"Messages of type {record.kind} cannot be read or written here")
    try:
        return source_of(call.state, record)
    except queries.ReferenceMissing as missing:
        raise Reason.UNFIT_MESSAGE.refusal(details=missing.message) from missing


def frame(record: SchemaRecord, path: Path | None, body: EncodeBody) -> tuple[bytes, bytes]:
    """What stands before the message, and what belongs into a header."""
    try:
        tail = b"" if path is None else written_path(path, Indexes(body.indexes))
    except FramingError as error:
        raise bad(f"The message cannot be framed: {error}") from error
    match body.framing:
        case "prefix":
            return prefix(record.id) + tail, b""
        case "header":
            return b"", header(UUID(bytes=record.guid)) + tail
        case _:
            return b"", b""


async def open_messages(call: Call, body: ValidateBody) -> tuple[list[Opened | Refusal], bool]:
    """Each message without its frame, and whether all that is not there was looked for at the end of the log."""
    sent, is_sure = messages_of(body), True
    opened = _all_opened(call, body, sent)
    missed = [each for each in opened if isinstance(each, Refusal) and each.reason in LOOKED_FOR_AGAIN]
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
        self._named = None if body.schema is None else schema_named(call, body.schema)
        self._reader = None if body.reader is None else source_for(call, schema_named(call, body.reader))
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
            source = source_for(self._call, record)
            self._known[key] = By(source, self._reader, self._body.logical, self._body.messageType)
        return self._known[key]
