"""Avro: parsing, stored form, compatibility with proofs."""

from importlib import import_module
from typing import Any

from compat.avro.schema import AvroSchema, parse

__all__ = ["AvroSchema", "compare", "parse"]


def compare(*args: Any, **kwargs: Any) -> Any:
    """Until `compat.avro.compare` is there."""
    return import_module("compat.avro.compare").compare(*args, **kwargs)
