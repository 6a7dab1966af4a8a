"""The simulator page steers a running simulator; nobody else gets to see it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from django.test import Client
from django.urls import reverse

from brokerage import simulated
from portfolio.simulation.catalogue import ACTIONS, SCENARIOS
from tests.portfolio import factories
from tests.simulator.running import process

pytestmark = pytest.mark.django_db
PAGE = "portfolio:simulator"


@pytest.fixture(scope="module")
def running() -> Iterator[dict[str, Any]]:
    with process("--scenario", "demo") as found:
        yield found.told


@pytest.fixture
def told(running: dict[str, Any], settings: Any, user: Any) -> dict[str, Any]:
    """A server with the simulator, a person who is connected to it, nothing steered yet."""
    settings.SIMULATOR_URL = running["api_url"]
    factories.make_connection(user)
    httpx.delete(f"{running['control_url']}/faults")
    httpx.post(f"{running['control_url']}/settings", json={"fill-model": "touch"})
    return running


def ask(told: dict[str, Any], path: str = "") -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(told["control_url"] + path).json()
    return found


def act(web: Client, slug: str, **values: Any) -> Any:
    return web.post(reverse("portfolio:simulator-act", args=[slug]), values)


def page(web: Client) -> str:
    return str(web.get(reverse(PAGE)).content.decode())


# -- who sees it -----------------------------------------------------------------------------


def test_only_with_a_simulator_and_a_login_of_it(
    web: Client, strangers_web: Client, told: dict[str, Any], settings: Any
) -> None:
    link = f'href="{reverse(PAGE)}"'
    assert link in page(web)
    assert strangers_web.get(reverse(PAGE)).status_code == 404
    assert act(strangers_web, "pause").status_code == 404
    assert link not in strangers_web.get(reverse("portfolio:dashboard")).content.decode()
    settings.SIMULATOR_URL = ""
    assert web.get(reverse(PAGE)).status_code == 404
    assert link not in web.get(reverse("portfolio:dashboard")).content.decode()


def test_a_login_elsewhere_is_not_enough(web: Client, user: Any, settings: Any) -> None:
    settings.SIMULATOR_URL = "http://127.0.0.1:1"
    factories.make_connection(user, "sandbox")
    assert web.get(reverse(PAGE)).status_code == 404


def test_a_simulator_elsewhere_is_never_asked(user: Any, settings: Any) -> None:
    settings.SIMULATOR_URL = "http://192.0.2.7:8100"
    factories.make_connection(user)
    with pytest.raises(ValueError, match=r"loopback|simulator"):
        simulated.control_for(user)


def test_a_simulator_that_is_down(web: Client, user: Any, settings: Any) -> None:
    settings.SIMULATOR_URL = "http://127.0.0.1:1"
    factories.make_connection(user)
    answer = web.get(reverse(PAGE))
    assert answer.status_code == 200
    assert simulated.UNREACHABLE in answer.content.decode()
    assert act(web, "pause").status_code == 422


# -- steering --------------------------------------------------------------------------------


def test_the_page_has_a_form_for_every_action(web: Client, told: dict[str, Any]) -> None:
    html = page(web)
    for action in ACTIONS:
        assert reverse("portfolio:simulator-act", args=[action.slug]) in html, action.slug
    for name in SCENARIOS:
        assert reverse("portfolio:simulator-scenario", args=[name]) in html
    assert "5WT00001" in html and "style=" not in html
    state = web.get(reverse("portfolio:simulator-state")).content.decode()
    assert "<html" not in state and "2026-11-18" in state


def test_clock(web: Client, told: dict[str, Any]) -> None:
    assert act(web, "pause").status_code == 302
    assert ask(told, "/clock")["speed"] == 0
    before = ask(told, "/clock")["now"]
    act(web, "advance", advance="90")
    assert ask(told, "/clock")["now"] > before
    act(web, "jump", to="close")
    assert ask(told, "/clock")["session"] != "Open"
    act(web, "jump", to="open")
    act(web, "resume")
    act(web, "speed", speed="10")
    assert ask(told, "/clock")["speed"] == 10
    assert "×10" in page(web)


def test_prices_and_fills(web: Client, told: dict[str, Any]) -> None:
    act(web, "price", symbol="KO", price="50")
    # the market went on for a moment, at the pace of an earlier test
    assert float(ask(told, "/prices?symbols=KO")["prices"]["KO"]["mark"]) == pytest.approx(50, 0.02)
    act(web, "settings", **{"fill-model": "queue", "crypto-orders": "on", "rate-limit": "0"})
    found = ask(told, "/settings")
    assert (found["fill-model"], found["crypto-orders"]) == ("queue", True)
    assert found["option-lists"] is False


def test_faults(web: Client, told: dict[str, Any]) -> None:
    act(web, "fault", what="rest:status", status="503", path="/balances", count="2")
    (fault,) = ask(told, "/faults")["faults"]
    assert (fault["action"], fault["status"], fault["path"]) == ("status", 503, "/balances")
    assert "rest status 503, met 0 of 2" in page(web)
    act(web, "unfault", fault=str(fault["id"]))
    assert ask(told, "/faults")["faults"] == []
    act(web, "fault", what="account-stream:delay", kind="Order", seconds="5", chance="0.5")
    assert ask(told, "/faults")["faults"][0]["seconds"] == 5
    act(web, "faults-off")
    assert ask(told, "/faults")["faults"] == []


def test_accounts_and_money(web: Client, told: dict[str, Any]) -> None:
    before = {row["account-number"] for row in ask(told, "/accounts")["accounts"]}
    act(web, "account", username="demo", cash="5000")
    rows = {row["account-number"]: row for row in ask(told, "/accounts")["accounts"]}
    (fresh,) = rows.keys() - before
    act(web, "movement", number=fresh, amount="-1000")
    act(web, "holding", number=fresh, symbol="KO", quantity="3")
    found = next(r for r in ask(told, "/accounts")["accounts"] if r["account-number"] == fresh)
    assert float(found["cash"]) == 4000
    assert found["positions"] == 1


def test_snapshot_restore_transcript(web: Client, told: dict[str, Any]) -> None:
    act(web, "snapshot", name="before")
    act(web, "movement", number="5WT00002", amount="12345")
    rich = next(a for a in ask(told, "/accounts")["accounts"] if a["account-number"] == "5WT00002")
    assert act(web, "restore", snapshot="before").status_code == 302
    back = next(a for a in ask(told, "/accounts")["accounts"] if a["account-number"] == "5WT00002")
    assert float(rich["cash"]) - float(back["cash"]) == pytest.approx(12345)
    export = web.get(reverse("portfolio:simulator-snapshot", args=["before"]))
    assert json.loads(export.content) and "attachment" in export["Content-Disposition"]
    act(web, "transcript-on")
    httpx.get(f"{told['api_url']}/api-quote-tokens", headers={"user-agent": "tests/1.0"})
    lines = web.get(reverse("portfolio:simulator-download", args=["transcript"])).content
    assert b"/api-quote-tokens" in lines
    act(web, "transcript-off")
    act(web, "forget", snapshot="before")
    assert ask(told)["snapshots"] == []


@pytest.mark.parametrize("name", [n for n in SCENARIOS if n not in ("dead-grant", "expiration")])
def test_scenarios(web: Client, told: dict[str, Any], name: str) -> None:
    answer = web.post(reverse("portfolio:simulator-scenario", args=[name]), follow=True)
    html = answer.content.decode()
    assert SCENARIOS[name][0] in html and "messages__error" not in html
    assert not [m for m in answer.context["messages"] if m.level_tag == "error"]


# -- refusals --------------------------------------------------------------------------------


def test_what_is_wrong_stands_at_its_form(web: Client, told: dict[str, Any]) -> None:
    missing = act(web, "price")
    assert missing.status_code == 422 and 'id="price_symbol_error"' in missing.content.decode()
    refused = act(web, "price", symbol="NOSUCH", factor="0.5")
    assert refused.status_code == 422
    html = refused.content.decode()
    assert ('value="NOSUCH"' in html and 'role="alert"' in html) or "price_symbol_error" in html
    assert act(web, "fault", what="rest:status", path="(").status_code == 422
    assert act(web, "nonsense").status_code == 404
    assert web.get(reverse("portfolio:simulator-act", args=["pause"])).status_code == 405


def test_paths_are_quoted(web: Client, told: dict[str, Any]) -> None:
    assert act(web, "snapshot", name="../clock").status_code in (302, 422)
    assert act(web, "restore", snapshot="../clock").status_code == 422
