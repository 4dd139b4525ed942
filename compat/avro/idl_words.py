"""The words of Avro IDL: names, numbers, strings and marks, each with the documentation that stands right before it.

The grammar is none of this module's concern; what is no word at all becomes a mark, which no grammar expects.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from compat.pieces import lines_of
from compat.schema import InvalidSchema

# Names of Avro may start with an underscore, which Java's reader of IDL does not take.
_WORD = r"[^\W\d]\w*"
_NAME = rf"(?:`{_WORD}`|{_WORD})(?:[.-](?:`{_WORD}`|{_WORD}))*"
_TOKEN = re.compile(
    r"(?P<space>[ \t\r\n\f]+|//[^\n]*)"
    r"|(?P<none>/\*\*/)"
    r"|(?P<doc>/\*\*.*?(?:\*/|\Z))"
    r"|(?P<comment>/\*.*?(?:\*/|\Z))"
    r"|(?P<float>[+-]?(?:NaN|Infinity)(?![\w.])"
    r"|[+-]?(?:0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?[0-9]+"
    r"|[0-9]+\.[0-9]*(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|[0-9]+(?=[fFdD]))[fFdD]?)"
    r"|(?P<int>-?(?:0[xX][0-9a-fA-F]+|[0-9]+)[lL]?)"
    rf"|(?P<word>{_NAME})"
    r'|(?P<string>"(?:[^"\\\n\r]|\\.)*+"?)'
    r"|(?P<mark>.)",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u+([0-9a-fA-F]{4})|([0-3]?[0-7]{1,2})|(.))", re.DOTALL)
_PLAIN_ESCAPES: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "'": "'", '"': '"', "\\": "\\"}
_END: Final = "\x1a"  # nothing is read after it


class Token(NamedTuple):
    kind: str
    text: str
    start: int
    doc: str | None = None

    @property
    def end(self) -> int:
        return self.start + len(self.text)


class Words:
    """The tokens of a text, and what is wrong with them."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.place = lines_of(text)
        self.tokens = list(self._tokens())
        self.at = 0

    def _tokens(self) -> Iterator[Token]:
        doc = None
        for match in _TOKEN.finditer(self._text, 1 if self._text.startswith("\ufeff") else 0):
            kind, found = str(match.lastgroup), match[0]
            if kind in ("doc", "comment") and not found.endswith("*/"):
                raise self.wrong("the comment that starts here is not closed", match.start())
            if kind == "doc":
                doc = _stripped(found)
            elif kind not in ("space", "none", "comment"):
                if found == _END:
                    break
                yield Token(kind, found, match.start(), doc)
                doc = None
        yield Token("end", "", len(self._text.rstrip()))

    def wrong(self, message: str, offset: int) -> InvalidSchema:
        return InvalidSchema(message, "", *self.place(offset))

    @property
    def now(self) -> Token:
        return self.tokens[self.at]

    def ahead(self, steps: int) -> Token:
        return self.tokens[min(self.at + steps, len(self.tokens) - 1)]

    def taken(self) -> Token:
        token = self.now
        self.at = min(self.at + 1, len(self.tokens) - 1)
        return token

    def maybe(self, text: str) -> bool:
        """Steps over it, if it is what comes."""
        is_there = self.now.text == text
        if is_there:
            self.taken()
        return is_there

    def must(self, text: str, why: str) -> Token:
        if self.now.text != text:
            raise self.expected(f"'{text}' {why}")
        return self.taken()

    def expected(self, what: str) -> InvalidSchema:
        token = self.now
        shown = f"'{token.text[:40]}'" if token.kind != "end" else "the end of the text"
        hint = "; strings are written in double quotes" if token.text == "'" else ""
        return self.wrong(f"expected {what}, but here is {shown}{hint}", token.start)

    def name(self, what: str) -> tuple[str, Token]:
        """A name, without its backquotes."""
        if self.now.kind != "word":
            raise self.expected(what)
        token = self.taken()
        return token.text.replace("`", ""), token

    def string(self, what: str) -> str:
        if self.now.kind != "string":
            raise self.expected(f"{what} in double quotes")
        token = self.taken()
        if len(token.text) < 2 or not token.text.endswith('"'):
            raise self.wrong("the string that starts here is not closed on its line", token.start)

        def escaped(match: re.Match[str]) -> str:
            if match[3] is None:
                return chr(int(match[1], 16) if match[1] else int(match[2], 8))
            if match[3] not in _PLAIN_ESCAPES:
                raise self.wrong(f"'{match[0]}' is no escape: \\\\, \\\", \\n and \\u0041 are", token.start)
            return _PLAIN_ESCAPES[match[3]]

        text = _ESCAPE.sub(escaped, token.text[1:-1])
        try:  # halves of a surrogate pair, written as two escapes, are one character
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            raise self.wrong("half of a surrogate pair is no character", token.start) from None


def _stripped(comment: str) -> str:
    """The text of a documentation comment, without what only draws it: stars, or a common indent."""
    lines = comment[3:-2].strip().splitlines(keepends=True)
    for stars in ("**", "*"):
        if lines and all(line.lstrip(" \t").startswith(stars) for line in lines):
            return "".join(re.sub(rf"^[ \t]*{re.escape(stars)}[ \t]?", "", line) for line in lines)
    common = min((line[: len(line) - len(line.lstrip(" \t"))] for line in lines[1:]), key=len, default="")
    if all(line.startswith(common) for line in lines[1:]):
        lines[1:] = [line[len(common) :] for line in lines[1:]]
    return "".join(lines)
