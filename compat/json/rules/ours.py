"""The rules that Confluent's table lacks: a document is worth more than a table."""

from typing import Final

from compat.json.rules.rule import refusing

DOCUMENT_REFUSED: Final = refusing(
    "DOCUMENT_REFUSED",
    "Every document that the old schema accepts, the new one accepts.",
    "The {reader} schema refuses a document that the {writer} schema accepts: {info}",
)
DECLARED_DOCUMENT_REFUSED: Final = refusing(
    "DECLARED_DOCUMENT_REFUSED",
    "Every document that the old schema accepts and that has only declared properties, the new one accepts.",
    "The {reader} schema refuses a document of nothing but what the {writer} schema declares: {info}",
)
