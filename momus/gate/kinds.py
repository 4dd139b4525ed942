"""What may stand somewhere in a configuration: how it is read, and the same as JSON Schema, so that editors help.

Kinds are made of each other. Which keys there are is not said here, but in the table of `reading.py`.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from momus.gate.faults import WrongConfiguration
from momus.gate.near import near

Node = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """The key that a complaint is about, in this file."""

    file: str
    key: str = ""

    def at(self, key: str) -> "Place":
        return Place(self.file, f"{self.key}.{key}".strip("."))

    def item(self, index: int) -> "Place":
        return Place(self.file, f"{self.key}[{index}]")

    def wrong(self, what: str) -> WrongConfiguration:
        return WrongConfiguration(f"{self.file}: {self.key} {what}")


@dataclass(frozen=True, slots=True)
class Kind:
    """`read` raises WrongConfiguration; what is not there it is given as None, where it must be there."""

    read: Callable[[Any, Place], Any]
    node: Node

    def then(self, made: Callable[[Any, Place], Any], **more: Any) -> "Kind":
        """What is read is read further; the schema says `more`."""
        return Kind(lambda value, place: made(self.read(value, place), place), self.node | more)

    def about(self, sentence: str) -> "Kind":
        return replace(self, node=self.node | {"description": sentence})


# ------------------------------------------------------------------------------------------------ single values


def _text(value: Any, place: Place) -> str | None:
    if value is not None and not isinstance(value, str):
        raise place.wrong("must be a text")
    return value


def _texts(value: Any, place: Place) -> tuple[str, ...]:
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise place.wrong("must be a list of texts")
    return tuple(found)


def _set_text(value: Any, place: Place) -> str | None:
    if value is not None and (not isinstance(value, str) or not value):
        raise place.wrong("must be a text, or null for not set")
    return value


def _yes_or_no(value: Any, place: Place) -> bool:
    if not isinstance(value, bool):
        raise place.wrong("must be true or false")
    return value


def _set_yes_or_no(value: Any, place: Place) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise place.wrong("must be true, false, or null for not set")
    return value


def _number(value: Any, place: Place) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise place.wrong("must be a number from 0 on")
    return value


def _count(value: Any, place: Place) -> int:
    if value.__class__ is not int or value < 1:
        raise place.wrong("must be a number from 1 on")
    return int(value)


TEXT: Final = Kind(_text, {"type": ["string", "null"]})
TEXTS: Final = Kind(_texts, {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})
SET_TEXT: Final = Kind(_set_text, {"type": ["string", "null"], "minLength": 1})
YES_OR_NO: Final = Kind(_yes_or_no, {"type": "boolean"})
SET_YES_OR_NO: Final = Kind(_set_yes_or_no, {"type": ["boolean", "null"]})
NUMBER: Final = Kind(_number, {"type": "number", "minimum": 0})
COUNT: Final = Kind(_count, {"type": "integer", "minimum": 1})
ANY: Final = Kind(lambda value, _: value, {})


def one_of(known: Collection[str]) -> Kind:
    def read(value: Any, place: Place) -> str:
        if value not in tuple(known):
            raise place.wrong(f"is {value!r}{near(str(value), known)}")
        return str(value)

    return Kind(read, {"enum": list(known)})


def maybe(kind: Kind) -> Kind:
    """Of those that `one_of` makes: null is a value too."""
    read = kind.read
    return Kind(
        lambda value, place: None if value is None else read(value, place), {"enum": [*kind.node["enum"], None]}
    )


def only(known: Any, complaint: str) -> Kind:
    def read(value: Any, place: Place) -> Any:
        if value != known or isinstance(value, bool):
            raise place.wrong(complaint)
        return value

    return Kind(read, {"enum": [known]})


# ------------------------------------------------------------------------------------------------ mappings


def mapping(kinds: Mapping[str, Kind], required: Collection[str] = ()) -> Kind:
    """These keys and no others, in their order; what must be there is read first."""

    def read(value: Any, place: Place) -> dict[str, Any]:
        given = members(value, place)
        for key in given:
            if key not in kinds:
                raise place.at(key).wrong(f"is no key of the configuration{near(key, kinds)}")
        order = dict.fromkeys((*required, *given))
        found = {key: kinds[key].read(given.get(key), place.at(key)) for key in order}
        return {key: found[key] for key in given}

    properties = {key: kind.node for key, kind in kinds.items()}
    node: Node = {"type": "object", "properties": properties, "additionalProperties": False}
    return Kind(read, node | {"required": list(required)} if required else node)


def each(kind: Kind) -> Kind:
    """Any keys."""

    def read(value: Any, place: Place) -> dict[str, Any]:
        return {key: kind.read(one, place.at(key)) for key, one in members(value, place).items()}

    return Kind(read, {"type": "object", "additionalProperties": kind.node})


def members(value: Any, place: Place) -> dict[str, Any]:
    """A mapping, whatever is in it."""
    place = place if place.key else Place(place.file, "the whole")
    if not isinstance(value, dict):
        raise place.wrong("must be a mapping")
    for key in value:
        if not isinstance(key, str):
            raise place.wrong(f"has the key {key!r}, which is no text")
    return value


def either(*kinds: Node) -> Node:
    return {"anyOf": list(kinds)}
