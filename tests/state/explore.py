"""How many examples the properties are tried on: a few, always the same; with MOMUS_EXPLORE=N N times as many, new."""

import os

from hypothesis import HealthCheck, settings

TIMES = int(os.environ.get("MOMUS_EXPLORE", "0"))


def examples(number: int, *, steps: int = 50) -> settings:
    return settings(
        max_examples=number * max(TIMES, 1),
        stateful_step_count=steps,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
