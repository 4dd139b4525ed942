"""Schemas by id, by GUID, and all of them; wherever they are used."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from registry.http.associations import association_filter
from registry.http.call import Call
from registry.http.finding import by_guid, by_id
from registry.http.rendering import schema_reply, style_of, text_of, text_reply
from registry.http.replies import BY_ID, VERSION, Reply, json_reply, page_reply, schema_members
from registry.http.turns import in_turns
from registry.names import DEFAULT_CONTEXT, Subject, subject_of
from registry.refusals import Reason
from registry.state import queries
from registry.state.guid import guid_from
from registry.state.records import SchemaRecord


async def get_by_id(call: Call) -> Reply:
    """What an id means. With `subject` the answer is about the version by which the subject holds the id.

    It then has the id, too: confluent-kafka (Python) takes what names its subject for a whole registration, and writes
    messages by the id in it (`use.schema.id`). Confluent 7.x does not name the subject here.
    """
    number = call.number("id")
    record, is_of_subject = by_id(call.state, call.sought(), number)
    is_whole = is_of_subject and call.parts.settings.dialect == "full"
    shape = VERSION if is_whole else BY_ID
    if call.flag("fetchMaxId"):
        return await schema_reply(call, record, shape, maxId=queries.highest_id(call.state, record.subject.context))
    reply = await schema_reply(call, record, shape)
    if (plain := f"/schemas/ids/{number}") == call.request.raw_path:  # and of its many spellings no other
        call.parts.prepared.keep(plain, record, reply)
    return reply


async def get_text_by_id(call: Call) -> Reply:
    record, _ = by_id(call.state, call.sought(), call.number("id"))
    return await text_reply(call, record)


async def list_subjects_of_id(call: Call) -> Reply:
    records = _holders(call)
    return page_reply(*call.page(sorted({str(record.subject) for record in records})))


async def list_versions_of_id(call: Call) -> Reply:
    """One version a subject: the last that carries the id."""
    newest = {record.subject: record for record in _holders(call)}
    rows = [{"subject": str(record.subject), "version": record.version} for record in newest.values()]
    return page_reply(*call.page(rows))


async def get_by_guid(call: Call) -> Reply:
    return await schema_reply(call, by_guid(call.state, call.blank("guid")), BY_ID)


async def list_ids_of_guid(call: Call) -> Reply:
    guid = guid_from(call.blank("guid"))
    found = queries.ids_of(call.state, guid) if guid is not None else []
    return json_reply([{"context": context, "id": number} for context, number in found])


async def list_schemas(call: Call) -> Reply:
    """All versions of the subjects with a prefix, by subject and version; a page of them at most."""
    settings = call.parts.settings
    offset, limit = call.bounds(settings.schema_search_default_limit, settings.schema_search_max_limit)
    associations = association_filter(call)
    aliases = queries.aliases(call.state) if call.flag("aliases") else {}
    rows: list[dict[str, Any]] = []
    async for subject in in_turns(_listed_subjects(call, aliases)):
        shown = associations(subject)
        records = _listed_versions(call, subject) if shown is not None else []
        for record in records[offset:]:
            spelled = [str(alias) for alias in aliases.get(subject, ())]
            text = await text_of(call, record)
            rows.append(schema_members(record, VERSION, style_of(call), text, aliases=spelled, associations=shown))
        offset = max(offset - len(records), 0)
        if len(rows) >= limit:
            break
    return page_reply(rows[:limit], limit)


async def list_types(call: Call) -> Reply:
    return json_reply(call.parts.types)


def _holders(call: Call) -> list[SchemaRecord]:
    number = call.number("id")
    sought = call.sought()
    context = sought[0].context if sought else DEFAULT_CONTEXT
    if queries.holders(call.state, context, number) is None:
        raise Reason.SCHEMA_NOT_FOUND.refusal()
    return queries.places(call.state, context, number, include_deleted=call.flag("deleted"))


def _listed_subjects(call: Call, aliases: Mapping[Subject, Sequence[Subject]]) -> Iterator[Subject]:
    """The subjects with the prefix, in order; and those that an alias with the prefix stands for."""
    prefix = call.prefix(default="")
    followed = {target for target, names in aliases.items() if any(queries.matches(alias, prefix) for alias in names)}
    names = queries.subject_names(call.state)
    if followed:
        names = sorted({*names, *map(str, followed)})
    subjects = (subject_of(name) for name in names)
    return (subject for subject in subjects if subject in followed or queries.matches(subject, prefix))


def _listed_versions(call: Call, subject: Subject) -> list[SchemaRecord]:
    records = queries.versions(call.state, subject, deleted=call.flag("deleted"))
    rule_type = call.text("ruleType")
    if rule_type:
        records = [record for record in records if _has_rule(record, rule_type)]
    return records[-1:] if call.flag("latestOnly") else records


def _has_rule(record: SchemaRecord, rule_type: str) -> bool:
    rules = record.rules
    return rules is not None and any(
        rule.type == rule_type for rule in (*rules.migrationRules, *rules.domainRules, *rules.encodingRules)
    )
