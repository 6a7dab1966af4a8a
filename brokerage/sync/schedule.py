"""What is due for a connection. Pure: times and settings in, kinds out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from brokerage.enums import SyncKind

# In the order in which they are read: what others build on comes first.
ORDER = (
    SyncKind.CUSTOMER,
    SyncKind.ACCOUNTS,
    SyncKind.SESSIONS,
    SyncKind.TRADING_STATUS,
    SyncKind.BALANCES,
    SyncKind.POSITIONS,
    SyncKind.ORDERS_LIVE,
    SyncKind.ORDERS,
    SyncKind.COMPLEX_ORDERS,
    SyncKind.MARGIN,
    SyncKind.INSTRUMENTS,
    SyncKind.TRANSACTIONS,
    SyncKind.SNAPSHOTS,
    SyncKind.NET_LIQ,
    SyncKind.METRICS,
    SyncKind.WATCHLISTS,
    SyncKind.QUOTE_ALERTS,
)
AFTER_RECONNECT = (
    SyncKind.TRADING_STATUS,
    SyncKind.BALANCES,
    SyncKind.POSITIONS,
    SyncKind.ORDERS_LIVE,
    SyncKind.ORDERS,
    SyncKind.COMPLEX_ORDERS,
)
_HOURLY = (
    SyncKind.ACCOUNTS,
    SyncKind.TRADING_STATUS,
    SyncKind.TRANSACTIONS,
    SyncKind.INSTRUMENTS,
    SyncKind.SESSIONS,
    SyncKind.COMPLEX_ORDERS,
    SyncKind.MARGIN,
    SyncKind.METRICS,
    SyncKind.QUOTE_ALERTS,
)
_DAILY = (SyncKind.CUSTOMER, SyncKind.SNAPSHOTS, SyncKind.NET_LIQ, SyncKind.WATCHLISTS)


@dataclass(frozen=True, slots=True)
class Cadence:
    """Seconds between reads."""

    balances_open: float
    balances_closed: float
    orders: float
    orders_stream_down: float
    hourly: float
    daily: float

    def seconds(self, kind: SyncKind, *, session_open: bool, stream_up: bool) -> float | None:
        """None: never on a schedule. Live orders come by stream; polling them is discouraged."""
        if kind in (SyncKind.BALANCES, SyncKind.POSITIONS):
            return self.balances_open if session_open else self.balances_closed
        if kind == SyncKind.ORDERS:
            return self.orders if stream_up else self.orders_stream_down
        if kind in _HOURLY:
            return self.hourly
        return self.daily if kind in _DAILY else None


def due(
    synced_at: Mapping[str, str],
    now: datetime,
    cadence: Cadence,
    *,
    session_open: bool,
    stream_up: bool,
) -> list[SyncKind]:
    """The kinds whose last good read is older than their cadence, in reading order."""
    found = []
    for kind in ORDER:
        seconds = cadence.seconds(kind, session_open=session_open, stream_up=stream_up)
        if seconds is None:
            continue
        last = synced_at.get(kind)
        if last is None or now - datetime.fromisoformat(last) >= timedelta(seconds=seconds):
            found.append(kind)
    return found


def in_order(kinds: set[SyncKind]) -> list[SyncKind]:
    return [kind for kind in ORDER if kind in kinds]
