"""Numbers in a box, against all numbers of a fine grid."""

from fractions import Fraction
from random import Random

import pytest

from compat.json.contain.budget import TooLarge
from compat.json.contain.numbers import Box

GRID = [Fraction(number, 8) for number in range(-64, 65)]


def random_box(random: Random) -> Box:
    box = Box()
    for upper in (False, True, False, True):
        if random.random() < 0.6:
            box.bound(Fraction(random.randint(-12, 12), 2), upper=upper, exclusive=random.random() < 0.5)
    for _ in range(random.choice((0, 1, 1, 2))):
        box.multiple(Fraction(random.randint(1, 6), random.choice((1, 2))))
    box.avoided = [Fraction(random.randint(1, 6), random.choice((1, 2))) for _ in range(random.choice((0, 0, 1, 2)))]
    box.excluded = {Fraction(random.randint(-6, 6)) for _ in range(random.choice((0, 0, 2, 5)))}
    return box


def is_in(box: Box, number: Fraction) -> bool:
    if box.low and (number < box.low[0] or (number == box.low[0] and box.low[1])):
        return False
    if box.high and (number > box.high[0] or (number == box.high[0] and box.high[1])):
        return False
    on_grid = box.step is None or number % box.step == 0
    return on_grid and all(number % factor for factor in box.avoided) and number not in box.excluded


@pytest.mark.parametrize("seed", range(5))
def test_a_box_is_empty_or_shows_a_number(seed: int) -> None:
    """The number that is shown is in the box, and where none is shown none of a fine grid is."""
    random = Random(seed)
    empty = 0
    for _ in range(400):
        box = random_box(random)
        number = box.number()
        if number is None:
            empty += 1
            assert not any(is_in(box, one) for one in GRID), box
        else:
            assert is_in(box, number), box
    assert 40 < empty < 360


def test_grids_meet_in_their_least_common_multiple() -> None:
    """Multiples of 0.4 and of 0.6 are multiples of 1.2."""
    box = Box()
    box.multiple(Fraction(4, 10))
    box.multiple(Fraction(6, 10))
    assert box.step == Fraction(12, 10)


def test_a_grid_without_a_free_point_near_by_is_not_guessed_at() -> None:
    """Where too many points would have to be tried, nothing is said."""
    box = Box()
    box.multiple(Fraction(1))
    box.bound(Fraction(1), upper=False, exclusive=False)
    box.excluded = {Fraction(number) for number in range(30_000)}
    with pytest.raises(TooLarge):
        box.number()
