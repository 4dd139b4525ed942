"""Messages, for people and tools without a serializer: values to framed bytes, framed bytes to values, does it fit?

All that reads a message or a schema happens in a worker process, within its deadline and its memory, for either may be
made to do harm. Of many, each is answered on its own; of one alone, what is wrong with it is a refusal.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import msgspec

from compat.batch import By, Faults, Outcome
from compat.messages import Fault
from registry.http.call import Call
from registry.http.forward import FRESHNESS
from registry.http.replies import BYTES, Reply, json_reply
from registry.http.serde.bodies import Members, ValidateBody, asks_for_bytes, bad, base64, encoding, reading, texts_of
from registry.http.serde.frames import Opened, frame, open_messages, schema_named, source_for
from registry.refusals import Reason, Refusal
from registry.state import queries
from registry.state.guid import spelled
from registry.state.records import SchemaRecord

HEADER = "X-Schema-Header"  # of an answer in bytes: what belongs into the record's header
MOST_VERSIONS = 1000  # that are told of one schema

T = TypeVar("T")


async def encode(call: Call) -> Reply:
    body = await encoding(call)
    texts = texts_of(body.value, body.values)
    if texts is None:
        raise bad("Send `value`, or a list of them as `values`")
    wants_bytes = asks_for_bytes(call)
    if wants_bytes and body.values is not None:
        raise bad(f"Only one message can be answered as {BYTES}: accept JSON, or send one value")
    record = schema_named(call, body.schema)
    by = By(source_for(call, record), None, body.logical, body.messageType, body.ignoreUnknown)
    written = await call.parts.workers.encode_messages(by, texts)
    before, beside = frame(record, written.path, body)
    members = _schema_members(record) | _not_run(record, "WRITE") | ({"header": base64(beside)} if beside else {})
    if body.schema is not None and body.schema.id is None and body.schema.subject:  # which one is the latest?
        members |= {"subject": str(record.subject), "version": record.version}
    if body.values is not None:
        rows = [_faulty(each.faults) or {"message": base64(before + each.data)} for each in written.outcomes]
        return json_reply({"messages": rows} | members)
    outcome = _fit("The value does not fit its schema", written.outcomes[0])
    if wants_bytes:
        headers = ((HEADER, base64(beside)),) if beside else ()
        return Reply(before + outcome.data, content_type=BYTES, headers=headers)
    return json_reply({"message": base64(before + outcome.data)} | members)


async def decode(call: Call) -> Reply:
    body = await reading(call)
    opened, is_sure = await open_messages(call, body)
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
    body = await reading(call)
    texts, is_sure = texts_of(body.value, body.values), True
    if texts is None and body.message is None and body.messages is None:
        raise bad("Send one of `value`, `values`, `message` and `messages`")
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
        raise bad("Send either values or messages")
    source = source_for(call, schema_named(call, body.schema))
    by = By(source, None, body.logical, body.messageType, body.ignoreUnknown)
    return (await call.parts.workers.faults_of_messages([(by, texts)]))[0]


async def _faults_of_messages(call: Call, body: ValidateBody) -> tuple[Sequence[Faults], bool]:
    opened, is_sure = await open_messages(call, body)
    asked = [(each.by, each.payload) for each in opened if isinstance(each, Opened)]
    found = iter(_in_order(asked, await call.parts.workers.faults_of_messages(_batches(asked))))
    return [next(found) if isinstance(each, Opened) else _said(each).faults for each in opened], is_sure


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
