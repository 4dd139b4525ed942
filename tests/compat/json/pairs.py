"""One pair of schemas for each rule of Confluent's table, and the path at which it speaks."""

from collections.abc import Iterator
from typing import Any

from tests.compat.json.schemas import NEW

S, INT, N = {"type": "string"}, {"type": "integer"}, {"type": "number"}
Row = tuple[str, Any, Any, str]


def bounds() -> Iterator[Row]:
    for name, keyword, type_ in (
        ("MAX_LENGTH", "maxLength", "string"),
        ("MIN_LENGTH", "minLength", "string"),
        ("MAXIMUM", "maximum", "number"),
        ("MINIMUM", "minimum", "number"),
        ("EXCLUSIVE_MAXIMUM", "exclusiveMaximum", "number"),
        ("EXCLUSIVE_MINIMUM", "exclusiveMinimum", "number"),
        ("MAX_PROPERTIES", "maxProperties", "object"),
        ("MIN_PROPERTIES", "minProperties", "object"),
        ("MAX_ITEMS", "maxItems", "array"),
        ("MIN_ITEMS", "minItems", "array"),
        ("MAX_CONTAINS", "maxContains", "array"),
        ("MIN_CONTAINS", "minContains", "array"),
    ):
        base = {"$schema": NEW, "type": type_}
        low, high = {**base, keyword: 1}, {**base, keyword: 2}
        yield f"{name}_ADDED", base, low, keyword
        yield f"{name}_REMOVED", low, base, keyword
        yield f"{name}_INCREASED", low, high, keyword
        yield f"{name}_DECREASED", high, low, keyword


def permissions() -> Iterator[Row]:
    for name, keyword, base in (
        ("ADDITIONAL_PROPERTIES", "additionalProperties", {"type": "object"}),
        ("UNEVALUATED_PROPERTIES", "unevaluatedProperties", {"$schema": NEW, "type": "object"}),
        ("ADDITIONAL_ITEMS", "additionalItems", {"items": [S]}),
        ("UNEVALUATED_ITEMS", "unevaluatedItems", {"$schema": NEW, "type": "array"}),
    ):
        closed, covered = {**base, keyword: False}, {**base, keyword: S}
        yield f"{name}_ADDED", closed, base, keyword
        yield f"{name}_REMOVED", base, closed, keyword
        yield f"{name}_EXTENDED", covered, base, keyword
        yield f"{name}_NARROWED", base, covered, keyword


def obj(*names: str, rest: Any = True, **words: Any) -> dict[str, Any]:
    return {"type": "object", "properties": dict.fromkeys(names, INT), "additionalProperties": rest, **words}


WITH_DEFAULT = {"type": "integer", "default": 0}
A = "properties/a"
MODEL = "CONTENT_MODEL"

ROWS: list[Row] = [
    *bounds(),
    *permissions(),
    ("ID_CHANGED", {"$id": "a", **S}, {"$id": "b", **S}, "id"),
    ("TITLE_CHANGED", S, {"title": "t", **S}, "title"),
    ("DESCRIPTION_CHANGED", S, {"description": "d", **S}, "description"),
    ("DEFAULT_CHANGED", {"default": "a", **S}, S, "default"),
    ("SCHEMA_ADDED", {"type": "array"}, {"items": S}, "items"),
    ("SCHEMA_REMOVED", {"items": S}, {"type": "array"}, "items"),
    ("TYPE_EXTENDED", INT, N, ""),
    ("TYPE_NARROWED", N, INT, ""),
    ("TYPE_CHANGED", S, N, ""),
    ("PATTERN_ADDED", S, {"pattern": "a", **S}, "pattern"),
    ("PATTERN_REMOVED", {"pattern": "a", **S}, S, "pattern"),
    ("PATTERN_CHANGED", {"pattern": "a"}, {"pattern": "b"}, "pattern"),
    ("MULTIPLE_OF_ADDED", N, {"multipleOf": 2, **N}, "multipleOf"),
    ("MULTIPLE_OF_REMOVED", {"multipleOf": 2, **N}, N, "multipleOf"),
    ("MULTIPLE_OF_REDUCED", {"multipleOf": 0.6}, {"multipleOf": 0.2}, "multipleOf"),
    ("MULTIPLE_OF_EXPANDED", {"multipleOf": 2}, {"multipleOf": 6}, "multipleOf"),
    ("MULTIPLE_OF_CHANGED", {"multipleOf": 6}, {"multipleOf": 4}, "multipleOf"),
    ("REQUIRED_ATTRIBUTE_ADDED", obj("a"), obj("a", required=["a"]), "required/a"),
    ("REQUIRED_ATTRIBUTE_REMOVED", obj("a", required=["a"]), obj("a"), "required/a"),
    (
        "REQUIRED_ATTRIBUTE_WITH_DEFAULT_ADDED",
        {"properties": {"a": WITH_DEFAULT}},
        {"properties": {"a": WITH_DEFAULT}, "required": ["a"]},
        "required/a",
    ),
    (f"PROPERTY_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_{MODEL}", obj(), {"properties": {"a": {}}}, A),
    (f"OPTIONAL_PROPERTY_ADDED_TO_OPEN_{MODEL}", obj(), obj("a"), A),
    (f"REQUIRED_PROPERTY_ADDED_TO_OPEN_{MODEL}", obj(), obj("a", required=["a"]), A),
    (
        f"REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_{MODEL}",
        obj(),
        {"properties": {"a": WITH_DEFAULT}, "required": ["a"]},
        A,
    ),
    (f"OPTIONAL_PROPERTY_ADDED_TO_UNOPEN_{MODEL}", obj(rest=False), obj("a", rest=False), A),
    (f"REQUIRED_PROPERTY_ADDED_TO_UNOPEN_{MODEL}", obj(rest=False), obj("a", rest=False, required=["a"]), A),
    (
        f"REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_UNOPEN_{MODEL}",
        obj(rest=False),
        {"properties": {"a": WITH_DEFAULT}, "required": ["a"], "additionalProperties": False},
        A,
    ),
    (f"PROPERTY_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_{MODEL}", obj(rest=INT), obj("a", rest=INT), A),
    (f"PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_{MODEL}", obj(rest=S), obj("a", rest=S), A),
    (f"PROPERTY_REMOVED_FROM_OPEN_{MODEL}", obj("a"), obj(), A),
    (f"PROPERTY_REMOVED_FROM_CLOSED_{MODEL}", obj("a", rest=False), obj(rest=False), A),
    (
        f"PROPERTY_WITH_FALSE_REMOVED_FROM_CLOSED_{MODEL}",
        {"properties": {"a": False}, "additionalProperties": False},
        obj(rest=False),
        A,
    ),
    (
        f"PROPERTY_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_{MODEL}",
        obj("a", rest=False),
        obj(rest=False, patternProperties={"^a": INT}),
        A,
    ),
    (f"PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_{MODEL}", obj("a", rest=S), obj(rest=S), A),
    ("DEPENDENCY_ARRAY_ADDED", obj(), obj(dependencies={"a": ["b"]}), "dependencies/a"),
    ("DEPENDENCY_ARRAY_REMOVED", obj(dependencies={"a": ["b"]}), obj(), "dependencies/a"),
    ("DEPENDENCY_ARRAY_EXTENDED", obj(dependencies={"a": ["b"]}), obj(dependencies={"a": ["c", "b"]}),
     "dependencies/a"),
    ("DEPENDENCY_ARRAY_NARROWED", obj(dependencies={"a": ["b", "c"]}), obj(dependencies={"a": ["c"]}),
     "dependencies/a"),
    ("DEPENDENCY_ARRAY_CHANGED", obj(dependencies={"a": ["b"]}), obj(dependencies={"a": ["c"]}), "dependencies/a"),
    ("DEPENDENCY_SCHEMA_ADDED", obj(), obj(dependencies={"a": obj()}), "dependencies/a"),
    ("DEPENDENCY_SCHEMA_REMOVED", obj(dependencies={"a": obj()}), obj(), "dependencies/a"),
    ("UNIQUE_ITEMS_ADDED", {"items": S}, {"items": S, "uniqueItems": True}, "uniqueItems"),
    ("UNIQUE_ITEMS_REMOVED", {"items": S, "uniqueItems": True}, {"items": S}, "uniqueItems"),
    (f"ITEM_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_{MODEL}", {"items": [S]}, {"items": [S, {}]}, "items/1"),
    (f"ITEM_ADDED_TO_OPEN_{MODEL}", {"items": [S]}, {"items": [S, S]}, "items/1"),
    (
        f"ITEM_ADDED_TO_CLOSED_{MODEL}",
        {"items": [S], "additionalItems": False},
        {"items": [S, S], "additionalItems": False},
        "items/1",
    ),
    (
        f"ITEM_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_{MODEL}",
        {"items": [S], "additionalItems": INT},
        {"items": [S, N], "additionalItems": INT},
        "items/1",
    ),
    (
        f"ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_{MODEL}",
        {"items": [S], "additionalItems": INT},
        {"items": [S, S], "additionalItems": INT},
        "items/1",
    ),
    (f"ITEM_REMOVED_FROM_OPEN_{MODEL}", {"items": [S, S]}, {"items": [S]}, "items/1"),
    (
        f"ITEM_REMOVED_FROM_CLOSED_{MODEL}",
        {"items": [S, S], "additionalItems": False},
        {"items": [S], "additionalItems": False},
        "items/1",
    ),
    (
        f"ITEM_WITH_FALSE_REMOVED_FROM_CLOSED_{MODEL}",
        {"items": [S, False], "additionalItems": False},
        {"items": [S], "additionalItems": False},
        "items/1",
    ),
    (
        f"ITEM_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_{MODEL}",
        {"$schema": NEW, "prefixItems": [S, INT], "items": S},
        {"$schema": NEW, "prefixItems": [S], "unevaluatedItems": N},
        "items/1",
    ),
    (
        f"ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_{MODEL}",
        {"items": [S, S], "additionalItems": INT},
        {"items": [S], "additionalItems": INT},
        "items/1",
    ),
    ("ENUM_ARRAY_EXTENDED", {"enum": [1]}, {"enum": [2, 1]}, "enum"),
    ("ENUM_ARRAY_NARROWED", {"enum": [{"a": 1, "b": 2}, 2]}, {"enum": [{"b": 2, "a": 1}]}, "enum"),
    ("ENUM_ARRAY_CHANGED", {"const": True}, {"const": 1}, "const"),
    ("COMBINED_TYPE_EXTENDED", {"oneOf": [S, INT]}, {"anyOf": [S, INT]}, ""),
    ("COMBINED_TYPE_CHANGED", {"anyOf": [S, INT]}, {"oneOf": [S, INT]}, ""),
    ("COMBINED_TYPE_SUBSCHEMAS_CHANGED", {"anyOf": [S, INT]}, {"anyOf": [S, {"type": "null"}]}, ""),
    ("PRODUCT_TYPE_EXTENDED", {"allOf": [S]}, {"allOf": [S, {"pattern": "a"}]}, ""),
    ("PRODUCT_TYPE_NARROWED", {"allOf": [S, {"pattern": "a"}]}, S, ""),
    ("SUM_TYPE_EXTENDED", S, {"oneOf": [INT, S]}, ""),
    ("SUM_TYPE_NARROWED", {"anyOf": [S, INT]}, {"anyOf": [S]}, ""),
    ("NOT_TYPE_EXTENDED", {"not": INT}, {"not": N}, "not"),
    ("NOT_TYPE_NARROWED", {"not": N}, {"not": INT}, "not"),
]  # fmt: skip
