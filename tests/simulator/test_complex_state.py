"""Complex orders over restarts, with rules of their own, and under nonsense."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path
from typing import Any

from simulator import reset, snapshots
from simulator.boot import open_world
from simulator.clock import Clock
from simulator.fills import steer
from simulator.orders import desk as orders
from tests.simulator.conftest import NUMBER, START, Desk
from tests.simulator.test_complex_orders import (
    BASE,
    at,
    bracket,
    exits,
    group_of,
    limit,
    move,
    pair,
    post,
    states,
)

NONSENSE: list[Any] = [None, "", "x", -1, 0, 1e9, True, [], {}, [None], {"a": 1}, "NaN", "9" * 40]


async def test_a_trigger_with_a_condition_waits_for_it(desk: Desk) -> None:
    body = bracket(desk)
    threshold = str((desk.quote("PEP").last * Decimal("1.1")).quantize(Decimal("0.01")))
    body["trigger-order"]["rules"] = {
        "conditions": [
            {"action": "route", "symbol": "PEP", "instrument-type": "Equity",
             "indicator": "last", "comparator": "gte", "threshold": threshold}
        ]
    }  # fmt: skip
    data = await post(desk, body)
    desk.pass_time(5)
    group = await group_of(desk, data)
    assert states(group) == ["Contingent"] * 3
    assert group["trigger-order"]["contingent-status"] == "Pending Condition"
    await move(desk, "PEP", 1.2)
    desk.pass_time(5)
    assert states(await group_of(desk, data)) == ["Filled", "Live", "Live"]


async def test_replacing_and_cancelling_race_in_a_group(desk: Desk) -> None:
    await desk.buy("KO", 10)
    data = await post(desk, {"type": "OCO", "orders": exits(desk)})
    desk.pass_time(2)
    group = await group_of(desk, data)
    path = f"/accounts/{NUMBER}/orders/{group['orders'][0]['id']}"
    fresh = await desk.send("PATCH", path, {"price": at(desk, "KO", "1.05")}, 200)
    await desk.send("DELETE", f"{BASE}/{group['id']}", None, 200)
    desk.pass_time(2)
    assert states(await group_of(desk, data)) == ["Cancelled", "Cancelled"]
    assert desk.world.orders[fresh["id"]].status == "Cancelled"
    assert not desk.world.open_orders[NUMBER]


async def test_a_side_filled_while_the_other_is_being_replaced(desk: Desk) -> None:
    await desk.buy("KO", 10)
    data = await post(desk, {"type": "OCO", "orders": exits(desk)})
    desk.pass_time(2)
    group = await group_of(desk, data)
    path = f"/accounts/{NUMBER}/orders/{group['orders'][0]['id']}"
    await desk.send("PATCH", path, {"price": at(desk, "KO", "1.05")}, 200)
    await move(desk, "KO", 0.9)
    desk.pass_time(3)
    assert states(await group_of(desk, data)) == ["Cancelled", "Filled"]
    assert not desk.world.open_orders[NUMBER]
    assert desk.account.positions.get("KO") is None or not desk.account.positions["KO"].quantity


def test_groups_survive_a_restart(tmp_path: Path) -> None:
    """A bracket half way, one not yet started, and a pair: all go on in the next process."""
    import asyncio

    file = tmp_path / "state.jsonl"
    numbers = asyncio.run(_three_groups(file))
    world = open_world(scenario="empty", seed=7, start=START, speed=0, state=file)
    assert world.complex_orders.keys() == set(numbers)
    ratio, entered, fresh = (world.complex_orders[n] for n in numbers)
    assert [world.orders[n].status for n in entered.members] == ["Filled", "Live", "Live"]
    world.jump(Clock(world.clock.now(), speed=0).now() + _seconds(5))
    assert [world.orders[n].status for n in fresh.members] == ["Filled", "Live", "Live"]
    assert [world.orders[n].status for n in ratio.members] == ["Contingent"] * 2
    ratio.ratio_threshold = Decimal("0.0001")
    world.jump(world.clock.now() + _seconds(5))
    assert [world.orders[n].status for n in ratio.members] == ["Filled"] * 2


def _other_pair(desk: Desk) -> dict[str, Any]:
    body = pair(desk, "90.0")
    body["orders"][0]["legs"][0] |= {"symbol": "MSFT", "quantity": 3}
    return body


def _seconds(number: float) -> Any:
    from datetime import timedelta

    return timedelta(seconds=number)


async def _three_groups(file: Path) -> list[int]:
    from tests.simulator.conftest import _desk

    world = open_world(scenario="empty", seed=7, start=START, speed=0, state=file)
    numbers = []
    async for desk in _desk(world):
        for body in (_other_pair(desk), bracket(desk), None):
            if body is None:
                desk.pass_time(5)
                entry = limit(desk, "Buy to Open", "V", 5, at(desk, "V", "1.02"))
                body = {
                    "type": "OTOCO",
                    "trigger-order": entry,
                    "orders": exits(desk, "V", 5),
                }
            numbers.append((await post(desk, body))["complex-order"]["id"])
    world.flush()
    return [numbers[0], numbers[1], numbers[2]]


async def test_nonsense_is_refused_in_the_contracts_words(desk: Desk) -> None:
    chance = random.Random(7)
    await desk.buy("KO", 100)
    bodies = [bracket(desk), {"type": "OCO", "orders": exits(desk)}, pair(desk, "1.5")]
    for _ in range(600):
        body = _spoilt(chance, chance.choice(bodies))
        answer = await desk.client.post(f"{BASE}/dry-run", json=body)
        assert answer.status_code in (201, 400, 422), (body, answer.text)
        if answer.status_code != 201:
            assert {"code", "message"} <= answer.json()["error"].keys()
    assert not desk.world.complex_orders


def _spoilt(chance: random.Random, body: Any) -> Any:
    """A copy with one value somewhere replaced by nonsense."""
    if isinstance(body, dict) and body and chance.random() < 0.8:
        key = chance.choice(list(body))
        return {**body, key: _spoilt(chance, body[key])}
    if isinstance(body, list) and body and chance.random() < 0.9:
        index = chance.randrange(len(body))
        return [_spoilt(chance, one) if i == index else one for i, one in enumerate(body)]
    return chance.choice(NONSENSE)


async def test_groups_go_back_to_a_snapshot(desk: Desk) -> None:
    """The same follows twice from one instant, down to the frames."""
    await post(desk, _other_pair(desk))
    data = await post(desk, bracket(desk, price=at(desk, "KO", "0.99")))
    ends = []
    found = snapshots.take(desk.world)
    for _ in range(2):
        await desk.client.post("/control/prices", json={"symbol": "KO", "factor": 0.98})
        desk.pass_time(5)
        await desk.client.post("/control/prices", json={"symbol": "KO", "factor": 20})
        desk.pass_time(5)
        ends.append([(o.id, o.status, o.updated_at) for o in desk.world.orders.values()])
        assert states(await group_of(desk, data)) == ["Filled", "Filled", "Cancelled"]
        snapshots.restore(desk.world, found)
    assert ends[0] == ends[1]
    assert all(o.status == "Contingent" for o in desk.world.orders.values())


async def test_a_reset_forgets_what_was_due(desk: Desk) -> None:
    await desk.place(
        ("Buy to Open", "KO", 1), order_type="Market", external_identifier="ledger-lag:5"
    )
    desk.pass_time(2)
    await post(desk, bracket(desk))
    await post(desk, _other_pair(desk))
    reset.reset(desk.world)
    desk.pass_time(10)
    assert not desk.world.orders
    assert desk.cash_of_ledger() == desk.account.cash


async def test_a_removed_side_takes_the_other_along(desk: Desk) -> None:
    await desk.buy("KO", 10)
    data = await post(desk, {"type": "OCO", "orders": exits(desk)})
    desk.pass_time(2)
    first = (await group_of(desk, data))["orders"][0]["id"]
    steer.remove(desk.world, desk.world.orders[first])
    desk.pass_time(1)
    group = await group_of(desk, data)
    assert states(group) == ["Removed", "Cancelled"]
    assert group["terminal-at"]


async def test_a_snapshot_holds_the_frames_that_are_still_to_come(desk: Desk) -> None:
    """A member was replaced; its group is told with the next event, in both futures."""
    await desk.buy("KO", 10)
    data = await post(desk, {"type": "OCO", "orders": exits(desk)})
    desk.pass_time(2)
    member = desk.world.orders[(await group_of(desk, data))["orders"][0]["id"]]
    body = {"order-type": "Limit", "time-in-force": "Day", "price": at(desk, "KO", "1.05"),
            "price-effect": "Credit"}  # fmt: skip
    await desk.place(("Buy to Open", "F", 1), order_type="Market")
    desk.pass_time(0.15)  # the next event is the other order's, not the group's
    orders.replace(desk.world, desk.account, member, body, desk.account.owner)
    assert desk.world.changed_groups
    before = snapshots.take(desk.world)
    futures = []
    for _ in range(2):
        desk.frames.queue.clear()
        desk.pass_time(2)
        futures.append(list(desk.frames.queue))
        snapshots.restore(desk.world, before)
    assert futures[0] == futures[1]
    assert any(b'"ComplexOrder"' in frame for frame in futures[0])
