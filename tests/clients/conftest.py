"""Assertions of the contracts explain themselves, as those of test files do."""

import pytest

pytest.register_assert_rewrite("tests.clients.contract")
