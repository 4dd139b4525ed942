"""Regular expressions as ECMA-262 has them, searched with in a time that no expression can draw out."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

_NOT_ECMA: Final = re.compile(r"\(\?P[<=>]|\(\?#|\\[AZ]")  # what Rust and Python know and ECMA-262 does not


def is_expression(expression: str) -> bool:
    """Is it one that can be searched with?"""
    if _NOT_ECMA.search(expression.replace("\\\\", "")):
        return False
    try:
        searcher(expression)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=1024)
def searcher(expression: str) -> Callable[[str], bool]:
    """Does a text have it somewhere? Raises ValueError for what is no expression."""
    import jsonschema_rs  # noqa: PLC0415  (a tenth of a second of a start that may never need it)

    try:
        validator = jsonschema_rs.Draft7Validator({"pattern": expression})
    except jsonschema_rs.ValidationError as error:
        raise ValueError(str(error)) from None

    def has_it(text: str) -> bool:
        return bool(validator.is_valid(text))

    return has_it
