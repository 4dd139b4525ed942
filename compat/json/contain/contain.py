"""The three answers: a proof, a confirmed counterexample, or unknown. Each way to one of them is sound alone."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from time import thread_time
from typing import Final, Literal

from compat.json.bundle import Bundle, Opaque
from compat.json.contain import peer
from compat.json.contain.budget import Budget
from compat.json.contain.facts import EMPTY, Found
from compat.json.contain.prove import Refutation
from compat.json.document import Document
from compat.json.drafts import Draft
from compat.json.generate import Atoms, documents
from compat.json.values import Incalculable, Json, frozen
from compat.json.witness import Judge, NoOpinion, Pair

SECONDS: Final = 1.0
PROOF: Final = 0.6  # of the time, at most, for our own proof
SEARCHED: Final = 20_000  # documents that are tried when nothing else gave an answer


@dataclass(frozen=True, slots=True)
class Containment:
    """Does new accept all that old accepts? Who says so, and for a `no` the document that old accepts and new refuses.

    `nobody` knows when all ways have ended without an answer, or the budget has.
    """

    answer: Literal["yes", "no", "unknown"]
    by: Literal["equal", "proof", "jsonschema-rs", "search", "nobody"]
    witness: Json = None


NOBODY: Final = Containment("unknown", "nobody")


def contains(
    new: Document,
    old: Document,
    *,
    declared: bool = False,
    budget: float = SECONDS,
    covers: Callable[[Bundle, Bundle], bool] = peer.covers,
) -> Containment:
    """Does every document that `old` accepts also satisfy `new`?

    Under `declared` only documents count whose members old declares. `budget` is in seconds. `covers` asks
    jsonschema-rs, which may crash the process.
    """
    end = thread_time() + budget
    try:
        ours, theirs = new.bundled, old.bundled
        if _loses_integers(new) or _loses_integers(old):
            return NOBODY
        if ours.draft is theirs.draft and (ours.text == theirs.text or frozen(ours.root) == frozen(theirs.root)):
            return Containment("yes", "equal")
        return _answered(new, old, declared=declared, start=end - budget, end=end, covers=covers)
    except (Opaque, Incalculable, RecursionError):
        return NOBODY


def _answered(
    new: Document, old: Document, *, declared: bool, start: float, end: float, covers: Callable[[Bundle, Bundle], bool]
) -> Containment:
    ours, theirs = new.bundled, old.bundled
    refutation = Refutation(ours, theirs, declared=declared, budget=Budget(start + (end - start) * PROOF))
    result = refutation.result()
    refutation.budget.renew(end)
    if result is EMPTY:
        return Containment("yes", "proof")
    try:
        pair = Pair(Judge(theirs.root, theirs.draft), Judge(ours.root, ours.draft), refutation.keeps_to_declared)
    except NoOpinion:
        pair = None
    late = partial(_is_late, end)
    if pair and isinstance(result, Found) and pair.confirmed(result.document):
        return Containment("no", "proof", pair.shrunk(result.document, stop=late))
    if _covered(new, old, covers):
        return Containment("yes", "jsonschema-rs")
    atoms = Atoms.of((theirs.root, ours.root), refutation.words())
    found = _searched(pair, documents(atoms, _seed(theirs, ours), SEARCHED), late) if pair else None
    return found or NOBODY


def _loses_integers(document: Document) -> bool:
    """Is a part of it in draft-04, and the bundle not? No other draft can say that an integer is not written 1.0."""
    return document.bundled.draft is not Draft.DRAFT_4 and any(
        document.draft_at(schema) is Draft.DRAFT_4 for schema in document.reachable
    )


def _covered(new: Document, old: Document, covers: Callable[[Bundle, Bundle], bool]) -> bool:
    if new.bundled.draft is old.bundled.draft:
        return covers(new.bundled, old.bundled)
    if Draft.DRAFT_4 in (new.bundled.draft, old.bundled.draft):
        return False
    try:
        return covers(new.modern, old.modern)
    except Opaque:
        return False


def _searched(pair: Pair, tried: Iterable[Json], late: Callable[[], bool]) -> Containment | None:
    for document in tried:
        if pair.likely(document) and pair.confirmed(document):
            return Containment("no", "search", pair.shrunk(document, stop=late))
        if late():
            return None
    return None


def _is_late(end: float) -> bool:
    return thread_time() > end


def _seed(old: Bundle, new: Bundle) -> str:
    """The same pair is searched in the same way each time."""
    return blake2b(f"{old.text}\n{new.text}".encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
