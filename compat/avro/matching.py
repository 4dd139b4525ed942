"""Which of the writer's parts is which of the reader's: names, fields, branches of a union, promotions.

Pairs only; nothing is judged here. Names match as the specification says, by the unqualified name or by an alias of
the reader; where it leaves the order open (fullname first, exact type first) as the decoders do.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeAlias

from compat.avro.types import Enum, Field, Fixed, Named, Primitive, Record, Type, Union

PROMOTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "int": ("long", "float", "double"),
    "long": ("float", "double"),
    "float": ("double",),
    "string": ("bytes",),
    "bytes": ("string",),
}


def kind_of(type_: Type) -> str:
    """The kind of a type, as schema text spells it."""
    return type_.kind if isinstance(type_, Primitive) else type_.__class__.__name__.lower()


def same_name(reader: Named, writer: Named) -> bool:
    if reader.name.base == writer.name.base:
        return True
    return any(alias.full == writer.name.full for alias in reader.aliases)


# ---------------------------------------------------------------- fields


@dataclass(frozen=True, slots=True)
class Clash:
    """Several fields of the writer that all go by a name of one field of the reader."""

    sources: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Shared:
    """A field of the writer that an earlier field of the reader goes by, too."""

    source: Field
    first: Field


Supply: TypeAlias = Field | Clash | Shared | None


def supplies(reader: Record, sources: Mapping[str, Field]) -> list[Supply]:
    """For each field of the reader, in order, what the writer has for it; `sources` are the writer's fields by name.

    Decoders do not agree on what feeds several fields, or is fed by several: so neither is hidden by a choice here.
    """
    found: list[Supply] = []
    firsts: dict[Field, Field] = {}
    for field in reader.fields:
        supply = _supply(field, sources)
        if isinstance(supply, Field):
            first = firsts.setdefault(supply, field)
            found.append(supply if first is field else Shared(supply, first))
        else:
            found.append(supply)
    return found


def _supply(field: Field, sources: Mapping[str, Field]) -> Field | Clash | None:
    if not field.aliases:
        return sources.get(field.name)
    names = dict.fromkeys((field.name, *field.aliases))
    found = tuple(sources[name] for name in names if name in sources)
    if len(found) > 1:
        return Clash(found)
    return found[0] if found else None


# ---------------------------------------------------------------- branches of a union


class Branches:
    """A reader's union, indexed, so that a writer's type finds its branches without a walk over all of them."""

    def __init__(self, union: Union) -> None:
        self._union = union
        self._kinds: dict[str, int] = {}
        self._fulls: dict[tuple[type, str], list[int]] = {}
        self._aliases: dict[tuple[type, str], list[int]] = {}
        self._bases: dict[tuple[type, str], list[int]] = {}
        for index, branch in enumerate(union.branches):
            if isinstance(branch, Record | Enum | Fixed):
                self._fulls.setdefault((branch.__class__, branch.name.full), []).append(index)
                self._bases.setdefault((branch.__class__, branch.name.base), []).append(index)
                for alias in branch.aliases:
                    self._aliases.setdefault((branch.__class__, alias.full), []).append(index)
            else:
                self._kinds.setdefault(kind_of(branch), index)

    @cached_property
    def places(self) -> dict[Type, int]:
        return {branch: index for index, branch in enumerate(self._union.branches)}

    def candidates(self, writer: Type) -> list[int]:
        """The branches that may read `writer`, which is no union, in the order in which decoders try them."""
        if isinstance(writer, Record | Enum | Fixed):
            return list(dict.fromkeys(self._named(writer)))
        kind = kind_of(writer)
        if kind in self._kinds:
            return [self._kinds[kind]]
        promoted = [self._kinds[other] for other in PROMOTIONS.get(kind, ()) if other in self._kinds]
        return [min(promoted)] if promoted else []

    def _named(self, writer: Named) -> Iterable[int]:
        class_, name = writer.__class__, writer.name
        yield from self._fulls.get((class_, name.full), ())
        yield from self._aliases.get((class_, name.full), ())
        yield from self._bases.get((class_, name.base), ())
