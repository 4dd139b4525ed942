"""JSON Schema: parsing, stored form, compatibility by rules and by proof."""

from importlib import import_module

from compat.json.compare import compare, judge
from compat.json.schema import JsonSchema, parse

__all__ = ["JsonSchema", "compare", "judge", "load", "parse"]

LATE = ("compat.json.contain", "jsonschema", "jsonschema_rs", "jsonschema_specifications")


def load() -> None:
    """What is otherwise imported when it is first needed: half a second, which a server has before and not then."""
    for module in LATE:
        import_module(module)
