"""The rules of the comparison, one row each: a name, a sentence, and how Confluent's API words it.

Nothing is decided here: `resolve.py` finds what breaks or brushes a rule, `compare.py` makes the answer of it.
`%p` stands for the path, `%i` for the detail that Confluent calls additionalInfo; `{reader}` and `{writer}` become
`new` and `old`, or the other way round, when somebody asks. A rule of ours that Confluent does not have speaks in the
same shape, under its own name, or under the one of Confluent's types that it belongs to.
"""

from dataclasses import dataclass
from typing import Final

from compat.avro.matching import kind_of
from compat.avro.text import written
from compat.avro.types import ABSENT, Array, Enum, Field, Fixed, Json, Map, Primitive, Record, Type, Union

SHOWN: Final = 300  # characters of a declaration in an answer
MOST: Final = 50  # symbols or branches that are looked at for them


@dataclass(frozen=True, slots=True)
class Wire:
    """A shape of Confluent's messages: the errorType and the description."""

    type: str
    template: str


@dataclass(frozen=True, slots=True)
class Rule:
    """`sentence` says what the rule protects; `refuses`: a schema that breaks it is not compatible."""

    name: str
    sentence: str
    wire: Wire
    refuses: bool = True


TYPE_MISMATCH: Final = Wire(
    "TYPE_MISMATCH",
    "The type (path '%p') of a field in the {reader} schema does not match with the {writer} schema",
)
_MISSING_DEFAULT: Final = Wire(
    "READER_FIELD_MISSING_DEFAULT_VALUE",
    "The field '%i' at path '%p' in the {reader} schema has no default value and is missing in the {writer} schema",
)
_MISSING_BRANCH: Final = Wire(
    "MISSING_UNION_BRANCH",
    "The {reader} schema is missing a type inside a union field at path '%p' in the {writer} schema",
)

TYPE_CHANGED: Final = Rule(
    "TYPE_CHANGED",
    "A type stays what it is, or becomes one that it can be promoted to.",
    TYPE_MISMATCH,
)
NAME_CHANGED: Final = Rule(
    "NAME_CHANGED",
    "A record, enum or fixed keeps its unqualified name, or carries its old full name as an alias.",
    Wire("NAME_MISMATCH", "The name of the schema has changed (path '%p')"),
)
FIXED_SIZE_CHANGED: Final = Rule(
    "FIXED_SIZE_CHANGED",
    "A fixed keeps its size.",
    Wire(
        "FIXED_SIZE_MISMATCH",
        "The size of FIXED type field at path '%p' in the {reader} schema does not match with the {writer} schema",
    ),
)
ENUM_SYMBOLS_REMOVED: Final = Rule(
    "ENUM_SYMBOLS_REMOVED",
    "The reader's enum has every symbol of the writer's, or a default.",
    Wire(
        "MISSING_ENUM_SYMBOLS",
        "The {reader} schema is missing enum symbols '%i' at path '%p' in the {writer} schema",
    ),
)
FIELD_WITHOUT_DEFAULT: Final = Rule(
    "FIELD_WITHOUT_DEFAULT",
    "A field that the writer does not have needs a default in the reader.",
    _MISSING_DEFAULT,
)
UNION_BRANCH_REMOVED: Final = Rule(
    "UNION_BRANCH_REMOVED",
    "The reader's union has a branch for whatever the writer may write.",
    _MISSING_BRANCH,
)
UNION_BRANCH_CHANGED: Final = Rule(
    "UNION_BRANCH_CHANGED",
    "The branch of the reader's union that belongs to a writer's type can read all of it.",
    _MISSING_BRANCH,
)
DEFAULT_INVALID: Final = Rule(
    "DEFAULT_INVALID",
    "A default that the reader needs is a value of its field.",
    Wire(
        "DEFAULT_INVALID",
        "The field '%i' at path '%p' in the {reader} schema is missing in the {writer} schema,"
        " and its default is no value of its type",
    ),
)
FIELD_FED_TWICE: Final = Rule(
    "FIELD_FED_TWICE",
    "The aliases of a field name at most one field of the writer.",
    Wire(
        "FIELD_FED_TWICE",
        "The aliases of field '%i' at path '%p' in the {reader} schema name several fields of the {writer} schema",
    ),
)
ALIAS_AMBIGUOUS: Final = Rule(
    "ALIAS_AMBIGUOUS",
    "The writer does not have both a field's name and its alias: readers disagree on which of the two they take.",
    Wire(
        "ALIAS_AMBIGUOUS",
        "The field '%i' at path '%p' in the {reader} schema and its alias are two fields of the {writer} schema",
    ),
)
FIELD_CLAIMED_TWICE: Final = Rule(
    "FIELD_CLAIMED_TWICE",
    "A field of the writer feeds one field of the reader: of two, one goes empty, and not the same in all decoders.",
    Wire(
        "FIELD_CLAIMED_TWICE",
        "The field '%i' at path '%p' in the {reader} schema is not alone in being one field of the {writer} schema",
    ),
)
DECIMAL_CHANGED: Final = Rule(
    "DECIMAL_CHANGED",
    "A decimal keeps its precision and scale: the bytes do not say them.",
    Wire(
        "TYPE_MISMATCH",
        "The decimal at path '%p' in the {reader} schema has another precision or scale than in the {writer} schema",
    ),
)

BYTES_READ_AS_STRING: Final = Rule(
    "BYTES_READ_AS_STRING",
    "Bytes that are read as a string should be UTF-8, and nothing makes them so.",
    Wire("TYPE_MISMATCH", "The {reader} schema reads bytes of the {writer} schema as a string (path '%p')"),
    refuses=False,
)
PROMOTION_LOSES_DIGITS: Final = Rule(
    "PROMOTION_LOSES_DIGITS",
    "A number is promoted to a type that holds all its digits.",
    Wire(
        "TYPE_MISMATCH",
        "The type at path '%p' in the {reader} schema does not hold all digits of the {writer} schema's",
    ),
    refuses=False,
)
TIME_UNIT_CHANGED: Final = Rule(
    "TIME_UNIT_CHANGED",
    "A time is counted in the same unit on both sides.",
    Wire("TYPE_MISMATCH", "The time at path '%p' in the {reader} schema has another unit than in the {writer} schema"),
    refuses=False,
)
LOGICAL_TYPE_CHANGED: Final = Rule(
    "LOGICAL_TYPE_CHANGED",
    "The same bytes mean the same on both sides.",
    Wire(
        "TYPE_MISMATCH",
        "The logical type at path '%p' in the {reader} schema is another one than in the {writer} schema",
    ),
    refuses=False,
)
NAMESPACE_CHANGED: Final = Rule(
    "NAMESPACE_CHANGED",
    "A type that moves to another namespace carries its old full name as an alias: some decoders ask for it.",
    Wire("NAME_MISMATCH", "The namespace of the schema has changed (path '%p')"),
    refuses=False,
)
UNION_CHOICE_AMBIGUOUS: Final = Rule(
    "UNION_CHOICE_AMBIGUOUS",
    "A writer's type finds one branch of the reader's union: of several, readers do not all take the one that works.",
    Wire(
        "UNION_CHOICE_AMBIGUOUS",
        "The union at path '%p' in the {reader} schema has several branches for a type of the {writer} schema",
    ),
    refuses=False,
)
LOGICAL: Final = frozenset((DECIMAL_CHANGED, TIME_UNIT_CHANGED, LOGICAL_TYPE_CHANGED))

RULES: Final = {rule.name: rule for rule in tuple(globals().values()) if isinstance(rule, Rule)}


def upper(type_: Type) -> str:
    """A kind as Confluent's messages spell it."""
    return kind_of(type_).upper()


def mismatch(reader: Type, writer: Type) -> str:
    return f"reader type: {upper(reader)} not compatible with writer type: {upper(writer)}"


def declared(thing: Type | Field | None) -> str:
    """What a schema declares at a place, as its text; a record is only named. Cut when long."""
    if thing is None:
        return ""
    if isinstance(thing, Field):
        default = {} if thing.default is ABSENT else {"default": thing.default}
        aliases = {"aliases": list(thing.aliases)} if thing.aliases else {}
        tree: Json = {"name": thing.name, "type": _tree(thing.type)} | default | aliases
    else:
        tree = _tree(thing)
    text = written(tree)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _tree(type_: Type, depth: int = 0) -> Json:
    if depth > 8:
        return "…"
    match type_:
        case Primitive():
            return {"type": type_.kind, **type_.props} if type_.props else type_.kind
        case Array():
            return {"type": "array", "items": _tree(type_.items, depth + 1)}
        case Map():
            return {"type": "map", "values": _tree(type_.values, depth + 1)}
        case Union():
            return _some([_tree(branch, depth + 1) for branch in type_.branches[: MOST + 1]])
        case Enum():
            default = {} if type_.default is None else {"default": type_.default}
            return {
                "type": "enum",
                "name": type_.name.full,
                "symbols": _some(list(type_.symbols[: MOST + 1])),
            } | default
        case Fixed():
            return {"type": "fixed", "name": type_.name.full, "size": type_.size, **type_.props}
        case Record():
            return type_.name.full


def _some(items: list[Json]) -> list[Json]:
    return items if len(items) <= MOST else [*items[:MOST], "…"]
