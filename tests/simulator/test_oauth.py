"""The token endpoint, the consent page, scopes and what a refused token gets."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.simulator.conftest import NUMBER, Desk

REDIRECT = "https://desk.example.com/callback"


def credentials(desk: Desk) -> dict[str, str]:
    """The first grant's refresh request."""
    grant = next(iter(desk.world.grants.values()))
    return {
        "grant_type": "refresh_token",
        "refresh_token": grant.refresh_token,
        "client_secret": desk.world.clients[grant.client_id].secret,
    }


async def ask(desk: Desk, form: dict[str, str]) -> httpx.Response:
    """POST /oauth/token."""
    return await desk.client.post("/oauth/token", json=form)


async def test_refresh_answers_flat(desk: Desk) -> None:
    answer = await ask(desk, credentials(desk))
    assert answer.status_code == 200
    assert answer.json().keys() == {"access_token", "token_type", "expires_in"}
    assert answer.json()["expires_in"] == 900


async def test_form_body_works_too(desk: Desk) -> None:
    answer = await desk.client.post("/oauth/token", data=credentials(desk))
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("change", "status", "code", "text"),
    [
        ({"refresh_token": "nonsense"}, 400, "invalid_grant", "Invalid JWT"),
        ({"client_secret": "wrong"}, 401, "invalid_client", "Client authentication failed"),
        ({"client_id": "other"}, 401, "invalid_client", "Client authentication failed"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", None),
        ({"grant_type": ""}, 400, "invalid_request", None),
        ({"refresh_token": ""}, 400, "invalid_request", None),
        ({"scope": "read write"}, 400, "invalid_scope", None),
    ],
)
async def test_refusals(
    desk: Desk, change: dict[str, str], status: int, code: str, text: str | None
) -> None:
    answer = await ask(desk, credentials(desk) | change)
    assert answer.status_code == status
    body = answer.json()
    assert body["error_code"] == code
    assert "error" not in body
    assert text is None or body["error_description"] == text


async def test_a_revoked_grant_ends_tokens_and_refreshing(desk: Desk) -> None:
    await desk.get("/customers/me")
    await desk.client.post("/control/tokens", json={"action": "revoke-grants"})
    await desk.get("/customers/me", 401)
    answer = await ask(desk, credentials(desk))
    assert answer.json() == {"error_code": "invalid_grant", "error_description": "Grant revoked"}


async def test_tokens_live_fifteen_virtual_minutes(desk: Desk) -> None:
    desk.pass_time(15 * 60 - 1)
    await desk.get("/customers/me")
    desk.pass_time(2)
    body = await desk.get("/customers/me", 401)
    assert body["error"]["code"] == "unauthorized"


@pytest.mark.parametrize(("speed", "seconds"), [(1, 900), (5, 180), (15, 60), (1000, 60)])
async def test_expires_in_is_real_time(desk: Desk, speed: float, seconds: int) -> None:
    desk.world.clock.base.set_speed(speed)
    answer = await ask(desk, credentials(desk))
    assert answer.json()["expires_in"] == seconds


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nonsense", "Basic abc"])
async def test_without_a_good_token(desk: Desk, header: str) -> None:
    answer = await desk.client.get("/customers/me", headers={"authorization": header})
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "unauthorized"


async def test_scopes(desk: Desk) -> None:
    await desk.sign_in(scope="read")
    await desk.get(f"/accounts/{NUMBER}/orders/live")
    body = desk.order_body(("Buy to Open", "KO", 1), order_type="Market")
    refused = await desk.send("POST", f"/accounts/{NUMBER}/orders", body, 403)
    assert refused["error"] == {"code": "not_permitted", "message": "insufficient scopes"}
    await desk.send("POST", f"/accounts/{NUMBER}/orders/dry-run", body, 201)
    await desk.sign_in(scope="openid")
    await desk.get("/customers/me", 403)


def consent(desk: Desk, **more: str) -> dict[str, str]:
    """Parameters of the consent page."""
    client = next(iter(desk.world.clients.values()))
    return {
        "client_id": client.client_id,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": "read openid",
        "state": "n0nce",
        **more,
    }


async def test_authorization_code(desk: Desk) -> None:
    asked = consent(desk)
    page = await desk.client.get("/auth.html", params=asked)
    assert page.status_code == 200
    assert 'name="state" value="n0nce"' in page.text
    back = await desk.client.post("/auth.html", data={**asked, "decision": "allow"})
    assert back.status_code == 302
    sent = parse_qs(urlsplit(back.headers["location"]).query)
    assert sent["state"] == ["n0nce"]
    client = desk.world.clients[asked["client_id"]]
    form: dict[str, Any] = {
        "grant_type": "authorization_code",
        "code": sent["code"][0],
        "client_id": client.client_id,
        "client_secret": client.secret,
        "redirect_uri": REDIRECT,
    }
    wrong = await ask(desk, form | {"redirect_uri": "https://elsewhere.example.com/"})
    assert wrong.json()["error_code"] == "invalid_grant"
    answer = (await ask(desk, form)).json()
    assert {"access_token", "refresh_token", "id_token"} <= answer.keys()
    again = await ask(desk, form)
    assert (again.status_code, again.json()["error_code"]) == (400, "invalid_grant")
    desk.client.headers["authorization"] = f"Bearer {answer['access_token']}"
    await desk.get("/customers/me")
    await desk.send("DELETE", f"/accounts/{NUMBER}/orders/1", None, 403)


async def test_denied_consent(desk: Desk) -> None:
    back = await desk.client.post("/auth.html", data={**consent(desk), "decision": "deny"})
    assert back.headers["location"] == f"{REDIRECT}?error=access_denied&state=n0nce"


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "unknown"},
        {"redirect_uri": "javascript:alert(1)"},
        {"response_type": "token"},
        {"scope": "everything"},
    ],
)
async def test_consent_page_refuses(desk: Desk, change: dict[str, str]) -> None:
    answer = await desk.client.get("/auth.html", params=consent(desk, **change))
    assert answer.status_code == 400


async def test_the_page_escapes_what_it_was_given(desk: Desk) -> None:
    page = await desk.client.get("/auth.html", params=consent(desk, state='"><script>x'))
    assert "<script>x" not in page.text
