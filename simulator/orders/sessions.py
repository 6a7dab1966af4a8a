"""When an order may trade: sessions by kind of instrument and time in force."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from simulator.market import calendar
from simulator.market.calendar import CME, DAY, EQUITY, at, is_trading_day, new_york_date, session
from simulator.terms import Terms

EXTENDED = ("Ext", "GTC Ext")
OVERNIGHT = ("Ext Overnight", "GTC Ext Overnight")
LATE_CLOSE = timedelta(minutes=15)
Span = tuple[datetime, datetime]


def collection_of(terms: Terms) -> str:
    """The calendar that governs a kind of instrument."""
    return CME if terms.instrument_type in ("Future", "Future Option") else EQUITY


def span(terms: Terms, time_in_force: str, day: date) -> Span | None:
    """First and last instant of trading on a trade date; None when there is none."""
    if terms.instrument_type == "Cryptocurrency":
        return at(day, 0), at(day + DAY, 0)
    collection = collection_of(terms)
    if not is_trading_day(day, collection):
        return None
    running = session(day, collection)
    if time_in_force in EXTENDED:
        return at(day, 7), running.close_ext or running.close
    if time_in_force in OVERNIGHT:
        return at(day - DAY, 20), running.close_ext or running.close
    if terms.instrument_type == "Equity Option" and terms.cash_settled:
        return running.open, running.close + LATE_CLOSE
    return running.open, running.close


def current(terms: Terms, time_in_force: str, now: datetime) -> tuple[date, Span]:
    """The session that runs now, or the next one: its trade date and its span."""
    day = new_york_date(now)
    while True:
        found = span(terms, time_in_force, day)
        if found is not None and now < found[1]:
            return day, found
        day += DAY


def is_open(terms: Terms, time_in_force: str, now: datetime) -> bool:
    """Whether an order of this time in force can trade at `now`."""
    _, (start, end) = current(terms, time_in_force, now)
    return start <= now < end


def next_open(terms: Terms, time_in_force: str, now: datetime) -> datetime:
    """`now` while open, else the start of the next session."""
    _, (start, _) = current(terms, time_in_force, now)
    return max(start, now)


def expires_on(
    terms: Terms, time_in_force: str, gtc_date: date | None, now: datetime
) -> date | None:
    """The trade date at whose end the order expires; None when it works on."""
    if time_in_force.startswith("GTC"):
        return None
    if time_in_force == "GTD":
        return gtc_date
    return current(terms, time_in_force, now)[0]


def end_of(terms: Terms, time_in_force: str, day: date) -> datetime:
    """The instant at which orders of that trade date end."""
    found = span(terms, time_in_force, day)
    if found is not None:
        return found[1]
    return at(day, 16)


def opening_minute(now: datetime) -> bool:
    """Whether the regular stock session runs."""
    return calendar.state(now) == "Open"
