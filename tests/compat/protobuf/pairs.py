"""Schemas for tests, of texts; a text without a syntax line is proto3."""

from collections.abc import Mapping
from functools import cache

from compat.protobuf.schema import ProtobufSchema, parse
from compat.schema import Referent, Source

ROOT = "a.proto"


@cache
def schema(text: str, *others: tuple[str, str]) -> ProtobufSchema:
    """The schema of a text, and of other files by name, those that are needed first."""
    referents = tuple(Referent(name, with_syntax(other)) for name, other in others)
    return parse(Source("PROTOBUF", with_syntax(text), referents), strict=True)


def with_syntax(text: str) -> str:
    return text if text.startswith(("syntax", "edition")) else f'syntax = "proto3"; {text}'


def of_files(texts: Mapping[str, str]) -> ProtobufSchema:
    """The schema of a pair's side in the vectors: files by name, the root is `a.proto`."""
    return schema(texts[ROOT], *((name, text) for name, text in texts.items() if name != ROOT))
