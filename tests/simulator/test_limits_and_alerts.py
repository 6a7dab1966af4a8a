"""The rate limit, scripted refusals, and quote alerts that fire."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from simulator.throttle import Throttle
from tests.simulator.conftest import Desk


async def use(desk: Desk, **settings: Any) -> None:
    body = {key.replace("_", "-"): value for key, value in settings.items()}
    assert (await desk.client.post("/control/settings", json=body)).status_code == 200


# -- rate limit ------------------------------------------------------------------------------


async def test_there_is_no_limit_unless_asked_for(desk: Desk) -> None:
    for _ in range(60):
        await desk.get("/customers/me")


async def test_an_empty_bucket(desk: Desk) -> None:
    await use(desk, rate_limit=0.1, rate_burst=3)
    for _ in range(3):
        await desk.get("/customers/me")
    answer = await desk.client.get("/customers/me")
    assert answer.status_code == 429
    error = answer.json()["error"]
    assert (error["code"], error["message"]) == ("rate_limit_exceeded", "Too many requests")
    assert answer.headers["retry-after"] == str(error["retry_after"]) == "10"
    assert (await desk.client.get("/control")).status_code == 200


def test_the_bucket_fills_by_real_time(desk: Desk) -> None:
    desk.world.settings.rate_limit, desk.world.settings.rate_burst = 2.0, 2
    now = [100.0]
    throttle = Throttle(desk.world, lambda: now[0])
    assert [throttle.refusal("a") is None for _ in range(3)] == [True, True, False]
    assert throttle.refusal("b") is None
    now[0] += 0.5
    assert [throttle.refusal("a") is None for _ in range(2)] == [True, False]
    now[0] += 60
    assert [throttle.refusal("a") is None for _ in range(3)] == [True, True, False]


# -- refusals --------------------------------------------------------------------------------


async def test_the_plural_option_lists_can_be_withdrawn(desk: Desk) -> None:
    paths = ("/instruments/equity-options", "/instruments/future-options")
    symbol = {"symbol[]": "MSFT  261218C00500000"}
    for path in paths:
        assert (await desk.client.get(path, params=symbol)).status_code == 200
    await use(desk, option_lists=False)
    for path in paths:
        refused = await desk.client.get(path, params=symbol)
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_permitted")
    await desk.get("/instruments/equity-options/MSFT%20%20261218C00500000")


# -- alerts ----------------------------------------------------------------------------------


async def alert(desk: Desk, **change: Any) -> Any:
    body = {"symbol": "KO", "field": "Last", "operator": ">", "threshold": "1000.00"} | {
        key.replace("_", "-"): value for key, value in change.items()
    }
    return await desk.send("POST", "/quote-alerts", body, 201)


def alert_frames(desk: Desk) -> list[dict[str, Any]]:
    return [f["data"] for f in desk.sent() if f["type"] == "QuoteAlert"]


async def test_an_alert_fires_once(desk: Desk) -> None:
    user = next(iter(desk.world.users.values()))
    desk.frames.alerts, desk.frames.username = True, user.username
    above = str((desk.quote("KO").last * Decimal("1.05")).quantize(Decimal("0.01")))
    made = await alert(desk, threshold=above)
    desk.pass_time(30)
    assert alert_frames(desk) == []
    await desk.client.post("/control/prices", json={"symbol": "KO", "factor": 1.1})
    desk.pass_time(5)
    (frame,) = alert_frames(desk)
    assert frame["alert-external-id"] == made["alert-external-id"]
    assert frame["triggered-at"]
    assert frame["completed-at"]
    (kept,) = (await desk.get("/quote-alerts"))["items"]
    assert kept["triggered-at"] == frame["triggered-at"]


@pytest.mark.parametrize(
    ("field", "operator", "threshold"),
    [("Bid", ">", "1"), ("Ask", "<", "9999"), ("IV", ">", "0.01"), ("IV", "<", "5")],
)
async def test_the_fields(desk: Desk, field: str, operator: str, threshold: str) -> None:
    made = await alert(desk, field=field, operator=operator, threshold=threshold)
    never = await alert(
        desk, field=field, operator="<" if operator == ">" else ">", threshold=threshold
    )
    desk.pass_time(2)
    kept = {a["alert-external-id"]: a for a in (await desk.get("/quote-alerts"))["items"]}
    assert "triggered-at" in kept[made["alert-external-id"]]
    assert "triggered-at" not in kept[never["alert-external-id"]]


@pytest.mark.parametrize("expires", ["2026-11-18T15:30:10Z", "1795015810000", 1795015810000])
async def test_an_alert_expires(desk: Desk, expires: Any) -> None:
    await alert(desk, expires_at=expires)
    desk.pass_time(5)
    assert "expired-at" not in (await desk.get("/quote-alerts"))["items"][0]
    desk.pass_time(10)
    (kept,) = (await desk.get("/quote-alerts"))["items"]
    assert kept["expired-at"]
    await desk.client.post("/control/prices", json={"symbol": "KO", "factor": 50})
    desk.pass_time(2)
    assert "triggered-at" not in (await desk.get("/quote-alerts"))["items"][0]


@pytest.mark.parametrize("expires", ["soon", ["x"], 10**30, True])
async def test_wrong_expiries(desk: Desk, expires: Any) -> None:
    body = {"symbol": "KO", "field": "Last", "operator": ">", "threshold": "1",
            "expires-at": expires}  # fmt: skip
    refused = await desk.send("POST", "/quote-alerts", body, 400)
    assert refused["error"]["errors"][0]["domain"] == "expires-at"
