"""A book of 10,000 legs valued again: after ticks of every leg, and after one tick.

After all ticks against the same sums in bare numpy on ready arrays; held to at most 2 times that.
After one tick against a book of 100 legs; held to at most 1.5 times that.

    python -m bench.bench_revaluation [--legs 10000]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

import numpy as np

from portfolio.analytics.revaluation import Column, LiveBook, Positions, Ticks

ALL, ONE = 2.0, 1.5


def made(legs: int) -> tuple[Positions, Ticks]:
    chance = np.random.default_rng(2)
    positions = Positions(
        scale=chance.integers(1, 20, legs) * chance.choice([-100.0, 100.0], legs),
        open_price=chance.uniform(1, 20, legs),
        day_base=chance.uniform(1, 20, legs),
        day_realized=np.zeros(legs),
        is_option=chance.random(legs) < 0.9,
        beta_per_benchmark=chance.uniform(0.5, 2, legs) / 500,
    )
    return positions, Ticks(*(chance.uniform(0.01, 50, legs) for _ in range(6)))


def bare(positions: Positions, ticks: Ticks) -> list[float]:
    """The same ten sums on ready arrays, with no leg missing and nothing kept for a leg."""
    scale, is_option = positions.scale, positions.is_option
    delta = scale * np.where(is_option, ticks.delta, 1.0)
    gamma = scale * np.where(is_option, ticks.gamma, 0.0)
    exposure = delta * ticks.spot
    return [
        float(values.sum())
        for values in (
            scale * (ticks.mark - positions.open_price),
            scale * (ticks.mark - positions.day_base) + positions.day_realized,
            scale * ticks.mark,
            delta,
            gamma,
            scale * np.where(is_option, ticks.theta, 0.0),
            scale * np.where(is_option, ticks.vega, 0.0),
            exposure,
            gamma * ticks.spot * ticks.spot * 0.01,
            exposure * positions.beta_per_benchmark,
        )
    ]


def best(work: Callable[[], object], rounds: int = 200, times: int = 7) -> float:
    """Seconds of processor time a call, the least of several runs."""
    least = float("inf")
    for _ in range(times):
        started = time.process_time()
        for _ in range(rounds):
            work()
        least = min(least, (time.process_time() - started) / rounds)
    return least


def one_tick(book: LiveBook) -> Callable[[], object]:
    leg = book.legs // 2

    def work() -> object:
        book.ticks.mark[leg] += 0.01
        book.update([leg])
        return book.sums()

    return work


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--legs", type=int, default=10_000)
    legs = parser.parse_args().legs
    positions, ticks = made(legs)
    book, small = LiveBook(positions, ticks), LiveBook(*made(100))

    def whole() -> object:
        book.revalue()
        return book.sums()

    found = [book.sums().amount(column) for column in Column]
    assert np.allclose(found, bare(positions, ticks), rtol=1e-12), "not the same sums"
    every, plain = best(whole), best(lambda: bare(positions, ticks))
    large, little = best(one_tick(book), 1000), best(one_tick(small), 1000)
    print(f"all ticks  {every * 1e6:8.1f} µs, bare numpy {plain * 1e6:8.1f}  x{every / plain:.2f}")
    print(
        f"one tick   {large * 1e6:8.1f} µs, 100 legs   {little * 1e6:8.1f}  x{large / little:.2f}"
    )
    if every / plain > ALL or large / little > ONE:
        sys.exit(f"missed: at most x{ALL} after all ticks, x{ONE} after one")


if __name__ == "__main__":
    main()
