"""The mirror against a running simulator: after any traffic the book equals the broker's."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from brokerage import clock, connections, reads
from brokerage.credentials import client_for
from brokerage.enums import BackfillKind, SyncKind, SyncState
from brokerage.models import (
    Account,
    Balance,
    Fill,
    Instrument,
    MarginRequirement,
    Notice,
    Order,
    Position,
    Transaction,
    Watchlist,
)
from brokerage.sync import backfill, runs, schedule, unknown
from brokerage.sync.ingest import ingest
from brokerage.sync.pacing import PacedClient
from brokerage.tastytrade.resources import balances, orders, positions, transactions
from brokerage.tastytrade.streaming import AccountMessage, AccountStream, StreamState
from tests.portfolio.views.simulated import bracket

# Many accounts are read at once, each over a database connection of its own.
pytestmark = pytest.mark.django_db(transaction=True)
START = "2026-03-11T18:30:00+00:00"


@pytest.fixture(scope="module")
def simulator() -> Iterator[dict[str, Any]]:
    """A simulator of its own port, in the middle of a regular session, twenty times as fast."""
    command = [sys.executable, "-m", "simulator", "--port", "0", "--seed", "7"]
    process = subprocess.Popen(
        [*command, "--scenario", "demo", "--start", START, "--speed", "20"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def connected(simulator, settings, user, queued):
    settings.SIMULATOR_URL = simulator["api_url"]
    return connections.connect(
        user, "simulator", simulator["client_secret"], simulator["refresh_token"]
    )


def differences(connection, account) -> list[str]:
    """Every line in which the mirror differs from what the broker answers now."""
    with client_for(connection) as client:
        book = client.send(positions.list_positions(account.number, include_closed_positions=False))
        money = client.send(balances.get_balance(account.number))
        since = clock.today(connection).replace(day=1)
        theirs = list(client.pages(orders.search(account.number, start_date=since)))
        booked = list(client.pages(transactions.list_transactions(account.number)))
    found = []
    mine = {p.symbol: p for p in Position.objects.filter(account=account, closed_at=None)}
    if set(mine) != {p.symbol for p in book}:
        found.append(f"positions {set(mine) ^ {p.symbol for p in book}}")
    for p in book:
        ours = mine.get(p.symbol)
        if ours and (ours.quantity, ours.average_open_price) != (
            p.signed_quantity,
            p.average_open_price,
        ):
            found.append(f"position {p.symbol}: {ours.quantity} {p.signed_quantity}")
    if Balance.objects.get(account=account).cash_balance != money.cash_balance:
        found.append(f"cash {Balance.objects.get(account=account).cash_balance}")
    for o in theirs:
        ours = Order.objects.filter(account=account, broker_id=o.id).first()
        fills = sum(len(leg.fills) for leg in o.legs)
        if ours is None or ours.status != o.status:
            found.append(f"order {o.id}: {ours} {o.status}")
        elif Fill.objects.filter(leg__order=ours).count() != fills:
            found.append(f"order {o.id}: fills")
    known = set(Transaction.objects.filter(account=account).values_list("broker_id", flat=True))
    found += [f"transaction {row.id}" for row in booked if row.id not in known]
    return found


def test_everything_is_mirrored_and_nothing_of_it_is_unknown(connected):
    run = runs.sync(connected, schedule.ORDER)
    assert run.state == SyncState.DONE, [step for step in run.report if step["state"] == "failed"]
    kinds = {step["kind"] for step in run.report if step["rows"]}
    assert kinds >= {"margin", "metrics", "watchlists", "snapshots", "net-liq"}
    account = Account.objects.get(number="5WT00001")
    totals = MarginRequirement.objects.get(account=account, code="")
    groups = MarginRequirement.objects.filter(account=account).exclude(code="")
    assert totals.margin_requirement is not None
    assert {group.underlying_symbol for group in groups}
    assert Watchlist.objects.filter(connection=None).exists()
    assert not Notice.objects.filter(key=unknown.KEY).exists()
    again = runs.sync(connected, [SyncKind.WATCHLISTS, SyncKind.QUOTE_ALERTS])
    assert all(step["changed"] == 0 for step in again.report)


# Neither held by the account nor subject of its resting orders.
TRADED = "JPM"


def place(connection, account, quantity=3) -> int:
    body = {
        "order-type": "Market",
        "time-in-force": "Day",
        "legs": [
            {
                "instrument-type": "Equity",
                "symbol": TRADED,
                "action": "Buy to Open",
                "quantity": quantity,
            }
        ],
    }
    with client_for(connection) as client:
        placed = client.send(orders.place(account.number, body)).order
        assert placed is not None
        assert placed.id is not None
        return placed.id


def wait_until_filled(connection, account, order_id: int) -> None:
    deadline = time.monotonic() + 30
    with client_for(connection) as client:
        while time.monotonic() < deadline:
            found = client.send(orders.get(account.number, order_id))
            if found.status == "Filled":
                return
            time.sleep(0.2)
    raise AssertionError(f"order {order_id} is {found.status}")


def test_the_first_sync_makes_the_book_equal(connected, simulator):
    run = runs.sync(connected, schedule.ORDER)
    assert run.state == SyncState.DONE, [step for step in run.report if step["message"]]
    accounts = list(Account.objects.order_by("number"))
    assert [account.number for account in accounts] == simulator["accounts"]
    for account in accounts:
        assert differences(connected, account) == []
    state = clock.session(connected)
    assert (state.label, state.source) == ("Regular", "broker")
    assert clock.today(connected).isoformat() == "2026-03-11"
    held = Position.objects.filter(instrument_type="Future Option").first()
    facts = Instrument.objects.get(symbol=held.symbol)
    assert facts.multiplier == held.multiplier


def test_a_fill_arrives_with_the_next_sync(connected):
    account = Account.objects.get(number="5WT00001")
    runs.sync(connected, schedule.ORDER)
    order_id = place(connected, account)
    wait_until_filled(connected, account, order_id)
    runs.sync(connected, schedule.ORDER)
    assert Position.objects.get(account=account, symbol=TRADED).quantity == 3
    order = Order.objects.get(broker_id=order_id)
    assert (order.status, order.executed_quantity) == ("Filled", 3)
    assert sum(fill.quantity for leg in order.legs.all() for fill in leg.fills.all()) == 3
    assert differences(connected, account) == []


def test_a_backfill_counts_as_the_broker_does(connected, settings):
    """Groups with contingent members included."""
    settings.SYNC_CALLS_PER_SECOND = 10_000
    account = Account.objects.get(number="5WT00001")
    with client_for(connected) as client:
        client.send(orders.place_complex(account.number, bracket()))
        runs.sync(connected, schedule.ORDER)
        for kind in BackfillKind:
            row = backfill.request(account, connected, kind)
            assert backfill.run(row, PacedClient(client, connected))
            assert row.state == SyncState.DONE, row.message
            assert row.checks["count"]["ours"] > 5


def test_shuffled_and_doubled_stream_messages_end_in_the_same_book(
    transactional_db, simulator, settings, user, queued
):
    settings.SIMULATOR_URL = simulator["api_url"]
    secret, token = simulator["client_secret"], simulator["refresh_token"]
    connection = connections.connect(user, "simulator", secret, token)
    account = Account.objects.get(number="5WT00001")
    runs.sync(connection, schedule.ORDER)
    with client_for(connection) as client:
        bearer = str(client.access_token().value)
    heard = asyncio.run(_trade_and_listen(simulator, connection, account, bearer))
    assert {"Order", "CurrentPosition", "AccountBalance"} <= {message.type for message in heard}
    chance = random.Random(3)
    twice = heard * 2
    chance.shuffle(twice)
    for message in twice:
        ingest(connection, message)
    # What REST alone knows: the transactions of the fill.
    runs.sync(connection, [schedule.SyncKind.TRANSACTIONS])
    assert differences(connection, account) == []


async def _trade_and_listen(simulator, connection, account, bearer) -> list[AccountMessage]:
    async def token(*, renew: bool) -> str:
        return bearer

    heard: list[AccountMessage] = []
    stream = AccountStream(simulator["account_stream_url"], [account.number], token)
    async with stream:
        async for item in stream:
            if isinstance(item, StreamState) and item.state == "up":
                order_id = await asyncio.to_thread(place, connection, account)
                trade = asyncio.create_task(
                    asyncio.to_thread(wait_until_filled, connection, account, order_id)
                )
                trade.add_done_callback(lambda _: asyncio.create_task(_close_soon(stream)))
            if isinstance(item, AccountMessage):
                heard.append(item)
    await trade
    return heard


async def _close_soon(stream: AccountStream) -> None:
    """Position and balance follow the last fill in no promised order."""
    await asyncio.sleep(1)
    await stream.__aexit__(None, None, None)


def test_reads_of_what_is_not_mirrored(connected):
    chain = reads.option_chain(connected, "SPY").value[0]
    assert len(chain.expirations) > 5
    assert reads.market_data(connected, {"Equity": ["AAPL"]}).value["AAPL"].mark > 0
    assert "AAPL" in [found.symbol for found in reads.search(connected, "aap").value]
    assert reads.metrics(connected, ["AAPL"]).value["AAPL"].implied_volatility_index_rank
    future = reads.future_option_chain(connected, "ES").value
    assert future.option_chains
    assert len(reads.sessions(connected).value) == 3


def test_a_wrong_secret_is_refused_at_its_field(simulator, settings, user):
    settings.SIMULATOR_URL = simulator["api_url"]
    with pytest.raises(connections.ConnectError) as refused:
        connections.connect(user, "simulator", "wrong", simulator["refresh_token"])
    assert refused.value.field == "client_secret"
    with pytest.raises(connections.ConnectError) as refused:
        connections.connect(user, "simulator", simulator["client_secret"], "not.a.grant")
    assert refused.value.field == "refresh_token"
