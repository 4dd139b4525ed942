"""The smallest datum of each type of a schema, and whether it has any.

A type is inhabited when some finite datum is of it: an enum without symbols is not, nor is a record that needs itself.
That is a least fixpoint, and so is the smallest size; both are found at once, smallest first (Knuth's generalization
of Dijkstra's algorithm), so that no order of definitions and no recursion can mislead it.
"""

from heapq import heappop, heappush
from itertools import count
from typing import Final

from compat.avro.codec import Branch, Datum
from compat.avro.types import Array, Enum, Fixed, Map, Primitive, Record, Type, Union

SIZE: Final = 100_000  # values (and bytes of fixed) of the largest datum that is ever built
_BEYOND: Final = SIZE + 1

_SMALL: Final[dict[str, Datum]] = {
    "null": None,
    "boolean": True,
    "int": 1,
    "long": 1,
    "float": 1.5,
    "double": 1.5,
    "bytes": b"x",
    "string": "x",
}


class Smallest:
    """The smallest data of all types below `root`. Sizes beyond `SIZE` are all `SIZE + 1`."""

    def __init__(self, root: Type) -> None:
        self._sizes: dict[Type, int] = {}
        self._choices: dict[Union, int] = {}
        self._data: dict[Type, Datum] = {}
        self._depths: dict[Type, int] = {}
        self._settle(root)

    def exists(self, type_: Type) -> bool:
        return self.size(type_) > 0

    def size(self, type_: Type) -> int:
        """How many values the smallest datum has, 0 when there is none."""
        if isinstance(type_, Primitive):
            return _leaf_size(type_)
        return self._sizes.get(type_, 0)

    def datum(self, type_: Type) -> Datum:
        """The smallest datum, of which parts are shared: not to be changed. KeyError when its size is 0 or too big."""
        if isinstance(type_, Primitive):
            return _SMALL[type_.kind]
        if not self._data:
            for settled, size in self._sizes.items():  # in the order of settling: parts come before their whole
                if size <= SIZE:
                    self._build(settled)
        return self._data[type_]

    def depth(self, type_: Type) -> int:
        """How deep the smallest datum is nested. KeyError as for `datum`."""
        if isinstance(type_, Primitive):
            return 1
        self.datum(type_)
        return self._depths[type_]

    def choice(self, union: Union) -> int:
        """The branch that the smallest datum takes. KeyError when there is none."""
        return self._choices[union]

    def _build(self, type_: Type) -> None:
        depth = 0
        datum: Datum
        match type_:
            case Record():
                datum = {field.name: self.datum(field.type) for field in type_.fields}
                depth = max((self.depth(field.type) for field in type_.fields), default=0)
            case Union():
                branch = type_.branches[self._choices[type_]]
                datum = Branch(self._choices[type_], self.datum(branch))
                depth = self.depth(branch)
            case Array():
                datum = []
            case Map():
                datum = {}
            case Enum():
                datum = type_.symbols[0]
            case Fixed():
                datum = (b"1234567890" * (type_.size // 10 + 1))[: type_.size]
            case Primitive():
                datum = _SMALL[type_.kind]
        self._data[type_], self._depths[type_] = datum, depth + 1

    def _settle(self, root: Type) -> None:
        waiting: dict[Record, int] = {}  # fields whose type is not settled yet
        totals: dict[Record, int] = {}
        users: dict[Type, list[Record | Union]] = {}
        heap: list[tuple[int, int, Type, int]] = []
        serial = count()

        def offer(type_: Type, size: int, choice: int = 0) -> None:
            heappush(heap, (min(size, _BEYOND), next(serial), type_, choice))

        def explore() -> None:
            seen: set[Type] = set()
            todo = [root]
            while todo:
                type_ = todo.pop()
                if type_ in seen:
                    continue
                seen.add(type_)
                match type_:
                    case Record():
                        waiting[type_], totals[type_] = 0, 1
                        for field in type_.fields:
                            if isinstance(field.type, Primitive):
                                totals[type_] += _leaf_size(field.type)
                            else:
                                waiting[type_] += 1
                                users.setdefault(field.type, []).append(type_)
                                todo.append(field.type)
                        if not waiting[type_]:
                            offer(type_, totals[type_])
                    case Union():
                        best = 0
                        for index, branch in enumerate(type_.branches):
                            if isinstance(branch, Primitive):
                                if not best or _leaf_size(branch) < best:
                                    best = _leaf_size(branch)
                                    offer(type_, 1 + best, index)
                            else:
                                users.setdefault(branch, []).append(type_)
                                todo.append(branch)
                    case Array() | Map():
                        offer(type_, 1)
                        todo.append(type_.items if isinstance(type_, Array) else type_.values)
                    case Enum() | Fixed():
                        if size := _leaf_size(type_):
                            offer(type_, size)
                    case Primitive():
                        pass

        explore()
        while heap:
            size, _, type_, choice = heappop(heap)
            if type_ in self._sizes:
                continue
            self._sizes[type_] = size
            if isinstance(type_, Union):
                self._choices[type_] = choice
            for user in users.get(type_, ()):
                if isinstance(user, Union):
                    if user not in self._sizes:
                        offer(user, 1 + size, next(i for i, branch in enumerate(user.branches) if branch is type_))
                else:
                    waiting[user] -= 1
                    totals[user] = min(totals[user] + size, _BEYOND)
                    if not waiting[user]:
                        offer(user, totals[user])


def _leaf_size(type_: Primitive | Enum | Fixed) -> int:
    match type_:
        case Primitive():
            return 1 if type_.kind == "null" else 2
        case Enum():
            return 2 if type_.symbols else 0
        case Fixed():
            return 2 + type_.size
