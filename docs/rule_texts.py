"""What docs/build_rules.py writes about rules that the code does not say itself: pairs that break them, and a way out.

Rules of Protobuf bring both with them. A pair is the old schema and the new one, under BACKWARD; a new schema reads.
"""

import re
from typing import Any, Final


def record(*fields: dict[str, Any], name: str = "Order", **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, **more, "fields": list(fields)}


def field(name: str, type_: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": type_, **more}


def enum(*symbols: str) -> dict[str, Any]:
    return {"type": "enum", "name": "State", "symbols": list(symbols)}


def decimal(scale: int) -> dict[str, Any]:
    return {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": scale}


def named(name: str) -> dict[str, Any]:
    return record(field("id", "int"), name=name)


ID: Final = field("id", "int")

AVRO_EXAMPLES: Final[dict[str, tuple[Any, Any]]] = {
    "TYPE_CHANGED": (record(field("id", "string")), record(field("id", "long"))),
    "NAME_CHANGED": (named("Order"), named("Purchase")),
    "FIXED_SIZE_CHANGED": (
        {"type": "fixed", "name": "Hash", "size": 16},
        {"type": "fixed", "name": "Hash", "size": 20},
    ),
    "ENUM_SYMBOLS_REMOVED": (enum("NEW", "PAID", "SENT"), enum("NEW", "SENT")),
    "FIELD_WITHOUT_DEFAULT": (record(ID), record(ID, field("note", "string"))),
    "UNION_BRANCH_REMOVED": (["null", "string", "int"], ["null", "string"]),
    "UNION_BRANCH_CHANGED": (["null", named("A")], ["null", record(ID, field("b", "int"), name="A")]),
    "DEFAULT_INVALID": (record(ID), record(ID, field("count", "int", default="none"))),
    "FIELD_FED_TWICE": (
        record(field("a", "int"), field("b", "int")),
        record(field("c", "int", aliases=["a", "b"])),
    ),
    "ALIAS_AMBIGUOUS": (
        record(field("a", "int"), field("b", "int")),
        record(field("a", "int", aliases=["b"])),
    ),
    "FIELD_CLAIMED_TWICE": (
        record(field("a", "int")),
        record(field("a", "int", default=0), field("b", "int", aliases=["a"], default=0)),
    ),
    "DECIMAL_CHANGED": (decimal(2), decimal(3)),
    "BYTES_READ_AS_STRING": (record(field("name", "bytes")), record(field("name", "string"))),
    "PROMOTION_LOSES_DIGITS": (record(field("id", "long")), record(field("id", "double"))),
    "TIME_UNIT_CHANGED": (
        {"type": "long", "logicalType": "timestamp-millis"},
        {"type": "long", "logicalType": "timestamp-micros"},
    ),
    "LOGICAL_TYPE_CHANGED": ({"type": "int", "logicalType": "date"}, {"type": "int", "logicalType": "time-millis"}),
    "NAMESPACE_CHANGED": (
        record(ID, namespace="com.old"),
        record(ID, namespace="com.new"),
    ),
    "UNION_CHOICE_AMBIGUOUS": (
        record(name="new.Order"),
        [record(field("a", "int"), name="old.Order"), record(name="new.Order")],
    ),
}

AVRO_ADVICE: Final = {
    "TYPE_CHANGED": "Add a field with the new type and a default, and let the old one go once nobody writes it.",
    "NAME_CHANGED": "Keep the name, or put the old full name among the aliases of the new one.",
    "FIXED_SIZE_CHANGED": "Add a field with the new fixed and a default; or use bytes, which may be of any length.",
    "ENUM_SYMBOLS_REMOVED": "Keep the symbols, or give the enum a default: it stands for what is not known.",
    "FIELD_WITHOUT_DEFAULT": "Give the field a default: it stands where old messages have nothing.",
    "UNION_BRANCH_REMOVED": "Keep the branch for as long as messages with it can be read.",
    "UNION_BRANCH_CHANGED": "Change the branch in a way in which it could change alone, or add another type.",
    "DEFAULT_INVALID": "Give the field a default that is a value of its type; of a union, of its first branch.",
    "FIELD_FED_TWICE": "Leave one alias, and give the other field one of its own.",
    "ALIAS_AMBIGUOUS": "Take the alias away while the old field is there, or remove that field first.",
    "FIELD_CLAIMED_TWICE": "Let only one field have the name or the alias.",
    "DECIMAL_CHANGED": "Add a field with the new precision or scale.",
    "BYTES_READ_AS_STRING": "Make sure that all that was written is UTF-8, or add a string field.",
    "PROMOTION_LOSES_DIGITS": "Add a field, or make sure that no number has more digits than the new type holds.",
    "TIME_UNIT_CHANGED": "Add a field with the new unit.",
    "LOGICAL_TYPE_CHANGED": "Add a field with the new meaning.",
    "NAMESPACE_CHANGED": "Put the old full name among the aliases.",
    "UNION_CHOICE_AMBIGUOUS": "Put the branch that all readers should take first, or leave only that one.",
}

_JSON_ADVICE: Final = (
    (r"SCHEMA_ADDED", "Leave the place without a schema, or begin another version of the subject's contract."),
    (r"(MAX|MIN)_\w+_ADDED|(EXCLUSIVE_)?(MAX|MIN)IMUM_ADDED", "Watch the bound where documents are written, not here."),
    (r"MULTIPLE_OF_\w+|PATTERN_\w+", "Watch it where documents are written; or add a property that is held to it."),
    (r"\w+_(DECREASED|INCREASED)", "Keep the bound, and watch the new one where documents are written."),
    (r"TYPE_NARROWED|TYPE_CHANGED", "Allow both types, or add a property with the new type."),
    (
        r"(ADDITIONAL|UNEVALUATED)_PROPERTIES_\w+",
        "Keep the object as open as it is; one that is to be closed is so from its first version.",
    ),
    (
        r"OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL",
        "Use the policy DECLARED, which counts only declared properties; or close objects in their first version.",
    ),
    (r"REQUIRED_\w+", "Let it be optional, and look for it in code. A default in JSON Schema fills nothing in."),
    (
        r"PROPERTY_ADDED_NOT_COVERED\w+",
        "Give the property a schema that takes all that was allowed under its name.",
    ),
    (r"PROPERTY_REMOVED_\w+", "Keep the property declared; documents that have it exist."),
    (r"DEPENDENCY_\w+", "Look for what belongs together in code."),
    (r"UNIQUE_ITEMS_ADDED", "Look for equal items where documents are written."),
    (r"(ADDITIONAL|UNEVALUATED)_ITEMS_\w+", "Keep the array as open as it is."),
    (r"ITEM_ADDED_\w+", "Give the item a schema that takes all that was allowed in its place."),
    (r"ITEM_REMOVED_\w+", "Keep the item declared; arrays that have it exist."),
    (r"ENUM_\w+", "Keep the values, and cease to write them."),
    (r"COMBINED_\w+|PRODUCT_\w+|SUM_\w+", "Keep the branches, and add others to anyOf or oneOf."),
    (r"NOT_TYPE_EXTENDED", "Exclude it where documents are written."),
    (r"(DECLARED_)?DOCUMENT_REFUSED", "Look at the document: the new schema must accept it, as the old one does."),
    (
        r"NOTHING_REFUSED",
        "Set `json_too_strict` to `accept-proven`, or use the policy SEMANTIC: then the proof counts.",
    ),
)


def json_advice(rule: str) -> str:
    """What to do instead. Raises StopIteration where nothing is said of a rule."""
    return next(text for pattern, text in _JSON_ADVICE if re.fullmatch(pattern, rule))


JSON_EXAMPLES: Final[dict[str, tuple[Any, Any]]] = {  # of our own rules; the others have theirs in the tests
    "DOCUMENT_REFUSED": (
        {"type": "object", "properties": {"a": {"type": "string"}}},
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["b"]},
    ),
    "DECLARED_DOCUMENT_REFUSED": (
        {"type": "object", "properties": {"a": {"type": "string"}}},
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
    ),
    "NOTHING_REFUSED": ({"enum": ["a", "b"], "type": "string"}, {"type": "string", "minLength": 1}),
}
