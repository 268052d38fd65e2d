"""What would tell a secret is seen in the times, and what chance makes is not."""

from __future__ import annotations

import asyncio
import random

import pytest

from benchmarks import timing
from benchmarks.growth import growth, mann_whitney
from benchmarks.guesses import MATCHES, guess, questions
from benchmarks.timing import _time

CASES = range(0, 50, 10)


def times(slope: float, seed: int) -> dict[int, list[float]]:
    """As a busy machine makes them: slow for a while, and now and then very slow."""
    chance = random.Random(seed)
    drift = [chance.gauss(0, 50) for _ in range(2000)]
    return {
        case: [
            20_000 + slope * case + drift[turn] + chance.expovariate(1 / 500) + (chance.random() < 0.01) * 1e6
            for turn in range(2000)
        ]
        for case in CASES
    }


@pytest.mark.parametrize("slope", [15.0, -15.0])
def test_times_that_grow_or_fall_are_found(slope: float) -> None:
    found = growth(times(slope, seed=1))
    assert found.is_found
    assert found.slope == pytest.approx(slope, abs=found.seen)
    assert found.seen < abs(slope)


@pytest.mark.parametrize("seed", range(10))
def test_times_that_do_not_grow_are_not(seed: int) -> None:
    assert not growth(times(0.0, seed)).is_found


def test_a_difference_between_samples_is_told_from_chance() -> None:
    # By hand: U = 0 of 8 and 8, whose mean is 32 and whose variance is 8 * 8 * 17 / 12.
    assert mann_whitney(list(range(8)), list(range(8, 16))) == pytest.approx(0.00078, abs=0.00001)
    assert mann_whitney([1, 2, 3, 4] * 5, [1, 2, 3, 4] * 5) == pytest.approx(1.0)
    assert mann_whitney([7] * 9, [7] * 9) == 1.0


@pytest.mark.parametrize("right", MATCHES)
def test_a_guess_is_right_up_to_a_letter(right: int) -> None:
    secret = "abcdefghij" * 4 + "abc"
    made = {guess(secret, right) for _ in range(50)}
    assert len(made) == 50
    for each in made:
        assert len(each) == len(secret)
        assert each[:right] == secret[:right]
        assert each[right] != secret[right]


def test_every_question_is_answered_as_it_says_and_the_right_credential_otherwise() -> None:
    async def ask() -> None:
        control, guessed, known = await questions()
        for question in (control, *guessed, *known):
            for case in question.cases:
                assert (await _time(question, question.ask(case)))[0] == question.status, question.name
            if question.right is not None:
                assert (await _time(question, question.right))[0] == 200, question.name

    asyncio.run(ask())


@pytest.mark.parametrize(("secret", "bad"), [(True, True), (False, False)])
def test_a_small_difference_is_bad_where_a_secret_is_guessed(secret: bool, bad: bool) -> None:
    assert timing._is_bad(growth(times(15.0, seed=1)), secret) is bad
