"""Avro: parsing, stored form, compatibility with proofs."""

from compat.avro.compare import compare
from compat.avro.schema import AvroSchema, parse

__all__ = ["AvroSchema", "compare", "parse"]
