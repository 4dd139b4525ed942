"""What the tests of JSON Schema share: schemas of trees, and the pairs with known verdicts."""

import json
from pathlib import Path
from typing import Any

import pytest

from compat.json import JsonSchema, compare, parse
from compat.policy import Policy
from compat.report import Report
from compat.schema import Referent, Source

NEW = "https://json-schema.org/draft/2020-12/schema"


def schema_of(tree: Any, *referents: tuple[str, Any], strict: bool = True) -> JsonSchema:
    """A text stands for itself, any other tree for its JSON."""
    texts = [text if isinstance(text, str) else json.dumps(text) for text in (tree, *(text for _, text in referents))]
    named = tuple(Referent(name, text) for (name, _), text in zip(referents, texts[1:], strict=True))
    return parse(Source("JSON", texts[0], named), strict=strict)


def compared(old: Any, new: Any, policy: Policy = Policy(), *, budget: int | None = None) -> Report:
    return compare(schema_of(new, strict=False), schema_of(old, strict=False), policy, budget=budget)


def vectors() -> list[Any]:
    with (Path(__file__).parent / "vectors.jsonl").open() as lines:
        return [pytest.param(row, id=row["id"]) for row in map(json.loads, lines)]
