"""The life line of an order: what happened when, from our intent to its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from brokerage.enums import TERMINAL_STATUSES
from brokerage.models import Order, OrderIntent
from portfolio import formats


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One point in the broker's time; `gap` since the one before, in words."""

    name: str
    time: str
    gap: str = ""
    detail: str = ""


def timeline(order: Order, intent: OrderIntent | None) -> list[TimelineEntry]:
    """Points that are known, in order of time; the end has the broker's word."""
    points = [
        (order.received_at, "Received", ""),
        (order.in_flight_at, "In flight", ""),
        (order.live_at, "Live at the exchange", ""),
        *_fills(order),
        (order.cancelled_at, "Cancelled", ""),
    ]
    if order.status in TERMINAL_STATUSES and not order.cancelled_at:
        points.append((order.terminal_at, order.status, order.reject_reason))
    known = [(at, name, detail) for at, name, detail in points if at is not None]
    known.sort(key=lambda point: point[0])
    return _entries(known)


def _fills(order: Order) -> list[tuple[datetime | None, str, str]]:
    points: list[tuple[datetime | None, str, str]] = []
    for leg in order.legs.all():
        label = formats.symbol_label(leg.symbol, leg.instrument_type)
        for fill in leg.fills.all():
            quantity = formats.quantity(fill.quantity, sign=False)
            venue = f" at {fill.destination_venue}" if fill.destination_venue else ""
            name = f"Filled {quantity} {label}"
            points.append((fill.filled_at, name, f"{formats.price(fill.price)}{venue}"))
    return points


def _entries(points: list[tuple[datetime, str, str]]) -> list[TimelineEntry]:
    entries = []
    before: datetime | None = None
    for at, name, detail in points:
        gap = f"+{_gap((at - before).total_seconds())}" if before else ""
        entries.append(TimelineEntry(name, formats.market_time(at), gap, detail))
        before = at
    return entries


def _gap(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else formats.age(seconds)
