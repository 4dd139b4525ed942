"""All that is asked of jsonschema-rs' canonical form. It may crash or hang: only for a process that can be killed.

Only its `yes` is a proof; its `no` is a hint. The canonical API is experimental, and kept to this file.
"""

from math import prod
from typing import Any, Final

import jsonschema_rs

from compat.json.bundle import Bundle
from compat.json.drafts import Draft
from compat.json.values import Json

DRAFTS: Final[dict[Draft, Any]] = {
    Draft.DRAFT_4: jsonschema_rs.Draft4,
    Draft.DRAFT_6: jsonschema_rs.Draft6,
    Draft.DRAFT_7: jsonschema_rs.Draft7,
    Draft.DRAFT_2019: jsonschema_rs.Draft201909,
    Draft.DRAFT_2020: jsonschema_rs.Draft202012,
}
LARGEST: Final = 300_000  # characters of a schema that it is given: it cannot be interrupted
MOST_CASES: Final = 5_000  # in one place of it, multiplied out: 2^16 of them take it a second


def covers(new: Bundle, old: Bundle) -> bool:
    """Is it proved that `new` admits every value that `old` admits? Both must be of one draft."""
    if new.draft is not old.draft or max(len(new.text), len(old.text)) > LARGEST:
        return False
    try:
        if max(_cases(new.root), _cases(old.root)) > MOST_CASES:
            return False
        answer = _canonical(new.root, new.draft).covers(_canonical(old.root, old.draft))
    except Exception:  # noqa: BLE001  (it refuses with a dozen classes of its own; a refusal says nothing)
        return False
    return bool(answer.value == "yes")


def _canonical(schema: Json, draft: Draft) -> Any:
    return jsonschema_rs.canonicalize(schema, draft=DRAFTS[draft], validate_formats=False, offline=True)


def _cases(schema: Json) -> int:
    """How many alternatives there are at the worst place, if all are multiplied out."""
    here, inside = _cases_at(schema)
    return max(here, inside)


def _cases_at(schema: Json) -> tuple[int, int]:
    """Those that concern the very value, and those at the worst place inside of it."""
    here, inside = 1, 1
    if isinstance(schema, list):
        return 1, max((_cases(one) for one in schema), default=1)
    for word, value in schema.items() if isinstance(schema, dict) else ():
        parts = [_cases_at(part) for part in (value if isinstance(value, list) else [value])]
        inside = max(inside, *(within for _, within in parts), 1)
        cases = [number for number, _ in parts]
        if word in ("anyOf", "oneOf"):
            here *= sum(cases)
        elif word in ("allOf", "if", "then", "else", "not"):
            here *= prod(cases)
        else:
            inside = max(inside, *cases, 1)
    return min(here, 10 * MOST_CASES), inside
