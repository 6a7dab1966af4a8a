"""History of net liquidating value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from brokerage.models import Account, NetLiqPoint
from brokerage.sync.upsert import Written, upsert

_FIGURES = (
    "open",
    "high",
    "low",
    "close",
    "total_open",
    "total_high",
    "total_low",
    "total_close",
)


def store_bars(account: Account, span: str, bars: Iterable[Any]) -> Written:
    """Bars by their time; the last one of a day in progress is written anew."""
    rows = [
        {
            "account_id": account.pk,
            "span": span,
            "at": bar.time,
            **{name: getattr(bar, name) for name in _FIGURES},
        }
        for bar in bars
        if bar.time is not None
    ]
    return upsert(NetLiqPoint, rows, key=("account_id", "span", "at"))
