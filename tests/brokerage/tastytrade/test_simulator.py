"""The adapter against the simulator, a real process that restates the wire on its own."""

from __future__ import annotations

import asyncio
import json
import logging
import select
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from brokerage.tastytrade import (
    AsyncTastytradeClient,
    Credentials,
    MemoryTokenStore,
    TastytradeClient,
    errors,
    simulator,
    symbology,
)
from brokerage.tastytrade.calls import Call
from brokerage.tastytrade.payloads.order_requests import LegRequest, OrderRequest
from brokerage.tastytrade.resources import (
    accounts,
    balances,
    chains,
    customers,
    instruments,
    margin,
    market_data,
    market_metrics,
    market_time,
    net_liq,
    orders,
    positions,
    precisions,
    quote_alerts,
    quote_tokens,
    search,
    transactions,
    watchlists,
)

from .broker import AGENT

Facts = dict[str, Any]


@pytest.fixture(scope="module")
def facts() -> Iterator[Facts]:
    """What the simulator says of itself when it is ready."""
    command = [sys.executable, "-m", "simulator", "--port", "0", "--seed", "7"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    try:
        ready, _, _ = select.select([process.stdout], [], [], 60)
        assert ready, "the simulator did not get ready"
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


@pytest.fixture
def desk(facts: Facts) -> Iterator[TastytradeClient]:
    with TastytradeClient(
        simulator(facts["api_url"]),
        Credentials(facts["client_secret"], facts["refresh_token"]),
        MemoryTokenStore(),
        user_agent=AGENT,
    ) as client:
        yield client


def reads(number: str) -> list[Call[Any]]:
    """A call of every family."""
    today = date.today()
    start = today - timedelta(days=60)
    return [
        customers.me(),
        accounts.list_accounts(),
        accounts.get_account(number),
        accounts.trading_status(number),
        balances.get_balance(number),
        balances.list_balances(number),
        balances.list_snapshots(number, time_of_day="EOD", start_date=start),
        positions.list_positions(number, include_marks=True),
        orders.list_live(number),
        orders.search(number, start_date=start),
        transactions.list_transactions(number, start_date=start),
        transactions.total_fees(number),
        net_liq.history(number, time_back="1m"),
        margin.requirements(number),
        margin.effective_requirement(number, "AAPL"),
        margin.position_limit(number),
        margin.public_configuration(),
        instruments.list_equities(["AAPL", "BRK/B", "SPX"]),
        instruments.list_active_equities(),
        instruments.list_futures(product_codes=["ES"]),
        instruments.list_future_products(),
        instruments.list_future_option_products(),
        instruments.list_cryptocurrencies(),
        instruments.list_warrants(),
        instruments.search("crude"),
        precisions.list_precisions(),
        chains.nested("SPY"),
        chains.compact("KO"),
        chains.flat("KO"),
        chains.futures_nested("ES"),
        search.symbols("AAP"),
        market_data.by_type({"Equity": ["AAPL", "BRK/B"], "Index": ["SPX"]}),
        market_data.by_type({"Equity": ["BRK/B"]}, slashes_raw=True),
        market_data.single("Equity", "AAPL"),
        market_metrics.metrics(["AAPL", "BRK/B"]),
        market_metrics.dividends("AAPL"),
        market_metrics.earnings("AAPL", start - timedelta(days=400)),
        market_time.current_sessions(["Equity", "CME", "CFE"]),
        market_time.sessions(today + timedelta(days=5), from_date=today),
        market_time.equities_current(),
        market_time.equities_next(),
        market_time.equities_previous(),
        market_time.futures_all_current(),
        market_time.futures_current(),
        market_time.equities_holidays(),
        market_time.futures_holidays(),
        watchlists.list_watchlists(),
        watchlists.list_public(counts_only=True),
        watchlists.list_pairs(),
        quote_alerts.list_alerts(),
        quote_tokens.get(),
    ]


def test_every_family_is_served_and_read(
    desk: TastytradeClient, facts: Facts, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "brokerage.tastytrade"):
        for call in reads(facts["accounts"][0]):
            assert desk.send(call, attempts=1) is not None, call.route
    assert "unreadable" not in caplog.text
    assert desk.broker_clock_offset is not None


def test_the_awaiting_client_reads_the_same(desk: TastytradeClient, facts: Facts) -> None:
    number = facts["accounts"][0]

    async def run() -> Any:
        async with AsyncTastytradeClient(
            desk.environment,
            Credentials(facts["client_secret"], facts["refresh_token"]),
            MemoryTokenStore(),
            user_agent=AGENT,
        ) as client:
            found = await asyncio.gather(
                *(client.send(accounts.trading_status(n)) for n in facts["accounts"])
            )
            pages = [row async for row in client.pages(_few(number))]
            return [status.account_number for status in found], [row.id for row in pages]

    numbers, ids = asyncio.run(run())
    assert numbers == facts["accounts"]
    assert ids == [row.id for row in desk.pages(_few(number))]
    assert len(ids) > 5


def _few(number: str) -> Any:
    start = date.today() - timedelta(days=400)
    return transactions.list_transactions(number, start_date=start, per_page=5)


def test_derived_streamer_symbols_are_those_of_the_broker(
    desk: TastytradeClient, facts: Facts
) -> None:
    kinds = set()
    for position in (p for n in facts["accounts"] for p in desk.send(positions.list_positions(n))):
        symbol, kind = position.symbol, position.instrument_type
        assert symbology.detect_type(symbol) == kind
        if kind == "Equity Option":
            assert symbology.option_to_streamer(symbol) == position.streamer_symbol
        elif kind == "Future Option":
            derived = symbology.future_option_to_streamer(symbol, "XCME")
            assert derived == position.streamer_symbol
        elif kind == "Future":
            future = desk.send(instruments.get_future(symbol))
            assert future.expiration_date is not None
            derived = symbology.future_to_streamer(
                symbol, future.streamer_exchange_code, future.expiration_date
            )
            assert derived == future.streamer_symbol
        kinds.add(kind)
    assert {"Equity Option", "Future", "Future Option", "Cryptocurrency", "Equity"} <= kinds


def limit(price: str, quantity: str = "1", symbol: str = "AAPL", **more: Any) -> OrderRequest:
    leg = LegRequest("Equity", symbol, "Buy to Open", Decimal(quantity))
    return OrderRequest("Limit", "Day", (leg,), Decimal(price), "Debit", **more)


def settled(check: Callable[[], bool], seconds: float = 10.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if check():
            return True
        time.sleep(0.05)
    return False


def test_an_order_from_the_check_to_the_cancellation(desk: TastytradeClient, facts: Facts) -> None:
    number, name = facts["accounts"][0], str(uuid.uuid4())
    body = limit("1.00", external_identifier=name)
    checked = desk.send(orders.dry_run(number, body))
    assert checked.order is not None and checked.order.id is None
    assert checked.buying_power_effect is not None
    assert checked.buying_power_effect.change_in_buying_power is not None
    assert checked.buying_power_effect.change_in_buying_power < 0
    placed = desk.send(orders.place(number, body)).order
    assert placed is not None and placed.id is not None
    order_id = placed.id
    assert settled(lambda: desk.send(orders.get(number, order_id)).status == "Live")
    assert name in {o.external_identifier for o in desk.pages(orders.list_live(number))}
    newer = desk.send(orders.replace(number, order_id, limit("1.10")))
    assert newer.id is not None and newer.replaces_order_id == order_id
    newer_id = newer.id
    assert settled(lambda: desk.send(orders.get(number, newer_id)).status == "Live")
    desk.send(orders.cancel(number, newer_id))
    assert settled(lambda: desk.send(orders.get(number, newer_id)).is_terminal)
    assert desk.send(orders.get(number, newer_id)).status == "Cancelled"
    with pytest.raises(errors.Unprocessable) as caught:
        desk.send(orders.cancel(number, newer_id))
    assert caught.value.code == "cannot_update_order"


def test_refusals_arrive_as_what_they_are(desk: TastytradeClient, facts: Facts) -> None:
    number = facts["accounts"][0]

    def refused(call: Call[Any]) -> errors.TastytradeError:
        with pytest.raises(errors.TastytradeError) as caught:
            desk.send(call)
        return caught.value

    zero = refused(orders.dry_run(number, limit("1.00", quantity="0")))
    assert type(zero) is errors.BadRequest and any("quantity" in field for field in zero.by_field())
    unknown = refused(orders.dry_run(number, limit("1.00", symbol="NOPE")))
    assert type(unknown) is errors.PreflightFailed and unknown.items[0].text
    dear = refused(orders.dry_run(number, limit("900.00", quantity="20000", symbol="DIS")))
    assert isinstance(dear, errors.PreflightFailed)
    assert dear.items[0].code == "margin_check_failed"
    assert dear.buying_power_effect is not None and dear.buying_power_effect.new_buying_power < 0
    assert isinstance(refused(accounts.get_account("5WX99999")), errors.NotFound)
    assert isinstance(refused(chains.nested("NOPE")), errors.NotFound)


def test_wrong_secrets_are_lasting(facts: Facts) -> None:
    for credentials, kind in (
        (Credentials("wrong", facts["refresh_token"]), errors.InvalidClient),
        (Credentials(facts["client_secret"], "wrong"), errors.InvalidGrant),
    ):
        with (
            TastytradeClient(
                simulator(facts["api_url"]), credentials, MemoryTokenStore(), user_agent=AGENT
            ) as client,
            pytest.raises(kind) as caught,
        ):
            client.send(customers.me())
        assert caught.value.terminal


def test_watchlists_and_alerts_come_and_go(desk: TastytradeClient) -> None:
    name = "Wheel / candidates ☆"
    made = desk.send(watchlists.create(name, [("KO", "Equity"), ("BRK/B", "Equity")]))
    assert [entry.symbol for entry in made.watchlist_entries] == ["KO", "BRK/B"]
    assert desk.send(watchlists.get_watchlist(name)).name == name
    assert desk.send(watchlists.replace(name, "Other", [("KO", "Equity")])).name == "Other"
    desk.send(watchlists.delete("Other"))
    with pytest.raises(errors.NotFound):
        desk.send(watchlists.get_watchlist("Other"))
    alert = desk.send(quote_alerts.create("AAPL", "Last", ">", Decimal("240.50")))
    assert alert.threshold == Decimal("240.50")
    assert desk.send(quote_alerts.delete(alert.alert_external_id)) is None
