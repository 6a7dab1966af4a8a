"""Quote alerts: when they fire and when they expire.

An alert fires once, when the market is on the far side of its threshold; it stays in the list with
`triggered-at`. `IV` compares the implied volatility index of the underlying as a fraction.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from simulator.http import parse_time, stamp
from simulator.model import User

if TYPE_CHECKING:
    from simulator.world import World

FIELDS, OPERATORS = ("Last", "Bid", "Ask", "IV"), (">", "<")
OVER = ("triggered-at", "expired-at", "dismissed-at")


def fired(world: World) -> Iterator[tuple[User, dict[str, Any]]]:
    """The alerts that fire now, marked as fired; expired ones are marked on the way."""
    now = world.clock.now()
    for user in world.users.values():
        for alert in user.alerts.values():
            if any(alert.get(key) for key in OVER):
                continue
            if _expired(alert, now):
                alert["expired-at"] = stamp(now)
                world.touch(user)
            elif _hit(world, alert):
                alert |= {"triggered-at": stamp(now), "completed-at": stamp(now)}
                world.touch(user)
                yield user, alert


def read_expiry(value: Any) -> datetime:
    """A time as text, or epoch milliseconds as number or digits; ValueError otherwise."""
    text = str(value)
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise ValueError("not a time")
    if not text.isdigit():
        return parse_time(text)
    try:
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    except (OverflowError, OSError) as failure:
        raise ValueError("not a time of this world") from failure


def _expired(alert: dict[str, Any], now: datetime) -> bool:
    expires = alert.get("expires-at")
    return expires is not None and read_expiry(expires) <= now


def _hit(world: World, alert: dict[str, Any]) -> bool:
    value = _value(world, alert)
    if value is None:
        return False
    threshold = Decimal(alert["threshold-numeric"])
    return value > threshold if alert["operator"] == ">" else value < threshold


def _value(world: World, alert: dict[str, Any]) -> Decimal | None:
    if alert["field"] == "IV":
        return _volatility(world, alert["symbol"])
    quote = world.market.quote(alert["symbol"])
    if quote is None:
        return None
    found = {"Last": quote.last, "Bid": quote.bid, "Ask": quote.ask}[alert["field"]]
    return None if found is None else Decimal(found)


def _volatility(world: World, symbol: str) -> Decimal | None:
    from simulator.market import chains, metrics

    market: Any = world.market
    line = market.line(symbol)
    if line is None or line.is_option or not chains.has_options(market, line):
        return None
    return Decimal(str(round(metrics.implied(market, line).index, 6)))
