"""Avro's types as a graph: one object per named type, so that recursion is a cycle of objects.

Only shapes live here: no parsing, no comparison. A type is compared by identity (`is`); two nodes of one graph are the
same type only when they are the same object. Attributes that the specification calls metadata are kept in `props`, in
the order of the text, because the stored form keeps them.
"""

from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

Json: TypeAlias = Any  # what a JSON parser gives


class Absent:
    """The type of ABSENT: a default that is not there (a default of null is there)."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent()

PRIMITIVES: Final = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")

WORDS_OF_SCHEMA: Final = frozenset(
    ("doc", "fields", "items", "name", "namespace", "size", "symbols", "values", "type", "aliases")
)
"""What a schema says by itself: no other property of it may be called so. An enum has a default besides."""

WORDS_OF_FIELD: Final = frozenset(("default", "doc", "name", "order", "type", "aliases"))

INTEGERS: Final = {"int": range(-(2**31), 2**31), "long": range(-(2**63), 2**63)}


@dataclass(eq=False, slots=True)
class Name:
    """A full name. `space` is "" for the null namespace."""

    space: str
    base: str

    @property
    def full(self) -> str:
        return f"{self.space}.{self.base}" if self.space else self.base


@dataclass(eq=False, slots=True)
class Primitive:
    kind: str
    props: dict[str, Json] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Array:
    items: "Type"
    props: dict[str, Json] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Map:
    values: "Type"
    props: dict[str, Json] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Union:
    branches: list["Type"]


@dataclass(eq=False, slots=True)
class Fixed:
    name: Name
    size: int
    doc: str | None = None
    aliases: tuple[Name, ...] = ()
    props: dict[str, Json] = field(default_factory=dict)
    referent: bool = False  # defined by a text that this one refers to
    digest: str = ""  # for `identity`, which works it out once for what many refer to


@dataclass(eq=False, slots=True)
class Enum:
    name: Name
    symbols: tuple[str, ...]
    default: str | None = None
    doc: str | None = None
    aliases: tuple[Name, ...] = ()
    props: dict[str, Json] = field(default_factory=dict)
    referent: bool = False
    digest: str = ""


@dataclass(eq=False, slots=True)
class Field:
    name: str
    type: "Type"
    position: int
    default: Json | Absent = ABSENT
    doc: str | None = None
    order: str = "ascending"
    aliases: tuple[str, ...] = ()
    props: dict[str, Json] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Record:
    name: Name
    fields: list[Field] = field(default_factory=list)
    is_error: bool = False
    doc: str | None = None
    aliases: tuple[Name, ...] = ()
    props: dict[str, Json] = field(default_factory=dict)
    referent: bool = False
    digest: str = ""
    inner: "tuple[Named, ...] | None" = None  # of its fields, for `named_types`, likewise
    reads_itself: bool = False  # surely, and there is nothing to say about it: `resolve` has seen


Type: TypeAlias = Primitive | Array | Map | Union | Fixed | Enum | Record
Named: TypeAlias = Fixed | Enum | Record


def branch_name(type_: Type) -> str:
    """What tells a branch from the others of its union, and stands for it in Avro's JSON encoding."""
    match type_:
        case Primitive():
            return type_.kind
        case Array():
            return "array"
        case Map():
            return "map"
        case Union():
            return "union"
        case _:
            return type_.name.full
