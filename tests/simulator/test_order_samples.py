"""Every order sample of the contract, produced by a real request: keys, types, nesting."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.simulator.conftest import NUMBER, Desk
from tests.simulator.shapes import SAMPLES, differences, order_sample

BASE = f"/accounts/{NUMBER}/orders"
AFTER_CLOSE = datetime(2026, 11, 18, 22, 10, tzinfo=UTC)
NEWEST = {"accept-version": "20261012"}
ABSENT = frozenset(
    {"in-flight-at", "live-at", "terminal-at", "cancelled-at", "cancelled-size",
     "ext-client-order-id", "ext-exchange-order-number", "ext-global-order-number",
     "contingent-status", "external-identifier", "source", "user-id", "username",
     "price", "price-effect", "reject-reason", "cancel-user-id", "cancel-username",
     "global-request-id", "closing-fee-calculation"}
)  # fmt: skip
"""Keys of an order that are there only when they have a value."""


def request_of(name: str) -> Any:
    """The body that the sample sends."""
    return json.loads((SAMPLES / "orders" / f"{name}.json").read_text())["request"]["body"]


def frames_of(name: str) -> list[Any]:
    found: list[Any] = json.loads((SAMPLES / "orders" / f"{name}.json").read_text())["frames"]
    return found


def matches(name: str, answer: Any, status: int = 200, more: frozenset[str] = ABSENT) -> None:
    assert answer.status_code == status, answer.text
    assert differences(order_sample(name), answer.json(), more) == []


async def rest(desk: Desk, symbol: str = "KO", **keys: Any) -> int:
    data = await desk.place(("Buy to Open", symbol, 20), order_type="Limit", price="20.00", **keys)
    desk.pass_time(2)
    number: int = data["order"]["id"]
    return number


async def late(desk: Desk) -> None:
    desk.jump(AFTER_CLOSE)
    await desk.sign_in()


# -- states of one order ---------------------------------------------------------------------


async def test_working_and_cancelled(desk: Desk) -> None:
    number = await rest(desk)
    matches("get_order_live_200", await desk.client.get(f"{BASE}/{number}"))
    matches("reconfirm_422", await desk.client.post(f"{BASE}/{number}/reconfirm"), 422)
    await desk.client.delete(f"{BASE}/{number}")
    desk.pass_time(1)
    answer = await desk.client.get(f"{BASE}/{number}")
    matches("get_order_cancelled_200", answer)
    assert answer.json()["data"]["cancel-username"] in desk.world.users
    matches("cancel_terminal_422", await desk.client.delete(f"{BASE}/{number}"), 422)


async def test_cancelled_after_a_part(desk: Desk) -> None:
    number = await rest(desk, external_identifier="partial:7")
    matches("get_order_partially_filled_200", await desk.client.get(f"{BASE}/{number}"))
    await desk.client.delete(f"{BASE}/{number}")
    desk.pass_time(1)
    matches("get_order_cancelled_after_partial_200", await desk.client.get(f"{BASE}/{number}"))


async def test_expired(desk: Desk) -> None:
    number = await rest(desk)
    await late(desk)
    matches("get_order_expired_200", await desk.client.get(f"{BASE}/{number}"))


async def test_rejected(desk: Desk) -> None:
    number = await rest(desk, external_identifier="reject:Session offline")
    answer = await desk.client.get(f"{BASE}/{number}")
    matches("get_order_rejected_200", answer)
    assert answer.json()["data"]["reject-reason"] == "Session offline"


async def test_received_after_the_close(desk: Desk) -> None:
    await late(desk)
    body = desk.order_body(
        ("Buy to Open", "KO", 20), order_type="Limit", price="20.00", time_in_force="GTC"
    )
    answer = await desk.client.post(BASE, json=body)
    matches("place_after_hours_received_201", answer, 201)
    number = answer.json()["data"]["order"]["id"]
    matches("cancel_received_200", await desk.client.delete(f"{BASE}/{number}"))


async def test_closing_nothing(desk: Desk) -> None:
    body = desk.order_body(("Sell to Close", "KO", 20), order_type="Limit", price="200.00")
    matches("place_close_without_position_201", await desk.client.post(BASE, json=body), 201)


def condor(desk: Desk, credit: str = "0.05") -> dict[str, Any]:
    legs = [
        (action, f"IWM   261218{right}00{strike}000", 1)
        for action, right, strike in (
            ("Buy to Open", "P", 225), ("Sell to Open", "P", 235),
            ("Sell to Open", "C", 255), ("Buy to Open", "C", 265),
        )
    ]  # fmt: skip
    return desk.order_body(*legs, order_type="Limit", price=credit, price_effect="Credit")


async def test_a_condor(desk: Desk) -> None:
    answer = await desk.client.post(BASE, json=condor(desk))
    matches("place_iron_condor_201", answer, 201)
    desk.pass_time(3)
    number = answer.json()["data"]["order"]["id"]
    whole = await desk.client.get(f"{BASE}/{number}")
    matches("get_order_filled_multi_leg_200", whole)
    frames = [f for f in desk.sent() if f["type"] == "Order" and f["data"]["status"] == "Filled"]
    for expected, frame in zip(frames_of("streamer_multi_leg_fill"), frames, strict=True):
        assert differences(expected, frame, ABSENT) == []
    pending = {"data": frames[0]["data"], "context": f"{BASE}/{number}"}
    assert differences(order_sample("get_order_filled_legs_pending_200"), pending, ABSENT) == []


# -- frames ----------------------------------------------------------------------------------


async def test_the_frames_of_an_order_and_its_side_effects(desk: Desk) -> None:
    await desk.buy("KO", 10)
    frames = desk.sent()
    for expected in frames_of("streamer_order_lifecycle"):
        state = expected["data"]["status"]
        same = [f for f in frames if f["type"] == "Order" and f["data"]["status"] == state]
        assert all(differences(expected, f, ABSENT) == [] for f in same)
        assert same or state == "Received"
    for expected in frames_of("streamer_fill_side_effects"):
        found = next(f for f in reversed(frames) if f["type"] == expected["type"])
        assert expected["data"].keys() - ABSENT <= found["data"].keys()


async def test_the_frames_of_a_replacement(desk: Desk) -> None:
    number = await rest(desk)
    desk.frames.queue.clear()
    await desk.client.patch(f"{BASE}/{number}", json={"price": "21.00"})
    desk.pass_time(2)
    for expected in frames_of("streamer_replace"):
        state = expected["data"]["status"]
        found = next(f for f in desk.sent() if f["data"].get("status") == state)
        assert differences(expected, found, ABSENT | {"fills"}) == []


# -- checks ----------------------------------------------------------------------------------


async def test_dry_runs(desk: Desk) -> None:
    async def check(name: str, body: Any) -> None:
        answer = await desk.client.post(f"{BASE}/dry-run", json=body)
        matches(name, answer, 201)

    vertical = desk.order_body(
        ("Sell to Open", "IWM   261218P00235000", 1), ("Buy to Open", "IWM   261218P00225000", 1),
        order_type="Limit", price="1.00", price_effect="Credit",
    )  # fmt: skip
    await check("dry_run_credit_vertical_201", vertical)
    answer = await desk.client.post(f"{BASE}/dry-run", json=vertical)
    assert differences(order_sample("dry_run_credit_vertical_201"), answer.json()) == []
    await desk.buy("MSFT", 10)
    closing = desk.order_body(("Sell to Close", "MSFT", 10), order_type="Limit", price="900.00")
    await check("dry_run_equity_sell_to_close_201", closing)
    await late(desk)
    call = desk.order_body(
        ("Buy to Open", "MSFT  261218C00500000", 1), order_type="Limit", price="2.35"
    )
    await check("dry_run_long_call_next_session_201", call)


async def test_a_dry_run_in_a_cash_account(desk: Desk) -> None:
    desk.account.status |= {
        "equities-margin-calculation-type": "Cash Secured Margin",
        "options-level": "Covered And Cash Secured",
    }
    body = desk.order_body(("Buy to Open", "MSFT", 10), order_type="Limit", price="182.40")
    answer = await desk.client.post(f"{BASE}/dry-run", json=body)
    matches("dry_run_equity_limit_cash_account_201", answer, 201)


# -- errors ----------------------------------------------------------------------------------

REFUSED: list[tuple[str, tuple[tuple[str, str, Any], ...], dict[str, Any]]] = [
    ("error_422_cant_buy_for_credit", (("Buy to Open", "KO", 1),),
     {"order_type": "Limit", "price": "20.00", "price_effect": "Credit"}),
    ("error_422_gtc_market", (("Buy to Open", "KO", 1),),
     {"order_type": "Market", "time_in_force": "GTC"}),
    ("error_422_two_preflight_failures", (("Buy to Open", "MSFT", 5000),),
     {"order_type": "Market", "time_in_force": "GTC"}),
    ("error_422_omit_price", (("Buy to Open", "KO", 1),),
     {"order_type": "Marketable Limit", "price": "20.00"}),
    ("error_422_instrument", (("Buy to Open", "NOPE", 1),), {"order_type": "Market"}),
    ("error_422_buy_and_sell_same_symbol",
     (("Buy to Open", "MSFT  261218C00500000", 1), ("Sell to Open", "MSFT  261218C00500000", 1)),
     {"order_type": "Limit", "price": "1.00"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "legs", "keys"), REFUSED, ids=[row[0] for row in REFUSED])
async def test_refusals(desk: Desk, name: str, legs: Any, keys: dict[str, Any]) -> None:
    answer = await desk.client.post(BASE, json=desk.order_body(*legs, **keys))
    expected = order_sample(name)
    matches(name, answer, 422)
    codes = [e["code"] for e in expected["error"]["errors"]]
    assert [e["code"] for e in answer.json()["error"]["errors"]] == codes
    if name != "error_422_instrument":
        assert answer.json() == expected


async def test_a_second_closing_order(desk: Desk) -> None:
    await desk.buy("MSFT", 10)
    keys = {"order_type": "Limit", "price": "900.00"}
    await desk.place(("Sell to Close", "MSFT", 10), **keys)
    body = desk.order_body(("Sell to Close", "MSFT", 10), **keys)
    matches("error_422_second_closing_order", await desk.client.post(BASE, json=body), 422)


async def test_closed_markets(desk: Desk) -> None:
    await late(desk)
    body = desk.order_body(("Buy to Open", "KO", 1), order_type="Market")
    answer = await desk.client.post(BASE, json=body)
    assert answer.json() == order_sample("error_422_market_closed")
    body = desk.order_body(("Buy", "/ESZ6", 1), order_type="Market")
    answer = await desk.client.post(BASE, json=body)
    assert answer.json() == order_sample("error_422_futures_session")


GETS: list[tuple[str, str, dict[str, str], int]] = [
    ("customer_orders_missing_accounts_400", "/customers/me/orders", {}, 400),
    ("list_orders_missing_start_400", BASE, {"per-page": "50"}, 400),
    ("list_orders_per_page_too_large_400", BASE,
     {"per-page": "250", "start-date": "2026-11-01"}, 400),
    ("list_orders_bad_sort_400", BASE, {"sort": "desc", "start-date": "2026-11-01"}, 400),
    ("error_404_order", f"{BASE}/999999999", {}, 404),
    ("error_403_not_permitted", "/accounts/5WT99999/orders/live", {}, 403),
]  # fmt: skip


@pytest.mark.parametrize(("name", "path", "query", "status"), GETS, ids=[row[0] for row in GETS])
async def test_wrong_readings(
    desk: Desk, name: str, path: str, query: dict[str, str], status: int
) -> None:
    answer = await desk.client.get(path, params=query, headers=NEWEST)
    assert (answer.status_code, answer.json()) == (status, order_sample(name))


async def test_doors(desk: Desk) -> None:
    old = await desk.client.get(f"{BASE}/live", headers={"accept-version": "20240101"})
    assert (old.status_code, old.json()) == (406, order_sample("error_406_version"))
    made = await desk.client.post("/control/tokens", json={"action": "new-grant", "scope": "read"})
    form = {k: made.json()[k] for k in ("client_secret", "refresh_token")}
    token = await desk.client.post("/oauth/token", json=form | {"grant_type": "refresh_token"})
    reading = {"authorization": f"Bearer {token.json()['access_token']}"}
    body = request_of("error_403_scope")
    answer = await desk.client.post(BASE, json=body, headers=reading)
    assert (answer.status_code, answer.json()) == (403, order_sample("error_403_scope"))
    nobody = {"authorization": "Bearer nonsense"}
    matches("error_401_json", await desk.client.get(f"{BASE}/live", headers=nobody), 401)


@pytest.mark.parametrize(
    ("name", "status", "method"),
    [("error_401_html", 401, "GET"), ("error_429_html", 429, "GET"),
     ("error_502_html_on_post", 502, "POST")],
)  # fmt: skip
async def test_pages_of_the_proxy(desk: Desk, name: str, status: int, method: str) -> None:
    fault = {"path": "/orders", "status": status, "html": True, "count": 1}
    await desk.client.post("/control/faults", json=fault)
    answer = await desk.client.request(method, f"{BASE}/live" if method == "GET" else BASE)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    title = order_sample(name).partition("<title>")[2].partition("</title>")[0]
    assert f"<title>{title}</title>" in answer.text


# -- lists and margin ------------------------------------------------------------------------


async def test_lists(desk: Desk) -> None:
    await rest(desk, external_identifier="one", source="tests/1.0")
    query = {"account-numbers[]": NUMBER}
    answer = await desk.client.get("/customers/me/orders/live", params=query, headers=NEWEST)
    matches("customer_live_orders_200", answer)


async def test_margin(desk: Desk) -> None:
    await desk.buy("MSFT", 10)
    options = frozenset(
        {"strike-price", "option-type", "deliverable-quantity", "expiration-date",
         "initial-requirement", "initial-requirement-effect", "point-of-no-return-percent",
         "expected-price-range-up-percent", "expected-price-range-down-percent",
         "average-open-price"}
    )  # fmt: skip
    report = await desk.client.get(f"/margin/accounts/{NUMBER}/requirements")
    matches("margin_requirements_report_200", report, more=options)
    desk.account.status["equities-margin-calculation-type"] = "IRA Margin"
    report = await desk.client.get(f"/margin/accounts/{NUMBER}/requirements")
    matches("margin_requirements_report_ira_200", report, more=options)
    limits = await desk.client.get(f"/accounts/{NUMBER}/position-limit")
    # the id may be absent
    matches("position_limit_200", limits, more=frozenset({"id"}))
    path = f"/accounts/{NUMBER}/margin-requirements/MSFT/effective"
    matches("margin_effective_requirement_200", await desk.client.get(path),
            more=frozenset({"clearing-identifier"}))  # fmt: skip
    body = request_of("margin_dry_run_200") | {"account-number": NUMBER}
    answer = await desk.client.post(f"/margin/accounts/{NUMBER}/dry-run", json=body)
    # its blocks of results are shortened, says the sample
    found = differences(order_sample("margin_dry_run_200"), answer.json(), options)
    assert [text for text in found if not text.endswith(": unexpected")] == []
