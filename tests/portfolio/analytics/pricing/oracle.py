"""Prices by QuantLib: the oracle of the tests and of the measurements."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

import QuantLib as ql

DAY = ql.Date(2, 1, 2026)
COUNT = ql.Actual365Fixed()
ql.Settings.instance().evaluationDate = DAY


def european(
    spot: float, strike: float, years: float, vol: float, rate: float, dividend: float, call: bool
) -> float:
    side = ql.Option.Call if call else ql.Option.Put
    forward = spot * exp((rate - dividend) * years)
    return float(ql.blackFormula(side, strike, forward, vol * years**0.5, exp(-rate * years)))


class American:
    """QuantLib's American engines through Python, inputs changed in place."""

    def __init__(self, scheme: object | None = None) -> None:
        self.spot, self.vol = ql.SimpleQuote(100.0), ql.SimpleQuote(0.2)
        self.rate, self.dividend = ql.SimpleQuote(0.01), ql.SimpleQuote(0.01)
        self.process = ql.BlackScholesMertonProcess(
            ql.QuoteHandle(self.spot),
            _curve(self.dividend),
            _curve(self.rate),
            ql.BlackVolTermStructureHandle(
                ql.BlackConstantVol(DAY, ql.NullCalendar(), ql.QuoteHandle(self.vol), COUNT)
            ),
        )
        scheme = scheme or ql.QdFpAmericanEngine.highPrecisionScheme()
        self.engine = ql.QdFpAmericanEngine(self.process, scheme)

    def price(
        self,
        spot: float,
        strike: float,
        days: int,
        vol: float,
        rate: float,
        dividend: float,
        call: bool,
        cash: Sequence[tuple[int, float]] = (),
    ) -> float:
        """With ``cash`` dividends (days, amount): finite differences in the escrowed model."""
        for quote, value in zip(
            (self.spot, self.vol, self.rate, self.dividend),
            (spot, vol, rate, dividend),
            strict=True,
        ):
            quote.setValue(float(value))
        payoff = ql.PlainVanillaPayoff(ql.Option.Call if call else ql.Option.Put, float(strike))
        option = ql.VanillaOption(payoff, ql.AmericanExercise(DAY, DAY + int(days)))
        option.setPricingEngine(self._differences(cash) if cash else self.engine)
        return float(option.NPV())

    def _differences(self, cash: Sequence[tuple[int, float]]) -> object:
        rows = [ql.FixedDividend(amount, DAY + days) for days, amount in cash]
        engine = ql.FdBlackScholesVanillaEngine
        return engine(
            self.process,
            ql.DividendSchedule(rows),
            400,
            400,
            0,
            ql.FdmSchemeDesc.Douglas(),
            False,
            -1e300,
            engine.Escrowed,
        )


def _curve(quote: object) -> object:
    return ql.YieldTermStructureHandle(ql.FlatForward(DAY, ql.QuoteHandle(quote), COUNT))
