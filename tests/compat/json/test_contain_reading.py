"""What each keyword of each draft means, against both validators, on random schemas and documents."""

import json
from random import Random

import pytest

from compat.json.bundle import Bundle, Opaque
from compat.json.contain.budget import Budget
from compat.json.contain.evaluate import Evaluator
from compat.json.contain.facts import EMPTY, Found
from compat.json.contain.language import Languages
from compat.json.contain.patterns import Patterns
from compat.json.contain.reading import Reader
from compat.json.contain.solve import Solver
from compat.json.contain.terms import Terms
from compat.json.document import resolve
from compat.json.drafts import Draft
from compat.json.generate import Atoms, Maker, documents
from compat.json.witness import Judge, NoOpinion
from compat.schema import InvalidSchema, Source
from tests.compat.json.random_pairs import Maker as Schemas

SCHEMAS, DOCUMENTS = 60, 120


def solver_of(bundle: Bundle) -> Solver:
    budget = Budget(float("inf"))
    return Solver(Terms(budget), Patterns(Languages(budget), "line feed"), spelled=bundle.draft is Draft.DRAFT_4)


def bundles(draft: Draft) -> list[tuple[Bundle, Judge]]:
    random = Random(f"reading {draft}")
    found: list[tuple[Bundle, Judge]] = []
    while len(found) < SCHEMAS:
        try:
            bundle = resolve(Source("JSON", json.dumps(Schemas(random, draft).root()))).bundled
            found.append((bundle, Judge(bundle.root, bundle.draft)))
        except (Opaque, InvalidSchema, NoOpinion):
            continue
    return found


@pytest.mark.parametrize("draft", list(Draft), ids=lambda draft: draft.name)
def test_a_schema_is_read_as_it_is_validated(draft: Draft) -> None:
    """Wherever the terms of a schema decide a document, the validators decide it alike; and nearly always they do."""
    decided = open_ = accepted = 0
    for number, (bundle, judge) in enumerate(bundles(draft)):
        solver = solver_of(bundle)
        root = Reader(bundle, solver.terms, "it").root()
        for document in documents(Atoms.of((bundle.root,)), number, DOCUMENTS):
            verdict = Evaluator(solver.terms, solver.patterns).holds(root, document)
            if verdict is None:
                open_ += 1
                continue
            decided += 1
            accepted += verdict
            assert judge.likely(document) is verdict, (bundle.text, document)
    assert accepted > decided / 10
    assert decided - accepted > decided / 10
    assert open_ < decided / 50


@pytest.mark.parametrize("draft", list(Draft), ids=lambda draft: draft.name)
def test_a_schema_is_empty_or_shows_a_document(draft: Draft) -> None:
    """The document that is solved for is accepted by both validators; where there is none, none is found either."""
    shown = 0
    for number, (bundle, judge) in enumerate(bundles(draft)):
        solver = solver_of(bundle)
        result = solver.solve((Reader(bundle, solver.terms, "it").root(),))
        if isinstance(result, Found):
            shown += 1
            assert judge.confirms(result.document, valid=True), (bundle.text, result)
        elif result is EMPTY:
            maker = Maker(Random(number), Atoms.of((bundle.root,)))
            assert not any(judge.likely(maker.document()) for _ in range(DOCUMENTS)), bundle.text
    assert shown > SCHEMAS / 2
