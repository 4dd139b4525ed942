"""The engines: all that knows a schema format. Usable alone; imports nothing of the registry.

`parse(source)` gives a Schema, `compare(reader, writer, policy)` a Report. A format is one line in `FORMATS`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from compat import avro, json, protobuf
from compat.policy import Policy, TooMuch
from compat.report import Difference, Report, Witness
from compat.schema import Description, InvalidSchema, Referent, Schema, Source, Tagged

__all__ = [
    "FORMATS",
    "Description",
    "Difference",
    "InvalidSchema",
    "Policy",
    "Referent",
    "Report",
    "Schema",
    "Source",
    "Tagged",
    "TooMuch",
    "Witness",
    "compare",
    "parse",
]


@dataclass(frozen=True, slots=True)
class Format:
    """A format's two verbs. `compare` takes two schemas that this format parsed.

    `in_worker`: both wait for other processes or run native code on what strangers send, so a server must never call
    them itself, however small the schema, but ask `compat.worker`.
    """

    parse: Callable[..., Any]
    compare: Callable[..., Report]
    in_worker: bool = False


FORMATS = {
    "AVRO": Format(avro.parse, avro.compare),
    "JSON": Format(json.parse, json.compare),
    "PROTOBUF": Format(protobuf.parse, protobuf.compare, in_worker=True),
}


def parse(source: Source, *, strict: bool = True) -> Schema:
    """The schema of `source`. `strict` holds it to the rules for new schemas; stored ones are read leniently.

    Raises InvalidSchema. Raises KeyError for a kind that is not in `FORMATS`.
    """
    schema: Schema = FORMATS[source.kind].parse(source, strict=strict)
    return schema


def compare(reader: Schema, writer: Schema, policy: Policy = Policy(), *, budget: int | None = None) -> Report:
    """Can `reader` read everything that `writer` may write? Both must be of one kind.

    `budget` bounds the work in steps (pairs of types visited); passing it raises TooMuch.
    """
    return FORMATS[reader.source.kind].compare(reader, writer, policy, budget=budget)
