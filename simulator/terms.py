"""What the broker's side needs to know of an instrument, read from the market's REST object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from simulator.http import parse_time
from simulator.margin import BROAD_INDICES, VOLATILITY

if TYPE_CHECKING:
    from simulator.world import World

ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Terms:
    """Contract terms of one symbol."""

    symbol: str
    instrument_type: str
    underlying: str
    """As positions and orders name it: `AAPL`, `/ES` for a future, `/ESM6` for its option."""
    group: str
    """The margin group: the underlying stock, or the futures product `/ES`."""
    multiplier: Decimal
    streamer_symbol: str | None
    ticks: tuple[tuple[Decimal, Decimal | None], ...]
    """Pairs (increment, upper bound of the prices it holds for or None)."""
    right: str | None = None
    strike: Decimal | None = None
    expiration: date | None = None
    expires_at: datetime | None = None
    exchange: str = ""
    fractional: bool = False
    tradable: bool = True
    closing_only: bool = False
    settlement: str = "PM"

    @property
    def is_option(self) -> bool:
        """Equity option or future option."""
        return self.right is not None

    @property
    def cash_settled(self) -> bool:
        """Index options settle in cash and get no calendar relief."""
        return self.group in BROAD_INDICES or self.group == "VIX"

    @property
    def fee_root(self) -> str:
        """Symbol that the fee tables know."""
        return self.group

    @property
    def volatile(self) -> bool:
        """A volatility product."""
        return self.group in VOLATILITY

    def on_tick(self, price: Decimal) -> bool:
        """Whether a price is a multiple of its increment."""
        for increment, bound in self.ticks:
            if bound is None or price < bound:
                return increment == 0 or price % increment == 0
        return True


def terms_of(world: World, symbol: str) -> Terms | None:
    """Terms of a symbol, None when the market does not know it."""
    cached = world.terms_cache.get(symbol)
    if cached is not None:
        return cached
    raw = world.market.instrument(symbol)
    if raw is None:
        return None
    found = _read(world, symbol, raw)
    world.terms_cache[symbol] = found
    return found


def _read(world: World, symbol: str, raw: Mapping[str, Any]) -> Terms:
    kind = raw["instrument-type"]
    if kind == "Equity Option":
        return _equity_option(world, symbol, raw)
    if kind == "Future":
        return _future(symbol, raw)
    if kind == "Future Option":
        return _future_option(world, symbol, raw)
    ticks = raw.get("tick-sizes") or [{"value": raw.get("tick-size") or "0.01"}]
    return Terms(
        symbol=raw["symbol"],
        instrument_type=kind,
        underlying=raw["symbol"],
        group=raw["symbol"],
        multiplier=ONE,
        streamer_symbol=raw.get("streamer-symbol"),
        ticks=_ticks(ticks),
        exchange=raw.get("listed-market") or "",
        fractional=kind == "Cryptocurrency" or bool(raw.get("is-fractional-quantity-eligible")),
        tradable=not raw.get("is-index", False),
    )


def _equity_option(world: World, symbol: str, raw: Mapping[str, Any]) -> Terms:
    underlying = raw["underlying-symbol"]
    parent = world.market.instrument(underlying) or {}
    sizes = parent.get("option-tick-sizes") or [
        {"value": "0.05", "threshold": "3.0"},
        {"value": "0.1"},
    ]
    return Terms(
        symbol=raw["symbol"],
        instrument_type="Equity Option",
        underlying=underlying,
        group=underlying,
        multiplier=Decimal(str(raw.get("shares-per-contract") or 100)),
        streamer_symbol=raw.get("streamer-symbol"),
        ticks=_ticks(sizes),
        tradable=bool(raw.get("active", True)),
        closing_only=bool(raw.get("is-closing-only")),
        settlement=raw.get("settlement-type") or "PM",
        **_option(raw),
    )


def _future(symbol: str, raw: Mapping[str, Any]) -> Terms:
    product = f"/{raw['product-code']}"
    ticks = raw.get("tick-sizes") or [{"value": raw["tick-size"]}]
    expires = raw.get("expires-at")
    return Terms(
        symbol=raw["symbol"],
        instrument_type="Future",
        underlying=product,
        group=product,
        multiplier=Decimal(str(raw["notional-multiplier"])),
        streamer_symbol=raw.get("streamer-symbol"),
        ticks=_ticks(ticks),
        expiration=_date(raw.get("expiration-date")),
        expires_at=parse_time(expires) if expires else None,
        exchange=raw.get("exchange") or "CME",
        tradable=bool(raw.get("active", True)),
    )


def _future_option(world: World, symbol: str, raw: Mapping[str, Any]) -> Terms:
    contract = raw["underlying-symbol"]
    future = world.market.instrument(contract) or {}
    product = f"/{future.get('product-code') or raw.get('product-code') or contract[1:-2]}"
    sizes = raw.get("tick-sizes") or future.get("option-tick-sizes") or [{"value": "0.05"}]
    return Terms(
        symbol=raw["symbol"],
        instrument_type="Future Option",
        underlying=contract,
        group=product,
        multiplier=_point_value(raw, future),
        streamer_symbol=raw.get("streamer-symbol"),
        ticks=_ticks(sizes),
        exchange=raw.get("exchange") or "CME",
        tradable=bool(raw.get("active", True)),
        **_option(raw),
    )


def _point_value(raw: Mapping[str, Any], future: Mapping[str, Any]) -> Decimal:
    """Dollars per point: notional value ÷ display factor, which is the future's multiplier."""
    if raw.get("notional-value") and raw.get("display-factor"):
        return Decimal(str(raw["notional-value"])) / Decimal(str(raw["display-factor"]))
    return Decimal(str(future.get("notional-multiplier") or raw.get("multiplier") or 1))


def _option(raw: Mapping[str, Any]) -> dict[str, Any]:
    expires = raw.get("expires-at") or raw.get("stops-trading-at")
    return {
        "right": raw["option-type"],
        "strike": Decimal(str(raw["strike-price"])),
        "expiration": _date(raw["expiration-date"]),
        "expires_at": parse_time(expires) if expires else None,
    }


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None


def _ticks(
    rows: Sequence[Mapping[str, Any]],
) -> tuple[tuple[Decimal, Decimal | None], ...]:
    return tuple(
        (
            Decimal(str(row["value"])),
            Decimal(str(row["threshold"])) if row.get("threshold") else None,
        )
        for row in rows
        if not row.get("symbol")
    )
