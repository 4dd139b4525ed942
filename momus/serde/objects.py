"""Values of a program's own types, to plain ones and back: dataclasses, msgspec, Pydantic, attrs, Faust.

What a class is is asked once; `kinds` tells it.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final, get_origin
from uuid import UUID

import msgspec

from compat.faults import CodecError, shown
from momus.serde.kinds import is_faust, is_msgspecs, is_pydantic, is_typed_dict

Build = Callable[[Any], Any]

KEPT: Final = (bytes, bytearray, datetime, date, time, timedelta, UUID, Decimal)  # Avro's logical types are these
MOST_STEPS: Final = 50  # of a way that is looked for
_BASES: Final[tuple[Any, ...]] = (str, int, float, bytes)
_PLACE: Final = re.compile(r"\.([^.\[]+)|\[([^\]]*)\]")
_READY: Final = frozenset((dict, list, str, int, float, bool, bytes, type(None), tuple, *KEPT))


class Plainer:
    """To plain values: dicts, lists, and leaves; those of `kept` stay as they are. Raises CodecError.

    as_json: Pydantic's models have words of their own for what JSON has none for.
    derived: the schema is the class's own, which knows nothing of computed fields.
    """

    def __init__(self, kept: tuple[type, ...] = KEPT, *, as_json: bool = False, derived: bool = False) -> None:
        self._kept = kept
        self._dump = {"mode": "json" if as_json else "python", "by_alias": True, "round_trip": derived}
        self._is_understood: dict[Any, bool] = dict.fromkeys(_READY, False)

    def __call__(self, value: Any) -> Any:
        """Objects are opened; in a dict or a list nobody looks for them, which would cost the most where none are."""
        class_ = value.__class__
        if class_ not in self._is_understood:
            self._is_understood[class_] = _is_understood(class_)
        return self.throughout(value) if self._is_understood[class_] else value

    def throughout(self, value: Any) -> Any:
        """Objects are opened wherever they are."""
        try:
            return self._plain(value)
        except RecursionError:
            raise CodecError(f"{shown(value)} is nested too deeply, or holds itself") from None
        except Exception as error:  # noqa: BLE001  (each library has its own, and users' classes raise what they like)
            raise CodecError(f"it cannot be made plain: {error}", self._place_in(value)) from None

    def _plain(self, value: Any) -> Any:
        return msgspec.to_builtins(self._opened(value), builtin_types=self._kept, enc_hook=self._hook, str_keys=False)

    def _opened(self, value: Any) -> Any:
        """As a dict, what msgspec does not know; all else as it is."""
        if is_pydantic(type(value)):
            return value.model_dump(**self._dump)
        return _of_faust(value) if is_faust(type(value)) else value

    def _hook(self, value: Any) -> Any:
        opened = self._opened(value)
        if opened is not value:
            return opened
        for base in _BASES:  # a text of a class of its own is a text
            if isinstance(value, base):
                return base(value)
        if hasattr(value, "tolist"):  # of numpy
            return value.tolist()
        raise TypeError(f"{shown(value)} is none of the types that are understood")

    def _place_in(self, value: Any, most: int = MOST_STEPS) -> tuple[str | int, ...]:
        """The way to what cannot be made plain, or its first steps."""
        if not most:
            return ()
        for name in getattr(type(value), "model_fields", ()):  # which the model says in its own words
            try:
                value.model_dump(**self._dump, include={name})
            except Exception:  # noqa: BLE001  (as above)
                return (name, *self._place_in(getattr(value, name, None), most - 1))
        for step, inner in _inner(value):
            try:
                self._plain(inner)
            except Exception:  # noqa: BLE001  (as above)
                return (step, *self._place_in(inner, most - 1))
        return ()


def _inner(value: Any) -> Iterable[tuple[str | int, Any]]:
    try:
        return list(_members(value))
    except Exception:  # noqa: BLE001  (as above: what fails in being looked at is where the way ends)
        return ()


def _members(value: Any) -> Iterable[tuple[str | int, Any]]:
    if isinstance(value, dict):
        return value.items()
    if isinstance(value, list | tuple):
        return enumerate(value)
    names = getattr(value, "__struct_fields__", None) or [one.name for one in getattr(value, "__attrs_attrs__", ())]
    if is_dataclass(value):
        names = [one.name for one in fields(value)]
    return [(name, getattr(value, name, None)) for name in names]


def builder(class_: Any, kept: tuple[type, ...] = KEPT, *, as_json: bool = False) -> Build:
    """A function that makes a value of the class of a plain one. Raises TypeError for other classes."""
    kind = get_origin(class_) or class_
    model = _of_json if as_json else _of_avro

    def made(class_: type, value: Any) -> Any:
        """A value of a class that msgspec does not know: Pydantic's within others, and subclasses of plain types."""
        if is_pydantic(class_):
            return model(class_, value)
        if issubclass(class_, _BASES):
            return class_(value)
        raise TypeError(f"{class_.__name__} is none of the types that are understood")

    if is_pydantic(class_):
        return _checked(lambda value: model(class_, value))
    if is_faust(class_):
        return _checked(class_.from_data)
    if is_msgspecs(kind) or is_typed_dict(kind):
        more: Any = {"builtin_types": kept, "dec_hook": made, "str_keys": True}
        return _checked(lambda value: msgspec.convert(value, class_, **more))
    name = getattr(class_, "__name__", class_)
    raise TypeError(f"{name} is no dataclass, and no class of msgspec, Pydantic, attrs or Faust")


def _of_json(class_: Any, value: Any) -> Any:
    """From JSON's words, as the model reads them: bytes of texts, and what strict models take from nothing else."""
    return class_.model_validate_json(msgspec.json.encode(value))


def _of_avro(class_: Any, value: Any) -> Any:
    """Its types were looked at by the schema; a strict model would want enums where Avro has texts."""
    return class_.model_validate(value, strict=False)


def _checked(build: Build) -> Build:
    def built(value: Any) -> Any:
        try:
            return build(value)
        except Exception as error:  # noqa: BLE001  (each library has its own, and users' classes raise what they like)
            reason, steps = _told(error)
            raise CodecError(f"the message cannot be made a value of its class: {reason}", steps) from None

    return built


def _told(error: Exception) -> tuple[str, tuple[str | int, ...]]:
    """What is wrong and where, as msgspec and Pydantic say it."""
    if isinstance(error, msgspec.ValidationError):
        reason, _, place = str(error).partition(" - at `")
        way = place.rpartition("$")[2].rstrip("`")  # also of "`key` in `$.items`"
        steps = [name or (int(at) if at.isdigit() else at) for name, at in _PLACE.findall(way)]
        return reason, tuple(steps)
    if hasattr(error, "errors") and hasattr(error, "title"):
        first = error.errors()[0]
        return first["msg"], first["loc"]
    return str(error), ()


def _is_understood(class_: type) -> bool:
    return is_pydantic(class_) or is_faust(class_) or is_msgspecs(class_)


def _of_faust(value: Any) -> dict[str, Any]:
    return dict(value.asdict())
