"""What a message is told with, where it belongs. confluent-kafka has these in `confluent_kafka.serialization`."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from momus.confluent.error import SerializationError


class MessageField(StrEnum):
    """A message's key or its value."""

    NONE = "none"
    KEY = "key"
    VALUE = "value"


@dataclass(slots=True)
class SerializationContext:
    """`headers` are a list of pairs or a dict; a serializer in header mode adds to them."""

    topic: str
    field: MessageField
    headers: Any = None


__all__ = ["MessageField", "SerializationContext", "SerializationError"]
