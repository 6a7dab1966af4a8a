"""The whole way through real sockets: simulator, streams, mirror, market frames."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.db import connection

from brokerage import connections, market, tasks
from brokerage.enums import ConnectionState
from brokerage.gateway.supervisor import Supervisor
from brokerage.models import Account, Connection, Order, Position, QuoteAlert
from tests.brokerage.gateway.conftest import ROOT, SimulatorProcess

# Nothing of it is held or on order in the demo scenario.
SYMBOL = "DIS"


class Gateway:
    """A supervisor in this process, and what it does to one connection."""

    def __init__(self, connection: Connection, facts: dict[str, Any]) -> None:
        self.connection, self.facts = connection, facts
        self.feed = market.feed_key(connection)

    def health(self) -> market.FeedHealth:
        return market.load_health(self.feed)

    def cells(self, symbol: str) -> market.Cells:
        return market.load_book(self.feed).get(symbol, market.Cells())

    def up(self) -> bool:
        health = self.health()
        return (health.market.state, health.account.state) == ("up", "up")

    async def until(self, condition: Callable[[], Any], seconds: float = 40.0) -> Any:
        ends = time.monotonic() + seconds
        while not (found := await sync_to_async(condition)()):
            if time.monotonic() > ends:
                book = sorted(market.load_book(self.feed))
                raise AssertionError(f"not within {seconds} s: {self.health()}, book {book}")
            await asyncio.sleep(0.1)
        return found


def connected(user: Any, simulator: SimulatorProcess) -> Connection:
    """Through the real connect flow; the gateway's own reading stands for the first sync."""
    facts = simulator.facts
    return connections.connect(user, "simulator", facts["client_secret"], facts["refresh_token"])


@pytest.fixture
async def gateway(
    transactional_db: None,
    django_user_model: Any,
    settings: Any,
    simulator: SimulatorProcess,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Gateway]:
    settings.SIMULATOR_URL = simulator.facts["api_url"]
    monkeypatch.setattr(tasks.sync_requested, "delay", lambda run: None)
    user = await sync_to_async(django_user_model.objects.create_user)("ada")
    made = await sync_to_async(connected)(user, simulator)
    supervisor = Supervisor(settings.GATEWAY_LEASE_SECONDS, look_seconds=0.2)
    serving = asyncio.create_task(supervisor.run())
    try:
        yield Gateway(made, simulator.facts)
    finally:
        supervisor.stop()
        await serving


@contextlib.asynccontextmanager
async def signed_in(facts: dict[str, Any]) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody at the broker's own platform."""
    headers = {"User-Agent": "other/1"}
    async with httpx.AsyncClient(base_url=facts["api_url"], headers=headers) as client:
        grant = {name: facts[name] for name in ("refresh_token", "client_secret")}
        token = await client.post("/oauth/token", json={"grant_type": "refresh_token", **grant})
        client.headers["Authorization"] = f"Bearer {token.json()['access_token']}"
        yield client


async def buy(facts: dict[str, Any], quantity: int = 3) -> int:
    """An order that does not come from here."""
    async with signed_in(facts) as client:
        answer = await client.post(
            f"/accounts/{facts['accounts'][0]}/orders",
            json={
                "time-in-force": "Day",
                "order-type": "Market",
                "legs": [
                    {
                        "instrument-type": "Equity",
                        "symbol": SYMBOL,
                        "quantity": quantity,
                        "action": "Buy to Open",
                    }
                ],
            },
        )
    assert answer.status_code == 201, answer.text
    return int(answer.json()["data"]["order"]["id"])


async def quotes_of_what_is_held_reach_the_latest_book(gateway: Gateway) -> None:
    assert gateway.health().level == "api" and gateway.health().delayed is False
    cells = await gateway.until(lambda: (c := gateway.cells("AAPL")).quote and c.summary and c)
    assert 0 < cells.quote.bid < cells.quote.ask
    first = cells.quote.received_at
    await gateway.until(lambda: gateway.cells("AAPL").quote.received_at > first, 40)
    held = await sync_to_async(
        lambda: Position.objects.filter(instrument_type="Equity Option").first()
    )()
    greeks = await gateway.until(lambda: gateway.cells(held.streamer_symbol).greeks)
    assert -1 <= greeks.delta <= 1
    row = await Connection.objects.aget(pk=gateway.connection.pk)
    assert (row.quote_level, row.quotes_delayed) == ("api", False)


async def what_a_page_looks_at_is_followed(gateway: Gateway) -> None:
    wanted = [("Quote", "DIS"), ("Order", "DIS"), ("TimeAndSale", "DIS"), ("Quote", "NOSUCH")]
    await sync_to_async(market.register_interest)(gateway.feed, wanted, "page")
    await gateway.until(lambda: gateway.cells("DIS").quote, 20)
    depth = await gateway.until(lambda: gateway.cells("DIS").depth)
    assert depth.bids[0].price < depth.asks[0].price
    assert [level.price for level in depth.bids] == sorted(
        (level.price for level in depth.bids), reverse=True
    )
    await gateway.until(lambda: gateway.cells("DIS").tape)
    # One symbol that nobody knows costs the others nothing.
    assert gateway.up() and gateway.health().capacity == ""


async def an_order_filled_elsewhere_reaches_the_mirror(gateway: Gateway) -> None:
    account = await Account.objects.aget(number=gateway.facts["accounts"][0])
    before = await sync_to_async(
        lambda: Position.objects.filter(account=account, symbol=SYMBOL).first()
    )()
    held = before.quantity if before else Decimal(0)
    broker_id = await buy(gateway.facts)
    await gateway.until(
        lambda: Order.objects.filter(broker_id=broker_id, status="Filled").exists(), 40
    )
    await gateway.until(
        lambda: Position.objects.filter(account=account, symbol=SYMBOL, quantity=held + 3).exists(),
        40,
    )


async def an_alert_that_fires_is_told(gateway: Gateway) -> None:
    """Alerts are told to those who asked for them, not with the accounts."""
    body = {"symbol": SYMBOL, "field": "Last", "operator": ">", "threshold": "1"}
    async with signed_in(gateway.facts) as client:
        answer = await client.post("/quote-alerts", json=body)
    number = answer.json()["data"]["alert-external-id"]
    await gateway.until(
        lambda: QuoteAlert.objects.filter(external_id=number, triggered_at__isnull=False).exists()
    )


async def what_was_lost_on_the_way_is_due_at_once(gateway: Gateway) -> None:
    row = Connection.objects.filter(pk=gateway.connection.pk)
    await gateway.until(lambda: "positions" in row.get().synced_at)
    async with httpx.AsyncClient(base_url=gateway.facts["api_url"]) as control:
        fault = {"on": "account-stream", "action": "garbage"}
        await control.post("/control/faults", json=fault)
    await buy(gateway.facts)
    await gateway.until(lambda: "positions" not in row.get().synced_at)


async def a_killed_broker_is_found_again(gateway: Gateway, simulator: SimulatorProcess) -> None:
    simulator.kill()
    down = await gateway.until(lambda: (h := gateway.health()).market.state != "up" and h, 40)
    assert down.market.reason
    simulator.start()
    started = time.monotonic()
    await gateway.until(gateway.up, 40)
    assert time.monotonic() - started < 40
    quote = gateway.cells("AAPL").quote
    await gateway.until(lambda: gateway.cells("AAPL").quote.received_at > quote.received_at, 40)


async def a_closed_account_stream_is_opened_again(gateway: Gateway) -> None:
    async with httpx.AsyncClient(base_url=gateway.facts["api_url"]) as control:
        await control.post("/control/streams", json={"action": "close", "code": 1000})
    await gateway.until(lambda: gateway.health().account.state != "up", 40)
    await gateway.until(gateway.up, 40)


async def a_dead_grant_ends_the_streams(gateway: Gateway) -> None:
    rows = Connection.objects.filter(pk=gateway.connection.pk)
    await rows.aupdate(state=ConnectionState.RECONNECT)
    health = await gateway.until(lambda: (h := gateway.health()).market.state == "down" and h, 40)
    assert "connect" in health.market.reason


async def test_one_connection_from_its_first_quote_to_its_dead_grant(gateway, simulator):
    """One story, because making a connection is what costs time."""
    await gateway.until(gateway.up)
    await quotes_of_what_is_held_reach_the_latest_book(gateway)
    await what_a_page_looks_at_is_followed(gateway)
    await an_order_filled_elsewhere_reaches_the_mirror(gateway)
    await an_alert_that_fires_is_told(gateway)
    await what_was_lost_on_the_way_is_due_at_once(gateway)
    await a_closed_account_stream_is_opened_again(gateway)
    await a_killed_broker_is_found_again(gateway, simulator)
    await a_dead_grant_ends_the_streams(gateway)


def test_the_command_serves_and_stops_on_sigterm(tmp_path, transactional_db, settings):
    """A process of its own on the tests' database: it waits, and ends when told."""
    database = urlsplit(settings.DATABASE_URL)._replace(path="/" + connection.settings_dict["NAME"])
    log = tmp_path / "gateway.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "run_gateway"],
            cwd=ROOT,
            env={**os.environ, "LOG_LEVEL": "INFO", "DATABASE_URL": urlunsplit(database)},
            stdout=output,
            stderr=output,
        )
        try:
            deadline = time.monotonic() + 20
            while "serves" not in log.read_text() and time.monotonic() < deadline:
                time.sleep(0.1)
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
    assert "has stopped" in log.read_text()
    assert "Traceback" not in log.read_text()
