"""The backtesting service: its contract, its arithmetic, its refusals."""

from __future__ import annotations

import asyncio
import json
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from simulator import backtests
from simulator.backtest_plan import read
from simulator.market import calendar
from tests.simulator.conftest import Desk
from tests.simulator.shapes import differences, sample

ROOT = "/backtester"
PUT = {
    "type": "equity-option", "direction": "short", "side": "put", "quantity": 1,
    "strikeSelection": "delta", "delta": 30, "daysUntilExpiration": 45,
}  # fmt: skip
BODY: dict[str, Any] = {
    "symbol": "SPY",
    "startDate": "2026-01-02",
    "endDate": "2026-03-31",
    "legs": [PUT],
    "entryConditions": {
        "frequency": "every day",
        "maximumActiveTrials": 3,
        "maximumActiveTrialsBehavior": "don't enter",
    },
    "exitConditions": {"takeProfitPercentage": 50, "atDaysToExpiration": 21},
}
ID = "0b1d3c52-8a65-4a8a-9a0e-2f1f6b3c9d10"


def wrong(key: str, found: Any) -> list[str]:
    """What differs from the sample; a number is a number here, whole or not."""
    told = json.loads(json.dumps([sample("backtesting.json", key), found]), parse_int=float)
    return differences(*told)


async def done(desk: Desk, body: Any) -> Any:
    """A backtest that has been computed."""
    made = await desk.send("POST", f"{ROOT}/backtests", body, 201)
    desk.pass_time(made["ETA"])
    return await desk.get(f"{ROOT}/backtests/{made['id']}")


async def test_the_course_of_one_is_the_contract(desk: Desk) -> None:
    made = await desk.send("POST", f"{ROOT}/backtests", BODY, 201)
    assert wrong("POST /backtests", made) == []
    assert await desk.get(f"{ROOT}/backtests") == [made["id"]]
    desk.pass_time(2)
    running = await desk.get(f"{ROOT}/backtests/{made['id']}")
    assert running["status"] == "running"
    assert 0 < running["progress"] < 1
    desk.pass_time(made["ETA"])
    found = await desk.get(f"{ROOT}/backtests/{made['id']}")
    assert wrong(f"GET /backtests/{ID}", found) == []
    assert found["status"] == "completed"
    assert len(found["snapshots"]) == 61
    assert {row["name"] for row in found["statistics"]} >= {"Total profit/loss", "Max drawdown"}
    assert (await desk.get(f"{ROOT}/backtests/{made['id']}/logs"))[-1].endswith("completed")


async def test_dates(desk: Desk) -> None:
    rows = await desk.get(f"{ROOT}/available-dates")
    assert wrong("GET /available-dates", rows) == []
    assert {"SPY", "SPX", "AAPL"} <= {row["symbol"] for row in rows}


async def test_profits_are_taken_and_losses_add_up(desk: Desk) -> None:
    found = await done(desk, BODY)
    total = sum(trial["profitLoss"] for trial in found["trials"])
    told = {row["name"]: row["value"] for row in found["statistics"]}
    assert told["Total profit/loss"] == pytest.approx(total, abs=0.02)
    assert told["Number of trials"] == len(found["trials"])
    opened = [trial["openDateTime"] for trial in found["trials"]]
    assert opened == sorted(opened)
    assert len(opened) > 3


async def test_an_option_held_to_its_end_is_worth_what_it_is_exercised_for(desk: Desk) -> None:
    """Entry at the middle of the quotes, end at the close of its last day."""
    leg = PUT | {"strikeSelection": "percentageOTM", "percentageOTM": 0, "daysUntilExpiration": 7}
    rule = {"frequency": "on exact days to expiration match", "maximumActiveTrials": 1}
    found = await done(
        desk, BODY | {"legs": [leg], "entryConditions": rule, "exitConditions": {},
                      "endDate": "2026-02-06"}
    )  # fmt: skip
    market = desk.world.market
    first = found["trials"][0]
    assert first["closeDateTime"].endswith("T21:00:00Z")
    opened = datetime.fromisoformat(first["openDateTime"])
    closed = datetime.fromisoformat(first["closeDateTime"])
    view, last = market.view_at(opened), market.view_at(closed)
    spy = market.line("SPY")
    strike = round(view.price(spy).mid)
    put = market.line(f"SPY   {closed:%y%m%d}P{strike * 1000:08d}")
    expected = view.price(put).mid - max(strike - last.price(spy).mid, 0)
    assert first["profitLoss"] == pytest.approx(100 * expected, abs=2)


async def test_conditions_of_the_entry(desk: Desk) -> None:
    only = {"frequency": "on specific days of the week", "specificDays": [2, "friday"]}
    found = await done(desk, BODY | {"entryConditions": only})
    days = {datetime.fromisoformat(t["openDateTime"]).isoweekday() for t in found["trials"]}
    assert days == {2, 5}
    none = await done(desk, BODY | {"entryConditions": {"minimumVIX": 500}})
    assert none["trials"] == []
    assert none["notices"] == ["No trial was opened."]


async def test_the_oldest_makes_room(desk: Desk) -> None:
    rule = {"maximumActiveTrials": 1, "maximumActiveTrialsBehavior": "close oldest"}
    found = await done(desk, BODY | {"entryConditions": rule, "exitConditions": {}})
    pairs = [(t["openDateTime"], t["closeDateTime"]) for t in found["trials"]]
    assert all(a[1] == b[0] for a, b in pairwise(pairs))


@pytest.mark.parametrize(
    ("how", "strike"),
    [
        ({"strikeSelection": "percentageOTM", "percentageOTM": 5}, lambda s, k: s * 0.95),
        ({"strikeSelection": "currentPriceOffset", "currentPriceOffset": -20}, lambda s, k: s - 20),
        ({"strikeSelection": "currentPriceOffsetRelative", "currentPriceOffset": -10,
          "strikeRelativeLeg": 0}, lambda s, k: k - 10),
        ({"strikeSelection": "percentageOTMRelative", "percentageOTM": 2,
          "strikeRelativeLeg": 0}, lambda s, k: k * 0.98),
    ],
)  # fmt: skip
async def test_how_a_strike_is_chosen(desk: Desk, how: dict[str, Any], strike: Any) -> None:
    market = desk.world.market
    plan = read(BODY | {"legs": [PUT, {k: v for k, v in PUT.items() if k != "delta"} | how]})
    view = market.view_at(calendar.session(date(2026, 1, 5)).close - timedelta(minutes=15))
    first, second = backtests.choose(market, plan, view) or pytest.fail("nothing was chosen")
    spot = view.price(market.line("SPY")).mid
    assert second.line.k == pytest.approx(strike(spot, first.line.k), abs=5)
    assert abs(view.greek(first.line).delta) == pytest.approx(0.30, abs=0.02)


async def test_a_cancelled_one_stays_cancelled(desk: Desk) -> None:
    made = await desk.send("POST", f"{ROOT}/backtests", BODY, 201)
    await desk.send("POST", f"{ROOT}/backtests/{made['id']}/cancel", None, 204)
    desk.pass_time(100)
    found = await desk.get(f"{ROOT}/backtests/{made['id']}")
    assert (found["status"], found["notices"]) == ("completed", ["Cancelled."])


async def test_two_readers_get_one_result(desk: Desk) -> None:
    made = await desk.send("POST", f"{ROOT}/backtests", BODY, 201)
    desk.pass_time(100)
    path = f"{ROOT}/backtests/{made['id']}"
    first, second = await asyncio.gather(desk.get(path), desk.get(path))
    assert first == second


async def test_one_trade_day_by_day(desk: Desk) -> None:
    body = BODY | {"endDate": "2026-01-20", "legs": [PUT | {"daysUntilExpiration": 7}]}
    rows = await desk.send("POST", f"{ROOT}/simulate-trade", body, 200)
    assert wrong("POST /simulate-trade", rows) == []
    assert rows[0]["effect"] == "credit"
    assert 0 < float(rows[0]["delta"]) < 0.5
    assert 4 <= len(rows) <= 7


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"symbol": "NOPE"}, 422),
        ({"legs": []}, 400),
        ({"legs": [{"type": "equity", "direction": "long", "quantity": 100}]}, 422),
        ({"legs": [PUT | {"quantity": 11}]}, 400),
        ({"legs": [PUT | {"delta": "NaN"}]}, 400),
        ({"legs": [{k: v for k, v in PUT.items() if k != "delta"}]}, 400),
        ({"legs": [PUT | {"strikeSelection": "percentageOTMRelative", "percentageOTM": 1}]}, 400),
        ({"startDate": "2019-01-02"}, 422),
        ({"endDate": "2025-01-02"}, 400),
        ({"entryConditions": {"specificDays": [9]}}, 400),
    ],
)
async def test_refusals(desk: Desk, change: dict[str, Any], status: int) -> None:
    await desk.send("POST", f"{ROOT}/backtests", BODY | change, status)


async def test_others_do_not_see_it(desk: Desk) -> None:
    made = await desk.send("POST", f"{ROOT}/backtests", BODY, 201)
    desk.world.users["customer"].backtests.pop(made["id"])
    await desk.get(f"{ROOT}/backtests/{made['id']}", 404)
