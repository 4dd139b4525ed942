"""A look at `.proto` text before protoc sees it: `prepared`.

It knows words, strings and brackets, and no grammar: it refuses what would hurt protoc, finds the imports, and blanks
out what protoc refuses although registries are full of it. Blanks keep every other character in its place.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from compat.schema import InvalidSchema

LONGEST_TEXT: Final = 8 << 20  # bytes
LONGEST_NAME: Final = 1000  # of one word; a path of them stands in the descriptor wherever the type is named
DEEPEST: Final = 60  # brackets in brackets; protoc takes 32 messages in messages, and dies of 5,000 in an option

_TOKEN = re.compile(
    r"""(?P<space>(?:[\s\ufeff]+|//[^\n]*|/\*.*?(?:\*/|\Z))+)"""
    r"""|(?P<word>[A-Za-z_.][A-Za-z0-9_.]*)"""
    r"""|(?P<string>"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?)"""  # what is not closed is one token too: no second look
    r"""|(?P<rest>.)""",
    re.DOTALL,
)
_CLOSED_BY = {"{": "}", "[": "]", "(": ")", "<": ">"}
_OPENED_BY = {close: opening for opening, close in _CLOSED_BY.items()}
_NO_NEWLINE = re.compile(r"[^\n]")
_MAP_ENTRY = ["option", "map_entry", "=", "true", ";"]


class Token(NamedTuple):
    text: str
    start: int
    is_string: bool = False

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Import:
    """`name` is imported by the statement between `start` and `end`."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """A text for protoc, its imports, the paths of messages that call themselves map entries, and its syntax line."""

    text: str
    imports: tuple[Import, ...]
    entries: tuple[tuple[str, ...], ...]
    says_proto2: bool


def prepared(text: str) -> Prepared:
    """Raises InvalidSchema for what is not to be shown to protoc."""
    size = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    if size > LONGEST_TEXT:
        raise InvalidSchema(f"the schema has {size} bytes; {LONGEST_TEXT} are the most")
    imports: list[Import] = []
    entries: list[tuple[str, ...]] = []
    blanks: list[tuple[int, int]] = []
    says_proto2 = False
    messages: list[str] = []  # the name for each open brace
    for statement, end in _statements(text):
        words = [token.text for token in statement]
        after = end.text
        if words[:1] == ["import"] and not messages and after == ";":
            imports.append(_import(text, statement, end))
        elif words[:2] == ["syntax", "="] and not messages:
            says_proto2 = [word[1:-1] for word in words[2:]] == ["proto2"]
        elif [*words, after] == _MAP_ENTRY and messages:
            entries.append(tuple(messages))
            blanks.append((statement[0].start, end.end))
        if after == "{":
            messages.append(words[-1] if "message" in words[-3:-1] else "")
        elif after == "}" and messages:
            messages.pop()
    return Prepared(blanked(text, blanks), tuple(imports), tuple(entries), says_proto2)


def blanked(text: str, spans: list[tuple[int, int]]) -> str:
    """The text with blanks in these spans, lines kept. In UTF-8 a character takes as many columns as it has bytes."""
    for start, end in spans:
        text = text[:start] + _NO_NEWLINE.sub(" ", text[start:end]) + text[end:]
    return text


def place(text: str, offset: int) -> tuple[int, int]:
    """Line and column, from 1, as protoc counts them: a tab goes to the next multiple of 8."""
    start = text.rfind("\n", 0, offset) + 1
    column = 0
    for character in text[start:offset]:
        column += 8 - column % 8 if character == "\t" else len(character.encode("utf-8", "surrogatepass"))
    return text.count("\n", 0, offset) + 1, column + 1


def tokens(text: str) -> Iterator[Token]:
    """All that is not space. Raises InvalidSchema where brackets or words go too far."""
    depth = dict.fromkeys(_CLOSED_BY, 0)  # each kind by itself: protoc counts no closing bracket of another kind
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind == "space":
            continue
        found, start = match[0], match.start()
        if found in depth:
            depth[found] += 1
            if depth[found] > DEEPEST:
                raise InvalidSchema(f"brackets are nested more than {DEEPEST} deep here", "", *place(text, start))
        elif found in _OPENED_BY:
            depth[_OPENED_BY[found]] = max(depth[_OPENED_BY[found]] - 1, 0)
        elif kind == "word" and len(found) > LONGEST_NAME:
            raise InvalidSchema(f"a name has at most {LONGEST_NAME} characters", "", *place(text, start))
        yield Token(found, start, kind == "string")


def _statements(text: str) -> Iterator[tuple[list[Token], Token]]:
    """The tokens up to each `;`, `{` and `}`, and which of them ends it."""
    statement: list[Token] = []
    for token in tokens(text):
        if token.text in (";", "{", "}"):
            yield statement, token
            statement = []
        else:
            statement.append(token)


def _import(text: str, statement: list[Token], end: Token) -> Import:
    name = "".join(token.text[1:-1] for token in statement if token.is_string)
    parts = name.split("/")
    if "\\" in name or not all(parts) or {".", ".."} & set(parts) or not name.isprintable():
        raise InvalidSchema(
            f"'{name}' is no name to import: it is a path without '..', '.', backslashes and a '/' at either end",
            "", *place(text, statement[-1].start),
        )  # fmt: skip
    return Import(name, statement[0].start, end.end)
