"""An asyncio client asked as its plain twin is: every coroutine is waited for. So one contract holds both."""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

NAMES = {"close": "aclose"}  # what the twin calls otherwise


class Waiting:
    """`asked`, whose coroutines run in `runner`, on its one loop, to their end; and so with the clients it makes."""

    def __init__(self, asked: object, runner: asyncio.Runner) -> None:
        self._asked = asked
        self._runner = runner

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._asked, NAMES.get(name, name))

        def call(*arguments: Any, **named: Any) -> Any:
            answer = method(*arguments, **named)
            if isinstance(answer, type(self._asked)):
                return Waiting(answer, self._runner)
            return self._runner.run(answer) if inspect.iscoroutine(answer) else answer

        return call

    def __call__(self, *arguments: Any) -> Any:
        """Serializers are called."""
        return self._runner.run(self._asked(*arguments))  # type: ignore[operator]
