"""Protobuf: parsing by protoc, stored form, compatibility with proofs."""

from compat.protobuf.schema import ProtobufSchema, compare, parse, prepare

__all__ = ["ProtobufSchema", "compare", "parse", "prepare"]
