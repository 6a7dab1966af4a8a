"""When options end: the calendars of option roots, equity, index and volatility.

Rules decide which dates are expirations; `listed` says which of them are on the board today.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from simulator.market import calendar
from simulator.market.universe.equities import Underlying

REGULAR, WEEKLY, QUARTERLY, MONTH_END = "Regular", "Weekly", "Quarterly", "End-Of-Month"


@dataclass(frozen=True, slots=True)
class Root:
    """An option class: what it is on, how it settles, which dates it has."""

    symbol: str
    underlying: str
    cycle: str  # daily, weekly, monthly, am-monthly, vix, vix-weekly
    european: bool = False
    am: bool = False
    shares: float = 100.0  # delivered per contract
    cash: float = 0.0  # delivered per contract
    standard: bool = True
    also: tuple[tuple[str, float], ...] = ()  # shares of others delivered per contract


@dataclass(frozen=True, slots=True)
class Expiration:
    """One date of a root; times are UTC."""

    date: date
    type: str
    settlement: str
    stops: datetime
    expires: datetime


def roots_of(row: Underlying) -> list[Root]:
    """The option classes of an underlying, the standard one first."""
    name = row.symbol
    if row.cycle == "none":
        return []
    if name == "VIX":
        return [Root("VIX", name, "vix", True, True), Root("VIXW", name, "vix-weekly", True, True)]
    if row.kind == "Index":
        if name == "XSP":
            return [Root("XSP", name, "daily", True)]
        monthly = Root(name, name, "am-monthly", True, True)
        daily = {"SPX": "SPXW", "NDX": "NDXP", "RUT": "RUTW"}.get(name)
        return [monthly, Root(daily, name, "daily-w", True)] if daily else [monthly]
    found = [Root(name.replace("/", ""), name, row.cycle)]
    if name == "XYZ":
        found.append(Root("XYZ1", name, "monthly", shares=62.0, cash=15.30, standard=False))
    return found


def third_friday(year: int, month: int) -> date:
    """The third Friday, or the trading day before it when that is a holiday."""
    return calendar.latest_trading_day(nth_weekday(year, month, 4, 3))


def nth_weekday(year: int, month: int, weekday: int, n: int) -> date:
    """The n-th Monday (0) … Friday (4) of a month."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def month_end(year: int, month: int, collection: str = calendar.EQUITY) -> date:
    """The last trading day of a month."""
    first = date(year + month // 12, month % 12 + 1, 1)
    return calendar.previous_trading_day(first, collection)


def add_months(year: int, month: int, count: int) -> tuple[int, int]:
    """(year, month) some months later or earlier."""
    index = year * 12 + month - 1 + count
    return index // 12, index % 12 + 1


@lru_cache(maxsize=1024)
def vix_date(year: int, month: int) -> date:
    """Thirty days before the third Friday of the next month."""
    day = nth_weekday(*add_months(year, month, 1), 4, 3) - timedelta(days=30)
    return calendar.latest_trading_day(day)


def _week_of(day: date) -> date:
    """The weekly expiration of a day's week (Friday, or the day before a holiday)."""
    return calendar.latest_trading_day(day + timedelta(days=4 - day.weekday()))


@lru_cache(maxsize=65536)
def kind_of(cycle: str, day: date) -> str | None:
    """The expiration type of a date under a cycle; None when it is no expiration."""
    if not calendar.is_trading_day(day):
        return None
    monthly = day == third_friday(day.year, day.month)
    if cycle in ("monthly", "am-monthly"):
        return REGULAR if monthly else None
    if cycle in ("vix", "vix-weekly"):
        main = day == vix_date(day.year, day.month)
        if cycle == "vix":
            return REGULAR if main else None
        return WEEKLY if day.weekday() == 2 and not main else None
    if monthly and cycle != "daily-w":
        return REGULAR
    if cycle != "weekly" and day == month_end(day.year, day.month):
        return QUARTERLY if day.month % 3 == 0 else MONTH_END
    if cycle == "weekly":
        return WEEKLY if day == _week_of(day) else None
    return WEEKLY


def find(root: Root, day: date) -> Expiration | None:
    """The expiration of a root on a date, past or future, if its calendar has one."""
    kind = kind_of(root.cycle, day)
    if kind is None:
        return None
    if root.am:
        eve = calendar.previous_trading_day(day)
        stops = calendar.session(eve).close + timedelta(minutes=15)
        return Expiration(day, kind, "AM", stops, calendar.session(day).open)
    close = calendar.session(day).close
    return Expiration(day, kind, "PM", close, close)


@lru_cache(maxsize=2048)
def _listed_dates(cycle: str, today: date) -> tuple[date, ...]:
    found: set[date] = set()
    months = [add_months(today.year, today.month, n) for n in range(30)]
    if cycle in ("vix", "vix-weekly"):
        if cycle == "vix":
            found.update(vix_date(y, m) for y, m in months[:8])
        found.update(today + timedelta(days=n) for n in range(40) if cycle == "vix-weekly")
        return _real(cycle, found, today)
    near = 13 if cycle in ("daily", "daily-w", "am-monthly") else 7
    for index, (year, month) in enumerate(months):
        if index < near or month in (1, 6) or (index < 13 and month % 3 == 0):
            found.add(third_friday(year, month))
        if cycle in ("daily", "daily-w") and (index < 4 or (index < 13 and month % 3 == 0)):
            found.add(month_end(year, month))
    if cycle in ("weekly", "daily", "daily-w"):
        found.update(_week_of(today + timedelta(days=7 * n)) for n in range(9))
    if cycle in ("daily", "daily-w"):
        found.update(today + timedelta(days=n) for n in range(15))
    return _real(cycle, found, today)


def _real(cycle: str, days: set[date], today: date) -> tuple[date, ...]:
    return tuple(sorted(d for d in days if d >= today and kind_of(cycle, d)))


def listed(root: Root, now: datetime) -> list[Expiration]:
    """The expirations on the board at an instant, nearest first; ended ones are gone."""
    today = calendar.new_york_date(now)
    dates = _listed_dates(root.cycle, today)
    found = [find(root, day) for day in dates]
    return [e for e in found if e is not None and e.expires > now]


def days_to(day: date, now: datetime) -> int:
    """Calendar days from New York's today."""
    return (day - calendar.new_york_date(now)).days
