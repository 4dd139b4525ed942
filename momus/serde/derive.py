"""Schemas of a program's own types: for Avro from annotations, for JSON Schema by msgspec or Pydantic.

Types come from `msgspec.inspect`, which knows dataclasses, msgspec's structs, attrs' classes and TypedDicts; a Pydantic
model tells its fields itself. What has no schema, or more than one, is refused with the way to it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from decimal import Decimal
from enum import Enum
from inspect import cleandoc
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import inspect

from momus.serde.errors import SerdeError

Json = Any
_NONE: Final = object()

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


def avro_schema(class_: type) -> str:
    """The Avro schema of a class. Raises SerdeError for a type that Avro has no one type for."""
    return json.dumps(_Avro().of(class_, class_.__name__))


def json_schema(class_: type) -> str:
    """The JSON schema of a class, its title the class's name."""
    if hasattr(class_, "model_json_schema"):
        return json.dumps(class_.model_json_schema(by_alias=True))
    try:
        schema = msgspec.json.schema(class_)
    except TypeError as error:
        raise SerdeError(f"{class_.__name__} has no JSON schema: {error}") from None
    return json.dumps({"title": class_.__name__, **schema})


class _Avro:
    def __init__(self) -> None:
        self._known: dict[type, str] = {}

    def of(self, kind: Any, way: str) -> Json:
        origin, arguments = get_origin(kind), get_args(kind)
        if origin is Annotated:
            return self._annotated(arguments, way)
        if origin in (Union, UnionType):
            return self._union(arguments, way)
        if origin is Literal:
            return self._literal(arguments, way)
        if isinstance(origin, type) and arguments:
            return self._container(origin, arguments, way)
        if not isinstance(kind, type):
            if kind is None:
                return "null"
            raise SerdeError(f"{way}: Avro has no one type for {kind!r}")
        if kind in self._known:
            return self._known[kind]
        if issubclass(kind, Enum):
            return self._enum(kind, way)
        if kind is Decimal:
            raise SerdeError(f"{way}: a decimal needs its digits: Annotated[Decimal, {{'precision': 9, 'scale': 2}}]")
        for base in kind.__mro__[:-1]:
            if base.__name__ in _PLAIN and base.__module__ in ("builtins", "datetime", "uuid"):
                return _PLAIN[base.__name__]
        return self._record(kind, way)

    def _annotated(self, arguments: tuple[Any, ...], way: str) -> Json:
        """Metadata that is a dict is part of the Avro type: `Annotated[int, {"type": "int"}]`."""
        given = [extra for extra in arguments[1:] if isinstance(extra, Mapping)]
        more = {name: value for extra in given for name, value in extra.items()}
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
        if all(isinstance(value, str) for value in arguments):
            return "string"
        raise SerdeError(f"{way}: Avro has no type for the literals {arguments!r}")

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
        symbols = [member.value for member in kind]
        if not all(isinstance(symbol, str) and symbol.isidentifier() for symbol in symbols):
            raise SerdeError(f"{way}: values of an Avro enum are names, and those of {kind.__name__} are {symbols}")
        self._known[kind] = kind.__name__
        return {"type": "enum", "name": kind.__name__, "symbols": symbols}

    def _record(self, kind: type, way: str) -> Json:
        fields = _fields(kind)
        if fields is None:
            raise SerdeError(f"{way}: Avro has no type for {kind.__name__}")
        space = getattr(kind, "__avro_namespace__", "")
        self._known[kind] = f"{space}.{kind.__name__}" if space else kind.__name__
        record: dict[str, Json] = {"type": "record", "name": kind.__name__}
        if space:
            record["namespace"] = space
        if kind.__doc__ and not kind.__doc__.startswith(f"{kind.__name__}("):
            record["doc"] = cleandoc(kind.__doc__)
        record["fields"] = [self._field(name, inner, default, f"{way}.{name}") for name, inner, default in fields]
        return record

    def _field(self, name: str, kind: Any, default: Any, way: str) -> Json:
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


def _fields(kind: type) -> list[tuple[str, Any, Any]] | None:
    """Name, type and default of each field; _NONE where there is no default, or none that could be written."""
    if hasattr(kind, "model_fields"):
        return [
            (field.alias or name, _again(field), _pydantic_default(field)) for name, field in kind.model_fields.items()
        ]
    if (
        hasattr(kind, "__attrs_attrs__")
        or is_dataclass(kind)
        or issubclass(kind, msgspec.Struct)
        or _is_typed_dict(kind)
    ):
        hints = get_type_hints(kind, include_extras=True)
        described = inspect.type_info(kind)
        return [(field.encode_name, hints[field.name], _default(field)) for field in described.fields]  # type: ignore[attr-defined]
    if hasattr(kind, "from_data") and hasattr(kind, "_options"):
        options = kind._options  # noqa: SLF001 - Faust's records tell their fields nowhere else
        return [(name, inner, options.defaults.get(name, _NONE)) for name, inner in options.fields.items()]
    return None


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


def _is_typed_dict(kind: type) -> bool:
    return issubclass(kind, dict) and hasattr(kind, "__total__")
