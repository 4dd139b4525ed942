"""Values of a program's own types, to plain ones and back: dataclasses, msgspec, Pydantic, attrs, Faust.

What a class is is asked once. No library of these is imported here but msgspec; the others are recognized by what they
offer, so that nobody needs what he does not use.
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

Build = Callable[[Any], Any]

KEPT: Final = (bytes, bytearray, datetime, date, time, timedelta, UUID, Decimal)  # Avro's logical types are these
_BASES: Final[tuple[Any, ...]] = (str, int, float, bytes)
_PLACE: Final = re.compile(r"\.([^.\[]+)|\[([^\]]*)\]")
_READY: Final = frozenset((dict, list, str, int, float, bool, bytes, type(None), tuple, *KEPT))


class Plainer:
    """To plain values: dicts, lists, and leaves; those of `kept` stay as they are. Raises CodecError."""

    def __init__(self, kept: tuple[type, ...] = KEPT) -> None:
        self._kept = kept
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
            return msgspec.to_builtins(_opened(value), builtin_types=self._kept, enc_hook=_hook)
        except RecursionError:
            raise CodecError(f"{shown(value)} is nested too deeply, or holds itself") from None
        except Exception as error:  # noqa: BLE001  (each library has its own, and users' classes raise what they like)
            raise CodecError(f"it cannot be made plain: {error}", self._place_in(value)) from None

    def _place_in(self, value: Any) -> tuple[str | int, ...]:
        """The way to what cannot be made plain."""
        for step, inner in _inner(value):
            try:
                msgspec.to_builtins(_opened(inner), builtin_types=self._kept, enc_hook=_hook)
            except Exception:  # noqa: BLE001  (as above)
                return (step, *self._place_in(inner))
        return ()


def _inner(value: Any) -> Iterable[tuple[str | int, Any]]:
    if isinstance(value, dict):
        return value.items()
    if isinstance(value, list | tuple):
        return enumerate(value)
    names = getattr(value, "__struct_fields__", None) or [one.name for one in getattr(value, "__attrs_attrs__", ())]
    if is_dataclass(value):
        names = [one.name for one in fields(value)]
    return [(name, getattr(value, name, None)) for name in names]


def _opened(value: Any) -> Any:
    """As a dict, what msgspec does not know; all else as it is."""
    if hasattr(value, "model_dump"):
        return value.model_dump(by_alias=True)
    return _of_faust(value) if _is_faust(type(value)) else value


def _hook(value: Any) -> Any:
    opened = _opened(value)
    if opened is not value:
        return opened
    for base in _BASES:  # a text of a class of its own is a text
        if isinstance(value, base):
            return base(value)
    raise TypeError(f"{shown(value)} is none of the types that are understood")


def _made(class_: type, value: Any) -> Any:
    """A value of a class that msgspec does not know: Pydantic's within others, and subclasses of plain types."""
    if hasattr(class_, "model_validate"):
        return class_.model_validate(value)
    if issubclass(class_, _BASES):
        return class_(value)
    raise TypeError(f"{class_.__name__} is none of the types that are understood")


def builder(class_: Any, kept: tuple[type, ...] = KEPT) -> Build:
    """A function that makes a value of the class of a plain one. Raises TypeError for other classes."""
    kind = get_origin(class_) or class_
    if hasattr(class_, "model_validate"):
        return _checked(class_.model_validate)
    if _is_faust(class_):
        return _checked(class_.from_data)
    if _is_msgspec_s(kind) or (issubclass(kind, dict) and hasattr(kind, "__total__")):
        return _checked(lambda value: msgspec.convert(value, class_, builtin_types=kept, dec_hook=_made))
    raise TypeError(f"{class_.__name__} is no dataclass, and no class of msgspec, Pydantic, attrs or Faust")


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
        reason, _, place = str(error).partition(" - at `$")
        steps = [name or (int(at) if at.isdigit() else at) for name, at in _PLACE.findall(place.rstrip("`"))]
        return reason, tuple(steps)
    if hasattr(error, "errors") and hasattr(error, "title"):
        first = error.errors()[0]
        return first["msg"], first["loc"]
    return str(error), ()


def _is_understood(class_: type) -> bool:
    return hasattr(class_, "model_dump") or _is_faust(class_) or _is_msgspec_s(class_)


def _is_msgspec_s(class_: type) -> bool:
    return is_dataclass(class_) or issubclass(class_, msgspec.Struct) or hasattr(class_, "__attrs_attrs__")


def _is_faust(class_: type) -> bool:
    return hasattr(class_, "from_data") and hasattr(class_, "asdict")


def _of_faust(value: Any) -> dict[str, Any]:
    return dict(value.asdict())
