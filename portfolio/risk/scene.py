"""What a risk page looks at: the book in view, what is only thought of, the axis and its curves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property

from django.http import QueryDict

from brokerage.models import Order
from portfolio import formats
from portfolio.facts import AccountFacts, Desk
from portfolio.live.valuation import LegValue, Valuation
from portfolio.risk import basket as baskets
from portfolio.risk import curves, inputs
from portfolio.risk.basket import BadLeg, Basket, Wish
from portfolio.risk.book import RiskBook, build, lacking_prices
from portfolio.risk.choices import ASSUME, OPEN, Choices, RiskForm
from portfolio.risk.curves import Axis, Drawn, Horizon

DAYS = 365.0


class RiskScene:
    """Everything is worked out on first use; `query` is the page's address."""

    def __init__(
        self,
        desk: Desk,
        valuation: Valuation,
        now: float,
        query: QueryDict,
        orders: Sequence[Order] = (),
    ) -> None:
        self.desk, self.valuation, self.now, self.query = desk, valuation, now, query
        self.orders = orders
        self.basket_problem = ""

    # --- What is asked for ---------------------------------------------------------------------

    @cached_property
    def wish(self) -> Wish:
        try:
            return baskets.parse(dict(self.query.lists()))
        except BadLeg as problem:
            self.basket_problem = str(problem)
            return Wish()

    @cached_property
    def basket(self) -> Basket:
        return baskets.fill(self.wish, self.desk, self.orders, self.valuation, self.now)

    @cached_property
    def values(self) -> list[LegValue]:
        """Of what is held now."""
        found = self.valuation.of(self.desk.legs)
        return [value for value in found if not value.leg.closed_today]

    @cached_property
    def form(self) -> RiskForm:
        everything = [*self.values, *self.basket.values]
        names = sorted({value.leg.underlying for value in everything})
        of = self.query.get("of", "")
        days = {
            value.leg.expiration
            for value in everything
            if value.leg.is_option
            and value.leg.expiration
            and (not of or value.leg.underlying == of)
        }
        coming = sorted(day for day in days if self.today is None or day >= self.today)
        return RiskForm(self.query.dict(), symbols=names, days=coming)

    @cached_property
    def choices(self) -> Choices:
        return self.form.choices()

    @property
    def today(self) -> date | None:
        return next((account.today for account in self.desk.accounts), None)

    @property
    def account(self) -> AccountFacts | None:
        return next(iter(self.desk.accounts), None)

    # --- The books: as held, and with what is thought of -----------------------------------------

    @cached_property
    def inputs(self) -> inputs.Inputs:
        added = [value.leg for value in self.basket.values]
        legs = [*self.desk.legs, *added]
        benchmark = self.choices.benchmark
        lacking = lacking_prices(self.valuation, legs, benchmark, self.now)
        return inputs.load(self.desk, benchmark=benchmark, more=added, lacking=lacking)

    def _book(self, values: Sequence[LegValue]) -> RiskBook:
        found = build(
            values, self.valuation, self.inputs, self.now, assume=self.choices.missing == ASSUME
        )
        of = self.choices.of
        if not of:
            return found
        return found.pick(leg.leg.pk for leg in found.legs if leg.leg.underlying == of)

    @cached_property
    def before(self) -> RiskBook:
        return self._book(self.values)

    @cached_property
    def book(self) -> RiskBook:
        """With what is thought of; the same as `before` where nothing is."""
        if self.wish.is_empty:
            return self.before
        return self._book([*self.basket.held(self.values), *self.basket.values])

    @property
    def is_what_if(self) -> bool:
        return not self.wish.is_empty

    @property
    def by_beta(self) -> bool:
        return self.choices.is_whole

    # --- The curve -------------------------------------------------------------------------------

    @cached_property
    def spot(self) -> float | None:
        """What the axis starts from: the symbol's own price, or the benchmark's."""
        if self.choices.is_whole:
            return self.book.benchmark_price
        return next((leg.spot for leg in self.book.legs if leg.spot is not None), None)

    @property
    def unit(self) -> str:
        return self.choices.of or self.choices.benchmark

    @cached_property
    def last_day(self) -> date | None:
        """The expiration that the last curve stands for."""
        legs = [leg.leg for leg in self.book.legs]
        days = {leg.expiration for leg in legs if leg.is_option and leg.expiration}
        coming = sorted(day for day in days if not self.today or day >= self.today)
        if self.choices.until in coming:
            return self.choices.until
        return coming[0] if coming else None

    @cached_property
    def last_days(self) -> float:
        """Days until the legs of that expiration have expired, for the model."""
        years = [leg.years for leg in self.book.legs if leg.leg.expiration == self.last_day]
        return max((value for value in years if value is not None), default=0.0) * DAYS

    @cached_property
    def horizons(self) -> tuple[Horizon, ...]:
        days = self.choices.days
        found = [Horizon("Today", curves.TODAY, 0.0)]
        if days and (self.last_day is None or days < self.last_days):
            found.append(Horizon(f"in {days}d", curves.LATER, float(days)))
        if self.last_day is not None:
            found.append(Horizon(formats.short_date(self.last_day), curves.END, self.last_days))
        return tuple(found)

    def start(self, book: RiskBook, *, is_thought: bool) -> float:
        """The P/L now that curves begin with: since opening, or nothing; and the orders' edge."""
        edge = float(self.basket.edge) if is_thought else 0.0
        if self.choices.base != OPEN:
            return edge
        known = book.arrays(by_beta=self.by_beta).known
        opened = [
            leg.value.open.value for leg, is_in in zip(book.legs, known, strict=True) if is_in
        ]
        return edge + float(sum((value for value in opened if value is not None), Decimal(0)))

    @cached_property
    def axis(self) -> Axis | None:
        if self.spot is None or not self.book.legs:
            return None
        return curves.axis_of(self.unit, self.spot, self.choices.span)

    def _drawn(self, book: RiskBook, axis: Axis, *, is_thought: bool) -> Drawn:
        arrays = book.arrays(by_beta=self.by_beta)
        start = self.start(book, is_thought=is_thought)
        return curves.draw(arrays, axis, self.horizons, start=start, factor=self.choices.factor)

    @cached_property
    def drawn(self) -> Drawn | None:
        if self.axis is None or self.is_blank:
            return None
        return self._drawn(self.book, self.axis, is_thought=True)

    @cached_property
    def is_blank(self) -> bool:
        """There are legs, and none of them can be valued."""
        return self.book.arrays(by_beta=self.by_beta).is_blank
