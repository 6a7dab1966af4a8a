"""What the accounts in view made and carry, and what comes: from the mirror alone, no broker call.

Gains and Greeks are the totals of the positions table, so that both pages say the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from django.urls import reverse

from brokerage import selectors, upkeep
from brokerage.models import Order
from portfolio import formats
from portfolio.analytics.arithmetic import Input, Unit, Worked, given, worked
from portfolio.analytics.facts import Total
from portfolio.desk import RequestDesk
from portfolio.figures import show
from portfolio.figures.frame import use_of
from portfolio.positions.cells import number
from portfolio.positions.columns import COLUMNS, DEFAULT
from portfolio.positions.page import scene_of
from portfolio.positions.scene import Scene
from portfolio.positions.table import Table
from portfolio.positions.wish import Wish
from portfolio.selectors import working_orders

SOON = (7, 21)
FLAT = "flat"
HORIZON = 45
GAINS = (("day", "Day"), ("open", "Open"), ("year", "Year"))
GREEKS = ("delta", "beta", "theta", "vega")


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure: text, class, where its arithmetic is (`query`: of which table), words beside it."""

    text: str
    css: str
    ref: str
    query: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Gain:
    label: str
    before: Shown
    after: Shown


@dataclass(frozen=True, slots=True)
class Line:
    """A labelled figure that leads to the page which shows it in full."""

    label: str
    tip: str
    value: Shown
    url: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """A date of a symbol that is held."""

    day: date
    symbol: str
    word: str

    @property
    def text(self) -> str:
        return formats.short_date(self.day)


def shown(figure: Worked, ref: str) -> Shown:
    state = "missing" if figure.value is None else ""
    if figure.unit is Unit.SIGNED:
        state = formats.tone(figure.value) or state
    return Shown(show(figure.value, figure.unit), f"num {state}".strip(), ref)


class Overview:
    """Everything is worked out on first use."""

    def __init__(self, desk: RequestDesk) -> None:
        self.desk = desk

    # --- Gains and Greeks: the total row of the positions table --------------------------------

    @cached_property
    def _scene(self) -> Scene:
        return scene_of(self.desk)

    @cached_property
    def _tables(self) -> tuple[Table, Table]:
        """Before and after fees; only their totals are shown, so nothing is grouped."""
        before, desk = self._scene, self.desk
        after = Scene(desk.valuation, desk.ledgers, before.known, desk.now, after_fees=True)
        return (
            Table(before, Wish(group=FLAT), DEFAULT),
            Table(after, Wish(group=FLAT, after_fees=True), DEFAULT),
        )

    def _total(self, key: str, *, after_fees: bool = False) -> Shown:
        table = self._tables[after_fees]
        row, column = table.rows.total, COLUMNS[key]
        found = number(row, column)[0] if row is not None else None
        total = found if isinstance(found, Total) else Total(None, 0, 0)
        state = formats.tone(total.value) if column.unit is Unit.SIGNED else ""
        if total.value is None:
            state = "missing"
        elif total.words:
            state = f"{state} partial".strip()
        text = show(total.value, column.unit)
        return Shown(text, f"num {state}".strip(), f"total-{key}", table.wish.query, total.words)

    @cached_property
    def gains(self) -> list[Gain]:
        return [
            Gain(label, self._total(key), self._total(key, after_fees=True)) for key, label in GAINS
        ]

    @cached_property
    def greeks(self) -> list[Line]:
        risk = reverse("portfolio:risk")
        found = [
            Line(COLUMNS[key].label, COLUMNS[key].tip, self._total(key), risk) for key in GREEKS
        ]
        share = shown(self.theta_share, "dash-theta")
        return [
            *found,
            Line("Theta of net liq", "Theta a day ÷ net liq", share, risk),
            Line("Buying power in use", "(Net liq − option buying power) ÷ net liq",
                 shown(self.use, "top-use"), risk),
        ]  # fmt: skip

    @cached_property
    def beta(self) -> tuple[Shown, float | None]:
        """The beta delta of all, as shown and as a number."""
        row = self._tables[0].rows.total
        found = number(row, COLUMNS["beta"])[0] if row is not None else None
        value = found.value if isinstance(found, Total) else None
        return self._total("beta"), None if value is None else float(value)

    @property
    def net_liq(self) -> Decimal | None:
        return self.desk.facts.balance("net_liquidating_value")

    @property
    def use(self) -> Worked:
        return use_of(
            self.net_liq, self.desk.facts.balance("derivative_buying_power"), "all in view"
        )

    @cached_property
    def theta_share(self) -> Worked:
        row = self._tables[0].rows.total
        total = number(row, COLUMNS["theta"])[0] if row is not None else None
        theta = total.value if isinstance(total, Total) else None
        net = self.net_liq
        share = None if theta is None or not net else float(theta) / float(net)
        inputs = (
            Input("t", "Theta a day", theta, "sum over the legs", None, Unit.GREEK),
            Input("L", "Net liq", net, "balances, by the broker", None, Unit.MONEY),
        )
        return worked("Theta a day of net liq", "t/L", inputs, share, Unit.PERCENT_FINER)

    @property
    def valued_at(self) -> str:
        first = next(iter(self.desk.facts.accounts), None)
        return formats.market_time(first.now) if first else ""

    # --- What comes ----------------------------------------------------------------------

    @property
    def today(self) -> date | None:
        return next((account.today for account in self.desk.facts.accounts), None)

    def expiring(self, days: int) -> Worked:
        """Open option legs that expire within so many calendar days."""
        count = sum(
            1
            for leg in self.desk.facts.legs
            if leg.is_option and not leg.closed_today and leg.days is not None and leg.days <= days
        )
        title = f"Option legs that expire within {days} days"
        return given(title, count, Unit.COUNT, "positions, by the broker")

    @cached_property
    def orders(self) -> list[Order] | None:
        """None for the past: it shows no working orders."""
        if self.desk.as_of:
            return None
        return working_orders([item.account for item in self.desk.facts.accounts])

    def working(self) -> Worked:
        count = None if self.orders is None else len(self.orders)
        return given("Orders that work", count, Unit.COUNT, "orders, by the broker")

    @cached_property
    def coming(self) -> list[Line]:
        positions, orders = reverse("portfolio:position-list"), reverse("portfolio:order-list")
        lines = [
            Line(f"Expiring within {days} days", "Option legs",
                 shown(self.expiring(days), f"dash-expiring{days}"), f"{positions}?dte={days}")
            for days in SOON
        ]  # fmt: skip
        working = shown(self.working(), "dash-working")
        return [*lines, Line("Orders working", "Not finished", working, orders)]

    @cached_property
    def events(self) -> list[Event]:
        """Earnings and ex-dividend days of held underlyings, the nearest first."""
        today, account = self.today, next(iter(self.desk.facts.accounts), None)
        if today is None or account is None:
            return []
        names = self.desk.facts.by_underlying()
        rows = selectors.metrics_for(account.account.environment, names).defer("raw")
        pairs = [
            (row.symbol, word, day)
            for row in rows
            for word, day in (
                ("earnings", row.earnings_date),
                ("ex-dividend", row.dividend_ex_date),
            )
        ]
        found = [
            Event(day, symbol, word)
            for symbol, word, day in pairs
            if day is not None and 0 <= (day - today).days <= HORIZON
        ]
        return sorted(found, key=lambda event: (event.day, event.symbol))

    @cached_property
    def score(self) -> tuple[str, str]:
        """(words, tone) of how the mirror compares with the broker over the accounts in view."""
        return score_of(item.account for item in self.desk.facts.accounts)


def score_of(accounts: Iterable[object]) -> tuple[str, str]:
    """`82 of 82 lines match`; an account that was not compared yet is said."""
    listed = list(accounts)
    known = upkeep.scores(listed)  # type: ignore[arg-type]
    if not known:
        return "not compared yet", ""
    lines = sum(row.lines for row in known.values())
    matching = sum(row.matching for row in known.values())
    words = f"{matching} of {lines} lines match"
    if len(known) < len(listed):
        words += f", {len(listed) - len(known)} not compared yet"
    return words, "good" if matching == lines else "bad"
