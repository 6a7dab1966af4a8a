"""Scheduled facts of companies: earnings dates and dividends, drawn once per symbol."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from simulator.market import calendar, rng
from simulator.market.universe.equities import Underlying

FIRST_YEAR, LAST_YEAR = 2021, 2036


@dataclass(frozen=True, slots=True)
class Report:
    """One earnings report: when, before the open (BMO) or after the close (AMC), of what."""

    date: dt.date
    time_of_day: str
    quarter_end: dt.date
    eps: float
    consensus: float


@dataclass(frozen=True, slots=True)
class Dividend:
    """One payment per share."""

    ex_date: date
    pay_date: date
    amount: float


def _month_end(year: int, month: int) -> date:
    first = date(year + month // 12, month % 12 + 1, 1)
    return first - timedelta(days=1)


@cache
def reports(row: Underlying) -> tuple[Report, ...]:
    """All reports of a company, oldest first; empty for funds and indices."""
    if not row.reports:
        return ()
    delay = 16 + int(rng.uniform("report", row.drawn_from) * 26)
    word = "AMC" if rng.uniform("report-time", row.drawn_from) < 0.55 else "BMO"
    found = []
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        for month in (3, 6, 9, 12):
            end = _month_end(year, month)
            when = _weekday(end + timedelta(days=delay))
            surprise = rng.uniform("eps", row.drawn_from, end)
            consensus = row.eps / 4 * (0.9 + 0.2 * rng.uniform("consensus", row.drawn_from, end))
            eps = consensus + abs(consensus) * 0.12 * (surprise - 0.4)
            found.append(Report(when, word, end, round(eps, 2), round(consensus, 2)))
    return tuple(found)


@cache
def dividends(row: Underlying) -> tuple[Dividend, ...]:
    """All payments of a share or fund, oldest first."""
    if not row.frequency or row.kind == "Index":
        return ()
    gap = 12 // row.frequency
    offset = int(rng.uniform("ex-month", row.drawn_from) * gap)
    day = 5 + int(rng.uniform("ex-day", row.drawn_from) * 18)
    found = []
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        for month in range(1 + offset, 13, gap):
            ex = _weekday(date(year, month, day))
            found.append(Dividend(ex, _weekday(ex + timedelta(days=14)), row.dividend))
    return tuple(found)


def next_report(row: Underlying, day: date) -> Report | None:
    """The first report on or after a day."""
    return next((r for r in reports(row) if r.date >= day), None)


def last_dividend(row: Underlying, day: date) -> Dividend | None:
    """The last payment with an ex-date up to a day."""
    past = [d for d in dividends(row) if d.ex_date <= day]
    return past[-1] if past else None


def next_dividend(row: Underlying, day: date) -> Dividend | None:
    """The first payment with an ex-date after a day."""
    return next((d for d in dividends(row) if d.ex_date > day), None)


def _weekday(day: date) -> date:
    while not calendar.is_trading_day(day):
        day += timedelta(days=1)
    return day
