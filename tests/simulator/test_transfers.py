"""Deposits that take their time, and interest on cash."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import pytest

from simulator import snapshots
from tests.simulator.conftest import NUMBER, Desk

PATH = f"/control/accounts/{NUMBER}/movements"


async def send(desk: Desk, **keys: Any) -> Any:
    body = {key.replace("_", "-"): value for key, value in keys.items()}
    answer = await desk.client.post(PATH, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def figures(desk: Desk) -> tuple[D, D, D, D]:
    """Cash, pending cash, net liq, buying power."""
    await desk.sign_in()
    told = await desk.get(f"/accounts/{NUMBER}/balances/USD")
    keys = ("cash-balance", "pending-cash", "net-liquidating-value", "derivative-buying-power")
    return tuple(D(told[key]) for key in keys)  # type: ignore[return-value]


def told(desk: Desk) -> list[str]:
    return [f["data"]["state"] for f in desk.sent() if f["type"] == "ExternalTransaction"]


async def test_a_deposit_is_pending_then_cash(desk: Desk) -> None:
    made = await send(desk, amount="2500", clears_after=3600)
    assert made["pending-cash"] == "2500.0"
    assert await figures(desk) == (100_000, 2500, 102_500, 102_500)
    balance = await desk.get(f"/accounts/{NUMBER}/balances/USD")
    assert balance["pending-cash-effect"] == "Credit"
    assert balance["cash-available-to-withdraw"] == "100000.0"
    desk.pass_time(3601)
    assert await figures(desk) == (102_500, 0, 102_500, 102_500)
    assert told(desk) == ["Pending", "Completed"]
    assert desk.cash_of_ledger() == 102_500


async def test_bars_of_net_liq_tell_it_apart(desk: Desk) -> None:
    await send(desk, amount="2500", clears_after=3600)
    desk.pass_time(600)
    rows = (await desk.get(f"/accounts/{NUMBER}/net-liq/history", **{"time-back": "1d"}))["items"]
    last = rows[-1]
    assert (last["close"], last["pending-cash-close"], last["total-close"]) == (
        "100000.0", "2500.0", "102500.0",
    )  # fmt: skip


async def test_it_can_be_called_back(desk: Desk) -> None:
    made = await send(desk, amount="2500", clears_after=3600)
    path = f"{PATH}/{made['transfer-id']}"
    assert (await desk.client.delete(path)).json()["pending-cash"] == "0.0"
    assert (await desk.client.delete(path)).status_code == 404
    desk.pass_time(3601)
    assert await figures(desk) == (100_000, 0, 100_000, 100_000)
    assert told(desk) == ["Pending", "Cancelled"]


async def test_it_is_still_on_its_way_after_a_restore(desk: Desk) -> None:
    await send(desk, amount="2500", clears_after=3600)
    kept = snapshots.take(desk.world)
    desk.pass_time(3601)
    snapshots.restore(desk.world, kept)
    assert (await figures(desk))[1] == 2500
    desk.pass_time(3601)
    assert (await figures(desk))[0] == 102_500


@pytest.mark.parametrize(
    "body",
    [
        {"amount": "-5", "clears-after": 60},
        {"amount": "5", "clears-after": -1},
        {"amount": "5", "clears-after": 1e9},
        {"amount": "0", "clears-after": 60},
    ],
)
async def test_refusals(desk: Desk, body: dict[str, Any]) -> None:
    assert (await desk.client.post(PATH, json=body)).status_code == 400


async def test_cash_earns_interest_once_a_month_where_a_rate_is_set(desk: Desk) -> None:
    await desk.client.post("/control/settings", json={"credit-rate": 0.036})
    desk.pass_time(86400 * 30)
    rows = [r for r in desk.world.transactions[NUMBER] if r.sub_type == "Credit Interest"]
    # the closes of 18 November (booked at once) and of 16 December, a day at 10 dollars
    assert [r.on.isoformat() for r in rows] == ["2026-11-18", "2026-12-16"]
    assert [r.value for r in rows] == [10, D("280.03")]
    assert desk.account.credit > 0


async def test_without_a_rate_it_earns_none(desk: Desk) -> None:
    desk.pass_time(86400 * 2)
    assert desk.account.credit == 0
    assert len(desk.world.transactions[NUMBER]) == 1
