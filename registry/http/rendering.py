"""What a schema answer looks like: its members by dialect and parameters, its text by `format`."""

from compat import Source
from registry.http.call import Call
from registry.http.replies import Reply, Shape, Style, schema_body, tagged_reply, tags_members
from registry.state import queries
from registry.state.facts import Tags
from registry.state.records import SchemaRecord
from registry.state.sources import source_of

PLAIN_FORMS = ("", "default")


def style_of(call: Call) -> Style:
    """The dialect of this server, and what the request says of references."""
    return Style(call.parts.settings.dialect == "narrow", call.text("referenceFormat") == "qualified")


async def text_of(call: Call, record: SchemaRecord) -> str:
    """The text under the `format` parameter; the stored text when nothing else is asked for or can be made."""
    form = call.text("format")
    source = None if form in PLAIN_FORMS else source_or_none(call, record)
    return record.text if source is None else await call.parts.schemas.rendered(source, form)


async def schema_reply(call: Call, record: SchemaRecord, shape: Shape, **more: object) -> Reply:
    """A schema answer; from the shelf when it depends on nothing but the record."""
    if not more and _is_plain(call):
        return call.parts.shelf.reply(record, shape.name, lambda: schema_body(record, shape, style_of(call)))
    text = await text_of(call, record)
    tags = await found_tags(call, record)
    return tagged_reply(schema_body(record, shape, style_of(call), text, schemaTags=tags, **more))


def _is_plain(call: Call) -> bool:
    """Does the request ask for the answer as it always is?"""
    return not call.query or (
        call.text("format") in PLAIN_FORMS and not call.text("referenceFormat") and "findTags" not in call.query
    )


async def text_reply(call: Call, record: SchemaRecord) -> Reply:
    """The bare text of a schema, as it is: no JSON string."""
    return tagged_reply((await text_of(call, record)).encode("utf-8", "surrogatepass"))


async def found_tags(call: Call, record: SchemaRecord) -> list[dict[str, object]]:
    """The inline tags that `findTags` asks for; `*` asks for all."""
    asked = call.texts("findTags")
    source = source_or_none(call, record) if asked else None
    if source is None:
        return []
    tags = await call.parts.schemas.tags(Tags(source))
    if isinstance(tags, Exception):
        return []
    return tags_members(tagged for tagged in tags if "*" in asked or set(asked) & set(tagged.tags))


def source_or_none(call: Call, record: SchemaRecord) -> Source | None:
    try:
        return source_of(call.state, record)
    except queries.ReferenceMissing:
        return None
