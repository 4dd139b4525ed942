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

SIZE: Final = 50_000  # values (and bytes of fixed) of the largest datum that is ever built
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
        work = _Work()
        work.explore(root)
        while work.heap:
            size, _, type_, choice = heappop(work.heap)
            if type_ in self._sizes:
                continue
            self._sizes[type_] = size
            if isinstance(type_, Union):
                self._choices[type_] = choice
            for user, index in work.users.pop(type_, ()):
                work.settled(user, index, size)


class _Work:
    """What is known before all is settled. `users` are the records and unions that wait for a type, and where."""

    def __init__(self) -> None:
        self.heap: list[tuple[int, int, Type, int]] = []
        self.users: dict[Type, list[tuple[Record | Union, int]]] = {}
        self._waiting: dict[Record, int] = {}
        self._totals: dict[Record, int] = {}
        self._serial = count()

    def explore(self, root: Type) -> None:
        seen: set[Type] = set()
        todo = [root]
        while todo:
            type_ = todo.pop()
            if type_ in seen:
                continue
            seen.add(type_)
            match type_:
                case Record():
                    todo += self._record(type_)
                case Union():
                    todo += self._union(type_)
                case Array() | Map():
                    self._offer(type_, 1)
                    todo.append(type_.items if isinstance(type_, Array) else type_.values)
                case Primitive() | Enum() | Fixed():
                    if size := _leaf_size(type_):
                        self._offer(type_, size)

    def settled(self, user: Record | Union, index: int, size: int) -> None:
        if isinstance(user, Union):
            self._offer(user, 1 + size, index)
            return
        self._waiting[user] -= 1
        self._totals[user] += size
        if not self._waiting[user]:
            self._offer(user, self._totals[user])

    def _record(self, record: Record) -> list[Type]:
        inner: list[Type] = [field.type for field in record.fields if not isinstance(field.type, Primitive)]
        plain = [_leaf_size(field.type) for field in record.fields if isinstance(field.type, Primitive)]
        self._waiting[record], self._totals[record] = len(inner), 1 + sum(plain)
        for type_ in inner:
            self.users.setdefault(type_, []).append((record, 0))
        if not inner:
            self._offer(record, self._totals[record])
        return inner

    def _union(self, union: Union) -> list[Type]:
        inner: list[Type] = []
        best = 0
        for index, branch in enumerate(union.branches):
            if not isinstance(branch, Primitive):
                self.users.setdefault(branch, []).append((union, index))
                inner.append(branch)
            elif not best or _leaf_size(branch) < best:
                best = _leaf_size(branch)
                self._offer(union, 1 + best, index)
        return inner

    def _offer(self, type_: Type, size: int, choice: int = 0) -> None:
        heappush(self.heap, (min(size, _BEYOND), next(self._serial), type_, choice))


def _leaf_size(type_: Primitive | Enum | Fixed) -> int:
    match type_:
        case Primitive():
            return 1 if type_.kind == "null" else 2
        case Enum():
            return 2 if type_.symbols else 0
        case Fixed():
            return 2 + type_.size
