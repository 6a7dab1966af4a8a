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
    rows = [bar_values(account.pk, span, bar) for bar in bars if bar.time is not None]
    return upsert(NetLiqPoint, rows, key=("account_id", "span", "at"))


def bar_values(account_id: int, span: str, bar: Any) -> dict[str, Any]:
    """The field values of one bar; ``span`` names the history it belongs to."""
    figures = {name: getattr(bar, name) for name in _FIGURES}
    return {"account_id": account_id, "span": span, "at": bar.time, **figures}
