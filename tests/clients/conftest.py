"""What the tests of several formats share: a server, a topic for each test, and both kinds of clients.

Assertions of the contracts explain themselves, as those of test files do.
"""

import asyncio
import re
from collections.abc import Iterator

import pytest

pytest.register_assert_rewrite("tests.clients.contract")

from tests.clients.kits import AsyncKit, Kit, PlainKit  # noqa: E402  (after that)
from tests.served import Served, served  # noqa: E402


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """`momus serve` as a user starts it; each test has a topic of its own."""
    with served(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def topic(request: pytest.FixtureRequest) -> str:
    """One of the test's own: its name, and that of its file."""
    return re.sub(r"\W+", "-", f"{request.path.stem}-{request.node.name}").strip("-")


@pytest.fixture(params=["plain", "asyncio"])
def kit(request: pytest.FixtureRequest, shared_server: Served) -> Iterator[Kit]:
    """Clients of one kind; test files with a kit of their own need not know of it."""
    with asyncio.Runner() as runner:
        made = PlainKit(shared_server.url) if request.param == "plain" else AsyncKit(shared_server.url, runner)
        yield made
        made.close()
