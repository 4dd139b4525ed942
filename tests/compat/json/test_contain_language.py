"""Patterns as languages: the same texts as an ECMA-262 engine finds, and the algebra of sets on them."""

from itertools import islice, product
from random import Random

import pytest

from compat.json.contain.budget import Budget, Exhausted, TooLarge
from compat.json.contain.expression import DOTS, Opaque, Reader, parse
from compat.json.contain.language import ALL, Language, Languages, characters, common, complement, partition, united
from compat.json.expressions import searcher

PIECES = (
    "a", "b", "[ab]", ".", "\\d", "c?", "(?:a|bc)", "^", "$", "(?=a)", "(?!b)", "(?=.*c)", "(a|^b)", "(?:a$|b)",
    "[^a]", "a{1,2}", "(?:ab)*", "(?:^|c)", "()", "(|a)", "\\W", "[\\s1-3]",
)  # fmt: skip
TEXTS = ["".join(letters) for length in range(5) for letters in product("abc1", repeat=length)]


def languages() -> Languages:
    return Languages(Budget(float("inf")))


def language(make: Languages, pattern: str) -> Language:
    return Reader(make, "line feed").found_in(parse(pattern))


def is_within(small: str, large: str) -> bool:
    make = languages()
    return make.is_empty(make.both((language(make, small), make.other(language(make, large)))))


@pytest.mark.parametrize("seed", range(8))
def test_a_language_has_the_texts_in_which_the_pattern_is_found(seed: int) -> None:
    """Random patterns, all short texts, and the words that the language gives: as the engine of the validator says."""
    random = Random(seed)
    read = 0
    for _ in range(60):
        pieces = (
            random.choice(PIECES) + random.choice(("", "", "", "*", "+", "?")) for _ in range(random.randint(1, 5))
        )
        pattern = "".join(pieces)
        try:
            make = languages()
            one, found = language(make, pattern), searcher(pattern)
        except (Opaque, ValueError):
            continue
        read += 1
        assert [make.matches(one, text) for text in TEXTS] == [found(text) for text in TEXTS], pattern
        words = list(islice(make.words(one), 30))
        # Of other words jsonschema-rs is no judge: beside an assertion, its \d, \w and \s are Unicode's.
        assert all(found(word) for word in words if word.isascii()), pattern
        assert len(set(words)) == len(words)
        assert words == sorted(words, key=len)
        assert make.is_empty(one) is not bool(words)
        least, greatest = random.randint(0, 3), random.randint(0, 4)
        within = next(make.words(one, least, greatest), None) if least <= greatest else None
        assert make.lengths(one, least, greatest) == (None if within is None else len(within)), pattern
    assert read > 15


@pytest.mark.parametrize(
    ("small", "large"),
    [
        ("^[a-z]{1,64}$", "^[a-z0-9]{1,128}$"),
        ("^.{0,255}$", "^.{0,256}$"),
        ("^(a+)+$", "^(a|aa)*$"),
        ("^(([a-z])+.)+[A-Z]([a-z])+$", "[A-Z]"),
        ("^(.*a){10}$", "^(.*a){9}$"),
        ("(x+x+)+y", "(x+x+)+y|z"),
        ("^[\\w.+-]+@[\\w-]+\\.[\\w.-]+$", "@"),
        ("^[^@]+@[^@]+$", "^[^@]*@[^@]*$"),
        ("^(?=.*\\d)(?!.*x)[a-x\\d]{2}$", "^[a-w\\d]{2}$"),
        ("^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$", "^[a-z0-9-]{1,63}$"),
        ("^\\u0061\\x62\\t\\cA\\u{1F600}$", "^ab[\\0-\\t]+.$".replace("\\0", "\\u0000")),
        ("^\\/\\-\\.$", "^[/].[.]$"),
        ("^(?<year>\\d{4})$", "^[0-9]+$"),
        ("^[^\\D\\s]$", "^[\\s\\d]$"),
        ("^a{2,}$", "aa"),
    ],
)
def test_a_part_and_not_the_whole(small: str, large: str) -> None:
    """What is a part of another is found to be, and the other way round it is not."""
    assert is_within(small, large)
    assert not is_within(large, small)


@pytest.mark.parametrize(
    "pattern",
    [
        *("(a)\\1", "(?<=a)b", "(?<!a)b", "\\bx", "\\Bx", "\\p{L}", "(?i:a)", "a{2", "a{,2}", "}", "]", "a**", "a++"),
        *("[[a]]", "[a&&b]", "[]", "[^]", "[b-a]", "[a-\\d]", "(", ")", "(?:a", "\\", "[a", "\\a", "\\ud83d"),
        *("\\u{110000}", "(?=a)*", "^*", "(^a)*", "a{20000}", "(?P<n>a)", "\\k<n>", "\\x1", "(?<1>a)"),
    ],
)  # fmt: skip
def test_what_is_not_read_is_opaque(pattern: str) -> None:
    """No pattern is guessed at: what the dialects do not share is refused."""
    with pytest.raises(Opaque):
        language(languages(), pattern)


def test_the_dot() -> None:
    """A dot is all but the line feed, or all but the four ends of line."""
    for dot, text, found in (("line feed", "\r", True), ("line ends", "\r", False), ("line ends", "é", True)):
        make = languages()
        one = Reader(make, "line feed" if dot == "line feed" else "line ends").found_in(parse("^.$"))
        assert make.matches(one, text) is found
    assert all("\n" not in islice(characters(dots), 100) for dots in DOTS.values())


def test_lengths_are_not_counted_one_by_one() -> None:
    """A length of millions costs no more than the loops of the pattern."""
    make = Languages(Budget(float("inf")))
    one = language(make, "^(aaa)*$")
    spent = make.budget.left
    assert make.lengths(one, 3_000_000, 3_000_000) == 3_000_000
    assert make.lengths(one, 3_000_001, 3_000_002) is None
    assert spent - make.budget.left < 100


def test_words_of_a_finite_language() -> None:
    """A finite language ends; a complement does too, where it is finite."""
    make = languages()
    assert sorted(make.words(language(make, "^[ab]?c$"))) == ["ac", "bc", "c"]
    both = make.both((make.other(language(make, "a|.{3}")), language(make, "^[ab]*$")))
    assert sorted(make.words(both)) == ["", "b", "bb"]
    assert list(make.words(make.nothing)) == []
    assert list(islice(make.words(make.word("añ")), 2)) == ["añ"]


def test_the_same_language_is_one_object() -> None:
    """Equal expressions are found equal without an automaton."""
    make = languages()
    one, two = language(make, "^[ab]+$"), language(make, "^[a-b]+$")
    assert one is two
    assert make.both((one, make.other(two))) is make.nothing
    assert make.either((one, make.other(two))) is make.anything
    assert make.repeated(make.repeated(make.word("a"), 0, None), 3, None) is make.repeated(make.word("a"), 0, None)


def test_limits() -> None:
    """An automaton that grows too large, and a budget that is spent, end the work: nothing is guessed."""
    make = Languages(Budget(float("inf")))
    make.budget.left = 2_000
    with pytest.raises(Exhausted):
        make.is_empty(
            make.both((language(make, "^(a|b)*a(a|b){12}$"), make.other(language(make, "^(a|b)*a(a|b){11}$"))))
        )
    with pytest.raises(TooLarge):
        next(languages().words(languages().anything, 30_000))


def test_sets_of_characters() -> None:
    """Classes cover all characters, each once, and lone surrogates are none."""
    digits, letters = ((48, 57),), ((97, 122),)
    classes = partition([digits, letters, united([digits, ((97, 102),)])])
    assert united(classes) == ALL
    assert all(not common(one, two) for one in classes for two in classes if one is not two)
    assert len(classes) == 4
    assert complement(complement(digits)) == digits
    assert common(ALL, ((0xD800, 0xDFFF),)) == ()
