"""Backtests: option strategies traded over the market's own past, at its own past prices.

Each trading day is looked at a quarter of an hour before the close, at the middle of the quotes:
first the open trials (their end by expiration, profit, loss, days), then the entry. Money is in
dollars, without fees. The past is a pure function of the seed, so a backtest is one as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from simulator.backtest_plan import Entry, Exit, Leg, Plan
from simulator.market import calendar, expirations, strikes
from simulator.market.expirations import Expiration, Root
from simulator.market.lines import Line
from simulator.market.view import SOON, View

if TYPE_CHECKING:
    from simulator.market.market import Market

BEFORE_CLOSE = timedelta(minutes=15)
EVERY_SNAPSHOT = 1500
"""More days than this are not drawn one by one."""


@dataclass
class Holding:
    """One leg of a trial: signed units and the price it was opened at."""

    line: Line
    units: float
    opened: float


@dataclass
class Trial:
    """One entry and what became of it."""

    at: datetime
    holdings: list[Holding]
    closed: datetime | None = None
    result: float = 0.0

    @property
    def premium(self) -> float:
        """What was paid (or received) at the entry, without its sign."""
        return abs(sum(h.units * h.opened for h in self.holdings))

    @property
    def ends(self) -> datetime:
        """When its first option ends."""
        ends = [h.line.expires for h in self.holdings if h.line.is_option]
        return datetime.fromtimestamp(min(ends), UTC)

    def worth(self, view: View) -> float:
        """Profit or loss at an instant."""
        view.price_all(h.line for h in self.holdings)
        return sum(h.units * (view.price(h.line).mid - h.opened) for h in self.holdings)


@dataclass
class Run:
    """One backtest while it is computed."""

    market: Market
    plan: Plan
    now: datetime
    active: list[Trial] = field(default_factory=list)
    trials: list[Trial] = field(default_factory=list)
    snapshots: list[dict[str, Any]] = field(default_factory=list)
    skipped: int = 0

    def days(self) -> list[date]:
        """The trading days that are over, or have reached the hour of the look."""
        found, day = [], calendar.next_trading_day(self.plan.start_date - timedelta(days=1))
        while day <= self.plan.end_date and _look(day) <= self.now:
            found.append(day)
            day = calendar.next_trading_day(day)
        return found

    def steps(self) -> Iterator[None]:
        """Do it day by day."""
        days = self.days()
        every = max(1, len(days) // EVERY_SNAPSHOT)
        for place, day in enumerate(days):
            self._day(day, place % every == 0 or place == len(days) - 1)
            yield
        self.trials += self.active

    def _day(self, day: date, shown: bool) -> None:
        view = self.market.view_at(_look(day))
        vix = view.vix(view.epoch, SOON)
        for trial in list(self.active):
            self._look_at(trial, day, view, vix)
        if self._enters(day, vix):
            self._enter(view)
        if shown:
            self._snapshot(view)

    # -- the end of a trial ------------------------------------------------------------------

    def _look_at(self, trial: Trial, day: date, view: View, vix: float) -> None:
        if calendar.new_york_date(trial.ends) <= day:
            self._close(trial, self.market.view_at(trial.ends + timedelta(seconds=1)), trial.ends)
        elif _over(self.plan.exit_conditions, trial, trial.worth(view), day, vix):
            self._close(trial, view, view.moment)

    def _close(self, trial: Trial, view: View, at: datetime) -> None:
        trial.result, trial.closed = trial.worth(view), at
        self.active.remove(trial)
        self.trials.append(trial)

    # -- the entry ---------------------------------------------------------------------------

    def _enters(self, day: date, vix: float) -> bool:
        rule = self.plan.entry_conditions
        weekdays = rule.weekdays()
        if rule.frequency == "on specific days of the week" and day.isoweekday() not in weekdays:
            return False
        return _within(rule, vix)

    def _enter(self, view: View) -> None:
        rule = self.plan.entry_conditions
        holdings = choose(self.market, self.plan, view)
        if holdings is None:
            self.skipped += 1
            return
        most = rule.maximum_active_trials
        if most is not UNSET and len(self.active) >= max(most, 1):
            if rule.maximum_active_trials_behavior != "close oldest":
                return
            self._close(self.active[0], view, view.moment)
        self.active.append(Trial(view.moment, holdings))

    def _snapshot(self, view: View) -> None:
        line = self.market.line(self.plan.symbol)
        assert line is not None
        open_ones = sum(trial.worth(view) for trial in self.active)
        done = sum(trial.result for trial in self.trials)
        self.snapshots.append(
            {
                "dateTime": stamp(view.moment),
                "profitLoss": round(open_ones + done, 2),
                "underlyingPrice": round(view.price(line).mid, 2),
            }
        )

    # -- the answer --------------------------------------------------------------------------

    def result(self) -> dict[str, Any]:
        """Trials, course and figures of the finished run."""
        closed = sorted((t for t in self.trials if t.closed is not None), key=lambda t: t.at)
        notices = [] if closed or self.active else ["No trial was opened."]
        if self.skipped:
            notices.append(f"On {self.skipped} days no contract met the conditions.")
        if len(closed) < len(self.trials):
            notices.append(f"{len(self.trials) - len(closed)} trials are still open.")
        return {
            "statistics": statistics([t.result for t in closed], self.snapshots),
            "trials": [_trial(t) for t in closed],
            "snapshots": self.snapshots,
            "notices": notices,
        }


def _look(day: date) -> datetime:
    return calendar.session(day).close - BEFORE_CLOSE


def _within(rule: Entry, vix: float) -> bool:
    too_low = rule.minimum_vix is not UNSET and vix < rule.minimum_vix
    return not too_low and not (rule.maximum_vix is not UNSET and vix > rule.maximum_vix)


def _over(rule: Exit, trial: Trial, profit: float, day: date, vix: float) -> bool:
    share = profit / trial.premium * 100 if trial.premium else 0.0
    left = (calendar.new_york_date(trial.ends) - day).days
    held = (day - calendar.new_york_date(trial.at)).days
    return (
        (rule.take_profit_percentage is not UNSET and share >= rule.take_profit_percentage)
        or (rule.stop_loss_percentage is not UNSET and -share >= rule.stop_loss_percentage)
        or (rule.after_days_in_trade is not UNSET and held >= rule.after_days_in_trade)
        or (rule.at_days_to_expiration is not UNSET and left <= rule.at_days_to_expiration)
        or (rule.minimum_vix is not UNSET and vix >= rule.minimum_vix)
    )


# -- choosing contracts ----------------------------------------------------------------------


def choose(market: Market, plan: Plan, view: View) -> list[Holding] | None:
    """The contracts that the legs mean at an instant, priced; None when one cannot be had."""
    exact = plan.entry_conditions.frequency == "on exact days to expiration match"
    found: list[Holding] = []
    for leg in plan.legs:
        line = market.line(plan.symbol) if leg.type == "equity" else None
        if leg.type == "equity-option":
            line = _option(market, plan, leg, view, found, exact)
        if line is None:
            return None
        price = view.price(line).mid
        units = leg.sign * leg.quantity * (100.0 if line.is_option else 1.0)
        found.append(Holding(line, units, price))
    return found


def _option(
    market: Market, plan: Plan, leg: Leg, view: View, earlier: list[Holding], exact: bool
) -> Line | None:
    spot_line = market.line(plan.symbol)
    roots = [r for r in market.registry.roots_on(plan.symbol) if r.standard and not r.am]
    if spot_line is None or not roots or leg.days_until_expiration is UNSET:
        return None
    end = _expiration(roots[0], view, leg.days_until_expiration, exact)
    if end is None:
        return None
    spot = view.price(spot_line).mid
    row = market.levels.equities[plan.symbol]
    rungs = strikes.ladder(strikes.tier(row.symbol, row.price), round(spot, 4))
    lines = [market.registry.option_line(roots[0], end, leg.side == "call", k) for k in rungs]
    return _pick(leg, lines, view, spot, earlier)


def _expiration(root: Root, view: View, days: int, exact: bool) -> Expiration | None:
    listed = expirations.listed(root, view.moment)
    goal = calendar.new_york_date(view.moment) + timedelta(days=days)
    if exact:
        return next((e for e in listed if e.date == goal), None)
    return min(listed, key=lambda e: abs((e.date - goal).days), default=None)


def _pick(
    leg: Leg, lines: list[Line], view: View, spot: float, earlier: list[Holding]
) -> Line | None:
    how, figure = str(leg.strike_selection), leg.figure()
    if how == "delta":
        view.greek_all(lines)
        return min(lines, key=lambda x: abs(abs(view.greek(x).delta) - figure / 100))
    if how == "premium":
        view.price_all(lines)
        return min(lines, key=lambda x: abs(view.price(x).mid - figure))
    base = spot
    if leg.relative and leg.strike_relative_leg is not UNSET:
        base = earlier[leg.strike_relative_leg].line.k
    if how.startswith("percentage"):
        base *= 1 + (figure if leg.side == "call" else -figure) / 100
    else:
        base += figure
    found = min(lines, key=lambda x: abs(x.k - base))
    if how == "currentPriceExactOffsetRelative" and abs(found.k - base) > 1e-9:
        return None
    return found


# -- the answer ------------------------------------------------------------------------------


def stamp(moment: datetime) -> str:
    """`2025-01-02T20:45:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _trial(trial: Trial) -> dict[str, Any]:
    assert trial.closed is not None
    return {
        "openDateTime": stamp(trial.at),
        "closeDateTime": stamp(trial.closed),
        "profitLoss": round(trial.result, 2),
    }


def statistics(results: list[float], course: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Figures of the closed trials, each with its name; none without trials."""
    if not results:
        return []
    wins = [r for r in results if r > 0]
    figures = {
        "Total profit/loss": sum(results),
        "Number of trials": len(results),
        "Trials with profits": len(wins),
        "Win percentage": 100 * len(wins) / len(results),
        "Average profit/loss per trial": sum(results) / len(results),
        "Highest profit": max(results),
        "Worst loss": min(results),
        "Max drawdown": _drawdown([row["profitLoss"] for row in course]),
    }
    return [{"name": name, "value": round(value, 2)} for name, value in figures.items()]


def _drawdown(course: list[float]) -> float:
    worst = top = 0.0
    for value in course:
        top = max(top, value)
        worst = max(worst, top - value)
    return worst


def simulate(market: Market, plan: Plan, now: datetime) -> Iterator[dict[str, Any]]:
    """One trade, opened on the first day and looked at daily until its end."""
    run = Run(market, plan, now)
    trial: Trial | None = None
    for day in run.days():
        view = market.view_at(_look(day))
        if trial is None:
            holdings = choose(market, plan, view)
            trial = None if holdings is None else Trial(view.moment, holdings)
        if trial is None:
            continue
        if view.moment > trial.ends:
            return
        yield _row(market, plan.symbol, trial, view)


def _row(market: Market, symbol: str, trial: Trial, view: View) -> dict[str, Any]:
    options = [h for h in trial.holdings if h.line.is_option]
    view.price_all(h.line for h in trial.holdings)
    view.greek_all(h.line for h in options)
    scale = 100.0 if options else 1.0
    # what opening the same would cost now, per share
    price = sum(h.units * view.price(h.line).mid for h in trial.holdings) / scale
    delta = sum(h.units * view.greek(h.line).delta for h in options) / scale
    delta += sum(h.units for h in trial.holdings if not h.line.is_option) / scale
    line = market.line(symbol)
    assert line is not None
    return {
        "dateTime": stamp(view.moment),
        "price": f"{abs(price):.2f}",
        "effect": "debit" if price > 0 else "credit",
        "underlyingPrice": f"{view.price(line).mid:.2f}",
        "delta": f"{delta:.2f}",
    }
