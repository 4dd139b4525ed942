"""ECMA-262 patterns as languages: the texts in which a search for the pattern finds something.

Read: characters, classes, escapes, groups, bounded repetition, anchors, and looking ahead. Not read, and so opaque:
back references, looking behind, word boundaries, modifiers, and what the dialects do not agree on.
"""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from compat.json.contain.language import ALL, Intervals, Language, Languages, common, complement, united

DIGIT: Final[Intervals] = ((0x30, 0x39),)
WORD: Final[Intervals] = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
SPACE: Final[Intervals] = united(
    [
        ((0x09, 0x0D), (0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A)),
        ((0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF)),
    ]
)
Dot: TypeAlias = Literal["line feed", "line ends"]
"""What `.` does not match: ECMA-262 names four line ends, the validators at hand the line feed alone."""
DOTS: Final[dict[Dot, Intervals]] = {
    "line feed": complement(((0x0A, 0x0A),)),
    "line ends": complement(((0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029))),
}
CLASSES: Final[dict[str, Intervals]] = {
    "d": DIGIT,
    "D": complement(DIGIT),
    "w": WORD,
    "W": complement(WORD),
    "s": SPACE,
    "S": complement(SPACE),
}
CONTROLS: Final = {"t": 0x09, "n": 0x0A, "v": 0x0B, "f": 0x0C, "r": 0x0D}
PUNCTUATION: Final = frozenset("^$\\.*+?()[]{}|/-_,:;!\"#%&'<=>@`~ ")
MOST_REPEATED: Final = 10_000
DEEPEST: Final = 60


class Opaque(Exception):
    """A pattern that is not read here."""


@dataclass(frozen=True, slots=True)
class Set:
    characters: Intervals


@dataclass(frozen=True, slots=True)
class Dotted:
    """`.`, which is read in two ways."""


@dataclass(frozen=True, slots=True)
class Sequence:
    parts: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class Choice:
    parts: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class Repeat:
    part: "Expression"
    least: int
    greatest: int | None


@dataclass(frozen=True, slots=True)
class Anchor:
    end: bool


@dataclass(frozen=True, slots=True)
class Ahead:
    part: "Expression"
    negative: bool


Expression: TypeAlias = Set | Dotted | Sequence | Choice | Repeat | Anchor | Ahead


def parse(pattern: str) -> Expression:
    """The structure of a pattern. Raises Opaque for what is not read here."""
    parser = _Parser(pattern)
    expression = parser.choice(0)
    if parser.place != len(pattern):
        raise Opaque("an unmatched parenthesis")
    return expression


class _Parser:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.place = 0

    def choice(self, depth: int) -> Expression:
        if depth > DEEPEST:
            raise Opaque("too deep")
        parts = [self._sequence(depth)]
        while self._take("|"):
            parts.append(self._sequence(depth))
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def _sequence(self, depth: int) -> Expression:
        parts: list[Expression] = []
        while self.place < len(self.pattern) and self.pattern[self.place] not in "|)":
            parts.append(self._quantified(self._atom(depth)))
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _quantified(self, atom: Expression) -> Expression:
        bounds = self._bounds()
        if bounds is None:
            return atom
        if isinstance(atom, Anchor | Ahead):
            raise Opaque("a repeated assertion")
        self._take("?")  # which match is found first makes no difference to whether there is one
        if self._peek() in ("*", "+", "?", "{"):
            raise Opaque("a repeated repetition")
        return Repeat(atom, *bounds)

    def _bounds(self) -> tuple[int, int | None] | None:
        if self._take("*"):
            return 0, None
        if self._take("+"):
            return 1, None
        if self._take("?"):
            return 0, 1
        if not self._take("{"):
            return None
        least = self._number()
        greatest: int | None = least
        if self._take(","):
            greatest = None if self._peek() == "}" else self._number()
        self._need("}")
        if (greatest is not None and greatest < least) or max(least, greatest or 0) > MOST_REPEATED:
            raise Opaque("bounds")
        return least, greatest

    def _number(self) -> int:
        start = self.place
        while self._peek().isascii() and self._peek().isdigit():
            self.place += 1
        if not 0 < self.place - start < 8:
            raise Opaque("a number")
        return int(self.pattern[start : self.place])

    def _atom(self, depth: int) -> Expression:
        character = self._next()
        match character:
            case "^":
                return Anchor(end=False)
            case "$":
                return Anchor(end=True)
            case ".":
                return Dotted()
            case "(":
                return self._group(depth)
            case "[":
                return self._class()
            case "\\":
                found = self._escape()
                return Set(found if isinstance(found, tuple) else ((found, found),))
            case "*" | "+" | "?" | "{" | "}" | "]":
                raise Opaque("a character that must be escaped")
            case _:
                return Set(_one(ord(character)))

    def _group(self, depth: int) -> Expression:
        ahead = negative = False
        if self._take("?"):
            character = self._next()
            ahead, negative = character in "=!", character == "!"
            if character == "<":
                self._name()
            elif character not in ":=!":
                raise Opaque("a group of a kind that is not read here")
        inner = self.choice(depth + 1)
        self._need(")")
        return Ahead(inner, negative) if ahead else inner

    def _name(self) -> None:
        if self._peek() in ("=", "!"):
            raise Opaque("looking behind")
        end = self.pattern.find(">", self.place)
        if end == -1 or not self.pattern[self.place : end].isidentifier():
            raise Opaque("the name of a group")
        self.place = end + 1

    def _class(self) -> Expression:
        negative = self._take("^")
        sets: list[Intervals] = []
        if self._peek() == "]":
            raise Opaque("an empty class")
        while not self._take("]"):
            low = self._member()
            if self._peek() == "-" and self.pattern[self.place + 1 : self.place + 2] not in ("]", ""):
                self.place += 1
                high = self._member()
                if isinstance(low, tuple) or isinstance(high, tuple) or high < low:
                    raise Opaque("a range")
                sets.append(common(ALL, ((low, high),)))
            else:
                sets.append(low if isinstance(low, tuple) else _one(low))
        found = united(sets)
        return Set(complement(found) if negative else found)

    def _member(self) -> int | Intervals:
        character = self._next()
        following = self._peek()
        if character == "[" or (character in "&-~|" and following == character):
            raise Opaque("a set in a set")
        return self._escape() if character == "\\" else ord(character)

    def _escape(self) -> int | Intervals:
        character = self._next()
        if character in CLASSES:
            return CLASSES[character]
        if character in CONTROLS:
            return CONTROLS[character]
        if character in PUNCTUATION:
            return ord(character)
        if character == "c" and self._peek().isascii() and self._peek().isalpha():
            return ord(self._next()) % 32
        if character == "x":
            return self._hexadecimal(2)
        if character == "u":
            return self._unicode()
        raise Opaque("an escape")

    def _unicode(self) -> int:
        if not self._take("{"):
            point = self._hexadecimal(4)
        else:
            end = self.pattern.find("}", self.place)
            point = self._hexadecimal(max(end - self.place, 0))
            self._need("}")
        if point > 0x10FFFF or 0xD800 <= point <= 0xDFFF:
            raise Opaque("a surrogate")
        return point

    def _hexadecimal(self, digits: int) -> int:
        text = self.pattern[self.place : self.place + digits]
        if not 0 < len(text) == digits <= 8 or any(one not in "0123456789abcdefABCDEF" for one in text):
            raise Opaque("an escape")
        self.place += digits
        return int(text, 16)

    def _peek(self) -> str:
        return self.pattern[self.place : self.place + 1]

    def _next(self) -> str:
        if self.place >= len(self.pattern):
            raise Opaque("the end of the pattern")
        self.place += 1
        return self.pattern[self.place - 1]

    def _take(self, character: str) -> bool:
        if self._peek() == character:
            self.place += 1
            return True
        return False

    def _need(self, character: str) -> None:
        if not self._take(character):
            raise Opaque("something that is not closed")


def _one(point: int) -> Intervals:
    if 0xD800 <= point <= 0xDFFF:
        raise Opaque("a surrogate")
    return ((point, point),)


# ---------------------------------------------------------------- languages


def is_dotted(expression: Expression) -> bool:
    match expression:
        case Dotted():
            return True
        case Sequence(parts) | Choice(parts):
            return any(is_dotted(part) for part in parts)
        case Repeat(part) | Ahead(part):
            return is_dotted(part)
        case Set() | Anchor():
            return False


def _asserts(expression: Expression) -> bool:
    match expression:
        case Anchor() | Ahead():
            return True
        case Sequence(parts) | Choice(parts):
            return any(_asserts(part) for part in parts)
        case Repeat(part):
            return _asserts(part)
        case Set() | Dotted():
            return False


@dataclass(frozen=True, slots=True)
class _Rest:
    """What must follow: from the first place of the text, and from any later place."""

    first: Language
    later: Language

    def at(self, *, start: bool) -> Language:
        return self.first if start else self.later


@dataclass(frozen=True, slots=True)
class Reader:
    """Turns expressions into languages: what an expression and all that follows it may be, from its place to the end.

    Seen this way, an assertion is an intersection: `$` leaves the empty text, looking ahead narrows what follows.
    """

    languages: Languages
    dot: Dot

    def found_in(self, expression: Expression) -> Language:
        """The texts in which a search succeeds."""
        make = self.languages
        whatever = _Rest(make.anything, make.anything)
        if not _asserts(expression):
            return make.then(make.anything, self._followed(expression, whatever, start=False))
        later = self._followed(expression, whatever, start=False)
        skipped = make.then(make.character, make.then(make.anything, later))
        return make.either((self._followed(expression, whatever, start=True), skipped))

    def _followed(self, expression: Expression, rest: _Rest, *, start: bool) -> Language:
        make = self.languages
        match expression:
            case Set(characters):
                return make.then(make.of(characters), rest.later)
            case Dotted():
                return make.then(make.of(DOTS[self.dot]), rest.later)
            case Choice(parts):
                return make.either([self._followed(part, rest, start=start) for part in parts])
            case Sequence(parts):
                for part in reversed(parts[1:]):
                    rest = self._before(part, rest)
                return self._followed(parts[0], rest, start=start) if parts else rest.at(start=start)
            case Repeat():
                return self._repeated(expression, rest, start=start)
            case Anchor(end):
                if end:
                    return make.both((make.empty, rest.at(start=start)))
                return rest.first if start else make.nothing
            case Ahead(part, negative):
                ahead = self._followed(part, _Rest(make.anything, make.anything), start=start)
                return make.both((make.other(ahead) if negative else ahead, rest.at(start=start)))

    def _before(self, expression: Expression, rest: _Rest) -> _Rest:
        later = self._followed(expression, rest, start=False)
        if rest.first is rest.later and not _asserts(expression):
            return _Rest(later, later)
        return _Rest(self._followed(expression, rest, start=True), later)

    def _repeated(self, expression: Repeat, rest: _Rest, *, start: bool) -> Language:
        make = self.languages
        if _asserts(expression.part):
            if (expression.least, expression.greatest) != (0, 1):
                raise Opaque("a repeated assertion")
            return make.either((self._followed(expression.part, rest, start=start), rest.at(start=start)))
        inner = make.repeated(self._plain(expression.part), expression.least, expression.greatest)
        if not start or not inner.nullable or rest.first is rest.later:
            return make.then(inner, rest.later)
        some = make.both((inner, make.other(make.empty)))
        return make.either((rest.first, make.then(some, rest.later)))

    def _plain(self, expression: Expression) -> Language:
        """The texts that an expression without assertions matches whole."""
        make = self.languages
        return self._followed(expression, _Rest(make.empty, make.empty), start=False)
