"""Which schema a producer writes with, and how a message says so: choices, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


@dataclass(frozen=True, slots=True)
class Register:
    """The serializer's own; it is registered if the registry does not have it."""

    normalize: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """The serializer's own, which must be registered already: for production, where deployments register."""

    normalize: bool = False


@dataclass(frozen=True, slots=True)
class Latest:
    """The subject's latest version when the topic is prepared; of those with these properties, if any are given."""

    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ById:
    """The schema with this id."""

    id: int


@dataclass(frozen=True, slots=True)
class ReadOnly:
    """None: nothing is registered, looked up or written."""


Choice = Register | Known | Latest | ById | ReadOnly


class Framing(Enum):
    """Where a message says what it was written with. Readers understand the first two, whatever is configured."""

    PREFIX = "prefix"  # five bytes before it
    HEADER = "header"  # the GUID in a header of the record
    NONE = "none"  # nowhere: the topic has one schema, the one that is prepared
