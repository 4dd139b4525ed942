"""A registry for all tests of a module: each has topics of its own. It is the real one, in this process."""

import re
from collections.abc import Iterator

import pytest

from momus.client import RegistryClient
from momus.testing import Registry


@pytest.fixture(scope="package")
def url() -> Iterator[str]:
    with Registry() as running:
        yield running.url


@pytest.fixture
def client(url: str) -> Iterator[RegistryClient]:
    with RegistryClient(url) as open_client:
        yield open_client


@pytest.fixture
def topic(request: pytest.FixtureRequest) -> str:
    """Of a test's own: tests of several files may have one name."""
    return re.sub(r"\W+", "-", f"{request.path.stem}-{request.node.name}").strip("-")
