"""JSON → command, or a refusal. Unknown members are ignored, as Confluent ignores them; null is "not there".

`"version": "1"` is the number, and a 2 among the properties of metadata is the text: so Jackson takes them for
Confluent, and so they are sent by who writes requests by hand, or from YAML.
"""

from typing import Annotated, Any, Literal, TypeVar

import msgspec

from compat import Tagged
from registry.http.call import Call
from registry.names import MAX_INT, Subject
from registry.refusals import Reason
from registry.state.commands import Draft, Register, Retag, SetConfig, SetMode
from registry.state.values import Config, Metadata, ReferenceValue, RuleSet

Stored = TypeVar("Stored", Metadata, RuleSet)
Members = dict[str, Any]
Int = Annotated[int, msgspec.Meta(ge=-MAX_INT - 1, le=MAX_INT)]  # what a message can carry, and Java's clients read
MOST_ENTRIES = 1000  # references, tags, members of metadata, rules with what belongs to them


class ReferenceBody(msgspec.Struct):
    name: str | None = None
    subject: str | None = None
    version: Int | None = None


class EntityBody(msgspec.Struct):
    entityPath: str = ""
    entityType: Literal["sr_record", "sr_field"] = "sr_record"


class TagsBody(msgspec.Struct):
    schemaEntity: EntityBody
    tags: tuple[str, ...] = ()


class SchemaBody(msgspec.Struct):
    """What register, look-up and compatibility take (`RegisterSchemaRequest`)."""

    schema: str | None = None
    schemaType: str | None = None
    references: tuple[ReferenceBody, ...] | None = None
    metadata: Members | None = None
    ruleSet: Members | None = None
    id: Int | None = None
    version: Int | None = None
    schemaTagsToAdd: tuple[TagsBody, ...] | None = None
    schemaTagsToRemove: tuple[TagsBody, ...] | None = None
    propagateSchemaTags: bool | None = None


class RetagBody(msgspec.Struct):
    """What the tags endpoint takes (`TagSchemaRequest`)."""

    newVersion: Int | None = None
    tagsToAdd: tuple[TagsBody, ...] | None = None
    tagsToRemove: tuple[TagsBody, ...] | None = None
    metadata: Members | None = None
    ruleSet: Members | None = None
    rulesToMerge: Members | None = None
    rulesToRemove: tuple[str, ...] | None = None


class ModeBody(msgspec.Struct):
    mode: str | msgspec.UnsetType | None = msgspec.UNSET


class ConfigBody(Config, frozen=True):
    """What PUT /config takes: a Config whose level may be called `compatibility`."""

    compatibility: str | None = None


CONFIG_FIELDS = ConfigBody.__struct_fields__
SCHEMA_BODY = msgspec.json.Decoder(SchemaBody, strict=False, float_hook=str)
RETAG_BODY = msgspec.json.Decoder(RetagBody, strict=False, float_hook=str)
MODE_BODY = msgspec.json.Decoder(ModeBody)
OBJECT_BODY = msgspec.json.Decoder(dict[str, Any], float_hook=str)


def draft_of(body: SchemaBody) -> Draft:
    bounded("references", len(body.references or ()))
    return Draft(
        body.schema or "",
        body.schemaType or "AVRO",
        tuple(
            ReferenceValue(reference.name or "", reference.subject or "", reference.version or 0)
            for reference in body.references or ()
        ),
        _stored(body.metadata, Metadata),
        _stored(body.ruleSet, RuleSet),
    )


async def registration(call: Call) -> Register:
    body = await call.body(SCHEMA_BODY)
    return registration_of(body, call.subject(), normalize=call.flag("normalize"), force=call.flag("force"))


def registration_of(body: SchemaBody, subject: Subject, *, normalize: bool, force: bool = False) -> Register:
    return Register(
        subject,
        draft_of(body),
        id=-1 if body.id is None else body.id,
        version=body.version or 0,
        normalize=normalize,
        force=force,
        tags_to_add=_tags(body.schemaTagsToAdd),
        tags_to_remove=_tags(body.schemaTagsToRemove),
        propagate_tags=bool(body.propagateSchemaTags),
    )


async def retagging(call: Call) -> Retag:
    body = await call.body(RETAG_BODY)
    bounded("rules to remove", len(body.rulesToRemove or ()))
    return Retag(
        call.subject(),
        call.version(),
        new_version=body.newVersion or 0,
        tags_to_add=_tags(body.tagsToAdd),
        tags_to_remove=_tags(body.tagsToRemove),
        metadata=_stored(body.metadata, Metadata),
        rules=_stored(body.ruleSet, RuleSet),
        rules_to_merge=_stored(body.rulesToMerge, RuleSet),
        rules_to_remove=body.rulesToRemove or (),
    )


async def config_change(call: Call) -> SetConfig:
    """A member that is absent keeps its value, null clears it. Levels and policies are taken in any case."""
    members = await call.body(OBJECT_BODY)
    if "compatibility" in members:
        members["compatibilityLevel"] = members["compatibility"]
    given = {name: members[name] for name in CONFIG_FIELDS if name in members}
    try:
        config = msgspec.convert(_lean(given), ConfigBody, strict=False)
    except msgspec.ValidationError as error:
        raise Reason.BAD_REQUEST.refusal(details=f"The body is not what is expected here: {error}") from error
    changes = {name: getattr(config, name) for name in Config.__struct_fields__ if name in members}
    for name in ("compatibilityLevel", "compatibilityPolicy"):
        if changes.get(name) is not None:
            changes[name] = changes[name].upper()
    for name in ("defaultMetadata", "overrideMetadata", "defaultRuleSet", "overrideRuleSet"):
        if name in changes:
            changes[name] = _ordered(changes[name])
    return SetConfig(call.scope(), changes)


async def mode_change(call: Call) -> SetMode:
    body = await call.body(MODE_BODY)
    if body.mode is msgspec.UNSET:
        raise Reason.INVALID_MODE.refusal()
    return SetMode(call.scope(), body.mode, force=call.flag("force"))


def _stored(members: Members | None, kind: type[Stored]) -> Stored | None:
    """Metadata or rules as they are stored; null in them, at any depth, is "not there"."""
    if members is None:
        return None
    try:
        return _ordered(msgspec.convert(_lean(members), kind, strict=False))
    except msgspec.ValidationError as error:
        raise Reason.BAD_REQUEST.refusal(details=f"The body is not what is expected here: {error}") from error


def _lean(members: Members) -> Any:
    """Without nulls; and all as texts, which `convert` makes into what is wanted: in metadata and rules, texts."""
    try:
        return _texts(members)
    except RecursionError as error:
        raise Reason.BAD_REQUEST.refusal(details="The JSON of the body is nested too deeply") from error


def _texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _texts(member) for key, member in value.items() if member is not None}
    if isinstance(value, list):
        return [_texts(member) for member in value if member is not None]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _ordered(value: Stored | None) -> Stored | None:
    """Metadata or rules in the order in which they are stored, so that equal ones are equal."""
    if value is None:
        return None
    bounded("entries in metadata or rules", value.entries())
    return value.ordered()


def bounded(what: str, count: int) -> None:
    """Refuse more of something than anybody has: each one is carried, compared and written with every version."""
    if count > MOST_ENTRIES:
        raise Reason.BAD_REQUEST.refusal(details=f"The body has {count} {what}; there may be {MOST_ENTRIES}")


def _tags(bodies: tuple[TagsBody, ...] | None) -> tuple[Tagged, ...]:
    bounded("tags", sum(1 + len(body.tags) for body in bodies or ()))
    return tuple(Tagged(body.schemaEntity.entityPath, body.schemaEntity.entityType, body.tags) for body in bodies or ())
