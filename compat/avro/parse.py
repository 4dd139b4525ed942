"""Avro schemas from JSON text: names resolved, rules checked, a graph of types out.

The rules for new schemas (`strict`) are those of Java's Avro 1.12 with Confluent's settings, and stricter where Java
lets a default through that no reader can use. Stored schemas are read leniently: names and defaults are as they are,
only the structure must hold. `docs/decisions/avro-parsing.md` lists where we differ from Java on purpose.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final, NoReturn

from compat.avro.defaults import Defaults, Later, TooMuchWork, Unfinished, parsed_double, shown
from compat.avro.identity import same_definition
from compat.avro.text import read
from compat.avro.types import (
    PRIMITIVES,
    WORDS_OF_FIELD,
    WORDS_OF_SCHEMA,
    Array,
    Enum,
    Field,
    Fixed,
    Json,
    Map,
    Name,
    Named,
    Primitive,
    Record,
    Type,
    Union,
    branch_name,
)
from compat.json_text import Document
from compat.kept import Kept
from compat.schema import InvalidSchema, Source

Node = dict[str, Json]
Key = str | int

PLAIN: Final = {kind: Primitive(kind) for kind in PRIMITIVES}
"""The primitive types without attributes; every graph shares them."""

LONGEST_NAME: Final = 1000
"""Characters of a full name. Every type has its own, so a long namespace would cost as often as there are types."""

LARGEST_FIXED: Final = (1 << 31) - 9  # Java's limit of an array

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FULL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
_ORDERS = {"ASCENDING": "ascending", "DESCENDING": "descending", "IGNORE": "ignore"}

_WORDS_OF_ENUM = WORDS_OF_SCHEMA | {"default"}

_MEANT = {
    "integer": '"int"',
    "str": '"string"',
    "text": '"string"',
    "varchar": '"string"',
    "bool": '"boolean"',
    "number": '"double"',
    "byte": '"bytes"',
    "list": '{"type":"array","items":…}',
    "array": '{"type":"array","items":…}',
    "map": '{"type":"map","values":…}',
    "date": '{"type":"int","logicalType":"date"}',
    "timestamp": '{"type":"long","logicalType":"timestamp-millis"}',
    "timestamp-millis": '{"type":"long","logicalType":"timestamp-millis"}',
    "timestamp-micros": '{"type":"long","logicalType":"timestamp-micros"}',
    "datetime": '{"type":"long","logicalType":"timestamp-millis"}',
    "decimal": '{"type":"bytes","logicalType":"decimal","precision":…,"scale":…}',
    "uuid": '{"type":"string","logicalType":"uuid"}',
}


@dataclass(frozen=True, slots=True)
class Graph:
    """What a text says. `rewritten` when its stored form may spell names in other places than the text does."""

    root: Type
    rewritten: bool


def parse_types(source: Source, *, strict: bool, is_own: bool = False) -> Graph:
    """The types of a source, and of all that it refers to. Raises InvalidSchema.

    Types of referents are shared with other graphs, and never changed, unless the caller wants its own.
    """
    known: dict[str, Named] = {}
    for referent in source.referents:
        try:
            known |= (_read if is_own else _kept)(referent.text, known, strict=strict)
        except InvalidSchema as refused:
            raise InvalidSchema(f"in reference '{referent.name}': {refused}") from None
    return _Parser(_Names(known), strict=strict).parse(source.text, referent=False)


class _Names:
    """Types by their names: those of the texts before, and those that a text defines itself.

    `asked` is all that the text wanted to know of those before; what it defines depends on nothing else of them.
    """

    def __init__(self, before: dict[str, Named]) -> None:
        self._before = before
        self.own: dict[str, Named] = {}
        self.asked: dict[str, Named | None] = {}

    def get(self, name: str) -> Named | None:
        found = self.own.get(name)
        if found is None:
            found = self.asked[name] = self._before.get(name)
        return found

    def define(self, made: Named) -> Named | None:
        """The type that already has the name, if there is one."""
        known = self.get(made.name.full)
        if known is None:
            self.own[made.name.full] = made
        return known

    @property
    def all(self) -> dict[str, Named]:
        return {**self._before, **self.own}

    @property
    def before(self) -> Iterable[Named]:
        return self._before.values()


@dataclass(frozen=True, slots=True)
class _Text:
    """What a referent's text defines where `asked` is what is known before it."""

    asked: dict[str, Named | None]
    own: dict[str, Named]

    def is_same_after(self, known: Mapping[str, Named]) -> bool:
        return all(known.get(name) is found for name, found in self.asked.items())


_TEXTS: Final[Kept[tuple[str, bool], list[_Text]]] = Kept()
_MOST: Final = 4  # ways to read one text, by what comes before it: an old one and a new one, and some more


def _kept(text: str, known: dict[str, Named], *, strict: bool) -> dict[str, Named]:
    """What a referent's text defines: read once, however many refer to it. Raises InvalidSchema."""
    ways = _TEXTS.get((text, strict)) or []
    for way in ways:
        if way.is_same_after(known):
            return way.own
    names = _Names(known)
    _Parser(names, strict=strict).parse(text, referent=True)
    ways = [_Text(names.asked, names.own), *ways[: _MOST - 1]]
    _TEXTS.put((text, strict), ways, len(text) * len(ways))
    return names.own


def _read(text: str, known: dict[str, Named], *, strict: bool) -> dict[str, Named]:
    names = _Names(known)
    _Parser(names, strict=strict).parse(text, referent=True)
    return names.own


class _Fault(Exception):
    """A broken rule, and the JSON object or list (and the key in it) that breaks it."""

    def __init__(self, message: str, holder: Json, key: Key | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.holder = holder
        self.key = key


class _Parser:
    """Reads one text. What others before it define, it may name."""

    def __init__(self, names: _Names, *, strict: bool) -> None:
        self._strict = strict
        self._names = names

    def parse(self, text: str, *, referent: bool) -> Graph:
        document = read(text)
        self._referent = referent
        self._defaults = Defaults(len(text))
        self._places: dict[int, Node] = {}  # the JSON of fields that have a default, by the field's id
        self._later: list[Later] = []
        self._again: list[tuple[Named, Node]] = []
        self._rewritten = False
        try:
            return self._graph(document)
        except _Fault as fault:
            raise document.invalid(fault.message, fault.holder, fault.key) from None
        except TooMuchWork:
            raise InvalidSchema("the defaults of this schema would take too long to check") from None
        except RecursionError:
            raise InvalidSchema("the schema is nested too deeply") from None

    def _graph(self, document: Document) -> Graph:
        root = self._type(document.top, 0, "")
        if self._later:
            root = self._tied(root)
        for second, node in self._again:
            self._check_again(second, node)
        misfit = self._defaults.settle()
        if misfit:
            field, reason = misfit
            raise _Fault(f"default of field '{field.name}': {reason}", self._places[id(field)], "default")
        return Graph(root, self._rewritten or bool(self._later or self._again))

    # -------------------------------------------------------------------------------------------- types

    def _type(self, holder: Any, key: Key, space: str) -> Type:
        node = holder[key]
        if isinstance(node, str):
            return PLAIN.get(node) or self._named(node, holder, key, space)
        if isinstance(node, list):
            return self._union(node, space)
        if not isinstance(node, dict):
            raise _Fault(f"{shown(node)} is no schema: a type's name (a string), an object or a list is", holder, key)
        kind = node.get("type")
        if not isinstance(kind, str):
            raise _no_type(node)
        match kind:
            case "record" | "error":
                return self._record(node, space, is_error=kind == "error")
            case "enum":
                return self._enum(node, space)
            case "fixed":
                return self._fixed(node, space)
            case "array" | "map":
                return self._collection(node, space)
            case _ if kind in PLAIN:
                props = _props(node, WORDS_OF_SCHEMA)
                return Primitive(kind, props) if props else PLAIN[kind]
            case _:
                return self._named(kind, node, "type", space)

    def _collection(self, node: Node, space: str) -> Type:
        """An array or map. A chain of them is read in a loop, so that 600 in one another are no deep recursion."""
        chain = []
        while True:
            kind = node["type"]
            key = "items" if kind == "array" else "values"
            if key not in node:
                raise _Fault(f"{_article(kind)} needs '{key}', the type of what it holds", node)
            chain.append((kind, node))
            inner = node[key]
            if not (isinstance(inner, dict) and inner.get("type") in ("array", "map")):
                break
            node = inner
        made = self._type(node, key, space)
        for kind, outer in reversed(chain):
            props = self._plain_props(outer)
            made = Array(made, props) if kind == "array" else Map(made, props)
        return made

    def _union(self, node: list[Json], space: str) -> Union:
        union = Union([])
        for index in range(len(node)):
            union.branches.append(self._type(node, index, space))
        _check_union(union, node)
        return union

    def _record(self, node: Node, space: str, *, is_error: bool) -> Named:
        name = self._name(node, space)
        record = Record(name, [], is_error, _text(node, "doc"), (), {}, self._referent)
        known = self._names.define(record)
        fields = node.get("fields")
        if not isinstance(fields, list):
            raise _Fault(f"record {name.full} needs 'fields', a list", node, "fields" if "fields" in node else None)
        self._defaults.open.add(id(record))
        seen = set()
        for index in range(len(fields)):
            field = self._field(fields, index, name.space)
            if field.name in seen:
                raise _Fault(f"record {name.full} has two fields named '{field.name}'", fields[index], "name")
            seen.add(field.name)
            record.fields.append(field)
        self._defaults.open.discard(id(record))
        record.props = self._plain_props(node)
        record.aliases = self._aliases(node, name)
        return self._known_or(record, known, node)

    def _enum(self, node: Node, space: str) -> Named:
        name = self._name(node, space)
        symbols = node.get("symbols")
        if not isinstance(symbols, list):
            raise _Fault(f"enum {name.full} needs 'symbols', a list", node, "symbols" if "symbols" in node else None)
        seen = set()
        for index, symbol in enumerate(symbols):
            if not isinstance(symbol, str):
                raise _Fault("a symbol is a string", symbols, index)
            if self._strict and not _NAME.fullmatch(symbol):
                raise _Fault(_bad_name("symbol", symbol), symbols, index)
            if symbol in seen:
                raise _Fault(f"enum {name.full} has the symbol '{symbol}' twice", symbols, index)
            seen.add(symbol)
        default = _text(node, "default")
        if default is not None and self._strict and default not in seen:
            message = f"default '{default}' is no symbol of enum {name.full}{_near(default, symbols)}"
            raise _Fault(message, node, "default")
        enum = Enum(
            name, tuple(symbols), default, _text(node, "doc"), self._aliases(node, name), _props(node, _WORDS_OF_ENUM),
            self._referent,
        )  # fmt: skip
        return self._known_or(enum, self._names.define(enum), node)

    def _fixed(self, node: Node, space: str) -> Named:
        name = self._name(node, space)
        size = node.get("size")
        if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= LARGEST_FIXED:
            message = f"fixed {name.full} needs 'size', an integer from 0 to {LARGEST_FIXED}"
            raise _Fault(message, node, "size" if "size" in node else None)
        fixed = Fixed(
            name, size, _text(node, "doc"), self._aliases(node, name), _props(node, WORDS_OF_SCHEMA), self._referent,
        )  # fmt: skip
        return self._known_or(fixed, self._names.define(fixed), node)

    def _plain_props(self, node: Node) -> dict[str, Json]:
        """The attributes of a record, array or map: only there Java fails on integers of more than 64 bits."""
        props = _props(node, WORDS_OF_SCHEMA)
        if self._strict:
            for key, value in props.items():
                if _has_huge_integer(value):
                    raise _Fault(
                        f"attribute '{key}' has an integer of more than 64 bits, which Java cannot read", node, key
                    )
        return props

    # -------------------------------------------------------------------------------------------- fields

    def _field(self, holder: list[Json], index: int, space: str) -> Field:
        node = holder[index]
        if not isinstance(node, dict):
            raise _Fault("a field is an object with 'name' and 'type'", holder, index)
        name = node.get("name")
        if not isinstance(name, str):
            raise _Fault("a field needs 'name', a string", node, "name" if "name" in node else None)
        if self._strict and not _NAME.fullmatch(name):
            raise _Fault(_bad_name("field name", name), node, "name")
        if "type" not in node:
            raise _Fault(f"field '{name}' needs 'type'", node)
        field = Field(name, self._type(node, "type", space), index)
        if len(node) > 2:
            self._attributes(field, node)
        return field

    def _attributes(self, field: Field, node: Node) -> None:
        field.doc = _text(node, "doc")
        field.props = _props(node, WORDS_OF_FIELD)
        if "aliases" in node:
            field.aliases = tuple(dict.fromkeys(_strings(node, "aliases")))
        if "order" in node:
            order = node["order"]
            if not isinstance(order, str) or order.upper() not in _ORDERS:
                raise _Fault("'order' is one of ascending, descending, ignore", node, "order")
            field.order = _ORDERS[order.upper()]
        if "default" in node:
            field.default = self._number(field.type, node["default"], node)
            if self._strict:
                self._check_default(field, node)

    def _number(self, kind: Type, default: Json, node: Node) -> Json:
        """As Java: a string is read as a number where the type is float or double itself."""
        if not (isinstance(default, str) and isinstance(kind, Primitive) and kind.kind in ("float", "double")):
            return default
        number = parsed_double(default)
        if number is None and self._strict:
            raise _Fault(f"default '{default}' is not valid for {kind.kind}", node, "default")
        return default if number is None else number

    def _check_default(self, field: Field, node: Node) -> None:
        try:
            reason = self._defaults.mismatch(field)
        except Unfinished as record:
            reason = f"it would be a record {record} inside the definition of {record} itself"
        if reason:
            raise _Fault(f"default of field '{field.name}': {reason}", node, "default")
        self._places[id(field)] = node

    # -------------------------------------------------------------------------------------------- names

    def _name(self, node: Node, space: str) -> Name:
        name = node.get("name")
        if not isinstance(name, str):
            raise _Fault(f"{_article(node['type'])} needs 'name', a string", node, "name" if "name" in node else None)
        own = _text(node, "namespace")
        made = _split(name, space if own is None else own)
        if len(made.base) + len(made.space) >= LONGEST_NAME:
            raise _Fault(f"the name of a type has at most {LONGEST_NAME} characters, with its namespace", node, "name")
        if made.full in PLAIN:
            raise _Fault(f"no type may be named '{name}': that is a primitive type", node, "name")
        if self._strict and not _FULL_NAME.fullmatch(made.full):
            in_name = "." in name or own is None or not _NAME.fullmatch(name)
            key, kind, bad = ("name", "name", name) if in_name else ("namespace", "namespace", own)
            raise _Fault(_bad_name(kind, str(bad)), node, key)
        return made

    def _aliases(self, node: Node, name: Name) -> tuple[Name, ...]:
        if "aliases" not in node:
            return ()
        aliases: dict[str, Name] = {}
        for index, alias in enumerate(_strings(node, "aliases")):
            made = _split(alias, name.space)
            if self._strict and not _NAME.fullmatch(made.base):
                raise _Fault(_bad_name("alias", alias), node["aliases"], index)
            aliases.setdefault(made.full, made)
        return tuple(aliases.values())

    def _named(self, name: str, holder: Json, key: Key, space: str) -> Type:
        """The type of this name: in the namespace around, else as it stands, else one that is defined later."""
        full = f"{space}.{name}" if space and "." not in name else name
        known = self._names.get(full)
        if known is None and full is not name:
            known = self._names.get(name)
            self._rewritten |= known is not None
        if known is not None:
            return known
        later = Later(_split(full, ""))
        later.full, later.holder, later.key = full, holder, key
        self._later.append(later)
        return later

    def _known_or(self, made: Named, known: Named | None, node: Node) -> Named:
        """The first definition of a name is the type; a second one must be equal, which is seen at the end."""
        if known is None:
            return made
        self._again.append((made, node))
        return known

    def _check_again(self, second: Named, node: Node) -> None:
        first = self._names.all[second.name.full]
        if not same_definition(first, second):
            where = " by a reference" if first.referent and not self._referent else ""
            raise _Fault(f"type '{second.name.full}' is already defined{where}, and differently", node)

    # -------------------------------------------------------------------------------------------- forward references

    def _tied(self, root: Type) -> Type:
        """Puts the types that were defined later where their names stand."""
        stack: list[Type] = [*self._names.own.values(), *(second for second, _ in self._again), root]
        seen = set(map(id, self._names.before))  # nothing in them is open
        while stack:
            kind = stack.pop()
            if id(kind) in seen:
                continue
            seen.add(id(kind))
            match kind:
                case Array():
                    kind.items = self._now(kind.items)
                    stack.append(kind.items)
                case Map():
                    kind.values = self._now(kind.values)
                    stack.append(kind.values)
                case Union():
                    self._tie_union(kind)
                    stack += kind.branches
                case Record():
                    for field in kind.fields:
                        field.type = self._now(field.type)
                        stack.append(field.type)
                case _:
                    pass
        return self._now(root)

    def _tie_union(self, union: Union) -> None:
        places = [branch for branch in union.branches if isinstance(branch, Later)]
        if places:
            union.branches = [self._now(branch) for branch in union.branches]
            _check_union(union, places[0].holder)

    def _now(self, kind: Type) -> Type:
        if not isinstance(kind, Later):
            return kind
        known = self._names.get(kind.full)
        if known is None:
            _refuse_unknown(kind, self._names.all)
        return known


# ------------------------------------------------------------------------------------------------ small parts


def _split(name: str, space: str) -> Name:
    dot = name.rfind(".")
    return Name(space, name) if dot < 0 else Name(name[:dot], name[dot + 1 :])


def _text(node: Node, key: str) -> str | None:
    value = node.get(key)
    return value if isinstance(value, str) else None


def _props(node: Node, reserved: frozenset[str]) -> dict[str, Json]:
    props = {}
    for key in node:
        if key not in reserved:
            props[key] = node[key]
    return props


def _has_huge_integer(value: Json) -> bool:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            stack += item.values()
        elif isinstance(item, list):
            stack += item
        elif isinstance(item, int) and not -(1 << 63) <= item < 1 << 63:
            return True
    return False


def _strings(node: Node, key: str) -> list[str]:
    values = node[key]
    if not isinstance(values, list):
        raise _Fault(f"'{key}' is a list of strings", node, key)
    for index, value in enumerate(values):
        if not isinstance(value, str):
            raise _Fault(f"'{key}' is a list of strings", values, index)
    return values


def _check_union(union: Union, node: list[Json]) -> None:
    seen = set()
    for index, branch in enumerate(union.branches):
        if isinstance(branch, Union):
            raise _Fault("a union may not be a branch of a union: name its branches here", node, index)
        name = branch_name(branch)
        if name in seen:
            hint = (
                "; a logical type does not tell branches apart"
                if isinstance(branch, Primitive) and branch.props
                else ""
            )
            raise _Fault(f"the union has two branches of type {name}{hint}", node, index)
        seen.add(name)


def _article(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _no_type(node: Node) -> _Fault:
    if "type" not in node:
        return _Fault("a schema object needs 'type'", node)
    if isinstance(node["type"], dict | list):
        message = "'type' of a schema object is a string; write the inner schema in place of this object"
        return _Fault(message, node, "type")
    return _Fault("'type' is a string", node, "type")


def _bad_name(kind: str, name: str) -> str:
    better = re.sub(r"[^A-Za-z0-9_.]", "_", name.strip("."))
    hint = f"; did you mean '{better}'?" if better != name and _FULL_NAME.fullmatch(better) else ""
    return f"{kind} '{name}' is not valid: it has letters A-Z and a-z, digits and _, and no digit first{hint}"


def _near(name: str, names: list[str]) -> str:
    near = get_close_matches(name, names[:1000], 1)
    return f"; did you mean '{near[0]}'?" if near else ""


def _refuse_unknown(later: Later, types: dict[str, Named]) -> NoReturn:
    written = later.holder[later.key]
    what = (
        f"'{written}'" if written == later.full else f"'{written}' (neither '{later.full}' nor '{written}' is defined)"
    )
    if written in types:
        what = f"'{later.full}'"
        hint = f"'{written}', which has no namespace, would be found if it were defined before"
    elif written.lower() in _MEANT:
        hint = f"write {_MEANT[written.lower()]}"
    else:
        known = [*PRIMITIVES, *list(types)[:1000]]
        near = [name for name in known if name.rpartition(".")[2].lower() == later.name.base.lower()]
        near += get_close_matches(written, known, 1)
        hint = f"did you mean '{near[0]}'?" if near else "a type of another schema must be among the references"
    raise _Fault(f"unknown type {what}; {hint}", later.holder, later.key)
