"""All that is asked of jsonschema-rs' canonical form. It may crash or hang: only for a process that can be killed.

Only its `yes` is a proof; its `no` is a hint. The canonical API is experimental, and kept to this file.
"""

from typing import Any, Literal

import jsonschema_rs

from compat.json.contain.values import Json

DRAFTS: dict[int, Any] = {
    4: jsonschema_rs.Draft4,
    6: jsonschema_rs.Draft6,
    7: jsonschema_rs.Draft7,
    2019: jsonschema_rs.Draft201909,
    2020: jsonschema_rs.Draft202012,
}
REFUSALS = (ValueError, TypeError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError)


def covers(new: Json, old: Json, draft: int) -> Literal["yes", "no", "unknown"]:
    """Does `new` admit every value that `old` admits, both read by one draft?"""
    try:
        ours, theirs = _canonical(new, draft), _canonical(old, draft)
        answer = ours.covers(theirs)
    except Exception:  # noqa: BLE001  (it refuses with a dozen classes of its own; a refusal says nothing)
        return "unknown"
    return "yes" if answer.value == "yes" else "no" if answer.value == "no" else "unknown"


def _canonical(schema: Json, draft: int) -> Any:
    return jsonschema_rs.canonicalize(schema, draft=DRAFTS[draft], validate_formats=False, offline=True)
