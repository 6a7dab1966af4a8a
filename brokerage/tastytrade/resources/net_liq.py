"""The history of an account's net liquidating value."""

from __future__ import annotations

from datetime import datetime

from brokerage.tastytrade.calls import Call, get, many
from brokerage.tastytrade.payloads.balances import NetLiqBar


def history(
    number: str,
    *,
    time_back: str | None = None,
    start_time: datetime | None = None,
    end_time: datetime | None = None,
    interval: str | None = None,
) -> Call[tuple[NetLiqBar, ...]]:
    """`time_back` is 1d, 1w, 1m, 3m, 6m, 1y or all; a start wins over it. One is needed."""
    if time_back is None and start_time is None:
        raise ValueError("a history needs a start")
    return get(
        "/accounts/{}/net-liq/history",
        number,
        parse=many(NetLiqBar),
        query={
            "time-back": time_back,
            "start-time": start_time,
            "end-time": end_time,
            "interval": interval,
        },
    )
