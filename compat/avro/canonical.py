"""Avro schemas as text: the stored form, the form with references inlined, and the normalized form.

The stored form is byte for byte what Java's `Schema.toString` and so Confluent gives; where that would change what the
schema means, we keep the meaning (`docs/decisions/avro-normalize.md`). No form here may lose anything a reader needs.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeAlias

from compat.avro.defaults import DEPTH, MOST_STEPS, Defaults
from compat.avro.logical import logical_of
from compat.avro.text import double, nearest, single, written
from compat.avro.types import (
    ABSENT,
    PRIMITIVES,
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
)
from compat.json_text import java_order, nesting, quoted

Place: TypeAlias = tuple[Type, str]
"""A type to be written, and the namespace around it."""

Parts: TypeAlias = Iterator[str | Place]

_JAVA: Final = ("avro.java.string", "java-class", "java-key-class", "java-element-class")
"""Properties next to which Java ignores a logical type."""

_TYPE_WORDS: Final = frozenset((*PRIMITIVES, "record", "enum", "array", "map", "union", "fixed"))


def stored(root: Type) -> str:
    """The form that is stored; types of references stand as names."""
    return assembled((root, ""), _Writer().parts)


def resolved(root: Type) -> str:
    """The stored form with all references inlined."""
    return assembled((root, ""), _Writer(inline=True).parts)


def normalized(root: Type) -> str:
    """What Confluent stores under `normalize=true`."""
    return assembled((root, ""), _Writer(normal=True).parts)


def assembled(top: Place, parts: Callable[[Type, str], Parts]) -> str:
    """The text that `parts` gives for a type, and for each type that it gives in turn. Depth costs no recursion."""
    out: list[str] = []
    stack = [parts(*top)]
    while stack:
        for part in stack[-1]:
            if isinstance(part, str):
                out.append(part)
            else:
                stack.append(parts(*part))
                break
        else:
            stack.pop()
    return "".join(out)


class _Writer:
    """Gives the parts of each type in Java's order of keys. A named type is defined where it is met first."""

    def __init__(self, *, inline: bool = False, normal: bool = False) -> None:
        self._inline = inline
        self._normal = normal
        self._defaults = Defaults(MOST_STEPS)
        self._defined: set[str] = set()

    def parts(self, kind: Type, space: str) -> Parts:
        match kind:
            case Primitive():
                yield f'{{"type":"{kind.kind}"{self._props(kind)}}}' if kind.props else f'"{kind.kind}"'
            case Array():
                yield '{"type":"array","items":'
                yield kind.items, space
                yield f"{self._props(kind)}}}"
            case Map():
                yield '{"type":"map","values":'
                yield kind.values, space
                yield f"{self._props(kind)}}}"
            case Union():
                before = "["
                for branch in kind.branches:
                    if isinstance(branch, Primitive) and not branch.props:
                        yield f'{before}"{branch.kind}"'
                    else:
                        yield before
                        yield branch, space
                    before = ","
                yield "]" if kind.branches else "[]"
            case _:
                full = kind.name.full
                if full in self._defined or (kind.referent and not self._inline):
                    yield quoted(name_within(kind.name, space))
                else:
                    self._defined.add(full)
                    yield from self._definition(kind, space)

    def _definition(self, kind: Named, space: str) -> Parts:
        word = "error" if isinstance(kind, Record) and kind.is_error else type(kind).__name__.lower()
        head = f'{{"type":"{word}","name":{quoted(kind.name.base)}'
        if kind.name.space != space:
            head += f',"namespace":{quoted(kind.name.space)}'
        head += self._doc(kind)
        tail = f"{self._props(kind)}{self._aliases(kind)}}}"
        match kind:
            case Enum():
                default = "" if kind.default is None else f',"default":{quoted(kind.default)}'
                yield f'{head},"symbols":[{",".join([quoted(symbol) for symbol in kind.symbols])}]{default}{tail}'
            case Fixed():
                yield f'{head},"size":{kind.size}{tail}'
            case Record():
                yield f'{head},"fields":['
                yield from self._fields(kind)
                yield f"]{tail}"

    def _fields(self, record: Record) -> Parts:
        comma = ""
        for field in record.fields:
            head = f'{comma}{{"name":{quoted(field.name)},"type":'
            tail = f"{self._attributes(field)}}}"
            kind = field.type
            if isinstance(kind, Primitive) and not kind.props:
                yield f'{head}"{kind.kind}"{tail}'
            else:
                yield head
                yield kind, record.name.space
                yield tail
            comma = ","

    def _attributes(self, field: Field) -> str:
        text = "" if field.doc is None else f',"doc":{quoted(field.doc)}'
        if field.default is not ABSENT:
            typed = self._normal and nesting(field.default) <= DEPTH
            default = self._default(field.type, field.default) if typed else written(field.default, sort=self._normal)
            text += f',"default":{default}'
        if field.order != "ascending":
            text += f',"order":"{field.order}"'
        if field.aliases:
            text += f',"aliases":{written(self._sorted(field.aliases))}'
        return text + self._props(field)

    def _doc(self, kind: Named) -> str:
        return "" if kind.doc is None or (self._normal and not kind.doc) else f',"doc":{quoted(kind.doc)}'

    def _aliases(self, kind: Named) -> str:
        if not kind.aliases:
            return ""
        space = kind.name.space
        # Java writes an alias in the null namespace bare, and would read it back into the namespace of the type.
        full = {f"{'' if alias.space or not space else '.'}{alias.full}": alias for alias in kind.aliases}
        spelled = [name if name[0:1] == "." else name_within(full[name], space) for name in self._sorted(full)]
        return f',"aliases":{written(spelled)}'

    def _sorted(self, names: Iterable[str]) -> list[str]:
        return sorted(names, key=java_order) if self._normal else list(names)

    def _props(self, owner: Primitive | Array | Map | Field | Named) -> str:
        props = owner.props
        if not props:
            return ""
        keys = _normal_order(owner) if self._normal else props
        return "".join([f",{quoted(key)}:{written(props[key], sort=self._normal)}" for key in keys])

    def _default(self, kind: Type, value: Json) -> str:
        """A default as its type has it: numbers of a float or double as such, keys of objects sorted."""
        match kind:
            case Union():
                # Confluent takes the first branch. It leaves an object as it is where that branch is no map or record;
                # what else does not fit it would lose, so we take the branch that fits.
                fitting = (branch for branch in kind.branches if self._defaults.fits(branch, value))
                branch = next(fitting, None)
                if branch is None or (isinstance(value, dict) and not isinstance(kind.branches[0], Map | Record)):
                    return written(value, sort=True)
                return self._default(branch, value)
            case Primitive(kind="float" | "double") if isinstance(value, int | float) and not isinstance(value, bool):
                return single(nearest(value)) if kind.kind == "float" else double(nearest(value))
            case Array() if isinstance(value, list):
                return f"[{','.join([self._default(kind.items, item) for item in value])}]"
            case Map() if isinstance(value, dict):
                return self._object(dict.fromkeys(value, kind.values), value)
            case Record() if isinstance(value, dict):
                return self._object({field.name: field.type for field in kind.fields}, value)
            case _:
                return written(value, sort=True)

    def _object(self, types: dict[str, Type], value: dict[str, Json]) -> str:
        parts = []
        for key in sorted(value, key=java_order):
            text = self._default(types[key], value[key]) if key in types else written(value[key], sort=True)
            parts.append(f"{quoted(key)}:{text}")
        return f"{{{','.join(parts)}}}"


def name_within(name: Name, space: str) -> str:
    """How Java refers to a name from inside a namespace; a name that is a word of Avro's own is written in full."""
    return name.base if space and name.space == space and name.base not in _TYPE_WORDS else name.full


def _normal_order(owner: Primitive | Array | Map | Field | Named) -> list[str]:
    """Sorted, but a valid logical type comes first: Confluent writes it, and then all properties sorted, so that its
    keys come twice; read again, the first place counts.
    """
    keys = sorted(owner.props, key=java_order)
    logical = logical_of(owner) if isinstance(owner, Primitive | Fixed) else None
    if logical is None or logical.name == "duration" or any(isinstance(owner.props.get(key), str) for key in _JAVA):
        return keys
    first = ["logicalType"]
    if logical.name == "decimal":
        first += ["precision", "scale"] if logical.scale else ["precision"]
    return [*first, *(key for key in keys if key not in first)]
