"""The jobs of a worker whose comparisons end badly, and that has a defect in reading; all others are the real ones."""

import os
from collections.abc import Callable
from typing import Any

from compat import jobs


def compare(*_question: object) -> None:
    os._exit(3)


def describe(*_source: object, **_how: object) -> None:
    raise KeyError("nobody caught this")


JOBS: dict[str, Callable[..., Any]] = {**jobs.JOBS, "compare": compare, "describe": describe}
