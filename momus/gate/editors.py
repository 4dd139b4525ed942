"""The JSON Schema of momus.yaml, made from the table that the configuration is read by: so that editors help.

It says what may be written. What files must then be there, and which rules there are, only a run can tell.
"""

from momus.gate.kinds import Node
from momus.gate.reading import WHOLE


def schema() -> Node:
    """In the dialect of 2020-12."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Configuration of Momus, the gate of schemas: momus.yaml, or [tool.momus]",
    } | WHOLE.node
