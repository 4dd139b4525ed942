"""The rules of lint for JSON Schema."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import Any, Final

from compat.json.drafts import DRAFTS_OF, IN_PLACE, STORES, Draft, declared_draft, draft_of, subschemas
from momus.gate.lint.rule import SNAKE, Fault, JsonText, Rule, Steps, mixed, snake

ANNOTATIONS: Final = (
    "$anchor", "$comment", "$defs", "$dynamicAnchor", "$id", "$recursiveAnchor", "$schema", "$vocabulary",
    "contentEncoding", "contentMediaType", "default", "definitions", "deprecated", "description", "examples", "format",
    "id", "readOnly", "title", "writeOnly",
)  # fmt: skip
KEYWORDS: Final = (*DRAFTS_OF, *ANNOTATIONS)
ELSEWHERE: Final = frozenset(("example", "nullable", "discriminator", "xml", "externalDocs"))
"""Words of OpenAPI, which are nearly JSON Schema's and are meant."""

OF_TYPES: Final = {  # what each keyword is about: on values of other types it does nothing
    "string": ("minLength", "maxLength", "pattern"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "array": (
        "items", "prefixItems", "additionalItems", "minItems", "maxItems", "uniqueItems", "contains", "minContains",
        "maxContains", "unevaluatedItems",
    ),
    "object": (
        "properties", "patternProperties", "additionalProperties", "required", "minProperties", "maxProperties",
        "propertyNames", "dependentRequired", "dependentSchemas", "dependencies", "unevaluatedProperties",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spot:
    """A schema in the text. `is_part`: what it says is put to a value that another one describes too."""

    at: Steps
    schema: dict[str, Any]
    is_part: bool

    @property
    def types(self) -> frozenset[str]:
        given = self.schema.get("type")
        listed = given if isinstance(given, list) else [given]
        return frozenset(one for one in listed if isinstance(one, str))


class JsonSchemaText(JsonText):
    @cached_property
    def draft(self) -> Draft:
        return draft_of(self.value)

    @cached_property
    def spots(self) -> list[Spot]:
        return list(_walk(self.value, (), self.draft, is_part=False))


def _walk(schema: Any, at: Steps, draft: Draft, *, is_part: bool) -> Iterator[Spot]:
    if not isinstance(schema, dict):
        return
    yield Spot(at, schema, is_part)
    for steps, inner in subschemas(schema, draft):
        yield from _walk(inner, (*at, *steps), draft, is_part=is_part or steps[0] in IN_PLACE)
    for store in STORES:
        kept = schema.get(store)
        for name, inner in kept.items() if isinstance(kept, dict) else ():
            yield from _walk(inner, (*at, store, name), draft, is_part=False)


def properties(spot: Spot) -> dict[str, Any]:
    found = spot.schema.get("properties")
    return found if isinstance(found, dict) else {}


# ------------------------------------------------------------------------------------------------ the rules


def dialect_missing(document: JsonSchemaText) -> Iterator[Fault]:
    if isinstance(document.value, dict) and declared_draft(document.value) is None and not document.is_derived:
        given = document.value.get("$schema")
        what = f"$schema is {given!r}, which is no draft" if given is not None else "There is no $schema"
        yield Fault(("$schema",) if given is not None else (), f"{what}: it is read as {document.draft.uri}")


def title_missing(document: JsonSchemaText) -> Iterator[Fault]:
    if isinstance(document.value, dict) and not document.value.get("title"):
        yield Fault((), "The schema has no title")


def doc_missing(document: JsonSchemaText) -> Iterator[Fault]:
    for spot in document.spots:
        if not spot.at and not spot.schema.get("description"):
            yield Fault((), "The schema has no description")
        for name, inner in properties(spot).items() if not spot.is_part else ():
            if isinstance(inner, dict) and "$ref" not in inner and not inner.get("description"):
                yield Fault((*spot.at, "properties", name), f"The property '{name}' has no description")


def additional_properties_unstated(document: JsonSchemaText) -> Iterator[Fault]:
    stated = ("additionalProperties", "unevaluatedProperties")
    for spot in document.spots:
        if properties(spot) and not spot.is_part and not any(key in spot.schema for key in stated):
            yield Fault(spot.at, "It is not said whether the object may have other properties")


def required_undeclared(document: JsonSchemaText) -> Iterator[Fault]:
    for spot in document.spots:
        required = spot.schema.get("required")
        is_whole = not spot.is_part and "$ref" not in spot.schema and IN_PLACE.isdisjoint(spot.schema)
        if not (is_whole and properties(spot) and isinstance(required, list)) or "patternProperties" in spot.schema:
            continue
        for index, name in enumerate(required):
            if name not in properties(spot):
                near = get_close_matches(name, list(properties(spot)), 1, 0.8)
                hint = f": did you mean '{near[0]}'?" if near else ""
                message = f"'{name}' is required, and is none of the properties{hint}"
                yield Fault((*spot.at, "required", index), message)


def property_names_mixed(document: JsonSchemaText) -> Iterator[Fault]:
    for spot in document.spots:
        if found := mixed(list(properties(spot))):
            message = f"The property '{found[0]}' is spelled otherwise than '{found[1]}' beside it"
            yield Fault((*spot.at, "properties", found[0]), message)


def property_name_not_snake_case(document: JsonSchemaText) -> Iterator[Fault]:
    for spot in document.spots:
        for name in properties(spot):
            if not SNAKE.fullmatch(name):
                yield Fault((*spot.at, "properties", name), f"The property '{name}' would be '{snake(name)}'")


def keyword_misspelt(document: JsonSchemaText) -> Iterator[Fault]:
    for spot in document.spots:
        for key in spot.schema:
            is_odd = key not in KEYWORDS and key not in ELSEWHERE and key.removeprefix("$").isalpha()
            near = get_close_matches(key, KEYWORDS, 1, 0.85) if is_odd else []
            if near:
                yield Fault((*spot.at, key), f"JSON Schema has no '{key}': did you mean '{near[0]}'?")


def keyword_without_effect(document: JsonSchemaText) -> Iterator[Fault]:
    for spot in document.spots:
        types = spot.types | ({"number"} if "integer" in spot.types else set())
        for kind, keywords in OF_TYPES.items() if types else ():
            for key in keywords if kind not in types else ():
                if key in spot.schema:
                    told = " or ".join(sorted(spot.types))
                    yield Fault((*spot.at, key), f"'{key}' is about values of type {kind}, and this is of type {told}")


def keyword_beside_ref(document: JsonSchemaText) -> Iterator[Fault]:
    if not document.draft.is_ref_alone:
        return
    for spot in document.spots:
        if isinstance(spot.schema.get("$ref"), str):
            for key in spot.schema:
                if key in DRAFTS_OF and key != "$ref":
                    message = f"'{key}' stands beside a $ref, and in {document.draft.uri} a $ref stands alone"
                    yield Fault((*spot.at, key), message)


def definition_unused(document: JsonSchemaText) -> Iterator[Fault]:
    """Of a schema that says something itself; a file of definitions alone is for others."""
    if not isinstance(document.value, dict) or not any(key in document.value for key in DRAFTS_OF):
        return
    used = {spot.schema["$ref"] for spot in document.spots if isinstance(spot.schema.get("$ref"), str)}
    for store in STORES:
        kept = document.value.get(store)
        for name, inner in kept.items() if isinstance(kept, dict) else ():
            own = [inner.get(key) for key in ("$id", "id", "$anchor")] if isinstance(inner, dict) else []
            way = document.path((store, name))
            if not any(own) and not any(way in one for one in used):
                yield Fault((store, name), f"Nothing here refers to '#{way}'")


def type_forbidden(document: JsonSchemaText) -> Iterator[Fault]:
    for spot in document.spots:
        for name in sorted(spot.types & document.forbidden):
            yield Fault((*spot.at, "type"), f"The type {name} is not to be used here")


_DIALECT: Final = '"$schema": "https://json-schema.org/draft/2020-12/schema"'

RULES: Final = (
    Rule(
        "DIALECT_MISSING", "JSON", "warning", "recommended", dialect_missing,
        "A schema says by `$schema` which draft it is written in.",
        "Name the draft: what a keyword means, and whether it exists, differs between them.",
        '{"type": "object"}',
        f'{{{_DIALECT}, "type": "object"}}',
    ),
    Rule(
        "TITLE_MISSING", "JSON", "warning", "all", title_missing,
        "A schema has a title.",
        "Give it one: generated classes are called so, and the record name strategies of subjects use it.",
        f'{{{_DIALECT}, "type": "object"}}',
        f'{{{_DIALECT}, "title": "Order", "type": "object"}}',
    ),
    Rule(
        "DOC_MISSING", "JSON", "warning", "all", doc_missing,
        "A schema and its properties have a `description`.",
        "Write a sentence for whoever reads the data in five years.",
        '{"description": "What was bought.", "properties": {"id": {"type": "integer"}}}',
        '{"description": "What was bought.", "properties": {"id": {"type": "integer", "description": "A number."}}}',
    ),
    Rule(
        "ADDITIONAL_PROPERTIES_UNSTATED", "JSON", "warning", "all", additional_properties_unstated,
        "An object says whether it may have properties that it does not declare.",
        "State `additionalProperties`: what may be added later without a break depends on it.",
        '{"properties": {"id": {"type": "integer"}}}',
        '{"properties": {"id": {"type": "integer"}}, "additionalProperties": false}',
    ),
    Rule(
        "REQUIRED_UNDECLARED", "JSON", "warning", "recommended", required_undeclared,
        "What is required is among the properties.",
        "Declare the property, or mend its name in `required`.",
        '{"properties": {"order_id": {"type": "integer"}}, "required": ["orderid"]}',
        '{"properties": {"order_id": {"type": "integer"}}, "required": ["order_id"]}',
    ),
    Rule(
        "PROPERTY_NAMES_MIXED", "JSON", "warning", "recommended", property_names_mixed,
        "The properties of an object are spelled in one way.",
        "Spell the new property as its neighbours are.",
        '{"properties": {"order_id": {}, "customerId": {}}}',
        '{"properties": {"orderId": {}, "customerId": {}}}',
    ),
    Rule(
        "PROPERTY_NAME_NOT_SNAKE_CASE", "JSON", "warning", "all", property_name_not_snake_case,
        "Names of properties are in lower_snake_case.",
        "Spell a new property so. One that is in use keeps its name.",
        '{"properties": {"orderId": {}}}',
        '{"properties": {"order_id": {}}}',
    ),
    Rule(
        "KEYWORD_MISSPELT", "JSON", "warning", "recommended", keyword_misspelt,
        "A keyword that is nearly one of JSON Schema's is one.",
        "Spell it as JSON Schema does: a keyword that it does not know asks nothing of anybody.",
        '{"properties": {"id": {"type": "string", "minLenght": 1}}}',
        '{"properties": {"id": {"type": "string", "minLength": 1}}}',
    ),
    Rule(
        "KEYWORD_WITHOUT_EFFECT", "JSON", "warning", "recommended", keyword_without_effect,
        "A keyword is about values of the type beside it.",
        "Take it out, or mend the type: as it stands it refuses nothing.",
        '{"properties": {"id": {"type": "string", "minimum": 1}}}',
        '{"properties": {"id": {"type": "integer", "minimum": 1}}}',
    ),
    Rule(
        "KEYWORD_BESIDE_REF", "JSON", "warning", "recommended", keyword_beside_ref,
        "Up to draft 7 nothing that asks something stands beside a `$ref`.",
        "Put both into an `allOf`, or write the schema in draft 2019-09 or later.",
        '{"$schema": "http://json-schema.org/draft-07/schema#", "$ref": "#/definitions/id", "minimum": 1,'
        ' "definitions": {"id": {"type": "integer"}}}',
        '{"$schema": "http://json-schema.org/draft-07/schema#",'
        ' "allOf": [{"$ref": "#/definitions/id"}, {"minimum": 1}], "definitions": {"id": {"type": "integer"}}}',
    ),
    Rule(
        "DEFINITION_UNUSED", "JSON", "info", "all", definition_unused,
        "A definition of a schema is used in it.",
        "Take it out, unless other schemas refer to it.",
        '{"type": "object", "$defs": {"id": {"type": "integer"}}}',
        '{"type": "object", "properties": {"id": {"$ref": "#/$defs/id"}}, "$defs": {"id": {"type": "integer"}}}',
    ),
    Rule(
        "TYPE_FORBIDDEN", "JSON", "error", "recommended", type_forbidden,
        "Types that `lint.forbidden` in the configuration names are not used.",
        "Take another type, or ask those who wrote the configuration.",
        '{"type": "null"}',
        '{"type": "string"}',
    ),
)  # fmt: skip
