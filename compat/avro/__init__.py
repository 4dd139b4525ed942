"""Avro: parsing, stored form, compatibility with proofs."""

from collections.abc import Sequence

from compat.avro.compare import compare
from compat.avro.schema import AvroSchema, parse
from compat.policy import Policy
from compat.schema import Source

__all__ = ["AvroSchema", "compare", "judge", "load", "parse", "prepare"]


def prepare(sources: Sequence[Source], *, strict: bool) -> None:
    """One text after the other is as quick."""


def judge(reader: AvroSchema, writer: AvroSchema, policy: Policy) -> None:
    """There is no verdict but that of the comparison: its proofs are no search, and come to an end."""


def load() -> None:
    """The package imports all that it needs."""
