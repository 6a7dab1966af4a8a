"""All that the rows of one rendering share: values, ledgers, prices and facts of underlyings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from brokerage import selectors
from brokerage.models import MarketMetric
from portfolio.analytics.marks import Mark
from portfolio.analytics.performance import Pnl
from portfolio.facts import AccountFacts, Desk, Group, Leg
from portfolio.ledger.ledgers import ClosedSymbol, Ledgers
from portfolio.live.valuation import Valuation
from portfolio.positions.chained import Chained
from portfolio.positions.legs import LegView
from portfolio.positions.words import NOTHING, Words
from portfolio.risk.inputs import DEFAULT_BENCHMARK, PROXIES, Inputs, Metric
from portfolio.trade_chains.histories import Histories


@dataclass(frozen=True, slots=True)
class Known:
    """What is read once beside the desk: metrics by underlying, margin by account and underlying
    (positive: what must be kept), the person's words."""

    metrics: Mapping[str, MarketMetric] = field(default_factory=dict)
    margins: Mapping[tuple[int, str], Decimal] = field(default_factory=dict)
    words: Words = NOTHING
    benchmark: str = DEFAULT_BENCHMARK


def read_known(desk: Desk, words: Words) -> Known:
    """In two queries."""
    accounts = [item.account for item in desk.accounts]
    if not accounts:
        return Known(words=words)
    roots = {name for groups in desk.groups.values() for name in (g.underlying for g in groups)}
    wanted = roots | {PROXIES[name] for name in roots if name in PROXIES}
    metrics = selectors.metrics_for(accounts[0].environment, wanted).defer("raw")
    margins = selectors.margin_for(accounts).exclude(code="").values_list(
        "account_id", "underlying_symbol", "margin_requirement"
    )  # fmt: skip
    found: dict[tuple[int, str], Decimal] = {}
    for account, symbol, amount in margins:
        if amount is not None:
            found[account, symbol] = found.get((account, symbol), Decimal(0)) - amount
    return Known({row.symbol: row for row in metrics}, found, words)


class Scene:
    """One rendering, or one open page: `tick` begins a new instant."""

    def __init__(
        self,
        valuation: Valuation,
        ledgers: Ledgers,
        known: Known,
        now: float,
        *,
        after_fees: bool,
        histories: Callable[[], Histories] | None = None,
    ) -> None:
        """``histories`` reads the trade chains, if a column asks for them; without, they are not
        known (the past)."""
        self._histories = histories
        self.valuation, self.ledgers, self.known = valuation, ledgers, known
        self.now, self.after_fees = now, after_fees
        self.desk = valuation.desk
        self.legs: dict[int, Leg] = {leg.pk: leg for leg in self.desk.legs}
        self.accounts: dict[int, AccountFacts] = {item.pk: item for item in self.desk.accounts}
        self.groups: dict[tuple[int, str], Group] = {
            (pk, group.underlying): group
            for pk, groups in self.desk.groups.items()
            for group in groups
        }
        betas = {
            name: Metric(name, beta=None if row.beta is None else float(row.beta))
            for name, row in known.metrics.items()
        }
        self.inputs = Inputs(known.benchmark, betas)
        self._pnl: dict[int, tuple[Mark | None, Pnl]] = {}
        self._spots: dict[tuple[str, str], Mark | None] = {}
        self._closed: dict[int, list[ClosedSymbol]] | None = None
        self._views: dict[int, LegView] = {}
        self._parts: dict[int, list[LegView]] = defaultdict(list)

    def view(self, pk: int) -> LegView:
        """A whole position; the same object for every row that it is in."""
        found = self._views.get(pk)
        if found is None:
            found = self._views[pk] = LegView(self, self.legs[pk])
        return found

    def part(self, pk: int, quantity: Decimal, place: int) -> LegView:
        """What one strategy uses of a position, which may be all of it."""
        leg = self.legs[pk]
        if quantity == leg.holding.quantity:
            return self.view(pk)
        made = LegView(self, leg, part=quantity, place=place)
        self._parts[pk].append(made)
        return made

    @cached_property
    def chained(self) -> Chained | None:
        """The trade chains that hold these positions."""
        if self._histories is None:
            return None
        return Chained(self._histories(), self.valuation, self.now)

    def tick(self, now: float, pks: Iterable[int] | None = None) -> None:
        """A new instant, in which these positions (or all) may be worth something else."""
        self.now = now
        self._spots.clear()
        if (chained := self.__dict__.get("chained")) is not None:
            chained.tick(now)
        for pk in {*self._views, *self._parts} if pks is None else pks:
            if pk in self._views:
                self._views[pk].forget()
            for part in self._parts.get(pk, ()):
                part.forget()

    def today(self, account_pk: int) -> date:
        return self.accounts[account_pk].today

    def pnl(self, pk: int) -> Pnl:
        """By lots, at the mark of now; worked out again when the mark has moved."""
        leg, at = self.legs[pk], self.valuation.values[pk].mark
        known = self._pnl.get(pk)
        if known is not None and _price(known[0]) == _price(at):
            return known[1]
        found = self.ledgers.pnl(leg, _price(at))
        self._pnl[pk] = (at, found)
        return found

    def closed(self, account_pk: int) -> list[ClosedSymbol]:
        """Symbols that made something this year and are not held."""
        if self._closed is None:
            self._closed = {pk: self.ledgers.closed(pk, self.legs.values()) for pk in self.accounts}
        return self._closed.get(account_pk, [])

    # --- Prices -----------------------------------------------------------------------------------

    def spot(self, feed: str, streamer_symbol: str) -> Mark | None:
        key = (feed, streamer_symbol)
        if key not in self._spots:
            self._spots[key] = self.valuation.spot(feed, streamer_symbol, self.now)
        return self._spots[key]

    def spot_symbol(self, leg: Leg) -> str:
        """What streams the price of a leg's underlying."""
        if leg.underlying_streamer:
            return leg.underlying_streamer
        group = self.groups.get((leg.account_pk, leg.underlying))
        return group.streamer_symbol if group else ""

    def spot_of(self, leg: Leg) -> Mark | None:
        symbol = self.spot_symbol(leg)
        return self.spot(leg.feed, symbol) if symbol else None

    @property
    def benchmark_price(self) -> Decimal | None:
        """On the first feed that has it: all accounts in view are of one environment."""
        for feed in dict.fromkeys(item.feed for item in self.desk.accounts):
            found = self.spot(feed, self.known.benchmark) if feed else None
            if found is not None:
                return found.price
        return None

    def beta(self, underlying: str) -> tuple[float | None, str]:
        """(beta against the benchmark, where it comes from)."""
        return self.inputs.beta(underlying)

    def metric(self, underlying: str) -> MarketMetric | None:
        return self.known.metrics.get(PROXIES.get(underlying, underlying))


def _price(mark: Mark | None) -> Decimal | None:
    return mark.price if mark else None


def events_of(metric: Any, today: date, horizon: int = 45) -> Iterable[tuple[str, str]]:
    """Badges of what is coming: earnings and the day a share trades without its dividend."""
    if metric is None:
        return
    for word, day, tip in (
        ("E", metric.earnings_date, "Earnings are expected"),
        ("xD", metric.dividend_ex_date, "Trades without its dividend from"),
    ):
        if day is not None and 0 <= (day - today).days <= horizon:
            yield f"{word} {day.day} {day:%b}", f"{tip} {day.day} {day:%b}"
