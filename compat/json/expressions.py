"""Regular expressions as ECMA-262 has them, searched with in a time that no expression can draw out.

Those that only Java's engine runs are taken too: Confluent takes them, and nothing here is ever searched with by an
engine that backtracks.
"""

import re
import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import Final

_NEITHER: Final = re.compile(r"\(\?P[<=>]|\(\?#|\\[AZ]")  # what ECMA-262 lacks, or takes for letters
_GROUP: Final = re.compile(r"\(\?<(?![=!])")
_BACK: Final = re.compile(r"\\k<(\w+)>")
_DASH: Final = re.compile(r"(\\[dDsSwW])-")


def is_expression(expression: str) -> bool:
    r"""Is it one of ECMA-262, or of Java's that looks alike, as `(?i)a` and `[\w-.]`?"""
    if _NEITHER.search(expression.replace("\\\\", "")):
        return False
    try:
        searcher(expression)
    except ValueError:
        return _is_alike(expression)
    return True


def _is_alike(expression: str) -> bool:
    """Python's parser stands for Java's. It only parses."""
    spelled = _DASH.sub(r"\1\-", _BACK.sub(r"(?P=\1)", _GROUP.sub("(?P<", expression)))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(spelled)
    except (re.error, OverflowError, RecursionError):
        return False
    return "{" not in re.sub(r"\\.|\{\d+(,\d*)?\}", "", expression)  # which stands for itself in Python alone


@lru_cache(maxsize=1024)
def searcher(expression: str) -> Callable[[str], bool]:
    """What finds the expression in a text. Raises ValueError for one that cannot be searched with."""
    import jsonschema_rs  # noqa: PLC0415  (a tenth of a second of a start that may never need it)

    try:
        validator = jsonschema_rs.Draft7Validator({"pattern": expression})
    except Exception as error:  # noqa: BLE001  (it refuses with several classes)
        raise ValueError(str(error)) from None

    def has_it(text: str) -> bool:
        return bool(validator.is_valid(text))

    return has_it
