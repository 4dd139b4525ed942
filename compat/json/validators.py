"""The validators of jsonschema-rs, by draft. It takes a tenth of a second to import: not for what only parses."""

from typing import Any, Final

import jsonschema_rs

VALIDATORS: Final[dict[int, Any]] = {
    4: jsonschema_rs.Draft4Validator,
    6: jsonschema_rs.Draft6Validator,
    7: jsonschema_rs.Draft7Validator,
    2019: jsonschema_rs.Draft201909Validator,
    2020: jsonschema_rs.Draft202012Validator,
}
