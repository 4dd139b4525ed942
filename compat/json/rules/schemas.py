"""Whole schemas: that there is one, of which kind, and what it says of itself."""

from typing import Final

from compat.json.kinds import Kind
from compat.json.rules.rule import TYPE_DIFFERENT, Found, Founds, compatible, refusing

SCHEMA_ADDED: Final = refusing("SCHEMA_ADDED", "No schema comes where there was none.", "")
SCHEMA_REMOVED: Final = compatible("SCHEMA_REMOVED", "A schema may go.")
TYPE_CHANGED: Final = refusing("TYPE_CHANGED", "A schema stays of one kind, or becomes one of all.", TYPE_DIFFERENT)

ID_CHANGED: Final = compatible("ID_CHANGED", "A schema may be named otherwise.")
TITLE_CHANGED: Final = compatible("TITLE_CHANGED", "A title may change.")
DESCRIPTION_CHANGED: Final = compatible("DESCRIPTION_CHANGED", "A description may change.")
DEFAULT_CHANGED: Final = compatible("DEFAULT_CHANGED", "A default may change.")

_ANNOTATIONS: Final = (
    (("$id", "id"), "id", ID_CHANGED),
    (("title",), "title", TITLE_CHANGED),
    (("description",), "description", DESCRIPTION_CHANGED),
    (("default",), "default", DEFAULT_CHANGED),
)
_WORDS: Final = frozenset(keyword for keywords, _, _ in _ANNOTATIONS for keyword in keywords)
_BYTES: Final = "bytes"


def annotations(old: Kind, new: Kind) -> Founds:
    if _WORDS.isdisjoint(old.words) and _WORDS.isdisjoint(new.words):
        return []
    return [
        Found(rule, (path,))
        for keywords, path, rule in _ANNOTATIONS
        if [old.word(keyword) for keyword in keywords] != [new.word(keyword) for keyword in keywords]
    ]


def other_kind(old: Kind, new: Kind) -> Founds:
    """Nothing becomes anything, anything becomes all; bytes of Kafka Connect are written as one kind or another."""
    if old.name == "false" or new.name in {"true", "empty"}:
        return []
    if old.word("connect.type") == new.word("connect.type") == _BYTES:
        return []
    return [Found(TYPE_CHANGED)]
