"""What tests of the client share. Assertions of the contract explain themselves, as those of test files do."""

from collections.abc import Iterator

import pytest

from tests.client.twins import TWINS, Connect, Hands, Twin, clients

pytest.register_assert_rewrite("tests.client.contract")


@pytest.fixture(params=TWINS)
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """Makes clients of the one kind, and of the other."""
    twin: Twin = request.param
    with clients(twin) as made:
        yield made


@pytest.fixture
def hands() -> Hands:
    return Hands()
