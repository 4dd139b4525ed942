"""The patterns of one question: as languages where they can be read, and put to single words where they cannot."""

from collections.abc import Callable
from functools import lru_cache

import jsonschema_rs

from compat.json.contain.expression import Dot, Opaque, Reader, is_dotted, parse
from compat.json.contain.language import Language, Languages


@lru_cache(maxsize=1024)
def matcher(pattern: str) -> Callable[[str], bool] | None:
    """An ECMA-262 search by jsonschema-rs, which takes no more time than the text is long. None: it refuses it."""
    try:
        validator = jsonschema_rs.Draft7Validator({"pattern": pattern})
    except Exception:  # noqa: BLE001  (it refuses with several classes)
        return None
    return lambda text: bool(validator.is_valid(text))


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
        found = matcher(pattern)
        return None if found is None else found(text)
