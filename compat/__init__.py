"""The engines: all that knows a schema format. Usable alone; imports nothing of the registry.

`parse(source)` gives a Schema, `compare(reader, writer, policy)` a Report. A format is one line in `FORMATS`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import cast

from compat.policy import POLICIES, Policy, TooMuch
from compat.report import Difference, Report, Witness
from compat.schema import Description, Engine, InvalidSchema, Referent, Schema, Source, Tagged

__all__ = [
    "FORMATS",
    "POLICIES",
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
    "is_loaded",
    "judge",
    "load",
    "parse",
    "prepare",
]


@dataclass(frozen=True, slots=True)
class Format:
    """A format: the package that is its engine, imported when first needed.

    `in_worker`: they wait for other processes or run native code on what strangers send, so a server must never call
    them itself, however small the schema, but ask `compat.worker`.

    `read_here`, `compared_here`: characters up to which a server that must answer others meanwhile may read a schema,
    or compare two, without them waiting long; None: whatever it takes for small.
    """

    module: str
    in_worker: bool = False
    read_here: int | None = None
    compared_here: int | None = None

    @property
    def engine(self) -> Engine:
        return cast(Engine, _imported(self.module))


_imported = cache(import_module)  # which looks every time whether the module is still being imported

FORMATS = {
    "AVRO": Format("compat.avro"),
    "JSON": Format("compat.json", read_here=8_000, compared_here=1_000),
    "PROTOBUF": Format("compat.protobuf", in_worker=True),
}


def parse(source: Source, *, strict: bool = True) -> Schema:
    """The schema of `source`. `strict` holds it to the rules for new schemas; stored ones are read leniently.

    Raises InvalidSchema. Raises KeyError for a kind that is not in `FORMATS`.
    """
    return FORMATS[source.kind].engine.parse(source, strict=strict)


def prepare(sources: Sequence[Source], *, strict: bool) -> None:
    """What many sources can have done together, where that is quicker: they are parsed and described sooner then.

    Raises nothing. Whoever parses what cannot be read is told.
    """
    for kind in dict.fromkeys(source.kind for source in sources):
        FORMATS[kind].engine.prepare([source for source in sources if source.kind == kind], strict=strict)


def compare(reader: Schema, writer: Schema, policy: Policy = Policy(), *, budget: int | None = None) -> Report:
    """Can `reader` read everything that `writer` may write? Both must be of one kind.

    `budget` bounds the work in steps (pairs of types visited); passing it raises TooMuch.
    """
    return FORMATS[reader.source.kind].engine.compare(reader, writer, policy, budget=budget)


def judge(reader: Schema, writer: Schema, policy: Policy = Policy()) -> Report | None:
    """The verdict of the rules alone, without proofs, for where a comparison came to no end; None if there is none."""
    return FORMATS[reader.source.kind].engine.judge(reader, writer, policy)


_LOADED: set[str] = set()


def is_loaded(kind: str) -> bool:
    return kind in _LOADED


def load(kind: str) -> None:
    """Bring in all that the format needs, which takes a moment: so that its first schema need not wait."""
    FORMATS[kind].engine.load()
    _LOADED.add(kind)
