"""Replacing and editing orders: what may change, what is kept, what is shown."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.simulator.conftest import NUMBER, Desk
from tests.simulator.shapes import differences, order_sample

BASE = f"/accounts/{NUMBER}/orders"
TIMES = frozenset(
    {"in-flight-at", "live-at", "terminal-at", "cancelled-at", "ext-client-order-id",
     "ext-exchange-order-number", "ext-global-order-number", "contingent-status",
     "external-identifier", "source"}
)  # fmt: skip


async def resting(desk: Desk, **keys: Any) -> int:
    """A buy of KO far from the market."""
    data = await desk.place(("Buy to Open", "KO", 10), order_type="Limit", price="30.00", **keys)
    desk.pass_time(2)
    number: int = data["order"]["id"]
    return number


async def shape(desk: Desk, number: int, name: str, more: frozenset[str] = frozenset()) -> None:
    answer = (await desk.client.get(f"{BASE}/{number}")).json()
    assert differences(order_sample(name), answer, TIMES | more) == []


async def test_checking_a_replacement(desk: Desk) -> None:
    number = await resting(desk)
    body = desk.order_body(("Buy to Open", "KO", 10), order_type="Limit", price="31.00")
    answer = await desk.client.post(f"{BASE}/{number}/dry-run", json=body)
    assert answer.status_code == 201
    assert differences(order_sample("dry_run_replace_201"), answer.json()) == []
    order = answer.json()["data"]["order"]
    assert (order["status"], order["contingent-status"]) == ("Contingent", "Pending Order")
    partial = await desk.send("POST", f"{BASE}/{number}/dry-run", {"price": "29.50"}, 201)
    assert partial["order"]["price"] == "29.5"
    effect = Decimal(partial["buying-power-effect"]["change-in-buying-power"])
    assert effect == Decimal("295.008") / 2 or effect > 0
    assert len(desk.world.orders) == 1
    await desk.send("POST", f"{BASE}/{number}/dry-run", {"price": "-1"}, 400)
    await desk.send("POST", f"{BASE}/{number}/dry-run", {"order-type": "Stop"}, 400)


async def test_the_states_of_both_orders(desk: Desk) -> None:
    number = await resting(desk)
    answer = await desk.client.patch(f"{BASE}/{number}", json={"price": "31.00"})
    assert differences(order_sample("edit_patch_200"), answer.json(), TIMES) == []
    assert answer.json()["context"] == f"{BASE}/{number}"
    fresh = answer.json()["data"]["id"]
    await shape(desk, number, "get_original_replace_requested_200")
    desk.pass_time(2)
    await shape(desk, number, "get_original_after_replace_200")
    await shape(desk, fresh, "get_replacement_live_200")


async def test_a_dropped_replacement(desk: Desk) -> None:
    number = await resting(desk)
    fresh = await desk.send("PATCH", f"{BASE}/{number}", {"price": "31.00"}, 200)
    await desk.client.post("/control/prices", json={"symbol": "KO", "factor": 0.3})
    desk.pass_time(2)
    assert desk.world.orders[number].status == "Filled"
    await shape(desk, fresh["id"], "get_replacement_aborted_200")


async def test_what_a_body_leaves_out_is_kept(desk: Desk) -> None:
    number = await resting(
        desk, time_in_force="GTC", external_identifier="mine", source="tests/1.0",
        advanced_instructions={"strict-position-effect-validation": True},
    )  # fmt: skip
    fresh = await desk.send("PATCH", f"{BASE}/{number}", {"price": "31.00"}, 200)
    kept = desk.world.orders[fresh["id"]]
    assert (kept.time_in_force, kept.external_identifier, kept.source, kept.strict) == (
        "GTC", "mine", "tests/1.0", True
    )  # fmt: skip
    desk.pass_time(2)
    path = f"{BASE}/{fresh['id']}"
    later = await desk.send(
        "PATCH", path, {"time-in-force": "GTD", "gtc-date": "2026-12-01",
                        "external-identifier": "second"}, 200
    )  # fmt: skip
    assert (later["gtc-date"], later["external-identifier"]) == ("2026-12-01", "second")
    desk.pass_time(2)
    day = await desk.send("PATCH", f"{BASE}/{later['id']}", {"time-in-force": "Day"}, 200)
    assert "gtc-date" not in day


async def test_another_order_type(desk: Desk) -> None:
    await desk.buy("KO", 10)
    data = await desk.place(("Sell to Close", "KO", 10), order_type="Limit", price="200.00")
    desk.pass_time(2)
    body = {"order-type": "Stop", "stop-trigger": "20.00"}
    stop = await desk.send("PATCH", f"{BASE}/{data['order']['id']}", body, 200)
    assert (stop["order-type"], stop["stop-trigger"]) == ("Stop", "20.0")
    assert "price" not in stop
    desk.pass_time(2)
    market = await desk.send("PATCH", f"{BASE}/{stop['id']}", {"order-type": "Market"}, 200)
    assert "stop-trigger" not in market
    desk.pass_time(2)
    assert desk.world.orders[market["id"]].status == "Filled"


@pytest.mark.parametrize(
    "change",
    [
        {"legs": [{"instrument-type": "Equity", "symbol": "KO", "action": "Buy to Open",
                   "quantity": 11}]},
        {"legs": [{"instrument-type": "Equity", "symbol": "PEP", "action": "Buy to Open",
                   "quantity": 10}]},
        {"rules": {"route-after": "2026-11-18T16:00:00Z"}},
    ],
)  # fmt: skip
async def test_the_rest_may_not_change(desk: Desk, change: dict[str, Any]) -> None:
    number = await resting(desk)
    for method in ("PATCH", "PUT"):
        refused = await desk.send(method, f"{BASE}/{number}", {"price": "31.00"} | change, 422)
        assert refused["error"]["code"] == "cannot_update_order"
    refused = await desk.send("POST", f"{BASE}/{number}/dry-run", change, 422)
    assert refused["error"]["code"] == "cannot_update_order"


async def test_a_replaced_conditional_order_keeps_its_condition(desk: Desk) -> None:
    threshold = str((desk.quote("PEP").last * Decimal("1.1")).quantize(Decimal("0.01")))
    rules = {
        "conditions": [
            {"action": "route", "symbol": "PEP", "instrument-type": "Equity",
             "indicator": "last", "comparator": "gte", "threshold": threshold}
        ]
    }  # fmt: skip
    price = str(desk.quote("KO").ask + 1)
    body = desk.order_body(("Buy to Open", "KO", 10), order_type="Limit", price="30.00")
    placed = await desk.send("POST", BASE, body | {"rules": rules}, 201)
    number = placed["order"]["id"]
    fresh = await desk.send("PATCH", f"{BASE}/{number}", {"price": price, "rules": rules}, 200)
    kept = desk.world.orders[fresh["id"]]
    assert desk.world.orders[number].status == "Cancelled"
    desk.pass_time(5)
    assert (kept.status, kept.contingent_status) == ("Contingent", "Pending Condition")
    await desk.client.post("/control/prices", json={"symbol": "PEP", "factor": 1.2})
    desk.pass_time(5)
    assert kept.status == "Filled"


async def test_a_replaced_order_still_ends_with_its_day(desk: Desk) -> None:
    number = await resting(desk)
    fresh = await desk.send("PATCH", f"{BASE}/{number}", {"price": "31.00"}, 200)
    desk.pass_time(7 * 3600)
    assert desk.world.orders[fresh["id"]].status == "Expired"
