"""Forgotten passwords: the letter, the new password, and what ends with the old one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.conftest import Desk
from tests.simulator.test_sessions_legacy import on


async def letter(desk: Desk, email: str) -> dict[str, Any]:
    await desk.send("POST", "/password/reset", {"email": email}, 204)
    ledger = (await desk.client.get("/control/ledger")).json()
    return next(e for e in reversed(ledger["entries"]) if e["kind"] == "mail")


async def test_a_new_password_by_letter(desk: Desk) -> None:
    body = await on(desk)
    session = await desk.send("POST", "/sessions", body, 201)
    sent = await letter(desk, session["user"]["email"])
    assert (sent["to"], sent["subject"]) == (session["user"]["email"], "password-reset")
    change = {
        "password": "quite another", "password-confirmation": "quite another",
        "reset-password-token": sent["token"],
    }  # fmt: skip
    await desk.send("POST", "/password", change, 204)
    desk.client.headers["authorization"] = session["session-token"]
    await desk.get("/customers/me", 401)
    await desk.send("POST", "/sessions", body, 401)
    await desk.send("POST", "/sessions", body | {"password": "quite another"}, 201)
    refused = await desk.send("POST", "/password", change, 400)
    assert refused["error"]["errors"][0]["domain"] == "reset-password-token"


async def test_an_unknown_address_is_not_told_apart(desk: Desk) -> None:
    await on(desk)
    await desk.send("POST", "/password/reset", {"email": "nobody@example.com"}, 204)
    await desk.send("POST", "/confirmation", {"email": "nobody@example.com"}, 204)
    assert [e for e in desk.world.journal if e["kind"] == "mail"] == []


@pytest.mark.parametrize(
    ("path", "body", "domain"),
    [
        ("/password/reset", {}, "email"),
        ("/confirmation", {"email": 5}, "email"),
        ("/password", {}, "password"),
        ("/password", {"password": "short", "password-confirmation": "short",
                       "reset-password-token": "x"}, "password"),
        ("/password", {"password": "long enough", "password-confirmation": "other",
                       "reset-password-token": "x"}, "password-confirmation"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_named(desk: Desk, path: str, body: Any, domain: str) -> None:
    await on(desk)
    refused = await desk.send("POST", path, body, 400)
    assert refused["error"]["errors"][0]["domain"] == domain


async def test_without_sessions_there_are_no_passwords(desk: Desk) -> None:
    await desk.send("POST", "/password/reset", {"email": "a@example.com"}, 403)
