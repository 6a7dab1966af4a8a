"""Whatever is sent, the answer is one of the contract's: never a 500, never a lost state."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.app import create_app
from simulator.clock import Clock
from simulator.market.market import Market
from simulator.scenarios import SCENARIOS
from simulator.world import World
from tests.simulator.conftest import NUMBER, START

KEYS = (
    "order-type", "time-in-force", "price", "price-effect", "stop-trigger", "value",
    "value-effect", "gtc-date", "rules", "advanced-instructions", "external-identifier",
    "source", "legs",
)  # fmt: skip
WORDS = (
    "Limit", "Market", "Stop", "Stop Limit", "Notional Market", "Marketable Limit", "Day", "GTC",
    "GTD", "IOC", "Ext", "Ext Overnight", "Debit", "Credit", "2026-12-18", "1", "0", "-1", "NaN",
    "1e400", "60.00", "KO", "/ESZ6", "BTC/USD", "MSFT  261218C00520000", "Equity",
    "Equity Option", "Future", "Cryptocurrency", "Buy to Open", "Sell to Close", "Buy",
)  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.sampled_from(WORDS), st.text(max_size=8)
)
LEG = st.dictionaries(
    st.sampled_from(("instrument-type", "symbol", "action", "quantity")), SCALARS, max_size=4
)
GOOD_LEG = st.fixed_dictionaries(
    {
        "instrument-type": st.sampled_from(("Equity", "Equity Option", "Future")),
        "symbol": st.sampled_from(("KO", "/ESZ6", "MSFT  261218C00520000", "ZZZZ")),
        "action": st.sampled_from(("Buy to Open", "Sell to Open", "Buy to Close", "Sell")),
        "quantity": st.sampled_from((1, "2", "0.5", 10**6, "0.000001")),
    }
)
NESTED = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
BODIES = st.dictionaries(st.sampled_from(KEYS), NESTED, max_size=len(KEYS)) | st.fixed_dictionaries(
    {
        "order-type": st.sampled_from(WORDS[:6]),
        "time-in-force": st.sampled_from(WORDS[6:12]),
        "legs": st.lists(GOOD_LEG | LEG, min_size=1, max_size=4),
    },
    optional={
        "price": st.sampled_from(("60.00", "0", "0.005", 7)),
        "price-effect": st.sampled_from(("Debit", "Credit", "None")),
        "stop-trigger": st.sampled_from(("60.00", 61)),
        "value": st.sampled_from(("10", "1000000")),
        "value-effect": st.just("Debit"),
        "gtc-date": st.sampled_from(("2026-12-18", "2020-01-01", "soon")),
        "rules": NESTED,
    },
)


@cache
def broker() -> tuple[World, httpx.AsyncClient]:
    """One broker for all examples."""
    clock = Clock(START, speed=0)
    world = World(7, clock, Market(7, clock))
    SCENARIOS["empty"](world)
    app = create_app(world, ticking=False)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return world, httpx.AsyncClient(
        transport=transport, base_url="http://sim", headers={"user-agent": "tests/1.0"}
    )


async def _post(path: str, body: Any) -> httpx.Response:
    world, client = broker()
    if "authorization" not in client.headers:
        grant = next(iter(world.grants.values()))
        form = {
            "grant_type": "refresh_token",
            "refresh_token": grant.refresh_token,
            "client_secret": world.clients[grant.client_id].secret,
        }
        token = (await client.post("/oauth/token", json=form)).json()["access_token"]
        client.headers["authorization"] = f"Bearer {token}"
    return await client.post(path, json=body)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(BODIES, st.sampled_from(("orders", "orders/dry-run", "margin")))
def test_orders(body: dict[str, Any], route: str) -> None:
    path = f"/accounts/{NUMBER}/{route}"
    if route == "margin":
        path = f"/margin/accounts/{NUMBER}/dry-run"
        body = {"account-number": NUMBER, "underlying-symbol": "KO", **body}
    answer = asyncio.run(_post(path, body))
    assert answer.status_code in (200, 201, 400, 422), answer.text
    told = answer.json()
    assert "data" in told or told["error"]["code"] in ("validation_error",
                                                       "preflight_check_failure")  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(NESTED, st.sampled_from(("/watchlists", "/quote-alerts", "/oauth/token")))
def test_other_bodies(body: Any, path: str) -> None:
    answer = asyncio.run(_post(path, body))
    assert answer.status_code < 500, answer.text
