"""The schemas of these tests, and how to write more."""

import json

from confluent_kafka.schema_registry import (
    Metadata,
    MetadataProperties,
    MetadataTags,
    Rule,
    RuleKind,
    RuleMode,
    RuleParams,
    RuleSet,
    Schema,
    SchemaReference,
)


def record(name: str, *fields: dict[str, object], **more: object) -> str:
    return json.dumps({"type": "record", "name": name, **more, "fields": fields}, separators=(",", ":"))


def field(name: str, kind: object = "string", **more: object) -> dict[str, object]:
    return {"name": name, "type": kind, **more}


STRING = Schema('"string"')
STRING_GUID = "095d71cf-1255-6b9d-5e33-0ad575b3df5d"  # Confluent's, for the six letters and their quotes
LONG = Schema('"long"')
USER = Schema(record("User", field("name"), namespace="com.acme"))
ORDER = Schema(
    record("Order", field("user", "com.acme.User"), namespace="com.shop"),
    references=[SchemaReference("com.acme.User", "user", 1)],
)
ORDER_IN_ONE_PIECE = (
    '{"type":"record","name":"Order","namespace":"com.shop","fields":[{"name":"user","type":'
    '{"type":"record","name":"User","namespace":"com.acme","fields":[{"name":"name","type":"string"}]}}]}'
)
SPELLED = Schema('{"type":"record","name":"P","fields":[{"name":"x","type":"double","default":1,"z":1,"b":2}]}')
NORMAL = '{"type":"record","name":"P","fields":[{"name":"x","type":"double","default":1.0,"b":2,"z":1}]}'
FIRST, SECOND, THIRD = (
    Schema(record("Grown", *(field(f"f{place}", "int", default=0) for place in range(size)))) for size in (1, 2, 3)
)
OWNED = Metadata(
    tags=None, properties=MetadataProperties({"owner": "a team", "stage/1": "50 % + x"}), sensitive=["owner"]
)
TAGGED = Metadata(tags=MetadataTags({"**.name": ["PII"]}), properties=None, sensitive=[])
CHECK = Rule(
    name="named",
    doc="A user has a name.",
    kind=RuleKind.CONDITION,
    mode=RuleMode.WRITE,
    type="CEL",
    tags=["PII"],
    params=RuleParams({"severity": "high"}),
    expr="size(message.name) > 0",
    on_success="NONE",
    on_failure="ERROR",
    disabled=False,
)
UPGRADE = Rule(
    name="upgrade",
    doc=None,
    kind=RuleKind.TRANSFORM,
    mode=RuleMode.UPGRADE,
    type="JSONATA",
    tags=None,
    params=None,
    expr="$merge([$, {'name': 'nobody'}])",
    on_success=None,
    on_failure=None,
    disabled=False,
)
RULES = RuleSet(migration_rules=[UPGRADE], domain_rules=[CHECK], encoding_rules=[], enable_at=None)
