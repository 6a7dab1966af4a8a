"""Real answers of the real service, read where they lie; they are not part of this repository."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from brokerage.tastytrade import wire
from brokerage.tastytrade.payloads.balances import Balance
from brokerage.tastytrade.payloads.base import Payload
from brokerage.tastytrade.payloads.customers import CustomerAccount, TradingStatus
from brokerage.tastytrade.payloads.orders import Order
from brokerage.tastytrade.payloads.positions import Position
from brokerage.tastytrade.payloads.watchlists import QuoteAlert, Watchlist
from brokerage.tastytrade.resources import (
    chains,
    customers,
    instruments,
    margin,
    market_data,
    market_time,
    orders,
    transactions,
)

from .sampling import losses

ROOT = Path(__file__).parents[2]
FOLDER = Path(
    os.environ.get("CONTRACT_RECORDED_DIR") or ROOT.parent / "shared" / "contract" / "recorded"
)

Parse = Callable[[Any], Any]


def _rows(kind: type[Payload]) -> Parse:
    return lambda body: tuple(kind.read(row) for row in wire.items(body))


def _frame(kind: type[Payload]) -> Parse:
    return lambda body: kind.read(body["data"])


ANSWERS: dict[str, Parse] = {
    "FuturesNestedOptionChainSerializer.json": chains.futures_nested("ES").parse,
    "captures-accounts.json": _rows(CustomerAccount),
    "captures-cryptocurrencies.json": instruments.list_cryptocurrencies().parse,
    "captures-customer.json": customers.me().parse,
    "captures-equities.json": instruments.list_equities().parse,
    "captures-future-products.json": instruments.list_future_products().parse,
    "captures-futures.json": instruments.list_futures().parse,
    "captures-instrument-search.json": instruments.search("x").parse,
    "captures-market-session-current.json": market_time.equities_current().parse,
    "captures-nested-option-chain.json": chains.nested("SPY").parse,
    "captures-quantity-decimal-precisions.json": instruments.quantity_precisions().parse,
    "frames-account-account-balance.derived.json": _frame(Balance),
    "frames-account-current-position.derived.json": _frame(Position),
    "frames-account-order-market.documented.json": _frame(Order),
    "frames-account-order.documented.json": _frame(Order),
    "frames-account-public-watchlists.derived.json": _frame(Watchlist),
    "frames-account-quote-alert.derived.json": _frame(QuoteAlert),
    "margin_dry_run.json": margin.dry_run("X", {}).parse,
    "margin_requirements.json": margin.requirements("X").parse,
    "market_data_by_type.json": market_data.by_type({}).parse,
    "order_dry_run.json": orders.dry_run("X", {}).parse,
    "trading_status.json": _rows(TradingStatus),
    "transactions_listing.json": transactions.list_transactions("X").parse,
}

# Frames without a payload (the stream's own tests read them) and descriptions, not answers.
OTHERS = {
    "frames-account-error-connect.documented.json",
    "frames-account-status-connect.documented.json",
    "Instruments.json",
    "futures_nested_options_chain.json",
}


def _problems() -> Iterator[str]:
    for path in sorted(FOLDER.glob("*.json")):
        if path.name in OTHERS:
            continue
        if path.name not in ANSWERS:
            yield f"{path.name}: no reader"
            continue
        body = wire.decode(path.read_bytes())
        original = wire.data(body)
        if isinstance(original, dict) and "items" in original:
            original = original["items"]
        found = losses(ANSWERS[path.name](body), original)
        yield from (f"{path.name}{loss}" for loss in found)


def test_real_answers_are_read_without_loss() -> None:
    if not FOLDER.is_dir():
        pytest.skip(
            f"NOT TESTED AGAINST REAL ANSWERS: {FOLDER} is absent; set CONTRACT_RECORDED_DIR to"
            " the folder with payloads recorded from the service"
        )
    assert not set(ANSWERS) - {path.name for path in FOLDER.glob("*.json")}
    assert list(_problems()) == []
