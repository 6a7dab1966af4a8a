"""Steering: clock, prices, settings; and what the calendar does by itself."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from simulator.boot import open_world
from simulator.lifecycle import open_market
from simulator.market.calendar import state
from simulator.persist import Records
from simulator.store import Store
from simulator.world import World
from tests.simulator.conftest import NUMBER, START, Desk


async def clock(desk: Desk, status: int = 200, **body: Any) -> Any:
    """POST /control/clock."""
    answer = await desk.client.post("/control/clock", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_the_clock_is_moved(desk: Desk) -> None:
    assert (await clock(desk, advance=90))["now"] == "2026-11-18T15:31:30.000+00:00"
    assert (await clock(desk, to="close"))["now"] == "2026-11-18T21:00:00.000+00:00"
    told = await clock(desk, to="next-open")
    assert (told["now"], told["session"]) == ("2026-11-19T14:30:00.000+00:00", "Open")
    assert (await clock(desk, to="2026-11-20T15:00:00Z"))["now"][:10] == "2026-11-20"
    assert (await clock(desk, speed=10))["speed"] == 10
    assert (await clock(desk, pause=True))["speed"] == 0
    assert (await clock(desk, resume=True))["speed"] == 10


@pytest.mark.parametrize(
    "body",
    [
        {"speed": -1},
        {"speed": "fast"},
        {"advance": "soon"},
        {"advance": -5},
        {"advance": 1e30},
        {"to": "yesterday"},
        {"to": "2020-01-01T00:00:00Z"},
        {"to": "2036-01-01T00:00:00Z"},
    ],
)
async def test_wrong_times(desk: Desk, body: dict[str, Any]) -> None:
    told = await clock(desk, 400, **body)
    assert told["error"]["code"] == "validation_error"
    assert desk.world.clock.now() == START


async def test_prices_are_moved(desk: Desk) -> None:
    before = desk.quote("KO").mark
    answer = await desk.client.post("/control/prices", json={"symbol": "KO", "factor": 1.1})
    assert abs(Decimal(answer.json()["mark"]) / before - Decimal("1.1")) < Decimal("0.001")
    answer = await desk.client.post("/control/prices", json={"symbol": "KO", "price": "50"})
    assert abs(Decimal(answer.json()["mark"]) - 50) < Decimal("0.05")
    for body in (
        {"symbol": "ZZZZ", "factor": 1.1},
        {"symbol": "KO"},
        {"symbol": "KO", "factor": 0},
    ):
        assert (await desk.client.post("/control/prices", json=body)).status_code == 400


async def test_settings(desk: Desk) -> None:
    answer = await desk.client.post("/control/settings", json={"fill-model": "queue"})
    assert answer.json()["fill-model"] == "queue"
    assert desk.world.settings.fill_model == "queue"
    for body in ({"fill-model": "magic"}, {"no-such": 1}, {"crypto-orders": "perhaps"}):
        assert (await desk.client.post("/control/settings", json=body)).status_code == 400


async def test_the_queue_gives_what_is_shown_per_change(desk: Desk) -> None:
    await desk.client.post("/control/settings", json={"fill-model": "queue"})
    shown = int(desk.quote("KO").ask_size)
    data = await desk.place(("Buy to Open", "KO", shown + 150), order_type="Market")
    order = desk.world.orders[data["order"]["id"]]
    desk.pass_time(0.62)
    assert order.status == "Live"
    assert 1 <= len(order.legs[0].fills) <= 2
    desk.pass_time(60)
    assert order.status == "Filled"


async def test_crypto_orders_can_be_switched_off(desk: Desk) -> None:
    body = desk.order_body(("Buy to Open", "BTC/USD", "0.01"), order_type="Market")
    await desk.send("POST", f"/accounts/{NUMBER}/orders/dry-run", body, 201)
    await desk.client.post("/control/settings", json={"crypto-orders": False})
    refused = await desk.send("POST", f"/accounts/{NUMBER}/orders/dry-run", body, 422)
    assert refused["error"]["errors"][0]["code"] == "instrument_validation_failed"


async def test_a_new_grant_with_fewer_scopes(desk: Desk) -> None:
    made = (
        await desk.client.post("/control/tokens", json={"action": "new-grant", "scope": "read"})
    ).json()
    form = {k: made[k] for k in ("client_secret", "refresh_token")}
    answer = await desk.client.post("/oauth/token", json=form | {"grant_type": "refresh_token"})
    desk.client.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
    await desk.get("/customers/me")
    await desk.send("DELETE", f"/accounts/{NUMBER}/orders/1", None, 403)


async def test_tokens_expire_on_request(desk: Desk) -> None:
    await desk.client.post("/control/tokens", json={"action": "expire-access"})
    await desk.get("/customers/me", 401)
    await desk.sign_in()
    await desk.get("/customers/me")


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 11, 19, 12, 0, tzinfo=UTC),
        datetime(2026, 11, 18, 23, 30, tzinfo=UTC),
        datetime(2026, 11, 21, 18, 0, tzinfo=UTC),
        datetime(2026, 11, 26, 18, 0, tzinfo=UTC),
        datetime(2026, 11, 19, 2, 0, tzinfo=UTC),
    ],
)
def test_closed_hours_are_skipped(world: World, now: datetime) -> None:
    world.jump(now)
    open_market(world)
    assert state(world.clock.now()) == "Open"
    assert world.clock.now() > now


def test_an_open_market_is_left_alone(world: World) -> None:
    open_market(world)
    assert world.clock.now() == START


def test_a_state_file_is_reopened_in_an_open_market(tmp_path: Path) -> None:
    file = tmp_path / "state.jsonl"
    world = open_world(scenario="empty", start=START, speed=0, state=file)
    world.jump(datetime(2026, 11, 20, 22, 30, tzinfo=UTC))
    world.flush()
    again = open_world(scenario="empty", speed=0, state=file)
    assert again.clock.now() == datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
    assert len(again.history[NUMBER].snapshots) == 3
    with pytest.raises(ValueError, match="seed"):
        open_world(scenario="empty", seed=8, speed=0, state=file)


async def test_what_is_answered_is_written(desk: Desk, tmp_path: Path) -> None:
    store = Store(tmp_path / "state.jsonl")
    desk.world.records = Records(store)
    data = await desk.place(("Buy to Open", "KO", 1), order_type="Limit", price="30.00")
    found = Store(store.path).load()
    assert str(data["order"]["id"]) in found["order"]
    assert "meta" in found["meta"]


def test_a_long_file_is_rewritten(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulator.store.LONGEST", 50)
    world.records = Records(Store(tmp_path / "state.jsonl"))
    for _ in range(200):
        world.flush()
    lines = (tmp_path / "state.jsonl").read_text().splitlines()
    assert len(lines) < 60
    assert list(tmp_path.iterdir()) == [tmp_path / "state.jsonl"]
