"""What the expiration page looks at: a date, the legs that end by then, and what they leave."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cached_property

from portfolio.analytics import expiration
from portfolio.analytics.expiration import AccountView, DividendRisk
from portfolio.desk import RequestDesk
from portfolio.expirations import legs as dated
from portfolio.expirations.legs import Dated, Spot
from portfolio.risk import inputs

# Distances from the strike, as fractions of it, within which the end of a leg is a toss-up.
BANDS = (Decimal("0.0025"), Decimal("0.005"), Decimal("0.01"), Decimal("0.02"))
USUAL_BAND = Decimal("0.005")


class Scene:
    """Worked out on first use; `query` is the page's address: `day` and `band`."""

    def __init__(self, desk: RequestDesk, query: Mapping[str, str]) -> None:
        self.desk, self.query = desk, query

    @cached_property
    def legs(self) -> list[Dated]:
        return dated.dated_legs(self.desk.facts, self.desk.valuation)

    @cached_property
    def by_key(self) -> dict[str, Dated]:
        return {item.expiring.key: item for item in self.legs}

    @cached_property
    def days(self) -> list[date]:
        return dated.days_of(self.legs)

    @cached_property
    def today(self) -> date | None:
        return next((account.today for account in self.desk.facts.accounts), None)

    @cached_property
    def day(self) -> date | None:
        """The chosen expiration; the soonest where the address names none that is held."""
        try:
            asked = date.fromisoformat(self.query.get("day", ""))
        except ValueError:
            asked = None
        return asked if asked in self.days else next(iter(self.days), None)

    @cached_property
    def band(self) -> Decimal:
        try:
            asked = Decimal(self.query.get("band", ""))
        except InvalidOperation:
            return USUAL_BAND
        return asked if asked in BANDS else USUAL_BAND

    @cached_property
    def spots(self) -> dict[str, Spot]:
        return dated.spots_of(self.legs, self.desk.valuation, self.desk.now)

    @cached_property
    def views(self) -> list[AccountView]:
        """By account and underlying, what happens until the end of the chosen day."""
        if self.day is None:
            return []
        prices = dated.prices_of(self.spots)
        expiring = [item.expiring for item in self.legs]
        return expiration.view(expiring, self.day, prices, band=self.band)

    @cached_property
    def inputs(self) -> inputs.Inputs:
        return inputs.load(self.desk.facts)

    @cached_property
    def dividends(self) -> list[DividendRisk]:
        """Short calls of any expiration that are likely to be called away for a dividend."""
        due = {}
        for symbol, metric in self.inputs.metrics.items():
            coming = metric.ex_date and (self.today is None or metric.ex_date >= self.today)
            if coming and metric.ex_date and metric.dividend:
                due[symbol] = (metric.ex_date, metric.dividend)
        expiring = [item.expiring for item in self.legs]
        return expiration.dividend_risks(expiring, dated.prices_of(self.spots), due)

    def ex_date(self, underlying: str) -> date | None:
        metric = self.inputs.metric(underlying)
        return metric.ex_date if metric else None

    def earnings(self, underlying: str) -> date | None:
        """Earnings expected until the chosen day."""
        metric = self.inputs.metric(underlying)
        day = metric.earnings if metric else None
        if day is None or self.day is None or (self.today and day < self.today):
            return None
        return day if day <= self.day else None
