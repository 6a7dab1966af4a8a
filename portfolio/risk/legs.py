"""One leg with all that a scenario needs: price of what it delivers, volatility, beta, rate, style.

What is missing is named by a gap: the leg is left out of scenarios, or an assumption stands in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from django.conf import settings

from portfolio.analytics import exposure, marks
from portfolio.analytics.exposure import ExposedLeg
from portfolio.analytics.facts import Kind
from portfolio.analytics.greeks import NOTHING, PositionGreeks, UnitGreeks, position_greeks
from portfolio.analytics.pricing.european import DAYS
from portfolio.analytics.pricing.implied import implied_volatility
from portfolio.facts import Leg
from portfolio.live.book import LatestBook
from portfolio.live.valuation import LegValue, last_of, quote_of
from portfolio.risk.inputs import Inputs

EUROPEAN = "European"
FUTURE_OPTION = "Future Option"
FEED, MARK, ASSUMED = "feed", "implied by the mark", "assumed"


@dataclass(frozen=True, slots=True)
class Gap:
    """What a leg lacks, and what was done about it: left out, or assumed."""

    leg: Leg
    lacks: str
    done: str

    @property
    def is_left_out(self) -> bool:
        return self.done == "left out"


@dataclass(frozen=True, slots=True)
class RiskLeg:
    """A leg with all that a scenario needs; None where it is not known.

    ``spot`` is of what one unit of the leg delivers (of an adjusted option, of its deliverable per
    unit of the multiplier); ``beta`` is against the benchmark of the book.
    """

    leg: Leg
    value: LegValue
    account: str
    spot: float | None
    volatility: float | None
    volatility_from: str
    beta: float | None
    beta_from: str
    rate: float
    dividend_yield: float
    is_american: bool
    greeks: PositionGreeks
    unit: UnitGreeks | None
    by_model: bool

    @property
    def years(self) -> float | None:
        """Until expiration, of 365 days; 0 once it has come."""
        return _years(self.leg)

    @property
    def scale(self) -> float | None:
        holding = self.leg.holding
        if holding.multiplier is None or holding.kind is Kind.UNKNOWN:
            return None
        return float(holding.quantity * holding.multiplier)

    @property
    def exposed(self) -> ExposedLeg:
        return ExposedLeg(
            self.account, self.leg.underlying, self.greeks, self.spot, self.beta, self.by_model
        )


def _years(leg: Leg) -> float | None:
    """In whole minutes: a figure and its arithmetic, asked for a moment later, then agree."""
    if leg.seconds_left is not None:
        return max(0.0, leg.seconds_left // 60 * 60) / (DAYS * 86_400)
    return None if leg.days is None else max(0, leg.days) / DAYS


def stream_spot(book: LatestBook, symbol: str, now: float) -> float | None:
    """The price of an underlying on the stream, old ones included; None when none ever came."""
    mark = marks.choose(
        quote_of(book.quote(symbol), now),
        last_of(book.trade(symbol), now),
        None,
        limit=settings.STALE_QUOTE_SECONDS,
    )
    return float(mark.price) if mark is not None else None


def risk_leg(
    value: LegValue, book: LatestBook, inputs: Inputs, now: float, *, assume: bool, account: str
) -> tuple[RiskLeg, list[Gap]]:
    """One valued leg with what scenarios need, and what it lacks of that."""
    leg, gaps = value.leg, list[Gap]()
    metric = inputs.metric(leg.underlying)
    on_future = leg.instrument_type == FUTURE_OPTION
    spot = _spot(value, book, inputs, now)
    dividends = inputs.rate if on_future else (metric.dividend_yield if metric else None) or 0.0
    volatility, source = _volatility(value, spot, inputs.rate, dividends)
    if leg.is_option and volatility is None:
        known = metric.volatility if metric and assume else None
        volatility, source = known, ASSUMED
        gaps.append(Gap(leg, "implied volatility", _done(known, "that of the underlying")))
    beta, beta_from = inputs.beta(leg.underlying)
    if beta is None:
        beta = 1.0 if assume else None
        gaps.append(Gap(leg, "beta", _done(beta, "1")))
    gaps += _missing(leg, spot)
    risk = RiskLeg(
        leg=leg, value=value, account=account, spot=spot,
        volatility=volatility, volatility_from=source, beta=beta, beta_from=beta_from,
        rate=inputs.rate, dividend_yield=dividends,
        is_american=leg.is_option and inputs.styles.get(leg.symbol) != EUROPEAN,
        greeks=value.greeks, unit=value.unit, by_model=False,
    )  # fmt: skip
    return _with_greeks(risk, on_future), gaps


def _done(value: float | None, words: str) -> str:
    return "left out" if value is None else f"assumed: {words}"


def _missing(leg: Leg, spot: float | None) -> list[Gap]:
    lacks = []
    if spot is None:
        lacks.append("price of the underlying")
    if leg.holding.multiplier is None:
        lacks.append("multiplier")
    if leg.holding.kind is Kind.UNKNOWN:
        lacks.append("kind of instrument")
    if leg.is_option and leg.days is None:
        lacks.append("expiration")
    if leg.is_option and leg.delivered is None:
        lacks.append("what the adjusted option delivers")
    return [Gap(leg, word, "left out") for word in lacks]


def _spot(value: LegValue, book: LatestBook, inputs: Inputs, now: float) -> float | None:
    """Of the leg's own underlying; a share or a future is its own."""
    leg = value.leg
    if not leg.is_option:
        return float(value.mark.price) if value.mark is not None else None
    spot = stream_spot(book, leg.underlying_streamer or leg.contract, now)
    if spot is None:
        spot = inputs.prices.get(leg.contract)
    multiplier = leg.holding.multiplier
    if spot is None or leg.delivered is None or not multiplier:
        return None
    # An adjusted option's unit is worth as many shares as it delivers for one of the multiplier.
    is_plain = leg.instrument_type == FUTURE_OPTION or leg.delivered == multiplier
    return spot if is_plain else spot * float(leg.delivered / multiplier)


def _volatility(
    value: LegValue, spot: float | None, rate: float, dividends: float
) -> tuple[float | None, str]:
    """The feed's, else what the mark says by the European model."""
    leg = value.leg
    if not leg.is_option:
        return None, ""
    if value.volatility:
        return value.volatility, FEED
    years = _years(leg)
    if value.mark is None or spot is None or leg.strike is None or not years:
        return None, ""
    found = implied_volatility(
        float(value.mark.price), spot, float(leg.strike), years, rate, dividends,
        leg.right == "C",
    )  # fmt: skip
    number = float(np.asarray(found).ravel()[0])
    return (number, MARK) if np.isfinite(number) else (None, "")


def _with_greeks(risk: RiskLeg, on_future: bool) -> RiskLeg:
    """Greeks of the model where the feed has none, labelled so."""
    leg, years = risk.leg, risk.years
    if not leg.is_option or risk.value.greeks.delta is not None:
        return risk
    lacks = risk.spot is None or not risk.volatility or leg.strike is None or not years
    if lacks or risk.scale is None:
        return replace(risk, greeks=NOTHING, unit=None)
    made = exposure.model_greeks(
        risk.spot or 0.0, float(leg.strike or 0), years or 0.0, risk.volatility or 0.0,
        risk.rate, risk.dividend_yield, is_call=leg.right == "C", is_american=risk.is_american,
        on_future=on_future,
    )  # fmt: skip
    unit = UnitGreeks(*(float(np.asarray(part).ravel()[0]) for part in (
        made.delta, made.gamma, made.theta, made.vega)), volatility=risk.volatility)  # fmt: skip
    return replace(risk, greeks=position_greeks(leg.holding, unit), unit=unit, by_model=True)
