"""The schemas that are registered, read and compared."""

import json

KINDS = ["string", "long", "double", ["null", "string"], {"type": "array", "items": "int"}]


def order(own: str) -> str:
    """A record as services register it, 260 bytes; `own` makes it one of its kind."""
    fields = [{"name": f"f{at}", "type": kind} for at, kind in enumerate(KINDS)]
    fields.append({"name": f"own_{own}", "type": "string"})
    return json.dumps({"type": "record", "name": "Order", "namespace": "load.test", "fields": fields})


def wide(fields: int, *, changed: bool = False) -> str:
    """A record of so many fields; `changed` breaks the last one."""
    kinds = [KINDS[at % len(KINDS)] for at in range(fields)]
    members = [{"name": f"field_{at}", "type": kind} for at, kind in enumerate(kinds)]
    if changed:
        members[-1] = {"name": f"field_{fields - 1}", "type": "boolean"}
    return json.dumps({"type": "record", "name": "Wide", "namespace": "load.test", "fields": members})


def body(text: str) -> bytes:
    return json.dumps({"schema": text}).encode()
