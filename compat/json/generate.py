"""Documents to try on a pair of schemas: values and names that stand in them, what lies just beside, and random wholes.

The same seed gives the same documents. Nothing here judges a document, and nothing follows a reference: this is the
search for those cases that nobody thought of.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Final

from compat.json.values import Json, frozen, is_number

DEPTH: Final = 3
MOST_ATOMS: Final = 400
MOST_NAMES: Final = 60
LONGEST: Final = 300  # characters of a string that is made for a length
PLAIN: Final[tuple[Json, ...]] = (
    *(None, True, False, 0, 1, -1, 2, 3, Decimal("0.5"), Decimal("1.5"), 10, 100, 1_000_003),
    *("", "a", "b", "x", "ab", "abc", "A", "0", "1", " ", "é", "a\n", "aaaaaaaaaaaa"),
    *([], {}),
)
NAMES_IN: Final = ("properties", "patternProperties", "dependencies", "dependentRequired", "dependentSchemas")
VALUES_IN: Final = ("enum", "examples")


@dataclass(slots=True)
class Atoms:
    """What the schemas speak of: values that stand in them or beside their bounds, and names of members."""

    values: list[Json] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    lengths: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, schemas: Iterable[Json], words: Iterable[str] = ()) -> "Atoms":
        found = cls()
        for schema in schemas:
            found._collect(schema)
        words = list(words)
        found.values += words
        found.names += words
        found.values += [*_strings(found.lengths), *PLAIN]
        found.names += ["zz", "a", "x_", ""]
        found.values = _distinct(found.values)[:MOST_ATOMS]
        found.names = list(dict.fromkeys(found.names))[:MOST_NAMES]
        return found

    def _collect(self, schema: Json) -> None:
        waiting = [schema]
        while waiting:
            node = waiting.pop()
            if isinstance(node, list):
                waiting += node
            elif isinstance(node, dict):
                for keyword, value in node.items():
                    self._keyword(keyword, value)
                    waiting.append(value)

    def _keyword(self, keyword: str, value: Json) -> None:
        if keyword in NAMES_IN and isinstance(value, dict):
            self.names += value
        if keyword in VALUES_IN and isinstance(value, list):
            self.values += value[:MOST_ATOMS]
            self.names += [one for one in value[:MOST_NAMES] if isinstance(one, str)]
        if keyword in ("const", "default"):
            self.values.append(value)
            self.names += [value] if isinstance(value, str) else []
        if isinstance(value, list) and keyword not in VALUES_IN:
            self.names += [one for one in value if isinstance(one, str)]
        if is_number(value) and keyword.startswith(("min", "max", "exclusive", "multiple")):
            self._number(keyword, value)

    def _number(self, keyword: str, value: float | Decimal) -> None:
        number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        half = Decimal("0.5")
        if keyword.endswith(("Length", "Items", "Properties", "Contains")):
            self.lengths |= {int(number) - 1, int(number), int(number) + 1}
            return
        for one in (number, number + 1, number - 1, number + half, number - half, number / 2, number * 2, -number):
            self.values.append(int(one) if one == one.to_integral_value() else one)


def _strings(lengths: set[int]) -> Iterator[str]:
    for length in sorted(lengths):
        if 0 <= length <= LONGEST:
            yield "a" * length


def _distinct(values: Iterable[Json]) -> list[Json]:
    return list({frozen(value): value for value in values}.values())


@dataclass(slots=True)
class Maker:
    """Random documents of some atoms."""

    random: Random
    atoms: Atoms

    def document(self, depth: int = DEPTH) -> Json:
        roll = self.random.random()
        if depth == 0 or roll < 0.4:
            return self.random.choice(self.atoms.values)
        if roll < 0.75:
            return {self.random.choice(self.atoms.names): self.document(depth - 1) for _ in range(self._size())}
        items = [self.document(depth - 1) for _ in range(self._size())]
        if items and self.random.random() < 0.2:
            items.append(self.random.choice(items))
        return items

    def changed(self, document: Json) -> Json:
        """A document that differs a little: a member or item less, one more, or another value somewhere."""
        if isinstance(document, dict) and self.random.random() < 0.85:
            return self._changed_object(document)
        if isinstance(document, list) and self.random.random() < 0.85:
            return self._changed_array(document)
        return self.document(1)

    def _changed_object(self, document: dict[str, Json]) -> Json:
        members = dict(document)
        choice = self.random.randrange(3)
        if choice == 0 or not members:
            members[self.random.choice(self.atoms.names)] = self.document(1)
            return members
        name = self.random.choice(list(members))
        if choice == 1:
            del members[name]
        else:
            members[name] = self.changed(members[name])
        return members

    def _changed_array(self, document: list[Json]) -> Json:
        choice = self.random.randrange(3)
        if choice == 0 or not document:
            place = self.random.randint(0, len(document))
            return [*document[:place], self.document(1), *document[place:]]
        place = self.random.randrange(len(document))
        new = [] if choice == 1 else [self.changed(document[place])]
        return [*document[:place], *new, *document[place + 1 :]]

    def _size(self) -> int:
        return self.random.choice((0, 1, 1, 2, 2, 3, 4))


def documents(atoms: Atoms, seed: int | str, count: int) -> Iterator[Json]:
    """The atoms themselves, then random wholes."""
    yield from atoms.values[:count]
    yield from ({}, [])
    maker = Maker(Random(seed), atoms)  # noqa: S311  (a search, no secret)
    for _ in range(count - len(atoms.values)):
        yield maker.document()
