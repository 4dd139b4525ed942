"""JSON by a schema: msgspec's encoding, and a validator that was compiled once.

What does not fit is named by its path and type. A value is validated as it will be written: what JSON has no words for
(dates, UUIDs, decimals) is turned into its text first; numbers that are none are refused, never written as null.
"""

import math
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final

import msgspec

from compat.faults import CodecError, a, shown
from compat.json.bundle import Opaque
from compat.json.document import Document
from compat.json.validators import VALIDATORS

Encode = Callable[[Any], bytes]
Decode = Callable[[bytes], Any]

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")  # as the validator sees decimals
_KIND: Final = re.compile(r'"([a-z]+)"')


class JsonCodec:
    """What encodes and decodes by one schema; with `validate` off, only whether it is JSON counts.

    `kind` is how a fault calls a value that is of no right type: as Python does, unless told otherwise.
    """

    def __init__(self, document: Document, *, validate: bool = True, kind: Callable[[object], str] = shown) -> None:
        self._kind = kind
        root = document.root
        title = root.get("title") if isinstance(root, dict) else None
        self.name = title if isinstance(title, str) else ""
        self._validator = _validator(document) if validate else None

    def encoder(self, frame: bytes = b"") -> Encode:
        """A function from a value to the frame and its bytes."""
        write, validator = _ENCODER.encode, self._validator
        if validator is None:
            return lambda value: frame + _written(value)
        is_valid = validator.is_valid

        def encode(value: Any) -> bytes:
            try:
                data = write(value)  # first: the validator would run over its stack on what is too deep to be written
                # A float that is no number is written as null, a decimal as NaN or Infinity, a huge one with E+.
                is_usual = b"null" not in data and b"E+" not in data and b"NaN" not in data and b"Inf" not in data
                if is_usual and is_valid(value):
                    return frame + data
                if b"E+" in data and is_valid(msgspec.json.decode(data)):  # a decimal that readers have room for
                    _plain(value)
                    return frame + data
            except Exception:  # noqa: BLE001, S110  (of which type or where, is asked below)
                pass
            plain = _plain(value)
            self._check(plain)
            return frame + _written(plain)

        return encode

    def decoder(self, start: int = 0) -> Decode:
        """A function from bytes, of which the first `start` are not the message's, to a value."""
        read, check = msgspec.json.decode, self._check
        is_valid = self._validator.is_valid if self._validator is not None else lambda _value: True

        def decode(data: bytes) -> Any:
            try:
                value = read(data[start:])
            except RecursionError:
                raise CodecError("the message is nested too deeply") from None
            except (msgspec.MsgspecError, ValueError) as error:
                raise CodecError(f"the message is no JSON: {error}") from None
            try:
                if is_valid(value):
                    return value
            except Exception as error:  # noqa: BLE001  (the validator's own, as for a pattern that runs too long)
                raise CodecError(f"the message cannot be validated: {error}") from None
            check(value)
            return value

        return decode

    def faults(self, value: Any) -> Iterator[CodecError]:
        """Everything that is wrong with a plain value, one after the other."""
        if self._validator is None:
            return
        try:
            for fault in self._validator.iter_errors(value):
                yield CodecError(_sentence(fault, self._kind), fault.instance_path)
        except Exception as error:  # noqa: BLE001  (as above)
            yield CodecError(f"the value cannot be validated: {error}")

    def _check(self, value: Any) -> None:
        """Raises CodecError for the first thing that is wrong."""
        fault = next(self.faults(value), None)
        if fault is not None:
            raise fault


def _validator(document: Document) -> Any:
    try:
        bundle = document.bundled
    except Opaque as reason:
        raise CodecError(f"nothing can be validated by this schema: {reason}") from None
    try:
        return VALIDATORS[bundle.draft](bundle.root, validate_formats=False, offline=True)
    except Exception as error:  # noqa: BLE001  (its classes are many; a pattern that it cannot take is one of them)
        said, _, _ = str(error).partition("\n")  # more lines show the whole schema
        raise CodecError(f"nothing can be validated by this schema: {said}") from None


def _sentence(fault: Any, kind_of: Callable[[object], str]) -> str:
    if fault.schema_path and fault.schema_path[-1] == "type":
        kinds = _KIND.findall(fault.message.rpartition(" is not of type")[2])
        if kinds:
            return f"{kind_of(fault.instance)} where {' or '.join(a(kind) for kind in kinds)} is expected"
    message: str = fault.message
    return message if len(message) <= 300 else f"{message[:200]} … {message[-90:]}"


def _plain(value: Any) -> Any:
    """As JSON has it. Raises CodecError for what it cannot have."""
    try:
        plain = msgspec.to_builtins(value, str_keys=True)
    except RecursionError:
        raise CodecError("the value is nested too deeply") from None
    except Exception as error:  # noqa: BLE001  (also what users' own classes raise)
        raise CodecError(f"{shown(value)} cannot be written as JSON: {error}") from None
    todo: list[tuple[Any, tuple[str | int, ...]]] = [(plain, ())]
    while todo:
        inner, steps = todo.pop()
        if isinstance(inner, float | Decimal) and not math.isfinite(inner):
            raise CodecError(f"{inner} is no number that JSON has", steps)
        if isinstance(inner, dict):
            todo += [(member, (*steps, name)) for name, member in inner.items()]
        elif isinstance(inner, list | tuple):
            todo += [(item, (*steps, at)) for at, item in enumerate(inner)]
    return plain


def _written(value: Any) -> bytes:
    try:
        data: bytes = msgspec.json.encode(value)
    except Exception as error:  # noqa: BLE001  (as in `_plain`)
        raise CodecError(f"{shown(value)} cannot be written as JSON: {error}") from None
    if b"null" in data:
        _plain(value)
    return data
