"""JSON Schema: parsing, stored form, compatibility by rules and by proof."""

from compat.json.compare import compare, judge
from compat.json.schema import JsonSchema, parse

__all__ = ["JsonSchema", "compare", "judge", "parse"]
