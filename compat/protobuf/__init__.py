"""Protobuf: parsing by protoc, stored form, compatibility with proofs."""

from compat.policy import Policy
from compat.protobuf.schema import ProtobufSchema, compare, parse, prepare

__all__ = ["ProtobufSchema", "compare", "judge", "load", "parse", "prepare"]


def judge(reader: ProtobufSchema, writer: ProtobufSchema, policy: Policy) -> None:
    """There is no verdict but that of the comparison: its proofs are no search, and come to an end."""


def load() -> None:
    """The package imports all that it needs."""
