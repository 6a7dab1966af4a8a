"""Steering beyond the clock: the document, people, orders, holdings, snapshots, transcript."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import httpx
import pytest
from starlette.routing import Route

from simulator import control, openapi
from tests.simulator.conftest import NUMBER, Desk
from tests.simulator.running import Process, credentials, process

BALANCE = f"/accounts/{NUMBER}/balances/USD"
POSITIONS = f"/accounts/{NUMBER}/positions"
PUT = "KO    261218P00050000"


async def steer(desk: Desk, path: str, expect: int = 200, method: str = "POST", **body: Any) -> Any:
    """A control request; keys with underscores."""
    sent = {key.replace("_", "-"): value for key, value in body.items()}
    answer = await desk.client.request(method, f"/control/{path}", json=sent or None)
    assert answer.status_code == expect, answer.text
    return answer.json()


# -- the document ----------------------------------------------------------------------------


async def test_every_route_is_in_the_document(desk: Desk) -> None:
    told = (await desk.client.get("/control/openapi.json")).json()
    served = {
        (route.path, method.lower())
        for route in control.routes(desk.world)
        if isinstance(route, Route) and route.path.startswith("/control")
        for method in (route.methods or set()) - {"HEAD"}
    }
    described = {(path, method) for path, item in told["paths"].items() for method in item}
    assert served == described
    assert all(item["summary"] for path in told["paths"].values() for item in path.values())
    for path in told["paths"].values():
        for operation in path.values():
            for ref in _refs(operation):
                assert ref.rpartition("/")[2] in told["components"]["schemas"]


def _refs(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if "$ref" in node else []
        return own + [ref for value in node.values() for ref in _refs(value)]
    return [ref for value in node for ref in _refs(value)] if isinstance(node, list) else []


def test_the_file_is_what_is_served() -> None:
    assert json.loads(openapi.FILE.read_text()) == json.loads(openapi.text()), (
        "run python -m simulator.openapi"
    )


@pytest.mark.parametrize("raw", [b"[]", b"{", b'{"speed": NaN}', b'{"nonsense": 1}', b"\xff"])
async def test_wrong_bodies(desk: Desk, raw: bytes) -> None:
    answer = await desk.client.post("/control/clock", content=raw)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "validation_error")


# -- people and accounts ---------------------------------------------------------------------


async def test_customers_in_bulk(desk: Desk) -> None:
    holdings = [{"symbol": "KO", "quantity": "5", "price": "50"}, {"symbol": PUT, "quantity": -1}]
    told = await steer(desk, "customers", count=3, accounts=2, prefix="many", cash="2500",
                       holdings=holdings)  # fmt: skip
    assert [c["username"] for c in told["customers"]] == ["many1", "many2", "many3"]
    numbers = [n for c in told["customers"] for n in c["accounts"]]
    assert len(set(numbers)) == 6
    await desk.get(f"/accounts/{numbers[0]}/positions", 403)
    form = {k: told["customers"][0][k] for k in ("client_secret", "refresh_token")}
    answer = await desk.client.post("/oauth/token", json=form | {"grant_type": "refresh_token"})
    desk.client.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
    rows = (await desk.get(f"/accounts/{numbers[0]}/positions"))["items"]
    assert {(r["symbol"], r["quantity"], r["quantity-direction"]) for r in rows} == {
        ("KO", 5, "Long"), (PUT, 1, "Short"),
    }  # fmt: skip
    assert Decimal((await desk.get(f"/accounts/{numbers[0]}/balances/USD"))["cash-balance"]) == 2500
    await steer(desk, "customers", 400, count=3, prefix="many")
    await steer(desk, "customers", 400, count=0)
    await steer(desk, "customers", 400, calculation="None")
    more = await steer(desk, "customers/many1/accounts", kind="Roth IRA", calculation="IRA Margin")
    assert len(more["accounts"]) == 1
    await steer(desk, "customers/nobody/accounts", 404)


async def test_money_and_holdings(desk: Desk) -> None:
    await steer(desk, f"accounts/{NUMBER}/movements", amount="-500")
    assert desk.account.cash == 99_500 == desk.cash_of_ledger()
    await steer(desk, f"accounts/{NUMBER}/movements", 400, amount="0")
    await steer(desk, "accounts/5WX/movements", 404, amount="1")
    await steer(desk, f"accounts/{NUMBER}/holdings",
                holdings=[{"symbol": "KO", "quantity": 7}])  # fmt: skip
    assert desk.account.positions["KO"].quantity == 7
    await steer(desk, f"accounts/{NUMBER}/holdings", 400,
                holdings=[{"symbol": "ZZZZ", "quantity": 7}])  # fmt: skip
    listed = (await desk.client.get("/control/accounts")).json()["accounts"]
    assert listed[0]["account-number"] == NUMBER


# -- orders ----------------------------------------------------------------------------------


async def test_orders_are_executed_and_refused_by_hand(desk: Desk) -> None:
    ids = []
    for _ in range(3):
        data = await desk.place(
            ("Buy to Open", "KO", 10), order_type="Limit", price="30.00", time_in_force="GTC"
        )
        ids.append(data["order"]["id"])
    desk.pass_time(2)
    await steer(desk, f"orders/{ids[0]}", action="fill", quantity=4, price="29.50")
    assert desk.account.positions["KO"].average_open == Decimal("29.50")
    told = await steer(desk, f"orders/{ids[0]}", action="fill")
    assert told["status"] == "Filled" and desk.account.positions["KO"].quantity == 10
    assert (await steer(desk, f"orders/{ids[1]}", action="reject", reason="No"))[
        "status"
    ] == "Rejected"
    await steer(desk, f"orders/{ids[2]}", action="cancel")
    desk.pass_time(1)
    assert desk.world.orders[ids[2]].status == "Cancelled"
    await steer(desk, f"orders/{ids[2]}", 400, action="fill")
    await steer(desk, "orders/1", 404, action="fill")
    await steer(desk, "orders/none", 404, action="fill")


# -- life cycle ------------------------------------------------------------------------------


async def test_a_split_and_an_assignment(desk: Desk) -> None:
    await steer(
        desk,
        f"accounts/{NUMBER}/holdings",
        holdings=[{"symbol": "KO", "quantity": 10}, {"symbol": PUT, "quantity": -2}],
    )
    await steer(desk, f"accounts/{NUMBER}/assignments", symbol=PUT, quantity=1)
    assert desk.account.positions["KO"].quantity == 110
    await steer(desk, f"accounts/{NUMBER}/exercises", 400, symbol=PUT)
    told = await steer(desk, "corporate-actions", kind="split", symbol="KO", new=2)
    assert told["accounts"] == [NUMBER]
    assert desk.account.positions["KO"].quantity == 220
    await steer(desk, "corporate-actions", 400, kind="split", symbol="SPX", new=2)
    await steer(desk, "corporate-actions", 400, kind="magic", symbol="KO")


async def test_jump_to_an_expiration(desk: Desk) -> None:
    await steer(desk, "clock", 400, to="expiration")
    await steer(desk, f"accounts/{NUMBER}/holdings", holdings=[{"symbol": PUT, "quantity": 1}])
    told = await steer(desk, "clock", to="expiration")
    assert told["now"][:10] == "2026-12-18"
    assert (await steer(desk, "clock", to="midnight"))["now"] == "2026-12-19T05:00:00.000+00:00"


# -- snapshots -------------------------------------------------------------------------------


async def _history(desk: Desk) -> list[Any]:
    """A piece of life, and all that can be seen of it."""
    seen: list[Any] = []
    await desk.place(("Buy to Open", "KO", 250), order_type="Market")
    await desk.place(("Sell to Open", PUT, 1), order_type="Limit", price="40.00")
    for seconds in (0.4, 0.4, 7, 400):
        desk.pass_time(seconds)
        for path in (BALANCE, POSITIONS, f"/accounts/{NUMBER}/orders/live",
                     f"/accounts/{NUMBER}/transactions"):  # fmt: skip
            seen.append(await desk.get(path))
    seen.append((await desk.client.get("/control/ledger")).json())
    return seen


async def test_a_restored_world_continues_identically(desk: Desk) -> None:
    await desk.place(("Buy to Open", "PEP", 2), order_type="Market")
    desk.pass_time(0.3)  # in the middle of its way
    await steer(desk, "prices", symbol="KO", factor=1.02)
    await steer(desk, "faults", account="5WT09999")
    told = await steer(desk, "snapshots", name="here")
    first = await _history(desk)
    await steer(desk, "faults", method="DELETE")
    back = await steer(desk, "snapshots/here/restore")
    assert back["clock"]["now"] == told["at"]
    assert len(desk.world.faults.entries) == 1
    assert await _history(desk) == first
    assert first[-1]["orders"][0]["status"] == "Filled"


async def test_a_snapshot_travels(desk: Desk) -> None:
    await desk.buy("KO", 4)
    await steer(desk, "snapshots", name="one")
    document = (await desk.client.get("/control/snapshots/one")).json()
    await desk.buy("KO", 4)
    await steer(desk, "snapshots/one", method="DELETE")
    await steer(desk, "snapshots/one/restore", 404)
    assert (await desk.client.put("/control/snapshots/two", json=document)).status_code == 200
    assert (await desk.client.put("/control/snapshots/bad", json={"x": 1})).status_code == 400
    await steer(desk, "snapshots/two/restore")
    assert desk.account.positions["KO"].quantity == 4
    await desk.buy("KO", 1)


# -- transcript ------------------------------------------------------------------------------

SCRIPT: list[tuple[str, str, Any]] = [
    ("POST", "/control/clock", {"advance": 5}),
    ("POST", f"/accounts/{NUMBER}/orders", {
        "order-type": "Market", "time-in-force": "Day", "external-identifier": "mine",
        "legs": [{"instrument-type": "Equity", "symbol": "KO", "action": "Buy to Open",
                  "quantity": 3}]}),
    ("POST", "/control/faults", {"path": "balances", "chance": 0.5, "status": 502, "count": 0}),
    ("POST", "/control/clock", {"advance": 2.5}),
    ("POST", "/control/customers", {"count": 2, "accounts": 2}),
    ("POST", "/control/prices", {"symbol": "SPY", "factor": 0.97}),
    *[("GET", BALANCE, None)] * 4,
    ("GET", "/api-quote-tokens", None),
    ("POST", "/control/corporate-actions", {"kind": "split", "symbol": "KO", "new": 2}),
    ("POST", "/control/clock", {"to": "close"}),
    ("POST", "/control/clock", {"advance": 7300}),
    ("GET", f"/accounts/{NUMBER}/transactions", None),
    ("GET", "/control/ledger", None),
]  # fmt: skip


def _transcript(it: Process) -> bytes:
    with httpx.Client(base_url=it.told["api_url"], headers={"user-agent": "t/1"}) as client:
        client.post("/control/transcript", json={"on": True})
        answer = client.post("/oauth/token", json=credentials(it.told))
        client.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
        for method, path, body in SCRIPT:
            client.request(method, path, json=body)
        return client.get("/control/transcript").content


def test_the_same_script_gives_the_same_bytes() -> None:
    options = ("--speed", "0", "--scenario", "empty")
    with process(*options) as one, process(*options) as two:
        first, second = _transcript(one), _transcript(two)
    assert first == second
    lines = [json.loads(line) for line in first.splitlines()]
    assert len(lines) == len(SCRIPT) + 1
    statuses = [line["status"] for line in lines if line["path"] == BALANCE]
    assert set(statuses) <= {200, 502} and lines[2]["answer"]["data"]["order"]["id"]
    assert b"http://simulator" not in first or b"127.0.0.1" not in first


async def test_the_transcript_holds_frames(desk: Desk) -> None:
    await steer(desk, "transcript")
    desk.frames.transcript, desk.frames.id = desk.world.transcript, "one"
    await desk.buy("KO", 1)
    await steer(desk, "transcript", on=False)
    text = (await desk.client.get("/control/transcript")).text
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["what"] for line in lines].count("frame") >= 5
    request = next(line for line in lines if line["what"] == "request")
    assert request["body"]["legs"] and request["status"] == 201
