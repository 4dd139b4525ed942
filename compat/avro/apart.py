"""Named types of Avro in pieces, taken apart and put together: each by itself with the others as names, or all in one.

Names of types are written in full here. Whether the whole is a sound schema is for `compat.avro.parse` to say.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from compat.avro.types import PRIMITIVES
from compat.pieces import Piece
from compat.schema import InvalidSchema

_NAMED: Final = frozenset(("record", "error", "enum", "fixed"))


def protocol(top: Piece) -> dict[str, Piece]:
    """The types of a protocol in JSON (`.avpr`). Raises InvalidSchema."""
    types = top.parts.get("types")
    if not isinstance(top.value, dict) or not (types is None or isinstance(types.value, list)):
        raise InvalidSchema("a protocol is an object with a list of `types`", "", top.line, top.column)
    found: dict[str, Piece] = {}
    for each in types.value if types else ():
        apart(each, top.text_at("namespace"), found)
    return found


def apart(piece: Piece, space: str, found: dict[str, Piece]) -> Piece:
    """A schema in which the types that it declares are names, in full; they are added to `found`, by these names.

    Raises InvalidSchema for a name that is declared twice.
    """
    value = piece.value
    if isinstance(value, str):
        return piece if "." in value or not space or value in PRIMITIVES else replace(piece, value=f"{space}.{value}")
    if isinstance(value, list):
        return replace(piece, value=[apart(one, space, found) for one in value])
    if not isinstance(value, dict):
        return piece
    kind = piece.text_at("type")
    if kind in _NAMED and piece.text_at("name"):
        return _named_apart(piece, space, found)
    done = {key: apart(one, space, found) if key in ("items", "values") else one for key, one in value.items()}
    if kind not in ("array", "map") and "type" in done:
        done["type"] = apart(done["type"], space, found)
    return replace(piece, value=done)


def _named_apart(piece: Piece, space: str, found: dict[str, Piece]) -> Piece:
    name = piece.text_at("name")
    space = space_of(name, piece.text_at("namespace") if "namespace" in piece.value else space)
    short = replace(piece.value["name"], value=name.rpartition(".")[2])
    members = piece.value | {"name": short, "namespace": replace(short, value=space)}
    full = f"{space}.{short.value}".lstrip(".")
    if full in found:
        raise InvalidSchema(f"'{full}' is declared twice", "", piece.line, piece.column)
    found[full] = piece  # its place among them, before those that are inside
    fields = members.get("fields")
    if fields is not None and isinstance(fields.value, list):
        done = [
            replace(one, value=one.value | {"type": apart(one.value["type"], space, found)})
            if "type" in one.parts
            else one
            for one in fields.value
        ]
        members["fields"] = replace(fields, value=done)
    found[full] = replace(piece, value=members)
    return replace(piece, value=full)


def self_contained(piece: Piece, types: Mapping[str, Piece]) -> Piece:
    """The schema with these types written into it, each where it is first used."""
    top = [piece]
    known: set[str] = set()
    slots: list[tuple[Any, Any]] = [(top, 0)]
    while slots:
        holder, key = slots.pop()
        here: Piece = holder[key]
        if isinstance(here.value, str) and here.value in types and here.value not in known:
            here = types[here.value]
        if isinstance(here.value, list):
            holder[key] = here = replace(here, value=list(here.value))
            slots += [(here.value, index) for index in reversed(range(len(here.value)))]
        elif isinstance(here.value, dict):
            holder[key] = here = replace(here, value=dict(here.value))
            known |= {name} if (name := full_name(here)) else set()
            slots += _slots(here.value)
    return top[0]


def _slots(value: dict[str, Piece]) -> list[tuple[Any, Any]]:
    """Where types stand in one, the last first. What is no schema has none: its parser will say so."""
    fields = value.get("fields")
    if fields is not None and isinstance(fields.value, list):
        copies = [replace(one, value=dict(one.value)) if isinstance(one.value, dict) else one for one in fields.value]
        value["fields"] = replace(fields, value=copies)
        return [(one.value, "type") for one in reversed(copies) if "type" in one.parts]
    if "name" in value:
        return []
    is_container = "type" in value and value["type"].text in ("array", "map")
    return [(value, key) for key in (("items", "values") if is_container else ("type",)) if key in value]


def full_name(piece: Piece) -> str:
    """Of a named type's definition, else ""."""
    value = piece.value
    if not isinstance(value, dict) or "name" not in value:
        return ""
    space = value["namespace"].value if "namespace" in value else ""
    return f"{space}.{value['name'].value}".lstrip(".")


def space_of(name: str, otherwise: str) -> str:
    """The namespace that a name has in itself, else the other one."""
    return name.rpartition(".")[0] if "." in name else otherwise
