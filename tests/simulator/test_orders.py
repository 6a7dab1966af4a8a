"""Orders through their states, in virtual time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.simulator.conftest import NUMBER, Desk

CONDOR = (
    ("Buy to Open", "IWM   261218P00225000", 2),
    ("Sell to Open", "IWM   261218P00235000", 2),
    ("Sell to Open", "IWM   261218C00255000", 2),
    ("Buy to Open", "IWM   261218C00265000", 2),
)
AFTER_CLOSE = datetime(2026, 11, 18, 22, 10, tzinfo=UTC)


async def order_of(desk: Desk, order_id: int) -> dict[str, Any]:
    """The order over REST."""
    found: dict[str, Any] = await desk.get(f"/accounts/{NUMBER}/orders/{order_id}")
    return found


# -- the way to a fill -----------------------------------------------------------------------


async def test_a_market_order_goes_through_every_state(desk: Desk) -> None:
    data = await desk.place(("Buy to Open", "MSFT", 10), order_type="Market")
    number = data["order"]["id"]
    assert data["order"]["status"] == "Routed"
    assert (data["order"]["cancellable"], data["order"]["editable"]) == (False, False)
    desk.pass_time(0.22)
    assert (await order_of(desk, number))["status"] == "In Flight"
    desk.pass_time(0.31)
    live = await order_of(desk, number)
    assert (live["status"], live["cancellable"]) == ("Live", True)
    desk.pass_time(0.08)
    filled = await order_of(desk, number)
    assert filled["status"] == "Filled"
    assert desk.statuses(number) == ["Routed", "In Flight", "Live", "Filled"]
    leg = filled["legs"][0]
    assert leg["remaining-quantity"] == 0
    assert leg["fills"][0]["fill-price"] == str(desk.quote("MSFT").ask)
    assert leg["fills"][0]["destination-venue"].isupper()
    assert filled["ext-client-order-id"][:2] == f"{number & 0xFF:02x}"
    assert int(filled["ext-client-order-id"][-8:], 16) == number


async def test_updated_at_grows_with_every_frame(desk: Desk) -> None:
    order = await desk.buy("MSFT", 10)
    times = [f["data"]["updated-at"] for f in desk.sent() if f["type"] == "Order"]
    assert times == sorted(set(times))
    assert all(f["data"]["id"] == order.id for f in desk.sent() if f["type"] == "Order")


async def test_frames_come_in_the_order_of_the_facts(desk: Desk) -> None:
    await desk.buy("MSFT", 10)
    kinds = [f["type"] for f in desk.sent()]
    assert kinds == ["Order"] * 4 + ["CurrentPosition", "AccountBalance"]
    position, balance = desk.sent()[-2:]
    assert (position["data"]["quantity"], position["data"]["quantity-direction"]) == (10, "Long")
    assert Decimal(balance["data"]["cash-balance"]) == desk.account.cash


async def test_a_limit_rests_until_the_market_reaches_it(desk: Desk) -> None:
    ask = desk.quote("KO").ask
    limit = (ask - Decimal("1.00")).quantize(Decimal("0.01"))
    data = await desk.place(("Buy to Open", "KO", 10), order_type="Limit", price=str(limit))
    desk.pass_time(5)
    assert (await order_of(desk, data["order"]["id"]))["status"] == "Live"
    await desk.client.post("/control/prices", json={"symbol": "KO", "factor": 0.97})
    filled = await order_of(desk, data["order"]["id"])
    assert filled["status"] == "Filled"
    price = Decimal(filled["legs"][0]["fills"][0]["fill-price"])
    assert price == desk.quote("KO").ask <= limit


async def test_a_stop_waits_for_the_last_price(desk: Desk) -> None:
    await desk.buy("KO", 10)
    trigger = (desk.quote("KO").bid * Decimal("0.98")).quantize(Decimal("0.01"))
    data = await desk.place(
        ("Sell to Close", "KO", 10), order_type="Stop", stop_trigger=str(trigger)
    )
    desk.pass_time(3)
    assert (await order_of(desk, data["order"]["id"]))["status"] == "Live"
    await desk.client.post("/control/prices", json={"symbol": "KO", "factor": 0.95})
    assert (await order_of(desk, data["order"]["id"]))["status"] == "Filled"


async def test_a_stop_limit_does_not_chase(desk: Desk) -> None:
    await desk.buy("KO", 10)
    bid = desk.quote("KO").bid
    trigger, limit = (str((bid * f).quantize(Decimal("0.01"))) for f in (
        Decimal("0.98"), Decimal("0.97")))  # fmt: skip
    data = await desk.place(
        ("Sell to Close", "KO", 10), order_type="Stop Limit", stop_trigger=trigger, price=limit
    )
    desk.pass_time(3)
    await desk.client.post("/control/prices", json={"symbol": "KO", "factor": 0.90})
    assert (await order_of(desk, data["order"]["id"]))["status"] == "Live"
    await desk.client.post("/control/prices", json={"symbol": "KO", "factor": 1.085})
    assert (await order_of(desk, data["order"]["id"]))["status"] == "Filled"


async def test_more_than_is_shown_takes_several_executions(desk: Desk) -> None:
    shown = int(desk.quote("KO").ask_size)
    data = await desk.place(("Buy to Open", "KO", shown + 50), order_type="Market")
    desk.pass_time(0.62)
    part = await order_of(desk, data["order"]["id"])
    assert part["status"] == "Live"
    assert 0 < part["legs"][0]["remaining-quantity"] < shown + 50
    desk.pass_time(30)
    whole = await order_of(desk, data["order"]["id"])
    assert whole["status"] == "Filled"
    assert sum(f["quantity"] for f in whole["legs"][0]["fills"]) == shown + 50
    ids = [f["fill-id"] for f in whole["legs"][0]["fills"]]
    assert len(set(ids)) == len(ids) > 1


async def test_a_condor_fills_leg_by_leg(desk: Desk) -> None:
    single = [(action, symbol, 1) for action, symbol, _ in CONDOR]
    body = desk.order_body(*single, order_type="Limit", price="0.05", price_effect="Credit")
    data = await desk.send("POST", f"/accounts/{NUMBER}/orders", body, 201)
    assert data["buying-power-effect"]["is-spread"] is True
    assert data["buying-power-effect"]["change-in-margin-requirement"] == "1000.0"
    number = data["order"]["id"]
    desk.pass_time(2)
    frames = [f["data"] for f in desk.sent() if f["type"] == "Order" and f["data"]["id"] == number]
    filled = [f for f in frames if f["status"] == "Filled"]
    done = [sum(not leg["remaining-quantity"] for leg in f["legs"]) for f in filled]
    assert done == [1, 2, 3, 4]
    groups = {f["ext-group-fill-id"] for leg in filled[-1]["legs"] for f in leg["fills"]}
    assert len(groups) == 1
    assert len(desk.account.positions) == 4


async def test_a_price_off_the_increment_is_taken_and_then_rejected(desk: Desk) -> None:
    data = await desk.place(("Buy to Open", "KO", 1), order_type="Limit", price="50.005")
    desk.pass_time(1)
    order = await order_of(desk, data["order"]["id"])
    assert order["status"] == "Rejected"
    assert "increment" in order["reject-reason"]
    assert desk.statuses(order["id"]) == ["Routed", "Rejected"]


async def test_immediate_or_cancel_ends_at_once(desk: Desk) -> None:
    data = await desk.place(
        ("Buy to Open", "KO", 1), order_type="Limit", price="30.00", time_in_force="IOC"
    )
    desk.pass_time(1)
    assert (await order_of(desk, data["order"]["id"]))["status"] == "Cancelled"


async def test_a_notional_order_buys_for_its_value(desk: Desk) -> None:
    leg = {"instrument-type": "Equity", "symbol": "KO", "action": "Buy to Open"}
    body = {"order-type": "Notional Market", "time-in-force": "Day", "value": "100.00",
            "value-effect": "Debit", "legs": [leg]}  # fmt: skip
    data = await desk.send("POST", f"/accounts/{NUMBER}/orders", body, 201)
    desk.pass_time(2)
    order = desk.world.orders[data["order"]["id"]]
    assert order.status == "Filled"
    spent = sum(f.quantity * f.price for f in order.legs[0].fills)
    assert Decimal("99.9") < spent <= 100


async def test_futures_take_bare_actions(desk: Desk) -> None:
    order = await desk.buy("AAPL", 1)
    assert order.underlying_type == "Equity"
    data = await desk.place(("Buy", "/ESZ6", 1), order_type="Market")
    desk.pass_time(2)
    await desk.place(("Sell", "/ESZ6", 1), order_type="Market")
    desk.pass_time(2)
    assert data["order"]["underlying-instrument-type"] == "Future"
    assert desk.account.positions["/ESZ6"].quantity == 0
    rows = [t for t in desk.world.transactions[NUMBER] if t.symbol == "/ESZ6"]
    assert [t.value for t in rows] == [0, 0]


# -- ends without a fill ---------------------------------------------------------------------


async def test_cancel(desk: Desk) -> None:
    data = await desk.place(("Buy to Open", "KO", 20), order_type="Limit", price="30.00")
    number = data["order"]["id"]
    desk.pass_time(2)
    path = f"/accounts/{NUMBER}/orders/{number}"
    asked = await desk.send("DELETE", path, None, 200)
    assert asked["status"] == "Cancel Requested"
    again = await desk.send("DELETE", path, None, 200)
    assert again["status"] == "Cancel Requested"
    desk.pass_time(1)
    done = await order_of(desk, number)
    assert done["status"] == "Cancelled"
    assert {"cancelled-at", "terminal-at"} <= done.keys()
    refused = await desk.send("DELETE", path, None, 422)
    assert refused["error"]["code"] == "cannot_update_order"


async def test_a_fill_can_beat_the_cancel(desk: Desk) -> None:
    data = await desk.place(("Buy to Open", "KO", 20), order_type="Limit", price="60.00")
    number = data["order"]["id"]
    desk.pass_time(2)
    await desk.send("DELETE", f"/accounts/{NUMBER}/orders/{number}", None, 200)
    await desk.client.post("/control/prices", json={"symbol": "KO", "factor": 0.7})
    desk.pass_time(1)
    assert desk.statuses(number)[-2:] == ["Cancel Requested", "Filled"]


async def test_a_partly_filled_order_keeps_its_fills_when_cancelled(desk: Desk) -> None:
    data = await desk.place(
        ("Buy to Open", "KO", 20),
        order_type="Limit",
        price="90.00",
        external_identifier="partial:7",
    )
    number = data["order"]["id"]
    desk.pass_time(3)
    await desk.send("DELETE", f"/accounts/{NUMBER}/orders/{number}", None, 200)
    desk.pass_time(1)
    done = await order_of(desk, number)
    assert (done["status"], done["cancelled-size"]) == ("Cancelled", "13.0")
    assert done["legs"][0]["remaining-quantity"] == 13
    assert desk.account.positions["KO"].quantity == 7


async def test_after_the_close_it_waits_and_is_cancelled_at_once(desk: Desk) -> None:
    desk.jump(AFTER_CLOSE)
    await desk.sign_in()
    data = await desk.place(
        ("Buy to Open", "KO", 20), order_type="Limit", price="60.20", time_in_force="GTC"
    )
    assert data["order"]["status"] == "Received"
    assert [w["code"] for w in data["warnings"]] == ["tif.next_valid_session"]
    path = f"/accounts/{NUMBER}/orders/{data['order']['id']}"
    assert (await desk.send("DELETE", path, None, 200))["status"] == "Cancelled"


async def test_a_waiting_order_is_routed_when_the_market_opens(desk: Desk) -> None:
    desk.jump(AFTER_CLOSE)
    await desk.sign_in()
    data = await desk.place(("Buy to Open", "KO", 20), order_type="Limit", price="90.00")
    desk.jump(datetime(2026, 11, 19, 14, 29, 59, tzinfo=UTC))
    order = desk.world.orders[data["order"]["id"]]
    assert order.status == "Received"
    desk.pass_time(5)
    assert order.status == "Filled"
    assert desk.statuses(order.id) == ["Received", "Routed", "In Flight", "Live", "Filled"]


async def test_day_orders_expire_at_the_close(desk: Desk) -> None:
    day = await desk.place(("Buy to Open", "KO", 1), order_type="Limit", price="30.00")
    kept = await desk.place(
        ("Buy to Open", "PEP", 1), order_type="Limit", price="60.00", time_in_force="GTC"
    )
    desk.jump(datetime(2026, 11, 18, 21, 0, 1, tzinfo=UTC))
    orders = desk.world.orders
    assert orders[day["order"]["id"]].status == "Expired"
    assert orders[day["order"]["id"]].terminal_at == datetime(2026, 11, 18, 21, tzinfo=UTC)
    assert orders[kept["order"]["id"]].status == "Live"


async def test_replacing_is_a_cancel_and_a_new_order(desk: Desk) -> None:
    data = await desk.place(("Buy to Open", "KO", 20), order_type="Limit", price="30.00")
    old = data["order"]["id"]
    desk.pass_time(2)
    fresh = await desk.send("PATCH", f"/accounts/{NUMBER}/orders/{old}", {"price": "31.00"}, 200)
    assert (fresh["status"], fresh["replaces-order-id"]) == ("Contingent", old)
    assert (await order_of(desk, old))["status"] == "Replace Requested"
    desk.pass_time(2)
    before = await order_of(desk, old)
    assert (before["status"], before["edited"]) == ("Cancelled", True)
    assert before["replacing-order-id"] == fresh["id"]
    after = await order_of(desk, fresh["id"])
    assert (after["status"], after["price"]) == ("Live", "31.0")


async def test_a_replacement_of_a_filled_order_is_dropped(desk: Desk) -> None:
    data = await desk.place(("Buy to Open", "KO", 20), order_type="Limit", price="60.00")
    desk.pass_time(2)
    path = f"/accounts/{NUMBER}/orders/{data['order']['id']}"
    fresh = await desk.send("PATCH", path, {"price": "61.00"}, 200)
    await desk.client.post("/control/prices", json={"symbol": "KO", "factor": 0.7})
    desk.pass_time(2)
    assert (await order_of(desk, data["order"]["id"]))["status"] == "Filled"
    assert (await order_of(desk, fresh["id"]))["status"] == "Cancelled"
    assert desk.account.positions["KO"].quantity == 20
    refused = await desk.send("PATCH", path, {"price": "62.00"}, 422)
    assert refused["error"]["code"] == "cannot_update_order"


async def test_replacing_what_waits_for_the_open_is_done_at_once(desk: Desk) -> None:
    desk.jump(AFTER_CLOSE)
    await desk.sign_in()
    data = await desk.place(("Buy to Open", "KO", 20), order_type="Limit", price="30.00")
    old = data["order"]["id"]
    path = f"/accounts/{NUMBER}/orders/{old}"
    fresh = await desk.send("PATCH", path, {"price": "31.00"}, 200)
    assert fresh["status"] == "Received"
    assert desk.statuses(old) == ["Received", "Cancelled"]
    assert desk.statuses(fresh["id"]) == ["Contingent", "Received"]


async def test_a_waiting_replacement_is_not_replaced_again(desk: Desk) -> None:
    data = await desk.place(("Buy to Open", "KO", 20), order_type="Limit", price="30.00")
    desk.pass_time(2)
    path = f"/accounts/{NUMBER}/orders/"
    fresh = await desk.send("PATCH", f"{path}{data['order']['id']}", {"price": "31.00"}, 200)
    refused = await desk.send("PATCH", f"{path}{fresh['id']}", {"price": "32.00"}, 422)
    assert refused["error"]["code"] == "cannot_update_order"


async def test_a_condition_routes_the_order(desk: Desk) -> None:
    rule = {"action": "route", "symbol": "KO", "instrument-type": "Equity", "indicator": "last",
            "comparator": "lte", "threshold": "60.75"}  # fmt: skip
    data = await desk.place(
        ("Buy to Open", "KO", 20), order_type="Limit", price="90.00", rules={"conditions": [rule]}
    )
    order = desk.world.orders[data["order"]["id"]]
    assert data["order"]["contingent-status"] == "Pending Condition"
    desk.pass_time(5)
    assert order.status == "Contingent"
    await desk.client.post("/control/prices", json={"symbol": "KO", "factor": 0.8})
    desk.pass_time(3)
    assert desk.statuses(order.id) == ["Contingent", "Routed", "In Flight", "Live", "Filled"]


# -- refusals --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "domain"),
    [
        ({"order-type": "Stop Market"}, "order-type"),
        ({"time-in-force": None}, "time-in-force"),
        ({"price": None}, "price"),
        ({"price": "much"}, "price"),
        ({"price": "-1"}, "price"),
        ({"price": "NaN"}, "price"),
        ({"price-effect": "Both"}, "price-effect"),
        ({"legs": []}, "legs"),
        ({"legs": "none"}, "legs"),
        ({"time-in-force": "GTD"}, "gtc-date"),
        ({"rules": {"conditions": 5}}, "rules.conditions"),
        ({"advanced-instructions": True}, "advanced-instructions"),
    ],
)
async def test_wrong_structure(desk: Desk, change: dict[str, Any], domain: str) -> None:
    body = desk.order_body(("Buy to Open", "KO", 1), order_type="Limit", price="60.00") | change
    refused = await desk.send("POST", f"/accounts/{NUMBER}/orders", body, 400)
    assert refused["error"]["code"] == "validation_error"
    assert domain in [item["domain"] for item in refused["error"]["errors"]]


@pytest.mark.parametrize("quantity", [0, -1, "0", "x", True, None, "1e99", [1]])
async def test_wrong_quantities(desk: Desk, quantity: Any) -> None:
    body = desk.order_body(("Buy to Open", "KO", quantity), order_type="Market")
    refused = await desk.send("POST", f"/accounts/{NUMBER}/orders", body, 400)
    assert refused["error"]["errors"][0]["domain"] == "legs[0].quantity"


async def test_five_legs(desk: Desk) -> None:
    body = desk.order_body(*CONDOR, CONDOR[0], order_type="Limit", price="1.00")
    await desk.send("POST", f"/accounts/{NUMBER}/orders", body, 400)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"\xff", b'{"price": NaN}', b"[" * 100_000])
async def test_bodies_that_are_no_objects(desk: Desk, raw: bytes) -> None:
    answer = await desk.client.post(f"/accounts/{NUMBER}/orders", content=raw)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "validation_error"


OPTION = "MSFT  261218C00520000"
REFUSALS: list[tuple[str, tuple[tuple[str, str, Any], ...], dict[str, Any]]] = [
    ("cant_buy_for_credit", (("Buy to Open", "KO", 1),),
     {"order_type": "Limit", "price": "60", "price_effect": "Credit"}),
    ("cant_sell_for_debit", (("Sell to Open", "KO", 1),),
     {"order_type": "Limit", "price": "60", "price_effect": "Debit"}),
    ("instrument_validation_failed", (("Buy to Open", "ZZZZ", 1),), {"order_type": "Market"}),
    ("instrument_validation_failed", (("Buy to Open", "MSFT  261218C00523450", 1),),
     {"order_type": "Limit", "price": "1"}),
    ("gtc_market_orders_not_supported", (("Buy to Open", "KO", 1),),
     {"order_type": "Market", "time_in_force": "GTC"}),
    ("tif_market_orders_not_supported", (("Buy to Open", "KO", 1),),
     {"order_type": "Market", "time_in_force": "Ext"}),
    ("order_must_omit_price", (("Buy to Open", "KO", 1),),
     {"order_type": "Market", "price": "60"}),
    ("order_must_omit_price", (("Buy to Open", "KO", 1),),
     {"order_type": "Marketable Limit", "price": "60"}),
    ("gtc_opening_stop_orders_not_supported", (("Buy to Open", "KO", 1),),
     {"order_type": "Stop", "stop_trigger": "99", "time_in_force": "GTC"}),
    ("illegal_buy_and_sell_on_same_symbol",
     (("Buy to Open", OPTION, 1), ("Sell to Open", OPTION, 1)),
     {"order_type": "Limit", "price": "1"}),
    ("invalid_order_type", CONDOR, {"order_type": "Market"}),
    ("fractional_market_orders_only", (("Buy to Open", "AAPL", "0.5"),),
     {"order_type": "Limit", "price": "100"}),
    ("invalid_quantity", (("Buy to Open", OPTION, "0.5"),), {"order_type": "Market"}),
    ("closing_with_no_position", (("Sell to Close", "KO", 1),),
     {"order_type": "Limit", "price": "60",
      "advanced_instructions": {"strict-position-effect-validation": True}}),
    ("order_size_limit", (("Buy to Open", "KO", 60_000),),
     {"order_type": "Limit", "price": "0.01"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "legs", "keys"), REFUSALS, ids=[f"{r[0]}-{i}" for i, r in enumerate(REFUSALS)]
)
async def test_business_rules(
    desk: Desk, code: str, legs: tuple[tuple[str, str, Any], ...], keys: dict[str, Any]
) -> None:
    body = desk.order_body(*legs, **keys)
    for path in ("orders", "orders/dry-run"):
        refused = await desk.send("POST", f"/accounts/{NUMBER}/{path}", body, 422)
        assert refused["error"]["code"] == "preflight_check_failure"
        assert code in [item["code"] for item in refused["error"]["errors"]]
    assert desk.world.orders == {}


async def test_several_failures_are_told_together(desk: Desk) -> None:
    body = desk.order_body(
        ("Buy to Open", "KO", 1), order_type="Market", price="60", time_in_force="GTC",
        price_effect="Credit",
    )  # fmt: skip
    refused = await desk.send("POST", f"/accounts/{NUMBER}/orders", body, 422)
    assert {item["code"] for item in refused["error"]["errors"]} == {
        "order_must_omit_price",
        "gtc_market_orders_not_supported",
        "cant_buy_for_credit",
    }


async def test_position_effects(desk: Desk) -> None:
    await desk.buy("KO", 10)

    async def refused(action: str, quantity: int) -> set[str]:
        body = desk.order_body((action, "KO", quantity), order_type="Market")
        answer = await desk.send("POST", f"/accounts/{NUMBER}/orders/dry-run", body, 422)
        return {item["code"] for item in answer["error"]["errors"]}

    assert await refused("Sell to Open", 1) == {"cannot_sell_to_open_against_long"}
    more = "cannot_close_against_more_than_existing_position"
    assert await refused("Sell to Close", 11) == {more}
    await desk.place(("Sell to Close", "KO", 6), order_type="Limit", price="99.00")
    desk.pass_time(1)
    assert await refused("Sell to Close", 6) == {more}


async def test_closing_nothing_becomes_an_opening_order(desk: Desk) -> None:
    data = await desk.place(("Sell to Close", "KO", 5), order_type="Market")
    assert [w["code"] for w in data["warnings"]] == ["closing_with_no_position"]
    desk.pass_time(2)
    order = desk.world.orders[data["order"]["id"]]
    assert order.legs[0].action == "Sell to Open"
    assert desk.account.positions["KO"].quantity == -5


async def test_an_order_may_not_meet_ones_own(desk: Desk) -> None:
    await desk.buy("KO", 10)
    await desk.place(("Sell to Close", "KO", 10), order_type="Limit", price="75.00")
    desk.pass_time(1)
    body = desk.order_body(("Buy to Open", "KO", 1), order_type="Limit", price="76.00")
    refused = await desk.send("POST", f"/accounts/{NUMBER}/orders", body, 422)
    assert refused["error"]["errors"][0]["code"] == "illegal_buy_and_sell_on_same_symbol"
    body = desk.order_body(("Buy to Open", "KO", 1), order_type="Limit", price="60.00")
    await desk.send("POST", f"/accounts/{NUMBER}/orders", body, 201)


async def test_closed_market(desk: Desk) -> None:
    desk.jump(AFTER_CLOSE)
    await desk.sign_in()
    body = desk.order_body(("Buy to Open", "KO", 1), order_type="Market")
    refused = await desk.send("POST", f"/accounts/{NUMBER}/orders", body, 422)
    code = "tif_no_after_hours_opening_market_orders"
    assert [item["code"] for item in refused["error"]["errors"]] == [code]
    future = desk.order_body(("Buy", "/ESZ6", 1), order_type="Limit", price="6000")
    refused = await desk.send("POST", f"/accounts/{NUMBER}/orders", future, 422)
    code = "tif.futures_session_not_active"
    assert [item["code"] for item in refused["error"]["errors"]] == [code]


async def test_extended_hours(desk: Desk) -> None:
    desk.jump(AFTER_CLOSE)
    await desk.sign_in()
    data = await desk.place(
        ("Buy to Open", "KO", 1), order_type="Limit", price="99.00", time_in_force="Ext"
    )
    desk.pass_time(3)
    assert desk.world.orders[data["order"]["id"]].status == "Filled"
    desk.jump(datetime(2026, 11, 19, 4, 0, tzinfo=UTC))
    await desk.sign_in()
    body = desk.order_body(
        ("Buy to Open", "KO", 1), order_type="Limit", price="99.00", time_in_force="Ext"
    )
    refused = await desk.send("POST", f"/accounts/{NUMBER}/orders", body, 422)
    assert refused["error"]["errors"][0]["code"] == "tif_no_after_hours_orders"


@pytest.mark.parametrize(
    ("flag", "value", "code"),
    [
        ("is-closing-only", True, "closing_only"),
        ("is-frozen", True, "account_restricted"),
        ("options-level", "Covered And Cash Secured", "invalid_option_level"),
    ],
)
async def test_account_permissions(desk: Desk, flag: str, value: Any, code: str) -> None:
    change = {"account-number": NUMBER, flag: value}
    assert (await desk.client.post("/control/accounts", json=change)).status_code == 200
    body = desk.order_body(*CONDOR, order_type="Limit", price="0.05", price_effect="Credit")
    refused = await desk.send("POST", f"/accounts/{NUMBER}/orders", body, 422)
    assert code in [item["code"] for item in refused["error"]["errors"]]


async def test_read_only_authority(desk: Desk) -> None:
    next(iter(desk.world.users.values())).accounts[NUMBER] = "read-only"
    body = desk.order_body(("Buy to Open", "KO", 1), order_type="Market")
    await desk.send("POST", f"/accounts/{NUMBER}/orders", body, 403)
    await desk.get(f"/accounts/{NUMBER}/orders/live")


# -- lists -----------------------------------------------------------------------------------


async def test_lists(desk: Desk) -> None:
    for price in ("30.00", "31.00", "32.00"):
        await desk.place(("Buy to Open", "KO", 1), order_type="Limit", price=price)
    await desk.buy("MSFT", 1)
    base = f"/accounts/{NUMBER}/orders"
    everything = await desk.get(base)
    ids = [o["id"] for o in everything["items"]]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == 4
    oldest = await desk.get(base, **{"sort": "Asc", "per-page": 2, "page-offset": 1})
    assert [o["id"] for o in oldest["items"]] == ids[::-1][2:]
    live = await desk.get(base, **{"status[]": ["Live", "Routed"], "underlying-symbol": "KO"})
    assert len(live["items"]) == 3
    assert (await desk.get(base, **{"start-date": "2026-11-19"}))["items"] == []
    over = {"account-numbers[]": NUMBER}
    assert len((await desk.get("/customers/me/orders", **over))["items"]) == 4
    assert len((await desk.get("/customers/me/orders/live", **over))["items"]) == 4


@pytest.mark.parametrize(
    ("path", "query", "domain"),
    [
        (f"/accounts/{NUMBER}/orders", {"sort": "desc"}, "sort"),
        (f"/accounts/{NUMBER}/orders", {"per-page": 250}, "per-page"),
        (f"/accounts/{NUMBER}/orders", {"per-page": "many"}, "per-page"),
        (f"/accounts/{NUMBER}/orders", {"start-date": "soon"}, "start-date"),
        ("/customers/me/orders", {}, "account-numbers"),
    ],
)
async def test_wrong_queries(desk: Desk, path: str, query: dict[str, Any], domain: str) -> None:
    await desk.place(("Buy to Open", "KO", 1), order_type="Limit", price="30.00")
    refused = await desk.get(path, 400, **query)
    assert refused["error"]["errors"][0]["domain"] == domain


async def test_newer_versions_want_a_start(desk: Desk) -> None:
    headers = {"accept-version": "20261012"}
    answer = await desk.client.get(f"/accounts/{NUMBER}/orders", headers=headers)
    assert answer.json()["error"]["errors"] == [{"domain": "start-date", "reason": "is missing"}]


async def test_the_same_identifier_places_two_orders(desk: Desk) -> None:
    ids = set()
    for _ in range(2):
        data = await desk.place(
            ("Buy to Open", "KO", 1), order_type="Limit", price="30.00",
            external_identifier="same",
        )  # fmt: skip
        assert data["order"]["external-identifier"] == "same"
        ids.add(data["order"]["id"])
    assert len(ids) == 2
    ledger = (await desk.client.get("/control/ledger")).json()
    assert [e["external-identifier"] for e in ledger["entries"]] == ["same", "same"]


async def test_foreign_and_unknown_orders_look_alike(desk: Desk) -> None:
    for number in ("1", "x", "99999999999999999999"):
        refused = await desk.get(f"/accounts/{NUMBER}/orders/{number}", 404)
        assert refused["error"] == {"code": "record_not_found", "message": "Couldn't find order"}


def test_timings_are_those_of_the_contract() -> None:
    from simulator.orders import machine

    assert timedelta(milliseconds=210) == machine.TO_FLIGHT
    assert timedelta(milliseconds=150) == machine.TO_CANCEL
