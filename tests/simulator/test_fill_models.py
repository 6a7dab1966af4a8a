"""Fill models and scripted orders; the ledger keeps the names of both."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from simulator.fills import steer
from simulator.fills.scripts import read
from simulator.model import Order
from tests.simulator.conftest import NUMBER, Desk

CENT = Decimal("0.01")


async def use(desk: Desk, **settings: Any) -> None:
    body = {key.replace("_", "-"): value for key, value in settings.items()}
    answer = await desk.client.post("/control/settings", json=body)
    assert answer.status_code == 200, answer.text


async def placed(desk: Desk, *legs: tuple[str, str, Any], **keys: Any) -> Order:
    data = await desk.place(*(legs or (("Buy to Open", "KO", 10),)), **keys)
    return desk.world.orders[data["order"]["id"]]


def far_limit(desk: Desk, factor: str = "0.80") -> dict[str, str]:
    """A buy that the market does not reach."""
    price = (desk.quote("KO").ask * Decimal(factor)).quantize(CENT)
    return {"order_type": "Limit", "price": str(price)}


def fills_of(order: Order) -> list[tuple[Decimal, Decimal]]:
    return [(f.quantity, f.price) for leg in order.legs for f in leg.fills]


def entries(desk: Desk, kind: str) -> list[dict[str, Any]]:
    return [entry for entry in desk.world.journal if entry["kind"] == kind]


# -- models ----------------------------------------------------------------------------------


async def test_the_old_table_fills_markets_at_one_dollar(desk: Desk) -> None:
    await use(desk, fill_model="legacy-cert")
    order = await placed(desk, order_type="Market")
    desk.pass_time(3)
    assert (order.status, fills_of(order)) == ("Filled", [(10, Decimal("1.00"))])
    assert order.legs[0].fills[0].venue == "TEST_A"
    assert order.legs[0].fills[0].group_id == "0"
    assert entries(desk, "fills")[0]["fill-model"] == "legacy-cert"


async def test_the_old_table_fills_limits_below_three(desk: Desk) -> None:
    await use(desk, fill_model="legacy-cert")
    low = await placed(desk, order_type="Limit", price="2.99")
    high = await placed(desk, order_type="Limit", price="3.00")
    desk.pass_time(30)
    assert (low.status, fills_of(low)) == ("Filled", [(10, Decimal("2.99"))])
    assert high.status == "Live"
    rich = await placed(desk, order_type="Limit", price=str(desk.quote("KO").ask + 5))
    desk.pass_time(30)
    assert rich.status == "Live"


async def test_a_stop_of_the_old_table_rests_until_it_is_woken(desk: Desk) -> None:
    await desk.buy("KO", 10)
    await use(desk, fill_model="legacy-cert")
    above = str(desk.quote("KO").ask + 10)
    order = await placed(
        desk, ("Sell to Close", "KO", 10), order_type="Stop Limit", stop_trigger=above, price="2.50"
    )
    desk.pass_time(10)
    assert order.status == "Live"
    steer.trigger(desk.world, order)
    assert (order.status, fills_of(order)) == ("Filled", [(10, Decimal("2.50"))])


async def test_a_spread_of_the_old_table_costs_its_limit(desk: Desk) -> None:
    await use(desk, fill_model="legacy-cert")
    order = await placed(
        desk,
        ("Buy to Open", "MSFT  261218C00500000", 1),
        ("Sell to Open", "MSFT  261218C00510000", 1),
        order_type="Limit",
        price="1.35",
    )
    desk.pass_time(3)
    prices = [leg.fills[0].price for leg in order.legs]
    assert prices[0] - prices[1] == Decimal("1.35")
    assert min(prices) >= 0


async def test_the_middle_is_drawn_by_chance(desk: Desk) -> None:
    await use(desk, fill_model="mid", mid_probability=1.0)
    symbol = "MSFT  261218C00500000"
    quote = desk.quote(symbol)
    assert quote.ask - quote.bid >= 2 * CENT
    limit = str(quote.ask - CENT)
    order = await placed(desk, ("Buy to Open", symbol, 1), order_type="Limit", price=limit)
    desk.pass_time(1)
    quote = desk.quote(symbol)
    assert order.status == "Filled"
    price = fills_of(order)[0][1]
    assert quote.bid < price < quote.ask
    assert price >= (quote.bid + quote.ask) / 2
    assert entries(desk, "fills")[0]["fill-model"] == "mid"


async def test_without_luck_the_middle_is_not_given(desk: Desk) -> None:
    await use(desk, fill_model="mid", mid_probability=0.0)
    symbol = "MSFT  261218C00500000"
    limit = str(desk.quote(symbol).bid + CENT)
    order = await placed(desk, ("Buy to Open", symbol, 1), order_type="Limit", price=limit)
    desk.pass_time(1)
    assert order.status == "Live"


async def test_a_market_order_under_the_middle_model_takes_the_far_side(desk: Desk) -> None:
    await use(desk, fill_model="mid")
    order = await placed(desk, order_type="Market")
    desk.pass_time(3)
    assert order.status == "Filled"


# -- scripts ---------------------------------------------------------------------------------


async def test_immediate_fills_at_the_limit_that_the_market_does_not_reach(desk: Desk) -> None:
    keys = far_limit(desk)
    order = await placed(desk, **keys, external_identifier="immediate")
    desk.pass_time(1)
    assert (order.status, fills_of(order)) == ("Filled", [(10, Decimal(keys["price"]))])
    assert (order.fill_model, entries(desk, "fills")[0]["script"]) == ("scripted", "immediate")


async def test_delayed_and_scheduled(desk: Desk) -> None:
    late = await placed(desk, order_type="Market", external_identifier="delayed:20")
    at_four = "scheduled:2026-11-18T15:31:00Z"
    timed = await placed(desk, order_type="Market", external_identifier=at_four)
    desk.pass_time(15)
    assert (late.status, timed.status) == ("Live", "Live")
    desk.pass_time(10)
    assert (late.status, timed.status) == ("Filled", "Live")
    assert late.live_at is not None
    assert (late.legs[0].fills[0].at - late.live_at).total_seconds() == 20
    desk.pass_time(40)
    assert timed.status == "Filled"
    assert f"{timed.legs[0].fills[0].at:%H:%M:%S.%f}" == "15:31:00.000000"


async def test_never(desk: Desk) -> None:
    order = await placed(desk, order_type="Market", external_identifier="never")
    desk.pass_time(300)
    assert (order.status, fills_of(order)) == ("Live", [])


async def test_partial_then_rest(desk: Desk) -> None:
    order = await placed(desk, **far_limit(desk), external_identifier="partial:4")
    desk.pass_time(60)
    assert (order.status, [q for q, _ in fills_of(order)]) == ("Live", [4])


async def test_reject(desk: Desk) -> None:
    order = await placed(desk, order_type="Market", external_identifier="reject:Session offline")
    desk.pass_time(1)
    assert (order.status, order.reject_reason) == ("Rejected", "Session offline")


async def test_the_ledger_lags_behind_the_execution(desk: Desk) -> None:
    order = await placed(desk, order_type="Market", external_identifier="ledger-lag:10")
    desk.pass_time(3)
    assert order.status == "Filled"
    assert "KO" not in desk.account.positions
    cash = desk.account.cash
    body = desk.order_body(("Sell to Close", "KO", 10), order_type="Market")
    body["advanced-instructions"] = {"strict-position-effect-validation": True}
    refused = await desk.send("POST", f"/accounts/{NUMBER}/orders", body, 422)
    assert refused["error"]["errors"][0]["code"] == "closing_with_no_position"
    desk.pass_time(10)
    assert desk.account.positions["KO"].quantity == 10
    assert desk.account.cash < cash
    assert desk.cash_of_ledger() == desk.account.cash
    assert [f["type"] for f in desk.sent()][-2:] == ["CurrentPosition", "AccountBalance"]


async def test_what_is_booked_late_is_still_the_latest_change(desk: Desk) -> None:
    await placed(desk, order_type="Market", external_identifier="ledger-lag:10")
    desk.pass_time(3)
    await placed(desk, order_type="Market")
    desk.pass_time(1)
    early = desk.account.positions["KO"].updated_at
    desk.pass_time(10)
    assert desk.account.positions["KO"].quantity == 20
    assert desk.account.positions["KO"].updated_at > early


async def test_the_answer_is_lost_and_the_order_is_there(desk: Desk) -> None:
    with pytest.raises(ConnectionResetError):
        await desk.place(
            ("Buy to Open", "KO", 10), order_type="Market", external_identifier="lose-response"
        )
    (order,) = (await desk.get(f"/accounts/{NUMBER}/orders/live"))["items"]
    assert order["external-identifier"] == "lose-response"
    assert len(entries(desk, "order")) == 1


async def test_an_error_is_answered_and_the_order_is_there(desk: Desk) -> None:
    await desk.place(
        ("Buy to Open", "KO", 10), order_type="Market", external_identifier="http:503", status=503
    )
    assert len((await desk.get(f"/accounts/{NUMBER}/orders/live"))["items"]) == 1


async def test_one_script_for_all(desk: Desk) -> None:
    await use(desk, fill_model="scripted", script="never")
    order = await placed(desk, order_type="Market", external_identifier="immediate")
    await use(desk, script=None)
    other = await placed(desk, **far_limit(desk))
    desk.pass_time(5)
    assert (order.status, other.status) == ("Live", "Filled")


@pytest.mark.parametrize(
    "text",
    ["delayed:soon", "partial:0", "partial:x", "http:200", "http:", "scheduled:noon", "neverland",
     "immediately", "delayed", "rejecting", "3f7b2a10-5a42-4f0e-9d1b-0c9f0f1a2b3c"],
)  # fmt: skip
def test_other_identifiers_are_no_scripts(text: str) -> None:
    assert read(text) is None


# -- by hand ---------------------------------------------------------------------------------


async def test_filling_by_hand(desk: Desk) -> None:
    order = await placed(desk, **far_limit(desk))
    with pytest.raises(ValueError, match="work"):
        steer.fill(desk.world, order)
    desk.pass_time(2)
    steer.fill(desk.world, order, Decimal(3), Decimal("12.34"))
    assert (order.status, fills_of(order)) == ("Live", [(3, Decimal("12.34"))])
    with pytest.raises(ValueError, match="lots"):
        steer.fill(desk.world, order, Decimal(8))
    steer.fill(desk.world, order)
    assert order.status == "Filled"
    assert desk.account.positions["KO"].quantity == 10


async def test_removing_and_rejecting_by_hand(desk: Desk) -> None:
    one, two, three = [await placed(desk, **far_limit(desk)) for _ in range(3)]
    desk.pass_time(2)
    steer.fill(desk.world, two, Decimal(1))
    steer.remove(desk.world, one)
    steer.remove(desk.world, two)
    steer.reject(desk.world, three, "Unsolicited cancel")
    states = [o.status for o in (one, two, three)]
    assert states == ["Removed", "Partially Removed", "Rejected"]
    with pytest.raises(ValueError, match="ended"):
        steer.script(desk.world, one, "immediate")


async def test_scripting_a_working_order(desk: Desk) -> None:
    order = await placed(desk, **far_limit(desk))
    desk.pass_time(2)
    steer.script(desk.world, order, "delayed:5")
    desk.pass_time(2)
    assert order.status == "Live"
    desk.pass_time(4)
    assert order.status == "Filled"
