"""The benchmark moves by 1 %: the simulated broker's book makes what its beta-weighted delta says,
within gamma and what volatilities did meanwhile."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from portfolio.analytics import exposure
from portfolio.analytics.exposure import ExposedLeg
from portfolio.analytics.greeks import PositionGreeks
from simulator.boot import open_world
from simulator.world import World
from tests.simulator.conftest import START

BENCHMARK = "SPY"
MOVE = 0.01


@dataclass(frozen=True)
class Held:
    """A position by the market's own figures; ``level`` is the price path that it follows."""

    symbol: str
    scale: float
    underlying: str
    level: str
    beta: float
    is_option: bool


def held(world: World) -> list[Held]:
    market = world.market
    found = []
    for account in world.accounts.values():
        for position in account.positions.values():
            if not position.quantity:
                continue
            line = market.line(position.symbol)
            is_option = market.greeks(position.symbol) is not None
            own = market.underlying(position.symbol) if is_option else position.symbol
            level = market.line(own).level or own
            row = market.levels.equities.get(level)
            scale = float(position.quantity * position.multiplier)
            beta = row.beta if row is not None else 1.0
            assert line is not None
            found.append(Held(position.symbol, scale, own, level, beta, is_option))
    return found


def worth(world: World, row: Held) -> float:
    """A unit, unrounded where the market has a model of it."""
    theoretical = world.market.theoretical(row.symbol) if row.is_option else None
    return float(world.market.mark(row.symbol)) if theoretical is None else theoretical


def exposed(world: World, row: Held) -> ExposedLeg:
    spot = float(world.market.mark(row.underlying))
    greeks = PositionGreeks(row.scale, 0.0, 0.0, 0.0)
    if row.is_option:
        unit = world.market.greeks(row.symbol)
        greeks = PositionGreeks(
            row.scale * unit.delta, row.scale * unit.gamma, row.scale * unit.theta,
            row.scale * unit.vega,
        )  # fmt: skip
    return ExposedLeg("A", row.underlying, greeks, spot, row.beta)


def volatilities(world: World, rows: list[Held]) -> dict[str, float]:
    return {r.symbol: world.market.greeks(r.symbol).iv for r in rows if r.is_option}


@pytest.fixture(scope="module")
def world() -> World:
    """The demo's broker; each test moves it on from where it is."""
    return open_world(scenario="demo", seed=7, start=START, speed=0)


@pytest.mark.parametrize("direction", [1, -1])
def test_one_percent_of_the_benchmark(world: World, direction: int) -> None:
    rows = held(world)
    assert sum(row.is_option for row in rows) > 10 and len({row.level for row in rows}) > 8
    benchmark = float(world.market.mark(BENCHMARK))
    legs = {row.symbol: exposed(world, row) for row in rows}
    found = exposure.expose([exposed(world, row) for row in rows], benchmark)
    before = [worth(world, row) for row in rows]
    quiet = volatilities(world, rows)
    move = direction * MOVE
    for level, beta in {(row.level, row.beta) for row in rows}:
        world.market.move(level, 1.0 + beta * move, world.clock.now())
    after = [worth(world, row) for row in rows]
    made = sum(row.scale * (new - old) for row, old, new in zip(rows, before, after, strict=True))
    stirred = volatilities(world, rows)
    by_volatility = sum(
        (legs[symbol].greeks.vega or 0.0) * (stirred[symbol] - quiet[symbol]) * 100.0
        for symbol in quiet
    )
    assert found.beta_delta.value is not None and not found.beta_delta.is_partial
    by_delta = found.beta_delta.value * benchmark * move
    whole = exposure.benchmark_move(found, benchmark, move)
    assert whole is not None
    # What the surface did besides is no part of the promise; it is taken out, sign and all.
    of_price = made - by_volatility
    assert abs(of_price - by_delta) <= abs(whole - by_delta) + 0.02 * abs(by_delta)
    assert abs(of_price - whole) <= 0.02 * abs(by_delta)
