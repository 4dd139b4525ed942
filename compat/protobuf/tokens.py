"""A look at `.proto` text before protoc sees it: `prepared`.

It knows words, strings and brackets, and no grammar: it refuses what would hurt protoc, finds the imports, and blanks
out what protoc refuses although registries are full of it. Blanks keep every other character in its place.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, NamedTuple

from compat.schema import InvalidSchema

LONGEST_TEXT: Final = 8 << 20  # bytes
LONGEST_NAME: Final = 1000  # of one word; a path of them stands in the descriptor wherever the type is named
LONGEST_IMPORT: Final = 64  # tokens
MOST_IMPORTS: Final = 1000
DEEPEST: Final = 60  # brackets in brackets; protoc takes 32 messages in messages, and dies of 5,000 in an option

_SPACE = r"(?P<space>(?:[\s\ufeff]+|//[^\n]*|/\*.*?(?:\*/|\Z))+)"
# What is not closed is one token too: no second look at it.
_STRING = r"""(?P<string>"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?)"""
_TOKEN = re.compile(rf"{_SPACE}|{_STRING}|(?P<word>[A-Za-z_.][A-Za-z0-9_.]*)|(?P<rest>.)", re.DOTALL)
_MARK = re.compile(  # the tokens that matter to `_imports`, without a step of Python for every other
    rf"(?P<space>//[^\n]*|/\*.*?(?:\*/|\Z))|{_STRING}|(?P<bracket>[{{}}\[\]()<>])"
    rf"|(?<![A-Za-z0-9_.])(?:(?P<long>[A-Za-z0-9_.]{{{LONGEST_NAME + 1},}})|(?P<import>import(?![A-Za-z0-9_.])))",
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
    """A text for protoc, its imports, and the paths of the messages that call themselves map entries."""

    text: str
    imports: tuple[Import, ...]
    entries: tuple[tuple[str, ...], ...] = ()


def prepared(text: str) -> Prepared:
    """Raises InvalidSchema for what is not to be shown to protoc."""
    size = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    if size > LONGEST_TEXT:
        raise InvalidSchema(f"the schema has {size} bytes; {LONGEST_TEXT} are the most")
    imports = tuple(_imports(text))
    if "map_entry" not in text:
        return Prepared(text, imports)
    entries, spans = [], []
    for path, span in _entries(text):
        entries.append(path)
        spans.append(span)
    return Prepared(blanked(text, spans), imports, tuple(entries))


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


def _imports(text: str) -> Iterator[Import]:
    """Raises InvalidSchema where brackets or words go too far too."""
    depth = dict.fromkeys(_CLOSED_BY, 0)  # each kind by itself: protoc counts no closing bracket of another kind
    seen = 0
    for mark in _MARK.finditer(text):
        wrong = ""
        if mark[0] in depth or mark[0] in _OPENED_BY:
            wrong = _count(mark[0], depth)
        elif mark.lastgroup == "long":
            wrong = f"a name has at most {LONGEST_NAME} characters"
        elif mark.lastgroup == "import" and not depth["{"]:
            seen += 1
            wrong = f"a schema has at most {MOST_IMPORTS} imports" if seen > MOST_IMPORTS else ""
            yield from () if wrong else _import(text, mark.start())
        if wrong:
            raise InvalidSchema(wrong, "", *place(text, mark.start()))


def _count(bracket: str, depth: dict[str, int]) -> str:
    """Notes a bracket in `depth`, and says what is wrong with it there, if anything is."""
    if bracket in depth:
        depth[bracket] += 1
        return f"brackets are nested more than {DEEPEST} deep here" if depth[bracket] > DEEPEST else ""
    opening = _OPENED_BY[bracket]
    depth[opening] -= 1
    return f"this '{bracket}' closes no '{opening}'" if depth[opening] < 0 else ""


def _import(text: str, start: int) -> Iterator[Import]:
    """The import that starts with this word, if it does: `option import = 1;` is none."""
    for statement, end in islice(_statements(text, start, LONGEST_IMPORT), 1):
        strings = [token for token in statement if token.is_string]
        others = [token.text for token in statement if not token.is_string]
        if end.text != ";" or not strings or others[1:] not in ([], ["public"], ["weak"], ["option"]):
            return
        name = "".join(token.text[1:-1] for token in strings)
        parts = name.split("/")
        if "\\" in name or not all(parts) or {".", ".."} & set(parts) or not name.isprintable():
            raise InvalidSchema(
                f"'{name}' is no name to import: it is a path without '..', '.', backslashes and a '/' at either end",
                "", *place(text, strings[0].start),
            )  # fmt: skip
        yield Import(name, start, end.end)


def _entries(text: str) -> Iterator[tuple[tuple[str, ...], tuple[int, int]]]:
    """The path of each message with `option map_entry = true;`, and where that stands."""
    messages: list[str] = []  # the name for each open brace
    for statement, end in _statements(text):
        words = [token.text for token in statement]
        if [*words, end.text] == _MAP_ENTRY and len(messages) > 1:
            yield tuple(messages), (statement[0].start, end.end)
        if end.text == "{":
            messages.append(words[-1] if "message" in words[-3:-1] else "")
        elif end.text == "}" and messages:
            messages.pop()


def _statements(text: str, start: int = 0, most: int | None = None) -> Iterator[tuple[list[Token], Token]]:
    """The tokens up to each `;`, `{` and `}`, and which of them ends it."""
    statement: list[Token] = []
    for token in islice(tokens(text, start), most):
        if token.text in (";", "{", "}"):
            yield statement, token
            statement = []
        else:
            statement.append(token)


def tokens(text: str, start: int = 0) -> Iterator[Token]:
    """All that is not space."""
    for match in _TOKEN.finditer(text, start):
        if match.lastgroup != "space":
            yield Token(match[0], match.start(), match.lastgroup == "string")
