"""Protobuf: parsing by protoc, stored form, identity."""

from compat.protobuf.schema import ProtobufSchema, parse

__all__ = ["ProtobufSchema", "parse"]
