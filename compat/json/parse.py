"""What a new schema must be beyond JSON: valid by its draft's meta-schema, with expressions that can be run, and with
references that lead somewhere and not back to themselves. Stored schemas are held to none of it.
"""

from typing import Final

from compat.json.document import Document, Fault
from compat.json.drafts import Draft, Json, Steps
from compat.json.expressions import is_expression
from compat.json.meta import validator
from compat.json.text import invalid, pointer, written
from compat.schema import InvalidSchema

SHOWN: Final = 80  # characters of a value in a message

_A_SCHEMA = "a schema: an object or a boolean"
_COUNT = "a number of things: an integer, and not negative"
_NAMES = "a list of names, each once"
_SCHEMAS = "a list of schemas, at least one"
_SCHEMAS_BY_NAME = "an object of schemas"
_TEXT = "a string"
_NUMBER = "a number"
EXPECTED: Final = {
    **dict.fromkeys(("additionalItems", "additionalProperties", "contains", "contentSchema", "else", "if"), _A_SCHEMA),
    **dict.fromkeys(("not", "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties"), _A_SCHEMA),
    **dict.fromkeys(("maxContains", "maxItems", "maxLength", "maxProperties"), _COUNT),
    **dict.fromkeys(("minContains", "minItems", "minLength", "minProperties"), _COUNT),
    **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), _SCHEMAS),
    **dict.fromkeys(("$defs", "definitions", "dependentSchemas", "patternProperties", "properties"), _SCHEMAS_BY_NAME),
    **dict.fromkeys(("$anchor", "$comment", "$id", "$ref", "$schema", "description", "format", "id"), _TEXT),
    **dict.fromkeys(("pattern", "title"), _TEXT),
    **dict.fromkeys(("maximum", "minimum"), _NUMBER),
    "dependencies": "an object of schemas and of lists of names",
    "dependentRequired": "an object of lists of names",
    "enum": "a list of values",
    "items": "a schema, or (up to draft 2019-09) a list of them",
    "multipleOf": "a number above zero",
    "required": _NAMES,
    "type": "array, boolean, integer, null, number, object or string, or a list of some of them",
    "uniqueItems": "true or false",
}
_EXCLUSIVE = {True: "true or false, in draft-04", False: "a number; true and false are for draft-04, named in $schema"}


def check(document: Document) -> None:
    """Raises InvalidSchema, which names the place."""
    _check_by_meta_schema(document)
    _check_expressions(document)
    for fault in (*document.missing, *filter(None, [document.cycle])):
        raise _invalid(document, fault)


def is_well_formed(document: Document) -> bool:
    """Do all its texts conform to their meta-schemas? What is stored was not asked; validators choke on the rest."""
    own = validator(document.draft).is_valid(document.root)
    return own and all(text.is_well_formed for text in document.referred)


def _check_by_meta_schema(document: Document) -> None:
    steps, message = _error(document.draft, document.root)
    if not message:
        return
    found = document.root
    for step in steps:
        found = found[step]
    raise invalid(document.source.text, document.root, _sentence(document.draft, steps, found, message), steps)


_EITHER: Final = (("items",), ("additionalItems",), ("additionalProperties",))
"""Where draft-04, and for items every draft, allows a schema or something else."""


def _error(draft: Draft, schema: Json) -> tuple[Steps, str]:
    """Where and why a schema is none; no message when it is one.

    Of a schema in a place where something else may stand too, the meta-schema says only that it is neither. So it is
    asked about that schema alone.
    """
    steps: Steps = ()
    message = ""
    asked: list[tuple[Steps, Json]] = [((), schema)]
    while asked:
        way, part = asked.pop(0)
        error = next(validator(draft).iter_errors(part), None)
        if error is None:
            continue
        for step in error.instance_path:
            part = part[step]
        further: Steps = tuple(error.instance_path)
        steps, message = (*way, *further), error.message
        asked = []
        if further[-1:] == ("items",) and isinstance(part, list):
            asked = [((*steps, index), one) for index, one in enumerate(part) if isinstance(one, dict)]
        elif isinstance(part, dict) and (further[-1:] in _EITHER or further[-2:-1] == ("dependencies",)):
            asked = [(steps, part)]
    return steps, message


def _sentence(draft: Draft, steps: Steps, found: Json, message: str) -> str:
    """Of the keyword that is nearest: the meta-schema's own words speak of branches that nobody wrote."""
    keyword = next((step for step in reversed(steps) if step in EXPECTED or step in _BOUNDS), None)
    if keyword is None or (keyword != steps[-1] and isinstance(found, dict | bool)):
        return message[:SHOWN]
    expected = _EXCLUSIVE[draft is Draft.DRAFT_4] if keyword in _BOUNDS else EXPECTED[str(keyword)]
    shown = written(found)
    shown = shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}…"
    if keyword != steps[-1]:
        return f"'{keyword}' is {expected}, and {shown} is nothing that belongs there"
    return f"'{keyword}' is {expected}, which {shown} is not"


_BOUNDS: Final = ("exclusiveMaximum", "exclusiveMinimum")


def _check_expressions(document: Document) -> None:
    checked: set[str] = set()
    for schema in document.reachable:
        for steps, expression in _expressions(schema):
            if expression not in checked and not is_expression(expression):
                place = document.place(schema)
                raise _invalid(
                    document,
                    Fault(f"'{expression[:SHOWN]}' is no regular expression of ECMA-262", place),
                    steps,
                )
            checked.add(expression)


def _expressions(schema: dict[str, Json]) -> list[tuple[Steps, str]]:
    pattern, patterns = schema.get("pattern"), schema.get("patternProperties")
    found: list[tuple[Steps, str]] = [(("pattern",), pattern)] if isinstance(pattern, str) else []
    return found + [(("patternProperties", name), name) for name in patterns or () if isinstance(patterns, dict)]


def _invalid(document: Document, fault: Fault, further: Steps = ()) -> InvalidSchema:
    """A referent's text is not in the hands of the one who is told: its name must do, and the pointer."""
    steps = (*fault.place.steps, *further)
    if fault.place.referent is None:
        return invalid(document.source.text, document.root, fault.message, steps)
    return InvalidSchema(f"in the reference '{fault.place.referent}': {fault.message}", pointer(list(steps)))
