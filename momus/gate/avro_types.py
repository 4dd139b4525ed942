"""The types and fields of an Avro text as it stands, each with its place and the namespace around it; and their names.

Total: what is no schema has no types where none can be. Nothing of `compat.avro` is used, which is much to load for a
run that only asks what is called how.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

Steps = tuple[str | int, ...]

PRIMITIVES: Final = frozenset(("null", "boolean", "int", "long", "float", "double", "bytes", "string"))
RECORDS: Final = frozenset(("record", "error"))
NAMED: Final = RECORDS | {"enum", "fixed"}


@dataclass(frozen=True, slots=True)
class Spot:
    """A type or a field in the text. `space` is the namespace around it, `field` the nearest field that it is in."""

    at: Steps
    value: Any
    space: str
    field: str = ""

    @property
    def kind(self) -> str:
        """Of a type: what it is, "union" for a list, a name for a name."""
        match self.value:
            case str():
                return self.value
            case list():
                return "union"
            case {"type": str(kind)}:
                return kind
            case _:
                return ""

    @property
    def full_name(self) -> str | None:
        """Of the definition of a named type, else None."""
        if not isinstance(self.value, dict) or self.kind not in NAMED:
            return None
        name, own = self.value.get("name"), self.value.get("namespace")
        return full_name(name, own if isinstance(own, str) else self.space) if isinstance(name, str) else None


def full_name(name: str, space: str) -> str:
    return f"{space}.{name}" if space and "." not in name else name


def types_in(value: Any) -> Iterator[Spot]:
    """In the order of the text. Raises RecursionError."""
    return (spot for spot, is_type in spots_in(value) if is_type)


def spots_in(value: Any) -> Iterator[tuple[Spot, bool]]:
    """Types (True) and fields (False), in the order of the text. Raises RecursionError."""
    return _walk(value, (), "", "")


def _walk(value: Any, at: Steps, space: str, field: str) -> Iterator[tuple[Spot, bool]]:
    spot = Spot(at, value, space, field)
    yield spot, True
    if isinstance(value, list):
        for index, branch in enumerate(value):
            yield from _walk(branch, (*at, index), space, field)
        return
    if not isinstance(value, dict):
        return
    inner = value.get("type")
    if not isinstance(inner, str):
        yield from _walk(inner, (*at, "type"), space, field)
    elif inner in ("array", "map"):
        key = "items" if inner == "array" else "values"
        yield from _walk(value.get(key), (*at, key), space, field)
    elif inner in RECORDS and (full := spot.full_name) is not None:
        yield from _fields(value.get("fields"), (*at, "fields"), full.rpartition(".")[0])


def _fields(value: Any, at: Steps, space: str) -> Iterator[tuple[Spot, bool]]:
    for index, one in enumerate(value) if isinstance(value, list) else ():
        if isinstance(one, dict):
            way, name = (*at, index), one.get("name", "")
            yield Spot(way, one, space, name), False
            yield from _walk(one.get("type"), (*way, "type"), space, name)
