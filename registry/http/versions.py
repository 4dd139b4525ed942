"""Versions of a subject: registering, listing, reading and deleting them, and who refers to them."""

from dataclasses import replace

from registry.http.bodies import registration, retagging
from registry.http.call import Call
from registry.http.finding import find_version, version_of_subject
from registry.http.forward import FRESHNESS
from registry.http.rendering import schema_reply, style_of, text_of, text_reply
from registry.http.replies import JUST_REGISTERED, REGISTERED, VERSION, Reply, json_reply, page_reply, schema_members
from registry.names import Place
from registry.refusals import Reason
from registry.state import queries
from registry.state.commands import DeleteVersion, Draft, Recognize
from registry.state.records import SchemaRecord


async def register(call: Call) -> Reply:
    command = await registration(call)
    if call.text("format") == "logical":
        raise Reason.BAD_REQUEST.refusal(details="format=logical is not supported: send the schema in its own format")
    node = call.parts.node
    known: SchemaRecord | None = await node.ask(Recognize(command))
    is_sure = not node.may_lag or known is None or await node.catch_up()
    if known is not None and node.may_lag:  # perhaps it was deleted through another node
        known = await node.ask(Recognize(command))
    if known is not None:
        reply = await _registered(call, command.draft, known, is_stored=True)
        return reply if is_sure else replace(reply, headers=(*reply.headers, FRESHNESS))
    registered = await call.parts.node.write(command)
    return await _registered(call, command.draft, registered.record, is_stored=registered.is_stored)


async def retag(call: Call) -> Reply:
    command = await retagging(call)
    registered = await call.parts.node.write(command)
    return await _registered(call, None, registered.record, is_stored=registered.is_stored)


async def list_versions(call: Call) -> Reply:
    subject = call.subject()
    only_deleted, as_negative = call.flag("deletedOnly"), call.flag("deletedAsNegative")
    with_deleted = call.flag("deleted") or only_deleted or as_negative
    if not queries.has_subject(call.state, subject, include_deleted=with_deleted):
        raise Reason.SUBJECT_NOT_FOUND.refusal(subject=subject)
    live = as_negative or not only_deleted
    records = queries.versions(call.state, subject, live=live, deleted=with_deleted)
    numbers = [-record.version if as_negative and record.deleted else record.version for record in records]
    return page_reply(*call.page(numbers))


async def get_version(call: Call) -> Reply:
    return await schema_reply(call, _version(call), VERSION)


async def get_text(call: Call) -> Reply:
    return await text_reply(call, _version(call))


async def delete_version(call: Call) -> Reply:
    command = DeleteVersion(call.subject(), call.version(), permanent=call.flag("permanent"))
    return json_reply(await call.parts.node.write(command))


async def list_referrers(call: Call) -> Reply:
    """Ids of the schemas that refer to this version, which may itself be deleted."""
    record = version_of_subject(call.state, call.subject(), call.version(), include_deleted=True)
    include_deleted = call.flag("deleted")
    found = queries.referrers(call.state, Place(record.subject, record.version), include_deleted=include_deleted)
    settings = call.parts.settings
    page = call.page(
        sorted({referrer.id for referrer in found}),
        settings.schema_search_default_limit,
        settings.schema_search_max_limit,
    )
    return page_reply(*page)


async def _registered(call: Call, sent: Draft | None, record: SchemaRecord, *, is_stored: bool) -> Reply:
    call.parts.metrics.registered(record.kind)
    if call.parts.settings.dialect == "narrow":
        return json_reply({"id": record.id})
    if sent is not None and _is_descriptor(sent):
        # confluent-kafka keeps the text of this answer as the schema of the id, and reads nothing but descriptors.
        call.suppose("format", "serialized")
    if is_stored:
        return await schema_reply(call, record, REGISTERED)
    return json_reply(schema_members(record, JUST_REGISTERED, style_of(call), await text_of(call, record)))


def _is_descriptor(draft: Draft) -> bool:
    """Base64, where others send `.proto` text: of that, all but an empty file has one of these."""
    return draft.kind == "PROTOBUF" and bool(draft.text) and not {";", "{"} & set(draft.text)


def _version(call: Call) -> SchemaRecord:
    return find_version(call, call.blank("subject"), call.version(), include_deleted=call.flag("deleted"))
