"""Option chains: what is on the board for an underlying, and aggregates over it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from simulator.market import calendar, contracts, expirations, future_options, strikes, surface
from simulator.market.expirations import Expiration, Root
from simulator.market.future_options import FutureExpiration
from simulator.market.levels import moment
from simulator.market.lines import FUTURE, Line
from simulator.market.smiles import smile_of
from simulator.market.universe.futures import FutureProduct

if TYPE_CHECKING:
    from simulator.market.market import Market
    from simulator.market.view import View

YEAR = 365 * 86400.0


def roots(market: Market, symbol: str) -> list[Root]:
    """The option classes of a share, fund or index; empty when it has none."""
    return market.registry.roots_on(symbol)


def reference(market: Market, line: Line) -> float:
    """The close before today, so that a board stands still during the day."""
    return market.days.prev_close(market.view, line)


def ladder(market: Market, root: Root) -> tuple[Decimal, ...]:
    """Strikes on the board of a root today."""
    row = market.levels.equities[root.underlying]
    line = market.line(root.underlying)
    assert line is not None
    extra = market.registry.extra.get(root.symbol, frozenset())
    if extra and not root.standard:  # nothing new is listed on an adjusted class
        return tuple(sorted(extra))
    price = reference(market, line) * root.shares / 100 + root.cash / 100
    rungs = strikes.ladder(strikes.tier(row.symbol, row.price), round(price, 4))
    return tuple(sorted({*rungs, *extra})) if extra else rungs


def board(market: Market, root: Root) -> Iterator[tuple[Expiration, tuple[Decimal, ...]]]:
    """(expiration, strikes) of a root, nearest first."""
    rungs = ladder(market, root)
    for end in expirations.listed(root, market.now):
        yield end, rungs


def option_lines(market: Market, root: Root, end: Expiration) -> Iterator[Line]:
    """All options of one expiration, calls and puts by strike."""
    for strike in ladder(market, root):
        for call in (True, False):
            yield market.registry.option_line(root, end, call, strike)


def future_ladder(market: Market, end: FutureExpiration) -> tuple[Decimal, ...]:
    """Strikes on the board of a future option expiration today."""
    line = market.line(end.future.symbol)
    assert line is not None
    price = round(reference(market, line), 6)
    return strikes.ladder(strikes.future_tier(end.product.strike), price)


def future_option_lines(market: Market, end: FutureExpiration) -> Iterator[Line]:
    """All options of one future option expiration."""
    for strike in future_ladder(market, end):
        for call in (True, False):
            yield market.registry.future_option_line(end, call, strike)


def future_boards(market: Market, product: FutureProduct) -> list[FutureExpiration]:
    """The option expirations of a product, nearest first."""
    return future_options.listed(product, market.now) if product.options else []


def futures(market: Market, product: FutureProduct) -> list[contracts.Future]:
    """The contracts of a product, nearest first."""
    return contracts.listed(product, market.now)


# -- aggregates ------------------------------------------------------------------------------


def has_options(market: Market, line: Line) -> bool:
    """Whether anything is listed on this line."""
    if line.kind == FUTURE:
        return bool(line.product and line.product.options)
    return bool(line.row and line.row.cycle != "none" and not line.is_option)


def term_structure(
    market: Market, view: View, line: Line
) -> list[tuple[Expiration | FutureExpiration, float, float]]:
    """(expiration, at-the-money volatility, forward) per expiration, nearest first."""
    ends: list[Expiration | FutureExpiration] = []
    if line.kind == FUTURE and line.product is not None:
        ends.extend(e for e in future_boards(market, line.product) if e.future == line.future)
    elif line.row is not None:
        found = {e.date: e for r in roots(market, line.symbol)[:2] if r.standard
                 for e in expirations.listed(r, view.moment)}  # fmt: skip
        ends.extend(found[d] for d in sorted(found))
    if not ends:
        return []
    at = view.resting(calendar.OPTION)
    years = np.maximum([(e.expires.timestamp() - at) / YEAR for e in ends], 60 / YEAR)
    smile = smile_of(line.row if line.row is not None else line.product)
    state = view.levels.volatility_state(at)
    vols = np.sqrt(surface.atm_variance(smile, state, at, years) / years)
    spot = view.level(line)
    carry = 0.0 if line.kind == FUTURE or line.row is None else 0.0385 - line.row.dividend_yield
    return [
        (e, float(v), float(spot * np.exp(carry * t)))
        for e, v, t in zip(ends, vols, years, strict=True)
    ]


def volatilities(market: Market, view: View, line: Line) -> tuple[float, float, float]:
    """Volatility of 30 days, of the front and of the next month."""
    at = view.resting(calendar.OPTION)
    smile = smile_of(line.row if line.row is not None else line.product)
    years = np.array([30, 21, 49]) / 365
    state = view.levels.volatility_state(at)
    vols = np.sqrt(surface.atm_variance(smile, state, at, years) / years)
    return float(vols[0]), float(vols[1]), float(vols[2])


def option_volumes(market: Market, line: Line, at: float) -> tuple[float, float]:
    """Calls and puts traded so far today, over all options of a line."""
    day = calendar.trade_date(calendar.OPTION, moment(at))
    done = _curve(day, at)
    base = line.row.adv * 0.012 if line.row and line.row.adv else 900_000.0
    if line.kind == FUTURE and line.product is not None:
        base = line.product.adv * 0.3
    calls = base * (0.4 + 0.4 * _draw(line.symbol, "calls", day.toordinal()))
    puts = base * (0.25 + 0.4 * _draw(line.symbol, "puts", day.toordinal()))
    return float(int(calls * done)), float(int(puts * done))


def series_volumes(
    market: Market, line: Line, at: float, days: list[date]
) -> list[tuple[float, float]]:
    """Calls and puts traded so far today by expiration (given nearest first).

    Near ones and the monthly ones get most; together they are `option_volumes`.
    """
    if not days:
        return []
    today = calendar.trade_date(calendar.OPTION, moment(at))
    weights = np.array([_weight(line.symbol, today, day) for day in days])
    found = [
        np.floor(total * weights / weights.sum()) for total in option_volumes(market, line, at)
    ]
    for column, total in zip(found, option_volumes(market, line, at), strict=True):
        column[0] += total - column.sum()
    return [(float(c), float(p)) for c, p in zip(*found, strict=True)]


def _weight(symbol: str, today: date, day: date) -> float:
    monthly = 2.0 if day == expirations.third_friday(day.year, day.month) else 1.0
    noise = 0.5 + _draw(symbol, "series", today.toordinal(), day.toordinal())
    return float(monthly * noise * np.exp(-(day - today).days / 25) + 0.002)


def _curve(day: object, at: float) -> float:
    from datetime import date

    assert isinstance(day, date)
    running = calendar.session(day)
    start, end = running.open.timestamp(), running.close.timestamp()
    share = min(max((at - start) / (end - start), 0.0), 1.0)
    return float(np.interp(share, [0, 0.15, 0.5, 0.85, 1], [0, 0.27, 0.58, 0.85, 1]))


@lru_cache(maxsize=4096)
def _draw(*parts: object) -> float:
    from simulator.market import rng

    return rng.uniform("option-volume", *parts)
