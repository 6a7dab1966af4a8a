"""Desk, valuation and inputs as a book that can be re-priced: the block that scenarios build on.

A leg without a price, a volatility or a beta is left out of sums and said so, or valued with an
assumption that is said too: nothing is silently 0. Independent of a request, so that a ticket may
ask the same for before and after.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from portfolio.analytics.exposure import ExposedLeg
from portfolio.analytics.pricing.normal import Array
from portfolio.analytics.scenarios import Book
from portfolio.facts import Leg
from portfolio.live.valuation import LegValue, Valuation
from portfolio.risk.inputs import Inputs
from portfolio.risk.legs import FUTURE_OPTION, Gap, RiskLeg, risk_legs, stream_spot


@dataclass(frozen=True)
class RiskBook:
    """The legs of a book. ``benchmark_price`` is None where it could not be read."""

    legs: tuple[RiskLeg, ...]
    benchmark: str
    benchmark_price: float | None
    gaps: tuple[Gap, ...]

    def arrays(self, *, by_beta: bool) -> Book:
        """For scenarios: of the benchmark's moves (``by_beta``), else each underlying by itself."""
        legs = self.legs
        strikes = [None if leg.leg.strike is None else float(leg.leg.strike) for leg in legs]
        options = np.array([leg.leg.is_option for leg in legs], dtype=bool)
        years = _array([leg.years if leg.leg.is_option else 0.0 for leg in legs])
        return Book(
            scale=_array([leg.scale for leg in legs]),
            spot=_array([leg.spot for leg in legs]),
            is_option=options,
            is_call=np.array([leg.leg.right == "C" for leg in legs], dtype=bool),
            is_american=np.array([leg.is_american for leg in legs], dtype=bool),
            strike=np.where(options, _array(strikes), 0.0),
            years=years,
            volatility=np.where(options, _array([leg.volatility for leg in legs]), 0.0),
            rate=_array([leg.rate for leg in legs]),
            dividend_yield=_array([leg.dividend_yield for leg in legs]),
            beta=_array([leg.beta for leg in legs]) if by_beta else np.ones(len(legs)),
        )

    @cached_property
    def exposed(self) -> list[ExposedLeg]:
        return [leg.exposed for leg in self.legs]

    def pick(self, keep: Iterable[int]) -> RiskBook:
        """The same book with some of the legs, by position id."""
        wanted = set(keep)
        return RiskBook(
            tuple(leg for leg in self.legs if leg.leg.pk in wanted),
            self.benchmark,
            self.benchmark_price,
            tuple(gap for gap in self.gaps if gap.leg.pk in wanted),
        )

    @property
    def near_days(self) -> list[int]:
        """Days to the expirations that are still to come, ascending."""
        return sorted({leg.leg.days for leg in self.legs if leg.leg.days and leg.leg.is_option})


def _array(values: Sequence[float | None]) -> Array:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def build(
    values: Iterable[LegValue],
    valuation: Valuation,
    inputs: Inputs,
    now: float,
    *,
    assume: bool = False,
) -> RiskBook:
    """The book of these valued legs; closed ones are left out. Quotes of their underlyings come
    from the books of ``valuation``.

    ``assume``: a missing beta counts as 1 and a missing volatility as that of the underlying's
    index, instead of the leg being left out.
    """
    accounts = {item.pk: item.title for item in valuation.desk.accounts}
    held = [
        (value, valuation.book(value.leg.feed), accounts.get(value.leg.account_pk, ""))
        for value in values
        if value.leg.holding.quantity
    ]
    made, gaps = risk_legs(held, inputs, now, assume=assume)
    price = _benchmark_price(valuation, inputs, now)
    return RiskBook(tuple(made), inputs.benchmark, price, tuple(gaps))


def _benchmark_price(valuation: Valuation, inputs: Inputs, now: float) -> float | None:
    for account in valuation.desk.accounts:
        spot = stream_spot(valuation.book(account.feed), inputs.benchmark, now)
        if spot is not None:
            return spot
    return inputs.prices.get(inputs.benchmark)


def lacking_prices(
    valuation: Valuation, legs: Iterable[Leg], benchmark: str, now: float
) -> list[tuple[str, str]]:
    """(kind, symbol) of underlyings, and of the benchmark, that the stream has no price for."""
    found = set()
    for leg in legs:
        if leg.is_option and leg.holding.quantity:
            name = leg.underlying_streamer or leg.contract
            if stream_spot(valuation.book(leg.feed), name, now) is None:
                kind = "Future" if leg.instrument_type == FUTURE_OPTION else "Equity"
                found.add((kind, leg.contract))
    books = [valuation.book(account.feed) for account in valuation.desk.accounts]
    if all(stream_spot(book, benchmark, now) is None for book in books):
        found.add(("Equity", benchmark))
    return sorted(found)
