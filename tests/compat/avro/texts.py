"""Random Avro schemas as JSON, most of them valid: what the properties of the parser run on.

Everything is made of a `random.Random`, so a seed names a schema for ever. The names are few, so that they meet, in
different namespaces, before and after their definitions.
"""

import json
from random import Random
from typing import Any

Node = Any

PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
NAMES = ("A", "B", "C", "record", "array", "a", "n.A", "n.m.B", "m.C", "n.int")
SPACES = ("", "n", "n.m", "m")
STRINGS = ("", "x", "é", "\u2028", 'a"b\\c', "\x01\x1f", "😀", "\x7f", "/", "true")
NUMBERS = (0, 1, -1, 2**31, -(2**63), 2**64, 1.0, 1.5, -0.0, 1e7, 1e-4, 123456.789, 1e21, 0.1, 1e39, 5e-324, 1e22)
LOGICAL = ("decimal", "uuid", "date", "timestamp-millis", "duration", "big-decimal", "unknown")
NOISE: tuple[Node, ...] = ("a-b", "1a", "", ".A", 5, None, True, [], {}, "int", 2**31, -1, ["A", "A"], {"type": "int"})


def tree(random: Random) -> Node:
    """A schema. One in three has a few things in it that may not be there."""
    return Maker(random, noise=random.choice((0, 0, 0.03))).type(0)


def text(random: Random) -> str:
    """A schema as text, in one layout or another."""
    return json.dumps(tree(random), ensure_ascii=random.random() < 0.5, indent=random.choice((None, None, 1)))


def shuffled(random: Random, node: Node) -> Node:
    """The same JSON with the keys of all objects in another order."""
    if isinstance(node, list):
        return [shuffled(random, item) for item in node]
    if not isinstance(node, dict):
        return node
    keys = list(node)
    random.shuffle(keys)
    return {key: shuffled(random, node[key]) for key in keys}


class Maker:
    def __init__(self, random: Random, noise: float) -> None:
        self.random = random
        self.noise = noise
        self.names: list[str] = []

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def noisy(self, node: Node) -> Node:
        return self.random.choice(NOISE) if self.chance(self.noise) else node

    def type(self, depth: int) -> Node:
        return self.noisy(self.random.choice(self.makers(depth))(depth))

    def makers(self, depth: int) -> list[Any]:
        flat = [self.primitive, self.primitive, self.attributed, self.name, self.enum, self.fixed]
        return flat if depth > 4 else [*flat, self.array, self.map, self.union, self.record, self.record, self.record]

    def primitive(self, _: int) -> Node:
        return self.random.choice(PRIMITIVES)

    def attributed(self, _: int) -> Node:
        return self.attributes({"type": self.random.choice(PRIMITIVES)})

    def name(self, _: int) -> Node:
        name = self.random.choice((*self.names, "A", "n.A"))
        return name if self.chance(0.8) else {"type": name}

    def array(self, depth: int) -> Node:
        return self.attributes({"type": "array", "items": self.type(depth + 1)})

    def map(self, depth: int) -> Node:
        return self.attributes({"type": "map", "values": self.type(depth + 1)})

    def union(self, depth: int) -> Node:
        branches = [self.type(depth + 1) for _ in range(self.random.randint(0, 4))]
        kinds: dict[str, Node] = {}
        for branch in branches:
            kind = branch.get("type") if isinstance(branch, dict) else branch
            if not isinstance(branch, list):
                kinds.setdefault(json.dumps(branch if kind in ("record", "enum", "fixed") else kind), branch)
        return list(kinds.values())

    def enum(self, _: int) -> Node:
        symbols = self.random.sample(("A", "B", "C"), self.random.randint(1, 3))
        enum = {**self.head("enum"), "symbols": self.noisy(symbols)}
        if self.chance(0.3):
            enum["default"] = self.noisy(symbols[0])
        return self.attributes(enum)

    def fixed(self, _: int) -> Node:
        return self.attributes({**self.head("fixed"), "size": self.noisy(self.random.choice((0, 1, 2, 12, 16)))})

    def record(self, depth: int) -> Node:
        record = self.head("error" if self.chance(0.05) else "record")
        names = self.random.sample("fghij", self.random.randint(0, 4))
        record["fields"] = self.noisy([self.field(name, depth) for name in names])
        return self.attributes(record)

    def head(self, kind: str) -> dict[str, Node]:
        name = self.random.choice(NAMES)
        head: dict[str, Node] = {"type": kind, "name": self.noisy(name)}
        if self.chance(0.3):
            head["namespace"] = self.noisy(self.random.choice(SPACES))
        self.names.append(name)
        return head

    def field(self, name: str, depth: int) -> Node:
        field: dict[str, Node] = {"name": self.noisy(name), "type": self.type(depth + 1)}
        if self.chance(0.3):
            field["default"] = self.noisy(self.default(field["type"]))
        if self.chance(0.1):
            field["order"] = self.noisy(self.random.choice(("ascending", "descending", "Ignore")))
        return self.attributes(field)

    def attributes(self, node: dict[str, Node]) -> dict[str, Node]:
        random = self.random
        if self.chance(0.15):
            node["doc"] = random.choice(STRINGS)
        if self.chance(0.1):
            node["aliases"] = self.noisy(random.sample(NAMES[:5], 2))
        if self.chance(0.1):
            node["logicalType"] = random.choice(LOGICAL)
            node["precision"], node["scale"] = random.choice((4, 20, "4")), random.choice((0, 2, 5))
        while self.chance(0.15):
            node[random.choice(("p", "q", "Z", "é", "items", "size", "confluent:tags"))] = self.value(0)
        return shuffled(random, node) if self.chance(0.2) else node

    def value(self, depth: int) -> Node:
        random = self.random
        if depth < 3 and self.chance(0.3):
            values = [self.value(depth + 1) for _ in range(random.randint(0, 3))]
            return values if self.chance(0.5) else dict(zip(("k", "é", "Z"), values, strict=False))
        return random.choice((*STRINGS, *NUMBERS, None, True, False))

    def default(self, kind: Node) -> Node:
        """A value of a type, as far as the type can be seen here."""
        if isinstance(kind, list):
            return self.default(self.random.choice(kind)) if kind else None
        if not isinstance(kind, dict):
            simple = {"null": None, "boolean": True, "int": 5, "long": 6, "float": 0.1, "double": "NaN", "bytes": "ÿ"}
            return simple.get(kind, "A") if isinstance(kind, str) else None
        match kind.get("type"):
            case "array":
                return [self.default(kind.get("items"))] * self.random.randint(0, 2)
            case "map":
                return {"k": self.default(kind.get("values"))}
            case "enum":
                return "A"
            case "fixed":
                size = kind.get("size")
                return "a" * (size if isinstance(size, int) and 0 <= size <= 16 else 0)
            case "record" | "error":
                fields = kind.get("fields")
                fields = [field for field in fields if isinstance(field, dict)] if isinstance(fields, list) else []
                return {str(field.get("name")): self.default(field.get("type")) for field in fields}
            case inner:
                return self.default(inner)
