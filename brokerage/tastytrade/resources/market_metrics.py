"""Volatility, liquidity, dividends and earnings per underlying."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from brokerage.tastytrade.calls import Call, get, many
from brokerage.tastytrade.payloads.market_data import Dividend, EarningsReport, MarketMetrics


def metrics(symbols: Sequence[str]) -> Call[tuple[MarketMetrics, ...]]:
    """Unknown symbols are missing from the answer."""
    return get("/market-metrics", parse=many(MarketMetrics), query={"symbols": ",".join(symbols)})


def dividends(symbol: str) -> Call[tuple[Dividend, ...]]:
    """Newest first."""
    return get(
        "/market-metrics/historic-corporate-events/dividends/{}", symbol, parse=many(Dividend)
    )


def earnings(
    symbol: str, start_date: date, end_date: date | None = None
) -> Call[tuple[EarningsReport, ...]]:
    """Oldest first."""
    return get(
        "/market-metrics/historic-corporate-events/earnings-reports/{}",
        symbol,
        parse=many(EarningsReport),
        query={"start-date": start_date, "end-date": end_date},
    )
