"""Corporate actions on a later date, and what follows a symbol that changes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from simulator import snapshots
from simulator.market.calendar import at
from tests.simulator.books import check_account, holdings
from tests.simulator.conftest import NUMBER, Desk

PATH = "/control/corporate-actions"
FRIDAY, MONDAY = "2026-11-20", "2026-11-23"


async def announce(desk: Desk, status: int = 200, **keys: Any) -> Any:
    body = {"symbol": "MSFT"} | {key.replace("_", "-"): value for key, value in keys.items()}
    answer = await desk.client.post(PATH, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def states(desk: Desk) -> list[str]:
    return [row["state"] for row in (await desk.client.get(PATH)).json()["announcements"]]


def to(desk: Desk, day: str, hour: int) -> None:
    year, month, number = map(int, day.split("-"))
    desk.jump(at(date(year, month, number), hour))


async def test_a_split_waits_for_its_day(desk: Desk) -> None:
    await desk.buy("MSFT", 10)
    told = await announce(desk, kind="split", new=2, effective=FRIDAY)
    assert (told["state"], told["effective"]) == ("Announced", FRIDAY)
    mark = desk.world.market.mark("MSFT")
    to(desk, FRIDAY, 3)
    assert holdings(desk.account) == {"MSFT": 10}
    to(desk, FRIDAY, 5)
    assert holdings(desk.account) == {"MSFT": 20}
    assert desk.world.market.mark("MSFT") == pytest.approx(mark / 2, rel=Decimal("0.1"))
    assert await states(desk) == ["Effective"]
    check_account(desk.world, NUMBER)


async def test_a_dividend_goes_ex_on_its_day_and_is_paid_on_another(desk: Desk) -> None:
    await desk.buy("MSFT", 10)
    await announce(desk, kind="dividend", amount="1.5", effective=FRIDAY, pays_on=MONDAY)
    (row,) = (await desk.get("/market-metrics", symbols="MSFT"))["items"]
    assert row["dividend-next-date"] == FRIDAY
    to(desk, FRIDAY, 5)
    await desk.sign_in()
    assert [e.amount for e in desk.account.entitlements] == [15]
    (row,) = (await desk.get("/market-metrics", symbols="MSFT"))["items"]
    assert (row["dividend-ex-date"], row["dividend-pay-date"]) == (FRIDAY, MONDAY)
    past = await desk.get("/market-metrics/historic-corporate-events/dividends/MSFT")
    assert past["items"][0] == {"occurred-date": FRIDAY, "amount": "1.5"}
    to(desk, MONDAY, 18)
    (paid,) = [r for r in desk.world.transactions[NUMBER] if r.sub_type == "Dividend"]
    assert (paid.value, paid.on.isoformat()) == (15, MONDAY)


async def test_who_buys_on_the_day_itself_gets_nothing(desk: Desk) -> None:
    await announce(desk, kind="dividend", amount="1.5", effective=FRIDAY)
    to(desk, FRIDAY, 10)
    await desk.sign_in()
    await desk.buy("MSFT", 10)
    assert desk.account.entitlements == []


async def test_a_call_is_assigned_early_for_it(desk: Desk) -> None:
    call = "MSFT  261120C00400000"
    await desk.buy("MSFT", 100)
    await desk.place(("Sell to Open", call, 1), order_type="Market")
    desk.pass_time(3)
    await announce(desk, kind="dividend", amount="6", effective="2026-11-19")
    to(desk, "2026-11-18", 18)
    assert holdings(desk.account) == {}
    assert "Assignment" in {r.sub_type for r in desk.world.transactions[NUMBER]}


async def test_it_can_be_taken_back_once(desk: Desk) -> None:
    told = await announce(desk, kind="split", new=2, effective=FRIDAY)
    assert (await desk.client.delete(f"{PATH}/{told['id']}")).json()["state"] == "Withdrawn"
    assert (await desk.client.delete(f"{PATH}/{told['id']}")).status_code == 400
    assert (await desk.client.delete(f"{PATH}/99")).status_code == 404
    mark = desk.world.market.mark("MSFT")
    to(desk, FRIDAY, 5)
    assert desk.world.market.mark("MSFT") > mark * Decimal("0.8")


async def test_what_has_become_impossible_is_noted(desk: Desk) -> None:
    await announce(desk, kind="split", new=2, effective=MONDAY)
    await announce(desk, kind="merger", cash=600, effective=FRIDAY)
    to(desk, MONDAY, 5)
    assert await states(desk) == ["Failed", "Effective"]


async def test_it_survives_a_snapshot_and_follows_a_new_name(desk: Desk) -> None:
    await desk.buy("MSFT", 10)
    await announce(desk, kind="symbol-change", to="MSFX", effective=FRIDAY)
    await announce(desk, kind="split", new=2, effective=MONDAY)
    kept = snapshots.take(desk.world)
    for _ in range(2):
        to(desk, MONDAY, 5)
        assert holdings(desk.account) == {"MSFX": 20}
        snapshots.restore(desk.world, kept)
        assert await states(desk) == ["Announced", "Announced"]


@pytest.mark.parametrize(
    "keys",
    [
        {"kind": "split", "new": 2, "effective": "2026-11-21"},
        {"kind": "split", "new": 2, "effective": "2026-11-17"},
        {"kind": "split", "new": 2, "effective": "2036-11-19"},
        {"kind": "split", "new": 2, "effective": "soon"},
        {"kind": "split", "new": 1, "effective": FRIDAY},
        {"kind": "merger", "effective": FRIDAY},
        {"kind": "dividend", "amount": 1, "effective": MONDAY, "pays_on": FRIDAY},
        {"kind": "symbol-change", "to": "AAPL", "effective": FRIDAY},
    ],
)
async def test_refusals(desk: Desk, keys: dict[str, Any]) -> None:
    await announce(desk, 400, **keys)
    assert desk.world.announcements == {}


async def test_watchlists_and_alerts_follow_a_new_symbol(desk: Desk) -> None:
    option = "MSFT  261218C00520000"
    entries = [{"symbol": s, "instrument-type": "Equity"} for s in ("MSFT", option, "KO")]
    await desk.send("POST", "/watchlists", {"name": "Mine", "watchlist-entries": entries}, 201)
    alert = {"symbol": "MSFT", "field": "Last", "operator": ">", "threshold": "1"}
    await desk.send("POST", "/quote-alerts", alert, 201)
    await announce(desk, kind="symbol-change", to="MSFX")
    kept = await desk.get("/watchlists/Mine")
    assert [e["symbol"] for e in kept["watchlist-entries"]] == [
        "MSFX", "MSFX  261218C00520000", "KO",
    ]  # fmt: skip
    (told,) = (await desk.get("/quote-alerts"))["items"]
    assert (told["symbol"], told["dx-symbol"]) == ("MSFX", "MSFX")
    desk.pass_time(3)
    assert any(f["type"] == "QuoteAlert" for f in desk.sent()) or told.get("triggered-at")
