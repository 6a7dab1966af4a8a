"""Futures contracts and their ends."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from simulator.market import calendar
from simulator.market.expirations import add_months, month_end, nth_weekday, third_friday, vix_date
from simulator.market.universe.futures import FutureProduct

MONTHS = "FGHJKMNQUVXZ"
_SYMBOL = re.compile(r"^/?(?P<code>[0-9A-Z]{1,4}?)(?P<m>[FGHJKMNQUVXZ])(?P<y>\d{1,2})$")


@dataclass(frozen=True, slots=True)
class Future:
    """One contract; times are UTC."""

    symbol: str
    streamer: str
    product: FutureProduct
    year: int
    month: int
    last_trade: date
    expires: datetime
    first_notice: date | None

    @property
    def letter(self) -> str:
        """The month letter."""
        return MONTHS[self.month - 1]

    @property
    def closing_only(self) -> date:
        """From this day on only closing orders (first notice, else the end)."""
        return min(self.first_notice or self.last_trade, self.last_trade)


def _back(day: date, count: int) -> date:
    return calendar.shift_trading_days(day, -count)


def _last_trade(rule: str, year: int, month: int) -> tuple[date, int, int]:
    """Last trade date and New York time of a contract month."""
    before = add_months(year, month, -1)
    if rule == "index":
        return third_friday(year, month), 9, 30
    if rule == "vix":
        return vix_date(year, month), 9, 0
    if rule in ("crude", "micro-crude"):
        anchor = date(*before, 25)
        anchor = anchor if calendar.is_trading_day(anchor) else _back(anchor, 1)
        return _back(anchor, 3 if rule == "crude" else 4), 14, 30
    if rule == "gas":
        return _back(date(year, month, 1), 3), 14, 30
    if rule == "metal":
        return _back(month_end(year, month), 2), 13, 30
    if rule == "bond":
        return _back(month_end(year, month), 7), 13, 1
    if rule == "note":
        return month_end(year, month), 13, 1
    if rule == "currency":
        return _back(nth_weekday(year, month, 2, 3), 2), 10, 16
    if rule == "grain":
        return _back(date(year, month, 15), 1), 13, 1
    if rule == "crypto":
        last = month_end(year, month)
        return calendar.latest_trading_day(last - timedelta(days=(last.weekday() - 4) % 7)), 11, 0
    raise ValueError(f"no last-trade rule {rule}")


@lru_cache(maxsize=8192)
def contract(product: FutureProduct, year: int, month: int) -> Future:
    """The contract of a month (whether or not it is listed)."""
    day, hour, minute = _last_trade(product.rule, year, month)
    letter = MONTHS[month - 1]
    notice = None
    if product.physical and product.rule in ("metal", "bond", "note", "grain"):
        notice = month_end(*add_months(year, month, -1))
    return Future(
        f"/{product.code}{letter}{year % 10}",
        f"/{product.code}{letter}{year % 100:02d}:{product.venue}",
        product, year, month, day, calendar.at(day, hour, minute), notice,
    )  # fmt: skip


@lru_cache(maxsize=1024)
def _board(product: FutureProduct, months: str, first: date, count: int) -> tuple[Future, ...]:
    found: list[Future] = []
    year, month = first.year, first.month
    for step in range(60):
        y, m = add_months(year, month, step)
        if MONTHS[m - 1] in months:
            candidate = contract(product, y, m)
            if candidate.last_trade >= first:
                found.append(candidate)
        if len(found) == count:
            break
    return tuple(found)


def listed(product: FutureProduct, now: datetime) -> list[Future]:
    """The contracts on the board, nearest first; ended ones are gone."""
    today = calendar.new_york_date(now)
    board = _board(product, product.months, today, product.listed + 1)
    return [c for c in board if c.expires > now][: product.listed]


def active(product: FutureProduct, now: datetime) -> tuple[Future, Future]:
    """The active month and the one after it, rolling some days before the end."""
    today = calendar.new_york_date(now)
    board = [c for c in _board(product, product.active, today, 4) if c.expires > now]
    offset = product.roll[1]
    ahead = [c for c in board if calendar.shift_trading_days(c.closing_only, -offset) > today]
    return ahead[0], ahead[1]


def following(product: FutureProduct, future: Future) -> Future:
    """The next contract of the active cycle."""
    after = add_months(future.year, future.month, 1)
    for step in range(24):
        y, m = add_months(*after, step)
        if MONTHS[m - 1] in product.active:
            return contract(product, y, m)
    raise AssertionError("a product without active months")


def parse(text: str, products: dict[str, FutureProduct], now: datetime) -> Future | None:
    """A contract from `/ESZ6`, `ESZ6` or `/ESZ26`; the year nearest to now; None if unknown."""
    match = _SYMBOL.match(text)
    product = products.get(match["code"]) if match else None
    if match is None or product is None or match["m"] not in product.months:
        return None
    month = MONTHS.index(match["m"]) + 1
    today = calendar.new_york_date(now)
    if len(match["y"]) == 2:
        year = 2000 + int(match["y"])
    else:
        base = today.year - today.year % 10 + int(match["y"])
        year = min(
            (base - 10, base, base + 10),
            key=lambda y: abs(y - today.year) if -1 <= y - today.year <= 8 else 99,
        )
    if not 2021 <= year <= 2036:
        return None
    return contract(product, year, month)
