"""The risk page: every part of a scene made ready to print."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.forms import BoundField

from brokerage.models import Order
from portfolio import formats
from portfolio.charts.frame import Chart
from portfolio.live.valuation import LegValue
from portfolio.risk import basket as baskets
from portfolio.risk import curves, expected, grids, tables
from portfolio.risk.choices import DELTA
from portfolio.risk.grids import Ground, HeatMap
from portfolio.risk.legs import Gap
from portfolio.risk.scene import RiskScene
from portfolio.risk.warnings import warnings_of


@dataclass(frozen=True, slots=True)
class Held:
    """A position with the switch that counts it as closed."""

    value: LegValue
    is_off: bool

    @property
    def label(self) -> str:
        return formats.leg_label(self.value.leg.holding.quantity, self.value.leg.symbol)


class RiskPage(RiskScene):
    """Ready values; each is worked out when the template asks for it."""

    @cached_property
    def curve(self) -> Chart | None:
        if self.drawn is None or self.axis is None:
            return None
        before = None
        if self.is_what_if and not self.is_blank_before:
            before = self._drawn(self.before, self.axis, is_thought=False)
        deviations = curves.sigmas(self.axis, self.volatility, self.last_days)
        return curves.chart(self.drawn, deviations, before)

    @property
    def is_blank_before(self) -> bool:
        """Without what is thought of there is no leg, or none that can be valued."""
        return not self.before.arrays(by_beta=self.by_beta).known.any()

    @cached_property
    def volatility(self) -> float | None:
        """Of the axis' symbol until the last curve."""
        return expected.volatility_at(self.inputs.metric(self.unit), self.last_day)

    @property
    def break_evens(self) -> str:
        found = self.drawn.break_evens if self.drawn else ()
        return " · ".join(formats.fixed(round(price, 4), 2) for price in found) or "none in range"

    # --- The tables -------------------------------------------------------------------------------

    @property
    def net_liq(self) -> Decimal | None:
        return self.desk.balance("net_liquidating_value")

    @cached_property
    def cushion(self) -> float | None:
        excess = self.desk.balance("maintenance_excess")
        return None if excess is None else float(excess)

    @cached_property
    def ground(self) -> Ground:
        days = round(self.last_days) or self.choices.days
        # A delta of the whole book is one of the benchmark; its price is the unit.
        return Ground(self.unit, self.spot, days, self.cushion)

    @cached_property
    def heat(self) -> HeatMap | None:
        if not self.book.legs:
            return None
        return grids.heat_map(self.book.arrays(by_beta=self.by_beta), self.choices, self.ground)

    @property
    def is_delta(self) -> bool:
        return self.choices.measure == DELTA

    @cached_property
    def stresses(self) -> list[tables.Row]:
        before = self.before.arrays(by_beta=self.by_beta) if self.is_what_if else None
        return tables.stress_rows(self.book.arrays(by_beta=self.by_beta), self.net_liq, before)

    @cached_property
    def scenario_words(self) -> str:
        """Which legs scenarios hold, where that is not all of them."""
        known = self.book.arrays(by_beta=self.by_beta).known
        if self.is_blank:
            return "No leg can be valued: what they lack stands at the head of the page."
        return "" if known.all() else f"Holds {known.sum()} of {known.size} legs."

    @cached_property
    def greeks(self) -> tuple[list[tables.Row], tables.Row]:
        return tables.greek_rows(self.book, self.choices.by)

    @cached_property
    def greeks_before(self) -> tables.Row | None:
        if not self.is_what_if:
            return None
        return tables.total_row(self.before, "Without what-if", "risk-greek-before")

    greek_heads = tables.GREEK_HEADS

    @property
    def valued_at(self) -> str:
        """By the market's clock, which a simulator sets."""
        return formats.market_time(self.account.now if self.account else None)

    @property
    def benchmark_text(self) -> str:
        price = self.book.benchmark_price
        return "" if price is None else formats.fixed(round(price, 4), 2)

    @property
    def wish_fields(self) -> list[BoundField]:
        names = ["of", "benchmark", "days", "until", "span", "missing"]
        return [self.form[name] for name in names if self.choices]

    @property
    def added(self) -> list[tuple[baskets.Added, baskets.Thought | None]]:
        thoughts = {thought.text: thought for thought in self.basket.thoughts}
        return [(one, thoughts.get(one.label)) for one in self.wish.added]

    @property
    def thought_words(self) -> str:
        wish = self.wish
        counts = ((len(wish.added), "leg"), (len(wish.orders), "order"))
        found = [
            f"{count} {word}{'' if count == 1 else 's'} added" for count, word in counts if count
        ]
        return ", ".join([*found, *([f"{len(wish.off)} turned off"] if wish.off else [])])

    @property
    def gap_words(self) -> str:
        out = {gap.leg.pk for gap in self.gaps if gap.is_left_out}
        rest = {gap.leg.pk for gap in self.gaps} - out
        parts = [(len(out), "left out of scenarios"), (len(rest), "valued with an assumption")]
        said = [f"{n} leg{'' if n == 1 else 's'} {words}" for n, words in parts if n]
        return ", ".join(said) + ": what they lack"

    @cached_property
    def parts(self) -> tuple[list[tables.Row], Decimal | None]:
        return tables.concentration_rows(self.book)

    @property
    def single_name(self) -> str:
        """The concentration index as a number of equal names: 4.0 says "as if four"."""
        index = self.parts[1]
        return formats.UNKNOWN if not index else formats.fixed(1 / index, 1)

    @cached_property
    def power(self) -> list[tables.Row]:
        """Of the symbol alone where one is looked at."""
        of = self.choices.of
        rows = [row for row in self.inputs.margins if not of or row.code == of]
        return tables.power_rows(rows, self.net_liq)

    @cached_property
    def term(self) -> Chart | None:
        metric = self.inputs.metric(self.unit)
        if metric is None or self.today is None:
            return None
        return expected.term_chart(self.unit, metric.terms, self.today)

    @cached_property
    def moves(self) -> expected.Moves | None:
        """Asks the broker for quotes: its fragment comes after the page."""
        day = self.last_day or self.today
        if self.spot is None or day is None or self.account is None:
            return None
        metric = self.inputs.metric(self.unit)
        return expected.moves(self.account.connection, self.unit, self.spot, metric, day)

    # --- What is missing, and what to keep in mind

    @cached_property
    def gaps(self) -> list[Gap]:
        """Of the legs shown; betas matter to the whole book alone."""
        found = [gap for gap in self.book.gaps if self.by_beta or gap.lacks != "beta"]
        return sorted(found, key=lambda gap: (gap.leg.underlying, gap.leg.label, gap.lacks))

    @cached_property
    def warnings(self) -> list[str]:
        return [*self.inputs.gaps, *warnings_of(self.book, by_beta=self.by_beta)]

    @cached_property
    def held(self) -> list[Held]:
        of = self.choices.of
        return [
            Held(value, value.leg.pk in self.wish.off)
            for value in self.values
            if not of or value.leg.underlying == of
        ]

    @cached_property
    def working(self) -> list[tuple[Order, str, bool]]:
        """(order, its legs in words, whether it counts as filled)."""
        return [
            (order, _order_words(order), order.pk in self.wish.orders)
            for order in self.orders
            if order.legs.all()
        ]

    def without(self, **taken: Any) -> str:
        """This page's query without one value of a list, for links that take something back."""
        query = self.query.copy()
        for name, text in taken.items():
            query.setlist(name, [value for value in query.getlist(name) if value != text])
        return query.urlencode()


def _order_words(order: Order) -> str:
    legs = [formats.leg_label(baskets.left_of(leg), leg.symbol) for leg in order.legs.all()]
    price = formats.structure_price(order.price, order.price_effect) if order.price else ""
    return f"{' / '.join(legs)} {price}".strip()
