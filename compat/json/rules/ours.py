"""The rules that Confluent's table lacks: a document is worth more than a table."""

from typing import Final

from compat.json.rules.rule import Rule, refusing

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
NOTHING_REFUSED: Final = Rule(
    "NOTHING_REFUSED",
    "The rules refuse a change though every document that the old schema accepts, the new one accepts: it is proved.",
    "The {reader} schema accepts every document that the {writer} schema accepts; only the rules refuse",
)
