"""P50 against what is known exactly, against a plain simulation, and by the clock."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import numpy as np
import pytest

from portfolio.analytics.half_profit import PATHS, half_profit
from portfolio.analytics.scenarios import Book, unit_values


def structure(
    *legs: tuple[float, str, float], days: float = 45, american: bool = False, vol: float = 0.30
) -> Book:
    """Legs as (quantity, C, P or S, strike) on an underlying at 100; options are of 100 shares."""
    forms = [form for _, form, _ in legs]
    n, is_option = len(legs), np.array([form != "S" for form in forms])
    return Book(
        scale=np.array([q * (1.0 if form == "S" else 100.0) for q, form, _ in legs]),
        spot=np.full(n, 100.0),
        is_option=is_option,
        is_call=np.array([form == "C" for form in forms]),
        is_american=np.full(n, american),
        strike=np.array([strike for _, _, strike in legs]),
        years=np.where(is_option, days / 365, np.nan),
        volatility=np.where(is_option, vol, np.nan),
        rate=np.full(n, 0.04),
        dividend_yield=np.full(n, 0.01),
        beta=np.ones(n),
    )


CONDOR = structure((1, "P", 90), (-1, "P", 95), (-1, "C", 105), (1, "C", 110))


def credit(book: Book) -> float:
    return -float(unit_values(book, book.spot, book.years, book.volatility) @ book.scale)


def crossing(level: float, volatility: float, years: float, looks: int) -> float:
    """P(a lognormal price without drift is seen at or above a level): the formula for unbroken
    watching, its level moved for so many looks (Broadie, Glasserman and Kou 1997)."""
    step = volatility * math.sqrt(years / looks)
    height = math.log(level / 100) + 0.5826 * step
    deviation, pull = volatility * math.sqrt(years), -0.5 * volatility**2 * years

    def normal(x: float) -> float:
        return 0.5 * math.erfc(-x / math.sqrt(2))

    mirrored = math.exp(2 * pull * height / deviation**2)
    return normal((pull - height) / deviation) + mirrored * normal((-pull - height) / deviation)


@pytest.mark.parametrize(("gain", "volatility"), [(4, 0.2), (10, 0.3), (20, 0.5)])
def test_shares_reach_a_price_as_often_as_the_formula_says(gain: float, volatility: float) -> None:
    shares = structure((1, "S", 0))
    found = half_profit(shares, 2 * gain, volatility, days=60)
    exact = crossing(100 + gain, volatility, 60 / 365, found.looks)
    assert found.chance == pytest.approx(exact, abs=4 * math.sqrt(0.25 / PATHS))


@pytest.mark.parametrize(
    "book",
    [
        CONDOR,
        structure((-1, "P", 95), (1, "P", 90)),
        structure((-1, "C", 110), (-1, "P", 90)),
        structure((-1, "C", 105), (100, "S", 0)),
    ],
    ids=["condor", "put spread", "strangle", "covered call"],
)
def test_as_a_plain_simulation_finds_it(book: Book) -> None:
    best = 400.0 if not book.is_option.all() else credit(book)
    found = half_profit(book, best, 0.30)
    assert found.chance == pytest.approx(plainly(book, best, 0.30, found.looks), abs=0.03)
    assert 0.05 < found.chance < 0.99


def plainly(book: Book, best: float, volatility: float, looks: int, paths: int = 4000) -> float:
    """Every leg priced at every step of every path."""
    years = float(book.years[book.is_option].min())
    step = years / looks
    draw = np.random.default_rng(11).standard_normal((looks, paths))
    spots = 100 * np.exp(
        np.cumsum(draw * volatility * math.sqrt(step) - 0.5 * volatility**2 * step, axis=0)
    )
    now = unit_values(book, book.spot, book.years, book.volatility) @ book.scale
    hit = np.zeros(paths, dtype=bool)
    for look in range(looks):
        left = np.maximum(book.years - (look + 1) * step, 0.0)
        worth = unit_values(book, spots[look][:, None], left, book.volatility) @ book.scale
        hit |= worth - now >= 0.5 * best
    return float(hit.mean())


def test_early_exercise_is_the_models_too() -> None:
    puts = structure((-1, "P", 120), days=120, american=True)
    found = half_profit(puts, 1500.0, 0.30)
    assert found.chance == pytest.approx(plainly(puts, 1500.0, 0.30, found.looks), abs=0.03)
    european = half_profit(replace(puts, is_american=np.zeros(1, bool)), 1500.0, 0.30)
    assert found.chance != european.chance


def test_half_is_reached_more_often_than_all_and_a_gain_at_hand_helps() -> None:
    best = credit(CONDOR)
    whole = half_profit(CONDOR, best, 0.30, share=1.0).chance
    half = half_profit(CONDOR, best, 0.30).chance
    near = half_profit(CONDOR, best, 0.30, start=0.4 * best).chance
    assert whole < half < near < half_profit(CONDOR, best, 0.30, start=0.6 * best).chance == 1.0


def test_the_seed_is_told_and_makes_it_repeatable() -> None:
    first, again = (half_profit(CONDOR, credit(CONDOR), 0.30, seed=7) for _ in range(2))
    other = half_profit(CONDOR, credit(CONDOR), 0.30, seed=8)
    assert first == again
    assert (first.seed, first.paths, first.looks) == (7, PATHS, 45)
    assert first.chance != other.chance
    assert first.chance == pytest.approx(other.chance, abs=0.03)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"best": math.inf}, "unlimited"),
        ({"best": -5.0}, "unlimited"),
        ({"volatility": 0.0}, "no time"),
        ({"days": 0.0}, "no time"),
        ({"paths": 7}, "pairs"),
        ({"book": replace(CONDOR, volatility=np.full(4, np.nan))}, "known"),
        ({"book": replace(CONDOR, spot=np.array([100.0, 100, 100, 50]))}, "one underlying"),
    ],
)
def test_what_has_no_half_is_refused(changes: dict, words: str) -> None:
    given = {"book": CONDOR, "best": 200.0, "volatility": 0.3, **changes}
    with pytest.raises(ValueError, match=words):
        half_profit(given.pop("book"), given.pop("best"), given.pop("volatility"), **given)


@pytest.mark.parametrize("american", [False, True])
def test_fast_enough_for_a_ticket(american: bool) -> None:
    book = replace(CONDOR, is_american=np.full(4, american))
    best, spent = credit(book), []
    half_profit(book, best, 0.30)
    for _ in range(7):
        started = time.process_time()
        half_profit(book, best, 0.30)
        spent.append(time.process_time() - started)
    assert min(spent) <= 0.050, spent
