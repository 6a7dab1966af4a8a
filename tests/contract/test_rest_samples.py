"""Every REST sample: our call asks for it, and its answer is read without loss."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from brokerage.tastytrade import answers, errors, wire
from brokerage.tastytrade.calls import Call
from brokerage.tastytrade.environments import PRODUCTION
from brokerage.tastytrade.resources import (
    accounts,
    balances,
    chains,
    customers,
    instruments,
    margin,
    market_data,
    market_metrics,
    market_time,
    net_liq,
    oauth,
    positions,
    quote_alerts,
    quote_tokens,
    search,
    transactions,
    watchlists,
)

from .sampling import Sample, losses, rest_samples, same_request

A1, A2 = "5WT00001", "5WT00002"
EW2 = "./ESM6 EW2J6 260410P5400"
ENTRIES = [
    ("KO", "Equity"),
    ("AAPL", "Equity"),
    ("/ESM6", "Future"),
    ("BTC/USD", "Cryptocurrency"),
]
MARGIN_BODY = {
    "account-number": A1,
    "underlying-symbol": "AAPL",
    "order-type": "Limit",
    "time-in-force": "Day",
    "price": "229.00",
    "price-effect": "Debit",
    "legs": [
        {
            "symbol": "AAPL",
            "instrument-type": "Equity",
            "quantity": 10,
            "action": "Buy to Open",
        }
    ],
}

# The beginning of a sample's name -> the call that asks for it. None: the sample abbreviates its
# request, so that only its answer can be compared.
CALLS: dict[str, dict[str, Call[Any]]] = {
    "accounts.json": {
        "GET /customers/me/accounts": accounts.list_accounts(),
        "GET /customers/me/accounts/5WT00001": accounts.get_account(A1),
        "GET /customers/me/accounts/5WX99999": accounts.get_account("5WX99999"),
        "GET /accounts/5WX99999/positions": positions.list_positions("5WX99999"),
    },
    "api-quote-tokens.json": {"GET /api-quote-tokens": quote_tokens.get()},
    "balance-snapshots.json": {
        "GET /accounts/5WT00001/balance-snapshots?time-of-day=EOD&start-date=2026-03-06"
        "&end-date=2026-03-10": balances.list_snapshots(
            A1, time_of_day="EOD", start_date=date(2026, 3, 6), end_date=date(2026, 3, 10)
        ),
        "GET /accounts/5WT00001/balance-snapshots?time-of-day=BOD"
        "&snapshot-date=2026-03-11": balances.list_snapshots(
            A1, time_of_day="BOD", snapshot_date=date(2026, 3, 11)
        ),
    },
    "balances.json": {
        "GET /accounts/5WT00001/balances": balances.list_balances(A1),
        "GET /accounts/5WT00001/balances/USD": balances.get_balance(A1),
        "GET /accounts/5WT00002/balances/USD": balances.get_balance(A2),
    },
    "customer.json": {"GET /customers/me": customers.me()},
    "instruments.json": {
        "GET /instruments/equities?symbol[]=AAPL&symbol[]=BRK%2FB&symbol[]=SPY&symbol[]=NVDA"
        "&symbol[]=VTI&symbol[]=KO&symbol[]=TSLA&symbol[]=SPX": instruments.list_equities(
            ["AAPL", "BRK/B", "SPY", "NVDA", "VTI", "KO", "TSLA", "SPX"]
        ),
        "GET /instruments/equities/active?per-page=3&page-offset=0": (
            instruments.list_active_equities().with_query(per_page=3)
        ),
        "GET /instruments/equities/BRK%2FB": instruments.get_equity("BRK/B"),
        "GET /instruments/equities/NOPE": instruments.get_equity("NOPE"),
        "GET /instruments/equity-options/KO%20%20%20%20260417C00072500": (
            instruments.get_equity_option("KO    260417C00072500")
        ),
        "GET /instruments/equity-options/SPXW%20%20260417C05750000": (
            instruments.get_equity_option("SPXW  260417C05750000")
        ),
        "GET /instruments/futures?product-code[]=ES": instruments.list_futures(
            product_codes=["ES"]
        ),
        "GET /instruments/futures/ESM6": instruments.get_future("/ESM6"),
        "GET /instruments/future-products": instruments.list_future_products(),
        "GET /instruments/future-products/CME/ES": instruments.get_future_product("CME", "ES"),
        "GET /instruments/future-option-products/CME/EW2": (
            instruments.get_future_option_product("CME", "EW2")
        ),
        "GET /instruments/future-options/.%2FESM6%20EW2J6%20260410P5400": (
            instruments.get_future_option(EW2)
        ),
        "GET /instruments/cryptocurrencies?symbol[]=BTC%2FUSD&symbol[]=ETH%2FUSD": (
            instruments.list_cryptocurrencies(["BTC/USD", "ETH/USD"])
        ),
        "GET /instruments/cryptocurrencies/BTC%2FUSD": instruments.get_cryptocurrency("BTC/USD"),
        "GET /instruments/warrants?symbol[]=XMPLW": instruments.list_warrants(["XMPLW"]),
        "GET /instruments/quantity-decimal-precisions": instruments.quantity_precisions(),
        "GET /instruments/search?query=crude&type=Future&limit=2": instruments.search(
            "crude", types=["Future"], limit=2
        ),
    },
    "margin.json": {
        "GET /margin/accounts/5WT00001/requirements": margin.requirements(A1),
        "POST /margin/accounts/5WT00001/dry-run": margin.dry_run(A1, MARGIN_BODY),
        "GET /accounts/5WT00001/margin-requirements/AAPL/effective": (
            margin.effective_requirement(A1, "AAPL")
        ),
        "GET /accounts/5WT00001/position-limit": margin.position_limit(A1),
        "GET /margin-requirements-public-configuration": margin.public_configuration(),
        "GET /span/rows?date=2026-03-10&exchange=CME": margin.span_rows(date(2026, 3, 10), "CME"),
    },
    "market-data.json": {
        "GET /market-data/by-type?equity=ZZZZ": market_data.by_type({"Equity": ["ZZZZ"]}),
        "GET /market-data/Equity/AAPL": market_data.single("Equity", "AAPL"),
    },
    "market-metrics.json": {
        "GET /market-metrics?symbols=AAPL,NVDA": market_metrics.metrics(["AAPL", "NVDA"]),
        "GET /market-metrics/historic-corporate-events/dividends/AAPL": (
            market_metrics.dividends("AAPL")
        ),
        "GET /market-metrics/historic-corporate-events/earnings-reports/AAPL"
        "?start-date=2025-01-01": market_metrics.earnings("AAPL", date(2025, 1, 1)),
    },
    "market-time.json": {
        "GET /market-time/sessions/current?instrument-collections[]=Equity"
        "&instrument-collections[]=CME": market_time.current_sessions(["Equity", "CME"]),
        "GET /market-time/equities/sessions/current": market_time.equities_current(),
        "GET /market-time/equities/sessions/next?date=2026-03-12": market_time.equities_next(
            date(2026, 3, 12)
        ),
        "GET /market-time/equities/sessions/previous?date=2026-03-11": (
            market_time.equities_previous(date(2026, 3, 11))
        ),
        "GET /market-time/futures/sessions/current/CME": market_time.futures_current("CME"),
        "GET /market-time/sessions?from-date=2026-03-10&to-date=2026-03-12"
        "&instrument-collection=Equity": market_time.sessions(
            date(2026, 3, 12), from_date=date(2026, 3, 10)
        ),
        "GET /market-time/equities/holidays": market_time.equities_holidays(),
    },
    "net-liq-history.json": {
        "GET /accounts/5WT00001/net-liq/history?time-back=1d": net_liq.history(A1, time_back="1d"),
        "GET /accounts/5WT00001/net-liq/history?time-back=7d": net_liq.history(A1, time_back="7d"),
    },
    "oauth.json": {
        'POST /oauth/token  {"grant_type":"refresh_token"': oauth.refresh("<secret>", "<jwt>"),
        'POST /oauth/token  {"grant_type":"authorization_code"': oauth.trade_code(
            "<code>", client_id="<id>", client_secret="<secret>", redirect_uri="https://x.test/cb"
        ),
        "POST /oauth/token  (": oauth.refresh("<secret>", "<jwt>"),
    },
    "option-chains.json": {
        "GET /option-chains/KO/nested": chains.nested("KO"),
        "GET /option-chains/SPX/nested": chains.nested("SPX"),
        "GET /option-chains/XYZ/nested": chains.nested("XYZ"),
        "GET /option-chains/KO/compact": chains.compact("KO"),
        "GET /option-chains/KO": chains.flat("KO"),
        "GET /option-chains/NOPE/nested": chains.nested("NOPE"),
        "GET /futures-option-chains/ES/nested": chains.futures_nested("/ES"),
        "GET /futures-option-chains/ES": chains.futures_flat("ES"),
    },
    "positions.json": {
        "GET /accounts/5WT00001/positions": positions.list_positions(A1),
        "GET /accounts/5WT00001/positions?include-marks=true": positions.list_positions(
            A1, include_marks=True
        ),
        "GET /accounts/5WT00001/positions?include-closed-positions=true&symbol=TSLA": (
            positions.list_positions(A1, include_closed_positions=True, symbol="TSLA")
        ),
        "GET /accounts/5WT00001/positions?underlying-symbol[]=SPY&underlying-symbol[]=NVDA": (
            positions.list_positions(A1, underlying_symbols=["SPY", "NVDA"])
        ),
        "GET /accounts/5WT00002/positions?include-marks=true": positions.list_positions(
            A2, include_marks=True
        ),
        "GET /accounts/5WT00001/positions?symbol=ZZZZ": positions.list_positions(A1, symbol="ZZZZ"),
    },
    "quote-alerts.json": {
        "GET /quote-alerts": quote_alerts.list_alerts(),
        "POST /quote-alerts": quote_alerts.create(
            "AAPL",
            "Last",
            ">",
            Decimal("240.00"),
            instrument_type="Equity",
            dx_symbol="AAPL",
        ),
        "DELETE /quote-alerts/3f7b2a10-5a42-4f0e-9d1b-0c9f0f1a2b3c": quote_alerts.delete(
            "3f7b2a10-5a42-4f0e-9d1b-0c9f0f1a2b3c"
        ),
    },
    "symbol-search.json": {
        "GET /symbols/search/AAP": search.symbols("AAP"),
        "GET /symbols/search/zzzzzz": search.symbols("zzzzzz"),
    },
    "trading-status.json": {
        "GET /accounts/5WT00001/trading-status": accounts.trading_status(A1),
        "GET /accounts/5WT00002/trading-status": accounts.trading_status(A2),
    },
    "transactions.json": {
        "GET /accounts/5WT00001/transactions?per-page=250&page-offset=0": (
            transactions.list_transactions(A1)
        ),
        "GET /accounts/5WT00001/transactions?per-page=5&page-offset=1": (
            transactions.list_transactions(A1, per_page=5).with_query(page_offset=1)
        ),
        "GET /accounts/5WT00001/transactions?types[]=Money%20Movement&start-date=2026-03-01": (
            transactions.list_transactions(
                A1, types=["Money Movement"], start_date=date(2026, 3, 1)
            )
        ),
        "GET /accounts/5WT00001/transactions/300101370": transactions.get_transaction(
            A1, 300101370
        ),
        "GET /accounts/5WT00001/transactions/total-fees?date=2026-03-11": (
            transactions.total_fees(A1, date(2026, 3, 11))
        ),
        "GET /accounts/5WT00001/transactions/total-fees?date=2026-03-08": (
            transactions.total_fees(A1, date(2026, 3, 8))
        ),
        "GET /accounts/5WT00002/transactions?per-page=250&page-offset=0": (
            transactions.list_transactions(A2)
        ),
        "GET /accounts/5WT00001/transactions?start-date=2027-01-01": (
            transactions.list_transactions(A1, start_date=date(2027, 1, 1))
        ),
    },
    "watchlists.json": {
        "GET /watchlists": watchlists.list_watchlists(),
        "GET /watchlists/Wheel%20candidates": watchlists.get_watchlist("Wheel candidates"),
        "POST /watchlists": watchlists.create("Wheel candidates", ENTRIES, group_name="main"),
        "PUT /watchlists/Wheel%20candidates": watchlists.replace(
            "Wheel candidates", "Wheel candidates", ENTRIES[:1]
        ),
        "DELETE /watchlists/Wheel%20candidates": watchlists.delete("Wheel candidates"),
        "GET /public-watchlists?counts-only=true": watchlists.list_public(counts_only=True),
        "GET /public-watchlists": watchlists.list_public(),
        "GET /public-watchlists/High%20Options%20Volume": watchlists.get_public(
            "High Options Volume"
        ),
        "GET /pairs-watchlists": watchlists.list_pairs(),
    },
}

# Requests that the adapter cannot make, with the reason; their error answers are read elsewhere.
NOT_ASKED = {
    "GET /customers/12345": "only `me` is accepted",
    "GET /instruments/equity-options?symbol[]=...": "withdrawn by the broker",
    "GET /market-data/by-type?equity=AAPL": "abbreviated; read in a test of its own",
    "GET /market-metrics/historic-corporate-events/earnings-reports/AAPL  (": "the start is needed",
    "302 redirect": "goes to the browser",
}

ALL = [sample for file in CALLS for sample in rest_samples(file)]


def _call_for(sample: Sample) -> Call[Any]:
    table = CALLS[sample.file]
    request = sample.name.partition("  ")[0]
    if request in table:
        return table[request]
    return next(call for name, call in table.items() if sample.name.startswith(name))


ASKED = [s for s in ALL if not any(s.name.startswith(name) for name in NOT_ASKED)]


def test_every_sample_is_asked_for_or_excused() -> None:
    for sample in ASKED:
        assert _call_for(sample), sample.name
    assert len(ALL) - len(ASKED) == len(NOT_ASKED) + 1  # two redirects


@pytest.mark.parametrize("sample", ASKED, ids=str)
def test_the_call_makes_the_sample_s_request(sample: Sample) -> None:
    assert same_request(_call_for(sample), sample.method, sample.target)


@pytest.mark.parametrize("sample", [s for s in ASKED if s.status < 300], ids=str)
def test_the_answer_is_read_without_loss(sample: Sample) -> None:
    call = _call_for(sample)
    response = sample.response()
    assert answers.problem(call, response, PRODUCTION) is None
    parsed = call.parse(answers.decoded(response))
    if sample.body is None:
        assert parsed is None
        return
    original = wire.data(wire.decode(sample.content))
    if isinstance(original, dict) and "items" in original:
        original = original["items"]
    assert losses(parsed, original) == []


@pytest.mark.parametrize("sample", [s for s in ASKED if s.status >= 400], ids=str)
def test_a_refusal_becomes_its_typed_error(sample: Sample) -> None:
    failure = answers.problem(_call_for(sample), sample.response(), PRODUCTION)
    assert isinstance(failure, errors.Refusal | errors.OAuthError)
    assert failure.status == sample.status
    assert failure.code and failure.message


def test_quotes_of_many_types() -> None:
    sample = next(s for s in rest_samples("market-data.json") if "equity-option=..." in s.name)
    parsed = market_data.by_type({"Equity": ["AAPL"]}).parse(wire.decode(sample.content))
    assert losses(parsed, wire.decode(sample.content)["data"]["items"]) == []


def test_the_comparison_notices_a_loss() -> None:
    """The tests above could not fail if this did not."""
    sample = next(rest_samples("trading-status.json"))
    altered = json.loads(sample.content)["data"] | {"options-level": "Other", "novel-key": 1}
    parsed = accounts.trading_status(A1).parse(wire.decode(sample.content))
    found = losses(parsed, altered)
    assert len(found) == 3
    assert any("novel-key is not mapped" in loss for loss in found)
