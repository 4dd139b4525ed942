"""A pattern put to a text by the engine at hand that reads ECMA-262 and takes no more time than the text is long."""

from collections.abc import Callable
from functools import lru_cache

import jsonschema_rs


@lru_cache(maxsize=1024)
def matcher(pattern: str) -> Callable[[str], bool] | None:
    """Is the pattern found in a text? None: jsonschema-rs refuses the pattern."""
    try:
        validator = jsonschema_rs.Draft7Validator({"pattern": pattern})
    except Exception:  # noqa: BLE001  (it refuses with several classes)
        return None
    return lambda text: bool(validator.is_valid(text))
