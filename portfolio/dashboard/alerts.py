"""Alerts that the broker raised lately, and what the desk itself has to say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from django.utils import timezone

from brokerage import selectors
from brokerage.models import Notice, QuoteAlert
from portfolio import formats
from portfolio.desk import RequestDesk

LATELY = timedelta(days=7)
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Fired:
    """An alert of the broker that was raised, in words."""

    symbol: str
    words: str
    at: str


class Alerts:
    """Of the logins behind the accounts in view."""

    def __init__(self, desk: RequestDesk) -> None:
        self.desk = desk

    @cached_property
    def _rows(self) -> list[QuoteAlert]:
        logins = {item.connection.pk for item in self.desk.facts.accounts if item.connection}
        return list(selectors.quote_alerts_for(logins)) if logins else []

    @cached_property
    def fired(self) -> list[Fired]:
        """The latest first, of the last days."""
        since = timezone.now() + self.desk.clock_offset - LATELY
        rows = [row for row in self._rows if row.triggered_at and row.triggered_at >= since]
        rows.sort(key=lambda row: row.triggered_at, reverse=True)
        return [_fired(row) for row in rows[:SHOWN]]

    @property
    def waiting(self) -> int:
        """Those that the broker still watches for."""
        ended = ("triggered_at", "completed_at", "expired_at", "gone_at")
        return sum(1 for row in self._rows if not any(getattr(row, name) for name in ended))

    @cached_property
    def notices(self) -> list[Notice]:
        return list(selectors.notices_for(self.desk.user)[:SHOWN])


def _fired(row: QuoteAlert) -> Fired:
    field = {"IV": "volatility"}.get(row.field, row.field.lower())
    side = {">": "above", "<": "below"}.get(row.operator, row.operator)
    threshold = formats.price(row.threshold)
    return Fired(
        row.symbol, f"{field} {side} {threshold}", formats.market_datetime(row.triggered_at)
    )
