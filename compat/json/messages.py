"""JSON's messages: `messages` of `compat/messages.py`. Values are as they are, held to the schema both ways."""

from itertools import islice
from typing import Any, Final

import msgspec

from compat.faults import CodecError
from compat.framing import Path
from compat.json.codec import JsonCodec
from compat.json.schema import JsonSchema
from compat.messages import MOST_FAULTS, TOO_DEEP, Fault, fault_of, is_too_deep, json_kind
from compat.schema import Schema

_NO_INDEXES: Final = "a JSON message has no indexes"


def messages(
    schema: Schema, *, reader: Schema | None, logical: bool, message: str, ignore_unknown: bool
) -> "JsonMessages":
    del logical, message, ignore_unknown  # the schema says what is unknown, and whether it may be
    return JsonMessages(_codec(schema), None if reader is None else _codec(reader))


def _codec(schema: Schema) -> JsonCodec:
    if not isinstance(schema, JsonSchema):
        raise CodecError(f"a JSON message cannot be read by a schema of type {schema.source.kind}")
    return JsonCodec(schema.document, kind=json_kind)


class JsonMessages:
    path = None
    tail = b""

    def __init__(self, codec: JsonCodec, reader: JsonCodec | None) -> None:
        self.name = codec.name
        self._codec = codec
        self._reader = reader
        self._encode, self._decode = codec.encoder(), codec.decoder()

    def encode(self, value: Any) -> bytes:
        if is_too_deep(value):
            raise CodecError(TOO_DEEP)
        return self._encode(value)

    def decode(self, payload: bytes, path: Path | None = None) -> Any:
        if path is not None:
            raise CodecError(_NO_INDEXES)
        value = self._decode(payload)
        if is_too_deep(value):
            raise CodecError(TOO_DEEP)
        for fault in self._reader.faults(value) if self._reader else ():
            raise CodecError(f"the reader refuses it: {fault.message}", fault.steps)
        return value

    def faults(self, value: Any) -> tuple[Fault, ...]:
        if is_too_deep(value):
            return (fault_of(TOO_DEEP),)
        return tuple(fault_of(fault.message, fault.steps) for fault in islice(self._codec.faults(value), MOST_FAULTS))

    def faults_in(self, payload: bytes, path: Path | None = None) -> tuple[Fault, ...]:
        if path is not None:
            return (fault_of(_NO_INDEXES),)
        try:
            value = msgspec.json.decode(payload)
        except RecursionError:
            return (fault_of(TOO_DEEP),)
        except (msgspec.MsgspecError, ValueError) as error:
            return (fault_of(f"the message is no JSON: {error}"),)
        return self.faults(value)
