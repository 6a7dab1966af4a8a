"""Answers of real requests have the keys and types of the contract's samples."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.conftest import NUMBER, Desk
from tests.simulator.shapes import differences, keys_of, order_sample, sample

N = "5WT00001"
OPTION_KEYS = frozenset({"expires-at", "strike-price", "option-type", "deliverable-quantity",
                         "expiration-date", "streamer-symbol"})  # fmt: skip
INTRADAY = frozenset(
    {"intraday-futures-cash-amount", "intraday-futures-cash-effect",
     "intraday-futures-cash-effective-date"}
)  # fmt: skip
ROW_KEYS = frozenset(
    {"symbol", "instrument-type", "underlying-symbol", "action", "quantity", "price",
     "regulatory-fees", "regulatory-fees-effect", "clearing-fees", "clearing-fees-effect",
     "commission", "commission-effect", "proprietary-index-option-fees",
     "proprietary-index-option-fees-effect", "ext-exchange-order-number",
     "ext-global-order-number", "ext-group-id", "ext-group-fill-id", "ext-exec-id", "exec-id",
     "exchange", "order-id", "exchange-affiliation-identifier", "leg-count",
     "destination-venue"}
)  # fmt: skip
ADDRESS = frozenset({"street-two", "funding-date", "futures-account-purpose", "closed-at"})
GETS: list[tuple[str, str, str, dict[str, Any], frozenset[str]]] = [
    ("customer.json", "GET /customers/me", "/customers/me", {}, ADDRESS),
    ("accounts.json", "GET /customers/me/accounts", "/customers/me/accounts", {}, ADDRESS),
    ("accounts.json", f"GET /customers/me/accounts/{N}", f"/customers/me/accounts/{N}", {},
     ADDRESS),
    ("trading-status.json", f"GET /accounts/{N}/trading-status",
     f"/accounts/{N}/trading-status", {}, frozenset()),
    ("balances.json", f"GET /accounts/{N}/balances/USD", f"/accounts/{N}/balances/USD", {},
     frozenset()),
    ("balance-snapshots.json",
     f"GET /accounts/{N}/balance-snapshots?time-of-day=EOD&start-date=2026-03-06"
     "&end-date=2026-03-10",
     f"/accounts/{N}/balance-snapshots",
     {"time-of-day": "EOD", "start-date": "2026-11-09", "end-date": "2026-11-13"}, INTRADAY),
    ("positions.json", f"GET /accounts/{N}/positions", f"/accounts/{N}/positions", {},
     OPTION_KEYS),
    ("positions.json", f"GET /accounts/{N}/positions?include-marks=true",
     f"/accounts/{N}/positions", {"include-marks": "true"}, OPTION_KEYS),
    ("transactions.json", f"GET /accounts/{N}/transactions?per-page=250&page-offset=0",
     f"/accounts/{N}/transactions", {"per-page": "250", "page-offset": "0"}, ROW_KEYS),
    ("net-liq-history.json", f"GET /accounts/{N}/net-liq/history?time-back=1d",
     f"/accounts/{N}/net-liq/history", {"time-back": "1d"}, frozenset()),
    ("margin.json", f"GET /margin/accounts/{N}/requirements",
     f"/margin/accounts/{N}/requirements", {}, OPTION_KEYS),
    ("margin.json", f"GET /accounts/{N}/margin-requirements/AAPL/effective",
     f"/accounts/{N}/margin-requirements/AAPL/effective", {}, frozenset({"clearing-identifier"})),
    ("margin.json", f"GET /accounts/{N}/position-limit", f"/accounts/{N}/position-limit", {},
     frozenset()),
    ("margin.json", "GET /span/rows?date=2026-03-10&exchange=CME", "/span/rows",
     {"date": "2026-03-10", "exchange": "CME"}, frozenset()),
    ("watchlists.json", "GET /watchlists", "/watchlists", {}, frozenset()),
    ("watchlists.json", "GET /public-watchlists?counts-only=true", "/public-watchlists",
     {"counts-only": "true"}, frozenset()),
    ("watchlists.json", "GET /public-watchlists/High%20Options%20Volume",
     "/public-watchlists/High%20Options%20Volume", {}, frozenset()),
    ("watchlists.json", "GET /pairs-watchlists", "/pairs-watchlists", {}, frozenset()),
    ("api-quote-tokens.json", "GET /api-quote-tokens", "/api-quote-tokens", {}, frozenset()),
]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "key", "path", "query", "optional"),
    GETS,
    ids=[row[1].partition("?")[0] for row in GETS],
)
async def test_reading(
    demo: Desk, file: str, key: str, path: str, query: dict[str, Any], optional: frozenset[str]
) -> None:
    answer = await demo.client.get(path, params=query or None)
    assert answer.status_code == 200
    assert differences(sample(file, key), answer.json(), optional) == []


async def test_margin_dry_run(demo: Desk) -> None:
    key = next(k for k in keys_of("margin.json") if k.startswith("POST /margin")).split("  ")[0]
    body = {
        "account-number": N,
        "underlying-symbol": "AAPL",
        "order-type": "Limit",
        "time-in-force": "Day",
        "price": "229.00",
        "price-effect": "Debit",
        "legs": [{"symbol": "AAPL", "instrument-type": "Equity", "quantity": 10,
                  "action": "Buy to Open"}],
    }  # fmt: skip
    answer = await demo.client.post(f"/margin/accounts/{N}/dry-run", json=body)
    assert answer.status_code == 200
    assert differences(sample("margin.json", key), answer.json()) == []


STATE_KEYS = frozenset(
    {"external-identifier", "source", "in-flight-at", "live-at", "terminal-at", "cancelled-at",
     "cancelled-size", "ext-client-order-id", "ext-exchange-order-number",
     "ext-global-order-number", "contingent-status", "price", "price-effect",
     "cancel-user-id", "cancel-username", "closing-fee-calculation"}
)  # fmt: skip


async def test_placement(desk: Desk) -> None:
    body = desk.order_body(("Buy to Open", "MSFT", 10), order_type="Limit", price="182.40")
    body |= {"external-identifier": "one", "source": "tests/1.0"}
    answer = await desk.client.post(f"/accounts/{NUMBER}/orders", json=body)
    assert answer.status_code == 201
    assert differences(order_sample("place_equity_limit_201"), answer.json()) == []


@pytest.mark.parametrize("name", ["dry_run_equity_limit_201", "dry_run_iron_condor_201"])
async def test_dry_run(demo: Desk, name: str) -> None:
    body = demo.order_body(("Buy to Open", "MSFT", 1), order_type="Limit", price="182.40")
    if "condor" in name:
        body = demo.order_body(
            *[
                (action, f"MSFT  261218{right}{strike:05d}000", 1)
                for action, right, strike in (
                    ("Buy to Open", "P", 450), ("Sell to Open", "P", 460),
                    ("Sell to Open", "C", 570), ("Buy to Open", "C", 580),
                )
            ],
            order_type="Limit",
            price="1.84",
        )  # fmt: skip
        body["price-effect"] = "Credit"
    answer = await demo.client.post(f"/accounts/{N}/orders/dry-run", json=body)
    assert answer.status_code == 201, answer.text
    assert differences(order_sample(name), answer.json(), STATE_KEYS) == []


async def test_margin_refusal_has_data_and_error(desk: Desk) -> None:
    body = desk.order_body(("Buy to Open", "MSFT", 5000), order_type="Market")
    answer = await desk.client.post(f"/accounts/{NUMBER}/orders/dry-run", json=body)
    assert answer.status_code == 422
    assert differences(order_sample("dry_run_margin_failure_422"), answer.json()) == []


async def test_finished_orders_and_lists(desk: Desk) -> None:
    order = await desk.buy("MSFT", 10)
    answer = (await desk.client.get(f"/accounts/{NUMBER}/orders/{order.id}")).json()
    assert differences(order_sample("get_order_filled_200"), answer, STATE_KEYS) == []
    page = (await desk.client.get(f"/accounts/{NUMBER}/orders")).json()
    assert differences(order_sample("list_orders_page_200"), page, STATE_KEYS) == []
    newest = {"accept-version": "20261012"}
    live = (await desk.client.get(f"/accounts/{NUMBER}/orders/live", headers=newest)).json()
    assert differences(order_sample("list_live_orders_200"), live, STATE_KEYS) == []


async def test_cancellation_and_replacement(desk: Desk) -> None:
    data = await desk.place(("Buy to Open", "KO", 20), order_type="Limit", price="30.00")
    desk.pass_time(2)
    path = f"/accounts/{NUMBER}/orders/{data['order']['id']}"
    fresh = await desk.client.put(
        path, json={"order-type": "Limit", "time-in-force": "Day", "price": "31.00",
                    "price-effect": "Debit"}
    )  # fmt: skip
    assert differences(order_sample("replace_put_200"), fresh.json(), STATE_KEYS) == []
    desk.pass_time(2)
    path = f"/accounts/{NUMBER}/orders/{fresh.json()['data']['id']}"
    answer = (await desk.client.delete(path)).json()
    links = STATE_KEYS | {"replaces-order-id"}
    assert differences(order_sample("cancel_working_200"), answer, links) == []
