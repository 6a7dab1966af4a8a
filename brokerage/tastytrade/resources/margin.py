"""Margin and risk."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from brokerage.tastytrade.calls import Call, Page, Safety, get, get_pages, one, send
from brokerage.tastytrade.payloads.margin import (
    EffectiveRequirement,
    MarginDryRun,
    MarginRequirements,
    PositionLimit,
    PublicConfiguration,
    SpanRow,
)


def requirements(number: str) -> Call[MarginRequirements]:
    return get("/margin/accounts/{}/requirements", number, parse=one(MarginRequirements))


def dry_run(number: str, body: Mapping[str, Any]) -> Call[MarginDryRun]:
    """An estimate that routes nothing. Needs account-number, underlying-symbol, order-type,
    time-in-force and one to four legs.
    """
    return send(
        "POST",
        "/margin/accounts/{}/dry-run",
        number,
        parse=one(MarginDryRun),
        safety=Safety.READ,
        body=body,
    )


def effective_requirement(number: str, underlying_symbol: str) -> Call[EffectiveRequirement]:
    return get(
        "/accounts/{}/margin-requirements/{}/effective",
        number,
        underlying_symbol,
        parse=one(EffectiveRequirement),
    )


def position_limit(number: str) -> Call[PositionLimit]:
    return get("/accounts/{}/position-limit", number, parse=one(PositionLimit))


def public_configuration() -> Call[PublicConfiguration]:
    """Needs no token."""
    return get(
        "/margin-requirements-public-configuration",
        parse=one(PublicConfiguration),
        authenticated=False,
    )


def span_rows(day: date, exchange: str) -> Call[Page[SpanRow]]:
    """`exchange` is CME or CFE."""
    return get_pages(
        "/span/rows",
        of=SpanRow,
        identity=lambda row: (row.file_date, row.exchange, row.row_index),
        query={"date": day, "exchange": exchange, "per-page": 1000, "page-offset": 0},
    )
