"""Regular languages of Unicode text: union, intersection, complement, and words of them, as far as a budget reaches.

A language is an expression with all three operators, taken apart by Brzozowski's derivatives: what may follow a
character is again a language, so an automaton is only built as far as somebody walks. Expressions are made by
`Languages`, which gives equal ones the same object. Nothing here knows how patterns are spelled (`expression.py`).
"""

from collections.abc import Iterable, Iterator
from typing import Final, Literal, TypeAlias

from compat.json.contain.budget import Budget, TooLarge

Intervals: TypeAlias = tuple[tuple[int, int], ...]
"""Code points: sorted, disjoint, not touching."""

ALL: Final[Intervals] = ((0, 0xD7FF), (0xE000, 0x10FFFF))  # a lone surrogate is no character of a JSON text
LIKED: Final = ("az", "09", "AZ", "  ", "!~", "\u00a1\u024f")  # the characters of which words are made, if they may be
MOST_STATES: Final = 20_000
LONGEST: Final = 20_000  # characters of a word that is built

Tag: TypeAlias = Literal["nothing", "empty", "characters", "then", "or", "and", "not", "repeat"]


class Language:
    """A set of texts. `nullable`: the empty text is one of them."""

    __slots__ = ("classes", "derivatives", "greatest", "least", "nullable", "parts", "serial", "set", "tag")

    def __init__(
        self,
        serial: int,
        tag: Tag,
        parts: "tuple[Language, ...]" = (),
        *,
        nullable: bool,
        set_: Intervals = (),
        least: int = 0,
        greatest: int | None = 0,
    ) -> None:
        self.serial = serial
        self.tag = tag
        self.parts = parts
        self.nullable = nullable
        self.set = set_
        self.least = least
        self.greatest = greatest
        self.derivatives: dict[int, Language] = {}
        self.classes: tuple[Intervals, ...] | None = None


# ---------------------------------------------------------------- sets of characters


def united(sets: Iterable[Intervals]) -> Intervals:
    result: list[tuple[int, int]] = []
    for low, high in sorted(interval for one in sets for interval in one):
        if result and low <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(high, result[-1][1]))
        else:
            result.append((low, high))
    return tuple(result)


def complement(intervals: Intervals) -> Intervals:
    """All characters that are not in a set."""
    return common(ALL, _gaps(intervals))


def _gaps(intervals: Intervals) -> Intervals:
    result = []
    start = 0
    for low, high in intervals:
        if start < low:
            result.append((start, low - 1))
        start = high + 1
    if start <= 0x10FFFF:
        result.append((start, 0x10FFFF))
    return tuple(result)


def common(left: Intervals, right: Intervals) -> Intervals:
    result = []
    i = j = 0
    while i < len(left) and j < len(right):
        low, high = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if low <= high:
            result.append((low, high))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return tuple(result)


def _contains(intervals: Intervals, point: int) -> bool:
    return any(low <= point <= high for low, high in intervals)


def partition(sets: Iterable[Intervals]) -> tuple[Intervals, ...]:
    """The coarsest sets that cover all characters and of which each given set is a union."""
    classes: list[Intervals] = [ALL]
    for one in sets:
        split: list[Intervals] = []
        for piece in classes:
            inside = common(piece, one)
            if not inside or inside == piece:
                split.append(piece)
            else:
                split += [inside, common(piece, _gaps(one))]
        classes = split
    return tuple(classes)


def characters(intervals: Intervals) -> Iterator[str]:
    """The characters of a set, those first that are pleasant to read."""
    liked: set[int] = set()
    for first, last in LIKED:
        for low, high in common(intervals, ((ord(first), ord(last)),)):
            for point in range(low, high + 1):
                if point not in liked:
                    liked.add(point)
                    yield chr(point)
    for low, high in intervals:
        for point in range(low, high + 1):
            if point not in liked:
                yield chr(point)


# ---------------------------------------------------------------- expressions


class Languages:
    """Makes languages, each only once, and takes them apart."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self._made: dict[object, Language] = {}
        self.nothing = self._make("nothing", "nothing", nullable=False)
        self.empty = self._make("empty", "empty", nullable=True)
        self.anything = self._make(("not", self.nothing.serial), "not", (self.nothing,), nullable=True)
        self.character = self.of(ALL)

    def _make(
        self,
        key: object,
        tag: Tag,
        parts: tuple[Language, ...] = (),
        *,
        nullable: bool,
        set_: Intervals = (),
        least: int = 0,
        greatest: int | None = 0,
    ) -> Language:
        found = self._made.get(key)
        if found is None:
            self.budget.spend()
            found = Language(len(self._made), tag, parts, nullable=nullable, set_=set_, least=least, greatest=greatest)
            self._made[key] = found
        return found

    def of(self, intervals: Intervals) -> Language:
        """All texts of one character of a set."""
        if not intervals:
            return self.nothing
        return self._make(("characters", intervals), "characters", nullable=False, set_=intervals)

    def word(self, text: str) -> Language:
        result = self.empty
        for character in reversed(text):
            result = self.then(self.of(((ord(character), ord(character)),)), result)
        return result

    def then(self, first: Language, second: Language) -> Language:
        if first is self.nothing or second is self.nothing:
            return self.nothing
        if first is self.empty:
            return second
        if second is self.empty:
            return first
        if first is self.anything and second is self.anything:
            return first
        if first.tag == "then":
            return self.then(first.parts[0], self.then(first.parts[1], second))
        key = ("then", first.serial, second.serial)
        return self._make(key, "then", (first, second), nullable=first.nullable and second.nullable)

    def either(self, languages: Iterable[Language]) -> Language:
        parts, sets = self._flat("or", languages)
        parts.pop(self.nothing.serial, None)
        if sets and (merged := united(sets)):
            one = self.of(merged)
            parts[one.serial] = one
        if self.anything.serial in parts or self._opposed(parts):
            return self.anything
        return self._several("or", parts, self.nothing)

    def both(self, languages: Iterable[Language]) -> Language:
        parts, sets = self._flat("and", languages)
        parts.pop(self.anything.serial, None)
        if sets:
            merged = sets[0]
            for one in sets[1:]:
                merged = common(merged, one)
            language = self.of(merged)
            parts[language.serial] = language
        if self.nothing.serial in parts or self._opposed(parts):
            return self.nothing
        if self.empty.serial in parts:
            return self.empty if all(part.nullable for part in parts.values()) else self.nothing
        return self._several("and", parts, self.anything)

    def other(self, language: Language) -> Language:
        """The complement."""
        if language.tag == "not":
            return language.parts[0]
        return self._make(("not", language.serial), "not", (language,), nullable=not language.nullable)

    def repeated(self, language: Language, least: int, greatest: int | None) -> Language:
        if greatest == 0 or language is self.empty:
            return self.empty
        if language is self.nothing:
            return self.nothing if least else self.empty
        if language is self.anything or (least, greatest) == (1, 1):
            return language
        if language.nullable:
            least = 0
        if least == 0 and greatest is None:
            if language is self.character:
                return self.anything
            if language.tag == "repeat" and language.greatest is None and language.least <= 1:
                return self.repeated(language.parts[0], 0, None)
        key = ("repeat", language.serial, least, greatest)
        return self._make(key, "repeat", (language,), nullable=least == 0, least=least, greatest=greatest)

    def _flat(self, tag: Tag, languages: Iterable[Language]) -> tuple[dict[int, Language], list[Intervals]]:
        parts: dict[int, Language] = {}
        sets: list[Intervals] = []
        for language in languages:
            for one in language.parts if language.tag == tag else (language,):
                if one.tag == "characters":
                    sets.append(one.set)
                else:
                    parts[one.serial] = one
        return parts, sets

    @staticmethod
    def _opposed(parts: dict[int, Language]) -> bool:
        return any(one.tag == "not" and one.parts[0].serial in parts for one in parts.values())

    def _several(self, tag: Literal["or", "and"], parts: dict[int, Language], none: Language) -> Language:
        if not parts:
            return none
        if len(parts) == 1:
            return next(iter(parts.values()))
        serials = tuple(sorted(parts))
        nullables = [one.nullable for one in parts.values()]
        return self._make(
            (tag, serials),
            tag,
            tuple(parts[serial] for serial in serials),
            nullable=any(nullables) if tag == "or" else all(nullables),
        )

    # ------------------------------------------------------------ derivatives

    def after(self, language: Language, point: int) -> Language:
        """What may follow a character."""
        found = language.derivatives.get(point)
        if found is None:
            self.budget.spend()
            found = language.derivatives[point] = self._after(language, point)
        return found

    def _after(self, language: Language, point: int) -> Language:
        parts = language.parts
        match language.tag:
            case "nothing" | "empty":
                return self.nothing
            case "characters":
                return self.empty if _contains(language.set, point) else self.nothing
            case "then":
                first = self.then(self.after(parts[0], point), parts[1])
                return self.either((first, self.after(parts[1], point))) if parts[0].nullable else first
            case "or":
                return self.either(self.after(part, point) for part in parts)
            case "and":
                return self.both([self.after(part, point) for part in parts])
            case "not":
                return self.other(self.after(parts[0], point))
            case "repeat":
                greatest = None if language.greatest is None else language.greatest - 1
                rest = self.repeated(parts[0], max(language.least - 1, 0), greatest)
                return self.then(self.after(parts[0], point), rest)

    def classes(self, language: Language) -> tuple[Intervals, ...]:
        """Sets of characters after each of which the same may follow."""
        if language.classes is None:
            self.budget.spend()
            language.classes = partition(self._first_sets(language))
        return language.classes

    def _first_sets(self, language: Language) -> Iterable[Intervals]:
        match language.tag:
            case "nothing" | "empty":
                return ()
            case "characters":
                return (language.set,)
            case "then" if not language.parts[0].nullable:
                return self.classes(language.parts[0])
            case _:
                return {one: None for part in language.parts for one in self.classes(part)}

    def steps(self, language: Language) -> Iterator[tuple[Intervals, Language]]:
        for one in self.classes(language):
            following = self.after(language, one[0][0])
            if following is not self.nothing:
                yield one, following

    # ------------------------------------------------------------ questions

    def matches(self, language: Language, text: str) -> bool:
        for character in text:
            language = self.after(language, ord(character))
        return language.nullable

    def lengths(self, language: Language, least: int = 0, greatest: int | None = None) -> int | None:
        """The length of a shortest word between two lengths, None when there is none."""
        levels = _Levels(self, language)
        return levels.shortest(least, greatest)

    def is_empty(self, language: Language, least: int = 0, greatest: int | None = None) -> bool:
        return self.lengths(language, least, greatest) is None

    def words(self, language: Language, least: int = 0, greatest: int | None = None) -> Iterator[str]:
        """All words between two lengths, each once, the shorter ones first."""
        automaton = _Automaton(self, language)
        return automaton.words(least, greatest)


class _Levels:
    """Which states can be reached by so many characters, for as long as that brings anything new."""

    def __init__(self, languages: Languages, start: Language) -> None:
        self._languages = languages
        self._levels: list[frozenset[Language]] = [frozenset((start,))]
        self._seen = {self._levels[0]: 0}
        self._states: set[Language] = {start}
        self._loop: int | None = None  # the level that the one after the last is equal to

    def shortest(self, least: int, greatest: int | None) -> int | None:
        length = 0
        while greatest is None or length <= greatest:
            level = self._level(length)
            if not level:
                return None
            if length >= least and any(state.nullable for state in level):
                return length
            if self._loop is not None and length >= max(least, self._loop) + len(self._levels) - self._loop:
                return None
            length = self._next(length, least)
        return None

    def _next(self, length: int, least: int) -> int:
        """One more, or many more at once where nothing new can happen on the way."""
        if self._loop is None or length + 1 < len(self._levels) or length + 1 >= least:
            return length + 1
        return least

    def _level(self, length: int) -> frozenset[Language]:
        while self._loop is None and length >= len(self._levels):
            following = frozenset(state for one in self._levels[-1] for _, state in self._languages.steps(one))
            self._languages.budget.spend(1 + len(following))
            self._states |= following
            if len(self._states) > MOST_STATES:
                raise TooLarge("states of an automaton")
            self._loop = self._seen.get(following)
            if self._loop is None:
                self._seen[following] = len(self._levels)
                self._levels.append(following)
        if length < len(self._levels):
            return self._levels[length]
        assert self._loop is not None
        return self._levels[self._loop + (length - self._loop) % (len(self._levels) - self._loop)]


class _Automaton:
    """All states that can be reached and that lead to a word."""

    def __init__(self, languages: Languages, start: Language) -> None:
        self._budget = languages.budget
        self._start = start
        steps: dict[Language, list[tuple[Intervals, Language]]] = {}
        waiting = [start]
        while waiting:
            state = waiting.pop()
            if state in steps:
                continue
            if len(steps) >= MOST_STATES:
                raise TooLarge("states of an automaton")
            steps[state] = list(languages.steps(state))
            waiting += [following for _, following in steps[state]]
        live = _leading(steps)
        self._steps = {
            state: [(one, following) for one, following in outgoing if following in live]
            for state, outgoing in steps.items()
            if state in live
        }
        self._within: list[frozenset[Language]] = [frozenset(state for state in self._steps if state.nullable)]

    def words(self, least: int, greatest: int | None) -> Iterator[str]:
        if self._start not in self._steps:
            return
        longest = greatest if self._is_infinite() else min(len(self._steps), LONGEST if greatest is None else greatest)
        length = least
        while longest is None or length <= longest:
            if length > LONGEST:
                raise TooLarge("the length of a word")
            self._budget.spend()
            yield from self._of_length(length)
            length += 1

    def _of_length(self, length: int) -> Iterator[str]:
        if self._start not in self._ending_in(length):
            return
        stack: list[tuple[str, Language, Iterator[tuple[str, Language]]]]
        stack = [("", self._start, self._ways(self._start, length))]
        while stack:
            text, _, ways = stack[-1]
            if len(text) == length:
                yield text
                stack.pop()
                continue
            way = next(ways, None)
            if way is None:
                stack.pop()
                continue
            self._budget.spend()
            stack.append((text + way[0], way[1], self._ways(way[1], length - len(text) - 1)))

    def _ways(self, state: Language, length: int) -> Iterator[tuple[str, Language]]:
        if length == 0:
            return
        ending = self._ending_in(length - 1)
        for one, following in self._steps[state]:
            if following in ending:
                for character in characters(one):
                    yield character, following

    def _ending_in(self, length: int) -> frozenset[Language]:
        """The states from which a word is exactly so long."""
        while length >= len(self._within):
            before = self._within[-1]
            self._budget.spend(1 + len(self._steps) // 16)
            self._within.append(
                frozenset(
                    state for state, ways in self._steps.items() if any(following in before for _, following in ways)
                )
            )
        return self._within[length]

    def _is_infinite(self) -> bool:
        """Is there a loop among the states that lead to a word?"""
        incoming = dict.fromkeys(self._steps, 0)
        for outgoing in self._steps.values():
            for _, following in outgoing:
                incoming[following] += 1
        free = [state for state, count in incoming.items() if not count]
        removed = 0
        while free:
            removed += 1
            for _, following in self._steps[free.pop()]:
                incoming[following] -= 1
                if not incoming[following]:
                    free.append(following)
        return removed < len(self._steps)


def _leading(steps: dict[Language, list[tuple[Intervals, Language]]]) -> set[Language]:
    """The states that lead to a word."""
    before: dict[Language, list[Language]] = {}
    for state, outgoing in steps.items():
        for _, following in outgoing:
            before.setdefault(following, []).append(state)
    live = {state for state in steps if state.nullable}
    waiting = list(live)
    while waiting:
        for state in before.get(waiting.pop(), ()):
            if state not in live:
                live.add(state)
                waiting.append(state)
    return live
