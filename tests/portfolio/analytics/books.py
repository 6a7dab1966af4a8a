"""Books of legs for tests of scenarios, curves and re-valuation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from portfolio.analytics.scenarios import Book


def book(rows: list[tuple], spot: float = 100.0, **facts: float) -> Book:
    """Rows: ("C" | "P" | "S", scale, strike, days, volatility). Facts: rate, dividend, american."""
    kinds, scales, strikes, days, vols = (list(column) for column in zip(*rows, strict=True))
    n = len(rows)
    return Book(
        scale=np.array(scales, dtype=float),
        spot=np.full(n, spot),
        is_option=np.array([kind != "S" for kind in kinds]),
        is_call=np.array([kind == "C" for kind in kinds]),
        is_american=np.full(n, bool(facts.get("american", False))),
        strike=np.array(strikes, dtype=float),
        years=np.array(days, dtype=float) / 365,
        volatility=np.array(vols, dtype=float),
        rate=np.full(n, facts.get("rate", 0.0)),
        dividend_yield=np.full(n, facts.get("dividend", 0.0)),
        beta=np.ones(n),
    )


def with_unknown(made: Book, leg: int) -> Book:
    volatility = made.volatility.copy()
    volatility[leg] = np.nan
    return replace(made, volatility=volatility)
