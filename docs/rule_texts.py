"""What docs/build_rules.py writes about rules that the code does not say itself: pairs that break them.

Rules of Protobuf bring theirs with them. A pair is the old schema and the new one, under BACKWARD; a new schema reads.
"""

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
