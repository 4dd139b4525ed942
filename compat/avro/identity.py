"""When two schemas are the same schema: equal meaning and equal words, however they are laid out.

Follows what Confluent's look-up calls equal. The order of keys and aliases, where a type is defined, and how its name
is spelled do not count; doc, aliases, properties, defaults, order and the default of an enum do.
"""

import json
from collections.abc import Sequence
from hashlib import blake2b
from typing import assert_never

from compat.avro.types import ABSENT, Array, Enum, Field, Fixed, Json, Map, Named, Primitive, Record, Type, Union


def identity(root: Type) -> str:
    """A hex digest, equal for equal schemas. Flat: each named type once, so depth and sharing cost nothing."""
    return _digest([_shape(root), {named.name.full: _digest_of(named) for named in named_types(root)}])


def _digest_of(named: Named) -> str:
    if named.digest:
        return named.digest
    digest = _digest(_definition(named))
    if named.referent:
        named.digest = digest
    return digest


def _digest(shape: Json) -> str:
    return blake2b(_json(shape).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def same_definition(first: Named, second: Named) -> bool:
    """Whether a second definition of a name says the same. Documentation may differ: the first one's stays."""
    if _size(first) != _size(second):  # or many small definitions could each be compared with a large one
        return False
    return _json(_definition(first, documented=False)) == _json(_definition(second, documented=False))


def _size(named: Named) -> int:
    match named:
        case Fixed():
            return named.size
        case Enum():
            return len(named.symbols)
        case Record():
            return len(named.fields)


def named_types(root: Type) -> list[Named]:
    """All records, enums and fixed types that `root` reaches, each once, in the order of the stored text."""
    found: dict[int, Named] = {}
    stack = list(reversed(_named_in([root])))
    while stack:
        named = stack.pop()
        if id(named) not in found:
            found[id(named)] = named
            if isinstance(named, Record):
                stack += reversed(_inner(named))
    return list(found.values())


def _inner(record: Record) -> Sequence[Named]:
    if record.inner is not None:
        return record.inner
    inner = _named_in([field.type for field in record.fields])
    if record.referent:
        record.inner = tuple(inner)
    return inner


def _named_in(kinds: Sequence[Type]) -> list[Named]:
    """The named types that these are, or hold without another named one between."""
    found: list[Named] = []
    stack = list(reversed(kinds))
    while stack:
        kind = stack.pop()
        match kind:
            case Primitive():
                pass
            case Array():
                stack.append(kind.items)
            case Map():
                stack.append(kind.values)
            case Union():
                stack += reversed(kind.branches)
            case Fixed() | Enum() | Record():
                found.append(kind)
            case _:
                assert_never(kind)
    return found


def _json(shape: Json) -> str:
    return json.dumps(shape, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _shape(kind: Type) -> Json:
    """A type in place; a named one by its name alone."""
    match kind:
        case Primitive():
            return [kind.kind, kind.props] if kind.props else kind.kind
        case Array():
            return ["array", _shape(kind.items), kind.props]
        case Map():
            return ["map", _shape(kind.values), kind.props]
        case Union():
            branches = ["union"]
            for branch in kind.branches:
                branches.append(_shape(branch))  # noqa: PERF401  (a comprehension is a frame more on Python 3.11)
            return branches
        case _:
            return {"named": kind.name.full}


def _definition(named: Named, *, documented: bool = True) -> Json:
    aliases = sorted(alias.full for alias in named.aliases)
    doc = named.doc if documented else None
    match named:
        case Fixed():
            return ["fixed", named.size, doc, aliases, named.props]
        case Enum():
            return ["enum", named.symbols, named.default, doc, aliases, named.props]
        case Record():
            fields = []
            for field in named.fields:
                fields.append(_field(field, documented=documented))  # noqa: PERF401  (as in _shape)
            return ["record", fields, doc, aliases, named.props]


def _field(field: Field, *, documented: bool) -> Json:
    shape = [field.name, _shape(field.type)]
    if field.default is not ABSENT:
        shape.append({"default": field.default})
    doc = field.doc if documented else None
    if doc is not None or field.aliases or field.props or field.order != "ascending":
        shape += [doc, field.order, sorted(field.aliases), field.props]
    return shape
