"""Protobuf: parsing by protoc, stored form, compatibility with proofs."""

from compat.protobuf.compare import compare
from compat.protobuf.schema import ProtobufSchema, parse

__all__ = ["ProtobufSchema", "compare", "parse"]
