"""Option expirations of future products: quarterlies, month ends, weeklies, serial months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, lru_cache

from simulator.market import calendar, contracts
from simulator.market.contracts import MONTHS, Future
from simulator.market.expirations import (
    MONTH_END,
    QUARTERLY,
    REGULAR,
    WEEKLY,
    add_months,
    month_end,
    nth_weekday,
)  # fmt: skip
from simulator.market.universe.futures import OPTION_FAMILIES, FutureProduct

SERIAL = ("crude", "gas", "metal", "bond", "currency", "grain")


@dataclass(frozen=True, slots=True)
class FutureExpiration:
    """One option contract of a product; `contract` is e.g. `EW2J6`."""

    product: FutureProduct
    root: str
    contract: str
    streamer: str  # root, month letter, two-digit year
    future: Future
    date: date
    type: str
    settlement: str
    expires: datetime
    rule: str


@cache
def roots(product: FutureProduct) -> tuple[tuple[str, str], ...]:
    """All option roots of a product with their rule; weeks spelled out."""
    found: list[tuple[str, str]] = []
    for root, rule in OPTION_FAMILIES.get(product.options, ()):
        if "*" not in root:
            found.append((root, rule))
            continue
        weeks = 4 if rule == "4" and product.sector == "Equity Index" else 5
        found.extend((root.replace("*", str(n)), f"{rule}:{n}") for n in range(1, weeks + 1))
    return tuple(found)


def _serial_date(rule: str, year: int, month: int) -> tuple[date, int, int]:
    """End of a monthly option named after a contract month."""
    before = add_months(year, month, -1)
    if rule == "crude":
        anchor = date(*before, 25)
        if not calendar.is_trading_day(anchor):
            anchor = calendar.previous_trading_day(anchor)
        return calendar.shift_trading_days(anchor, -6), 14, 30
    if rule == "gas":
        return calendar.shift_trading_days(date(year, month, 1), -4), 14, 30
    if rule == "metal":
        return calendar.shift_trading_days(month_end(*before), -3), 13, 30
    if rule == "currency":
        friday = nth_weekday(year, month, 2, 3) - timedelta(days=12)
        return calendar.latest_trading_day(friday), 10, 0
    last = calendar.shift_trading_days(month_end(*before), -2)
    friday = last - timedelta(days=(last.weekday() - 4) % 7)
    return calendar.latest_trading_day(friday), (17 if rule == "bond" else 14), 0


@lru_cache(maxsize=16384)
def make(
    product: FutureProduct, root: str, rule: str, year: int, month: int
) -> FutureExpiration | None:
    """The expiration of a root in a (contract or calendar) month; None where it has none."""
    if rule == "quarterly":
        if month % 3:
            return None
        future = contracts.contract(product, year, month)
        return _row(product, root, rule, year, month, future, future.last_trade, QUARTERLY, "AM",
                    future.expires)  # fmt: skip
    if rule in SERIAL:
        day, hour, minute = _serial_date(rule, year, month)
        kind, moment = REGULAR, calendar.at(day, hour, minute)
        future = _serial_future(product, year, month)
    else:
        day_or_none = _dated(product, rule, year, month)
        if day_or_none is None:
            return None
        day = day_or_none
        kind = MONTH_END if rule == "eom" else WEEKLY
        moment = _settles(product, day)
        future = _deliverable(product, day)
    return _row(product, root, rule, year, month, future, day, kind, "PM", moment)


def _row(
    product: FutureProduct, root: str, rule: str, year: int, month: int, future: Future,
    day: date, kind: str, settlement: str, moment: datetime,
) -> FutureExpiration:  # fmt: skip
    letter = MONTHS[month - 1]
    return FutureExpiration(
        product, root, f"{root}{letter}{year % 10}", f"{root}{letter}{year % 100:02d}", future,
        day, kind, settlement, moment, rule,
    )  # fmt: skip


def _settles(product: FutureProduct, day: date) -> datetime:
    if product.sector == "Equity Index":
        return calendar.session(day).close if calendar.is_trading_day(day) else calendar.at(day, 16)
    hour, minute = {"Energy": (14, 30), "Metals": (13, 30), "Currencies": (10, 0)}.get(
        product.sector, (17, 0) if product.sector == "Interest Rates" else (14, 20)
    )
    return calendar.at(day, min(hour, 13) if calendar.is_half_day(day) else hour, minute)


def _dated(product: FutureProduct, rule: str, year: int, month: int) -> date | None:
    """A month end or the n-th weekday, where another class does not take the date."""
    last = month_end(year, month)
    if rule == "eom":
        return last
    weekday, week = (int(part) for part in rule.split(":"))
    day = nth_weekday(year, month, weekday, week)
    if day.month != month:
        return None
    families = dict(OPTION_FAMILIES.get(product.options, ()))
    if "eom" in families.values() and calendar.latest_trading_day(day) == last:
        return None
    if not calendar.is_trading_day(day):
        return calendar.latest_trading_day(day) if weekday == 4 else None
    serial = next((r for r in families.values() if r in SERIAL), None)
    if serial and any(
        _serial_date(serial, *add_months(year, month, n))[0] == day for n in (0, 1, 2)
    ):
        return None
    return day


def _deliverable(product: FutureProduct, day: date) -> Future:
    """The first active contract that is still free of notice after the option's end."""
    for step in range(-1, 24):
        y, m = add_months(day.year, day.month, step)
        if MONTHS[m - 1] in product.active:
            candidate = contracts.contract(product, y, m)
            if candidate.closing_only > day:
                return candidate
    raise AssertionError("no contract follows")


def _serial_future(product: FutureProduct, year: int, month: int) -> Future:
    for step in range(12):
        y, m = add_months(year, month, step)
        if MONTHS[m - 1] in product.active:
            return contracts.contract(product, y, m)
    raise AssertionError("no contract follows")


def _horizon(product: FutureProduct, rule: str) -> tuple[int, int]:
    """How many months are searched, how many expirations of the rule are on the board."""
    if rule == "quarterly":
        return 16, 4
    if rule == "eom":
        return 6, 4
    if rule in SERIAL:
        return 10, 6
    return 3, 2


@lru_cache(maxsize=512)
def _board(product: FutureProduct, today: date) -> tuple[FutureExpiration, ...]:
    found: list[FutureExpiration] = []
    for root, rule in roots(product):
        months, count = _horizon(product, rule)
        reach = 16 if ":" in rule and not rule.startswith("4") else 40 if ":" in rule else 9999
        kept = 0
        for step in range(months):
            row = make(product, root, rule, *add_months(today.year, today.month, step))
            if row and today <= row.date <= today + timedelta(days=reach) and kept < count:
                found.append(row)
                kept += 1
    return tuple(sorted(found, key=lambda e: (e.date, e.root)))


def listed(product: FutureProduct, now: datetime) -> list[FutureExpiration]:
    """The option expirations on the board, nearest first."""
    return [e for e in _board(product, calendar.new_york_date(now)) if e.expires > now]


def find(product: FutureProduct, contract: str, day: date) -> FutureExpiration | None:
    """The expiration of an option contract symbol (`EW2J6`) on a date, past or future."""
    rules = dict(roots(product))
    root, letter = contract[:-2], contract[-2]
    if root not in rules or letter not in MONTHS or not contract[-1].isdigit():
        return None
    month = MONTHS.index(letter) + 1
    for year in (day.year, day.year + 1):
        if year % 10 == int(contract[-1]):
            row = make(product, root, rules[root], year, month)
            if row and row.date == day:
                return row
    return None
