"""Strings of some length in which some patterns are found and others not, and that are not among some words."""

from dataclasses import dataclass
from itertools import islice
from typing import Final

from compat.json.contain.facts import EMPTY, UNKNOWN, Facts, Found, Result
from compat.json.contain.patterns import Patterns

MOST_TRIED: Final = 200  # words, where an opaque pattern has to be put to each
PLAIN: Final = "abcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(slots=True)
class Strings:
    patterns: Patterns
    facts: Facts

    def result(self) -> Result:
        least, greatest = self.facts.sizes()
        if greatest is not None and greatest < least:
            return EMPTY
        excluded = self.facts.excluded()
        found, missing = self.facts.patterns()
        if not found and not missing and (greatest is None or greatest > 0):
            return self._plain(least, greatest, excluded)
        return self._by_language(least, greatest, excluded)

    def _plain(self, least: int, greatest: int | None, excluded: set[object]) -> Result:
        """Without patterns a few words are enough, as long as there are more than are excluded."""
        longest = least + len(excluded) // len(PLAIN) + 1
        if least <= 2000:
            for length in range(least, longest + 1 if greatest is None else min(longest, greatest) + 1):
                for character in PLAIN:
                    if character * length not in excluded:
                        return Found(character * length)
        return self._by_language(least, greatest, excluded)

    def _by_language(self, least: int, greatest: int | None, excluded: set[object]) -> Result:
        languages = self.patterns.languages
        found, missing = self.facts.patterns()
        read = [self.patterns.language(pattern) for pattern in found]
        unread = [self.patterns.language(pattern) for pattern in missing]
        language = languages.both(
            [one for one in read if one is not None] + [languages.other(one) for one in unread if one is not None]
        )
        opaque = None in read or None in unread
        words = languages.words(language, least, greatest)
        if languages.is_empty(language, least, greatest):
            return EMPTY
        for word in islice(words, len(excluded) + 1 + (MOST_TRIED if opaque else 0)):
            if word not in excluded and (not opaque or self._fits(word, found, missing)):
                return Found(word)
        return UNKNOWN if opaque else EMPTY

    def _fits(self, word: str, found: list[str], missing: list[str]) -> bool:
        return all(self.patterns.matches(pattern, word) for pattern in found) and not any(
            self.patterns.matches(pattern, word) for pattern in missing
        )
