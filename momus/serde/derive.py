"""Schemas of a program's own types: for Avro from annotations, for JSON Schema by msgspec or Pydantic.

Types come from `msgspec.inspect`, which knows dataclasses, msgspec's structs, attrs' classes and TypedDicts; a Pydantic
model tells its fields itself. What has no schema, or more than one, is refused with the way to it.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from inspect import cleandoc
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, NotRequired, Required, TypeVar, Union, get_args, get_origin
from typing import get_type_hints as hints_of

import msgspec
from msgspec import inspect

from compat import InvalidSchema, Source, parse
from momus.serde.errors import SerdeError
from momus.serde.kinds import is_faust, is_pydantic, is_record

Json = Any
NEWEST: Final = "https://json-schema.org/draft/2020-12/schema"
_NONE: Final = object()
_HINTS: Final = {
    "unhashable": "; metadata within a union must have a hash, as Avro(...) has",
    "not contain more than one": "; Pydantic's models may, and msgspec's structs with tag=True",
}
_SYMBOL: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_PLAIN: Final[dict[str, Json]] = {
    "NoneType": "null",
    "bool": "boolean",
    "int": "long",
    "float": "double",
    "str": "string",
    "bytes": "bytes",
    "bytearray": "bytes",
    "datetime": {"type": "long", "logicalType": "timestamp-micros"},
    "date": {"type": "int", "logicalType": "date"},
    "time": {"type": "long", "logicalType": "time-micros"},
    "UUID": {"type": "string", "logicalType": "uuid"},
}


class Avro(Mapping[str, Json]):
    """Members of a type in Avro, said where Python's type does not: `Annotated[Decimal, Avro(precision=9, scale=2)]`,
    `Annotated[int, Avro(type="int")] | None`.
    """

    def __init__(self, **members: Json) -> None:
        self._members = members

    def __getitem__(self, name: str) -> Json:
        return self._members[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __hash__(self) -> int:
        return hash(json.dumps(self._members, sort_keys=True))

    def __repr__(self) -> str:
        return f"Avro({', '.join(f'{name}={value!r}' for name, value in self._members.items())})"


def avro_schema(class_: Any) -> str:
    """The Avro schema of a class, as text. Raises SerdeError for a type that Avro has no one type for."""
    text = json.dumps(_Avro().of(class_, _name_of(class_)))
    try:
        parse(Source("AVRO", text))
    except InvalidSchema as invalid:
        raise SerdeError(f"{_name_of(class_)} has no Avro schema: {invalid}") from None
    return text


def json_schema(class_: Any) -> str:
    """The JSON schema of a class, as text, its title the class's name. Raises SerdeError for a type that has none."""
    try:
        text = json.dumps(_json_schema(class_), allow_nan=False)
    except SerdeError:
        raise
    except Exception as error:  # noqa: BLE001  (each library's own, and KeyError where two classes have one name)
        raise SerdeError(f"{_name_of(class_)} has no JSON schema: {_reason(error)}") from None
    # Tuples of several types are said in the newest words; elsewhere all drafts agree, and the usual one will do.
    return f'{{"$schema": "{NEWEST}", {text[1:]}' if '"prefixItems"' in text else text


def _json_schema(class_: Any) -> dict[str, Json]:
    if is_pydantic(class_):
        return _of_pydantic(class_)
    return _hoisted({"title": _name_of(class_), **msgspec.json.schema(class_, schema_hook=_json_of)})


def _of_pydantic(model: Any) -> dict[str, Json]:
    _hold_names(model)
    own: dict[str, Json] = model.model_json_schema(by_alias=True)
    return own


def _hoisted(schema: dict[str, Json]) -> dict[str, Json]:
    """With the definitions of models within at the root, where they are referred to."""
    definitions: dict[str, Json] = schema.pop("$defs", {})
    todo: list[Json] = [schema, *definitions.values()]
    while todo:
        inner = todo.pop()
        if isinstance(inner, dict):
            found = inner.pop("$defs", {})
            for name, definition in found.items():
                if definitions.setdefault(name, definition) != definition:
                    raise KeyError(name)  # as msgspec does
            todo += [*inner.values(), *found.values()]
        elif isinstance(inner, list):
            todo += inner
    return schema | ({"$defs": definitions} if definitions else {})


def _json_of(kind: Any) -> dict[str, Json]:
    """Of Pydantic's models within others, and of subclasses of plain types: msgspec does not know them."""
    if is_pydantic(kind):
        return _of_pydantic(kind)
    for base, name in ((str, "string"), (int, "integer"), (float, "number")):
        if isinstance(kind, type) and issubclass(kind, base):
            return {"type": name}
    raise TypeError(f"there is none for {getattr(kind, '__name__', kind)}")


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"there is another class of the name of {error}"
    reason = str(error).partition("\n")[0]
    return reason + next((hint for word, hint in _HINTS.items() if word in reason), "")


def _name_of(class_: Any) -> str:
    """As Avro may have it: `Box[int]` is Box_int."""
    arguments = "".join(f"_{_name_of(argument)}" for argument in get_args(class_))
    return re.sub(r"\W+", "_", f"{getattr(class_, '__name__', str(class_))}{arguments}").strip("_")


class _Avro:
    def __init__(self) -> None:
        self._known: dict[type, str] = {}

    def of(self, kind: Any, way: str) -> Json:
        origin, arguments = get_origin(kind), get_args(kind)
        if origin is Annotated:
            return self._annotated(arguments, way)
        if origin in (Required, Final):
            return self.of(arguments[0], way)
        if origin is NotRequired:
            raise SerdeError(f"{way}: Avro has no fields that may be missing, but such as may be None")
        if getattr(kind, "__pydantic_root_model__", False):
            return self.of(_again(kind.model_fields["root"]), way)
        if hasattr(kind, "__supertype__"):  # of a NewType
            return self.of(kind.__supertype__, way)
        if origin in (Union, UnionType):
            return self._union(arguments, way)
        if origin is Literal:
            return self._literal(arguments, way)
        if isinstance(origin, type) and arguments:
            return self._record(kind, way) if is_record(origin) else self._container(origin, arguments, way)
        if not isinstance(kind, type):
            if kind is None:
                return "null"
            raise SerdeError(f"{way}: Avro has no one type for {kind!r}")
        if kind in (list, dict, set, tuple, frozenset):
            raise SerdeError(f"{way}: Avro needs to know of what: {kind.__name__}[...]")
        if issubclass(kind, Enum):
            return self._enum(kind, way)
        if kind is Decimal:
            raise SerdeError(f"{way}: a decimal needs its digits: Annotated[Decimal, Avro(precision=9, scale=2)]")
        for base in kind.__mro__[:-1]:
            if base.__name__ in _PLAIN and base.__module__ in ("builtins", "datetime", "uuid"):
                return _PLAIN[base.__name__]
        return self._record(kind, way)

    def _annotated(self, arguments: tuple[Any, ...], way: str) -> Json:
        """Metadata that is a mapping is part of the Avro type: `Annotated[int, Avro(type="int")]`."""
        given = [extra for extra in arguments[1:] if isinstance(extra, Mapping)]
        more = {name: value for extra in given for name, value in extra.items()}
        for extra in arguments[1:]:  # as Pydantic says it
            if arguments[0] is Decimal and getattr(extra, "max_digits", None) is not None:
                more = {"precision": extra.max_digits, "scale": getattr(extra, "decimal_places", None) or 0} | more
        if arguments[0] is Decimal and "precision" in more:
            return {"type": "bytes", "logicalType": "decimal", **more}
        inner = self.of(arguments[0], way)
        if not more:
            return inner
        return {**(inner if isinstance(inner, dict) else {"type": inner}), **more}

    def _union(self, arguments: tuple[Any, ...], way: str) -> Json:
        branches: list[Json] = []
        for argument in arguments:
            branch = self.of(argument, way)
            branches += [one for one in (branch if isinstance(branch, list) else [branch]) if one not in branches]
        return branches

    def _literal(self, arguments: tuple[Any, ...], way: str) -> Json:
        kinds = list(dict.fromkeys(_PLAIN.get(type(value).__name__) for value in arguments))
        if not set(kinds) <= {"string", "long", "boolean", "null"}:
            raise SerdeError(f"{way}: Avro has no type for the literals {arguments!r}")
        return kinds[0] if len(kinds) == 1 else kinds

    def _container(self, origin: type, arguments: tuple[Any, ...], way: str) -> Json:
        if issubclass(origin, Mapping):
            if arguments[0] is not str:
                raise SerdeError(f"{way}: keys of Avro's maps are strings")
            return {"type": "map", "values": self.of(arguments[1], f"{way}{{}}")}
        if issubclass(origin, tuple) and not (len(arguments) == 2 and arguments[1] is Ellipsis):
            raise SerdeError(f"{way}: Avro has no type for {origin.__name__}{list(arguments)}")
        if issubclass(origin, Sequence | set | frozenset):
            return {"type": "array", "items": self.of(arguments[0], f"{way}[]")}
        raise SerdeError(f"{way}: Avro has no type for {origin.__name__}")

    def _enum(self, kind: type[Enum], way: str) -> Json:
        """An enum where its values may be symbols, else what they are."""
        if kind in self._known:
            return self._known[kind]
        symbols = [member.value for member in kind]
        if not all(isinstance(symbol, str) and _SYMBOL.fullmatch(symbol) for symbol in symbols):
            return self._literal(tuple(symbols), way)
        self._known[kind] = kind.__name__
        return {"type": "enum", "name": kind.__name__, "symbols": symbols}

    def _record(self, kind: Any, way: str) -> Json:
        if kind in self._known:
            return self._known[kind]
        name, class_ = _name_of(kind), get_origin(kind) or kind
        if not is_record(class_):
            raise SerdeError(f"{way}: Avro has no type for {name}")
        fields = _fields(kind, way)
        space = getattr(class_, "__avro_namespace__", "")
        self._known[kind] = f"{space}.{name}" if space else name
        record: dict[str, Json] = {"type": "record", "name": name}
        if space:
            record["namespace"] = space
        if class_.__doc__ and not class_.__doc__.startswith(f"{class_.__name__}("):
            record["doc"] = cleandoc(class_.__doc__)
        record["fields"] = [self._field(name, inner, default, f"{way}.{name}") for name, inner, default in fields]
        return record

    def _field(self, name: str, kind: Any, default: Any, way: str) -> Json:
        if not _SYMBOL.fullmatch(name):
            raise SerdeError(f"{way}: {name!r} is no name that a field of Avro's may have")
        type_ = self.of(kind, way)
        if default is _NONE:
            return {"name": name, "type": type_}
        if default is None and type_ != "null" and (not isinstance(type_, list) or "null" not in type_):
            type_ = ["null", *(type_ if isinstance(type_, list) else [type_])]  # `note: str = None` means it so
        if isinstance(type_, list):  # the branch of the default comes first
            type_ = sorted(type_, key=lambda branch: (branch == "null") is not (default is None))
        plain = default.value if isinstance(default, Enum) else default
        is_written = isinstance(plain, str | int | float | NoneType) or plain in ([], {})
        return {"name": name, "type": type_, **({"default": plain} if is_written else {})}


def _fields(kind: Any, way: str) -> list[tuple[str, Any, Any]]:
    """Name, type and default of each field; _NONE where there is no default, or none that could be written."""
    if is_pydantic(kind):
        return [_of_model(kind, name, field, way) for name, field in kind.model_fields.items()]
    if is_faust(kind):
        options = kind._options  # noqa: SLF001 - Faust's records tell their fields nowhere else
        return [(name, inner, options.defaults.get(name, _NONE)) for name, inner in options.fields.items()]
    class_ = get_origin(kind) or kind
    given = dict(zip(getattr(class_, "__parameters__", ()), get_args(kind), strict=False))
    try:
        hints = {name: _filled(hint, given) for name, hint in hints_of(class_, include_extras=True).items()}
        described: Any = inspect.type_info(kind)
    except NameError as error:
        raise SerdeError(f"{way}: {error}: types that are named before they are there belong to the module") from None
    except TypeError as error:
        raise SerdeError(f"{way}: {_reason(error)}") from None
    if getattr(described, "array_like", False):
        raise SerdeError(f"{way}: Avro has no type for structs that are arrays (array_like)")
    if any(name.startswith("_") for name in hints) and hasattr(class_, "__attrs_attrs__"):
        raise SerdeError(f"{way}: names that begin with an underscore are not written of attrs' classes")
    tag = [(described.tag_field, type(described.tag), described.tag)] if getattr(described, "tag", None) else []
    return tag + [(field.encode_name, hints[field.name], _default(field)) for field in described.fields]


def _filled(hint: Any, given: dict[Any, Any]) -> Any:
    """A type with its variables replaced."""
    if isinstance(hint, TypeVar):
        return given.get(hint, hint)
    wanted = getattr(hint, "__parameters__", ())
    return hint[tuple(given.get(one, one) for one in wanted)] if wanted and not isinstance(hint, type) else hint


def _of_model(kind: Any, name: str, field: Any, way: str) -> tuple[str, Any, Any]:
    written, read = _names(kind, name, field)
    _hold_name(written, read, f"{way}.{name}")
    return written, _again(field), _pydantic_default(field)


def _names(kind: Any, name: str, field: Any) -> tuple[str, list[str]]:
    """As what a field of a model is written, and as what it is read, the name in its JSON schema first."""
    alias, by_name = field.validation_alias, {"populate_by_name", "validate_by_name"}
    read = [alias] if isinstance(alias, str) else [one for one in getattr(alias, "choices", ()) if isinstance(one, str)]
    if alias is None or any(kind.model_config.get(key) for key in by_name):
        read.append(name)
    return field.serialization_alias or name, read


def _hold_name(written: str, read: list[str], way: str) -> None:
    if written not in read:
        raise SerdeError(f"{way}: {written!r} is what the field is written as, and it is read as {' or '.join(read)!r}")


def _hold_names(class_: Any) -> None:
    """The models within, too."""
    todo, seen = [class_], set()
    while todo:
        kind = todo.pop()
        if not is_pydantic(kind):
            todo += get_args(kind)
        elif kind not in seen:
            seen.add(kind)
            for name, field in kind.model_fields.items():
                written, read = _names(kind, name, field)
                _hold_name(written, read[:1], f"{_name_of(kind)}.{name}")
                todo.append(field.annotation)


def _again(field: Any) -> Any:
    """Pydantic takes annotations apart."""
    return Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation


def _pydantic_default(field: Any) -> Any:
    if field.default_factory is not None:
        return _empty(field.default_factory)
    return _NONE if field.is_required() else field.default


def _default(field: inspect.Field) -> Any:
    if field.default is not msgspec.NODEFAULT:
        return field.default
    return _empty(field.default_factory) if field.default_factory is not msgspec.NODEFAULT else _NONE


def _empty(factory: Any) -> Any:
    """Of factories only those count that make an empty container: others may make another value each time."""
    return factory() if factory in (list, dict) else _NONE
