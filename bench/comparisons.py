"""Comparing two Avro records: how long, whether it grows with their size, and what the proof of a refusal costs."""

import time

from bench.report import Row
from bench.schemas import wide
from compat import Schema, Source, compare, parse

ROUNDS = 15
MOST_SECONDS = 0.005  # for 500 fields


async def comparisons() -> list[Row]:
    small, large = _best(500), _best(2000)
    refused = _best(500, changed=True)
    return [
        _row("compare 500 Avro fields", small, MOST_SECONDS),
        _row("compare 500 fields, one broken, proved", refused, MOST_SECONDS),
        _row("compare 2,000 Avro fields", large, None),
        Row("2,000 fields to 500 (linear is 4)", "", large / small),
    ]


def _best(fields: int, *, changed: bool = False) -> float:
    """The best of some rounds, each on schemas that were never compared before."""
    seconds = []
    for _ in range(ROUNDS):
        reader, writer = _parsed(wide(fields, changed=changed)), _parsed(wide(fields))
        began = time.perf_counter()
        report = compare(reader, writer)
        seconds.append(time.perf_counter() - began)
        if report.is_compatible is changed:
            raise RuntimeError("the verdict is wrong")
    return min(seconds)


def _parsed(text: str) -> Schema:
    return parse(Source("AVRO", text))


def _row(name: str, seconds: float, most: float | None) -> Row:
    value, at_most = (seconds * 1000, most * 1000) if most else (None, None)
    return Row(name, f"{seconds * 1000:.2f} ms", None, None, value, at_most)
