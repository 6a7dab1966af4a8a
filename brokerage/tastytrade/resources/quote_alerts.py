"""Alerts that the broker raises when a quote passes a threshold."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from brokerage.tastytrade.calls import Call, Safety, get, many, nothing, one, send
from brokerage.tastytrade.payloads.watchlists import QuoteAlert


def list_alerts() -> Call[tuple[QuoteAlert, ...]]:
    return get("/quote-alerts", parse=many(QuoteAlert))


def create(
    symbol: str,
    field: str,
    operator: str,
    threshold: Decimal,
    *,
    instrument_type: str | None = None,
    dx_symbol: str | None = None,
    expires_at: datetime | None = None,
) -> Call[QuoteAlert]:
    """`field` is Last, Bid, Ask or IV; `operator` is > or <."""
    return send(
        "POST",
        "/quote-alerts",
        parse=one(QuoteAlert),
        safety=Safety.CREATE,
        body={
            "symbol": symbol,
            "field": field,
            "operator": operator,
            "threshold": threshold,
            "threshold-numeric": threshold,
            "instrument-type": instrument_type,
            "dx-symbol": dx_symbol,
            "expires-at": expires_at,
        },
    )


def delete(alert_external_id: str) -> Call[None]:
    return send(
        "DELETE",
        "/quote-alerts/{}",
        alert_external_id,
        parse=nothing,
        safety=Safety.IDEMPOTENT,
    )
