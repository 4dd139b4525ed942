"""Confluent's table of differences: the rules by family, each beside the walk that finds what it speaks of.

`RULES` has all of them by name. Nothing is judged here: `compat/json/walk.py` compares, `compare.py` answers.
"""

from collections.abc import Iterator
from types import ModuleType
from typing import Final

from compat.json.rules import arrays, combined, numbers, objects, ours, schemas, strings, values
from compat.json.rules.rule import Bound, Permission, Rule

FAMILIES: Final = (schemas, strings, numbers, objects, arrays, values, combined, ours)


def _rules(family: ModuleType) -> Iterator[Rule]:
    for value in vars(family).values():
        if isinstance(value, Rule):
            yield value
        elif isinstance(value, Bound | Permission):
            yield from value.rules


RULES: Final[dict[str, Rule]] = {rule.name: rule for family in FAMILIES for rule in _rules(family)}
