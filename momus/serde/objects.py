"""Values of a program's own types, to plain ones and back: dataclasses, msgspec, Pydantic, attrs, Faust.

What a class is is asked once. No library of these is imported here but msgspec; the others are recognized by what they
offer, so that nobody needs what he does not use.
"""

from collections.abc import Callable
from dataclasses import is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec

from compat.faults import CodecError, shown

Plain = Callable[[Any], Any]
Build = Callable[[Any], Any]

KEPT: Final = (bytes, bytearray, datetime, date, time, timedelta, UUID, Decimal)  # Avro's logical types are these
_READY: Final = frozenset((dict, list, str, int, float, bool, bytes, type(None), tuple, *KEPT))


def plainer(kept: tuple[type, ...] = KEPT) -> Plain:
    """A function to plain values: dicts, lists, and leaves; those of `kept` stay as they are."""
    ways: dict[type, Plain | None] = {}

    def plain(value: Any) -> Any:
        class_ = value.__class__
        if class_ in _READY:
            return value
        if class_ not in ways:
            ways[class_] = _way(class_, kept)
        way = ways[class_]
        return value if way is None else way(value)

    return plain


def _way(class_: type, kept: tuple[type, ...]) -> Plain | None:
    if not _is_understood(class_):
        return None

    def converted(value: Any) -> Any:
        try:
            return msgspec.to_builtins(_opened(value), builtin_types=kept, enc_hook=_hook)
        except RecursionError:
            raise CodecError(f"{shown(value)} is nested too deeply, or holds itself") from None
        except Exception as error:  # noqa: BLE001  (each library has its own, and users' classes raise what they like)
            raise CodecError(f"{shown(value)} cannot be made plain: {error}") from None

    return converted


def _opened(value: Any) -> Any:
    """As a dict, what msgspec does not know; all else as it is."""
    if hasattr(value, "model_dump"):
        return value.model_dump(by_alias=True)
    return _of_faust(value) if _is_faust(type(value)) else value


def _hook(value: Any) -> Any:
    opened = _opened(value)
    if opened is value:
        raise TypeError(f"{shown(value)} is none of the types that are understood")
    return opened


def builder(class_: type, kept: tuple[type, ...] = KEPT) -> Build:
    """A function that makes a value of the class of a plain one. Raises TypeError for other classes."""
    if hasattr(class_, "model_validate"):
        return _checked(class_.model_validate)
    if _is_faust(class_):
        return _checked(class_.from_data)  # type: ignore[attr-defined]
    if _is_msgspec_s(class_):
        return _checked(lambda value: msgspec.convert(value, class_, builtin_types=kept))
    raise TypeError(f"{class_.__name__} is no dataclass, and no class of msgspec, Pydantic, attrs or Faust")


def _checked(build: Build) -> Build:
    def built(value: Any) -> Any:
        try:
            return build(value)
        except Exception as error:  # noqa: BLE001  (each library has its own, and users' classes raise what they like)
            raise CodecError(f"the message cannot be made a value of its class: {error}") from None

    return built


def _is_understood(class_: type) -> bool:
    return hasattr(class_, "model_dump") or _is_faust(class_) or _is_msgspec_s(class_)


def _is_msgspec_s(class_: type) -> bool:
    return is_dataclass(class_) or issubclass(class_, msgspec.Struct) or hasattr(class_, "__attrs_attrs__")


def _is_faust(class_: type) -> bool:
    return hasattr(class_, "from_data") and hasattr(class_, "asdict")


def _of_faust(value: Any) -> dict[str, Any]:
    return dict(value.asdict())
