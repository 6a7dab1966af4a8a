"""What belongs to the user: watchlists, alerts, tokens."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.conftest import Desk
from tests.simulator.shapes import differences, sample

NAME = "Wheel / candidates"
PATH = "/watchlists/Wheel%20%2F%20candidates"
ENTRIES = [
    {"symbol": "KO", "instrument-type": "Equity"},
    {"symbol": "BTC/USD", "instrument-type": "Cryptocurrency"},
]


async def test_a_watchlist_lives_and_dies(desk: Desk) -> None:
    body = {"name": NAME, "watchlist-entries": ENTRIES, "group-name": "main", "order-index": 1}
    made = await desk.client.post("/watchlists", json=body)
    assert made.status_code == 201
    assert differences(sample("watchlists.json", "POST /watchlists"), made.json()) == []
    assert (await desk.get(PATH))["watchlist-entries"] == ENTRIES
    await desk.send("POST", "/watchlists", body, 400)
    renamed = await desk.send("PUT", PATH, {"name": "Other", "group-name": "main"}, 200)
    assert (renamed["name"], renamed["watchlist-entries"]) == ("Other", [])
    await desk.get(PATH, 404)
    gone = await desk.client.delete("/watchlists/Other")
    key = "DELETE /watchlists/Wheel%20candidates"
    assert differences(sample("watchlists.json", key), gone.json()) == []
    assert (await desk.get("/watchlists"))["items"] == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "x", "watchlist-entries": "KO"},
        {"name": "x", "watchlist-entries": [{"symbol": 5}]},
        {"name": "x", "order-index": "first"},
    ],
)
async def test_wrong_watchlists(desk: Desk, body: dict[str, Any]) -> None:
    refused = await desk.send("POST", "/watchlists", body, 400)
    assert refused["error"]["code"] == "validation_error"


async def test_an_alert_fires_once(desk: Desk) -> None:
    desk.frames.username = next(iter(desk.world.users))
    desk.frames.alerts = True
    last = desk.quote("KO").last
    body = {
        "symbol": "KO",
        "field": "Last",
        "operator": ">",
        "threshold": str(last + 2),
        "threshold-numeric": str(last + 2),
    }
    made = await desk.client.post("/quote-alerts", json=body)
    assert made.status_code == 201
    expected = sample("quote-alerts.json", "GET /quote-alerts")["data"]["items"][0]
    assert differences(expected, made.json()["data"]) == []
    desk.pass_time(2)
    assert desk.sent() == []
    await desk.client.post("/control/prices", json={"symbol": "KO", "factor": 1.06})
    desk.pass_time(2)
    (frame,) = desk.sent()
    assert frame["type"] == "QuoteAlert"
    assert "triggered-at" in frame["data"]
    number = made.json()["data"]["alert-external-id"]
    assert (await desk.client.delete(f"/quote-alerts/{number}")).status_code == 204
    await desk.send("DELETE", f"/quote-alerts/{number}", None, 404)


async def test_an_alert_needs_its_keys(desk: Desk) -> None:
    refused = await desk.send("POST", "/quote-alerts", {"symbol": "KO"}, 400)
    assert {e["domain"] for e in refused["error"]["errors"]} == {"field", "operator", "threshold"}
    body = {"symbol": "KO", "field": "Last", "operator": ">", "threshold": "NaN"}
    await desk.send("POST", "/quote-alerts", body, 400)


async def test_quote_tokens_name_this_server(desk: Desk) -> None:
    first = await desk.get("/api-quote-tokens")
    second = await desk.get("/api-quote-tokens")
    assert first["token"] != second["token"]
    assert first["dxlink-url"] == "ws://127.0.0.1:8230/dxlink"
    assert first["level"] == "api"
