"""The flag that writes the replies of the scenarios again."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--regenerate",
        action="store_true",
        help="write the replies that differ into the scenario files; read the difference like code",
    )
