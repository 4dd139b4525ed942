"""The three answers, by four ways that are each sound alone: texts, search, jsonschema-rs, our own proof."""

from dataclasses import dataclass
from time import monotonic
from typing import Final, Literal

from compat.json.contain import peer
from compat.json.contain.values import Json, frozen
from compat.json.generate import Atoms, documents
from compat.json.witness import Judge, NoOpinion, Pair

SECONDS: Final = 1.0
CHEAP: Final = 300  # documents that are tried before anything is calculated
THOROUGH: Final = 30_000  # and when nothing else gave an answer


@dataclass(frozen=True, slots=True)
class Containment:
    """The answer, who gave it, and for a `no` the document that old accepts and new refuses."""

    answer: Literal["yes", "no", "unknown"]
    by: Literal["equal", "search", "jsonschema-rs", "proof", "budget", "nobody"]
    witness: Json = None


@dataclass(frozen=True, slots=True)
class Side:
    """A self-contained schema and the draft that it is read by."""

    schema: Json
    draft: int


def contains(new: Side, old: Side, *, declared: bool = False, budget: float = SECONDS) -> Containment:
    end = monotonic() + budget
    if new.draft == old.draft and frozen(new.schema) == frozen(old.schema):
        return Containment("yes", "equal")
    try:
        pair = Pair(Judge(old.schema, old.draft), Judge(new.schema, new.draft))
    except NoOpinion:
        pair = None
    atoms = Atoms.of((old.schema, new.schema))
    if pair and (found := _searched(pair, atoms, CHEAP, end)):
        return found
    if new.draft == old.draft and peer.covers(new.schema, old.schema, new.draft) == "yes":
        return Containment("yes", "jsonschema-rs")
    if pair and (found := _searched(pair, atoms, THOROUGH, end)):
        return found
    return Containment("unknown", "budget" if monotonic() > end else "nobody")


def _searched(pair: Pair, atoms: Atoms, count: int, end: float) -> Containment | None:
    for document in documents(atoms, "momus", count):
        if pair.likely(document) and pair.confirmed(document):
            return Containment("no", "search", pair.shrunk(document, stop=lambda: monotonic() > end))
        if monotonic() > end:
            return None
    return None
