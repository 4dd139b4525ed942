"""XXH64: the sums are those of the reference implementation."""

import pytest

from registry.archive.xxh64 import XXH64

SUMS = (  # by the number of bytes; the bytes are `sample` of it
    (0, "ef46db3751d8e999"),
    (1, "e934a84adb052768"),
    (3, "9ff70a635a6209ab"),
    (4, "ae5acdc00a55ac41"),
    (7, "d734a6b26f3da63e"),
    (8, "87116b3365b924eb"),
    (13, "92e7ac00fd9ce667"),
    (31, "0f187c62b1e722b7"),
    (32, "91b0cb0931a8c629"),
    (33, "931b043cf8d65b94"),
    (63, "575186c12dcebcfd"),
    (64, "ab64977b5af9d022"),
    (100, "b7fe1d84b2f23a05"),
    (1000, "023fd2ed1ff957d5"),
)


def sample(size: int) -> bytes:
    return bytes(number * 7 % 251 for number in range(size))


@pytest.mark.parametrize(("size", "sum_"), SUMS)
def test_sum_is_that_of_the_reference(size: int, sum_: str) -> None:
    """Every length has its sum, in one piece, in pieces of any size, and when it is asked for meanwhile."""
    for piece in (1, 5, 31, 32, 33, 1000):
        hashed = XXH64()
        for at in range(0, size, piece):
            hashed.digest()
            hashed.update(sample(size)[at : at + piece])
        assert hashed.digest().hex() == sum_
