"""Random pairs of Avro schemas, and the small data of a schema: what the properties of the comparison run on.

Everything is made of a `random.Random`, so a seed names a pair for ever. A pair is a schema and what some edits made of
it: most real changes are small, and two schemas that share nothing find nothing.
"""

import json
import math
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from hypothesis import settings

from compat.avro import AvroSchema, parse
from compat.avro.codec import Branch, Datum, decode
from compat.avro.messages import AvroMessages
from compat.avro.smallest import Smallest
from compat.avro.types import Array, Enum, Fixed, Map, Primitive, Record, Type, Union
from compat.schema import InvalidSchema, Source

Node = Any  # a schema as parsed JSON; named types are defined once, with a full name, and then named
Put = Callable[[Node], None]

PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
SPACES = ("n", "a", "b")
UNROLLED = 2  # how often a type may be inside itself, in the data made of it


def examples(count: int) -> settings:
    """So many examples, the same ones in every run."""
    return settings(max_examples=count, derandomize=True, deadline=None, database=None)


def schema_of(tree: Node, *, strict: bool = True) -> AvroSchema:
    return parse(Source("AVRO", json.dumps(tree)), strict=strict)


def datum_of(root: Type, value: Any) -> Datum:
    """The datum of a value in Avro's JSON encoding. In an array: bytes that stand alone have no length."""
    array = Array(root)
    return decode(array, AvroMessages(array, is_logical=False, ignore_unknown=False).encode([value]))[0]


def pair(random: Random, depth: int = 3) -> tuple[AvroSchema, AvroSchema]:
    """A reader and a writer, both valid."""
    while True:
        tree = Maker(random).schema(depth)
        edited = tree
        for _ in range(random.choice((0, 1, 1, 1, 2, 2, 3, 5))):
            edited = edit(random, edited)
        if random.random() < 0.03:
            edited = Maker(random).schema(2)
        try:
            sides = schema_of(tree), schema_of(edited)
        except InvalidSchema:
            continue
        return sides if random.random() < 0.5 else (sides[1], sides[0])


class Maker:
    """Makes a schema, small and full of names that meet again."""

    def __init__(self, random: Random, *, endless: float = 0.02) -> None:
        self.random = random
        self.endless = endless  # how often a name may make a record that needs itself
        self.names: list[str] = []
        self.bare: list[str] = []  # records that are open, with nothing in between that could be empty

    def schema(self, depth: int) -> Node:
        random = self.random
        if depth == 0 or random.random() < 0.35:
            names = (
                self.names if random.random() < self.endless else [name for name in self.names if name not in self.bare]
            )
            if names and random.random() < 0.4:
                return random.choice(names)
            return random.choice(PRIMITIVES)
        make: Callable[[int], Node] = random.choices(
            (self.record, self.enum, self.fixed, self.array, self.map, self.union),
            (6, 2, 1, 2, 1, 4),
        )[0]
        return make(depth - 1)

    def name(self, bases: str) -> str:
        space = self.random.choice(SPACES) if self.random.random() < 0.3 else "n"
        name = f"{space}.{self.random.choice(bases)}{len(self.names) if self.random.random() < 0.7 else ''}"
        self.names.append(name)
        return name

    def record(self, depth: int) -> Node:
        node: Node = {"type": "record", "name": self.name("RST"), "fields": []}
        names = self.random.sample("abcdef", self.random.choice((0, 1, 2, 2, 3, 4)))
        self.bare.append(node["name"])
        node["fields"] = [self.field(name, depth) for name in names]
        self.bare.remove(node["name"])
        return node

    def inside(self, depth: int) -> Node:
        """A type inside something that may do without it."""
        bare, self.bare = self.bare, []
        node = self.schema(depth)
        self.bare = bare
        return node

    def field(self, name: str, depth: int) -> Node:
        field = {"name": name, "type": self.schema(depth)}
        return field | default_of(self.random, field["type"]) if self.random.random() < 0.4 else field

    def enum(self, depth: int) -> Node:
        del depth  # what makes a type is called alike
        symbols = self.random.sample("ABCDE", self.random.choice((0, 1, 2, 3, 3, 4)))
        default = {"default": self.random.choice(symbols)} if symbols and self.random.random() < 0.2 else {}
        return {"type": "enum", "name": self.name("EF"), "symbols": symbols} | default

    def fixed(self, depth: int) -> Node:
        del depth
        return {"type": "fixed", "name": self.name("XY"), "size": self.random.choice((0, 1, 2, 4))}

    def array(self, depth: int) -> Node:
        return {"type": "array", "items": self.inside(depth)}

    def map(self, depth: int) -> Node:
        return {"type": "map", "values": self.inside(depth)}

    def union(self, depth: int) -> Node:
        branches = ["null"] if self.random.random() < 0.6 else []
        kinds = {"null"} if branches else set()
        for _ in range(self.random.choice((0, 1, 1, 2, 3))):
            branch = self.inside(depth) if branches else self.schema(depth)
            kind: Node = branch.get("name", branch["type"]) if isinstance(branch, dict) else branch
            if not isinstance(branch, list) and kind not in kinds:
                kinds.add(kind)
                branches.append(branch)
        return branches


def default_of(random: Random, type_: Node) -> Node:
    """A default for a field of this type, as a member; none where that is not simple."""
    values: dict[str, Node] = {
        "null": None,
        "boolean": False,
        "int": 7,
        "long": 8,
        "float": 0.5,
        "double": 2.5,
        "bytes": "\u00fe",
        "string": "d",
    }
    match type_:
        case str():
            return {"default": values[type_]} if type_ in values else {}
        case list():
            return default_of(random, random.choice(type_)) if type_ else {}
        case {"type": "array"}:
            return {"default": []}
        case {"type": "map"}:
            return {"default": {}}
        case {"type": "enum", "symbols": [first, *_]}:
            return {"default": first}
        case {"type": "fixed", "size": size}:
            return {"default": "z" * size}
        case {"type": "record", "fields": fields} if all("default" in field for field in fields):
            return {"default": {}}
        case _:
            return {}


# ---------------------------------------------------------------- edits


def edit(random: Random, tree: Node) -> Node:
    """A copy of a schema with one thing changed. It may not be valid any more."""
    copy = json.loads(json.dumps(tree))
    root = {"root": copy}
    node, put = random.choice(list(_places(copy, _setter(root, "root"))))
    changed = _edited(random, node, copy)
    if changed is not None:
        put(changed)
    return root["root"]


def _places(node: Node, put: Put) -> Iterator[tuple[Node, Put]]:
    """Every node, with what puts another in its place."""
    yield node, put
    match node:
        case list():
            for index, branch in enumerate(node):
                yield from _places(branch, _setter(node, index))
        case {"type": "record", "fields": fields}:
            for field in fields:
                yield from _places(field["type"], _setter(field, "type"))
        case {"type": "array", "items": items}:
            yield from _places(items, _setter(node, "items"))
        case {"type": "map", "values": values}:
            yield from _places(values, _setter(node, "values"))
        case _:
            pass


def _setter(holder: Any, key: str | int) -> Put:
    def put(new: Node) -> None:
        holder[key] = new

    return put


def _edited(random: Random, node: Node, root: Node) -> Node | None:
    """What stands in the node's place; None when the node itself was changed."""
    chance = random.random()
    if chance < 0.08:
        return [node, "null"] if not isinstance(node, list) else node[0] if node else None
    if chance < 0.11:
        return Maker(random).schema(1)
    match node:
        case str() if node in PRIMITIVES:
            return random.choice(PRIMITIVES)
        case list():
            _edit_union(random, node)
        case {"type": "record"}:
            random.choice((_edit_fields, _edit_fields, _edit_fields, _rename))(random, node, root)
        case {"type": "enum"}:
            random.choice((_edit_symbols, _edit_symbols, _rename))(random, node, root)
        case {"type": "fixed"}:
            if random.random() < 0.5:
                node["size"] = random.choice((1, 2, 4))
            else:
                _rename(random, node, root)
        case _:
            pass
    return None


def _edit_union(random: Random, node: list[Node]) -> None:
    if node and random.random() < 0.4:
        node.pop(random.randrange(len(node)))
    elif random.random() < 0.5:
        node.insert(random.randrange(len(node) + 1), random.choice(PRIMITIVES))
    else:
        random.shuffle(node)


def _edit_symbols(random: Random, node: dict[str, Node], root: Node) -> None:
    del root  # the edits of one kind are called alike
    symbols = node["symbols"]
    if symbols and random.random() < 0.5:
        symbols.pop(random.randrange(len(symbols)))
        node.pop("default", None)
    elif random.random() < 0.7:
        symbols.insert(random.randrange(len(symbols) + 1), random.choice("FGH"))
    elif symbols:
        node["default"] = random.choice(symbols)


def _edit_fields(random: Random, node: dict[str, Node], root: Node) -> None:
    del root
    fields = node["fields"]
    chance = random.random()
    if not fields or chance < 0.25:
        fields.insert(random.randrange(len(fields) + 1), Maker(random).field(random.choice("abcdefgh"), 1))
        return
    field = random.choice(fields)
    if chance < 0.45:
        fields.remove(field)
    elif chance < 0.6:
        old, field["name"] = field["name"], random.choice("uvwxyz")
        if random.random() < 0.8:
            field["aliases"] = [old]
    elif chance < 0.7:
        field["aliases"] = random.sample("abcdef", random.choice((1, 1, 2)))
    elif chance < 0.8:
        random.shuffle(fields)
    elif chance < 0.9:
        field.pop("default", None)
    else:
        field.update(default_of(random, field["type"]))


def _rename(random: Random, node: dict[str, Node], root: Node) -> None:
    old = node["name"]
    space, base = old.split(".")
    chance = random.random()
    new = f"{random.choice(SPACES)}.{base}" if chance < 0.5 else f"{space}.{base}{random.choice('xyz')}"
    if random.random() < 0.6:
        node["aliases"] = [random.choice((old, old, base))]
    node["name"] = new
    for holder in _holders(root):
        for key, value in holder.items() if isinstance(holder, dict) else enumerate(holder):
            if value == old and key != "aliases":
                holder[key] = new


def _holders(node: Node) -> Iterator[Any]:
    if isinstance(node, list | dict):
        yield node
        for inner in node if isinstance(node, list) else [value for key, value in node.items() if key != "aliases"]:
            yield from _holders(inner)


# ---------------------------------------------------------------- data


def everything_in(root: Type) -> list[Type]:
    """All types that a schema mentions."""
    found: dict[Type, None] = {}
    todo = [root]
    while todo:
        one = todo.pop()
        if one in found:
            continue
        found[one] = None
        match one:
            case Record():
                todo += [inner.type for inner in one.fields]
            case Union():
                todo += one.branches
            case Array():
                todo.append(one.items)
            case Map():
                todo.append(one.values)
            case Primitive() | Enum() | Fixed():
                pass
    return list(found)


def small_data(root: Type, most: int = 300) -> list[Datum]:
    """Data that between them take every branch of every union, every symbol, empty containers and such of one."""
    return _Data(Smallest(root)).of(root, Counter())[:most]


class _Data:
    def __init__(self, smallest: Smallest) -> None:
        self.smallest = smallest

    def of(self, type_: Type, inside: Counter[Type]) -> list[Datum]:
        if not self.smallest.exists(type_):
            return []
        match type_:
            case Primitive():
                return _PRIMITIVE_DATA[type_.kind]
            case Enum():
                return list(type_.symbols)
            case Fixed():
                return [b"\xfe" * type_.size]
            case Array():
                return [[], *([item] for item in self.of(type_.items, inside))]
            case Map():
                return [{}, *({"k": item} for item in self.of(type_.values, inside))]
            case Union():
                return [Branch(i, item) for i, branch in enumerate(type_.branches) for item in self.of(branch, inside)]
            case Record():
                return self._records(type_, inside)

    def _records(self, type_: Record, inside: Counter[Type]) -> list[Datum]:
        base = self.smallest.datum(type_)
        if inside[type_] == UNROLLED:
            return [base]
        inside[type_] += 1
        data = [base]
        for field in type_.fields:
            data += [{**base, field.name: datum} for datum in self.of(field.type, inside)]
        inside[type_] -= 1
        return data


def random_datum(random: Random, smallest: Smallest, type_: Type, depth: int = 4) -> Datum:
    """Any datum of an inhabited type, not too big."""
    if depth < 0 and not isinstance(type_, Primitive):
        return smallest.datum(type_)

    def inner(one: Type) -> Datum:
        return random_datum(random, smallest, one, depth - 1)

    match type_:
        case Primitive():
            return _random_primitive(random, type_.kind)
        case Enum():
            return random.choice(type_.symbols)
        case Fixed():
            return random.randbytes(type_.size)
        case Array():
            return [inner(type_.items) for _ in range(_length(random, smallest.exists(type_.items)))]
        case Map():
            keys = [_random_text(random) for _ in range(_length(random, smallest.exists(type_.values)))]
            return {key: inner(type_.values) for key in keys}
        case Union():
            index = random.choice([i for i, branch in enumerate(type_.branches) if smallest.exists(branch)])
            return Branch(index, inner(type_.branches[index]))
        case Record():
            return {field.name: inner(field.type) for field in type_.fields}


def _length(random: Random, inhabited: bool) -> int:  # noqa: FBT001
    return random.choice((0, 1, 2, 3)) if inhabited else 0


def _random_primitive(random: Random, kind: str) -> Datum:
    match kind:
        case "null":
            return None
        case "boolean":
            return random.random() < 0.5
        case "int" | "long":
            bits = random.randrange(32 if kind == "int" else 64)
            return random.choice((random.getrandbits(bits), ~random.getrandbits(bits))) if bits else 0
        case "float":
            return struct.unpack("<f", struct.pack("<f", random.uniform(-1e9, 1e9)))[0]
        case "double":
            return random.choice((0.0, -0.0, 5e-324, math.inf, random.uniform(-1e300, 1e300)))
        case "bytes":
            return random.randbytes(random.randrange(5))
        case _:
            return _random_text(random)


def _random_text(random: Random) -> str:
    return "".join(random.choice('ab"\\\n\u00e9\u2028\U0001f600') for _ in range(random.randrange(4)))


def plain(type_: Type, datum: Datum) -> Any:
    """The datum without its branches, as fastavro gives it."""
    match type_:
        case Union():
            return plain(type_.branches[datum.index], datum.value)
        case Array():
            return [plain(type_.items, item) for item in datum]
        case Map():
            return {key: plain(type_.values, item) for key, item in datum.items()}
        case Record():
            return {field.name: plain(field.type, datum[field.name]) for field in type_.fields}
        case _:
            return datum


_PRIMITIVE_DATA: dict[str, list[Datum]] = {
    "null": [None],
    "boolean": [True],
    "int": [-1, 2**31 - 1],
    "long": [-(2**63), 3],
    "float": [0.25],
    "double": [1e300],
    "bytes": [b"ok"],
    "string": ["\U0001f600"],
}
