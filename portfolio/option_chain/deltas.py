"""Deltas and volatilities of a chain: the feed's where it sends them, else by a model."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from brokerage import reads
from brokerage.models import Connection
from portfolio.live.book import LatestBook
from portfolio.option_chain import math as chain_math
from portfolio.option_chain.facts import Chain, ChainExpiration, StrikeRow
from portfolio.option_chain.structures import Deltas

# Greeks older than this say less than the model.
OLD_SECONDS = 300.0
Volatilities = Mapping[str, float]


def volatilities(connection: Connection, chain: Chain) -> Volatilities:
    """Implied volatility by expiration key, as the broker states it; empty where it does not."""
    try:
        found = reads.metrics(connection, [chain.symbol]).value
    except reads.ReadError:
        return {}
    metrics = found.get(chain.symbol)
    rows = metrics.option_expiration_implied_volatilities if metrics else ()
    exact = {(row.expiration_date, row.settlement_type): row.implied_volatility for row in rows}
    by_day = {row.expiration_date: row.implied_volatility for row in rows}
    result: dict[str, float] = {}
    for item in chain.expirations:
        value = exact.get((item.day, item.settlement)) or by_day.get(item.day)
        if value:
            result[item.key] = float(value)
    return result


def deltas_of(
    book: LatestBook, volatility: Volatilities, spot: Decimal | None, now: float
) -> Deltas:
    """A function of (expiration, right, row) → delta; None where neither feed nor model can say."""

    def delta(item: ChainExpiration, right: str, row: StrikeRow) -> float | None:
        contract = row.contract(right)
        greeks = book.greeks(contract.streamer) if contract and contract.streamer else None
        if greeks is not None and greeks.delta is not None and greeks.age(now) < OLD_SECONDS:
            return greeks.delta
        known = volatility.get(item.key)
        if known is None or spot is None:
            return None
        return chain_math.model_delta(
            right, float(spot), float(row.strike), known, float(item.days)
        )

    return delta
