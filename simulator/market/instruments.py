"""Instruments as REST shows them: plain dictionaries in the wire's spelling."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from simulator.market import contracts, expirations, future_options, rng
from simulator.market.contracts import Future
from simulator.market.future_options import FutureExpiration
from simulator.market.lines import (
    CRYPTO,
    FUTURE,
    FUTURE_OPTION,
    OPTION,
    STOCK_TICKS,
    Ladder,
    Line,
    decimal_text,
    option_ticks,
)  # fmt: skip
from simulator.market.universe.equities import Underlying
from simulator.market.universe.futures import FutureProduct

if TYPE_CHECKING:
    from simulator.market.market import Market

Wire = dict[str, Any]
SECURITY_EXCHANGE = {"XCME": "2", "XCBT": "1", "XNYM": "7", "XCEC": "7", "XCBF": "0"}
ETF_LIKE = frozenset({"SPY", "QQQ", "IWM", "DIA", "USO", "UNG", "GLD", "SLV", "TLT", "VXX", "IBIT"})


def text(value: Decimal | float | int) -> str:
    """Wire text of a decimal: at least one fraction digit, no exponent."""
    plain = decimal_text(value if isinstance(value, Decimal) else Decimal(repr(value)))
    return plain if "." in plain else f"{plain}.0"


def stamp(moment: datetime) -> str:
    """`2026-03-11T18:30:00.000+00:00`."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+00:00"


def ticks(ladder: Ladder) -> list[Wire]:
    """A tick ladder in wire form."""
    return [
        {"value": text(Decimal(v)), **({"threshold": text(Decimal(t))} if t else {})}
        for v, t in ladder
    ]


def describe(market: Market, line: Line) -> Wire:
    """Any line as its REST object, with `instrument-type` and `streamer-symbol` always set."""
    if line.kind == OPTION:
        return equity_option(line, market.now)
    if line.kind == FUTURE:
        assert line.future is not None
        return {"instrument-type": FUTURE, **future(line.future, market.now)}
    if line.kind == FUTURE_OPTION:
        return {"instrument-type": FUTURE_OPTION, **future_option(line, market.now)}
    if line.kind == CRYPTO:
        return cryptocurrency(market, line.symbol)
    assert line.row is not None
    return equity(line.row)


# -- shares, funds, indices ------------------------------------------------------------------


def number(kind: str, name: str) -> int:
    """A stable made-up id."""
    return 100 + rng.key("id", kind, name) % 90_000


def cusip(symbol: str) -> str:
    """A stable made-up security number."""
    return f"{rng.key('cusip', symbol) % 10**9:09d}"


def equity(row: Underlying) -> Wire:
    """A share, fund or index."""
    index = row.kind == "Index"
    name = row.name.split(" - ")[0].upper()
    rows: Wire = {
        "id": number("equity", row.symbol),
        "symbol": row.symbol,
        "instrument-type": "Equity",
        "cusip": cusip(row.symbol),
        "short-description": name[:15],
        "is-index": index,
        "listed-market": row.market,
        "description": name,
        "lendability": "Locate Required" if index else "Easy To Borrow",
        "borrow-rate": "0.0",
        "market-time-instrument-collection": "Equity Index" if index else "Equity",
        "is-closing-only": False,
        "is-options-closing-only": False,
        "active": not index,
        "is-fractional-quantity-eligible": not index,
        "is-illiquid": False,
        "is-etf": row.kind == "ETF",
        "is-fraud-risk": False,
        "bypass-manual-review": False,
        "overnight-trading-permitted": not index and row.adv > 5e6,
        "streamer-symbol": row.symbol,
    }
    if row.kind != "Equity":
        rows["instrument-sub-type"] = row.kind
    if not index:
        rows["tick-sizes"] = ticks(STOCK_TICKS)
    if row.cycle != "none":
        rows["option-tick-sizes"] = ticks(option_ticks(row))
    return rows


def equity_option(line: Line, now: datetime) -> Wire:
    """An equity or index option."""
    assert line.row is not None and line.root is not None and line.expiration is not None
    end, root = line.expiration, line.root
    assert isinstance(end, expirations.Expiration)
    cash = line.row.kind == "Index"
    return {
        "symbol": line.symbol,
        "instrument-type": OPTION,
        "active": now < end.expires,
        "strike-price": text(line.strike),
        "root-symbol": root.symbol,
        "underlying-symbol": root.underlying,
        "expiration-date": end.date.isoformat(),
        "exercise-style": "European" if root.european else "American",
        "shares-per-contract": 100,
        "option-type": "C" if line.call else "P",
        "option-chain-type": "Standard" if root.standard else "Non-standard",
        "expiration-type": end.type,
        "settlement-type": end.settlement,
        "stops-trading-at": stamp(end.stops),
        "market-time-instrument-collection": (
            "Cash Settled Equity Option" if cash else "Equity Option"
        ),
        "days-to-expiration": expirations.days_to(end.date, now),
        "expires-at": stamp(end.expires),
        "is-closing-only": not root.standard,
        "streamer-symbol": line.streamer,
    }


# -- futures ---------------------------------------------------------------------------------


def exchange(product: FutureProduct) -> str:
    """The coarse venue name."""
    return "CFE" if product.venue == "XCBF" else "CME"


def product(row: FutureProduct, with_options: bool = False) -> Wire:
    """A future product, in lists with its option products."""
    name, offset = row.roll
    rows: Wire = {
        "root-symbol": f"/{row.code}",
        "code": row.code,
        "description": row.name,
        "clearing-code": row.code,
        "clearing-exchange-code": "16",
        "clearport-code": row.code,
        "legacy-code": row.code,
        "exchange": exchange(row),
        "legacy-exchange-code": exchange(row),
        "product-type": "Physical" if row.physical else "Financial",
        "listed-months": list(row.months),
        "active-months": list(row.active),
        "notional-multiplier": text(row.point),
        "tick-size": text(row.tick),
        "display-factor": text(row.display),
        "streamer-exchange-code": row.venue,
        "small-notional": row.small,
        "back-month-first-calendar-symbol": row.sector == "Equity Index",
        "first-notice": row.physical,
        "cash-settled": not row.physical,
        "security-group": row.code,
        "market-sector": row.sector,
        "supported": True,
        "roll": {
            "name": name,
            "active-count": row.listed,
            "cash-settled": not row.physical,
            "business-days-offset": offset,
            "first-notice": row.physical,
        },
    }
    if with_options and row.options:
        rows["option-products"] = [
            option_product(row, root, rule) for root, rule in future_options.roots(row)
        ]
    return rows


def option_product(row: FutureProduct, root: str, rule: str, with_future: bool = False) -> Wire:
    """A future option product."""
    kind = {"quarterly": "Quarterly", "eom": "End-Of-Month"}.get(rule)
    rows: Wire = {
        "root-symbol": root,
        "cash-settled": False,
        "code": root,
        "legacy-code": root,
        "clearport-code": root,
        "clearing-code": root,
        "clearing-exchange-code": "9C",
        "clearing-price-multiplier": "1.0",
        "display-factor": text(row.display),
        "exchange": exchange(row),
        "product-type": "Physical",
        "expiration-type": kind or ("Weekly" if ":" in rule else "Regular"),
        "settlement-delay-days": 0,
        "is-rollover": rule == "eom",
        "is-am-settled": rule == "quarterly",
        "market-sector": row.sector,
        "supported": True,
        "futures-trading-cutoff-times": [
            {"offset-seconds": 57600, "timezone": "Market Zone", "timing": "Default"}
        ],
    }
    if with_future:
        rows["future-product"] = product(row)
    return rows


def future(row: Future, now: datetime) -> Wire:
    """An outright future (the wire has no `instrument-type` here)."""
    item = row.product
    front, second = contracts.active(item, now)
    following = contracts.following(item, row)
    rows: Wire = {
        "symbol": row.symbol,
        "product-code": item.code,
        "contract-size": text(item.point),
        "tick-size": text(item.tick),
        "notional-multiplier": text(item.point),
        "main-fraction": "32.0" if item.sector == "Interest Rates" else "0.0",
        "sub-fraction": {"ZN": "2.0", "ZF": "4.0", "ZT": "8.0"}.get(item.code, "0.0"),
        "display-factor": text(item.display),
        "last-trade-date": row.last_trade.isoformat(),
        "expiration-date": row.last_trade.isoformat(),
        "closing-only-date": row.closing_only.isoformat(),
        "active": now < row.expires,
        "active-month": row == front,
        "next-active-month": row == second,
        "is-closing-only": now.date() > row.closing_only,
        "stops-trading-at": stamp(row.expires),
        "expires-at": stamp(row.expires),
        "product-group": f"{exchange(item)}_{item.code}",
        "exchange": exchange(item),
        "exchange-symbol": row.symbol[1:],
        "security-id": str(number("future", row.streamer)),
        "roll-target-symbol": following.symbol,
        "streamer-exchange-code": item.venue,
        "streamer-symbol": row.streamer,
        "back-month-first-calendar-symbol": item.sector == "Equity Index",
        "is-tradeable": now < row.expires,
        "future-product": product(item),
        "tick-sizes": [{"value": text(item.tick)}],
        "option-tick-sizes": ticks(item.option_tick),
        "spread-tick-sizes": [{"value": text(item.tick / 5), "symbol": following.symbol}],
    }
    if row.first_notice:
        rows["first-notice-date"] = row.first_notice.isoformat()
    if item.etf in ETF_LIKE:
        rows["future-etf-equivalent"] = {
            "symbol": item.etf,
            "share-quantity": max(1, int(item.point * 10 + Decimal(3))),
        }
    return rows


def future_option(line: Line, now: datetime) -> Wire:
    """A future option (the wire has no `instrument-type` here)."""
    end = line.expiration
    assert isinstance(end, FutureExpiration)
    item = end.product
    side = "C" if line.call else "P"
    return {
        "symbol": line.symbol,
        "underlying-symbol": end.future.symbol,
        "product-code": item.code,
        "expiration-date": end.date.isoformat(),
        "root-symbol": f"/{item.code}",
        "option-root-symbol": end.root,
        "strike-price": text(line.strike),
        "exchange": exchange(item),
        "exchange-symbol": f"{end.contract} {side}{decimal_text(line.strike)}",
        "streamer-symbol": line.streamer,
        "option-type": side,
        "exercise-style": "European" if line.european else "American",
        "is-vanilla": True,
        "is-primary-deliverable": True,
        "future-price-ratio": "1.0",
        "multiplier": "1.0",
        "underlying-count": "1.0",
        "is-confirmed": True,
        "notional-value": text(item.point * item.display),
        "display-factor": text(item.display),
        "security-exchange": SECURITY_EXCHANGE[item.venue],
        "sx-id": "0",
        "settlement-type": "Future",
        "strike-factor": "1.0",
        "maturity-date": end.date.isoformat(),
        "is-exercisable-weekly": True,
        "last-trade-time": "0",
        "days-to-expiration": expirations.days_to(end.date, now),
        "is-closing-only": False,
        "active": now < end.expires,
        "stops-trading-at": stamp(end.expires),
        "expires-at": stamp(end.expires),
        "future-option-product": option_product(item, end.root, end.rule),
    }


# -- coins and the rest ----------------------------------------------------------------------


def cryptocurrency(market: Market, symbol: str) -> Wire:
    """A coin with its venues."""
    coin = market.levels.coins[symbol]
    base = symbol.split("/")[0]
    return {
        "id": coin.number,
        "symbol": symbol,
        "instrument-type": CRYPTO,
        "short-description": coin.name,
        "description": f"{coin.name} to USD",
        "is-closing-only": False,
        "active": True,
        "tick-size": text(Decimal(coin.tick)),
        "streamer-symbol": f"{symbol}:CXTALP",
        "destination-venue-symbols": [
            {
                "id": 70 + coin.number,
                "symbol": symbol,
                "destination-venue": "ZERO_HASH_CLOB",
                "max-quantity-precision": 8,
                "max-price-precision": 2,
                "routable": True,
            },
            {
                "id": 14 + coin.number,
                "symbol": base,
                "destination-venue": "Zero Hash",
                "routable": False,
            },
        ],
    }


def warrants() -> list[Wire]:
    """The warrants that are listed."""
    return [
        {
            "symbol": symbol,
            "instrument-type": "Warrant",
            "listed-market": "XNAS",
            "description": f"{company} - Warrant expiring 12/31/2035",
            "is-closing-only": closing,
            "active": True,
        }
        for symbol, company, closing in (
            ("XMPLW", "Example Mobility Inc.", False),
            ("NKLAW", "Nikola Corporation", True),
        )
    ]


def precisions(market: Market) -> list[Wire]:
    """Decimals of quantities per coin, and of shares."""
    rows: list[Wire] = [
        {
            "instrument-type": CRYPTO,
            "symbol": coin.symbol,
            "value": 1 if coin.precision == 1 else 8,
            "minimum-increment-precision": coin.precision,
        }
        for coin in market.levels.coins.values()
    ]
    rows.append({"instrument-type": "Equity", "value": 5, "minimum-increment-precision": 5})
    return rows
