"""The jobs of a worker whose comparisons end badly; all others are the real ones."""

import os
from collections.abc import Callable
from typing import Any

from compat import jobs


def compare(*_question: object) -> None:
    os._exit(3)


JOBS: dict[str, Callable[..., Any]] = {**jobs.JOBS, "compare": compare}
