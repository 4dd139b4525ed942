"""The meta-schemas of the drafts, as validators."""

from functools import cache
from typing import Any

from compat.json.drafts import Draft, Json
from compat.json.known import known_schema


@cache
def validator(draft: Draft) -> Any:
    import jsonschema_rs  # noqa: PLC0415  (a tenth of a second of a start that may never need it)

    meta_schema: Json = known_schema(draft.uri)
    return jsonschema_rs.validator_for(meta_schema, validate_formats=False, offline=True)
