"""Subjects: listing them, finding a schema in one, deleting them."""

from collections.abc import Mapping
from urllib.parse import unquote

from registry.http.bodies import SCHEMA_BODY, draft_of
from registry.http.call import Call
from registry.http.rendering import schema_reply
from registry.http.replies import VERSION, Reply, json_reply, page_reply
from registry.http.turns import in_turns
from registry.names import subject_of
from registry.refusals import Reason
from registry.state import queries
from registry.state.commands import DeleteSubject, LookUp
from registry.state.records import SchemaRecord


async def list_subjects(call: Call) -> Reply:
    prefix = call.prefix(default=":*:")
    only_deleted, deleted = call.flag("deletedOnly"), call.flag("deleted")

    def is_listed(name: str) -> bool:
        subject = subject_of(name)
        is_live = queries.has_subject(call.state, subject)
        return queries.matches(subject, prefix) and (not is_live if only_deleted else is_live or deleted)

    names = [name async for name in in_turns(list(queries.subject_names(call.state))) if is_listed(name)]
    return page_reply(*call.page(names))


async def look_up(call: Call) -> Reply:
    body = await call.body(SCHEMA_BODY)
    inquiry = LookUp(
        call.subject(),
        draft_of(body),
        normalize=call.flag("normalize"),
        include_deleted=call.flag("deleted") or call.flag("lookupDeletedSchema"),
        is_everywhere=call.may_be_elsewhere(),
    )
    found: SchemaRecord = await call.parts.node.ask(inquiry)
    return await schema_reply(call, found, VERSION)


async def delete_subject(call: Call) -> Reply:
    command = DeleteSubject(call.subject(), permanent=call.flag("permanent"))
    return json_reply(await call.parts.node.write(command))


async def find_by_metadata(call: Call) -> Reply:
    """The newest version whose metadata has all pairs of `key` and `value`; without pairs, that has metadata."""
    subject = call.subject()
    pairs = list(zip(call.texts("key"), call.texts("value"), strict=False))
    records = queries.versions(call.state, subject, deleted=call.flag("deleted"))
    if not records:
        raise Reason.SUBJECT_NOT_FOUND.refusal(subject=subject)
    for record in reversed(records):
        metadata = record.metadata
        if metadata is not None and all(_has(metadata.properties or {}, key, value) for key, value in pairs):
            return await schema_reply(call, record, VERSION)
    raise Reason.SCHEMA_NOT_FOUND.refusal()


def _has(properties: Mapping[str, str], key: str, value: str) -> bool:
    """As it is written, or decoded once more: confluent-kafka (Python) encodes keys and values twice."""
    return properties.get(key) == value or properties.get(unquote(key)) == unquote(value)
