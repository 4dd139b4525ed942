"""Random schemas of every draft, and pairs of which the second is the first with a few changes. Same seed, same pairs.

They are small and speak of few names, values and bounds, so that their parts have to do with each other.
"""

from copy import deepcopy
from random import Random
from typing import Any, Final, TypeAlias

from compat.json.drafts import Draft

Json: TypeAlias = Any

NAMES: Final = ("a", "b", "ab", "x_a", "")
PATTERNS: Final = (
    "^x_", "^[a-f]+$", "^[a-z]+$", "a", "b$", "^.{1,2}$", "^(a|b)*$", "^(?!x)", "[0-9]", "^a|b$", "^$", "", "^a?b?$",
    "^(?=a)[ab]+$", "\\w", "\\s", "^\\S$", "(a+)+$", "(?<=a)b", "^(a)\\1$",
)  # fmt: skip
SCALARS: Final = (None, True, False, 0, 1, 2, 3, -1, 1.5, 0.5, 10, "", "a", "b", "ab", "x", "x_a", "aaa")
VALUES: Final[tuple[Json, ...]] = (
    *SCALARS,
    [],
    {},
    [1],
    ["a"],
    [1, 1],
    {"a": 1},
    {"b": "a"},
    {"a": 1, "b": 2},
    [[]],
    [0, "a"],
)
NUMBERS: Final = (-1, 0, 0.5, 1, 1.5, 2, 3, 10)
FACTORS: Final = (0.5, 1, 1.5, 2, 3, 0.1, 4)
TYPES: Final = ("null", "boolean", "integer", "number", "string", "array", "object")
KINDS: Final = ("number", "string", "object", "array", "values", "combined")


class Maker:
    def __init__(self, random: Random, draft: Draft) -> None:
        self.random = random
        self.draft = draft
        self.stored = [f"d{number}" for number in range(random.choice((0, 0, 0, 1, 2)))]

    def root(self) -> Json:
        schema = self.schema(3)
        if isinstance(schema, bool):
            schema = {"not": {}} if not schema else {}
        if self.stored:
            schema[self.draft.definitions] = {name: self.schema(2) for name in self.stored}
        return {"$schema": self.draft.uri, **schema}

    def schema(self, depth: int) -> Json:
        roll = self.random.random()
        if roll < 0.06 and self.draft > Draft.DRAFT_4:
            return self.random.random() < 0.6
        if roll < 0.2 and self.stored:
            reference = {"$ref": f"#/{self.draft.definitions}/{self.random.choice(self.stored)}"}
            return reference if self.random.random() < 0.7 else {**reference, **self._plain(depth)}
        return self._plain(depth)

    def _plain(self, depth: int) -> dict[str, Json]:
        schema: dict[str, Json] = {}
        if self.random.random() < 0.6:
            schema["type"] = self._type()
        kinds = KINDS if depth else KINDS[:2] + KINDS[4:5]
        for _ in range(self.random.choice((0, 1, 1, 1, 2, 2, 3))):
            kind = self.random.choice(self._fitting(schema, kinds))
            getattr(self, f"_{kind}")(schema, depth - 1)
        return schema

    def _fitting(self, schema: dict[str, Json], kinds: tuple[str, ...]) -> tuple[str, ...]:
        own = schema.get("type")
        kind = "number" if own == "integer" else own
        return (kind, kind, "values", "combined") if kind in kinds and len(kinds) > 3 else kinds

    def _type(self) -> Json:
        roll = self.random.random()
        if roll < 0.7:
            return self.random.choice(TYPES[2:])
        return self.random.choice(TYPES) if roll < 0.8 else self.random.sample(TYPES, self.random.choice((1, 2, 2, 3)))

    def _number(self, schema: dict[str, Json], _: int) -> None:
        word = self.random.choice(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"))
        if word == "multipleOf":
            schema[word] = self.random.choice(FACTORS)
        elif self.draft is Draft.DRAFT_4 and word.startswith("exclusive"):
            schema[word] = self.random.random() < 0.7
            schema.setdefault(word[9:].lower(), self.random.choice(NUMBERS))
        else:
            schema[word] = self.random.choice(NUMBERS)

    def _string(self, schema: dict[str, Json], _: int) -> None:
        word = self.random.choice(("minLength", "maxLength", "pattern", "pattern"))
        schema[word] = self.random.choice(PATTERNS) if word == "pattern" else self.random.choice((0, 1, 2, 3))

    def _values(self, schema: dict[str, Json], _: int) -> None:
        if self.random.random() < 0.5 and self.draft > Draft.DRAFT_4:
            schema["const"] = self.random.choice(VALUES)
        else:
            values = self.random.sample(VALUES, self.random.choice((1, 2, 3, 5)))
            schema["enum"] = [value for index, value in enumerate(values) if value not in values[:index]]

    def _object(self, schema: dict[str, Json], depth: int) -> None:
        words = ["properties"] * 4 + ["required", "required", "additionalProperties", "additionalProperties"]
        words += ["patternProperties", "patternProperties", "minProperties", "maxProperties"]
        words += ["dependencies"] if self.draft < Draft.DRAFT_2019 else ["dependentRequired", "dependentSchemas"]
        words += ["propertyNames"] if self.draft > Draft.DRAFT_4 else []
        words += ["unevaluatedProperties"] * 3 if self.draft >= Draft.DRAFT_2019 else []
        word = self.random.choice(words)
        match word:
            case "properties" | "dependentSchemas":
                schema[word] = {name: self.schema(depth) for name in self._names()}
            case "patternProperties":
                schema[word] = {self.random.choice(PATTERNS): self.schema(depth)}
            case "required":
                schema[word] = self._names()
            case "dependentRequired":
                schema[word] = {self.random.choice(NAMES): self._names()}
            case "dependencies":
                needed = self._names() if self.random.random() < 0.5 else self._inner(depth)
                schema[word] = {self.random.choice(NAMES): needed}
            case "minProperties" | "maxProperties":
                schema[word] = self.random.choice((0, 1, 2, 3))
            case "propertyNames":
                schema[word] = self.schema(0)
            case _:
                schema[word] = self.schema(depth) if self.random.random() < 0.6 else self.random.random() < 0.2

    def _inner(self, depth: int) -> Json:
        schema = self.schema(depth)
        return schema if isinstance(schema, dict) or self.draft > Draft.DRAFT_4 else {}

    def _names(self) -> list[str]:
        return self.random.sample(NAMES, self.random.choice((1, 1, 2, 2, 3)))

    def _array(self, schema: dict[str, Json], depth: int) -> None:
        words = ["items", "items", "tuple", "tuple", "minItems", "maxItems", "uniqueItems"]
        words += ["contains", "contains"] if self.draft > Draft.DRAFT_4 else []
        words += ["unevaluatedItems"] * 2 if self.draft >= Draft.DRAFT_2019 else []
        word = self.random.choice(words)
        match word:
            case "tuple":
                self._tuple(schema, depth)
            case "minItems" | "maxItems":
                schema[word] = self.random.choice((0, 1, 2, 3))
            case "uniqueItems":
                schema[word] = True
            case "contains":
                schema[word] = self.schema(depth)
                if self.draft >= Draft.DRAFT_2019 and self.random.random() < 0.5:
                    schema[self.random.choice(("minContains", "maxContains"))] = self.random.choice((0, 1, 2))
            case _:
                schema[word] = self.schema(depth)

    def _tuple(self, schema: dict[str, Json], depth: int) -> None:
        items = [self.schema(depth) for _ in range(self.random.choice((1, 2)))]
        closed: Json = self.random.random() < 0.3 if self.random.random() < 0.5 else self._inner(depth)
        word, rest = ("prefixItems", "items") if self.draft is Draft.DRAFT_2020 else ("items", "additionalItems")
        schema[word] = items
        if self.random.random() < 0.6:
            schema[rest] = closed

    def _combined(self, schema: dict[str, Json], depth: int) -> None:
        words = ["anyOf", "anyOf", "allOf", "oneOf", "oneOf", "not"]
        words += ["if", "if"] if self.draft >= Draft.DRAFT_7 else []
        word = self.random.choice(words)
        if word == "not":
            schema[word] = self._inner(depth)
        elif word == "if":
            schema |= {word: self.schema(depth), self.random.choice(("then", "else")): self.schema(depth)}
        else:
            schema[word] = [self._inner(depth) for _ in range(self.random.choice((1, 2, 2, 3)))]

    # ------------------------------------------------------------ changes

    def changed(self, root: Json) -> Json:
        """The same with one to three changes."""
        root = deepcopy(root)
        for _ in range(self.random.choice((1, 1, 2, 3))):
            self._change(self.random.choice(list(_schemas(root))))
        return {**root, "$schema": self.draft.uri}

    def _change(self, schema: dict[str, Json]) -> None:
        words = [word for word in schema if word not in ("$schema", "$defs", "definitions")]
        roll = self.random.random()
        if words and roll < 0.35:
            del schema[self.random.choice(words)]
        elif words and roll < 0.65:
            word = self.random.choice(words)
            schema[word] = self._other(word, schema[word])
        else:
            schema |= self._plain(1)

    def _other(self, word: str, value: Json) -> Json:
        if isinstance(value, bool):
            return not value
        if isinstance(value, int | float):
            return max(value + self.random.choice((-1, 1)), 0.5 if word == "multipleOf" else 0)
        if isinstance(value, list) and word in ("enum", "required", "anyOf", "oneOf", "allOf") and len(value) > 1:
            return self.random.sample(value, len(value) - 1)
        if isinstance(value, dict) and word in ("properties", "patternProperties") and value:
            name = self.random.choice(list(value))
            return {other: member for other, member in value.items() if other != name}
        if word == "pattern":
            return self.random.choice(PATTERNS)
        return self._type() if word == "type" else value


def _schemas(schema: Json) -> list[dict[str, Json]]:
    found = []
    waiting = [schema]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, dict):
            continue
        found.append(one)
        for word, value in one.items():
            if word in ("properties", "patternProperties", "dependentSchemas", "definitions", "$defs"):
                waiting += value.values()
            elif isinstance(value, list) and word not in ("enum", "required", "type"):
                waiting += value
            elif isinstance(value, dict) and word not in ("const", "dependencies", "dependentRequired"):
                waiting.append(value)
    return found


def pair(random: Random) -> tuple[Json, Json]:
    """An old schema and a new one."""
    draft = random.choice(list(Draft))
    maker = Maker(random, draft)
    old = maker.root()
    if random.random() < 0.1:
        maker.draft = random.choice(list(Draft))
        return old, maker.root()
    return (old, maker.changed(old)) if random.random() < 0.85 else (old, maker.root())
