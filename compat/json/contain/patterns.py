"""The patterns of one question: as languages where they can be read, and put to single words where they cannot."""

from itertools import islice

from compat.json.contain.budget import Exhausted, TooLarge
from compat.json.contain.expression import Dot, Opaque, Reader, is_dotted, parse
from compat.json.contain.language import Language, Languages
from compat.json.expressions import searcher


class Patterns:
    """Patterns as languages, by one reading of the dot. `dotted`: there was one, and so there is another reading."""

    def __init__(self, languages: Languages, dot: Dot) -> None:
        self.languages = languages
        self.dotted = False
        self._reader = Reader(languages, dot)
        self._known: dict[str, Language | None] = {}

    def language(self, pattern: str) -> Language | None:
        """The texts in which the pattern is found. None: it is opaque."""
        if pattern not in self._known:
            try:
                expression = parse(pattern)
                self.dotted |= is_dotted(expression)
                self._known[pattern] = self._reader.found_in(expression)
            except Opaque:
                self._known[pattern] = None
        return self._known[pattern]

    def matches(self, pattern: str, text: str) -> bool | None:
        language = self.language(pattern)
        if language is not None:
            return self.languages.matches(language, text)
        try:
            # jsonschema-rs reads \\d, \\w and \\s as Unicode's beside an assertion, and as ECMA-262's elsewhere.
            return searcher(pattern)(text) if text.isascii() else None
        except ValueError:
            return None

    def words(self, most: int) -> list[str]:
        """A few texts in which each pattern that was met is found."""
        found: list[str] = []
        for language in self._known.values():
            try:
                found += islice(self.languages.words(language, 1), most) if language is not None else ()
            except (Exhausted, TooLarge):
                continue
        return found
