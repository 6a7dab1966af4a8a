"""Scripted faults: each action on REST, on the account stream and on the world."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import orjson
import pytest

from simulator.fault_changes import NEW_KEY, NEW_WORD
from simulator.notices import Subscriber
from simulator.world import World
from tests.simulator.conftest import NUMBER, Desk

POSITIONS = f"/accounts/{NUMBER}/positions"
BALANCE = f"/accounts/{NUMBER}/balances/USD"


async def fault(desk: Desk, expect: int = 200, **spec: Any) -> Any:
    """POST /control/faults; keys with underscores."""
    body = {key.replace("_", "-"): value for key, value in spec.items()}
    answer = await desk.client.post("/control/faults", json=body)
    assert answer.status_code == expect, answer.text
    return answer.json()


@pytest.mark.parametrize("status", [400, 401, 403, 404, 406, 409, 422, 429, 500, 502, 503, 504])
async def test_every_status(desk: Desk, status: int) -> None:
    await fault(desk, path="/customers/me$", status=status)
    told = await desk.get("/customers/me", status)
    assert told["error"].keys() >= {"code", "message"}
    assert "retry_after" not in told["error"]
    await desk.get("/customers/me")


async def test_by_account_time_connection_and_count(desk: Desk) -> None:
    made = (await desk.client.post("/control/customers", json={"prefix": "other"})).json()
    other = made["customers"][0]["accounts"][0]
    await fault(desk, account=other, count=0, status=503)
    await desk.get(BALANCE)
    await desk.client.request("DELETE", "/control/faults")
    grant = next(iter(desk.world.grants))
    await fault(desk, connection="another", count=0)
    await fault(desk, connection=grant, skip=1, count=1, status=500)
    await desk.get(BALANCE)
    await desk.get(BALANCE, 500)
    await desk.get(BALANCE)
    later = desk.world.clock.now() + timedelta(seconds=30)
    await fault(desk, path="balances", after=later.isoformat(), count=0, status=502,
                until=(later + timedelta(seconds=10)).isoformat())  # fmt: skip
    await desk.get(BALANCE)
    desk.pass_time(31)
    await desk.get(BALANCE, 502)
    desk.pass_time(10)
    await desk.get(BALANCE)


async def test_chance_is_drawn_by_the_seed(desk: Desk) -> None:
    await fault(desk, path="balances", chance=0.5, count=0, status=500)
    found = [(await desk.client.get(BALANCE)).status_code for _ in range(60)]
    assert 15 < found.count(500) < 45
    entry = desk.world.faults.entries[0]
    assert (entry.met, entry.hits) == (60, found.count(500))


@pytest.mark.parametrize(
    "spec",
    [
        {"action": "magic"},
        {"on": "moon"},
        {"on": "account-stream", "action": "status"},
        {"path": "("},
        {"status": 99},
        {"chance": 2},
        {"action": "missing"},
        {"no-such": 1},
        {"seconds": -1},
        {"on": "market-stream", "action": "switch-format", "value": "WIDE"},
    ],
)
async def test_wrong_faults(desk: Desk, spec: dict[str, Any]) -> None:
    await fault(desk, 400, **spec)
    assert desk.world.faults.entries == []


async def test_values_nobody_expects(desk: Desk) -> None:
    await desk.buy("KO", 3)
    paths = ["data.items.*.quantity"]
    for action, seen in (("nan", "NaN"), ("null", None), ("unknown-enum", NEW_WORD)):
        await fault(desk, path="positions", action=action, fields=paths)
        assert (await desk.get(POSITIONS))["items"][0]["quantity"] == seen
    await fault(desk, path="positions", action="missing", fields=paths)
    assert "quantity" not in (await desk.get(POSITIONS))["items"][0]
    await fault(desk, path="positions", action="set", fields=["data.items.0.symbol"], value="X")
    assert (await desk.get(POSITIONS))["items"][0]["symbol"] == "X"
    await fault(desk, path="positions", action="extra")
    found = await desk.get(POSITIONS)
    assert found[NEW_KEY] == found["items"][0][NEW_KEY]
    assert (await desk.get(POSITIONS))["items"][0]["quantity"] == 3


async def test_refused_before_it_was_handled(desk: Desk) -> None:
    await fault(desk, path="orders$", action="refuse")
    body = desk.order_body(("Buy to Open", "KO", 1), order_type="Market")
    with pytest.raises((ConnectionError, httpx.TransportError)):
        await desk.client.post(f"/accounts/{NUMBER}/orders", json=body)
    assert desk.world.orders == {}


async def test_slow_and_late_answers_are_whole(desk: Desk) -> None:
    plain = await desk.get(BALANCE)
    for action in ("slow", "hang"):
        await fault(desk, path="balances", action=action, seconds=0.05)
        assert await desk.get(BALANCE) == plain


async def test_positions_that_lag(desk: Desk) -> None:
    await desk.buy("KO", 3)
    await fault(desk, path="positions|balances", action="lag", seconds=5, count=0)
    cash = (await desk.get(BALANCE))["cash-balance"]
    await desk.buy("KO", 2)
    assert (await desk.get(POSITIONS))["items"][0]["quantity"] == 3
    assert (await desk.get(BALANCE))["cash-balance"] == cash
    desk.pass_time(6)
    assert (await desk.get(POSITIONS))["items"][0]["quantity"] == 5
    assert Decimal((await desk.get(BALANCE))["cash-balance"]) < Decimal(cash)


# -- the account stream ----------------------------------------------------------------------


def heard(desk: Desk) -> list[str]:
    """Types of the frames since the last time, with the status of orders."""
    frames = [orjson.loads(frame) for frame in desk.frames.queue]
    desk.frames.queue.clear()
    return [f"{f['type']} {f['data'].get('status', '')}".strip() for f in frames]


async def test_a_fill_is_missing_on_the_stream(desk: Desk) -> None:
    await desk.buy("KO", 1)
    usual = heard(desk)
    await fault(desk, on="account-stream", action="drop", kind="Order", where={"status": "Filled"})
    await desk.buy("KO", 1)
    assert heard(desk) == [f for f in usual if f != "Order Filled"]
    await desk.buy("KO", 1)
    assert heard(desk) == usual


async def test_duplicate_reorder_and_delay(desk: Desk) -> None:
    await desk.buy("KO", 1)
    usual = heard(desk)
    spot = usual.index("Order Live")
    await fault(desk, on="account-stream", action="duplicate", where={"status": "Live"})
    await desk.buy("KO", 1)
    assert heard(desk) == [*usual[:spot], "Order Live", *usual[spot:]]
    await fault(desk, on="account-stream", action="reorder", where={"status": "Live"})
    await desk.buy("KO", 1)
    assert heard(desk) == [*usual[:spot], usual[spot + 1], "Order Live", *usual[spot + 2 :]]
    await fault(desk, on="account-stream", action="delay", seconds=60, where={"status": "Live"})
    await desk.buy("KO", 1)
    assert heard(desk) == [*usual[:spot], *usual[spot + 1 :]]
    desk.pass_time(61)
    assert "Order Live" in heard(desk)


async def test_one_socket_of_two_is_met(desk: Desk) -> None:
    second = Subscriber("test")
    second.id, second.accounts = "second", frozenset(desk.world.accounts)
    desk.world.hub.subscribers.add(second)
    await fault(desk, on="account-stream", action="freeze", connection="second")
    await desk.buy("KO", 1)
    assert heard(desk) and not second.queue
    desk.world.hub.subscribers.discard(second)


async def test_frames_nobody_expects(desk: Desk) -> None:
    await fault(desk, on="account-stream", action="unknown-enum", fields=["status"], kind="Order")
    await fault(desk, on="account-stream", action="garbage", kind="CurrentPosition")
    await fault(desk, on="account-stream", action="close", code=1012, kind="AccountBalance")
    await desk.buy("KO", 1)
    raw = list(desk.frames.queue)
    assert orjson.loads(raw[0])["data"]["status"] == NEW_WORD
    assert sum(1 for frame in raw if not _is_json(frame)) == 1
    assert desk.frames.closing == (1012, "Bye")


def _is_json(frame: bytes) -> bool:
    try:
        orjson.loads(frame)
    except orjson.JSONDecodeError:
        return False
    return True


# -- the world -------------------------------------------------------------------------------


async def test_tokens_end_and_grants_are_taken_back_at_a_time(desk: Desk) -> None:
    now = desk.world.clock.now()
    for seconds, action in ((10, "expire-access"), (20, "revoke-grants")):
        at = (now + timedelta(seconds=seconds)).isoformat()
        await fault(desk, on="world", action=action, after=at)
    await desk.get(BALANCE)
    desk.pass_time(11)
    await desk.get(BALANCE, 401)
    assert (await desk.sign_in()).status_code == 200
    desk.pass_time(10)
    assert (await desk.sign_in()).json()["error_code"] == "invalid_grant"


async def test_the_reset_of_midnight_comes_every_day(desk: Desk) -> None:
    midnight = (await desk.client.get("/control/clock")).json()["now"][:10] + "T05:00:00Z"
    await fault(desk, on="world", action="midnight-reset", after=midnight, daily=True, count=0)
    for _ in range(2):
        await desk.client.post("/control/clock", json={"to": "next-open"})
        desk.pass_time(600)
        await desk.sign_in()
        await desk.buy("KO", 3)
        await desk.client.post("/control/clock", json={"to": "midnight"})
        await desk.sign_in()
        assert (await desk.get(POSITIONS))["items"] == []
        assert desk.account.cash == 100_000 == desk.cash_of_ledger()
        assert desk.world.orders == {}


def test_faults_survive_a_restart(world: World) -> None:
    world.faults.add({"path": "x", "count": 3})
    state = orjson.loads(orjson.dumps(world.faults.snapshot(), default=_plain))
    world.faults.clear()
    world.faults.restore(state)
    assert world.faults.entries[0].path == "x"
    assert world.faults.add({"path": "y"}).id == 2


def _plain(value: Any) -> Any:
    import msgspec

    return msgspec.to_builtins(value)
