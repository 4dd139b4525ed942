"""Fixtures that come with the package: pytest finds them by the entry point `momus`, and nobody imports them.

Nothing is imported here before a test asks for it: whoever has Momus installed runs tests that need none of it.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from momus.testing import Registry


@pytest.fixture
def registry() -> "Iterator[Registry]":
    """An empty schema registry for each test, in this process; `registry.url` is where it listens."""
    from momus.testing import Registry

    with Registry() as running:
        yield running


@pytest.fixture(scope="session")
def assert_compatible() -> Callable[..., None]:
    """`assert_compatible(new, against=old)`: see `momus.gate.assertions`."""
    from momus.gate.assertions import assert_compatible

    return assert_compatible
