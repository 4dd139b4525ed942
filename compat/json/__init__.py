"""JSON Schema: parsing, stored form, compatibility by rules and by proof."""

from collections.abc import Sequence
from importlib import import_module

from compat.json.compare import compare, judge
from compat.json.schema import JsonSchema, parse
from compat.schema import Source

__all__ = ["JsonSchema", "compare", "judge", "load", "parse", "prepare"]

LATE = ("compat.json.contain", "jsonschema", "jsonschema_rs", "jsonschema_specifications")


def prepare(sources: Sequence[Source], *, strict: bool) -> None:
    """One text after the other is as quick."""


def load() -> None:
    """What is otherwise imported when it is first needed: half a second, which a server has before and not then."""
    for module in LATE:
        import_module(module)
