"""Random pairs of schemas, and documents against what is said of them: `python -m tests.compat.json.fuzz --help`.

A pair that is accepted by proof must have no counterexample among all documents that are tried on it; a pair that is
refused has one that both validators confirm. What the rule table alone would have accepted wrongly is counted.
"""

import argparse
import json
import sys
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import chain, islice
from random import Random
from time import monotonic

from compat.json import JsonSchema, compare
from compat.json.bundle import Bundle, Opaque
from compat.json.contain import contains
from compat.json.contain.budget import Budget, Exhausted
from compat.json.contain.facts import Found
from compat.json.contain.language import Languages
from compat.json.contain.patterns import Patterns
from compat.json.contain.reading import Reader
from compat.json.contain.solve import Solver
from compat.json.contain.terms import Terms
from compat.json.document import Document, resolve
from compat.json.drafts import Draft
from compat.json.generate import Atoms, Maker, documents
from compat.json.values import Json
from compat.json.witness import Judge, NoOpinion, Pair
from compat.policy import Policy
from compat.schema import InvalidSchema, Source
from tests.compat.json.random_pairs import NAMES, VALUES, pair

DOCUMENTS = 5_000
OWN = 1_000  # of them, made for the pair; all others are the same for all pairs
SOLVED = 12  # of the old schema's documents, from which others are made by small changes
SECONDS = 5.0


@dataclass(slots=True)
class Tally:
    """What came out, and the pairs that must not be."""

    answers: Counter[str] = field(default_factory=Counter)
    unsound: list[str] = field(default_factory=list)
    unconfirmed: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def run(seed: int | str, pairs: int, *, end: float = float("inf"), count: int = DOCUMENTS) -> Tally:
    tally = Tally()
    random = Random(seed)
    for _ in range(pairs):
        own = random.getrandbits(60)
        old, new = pair(Random(own))
        try:
            _try(tally, own, _document(old), _document(new), count)
        except (Opaque, InvalidSchema, NoOpinion) as error:
            tally.answers[f"not asked: {type(error).__name__}"] += 1
        if monotonic() > end:
            break
    return tally


def _document(tree: Json) -> Document:
    return resolve(Source("JSON", json.dumps(tree)))


def _try(tally: Tally, seed: int, old: Document, new: Document, count: int) -> None:
    judges = Pair(Judge(old.bundled.root, old.bundled.draft), Judge(new.bundled.root, new.bundled.draft))
    answer = contains(new, old, budget=SECONDS)
    tally.answers[f"{answer.answer} by {answer.by}"] += 1
    told = f"seed {seed}: {old.source.text} => {new.source.text}: {answer}"
    match answer.answer:
        case "yes":
            tried = chain(_documents(old.bundled, new.bundled, seed), islice(_pool(), count - OWN))
            found = next((document for document in tried if judges.confirmed(document)), None)
            if found is not None:
                tally.unsound.append(f"{told} but {judges.shrunk(found)}")
        case "no":
            if not judges.confirmed(answer.witness):
                tally.unconfirmed.append(told)
            tally.answers["accepted wrongly by the rule table"] += _is_accepted_by_rules(old, new)
        case "unknown":
            tally.unknown.append(told)


def _is_accepted_by_rules(old: Document, new: Document) -> bool:
    policy = Policy("STRICT", json_unsound="off")
    return compare(JsonSchema(new.source, new), JsonSchema(old.source, old), policy).is_compatible


# ---------------------------------------------------------------- documents


@cache
def _pool() -> tuple[Json, ...]:
    """Documents of the words that all schemas are made of."""
    atoms = Atoms.of([{"enum": list(VALUES), "properties": {name: {} for name in NAMES}}])
    return tuple(documents(atoms, "pool", DOCUMENTS))


def _documents(old: Bundle, new: Bundle, seed: int) -> Iterator[Json]:
    """Documents for one pair: of its own words, and such as the old schema accepts, a little changed."""
    atoms = Atoms.of((old.root, new.root))
    random = Random(seed)
    maker = Maker(random, atoms)
    solved = list(_solved(old, new, random))
    yield from solved
    yield from documents(atoms, seed, OWN // 2)
    for _ in range(OWN // 2 if solved else 0):
        yield maker.changed(random.choice(solved))


def _solved(old: Bundle, new: Bundle, random: Random) -> Iterable[Json]:
    """Documents of the old schema of which this or that part of either schema is true, or is not."""
    terms = Terms(budget := Budget(float("inf")))
    solver = Solver(terms, Patterns(Languages(budget), "line feed"), spelled=Draft.DRAFT_4 in (old.draft, new.draft))
    theirs, _ = Reader(old, terms, "old").root(), Reader(new, terms, "new").root()
    parts = terms.known()
    for _ in range(SOLVED):
        part = random.choice(parts)
        try:
            result = solver.solve((theirs, part if random.random() < 0.5 else terms.negated(part)))
        except (Exhausted, RecursionError):
            return
        if isinstance(result, Found):
            yield result.document


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--pairs", type=int, default=10**9)
    parser.add_argument("--documents", type=int, default=DOCUMENTS)
    parser.add_argument("--seed", default="momus")
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # jsonschema lets Python's `re` warn of patterns
    tally = run(options.seed, options.pairs, end=monotonic() + options.seconds, count=options.documents)
    for answer, number in tally.answers.most_common():
        print(f"{number:8} {answer}")  # noqa: T201  (a program)
    for title, told in (("UNSOUND", tally.unsound), ("UNCONFIRMED", tally.unconfirmed), ("unknown", tally.unknown)):
        for one in told:
            print(title, one)  # noqa: T201
    return bool(tally.unsound or tally.unconfirmed)


if __name__ == "__main__":
    sys.exit(main())
