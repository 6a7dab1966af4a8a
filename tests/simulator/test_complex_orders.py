"""Complex orders: how the members of OTO, OCO, OTOCO and PAIRS move each other."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.simulator.conftest import NUMBER, Desk
from tests.simulator.shapes import differences, order_sample

BASE = f"/accounts/{NUMBER}/complex-orders"
CENT = Decimal("0.01")
OPTIONAL = frozenset(
    {"in-flight-at", "live-at", "terminal-at", "cancelled-at", "cancelled-size",
     "ext-client-order-id", "ext-exchange-order-number", "ext-global-order-number",
     "contingent-status", "price", "price-effect", "stop-trigger", "replaces-order-id",
     "replacing-order-id", "fills", "cancel-user-id", "cancel-username"}
)  # fmt: skip


def at(desk: Desk, symbol: str, factor: str) -> str:
    """A price as a share of the bid."""
    return str((desk.quote(symbol).bid * Decimal(factor)).quantize(CENT))


def limit(desk: Desk, action: str, symbol: str, quantity: Any, price: str, **keys: Any) -> Any:
    return desk.order_body((action, symbol, quantity), order_type="Limit", price=price, **keys)


def stop(desk: Desk, action: str, symbol: str, quantity: Any, trigger: str, **keys: Any) -> Any:
    return desk.order_body(
        (action, symbol, quantity), order_type="Stop", stop_trigger=trigger, **keys
    )


def exits(desk: Desk, symbol: str = "KO", quantity: Any = 10) -> list[dict[str, Any]]:
    """A target 3 % above and a stop 3 % below."""
    return [
        limit(desk, "Sell to Close", symbol, quantity, at(desk, symbol, "1.03"),
              time_in_force="GTC"),
        stop(desk, "Sell to Close", symbol, quantity, at(desk, symbol, "0.97"),
             time_in_force="GTC"),
    ]  # fmt: skip


def bracket(desk: Desk, price: str | None = None, quantity: Any = 10) -> dict[str, Any]:
    entry = limit(desk, "Buy to Open", "KO", quantity, price or at(desk, "KO", "1.01"))
    return {"type": "OTOCO", "trigger-order": entry, "orders": exits(desk, quantity=quantity)}


async def post(desk: Desk, body: Any, status: int = 201, path: str = BASE) -> Any:
    return await desk.send("POST", path, body, status)


async def group_of(desk: Desk, data: Any) -> Any:
    return await desk.get(f"{BASE}/{data['complex-order']['id']}")


def states(group: Any) -> list[str]:
    """States of trigger and members."""
    members = [*([group["trigger-order"]] if "trigger-order" in group else []), *group["orders"]]
    return [order["status"] for order in members]


def codes(body: Any) -> list[str]:
    return [item["code"] for item in body["error"]["errors"]]


async def move(desk: Desk, symbol: str, factor: float) -> None:
    await desk.client.post("/control/prices", json={"symbol": symbol, "factor": factor})


# -- brackets --------------------------------------------------------------------------------


async def test_a_bracket_from_entry_to_target(desk: Desk) -> None:
    data = await post(desk, bracket(desk))
    first = data["complex-order"]
    assert states(first) == ["Contingent"] * 3
    assert {o["contingent-status"] for o in first["orders"]} == {"Pending Order"}
    assert [o["preflight-id"] for o in (first["trigger-order"], *first["orders"])] == [0, 1, 2]
    desk.pass_time(0.05)
    assert states(await group_of(desk, data)) == ["Routed", "Contingent", "Contingent"]
    desk.pass_time(5)
    entered = await group_of(desk, data)
    assert states(entered) == ["Filled", "Live", "Live"]
    assert "terminal-at" not in entered
    await move(desk, "KO", 1.06)
    desk.pass_time(2)
    done = await group_of(desk, data)
    assert states(done) == ["Filled", "Filled", "Cancelled"]
    assert done["terminal-at"]
    assert "KO" not in desk.account.positions or not desk.account.positions["KO"].quantity


async def test_the_stop_side_cancels_the_target(desk: Desk) -> None:
    data = await post(desk, bracket(desk))
    desk.pass_time(3)
    await move(desk, "KO", 0.94)
    desk.pass_time(1)
    assert states(await group_of(desk, data)) == ["Filled", "Cancelled", "Filled"]


async def test_an_entry_that_ends_takes_the_exits_along(desk: Desk) -> None:
    data = await post(desk, bracket(desk, price=at(desk, "KO", "0.80")))
    desk.pass_time(3)
    assert states(await group_of(desk, data)) == ["Live", "Contingent", "Contingent"]
    desk.jump(datetime(2026, 11, 18, 21, 30, tzinfo=UTC))
    await desk.sign_in()
    ended = await group_of(desk, data)
    assert states(ended) == ["Expired", "Cancelled", "Cancelled"]
    assert ended["terminal-at"]


async def test_exits_wait_for_the_whole_entry(desk: Desk) -> None:
    body = bracket(desk)
    body["trigger-order"]["external-identifier"] = "partial:4"
    data = await post(desk, body)
    desk.pass_time(3)
    group = await group_of(desk, data)
    assert group["trigger-order"]["legs"][0]["remaining-quantity"] == 6
    assert states(group) == ["Live", "Contingent", "Contingent"]
    await desk.send("DELETE", f"{BASE}/{group['id']}", None, 200)
    desk.pass_time(1)
    assert states(await group_of(desk, data)) == ["Cancelled"] * 3
    assert desk.account.positions["KO"].quantity == 4


async def test_a_bracket_placed_after_the_close_waits_for_the_open(desk: Desk) -> None:
    desk.jump(datetime(2026, 11, 18, 22, 10, tzinfo=UTC))
    await desk.sign_in()
    data = await post(desk, bracket(desk, price=at(desk, "KO", "1.05")))
    assert {w["code"] for w in data["warnings"]} == {"tif.next_valid_session"}
    assert [w["preflight-id"] for w in data["warnings"]] == [0, 1, 2]
    desk.pass_time(1)
    assert states(await group_of(desk, data)) == ["Received", "Contingent", "Contingent"]
    desk.jump(datetime(2026, 11, 19, 14, 30, 5, tzinfo=UTC))
    await desk.sign_in()
    assert states(await group_of(desk, data)) == ["Filled", "Live", "Live"]


async def test_cancelling_a_bracket(desk: Desk) -> None:
    data = await post(desk, bracket(desk, price=at(desk, "KO", "0.80")))
    desk.pass_time(3)
    path = f"{BASE}/{data['complex-order']['id']}"
    asked = await desk.client.delete(path)
    assert asked.status_code == 200
    assert differences(order_sample("cancel_otoco_200"), asked.json(), OPTIONAL) == []
    assert states(asked.json()["data"]) == ["Cancel Requested", "Cancelled", "Cancelled"]
    assert states(await desk.send("DELETE", path, None, 200))[0] == "Cancel Requested"
    desk.pass_time(1)
    assert states(await group_of(desk, data)) == ["Cancelled"] * 3
    refused = await desk.send("DELETE", path, None, 422)
    assert refused["error"]["code"] == "cannot_update_order"


async def test_a_member_is_not_cancelled_alone(desk: Desk) -> None:
    data = await post(desk, bracket(desk))
    desk.pass_time(3)
    member = (await group_of(desk, data))["orders"][0]["id"]
    await desk.send("DELETE", f"/accounts/{NUMBER}/orders/{member}", None, 422)


async def test_a_replaced_member_keeps_its_place(desk: Desk) -> None:
    data = await post(desk, bracket(desk))
    desk.pass_time(3)
    old = (await group_of(desk, data))["orders"][0]["id"]
    path = f"/accounts/{NUMBER}/orders/{old}"
    price = at(desk, "KO", "1.04")
    fresh = await desk.send("PATCH", path, {"price": price}, 200)
    assert fresh["complex-order-tag"] == "OTOCO::oco-1-order"
    desk.pass_time(2)
    answer = (await desk.client.get(f"{BASE}/{data['complex-order']['id']}")).json()
    sample = order_sample("get_otoco_with_replaced_member_200")
    assert differences(sample, answer, OPTIONAL) == []
    group = answer["data"]
    assert states(group) == ["Filled", "Live", "Live"]
    assert [o["id"] for o in group["related-orders"]] == [old]
    assert group["orders"][0]["price"] == str(Decimal(price).normalize())
    await move(desk, "KO", 1.08)
    desk.pass_time(1)
    assert states(await group_of(desk, data)) == ["Filled", "Filled", "Cancelled"]


async def test_a_waiting_member_is_replaced_and_waits_on(desk: Desk) -> None:
    data = await post(desk, bracket(desk, price=at(desk, "KO", "0.98")))
    desk.pass_time(3)
    old = (await group_of(desk, data))["orders"][1]["id"]
    trigger = at(desk, "KO", "0.90")
    await desk.send("PATCH", f"/accounts/{NUMBER}/orders/{old}", {"stop-trigger": trigger}, 200)
    group = await group_of(desk, data)
    assert states(group) == ["Live", "Contingent", "Contingent"]
    assert group["orders"][1]["id"] != old
    await move(desk, "KO", 0.975)
    desk.pass_time(3)
    assert states(await group_of(desk, data)) == ["Filled", "Live", "Live"]


# -- OCO -------------------------------------------------------------------------------------


async def test_two_exits_of_a_position(desk: Desk) -> None:
    await desk.buy("KO", 10)
    answer = await desk.client.post(BASE, json={"type": "OCO", "orders": exits(desk)})
    assert answer.status_code == 201
    assert differences(order_sample("place_oco_201"), answer.json(), OPTIONAL) == []
    desk.pass_time(2)
    data = answer.json()["data"]
    assert states(await group_of(desk, data)) == ["Live", "Live"]
    refused = await desk.place(
        ("Sell to Close", "KO", 1), order_type="Limit", price="200.00", status=422
    )
    assert codes(refused) == ["cannot_close_against_more_than_existing_position"]
    await move(desk, "KO", 1.06)
    desk.pass_time(2)
    assert states(await group_of(desk, data)) == ["Filled", "Cancelled"]
    kinds = [f["type"] for f in desk.sent()]
    assert "ComplexOrder" in kinds


async def test_the_sides_never_close_more_than_one_of_them(desk: Desk) -> None:
    """20 are held, the pair is for 10: a crash through both prices sells 10."""
    await desk.buy("KO", 20)
    sides = exits(desk)
    sides[0]["external-identifier"] = "partial:4"
    data = await post(desk, {"type": "OCO", "orders": sides})
    desk.pass_time(2)
    group = await group_of(desk, data)
    assert group["orders"][0]["legs"][0]["remaining-quantity"] == 6
    await move(desk, "KO", 0.90)
    desk.pass_time(2)
    done = await group_of(desk, data)
    assert [o["legs"][0]["remaining-quantity"] for o in done["orders"]] == [6, 4]
    assert states(done) == ["Cancelled", "Cancelled"]
    assert desk.account.positions["KO"].quantity == 10


async def test_an_expired_side_leaves_the_other(desk: Desk) -> None:
    await desk.buy("KO", 10)
    sides = exits(desk)
    sides[0]["time-in-force"] = "Day"
    data = await post(desk, {"type": "OCO", "orders": sides})
    desk.jump(datetime(2026, 11, 19, 15, 0, tzinfo=UTC))
    await desk.sign_in()
    group = await group_of(desk, data)
    assert group["orders"][0]["status"] == "Expired"
    assert group["orders"][1]["status"] in ("Live", "Filled")


async def test_wrong_pairs_of_exits(desk: Desk) -> None:
    await desk.buy("KO", 10)
    two = [limit(desk, "Sell to Close", "KO", 10, p, time_in_force="GTC") for p in ("99.00",) * 2]
    answer = await desk.client.post(BASE, json={"type": "OCO", "orders": two})
    assert answer.status_code == 422
    assert answer.json() == order_sample("place_oco_bad_combo_422")
    entering = [
        limit(desk, "Buy to Open", "KO", 10, "30.00"),
        stop(desk, "Buy to Open", "KO", 10, "99.00"),
    ]
    refused = await post(desk, {"type": "OCO", "orders": entering}, 422)
    assert codes(refused) == ["oco_orders_must_close"] * 2
    nothing = await post(desk, {"type": "OCO", "orders": exits(desk, "MSFT")}, 422)
    alone = [e for e in nothing["error"]["errors"] if e["code"] == "closing_with_no_position"]
    assert [e["preflight-id"] for e in alone] == [0, 1]
    assert not desk.world.complex_orders


# -- OTO, PAIRS ------------------------------------------------------------------------------


async def test_covered_call_after_its_shares(desk: Desk) -> None:
    desk.account.status["options-level"] = "Covered And Cash Secured"
    call = "KO    261218C00075000"
    body = {
        "type": "OTO",
        "trigger-order": desk.order_body(("Buy to Open", "KO", 100), order_type="Market"),
        "orders": [limit(desk, "Sell to Open", call, 1, "0.01", time_in_force="GTC")],
    }
    data = await post(desk, body)
    assert [o["complex-order-tag"] for o in data["complex-order"]["orders"]] == ["OTO::order"]
    desk.pass_time(3)
    group = await group_of(desk, data)
    assert group["trigger-order"]["status"] == "Filled"
    desk.pass_time(30)
    assert states(await group_of(desk, data)) == ["Filled", "Filled"]
    assert desk.account.positions[call].quantity == -1


async def test_what_cannot_be_paid_when_its_turn_comes_is_rejected(desk: Desk) -> None:
    body = {
        "type": "OTO",
        "trigger-order": desk.order_body(("Buy to Open", "KO", 10), order_type="Market"),
        "orders": [limit(desk, "Buy to Open", "MSFT", 4000, "400.00")],
    }
    data = await post(desk, body)
    desk.pass_time(3)
    group = await group_of(desk, data)
    assert states(group) == ["Filled", "Rejected"]
    assert "buying power" in group["orders"][0]["reject-reason"]


async def test_market_triggers_can_be_refused(desk: Desk) -> None:
    await desk.client.post("/control/settings", json={"market-triggers": False})
    body = bracket(desk)
    body["trigger-order"] = desk.order_body(("Buy to Open", "KO", 10), order_type="Market")
    refused = await post(desk, body, 422)
    assert codes(refused) == ["invalid_oco_order_type_combo"]


def pair(desk: Desk, threshold: str, comparator: str = "gte") -> dict[str, Any]:
    return {
        "type": "PAIRS",
        "ratio-price-comparator": comparator,
        "ratio-price-threshold": threshold,
        "ratio-price-is-threshold-based-on-notional": False,
        "orders": [
            desk.order_body(("Buy to Open", "KO", 30), order_type="Market"),
            desk.order_body(("Sell to Open", "PEP", 12), order_type="Market"),
        ],
    }


async def test_a_pair_goes_out_when_the_ratio_passes(desk: Desk) -> None:
    ratio = Decimal(desk.quote("KO").last) / Decimal(desk.quote("PEP").last)
    data = await post(desk, pair(desk, str((ratio * Decimal("1.2")).quantize(CENT / 100))))
    desk.pass_time(30)
    assert states(await group_of(desk, data)) == ["Contingent", "Contingent"]
    await move(desk, "KO", 1.3)
    desk.pass_time(5)
    group = await group_of(desk, data)
    assert states(group) == ["Filled", "Filled"]
    assert {o["complex-order-tag"] for o in group["orders"]} == {"PAIRS::order"}
    assert desk.account.positions["PEP"].quantity == -12


async def test_only_the_ratio_of_a_pair_is_edited(desk: Desk) -> None:
    data = await post(desk, pair(desk, "9.0"))
    desk.pass_time(1)
    path = f"{BASE}/{data['complex-order']['id']}"
    dry = await post(desk, {"ratio-price-threshold": "0.01"}, 201, f"{path}/dry-run")
    assert dry["complex-order"]["ratio-price-threshold"] == "0.01"
    assert (await group_of(desk, data))["ratio-price-threshold"] == "9.0"
    moved = await desk.send(
        "PATCH", path, {"ratio-price-threshold": "0.01", "ratio-price-comparator": "gte"}, 200
    )
    assert moved["complex-order"]["ratio-price-threshold"] == "0.01"
    desk.pass_time(5)
    assert states(await group_of(desk, data)) == ["Filled", "Filled"]
    refused = await desk.send("PATCH", path, {"ratio-price-threshold": "1"}, 422)
    assert refused["error"]["code"] == "cannot_update_order"
    other = await post(desk, bracket(desk))
    await desk.send("PATCH", f"{BASE}/{other['complex-order']['id']}", {}, 422)


# -- forms -----------------------------------------------------------------------------------


async def test_dry_run(desk: Desk) -> None:
    answer = await desk.client.post(f"{BASE}/dry-run", json=bracket(desk))
    assert answer.status_code == 201
    assert differences(order_sample("dry_run_otoco_201"), answer.json(), OPTIONAL) == []
    assert not desk.world.orders
    assert not desk.world.complex_orders


async def test_samples_and_lists(desk: Desk) -> None:
    answer = await desk.client.post(BASE, json=bracket(desk))
    assert differences(order_sample("place_otoco_201"), answer.json(), OPTIONAL) == []
    desk.pass_time(5)
    one = await desk.client.get(f"{BASE}/{answer.json()['data']['complex-order']['id']}")
    optional = OPTIONAL | {"fills"}
    assert differences(order_sample("get_otoco_after_trigger_200"), one.json(), optional) == []
    for path, name in (("", "list_complex_orders_200"), ("/live", "list_live_complex_orders_200")):
        found = (await desk.client.get(f"{BASE}{path}")).json()
        assert differences(order_sample(name), found, optional) == []
    await move(desk, "KO", 1.06)
    desk.pass_time(2)
    one = await desk.client.get(f"{BASE}/{answer.json()['data']['complex-order']['id']}")
    assert differences(order_sample("get_otoco_finished_200"), one.json(), optional) == []
    frames = [f for f in desk.sent() if f["type"] == "ComplexOrder"]
    assert frames[-1]["data"] == one.json()["data"]
    sample = order_sample_frames("streamer_complex_order")[0]
    assert differences(sample, frames[-2], optional | {"terminal-at"}) == []


def order_sample_frames(name: str) -> list[Any]:
    import json

    from tests.simulator.shapes import SAMPLES

    found: list[Any] = json.loads((SAMPLES / "orders" / f"{name}.json").read_text())["frames"]
    return found


async def test_live_lists_todays_groups(desk: Desk) -> None:
    await post(desk, bracket(desk))
    desk.jump(datetime(2026, 11, 19, 15, 0, tzinfo=UTC))
    await desk.sign_in()
    assert (await desk.get(f"{BASE}/live"))["items"] == []
    assert len((await desk.get(BASE))["items"]) == 1


@pytest.mark.parametrize(
    ("change", "domain"),
    [
        ({"type": "BLAST"}, "type"),
        ({"type": None}, "type"),
        ({"orders": []}, "orders"),
        ({"orders": "two"}, "orders"),
        ({"trigger-order": None}, "trigger-order"),
        ({"trigger-order": 7}, "trigger-order"),
        ({"trigger-order": {"order-type": "Limit"}}, "trigger-order.time-in-force"),
        ({"type": "OCO"}, "trigger-order"),
        ({"type": "PAIRS", "trigger-order": None}, "ratio-price-threshold"),
    ],
)
async def test_wrong_structure(desk: Desk, change: dict[str, Any], domain: str) -> None:
    refused = await post(desk, bracket(desk) | change, 400)
    assert domain in [item["domain"] for item in refused["error"]["errors"]]


async def test_a_margin_failure_carries_its_figures(desk: Desk) -> None:
    refused = await post(desk, bracket(desk, quantity=9000), 422)
    assert codes(refused) == ["margin_check_failed"]
    assert refused["data"]["buying-power-effect"]["change-in-buying-power-effect"] == "Debit"


async def test_waiting_exits_reserve_nothing_and_stand_in_nobodys_way(desk: Desk) -> None:
    before = await desk.get(f"/accounts/{NUMBER}/balances/USD")
    await post(desk, bracket(desk, price="1.00"))
    desk.pass_time(2)
    after = await desk.get(f"/accounts/{NUMBER}/balances/USD")
    key = "equity-buying-power"
    assert Decimal(after[key]) < Decimal(before[key])
    await desk.place(("Buy to Open", "KO", 1), order_type="Market")


async def test_foreign_groups_are_not_found(desk: Desk) -> None:
    await desk.get(f"{BASE}/1", 404)
    await desk.get(f"{BASE}/x", 404)
