"""What a request passes before the services: agent, versions, paths, dates, errors, faults."""

from __future__ import annotations

import httpx
import pytest

from simulator.app import create_app
from tests.simulator.conftest import NUMBER, Desk


async def test_no_user_agent_is_an_html_page(desk: Desk) -> None:
    request = desk.client.build_request("GET", "/customers/me")
    del request.headers["user-agent"]
    answer = await desk.client.send(request)
    assert answer.status_code == 401
    assert answer.headers["content-type"].startswith("text/html")


async def test_an_agent_without_a_version_passes(desk: Desk) -> None:
    answer = await desk.client.get("/customers/me", headers={"user-agent": "tastytrade-sdk-js"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("path", "version", "status"),
    [
        ("/customers/me", "20261012", 200),
        ("/customers/me", "20251101", 200),
        ("/customers/me", "20230101", 406),
        ("/customers/me", "yesterday", 406),
        ("/customers/me", "20261399", 406),
        (f"/accounts/{NUMBER}/orders/live", "20250715", 406),
        (f"/accounts/{NUMBER}/orders/live", "20250813", 200),
    ],
)
async def test_versions(desk: Desk, path: str, version: str, status: int) -> None:
    answer = await desk.client.get(path, headers={"accept-version": version})
    assert answer.status_code == status
    if status == 406:
        assert answer.json()["error"]["code"] == 406


async def test_balances_are_an_object_or_a_list(desk: Desk) -> None:
    path = f"/accounts/{NUMBER}/balances"
    assert (await desk.get(path))["account-number"] == NUMBER
    newer = await desk.client.get(path, headers={"accept-version": "20240501"})
    assert [row["account-number"] for row in newer.json()["data"]["items"]] == [NUMBER]


async def test_prefix_and_trailing_slash(desk: Desk) -> None:
    assert await desk.get("/v1/customers/me") == await desk.get("/customers/me")
    answer = await desk.client.get("/watchlists/")
    assert (answer.status_code, answer.history) == (200, [])


async def test_the_date_is_the_virtual_one(desk: Desk) -> None:
    answer = await desk.client.get("/customers/me")
    assert answer.headers["date"] == "Wed, 18 Nov 2026 15:30:00 GMT"


async def test_unknown_routes_and_accounts(desk: Desk) -> None:
    assert (await desk.get("/nowhere", 404))["error"]["code"] == "record_not_found"
    assert (await desk.get("/accounts/5WX99999/positions", 403))["error"] == {
        "code": "not_permitted",
        "message": "User not permitted access",
    }
    await desk.get("/customers/me/accounts/5WX99999", 404)
    await desk.get("/customers/12345", 403)
    await desk.get(f"/accounts/{NUMBER}/balances/EUR", 404)


async def test_without_a_token(desk: Desk) -> None:
    del desk.client.headers["authorization"]
    assert await desk.get("/margin-requirements-public-configuration") == {
        "risk-free-rate": "0.0385"
    }


async def test_scripted_status(desk: Desk) -> None:
    fault = {"path": "/customers/me$", "status": 429, "retry-after": 7, "count": 1}
    await desk.client.post("/control/faults", json=fault)
    answer = await desk.client.get("/customers/me")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert answer.json()["error"]["retry_after"] == 7
    await desk.get("/customers/me")


async def test_scripted_proxy_page(desk: Desk) -> None:
    fault = {"path": "balances", "method": "get", "status": 502, "html": True, "count": 2}
    await desk.client.post("/control/faults", json=fault)
    for _ in range(2):
        answer = await desk.client.get(f"/accounts/{NUMBER}/balances")
        assert (answer.status_code, "502 Bad Gateway" in answer.text) == (502, True)
    await desk.get(f"/accounts/{NUMBER}/balances")


async def test_a_lost_answer_was_accepted(desk: Desk) -> None:
    await desk.client.post("/control/faults", json={"path": "orders$", "action": "drop"})
    body = desk.order_body(("Buy to Open", "KO", 1), order_type="Market")
    with pytest.raises((ConnectionError, httpx.TransportError)):
        await desk.client.post(f"/accounts/{NUMBER}/orders", json=body)
    assert len((await desk.get(f"/accounts/{NUMBER}/orders/live"))["items"]) == 1


async def test_a_failure_inside_is_a_contract_error(desk: Desk) -> None:
    app = create_app(desk.world, ticking=False)
    desk.world.accounts[NUMBER].status.pop("options-level")
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    headers = dict(desk.client.headers)
    async with httpx.AsyncClient(transport=transport, base_url="http://x", headers=headers) as c:
        answer = await c.get(f"/margin/accounts/{NUMBER}/requirements")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal_server_error"
