"""The rules of lint for Avro. They look at the text as it stands, since what Avro ignores is what they are about."""

import json
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any, Final

from compat.avro.logical import STANDS_ON
from momus.gate.avro_types import NAMED, Spot, Steps, spots_in
from momus.gate.lint.rule import (
    CAMEL,
    IGNORE,
    SNAKE,
    UPPER_SNAKE,
    Fault,
    JsonText,
    Rule,
    camel,
    is_money,
    mixed,
    snake,
)

_EVERYWHERE: Final = ("logicalType", "precision", "scale")
_OF_TYPES: Final = ("type", "name", "namespace", "doc", "aliases", *_EVERYWHERE)
ATTRIBUTES: Final = {
    "record": (*_OF_TYPES, "fields"),
    "error": (*_OF_TYPES, "fields"),
    "enum": (*_OF_TYPES, "symbols", "default"),
    "fixed": (*_OF_TYPES, "size"),
    "array": ("type", "items", *_EVERYWHERE),
    "map": ("type", "values", *_EVERYWHERE),
    "field": ("name", "type", "doc", "default", "order", "aliases"),
}


class AvroText(JsonText):
    @cached_property
    def types(self) -> list[Spot]:
        return [spot for spot, is_type in self._spots if is_type]

    @cached_property
    def fields(self) -> list[Spot]:
        return [spot for spot, is_type in self._spots if not is_type]

    def of_kind(self, *kinds: str) -> Iterator[Spot]:
        return (spot for spot in self.types if spot.kind in kinds and isinstance(spot.value, dict))

    @cached_property
    def definitions(self) -> list[tuple[str, Steps, object]]:
        """Full names with what is declared, but for its documentation."""
        return [
            (spot.full_name or "", spot.at, json.dumps(_bare(spot.value), sort_keys=True))
            for spot in self.of_kind(*NAMED)
        ]

    @cached_property
    def _spots(self) -> list[tuple[Spot, bool]]:
        return list(spots_in(self.value))


def _bare(value: Any) -> Any:
    if isinstance(value, list):
        return [_bare(part) for part in value]
    if isinstance(value, dict):
        return {key: _bare(part) for key, part in value.items() if key not in ("doc", "namespace", "name", IGNORE)}
    return value


def _short(spot: Spot) -> str:
    return str(spot.value.get("name", "")).rpartition(".")[2]


# ------------------------------------------------------------------------------------------------ the rules


def namespace_missing(document: AvroText) -> Iterator[Fault]:
    for spot in document.types[:1] if not document.is_derived else ():
        if spot.kind in NAMED and isinstance(spot.value, dict) and "." not in (spot.full_name or ""):
            yield Fault(spot.at, f"'{_short(spot)}' has no namespace")


def namespace_not_path(document: AvroText) -> Iterator[Fault]:
    for spot in document.types[:1] if document.name.endswith(".avsc") else ():
        if spot.kind in NAMED and isinstance(spot.value, dict):
            full, path = spot.full_name, PurePosixPath(document.name)
            wanted = ".".join((*path.parent.parts, path.stem))
            if full != wanted:
                yield Fault(spot.at, f"'{full}' stands in {document.name}, which is the place of '{wanted}'")


def type_name_not_camel_case(document: AvroText) -> Iterator[Fault]:
    for spot in document.of_kind(*NAMED):
        if not CAMEL.fullmatch(_short(spot)):
            yield Fault((*spot.at, "name"), f"The type '{_short(spot)}' would be '{camel(_short(spot))}'")


def field_name_not_snake_case(document: AvroText) -> Iterator[Fault]:
    for spot in document.fields:
        if not SNAKE.fullmatch(spot.field):
            yield Fault((*spot.at, "name"), f"The field '{spot.field}' would be '{snake(spot.field)}'")


def field_names_mixed(document: AvroText) -> Iterator[Fault]:
    for spot in document.of_kind("record", "error"):
        names = [field.get("name", "") for field in spot.value.get("fields", ())]
        if found := mixed(names):
            at = (*spot.at, "fields", names.index(found[0]), "name")
            yield Fault(at, f"The field '{found[0]}' is spelled otherwise than '{found[1]}' beside it")


def enum_symbol_not_upper_case(document: AvroText) -> Iterator[Fault]:
    for spot in document.of_kind("enum"):
        for index, symbol in enumerate(spot.value.get("symbols", ())):
            if not UPPER_SNAKE.fullmatch(symbol):
                yield Fault((*spot.at, "symbols", index), f"The symbol '{symbol}' would be '{snake(symbol).upper()}'")


def doc_missing(document: AvroText) -> Iterator[Fault]:
    spots = [*document.of_kind("record", "error", "enum"), *document.fields]
    for spot in sorted(spots, key=lambda spot: [str(step).zfill(6) for step in spot.at]):
        if not str(spot.value.get("doc") or "").strip():
            yield Fault(spot.at, f"'{spot.value.get('name', '')}' has no doc")


def null_not_first(document: AvroText) -> Iterator[Fault]:
    for spot in document.fields:
        union = spot.value.get("type")
        if isinstance(union, list) and "null" in union[1:] and "default" not in spot.value:
            message = f"The union of '{spot.field}' has null, but not first, so that null cannot be its default"
            yield Fault((*spot.at, "type"), message)


def nullable_without_default(document: AvroText) -> Iterator[Fault]:
    for spot in document.fields:
        union = spot.value.get("type")
        if isinstance(union, list) and union[:1] == ["null"] and "default" not in spot.value:
            yield Fault(spot.at, f"The field '{spot.field}' may be null, and has no default")


def enum_without_default(document: AvroText) -> Iterator[Fault]:
    for spot in document.of_kind("enum"):
        if "default" not in spot.value:
            yield Fault(spot.at, f"The enum '{_short(spot)}' has no default")


def money_as_float(document: AvroText) -> Iterator[Fault]:
    for spot in document.types:
        if spot.kind in ("float", "double") and is_money(spot.field):
            yield Fault(spot.at, f"'{spot.field}' looks like money, and {spot.kind} has no exact cents")


def logical_type_misplaced(document: AvroText) -> Iterator[Fault]:
    for spot in document.fields:
        if "logicalType" in spot.value:
            message = f"The logicalType of '{spot.field}' stands beside its type, where Avro does not see it"
            yield Fault((*spot.at, "logicalType"), message)


def logical_type_ignored(document: AvroText) -> Iterator[Fault]:
    for spot in document.types:
        name = spot.value.get("logicalType") if isinstance(spot.value, dict) else None
        if not isinstance(name, str):
            continue
        near = get_close_matches(name, STANDS_ON, 1, 0.8)
        if name not in STANDS_ON and near:
            yield Fault((*spot.at, "logicalType"), f"There is no logical type '{name}': did you mean '{near[0]}'?")
        elif name in STANDS_ON and spot.kind not in STANDS_ON[name]:
            message = f"A {name} is a {' or '.join(STANDS_ON[name])}; on a {spot.kind} Avro does not see it"
            yield Fault((*spot.at, "logicalType"), message)
        elif name == "decimal" and not _has_digits(spot.value):
            yield Fault((*spot.at, "logicalType"), "A decimal needs a precision above 0, and a scale up to it")


def _has_digits(value: dict[str, Any]) -> bool:
    precision, scale = value.get("precision"), value.get("scale", 0)
    return isinstance(precision, int) and isinstance(scale, int) and 0 <= scale <= precision and precision > 0


def attribute_misspelt(document: AvroText) -> Iterator[Fault]:
    for spot, kind in [*((spot, spot.kind) for spot in document.types), *((one, "field") for one in document.fields)]:
        known = ATTRIBUTES.get(kind)
        for key in spot.value if known and isinstance(spot.value, dict) else ():
            near = get_close_matches(key.lower(), known or (), 1, 0.8) if key.isalpha() and key not in _ANY else []
            if near:
                yield Fault((*spot.at, key), f"Avro has no '{key}' here: did you mean '{near[0]}'?")


_ANY: Final = frozenset(key for keys in ATTRIBUTES.values() for key in keys)


def type_forbidden(document: AvroText) -> Iterator[Fault]:
    for spot in document.types:
        logical = spot.value.get("logicalType") if isinstance(spot.value, dict) else None
        for name in (spot.kind, logical):
            if isinstance(name, str) and name in document.forbidden:
                yield Fault(spot.at, f"The type {name} is not to be used here")


def _record(*fields: str) -> str:
    return f'{{"type": "record", "name": "Order", "namespace": "shop", "fields": [{", ".join(fields)}]}}'


RULES: Final = (
    Rule(
        "NAMESPACE_MISSING", "AVRO", "warning", "recommended", namespace_missing,
        "A type that stands alone has a namespace.",
        "Give it one: names of other teams would meet yours, and a namespace cannot be added later without an alias.",
        '{"type": "record", "name": "Order", "fields": []}',
        _record(),
    ),
    Rule(
        "NAMESPACE_NOT_PATH", "AVRO", "warning", "all", namespace_not_path,
        "A file is found where its full name says: `shop/Order.avsc` has `shop.Order`.",
        "Move the file, or change the namespace with the old full name among the aliases.",
        '{"type": "record", "name": "Order", "namespace": "elsewhere", "fields": []}',
        _record(),
    ),
    Rule(
        "TYPE_NAME_NOT_CAMEL_CASE", "AVRO", "warning", "all", type_name_not_camel_case,
        "Names of types are in UpperCamelCase.",
        "Spell a new type so. One that is in use keeps its name.",
        '{"type": "record", "name": "order_line", "namespace": "shop", "fields": []}',
        _record(),
    ),
    Rule(
        "FIELD_NAME_NOT_SNAKE_CASE", "AVRO", "warning", "all", field_name_not_snake_case,
        "Names of fields are in lower_snake_case.",
        "Spell a new field so. One that is in use keeps its name.",
        _record('{"name": "orderId", "type": "long"}'),
        _record('{"name": "order_id", "type": "long"}'),
    ),
    Rule(
        "FIELD_NAMES_MIXED", "AVRO", "warning", "recommended", field_names_mixed,
        "The fields of a record are spelled in one way.",
        "Spell the new field as its neighbours are.",
        _record('{"name": "order_id", "type": "long"}', '{"name": "customerId", "type": "long"}'),
        _record('{"name": "order_id", "type": "long"}', '{"name": "customer_id", "type": "long"}'),
    ),
    Rule(
        "ENUM_SYMBOL_NOT_UPPER_CASE", "AVRO", "warning", "all", enum_symbol_not_upper_case,
        "Symbols of enums are in UPPER_SNAKE_CASE.",
        "Spell new symbols so. Those in use keep their names.",
        '{"type": "enum", "name": "State", "namespace": "shop", "symbols": ["paid"], "default": "paid"}',
        '{"type": "enum", "name": "State", "namespace": "shop", "symbols": ["PAID"], "default": "PAID"}',
    ),
    Rule(
        "DOC_MISSING", "AVRO", "warning", "all", doc_missing,
        "Records, enums and fields say in a `doc` what they are.",
        "Write a sentence for whoever reads the data in five years.",
        _record(),
        '{"type": "record", "name": "Order", "namespace": "shop", "doc": "What was bought.", "fields": []}',
    ),
    Rule(
        "NULL_NOT_FIRST", "AVRO", "warning", "recommended", null_not_first,
        "A union with null begins with null, unless its default is of another branch.",
        'Put null first, and add `"default": null`.',
        _record('{"name": "note", "type": ["string", "null"]}'),
        _record('{"name": "note", "type": ["null", "string"], "default": null}'),
    ),
    Rule(
        "NULLABLE_WITHOUT_DEFAULT", "AVRO", "warning", "recommended", nullable_without_default,
        "A field that may be null has a default: null alone is none.",
        'Add `"default": null`; without it, readers fail where writers do not know the field.',
        _record('{"name": "note", "type": ["null", "string"]}'),
        _record('{"name": "note", "type": ["null", "string"], "default": null}'),
    ),
    Rule(
        "ENUM_WITHOUT_DEFAULT", "AVRO", "info", "all", enum_without_default,
        "An enum has a default, for symbols that a reader does not know.",
        "Add a symbol as UNKNOWN and make it the default of the enum; then symbols can be added.",
        '{"type": "enum", "name": "State", "namespace": "shop", "symbols": ["PAID"]}',
        '{"type": "enum", "name": "State", "namespace": "shop", "symbols": ["UNKNOWN", "PAID"], "default": "UNKNOWN"}',
    ),
    Rule(
        "MONEY_AS_FLOAT", "AVRO", "warning", "recommended", money_as_float,
        "Money is a decimal, or a number of cents: no float, no double.",
        'Use `{"type": "bytes", "logicalType": "decimal", "precision": 18, "scale": 2}`, or a long of cents.',
        _record('{"name": "unit_price", "type": "double"}'),
        _record('{"name": "price_cents", "type": "long"}'),
    ),
    Rule(
        "LOGICAL_TYPE_MISPLACED", "AVRO", "warning", "recommended", logical_type_misplaced,
        "A logicalType stands inside the type that it is of.",
        'Write `"type": {"type": "long", "logicalType": "timestamp-millis"}`.',
        _record('{"name": "at", "type": "long", "logicalType": "timestamp-millis"}'),
        _record('{"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}}'),
    ),
    Rule(
        "LOGICAL_TYPE_IGNORED", "AVRO", "warning", "recommended", logical_type_ignored,
        "A logicalType is on a type that it can be of, and has what it needs.",
        "Put it on the type that the specification names: readers take the bare type otherwise, and say nothing.",
        _record('{"name": "at", "type": {"type": "string", "logicalType": "timestamp-millis"}}'),
        _record('{"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}}'),
    ),
    Rule(
        "ATTRIBUTE_MISSPELT", "AVRO", "warning", "recommended", attribute_misspelt,
        "An attribute that is nearly one of Avro's is one.",
        "Spell it as Avro does: it takes what it does not know for a remark of yours.",
        _record('{"name": "note", "type": "string", "defualt": ""}'),
        _record('{"name": "note", "type": "string", "default": ""}'),
    ),
    Rule(
        "TYPE_FORBIDDEN", "AVRO", "error", "recommended", type_forbidden,
        "Types that `lint.forbidden` in the configuration names are not used.",
        "Take another type, or ask those who wrote the configuration.",
        _record('{"name": "rate", "type": "float"}'),
        _record('{"name": "rate", "type": "double"}'),
    ),
)  # fmt: skip
