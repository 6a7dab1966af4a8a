"""Sessions by password, behind their setting."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.conftest import NUMBER, Desk
from tests.simulator.shapes import differences, keys_of, sample


def of(words: str) -> Any:
    key = next(k for k in keys_of("sessions-legacy.json") if k.startswith(words))
    return sample("sessions-legacy.json", key.split("  ")[0])


async def on(desk: Desk, **more: Any) -> dict[str, Any]:
    """Switch sessions on and forget the bearer token; a body that signs in."""
    await desk.client.post("/control/settings", json={"legacy-sessions": True} | more)
    desk.client.headers.pop("authorization", None)
    user = next(iter(desk.world.users.values()))
    return {"login": user.username, "password": "simulator", "remember-me": True}


async def test_off_they_are_refused(desk: Desk) -> None:
    body = {"login": "x", "password": "y"}
    refused = await desk.send("POST", "/sessions", body, 403)
    assert refused["error"]["code"] == "not_permitted"
    desk.client.headers["authorization"] = "s3ss10n"
    assert (await desk.get("/customers/me", 401))["error"]["code"] == "unauthorized"


async def test_a_session_from_login_to_logout(desk: Desk) -> None:
    answer = await desk.client.post("/sessions", json=await on(desk))
    assert answer.status_code == 201
    assert differences(of("POST /sessions  {"), answer.json()) == []
    desk.client.headers["authorization"] = answer.json()["data"]["session-token"]
    checked = await desk.client.post("/sessions/validate")
    assert checked.status_code == 201
    expected = of("POST /sessions/validate")
    assert set(expected["data"]) == set(checked.json()["data"])
    assert isinstance(checked.json()["data"]["id"], int)
    assert len((await desk.get("/customers/me/accounts"))["items"]) == 1
    await desk.place(("Buy to Open", "KO", 1), order_type="Market")
    await desk.send("DELETE", "/sessions", None, 204)
    dead = await desk.get(f"/accounts/{NUMBER}/balances", 401)
    assert dead["error"]["code"] == "invalid_session"


async def test_a_remember_token_serves_once(desk: Desk) -> None:
    body = await on(desk)
    first = await desk.send("POST", "/sessions", body, 201)
    again = {"login": body["login"], "remember-token": first["remember-token"]}
    await desk.send("POST", "/sessions", again, 201)
    refused = await desk.send("POST", "/sessions", again, 401)
    assert refused["error"]["code"] == "invalid_credentials"


@pytest.mark.parametrize("change", [{"password": "wrong"}, {"login": "nobody"}])
async def test_wrong_credentials(desk: Desk, change: dict[str, str]) -> None:
    refused = await desk.send("POST", "/sessions", await on(desk) | change, 401)
    assert refused["error"]["code"] == "invalid_credentials"


async def test_an_unknown_device_is_challenged(desk: Desk) -> None:
    body = await on(desk, **{"legacy-device-challenge": True})
    answer = await desk.client.post("/sessions", json=body)
    assert answer.status_code == 403
    assert "redirect" in answer.json()["error"]
    headers = {"X-Tastyworks-Challenge-Token": answer.headers["X-Tastyworks-Challenge-Token"]}
    sent = await desk.client.post("/device-challenge", headers=headers)
    assert sent.status_code == 200
    wrong = await desk.client.post(
        "/sessions", json=body, headers=headers | {"X-Tastyworks-OTP": "1"}
    )
    assert wrong.status_code == 403
    right = await desk.client.post(
        "/sessions", json=body, headers=headers | {"X-Tastyworks-OTP": "123456"}
    )
    assert right.status_code == 201
    await desk.send("POST", "/device-challenge", None, 403)


async def test_a_bearer_token_is_validated_too(desk: Desk) -> None:
    assert (await desk.send("POST", "/sessions/validate", None, 201))["email"]
